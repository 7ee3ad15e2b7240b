//! MTN's developer portal (developers.mtn.com, "SMS V2"): JSON both ways, with a token for an hour.
use std::time::Duration;

use super::kit::*;
use crate::adapter::{Preparation, Token};

/// Seconds that a token is used less than it lasts.
const MARGIN: u64 = 60;

gateway_settings! {
    /// Settings of a short code at MTN.
    MtnSettings as "mtn" at Some("https://api.mtn.com"), {
        /// The consumer key.
        api_key: String,
        /// The consumer secret.
        auth_token: Secret,
        /// The company's name at the provider, where it wants one.
        #[serde(default)]
        cp_address: Option<String>,
    }
}

impl Gateway for MtnSettings {
    const MAX_TEXT: usize = 160;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        if let Some(word) = text(&body, "/deliveryStatus").or_else(|| text(&body, "/data/deliveryStatus")) {
            let ids = ["/TransactionID", "/transactionId", "/requestId"];
            let id = ids.into_iter().find_map(|pointer| json::code(&body, pointer));
            let (Some(id), false) = (id, word == "MessageWaiting") else {
                return Ok(nothing("a state on the way, or of no message"));
            };
            let status = match word {
                "DeliveredToTerminal" | "DELIVRD" | "Delivered" => Some(Status::Delivered),
                "DeliveredToNetwork" | "ENROUTE" | "ACCEPTD" => Some(Status::Sent),
                "DeliveryUncertain" | "UNKNOWN" => return Ok(nothing("an uncertain state")),
                "DeliveryImpossible"
                | "UNDELIV"
                | "EXPIRED"
                | "REJECTD"
                | "DELETED"
                | "DeliveryNotificationNotSupported" => Some(undelivered(word)),
                _ => None,
            };
            return reported(id, status, "deliveryStatus");
        }
        Ok(Text {
            external_id: json::code(&body, "/id"),
            from: telephone(account, &needed(&body, "/senderAddress")?),
            text: text(&body, "/message").ok_or_else(|| Unparsable::at("message"))?.to_owned(),
            sent_at: json::code(&body, "/created").as_deref().and_then(millis),
            ..Text::default()
        }
        .incoming())
    }

    fn prepare(&self, account: &Account, _outgoing: &Outgoing) -> Result<Option<Preparation>, Refused> {
        let question = || {
            let url =
                format!("{}/v1/oauth/access_token?grant_type=client_credentials", super::Common::base(self));
            let fields = [("client_id", self.api_key.as_str()), ("client_secret", self.auth_token.expose())];
            HttpRequest::post_form(url, Headers::new(), fields)
        };
        Ok(account.token.is_none().then(|| Preparation::Token(question())))
    }

    fn token(&self, body: &Value) -> Option<Token> {
        let seconds = json::integer(body, "/expires_in").and_then(|seconds| u64::try_from(seconds).ok());
        let lasts = Duration::from_secs(seconds.unwrap_or(0).saturating_sub(MARGIN));
        Some(Token { token: Secret::new(owned(body, "/access_token")?), lasts })
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let token = part.account.token.as_ref().ok_or(Refused::Token)?;
        let mut letter = json!({
            "senderAddress": part.from(),
            "receiverAddress": [part.to_digits()],
            "message": part.text,
            "clientCorrelator": part.own_id(),
        });
        if let Some(company) = &self.cp_address {
            letter["cpAddress"] = json!(company);
        }
        let headers = Headers::new().with("Authorization", format!("Bearer {}", token.expose()));
        Ok(post(format!("{}/v2/messages/sms/outbound", super::Common::base(self)), headers, &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| Settled::taken(owned(&json_body(response), "/transactionId")))
    }
}
