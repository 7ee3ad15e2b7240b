//! M3 Tech, Pakistan: parameters in, a GET out.
use super::kit::*;

gateway_settings! {
    /// Settings of a short code at M3 Tech.
    M3techSettings as "m3tech" at Some("https://secure.m3techservice.com"), {
        username: String,
        password: Secret,
    }
}

impl Gateway for M3techSettings {
    const MAX_TEXT: usize = 160;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let from = telephone(account, call.required("from")?);
        Ok(Text { from, text: call.there("text")?.to_owned(), ..Text::default() }.incoming())
    }

    fn lettering(&self, text: String) -> String {
        smart(text)
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let (to, id) = (part.to_digits(), part.id());
        let parameters = [
            ("AuthKey", "m3-Tech"),
            ("UserId", self.username.as_str()),
            ("Password", self.password.expose()),
            ("MobileNo", &to),
            ("MsgId", &id),
            ("SMS", part.text),
            ("MsgHeader", part.from()),
            ("SMSType", if is_unicode(part.text) { "7" } else { "0" }),
            ("HandsetPort", "0"),
            ("SMSChannel", "0"),
            ("Telco", "0"),
        ];
        get(&format!("{}/GenericServiceRestAPI/api/SendSMS", super::Common::base(self)), &parameters)
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            match json::code(&json_body(response), "/0/Response").as_deref() {
                Some("0") => Settled::taken_without_id(),
                Some(code) => refused(ErrorClass::BadRequest, Some(code.to_owned()), "refused by code"),
                None => Settled::Unknown,
            }
        })
    }
}
