use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;

use super::*;
use crate::clock::Clock;
use crate::serve::{Serving, serve};
use crate::thread::{Choice, Side};
use crate::{meta, telegram, twilio, viber};

struct Demo {
    base: String,
    phones: Phones,
    http: reqwest::Client,
    _servings: [Serving; 2],
}

async fn demo(folder: &FilePath) -> Demo {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let hook = Router::new().route("/hook", post(|| async { StatusCode::OK }));
    let hook = serve(any, hook).await.unwrap();
    let url = format!("http://{}/hook", hook.addr);
    let providers = Providers::start(&Clock::new()).await.unwrap();
    providers.meta.add_account(meta::Account {
        phone_number_id: "1".into(),
        display_phone_number: "+593 2 555 0100".into(),
        business_account_id: "2".into(),
        token: "t".into(),
        app_secret: "s".into(),
        webhook_url: url.clone(),
    });
    providers.twilio.add_account(twilio::Account {
        sid: "AC1".into(),
        token: "t".into(),
        number: "+59325550101".into(),
        webhook_url: url.clone(),
    });
    let bot = telegram::Bot { token: "1:t".into(), username: "casa_bot".into(), name: "Casa".into() };
    providers.telegram.add_bot(bot);
    let to = telegram::Hook { url: url.clone(), secret_token: None, allowed_updates: vec![] };
    providers.telegram.set_hook("1:t", to);
    providers.viber.add_bot(viber::Bot { token: "v".into(), name: "Casa".into() });
    providers.viber.set_hook("v", &url);
    let line = Line {
        name: "Casa".into(),
        phone_number_id: "1".into(),
        account_sid: "AC1".into(),
        telegram_token: "1:t".into(),
        viber_token: "v".into(),
    };
    let places = vec![Place { name: "Console".into(), url: "http://127.0.0.1:1/".into() }];
    let phones = Phones::open(providers, None, line, places, Some(folder)).unwrap();
    let serving = serve(any, phones.routes()).await.unwrap();
    let base = format!("http://{}", serving.addr);
    Demo { base, phones, http: crate::delivery::client().unwrap(), _servings: [hook, serving] }
}

impl Demo {
    async fn post(&self, path: &str, body: Value) -> u16 {
        let request =
            self.http.post(format!("{}{path}", self.base)).header("content-type", "application/json");
        request.body(body.to_string()).send().await.unwrap().status().as_u16()
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn until(&self, phone: &str, bubbles: usize) -> Vec<Bubble> {
        let thread = self.phones.inner.phone(phone).unwrap().handset.thread().clone();
        let mut changes = thread.watch();
        let settled = |thread: &Thread| {
            let all = thread.bubbles();
            all.len() == bubbles && all.iter().all(|b| b.status != crate::thread::Progress::Sending)
        };
        while !settled(&thread) {
            changes.changed().await.unwrap();
        }
        thread.bubbles()
    }
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("world-phones-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn phones_write_tap_and_survive_a_restart() {
    let folder = folder("restart");
    let first = demo(&folder).await;
    let phones = first.get("/phones").await;
    assert_eq!(phones.as_array().unwrap().len(), 6);
    assert_eq!(phones[2]["number"], Value::Null, "{phones}");
    assert_eq!(first.post("/phones/phone-1/messages", json!({ "text": "hola" })).await, 202);
    first.until("phone-1", 1).await;

    let thread = first.phones.inner.phone("phone-1").unwrap().handset.thread().clone();
    let mut menu = Bubble::text("wamid.1".into(), jiff::Timestamp::UNIX_EPOCH, Side::Line, "¿Idioma?");
    menu.status = crate::thread::Progress::Read;
    menu.choices = vec![Choice { id: "spa".into(), title: "Español".into(), description: None }];
    thread.put(menu);
    assert_eq!(first.post("/phones/phone-1/messages", json!({ "choice_id": "spa" })).await, 202);
    let bubbles = first.until("phone-1", 3).await;
    assert_eq!(bubbles[2].text, "Español");
    for body in [json!({}), json!({ "text": " " }), json!({ "choice_id": "fra" })] {
        assert_eq!(first.post("/phones/phone-1/messages", body).await, 400);
    }
    assert_eq!(first.post("/phones/nobody/messages", json!({ "text": "x" })).await, 404);
    assert_eq!(first.post("/phones", json!({ "name": "Rosa", "kind": "sms" })).await, 201);
    drop(first);

    let second = demo(&folder).await;
    assert_eq!(second.get("/phones").await.as_array().unwrap().len(), 7);
    let again = second.phones.inner.phone("phone-1").unwrap().handset.thread().bubbles();
    assert_eq!(again, bubbles);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_phone_streams_what_it_shows() {
    let folder = folder("events");
    let demo = demo(&folder).await;
    demo.post("/phones/phone-2/messages", json!({ "text": "hola" })).await;
    demo.until("phone-2", 1).await;
    let mut stream = demo.http.get(format!("{}/phones/phone-2/events", demo.base)).send().await.unwrap();
    let chunk = stream.chunk().await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&chunk);
    assert!(text.contains("event: bubble") && text.contains("\"text\":\"hola\""), "{text}");
    let mut all = demo.http.get(format!("{}/events", demo.base)).send().await.unwrap();
    let chunk = all.chunk().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&chunk).contains("event: phone"));
    let page = demo.http.get(format!("{}/", demo.base)).send().await.unwrap();
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    std::fs::remove_dir_all(folder).unwrap();
}
