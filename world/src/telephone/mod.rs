//! Telephones of people, whichever provider brings the calls. What is said stands on them as text; time passes only while
//! somebody waits for a key or a word.
pub(crate) mod xml;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;
use tokio::sync::{Mutex, mpsc, watch};

use crate::thread::{Bubble, Media, Progress, Side, Thread};

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
    /// As Twilio's requests and answers say it.
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

/// What a person does with a telephone.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    PickUp,
    /// An answering machine picks up.
    Machine,
    Decline,
    Keys(String),
    Speak(String),
    /// A recording, of so many seconds; whether she ends it by hanging up.
    Record {
        bytes: Bytes,
        seconds: u64,
        hangs_up: bool,
    },
    /// Whatever is waited for is waited for in vain.
    Silence,
    HangUp,
    /// The line has called its call off.
    Cancelled,
}

/// One person's telephone as its exchange knows it.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) thread: Thread,
    acts: mpsc::Sender<Act>,
    /// The call that runs takes them from here; calls of one telephone come one after the other.
    pub(crate) heard: Arc<Mutex<Receiver<Act>>>,
    pub(crate) state: watch::Sender<Option<CallState>>,
}

impl Line {
    pub(crate) fn new(thread: Thread) -> Self {
        let (acts, heard) = mpsc::channel(MAX_AHEAD);
        Self { thread, acts, heard: Arc::new(Mutex::new(heard)), state: watch::Sender::new(None) }
    }

    /// Nobody's.
    pub(crate) fn nowhere() -> Self {
        Self::new(Thread::default())
    }

    /// Somebody does something; more than anybody does ahead of a call is dropped.
    pub(crate) fn act(&self, act: Act) {
        let _ = self.acts.try_send(act);
    }

    /// Puts down what the line says, or she does.
    pub(crate) fn note(&self, id: String, at: Timestamp, from: Side, note: Note<'_>) {
        let mut bubble = Bubble::text(id, at, from, note.text);
        note.kind.clone_into(&mut bubble.kind);
        bubble.media.extend(note.media);
        bubble.status = Progress::Delivered;
        self.thread.put(bubble);
    }
}

/// Something to be put down.
pub(crate) struct Note<'a> {
    pub(crate) kind: &'a str,
    pub(crate) text: &'a str,
    pub(crate) media: Option<Media>,
}

/// How long something is waited for on a telephone, in seconds.
const MAX_WAIT_SECONDS: u64 = 600;

/// What she does next, within so many seconds; `None`: nothing.
pub(crate) async fn next_act(heard: &mut Receiver<Act>, seconds: u64) -> Option<Act> {
    let wait = Duration::from_secs(seconds.clamp(1, MAX_WAIT_SECONDS));
    match tokio::time::timeout(wait, heard.recv()).await {
        Ok(Some(act)) => Some(act),
        // Nobody holds the telephone any more.
        Ok(None) => Some(Act::HangUp),
        Err(_) => None,
    }
}

/// Calls the line.
type Begin = Arc<dyn Fn(&str, Line) + Send + Sync>;

/// One person's telephone; clones are the same one.
#[derive(Clone)]
pub struct Telephone {
    number: String,
    line: Line,
    begin: Begin,
}

impl Telephone {
    pub(crate) fn new(number: &str, line: Line, begin: impl Fn(&str, Line) + Send + Sync + 'static) -> Self {
        Self { number: number.to_owned(), line, begin: Arc::new(begin) }
    }

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
        (self.begin)(&self.number, self.line.clone());
    }

    /// Calls the line without showing her number.
    pub fn calls_hidden(&self) {
        (self.begin)(HIDDEN, self.line.clone());
    }

    /// Takes the call that rings.
    pub fn picks_up(&self) {
        self.line.act(Act::PickUp);
    }

    /// An answering machine takes the call that rings.
    pub fn machine_picks_up(&self) {
        self.line.act(Act::Machine);
    }

    /// Refuses the call that rings: busy.
    pub fn declines(&self) {
        self.line.act(Act::Decline);
    }

    /// Presses keys: digits, `*` and `#`.
    pub fn presses(&self, keys: &str) {
        self.line.act(Act::Keys(keys.to_owned()));
    }

    /// Says something that the line's speech recognition understands so.
    pub fn speaks(&self, words: &str) {
        self.line.act(Act::Speak(words.to_owned()));
    }

    /// Speaks after the tone, for so many seconds, and presses the key that ends it.
    pub fn records(&self, bytes: Bytes, seconds: u64) {
        self.line.act(Act::Record { bytes, seconds, hangs_up: false });
    }

    /// Speaks after the tone, for so many seconds, and hangs up.
    pub fn records_and_hangs_up(&self, bytes: Bytes, seconds: u64) {
        self.line.act(Act::Record { bytes, seconds, hangs_up: true });
    }

    /// Lets the time run out in which the line waits for something (ringing, a key, a word).
    pub fn stays_silent(&self) {
        self.line.act(Act::Silence);
    }

    /// Ends the call.
    pub fn hangs_up(&self) {
        self.line.act(Act::HangUp);
    }
}

/// What stands for the number of somebody who hides it.
pub(crate) const HIDDEN: &str = "anonymous";
