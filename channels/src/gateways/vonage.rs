//! Vonage, formerly Nexmo (developer.vonage.com/messaging/sms): parameters or JSON in, form out, JSON back. Calls can be
//! signed in two ways, by a field `sig` over all others, or by a token with the hash of the body
//! (developer.vonage.com/en/getting-started/concepts/signing-messages and .../concepts/webhooks).
use jiff::Timestamp;
use serde::Deserialize;

use super::kit::*;
use crate::signing::{self, Digest};

/// The field that holds the signature of the others.
const SIGNATURE_FIELD: &str = "sig";

gateway_settings! {
    /// Settings of a number at Vonage.
    VonageSettings as "vonage" at Some("https://rest.nexmo.com"), {
        api_key: String,
        api_secret: Secret,
        /// Calls are signed with it, and then every call must be.
        #[serde(default)]
        signature_secret: Option<Secret>,
        /// How the field `sig` is made, as chosen in Vonage's dashboard.
        #[serde(default)]
        signature_method: SignatureMethod,
    }
}

/// How the field `sig` is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureMethod {
    /// MD5 of the fields and the secret; Vonage's default, and the weakest.
    #[default]
    Md5hash,
    /// The rest are HMACs.
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl VonageSettings {
    /// Checks the field `sig`: each other field in the order of names as `&name=value`, in whose value neither `&` nor
    /// `=` may stand.
    fn signed_by_field(&self, secret: &Secret, call: &Call) -> Result<(), Denied> {
        let mut fields = call.fields_and_json();
        let given = fields.iter().find(|(name, _)| name == SIGNATURE_FIELD).map(|(_, value)| value.clone());
        let given = hex::decode(given.ok_or(Denied::Unsigned)?.trim()).map_err(|_| Denied::Malformed)?;
        fields.retain(|(name, _)| name != SIGNATURE_FIELD && name != crate::guard::TOKEN_PARAMETER);
        fields.sort();
        let text: String = fields
            .iter()
            .map(|(name, value)| format!("&{name}={}", value.replace(['&', '='], "_")))
            .collect();
        let secret = secret.expose();
        let expected = match self.signature_method {
            SignatureMethod::Md5hash => signing::md5(format!("{text}{secret}").as_bytes()),
            SignatureMethod::Md5 => signing::hmac(Digest::Md5, secret, text.as_bytes()),
            SignatureMethod::Sha1 => signing::hmac(Digest::Sha1, secret, text.as_bytes()),
            SignatureMethod::Sha256 => signing::hmac(Digest::Sha256, secret, text.as_bytes()),
            SignatureMethod::Sha512 => signing::hmac(Digest::Sha512, secret, text.as_bytes()),
        };
        signing::must_match(&expected, &given)
    }
}

/// The token in a call's `Authorization`.
fn bearer(request: &HttpRequest) -> Option<&str> {
    request.headers.get("Authorization")?.strip_prefix("Bearer ")
}

impl Gateway for VonageSettings {
    const MAX_TEXT: usize = 1600;

    fn signs(&self) -> bool {
        self.signature_secret.is_some()
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let Some(secret) = &self.signature_secret else { return super::Common::guard(self).verify(request) };
        let Some(token) = bearer(request) else {
            return self.signed_by_field(secret, &Call::of(request));
        };
        let claims = signing::jwt_claims(token, secret.expose())?;
        match text(&claims, "/payload_hash") {
            Some(hash) => signing::must_be_hash_of(&request.body, hash),
            // Nothing in the token speaks for what stands in the address.
            None => Err(Denied::Mismatch),
        }
    }

    fn signed_for(&self, request: &HttpRequest) -> Option<(Timestamp, Timestamp)> {
        let secret = self.signature_secret.as_ref()?;
        if let Some(token) = bearer(request) {
            return signing::jwt_times(&signing::jwt_claims(token, secret.expose()).ok()?);
        }
        let fields = Call::of(request).fields_and_json();
        let (_, at) = fields.iter().find(|(name, _)| name == "timestamp")?;
        let at = seconds(at)?;
        Some((at, at))
    }

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        // Vonage can be told to send its fields as JSON.
        let call = &call.with(call.fields_and_json());
        // The last is what its newer API calls it; which of the two calls is set for the whole account there.
        let Some(id) = call.any(&["messageId", "message-id", "message_uuid"]) else {
            // The address is tried out when it is set up.
            let is_empty = call.any(&["msisdn", "text", "status"]).is_none();
            return if is_empty { Ok(nothing("a test call")) } else { Err(Unparsable::at("messageId")) };
        };
        if let Some(word) = call.get("status") {
            let status = match word {
                "delivered" => Some(Status::Delivered),
                "accepted" | "submitted" => Some(Status::Accepted),
                "buffered" => Some(Status::Sent),
                "read" => Some(Status::Read),
                "failed" | "expired" | "rejected" | "undeliverable" => {
                    Some(failure(call.get("err-code"), word))
                }
                "unknown" => return Ok(nothing("an unknown state")),
                _ => None,
            };
            return reported(id.to_owned(), status, "status");
        }
        Ok(Text {
            external_id: Some(id.to_owned()),
            from: telephone(account, call.any(&["msisdn", "from"]).ok_or_else(|| Unparsable::at("msisdn"))?),
            text: call.get("text").unwrap_or("").to_owned(),
            sent_at: call.any(&["message-timestamp", "timestamp"]).and_then(at),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let (to, callback) = (part.to_digits(), part.callback(&[]));
        let fields = [
            ("api_key", self.api_key.as_str()),
            ("api_secret", self.api_secret.expose()),
            ("from", part.from()),
            ("to", &to),
            ("text", part.text),
            ("status-report-req", "1"),
            ("callback", &callback),
            ("type", if is_unicode(part.text) { "unicode" } else { "text" }),
        ];
        let url = format!("{}/sms/json", super::Common::base(self));
        Ok(HttpRequest::post_form(url, Headers::new().with("Accept", "application/json"), fields))
    }

    fn probes(&self) -> Vec<Probe> {
        let parameters = [("api_key", self.api_key.as_str()), ("api_secret", self.api_secret.expose())];
        let question = get(&format!("{}/account/get-balance", super::Common::base(self)), &parameters);
        // Vonage accounts are kept in euros.
        question.into_iter().map(|question| balance_probe(question, "/value", "")).collect()
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            // One for each SMS that the text became. A telephone cannot put a text together of which a part is missing.
            let parts = list(&body, "/messages");
            let refusal = parts.iter().find_map(|part| {
                let code = json::integer(part, "/status").filter(|code| *code != 0)?;
                let why = text(part, "/error-text").unwrap_or("");
                Some(refused(class(code), Some(code.to_string()), why))
            });
            match (refusal, json::integer(&body, "/messages/0/status")) {
                (Some(refusal), _) => refusal,
                (None, Some(_)) => Settled::taken(owned(&body, "/messages/0/message-id")),
                (None, None) => Settled::Unknown,
            }
        })
    }
}

/// Source: developer.vonage.com/messaging/sms/guides/troubleshooting-sms, "SMS API error codes".
const fn class(code: i64) -> ErrorClass {
    match code {
        1 => ErrorClass::Throttled,
        5 | 13 => ErrorClass::Transient,
        7 | 22 | 29 | 33 => ErrorClass::Unreachable,
        4 | 8 | 9 | 10 | 11 | 14 | 15 => ErrorClass::AccountBroken,
        _ => ErrorClass::BadRequest,
    }
}

/// Source: developer.vonage.com/messaging/sms/guides/delivery-receipts, "DLR error codes".
fn failure(code: Option<&str>, word: &str) -> Status {
    let class = match code {
        Some("2" | "7" | "8") => ErrorClass::Transient,
        Some("6" | "14") => ErrorClass::RefusedForNow,
        Some("4" | "53") => ErrorClass::OptedOut,
        Some("10") => ErrorClass::BadRequest,
        Some("15" | "39" | "50" | "51") => ErrorClass::AccountBroken,
        Some("52" | "54") => ErrorClass::RefusedForNow,
        _ => ErrorClass::Unreachable,
    };
    // A report of failure is the end of it, even where another try might help.
    let class = if class == ErrorClass::Transient { ErrorClass::Unreachable } else { class };
    failed(class, code, word)
}
