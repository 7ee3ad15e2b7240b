//! Messangi, Caribbean: form in, a signed address out, XML back.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::kit::*;
use crate::{signing, xml::Xml};

gateway_settings! {
    /// Settings of a short code at Messangi.
    MessangiSettings as "messangi" at Some("https://flow.messangi.me"), {
        public_key: String,
        private_key: Secret,
        instance_id: u64,
        carrier_id: u64,
    }
}

impl Gateway for MessangiSettings {
    const MAX_TEXT: usize = 150;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let from = telephone(account, call.required("mobile")?);
        Ok(Text { from, text: call.there("mo")?.to_owned(), ..Text::default() }.incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let text = STANDARD.encode(part.text);
        let (from, to) = (part.from(), part.to_digits());
        let signed = format!("{}/{from}/{}/{to}/{text}", self.instance_id, self.carrier_id);
        let signature = hex::encode(signing::hmac_sha256(self.private_key.expose(), signed.as_bytes()));
        let mut url = url::Url::parse(super::Common::base(self)).map_err(|_| Refused::Address)?;
        let (instance, carrier) = (self.instance_id.to_string(), self.carrier_id.to_string());
        let path = [
            "mmc",
            "rest",
            "api",
            "sendMT",
            &instance,
            from,
            &carrier,
            &to,
            &text,
            &self.public_key,
            &signature,
        ];
        url.path_segments_mut().map_err(|()| Refused::Address)?.pop_if_empty().extend(path);
        Ok(HttpRequest::get(url, Headers::new()))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let Some(answer) = Xml::parse(&response.body) else { return Settled::Unknown };
            match answer.text("status") {
                Some("OK") => Settled::taken_without_id(),
                Some(word) => {
                    let why = answer.text("description").unwrap_or(word);
                    refused(ErrorClass::BadRequest, None, why)
                }
                None => Settled::Unknown,
            }
        })
    }
}
