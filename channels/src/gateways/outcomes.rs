//! What gateways' answers mean, where a few words tell.
use serde_json::Value;

use crate::answers::settle_status;
use crate::http::HttpResponse;
use crate::incoming::Status;
use crate::outgoing::{ErrorClass, Settled};

/// The answer's body as JSON; `Null` when it is none.
pub(crate) fn json_body(response: &HttpResponse) -> Value {
    serde_json::from_slice(&response.body).unwrap_or(Value::Null)
}

/// Settles by the status unless it is a success; then by what the body says.
pub(crate) fn content_or_status(
    response: &HttpResponse,
    content: impl FnOnce(&HttpResponse) -> Settled,
) -> Settled {
    if response.is_success() { content(response) } else { settle_status(response) }
}

/// The provider said no in a success: why is known by a code and some words.
pub(crate) fn refused(class: ErrorClass, code: Option<String>, why: &str) -> Settled {
    class.settle(code, why, None)
}

/// Taken when the body holds a text; else refused.
pub(crate) fn accepted_by(response: &HttpResponse, holds: &str) -> Settled {
    content_or_status(response, |response| {
        let body = String::from_utf8_lossy(&response.body);
        if body.contains(holds) {
            Settled::taken_without_id()
        } else {
            refused(ErrorClass::BadRequest, None, "the answer is not the one for a message that was taken")
        }
    })
}

/// The state that a provider's word stands for, by a table.
pub(crate) fn statuses(table: &[(&str, Status)], word: &str) -> Option<Status> {
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, status)| status.clone())
}
