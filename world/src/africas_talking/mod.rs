//! A fake of Africa's Talking's telephone: begins calls as its calling API does, asks the address that is set at the number,
//! does what the answers say, and tells at the end what a call took and cost. Nothing is signed, and no speech is understood.
//!
//! Facts are from developers.africastalking.com/docs/voice and docs.africastalking.com/voice (call handler, record).
mod http;
mod run;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;

use crate::clock::Clock;
use crate::delivery::{Carrier, Webhook};
use crate::fault::Faults;
use crate::serve::{Serving, serve};
use crate::telephone::{CallState, Line, Telephone};
use crate::thread::Thread;

/// How many of the newest calls are kept.
const MAX_KEPT: usize = 1_000;
/// How often an address is asked that does not answer.
const TRIES: u32 = 2;

/// An account with one number, as its dashboard shows it.
#[derive(Debug, Clone)]
pub struct Account {
    pub username: String,
    pub api_key: String,
    /// In E.164.
    pub number: String,
    /// The number's callback address, with whatever secret it holds.
    pub callback_url: String,
}

/// A call, as it stands.
#[derive(Debug, Clone)]
pub struct Call {
    pub session_id: String,
    /// The person's number.
    pub person: String,
    /// Whether the person called the line.
    pub inbound: bool,
    pub state: CallState,
    /// What the line called it by when it began it.
    pub client_request_id: Option<String>,
}

/// The fake; clones are the same one. It stops when the last clone is dropped.
#[derive(Clone)]
pub struct AfricasTalking {
    inner: Arc<Inner>,
    serving: Arc<Serving>,
}

struct Inner {
    clock: Clock,
    base_url: OnceLock<String>,
    carrier: Carrier,
    faults: Faults,
    serial: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    account: Option<Arc<Account>>,
    /// By number.
    telephones: HashMap<String, Line>,
    calls: VecDeque<Call>,
    recordings: HashMap<String, Bytes>,
}

impl AfricasTalking {
    /// Starts the fake on `addr` (port 0 takes a free one).
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(addr: SocketAddr, clock: Clock) -> anyhow::Result<Self> {
        let inner = Arc::new(Inner {
            clock,
            base_url: OnceLock::new(),
            carrier: Carrier::new()?,
            faults: Faults::default(),
            serial: AtomicU64::new(1),
            state: Mutex::default(),
        });
        let serving = serve(addr, http::routes(inner.clone())).await?;
        let _ = inner.base_url.set(format!("http://{}", serving.addr));
        Ok(Self { inner, serving: Arc::new(serving) })
    }

    /// The root to which a channel's requests go instead of `https://voice.africastalking.com`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.serving.addr)
    }

    /// Sets the account up, or replaces it.
    pub fn set_account(&self, account: Account) {
        self.inner.state().account = Some(Arc::new(account));
    }

    /// What the next requests will meet.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// The calls so far (the newest thousand), oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.inner.state().calls.iter().cloned().collect()
    }

    /// A person's telephone with number `person` (E.164).
    ///
    /// # Panics
    /// When no account was set up.
    #[must_use]
    pub fn telephone(&self, person: &str, thread: Thread) -> Telephone {
        let mut state = self.inner.state();
        let account = state.account.clone().unwrap_or_else(|| panic!("no account was set up"));
        let line = Line::new(thread);
        state.telephones.insert(person.to_owned(), line.clone());
        let inner = self.inner.clone();
        Telephone::new(person, line, move |from, line| {
            let call = Call {
                session_id: inner.id(),
                person: from.to_owned(),
                inbound: true,
                state: CallState::Ringing,
                client_request_id: None,
            };
            run::begin(&inner, &account, call, Some(line));
        })
    }

    /// Waits until no webhook is under way.
    pub async fn idle(&self) {
        self.inner.carrier.idle().await;
    }

    /// Whether a webhook is under way.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.inner.carrier.busy()
    }

    /// The webhooks that the server never took.
    #[must_use]
    pub fn undelivered(&self) -> Vec<Webhook> {
        self.inner.carrier.undelivered()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id(&self) -> String {
        format!("ATVId_{:032x}", self.serial.fetch_add(1, Ordering::SeqCst))
    }

    /// Keeps a recording, and gives its address.
    fn keep(&self, bytes: &Bytes) -> String {
        let id = self.id();
        let base = self.base_url.get().map_or("", String::as_str);
        let url = format!("{base}/recordings/{id}.mp3");
        self.state().recordings.insert(id, bytes.clone());
        url
    }

    fn remember(&self, call: &Call) {
        let mut state = self.state();
        match state.calls.iter_mut().rev().find(|kept| kept.session_id == call.session_id) {
            Some(kept) => kept.clone_from(call),
            None => {
                if state.calls.len() == MAX_KEPT {
                    state.calls.pop_front();
                }
                state.calls.push_back(call.clone());
            }
        }
    }
}
