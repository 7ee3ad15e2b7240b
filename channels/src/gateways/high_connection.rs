//! High Connexion, France: parameters in and out. The name of a flow is not told to it, though it has a field for that.
use super::kit::*;

gateway_settings! {
    /// Settings of a short code at High Connexion.
    HighConnectionSettings as "high_connection" at Some("https://highpushfastapi-v2.hcnx.eu"), {
        username: String,
        password: Secret,
    }
}

impl Gateway for HighConnectionSettings {
    const MAX_TEXT: usize = 1500;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if let Some(code) = call.get("status") {
            let id = own_id(call, "ret_id")?;
            let status = match code {
                "4" => Status::Sent,
                "6" => Status::Delivered,
                "2" | "11" | "12" | "13" | "14" | "15" | "16" => {
                    failed(ErrorClass::Unreachable, Some(code), "not delivered")
                }
                _ => return Err(Unparsable::at("status")),
            };
            return Ok(report(DeliveryReport::of_attempt(id, status)));
        }
        Ok(Text {
            external_id: call.owned("ID"),
            from: telephone(account, call.required("FROM")?),
            text: call.there("MESSAGE")?.to_owned(),
            sent_at: call.get("RECEPTION_DATE").and_then(at),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let (to, id, callback) = (part.to(), part.id(), part.callback(&[]));
        let for_messages = callback.replace("/status", "/receive");
        let parameters = [
            ("accountid", self.username.as_str()),
            ("password", self.password.expose()),
            ("text", part.text),
            ("to", &to),
            ("ret_id", &id),
            // UTF-8, whatever the letters are.
            ("datacoding", "8"),
            ("user_data", ""),
            ("ret_url", &callback),
            ("ret_mo_url", &for_messages),
        ];
        get(&format!("{}/api", super::Common::base(self)), &parameters)
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |_| Settled::taken_without_id())
    }
}
