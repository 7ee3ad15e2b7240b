//! Hormuud, Somalia: parameters in, JSON out, with a token for an hour.
use std::time::Duration;

use super::kit::*;
use crate::adapter::{Preparation, Token};

/// How long a token is used at most; the provider says how long it lasts, less this margin.
const MARGIN: u64 = 60;

gateway_settings! {
    /// Settings of a short code at Hormuud.
    HormuudSettings as "hormuud" at Some("https://smsapi.hormuud.com"), {
        username: String,
        password: Secret,
    }
}

impl Gateway for HormuudSettings {
    const MAX_TEXT: usize = 160;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        Ok(Text {
            from: telephone(account, call.required("Sender")?),
            text: call.get("MessageText").unwrap_or("").to_owned(),
            ..Text::default()
        }
        .incoming())
    }

    fn prepare(&self, account: &Account, _outgoing: &Outgoing) -> Result<Option<Preparation>, Refused> {
        let fields = [
            ("grant_type", "password"),
            ("Username", self.username.as_str()),
            ("Password", self.password.expose()),
        ];
        let question =
            || HttpRequest::post_form(format!("{}/token", super::Common::base(self)), Headers::new(), fields);
        Ok(account.token.is_none().then(|| Preparation::Token(question())))
    }

    fn token(&self, body: &Value) -> Option<Token> {
        let seconds = json::integer(body, "/expires_in").and_then(|seconds| u64::try_from(seconds).ok());
        let lasts = Duration::from_secs(seconds.unwrap_or(0).saturating_sub(MARGIN));
        Some(Token { token: Secret::new(owned(body, "/access_token")?), lasts })
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let token = part.account.token.as_ref().ok_or(Refused::Token)?;
        let letter = json!({
            "mobile": part.to_digits(), "message": part.text, "senderid": part.from(),
            "mType": -1, "eType": -1, "UDH": "",
        });
        let headers = Headers::new().with("Authorization", format!("Bearer {}", token.expose()));
        Ok(post(format!("{}/api/SendSMS", super::Common::base(self)), headers, &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match json::code(&body, "/ResponseCode").as_deref() {
                Some("200") => Settled::taken(json::code(&body, "/Data/MessageID")),
                None => Settled::Unknown,
                code => {
                    let why = text(&body, "/ResponseMessage").unwrap_or("");
                    refused(ErrorClass::BadRequest, code.map(str::to_owned), why)
                }
            }
        })
    }
}
