//! Calls that flows make to addresses outside: guarded against reaching inside, with limits.
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use flow::asks::WebhookReply;

use crate::app::App;

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest response that is read, in bytes.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// Makes one call. Whatever goes wrong is part of the reply: the flow branches on it.
pub async fn call(
    app: &App,
    method: &str,
    url: &str,
    headers: &BTreeMap<String, String>,
    body: &str,
) -> WebhookReply {
    let started = app.now();
    let mut reply = match attempt(app, method, url, headers, body).await {
        Ok(reply) => reply,
        Err(reason) => WebhookReply { response: reason, ..WebhookReply::default() },
    };
    reply.request = format!("{method} {url}");
    reply.elapsed_ms = u64::try_from((app.now().0 - started.0) / 1_000).unwrap_or(0);
    reply
}

async fn attempt(
    app: &App,
    method: &str,
    url: &str,
    headers: &BTreeMap<String, String>,
    body: &str,
) -> Result<WebhookReply, String> {
    let url: reqwest::Url = url.parse().map_err(|_| "the address is none".to_owned())?;
    if !app.config.allow_private_addresses {
        refuse_inside(&url).await?;
    }
    let method: reqwest::Method = method.parse().map_err(|_| "the method is none".to_owned())?;
    let mut request = app.http.request(method, url).timeout(TIMEOUT).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(name, value);
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

/// Refuses addresses inside the organisation's own network, where a flow has no business.
async fn refuse_inside(url: &reqwest::Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("only http and https are called".to_owned());
    }
    let host = url.host_str().ok_or_else(|| "the address has no host".to_owned())?;
    let port = url.port_or_known_default().unwrap_or(443);
    let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port));
    let found = found.await.map_err(|_| "the host is not known".to_owned())?;
    for address in found {
        if is_inside(address.ip()) {
            return Err("addresses in private networks are not called".to_owned());
        }
    }
    Ok(())
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
        for outside in ["9.9.9.9", "157.240.1.1", "2620:fe::fe"] {
            assert!(!is_inside(outside.parse().unwrap()), "{outside}");
        }
    }
}
