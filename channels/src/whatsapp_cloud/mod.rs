//! WhatsApp through Meta's Cloud API.
//!
//! Rules from Meta's documentation (developers.facebook.com/docs/whatsapp/cloud-api) as gathered in the project's
//! notes: webhooks are signed with the app's secret; one webhook serves every number of the app; a person may be
//! known by a phone number, by a business-scoped user id (`EC.1a2B…`), or by both; errors are told apart by code.
mod errors;
mod labels;
mod receive;
mod request;
mod settle;
mod template;

use flow::words::Urn;

pub use errors::class;
pub(crate) use receive::{receive, receive_bare};
pub(crate) use request::{Dialect, Envelope, request};
pub(crate) use settle::settle;

use serde::Deserialize;
use url::Url;

use crate::account::{Account, Secret, SettingsError, address_needed, common};
use crate::adapter::Adapter;
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{Denied, Incoming, Unparsable};
use crate::media::{is_within, same_origin};
use crate::outgoing::{Outgoing, Refused, Rendering, Settled};
use crate::preview::{Shown, read};
use crate::probe::{About, Good, Probe, Reads};
use crate::signing;

/// Where the Graph API is when the settings say nothing else.
pub const DEFAULT_BASE_URL: &str = "https://graph.facebook.com/v24.0";

/// The scheme of a WhatsApp identity: its path is a phone number in digits or a business-scoped user id.
pub const SCHEME: &str = "whatsapp";

/// What Meta calls the kind of message that a person can switch off in WhatsApp itself.
pub(crate) const MARKETING: &str = "marketing_messages";

/// Other schemes whose addresses this channel can reach: a phone number, and a user id kept under its own scheme.
const OTHER_SCHEMES: [&str; 2] = ["tel", "bsuid"];

/// The longest phone number in digits (E.164 allows 15; some ids of test numbers are longer).
const MAX_PHONE_DIGITS: usize = 20;

/// Settings of a WhatsApp number at Meta.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsappCloudSettings {
    /// Sent as a bearer token with every call.
    pub access_token: Secret,
    /// The app's secret: webhooks are signed with it.
    pub app_secret: Secret,
    /// The app's former secret, accepted too while the secret is being changed.
    #[serde(default)]
    pub previous_app_secret: Option<Secret>,
    /// What we told Meta to repeat when it sets the webhook up.
    pub verify_token: Secret,
    /// Where the Graph API is, with its version; [`DEFAULT_BASE_URL`] when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
}

/// Hosts that get the token with a download.
const HOSTS: [&str; 4] = ["facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net"];

impl Adapter for WhatsappCloudSettings {
    fn scheme(&self) -> &str {
        SCHEME
    }

    fn check(&self, address: &str) -> Result<(), SettingsError> {
        address_needed(address)?;
        common(self.base_url.as_deref(), self.max_text_length)
    }

    fn addressees(request: &HttpRequest) -> Vec<String> {
        receive::addressees(request)
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let secrets = std::iter::once(&self.app_secret).chain(self.previous_app_secret.as_ref());
        signed_by_meta(secrets, request)
    }

    fn challenge(&self, request: &HttpRequest) -> Option<HttpResponse> {
        meta_challenge(&self.verify_token, request)
    }

    fn receive(&self, account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        receive(Some(&account.address), request)
    }

    fn request(&self, account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        let dialect = Dialect {
            url: graph_url(self, &format!("{}/messages", account.address)),
            headers: authorized(self),
            max_text_length: self.max_text_length,
            envelope: Envelope::Cloud,
        };
        request(&dialect, outgoing)
    }

    fn shown(&self, _outgoing: &Outgoing, request: &HttpRequest) -> Vec<Shown> {
        vec![read::whatsapp(request)]
    }

    fn probes(&self, account: &Account) -> Vec<Probe> {
        let Some(mut url) = below(&graph_url(self, ""), &account.address) else { return Vec::new() };
        url.query_pairs_mut().append_pair("fields", "verified_name,display_phone_number,quality_rating");
        let reads = Reads {
            ok: Some(("/id", Good::There)),
            name: "/verified_name",
            sender: "/display_phone_number",
            quality: "/quality_rating",
            ..Reads::default()
        };
        vec![Probe::new(About::Account, HttpRequest::get(url, authorized(self)), reads)]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        settle(response)
    }

    fn locate(&self, _account: &Account, id: &str) -> Option<HttpRequest> {
        Some(HttpRequest::get(below(&graph_url(self, ""), id)?, authorized(self)))
    }

    fn credentials(&self, _account: &Account, url: &Url) -> Headers {
        if is_within(url, &HOSTS) || same_origin(url, self.base_url.as_deref()) {
            return authorized(self);
        }
        Headers::new()
    }
}

/// Checks [`signing::META_HEADER`] against any of the app's secrets.
pub(crate) fn signed_by_meta<'a>(
    secrets: impl Iterator<Item = &'a Secret>,
    request: &HttpRequest,
) -> Result<(), Denied> {
    let header = request.headers.get(signing::META_HEADER).ok_or(Denied::Unsigned)?;
    let hexadecimal = header.trim().strip_prefix("sha256=").ok_or(Denied::Malformed)?;
    let signature = hex::decode(hexadecimal).map_err(|_| Denied::Malformed)?;
    for secret in secrets {
        if signing::same(&signing::hmac_sha256(secret.expose(), &request.body), &signature) {
            return Ok(());
        }
    }
    Err(Denied::Mismatch)
}

/// The answer to Meta's call when a webhook is set up.
pub(crate) fn meta_challenge(verify_token: &Secret, request: &HttpRequest) -> Option<HttpResponse> {
    if request.method != "GET" || request.query_value("hub.mode").as_deref() != Some("subscribe") {
        return None;
    }
    let token = request.query_value("hub.verify_token").unwrap_or_default();
    if !signing::same(token.as_bytes(), verify_token.expose().as_bytes()) {
        return Some(HttpResponse::new(403, "text/plain; charset=utf-8", "the verify token is another one"));
    }
    let challenge = request.query_value("hub.challenge").unwrap_or_default();
    Some(HttpResponse::new(200, "text/plain; charset=utf-8", challenge))
}

/// The address of one thing below a base, its id escaped.
pub(crate) fn below(base: &str, id: &str) -> Option<Url> {
    let mut url = Url::parse(base).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().push(id);
    Some(url)
}

/// The Graph API's address for a path such as `1055512345/messages`.
fn graph_url(settings: &WhatsappCloudSettings, path: &str) -> String {
    let base = settings.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL);
    format!("{}/{path}", base.trim_end_matches('/'))
}

/// The header fields of a call.
fn authorized(settings: &WhatsappCloudSettings) -> Headers {
    Headers::new().with("Authorization", format!("Bearer {}", settings.access_token.expose()))
}

/// An identity as Meta writes it: digits of a phone number (a plus is tolerated) or a business-scoped user id.
pub(crate) fn identity(id: &str) -> Option<Urn> {
    let digits = id.strip_prefix('+').unwrap_or(id);
    if is_phone(digits) {
        return Urn::new(SCHEME, digits).ok();
    }
    is_user_id(id).then(|| Urn::new(SCHEME, id).ok()).flatten()
}

fn is_phone(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_PHONE_DIGITS && text.bytes().all(|b| b.is_ascii_digit())
}

/// The longest part of a business-scoped user id after the country code.
const MAX_USER_ID: usize = 128;

/// Whether a text is a business-scoped user id: a country code, a dot, letters and digits; between them `ENT.` for
/// an id that several portfolios of one enterprise share.
pub(crate) fn is_user_id(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else { return false };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && (1..=MAX_USER_ID).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_and_user_ids_are_told_apart() {
        assert_eq!(identity("593991234567").unwrap().as_str(), "whatsapp:593991234567");
        assert_eq!(identity("+593991234567").unwrap().as_str(), "whatsapp:593991234567");
        assert_eq!(identity("EC.1a2B3c").unwrap().as_str(), "whatsapp:EC.1a2B3c");
        assert_eq!(identity("EC.ENT.99").unwrap().as_str(), "whatsapp:EC.ENT.99");
        for wrong in ["", "+", "ec.12", "EC.", "EC", "EC.a-b", "somebody", "ECU.12", "123456789012345678901"]
        {
            assert!(identity(wrong).is_none(), "{wrong}");
        }
    }
}
