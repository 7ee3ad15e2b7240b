//! ClickSend (developers.clicksend.com/docs/rest/v3): form in, JSON out.
use super::kit::*;

/// How we show in the provider's list of messages.
const SOURCE: &str = "openline";

gateway_settings! {
    /// Settings of a number at ClickSend.
    ClickSendSettings as "click_send" at Some("https://rest.clicksend.com"), {
        username: String,
        /// The API key.
        password: Secret,
    }
}

impl Gateway for ClickSendSettings {
    const MAX_TEXT: usize = 1224;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if let (Some(id), Some(code)) = (call.get("message_id"), call.get("status_code")) {
            let status = match code {
                "200" => Some(Status::Sent),
                "201" => Some(Status::Delivered),
                "300" => Some(failed(ErrorClass::Transient, Some(code), "temporary network error")),
                "301" | "302" => Some(failed(ErrorClass::Unreachable, Some(code), "not delivered")),
                _ => None,
            };
            return reported(id.to_owned(), status, "status_code");
        }
        Ok(Text {
            external_id: call.any(&["message_id", "_message_id"]).map(str::to_owned),
            from: telephone(account, call.required("from")?),
            text: call.any(&["body", "message"]).unwrap_or("").to_owned(),
            sent_at: call.get("timestamp").and_then(seconds),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let letter = json!({"messages": [
            {"to": part.to(), "from": part.from(), "body": part.text, "source": SOURCE},
        ]});
        let headers = basic(&self.username, self.password.expose());
        Ok(post(format!("{}/v3/sms/send", super::Common::base(self)), headers, &letter))
    }

    fn probes(&self) -> Vec<Probe> {
        let url = format!("{}/v3/account", super::Common::base(self));
        let headers = basic(&self.username, self.password.expose());
        vec![balance_probe(ask(url, headers), "/data/balance", "/data/_currency/currency_name_short")]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match text(&body, "/data/messages/0/status") {
                Some("SUCCESS") => match owned(&body, "/data/messages/0/message_id") {
                    Some(id) => Settled::taken(Some(id)),
                    None => Settled::Unknown,
                },
                Some(word) => {
                    let class = match word {
                        "INVALID_RECIPIENT" | "COUNTRY_NOT_ENABLED" => ErrorClass::Unreachable,
                        "INSUFFICIENT_CREDIT"
                        | "INVALID_SENDER_ID"
                        | "MISSING_CREDENTIALS"
                        | "ACCOUNT_NOT_ACTIVATED" => ErrorClass::AccountBroken,
                        "THROTTLED" => ErrorClass::Throttled,
                        _ => ErrorClass::BadRequest,
                    };
                    refused(class, Some(word.to_owned()), word)
                }
                None => Settled::Unknown,
            }
        })
    }
}
