//! Globe Labs, Philippines: a list of messages in, JSON out.
use super::kit::*;

gateway_settings! {
    /// Settings of a short code at Globe Labs.
    GlobeSettings as "globe" at Some("https://devapi.globelabs.com.ph"), {
        app_id: String,
        app_secret: Secret,
        passphrase: Secret,
    }
}

impl Gateway for GlobeSettings {
    const MAX_TEXT: usize = 160;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        let pointer = "/inboundSMSMessageList/inboundSMSMessage";
        let messages = json::at(&body, pointer).and_then(Value::as_array);
        let messages = messages.ok_or_else(|| Unparsable::at("inboundSMSMessageList.inboundSMSMessage"))?;
        let one = |message: &Value| {
            let from = text(message, "/senderAddress").filter(|address| address.starts_with("tel:"));
            Text {
                external_id: owned(message, "/messageId"),
                from: from.and_then(|from| telephone(account, from)),
                text: text(message, "/message").unwrap_or("").to_owned(),
                sent_at: text(message, "/dateTime").and_then(at),
                ..Text::default()
            }
            .one()
        };
        Ok(messages.iter().map(one).collect())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let letter = json!({
            "address": part.to_digits(),
            "message": part.text,
            "passphrase": self.passphrase.expose(),
            "app_id": self.app_id,
            "app_secret": self.app_secret.expose(),
        });
        let url = format!("{}/smsmessaging/v1/outbound/{}/requests", super::Common::base(self), part.from());
        Ok(post(url, Headers::new(), &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |_| Settled::taken_without_id())
    }
}
