//! The server's part, as cheap as it can be honest: a real clock, fast ids, canned answers.
use std::collections::BTreeMap;

use flow::asks::{AirtimeReply, LlmReply, WebhookReply};
use flow::events::Tokens;
use flow::{Ask, AskAnswer, AskKind, Source};
use jiff::Timestamp;
use uuid::Uuid;

/// The machine's clock, and ids from a seeded generator (SplitMix64).
pub struct Clock {
    state: u64,
}

impl Clock {
    pub fn new() -> Self {
        Self { state: 1 }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn id_of(&mut self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let random = (u128::from(self.next()) << 64) | u128::from(self.next());
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&random.to_be_bytes()[..10]);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

impl Source for Clock {
    #[expect(clippy::disallowed_methods, reason = "a measurement has no App to ask")]
    fn now(&mut self) -> Timestamp {
        Timestamp::now()
    }

    fn uuid_v7(&mut self) -> Uuid {
        let now = self.now();
        self.id_of(now)
    }

    fn stamp(&mut self) -> (Uuid, Timestamp) {
        let now = self.now();
        (self.id_of(now), now)
    }

    fn uuid_v4(&mut self) -> Uuid {
        let random = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid()
    }

    fn random_below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn random_unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Every question is answered at once: calls succeed with an empty object, addresses are free.
pub fn answer(ask: &Ask) -> AskAnswer {
    match &ask.kind {
        AskKind::Webhook { .. } => AskAnswer::Webhook(WebhookReply {
            status_code: 200,
            headers: BTreeMap::new(),
            body: b"{}".to_vec(),
            ..WebhookReply::default()
        }),
        AskKind::Llm { .. } => AskAnswer::Llm(Ok(LlmReply {
            output: "yes".to_owned(),
            tokens: Tokens { input: 1, output: 1 },
            elapsed_ms: 0,
        })),
        AskKind::Airtime { amounts, .. } => AskAnswer::Airtime(match amounts.iter().next() {
            Some((currency, amount)) => Ok(AirtimeReply {
                external_id: "1".to_owned(),
                currency: currency.clone(),
                amount: amount.clone(),
                http_logs: Vec::new(),
            }),
            None => Err("no amount".to_owned()),
        }),
        AskKind::Email { .. } => AskAnswer::Email(Ok(())),
        AskKind::ClaimUrn { .. } => AskAnswer::ClaimUrn(true),
    }
}
