//! Firebase Cloud Messaging (firebase.google.com/docs/cloud-messaging/send/v1-api): messages to an app of one's own,
//! which posts what its user writes as a form. Sending wants a token for an hour, which is asked for with a signature
//! of the service account (developers.google.com/identity/protocols/oauth2/service-account).
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flow::words::{QuickReply, QuickReplyKind, Urn};

use super::kit::*;
use crate::adapter::{Preparation, Token};
use crate::rsa::PrivateKey;

/// What the token is for.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// Where tokens are when the settings say nothing else.
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// How long a token may last, in seconds; Google's most.
const LASTS: i64 = 3600;
/// Seconds that a token is used less than it lasts.
const MARGIN: u64 = 60;

gateway_settings! {
    /// Settings of an app at Firebase: values of the service account's JSON file.
    FirebaseSettings as "firebase" at Some("https://fcm.googleapis.com"), {
        project_id: String,
        client_email: String,
        private_key: Secret,
        #[serde(default)]
        token_url: Option<String>,
        /// The title of each message in the app.
        title: String,
        /// Whether the telephone shows the message by itself while the app sleeps.
        #[serde(default)]
        notification: bool,
    }
}

impl FirebaseSettings {
    /// The signed claim that a token is given for; `None` when the key cannot be read.
    fn assertion(&self, at: i64) -> Option<String> {
        let claims = json!({
            "iss": self.client_email, "scope": SCOPE, "aud": self.token_url(), "iat": at, "exp": at + LASTS,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&claims));
        let signature = PrivateKey::parse(self.private_key.expose())?.sign(signed.as_bytes())?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn token_url(&self) -> &str {
        self.token_url.as_deref().unwrap_or(TOKEN_URL)
    }
}

impl Gateway for FirebaseSettings {
    const SCHEME: &'static str = "fcm";
    const MAX_TEXT: usize = 1024;

    fn check_own(&self) -> Result<(), SettingsError> {
        super::key_can_be_read(Some(self.private_key.expose()), |key| PrivateKey::parse(key).is_some())
    }

    fn read(&self, _account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if call.about() == "register" {
            let token = call.required("fcm_token")?.to_owned();
            let person = Urn::new(Self::SCHEME, call.required("urn")?).map_err(|_| Unparsable::at("urn"))?;
            return Ok(vec![Incoming::Event(ChannelEvent::ReplyToken { person: vec![person], token })]);
        }
        let from = Urn::new(Self::SCHEME, call.required("from")?).map_err(|_| Unparsable::at("from"))?;
        let read = Text {
            from: Some(from),
            text: call.get("msg").unwrap_or("").to_owned(),
            name: call.owned("name"),
            sent_at: call.get("date").and_then(at),
            ..Text::default()
        };
        let mut incoming = read.incoming();
        if let Some(Incoming::Message(message)) = incoming.first_mut() {
            message.reply_token = call.owned("fcm_token");
        }
        Ok(incoming)
    }

    fn own_choices(&self) -> bool {
        true
    }

    fn prepare(&self, account: &Account, outgoing: &Outgoing) -> Result<Option<Preparation>, Refused> {
        if account.token.is_some() {
            return Ok(None);
        }
        let assertion = self.assertion(outgoing.at.as_second()).ok_or(Refused::Key)?;
        let fields =
            [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &assertion)];
        Ok(Some(Preparation::Token(HttpRequest::post_form(self.token_url(), Headers::new(), fields))))
    }

    fn token(&self, body: &Value) -> Option<Token> {
        let seconds = json::integer(body, "/expires_in").and_then(|seconds| u64::try_from(seconds).ok());
        let lasts = Duration::from_secs(seconds.unwrap_or(0).saturating_sub(MARGIN));
        Some(Token { token: Secret::new(owned(body, "/access_token")?), lasts })
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let token = part.account.token.as_ref().ok_or(Refused::Token)?;
        // The address alone names a person; the device is named by what came with her last message.
        let device = part.outgoing.reply_token.as_deref().ok_or(Refused::Address)?;
        let mut data = json!({
            "type": "rapidpro", "title": self.title, "message": part.text, "message_id": part.id(), "session_status": "",
        });
        let shown = |reply: &&QuickReply| reply.kind == QuickReplyKind::Text && !reply.text.trim().is_empty();
        let choices: Vec<&str> =
            part.outgoing.content.quick_replies.iter().filter(shown).map(|r| r.text.trim()).collect();
        if part.last && !choices.is_empty() {
            data["quick_replies"] = json!(json!(choices).to_string());
        }
        let mut message = json!({"data": data, "token": device, "android": {"priority": "high"}});
        if self.notification {
            message["notification"] = json!({"title": self.title, "body": part.text});
        }
        let headers = Headers::new().with("Authorization", format!("Bearer {}", token.expose()));
        let url = format!("{}/v1/projects/{}/messages:send", super::Common::base(self), self.project_id);
        Ok(post(url, headers, &json!({"message": message})))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        let body = json_body(response);
        if response.is_success() {
            let name = owned(&body, "/name").unwrap_or_default();
            return Settled::taken(name.rsplit('/').next().filter(|id| !id.is_empty()).map(str::to_owned));
        }
        // The detail tells more than the status: Google has one status for several faults.
        let code = owned(&body, "/error/details/0/errorCode").or_else(|| owned(&body, "/error/status"));
        let class = match code.as_deref() {
            Some("UNREGISTERED" | "NOT_FOUND") => ErrorClass::Unreachable,
            Some("INVALID_ARGUMENT") => ErrorClass::BadRequest,
            Some(
                "SENDER_ID_MISMATCH" | "THIRD_PARTY_AUTH_ERROR" | "PERMISSION_DENIED" | "UNAUTHENTICATED",
            ) => ErrorClass::AccountBroken,
            Some("QUOTA_EXCEEDED" | "RESOURCE_EXHAUSTED") => ErrorClass::Throttled,
            Some("UNAVAILABLE" | "INTERNAL") => ErrorClass::Transient,
            _ => return settle_status(response),
        };
        class.settle(code, text(&body, "/error/message").unwrap_or(""), retry_after(response))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Provider;
    use crate::rsa::tests::keys;

    #[test]
    fn a_token_is_asked_for_with_a_claim_that_google_can_check() {
        let (private, public) = keys();
        let settings = json!({
            "project_id": "casa", "client_email": "line@casa.example", "private_key": private, "title": "Casa",
            "webhook_token": "t",
        });
        let account = Account::new(Provider::Firebase, "Casa", None, &settings).unwrap();
        let to = Urn::new("fcm", "amina").unwrap();
        let mut outgoing = Outgoing::new(uuid::Uuid::nil(), to, flow::words::Content::default());
        outgoing.at = "2026-03-04T05:06:07Z".parse().unwrap();
        let Ok(Some(Preparation::Token(request))) = crate::prepare(&account, &outgoing) else { panic!() };
        let form = request.form();
        let (_, assertion) = form.iter().find(|(name, _)| name == "assertion").unwrap();
        let (signed, signature) = assertion.rsplit_once('.').unwrap();
        let key = crate::rsa::PublicKey::parse(&public).unwrap();
        assert!(key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()));
        let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["iat"], 1_772_600_767);
        assert_eq!(claims["aud"], TOKEN_URL);
        let damaged = json!({
            "project_id": "casa", "client_email": "line@casa.example", "title": "Casa", "webhook_token": "t",
            "private_key": private.replace("MI", "XX"),
        });
        assert_eq!(Account::new(Provider::Firebase, "", None, &damaged), Err(SettingsError::Key));
    }
}
