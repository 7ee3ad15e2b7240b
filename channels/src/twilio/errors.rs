//! What Twilio's error codes mean for what to do next.
use crate::outgoing::ErrorClass;

/// The class of an error code; `None` for one that this table does not know.
/// Source: twilio.com/docs/api/errors.
#[must_use]
pub const fn class(code: i64) -> Option<ErrorClass> {
    Some(match code {
        // Too many calls at once, too many requests, the send rate, the queue is full, the sender's queue is full, the channel's limit, the
        // carrier's limit per second.
        10_004 | 14_107 | 20_429 | 21_611 | 30_001 | 30_022 | 63_018 => ErrorClass::Throttled,
        // Internal errors, unknown error, congestion, a channel that does not answer, a file that could not be fetched.
        20_500 | 20_503 | 30_008 | 30_017 | 30_410 | 63_010 | 63_012 | 63_019 => ErrorClass::Transient,
        63_016 => ErrorClass::WindowClosed,
        // Calls: not a number, not reachable, a country that the account may not call.
        // Not a number, a country that the account may not write to, no route, not a mobile; handset off, blocked,
        // unknown, landline, not in time; not on the channel, or on too old a version of it.
        13_223
        | 13_224
        | 21_211
        | 21_214..=21_217
        | 21_408
        | 21_612
        | 21_614
        | 30_003..=30_006
        | 30_036
        | 63_003
        | 63_015
        | 63_024
        | 63_029
        | 63_036 => ErrorClass::Unreachable,
        // Stopped by word; blocked in the app; marketing on WhatsApp switched off.
        21_610 | 63_014 | 63_033 => ErrorClass::OptedOut,
        // Filtered, the day's cap, suspicion of fraud or of a loop, limits of WhatsApp for this person or this sender.
        30_007 | 30_023 | 30_027 | 30_038 | 30_039 | 30_450 | 30_453 | 63_032 | 63_038 | 63_049 => {
            ErrorClass::RefusedForNow
        }
        // Unknown or unapproved template, variables that do not fit, paused, disabled.
        21_654..=21_656 | 63_005 | 63_013 | 63_021 | 63_027 | 63_028 | 63_040..=63_042 => {
            ErrorClass::TemplateBroken
        }
        // Authentication, suspension, a trial that may write to known numbers only, a sender that is not ours or not
        // registered, sending switched off, an account that WhatsApp has disabled.
        10_001
        | 20_003
        | 20_005
        | 20_008
        | 21_210
        | 21_212
        | 21_213
        | 21_219
        | 21_603
        | 21_606
        | 21_608
        | 21_659
        | 21_660
        | 30_002
        | 30_018
        | 30_024
        | 30_032..=30_035
        | 30_037
        | 30_040
        | 63_001
        | 63_002
        | 63_007
        | 63_020
        | 63_022
        | 63_051
        | 63_112
        | 90_010 => ErrorClass::AccountBroken,
        21_300..=21_699 => ErrorClass::BadRequest,
        _ => return None,
    })
}
