//! Plivo (plivo.com/docs/messaging): form in, JSON out.
use super::kit::*;

gateway_settings! {
    /// Settings of a number at Plivo.
    PlivoSettings as "plivo" at Some("https://api.plivo.com"), {
        auth_id: String,
        auth_token: Secret,
    }
}

impl Gateway for PlivoSettings {
    const MAX_TEXT: usize = 1600;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let (to, from) = (call.required("To")?, call.required("From")?);
        let word = call.any(&["Status", "status"]);
        let ours = if word.is_some() { from } else { to };
        if ours.trim_start_matches('+') != account.address.trim_start_matches('+') {
            return Ok(vec![Incoming::Event(ChannelEvent::ForOtherAddress { address: ours.to_owned() })]);
        }
        let id = call.required("MessageUUID")?.to_owned();
        if let Some(word) = word {
            let code = call.get("ErrorCode").filter(|code| *code != "000");
            let status = match word {
                "queued" => Some(Status::Accepted),
                "sent" => Some(Status::Sent),
                "delivered" => Some(Status::Delivered),
                "read" => Some(Status::Read),
                "undelivered" | "rejected" | "failed" => Some(failed(class(code), code, word)),
                _ => None,
            };
            // Parts of a long message are reported under the id of the whole.
            return reported(call.owned("ParentMessageUUID").unwrap_or(id), status, "status");
        }
        let files = (0..MAX_FILES).map_while(|i| call.get(&format!("Media{i}"))).map(file_at);
        Ok(Text {
            external_id: Some(id),
            from: telephone(account, from),
            text: call.get("Text").unwrap_or("").to_owned(),
            attachments: files.collect(),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let mut letter = json!({"src": part.from(), "dst": part.to_digits(), "text": part.text});
        let callback = part.callback(&[]);
        if !callback.is_empty() {
            letter["url"] = json!(callback);
            letter["method"] = json!("POST");
        }
        let url = format!("{}/v1/Account/{}/Message/", super::Common::base(self), self.auth_id);
        Ok(post(url, basic(&self.auth_id, self.auth_token.expose()), &letter))
    }

    fn probes(&self) -> Vec<Probe> {
        let url = format!("{}/v1/Account/{}/", super::Common::base(self), self.auth_id);
        let reads = Reads {
            ok: Some(("/auth_id", Good::There)),
            name: "/name",
            balance: "/cash_credits",
            ..Reads::default()
        };
        let headers = basic(&self.auth_id, self.auth_token.expose());
        vec![Probe::new(About::Account, ask(url, headers), reads)]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| Settled::taken(owned(&json_body(response), "/message_uuid/0")))
    }
}

/// The most files that are read from one message; Plivo sends up to 10.
const MAX_FILES: usize = 20;

/// Source: plivo.com/docs/messaging/concepts/message-error-codes.
fn class(code: Option<&str>) -> ErrorClass {
    match code.unwrap_or("") {
        "30" | "40" | "50" | "60" | "80" | "90" => ErrorClass::Unreachable,
        "70" | "110" | "120" | "160" | "450" => ErrorClass::RefusedForNow,
        "200" => ErrorClass::OptedOut,
        "100" | "130" | "140" | "150" | "300" | "420" => ErrorClass::AccountBroken,
        "10" | "20" => ErrorClass::BadRequest,
        _ => ErrorClass::Unreachable,
    }
}
