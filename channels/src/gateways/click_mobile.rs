//! Click Mobile, Malawi: XML in, JSON out.
use md5::{Digest, Md5};

use super::kit::*;

gateway_settings! {
    /// Settings of a short code at Click Mobile; `base_url` is where messages are posted.
    ClickMobileSettings as "click_mobile" at None, {
        username: String,
        password: Secret,
        app_id: String,
        org_id: String,
    }
}

impl Gateway for ClickMobileSettings {
    const MAX_TEXT: usize = 160;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.xml()?;
        body.text("shortCode").ok_or_else(|| Unparsable::at("shortCode"))?;
        let from = body.text("mobile").ok_or_else(|| Unparsable::at("mobile"))?;
        Ok(Text {
            external_id: body.text("referenceID").map(str::to_owned),
            from: telephone(account, from),
            text: body.text("text").unwrap_or("").to_owned(),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let time = part.outgoing.at.strftime("%Y%m%d%H%M%S").to_string();
        let key = Md5::digest(format!("{}{time}{}", self.app_id, self.password.expose()));
        let letter = json!({
            "app_id": self.app_id,
            "org_id": self.org_id,
            "user_id": self.username,
            "timestamp": time,
            "auth_key": hex::encode(key),
            "operation": "send",
            "reference": part.id(),
            "message_type": "1",
            "src_address": part.from(),
            "dst_address": part.to(),
            "message": part.text,
        });
        Ok(post(super::Common::base(self).to_owned(), Headers::new(), &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match json::code(&body, "/code").as_deref() {
                Some("000") => Settled::taken_without_id(),
                None => Settled::Unknown,
                code => refused(
                    ErrorClass::BadRequest,
                    code.map(str::to_owned),
                    text(&body, "/desc").unwrap_or(""),
                ),
            }
        })
    }
}
