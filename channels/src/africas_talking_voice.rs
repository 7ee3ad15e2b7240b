//! A number at Africa's Talking for telephone calls (developers.africastalking.com/docs/voice): nothing is signed, so the
//! address that is set at the number holds a token; it is spoken to by [`crate::voice`]. A message is not posted: it
//! begins a call, about which the provider then asks the address that is set at the number.
use std::time::Duration;

use serde::Deserialize;

use crate::account::{Account, Secret, SettingsError, address_needed, common};
use crate::adapter::Adapter;
use crate::guard::Guard;
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{Denied, Incoming, Unparsable};
use crate::outgoing::{Outgoing, Refused, Rendering, Settled};
use crate::probe::{About, Good, Probe, Reads};
use crate::voice::{self, Heard, NewCall, Speech};

/// Where calls are begun when the settings say nothing else.
pub const DEFAULT_BASE_URL: &str = "https://voice.africastalking.com";

/// Settings of a number at Africa's Talking that is called and that calls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfricasTalkingVoiceSettings {
    pub username: String,
    pub api_key: Secret,
    /// The webhook's address must hold it: `…?token=…`.
    #[serde(default)]
    pub webhook_token: Option<Secret>,
    /// Lets calls in that nobody signed; the webhook's address must then be kept secret.
    #[serde(default)]
    pub unsigned_webhooks: bool,
    /// Where calls are begun; [`DEFAULT_BASE_URL`] when absent.
    #[serde(default)]
    pub base_url: Option<String>,
}

impl AfricasTalkingVoiceSettings {
    fn guard(&self) -> Guard<'_> {
        Guard::new(self.webhook_token.as_ref(), self.unsigned_webhooks)
    }

    /// Where calls are begun, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/')
    }
}

impl Adapter for AfricasTalkingVoiceSettings {
    fn scheme(&self) -> &str {
        "tel"
    }

    fn check(&self, address: &str) -> Result<(), SettingsError> {
        address_needed(address)?;
        self.guard().check("africas_talking_voice")?;
        common(self.base_url.as_deref(), None)
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        self.guard().verify(request)
    }

    fn receive(&self, account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        Heard::of(account, request).map(Heard::into_incoming)
    }

    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        let nothing_to_say = r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#;
        HttpResponse::new(200, "application/xml; charset=utf-8", nothing_to_say)
    }

    /// The call in which the message will be said. Our id of the message goes along and comes back with the call.
    fn request(&self, account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        if Speech::of(&outgoing.content).is_empty() && outgoing.content.quick_replies.is_empty() {
            return Err(Refused::Empty);
        }
        let new = NewCall {
            id: outgoing.id,
            to: outgoing.to.clone(),
            // It asks the address that is set at the number, tells nothing else, and knows no answering machines; how
            // long it rings is the network's.
            answer_url: String::new(),
            status_url: String::new(),
            detect_machine: false,
            ringing: Duration::ZERO,
        };
        Ok(Rendering { requests: vec![voice::call(account, &new)?], degraded: Vec::new() })
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        voice::africas_talking_settled(response)
    }

    fn webhook_token(&self) -> Option<&str> {
        self.guard().token()
    }

    fn probes(&self, _account: &Account) -> Vec<Probe> {
        // The account is asked where messages are sent; the sandbox has both of its own.
        let base = self.base().replacen("://voice.", "://api.", 1);
        let username: String = url::form_urlencoded::byte_serialize(self.username.as_bytes()).collect();
        let headers = Headers::new().with("apiKey", self.api_key.expose()).with("Accept", "application/json");
        let question = HttpRequest::get(format!("{base}/version1/user?username={username}"), headers);
        let ok = Some(("/UserData/balance", Good::There));
        let reads = Reads { ok, balance: "/UserData/balance", ..Reads::default() };
        vec![Probe::new(About::Balance, question, reads)]
    }
}
