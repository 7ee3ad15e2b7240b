//! What an HTTP status alone says about a request, where the provider's body says nothing.
use std::time::Duration;

use crate::http::HttpResponse;
use crate::outgoing::{ErrorClass, Settled};

/// The longest wait that a provider may ask for; more is taken for a mistake.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the provider asks to wait, where it says so in seconds.
pub(crate) fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let seconds = response.headers.get("Retry-After")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// The class of an error whose body has no code that is known.
pub(crate) const fn class_of_status(status: u16) -> ErrorClass {
    match status {
        429 => ErrorClass::Throttled,
        408 | 425 | 500..=599 => ErrorClass::Transient,
        // Moved or denied: the address, the token or the account is wrong, and will be for every message.
        300..=399 | 401..=404 | 407 => ErrorClass::AccountBroken,
        _ => ErrorClass::BadRequest,
    }
}

/// The outcome of an answer without a readable error.
pub(crate) fn settle_status(response: &HttpResponse) -> Settled {
    match response.status {
        // A gateway lost the answer; what stands behind it may have taken the message.
        502 | 504 | 520..=529 => Settled::Unknown,
        status => {
            class_of_status(status).settle(None, &format!("HTTP status {status}"), retry_after(response))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Headers;

    #[test]
    fn a_wait_is_read_in_seconds_and_bounded() {
        let answer = |value: &str| HttpResponse {
            status: 429,
            headers: Headers::new().with("retry-after", value),
            body: Vec::new(),
        };
        assert_eq!(retry_after(&answer(" 30 ")), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(&answer("99999999999")), Some(MAX_RETRY_AFTER));
        assert_eq!(retry_after(&answer("Wed, 21 Oct 2026 07:28:00 GMT")), None);
    }
}
