//! WhatsApp through Turn (whatsapp.turn.io/docs/api): the former on-premises API of WhatsApp, with Turn's token.
//! Messages and reports come bare, without Meta's `entry` and `changes`.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::Url;

use crate::account::{Account, Secret, SettingsError, common};
use crate::adapter::Adapter;
use crate::guard::Guard;
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{Denied, Incoming, IncomingAttachment, MediaSource, Unparsable};
use crate::media::same_origin;
use crate::outgoing::{Outgoing, Refused, Rendering, Settled};
use crate::preview::{Shown, read};
use crate::signing;
use crate::whatsapp_cloud::{self, Dialect, Envelope};

/// Where the API is when the settings say nothing else.
const DEFAULT_BASE_URL: &str = "https://whatsapp.turn.io";
/// The base64 HMAC-SHA256 of the body under the webhook's secret.
const SIGNATURE_HEADER: &str = "X-Turn-Hook-Signature";

/// Settings of a number at Turn.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnSettings {
    /// Sent as a bearer token with every call.
    pub auth_token: Secret,
    /// The secret that the webhook was made with at Turn: calls are signed with it.
    #[serde(default)]
    pub webhook_secret: Option<Secret>,
    /// See [`Guard`]: for webhooks without a secret.
    #[serde(default)]
    pub webhook_token: Option<Secret>,
    #[serde(default)]
    pub unsigned_webhooks: bool,
    /// The namespace of templates that say none themselves.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Where the API is; Turn's when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
}

impl TurnSettings {
    fn base(&self) -> &str {
        self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/')
    }

    fn authorized(&self) -> Headers {
        Headers::new().with("Authorization", format!("Bearer {}", self.auth_token.expose()))
    }

    fn guard(&self) -> Guard<'_> {
        Guard::new(self.webhook_token.as_ref(), self.unsigned_webhooks || self.webhook_secret.is_some())
    }

    /// Turn names files by its own host, which may be another one inside its network: id and our base are what counts.
    fn file_at_turn(&self, attachment: &mut IncomingAttachment) {
        if let MediaSource::Id { id, .. } = &attachment.source
            && let Some(url) = whatsapp_cloud::below(&format!("{}/v1/media", self.base()), id)
        {
            attachment.source = MediaSource::Url { url: url.into() };
        }
    }
}

impl Adapter for TurnSettings {
    fn scheme(&self) -> &str {
        "whatsapp"
    }

    fn check(&self, _address: &str) -> Result<(), SettingsError> {
        self.guard().check("turn")?;
        common(self.base_url.as_deref(), self.max_text_length)
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let Some(secret) = &self.webhook_secret else { return self.guard().verify(request) };
        let header = request.headers.get(SIGNATURE_HEADER).ok_or(Denied::Unsigned)?;
        let signature = STANDARD.decode(header.trim()).map_err(|_| Denied::Malformed)?;
        signing::must_match(&signing::hmac_sha256(secret.expose(), &request.body), &signature)
    }

    fn receive(&self, _account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        let mut incoming = whatsapp_cloud::receive_bare(request)?;
        for one in &mut incoming {
            if let Incoming::Message(message) = one {
                message.attachments.iter_mut().for_each(|attachment| self.file_at_turn(attachment));
            }
        }
        Ok(incoming)
    }

    fn request(&self, _account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        let dialect = Dialect {
            url: format!("{}/v1/messages", self.base()),
            headers: self.authorized(),
            max_text_length: self.max_text_length,
            envelope: Envelope::OnPremises { namespace: self.namespace.clone() },
        };
        whatsapp_cloud::request(&dialect, outgoing)
    }

    fn shown(&self, _outgoing: &Outgoing, request: &HttpRequest) -> Vec<Shown> {
        vec![read::whatsapp(request)]
    }

    fn webhook_token(&self) -> Option<&str> {
        self.webhook_token.as_ref().filter(|_| self.webhook_secret.is_none()).map(Secret::expose)
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        whatsapp_cloud::settle(response)
    }

    fn credentials(&self, _account: &Account, url: &Url) -> Headers {
        if same_origin(url, Some(self.base())) { self.authorized() } else { Headers::new() }
    }
}
