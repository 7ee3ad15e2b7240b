//! Who a browser is to us: a random token in a cookie that ends with the browser. The server keeps only what
//! the token hashes to, so nobody who reads the database can take a person's place.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flow::words::Urn;
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::config::Config;
use crate::vault::{VaultError, random};

/// Randomness of a token: 256 bits.
const TOKEN_BYTES: usize = 32;
/// Hexadecimal digits of the hash that name the person: 128 bits, past any guessing.
const URN_DIGITS: usize = 32;
/// Hexadecimal digits of the mark by which the script knows that unsent texts are of this session.
const TAG_DIGITS: usize = 8;

/// One browser session.
#[derive(Clone)]
pub struct Session {
    token: String,
    /// `webchat:` and the first 32 hexadecimal digits of the token's SHA-256.
    pub urn: Urn,
}

impl Session {
    /// A session nobody had before.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn new() -> Result<Self, VaultError> {
        let mut bytes = [0; TOKEN_BYTES];
        random(&mut bytes)?;
        Self::of(URL_SAFE_NO_PAD.encode(bytes)).ok_or(VaultError::Random)
    }

    /// The session of a request, if it brings a well-formed token.
    #[must_use]
    pub fn read(headers: &HeaderMap, config: &Config) -> Option<Self> {
        let name = cookie_name(config);
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies.flat_map(|value| value.split(';')).find_map(|cookie| {
            let (key, value) = cookie.trim().split_once('=')?;
            if key == name { Self::of(value.to_owned()) } else { None }
        })
    }

    fn of(token: String) -> Option<Self> {
        if URL_SAFE_NO_PAD.decode(&token).ok()?.len() != TOKEN_BYTES {
            return None;
        }
        let digest = hex::encode(Sha256::digest(token.as_bytes()));
        let urn = Urn::new("webchat", &digest[..URN_DIGITS]).ok()?;
        Some(Self { token, urn })
    }

    /// A mark that says nothing about the token or the person, but differs between sessions.
    #[must_use]
    pub fn tag(&self) -> String {
        let digest = Sha256::new().chain_update("tag ").chain_update(self.urn.as_str()).finalize();
        hex::encode(digest)[..TAG_DIGITS].to_owned()
    }

    /// The cookie: out of reach of scripts, not sent from other sites' forms, gone when the browser closes.
    #[must_use]
    pub fn cookie(&self, config: &Config) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!("{}={}; {}", cookie_name(config), self.token, attributes(config))).ok()
    }

    /// What makes a repeated send one message: the same session, form and text give the same id. Another text
    /// from a form that was sent already (the browser's Back) is another message.
    #[must_use]
    pub fn message_id(&self, form: &str, text: &str, choice: &str) -> Uuid {
        let mut hash = Sha256::new();
        for part in [self.urn.as_str(), form, text, choice] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

/// The cookie that takes the session away.
#[must_use]
pub fn farewell_cookie(config: &Config) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{}=; Max-Age=0; {}", cookie_name(config), attributes(config))).ok()
}

/// `__Host-` binds the cookie to this host and to HTTPS; browsers refuse it without HTTPS.
fn cookie_name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-chat" } else { "chat" }
}

fn attributes(config: &Config) -> &'static str {
    if config.is_https() {
        "Path=/; HttpOnly; SameSite=Lax; Secure"
    } else {
        "Path=/; HttpOnly; SameSite=Lax"
    }
}

/// Whether a request that changes something comes from our own page. Browsers too old to say where a request
/// comes from are let in: what can be done to them is to post a text, never to read one.
#[must_use]
pub fn is_own_page(headers: &HeaderMap, config: &Config) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if origin == config.public_url {
        return true;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> Config {
        Config::for_folder("data".into(), ([127, 0, 0, 1], 0).into(), url.to_owned())
    }

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_session_comes_back_by_its_cookie_only() {
        for url in ["https://line.example.org", "http://127.0.0.1:8080"] {
            let config = config(url);
            let session = Session::new().unwrap();
            let cookie = session.cookie(&config).unwrap();
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("HttpOnly; SameSite=Lax") && !cookie.contains("Max-Age"), "{cookie}");
            assert_eq!(cookie.starts_with("__Host-") && cookie.contains("Secure"), config.is_https());
            let pair = cookie.split(';').next().unwrap();
            let both = format!("other=1; {pair}");
            let back = Session::read(&headers(&[("cookie", &both)]), &config).unwrap();
            assert_eq!(back.urn, session.urn);
            assert_eq!(session.urn.path().len(), 32);
            assert!(!pair.contains(&session.urn.path()));
        }
    }

    #[test]
    fn a_made_up_token_is_no_session() {
        let config = config("http://x");
        for value in ["chat=", "chat=abc", "chat=../../etc", "chatty=1", "chat", "__Host-chat=abc"] {
            assert!(Session::read(&headers(&[("cookie", value)]), &config).is_none(), "{value}");
        }
    }

    #[test]
    fn only_our_own_page_may_post() {
        let config = config("https://line.example.org");
        for (list, allowed) in [
            (vec![], true),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "same-site"), ("origin", "https://line.example.org")], false),
            (vec![("origin", "https://line.example.org")], true),
            (vec![("origin", "http://10.0.0.1:8080"), ("host", "10.0.0.1:8080")], true),
            (vec![("origin", "https://evil.example"), ("host", "line.example.org")], false),
            (vec![("origin", "null")], false),
        ] {
            assert_eq!(is_own_page(&headers(&list), &config), allowed, "{list:?}");
        }
    }

    #[test]
    fn another_text_from_the_same_form_is_another_message() {
        let session = Session::new().unwrap();
        let id = |form: &str, text: &str| session.message_id(form, text, "");
        assert_eq!(id("f", "yes"), id("f", "yes"));
        assert_ne!(id("f", "yes"), id("f", "no"));
        assert_ne!(id("f", "yes"), id("g", "yes"));
        assert_ne!(id("f", "yes"), Session::new().unwrap().message_id("f", "yes", ""));
    }
}
