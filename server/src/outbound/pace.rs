//! How fast messages leave: a budget for each channel, for each account that channels share, and for each person on a
//! channel. Budgets live in memory: after a restart they begin full, which a provider that minds tells us.
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use uuid::Uuid;

use crate::lines::{Channel, Link};
use crate::store::Ts;

/// Of how many persons it is remembered how much they were sent lately; who is forgotten begins with a full budget.
const MAX_PERSONS: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");
/// A channel's budget holds what it may send in so long, so that a loop that looks now and then wastes nothing.
const BURST_SECONDS: f64 = 1.0;
/// What a message centre is taken to allow a second when nothing is said: contracts begin there.
const SMPP_PER_SECOND: f64 = 10.0;
/// How long a channel rests after the provider said that it is too fast: the first time, and at the most.
const FIRST_REST_MILLIS: i64 = 1_000;
const MAX_REST_MILLIS: i64 = 60_000;

/// A token bucket. It may be overdrawn: what a message costs is known only when it is written (segments).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    per_second: f64,
    burst: f64,
    level: f64,
    at: Ts,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new(per_second: f64, burst: f64, now: Ts) -> Self {
        let burst = burst.max(1.0);
        Self { per_second, burst, level: burst, at: now }
    }

    fn fill(&mut self, now: Ts) {
        let seconds = (now.0 - self.at.0).max(0) as f64 / 1e6;
        self.level = (self.level + seconds * self.per_second).min(self.burst);
        self.at = Ts(self.at.0.max(now.0));
    }

    /// Whole units that may be used now.
    pub fn available(&mut self, now: Ts) -> usize {
        self.fill(now);
        self.level.max(0.0) as usize
    }

    /// Uses units, even such as are not there yet.
    pub fn take(&mut self, units: f64, now: Ts) {
        self.fill(now);
        self.level -= units;
    }

    /// How long until one unit is there.
    #[must_use]
    pub fn wait(&self) -> Duration {
        if self.level >= 1.0 || self.per_second <= 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64((1.0 - self.level) / self.per_second)
    }

    fn set_rate(&mut self, per_second: f64, burst: f64) {
        self.per_second = per_second;
        self.burst = burst.max(1.0);
    }
}

/// Set while a provider said that we are too fast.
#[derive(Debug, Clone, Copy, Default)]
struct Rest {
    until: Option<Ts>,
    /// How often in a row.
    times: u32,
}

#[derive(Default)]
struct Budgets {
    channels: HashMap<Uuid, Bucket>,
    accounts: HashMap<String, Bucket>,
    rests: HashMap<Uuid, Rest>,
}

/// All budgets of this process.
pub struct Pace {
    budgets: Mutex<Budgets>,
    persons: Mutex<LruCache<(Uuid, Uuid), Bucket>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { budgets: Mutex::default(), persons: Mutex::new(LruCache::new(MAX_PERSONS)) }
    }
}

impl Pace {
    /// How many messages a channel may take up now; `None`: as many as there are. `share` is the part of all people that
    /// this process handles: processes divide a rate among them.
    #[must_use]
    pub fn room(&self, channel: &Channel, share: f64, now: Ts) -> Option<usize> {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.rests.get(&channel.id).and_then(|rest| rest.until).is_some_and(|until| until > now) {
            return Some(0);
        }
        let rate = rate_of(channel).map(|rate| rate * share);
        let own = rate.map(|rate| {
            let bucket = budgets
                .channels
                .entry(channel.id)
                .or_insert_with(|| Bucket::new(rate, rate * BURST_SECONDS, now));
            bucket.set_rate(rate, rate * BURST_SECONDS);
            bucket.available(now)
        });
        let shared = account_of(channel).map(|(name, rate)| {
            let rate = rate * share;
            let bucket = budgets
                .accounts
                .entry(name.to_owned())
                .or_insert_with(|| Bucket::new(rate, rate * BURST_SECONDS, now));
            bucket.set_rate(rate, rate * BURST_SECONDS);
            bucket.available(now)
        });
        match (own, shared) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Charges a channel and its account.
    pub fn charge(&self, channel: &Channel, units: usize, now: Ts) {
        let units = units as f64;
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = budgets.channels.get_mut(&channel.id) {
            bucket.take(units, now);
        }
        if let Some((name, _)) = account_of(channel)
            && let Some(bucket) = budgets.accounts.get_mut(name)
        {
            bucket.take(units, now);
        }
    }

    /// Charges what one person may be sent on a channel.
    ///
    /// # Errors
    /// With how long to wait when it is used up; nothing is charged then.
    pub fn charge_person(&self, channel: &Channel, contact: Uuid, now: Ts) -> Result<(), Duration> {
        let Some(rate) = channel.account().and_then(|account| channels::rates(account).person) else {
            return Ok(());
        };
        let per_second = 1.0 / rate.every.as_secs_f64();
        let mut persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = persons
            .get_or_insert_mut((channel.id, contact), || Bucket::new(per_second, f64::from(rate.burst), now));
        if bucket.available(now) == 0 {
            return Err(bucket.wait());
        }
        bucket.take(1.0, now);
        Ok(())
    }

    /// The provider said that the channel is too fast: it rests, longer each time.
    pub fn too_fast(&self, channel: Uuid, asked: Option<Duration>, now: Ts) {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = budgets.rests.entry(channel).or_default();
        // Answers to requests that left together count once.
        if rest.until.is_none_or(|until| until <= now) {
            rest.times = rest.times.saturating_add(1);
        }
        let asked = asked.map_or(0, |asked| i64::try_from(asked.as_millis()).unwrap_or(MAX_REST_MILLIS));
        let own = FIRST_REST_MILLIS << (rest.times - 1).min(10);
        let until = now.plus_millis(own.max(asked).min(MAX_REST_MILLIS));
        rest.until = Some(rest.until.map_or(until, |had| Ts(had.0.max(until.0))));
    }

    /// The provider took a message.
    pub fn went_well(&self, channel: Uuid, now: Ts) {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.rests.get(&channel).is_some_and(|rest| rest.until.is_none_or(|until| until <= now)) {
            budgets.rests.remove(&channel);
        }
    }
}

fn rate_of(channel: &Channel) -> Option<f64> {
    let known = || match &channel.link {
        Link::Own => None,
        Link::Http(account) => channels::rates(account).per_second,
        Link::Smpp(_) => Some(SMPP_PER_SECOND),
    };
    channel.delivery.per_second.or_else(known).filter(|rate| *rate > 0.0)
}

fn account_of(channel: &Channel) -> Option<(&str, f64)> {
    let rate = channel.delivery.account_per_second.filter(|rate| *rate > 0.0)?;
    Some((channel.delivery.account.as_deref()?, rate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::{ChannelKind, ChannelState, Delivery};

    const NOW: Ts = Ts(1_800_000_000_000_000);

    fn channel(delivery: Delivery) -> Channel {
        let settings = serde_json::json!({"access_token": "t", "app_secret": "s", "verify_token": "v"});
        let account =
            channels::Account::new(channels::Provider::WhatsappCloud, "1", None, &settings).unwrap();
        Channel {
            id: Uuid::from_u128(1),
            line_id: Uuid::from_u128(2),
            kind: ChannelKind::Whatsapp,
            address: "1".into(),
            link: Link::Http(account),
            delivery,
            state: ChannelState::On,
        }
    }

    #[test]
    fn a_bucket_never_gives_more_than_its_rate_and_one_burst() {
        let mut bucket = Bucket::new(10.0, 10.0, NOW);
        let (mut given, mut now) = (0, NOW);
        for step in 0..1_000_i64 {
            now = NOW.plus_millis(step * 37);
            let some = bucket.available(now).min(7);
            bucket.take(some as f64, now);
            given += some;
        }
        let most = 10.0 + (now.0 - NOW.0) as f64 / 1e6 * 10.0;
        assert!(given as f64 <= most && given as f64 > most - 12.0, "{given} of {most}");
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_twice() {
        let mut bucket = Bucket::new(1.0, 1.0, NOW);
        bucket.take(1.0, NOW);
        assert_eq!(bucket.available(NOW.plus_millis(-5_000)), 0);
        assert_eq!(bucket.available(NOW.plus_millis(1_000)), 1);
    }

    #[test]
    fn a_debt_is_paid_back_before_anything_leaves() {
        let pace = Pace::default();
        let channel = channel(Delivery { per_second: Some(2.0), ..Delivery::default() });
        assert_eq!(pace.room(&channel, 1.0, NOW), Some(2));
        pace.charge(&channel, 6, NOW);
        assert_eq!(pace.room(&channel, 1.0, NOW.plus_millis(1_900)), Some(0));
        assert_eq!(pace.room(&channel, 1.0, NOW.plus_millis(2_600)), Some(1));
    }

    #[test]
    fn numbers_of_one_account_share_its_budget_and_zero_is_no_limit() {
        let pace = Pace::default();
        let shared = |id: u128| {
            let delivery = Delivery {
                per_second: Some(0.0),
                account: Some("main".into()),
                account_per_second: Some(3.0),
                ..Delivery::default()
            };
            Channel { id: Uuid::from_u128(id), ..channel(delivery) }
        };
        assert_eq!(pace.room(&shared(1), 1.0, NOW), Some(3));
        pace.charge(&shared(1), 2, NOW);
        assert_eq!(pace.room(&shared(2), 1.0, NOW), Some(1));
        let free = channel(Delivery { per_second: Some(0.0), ..Delivery::default() });
        assert_eq!(pace.room(&free, 1.0, NOW), None);
    }

    #[test]
    fn one_person_waits_while_others_do_not() {
        let pace = Pace::default();
        let channel = channel(Delivery::default());
        let (amina, luis) = (Uuid::from_u128(7), Uuid::from_u128(8));
        for _ in 0..45 {
            assert_eq!(pace.charge_person(&channel, amina, NOW), Ok(()));
        }
        assert_eq!(pace.charge_person(&channel, amina, NOW), Err(Duration::from_secs(6)));
        assert_eq!(pace.charge_person(&channel, luis, NOW), Ok(()));
        assert_eq!(pace.charge_person(&channel, amina, NOW.plus_millis(6_001)), Ok(()));
    }

    #[test]
    fn a_channel_that_is_too_fast_rests_longer_each_time_and_recovers() {
        let pace = Pace::default();
        let channel = channel(Delivery::default());
        pace.too_fast(channel.id, None, NOW);
        pace.too_fast(channel.id, None, NOW);
        assert_eq!(pace.room(&channel, 1.0, NOW.plus_millis(999)), Some(0));
        let later = NOW.plus_millis(1_000);
        assert!(pace.room(&channel, 1.0, later) > Some(0));
        pace.too_fast(channel.id, None, later);
        assert_eq!(pace.room(&channel, 1.0, later.plus_millis(1_999)), Some(0));
        pace.too_fast(channel.id, Some(Duration::from_secs(3_600)), later.plus_millis(2_000));
        assert_eq!(pace.room(&channel, 1.0, later.plus_millis(61_000)), Some(0));
        let free = later.plus_millis(63_000);
        assert!(pace.room(&channel, 1.0, free) > Some(0));
        pace.went_well(channel.id, free);
        pace.too_fast(channel.id, None, free);
        assert!(pace.room(&channel, 1.0, free.plus_millis(1_000)) > Some(0));
    }
}
