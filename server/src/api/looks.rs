//! Remembers who looked at what, so that the audit gets one line an hour instead of one a scroll.
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use uuid::Uuid;

use crate::store::Ts;

/// A second look within so long is the same look.
pub const ONE_LOOK_SECONDS: i64 = 3_600;
/// Looks remembered; a forgotten one is only written down again.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(20_000).expect("not zero");

/// Who looked at which conversation when.
pub struct Looks(Mutex<LruCache<(Uuid, Uuid), Ts>>);

impl Default for Looks {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Looks {
    /// Whether this look is to be written down.
    pub fn is_new(&self, staff: Uuid, conversation: Uuid, now: Ts) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.get(&(staff, conversation)).copied();
        if last.is_some_and(|at| now.seconds_since(at) < ONE_LOOK_SECONDS) {
            return false;
        }
        seen.put((staff, conversation), now);
        true
    }
}
