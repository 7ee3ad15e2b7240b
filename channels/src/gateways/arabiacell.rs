//! Arabia Cell: form in, XML out.
use super::kit::*;
use crate::xml::Xml;

gateway_settings! {
    /// Settings of a service at Arabia Cell.
    ArabiaCellSettings as "arabia_cell" at Some("https://acsdp.arabiacell.net"), {
        username: String,
        password: Secret,
        service_id: String,
        charging_level: String,
    }
}

impl Gateway for ArabiaCellSettings {
    const MAX_TEXT: usize = 1530;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let from = telephone(account, call.required("M")?);
        Ok(Text { from, text: call.there("B")?.to_owned(), ..Text::default() }.incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to();
        let fields = [
            ("userName", self.username.as_str()),
            ("password", self.password.expose()),
            ("handlerType", "send_msg"),
            ("serviceId", &self.service_id),
            ("msisdn", &to),
            ("messageBody", part.text),
            ("chargingLevel", &self.charging_level),
        ];
        let headers = Headers::new().with("Accept", "application/xml");
        Ok(HttpRequest::post_form(super::Common::base(self), headers, fields))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let Some(answer) = Xml::parse(&response.body) else { return Settled::Unknown };
            match answer.text("code") {
                Some("204") => Settled::taken(answer.text("message_id").map(str::to_owned)),
                Some(code) => {
                    let why = answer.text("text").unwrap_or("");
                    refused(ErrorClass::BadRequest, Some(code.to_owned()), why)
                }
                None => Settled::Unknown,
            }
        })
    }
}
