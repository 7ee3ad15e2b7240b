//! DMARK Mobile, Uganda: form in and out, JSON back; reports carry Kannel's codes.
use super::kannel::delivery;
use super::kit::*;

gateway_settings! {
    /// Settings of a short code at DMARK.
    DmarkSettings as "dmark" at Some("https://smsapi1.dmarkmobile.com"), {
        auth_token: Secret,
    }
}

impl Gateway for DmarkSettings {
    const MAX_TEXT: usize = 453;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if call.get("status").is_some() {
            let id = own_id(call, "uuid")?;
            let status = call.get("status").and_then(delivery).ok_or_else(|| Unparsable::at("status"))?;
            return Ok(report(DeliveryReport::of_attempt(id, status)));
        }
        Ok(Text {
            from: telephone(account, call.required("msisdn")?),
            text: call.there("text")?.to_owned(),
            sent_at: call.get("tstamp").and_then(at),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to_digits();
        let callback = match part.callback(&[("uuid", &part.id())]) {
            callback if callback.is_empty() => callback,
            // The provider puts the code there; an encoded percent sign would stay as it is.
            callback => format!("{callback}&status=%s"),
        };
        let fields =
            [("sender", part.from()), ("receiver", &to), ("text", part.text), ("dlr_url", callback.as_str())];
        let headers = Headers::new().with("Authorization", format!("Token {}", self.auth_token.expose()));
        Ok(HttpRequest::post_form(format!("{}/sms/", super::Common::base(self)), headers, fields))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match owned(&body, "/error") {
                Some(why) => refused(ErrorClass::BadRequest, None, &why),
                None => Settled::taken(json::code(&body, "/sms_id")),
            }
        })
    }
}
