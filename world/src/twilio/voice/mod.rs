//! A fake of Twilio's telephone: begins calls as the Calls API does, brings people's calls to the number's address,
//! does what the answers (TwiML) say, and reports how calls go. What is said stands on the person's phone as text; time
//! passes only while somebody waits for a key or a word.
//!
//! Facts are from twilio.com/docs/voice/twiml and /voice/api/call-resource.
pub(super) mod api;
mod run;
mod xml;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc, watch};

use super::{Account, Inner, Twilio};
use crate::thread::{Bubble, Media, Progress, Side, Thread};

/// How many of the newest calls are kept for the list.
const MAX_KEPT: usize = 1_000;
/// What a person can do before the line has asked for it.
const MAX_AHEAD: usize = 64;

/// How a call stands, in Twilio's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    Queued,
    Ringing,
    InProgress,
    Completed,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
}

impl CallState {
    /// As requests and answers say it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Ringing | Self::InProgress)
    }
}

/// A call, as the list shows it.
#[derive(Debug, Clone)]
pub struct Call {
    pub sid: String,
    pub account_sid: String,
    pub from: String,
    pub to: String,
    /// Whether the person called the line.
    pub inbound: bool,
    pub state: CallState,
    pub answered_by: Option<&'static str>,
    pub began: Timestamp,
    /// Seconds between picking up and hanging up, on the world's clock.
    pub seconds: u64,
    /// The addresses that the line gave: what to say, and where reports go.
    pub(super) url: String,
    pub(super) status_callback: Option<String>,
    pub(super) events: Vec<String>,
    pub(super) detects: bool,
    pub(super) timeout: u64,
}

/// What a person does with a telephone.
#[derive(Debug, Clone)]
enum Act {
    PickUp,
    /// An answering machine picks up.
    Machine,
    Decline,
    Keys(String),
    Speak(String),
    /// A recording, of so many seconds.
    Record(Bytes, u64),
    /// Whatever is waited for is waited for in vain.
    Silence,
    HangUp,
}

#[derive(Default)]
pub(super) struct Exchange {
    calls: VecDeque<Call>,
    /// By the line's number and the person's.
    telephones: HashMap<(String, String), Line>,
    /// By account: the address of the number's calls, and the one for reports of how they go.
    hooks: HashMap<String, (String, String)>,
    /// What becomes of calls that are put through to somebody else: status and seconds.
    dialled: Option<(&'static str, u64)>,
    /// Every question what to say is asked twice, and the second answer is the one that counts.
    asks_twice: bool,
}

/// One person's telephone as the exchange knows it.
#[derive(Clone)]
struct Line {
    thread: Thread,
    acts: mpsc::Sender<Act>,
    /// The call that runs takes them from here; calls of one telephone come one after the other.
    heard: Arc<Mutex<mpsc::Receiver<Act>>>,
    state: watch::Sender<Option<CallState>>,
}

impl Line {
    fn new(thread: Thread) -> Self {
        let (acts, heard) = mpsc::channel(MAX_AHEAD);
        Self { thread, acts, heard: Arc::new(Mutex::new(heard)), state: watch::Sender::new(None) }
    }

    /// Nobody's.
    fn nowhere() -> Self {
        Self::new(Thread::default())
    }
}

impl Twilio {
    /// Sets the addresses of the account's number for calls ("A call comes in" and "Call status changes" in Twilio's
    /// console).
    pub fn set_voice_hook(&self, sid: &str, url: &str, status: &str) {
        self.inner.state().exchange.hooks.insert(sid.to_owned(), (url.to_owned(), status.to_owned()));
    }

    /// What becomes of calls that the line puts through from now on: Twilio's status and the seconds that they take.
    pub fn set_dialled(&self, status: &'static str, seconds: u64) {
        self.inner.state().exchange.dialled = Some((status, seconds));
    }

    /// From now on every question what to say comes twice, as when an answer was lost.
    pub fn set_asks_twice(&self, twice: bool) {
        self.inner.state().exchange.asks_twice = twice;
    }

    /// The calls so far (the newest thousand), oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.inner.state().exchange.calls.iter().cloned().collect()
    }

    /// A person's telephone with number `person` (E.164), for calls from and to the number of account `sid`.
    ///
    /// # Panics
    /// When the account was never set up.
    #[must_use]
    pub fn telephone(&self, sid: &str, person: &str, thread: Thread) -> Telephone {
        let mut state = self.inner.state();
        let account = state.accounts.get(sid).cloned();
        let account = account.unwrap_or_else(|| panic!("no Twilio account {sid} was set up"));
        let line = Line::new(thread);
        state.exchange.telephones.insert((account.number.clone(), person.to_owned()), line.clone());
        Telephone { inner: self.inner.clone(), account, number: person.to_owned(), line }
    }
}

/// One person's telephone; clones are the same one.
#[derive(Clone)]
pub struct Telephone {
    inner: Arc<Inner>,
    account: Arc<Account>,
    number: String,
    line: Line,
}

impl Telephone {
    /// What was said on it, as text.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.line.thread
    }

    /// How the newest call stands; `None` before the first.
    #[must_use]
    pub fn state(&self) -> Option<CallState> {
        *self.line.state.borrow()
    }

    /// Hears of every change of [`state`](Self::state).
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Option<CallState>> {
        self.line.state.subscribe()
    }

    /// Waits until the newest call stands so.
    pub async fn until(&self, wanted: CallState) {
        // The sender lives as long as this telephone.
        let _ = self.watch().wait_for(|state| *state == Some(wanted)).await;
    }

    /// Calls the line; the call runs in the background.
    pub fn calls(&self) {
        let hooks = self.inner.state().exchange.hooks.get(&self.account.sid).cloned();
        let (url, status) = hooks.unwrap_or_default();
        let call = Call {
            sid: self.inner.sid("CA"),
            account_sid: self.account.sid.clone(),
            from: self.number.clone(),
            to: self.account.number.clone(),
            inbound: true,
            state: CallState::Ringing,
            answered_by: None,
            began: self.inner.clock.now(),
            seconds: 0,
            url,
            status_callback: Some(status).filter(|url| !url.is_empty()),
            events: Vec::new(),
            detects: false,
            timeout: 0,
        };
        run::begin(&self.inner, &self.account, call, Some(self.line.clone()));
    }

    /// Takes the call that rings.
    pub fn picks_up(&self) {
        self.act(Act::PickUp);
    }

    /// An answering machine takes the call that rings.
    pub fn machine_picks_up(&self) {
        self.act(Act::Machine);
    }

    /// Refuses the call that rings: busy.
    pub fn declines(&self) {
        self.act(Act::Decline);
    }

    /// Presses keys: digits, `*` and `#`.
    pub fn presses(&self, keys: &str) {
        self.act(Act::Keys(keys.to_owned()));
    }

    /// Says something that the line's speech recognition understands so.
    pub fn speaks(&self, words: &str) {
        self.act(Act::Speak(words.to_owned()));
    }

    /// Speaks after the tone, for so many seconds.
    pub fn records(&self, bytes: Bytes, seconds: u64) {
        self.act(Act::Record(bytes, seconds));
    }

    /// Lets the time run out in which the line waits for something (ringing, a key, a word).
    pub fn stays_silent(&self) {
        self.act(Act::Silence);
    }

    /// Ends the call.
    pub fn hangs_up(&self) {
        self.act(Act::HangUp);
    }

    fn act(&self, act: Act) {
        // More than anybody does ahead of a call is dropped.
        let _ = self.line.acts.try_send(act);
    }
}

/// What the line says, or she does, on her phone.
fn note(inner: &Inner, thread: &Thread, from: Side, kind: &str, text: &str, media: Option<Media>) {
    let id = inner.sid("VO");
    let mut bubble = Bubble::text(id, inner.clock.now(), from, text);
    kind.clone_into(&mut bubble.kind);
    bubble.media.extend(media);
    bubble.status = Progress::Delivered;
    thread.put(bubble);
}

#[cfg(test)]
mod tests;
