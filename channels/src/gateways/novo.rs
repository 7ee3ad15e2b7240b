//! Novo, Trinidad and Tobago: form in, with a secret in the header; a signed GET out.
use super::kit::*;
use crate::signing;

gateway_settings! {
    /// Settings of a short code at Novo.
    NovoSettings as "novo" at Some("http://novosmstools.com"), {
        merchant_id: String,
        merchant_secret: Secret,
        /// Calls carry it as their `Authorization`.
        secret: Secret,
    }
}

impl Gateway for NovoSettings {
    const MAX_TEXT: usize = 160;

    fn signs(&self) -> bool {
        true
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let given = request.headers.get("Authorization").ok_or(Denied::Unsigned)?;
        signing::must_match(self.secret.expose().as_bytes(), given.as_bytes())
    }

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let from = telephone(account, call.required("from")?);
        Ok(Text { from, text: call.there("text")?.to_owned(), ..Text::default() }.incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to_digits();
        let signed = format!("{};{to};{};", part.from(), part.text);
        let signature = hex::encode(signing::hmac_sha256(self.merchant_secret.expose(), signed.as_bytes()));
        let parameters =
            [("from", part.from()), ("to", &to), ("msg", part.text), ("signature", signature.as_str())];
        let url = format!("{}/novo_te/{}/sendSMS", super::Common::base(self), self.merchant_id);
        get(&url, &parameters)
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match (text(&body, "/status"), text(&body, "/error")) {
                (Some("FINISHED"), _) => Settled::taken_without_id(),
                (_, Some(why)) => refused(ErrorClass::BadRequest, None, why),
                (Some(word), None) => {
                    refused(ErrorClass::BadRequest, None, text(&body, "/statusDescription").unwrap_or(word))
                }
                (None, None) => Settled::Unknown,
            }
        })
    }
}
