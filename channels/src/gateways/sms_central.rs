//! SMS Central, Nepal: form in and out; no ids.
use super::kit::*;

gateway_settings! {
    /// Settings of a short code at SMS Central.
    SmsCentralSettings as "sms_central" at Some("http://smail.smscentral.com.np"), {
        username: String,
        password: Secret,
    }
}

impl Gateway for SmsCentralSettings {
    const MAX_TEXT: usize = 1600;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let from = telephone(account, call.required("mobile")?);
        Ok(Text { from, text: call.get("message").unwrap_or("").to_owned(), ..Text::default() }.incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to_digits();
        let fields = [
            ("user", self.username.as_str()),
            ("pass", self.password.expose()),
            ("mobile", &to),
            ("content", part.text),
        ];
        Ok(HttpRequest::post_form(
            format!("{}/bp/ApiSms.php", super::Common::base(self)),
            Headers::new(),
            fields,
        ))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |_| Settled::taken_without_id())
    }
}
