//! What providers' calls tell beside words: a telephone that sends for the line and says how it is, calls of another
//! time, calls that are too large or of another kind. Each on SQLite and on PostgreSQL.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::{Headers, HttpRequest};
use jiff::SignedDuration;
use openline::lines::{self, NewChannel};
use openline::store::Value as Stored;
use serde_json::{Value, json};
use uuid::Uuid;
use world::town::{Town, now};

const KEY: &str = "s1gning";

/// The server of the app SMS Gateway: it keeps what it was given, and may lose its answer.
#[derive(Default)]
struct Gateway {
    taken: Mutex<Vec<Value>>,
    loses_answers: AtomicBool,
}

impl Gateway {
    fn taken(&self) -> Vec<Value> {
        self.taken.lock().expect("nobody failed with it").clone()
    }
}

async fn take(State(gateway): State<Arc<Gateway>>, Json(message): Json<Value>) -> Response {
    let id = message["id"].clone();
    let mut taken = gateway.taken.lock().expect("nobody failed with it");
    if taken.iter().any(|one| one["id"] == id) {
        return (StatusCode::CONFLICT, Json(json!({"message": "exists"}))).into_response();
    }
    taken.push(message);
    if gateway.loses_answers.load(Ordering::Relaxed) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    (StatusCode::ACCEPTED, Json(json!({"id": id, "state": "Pending"}))).into_response()
}

async fn tell(State(gateway): State<Arc<Gateway>>, Path(id): Path<String>) -> Response {
    match gateway.taken().iter().any(|one| one["id"] == id.as_str()) {
        true => Json(json!({"id": id, "state": "Processed"})).into_response(),
        false => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(crate) async fn serve(routes: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

pub(crate) async fn adds(town: &Town, kind: &str, address: &str, settings: Value) -> Uuid {
    let line = town.app().lines().iter().next().expect("the town has a line").id;
    let new = NewChannel { kind: kind.into(), address: address.into(), settings };
    lines::add_channel(&town.app(), line, &new).await.expect("the channel can be added")
}

/// Calls a channel's webhook; the status of the answer.
pub(crate) async fn calls(town: &Town, channel: Uuid, request: &HttpRequest) -> u16 {
    let (_, rest) = request.url.split_once("/hooks/x").unwrap_or(("", ""));
    let url = format!("{}/hooks/{channel}{rest}", town.base_url());
    let mut call = world::delivery::client().expect("a client").post(url).body(request.body.clone());
    for (name, value) in request.headers.iter() {
        call = call.header(name, value);
    }
    call.send().await.expect("the server answers").status().as_u16()
}

pub(crate) fn seconds(town: &Town) -> i64 {
    now(town).0 / 1_000_000
}

/// A call of the app, signed with this time.
fn android(at: i64, event: &str, payload: &Value) -> HttpRequest {
    let body = json!({"deviceId": "d", "event": event, "id": "e", "payload": payload, "webhookId": "w"});
    let body = body.to_string().into_bytes();
    let signed = [body.as_slice(), at.to_string().as_bytes()].concat();
    let signature = channels::sign_meta(KEY, &signed).replace("sha256=", "");
    let headers = Headers::new().with("X-Signature", signature).with("X-Timestamp", at.to_string());
    HttpRequest { body, ..HttpRequest::post_json("https://line.example/hooks/x", headers, &Value::Null) }
}

fn writes(at: i64, text: &str) -> HttpRequest {
    brought(at, at, text)
}

/// What was written at one time and is brought at another.
fn brought(at: i64, written_at: i64, text: &str) -> HttpRequest {
    let received_at = jiff::Timestamp::from_second(written_at).expect("a time").to_string();
    let payload = json!({"message": text, "phoneNumber": "+593991112233", "receivedAt": received_at});
    android(at, "sms:received", &payload)
}

pub(crate) async fn counted(town: &Town, sql: openline::store::Sql) -> i64 {
    let app = town.app();
    let counted = app.store.read(move |tx| tx.one(sql, &[] as &[Stored])?.get::<i64>(0));
    counted.await.expect("the store answers")
}

/// Somebody writes to a telephone of the line's own and is answered by it; an answer that was lost is asked for and not
/// sent twice; delivery is known; and the telephone says how it is.
async fn a_telephone_of_its_own_answers_for_the_line(town: Town) {
    let gateway = Arc::new(Gateway::default());
    let routes = Router::new().route("/messages", post(take)).route("/messages/{id}", get(tell));
    let base = serve(routes.with_state(gateway.clone())).await;
    let settings = json!({"username": "u", "password": "p", "signing_key": KEY, "base_url": base});
    let channel = adds(&town, "android", "+593990000001", settings).await;
    let written_at = seconds(&town);
    assert_eq!(calls(&town, channel, &writes(written_at, "hola")).await, 200);
    town.settle().await;
    let question = gateway.taken();
    assert_eq!(question.len(), 1, "{question:#?}");
    assert!(question[0]["textMessage"]["text"].as_str().expect("a text").contains("idioma"));
    assert_eq!(question[0]["phoneNumbers"], json!(["+593991112233"]));
    // It comes twice, signed anew, as the app does when our answer got lost.
    let again = brought(seconds(&town) + 1, written_at, "hola");
    assert_eq!(calls(&town, channel, &again).await, 200);
    town.settle().await;
    assert_eq!(gateway.taken().len(), 1, "the same message twice is one");
    // Its next answer is lost on the way.
    gateway.loses_answers.store(true, Ordering::Relaxed);
    town.advance(SignedDuration::from_secs(2)).await;
    assert_eq!(calls(&town, channel, &writes(seconds(&town), "1")).await, 200);
    town.settle().await;
    let lost = gateway.taken().len();
    assert!(lost > 1);
    let unknown = openline::sql!("SELECT count(*) FROM message WHERE state = 3");
    assert_eq!(counted(&town, unknown).await, 1);
    gateway.loses_answers.store(false, Ordering::Relaxed);
    town.advance(SignedDuration::from_secs(31)).await;
    assert_eq!(counted(&town, unknown).await, 0, "the app was asked and has it");
    let ids: Vec<Value> = gateway.taken().iter().map(|one| one["id"].clone()).collect();
    let once: std::collections::BTreeSet<String> = ids.iter().map(Value::to_string).collect();
    assert_eq!(once.len(), ids.len(), "nothing went out twice");
    let payload = json!({"messageId": ids[0], "phoneNumber": "+593991112233"});
    assert_eq!(calls(&town, channel, &android(seconds(&town), "sms:delivered", &payload)).await, 200);
    let health = json!({"health": {"status": "warn", "checks": {
        "battery:level": {"observedValue": 18, "status": "warn"},
        "battery:charging": {"observedValue": 0, "status": "pass"}}}});
    assert_eq!(calls(&town, channel, &android(seconds(&town), "system:ping", &health)).await, 200);
    town.settle().await;
    assert_eq!(counted(&town, openline::sql!("SELECT count(*) FROM message WHERE state = 5")).await, 1);
    let rosa = town.staff("rosa").await;
    let health = rosa.get("/health").await.ok();
    let all = health["channels"].as_array().expect("channels");
    let phone = all.iter().find(|one| one["id"] == channel.to_string()).expect("the telephone");
    assert_eq!(phone["device"]["condition"], "weak", "{phone}");
    assert_eq!(phone["device"]["says"], "battery 18 %, not charging");
    town.ends().await;
}

/// How each provider that signs a time signs a call, made at this time.
fn timed(at: i64) -> Vec<(&'static str, Value, HttpRequest)> {
    let post = |headers: Headers, body: &str| HttpRequest {
        body: body.as_bytes().to_vec(),
        ..HttpRequest::post_json("https://line.example/hooks/x", headers, &Value::Null)
    };
    let slack_body = r#"{"type": "event_callback", "event_id": "E1", "event": {"type": "x"}}"#;
    let slack =
        channels::sign_meta("s", format!("v0:{at}:{slack_body}").as_bytes()).replace("sha256=", "v0=");
    let slack_headers =
        Headers::new().with("X-Slack-Request-Timestamp", at.to_string()).with("X-Slack-Signature", slack);
    let token = |claims: Value, key: &str| channels::sign_token(key, &claims);
    let bird_body = "originator=593991112233&recipient=1&body=hola&id=m1";
    let hash = channels::twilio_body_sha256(bird_body.as_bytes());
    let bird = token(json!({"nbf": at, "exp": at + 60, "payload_hash": hash}), "k");
    let bird_headers = Headers::new()
        .with("Messagebird-Signature-Jwt", bird)
        .with("Content-Type", "application/x-www-form-urlencoded");
    let vonage_body = r#"{"messageId": "m1", "msisdn": "593991112233", "text": "hola"}"#;
    let hash = channels::twilio_body_sha256(vonage_body.as_bytes());
    let vonage = token(json!({"iat": at, "payload_hash": hash}), "k");
    let vonage_headers = Headers::new().with("Authorization", format!("Bearer {vonage}"));
    vec![
        ("android", json!({"access_token": "t", "signing_key": KEY}), writes(at, "hola")),
        ("slack", json!({"bot_token": "x", "signing_secret": "s"}), post(slack_headers, slack_body)),
        (
            "messagebird",
            json!({"auth_token": "t", "signing_key": "k"}),
            HttpRequest {
                body: bird_body.into(),
                ..HttpRequest::post_form("https://line.example/hooks/x", bird_headers, [])
            },
        ),
        (
            "vonage",
            json!({"api_key": "k", "api_secret": "s", "signature_secret": "k"}),
            post(vonage_headers, vonage_body),
        ),
    ]
}

/// A signature that says when it was made is good for an hour before and after, at each provider that says so; the same
/// call within it is one message.
async fn a_caught_signature_does_not_work_for_ever(town: Town) {
    let now = seconds(&town);
    let hour = 60 * 60;
    for (kind, mut settings, good) in timed(now) {
        // Nothing that is answered may leave the town.
        settings["base_url"] = json!("http://127.0.0.1:9");
        let channel = adds(&town, kind, "+593990000002", settings).await;
        assert_eq!(calls(&town, channel, &good).await, 200, "{kind}");
        let count = openline::sql!("SELECT count(*) FROM inbound");
        let before = counted(&town, count).await;
        assert_eq!(calls(&town, channel, &good).await, 200, "{kind}: said twice");
        assert_eq!(counted(&town, count).await, before, "{kind}: it is the same one");
        let of = |at: i64| timed(at).into_iter().find(|(of, _, _)| *of == kind).expect("it is there").2;
        for (at, expected) in
            [(now - hour + 60, 200), (now + hour - 60, 200), (now - 2 * hour, 403), (now + 2 * hour, 403)]
        {
            assert_eq!(calls(&town, channel, &of(at)).await, expected, "{kind} {}", at - now);
        }
        let mut unsigned = good.clone();
        unsigned.headers = Headers::new().with("Content-Type", "application/json");
        assert_eq!(calls(&town, channel, &unsigned).await, 401, "{kind}");
    }
}

/// What is too large is refused before it is read, and what is of another kind than its provider sends is kept for the
/// operator: nothing that was delivered is lost, and nothing breaks.
async fn a_call_of_another_size_or_kind_has_an_answer(town: Town) {
    let settings = json!({"access_token": "t", "webhook_token": "w", "base_url": "http://127.0.0.1:9"});
    let channel = adds(&town, "android", "+593990000003", settings).await;
    let call = |content_type: &str, body: Vec<u8>, url: &str| HttpRequest {
        method: "POST".into(),
        url: format!("https://line.example/hooks/x?token=w{url}"),
        headers: Headers::new().with("Content-Type", content_type),
        body,
    };
    let json = "application/json";
    let too_large = vec![b' '; channels::MAX_CALL_BYTES + 1];
    assert_eq!(calls(&town, channel, &call(json, too_large, "")).await, 413);
    let kept = openline::sql!("SELECT count(*) FROM raw_request WHERE state = 0");
    assert_eq!(counted(&town, kept).await, 0);
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", &b"event=sms%3Areceived"[..]),
        ("text/html", b"<html>"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--"),
        (json, b"\xff\xfe"),
        ("", b""),
    ] {
        let before = counted(&town, kept).await;
        let answer = calls(&town, channel, &call(content_type, body.to_vec(), "")).await;
        assert_eq!((answer, counted(&town, kept).await), (200, before + 1), "{content_type}");
    }
    // What says the right thing is read whatever it calls itself.
    let odd = call("text/plain", writes(seconds(&town), "hola").body, "");
    assert_eq!(calls(&town, channel, &odd).await, 200);
    assert_eq!(counted(&town, kept).await, 5);
    let guessed = HttpRequest { url: "https://line.example/hooks/x?token=v".into(), ..odd };
    assert_eq!(calls(&town, channel, &guessed).await, 403);
}

/// A LINE account at a provider that keeps what it is sent, and takes each reply token once.
#[derive(Default)]
struct Line {
    sent: Mutex<Vec<(String, Value)>>,
    used: Mutex<Vec<Value>>,
}

async fn line_sends(
    State(line): State<Arc<Line>>,
    Path(kind): Path<String>,
    Json(letter): Json<Value>,
) -> Response {
    if kind == "reply" {
        let mut used = line.used.lock().expect("nobody failed with it");
        if used.contains(&letter["replyToken"]) || letter["replyToken"] == "over" {
            let words = json!({"message": "Invalid reply token"});
            return (StatusCode::BAD_REQUEST, Json(words)).into_response();
        }
        used.push(letter["replyToken"].clone());
    }
    let mut sent = line.sent.lock().expect("nobody failed with it");
    sent.push((kind, letter));
    Json(json!({"sentMessages": [{"id": format!("m{}", sent.len())}]})).into_response()
}

fn on_line(id: &str, text: &str, token: &str) -> HttpRequest {
    let body = json!({"events": [{"type": "message", "replyToken": token, "timestamp": 1_772_600_767_000_i64,
        "source": {"type": "user", "userId": "U1"}, "message": {"id": id, "type": "text", "text": text}}]});
    let body = body.to_string().into_bytes();
    let mac = hex::decode(channels::sign_meta("s", &body).replace("sha256=", "")).expect("it is hexadecimal");
    let headers = Headers::new().with("X-Line-Signature", STANDARD.encode(mac));
    HttpRequest { body, ..HttpRequest::post_json("https://line.example/hooks/x", headers, &Value::Null) }
}

/// The first answer on LINE uses the reply token, which is free; what comes later, or after the token is used up, is
/// pushed, and nothing is lost by it.
async fn a_reply_token_is_used_while_it_is_good(town: Town) {
    let line = Arc::new(Line::default());
    let base =
        serve(Router::new().route("/v2/bot/message/{kind}", post(line_sends)).with_state(line.clone())).await;
    let settings = json!({"access_token": "t", "channel_secret": "s", "base_url": base});
    let channel = adds(&town, "line", "casa", settings).await;
    let kinds = || -> Vec<String> {
        let sent = line.sent.lock().expect("nobody failed with it");
        sent.iter().map(|(kind, _)| kind.clone()).collect()
    };
    assert_eq!(calls(&town, channel, &on_line("1", "hola", "first")).await, 200);
    town.settle().await;
    assert_eq!(kinds(), ["reply"]);
    // Said to be new, and over already: it is pushed at once.
    assert_eq!(calls(&town, channel, &on_line("2", "???", "over")).await, 200);
    town.settle().await;
    assert_eq!(kinds(), ["reply", "push"]);
    let waiting = openline::sql!("SELECT count(*) FROM identity WHERE reply_token IS NOT NULL");
    assert_eq!(counted(&town, waiting).await, 0, "no token is kept that cannot be used again");
    // The notice has a recording that LINE does not take: it goes as a link, with the words.
    assert_eq!(calls(&town, channel, &on_line("3", "Español", "third")).await, 200);
    town.settle().await;
    let sent = line.sent.lock().expect("nobody failed with it").clone();
    let notice = sent.last().expect("something was sent").1["messages"].clone();
    assert!(notice.to_string().contains("/media/"), "{notice}");
    assert!(!notice.to_string().contains("\"audio\""), "{notice}");
    town.ends().await;
}

/// Meta, which knows a person by another number than she was written to.
async fn meta_sends(State(sent): State<Arc<Mutex<Vec<Value>>>>, Json(letter): Json<Value>) -> Json<Value> {
    let mut sent = sent.lock().expect("nobody failed with it");
    sent.push(letter);
    Json(json!({
        "contacts": [{"input": "525550001111", "wa_id": "5215550001111"}],
        "messages": [{"id": format!("wamid.{}", sent.len())}],
    }))
}

fn on_whatsapp(to: &[&str], from: &str, id: &str) -> HttpRequest {
    let change = |number: &&str| {
        json!({"field": "messages", "value": {"messaging_product": "whatsapp",
            "metadata": {"phone_number_id": number},
            "messages": [{"id": format!("{id}.{number}"), "from": from, "timestamp": "1772600767", "type": "text",
                          "text": {"body": "hola"}}]}})
    };
    let changes: Vec<Value> = to.iter().map(change).collect();
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]});
    let body = body.to_string().into_bytes();
    let headers = Headers::new().with("X-Hub-Signature-256", channels::sign_meta("s", &body));
    HttpRequest { body, ..HttpRequest::post_json("https://line.example/hooks/x", headers, &Value::Null) }
}

/// The number that Meta knows her by is not the one that she was written to (as in Mexico): who writes from it is she.
async fn a_number_that_the_provider_tells_is_hers_too(town: Town) {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let base =
        serve(Router::new().route("/v24.0/{id}/messages", post(meta_sends)).with_state(sent.clone())).await;
    let settings = json!({"access_token": "t", "app_secret": "s", "verify_token": "v",
                          "base_url": format!("{base}/v24.0")});
    let channel = adds(&town, "whatsapp_cloud", "7001", settings).await;
    assert_eq!(calls(&town, channel, &on_whatsapp(&["7001"], "525550001111", "a")).await, 200);
    town.settle().await;
    let people = openline::sql!("SELECT count(*) FROM contact");
    let addresses = openline::sql!("SELECT count(*) FROM identity");
    assert_eq!((counted(&town, people).await, counted(&town, addresses).await), (1, 2));
    assert_eq!(calls(&town, channel, &on_whatsapp(&["7001"], "5215550001111", "b")).await, 200);
    town.settle().await;
    assert_eq!((counted(&town, people).await, counted(&town, addresses).await), (1, 2));
    let to: Vec<Value> =
        sent.lock().expect("nobody failed with it").iter().map(|letter| letter["to"].clone()).collect();
    assert_eq!(to, ["525550001111", "5215550001111"], "each answer goes where she wrote from");
    town.ends().await;
}

/// One app at Meta has one webhook for all its numbers: each channel gets its part, once, and a part for a number that
/// nobody has is kept for the operator.
async fn a_call_for_several_numbers_reaches_each(town: Town) {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let base = serve(Router::new().route("/v24.0/{id}/messages", post(meta_sends)).with_state(sent)).await;
    let settings = |secret: &str| json!({"access_token": "t", "app_secret": secret, "verify_token": "v", "base_url": format!("{base}/v24.0")});
    let first = adds(&town, "whatsapp_cloud", "7001", settings("s")).await;
    adds(&town, "whatsapp_cloud", "7002", settings("s")).await;
    adds(&town, "whatsapp_cloud", "7003", settings("of another app")).await;
    let messages = openline::sql!("SELECT count(*) FROM message WHERE direction = 0");
    let kept = openline::sql!("SELECT count(*) FROM raw_request WHERE state = 0");
    for _ in 0..2 {
        let both = on_whatsapp(&["7001", "7002"], "593991112233", "a");
        assert_eq!(calls(&town, first, &both).await, 200);
        town.settle().await;
        assert_eq!((counted(&town, messages).await, counted(&town, kept).await), (2, 0));
    }
    // Only the second's: it reaches that one although it came to the first's address.
    assert_eq!(calls(&town, first, &on_whatsapp(&["7002"], "593991112233", "b")).await, 200);
    town.settle().await;
    assert_eq!((counted(&town, messages).await, counted(&town, kept).await), (3, 0));
    for (orphan, expected) in [("7009", 1), ("7003", 2)] {
        assert_eq!(calls(&town, first, &on_whatsapp(&[orphan], "593991112233", "c")).await, 200);
        town.settle().await;
        assert_eq!((counted(&town, messages).await, counted(&town, kept).await), (3, expected), "{orphan}");
    }
}

world::stories!(
    a_reply_token_is_used_while_it_is_good,
    a_number_that_the_provider_tells_is_hers_too,
    a_call_for_several_numbers_reaches_each,
    a_telephone_of_its_own_answers_for_the_line,
    a_caught_signature_does_not_work_for_ever,
    a_call_of_another_size_or_kind_has_an_answer,
);
