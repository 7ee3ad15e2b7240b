//! What became of a message by Meta's answer.
use std::time::Duration;

use serde_json::Value;

use super::errors::MetaError;
use super::identity;
use crate::http::HttpResponse;
use crate::json;
use crate::outgoing::{ErrorClass, Settled};

/// How long to leave one person alone after too many messages to her: WhatsApp gives back one message in 6 seconds.
const PERSON_PAUSE: Duration = Duration::from_secs(6);

pub(crate) fn settle(response: &HttpResponse) -> Settled {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    let after = crate::answers::retry_after(response);
    // The on-premises API lists errors.
    let error = body
        .get("error")
        .or_else(|| json::at(&body, "/errors/0"))
        .or_else(|| json::at(&body, "/meta/errors/0"));
    if let Some(error) = error.filter(|error| error.is_object()) {
        let error = MetaError::read(error);
        let class = error.class.unwrap_or_else(|| crate::answers::class_of_status(response.status));
        // The table knows codes that say more than the status; a 429 is a limit whatever the code.
        let class =
            if response.status == 429 && !class.is_retryable() { ErrorClass::Throttled } else { class };
        let after = after.or((class == ErrorClass::ThrottledPerson).then_some(PERSON_PAUSE));
        return class.settle(error.code, &error.detail, after);
    }
    if !response.is_success() {
        return crate::answers::settle_status(response);
    }
    match json::owned(&body, "/messages/0/id") {
        Some(external_id) => Settled::Sent {
            external_id,
            identities: ["/contacts/0/wa_id", "/contacts/0/user_id"]
                .into_iter()
                .filter_map(|pointer| json::text(&body, pointer).and_then(identity))
                .collect(),
        },
        // Taken, but without an id: the report will tell.
        None => Settled::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Settled {
        settle(&HttpResponse::new(status, "application/json", body))
    }

    #[test]
    fn an_answer_with_an_id_is_sent_and_tells_identities() {
        let settled = answer(
            200,
            r#"{"messaging_product": "whatsapp", "contacts": [{"input": "593991234567", "wa_id": "593991234567",
                "user_id": "EC.9x"}], "messages": [{"id": "wamid.A", "message_status": "accepted"}]}"#,
        );
        let Settled::Sent { external_id, identities } = settled else { panic!("{settled:?}") };
        assert_eq!(external_id, "wamid.A");
        assert_eq!(identities.len(), 2);
    }

    #[test]
    fn errors_are_told_apart_by_code() {
        let error = |code: i64| answer(400, &format!(r#"{{"error": {{"message": "m", "code": {code}}}}}"#));
        for (code, class) in [
            (131_047, ErrorClass::WindowClosed),
            (131_026, ErrorClass::Unreachable),
            (131_050, ErrorClass::OptedOut),
            (131_049, ErrorClass::RefusedForNow),
            (132_015, ErrorClass::TemplateBroken),
            (190, ErrorClass::AccountBroken),
            (131_009, ErrorClass::BadRequest),
            (999_999, ErrorClass::BadRequest),
        ] {
            let settled = error(code);
            assert!(
                matches!(settled, Settled::Refused { class: c, .. } if c == class),
                "{code}: {settled:?}"
            );
        }
        for (code, class) in [
            (130_429, ErrorClass::Throttled),
            (131_000, ErrorClass::Transient),
            (131_053, ErrorClass::Transient),
        ] {
            assert!(matches!(error(code), Settled::Retry { class: c, .. } if c == class), "{code}");
        }
        let Settled::Retry { class, after, .. } = error(131_056) else { panic!("not retried") };
        assert_eq!((class, after), (ErrorClass::ThrottledPerson, Some(PERSON_PAUSE)));
    }

    #[test]
    fn a_lost_answer_is_unknown_and_not_a_failure() {
        assert_eq!(answer(200, "<html>"), Settled::Unknown);
        assert_eq!(answer(504, ""), Settled::Unknown);
        assert_eq!(answer(502, "<html>bad gateway</html>"), Settled::Unknown);
        assert!(matches!(answer(503, ""), Settled::Retry { class: ErrorClass::Transient, .. }));
        assert!(matches!(answer(401, ""), Settled::Refused { class: ErrorClass::AccountBroken, .. }));
    }

    #[test]
    fn the_details_are_preferred_and_hold_no_phone_number() {
        let settled = answer(
            400,
            r#"{"error": {"message": "(#131030) x", "code": 131030, "error_data":
                {"details": "Recipient 593991234567 not in allowed list"}}}"#,
        );
        let Settled::Refused { why, .. } = settled else { panic!("{settled:?}") };
        assert_eq!(why, "Recipient … not in allowed list");
    }
}
