//! Asking Twilio whether a message was made whose answer got lost (twilio.com/docs/messaging/api/message-resource,
//! "Read multiple Message resources"): the list is filtered by receiver and day, and compared by text and time here.
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use url::Url;
use url::form_urlencoded;

use super::TwilioSettings;
use crate::account::Secret;
use crate::http::{HttpRequest, HttpResponse};
use crate::json;
use crate::media::basic;
use crate::outgoing::{Candidate, Inquiry};

/// How much the provider's clock may differ from ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(2);
/// How many messages are listed; nobody is sent more in a few minutes.
const PAGE_SIZE: &str = "50";

/// The question about a request to `Messages.json`, made at or after `since`.
pub(super) fn inquire(
    settings: &TwilioSettings,
    sent: &HttpRequest,
    since: Timestamp,
) -> Option<HttpRequest> {
    let to = field(sent, "To")?;
    let mut url = Url::parse(&sent.url).ok()?;
    // A day earlier and the filter holds whatever time zone either side counts in.
    let day = since.checked_sub(SignedDuration::from_hours(24)).ok()?.strftime("%Y-%m-%d").to_string();
    url.query_pairs_mut()
        .clear()
        .append_pair("To", &to)
        .append_pair("DateSent>", &day)
        .append_pair("PageSize", PAGE_SIZE);
    Some(HttpRequest::get(url.as_str(), basic(&settings.account_sid, settings.auth_token.expose())))
}

pub(super) fn inquired(sent: &HttpRequest, answer: &HttpResponse, since: Timestamp) -> Inquiry {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let Some(messages) = body.get("messages").and_then(Value::as_array).filter(|_| answer.is_success())
    else {
        return Inquiry::Unclear;
    };
    // There is more than was listed: what is missing from the list may be on the next page.
    let is_whole = json::text(&body, "/next_page_uri").is_none();
    let text = field(sent, "Body").unwrap_or_default();
    let earliest = since.checked_sub(CLOCK_SKEW).unwrap_or(since);
    let found = messages.iter().filter_map(|message| {
        let outbound =
            json::text(message, "/direction").is_some_and(|direction| direction.starts_with("outbound"));
        let made = rfc2822::parse(json::text(message, "/date_created")?).ok()?.timestamp();
        // A trial account puts a sentence in front of the text.
        let same = json::text(message, "/body").unwrap_or("").ends_with(text.as_str());
        let external_id = json::owned(message, "/sid")?;
        (outbound && made >= earliest && same).then_some(Candidate { external_id })
    });
    let found: Vec<Candidate> = found.collect();
    if found.is_empty() && !is_whole { Inquiry::Unclear } else { Inquiry::Found(found) }
}

/// The question about a request to `Calls.json`, made at or after `since` (twilio.com/docs/voice/api/call-resource, "Read
/// multiple Call resources").
pub(super) fn calls(
    account_sid: &str,
    auth_token: &Secret,
    sent: &HttpRequest,
    since: Timestamp,
) -> Option<HttpRequest> {
    let (to, from) = (field(sent, "To")?, field(sent, "From")?);
    let mut url = Url::parse(&sent.url).ok()?;
    let day = since.checked_sub(SignedDuration::from_hours(24)).ok()?.strftime("%Y-%m-%d").to_string();
    url.query_pairs_mut()
        .clear()
        .append_pair("To", &to)
        .append_pair("From", &from)
        .append_pair("StartTime>", &day)
        .append_pair("PageSize", PAGE_SIZE);
    Some(HttpRequest::get(url.as_str(), basic(account_sid, auth_token.expose())))
}

/// The calls to the same person since then. A call does not say what it is about: whoever asks leaves out what is known.
pub(super) fn called(sent: &HttpRequest, answer: &HttpResponse, since: Timestamp) -> Inquiry {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let Some(calls) = body.get("calls").and_then(Value::as_array).filter(|_| answer.is_success()) else {
        return Inquiry::Unclear;
    };
    let is_whole = json::text(&body, "/next_page_uri").is_none();
    let (to, from) = (field(sent, "To").unwrap_or_default(), field(sent, "From").unwrap_or_default());
    let earliest = since.checked_sub(CLOCK_SKEW).unwrap_or(since);
    let found = calls.iter().filter_map(|call| {
        let is_ours = json::text(call, "/direction").is_some_and(|word| word.starts_with("outbound"))
            && json::text(call, "/to") == Some(to.as_str())
            && json::text(call, "/from") == Some(from.as_str());
        let made = rfc2822::parse(json::text(call, "/date_created")?).ok()?.timestamp();
        let external_id = json::owned(call, "/sid")?;
        (is_ours && made >= earliest).then_some(Candidate { external_id })
    });
    let found: Vec<Candidate> = found.collect();
    if found.is_empty() && !is_whole { Inquiry::Unclear } else { Inquiry::Found(found) }
}

fn field(sent: &HttpRequest, name: &str) -> Option<String> {
    form_urlencoded::parse(&sent.body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Headers;

    fn settings() -> TwilioSettings {
        let json = serde_json::json!({"account_sid": "AC1", "auth_token": "t"});
        serde_json::from_value(json).unwrap()
    }

    fn sent() -> HttpRequest {
        HttpRequest {
            method: "POST".into(),
            url: "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json".into(),
            headers: Headers::new(),
            body: b"To=%2B593991234567&From=%2B15005550006&Body=Hola+Amina".to_vec(),
        }
    }

    const SINCE: &str = "2026-11-22T10:00:00Z";

    fn answer(direction: &str, made: &str, text: &str, next: Option<&str>) -> Inquiry {
        let body = serde_json::json!({"next_page_uri": next, "messages": [
            {"sid": "SM1", "direction": direction, "date_created": made, "body": text}]});
        let answer = HttpResponse::new(200, "application/json", body.to_string());
        inquired(&sent(), &answer, SINCE.parse().unwrap())
    }

    #[test]
    fn the_question_names_the_receiver_and_the_day() {
        let question = inquire(&settings(), &sent(), SINCE.parse().unwrap()).unwrap();
        assert_eq!(question.method, "GET");
        let expected = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json?To=%2B593991234567&DateSent%3E=2026-11-21&PageSize=50";
        assert_eq!(question.url, expected);
    }

    #[test]
    fn a_call_is_asked_for_by_both_numbers_and_known_by_its_time() {
        let sent = HttpRequest {
            url: "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json".into(),
            body: b"To=%2B593991234567&From=%2B15005550006&Url=https%3A%2F%2Fline.example.org".to_vec(),
            ..sent()
        };
        let since = SINCE.parse().unwrap();
        let question = calls("AC1", &Secret::new("t"), &sent, since).unwrap();
        let expected = "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json?To=%2B593991234567&From=%2B15005550006&StartTime%3E=2026-11-21&PageSize=50";
        assert_eq!(question.url, expected);
        let found = |direction: &str, from: &str, made: &str| {
            let body = serde_json::json!({"next_page_uri": null, "calls": [{"sid": "CA1", "direction": direction,
                "to": "+593991234567", "from": from, "date_created": made, "status": "ringing"}]});
            called(&sent, &HttpResponse::new(200, "application/json", body.to_string()), since)
        };
        let made = "Sun, 22 Nov 2026 10:00:02 +0000";
        let one = Inquiry::Found(vec![Candidate { external_id: "CA1".into() }]);
        let none = Inquiry::Found(vec![]);
        assert_eq!(found("outbound-api", "+15005550006", made), one);
        assert_eq!(found("inbound", "+15005550006", made), none);
        assert_eq!(found("outbound-api", "+15005550007", made), none);
        assert_eq!(found("outbound-api", "+15005550006", "Sun, 22 Nov 2026 09:50:00 +0000"), none);
        let broken = HttpResponse::new(503, "text/plain", "busy");
        assert_eq!(called(&sent, &broken, since), Inquiry::Unclear);
    }

    #[test]
    fn only_the_same_text_sent_since_then_counts() {
        let made = "Sun, 22 Nov 2026 10:00:02 +0000";
        let one = Inquiry::Found(vec![Candidate { external_id: "SM1".into() }]);
        let none = Inquiry::Found(vec![]);
        assert_eq!(answer("outbound-api", made, "Hola Amina", None), one);
        assert_eq!(
            answer("outbound-api", made, "Sent from your Twilio trial account - Hola Amina", None),
            one
        );
        assert_eq!(answer("inbound", made, "Hola Amina", None), none);
        assert_eq!(answer("outbound-api", made, "Otra cosa", None), none);
        assert_eq!(answer("outbound-api", "Sun, 22 Nov 2026 09:50:00 +0000", "Hola Amina", None), none);
        assert_eq!(answer("outbound-api", made, "Otra cosa", Some("/page2")), Inquiry::Unclear);
        let broken = HttpResponse::new(503, "text/plain", "busy");
        assert_eq!(inquired(&sent(), &broken, SINCE.parse().unwrap()), Inquiry::Unclear);
    }
}
