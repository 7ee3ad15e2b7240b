//! Bytes as a webhook call of Meta's, as an answer, and as the place of a file.
#![no_main]
use channels::{Account, Headers, HttpRequest, HttpResponse, Incoming, Provider, media};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let settings = serde_json::json!({"access_token": "t", "app_secret": "s", "verify_token": "v"});
    let account = Account::new(Provider::WhatsappCloud, "1", None, &settings).expect("the settings are good");
    let headers = Headers::new().with(channels::META_HEADER, String::from_utf8_lossy(body));
    let url = "https://line.example.org/hooks/1".to_owned();
    let request = HttpRequest { method: "POST".into(), url, headers, body: body.to_vec() };
    assert!(channels::verify(&account, &request).is_err());
    let _ = channels::addressees(Provider::WhatsappCloud, &request);
    for incoming in channels::receive(&account, &request).unwrap_or_default() {
        if let Incoming::Message(message) = incoming {
            assert!(!message.from.is_empty());
            for attachment in &message.attachments {
                let _ = media::fetch(&account, attachment);
            }
        }
    }
    for status in [200, 400, 500] {
        let response = HttpResponse::new(status, "application/json", body);
        let _ = channels::settle(&account, &response);
        let _ = media::located(&account, &response);
    }
});
