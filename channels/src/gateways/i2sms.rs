//! I2SMS, Lebanon: form in and out, JSON back.
use super::kit::*;

gateway_settings! {
    /// Settings of a channel at I2SMS.
    I2smsSettings as "i2sms" at Some("https://mx2.i2sms.net"), {
        username: String,
        password: Secret,
        /// What I2SMS calls the channel's hash.
        channel_hash: String,
    }
}

impl Gateway for I2smsSettings {
    const MAX_TEXT: usize = 640;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let from = telephone(account, call.required("mobile")?);
        Ok(Text { from, text: call.there("message")?.to_owned(), ..Text::default() }.incoming())
    }

    /// Whatever is answered would go to the person as an SMS.
    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::new(200, "text/plain; charset=utf-8", "")
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to_digits();
        let fields = [
            ("action", "send_single"),
            ("mobile", to.as_str()),
            ("message", part.text),
            ("channel", &self.channel_hash),
        ];
        let headers = basic(&self.username, self.password.expose());
        Ok(HttpRequest::post_form(format!("{}/mxapi.php", super::Common::base(self)), headers, fields))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match json::code(&body, "/error_code").as_deref() {
                Some("00") => Settled::taken(json::code(&body, "/result/session_id")),
                None => Settled::Unknown,
                code => {
                    let why = text(&body, "/error_desc").unwrap_or("");
                    refused(ErrorClass::BadRequest, code.map(str::to_owned), why)
                }
            }
        })
    }
}
