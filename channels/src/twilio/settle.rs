//! What became of a message by Twilio's answer.
use serde_json::Value;

use super::class;
use crate::http::HttpResponse;
use crate::json;
use crate::outgoing::Settled;

pub(crate) fn settle(response: &HttpResponse) -> Settled {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    // A refused request has `code`; a message that was made and failed at once has `error_code`.
    let (code, words) = match response.is_success() {
        true => ("/error_code", "/error_message"),
        false => ("/code", "/message"),
    };
    if let Some(number) = json::integer(&body, code) {
        let class = class(number).unwrap_or_else(|| crate::answers::class_of_status(response.status));
        let why = json::text(&body, words).unwrap_or("");
        return class.settle(Some(number.to_string()), why, crate::answers::retry_after(response));
    }
    if !response.is_success() {
        return crate::answers::settle_status(response);
    }
    match json::owned(&body, "/sid") {
        Some(external_id) => Settled::Sent { external_id, identities: Vec::new() },
        // Taken, but without an id: the report will tell.
        None => Settled::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::ErrorClass;

    fn answer(status: u16, body: &str) -> Settled {
        settle(&HttpResponse::new(status, "application/json", body))
    }

    #[test]
    fn a_made_message_is_sent() {
        let settled = answer(201, r#"{"sid": "SM1", "status": "queued", "error_code": null}"#);
        assert_eq!(settled, Settled::Sent { external_id: "SM1".into(), identities: Vec::new() });
        assert_eq!(answer(201, "{}"), Settled::Unknown);
    }

    #[test]
    fn errors_are_told_apart_by_code() {
        let error = |code: i64| answer(400, &format!(r#"{{"code": {code}, "message": "m", "status": 400}}"#));
        for (code, class) in [
            (21_610, ErrorClass::OptedOut),
            (21_614, ErrorClass::Unreachable),
            (63_016, ErrorClass::WindowClosed),
            (30_007, ErrorClass::RefusedForNow),
            (63_005, ErrorClass::TemplateBroken),
            (20_003, ErrorClass::AccountBroken),
            (21_408, ErrorClass::Unreachable),
            (21_602, ErrorClass::BadRequest),
            (1, ErrorClass::BadRequest),
        ] {
            let settled = error(code);
            assert!(
                matches!(settled, Settled::Refused { class: c, .. } if c == class),
                "{code}: {settled:?}"
            );
        }
        for code in [20_429, 21_611, 63_018] {
            assert!(matches!(error(code), Settled::Retry { class: ErrorClass::Throttled, .. }), "{code}");
        }
        assert!(matches!(
            answer(201, r#"{"sid": "SM1", "status": "failed", "error_code": 21610}"#),
            Settled::Refused { class: ErrorClass::OptedOut, .. }
        ));
        assert!(matches!(answer(503, ""), Settled::Retry { class: ErrorClass::Transient, .. }));
        assert_eq!(answer(504, ""), Settled::Unknown);
    }
}
