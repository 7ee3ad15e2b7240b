//! How the providers sign what they send to a webhook. Written apart from the checks in `channels`, from the
//! providers' documents: one shared function would agree with itself whatever mistake it held.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

/// The value of Meta's `X-Hub-Signature-256`: `sha256=` and the hex HMAC-SHA256 of the raw body under the app
/// secret.
#[must_use]
pub fn meta(app_secret: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// The value of Twilio's `X-Twilio-Signature`: base64 of the HMAC-SHA1, under the account's auth token, of the
/// URL as Twilio calls it followed by each form field's name and value, sorted by name.
#[must_use]
pub fn twilio(auth_token: &str, url: &str, fields: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = fields.iter().collect();
    sorted.sort();
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The value of Viber's `X-Viber-Content-Signature`: the hex HMAC-SHA256 of the raw body under the bot's token.
#[must_use]
pub fn viber(auth_token: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(auth_token.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Twilio's page "Webhooks Security".
    #[test]
    fn twilios_published_example_comes_out() {
        let fields = [
            ("Digits", "1234"),
            ("To", "+18005551212"),
            ("From", "+14158675310"),
            ("Caller", "+14158675310"),
            ("CallSid", "CA1234567890ABCDE"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            twilio("12345", "https://example.com/myapp.php?foo=1&bar=2", &fields),
            "L/OH5YylLD5NRKLltdqwSvS0BnU="
        );
    }

    /// RFC 4231, test case 2.
    #[test]
    fn metas_signature_is_hmac_sha256_in_hex() {
        assert_eq!(
            meta("Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
