//! The signatures that providers put on their calls: making them (for fakes, tests and load) and checking them.
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq;

use crate::incoming::Denied;
use crate::json::{self, text};

/// The header that Meta signs its calls in.
pub const META_HEADER: &str = "X-Hub-Signature-256";
/// The header that Twilio signs its calls in.
pub const TWILIO_HEADER: &str = "X-Twilio-Signature";

/// The value of [`META_HEADER`] for a body: `sha256=` and the hexadecimal HMAC-SHA256 of the raw bytes under the
/// app's secret.
#[must_use]
pub fn sign_meta(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hex::encode(hmac_sha256(secret, body)))
}

/// The value of [`TWILIO_HEADER`] for a call with form fields (none for JSON and for GET): base64 of the HMAC-SHA1
/// under the auth token of the full URL followed by each name and value, ordered by name, then by value, one that
/// is there twice with the same value counted once.
#[must_use]
pub fn sign_twilio(token: &str, url: &str, form: &[(String, String)]) -> String {
    STANDARD.encode(twilio_mac(token, url, form))
}

/// The value of Twilio's query parameter `bodySHA256` for a JSON body.
#[must_use]
pub fn twilio_body_sha256(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// A signed token (JWT, HS256) of these claims, as MessageBird and Vonage put it on their calls.
#[must_use]
pub fn sign_token(secret: &str, claims: &Value) -> String {
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(hmac_sha256(secret, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The claims of a signed token (JWT, HS256) whose signature is good. "none" and every other algorithm are refused: the
/// caller of a webhook must not choose how he is checked.
pub(crate) fn jwt_claims(token: &str, secret: &str) -> Result<Value, Denied> {
    let (signed, signature) = token.trim().rsplit_once('.').ok_or(Denied::Malformed)?;
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Denied::Malformed);
    let (head, claims) = signed.split_once('.').ok_or(Denied::Malformed)?;
    let read = |text: &str| serde_json::from_slice::<Value>(&decoded(text)?).map_err(|_| Denied::Malformed);
    if text(&read(head)?, "/alg") != Some("HS256") {
        return Err(Denied::Malformed);
    }
    must_match(&hmac_sha256(secret, signed.as_bytes()), &decoded(signature)?)?;
    read(claims)
}

/// From when until when a token's claims say that it is good.
pub(crate) fn jwt_times(claims: &Value) -> Option<(Timestamp, Timestamp)> {
    let second = |name: &str| Timestamp::from_second(json::integer(claims, name)?).ok();
    let from = second("/nbf").or_else(|| second("/iat"))?;
    Some((from, second("/exp").unwrap_or(from)))
}

/// The hexadecimal SHA-256 of some bytes against what a claim says of them.
pub(crate) fn must_be_hash_of(bytes: &[u8], claimed: &str) -> Result<(), Denied> {
    must_match(twilio_body_sha256(bytes).as_bytes(), claimed.to_ascii_lowercase().as_bytes())
}

/// HMAC takes a key of any length, so making one cannot fail.
const ANY_KEY: &str = "HMAC takes keys of any length";

pub(crate) fn hmac_sha256(secret: &str, body: &[u8]) -> [u8; 32] {
    hmac_sha256_keyed(secret.as_bytes(), body)
}

pub(crate) fn hmac_sha256_keyed(key: &[u8], body: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect(ANY_KEY);
    mac.update(body);
    mac.finalize().into_bytes().into()
}

/// The hashes that a provider may sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

pub(crate) fn hmac(digest: Digest, secret: &str, text: &[u8]) -> Vec<u8> {
    macro_rules! mac {
        ($hash:ty) => {{
            let mut mac = Hmac::<$hash>::new_from_slice(secret.as_bytes()).expect(ANY_KEY);
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match digest {
        Digest::Md5 => mac!(md5::Md5),
        Digest::Sha1 => mac!(Sha1),
        Digest::Sha256 => mac!(Sha256),
        Digest::Sha512 => mac!(Sha512),
    }
}

pub(crate) fn md5(text: &[u8]) -> Vec<u8> {
    <md5::Md5 as sha2::Digest>::digest(text).to_vec()
}

pub(crate) fn twilio_mac(token: &str, url: &str, form: &[(String, String)]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect(ANY_KEY);
    mac.update(url.as_bytes());
    let mut fields: Vec<_> = form.iter().collect();
    fields.sort();
    fields.dedup();
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// Compares without telling by its duration where the first difference is.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// As [`same`], for the last word on a call.
pub(crate) fn must_match(expected: &[u8], given: &[u8]) -> Result<(), Denied> {
    if same(expected, given) { Ok(()) } else { Err(Denied::Mismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_is_hmac_sha256_in_hexadecimal() {
        // RFC 4231, test case 2.
        assert_eq!(
            sign_meta("Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn twilio_orders_fields_by_name() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let one = sign_twilio("t", "https://a.example/", &[field("B", "2"), field("A", "1")]);
        let other = sign_twilio("t", "https://a.example/", &[field("A", "1"), field("B", "2")]);
        assert_eq!(one, other);
        // The RFC 2202 case 2 again, as URL without fields.
        assert_eq!(sign_twilio("Jefe", "what do ya want for nothing?", &[]), "7/zfauXrL6LSdBbV8YTfnCWafHk=");
    }

    #[test]
    fn a_body_hash_is_hexadecimal() {
        assert!(twilio_body_sha256(b"").starts_with("e3b0c44298fc1c14"));
    }
}
