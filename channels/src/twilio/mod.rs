//! SMS, MMS and WhatsApp through Twilio, or through a service that speaks its API (SignalWire).
//!
//! Rules from Twilio's documentation (twilio.com/docs/usage/security, /messaging/guides/webhook-request,
//! /messaging/api/message-resource): a webhook is signed over the full URL as Twilio called it and its form fields;
//! who can reach whom is a prefix of the address (`whatsapp:+…`); errors are told apart by code.
mod errors;
mod inquire;
mod receive;
mod request;
mod settle;
mod voice;

use flow::words::Urn;

pub use errors::class;
pub use voice::TwilioVoiceSettings;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::account::{Account, Secret, SettingsError, common};
use crate::adapter::Adapter;
use crate::called::urls_as_called;
use crate::http::{Headers, HttpRequest, HttpResponse};

use crate::incoming::{Denied, Incoming, Unparsable};
use crate::media::{basic, is_within, same_origin};
use crate::outgoing::{Inquiry, Outgoing, Refused, Rendering, Settled};
use crate::preview::{Shown, read};
use crate::probe::{About, Good, Probe, Reads};
use crate::{signing, whatsapp_cloud};

/// Where the API is when the settings say nothing else.
pub const DEFAULT_BASE_URL: &str = "https://api.twilio.com";

/// The query parameter of the address for reports that holds our id of the message.
const ATTEMPT_PARAMETER: &str = "uuid";
/// The query parameter in which Twilio puts the hash of a JSON body, which is not signed itself.
const BODY_HASH_PARAMETER: &str = "bodySHA256";

/// What a Twilio account carries. One Twilio number can have both, as two channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    #[default]
    Sms,
    Whatsapp,
}

/// Settings of a Twilio number or messaging service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioSettings {
    pub account_sid: String,
    /// Used as the password of every call, and webhooks are signed with it.
    pub auth_token: Secret,
    /// The former token, accepted too for webhooks while the token is being changed.
    #[serde(default)]
    pub previous_auth_token: Option<Secret>,
    /// Lets Twilio choose the sender's number from a pool.
    #[serde(default)]
    pub messaging_service_sid: Option<String>,
    #[serde(default)]
    pub transport: Transport,
    /// Where the API is; [`DEFAULT_BASE_URL`] when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// `false` only for a service that speaks Twilio's API but signs nothing; whoever can call the webhook can then
    /// speak for anybody, so the address must be secret.
    #[serde(default = "yes")]
    pub signed_webhooks: bool,
    /// Lets Twilio shorten links (needs a messaging service).
    #[serde(default)]
    pub shorten_urls: bool,
    /// Whether the number can send MMS. When absent: numbers of the countries where Twilio offers it. Elsewhere a
    /// file goes as a link in the text.
    #[serde(default)]
    pub mms: Option<bool>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
}

const fn yes() -> bool {
    true
}

/// Hosts that get the token with a download.
pub(crate) const HOSTS: [&str; 2] = ["twilio.com", "twiliocdn.com"];

impl Adapter for TwilioSettings {
    fn scheme(&self) -> &str {
        match self.transport {
            Transport::Sms => "tel",
            Transport::Whatsapp => "whatsapp",
        }
    }

    fn check(&self, address: &str) -> Result<(), SettingsError> {
        if address.is_empty() && self.messaging_service_sid.is_none() {
            return Err(SettingsError::NoSender);
        }
        common(self.base_url.as_deref(), self.max_text_length)
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        verify(self, request)
    }

    fn receive(&self, _account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        receive::receive(self, request)
    }

    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        let nothing_to_say = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;
        HttpResponse::new(200, "text/xml; charset=utf-8", nothing_to_say)
    }

    fn request(&self, account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        request::request(account, self, outgoing)
    }

    fn shown(&self, outgoing: &Outgoing, request: &HttpRequest) -> Vec<Shown> {
        vec![read::twilio(request, &outgoing.content.attachments)]
    }

    fn probes(&self, _account: &Account) -> Vec<Probe> {
        let base = self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/');
        let at = format!("{base}/2010-04-01/Accounts/{}", self.account_sid);
        let headers = basic(&self.account_sid, self.auth_token.expose());
        let account = Reads { ok: Some(("/sid", Good::There)), name: "/friendly_name", ..Reads::default() };
        let balance = Reads { balance: "/balance", currency: "/currency", ..Reads::default() };
        vec![
            Probe::new(About::Account, HttpRequest::get(format!("{at}.json"), headers.clone()), account),
            Probe::new(About::Balance, HttpRequest::get(format!("{at}/Balance.json"), headers), balance),
        ]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        settle::settle(response)
    }

    fn inquire(&self, sent: &HttpRequest, since: Timestamp) -> Option<HttpRequest> {
        inquire::inquire(self, sent, since)
    }

    fn inquired(&self, sent: &HttpRequest, answer: &HttpResponse, since: Timestamp) -> Inquiry {
        inquire::inquired(sent, answer, since)
    }

    fn credentials(&self, _account: &Account, url: &Url) -> Headers {
        if is_within(url, &HOSTS) || same_origin(url, self.base_url.as_deref()) {
            return basic(&self.account_sid, self.auth_token.expose());
        }
        Headers::new()
    }
}

fn verify(settings: &TwilioSettings, request: &HttpRequest) -> Result<(), Denied> {
    if !settings.signed_webhooks {
        return Ok(());
    }
    signed_by(std::iter::once(&settings.auth_token).chain(settings.previous_auth_token.as_ref()), request)
}

/// Whether one of these tokens has signed a call.
fn signed_by<'a>(tokens: impl Iterator<Item = &'a Secret>, request: &HttpRequest) -> Result<(), Denied> {
    let header = request.headers.get(signing::TWILIO_HEADER).ok_or(Denied::Unsigned)?;
    let signature = STANDARD.decode(header.trim()).map_err(|_| Denied::Malformed)?;
    let form = if request.method == "POST" && request.is_of_type("application/x-www-form-urlencoded") {
        request.form()
    } else {
        body_is_hashed(request)?;
        Vec::new()
    };
    let urls = urls_as_called(request);
    for token in tokens {
        for url in &urls {
            if signing::same(&signing::twilio_mac(token.expose(), url, &form), &signature) {
                return Ok(());
            }
        }
    }
    Err(Denied::Mismatch)
}

/// A body that is no form is not part of the signature; its hash is, as a parameter of the URL.
fn body_is_hashed(request: &HttpRequest) -> Result<(), Denied> {
    match request.query_value(BODY_HASH_PARAMETER) {
        None if request.body.is_empty() => Ok(()),
        None => Err(Denied::Mismatch),
        Some(hash) => {
            let actual = signing::twilio_body_sha256(&request.body);
            if signing::same(hash.to_ascii_lowercase().as_bytes(), actual.as_bytes()) {
                Ok(())
            } else {
                Err(Denied::Mismatch)
            }
        }
    }
}

/// An address as Twilio writes it: E.164, a short code, a name of letters, each perhaps after `whatsapp:` or `rcs:`.
/// On a WhatsApp channel an address without a prefix is one of WhatsApp.
fn identity(transport: Transport, address: &str) -> Option<Urn> {
    let (prefix, id) = address.split_once(':').unwrap_or(("", address));
    match (prefix, transport) {
        ("whatsapp", _) | ("", Transport::Whatsapp) => whatsapp_cloud::identity(id.trim()),
        ("" | "rcs", _) => telephone(id.trim()),
        ("messenger", _) => Urn::new("facebook", id).ok().filter(|_| id.bytes().all(|b| b.is_ascii_digit())),
        _ => None,
    }
}

/// The longest telephone address; a name of letters has at most 11.
const MAX_TELEPHONE: usize = 20;

fn telephone(id: &str) -> Option<Urn> {
    let digits = id.strip_prefix('+').unwrap_or(id);
    let fits = (1..=MAX_TELEPHONE).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_alphanumeric())
        && (digits.len() == id.len() || digits.bytes().all(|b| b.is_ascii_digit()));
    if fits { Urn::new("tel", &id.to_ascii_lowercase()).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_by_prefix_and_channel() {
        for (transport, address, expected) in [
            (Transport::Sms, "+593991234567", Some("tel:+593991234567")),
            (Transport::Sms, "40404", Some("tel:40404")),
            (Transport::Sms, "MyBank", Some("tel:mybank")),
            (Transport::Sms, "whatsapp:+593991234567", Some("whatsapp:593991234567")),
            (Transport::Sms, "rcs:+593991234567", Some("tel:+593991234567")),
            (Transport::Sms, "messenger:123", Some("facebook:123")),
            (Transport::Sms, "+bank", None),
            (Transport::Sms, "", None),
            (Transport::Sms, "sip:a@b", None),
            (Transport::Whatsapp, "+593991234567", Some("whatsapp:593991234567")),
            (Transport::Whatsapp, "whatsapp:EC.1a2B", Some("whatsapp:EC.1a2B")),
            (Transport::Whatsapp, "whatsapp:nobody", None),
        ] {
            let found = identity(transport, address).map(|urn| urn.as_str().to_owned());
            assert_eq!(found.as_deref(), expected, "{address}");
        }
    }
}
