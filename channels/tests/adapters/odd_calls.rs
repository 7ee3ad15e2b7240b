//! Calls that are too large, or that say of themselves what they are not: each has one answer. Clocks and repeated calls
//! are in `signatures.rs`.
use channels::{
    Account, Denied, Headers, HttpRequest, Incoming, MAX_ADDRESS_BYTES, MAX_CALL_BYTES, Provider, receive,
    sign_meta, sign_twilio, verify, voice,
};
use serde_json::json;

const URL: &str = "https://line.example.org/hooks/7";

fn post(content_type: &str, body: &[u8]) -> HttpRequest {
    HttpRequest {
        method: "POST".into(),
        url: URL.into(),
        headers: Headers::new().with("Content-Type", content_type),
        body: body.to_vec(),
    }
}

#[test]
fn what_is_too_large_is_not_read_by_anybody() {
    let large = post("application/json", &vec![b' '; MAX_CALL_BYTES + 1]);
    let long = HttpRequest {
        url: format!("{URL}?text={}", "a".repeat(MAX_ADDRESS_BYTES)),
        ..post("application/x-www-form-urlencoded", b"")
    };
    for provider in Provider::ALL {
        let account = crate::support::account(*provider);
        for request in [&large, &long] {
            let error = receive(&account, request).expect_err("it is too large");
            assert_eq!(error.place, "size", "{provider}");
            assert!(voice::hear(&account, request).is_err(), "{provider}");
        }
    }
}

/// Deep nesting, many fields and many parts cost no more than their bytes.
#[test]
fn what_is_deep_or_wide_is_read_or_refused_and_does_not_hang() {
    let bodies = [
        "[".repeat(20_000),
        "{\"a\":".repeat(20_000),
        "<a>".repeat(20_000),
        "a=1&".repeat(20_000),
        format!("--xx\r\n{}", "--xx\r\n\r\n".repeat(10_000)),
        format!("{{\"entry\": [{}]}}", vec!["{\"changes\": [{}]}"; 5_000].join(",")),
    ];
    for provider in Provider::ALL {
        let account = crate::support::account(*provider);
        for body in &bodies {
            for content_type in ["application/json", "multipart/form-data; boundary=xx"] {
                let _ = receive(&account, &post(content_type, body.as_bytes()));
            }
        }
    }
}

#[test]
fn a_body_is_read_by_what_it_is_and_not_by_what_it_says() {
    let settings = json!({"access_token": "t", "app_secret": "s", "verify_token": "v"});
    let meta = Account::new(Provider::WhatsappCloud, "2020", None, &settings).expect("settings are good");
    let body = json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": {
        "metadata": {"phone_number_id": "2020"},
        "messages": [{"id": "wamid.1", "from": "254700000001", "type": "text", "text": {"body": "hola"}}]}}]}]});
    let body = body.to_string();
    let kannel =
        json!({"username": "u", "password": "p", "base_url": "https://k.example/send", "webhook_token": "t"});
    let kannel =
        Account::new(Provider::Kannel, "2020", Some("KE".into()), &kannel).expect("settings are good");
    for content_type in
        ["application/json", "text/plain", "application/x-www-form-urlencoded", "image/png", ""]
    {
        let mut call = post(content_type, body.as_bytes());
        call.headers.append("X-Hub-Signature-256", sign_meta("s", body.as_bytes()));
        assert_eq!(verify(&meta, &call), Ok(()), "{content_type}");
        assert_eq!(receive(&meta, &call).map(|incoming| incoming.len()), Ok(1), "{content_type}");
        let form = post(content_type, b"id=1&sender=254700000001&message=hola&ts=1772600767&to=2020");
        let incoming = receive(&kannel, &form).expect("it can be read");
        assert!(
            matches!(&incoming[0], Incoming::Message(message) if message.text == "hola"),
            "{content_type}"
        );
    }
    // What a JSON body would have to be signed by is not there: a form that calls itself JSON is turned away.
    let settings = json!({"account_sid": "AC1", "auth_token": "t"});
    let twilio = Account::new(Provider::Twilio, "2020", None, &settings).expect("settings are good");
    let form =
        HttpRequest::post_form(URL, Headers::new(), [("MessageSid", "SM1"), ("From", "+254700000001")]);
    let signature = sign_twilio("t", URL, &form.form());
    let signed = |content_type: &str| {
        let mut call = post(content_type, &form.body);
        call.headers.append("X-Twilio-Signature", signature.clone());
        verify(&twilio, &call)
    };
    assert_eq!(signed("application/x-www-form-urlencoded; charset=UTF-8"), Ok(()));
    assert_eq!(signed("application/json"), Err(Denied::Mismatch));
}
