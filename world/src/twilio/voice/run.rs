//! One call from its first ring to its end.
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;

use super::super::{Account, Inner, MAX_HELD};
use super::{Call, CallState, MAX_KEPT};
use crate::sign;
use crate::telephone::xml::{self, Element};
use crate::telephone::{Act, Line, Note, next_act};
use crate::thread::{Media, Side};

/// A call ends after so many documents and so many verbs, as one that goes in circles would never.
const MAX_DOCUMENTS: usize = 100;
const MAX_VERBS: usize = 1_000;
/// Twilio's own defaults: seconds to wait for a key or a word, of silence that end a recording, of ringing.
const GATHER_SECONDS: u64 = 5;
const SILENCE_SECONDS: u64 = 5;
/// The largest file that is played.
const MAX_PLAYED_BYTES: usize = 40 * 1024 * 1024;

type Fields = Vec<(String, String)>;

fn field(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// What comes after a verb.
enum Next {
    GoOn,
    /// Another document: its address, and what was heard.
    Ask(String, Fields),
    End,
    /// The call was not taken at all.
    Refused,
}

struct Running {
    inner: Arc<Inner>,
    account: Arc<Account>,
    call: Call,
    line: Line,
    /// The address of the document that is done at this moment: others may be relative to it.
    at: String,
    /// Keys that were pressed before they were asked for.
    ahead: String,
    reports: u32,
    verbs: usize,
}

/// Begins a call in the background; without a telephone, nobody has the number.
pub(super) fn begin(inner: &Arc<Inner>, account: &Arc<Account>, call: Call, line: Option<Line>) {
    {
        let mut state = inner.state();
        if state.exchange.calls.len() == MAX_KEPT {
            state.exchange.calls.pop_front();
        }
        state.exchange.calls.push_back(call.clone());
    }
    let (inner, account) = (inner.clone(), account.clone());
    // Not counted as under way: a call waits for people, and stories for neither.
    tokio::spawn(async move {
        let known = line.is_some();
        let line = line.unwrap_or_else(Line::nowhere);
        let at = call.url.clone();
        let mut running =
            Running { inner, account, call, line, at, ahead: String::new(), reports: 0, verbs: 0 };
        if !known {
            return running.stands(CallState::Failed).await;
        }
        let heard = running.line.heard.clone();
        let mut heard = heard.lock().await;
        // What was done with the telephone before this call has nothing to do with it.
        if !running.call.inbound {
            while heard.try_recv().is_ok() {}
        }
        let end = running.rings_and_talks(&mut heard).await;
        running.stands(end).await;
    });
}

impl Running {
    fn says(&self, kind: &str, text: &str, media: Option<Media>) {
        self.note(Side::Line, Note { kind, text, media });
    }

    fn does(&self, kind: &str, text: &str, media: Option<Media>) {
        self.note(Side::Me, Note { kind, text, media });
    }

    fn note(&self, from: Side, note: Note<'_>) {
        self.line.note(self.inner.sid("VO"), self.inner.clock.now(), from, note);
    }

    async fn rings_and_talks(&mut self, heard: &mut Receiver<Act>) -> CallState {
        if self.call.inbound {
            self.does("call", "(calls)", None);
        } else {
            self.says("call", "(rings)", None);
            self.stands(CallState::Ringing).await;
            loop {
                match next_act(heard, self.call.timeout).await {
                    Some(Act::PickUp) => {
                        self.does("call", "(picks up)", None);
                        break self.call.answered_by = Some("human");
                    }
                    Some(Act::Machine) => {
                        self.does("call", "(an answering machine picks up)", None);
                        break self.call.answered_by = Some("machine_start");
                    }
                    Some(Act::Decline | Act::HangUp) => return CallState::Busy,
                    Some(Act::Cancelled) => return CallState::Canceled,
                    Some(Act::Silence) | None => return CallState::NoAnswer,
                    Some(_) => {}
                }
            }
        }
        let answered = self.inner.clock.now();
        self.stands(CallState::InProgress).await;
        let end = self.talk(heard).await;
        let seconds = self.inner.clock.now().duration_since(answered).as_secs();
        self.call.seconds = u64::try_from(seconds).unwrap_or(0);
        end
    }

    /// Document after document.
    async fn talk(&mut self, heard: &mut Receiver<Act>) -> CallState {
        let mut next = (self.call.url.clone(), Fields::new());
        for _ in 0..MAX_DOCUMENTS {
            let Some(document) = self.ask(&next.0, &next.1).await else {
                self.says("say", "An application error has occurred. Goodbye.", None);
                return if self.call.inbound { CallState::Failed } else { CallState::Completed };
            };
            match self.perform(&document, heard).await {
                Next::Ask(url, fields) => next = (url, fields),
                Next::Refused => return CallState::Busy,
                Next::GoOn | Next::End => return CallState::Completed,
            }
        }
        CallState::Completed
    }

    /// The verbs of one document in order.
    async fn perform(&mut self, document: &Element, heard: &mut Receiver<Act>) -> Next {
        for verb in &document.children {
            self.verbs += 1;
            if self.verbs > MAX_VERBS {
                return Next::End;
            }
            let next = match verb.name.as_str() {
                "Say" | "Play" | "Pause" => self.utter(verb).await,
                "Gather" => self.gather(verb, heard).await,
                "Record" => self.record(verb, heard).await,
                "Dial" => self.dial(verb),
                "Reject" if self.at == self.call.url => Next::Refused,
                "Redirect" => Next::Ask(self.absolute(&verb.text), Fields::new()),
                // Verbs that Twilio does not know end a call with an error; so do those that this fake does not know.
                _ => Next::End,
            };
            if !matches!(next, Next::GoOn) {
                return next;
            }
            if self.hung_up(heard) {
                return Next::End;
            }
        }
        Next::GoOn
    }

    /// Whether she hung up while something was said; keys are kept for the next question.
    fn hung_up(&mut self, heard: &mut Receiver<Act>) -> bool {
        while let Ok(act) = heard.try_recv() {
            match act {
                Act::HangUp | Act::Decline => return true,
                Act::Keys(keys) => {
                    self.does("keys", &keys, None);
                    self.ahead.push_str(&keys);
                }
                _ => {}
            }
        }
        false
    }

    async fn utter(&mut self, verb: &Element) -> Next {
        match verb.name.as_str() {
            "Say" => {
                let language = verb.attribute("language").unwrap_or("en-US");
                self.says(&format!("say {language}"), &verb.text, None);
            }
            "Play" => {
                let url = self.absolute(&verb.text);
                let bytes = self.inner.carrier.fetch(&url, MAX_PLAYED_BYTES).await;
                let Some(bytes) = bytes else {
                    self.says("say", "(a recording that cannot be fetched)", None);
                    return Next::GoOn;
                };
                let media = Media { content_type: "audio".into(), url, size: Some(bytes.len()) };
                self.says("play", "", Some(media));
            }
            _ => {}
        }
        Next::GoOn
    }

    async fn gather(&mut self, verb: &Element, heard: &mut Receiver<Act>) -> Next {
        for prompt in &verb.children {
            self.utter(prompt).await;
        }
        let takes = verb.attribute("input").unwrap_or("dtmf");
        let (digits, speech) = (takes.contains("dtmf"), takes.contains("speech"));
        let wanted = verb.number("numDigits").unwrap_or(u64::MAX);
        let finish = verb.attribute("finishOnKey").unwrap_or("#").chars().next();
        let wait = verb.number("timeout").unwrap_or(GATHER_SECONDS);
        let mut pressed = String::new();
        let mut fresh = std::mem::take(&mut self.ahead);
        loop {
            for key in fresh.drain(..).filter(|_| digits) {
                if Some(key) == finish || pressed.len() as u64 >= wanted {
                    return self.heard(verb, vec![field("Digits", pressed)]);
                }
                pressed.push(key);
            }
            if digits && pressed.len() as u64 >= wanted {
                return self.heard(verb, vec![field("Digits", pressed)]);
            }
            match next_act(heard, wait).await {
                Some(Act::Keys(keys)) => {
                    self.does("keys", &keys, None);
                    fresh = keys;
                }
                Some(Act::Speak(words)) if speech => {
                    self.does("speech", &words, None);
                    let fields = vec![field("SpeechResult", words), field("Confidence", "0.9")];
                    return self.heard(verb, fields);
                }
                Some(Act::HangUp | Act::Decline) => return Next::End,
                Some(Act::Silence) | None if pressed.is_empty() => return Next::GoOn,
                Some(Act::Silence) | None => return self.heard(verb, vec![field("Digits", pressed)]),
                Some(_) => {}
            }
        }
    }

    async fn record(&mut self, verb: &Element, heard: &mut Receiver<Act>) -> Next {
        self.says("tone", "(a tone: speak now)", None);
        let wait = verb.number("timeout").unwrap_or(SILENCE_SECONDS);
        let longest = verb.number("maxLength").unwrap_or(3_600);
        loop {
            match next_act(heard, wait).await {
                Some(Act::Record { bytes, seconds, hangs_up }) => {
                    let url = self.keep(&bytes);
                    let media =
                        Media { content_type: "audio/wav".into(), url: url.clone(), size: Some(bytes.len()) };
                    self.does("recording", "", Some(media));
                    let seconds = seconds.min(longest).to_string();
                    let fields = vec![
                        field("RecordingUrl", url),
                        field("RecordingDuration", seconds),
                        field("Digits", if hangs_up { "hangup" } else { "#" }),
                    ];
                    if hangs_up {
                        // She is gone: the line is told all the same, and nobody hears what it answers.
                        let action = verb.attribute("action").map(|url| self.absolute(url));
                        self.tell(&action.unwrap_or_else(|| self.at.clone()), &fields).await;
                        return Next::End;
                    }
                    return self.heard(verb, fields);
                }
                Some(Act::HangUp | Act::Decline) => return Next::End,
                Some(Act::Silence) | None => return Next::GoOn,
                Some(_) => {}
            }
        }
    }

    fn keep(&self, bytes: &Bytes) -> String {
        self.inner.keep_recording(&self.account, bytes)
    }

    fn dial(&self, verb: &Element) -> Next {
        let number = verb.children.first().map_or(verb.text.as_str(), |number| number.text.as_str());
        self.says("dial", &format!("(puts through to {number})"), None);
        let (status, seconds) = self.inner.state().exchange.dialled.unwrap_or(("no-answer", 0));
        let mut fields = vec![field("DialCallStatus", status), field("DialCallSid", self.inner.sid("CA"))];
        if seconds > 0 {
            fields.push(field("DialCallDuration", seconds.to_string()));
        }
        match verb.attribute("action") {
            Some(action) => Next::Ask(self.absolute(action), fields),
            None => Next::GoOn,
        }
    }

    /// Hands over what was heard to the verb's address, or to the document's own.
    fn heard(&self, verb: &Element, fields: Fields) -> Next {
        Next::Ask(verb.attribute("action").map_or_else(|| self.at.clone(), |url| self.absolute(url)), fields)
    }

    fn absolute(&self, url: &str) -> String {
        let base = reqwest::Url::parse(&self.at);
        base.and_then(|base| base.join(url.trim())).map_or_else(|_| url.to_owned(), Into::into)
    }

    /// What every request about this call carries.
    fn about(&self, state: CallState) -> Fields {
        let direction = if self.call.inbound { "inbound" } else { "outbound-api" };
        let mut fields = vec![
            field("CallSid", self.call.sid.as_str()),
            field("AccountSid", self.call.account_sid.as_str()),
            field("From", self.call.from.as_str()),
            field("To", self.call.to.as_str()),
            field("CallStatus", state.as_str()),
            field("ApiVersion", "2010-04-01"),
            field("Direction", direction),
        ];
        if let Some(who) = self.call.answered_by.filter(|_| self.call.detects) {
            fields.push(field("AnsweredBy", who));
        }
        fields
    }

    /// Asks an address what to say, once more when it does not answer.
    async fn ask(&mut self, url: &str, heard: &Fields) -> Option<Element> {
        self.at = url.to_owned();
        let mut fields = self.about(CallState::InProgress);
        fields.extend(heard.iter().cloned());
        let (url, retries) = super::super::split_retries(url);
        let signature = sign::twilio(&self.account.token, url, &fields);
        let webhook = super::super::form(&self.at_next_server(url), &fields, Some(signature));
        let asks_twice = self.inner.state().exchange.asks_twice;
        if asks_twice {
            self.inner.carrier.bring(&webhook, retries + 1).await;
        }
        let (delivered, body) = self.inner.carrier.bring_and_read(&webhook, retries + 1).await;
        let document = delivered.taken().then(|| xml::read(std::str::from_utf8(&body).ok()?)).flatten()?;
        (document.name == "Response").then_some(document)
    }

    /// Tells an address what was heard when the call was over already.
    async fn tell(&self, url: &str, heard: &Fields) {
        let mut fields = self.about(CallState::Completed);
        fields.extend(heard.iter().cloned());
        self.inner.bring(&self.account, url, &fields).await;
    }

    /// An address at the server whose turn it is; as it is where there is one server only.
    fn at_next_server(&self, url: &str) -> String {
        let mut state = self.inner.state();
        let exchange = &mut state.exchange;
        let turn = exchange.questions;
        exchange.questions += 1;
        let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        match (exchange.asked.get(turn % exchange.asked.len().max(1)), path) {
            (Some(root), Some(path)) => format!("{root}{path}"),
            _ => url.to_owned(),
        }
    }

    /// Notes how the call stands, and reports it where the line asked for that.
    async fn stands(&mut self, state: CallState) {
        self.call.state = state;
        {
            let mut exchange = self.inner.state();
            let calls = &mut exchange.exchange.calls;
            if let Some(kept) = calls.iter_mut().rev().find(|kept| kept.sid == self.call.sid) {
                kept.clone_from(&self.call);
            }
        }
        let event = match state {
            CallState::Queued => "initiated",
            CallState::Ringing => "ringing",
            CallState::InProgress => "answered",
            _ => "completed",
        };
        if state.is_over() {
            self.says("call", &format!("({})", state.as_str()), None);
        }
        let asked = self.call.events.iter().any(|wanted| wanted == event);
        if let Some(url) = self.call.status_callback.clone().filter(|_| asked || state.is_over()) {
            let mut fields = self.about(state);
            fields.push(field("CallbackSource", "call-progress-events"));
            fields.push(field("SequenceNumber", self.reports.to_string()));
            if state.is_over() {
                fields.push(field("CallDuration", self.call.seconds.to_string()));
            }
            self.reports += 1;
            self.report(&url, fields).await;
        }
        self.line.state.send_replace(Some(state));
    }

    /// Brings a report, doubled or held back where that is wanted.
    async fn report(&self, url: &str, fields: Fields) {
        let reports = self.inner.state().reports;
        for _ in 0..if reports.doubled { 2 } else { 1 } {
            if reports.held {
                let mut state = self.inner.state();
                if state.held.len() < MAX_HELD {
                    state.held.push((self.account.clone(), url.to_owned(), fields.clone()));
                }
            } else {
                self.inner.bring(&self.account, url, &fields).await;
            }
        }
    }
}
