//! What gateways' answers mean, where a few words tell.
use serde_json::Value;

use crate::answers::settle_status;
use crate::http::HttpResponse;
use crate::incoming::Status;
use crate::outgoing::{ErrorClass, Settled};

/// The answer's body as JSON; `Null` when it is none. Some gateways forget a bracket, and an answer may be cut off: what
/// stands before the slip still tells what became of the message.
pub(crate) fn json_body(response: &HttpResponse) -> Value {
    let read = serde_json::from_slice(&response.body).ok();
    read.or_else(|| serde_json::from_slice(&mended(&response.body)?).ok()).unwrap_or(Value::Null)
}

/// The longest answer that is mended, in bytes, and the deepest.
const MAX_MENDED_BYTES: usize = 64 * 1024;
const MAX_MENDED_DEPTH: usize = 32;

/// The bytes with the closing brackets that are missing; `None` when that is not what ails them.
fn mended(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() > MAX_MENDED_BYTES {
        return None;
    }
    let (mut out, mut open): (Vec<u8>, Vec<u8>) = (Vec::with_capacity(body.len() + 8), Vec::new());
    let (mut in_text, mut escaped) = (false, false);
    for byte in body {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'{') => open.push(b'}'),
            (false, b'[') => open.push(b']'),
            (false, b'}' | b']') => {
                // What was opened last is closed first; what was forgotten is closed here.
                while let Some(expected) = open.pop().filter(|expected| expected != byte) {
                    out.push(expected);
                }
            }
            _ => {}
        }
        if open.len() > MAX_MENDED_DEPTH {
            return None;
        }
        out.push(*byte);
    }
    if in_text {
        return None;
    }
    out.extend(open.iter().rev());
    Some(out)
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forgotten_brackets_are_mended_and_nothing_else_is() {
        let read = |body: &str| json_body(&HttpResponse::new(200, "application/json", body));
        for (body, expected) in [
            (r#"{"a": [{"b": 1}"#, json!({"a": [{"b": 1}]})),
            (r#"{"a": [{"b": "}]"}}"#, json!({"a": [{"b": "}]"}]})),
            (r#"{"a": "x\"{""#, json!({"a": "x\"{"})),
            (r#"{"a": 1, "b"#, Value::Null),
            (r#"{"a": 1}}"#, Value::Null),
            ("<html>", Value::Null),
            ("", Value::Null),
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
        assert_eq!(read(&"[".repeat(100_000)), Value::Null);
    }
}
