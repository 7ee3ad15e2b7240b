//! What Meta's error codes mean for what to do next.
use serde_json::Value;

use crate::json;
use crate::outgoing::ErrorClass;

/// The class of an error code; `None` for one that this table does not know.
/// Source: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes.
#[must_use]
pub const fn class(code: i64) -> Option<ErrorClass> {
    Some(match code {
        // Application, account, or number level rate limits; too many registrations.
        4 | 613 | 80_007 | 130_429 | 131_057 | 133_016 => ErrorClass::Throttled,
        131_056 => ErrorClass::ThrottledPerson,
        // API unknown, API service, something went wrong, service unavailable, media could not be fetched, upload of
        // the media failed, server temporarily unavailable.
        // A template that is still being copied to where it is sent from (134101).
        1 | 2 | 131_000 | 131_016 | 131_053 | 133_000 | 133_004 | 134_101 => ErrorClass::Transient,
        131_047 => ErrorClass::WindowClosed,
        // Undeliverable, part of an experiment without deliveries, in a country that the account may not write to, not on
        // the list of a test number, cannot be reached by user id with an authentication template.
        131_026 | 130_472 | 130_497 | 131_030 | 131_062 => ErrorClass::Unreachable,
        131_050 => ErrorClass::OptedOut,
        131_048 | 131_049 => ErrorClass::RefusedForNow,
        132_000 | 132_001 | 132_005 | 132_007 | 132_012 | 132_015 | 132_016 | 132_018 | 132_068 | 132_069
        | 134_100 | 134_102 => ErrorClass::TemplateBroken,
        // Authentication, permission, policy, lock, payment, registration.
        0
        | 3
        | 10
        | 33
        | 190
        | 200..=299
        | 368
        | 131_005
        | 131_031
        | 131_037
        | 131_042
        | 131_045
        | 133_005
        | 133_006
        | 133_010
        | 133_015 => ErrorClass::AccountBroken,
        100 | 131_008 | 131_009 | 131_014 | 131_021 | 131_051 | 131_052 | 135_000 => ErrorClass::BadRequest,
        _ => return on_premises(code),
    })
}

/// The codes of the former on-premises API, which Turn still reports; they are all below Meta's.
/// Source: developers.facebook.com/docs/whatsapp/on-premises/errors; twilio.com/docs/whatsapp/tutorial/error-codes.
const fn on_premises(code: i64) -> Option<ErrorClass> {
    Some(match code {
        429 | 1015 | 1016 => ErrorClass::Throttled,
        500 | 1011 | 1014 | 1023 | 1025 => ErrorClass::Transient,
        470 => ErrorClass::WindowClosed,
        // Not in time, part of an experiment, no longer the same person, not in WhatsApp, on too old a version.
        408 | 410 | 472 | 480 | 1002 | 1006 | 1007 | 1013 | 1021 | 1026 | 2002 => ErrorClass::Unreachable,
        471 => ErrorClass::RefusedForNow,
        2000..=2001 | 2003..=2099 => ErrorClass::TemplateBroken,
        402 | 430 | 432 | 433 | 1005 | 1022 | 1024 | 1031 => ErrorClass::AccountBroken,
        _ => return None,
    })
}

/// One error object as Meta writes it, in answers and in webhooks alike.
pub(super) struct MetaError {
    pub(super) class: Option<ErrorClass>,
    pub(super) code: Option<String>,
    /// The most exact words there are: the details, else the message, else the title (titles are to go).
    pub(super) detail: String,
}

impl MetaError {
    pub(super) fn read(error: &Value) -> Self {
        let number = json::integer(error, "/code");
        let known = number.and_then(class);
        let transient = json::at(error, "/is_transient").and_then(Value::as_bool) == Some(true);
        // The code 100 covers many faults; with the subcode 33 the number itself is not there for this token.
        let gone = number == Some(100) && json::integer(error, "/error_subcode") == Some(33);
        let class = match known {
            _ if gone => Some(ErrorClass::AccountBroken),
            None if transient => Some(ErrorClass::Transient),
            known => known,
        };
        let detail = ["/error_data/details", "/details", "/message", "/title"]
            .into_iter()
            .find_map(|pointer| json::owned(error, pointer))
            .unwrap_or_default();
        Self { class, code: json::code(error, "/code"), detail }
    }
}
