//! Asking Twilio whether a message was made whose answer got lost (twilio.com/docs/messaging/api/message-resource,
//! "Read multiple Message resources"): the list is filtered by receiver and day, and compared by text and time here.
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use url::Url;
use url::form_urlencoded;

use super::TwilioSettings;
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
