//! Signatures after the providers' published algorithms, made by another program than ours; and what is answered to
//! calls that are unsigned, forged, of another time, or said twice.
use channels::{
    Account, Denied, Headers, HttpRequest, Incoming, MAX_SKEW, Provider, Status, sign_meta, verify, verify_at,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const URL: &str = "https://line.example.org/hooks/7";

fn account(provider: Provider, settings: &Value) -> Account {
    Account::new(provider, "2020", Some("KE".into()), settings).expect("settings are good")
}

fn with(mut request: HttpRequest, headers: &[(&str, &str)]) -> HttpRequest {
    for (name, value) in headers {
        request.headers.append(*name, *value);
    }
    request
}

fn plivo() -> Account {
    account(Provider::Plivo, &json!({"auth_id": "MA1", "auth_token": "plivo-token"}))
}

const FIELDS: [(&str, &str); 4] =
    [("To", "2020"), ("From", "254700000001"), ("MessageUUID", "m-1"), ("Text", "hola & adiós")];

#[test]
fn plivo_signs_the_address_and_in_its_third_way_the_fields_too() {
    let post = |url: &str| HttpRequest::post_form(url, Headers::new(), FIELDS);
    let v2 = [
        ("X-Plivo-Signature-V2", "Ay5zaHj7cClSEq0VmismVuIBwmy8WhC8tEG9SchgBZE="),
        ("X-Plivo-Signature-V2-Nonce", "05429567804466091622"),
    ];
    assert_eq!(verify(&plivo(), &with(post(URL), &v2)), Ok(()));
    assert_eq!(verify(&plivo(), &with(post(&format!("{URL}?a=1")), &v2)), Ok(()), "V2 leaves the query out");
    assert_eq!(verify(&plivo(), &with(post("https://line.example.org/hooks/8"), &v2)), Err(Denied::Mismatch));
    let v3 = |signature: &str, request: HttpRequest| {
        let headers = [("X-Plivo-Signature-V3", signature), ("X-Plivo-Signature-V3-Nonce", "n0nce")];
        verify(&plivo(), &with(request, &headers))
    };
    let with_query = "4NhewRHd2kaYfTHYJb1jM0YUiRNj7O/NG2zsIrKg6J8=";
    let without = "jdhAwxLT7hW9FkeoYxXw1AClSsF7FBZCsm4OwK0yASA=";
    assert_eq!(v3(with_query, post(&format!("{URL}?b=dos+y%20tres&a=1"))), Ok(()));
    assert_eq!(v3(without, post(URL)), Ok(()));
    assert_eq!(v3(&format!("AAAA,{without}"), post(URL)), Ok(()), "one signature for each of two tokens");
    assert_eq!(v3(with_query, post(URL)), Err(Denied::Mismatch));
    let mut changed = FIELDS;
    changed[1] = ("From", "254700000002");
    assert_eq!(v3(without, HttpRequest::post_form(URL, Headers::new(), changed)), Err(Denied::Mismatch));
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(FIELDS).finish();
    let get = HttpRequest::get(format!("{URL}?{query}"), Headers::new());
    assert_eq!(v3("VBrIWFD1tHTEXWoOZ9n5QnayKBc7/z4XFe9gv6oR1Xw=", get), Ok(()));
    // A bad signature is not made good by a better one of the older way.
    let both =
        with(with(post(URL), &v2), &[("X-Plivo-Signature-V3", "AAAA"), ("X-Plivo-Signature-V3-Nonce", "n")]);
    assert_eq!(verify(&plivo(), &both), Err(Denied::Mismatch));
    assert_eq!(verify(&plivo(), &post(URL)), Err(Denied::Unsigned));
}

#[test]
fn vonage_signs_by_a_field_in_the_way_that_was_chosen() {
    let fields = [
        ("msisdn", "254700000001"),
        ("messageId", "m-1"),
        ("text", "a=b & c"),
        ("timestamp", "1772600767"),
        ("nonce", "x"),
    ];
    for (method, signature) in [
        ("md5hash", "9dd6b88d30c93c79c6d6bd8b04138d2f"),
        ("md5", "d2887a29aeccdb1ec4fbe03caf3fa345"),
        ("sha1", "f4a14fc2d3944109e6c9660e78a4a5cd23111800"),
        ("sha256", "AEEF2F9483DF2002D0C8FF38CD7F00CE576C62BD81ADD04D403C5C56062A824C"),
        (
            "sha512",
            "9036ecd68fe03d022d17ca3cf5e653df1d782a4ebb7b1dee93e9b566f75c09004e3b08e6b4c86e99d72e0b5190a733eeaa5b099a21a1ac5aeed5d6b5f8b1b199",
        ),
    ] {
        let settings = json!({
            "api_key": "k", "api_secret": "s", "signature_secret": "sig-secret", "signature_method": method,
        });
        let account = account(Provider::Vonage, &settings);
        let form = |signature: &str| {
            let all = fields.into_iter().chain([("sig", signature)]);
            HttpRequest::post_form(URL, Headers::new(), all)
        };
        assert_eq!(verify(&account, &form(signature)), Ok(()), "{method}");
        let mut as_json = json!({"sig": signature});
        for (name, value) in fields {
            as_json[name] = json!(value);
        }
        let posted = HttpRequest::post_json(URL, Headers::new(), &as_json);
        assert_eq!(verify(&account, &posted), Ok(()), "{method} as JSON");
        let incoming = channels::receive(&account, &posted).expect("it can be read");
        assert!(matches!(&incoming[0], Incoming::Message(message) if message.text == "a=b & c"));
        assert_eq!(verify(&account, &form("00")), Err(Denied::Mismatch));
        assert_eq!(verify(&account, &form("xyz")), Err(Denied::Malformed));
        let unsigned = HttpRequest::post_form(URL, Headers::new(), fields);
        assert_eq!(verify(&account, &unsigned), Err(Denied::Unsigned));
    }
}

const VONAGE_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NzI2MDA3NjcsImFwaV9rZXkiOiJrIiwicGF5bG9hZF9oYXNoIjoiNWE3MjA4MDgzMWNiNWM2ZjQ0ZGY0YzkyMWI4ZTFlZmQ5NDkzZjc3OGQxNTgwYzYzMWU4ODFjZTAxYTJkZDRiMCJ9.aoQdezQppb0EiopxT6cLGHjBDAAuvRpCUrvSI5K6_2I";
const VONAGE_TOKEN_OF_NO_ALGORITHM: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NzI2MDA3NjcsInBheWxvYWRfaGFzaCI6IjVhNzIwODA4MzFjYjVjNmY0NGRmNGM5MjFiOGUxZWZkOTQ5M2Y3NzhkMTU4MGM2MzFlODgxY2UwMWEyZGQ0YjAifQ.uXUJ2gEx7CQhSf9ouZOYgjdFXYF5pEzA1mGHEXUT80M";

#[test]
fn vonage_signs_by_a_token_over_the_body() {
    let settings = json!({"api_key": "k", "api_secret": "s", "signature_secret": "sig-secret"});
    let account = account(Provider::Vonage, &settings);
    let post = |token: &str, body: &str| {
        let headers = Headers::new().with("Authorization", format!("Bearer {token}"));
        let request = HttpRequest::post_json(URL, headers, &Value::Null);
        HttpRequest { body: body.as_bytes().to_vec(), ..request }
    };
    let body = r#"{"messageId":"m-1","msisdn":"254700000001","text":"hola"}"#;
    assert_eq!(verify(&account, &post(VONAGE_TOKEN, body)), Ok(()));
    assert_eq!(verify(&account, &post(VONAGE_TOKEN, &body.replace("hola", "hole"))), Err(Denied::Mismatch));
    assert_eq!(verify(&account, &post(VONAGE_TOKEN_OF_NO_ALGORITHM, body)), Err(Denied::Malformed));
    assert_eq!(verify(&account, &post("a.b", body)), Err(Denied::Malformed));
    stale_outside_of_the_skew(&account, &post(VONAGE_TOKEN, body), 1_772_600_767, 1_772_600_767);
}

const BIRD_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTc3MjYwMDc2NywiZXhwIjoxNzcyNjAwODI3LCJqdGkiOiJqIiwidXJsX2hhc2giOiI3NzRiMmRhYWU1ZGQ3MjZkMjIyOGU2MWQ3NDk0M2U0YjcxZDZkYmNhZDA3Njc5MTk0ZDYyMjRjZDgzYmUxOWRiIn0.zUMv5aUNlznaiMcsh6FOWh1SOPbkhdnsrs3IHBAfT1s";

#[test]
fn messagebird_reports_are_signed_by_their_address() {
    let account = account(Provider::MessageBird, &json!({"auth_token": "t", "signing_key": "bird-key"}));
    let get = |status: &str| {
        let url = format!("{URL}?status={status}&reference=00000000-0000-0000-0000-000000000005&id=m-9");
        HttpRequest::get(url, Headers::new().with("Messagebird-Signature-Jwt", BIRD_TOKEN))
    };
    assert_eq!(verify(&account, &get("delivered")), Ok(()));
    let incoming = channels::receive(&account, &get("delivered")).expect("it can be read");
    assert!(matches!(&incoming[0], Incoming::Report(report) if report.status == Status::Delivered));
    assert_eq!(
        verify(&account, &get("delivery_failed")),
        Err(Denied::Mismatch),
        "the token is of another call"
    );
    stale_outside_of_the_skew(&account, &get("delivered"), 1_772_600_767, 1_772_600_827);
}

#[test]
fn slack_says_when_it_signed() {
    let account = account(Provider::Slack, &json!({"bot_token": "x", "signing_secret": "s"}));
    let body = br#"{"type": "event_callback"}"#;
    let signed = [b"v0:1772600767:".as_slice(), body].concat();
    let signature = sign_meta("s", &signed).replace("sha256=", "v0=");
    let headers =
        Headers::new().with("X-Slack-Request-Timestamp", "1772600767").with("X-Slack-Signature", signature);
    let request = HttpRequest { body: body.to_vec(), ..HttpRequest::post_json(URL, headers, &Value::Null) };
    stale_outside_of_the_skew(&account, &request, 1_772_600_767, 1_772_600_767);
}

fn stale_outside_of_the_skew(account: &Account, request: &HttpRequest, from: i64, until: i64) {
    let skew = i64::try_from(MAX_SKEW.as_secs()).expect("it is small");
    let at = |second: i64| {
        let now = Timestamp::from_second(second).expect("it is a time");
        verify_at(account, request, now)
    };
    for good in [from - skew, from, until, until + skew] {
        assert_eq!(at(good), Ok(()), "{good}");
    }
    for stale in [from - skew - 1, until + skew + 1, 0] {
        assert_eq!(at(stale), Err(Denied::Stale), "{stale}");
    }
    assert_eq!(Denied::Stale.http_status(), 403);
}

/// Where a signature says nothing of time, a call that is said twice is as good the second time, and says the same: the
/// server knows it by the message's id.
#[test]
fn a_repeated_call_is_known_by_its_id_and_not_by_its_signature() {
    let settings = json!({"access_token": "t", "app_secret": "s", "verify_token": "v"});
    let account = account(Provider::WhatsappCloud, &settings);
    let body = json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": {
        "metadata": {"phone_number_id": "2020"},
        "messages": [{"id": "wamid.1", "from": "254700000001", "timestamp": "1772600767", "type": "text",
                      "text": {"body": "hola"}}]}}]}]});
    let body = body.to_string();
    let headers = Headers::new().with("X-Hub-Signature-256", sign_meta("s", body.as_bytes()));
    let request =
        HttpRequest { body: body.into_bytes(), ..HttpRequest::post_json(URL, headers, &Value::Null) };
    let much_later = Timestamp::from_second(1_772_600_767).expect("a time") + SignedDuration::from_hours(200);
    for _ in 0..2 {
        assert_eq!(verify_at(&account, &request, much_later), Ok(()));
        let incoming = channels::receive(&account, &request).expect("it can be read");
        assert!(matches!(&incoming[0], Incoming::Message(message) if message.external_id == "wamid.1"));
    }
}
