//! Files: how one that came in is fetched, and what an address of one that goes out tells.
//!
//! The message is stored first, with its [`IncomingAttachment`](crate::IncomingAttachment) as the placeholder; then a
//! job asks [`fetch`] what to do, and for [`Fetch::Locate`] hands the answer to [`located`].
use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use crate::account::Account;
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{IncomingAttachment, MediaSource};

/// The next step to an attachment's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// Send this and store the body of the answer. The address comes from outside: the caller's guard against
    /// addresses inside its own network still applies, and a redirect to another host must lose `Authorization`.
    Download(HttpRequest),
    /// Send this and hand the answer to [`located`].
    Locate(HttpRequest),
    /// The content is in the attachment itself.
    Nothing,
}

/// Why a file cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    #[error("the address of the file is not an absolute http or https address")]
    Address,
    #[error("the provider does not have the file any more")]
    Gone,
    #[error("the provider cannot give the file now")]
    Retry,
}

/// What to do to get an attachment's content.
///
/// # Errors
/// When the attachment names no address that can be fetched.
pub fn fetch(account: &Account, attachment: &IncomingAttachment) -> Result<Fetch, MediaError> {
    match &attachment.source {
        MediaSource::Location { .. } | MediaSource::Inline { .. } | MediaSource::Encoded { .. } => {
            Ok(Fetch::Nothing)
        }
        // The id is asked even when the delivery had an address: that one is valid for minutes only, the id for days.
        MediaSource::Id { id, url } => match (account.settings.adapter().locate(account, id), url) {
            (Some(question), _) => Ok(Fetch::Locate(question)),
            (None, Some(url)) => download(account, url),
            (None, None) => Err(MediaError::Address),
        },
        MediaSource::Url { url } => download(account, url),
    }
}

/// The download that the provider's answer to a [`Fetch::Locate`] leads to.
///
/// # Errors
/// When the provider has the file no longer, or cannot say now where it is.
pub fn located(account: &Account, response: &HttpResponse) -> Result<HttpRequest, MediaError> {
    match response.status {
        200..=299 => {}
        400 | 404 | 410 => return Err(MediaError::Gone),
        _ => return Err(MediaError::Retry),
    }
    let body: Value = serde_json::from_slice(&response.body).map_err(|_| MediaError::Retry)?;
    let url = account.settings.adapter().located(&body).ok_or(MediaError::Retry)?;
    match download(account, &url)? {
        Fetch::Download(request) => Ok(request),
        Fetch::Locate(_) | Fetch::Nothing => Err(MediaError::Address),
    }
}

fn download(account: &Account, url: &str) -> Result<Fetch, MediaError> {
    let parsed = web_address(url).ok_or(MediaError::Address)?;
    let headers = account.settings.adapter().credentials(account, &parsed);
    Ok(Fetch::Download(HttpRequest::get(parsed, headers)))
}

/// Whether an address is https and on one of these domains: a webhook could name any host, and a token that is sent
/// there would be lost.
pub(crate) fn is_within(url: &Url, domains: &[&str]) -> bool {
    let host = url.host_str().unwrap_or("");
    url.scheme() == "https"
        && domains.iter().any(|domain| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

/// An absolute http or https address.
pub(crate) fn web_address(url: &str) -> Option<Url> {
    Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
}

pub(crate) fn same_origin(url: &Url, base: Option<&str>) -> bool {
    base.and_then(|base| Url::parse(base).ok()).is_some_and(|base| base.origin() == url.origin())
}

/// The header fields of HTTP's basic authentication.
pub(crate) fn basic(user: &str, password: &str) -> Headers {
    Headers::new().with("Authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

/// The name that a file shows, after the last part of its address; `file` where that is empty.
pub(crate) fn filename(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or("");
    let last = path.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or("file");
    percent_decoded(last).into_owned()
}

/// A part of an address as a person would write it; as it is when it is not UTF-8.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    // A plus means itself in a path, unlike in a form.
    let escaped = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    match url::form_urlencoded::parse(escaped.as_bytes()).next() {
        Some((name, _)) if !name.contains('\u{FFFD}') => Cow::Owned(name.into_owned()),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Provider;
    use serde_json::json;

    fn whatsapp() -> Account {
        let settings = json!({"access_token": "tok", "app_secret": "s", "verify_token": "v"});
        Account::new(Provider::WhatsappCloud, "1", None, &settings).unwrap()
    }

    fn attachment(source: MediaSource) -> IncomingAttachment {
        IncomingAttachment {
            content_type: "image/jpeg".into(),
            source,
            caption: None,
            filename: None,
            sha256: None,
        }
    }

    #[test]
    fn an_id_is_located_and_then_downloaded() {
        let source = MediaSource::Id { id: "77/../88".into(), url: None };
        let Fetch::Locate(request) = fetch(&whatsapp(), &attachment(source)).unwrap() else { panic!() };
        assert_eq!(request.url, "https://graph.facebook.com/v24.0/77%2F..%2F88");
        let answer = r#"{"url": "https://lookaside.fbsbx.com/whatsapp/x", "id": "77"}"#;
        let download = located(&whatsapp(), &HttpResponse::new(200, "application/json", answer)).unwrap();
        assert_eq!(download.headers.get("authorization"), Some("Bearer tok"));
        let gone = HttpResponse::new(404, "application/json", "{}");
        assert_eq!(located(&whatsapp(), &gone), Err(MediaError::Gone));
        assert_eq!(located(&whatsapp(), &HttpResponse::new(500, "", "")), Err(MediaError::Retry));
    }

    #[test]
    fn the_token_goes_to_the_provider_only() {
        for (url, sent) in [
            ("https://lookaside.fbsbx.com/a", true),
            ("https://evilfbsbx.com/a", false),
            ("https://fbsbx.com.evil.example/a", false),
            ("http://lookaside.fbsbx.com/a", false),
            ("https://evil.example/?fbsbx.com", false),
        ] {
            let answer = HttpResponse::new(200, "application/json", json!({"url": url}).to_string());
            let download = located(&whatsapp(), &answer).unwrap();
            assert_eq!(download.headers.get("Authorization").is_some(), sent, "{url}");
        }
        let answer = HttpResponse::new(200, "application/json", r#"{"url": "file:///etc/passwd"}"#);
        assert_eq!(located(&whatsapp(), &answer), Err(MediaError::Address));
    }

    #[test]
    fn file_names_are_readable() {
        assert_eq!(filename("https://a.example/x/rights.pdf?sig=1"), "rights.pdf");
        assert_eq!(filename("https://a.example/x/derechos%20b%C3%A1sicos+1.pdf"), "derechos básicos+1.pdf");
        assert_eq!(filename("https://a.example/"), "file");
        assert_eq!(filename("https://a.example/%FF%FE"), "%FF%FE");
    }
}
