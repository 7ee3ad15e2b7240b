//! How fast one session and one network address may write and read. Many people share an address (a camp's
//! Wi-Fi, a phone company's gateway), so the address's limits are wide and the session's are narrow.
use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use crate::store::Ts;

/// Buckets kept in memory; the one used longest ago makes room.
const MAX_BUCKETS: NonZeroUsize = NonZeroUsize::new(50_000).expect("not zero");
/// Event streams open at the same time in this process; past that pages ask now and then instead.
const MAX_STREAMS: u32 = 2_000;
/// Event streams of one address and of one session.
const MAX_STREAMS_OF_ADDRESS: u32 = 400;
const MAX_STREAMS_OF_SESSION: u32 = 4;

/// What is limited: how many at once, and after how many milliseconds one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Messages of one session.
    SessionSends,
    /// Messages from one address.
    AddressSends,
    /// New sessions from one address.
    AddressSessions,
    /// Pages, polls and streams of one address.
    AddressReads,
}

impl Limit {
    fn burst(self) -> i64 {
        match self {
            Self::SessionSends => 12,
            Self::AddressSends => 240,
            Self::AddressSessions => 120,
            Self::AddressReads => 600,
        }
    }

    fn refill_millis(self) -> i64 {
        match self {
            Self::SessionSends => 3_000,
            Self::AddressSends => 125,
            Self::AddressSessions => 1_000,
            Self::AddressReads => 33,
        }
    }
}

/// Token buckets, kept as the moment at which each would be full again.
pub struct Limits {
    full_at: Mutex<LruCache<(Limit, String), Ts>>,
    streams: Mutex<HashMap<String, u32>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { full_at: Mutex::new(LruCache::new(MAX_BUCKETS)), streams: Mutex::new(HashMap::new()) }
    }
}

impl Limits {
    /// Takes one from the bucket; `false` when it is empty.
    pub fn take(&self, limit: Limit, key: &str, now: Ts) -> bool {
        let mut buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = buckets.get(&(limit, key.to_owned())).copied().unwrap_or(now).max(now);
        let next = full_at.plus_millis(limit.refill_millis());
        if next > now.plus_millis(limit.burst() * limit.refill_millis()) {
            return false;
        }
        buckets.put((limit, key.to_owned()), next);
        true
    }

    /// A place for an event stream; `None` when there are too many. It is free again when dropped.
    pub fn seat(self: &Arc<Self>, session: &str, address: &str) -> Option<Seat> {
        let wanted = [
            ("all".to_owned(), MAX_STREAMS),
            (format!("session {session}"), MAX_STREAMS_OF_SESSION),
            (format!("address {address}"), MAX_STREAMS_OF_ADDRESS),
        ];
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.iter().any(|(key, most)| streams.get(key).is_some_and(|taken| taken >= most)) {
            return None;
        }
        let keys = wanted.map(|(key, _)| key);
        for key in &keys {
            *streams.entry(key.clone()).or_default() += 1;
        }
        Some(Seat { limits: self.clone(), keys })
    }
}

/// See [`Limits::seat`].
pub struct Seat {
    limits: Arc<Limits>,
    keys: [String; 3],
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut streams = self.limits.streams.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            if let Some(taken) = streams.get_mut(key) {
                *taken -= 1;
                if *taken == 0 {
                    streams.remove(key);
                }
            }
        }
    }
}

/// The address that limits are counted by: an IPv6 subscriber has a whole /64.
#[must_use]
pub fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let limits = Limits::default();
        let now = Ts(1_000_000_000);
        let sent = (0..100).filter(|_| limits.take(Limit::SessionSends, "a", now)).count();
        assert_eq!(sent, 12);
        assert!(limits.take(Limit::SessionSends, "b", now));
        assert!(limits.take(Limit::AddressSends, "a", now));
        assert!(!limits.take(Limit::SessionSends, "a", now.plus_seconds(2)));
        assert!(limits.take(Limit::SessionSends, "a", now.plus_seconds(3)));
        assert!(!limits.take(Limit::SessionSends, "a", now.plus_seconds(3)));
    }

    #[test]
    fn a_session_has_a_few_streams_and_gets_them_back() {
        let limits = Arc::new(Limits::default());
        let seats: Vec<Seat> = (0..10).filter_map(|_| limits.seat("s", "a")).collect();
        assert_eq!(seats.len(), 4);
        assert!(limits.seat("t", "a").is_some());
        drop(seats);
        assert!(limits.seat("s", "a").is_some());
        assert!(limits.streams.lock().unwrap().is_empty());
    }

    #[test]
    fn a_subscriber_cannot_multiply_by_addresses() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }
}
