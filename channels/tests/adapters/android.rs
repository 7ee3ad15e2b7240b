//! A telephone with the app SMS Gateway through the public functions, with calls after its documented formats.
use channels::{
    Account, ChannelEvent, Condition, DeliveryReport, Denied, ErrorClass, Headers, HttpRequest, HttpResponse,
    Incoming, Inquiry, MAX_SKEW, MediaSource, Message, MessageKind, Outgoing, Provider, Settled, Status,
};
use flow::words::Content;
use jiff::Timestamp;
use serde_json::{Value, json};

const KEY: &str = "s1gning";
const TIME: i64 = 1_772_600_767;

fn account(more: &Value) -> Account {
    let mut settings = json!({"username": "u", "password": "p", "signing_key": KEY});
    for (key, value) in more.as_object().expect("an object") {
        settings[key] = value.clone();
    }
    Account::new(Provider::Android, "+254700000009", Some("KE".into()), &settings).expect("settings are good")
}

/// A call as the app makes it, signed over body and time.
fn call(event: &str, payload: &Value) -> HttpRequest {
    let body = json!({
        "deviceId": "ffffffffceb0b1db0000018e937c815b", "event": event, "id": "Ey6ECgOkVVFjz3CL48B8C",
        "payload": payload, "webhookId": "w1",
    });
    let body = body.to_string().into_bytes();
    let signed = [body.as_slice(), TIME.to_string().as_bytes()].concat();
    let signature = channels::sign_meta(KEY, &signed).replace("sha256=", "");
    let headers = Headers::new().with("X-Signature", signature).with("X-Timestamp", TIME.to_string());
    HttpRequest { body, ..HttpRequest::post_json("https://line.example.org/hooks/3", headers, &Value::Null) }
}

fn read(event: &str, payload: &Value) -> Incoming {
    let account = account(&json!({}));
    let call = call(event, payload);
    assert_eq!(channels::verify(&account, &call), Ok(()));
    channels::receive(&account, &call).expect("it can be read").remove(0)
}

fn message(event: &str, payload: &Value) -> Message {
    match read(event, payload) {
        Incoming::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

fn report(event: &str, payload: &Value) -> DeliveryReport {
    match read(event, payload) {
        Incoming::Report(report) => report,
        other => panic!("{other:?}"),
    }
}

fn received(text: &str) -> Value {
    json!({"messageId": "1234", "message": text, "phoneNumber": "0712345678", "simNumber": 1,
           "receivedAt": "2026-03-04T08:06:07.000+03:00"})
}

#[test]
fn a_text_is_known_by_who_wrote_it_when_and_what() {
    let hello = message("sms:received", &received("hola"));
    assert_eq!(hello.from[0].to_string(), "tel:+254712345678");
    assert_eq!((hello.text.as_str(), hello.kind), ("hola", MessageKind::Text));
    assert_eq!(hello.sent_at, "2026-03-04T05:06:07Z".parse().ok());
    // The app's own id is made from the words: two people who write the same must not be taken for one.
    let again = message("sms:received", &received("hola"));
    let mut other = received("hola");
    other["sender"] = json!("+254712345679");
    let other = message("sms:received", &other);
    assert_eq!(other.from[0].to_string(), "tel:+254712345679", "the new name of the field comes first");
    assert!(hello.external_id == again.external_id && hello.external_id != other.external_id);
    assert_ne!(message("sms:received", &received("hola!")).external_id, hello.external_id);
}

#[test]
fn a_picture_message_brings_its_files_along_and_nothing_is_dropped() {
    let picture = message(
        "mms:downloaded",
        &json!({"messageId": "77", "sender": "+254712345678", "subject": "Look", "body": "my papers",
                "attachments": [{"partId": 3, "contentType": "image/jpeg", "name": "a.jpg", "data": "/9j/"}],
                "receivedAt": "2026-03-04T05:06:07Z"}),
    );
    assert_eq!((picture.text.as_str(), &picture.kind), ("Look\nmy papers", &MessageKind::Image));
    assert_eq!(picture.attachments[0].source, MediaSource::Encoded { base64: "/9j/".into() });
    let notice = json!({"messageId": "m", "sender": "+254712345678", "transactionId": "T1", "size": 9});
    assert_eq!(message("mms:received", &notice).kind, MessageKind::Unsupported { what: "mms".into() });
    let data = json!({"phoneNumber": "+254712345678", "data": "SGk=", "receivedAt": "2026-03-04T05:06:07Z"});
    let kind = message("sms:data-received", &data).kind;
    assert_eq!(kind, MessageKind::Unsupported { what: "data message".into() });
    let nobody = read("sms:received", &json!({"message": "Win!", "phoneNumber": "PROMO"}));
    assert!(matches!(nobody, Incoming::Event(ChannelEvent::NoSender { .. })), "{nobody:?}");
}

#[test]
fn what_became_of_a_message_is_told_under_our_id() {
    let ours = uuid::Uuid::from_u128(7);
    let id = format!("{}-2", ours.simple());
    let sent = |event: &str, more: &Value| {
        let mut payload = json!({"messageId": id, "phoneNumber": "+254712345678"});
        for (key, value) in more.as_object().expect("an object") {
            payload[key] = value.clone();
        }
        report(event, &payload)
    };
    let told = sent("sms:delivered", &json!({"deliveredAt": "2026-03-04T05:06:07Z"}));
    assert_eq!((told.external_id.as_str(), told.attempt), (id.as_str(), Some(ours)));
    assert_eq!((told.status, told.recipient.len()), (Status::Delivered, 1));
    assert_eq!(sent("sms:sent", &json!({})).status, Status::Sent);
    for (reason, expected) in [
        ("RESULT_ERROR_GENERIC_FAILURE", ErrorClass::Unreachable),
        ("RESULT_ERROR_LIMIT_EXCEEDED", ErrorClass::RefusedForNow),
        ("RESULT_ERROR_NO_SERVICE", ErrorClass::Transient),
        ("Can't send message: No SIMs found", ErrorClass::Transient),
    ] {
        let Status::Failed { class, .. } = sent("sms:failed", &json!({"reason": reason})).status else {
            panic!("{reason}")
        };
        assert_eq!(class, expected, "{reason}");
    }
    let of_the_phone_itself = report("sms:sent", &json!({"messageId": "zXDYfTmTVf3iMd16zzdBj"}));
    assert_eq!(of_the_phone_itself.attempt, None);
}

#[test]
fn the_telephone_says_how_it_is() {
    let payload = json!({"health": {"status": "warn", "version": "1.66.0", "checks": {
        "battery:level": {"observedValue": 18, "status": "warn"},
        "battery:charging": {"observedValue": 0, "status": "pass"},
        "messages:failed": {"observedValue": 2, "status": "warn"},
        "connection:status": {"observedValue": 1, "status": "pass"},
    }}});
    let Incoming::Event(ChannelEvent::Health { condition, says, at }) = read("system:ping", &payload) else {
        panic!()
    };
    assert_eq!(condition, Condition::Weak);
    assert_eq!(says, "battery 18 %, not charging, 2 messages failed in the last hour");
    assert_eq!(at, Timestamp::from_second(TIME).ok());
}

#[test]
fn with_a_card_only_what_comes_by_it_is_taken() {
    let account = account(&json!({"sim_number": "2"}));
    let incoming = channels::receive(&account, &call("sms:received", &received("hola"))).expect("it is read");
    assert!(matches!(&incoming[0], Incoming::Event(ChannelEvent::Other { .. })), "{incoming:?}");
    let mut unsaid = received("hola");
    unsaid["simNumber"] = Value::Null;
    let incoming = channels::receive(&account, &call("sms:received", &unsaid)).expect("it is read");
    assert!(matches!(&incoming[0], Incoming::Message(_)), "a telephone that does not say loses nothing");
}

#[test]
fn a_call_is_signed_with_its_time() {
    let account = account(&json!({}));
    let good = call("system:ping", &json!({}));
    let skew = i64::try_from(MAX_SKEW.as_secs()).expect("it is small");
    let at = |second| channels::verify_at(&account, &good, Timestamp::from_second(second).expect("a time"));
    assert_eq!((at(TIME - skew), at(TIME + skew)), (Ok(()), Ok(())));
    assert_eq!((at(TIME - skew - 1), at(TIME + skew + 1)), (Err(Denied::Stale), Err(Denied::Stale)));
    let mut later = good.clone();
    later.headers = Headers::new()
        .with("X-Signature", good.headers.get("X-Signature").expect("it is signed"))
        .with("X-Timestamp", (TIME + 9_000).to_string());
    assert_eq!(channels::verify(&account, &later), Err(Denied::Mismatch), "the time is signed too");
    let unsigned = HttpRequest { headers: Headers::new(), ..good };
    assert_eq!(channels::verify(&account, &unsigned), Err(Denied::Unsigned));
}

fn letters(account: &Account, outgoing: &Outgoing) -> Vec<(HttpRequest, Value)> {
    let requests = channels::request(account, outgoing).expect("it can be sent").requests;
    requests.into_iter().map(|one| (one.clone(), serde_json::from_slice(&one.body).expect("JSON"))).collect()
}

#[test]
fn a_message_goes_out_under_ids_of_its_own() {
    let content = Content { text: "a ".repeat(900), ..Content::default() };
    let to = "tel:+254712345678".parse().expect("an address");
    let mut outgoing = Outgoing::new(uuid::Uuid::from_u128(7), to, content);
    let two = letters(
        &account(&json!({"sim_number": "2", "device_id": "d1", "delivery_reports": false})),
        &outgoing,
    );
    assert_eq!(two.len(), 2);
    let (request, letter) = &two[1];
    assert_eq!(request.url, "https://api.sms-gate.app/3rdparty/v1/messages?skipPhoneValidation=true");
    assert_eq!(request.headers.get("Authorization"), Some("Basic dTpw"));
    assert_eq!(letter["id"], "00000000000000000000000000000007-1");
    assert_eq!((&letter["phoneNumbers"], &letter["simNumber"]), (&json!(["+254712345678"]), &json!(2)));
    assert_eq!((&letter["deviceId"], &letter["ttl"]), (&json!("d1"), &json!(86_400)));
    assert_eq!((&letter["withDeliveryReport"], &letter["priority"]), (&json!(false), &json!(-10)));
    outgoing.high_priority = true;
    let token = json!({"access_token": "jwt", "base_url": "https://sms.example.org/api/3rdparty/v1/"});
    let (request, letter) = letters(&account(&token), &outgoing).remove(0);
    assert_eq!(request.headers.get("Authorization"), Some("Bearer jwt"));
    assert!(request.url.starts_with("https://sms.example.org/api/3rdparty/v1/messages?"), "{}", request.url);
    assert_eq!((&letter["priority"], &letter["withDeliveryReport"]), (&json!(10), &json!(true)));
}

#[test]
fn answers_and_a_lost_one() {
    let account = account(&json!({}));
    let answer = |status: u16, body: &Value| HttpResponse::new(status, "application/json", body.to_string());
    let settled = |status: u16, body: &Value| channels::settle(&account, &answer(status, body));
    let class = |settled: &Settled| match settled {
        Settled::Retry { class, .. } | Settled::Refused { class, .. } => Some(*class),
        Settled::Sent { .. } | Settled::Unknown => None,
    };
    assert!(matches!(settled(202, &json!({"id": "x-0", "state": "Pending"})),
        Settled::Sent { external_id, .. } if external_id == "x-0"));
    // It has the message already: the answer to the first request was lost.
    assert!(matches!(settled(409, &json!({"message": "exists"})), Settled::Sent { .. }));
    assert_eq!(class(&settled(503, &json!({"message": "queue"}))), Some(ErrorClass::Transient));
    assert_eq!(class(&settled(401, &json!({}))), Some(ErrorClass::AccountBroken));
    assert_eq!(
        class(&settled(400, &json!({"message": "failed to select device"}))),
        Some(ErrorClass::AccountBroken)
    );
    assert_eq!(class(&settled(400, &json!({"message": "invalid phone"}))), Some(ErrorClass::BadRequest));
    assert_eq!(settled(502, &json!({})), Settled::Unknown);
    let to = "tel:+254712345678".parse().expect("an address");
    let content = Content { text: "hola".into(), ..Content::default() };
    let sent = letters(&account, &Outgoing::new(uuid::Uuid::from_u128(7), to, content)).remove(0).0;
    let question = channels::inquire(&account, &sent, Timestamp::UNIX_EPOCH).expect("it can be asked");
    assert!(question.url.ends_with("/messages/00000000000000000000000000000007-0"), "{}", question.url);
    let told = |status: u16, body: &Value| {
        channels::inquired(&account, &sent, &answer(status, body), Timestamp::UNIX_EPOCH)
    };
    assert!(
        matches!(told(200, &json!({"id": "y-0"})), Inquiry::Found(found) if found[0].external_id == "y-0")
    );
    assert_eq!(told(404, &json!({"message": "not found"})), Inquiry::Found(Vec::new()));
    assert_eq!(told(500, &json!({})), Inquiry::Unclear);
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let new = |settings: &Value| Account::new(Provider::Android, "1", None, settings);
    assert!(new(&json!({"access_token": "t", "signing_key": "k"})).is_ok());
    assert!(new(&json!({"username": "u", "signing_key": "k"})).is_err(), "without a password");
    assert!(new(&json!({"access_token": "t"})).is_err(), "nobody signs and there is no guard");
    assert!(new(&json!({"access_token": "t", "signing_key": "k", "sim_number": "4"})).is_err());
    assert!(new(&json!({"access_token": "t", "signing_key": "k", "ttl": 0})).is_err());
}

#[test]
fn the_app_is_told_of_each_event_and_saying_it_again_replaces_it() {
    let account = account(&json!({}));
    let told = channels::register_webhooks(&account, "https://line.example.org/hooks/3");
    let letters: Vec<Value> =
        told.iter().map(|one| serde_json::from_slice(&one.body).expect("it is JSON")).collect();
    assert!(letters.iter().any(|one| one["event"] == "sms:received"));
    assert!(!letters.iter().any(|one| one["event"] == "mms:received"), "it would come before its content");
    let again = channels::register_webhooks(&account, "https://line.example.org/hooks/3");
    assert_eq!(told, again);
    let ids: std::collections::BTreeSet<_> = letters.iter().map(|one| one["id"].to_string()).collect();
    assert_eq!(ids.len(), letters.len());
}
