//! What goes wrong at a provider, on demand.
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What happens to one request to a fake provider instead of the usual answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The message is taken and sent, but the connection closes before the answer: the caller cannot know.
    LostAnswer,
    /// The connection closes before the message is taken: the caller cannot know either, and nothing is sent.
    Dropped,
    /// 500 and nothing is sent.
    ServerError,
    /// The account sends too fast (Meta 130429, Twilio 20429, Telegram 429, Viber 12); nothing is sent.
    Throttled,
    /// Too many messages to one person (Meta 131056; the others have no code of its own and answer as
    /// throttled).
    PairRate,
    /// The provider refuses the credentials (Meta 190, Twilio 20003, Telegram 401, Viber 2).
    BadCredentials,
    /// The person cannot be reached: accepted, then a failed status (Meta 131026, Twilio 30003, Viber's `failed`);
    /// Telegram refuses at once ("chat not found").
    Unreachable,
    /// The template was paused because of its quality (Meta 132015; Twilio 63005); nothing is sent. Telegram and Viber
    /// have no templates: the message goes as usual.
    TemplatePaused,
    /// The answer comes after this real time.
    Slow(Duration),
}

/// The faults that the next requests will meet, in order; empty means that all is well.
#[derive(Debug, Default)]
pub struct Faults(Mutex<VecDeque<(Duration, Fault)>>);

impl Faults {
    /// The next request meets `fault`.
    pub fn next(&self, fault: Fault) {
        self.next_n(fault, 1);
    }

    /// The next `n` requests meet `fault`.
    pub fn next_n(&self, fault: Fault, n: usize) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.extend(std::iter::repeat_n((Duration::ZERO, fault), n));
    }

    /// The next request meets `fault` after this real time: other things happen meanwhile.
    pub fn next_after(&self, pause: Duration, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back((pause, fault));
    }

    /// How many requests are still going to fail.
    #[must_use]
    pub fn left(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) async fn take(&self) -> Option<Fault> {
        let (pause, fault) = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
        tokio::time::sleep(pause).await;
        Some(fault)
    }
}

/// How a fake provider reports what became of a message that it accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reports {
    /// Whether people's phones say that a message was read.
    pub read: bool,
    /// Every report comes twice.
    pub doubled: bool,
    /// The reports of one message come last first.
    pub reordered: bool,
    /// Reports are held until [`release`](crate::meta::Meta::release_reports) is called.
    pub held: bool,
}

impl Default for Reports {
    fn default() -> Self {
        Self { read: true, doubled: false, reordered: false, held: false }
    }
}
