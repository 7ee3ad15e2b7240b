use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::SignedDuration;
use serde_json::json;
use tokio::sync::mpsc;

use super::*;
use crate::fault::Fault;
use crate::thread::Place;

struct Line {
    telegram: Telegram,
    hooks: mpsc::UnboundedReceiver<Value>,
    hook_url: String,
    clock: Clock,
    http: reqwest::Client,
    _serving: Serving,
}

async fn hook(
    Extract(to): Extract<mpsc::UnboundedSender<Value>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    assert_eq!(headers["x-telegram-bot-api-secret-token"], "hush");
    to.send(serde_json::from_slice(&body).unwrap()).unwrap();
    StatusCode::OK
}

async fn line() -> Line {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (to, hooks) = mpsc::unbounded_channel();
    let serving = serve(any, Router::new().route("/hook", post(hook)).with_state(to)).await.unwrap();
    let clock = Clock::new();
    let telegram = Telegram::start(any, clock.clone()).await.unwrap();
    telegram.add_bot(Bot { token: "7:abc".into(), username: "casa_bot".into(), name: "Casa".into() });
    let hook_url = format!("http://{}/hook", serving.addr);
    let http = crate::delivery::client().unwrap();
    let line = Line { telegram, hooks, hook_url, clock, http, _serving: serving };
    let kinds = "[\"message\",\"edited_message\",\"callback_query\",\"my_chat_member\"]";
    let given = [("url", line.hook_url.as_str()), ("secret_token", "hush"), ("allowed_updates", kinds)];
    assert_eq!(line.call("setWebhook", &given).await, (200, json!(true)));
    line
}

impl Line {
    fn yusuf(&self) -> Handset {
        let human = Human { id: 51, name: "Yusuf".into(), username: None, phone: Some("593991".into()) };
        self.telegram.phone("7:abc", human, Thread::default())
    }

    /// Status and result, or status and description.
    async fn call(&self, method: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let url = format!("{}/bot7:abc/{method}", self.telegram.base_url());
        let request =
            self.http.post(url).header("content-type", "application/x-www-form-urlencoded").body(body);
        let Ok(response) = request.send().await else { return (0, Value::Null) };
        let status = response.status().as_u16();
        let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        let key = if answer["ok"] == json!(true) { "result" } else { "description" };
        (status, answer[key].clone())
    }

    async fn texts(&self, text: &str, more: &[(&str, &str)]) -> (u16, Value) {
        let fields = [&[("chat_id", "51"), ("text", text)], more].concat();
        self.call("sendMessage", &fields).await
    }
}

#[tokio::test]
async fn a_conversation_with_keys_goes_both_ways() {
    let mut line = line().await;
    let yusuf = line.yusuf();
    assert_eq!(line.texts("hola", &[]).await.0, 403);
    yusuf.say(Said::Start(Some("ad".into()))).await;
    assert_eq!(line.hooks.recv().await.unwrap()["message"]["text"], "/start ad");
    let keys = r#"{"keyboard":[[{"text":"Sí"},{"text":"Aquí estoy","request_location":true}]],"one_time_keyboard":true}"#;
    let (status, sent) =
        line.texts("*¿Sigue* ahí?", &[("parse_mode", "Markdown"), ("reply_markup", keys)]).await;
    assert_eq!((status, &sent["text"]), (200, &json!("¿Sigue ahí?")));
    let bubble = yusuf.thread().bubbles().pop().unwrap();
    let keyboard = bubble.keyboard.clone().unwrap();
    assert_eq!((keyboard.place, keyboard.one_time, bubble.choices.len()), (Place::Bottom, true, 2));
    yusuf.say(yusuf.tap(&bubble.id, "Sí").unwrap()).await;
    assert_eq!(line.hooks.recv().await.unwrap()["message"]["text"], "Sí");
    yusuf.say(yusuf.tap(&bubble.id, "Aquí estoy").unwrap()).await;
    assert!(line.hooks.recv().await.unwrap()["message"]["location"]["latitude"].is_f64());

    let under = r#"{"inline_keyboard":[[{"text":"Más","callback_data":"more"},{"text":"Web","url":"https://a.org"}]]}"#;
    line.texts("Elija", &[("reply_markup", under)]).await;
    let bubble = yusuf.thread().bubbles().pop().unwrap();
    assert_eq!(bubble.choices.len(), 1);
    assert!(yusuf.tap(&bubble.id, "Web").is_none());
    yusuf.say(yusuf.tap(&bubble.id, "more").unwrap()).await;
    let query = line.hooks.recv().await.unwrap()["callback_query"].clone();
    assert_eq!((&query["data"], &query["message"]["text"]), (&json!("more"), &json!("Elija")));
    let id = query["id"].as_str().unwrap();
    assert_eq!(line.call("answerCallbackQuery", &[("callback_query_id", id)]).await.0, 200);
    assert_eq!(line.call("answerCallbackQuery", &[("callback_query_id", id)]).await.0, 400);
}

#[tokio::test]
async fn edits_files_doubles_and_blocks_come_as_telegram_brings_them() {
    let mut line = line().await;
    let yusuf = line.yusuf();
    yusuf.say_twice(Said::Text("hola".into())).await;
    let (first, again) = (line.hooks.recv().await.unwrap(), line.hooks.recv().await.unwrap());
    assert_eq!(first, again);
    let mine = yusuf.thread().bubbles()[0].id.clone();
    yusuf.say(Said::Edit { message: mine.clone(), text: "hola a todos".into() }).await;
    let edited = line.hooks.recv().await.unwrap()["edited_message"].clone();
    assert_eq!((edited["message_id"].to_string(), &edited["text"]), (mine, &json!("hola a todos")));
    assert!(yusuf.thread().bubbles()[0].edited);

    yusuf.say(Said::file("image", "image/jpeg", Bytes::from_static(b"\xff\xd8\xff picture"))).await;
    let photo = line.hooks.recv().await.unwrap()["message"]["photo"][0].clone();
    let (_, file) = line.call("getFile", &[("file_id", photo["file_id"].as_str().unwrap())]).await;
    let path = file["file_path"].as_str().unwrap();
    let fetch =
        |token: &str| line.http.get(format!("{}/file/bot{token}/{path}", line.telegram.base_url())).send();
    assert_eq!(&fetch("7:abc").await.unwrap().bytes().await.unwrap()[4..], b"picture");
    assert_eq!(fetch("7:xyz").await.unwrap().status(), 404);
    assert_eq!(line.call("getFile", &[("file_id", "nothing")]).await.0, 400);

    // Reactions were not asked for.
    yusuf.say(Said::Reaction { emoji: "👍".into(), to: "1".into() }).await;
    yusuf.say(Said::Block).await;
    let member = line.hooks.recv().await.unwrap()["my_chat_member"].clone();
    assert_eq!(member["new_chat_member"]["status"], "kicked");
    assert_eq!(line.texts("?", &[]).await, (403, json!("Forbidden: bot was blocked by the user")));
    yusuf.say(Said::Unblock).await;
    assert_eq!(line.texts("!", &[]).await.0, 200);
}

#[tokio::test]
async fn what_telegram_would_refuse_is_refused() {
    let line = line().await;
    line.yusuf().say(Said::Start(None)).await;
    let long = "x".repeat(4097);
    let data = format!(r#"{{"inline_keyboard":[[{{"text":"x","callback_data":"{}"}}]]}}"#, "y".repeat(65));
    for (method, fields, why) in [
        ("sendMessage", vec![("text", "x")], "chat_id is empty"),
        ("sendMessage", vec![("chat_id", "9"), ("text", "x")], "chat not found"),
        ("sendMessage", vec![("chat_id", "51"), ("text", " ")], "message text is empty"),
        ("sendMessage", vec![("chat_id", "51"), ("text", &long)], "message is too long"),
        (
            "sendMessage",
            vec![("chat_id", "51"), ("text", "a_b"), ("parse_mode", "Markdown")],
            "can't parse entities: Can't find end of the entity starting at byte offset 1",
        ),
        (
            "sendMessage",
            vec![("chat_id", "51"), ("text", "x"), ("reply_markup", &data)],
            "BUTTON_DATA_INVALID",
        ),
        (
            "sendMessage",
            vec![("chat_id", "51"), ("text", "x"), ("reply_to_message_id", "1")],
            "message to be replied not found",
        ),
        (
            "sendPhoto",
            vec![("chat_id", "51"), ("photo", "http://127.0.0.1:1/x")],
            "failed to get HTTP URL content",
        ),
        (
            "setWebhook",
            vec![("url", "http://a.org/")],
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (
            "setWebhook",
            vec![("url", "https://a.org/"), ("secret_token", "a b")],
            "secret token contains unallowed characters",
        ),
    ] {
        assert_eq!(line.call(method, &fields).await, (400, json!(format!("Bad Request: {why}"))));
    }
    assert_eq!(line.call("sendNothing", &[]).await.0, 404);
    let stranger = format!("{}/bot7:xyz/getMe", line.telegram.base_url());
    assert_eq!(line.http.get(stranger).send().await.unwrap().status(), 401);
    assert_eq!(line.call("getMe", &[]).await.1["username"], "casa_bot");
    assert_eq!(line.call("getWebhookInfo", &[]).await.1["url"], line.hook_url.as_str());
}

#[tokio::test]
async fn faults_and_floods_are_answered_as_documented() {
    let line = line().await;
    let yusuf = line.yusuf();
    yusuf.say(Said::Start(None)).await;
    for (fault, status, shown) in [
        (Fault::ServerError, 500, 0),
        (Fault::Throttled, 429, 0),
        (Fault::BadCredentials, 401, 0),
        (Fault::Unreachable, 400, 0),
        (Fault::Dropped, 0, 0),
        (Fault::LostAnswer, 0, 1),
    ] {
        line.telegram.faults().next(fault);
        let before = yusuf.thread().len();
        assert_eq!(line.texts("x", &[]).await.0, status, "{fault:?}");
        assert_eq!(yusuf.thread().len() - before, shown, "{fault:?}");
    }
    let mut refused = None;
    for _ in 0..40 {
        let (status, why) = line.texts("x", &[]).await;
        if status != 200 {
            refused = Some((status, why));
            break;
        }
    }
    let (status, why) = refused.unwrap();
    assert_eq!((status, why), (429, json!("Too Many Requests: retry after 1")));
    line.clock.advance(SignedDuration::from_secs(2));
    assert_eq!(line.texts("x", &[]).await.0, 200);
}
