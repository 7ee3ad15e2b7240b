//! What engine tests share: a source that can be replayed, and a conversation to write stories with.
#![expect(clippy::unwrap_used, reason = "test code")]
use std::sync::Arc;

use flow::env::Environment;
use flow::events::{EventKind, MsgIn};
use flow::refs::FlowRef;
use flow::{Assets, Call, Contact, Event, Limits, Next, Resume, Session, Source, Sprint, Trigger};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// The permuted congruential generator (PCG-DXSM, 128 bits of state) that reference engines are mocked with.
pub struct Pcg(u128);

impl Pcg {
    pub fn new(seed: u64) -> Self {
        Self((u128::from(seed) << 64) | u128::from(seed))
    }

    pub fn next(&mut self) -> u64 {
        const MULTIPLIER: u128 = (2_549_297_995_355_413_924 << 64) | 4_865_540_595_714_422_341;
        const INCREMENT: u128 = (6_364_136_223_846_793_005 << 64) | 1_442_695_040_888_963_407;
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        let (mut high, low) = ((self.0 >> 64) as u64, self.0 as u64);
        high ^= high >> 32;
        high = high.wrapping_mul(0xda94_2042_e4dd_58b5);
        high ^= high >> 48;
        high.wrapping_mul(low | 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        if bound.is_power_of_two() {
            return self.next() & (bound - 1);
        }
        let mut product = u128::from(self.next()) * u128::from(bound);
        if (product as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u64) < threshold {
                product = u128::from(self.next()) * u128::from(bound);
            }
        }
        (product >> 64) as u64
    }
}

/// A clock that moves on by a step at each reading, and ids and numbers that follow from seeds.
pub struct Replay {
    pub now: Timestamp,
    pub step: SignedDuration,
    ids: Pcg,
    numbers: Pcg,
}

impl Replay {
    pub fn new() -> Self {
        Self::starting("2025-05-04T12:30:45.123456789Z", 1, 123_456)
    }

    pub fn starting(at: &str, step_seconds: i64, seed: u64) -> Self {
        let (now, step) = (at.parse().unwrap(), SignedDuration::from_secs(step_seconds));
        Self { now, step, ids: Pcg::new(seed), numbers: Pcg::new(123_456) }
    }

    fn id_bytes(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.ids.next().to_le_bytes());
        bytes[8..].copy_from_slice(&self.ids.next().to_le_bytes());
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        bytes
    }
}

impl Source for Replay {
    fn now(&mut self) -> Timestamp {
        let now = self.now;
        self.now += self.step;
        now
    }

    fn uuid_v7(&mut self) -> Uuid {
        let mut bytes = self.id_bytes();
        let nanos = self.now().as_nanosecond();
        let millis = nanos / 1_000_000;
        let fraction = (nanos - millis * 1_000_000) >> 8;
        bytes[..6].copy_from_slice(&(millis as u64).to_be_bytes()[2..]);
        bytes[6] = 0x70 | ((fraction >> 8) & 0x0f) as u8;
        bytes[7] = fraction as u8;
        Uuid::from_bytes(bytes)
    }

    fn uuid_v4(&mut self) -> Uuid {
        Uuid::from_bytes(self.id_bytes())
    }

    fn random_below(&mut self, bound: u64) -> u64 {
        self.numbers.below(bound)
    }

    fn random_unit(&mut self) -> f64 {
        (self.numbers.next() << 11 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A person in conversation with flows; her session is stored and read again at each step.
pub struct Story {
    pub assets: Arc<Assets>,
    pub env: Environment,
    pub contact: Contact,
    pub source: Replay,
    pub limits: Limits,
    pub stored: Vec<u8>,
    pub next: Next,
    pub events: Vec<Event>,
    pub refused: Option<String>,
}

impl Story {
    pub fn new(assets: serde_json::Value, env: Environment, contact: Contact) -> Self {
        let assets = match Assets::read_in(&assets, &env) {
            Ok(assets) => Arc::new(assets),
            Err(problems) => panic!("{problems:#?}"),
        };
        Self {
            assets,
            env,
            contact,
            source: Replay::new(),
            limits: Limits::default(),
            stored: Vec::new(),
            next: Next::Ended,
            events: Vec::new(),
            refused: None,
        }
    }

    fn call(&mut self) -> Call<'_> {
        Call {
            assets: &self.assets,
            env: &self.env,
            contact: &mut self.contact,
            source: &mut self.source,
            globals: None,
            policy: None,
            phone_call: None,
            limits: &self.limits,
        }
    }

    fn keep(&mut self, sprint: Sprint) {
        self.stored = sprint.session.to_stored();
        self.next = sprint.next;
        self.events = sprint.events;
        self.refused = sprint.refused;
    }

    pub fn starts(&mut self, flow: &str) -> &mut Self {
        let flow = FlowRef::new(flow.parse().unwrap(), "");
        let now = self.source.now;
        let sprint = flow::start(self.call(), Trigger::manual(flow, now.into(), None, ""));
        self.keep(sprint);
        self
    }

    pub fn resumes(&mut self, resume: Resume) -> &mut Self {
        let session = Session::from_stored(&self.stored).unwrap();
        let sprint = flow::resume(self.call(), session, resume);
        self.keep(sprint);
        self
    }

    pub fn says(&mut self, text: &str) -> &mut Self {
        self.sends(MsgIn { text: text.to_owned(), ..MsgIn::default() })
    }

    pub fn sends(&mut self, msg: MsgIn) -> &mut Self {
        let received_on = self.source.now.into();
        self.resumes(Resume::Msg { uuid: Uuid::from_u128(7), received_on, msg })
    }

    /// The texts that were sent to her in the last sprint.
    pub fn sees(&self) -> Vec<&str> {
        self.events.iter().filter_map(text_of).collect()
    }

    /// Names of the events of the last sprint.
    pub fn names(&self) -> Vec<String> {
        let name = |event: &Event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned();
        self.events.iter().map(name).collect()
    }

    pub fn session(&self) -> Session {
        Session::from_stored(&self.stored).unwrap()
    }
}

fn text_of(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::MsgCreated { msg, .. } => Some(&msg.text),
        _ => None,
    }
}
