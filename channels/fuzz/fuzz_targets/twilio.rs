//! Bytes as a webhook call of Twilio's (address, a line's end, then the form), and as an answer.
#![no_main]
use channels::{Account, Headers, HttpRequest, HttpResponse, Incoming, Provider};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let settings = serde_json::json!({"account_sid": "AC1", "auth_token": "t"});
    let account = Account::new(Provider::Twilio, "+1", None, &settings).expect("the settings are good");
    let split = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (url, body) = bytes.split_at(split);
    let headers = Headers::new()
        .with("Content-Type", "application/x-www-form-urlencoded")
        .with("X-Forwarded-Path", String::from_utf8_lossy(url))
        .with(channels::TWILIO_HEADER, "AAAA");
    let url = String::from_utf8_lossy(url).into_owned();
    let request = HttpRequest { method: "POST".into(), url, headers, body: body.to_vec() };
    assert!(channels::verify(&account, &request).is_err());
    for incoming in channels::receive(&account, &request).unwrap_or_default() {
        if let Incoming::Message(message) = incoming {
            assert!(!message.from.is_empty());
        }
    }
    for status in [201, 400, 500] {
        let _ = channels::settle(&account, &HttpResponse::new(status, "application/json", body));
    }
});
