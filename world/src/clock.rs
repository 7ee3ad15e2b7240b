//! The world's clock: real time plus whatever a story has skipped.
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// A clock that runs with real time and can be moved ahead. Clones share the same time, so that the fake
/// providers and the server under test agree on the hour.
#[derive(Clone, Default)]
pub struct Clock {
    skipped_micros: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that shows the present time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The time in this world.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is where the world's time comes from")]
    pub fn now(&self) -> Timestamp {
        let skipped = SignedDuration::from_micros(self.skipped_micros.load(Ordering::SeqCst));
        Timestamp::now().checked_add(skipped).unwrap_or(Timestamp::MAX)
    }

    /// Moves the world's time ahead at once; nobody sleeps.
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.skipped_micros.fetch_add(micros.max(0), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_time_that_was_skipped() {
        let clock = Clock::new();
        let other = clock.clone();
        let before = other.now();
        clock.advance(SignedDuration::from_hours(25));
        assert!(other.now().duration_since(before) >= SignedDuration::from_hours(25));
    }
}
