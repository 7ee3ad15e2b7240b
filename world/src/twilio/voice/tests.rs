//! Calls both ways with `channels`' own scripts, so that what it writes is what a telephone does.
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use channels::voice::{self, AnsweredBy, Dial, Gather, Input, NewCall, Record, Script, Speech, Step, Takes};
use channels::{Headers, HttpRequest, Provider};
use tokio::sync::mpsc as channel;

use super::*;
use crate::clock::Clock;
use crate::serve::{Serving, serve};
use crate::thread::Side;
use crate::twilio::Account;

const LINE: &str = "+59325550101";
const PERSON: &str = "+593991112233";

#[derive(Clone)]
struct Answers {
    account: Arc<channels::Account>,
    base: String,
    heard: channel::UnboundedSender<voice::Call>,
}

struct Town {
    twilio: Twilio,
    amina: Telephone,
    answers: Answers,
    heard: channel::UnboundedReceiver<voice::Call>,
    http: reqwest::Client,
    _serving: Serving,
}

fn say(text: &str) -> Speech {
    Speech { text: text.to_owned(), locale: "spa-EC".to_owned(), audio: None }
}

fn gather(base: &str) -> Step {
    Step::Gather(Gather {
        prompt: vec![say("Uno, asilo. Dos, una persona.")],
        again: vec![],
        takes: Takes::Either,
        digits: Some(1),
        finish_key: Some('#'),
        timeout: Duration::from_secs(5),
        tries: 2,
        hints: vec![],
        answer_to: format!("{base}/in"),
    })
}

fn script(base: &str, call: &voice::Call) -> Vec<Step> {
    let digits = |wanted: &str| matches!(&call.input, Some(Input::Digits { digits }) if digits == wanted);
    match &call.input {
        None if call.answered_by == Some(AnsweredBy::Machine) => vec![Step::Hangup],
        None if call.dialled.is_some() => vec![Step::Say(say("Adiós.")), Step::Hangup],
        None => vec![Step::Say(say("Casa, buenos días.")), gather(base)],
        Some(_) if digits("1") => vec![Step::Record(Record {
            prompt: vec![say("Hable después del tono.")],
            longest: Duration::from_secs(30),
            silence: Duration::from_secs(5),
            finish_key: Some('#'),
            answer_to: format!("{base}/in"),
        })],
        Some(Input::Recording { .. }) => vec![Step::Say(say("Gracias.")), Step::Hangup],
        Some(Input::Speech { .. }) => vec![Step::Dial(Dial {
            number: "+59325550999".into(),
            ringing: Duration::from_secs(20),
            longest: Duration::from_secs(600),
            answer_to: format!("{base}/in"),
        })],
        Some(_) => vec![Step::Hangup],
    }
}

async fn hook(Extract(line): Extract<Answers>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut kept = Headers::new();
    for (name, value) in &headers {
        kept.append(name.as_str(), value.to_str().unwrap());
    }
    let url = format!("{}{uri}", line.base);
    let request = HttpRequest { method: "POST".into(), url, headers: kept, body: body.to_vec() };
    channels::verify(&line.account, &request).unwrap();
    let call = voice::hear(&line.account, &request).unwrap();
    line.heard.send(call.clone()).unwrap();
    if call.is_report {
        return "".into_response();
    }
    let steps = script(&line.base, &call);
    let spoken = voice::render(&line.account, &Script { steps }).unwrap();
    spoken.response.body.into_response()
}

async fn town() -> Town {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let twilio = Twilio::start(any, Clock::new()).await.unwrap();
    let settings = serde_json::json!({
        "account_sid": "AC1", "auth_token": "token", "base_url": twilio.base_url(),
    });
    let account = channels::Account::new(Provider::Twilio, LINE, None, &settings).unwrap();
    let (heard, hears) = channel::unbounded_channel();
    let port = crate::postgres::free_port().unwrap();
    let answers = Answers { account: Arc::new(account), base: format!("http://127.0.0.1:{port}"), heard };
    let router = Router::new().route("/in", post(hook)).with_state(answers.clone());
    let serving = serve(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), router).await.unwrap();
    twilio.add_account(Account {
        sid: "AC1".into(),
        token: "token".into(),
        number: LINE.into(),
        webhook_url: format!("{}/sms", answers.base),
    });
    twilio.set_voice_hook("AC1", &format!("{}/in", answers.base), "");
    let amina = twilio.telephone("AC1", PERSON, Thread::default());
    let http = crate::delivery::client().unwrap();
    Town { twilio, amina, answers, heard: hears, http, _serving: serving }
}

impl Town {
    async fn hears(&self, words: &str) {
        let thread = self.amina.thread();
        let mut changes = thread.watch();
        let newest = |thread: &Thread| {
            let line = thread.bubbles().into_iter().rev().find(|bubble| bubble.from == Side::Line);
            line.is_some_and(|bubble| bubble.text.contains(words))
        };
        let search = async {
            while !newest(thread) {
                changes.changed().await.unwrap();
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), search).await;
        found.unwrap_or_else(|_| panic!("nobody said {words:?}\n{}", thread.transcript("amina")));
    }

    async fn rings_amina(&self) -> u16 {
        let url = format!("{}/in", self.answers.base);
        let new = NewCall {
            id: uuid::Uuid::nil(),
            to: format!("tel:{PERSON}").parse().unwrap(),
            answer_url: url.clone(),
            status_url: url,
            detect_machine: true,
            ringing: Duration::from_secs(30),
        };
        let request = voice::call(&self.answers.account, &new).unwrap();
        let mut call = self.http.post(&request.url).body(request.body.clone());
        for (name, value) in request.headers.iter() {
            call = call.header(name, value);
        }
        call.send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_person_calls_presses_keys_and_speaks_after_the_tone() {
    let mut town = town().await;
    town.amina.calls();
    town.hears("Dos, una persona").await;
    // She waits too long, and is asked once more.
    town.amina.stays_silent();
    town.hears("Dos, una persona").await;
    town.amina.presses("1");
    town.hears("(a tone").await;
    town.amina.records(Bytes::from_static(b"RIFF voice"), 7);
    town.amina.until(CallState::Completed).await;
    let began = town.heard.recv().await.unwrap();
    assert_eq!((began.direction, began.input.is_none()), (voice::Direction::In, true));
    assert_eq!(town.heard.recv().await.unwrap().input, Some(Input::Digits { digits: "1".into() }));
    let recorded = town.heard.recv().await.unwrap().input;
    let Some(Input::Recording { url, seconds: Some(7) }) = recorded else { panic!("{recorded:?}") };
    let file = town.http.get(url).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(&file[..], b"RIFF voice");
    let said = town.amina.thread().transcript("amina");
    assert!(said.contains("Gracias."), "{said}");
    assert_eq!(town.twilio.calls()[0].state, CallState::Completed);
}

#[tokio::test]
async fn a_person_is_called_and_put_through() {
    let mut town = town().await;
    town.twilio.set_dialled("completed", 42);
    assert_eq!(town.rings_amina().await, 201);
    town.amina.until(CallState::Ringing).await;
    town.amina.picks_up();
    town.hears("Dos, una persona").await;
    town.amina.speaks("una persona");
    town.amina.until(CallState::Completed).await;
    let mut all = Vec::new();
    while let Ok(call) = town.heard.try_recv() {
        all.push(call);
    }
    let reports: Vec<_> = all.iter().filter(|call| call.is_report).map(|call| call.status).collect();
    use voice::CallStatus::{Active, Completed, Ringing};
    assert_eq!(reports, [Ringing, Active, Completed]);
    let dialled = all.iter().find_map(|call| call.dialled).unwrap();
    assert_eq!((dialled.status, dialled.seconds), (Completed, 42));
    assert!(all.iter().any(|call| call.answered_by == Some(AnsweredBy::Person)));
}

#[tokio::test]
async fn machines_refusals_and_empty_rooms_are_told_apart() {
    let mut town = town().await;
    type Deed = fn(&Telephone);
    let cases: [(Deed, CallState); 3] = [
        (Telephone::machine_picks_up, CallState::Completed),
        (Telephone::declines, CallState::Busy),
        (Telephone::stays_silent, CallState::NoAnswer),
    ];
    for (act, ends) in cases {
        assert_eq!(town.rings_amina().await, 201);
        town.amina.until(CallState::Ringing).await;
        act(&town.amina);
        town.amina.until(ends).await;
    }
    let said = town.amina.thread().transcript("amina");
    assert!(!said.contains("Casa, buenos"), "nothing is said to a machine: {said}");
    let mut heard = Vec::new();
    while let Ok(call) = town.heard.try_recv() {
        heard.push(call);
    }
    assert!(heard.iter().any(|call| call.answered_by == Some(AnsweredBy::Machine)));
    // Hanging up in the middle ends the call.
    town.amina.calls();
    town.hears("Dos, una persona").await;
    town.amina.hangs_up();
    town.amina.until(CallState::Completed).await;
}

#[tokio::test]
async fn what_twilio_would_refuse_is_refused() {
    let town = town().await;
    for (fields, code) in [
        (vec![("From", LINE), ("Url", "http://a.org/")], 21_201),
        (vec![("To", "099"), ("From", LINE), ("Url", "http://a.org/")], 21_217),
        (vec![("To", PERSON), ("From", "+15550000"), ("Url", "http://a.org/")], 21_210),
        (vec![("To", PERSON), ("From", LINE)], 21_205),
    ] {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let url = format!("{}/2010-04-01/Accounts/AC1/Calls.json", town.twilio.base_url());
        let request = town.http.post(url).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.header("authorization", "Basic QUMxOnRva2Vu").body(body).send().await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(answer["code"], code);
    }
}
