//! A Twilio number for telephone calls (twilio.com/docs/voice): signed as messages are, and spoken to by
//! [`crate::voice`]. A message is not posted: it begins a call, which asks what to say once somebody answers.
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::{DEFAULT_BASE_URL, HOSTS, inquire, settle, signed_by};
use crate::account::{Account, Secret, SettingsError, address_needed, common};
use crate::adapter::Adapter;
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{Denied, Incoming, Unparsable};
use crate::media::{basic, is_within, same_origin};
use crate::outgoing::{Inquiry, Outgoing, Refused, Rendering, Settled};
use crate::probe::{About, Good, Probe, Reads};
use crate::voice::{Heard, NewCall, Place, Speech, call};

/// How long a person's telephone rings: about six tones, before most answering machines take over.
const RINGING: Duration = Duration::from_secs(25);

/// Settings of a Twilio number that is called and that calls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioVoiceSettings {
    pub account_sid: String,
    /// Used as the password of every call, and webhooks are signed with it.
    pub auth_token: Secret,
    /// The former token, accepted too for webhooks while the token is being changed.
    #[serde(default)]
    pub previous_auth_token: Option<Secret>,
    /// Where the API is; [`DEFAULT_BASE_URL`] when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Whether spoken answers are understood beside keys; Twilio turns them into text.
    #[serde(default = "super::yes")]
    pub speech: bool,
    /// Whether Twilio finds out if an answering machine has taken a call of ours.
    #[serde(default = "super::yes")]
    pub detect_machine: bool,
}

impl Adapter for TwilioVoiceSettings {
    fn scheme(&self) -> &str {
        "tel"
    }

    fn check(&self, address: &str) -> Result<(), SettingsError> {
        address_needed(address)?;
        common(self.base_url.as_deref(), None)
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let tokens = std::iter::once(&self.auth_token).chain(self.previous_auth_token.as_ref());
        signed_by(tokens, request)
    }

    fn receive(&self, account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        Heard::of(account, request).map(Heard::into_incoming)
    }

    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        let nothing_to_say = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;
        HttpResponse::new(200, "text/xml; charset=utf-8", nothing_to_say)
    }

    /// The call in which the message will be said. Our id of the message stands for the call in its addresses.
    fn request(&self, account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        if Speech::of(&outgoing.content).is_empty() && outgoing.content.quick_replies.is_empty() {
            return Err(Refused::Empty);
        }
        let base = outgoing.status_callback.as_deref().ok_or(Refused::StatusCallback)?;
        let place = Place { ours: Some(outgoing.id), ..Place::default() };
        let new = NewCall {
            id: outgoing.id,
            to: outgoing.to.clone(),
            answer_url: place.address(base, "answer").ok_or(Refused::StatusCallback)?,
            status_url: place.address(base, "status").ok_or(Refused::StatusCallback)?,
            detect_machine: self.detect_machine,
            ringing: RINGING,
        };
        Ok(Rendering { requests: vec![call(account, &new)?], degraded: Vec::new() })
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        settle::settle(response)
    }

    fn inquire(&self, sent: &HttpRequest, since: Timestamp) -> Option<HttpRequest> {
        inquire::calls(&self.account_sid, &self.auth_token, sent, since)
    }

    fn inquired(&self, sent: &HttpRequest, answer: &HttpResponse, since: Timestamp) -> Inquiry {
        inquire::called(sent, answer, since)
    }

    fn credentials(&self, _account: &Account, url: &url::Url) -> Headers {
        if is_within(url, &HOSTS) || same_origin(url, self.base_url.as_deref()) {
            return basic(&self.account_sid, self.auth_token.expose());
        }
        Headers::new()
    }

    fn probes(&self, account: &Account) -> Vec<Probe> {
        let base = self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/');
        let at = format!("{base}/2010-04-01/Accounts/{}", self.account_sid);
        let headers = basic(&self.account_sid, self.auth_token.expose());
        let reads = Reads { ok: Some(("/sid", Good::There)), name: "/friendly_name", ..Reads::default() };
        let balance = Reads { balance: "/balance", currency: "/currency", ..Reads::default() };
        // Where calls to this number go, as Twilio knows it.
        let number: String = url::form_urlencoded::byte_serialize(account.address.as_bytes()).collect();
        let numbers = format!("{at}/IncomingPhoneNumbers.json?PhoneNumber={number}");
        let webhook = Reads { webhook: "/incoming_phone_numbers/0/voice_url", ..Reads::default() };
        vec![
            Probe::new(About::Account, HttpRequest::get(format!("{at}.json"), headers.clone()), reads),
            Probe::new(
                About::Balance,
                HttpRequest::get(format!("{at}/Balance.json"), headers.clone()),
                balance,
            ),
            Probe::new(About::Webhook, HttpRequest::get(numbers, headers), webhook),
        ]
    }
}
