use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::SignedDuration;
use serde_json::json;
use tokio::sync::mpsc;

use super::*;
use crate::fault::Fault;

/// What a webhook brought: the body, whether its signature was right.
type Hook = (Value, bool);

struct Line {
    meta: Meta,
    hooks: mpsc::UnboundedReceiver<Hook>,
    refuse: Arc<AtomicU64>,
    clock: Clock,
    http: reqwest::Client,
    _serving: Serving,
}

#[derive(Clone)]
struct Hooks {
    to: mpsc::UnboundedSender<Hook>,
    refuse: Arc<AtomicU64>,
}

async fn hook(State(hooks): State<Hooks>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if hooks.refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let given = headers.get("x-hub-signature-256").and_then(|v| v.to_str().ok());
    let right = given == Some(sign::meta("app secret", &body).as_str());
    hooks.to.send((serde_json::from_slice(&body).unwrap(), right)).unwrap();
    StatusCode::OK
}

async fn line() -> Line {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (to, hooks) = mpsc::unbounded_channel();
    let refuse = Arc::new(AtomicU64::new(0));
    let router = Router::new().route("/hook", post(hook)).with_state(Hooks { to, refuse: refuse.clone() });
    let serving = serve(any, router).await.unwrap();
    let clock = Clock::new();
    let meta = Meta::start(any, clock.clone()).await.unwrap();
    meta.add_account(Account {
        phone_number_id: "101".into(),
        display_phone_number: "+593 2 555 0100".into(),
        business_account_id: "900".into(),
        token: "token".into(),
        app_secret: "app secret".into(),
        webhook_url: format!("http://{}/hook", serving.addr),
    });
    Line { meta, hooks, refuse, clock, http: crate::delivery::client().unwrap(), _serving: serving }
}

impl Line {
    fn amina(&self) -> Handset {
        let human =
            Human { wa_id: Some("593991234567".into()), user_id: Some("EC.77".into()), name: "Amina".into() };
        self.meta.phone("101", human, Thread::default())
    }

    async fn send(&self, body: Value) -> (u16, Value) {
        let request = self
            .http
            .post(format!("{}/v23.0/101/messages", self.meta.base_url()))
            .header("authorization", "Bearer token")
            .body(body.to_string());
        let Ok(response) = request.send().await else { return (0, Value::Null) };
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }

    async fn change(&mut self) -> Value {
        let (hook, right) = self.hooks.recv().await.unwrap();
        assert!(right, "the signature is wrong");
        hook["entry"][0]["changes"][0]["value"].clone()
    }

    async fn statuses(&mut self, n: usize) -> Vec<String> {
        let mut all = Vec::new();
        for _ in 0..n {
            all.push(self.change().await["statuses"][0]["status"].as_str().unwrap().to_owned());
        }
        all
    }
}

fn text(to: &str, body: &str) -> Value {
    json!({ "messaging_product": "whatsapp", "to": to, "type": "text", "text": { "body": body } })
}

#[tokio::test]
async fn what_a_person_writes_arrives_signed_and_the_answer_is_reported_in_order() {
    let mut line = line().await;
    let amina = line.amina();
    assert_eq!(amina.say(Said::Text("hola".into())).await, Delivered { status: Some(200), attempts: 1 });
    let value = line.change().await;
    assert_eq!(value["messages"][0]["from"], "593991234567");
    assert_eq!(value["messages"][0]["from_user_id"], "EC.77");
    assert_eq!(value["messages"][0]["text"]["body"], "hola");
    assert_eq!(value["metadata"], json!({ "display_phone_number": "59325550100", "phone_number_id": "101" }));

    let mut body = text("+593991234567", "buenas");
    body["biz_opaque_callback_data"] = json!("our-id");
    let (status, answer) = line.send(body).await;
    assert_eq!(status, 200);
    assert_eq!(answer["contacts"][0]["wa_id"], "593991234567");
    let sent = line.change().await;
    assert_eq!(sent["statuses"][0]["id"], answer["messages"][0]["id"]);
    assert_eq!(sent["statuses"][0]["biz_opaque_callback_data"], "our-id");
    assert_eq!(line.statuses(2).await, ["delivered", "read"]);
    let bubbles = amina.thread().bubbles();
    assert_eq!(bubbles[1].text, "buenas");
    line.meta.idle().await;
    assert_eq!(amina.thread().bubbles()[1].status, Progress::Read);
}

#[tokio::test]
async fn a_person_without_a_phone_number_is_reached_by_her_user_id() {
    let mut line = line().await;
    let human = Human { wa_id: None, user_id: Some("EC.9x".into()), name: "N".into() };
    let phone = line.meta.phone("101", human, Thread::default());
    phone.say(Said::Text("hola".into())).await;
    let value = line.change().await;
    assert_eq!(value["messages"][0].get("from"), None);
    assert_eq!(value["contacts"][0]["user_id"], "EC.9x");
    let body = json!({ "messaging_product": "whatsapp", "recipient": "EC.9x", "type": "text",
        "text": { "body": "buenas" } });
    assert_eq!(line.send(body).await.0, 200);
    assert_eq!(phone.thread().bubbles()[1].text, "buenas");
}

#[tokio::test]
async fn a_tap_brings_back_the_id_of_the_choice_that_was_offered() {
    let mut line = line().await;
    let amina = line.amina();
    amina.say(Said::Text("hola".into())).await;
    line.change().await;
    let rows: Vec<Value> =
        (0..10).map(|i| json!({ "id": format!("r{i}"), "title": format!("Row {i}") })).collect();
    let body = json!({ "messaging_product": "whatsapp", "to": "593991234567", "type": "interactive",
        "interactive": { "type": "list", "body": { "text": "Menú" },
            "action": { "button": "Ver", "sections": [{ "rows": rows }] } } });
    assert_eq!(line.send(body).await.0, 200);
    let menu = amina.thread().bubbles()[1].clone();
    assert_eq!((menu.kind.as_str(), menu.choices.len()), ("list", 10));
    line.statuses(3).await;
    amina.say(Said::Row { choice: menu.choices[3].clone(), context: menu.id.clone() }).await;
    let message = line.change().await["messages"][0].clone();
    assert_eq!(message["interactive"]["list_reply"], json!({ "id": "r3", "title": "Row 3" }));
    assert_eq!(message["context"]["id"], json!(menu.id));
}

#[tokio::test]
async fn what_meta_would_refuse_is_refused() {
    let line = line().await;
    let _amina = line.amina();
    let button = |title: &str, id: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
    let buttons = |buttons: Vec<Value>| {
        json!({ "messaging_product": "whatsapp", "to": "1", "type": "interactive",
            "interactive": { "type": "button", "body": { "text": "?" }, "action": { "buttons": buttons } } })
    };
    let four = (0..4).map(|i| button(&i.to_string(), &i.to_string())).collect();
    for (body, code) in [
        (json!({ "to": "1" }), 100),
        (text("", "x"), 131_008),
        (text("not a number", "x"), 131_009),
        (text("1", &"x".repeat(4097)), 131_009),
        (text("1", ""), 131_009),
        (buttons(four), 131_009),
        (buttons(vec![button("twenty-one characters", "a")]), 131_009),
        (buttons(vec![button("Sí", "a"), button("Sí", "b")]), 131_009),
        (buttons(vec![]), 131_009),
    ] {
        let (status, answer) = line.send(body.clone()).await;
        assert_eq!((status, answer["error"]["code"].as_u64()), (400, Some(code)), "{body}");
    }
    let bad = line.http.post(format!("{}/v23.0/101/messages", line.meta.base_url())).body("{}");
    assert_eq!(bad.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn faults_come_once_and_a_lost_answer_still_reaches_the_phone() {
    let mut line = line().await;
    let amina = line.amina();
    amina.say(Said::Text("hola".into())).await;
    line.change().await;
    line.meta.set_reports(Reports { read: false, doubled: true, reordered: true, held: false });
    for (fault, status, code) in [
        (Fault::ServerError, 500, 131_000),
        (Fault::Throttled, 429, 130_429),
        (Fault::PairRate, 400, 131_056),
        (Fault::BadCredentials, 401, 190),
    ] {
        line.meta.faults().next(fault);
        let (got, answer) = line.send(text("593991234567", "no")).await;
        assert_eq!((got, answer["error"]["code"].as_u64()), (status, Some(code)));
    }
    line.meta.faults().next(Fault::LostAnswer);
    assert_eq!(line.send(text("593991234567", "sí")).await.0, 0);
    assert_eq!(line.statuses(4).await, ["delivered", "delivered", "sent", "sent"]);
    assert_eq!(amina.thread().bubbles()[1].text, "sí");
    assert_eq!(line.meta.received().last().unwrap().answered, 0);
}

#[tokio::test]
async fn after_a_day_of_silence_free_text_fails_and_the_phone_never_shows_it() {
    let mut line = line().await;
    let amina = line.amina();
    amina.say(Said::Text("hola".into())).await;
    line.change().await;
    line.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(line.send(text("593991234567", "¿sigue ahí?")).await.0, 200);
    let report = line.change().await["statuses"][0].clone();
    assert_eq!((&report["status"], &report["errors"][0]["code"]), (&json!("failed"), &json!(131_047)));
    assert_eq!(amina.thread().len(), 1);
    line.send(text("15550001", "nobody")).await;
    assert_eq!(line.change().await["statuses"][0]["errors"][0]["code"], 131_026);
}

#[tokio::test]
async fn a_webhook_is_brought_again_until_it_is_taken() {
    let mut line = line().await;
    let amina = line.amina();
    line.refuse.store(2, Ordering::SeqCst);
    assert_eq!(amina.say(Said::Text("hola".into())).await, Delivered { status: Some(200), attempts: 3 });
    assert_eq!(line.change().await["messages"][0]["text"]["body"], "hola");
    amina.say_twice(Said::Text("otra vez".into())).await;
    let first = line.change().await;
    assert_eq!(first, line.change().await);
    assert!(line.meta.undelivered().is_empty());
}

#[tokio::test]
async fn held_reports_come_when_they_are_released() {
    let mut line = line().await;
    let amina = line.amina();
    amina.say(Said::Text("hola".into())).await;
    line.change().await;
    line.meta.set_reports(Reports { held: true, ..Reports::default() });
    line.send(text("593991234567", "buenas")).await;
    line.meta.idle().await;
    assert!(line.hooks.try_recv().is_err());
    line.meta.release_reports().await;
    assert_eq!(line.statuses(3).await, ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn a_voice_note_can_be_fetched_with_the_token() {
    let mut line = line().await;
    let amina = line.amina();
    let said = Said::File {
        kind: "audio",
        content_type: "audio/ogg; codecs=opus".into(),
        bytes: Bytes::from_static(b"OggS"),
        caption: None,
    };
    amina.say(said).await;
    let audio = line.change().await["messages"][0]["audio"].clone();
    let url = format!("{}/v23.0/{}", line.meta.base_url(), audio["id"].as_str().unwrap());
    let answer = line.http.get(&url).header("authorization", "Bearer token").send().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let file = line.http.get(answer["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap().as_ref(), b"OggS");
    assert_eq!(line.http.get(url).send().await.unwrap().status(), 401);
}
