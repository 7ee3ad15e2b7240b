use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use tokio::sync::mpsc;

use super::*;
use crate::fault::Fault;

struct Line {
    viber: Viber,
    hooks: mpsc::UnboundedReceiver<Value>,
    clock: Clock,
    http: reqwest::Client,
    _serving: Serving,
}

async fn hook(
    Extract(to): Extract<mpsc::UnboundedSender<Value>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    assert_eq!(headers["x-viber-content-signature"], sign::viber("token", &body).as_str());
    let event: Value = serde_json::from_slice(&body).unwrap();
    let opened = event["event"] == "conversation_started";
    to.send(event).unwrap();
    if opened {
        let welcome = json!({ "type": "text", "text": "Bienvenida" }).to_string();
        return ([(header::CONTENT_TYPE, "application/json")], welcome).into_response();
    }
    "ok".into_response()
}

async fn line() -> Line {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (to, hooks) = mpsc::unbounded_channel();
    let serving = serve(any, Router::new().route("/hook", post(hook)).with_state(to)).await.unwrap();
    let clock = Clock::new();
    let viber = Viber::start(any, clock.clone()).await.unwrap();
    viber.add_bot(Bot { token: "token".into(), name: "Casa".into() });
    let http = crate::delivery::client().unwrap();
    let url = format!("http://{}/hook", serving.addr);
    let mut line = Line { viber, hooks, clock, http, _serving: serving };
    assert_eq!(line.call("set_webhook", json!({ "url": url })).await["status"], 0);
    assert_eq!(line.next().await["event"], "webhook");
    line
}

impl Line {
    fn olena(&self) -> Handset {
        let human = Human { id: "0123456789A=".into(), name: "Olena".into() };
        self.viber.phone("token", human, Thread::default())
    }

    async fn next(&mut self) -> Value {
        self.hooks.recv().await.unwrap()
    }

    async fn call(&self, method: &str, mut body: Value) -> Value {
        body["auth_token"] = json!("token");
        let url = format!("{}/{method}", self.viber.base_url());
        let Ok(response) = self.http.post(url).body(body.to_string()).send().await else {
            return Value::Null;
        };
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default()
    }

    async fn send(&self, more: Value) -> Value {
        let mut body = json!({ "receiver": "0123456789A=", "type": "text" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.call("send_message", body).await
    }
}

#[tokio::test]
async fn a_conversation_with_a_keyboard_goes_both_ways_and_is_reported() {
    let mut line = line().await;
    let olena = line.olena();
    assert_eq!(line.send(json!({ "text": "hola" })).await["status"], 6);
    olena.say(Said::Opens(Some("poster".into()))).await;
    let opened = line.next().await;
    assert_eq!((&opened["event"], &opened["context"]), (&json!("conversation_started"), &json!("poster")));
    assert_eq!(olena.thread().bubbles()[0].text, "Bienvenida");
    olena.say(Said::Text("hola".into())).await;
    assert_eq!(line.next().await["message"]["text"], "hola");

    let key = |text: &str, body: &str, columns: &str| json!({ "ActionType": "reply", "ActionBody": body, "Text": text, "Columns": columns });
    let keyboard = json!({ "Type": "keyboard", "Buttons": [
        key("<b>Sí</b>", "yes", "3"), key("No", "no", "3"), key("Después", "later", "6"),
    ]});
    let sent = line.send(json!({ "text": "¿Sigue ahí?", "keyboard": keyboard })).await;
    assert_eq!(sent["status"], 0);
    for wanted in ["delivered", "seen"] {
        let report = line.next().await;
        assert_eq!((&report["event"], &report["message_token"]), (&json!(wanted), &sent["message_token"]));
    }
    let bubble = olena.thread().bubbles().pop().unwrap();
    let rows = bubble.keyboard.clone().unwrap().rows;
    assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(rows[0][0].title, "Sí");
    olena.say(olena.tap(&bubble.id, "Sí").unwrap()).await;
    assert_eq!(line.next().await["message"]["text"], "yes");

    olena.say(Said::Unsubscribes).await;
    assert_eq!(line.next().await["user_id"], "0123456789A=");
    assert_eq!(line.send(json!({ "text": "?" })).await["status"], 6);
}

#[tokio::test]
async fn what_viber_would_refuse_is_refused() {
    let line = line().await;
    let olena = line.olena();
    olena.say(Said::Subscribes).await;
    let columns = json!({ "Type": "keyboard", "Buttons": [{ "ActionBody": "x", "Columns": 7 }] });
    for (body, status) in [
        (json!({}), 4),
        (json!({ "text": "x", "receiver": "nobody" }), 5),
        (json!({ "text": "x".repeat(7_001) }), 3),
        (json!({ "text": "x", "tracking_data": "x".repeat(4_001) }), 3),
        (json!({ "text": "x", "min_api_version": "x".repeat(31_000) }), 3),
        (json!({ "text": "x", "sender": { "name": "x".repeat(29) } }), 3),
        (json!({ "text": "x", "keyboard": columns }), 3),
        (json!({ "text": "x", "keyboard": { "Type": "keyboard", "Buttons": [] } }), 4),
        (json!({ "type": "video", "media": "http://a.org/x.mp4" }), 4),
        (json!({ "type": "file", "media": "http://a.org/x.pdf", "size": 10 }), 4),
        (json!({ "type": "picture", "media": "x.jpg" }), 3),
        (json!({ "type": "dance" }), 3),
    ] {
        assert_eq!(line.send(body.clone()).await["status"], status, "{body}");
    }
    assert_eq!(olena.thread().len(), 0);
    assert_eq!(line.call("set_webhook", json!({ "url": "http://a.org/" })).await["status"], 1);
    assert_eq!(line.call("set_webhook", json!({ "url": "http://127.0.0.1:1/" })).await["status"], 1);
    assert_eq!(line.call("get_account_info", json!({})).await["subscribers_count"], 1);
    let url = format!("{}/get_account_info", line.viber.base_url());
    let stranger = line.http.post(url).body(r#"{"auth_token":"x"}"#).send().await.unwrap();
    let stranger: Value = serde_json::from_slice(&stranger.bytes().await.unwrap()).unwrap();
    assert_eq!(stranger["status"], 2);
}

#[tokio::test]
async fn faults_limits_and_late_reports() {
    let mut line = line().await;
    let olena = line.olena();
    olena.say(Said::Subscribes).await;
    assert_eq!(line.next().await["event"], "subscribed");
    for (fault, status) in [
        (Fault::ServerError, Value::Null),
        (Fault::Throttled, json!(12)),
        (Fault::BadCredentials, json!(2)),
        (Fault::Dropped, Value::Null),
    ] {
        line.viber.faults().next(fault);
        assert_eq!(line.send(json!({ "text": "x" })).await["status"], status, "{fault:?}");
    }
    assert_eq!(olena.thread().len(), 0);
    line.viber.faults().next(Fault::Unreachable);
    assert_eq!(line.send(json!({ "text": "x" })).await["status"], 0);
    assert_eq!(line.next().await["event"], "failed");

    line.viber.set_reports(Reports { doubled: true, reordered: true, held: true, ..Reports::default() });
    line.viber.faults().next(Fault::LostAnswer);
    assert_eq!(line.send(json!({ "text": "sí" })).await, Value::Null);
    line.viber.idle().await;
    assert_eq!(olena.thread().bubbles()[0].text, "sí");
    line.viber.release_reports().await;
    for wanted in ["delivered", "delivered", "seen", "seen"] {
        assert_eq!(line.next().await["event"], wanted);
    }

    for _ in 0..SILENT_LIMIT - 2 {
        assert_eq!(line.send(json!({ "text": "x" })).await["status"], 0);
    }
    assert_eq!(line.send(json!({ "text": "x" })).await["status"], 12);
    line.clock.advance(SILENT_HOUR);
    assert_eq!(line.send(json!({ "text": "x" })).await["status"], 0);
}
