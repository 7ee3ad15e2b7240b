//! DartMedia, Indonesia: parameters in and out, one code back.
use super::kit::*;

gateway_settings! {
    /// Settings of a short code at DartMedia.
    DartMediaSettings as "dart_media" at Some("http://202.43.169.11"), {
        username: String,
        password: Secret,
    }
}

impl Gateway for DartMediaSettings {
    const MAX_TEXT: usize = 160;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if call.get("status").is_some() || call.about() == "delivered" {
            let code: i64 = call.required("status")?.parse().map_err(|_| Unparsable::at("status"))?;
            let id = own_id(call, "messageid")?;
            let status = match code {
                10..=12 => Status::Delivered,
                21.. => failed(ErrorClass::Unreachable, Some(&code.to_string()), "not delivered"),
                _ => return Ok(nothing("a state on the way")),
            };
            return Ok(report(DeliveryReport::of_attempt(id, status)));
        }
        Ok(Text {
            external_id: call.owned("messageid"),
            from: telephone(account, call.required("original")?),
            text: call.there("message")?.to_owned(),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let (to, id) = (part.to_digits(), part.id());
        let parameters = [
            ("userid", self.username.as_str()),
            ("password", self.password.expose()),
            ("original", part.from()),
            ("sendto", &to),
            ("messageid", &id),
            ("message", part.text),
            ("dcs", "0"),
            ("udhl", "0"),
        ];
        get(&format!("{}/APIhttpU/receive2waysms.php", super::Common::base(self)), &parameters)
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| match String::from_utf8_lossy(&response.body).trim() {
            "000" => Settled::taken_without_id(),
            "" => Settled::Unknown,
            code if code.len() <= 3 => {
                refused(ErrorClass::BadRequest, Some(code.to_owned()), "refused by code")
            }
            words => refused(ErrorClass::BadRequest, None, words),
        })
    }
}
