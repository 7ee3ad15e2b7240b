//! Vonage, formerly Nexmo (developer.vonage.com/messaging/sms): parameters in, form out, JSON back.
use super::kit::*;

gateway_settings! {
    /// Settings of a number at Vonage.
    VonageSettings as "vonage" at Some("https://rest.nexmo.com"), {
        api_key: String,
        api_secret: Secret,
    }
}

impl Gateway for VonageSettings {
    const MAX_TEXT: usize = 1600;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let Some(id) = call.any(&["messageId", "message-id"]) else {
            // The address is tried out when it is set up.
            let is_empty = call.any(&["msisdn", "text", "status"]).is_none();
            return if is_empty { Ok(nothing("a test call")) } else { Err(Unparsable::at("messageId")) };
        };
        if let Some(word) = call.get("status") {
            let status = match word {
                "delivered" => Some(Status::Delivered),
                "accepted" | "submitted" => Some(Status::Accepted),
                "buffered" => Some(Status::Sent),
                "failed" | "expired" | "rejected" | "undeliverable" => {
                    Some(failure(call.get("err-code"), word))
                }
                "unknown" => return Ok(nothing("an unknown state")),
                _ => None,
            };
            return reported(id.to_owned(), status, "status");
        }
        Ok(Text {
            external_id: Some(id.to_owned()),
            from: telephone(account, call.required("msisdn")?),
            text: call.get("text").unwrap_or("").to_owned(),
            sent_at: call.get("message-timestamp").and_then(at),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let (to, callback) = (part.to_digits(), part.callback(&[]));
        let fields = [
            ("api_key", self.api_key.as_str()),
            ("api_secret", self.api_secret.expose()),
            ("from", part.from()),
            ("to", &to),
            ("text", part.text),
            ("status-report-req", "1"),
            ("callback", &callback),
            ("type", if is_unicode(part.text) { "unicode" } else { "text" }),
        ];
        let url = format!("{}/sms/json", super::Common::base(self));
        Ok(HttpRequest::post_form(url, Headers::new().with("Accept", "application/json"), fields))
    }

    fn probes(&self) -> Vec<Probe> {
        let parameters = [("api_key", self.api_key.as_str()), ("api_secret", self.api_secret.expose())];
        let question = get(&format!("{}/account/get-balance", super::Common::base(self)), &parameters);
        // Vonage accounts are kept in euros.
        question.into_iter().map(|question| balance_probe(question, "/value", "")).collect()
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match json::integer(&body, "/messages/0/status") {
                Some(0) => Settled::taken(owned(&body, "/messages/0/message-id")),
                Some(code) => {
                    let why = text(&body, "/messages/0/error-text").unwrap_or("");
                    refused(class(code), Some(code.to_string()), why)
                }
                None => Settled::Unknown,
            }
        })
    }
}

/// Source: developer.vonage.com/messaging/sms/guides/troubleshooting-sms, "SMS API error codes".
const fn class(code: i64) -> ErrorClass {
    match code {
        1 => ErrorClass::Throttled,
        5 | 13 => ErrorClass::Transient,
        7 | 22 | 29 | 33 => ErrorClass::Unreachable,
        4 | 8 | 9 | 10 | 11 | 14 | 15 => ErrorClass::AccountBroken,
        _ => ErrorClass::BadRequest,
    }
}

/// Source: developer.vonage.com/messaging/sms/guides/delivery-receipts, "DLR error codes".
fn failure(code: Option<&str>, word: &str) -> Status {
    let class = match code {
        Some("2" | "7" | "8") => ErrorClass::Transient,
        Some("6" | "14") => ErrorClass::RefusedForNow,
        Some("4") => ErrorClass::OptedOut,
        Some("10") => ErrorClass::BadRequest,
        Some("15") => ErrorClass::AccountBroken,
        _ => ErrorClass::Unreachable,
    };
    // A report of failure is the end of it, even where another try might help.
    let class = if class == ErrorClass::Transient { ErrorClass::Unreachable } else { class };
    failed(class, code, word)
}
