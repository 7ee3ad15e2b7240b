use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use serde_json::Value;
use tokio::sync::mpsc;

use super::*;
use crate::fault::Fault;

type Fields = HashMap<String, String>;

struct Line {
    twilio: Twilio,
    hooks: mpsc::UnboundedReceiver<(String, Fields)>,
    base: String,
    http: reqwest::Client,
    _serving: Serving,
}

async fn hook(
    State(to): State<mpsc::UnboundedSender<(String, Fields)>>,
    uri: axum::http::Uri,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> StatusCode {
    let fields: Vec<(String, String)> = form_urlencoded::parse(&form).into_owned().collect();
    let host = headers["host"].to_str().unwrap();
    let right = sign::twilio("token", &format!("http://{host}{uri}"), &fields);
    assert_eq!(headers["x-twilio-signature"], right.as_str());
    to.send((uri.to_string(), fields.into_iter().collect())).unwrap();
    StatusCode::OK
}

async fn line() -> Line {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (to, hooks) = mpsc::unbounded_channel();
    let router = Router::new().route("/in", post(hook)).route("/status", post(hook)).with_state(to);
    let serving = serve(any, router).await.unwrap();
    let base = format!("http://{}", serving.addr);
    let twilio = Twilio::start(any, Clock::new()).await.unwrap();
    twilio.add_account(Account {
        sid: "AC1".into(),
        token: "token".into(),
        number: "+59325550101".into(),
        webhook_url: format!("{base}/in?line=casa#rc=5"),
    });
    Line { twilio, hooks, base, http: crate::delivery::client().unwrap(), _serving: serving }
}

impl Line {
    async fn send(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .http
            .post(format!("{}/2010-04-01/Accounts/AC1/Messages.json", self.twilio.base_url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", basic())
            .body(body);
        let Ok(response) = request.send().await else { return (0, Value::Null) };
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }
}

fn basic() -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("AC1:token"))
}

const NUMBERS: [(&str, &str); 2] = [("From", "+59325550101"), ("To", "+593991112233")];

#[tokio::test]
async fn an_sms_comes_in_signed_and_the_answer_is_reported_to_its_callback() {
    let mut line = line().await;
    let luis = line.twilio.phone("AC1", "+593991112233", Thread::default());
    luis.say("hola ñandú").await;
    let (uri, fields) = line.hooks.recv().await.unwrap();
    assert_eq!(uri, "/in?line=casa");
    assert_eq!((fields["Body"].as_str(), fields["From"].as_str()), ("hola ñandú", "+593991112233"));

    let callback = format!("{}/status?id=7", line.base);
    let mut request = NUMBERS.to_vec();
    request.extend([("Body", "buenas"), ("StatusCallback", callback.as_str())]);
    let (status, answer) = line.send(&request).await;
    assert_eq!((status, &answer["status"]), (201, &Value::from("queued")));
    for wanted in ["queued", "sent", "delivered"] {
        let (uri, fields) = line.hooks.recv().await.unwrap();
        assert_eq!((uri.as_str(), fields["MessageStatus"].as_str()), ("/status?id=7", wanted));
        assert_eq!(Value::from(fields["MessageSid"].clone()), answer["sid"]);
    }
    line.twilio.idle().await;
    let bubble = luis.thread().bubbles()[1].clone();
    assert_eq!((bubble.text.as_str(), bubble.status), ("buenas", Progress::Delivered));
}

#[tokio::test]
async fn what_twilio_would_refuse_is_refused() {
    let line = line().await;
    let long = "x".repeat(1601);
    for (fields, code) in [
        (vec![("From", "+59325550101"), ("Body", "x")], 21_604),
        (vec![("From", "+59325550101"), ("To", "0991112233"), ("Body", "x")], 21_211),
        (vec![("To", "+593991112233"), ("Body", "x")], 21_603),
        (vec![("From", "+15550000"), ("To", "+593991112233"), ("Body", "x")], 21_606),
        (NUMBERS.to_vec(), 21_602),
        ([NUMBERS.to_vec(), vec![("Body", long.as_str())]].concat(), 21_617),
    ] {
        let (status, answer) = line.send(&fields).await;
        assert_eq!((status, answer["code"].as_u64()), (400, Some(code)));
    }
    let url = format!("{}/2010-04-01/Accounts/AC1/Messages.json", line.twilio.base_url());
    assert_eq!(line.http.post(url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_can_be_looked_up() {
    let line = line().await;
    let luis = line.twilio.phone("AC1", "+593991112233", Thread::default());
    let request = [NUMBERS.to_vec(), vec![("Body", "sí")]].concat();
    for (fault, status) in [(Fault::ServerError, 500), (Fault::Throttled, 429), (Fault::LostAnswer, 0)] {
        line.twilio.faults().next(fault);
        assert_eq!(line.send(&request).await.0, status);
    }
    assert_eq!(luis.thread().len(), 1);
    let list = format!("{}/2010-04-01/Accounts/AC1/Messages.json?To=%2B593991112233", line.twilio.base_url());
    let answer = line.http.get(list).header("authorization", basic()).send().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(answer["messages"].as_array().unwrap().len(), 1);
    assert_eq!(answer["messages"][0]["body"], "sí");
}

#[tokio::test]
async fn a_number_that_nobody_has_is_reported_as_undelivered() {
    let mut line = line().await;
    let callback = format!("{}/status", line.base);
    let request = [NUMBERS.to_vec(), vec![("Body", "x"), ("StatusCallback", callback.as_str())]].concat();
    line.send(&request).await;
    let (_, fields) = line.hooks.recv().await.unwrap();
    assert_eq!((fields["MessageStatus"].as_str(), fields["ErrorCode"].as_str()), ("undelivered", "30003"));
}

#[test]
fn the_url_of_a_webhook_may_ask_for_more_tries() {
    assert_eq!(split_retries("http://a/b?c=1#rc=3&rp=all"), ("http://a/b?c=1", 3));
    assert_eq!(split_retries("http://a/b#rc=99"), ("http://a/b", 5));
    assert_eq!(split_retries("http://a/b"), ("http://a/b", 1));
}
