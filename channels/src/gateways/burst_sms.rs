//! Burst SMS, now Kudosity (developer.transmitsms.com): parameters in, form out, JSON back.
use super::kit::*;

gateway_settings! {
    /// Settings of a number at Burst SMS.
    BurstSmsSettings as "burst_sms" at Some("https://api.transmitsms.com"), {
        /// The API key.
        username: String,
        /// The API secret.
        password: Secret,
    }
}

impl Gateway for BurstSmsSettings {
    const MAX_TEXT: usize = 612;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if let Some(word) = call.get("status") {
            let status = match word {
                "pending" => Some(Status::Sent),
                "delivered" => Some(Status::Delivered),
                "soft-bounce" => Some(failed(ErrorClass::Transient, None, word)),
                "hard-bounce" => Some(undelivered(word)),
                _ => None,
            };
            return reported(call.required("message_id")?.to_owned(), status, "status");
        }
        let from = telephone(account, call.required("mobile")?);
        let external_id = call.owned("response_id");
        Ok(Text { external_id, from, text: call.there("response")?.to_owned(), ..Text::default() }.incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to_digits();
        let fields = [("to", to.as_str()), ("from", part.from()), ("message", part.text)];
        let headers = basic(&self.username, self.password.expose()).with("Accept", "application/json");
        Ok(HttpRequest::post_form(format!("{}/send-sms.json", super::Common::base(self)), headers, fields))
    }

    fn probes(&self) -> Vec<Probe> {
        let url = format!("{}/get-balance.json", super::Common::base(self));
        let headers = basic(&self.username, self.password.expose());
        vec![balance_probe(ask(url, headers), "/balance", "/currency")]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        let body = json_body(response);
        if let Some(code) = text(&body, "/error/code").filter(|code| *code != "SUCCESS") {
            let class = match code {
                "OVER_LIMIT" => ErrorClass::Throttled,
                "AUTH_FAILED" | "AUTH_FAILED_NO_DATA" | "LEDGER_ERROR" | "NOT_IMPLEMENTED" => {
                    ErrorClass::AccountBroken
                }
                "RECIPIENTS_ERROR" => ErrorClass::Unreachable,
                _ => class_of_status(response.status),
            };
            let why = text(&body, "/error/description").unwrap_or("");
            return class.settle(Some(code.to_owned()), why, retry_after(response));
        }
        content_or_status(response, |_| match json::integer(&body, "/message_id") {
            Some(0) => refused(ErrorClass::BadRequest, None, "no message was made"),
            id => Settled::taken(id.map(|id| id.to_string())),
        })
    }
}
