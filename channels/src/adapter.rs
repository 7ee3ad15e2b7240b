//! What each provider's settings can do: one trait, implemented once a provider, and dispatched in one place
//! ([`Settings::adapter`](crate::Settings)).
use std::time::Duration;

use flow::words::Urn;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::account::{Account, Secret, SettingsError};
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{Denied, Incoming, Unparsable};
use crate::json;
use crate::outgoing::{Degraded, Inquiry, Outgoing, Refused, Rendering, Settled};
use crate::preview::Shown;
use crate::probe::Probe;

/// Something that must be asked before a message can be written. Nothing is sent to the person by it: when it fails,
/// the message is tried again later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preparation {
    /// Ask for a token that lasts a while: hand the answer to [`crate::token`], and use [`Account::with_token`] for
    /// all messages until it is over.
    Token(HttpRequest),
    /// Ask this and put the answer into [`Outgoing::answers`] under the key.
    Ask { key: String, request: HttpRequest },
}

/// A short-lived token of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub token: Secret,
    /// How long it lasts from now, less a margin; as the provider says, or its documented minimum.
    pub lasts: Duration,
}

/// The provider's side of an account.
pub(crate) trait Adapter {
    /// The scheme of those that the account reaches, such as `tel`.
    fn scheme(&self) -> &str;

    /// What can be wrong with settings beyond their shape.
    fn check(&self, address: &str) -> Result<(), SettingsError>;

    fn addressees(_request: &HttpRequest) -> Vec<String>
    where
        Self: Sized,
    {
        Vec::new()
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied>;

    /// From when until when a call's signature is good, where it says so; only asked when it is a good one.
    fn signed_for(&self, _request: &HttpRequest) -> Option<(Timestamp, Timestamp)> {
        None
    }

    fn challenge(&self, _request: &HttpRequest) -> Option<HttpResponse> {
        None
    }

    fn receive(&self, account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable>;

    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::new(200, "text/plain; charset=utf-8", "ok")
    }

    fn prepare(&self, _account: &Account, _outgoing: &Outgoing) -> Result<Option<Preparation>, Refused> {
        Ok(None)
    }

    fn token(&self, _body: &Value) -> Option<Token> {
        None
    }

    fn request(&self, account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused>;

    /// What a person sees of one of the requests that [`Adapter::request`] writes.
    fn shown(&self, _outgoing: &Outgoing, _request: &HttpRequest) -> Vec<Shown> {
        Vec::new()
    }

    /// What a person sees of a message: its requests, read back.
    fn layout(&self, account: &Account, outgoing: &Outgoing) -> Result<(Vec<Shown>, Vec<Degraded>), Refused> {
        let rendering = self.request(account, outgoing)?;
        let shown = rendering.requests.iter().flat_map(|request| self.shown(outgoing, request));
        Ok((shown.collect(), rendering.degraded))
    }

    fn settle(&self, response: &HttpResponse) -> Settled;

    /// The question whether a request whose answer got lost was taken.
    fn inquire(&self, _sent: &HttpRequest, _since: Timestamp) -> Option<HttpRequest> {
        None
    }

    fn inquired(&self, _sent: &HttpRequest, _answer: &HttpResponse, _since: Timestamp) -> Inquiry {
        Inquiry::Unclear
    }

    /// The question where the file with this id is; `None` where ids are no matter.
    fn locate(&self, _account: &Account, _id: &str) -> Option<HttpRequest> {
        None
    }

    /// The address of the file in the answer to [`Adapter::locate`].
    fn located(&self, body: &Value) -> Option<String> {
        json::owned(body, "/url")
    }

    /// Header fields that a download from this address needs; none for a host that is not the provider's.
    fn credentials(&self, _account: &Account, _url: &Url) -> Headers {
        Headers::new()
    }

    /// Harmless questions that only good credentials get an answer to.
    fn probes(&self, _account: &Account) -> Vec<Probe> {
        Vec::new()
    }

    /// Tells the provider to call this address.
    fn register_webhooks(&self, _account: &Account, _url: &str) -> Vec<HttpRequest> {
        Vec::new()
    }

    /// What the webhook's address must hold, where the provider signs nothing.
    fn webhook_token(&self) -> Option<&str> {
        None
    }

    /// The question for a person's name.
    fn profile(&self, _account: &Account, _urn: &Urn) -> Option<HttpRequest> {
        None
    }

    /// The name in the answer to [`Adapter::profile`].
    fn profile_name(&self, body: &Value) -> Option<String> {
        json::owned(body, "/name")
    }
}
