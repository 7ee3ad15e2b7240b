//! Time, ids and dice of a saved conversation: always the same.
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::source::Source;

/// A clock that stands still until it is moved, ids that count, and numbers that follow from a seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct ScriptSource {
    now: Timestamp,
    ids: u64,
    state: u64,
}

impl ScriptSource {
    /// A source that begins at a moment.
    #[must_use]
    pub fn new(now: Timestamp, seed: u64) -> Self {
        Self { now, ids: 0, state: seed }
    }

    /// Moves the clock on; never back.
    pub fn wait_until(&mut self, moment: Timestamp) {
        self.now = self.now.max(moment);
    }

    /// Lets some seconds pass.
    pub fn pass(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(self.now);
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

impl Source for ScriptSource {
    fn now(&mut self) -> Timestamp {
        self.now
    }

    fn uuid_v7(&mut self) -> Uuid {
        self.ids += 1;
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&self.ids.to_be_bytes());
        let millis = u64::try_from(self.now.as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    fn uuid_v4(&mut self) -> Uuid {
        let random = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid()
    }

    fn random_below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    fn random_unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds")]
        let bits = (self.next() >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }
}
