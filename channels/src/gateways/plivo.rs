//! Plivo (plivo.com/docs/messaging): form in, JSON out. Calls are signed with the auth token, in one of two ways: V3 over
//! the address and all fields, V2, which messages still come with, over the address alone
//! (docs.plivo.com/docs/messaging/concepts/signature-validation and .../voice/concepts/signature-validation).
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::kit::*;
use crate::called::urls_as_called;
use crate::signing;

/// The headers of the two ways, each with the one of a subaccount's main account, and with that of its nonce.
const V3: [&str; 2] = ["X-Plivo-Signature-V3", "X-Plivo-Signature-Ma-V3"];
const V3_NONCE: &str = "X-Plivo-Signature-V3-Nonce";
const V2: [&str; 2] = ["X-Plivo-Signature-V2", "X-Plivo-Signature-Ma-V2"];
const V2_NONCE: &str = "X-Plivo-Signature-V2-Nonce";
/// The most signatures of one header that are tried; Plivo sends one for each of the account's tokens.
const MAX_SIGNATURES: usize = 4;

gateway_settings! {
    /// Settings of a number at Plivo.
    PlivoSettings as "plivo" at Some("https://api.plivo.com"), {
        auth_id: String,
        auth_token: Secret,
    }
}

impl Gateway for PlivoSettings {
    const MAX_TEXT: usize = 1600;

    fn signs(&self) -> bool {
        true
    }

    /// A call that carries a signature must carry a good one. One without needs the guard's token.
    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let signatures = |names: [&str; 2]| -> Vec<&str> {
            let values = names.into_iter().filter_map(|name| request.headers.get(name));
            values.flat_map(|value| value.split(',')).map(str::trim).take(MAX_SIGNATURES).collect()
        };
        for (names, nonce, is_v3) in [(V3, V3_NONCE, true), (V2, V2_NONCE, false)] {
            let given = signatures(names);
            if given.is_empty() {
                continue;
            }
            let nonce = request.headers.get(nonce).ok_or(Denied::Malformed)?;
            let signed = urls_as_called(request).into_iter().map(|url| message(&url, request, nonce, is_v3));
            let mut expected =
                signed.map(|text| signing::hmac_sha256(self.auth_token.expose(), text.as_bytes()));
            let known = expected.any(|expected| {
                given.iter().any(|one| STANDARD.decode(one).is_ok_and(|one| signing::same(&expected, &one)))
            });
            return if known { Ok(()) } else { Err(Denied::Mismatch) };
        }
        super::Common::guard(self).verify(request)
    }

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let (to, from) = (call.required("To")?, call.required("From")?);
        let word = call.any(&["Status", "status"]);
        let ours = if word.is_some() { from } else { to };
        if ours.trim_start_matches('+') != account.address.trim_start_matches('+') {
            return Ok(vec![Incoming::Event(ChannelEvent::ForOtherAddress { address: ours.to_owned() })]);
        }
        let id = call.required("MessageUUID")?.to_owned();
        if let Some(word) = word {
            let code = call.get("ErrorCode").filter(|code| *code != "000");
            let status = match word {
                "queued" => Some(Status::Accepted),
                "sent" => Some(Status::Sent),
                "delivered" => Some(Status::Delivered),
                "read" => Some(Status::Read),
                "undelivered" | "rejected" | "failed" => Some(failed(class(code), code, word)),
                _ => None,
            };
            // Parts of a long message are reported under the id of the whole.
            return reported(call.owned("ParentMessageUUID").unwrap_or(id), status, "status");
        }
        let files = (0..MAX_FILES).map_while(|i| call.get(&format!("Media{i}"))).map(file_at);
        Ok(Text {
            external_id: Some(id),
            from: telephone(account, from),
            text: call.get("Text").unwrap_or("").to_owned(),
            attachments: files.collect(),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let mut letter = json!({"src": part.from(), "dst": part.to_digits(), "text": part.text});
        let callback = part.callback(&[]);
        if !callback.is_empty() {
            letter["url"] = json!(callback);
            letter["method"] = json!("POST");
        }
        let url = format!("{}/v1/Account/{}/Message/", super::Common::base(self), self.auth_id);
        Ok(post(url, basic(&self.auth_id, self.auth_token.expose()), &letter))
    }

    fn probes(&self) -> Vec<Probe> {
        let url = format!("{}/v1/Account/{}/", super::Common::base(self), self.auth_id);
        let reads = Reads {
            ok: Some(("/auth_id", Good::There)),
            name: "/name",
            balance: "/cash_credits",
            ..Reads::default()
        };
        let headers = basic(&self.auth_id, self.auth_token.expose());
        vec![Probe::new(About::Account, ask(url, headers), reads)]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| Settled::taken(owned(&json_body(response), "/message_uuid/0")))
    }
}

/// What is signed. V2: the address without its query, and the nonce. V3: also the query's parameters, ordered, and the
/// form's fields, ordered and run together; a point before the fields where there is a query, and one before the nonce.
fn message(url: &str, request: &HttpRequest, nonce: &str, is_v3: bool) -> String {
    let base = url.split(['?', '#']).next().unwrap_or(url);
    if !is_v3 {
        return format!("{base}{nonce}");
    }
    let ordered = |mut fields: Vec<(String, String)>| {
        fields.sort();
        fields
    };
    let query = HttpRequest::get(url, Headers::new()).query();
    let query: Vec<String> =
        ordered(query).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = query.join("&");
    let fields = if request.method == "POST" { request.form() } else { Vec::new() };
    let fields: String = ordered(fields).into_iter().map(|(name, value)| name + &value).collect();
    match (query.is_empty(), fields.is_empty()) {
        (true, true) => format!("{base}.{nonce}"),
        (false, true) => format!("{base}?{query}.{nonce}"),
        (true, false) => format!("{base}?{fields}.{nonce}"),
        (false, false) => format!("{base}?{query}.{fields}.{nonce}"),
    }
}

/// The most files that are read from one message; Plivo sends up to 10.
const MAX_FILES: usize = 20;

/// Source: plivo.com/docs/messaging/concepts/message-error-codes.
fn class(code: Option<&str>) -> ErrorClass {
    match code.unwrap_or("") {
        "30" | "40" | "50" | "60" | "80" | "90" => ErrorClass::Unreachable,
        "70" | "110" | "120" | "160" | "450" => ErrorClass::RefusedForNow,
        "200" => ErrorClass::OptedOut,
        "100" | "130" | "140" | "150" | "300" | "420" => ErrorClass::AccountBroken,
        "10" | "20" => ErrorClass::BadRequest,
        _ => ErrorClass::Unreachable,
    }
}
