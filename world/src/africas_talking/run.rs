//! One call from its first ring to its end.
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;

use super::{Account, Call, Inner, TRIES};
use crate::delivery::Webhook;
use crate::telephone::xml::{self, Element};
use crate::telephone::{Act, CallState, Line, Note, next_act};
use crate::thread::{Media, Side};

/// A call ends after so many documents and so many actions, as one that goes in circles would never.
const MAX_DOCUMENTS: usize = 100;
const MAX_ACTIONS: usize = 1_000;
/// How long it rings, and how long something is waited for when the line does not say, in seconds.
const RINGING_SECONDS: u64 = 60;
const WAIT_SECONDS: u64 = 30;
/// The largest file that is played.
const MAX_PLAYED_BYTES: usize = 40 * 1024 * 1024;
/// What a minute costs here.
const PRICE: &str = "2.0000";

type Fields = Vec<(String, String)>;

fn field(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// What comes after an action.
enum Next {
    GoOn,
    /// Another document: its address, and what was heard.
    Ask(String, Fields),
    End,
    /// She hung up after the tone, with what she had said by then.
    EndWith(Fields),
    /// The call was not taken at all.
    Refused,
}

struct Running {
    inner: Arc<Inner>,
    account: Arc<Account>,
    call: Call,
    line: Line,
    /// The address that requests about this call go to: a `callbackUrl` of an action takes the number's place.
    at: String,
    ahead: String,
    actions: usize,
    /// Why it is over, in the network's words.
    cause: &'static str,
    last: Fields,
}

/// Begins a call in the background; without a telephone, nobody has the number.
pub(super) fn begin(inner: &Arc<Inner>, account: &Arc<Account>, call: Call, line: Option<Line>) {
    inner.remember(&call);
    let (inner, account) = (inner.clone(), account.clone());
    tokio::spawn(async move {
        let known = line.is_some();
        let line = line.unwrap_or_else(Line::nowhere);
        let at = account.callback_url.clone();
        let (ahead, last) = (String::new(), Fields::new());
        let cause = "NORMAL_CLEARING";
        let mut running = Running { inner, account, call, line, at, ahead, actions: 0, cause, last };
        if !known {
            running.cause = "UNALLOCATED_NUMBER";
            return running.ends(CallState::Failed, 0).await;
        }
        let heard = running.line.heard.clone();
        let mut heard = heard.lock().await;
        if !running.call.inbound {
            while heard.try_recv().is_ok() {}
        }
        let answered = running.inner.clock.now();
        let end = running.rings_and_talks(&mut heard).await;
        let seconds = running.inner.clock.now().duration_since(answered).as_secs();
        running.ends(end, u64::try_from(seconds).unwrap_or(0)).await;
    });
}

impl Running {
    fn note(&self, from: Side, kind: &str, text: &str, media: Option<Media>) {
        self.line.note(self.inner.id(), self.inner.clock.now(), from, Note { kind, text, media });
    }

    fn says(&self, kind: &str, text: &str, media: Option<Media>) {
        self.note(Side::Line, kind, text, media);
    }

    fn does(&self, kind: &str, text: &str, media: Option<Media>) {
        self.note(Side::Me, kind, text, media);
    }

    fn stands(&mut self, state: CallState) {
        self.call.state = state;
        self.inner.remember(&self.call);
        if state.is_over() {
            self.says("call", &format!("({})", state.as_str()), None);
        }
        self.line.state.send_replace(Some(state));
    }

    async fn rings_and_talks(&mut self, heard: &mut Receiver<Act>) -> CallState {
        if self.call.inbound {
            self.does("call", "(calls)", None);
        } else {
            self.says("call", "(rings)", None);
            self.stands(CallState::Ringing);
            loop {
                match next_act(heard, RINGING_SECONDS).await {
                    // It knows no answering machines: they are people to it.
                    Some(Act::PickUp) => break self.does("call", "(picks up)", None),
                    Some(Act::Machine) => break self.does("call", "(an answering machine picks up)", None),
                    Some(Act::Decline | Act::HangUp) => {
                        self.cause = "USER_BUSY";
                        return CallState::Busy;
                    }
                    Some(Act::Silence) | None => {
                        self.cause = "NO_ANSWER";
                        return CallState::NoAnswer;
                    }
                    Some(_) => {}
                }
            }
        }
        self.stands(CallState::InProgress);
        self.talk(heard).await
    }

    /// Document after document.
    async fn talk(&mut self, heard: &mut Receiver<Act>) -> CallState {
        let mut next = (self.at.clone(), Fields::new());
        for _ in 0..MAX_DOCUMENTS {
            let Some(document) = self.ask(&next.0, &next.1).await else {
                self.says("say", "(nothing is said: the line did not answer)", None);
                return CallState::Failed;
            };
            match self.perform(&document, heard).await {
                Next::Ask(url, fields) => next = (url, fields),
                Next::EndWith(fields) => {
                    self.last = fields;
                    return CallState::Completed;
                }
                Next::Refused => {
                    self.cause = "CALL_REJECTED";
                    return CallState::Busy;
                }
                // Where the answer ends the call does.
                Next::GoOn | Next::End => return CallState::Completed,
            }
        }
        CallState::Completed
    }

    async fn perform(&mut self, document: &Element, heard: &mut Receiver<Act>) -> Next {
        for (place, action) in document.children.iter().enumerate() {
            self.actions += 1;
            if self.actions > MAX_ACTIONS {
                return Next::End;
            }
            let next = match action.name.as_str() {
                "Say" | "Play" => self.utter(action).await,
                "GetDigits" => self.get_digits(action, heard).await,
                "Record" => self.record(action, heard).await,
                "Dial" => self.dial(action),
                "Redirect" => Next::Ask(action.text.clone(), Fields::new()),
                "Reject" if place == 0 => Next::Refused,
                // An action that it does not know ends a call; so does one that this fake does not know.
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

    async fn utter(&mut self, action: &Element) -> Next {
        if action.name == "Say" {
            self.says("say en-US", &action.text, None);
            return Next::GoOn;
        }
        let url = action.attribute("url").unwrap_or_default().to_owned();
        match self.inner.carrier.fetch(&url, MAX_PLAYED_BYTES).await {
            Some(bytes) => {
                let media = Media { content_type: "audio".into(), url, size: Some(bytes.len()) };
                self.says("play", "", Some(media));
            }
            None => self.says("say", "(a recording that cannot be fetched)", None),
        }
        Next::GoOn
    }

    async fn get_digits(&mut self, action: &Element, heard: &mut Receiver<Act>) -> Next {
        for prompt in &action.children {
            self.utter(prompt).await;
        }
        let wanted = action.number("numDigits").unwrap_or(u64::MAX);
        let finish = action.attribute("finishOnKey").and_then(|key| key.chars().next());
        let wait = action.number("timeout").unwrap_or(WAIT_SECONDS);
        let mut pressed = String::new();
        let mut fresh = std::mem::take(&mut self.ahead);
        loop {
            for key in fresh.drain(..) {
                if Some(key) == finish {
                    return self.heard(action, vec![field("dtmfDigits", pressed)]);
                }
                pressed.push(key);
                if pressed.len() as u64 >= wanted {
                    return self.heard(action, vec![field("dtmfDigits", pressed)]);
                }
            }
            match next_act(heard, wait).await {
                Some(Act::Keys(keys)) => {
                    self.does("keys", &keys, None);
                    fresh = keys;
                }
                Some(Act::HangUp | Act::Decline) => return Next::End,
                Some(Act::Silence) | None if pressed.is_empty() => return Next::GoOn,
                Some(Act::Silence) | None => return self.heard(action, vec![field("dtmfDigits", pressed)]),
                // What is spoken is heard by nobody.
                Some(_) => {}
            }
        }
    }

    async fn record(&mut self, action: &Element, heard: &mut Receiver<Act>) -> Next {
        for prompt in &action.children {
            self.utter(prompt).await;
        }
        self.says("tone", "(a tone: speak now)", None);
        let wait = action.number("timeout").unwrap_or(WAIT_SECONDS);
        loop {
            match next_act(heard, wait).await {
                Some(Act::Record { bytes, seconds, hangs_up }) => {
                    let fields = self.recorded(&bytes, seconds);
                    if let (true, Some(url)) = (hangs_up, action.attribute("callbackUrl")) {
                        url.clone_into(&mut self.at);
                    }
                    return if hangs_up { Next::EndWith(fields) } else { self.heard(action, fields) };
                }
                Some(Act::HangUp | Act::Decline) => return Next::End,
                Some(Act::Silence) | None => return self.heard(action, vec![field("recordingUrl", "")]),
                Some(_) => {}
            }
        }
    }

    fn recorded(&self, bytes: &Bytes, seconds: u64) -> Fields {
        let url = self.inner.keep(bytes);
        let media = Media { content_type: "audio/mpeg".into(), url: url.clone(), size: Some(bytes.len()) };
        self.does("recording", "", Some(media));
        vec![field("recordingUrl", url), field("recordingDurationInSeconds", seconds.to_string())]
    }

    fn dial(&self, action: &Element) -> Next {
        let number = action.attribute("phoneNumbers").unwrap_or_default();
        self.says("dial", &format!("(puts through to {number})"), None);
        // Nobody is there.
        Next::GoOn
    }

    fn heard(&self, action: &Element, fields: Fields) -> Next {
        let url = action.attribute("callbackUrl").map_or_else(|| self.at.clone(), ToOwned::to_owned);
        Next::Ask(url, fields)
    }

    /// What every request about this call carries.
    fn about(&self, active: bool) -> Fields {
        let state = match (active, self.call.inbound) {
            (true, true) => "Ringing",
            (true, false) => "Answered",
            (false, _) => "Completed",
        };
        let mut fields = vec![
            field("isActive", if active { "1" } else { "0" }),
            field("sessionId", self.call.session_id.as_str()),
            field("direction", if self.call.inbound { "Inbound" } else { "Outbound" }),
            field("callerNumber", self.call.person.as_str()),
            field("destinationNumber", self.account.number.as_str()),
            field("callSessionState", state),
        ];
        fields.extend(self.call.client_request_id.as_ref().map(|id| field("clientRequestId", id.as_str())));
        fields
    }

    fn webhook(&self, url: &str, fields: &Fields) -> Webhook {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        Webhook { url: url.to_owned(), headers, body: body.into() }
    }

    async fn ask(&mut self, url: &str, heard: &Fields) -> Option<Element> {
        url.clone_into(&mut self.at);
        let mut fields = self.about(true);
        fields.extend(heard.iter().cloned());
        let webhook = self.webhook(url, &fields);
        let (delivered, body) = self.inner.carrier.bring_and_read(&webhook, TRIES).await;
        let document = delivered.taken().then(|| xml::read(std::str::from_utf8(&body).ok()?)).flatten()?;
        (document.name == "Response").then_some(document)
    }

    /// The final request: that it is over, how long it took and what it cost.
    async fn ends(&mut self, state: CallState, seconds: u64) {
        let mut fields = self.about(false);
        fields.extend([
            field("durationInSeconds", seconds.to_string()),
            field("currencyCode", "KES"),
            field("amount", if seconds > 0 { PRICE } else { "0" }),
            field("hangupCause", self.cause),
            field("status", if state == CallState::Failed { "Failed" } else { "Success" }),
        ]);
        fields.append(&mut self.last);
        let webhook = self.webhook(&self.at, &fields);
        self.inner.carrier.bring(&webhook, TRIES).await;
        self.stands(state);
    }
}
