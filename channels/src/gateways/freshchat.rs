//! Freshchat (developers.freshchat.com/api): conversations of a support desk, JSON both ways, signed with RSA.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flow::words::Urn;

use super::kit::*;
use crate::rsa::PublicKey;

/// Base64 of the RSA signature (PKCS #1 v1.5, SHA-256) of the body.
const SIGNATURE_HEADER: &str = "X-Freshchat-Signature";

gateway_settings! {
    /// Settings of an account at Freshchat.
    FreshchatSettings as "freshchat" at Some("https://api.freshchat.com/v2"), {
        /// The API token.
        auth_token: Secret,
        /// The agent in whose name messages are sent.
        agent_id: String,
        /// Calls are checked with it.
        #[serde(default)]
        public_key: Option<String>,
    }
}

impl Gateway for FreshchatSettings {
    const SCHEME: &'static str = "freshchat";
    const MAX_TEXT: usize = 4000;
    const FILES: Files = Files::WithFirst;

    fn signs(&self) -> bool {
        self.public_key.is_some()
    }

    fn check_own(&self) -> Result<(), SettingsError> {
        super::key_can_be_read(self.public_key.as_deref(), |key| PublicKey::parse(key).is_some())
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let Some(key) = &self.public_key else { return super::Common::guard(self).verify(request) };
        let header = request.headers.get(SIGNATURE_HEADER).ok_or(Denied::Unsigned)?;
        let signature = STANDARD.decode(header.trim()).map_err(|_| Denied::Malformed)?;
        let known = PublicKey::parse(key).is_some_and(|key| key.verify(&request.body, &signature));
        if known { Ok(()) } else { Err(Denied::Mismatch) }
    }

    fn read(&self, _account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        let action = text(&body, "/action").ok_or_else(|| Unparsable::at("action"))?;
        if action != "message_create" {
            return Ok(nothing(&format!("event {}", json::word(action))));
        }
        let message = json::at(&body, "/data/message").ok_or_else(|| Unparsable::at("data.message"))?;
        if text(&body, "/actor/actor_type") != Some("user") {
            return Ok(nothing("a message of an agent or of the system"));
        }
        let (channel, user) = (needed(message, "/channel_id")?, needed(message, "/actor_id")?);
        let mut read = Text {
            external_id: json::code(message, "/id"),
            from: Urn::new(Self::SCHEME, &format!("{channel}/{user}")).ok(),
            sent_at: text(message, "/created_time").and_then(at),
            ..Text::default()
        };
        for part in list(message, "/message_parts") {
            if let Some(said) = text(part, "/text/content") {
                read.text = crate::plain::add_line(read.text, said);
            }
            for (kind, content_type) in
                [("image", "image"), ("video", "video"), ("file", "application/octet-stream")]
            {
                if let Some(url) = owned(part, &format!("/{kind}/url")) {
                    let declared = text(part, &format!("/{kind}/content_type")).unwrap_or(content_type);
                    let mut file = IncomingAttachment::file(declared, url);
                    file.filename = owned(part, &format!("/{kind}/name"));
                    read.attachments.push(file);
                }
            }
        }
        Ok(read.incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to();
        let (channel, user) = to.split_once('/').ok_or(Refused::Address)?;
        let said = (!part.text.is_empty()).then(|| json!({"text": {"content": part.text}}));
        let shown = |file: &&flow::words::Attachment| {
            if file.content_type.starts_with("image") {
                json!({"image": {"url": file.url}})
            } else {
                let name = crate::media::filename(&file.url);
                json!({"file": {"url": file.url, "name": name, "content_type": file.content_type}})
            }
        };
        let parts: Vec<Value> = said.into_iter().chain(part.files.iter().map(shown)).collect();
        let letter = json!({
            "messages": [{"message_parts": parts, "actor_id": self.agent_id, "actor_type": "agent"}],
            "channel_id": channel,
            "users": [{"id": user}],
        });
        let headers = Headers::new().with("Authorization", format!("Bearer {}", self.auth_token.expose()));
        Ok(post(format!("{}/conversations", super::Common::base(self)), headers, &letter))
    }

    fn probes(&self) -> Vec<Probe> {
        let headers = Headers::new().with("Authorization", format!("Bearer {}", self.auth_token.expose()));
        let url = format!("{}/agents/{}", super::Common::base(self), self.agent_id);
        let reads = Reads { ok: Some(("/id", Good::There)), name: "/first_name", ..Reads::default() };
        vec![Probe::new(About::Account, ask(url, headers), reads)]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |_| Settled::taken_without_id())
    }
}
