//! What a provider keeps of a call: recordings, which are deleted there once they are sealed here.
use crate::account::{Account, Settings};
use crate::http::{HttpRequest, HttpResponse};
use crate::media::{basic, is_within, same_origin, web_address};
use crate::twilio;

/// The request that deletes a recording at its provider, by the address that it was fetched from; `None` where the
/// provider cannot be asked to, or the address is none of its recordings of this account.
#[must_use]
pub fn forget_recording(account: &Account, url: &str) -> Option<HttpRequest> {
    let Settings::TwilioVoice(settings) = &account.settings else { return None };
    let url = web_address(url)?;
    if !is_within(&url, &twilio::HOSTS) && !same_origin(&url, settings.base_url.as_deref()) {
        return None;
    }
    let mut segments = url.path_segments()?.skip_while(|segment| *segment != "Accounts").skip(1);
    let (account_sid, kind, id) = (segments.next()?, segments.next()?, segments.next()?);
    let id = id.split('.').next().unwrap_or(id);
    let is_ours = account_sid == settings.account_sid && kind == "Recordings";
    if !is_ours || id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let base = settings.base_url.as_deref().unwrap_or(twilio::DEFAULT_BASE_URL).trim_end_matches('/');
    Some(HttpRequest {
        method: "DELETE".to_owned(),
        url: format!("{base}/2010-04-01/Accounts/{account_sid}/Recordings/{id}.json"),
        headers: basic(&settings.account_sid, settings.auth_token.expose()),
        body: Vec::new(),
    })
}

/// Whether a recording is gone by the provider's answer to [`forget_recording`].
#[must_use]
pub fn forgotten(response: &HttpResponse) -> bool {
    response.is_success() || matches!(response.status, 404 | 410)
}
