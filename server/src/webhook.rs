//! Calls that flows make to addresses outside: guarded against reaching inside, with limits.
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use flow::asks::WebhookReply;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use uuid::Uuid;

use crate::app::App;

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest response that is read, in bytes.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;
/// Said when an address lies inside.
const REFUSED: &str = "addresses in private networks are not called";

/// The header by which whoever is called can tell a call that is made again from a new one.
const KEY_HEADER: &str = "idempotency-key";

/// Makes one call. Whatever goes wrong is part of the reply: the flow branches on it. `key` is the same when the same
/// call is made again; it goes along as `Idempotency-Key` unless the flow has a header of that name.
pub async fn call(
    app: &App,
    key: Uuid,
    method: &str,
    url: &str,
    headers: &BTreeMap<String, String>,
    body: &str,
) -> WebhookReply {
    let started = app.now();
    let mut reply = match attempt(app, key, method, url, headers, body).await {
        Ok(reply) => reply,
        Err(reason) => WebhookReply { response: reason, ..WebhookReply::default() },
    };
    reply.request = format!("{method} {url}");
    reply.elapsed_ms = u64::try_from((app.now().0 - started.0) / 1_000).unwrap_or(0);
    reply
}

async fn attempt(
    app: &App,
    key: Uuid,
    method: &str,
    url: &str,
    headers: &BTreeMap<String, String>,
    body: &str,
) -> Result<WebhookReply, String> {
    let url: reqwest::Url = url.parse().map_err(|_| "the address is none".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("only http and https are called".to_owned());
    }
    if !app.config.allow_private_addresses && is_inside_literally(&url) {
        return Err(REFUSED.to_owned());
    }
    let method: reqwest::Method = method.parse().map_err(|_| "the method is none".to_owned())?;
    let mut request = app.web.request(method, url).timeout(TIMEOUT).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if !headers.keys().any(|name| name.eq_ignore_ascii_case(KEY_HEADER)) {
        request = request.header(KEY_HEADER, key.to_string());
    }
    let mut response = request.send().await.map_err(|error| reason(&error))?;
    let status_code = response.status().as_u16();
    let headers = response.headers().iter();
    let headers = headers
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(format!("the response is larger than {MAX_RESPONSE_BYTES} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(WebhookReply { status_code, headers, body, ..WebhookReply::default() })
}

/// The kind of failure, without the address: it may hold what a person wrote.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        "unable to connect to server".to_owned()
    } else {
        "the call failed".to_owned()
    }
}

/// Why a file could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoDownload {
    /// It may be there later.
    Again,
    Gone,
    /// The address lies in a private network.
    Inside,
    TooLarge,
}

/// The most redirects that a download follows.
const MAX_REDIRECTS: usize = 5;

/// Fetches a file from an address that came from outside: public addresses only, also behind redirects, and what
/// identifies us only to the host that it was meant for.
///
/// # Errors
/// As [`NoDownload`] says.
pub async fn download(
    app: &App,
    request: &channels::HttpRequest,
    limit: usize,
) -> Result<Vec<u8>, NoDownload> {
    let mut url: reqwest::Url = request.url.parse().map_err(|_| NoDownload::Gone)?;
    let first = url.origin();
    for _ in 0..=MAX_REDIRECTS {
        if !app.config.allow_private_addresses && is_inside_literally(&url) {
            return Err(NoDownload::Inside);
        }
        let mut get = app.web.get(url.clone()).timeout(TIMEOUT);
        for (name, value) in request.headers.iter().filter(|_| url.origin() == first) {
            get = get.header(name, value);
        }
        let response = get.send().await.map_err(|_| NoDownload::Again)?;
        match response.status().as_u16() {
            200..=299 => return read_limited(response, limit).await,
            301..=308 => {
                let to = response.headers().get(reqwest::header::LOCATION).and_then(|to| to.to_str().ok());
                let next = to.and_then(|to| url.join(to).ok());
                let is_web = |next: &reqwest::Url| matches!(next.scheme(), "http" | "https");
                url = next.filter(is_web).ok_or(NoDownload::Gone)?;
            }
            400 | 404 | 410 => return Err(NoDownload::Gone),
            _ => return Err(NoDownload::Again),
        }
    }
    Err(NoDownload::Gone)
}

async fn read_limited(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, NoDownload> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| NoDownload::Again)? {
        if body.len() + chunk.len() > limit {
            return Err(NoDownload::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether an address names a machine inside by its number; names are looked at by [`PublicOnly`] when they are
/// resolved.
fn is_inside_literally(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.trim_matches(['[', ']']).parse().is_ok_and(is_inside)
}

/// The client for calls of flows. It reaches only the public Internet unless `allow_private`: a flow has no business
/// in the organisation's own network, and whoever writes flows, or to a line, must not reach it through this server.
///
/// # Errors
/// When the client cannot be made.
pub fn client(allow_private: bool) -> reqwest::Result<reqwest::Client> {
    // A redirect is an answer like any other; followed, it could lead inside.
    let builder = reqwest::Client::builder().redirect(Policy::none()).user_agent("openline");
    if allow_private { builder.build() } else { builder.dns_resolver(PublicOnly).no_proxy().build() }
}

/// Resolves names to public addresses only. The connection is made to just what was looked at here, so a name that
/// changes its address between a check and a call gains nothing.
#[derive(Debug)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| !is_inside(address.ip())).collect();
            if public.is_empty() {
                return Err(REFUSED.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is private, local or otherwise not of the public Internet.
#[must_use]
pub fn is_inside(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_broadcast()
                || ip.is_documentation()
                || ip.is_multicast()
                || a == 0
                || (a == 100 && (64..128).contains(&b))
                || a >= 240
        }
        IpAddr::V6(ip) => {
            if let Some(v4) = ip.to_ipv4_mapped() {
                return is_inside(IpAddr::V4(v4));
            }
            let first = ip.segments()[0];
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || (first & 0xfe00) == 0xfc00
                || (first & 0xffc0) == 0xfe80
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "0.0.0.0",
        ] {
            assert!(is_inside(inside.parse().unwrap()), "{inside}");
        }
        for inside in ["http://127.0.0.1/x", "https://[::1]:8443/", "http://2130706433/", "http://0x7f.1/"] {
            assert!(is_inside_literally(&inside.parse().unwrap()), "{inside}");
        }
        for outside in ["9.9.9.9", "157.240.1.1", "2620:fe::fe"] {
            assert!(!is_inside(outside.parse().unwrap()), "{outside}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        drop(rustls::crypto::ring::default_provider().install_default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let error = client(false).unwrap().get(&address).send().await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        let allowed = client(true).unwrap();
        let call = tokio::spawn(async move { allowed.get(&address).send().await });
        // Only the second call knocks.
        drop(listener.accept().await.unwrap());
        assert!(call.await.unwrap().is_err());
    }
}
