//! The clock and the dice that the recorded cases were made with.
use flow::source::Source;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A mocked clock and a seeded generator (PCG-DXSM with 128 bits of state, as Go's `math/rand/v2` has it).
pub struct Mocked {
    next: Timestamp,
    step: SignedDuration,
    state: u128,
}

const MULTIPLIER: u128 = (2_549_297_995_355_413_924 << 64) | 4_865_540_595_714_422_341;
const INCREMENT: u128 = (6_364_136_223_846_793_005 << 64) | 1_442_695_040_888_963_407;
const CHEAP_MULTIPLIER: u64 = 0xda94_2042_e4dd_58b5;

impl Mocked {
    /// A clock that stands still, or with `None` starts where the reference's tests start and moves a second at
    /// each reading.
    pub fn new(now: Option<&str>, seed: u64) -> Self {
        let (next, step) = match now {
            Some(now) => (now, SignedDuration::ZERO),
            None => ("2025-05-04T12:30:45.123456789Z", SignedDuration::from_secs(1)),
        };
        Self { next: next.parse().unwrap(), step, state: (u128::from(seed) << 64) | u128::from(seed) }
    }

    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        let (mut high, low) = ((self.state >> 64) as u64, self.state as u64);
        high ^= high >> 32;
        high = high.wrapping_mul(CHEAP_MULTIPLIER);
        high ^= high >> 48;
        high.wrapping_mul(low | 1)
    }
}

impl Source for Mocked {
    fn now(&mut self) -> Timestamp {
        let now = self.next;
        self.next = now.checked_add(self.step).unwrap();
        now
    }

    fn uuid_v7(&mut self) -> Uuid {
        Uuid::nil()
    }

    fn uuid_v4(&mut self) -> Uuid {
        Uuid::nil()
    }

    fn random_below(&mut self, bound: u64) -> u64 {
        if bound.is_power_of_two() {
            return self.random() & (bound - 1);
        }
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let wide = u128::from(self.random()) * u128::from(bound);
            if wide as u64 >= threshold {
                return (wide >> 64) as u64;
            }
        }
    }

    fn random_unit(&mut self) -> f64 {
        (self.random() << 11 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
