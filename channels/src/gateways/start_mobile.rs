//! Start Mobile, Ukraine: XML both ways.
use super::kit::*;
use crate::xml::{Xml, escaped};

gateway_settings! {
    /// Settings of a short code at Start Mobile.
    StartMobileSettings as "start_mobile" at Some("https://bulk.startmobile.ua"), {
        username: String,
        password: Secret,
    }
}

impl Gateway for StartMobileSettings {
    const MAX_TEXT: usize = 1600;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.xml()?;
        let service = body.element("service").ok_or_else(|| Unparsable::at("service"))?;
        let id = service.attribute("request_id").ok_or_else(|| Unparsable::at("service.request_id"))?;
        let from = body.text("from").ok_or_else(|| Unparsable::at("from"))?;
        Ok(Text {
            external_id: Some(id.to_owned()),
            from: telephone(account, from),
            text: body.text("body").unwrap_or("").to_owned(),
            sent_at: service.attribute("timestamp").and_then(seconds),
            ..Text::default()
        }
        .incoming())
    }

    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        let taken = "<answer type=\"async\"><state>Accepted</state></answer>";
        HttpResponse::new(200, "text/xml; charset=utf-8", taken)
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let body = format!(
            "<message><service id=\"single\" source=\"{}\" validity=\"+12 hours\"></service><to>{}</to><body \
             content-type=\"plain/text\" encoding=\"plain\">{}</body></message>",
            escaped(part.from()),
            escaped(&part.to()),
            escaped(part.text),
        );
        Ok(HttpRequest {
            method: "POST".into(),
            url: format!("{}/clients.php", super::Common::base(self)),
            headers: basic(&self.username, self.password.expose())
                .with("Content-Type", "application/xml; charset=utf8"),
            body: body.into_bytes(),
        })
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let Some(answer) = Xml::parse(&response.body) else { return Settled::Unknown };
            match (answer.root(), answer.text("state"), answer.text("id")) {
                ("status", Some("Accepted"), Some(id)) => Settled::taken(Some(id.to_owned())),
                ("error", _, _) => {
                    refused(ErrorClass::BadRequest, None, answer.text("error").unwrap_or("refused"))
                }
                (_, Some(word), _) if word != "Accepted" => refused(ErrorClass::BadRequest, None, word),
                _ => Settled::Unknown,
            }
        })
    }
}
