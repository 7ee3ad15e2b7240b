//! A fake of Twilio's telephone: begins calls as the Calls API does, brings people's calls to the number's address,
//! does what the answers (TwiML) say, and reports how calls go. What is said stands on the person's phone as text; time
//! passes only while somebody waits for a key or a word.
//!
//! Facts are from twilio.com/docs/voice/twiml and /voice/api/call-resource.
pub(super) mod api;
mod run;

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

use super::{Inner, Twilio};
use crate::telephone::{Act, Line};
pub use crate::telephone::{CallState, Telephone};
use crate::thread::Thread;

/// How many of the newest calls are kept for the list.
const MAX_KEPT: usize = 1_000;

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
    /// Where questions what to say go in turn, instead of the server that the addresses name: roots of addresses.
    asked: Vec<String>,
    questions: usize,
    /// Recordings that the line has deleted, by their ids; and how many deletions fail from now on.
    deleted: Vec<String>,
    keeps: usize,
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

    /// From now on each question what to say goes to the next of these servers (roots of addresses), signed for the address
    /// that the line gave: they stand behind one name.
    pub fn set_asked(&self, roots: Vec<String>) {
        self.inner.state().exchange.asked = roots;
    }

    /// The next `n` deletions of recordings fail.
    pub fn keeps_recordings(&self, n: usize) {
        self.inner.state().exchange.keeps = n;
    }

    /// How many recordings are kept, and how many the line has deleted.
    #[must_use]
    pub fn recordings(&self) -> (usize, usize) {
        let state = self.inner.state();
        let kept = state.files.keys().filter(|id| id.starts_with("RE")).count();
        (kept, state.exchange.deleted.len())
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
        let inner = self.inner.clone();
        Telephone::new(person, line, move |from, line| {
            let hooks = inner.state().exchange.hooks.get(&account.sid).cloned();
            let (url, status) = hooks.unwrap_or_default();
            let call = Call {
                sid: inner.sid("CA"),
                account_sid: account.sid.clone(),
                from: from.to_owned(),
                to: account.number.clone(),
                inbound: true,
                state: CallState::Ringing,
                answered_by: None,
                began: inner.clock.now(),
                seconds: 0,
                url,
                status_callback: Some(status).filter(|url| !url.is_empty()),
                events: Vec::new(),
                detects: false,
                timeout: 0,
            };
            run::begin(&inner, &account, call, Some(line));
        })
    }
}

impl Inner {
    /// The line calls a call of its own off; `false` when it does not ring any more.
    fn call_off(&self, sid: &str) -> bool {
        let state = self.state();
        let found = state.exchange.calls.iter().find(|call| call.sid == sid);
        let Some(call) = found.filter(|call| matches!(call.state, CallState::Queued | CallState::Ringing))
        else {
            return false;
        };
        if let Some(line) = state.exchange.telephones.get(&(call.from.clone(), call.to.clone())) {
            line.act(Act::Cancelled);
        }
        true
    }
}

#[cfg(test)]
mod tests;
