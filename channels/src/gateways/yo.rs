//! Yo! Uganda: parameters in and out, a form back.
use super::kit::*;

gateway_settings! {
    /// Settings of a short code at Yo.
    YoSettings as "yo" at Some("http://smgw1.yo.co.ug:9100"), {
        /// The account number.
        username: String,
        password: Secret,
    }
}

impl Gateway for YoSettings {
    const MAX_TEXT: usize = 1600;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let from = call.any(&["from", "sender"]).ok_or_else(|| Unparsable::at("sender"))?;
        Ok(Text {
            from: telephone(account, from),
            text: call.get("message").unwrap_or("").to_owned(),
            sent_at: call.any(&["date", "time"]).and_then(at),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to_digits();
        let parameters = [
            ("origin", part.from()),
            ("sms_content", part.text),
            ("destinations", &to),
            ("ybsacctno", self.username.as_str()),
            ("password", self.password.expose()),
        ];
        get(&format!("{}/sendsms", super::Common::base(self)), &parameters)
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let fields: Vec<(String, String)> =
                url::form_urlencoded::parse(&response.body).into_owned().collect();
            let field =
                |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
            match (field("ybs_autocreate_status"), field("ybs_autocreate_message")) {
                ("OK", _) => Settled::taken_without_id(),
                (_, why) if why.contains("BLACKLISTED") => refused(ErrorClass::OptedOut, None, why),
                ("", _) => Settled::Unknown,
                (_, why) => refused(ErrorClass::BadRequest, None, why),
            }
        })
    }
}
