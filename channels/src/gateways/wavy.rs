//! Wavy, formerly Movile, Brazil (docs-messaging.wavy.global): JSON both ways.
use super::kit::*;

gateway_settings! {
    /// Settings of a short code at Wavy.
    WavySettings as "wavy" at Some("https://api-messaging.movile.com"), {
        username: String,
        auth_token: Secret,
    }
}

impl Gateway for WavySettings {
    const MAX_TEXT: usize = 1600;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        let delivered = json::integer(&body, "/deliveredStatusCode");
        let sent = json::integer(&body, "/sentStatusCode");
        if delivered.or(sent).is_some() {
            // Our id of the message there is what it calls a correlation.
            let id = needed(&body, "/correlationId")?;
            let word = text(&body, "/deliveredStatus").or_else(|| text(&body, "/sentStatus")).unwrap_or("");
            let status = match (delivered, sent) {
                (Some(4), _) => Status::Delivered,
                (Some(code), _) => failed(ErrorClass::Unreachable, Some(&code.to_string()), word),
                (None, Some(2)) => Status::Sent,
                (None, code) => {
                    failed(ErrorClass::BadRequest, code.map(|code| code.to_string()).as_deref(), word)
                }
            };
            return Ok(report(DeliveryReport::of(id, status)));
        }
        Ok(Text {
            external_id: Some(needed(&body, "/id")?),
            from: telephone(account, &needed(&body, "/source")?),
            text: text(&body, "/messageText").unwrap_or("").to_owned(),
            sent_at: json::code(&body, "/receivedAt").as_deref().and_then(millis),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let letter = json!({"destination": part.to_digits(), "messageText": part.text});
        let headers = Headers::new()
            .with("username", self.username.as_str())
            .with("authenticationtoken", self.auth_token.expose());
        Ok(post(format!("{}/v1/send-sms", super::Common::base(self)), headers, &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| Settled::taken(json::code(&json_body(response), "/id")))
    }
}
