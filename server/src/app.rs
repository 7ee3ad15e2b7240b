//! What every part of the server is given: the stores, the clock, the maker of ids, the lines, and the
//! signals that wake the loops.
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::config::Config;
use crate::inbound::Intake;
use crate::inbound::leases::Leases;
use crate::lines::Lines;
use crate::outbound::{Pace, Tokens};
use crate::store::{Store, Ts};
use crate::vault::Vault;

/// The server's parts; cheap to clone, one in a process.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// See [`App`].
pub struct Inner {
    pub config: Config,
    pub store: Store,
    pub vault: Vault,
    pub clock: Clock,
    pub ids: Ids,
    pub lines: RwLock<Arc<Lines>>,
    pub signals: Signals,
    /// Where accepted calls wait for their common transaction.
    pub intake: Intake,
    /// The people that this process handles.
    pub leases: Leases,
    /// How fast each channel may send.
    pub pace: Pace,
    /// Short-lived tokens of channels.
    pub tokens: Tokens,
    /// Sessions with message centres.
    pub smpp: crate::smpp::Hub,
    /// What turns files into what channels take.
    pub forge: crate::media::Forge,
    /// For calls to providers.
    pub http: reqwest::Client,
    /// For calls that flows make: guarded against reaching inside (see [`crate::webhook`]).
    pub web: reqwest::Client,
    /// This process, as the leases name it.
    pub process: Uuid,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Ts {
        self.clock.now()
    }

    /// A new time-ordered id; later calls give greater ids.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.ids.next(self.clock.now())
    }

    /// The lines as they are now; a message is handled with one picture of them from start to end.
    #[must_use]
    pub fn lines(&self) -> Arc<Lines> {
        self.lines.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the lines after an import.
    pub fn set_lines(&self, lines: Lines) {
        *self.lines.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(lines);
    }
}

/// Who does something, for access and audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The server by itself: the bot, a schedule.
    Server,
    /// A person through her channel.
    Person(Uuid),
    /// A member of staff through the API.
    Staff(Uuid),
    /// Whoever runs the command line on the machine.
    Operator,
}

impl Actor {
    /// As the audit writes it: a kind, and an id where there is one.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Server => "server".to_owned(),
            Self::Person(id) => format!("person:{id}"),
            Self::Staff(id) => format!("staff:{id}"),
            Self::Operator => "operator".to_owned(),
        }
    }
}

/// The first parameter of every verb: who, and when.
#[derive(Debug, Clone, Copy)]
pub struct Ctx {
    pub actor: Actor,
    pub now: Ts,
}

/// The server's clock: the machine's, moved by a distance that tests set.
#[derive(Debug, Default)]
pub struct Clock {
    moved_micros: AtomicI64,
}

impl Clock {
    /// The present moment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    pub fn now(&self) -> Ts {
        let real = jiff::Timestamp::now().as_microsecond();
        Ts(real + self.moved_micros.load(Ordering::Relaxed))
    }

    /// Moves the clock forward, for tests and the demo.
    pub fn advance_seconds(&self, seconds: i64) {
        self.moved_micros.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

/// Random bytes taken from the machine at once, so that an id costs no system call.
const RANDOM_BLOCK: usize = 4_096;

/// Makes ids of version 7 that never go backwards within a process.
pub struct Ids {
    state: Mutex<IdState>,
}

struct IdState {
    last: u64,
    block: Box<[u8; RANDOM_BLOCK]>,
    used: usize,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            state: Mutex::new(IdState { last: 0, block: Box::new([0; RANDOM_BLOCK]), used: RANDOM_BLOCK }),
        }
    }
}

impl Ids {
    /// The next id: 48 bits of milliseconds, 12 bits of the fraction of a millisecond (counted on when two
    /// ids fall together), 62 random bits.
    ///
    /// # Panics
    /// When the machine has no randomness to give: nothing can be made unguessable then.
    #[must_use]
    pub fn next(&self, now: Ts) -> Uuid {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let micros = u64::try_from(now.0).unwrap_or(0);
        let stamp = ((micros / 1_000) << 12) | ((micros % 1_000) * 4_096 / 1_000);
        state.last = stamp.max(state.last + 1);
        let stamp = state.last;
        if state.used + 8 > RANDOM_BLOCK {
            getrandom::fill(state.block.as_mut()).expect("the machine gives randomness");
            state.used = 0;
        }
        let mut random = [0; 8];
        random.copy_from_slice(&state.block[state.used..state.used + 8]);
        state.used += 8;
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&(stamp >> 12).to_be_bytes()[2..]);
        bytes[6..8].copy_from_slice(&((0x7000 | (stamp & 0xfff)) as u16).to_be_bytes());
        bytes[8..].copy_from_slice(&random);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Uuid::from_bytes(bytes)
    }

    /// Eight random bytes.
    ///
    /// # Panics
    /// As [`Ids::next`].
    #[must_use]
    pub fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the machine gives randomness");
        u64::from_le_bytes(bytes)
    }
}

/// Wakes the loops. Each loop also looks by itself now and then: a signal lost with a process loses nothing.
pub struct Signals {
    /// Something waits in `inbound`.
    pub inbound: Notify,
    /// Something waits to be sent.
    pub outbound: Notify,
    /// A job may be due.
    pub jobs: Notify,
    /// A line or one of its channels was changed here.
    pub lines: Notify,
    /// Counts up when open consoles and chat pages may have something to show.
    pub live: watch::Sender<u64>,
    /// Set when the server stops.
    pub stopping: watch::Sender<bool>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            inbound: Notify::new(),
            outbound: Notify::new(),
            jobs: Notify::new(),
            lines: Notify::new(),
            live: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
        }
    }
}

impl Signals {
    /// Tells open consoles and chat pages to look.
    pub fn touch_live(&self) {
        self.live.send_modify(|n| *n = n.wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_within_a_microsecond() {
        let ids = Ids::default();
        let now = Ts(1_700_000_000_000_123);
        let made: Vec<Uuid> = (0..10_000).map(|_| ids.next(now)).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
    }
}
