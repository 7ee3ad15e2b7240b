//! Where in a call its provider's request belongs: what our own addresses say, which the provider brings back.
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::{Call, hear};
use crate::account::Account;
use crate::http::HttpRequest;
use crate::incoming::{Incoming, Unparsable};
use crate::media::web_address;

/// The query parameters of our addresses.
const STEP: &str = "step";
const OURS: &str = "call";
const POLL: &str = "poll";

/// Where in a call a request belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// Which of our answers this one comes after: 0 before the first.
    pub step: u32,
    /// Our own id of a call that we began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<Uuid>,
    /// How often the provider was told to ask again, because the answer was not ready; 0: this is no such question.
    #[serde(default)]
    pub poll: u32,
}

impl Place {
    /// What an address of ours says; what it does not say, or says wrongly, counts as the beginning.
    #[must_use]
    pub fn of(url: &str) -> Self {
        let Some(url) = web_address(url) else { return Self::default() };
        let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
        let number = |name: &str| value(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        Self { step: number(STEP), ours: value(OURS).and_then(|text| text.parse().ok()), poll: number(POLL) }
    }

    /// The address below `base` that says so; `None` when `base` is none.
    #[must_use]
    pub fn address(&self, base: &str, word: &str) -> Option<String> {
        let mut url: Url = web_address(base)?;
        url.path_segments_mut().ok()?.pop_if_empty().push(word);
        {
            let mut query = url.query_pairs_mut();
            if self.step > 0 {
                query.append_pair(STEP, &self.step.to_string());
            }
            if let Some(ours) = self.ours {
                query.append_pair(OURS, &ours.to_string());
            }
            if self.poll > 0 {
                query.append_pair(POLL, &self.poll.to_string());
            }
        }
        Some(url.to_string().trim_end_matches('?').to_owned())
    }
}

/// A provider's request about a call, and where in the call it belongs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    pub call: Call,
    pub place: Place,
}

impl Heard {
    /// What a provider's request says. Never panics, whatever the bytes.
    ///
    /// # Errors
    /// As [`hear`].
    pub fn of(account: &Account, request: &HttpRequest) -> Result<Self, Unparsable> {
        let (call, mut place) = (hear(account, request)?, Place::of(&request.url));
        place.ours = place.ours.or(call.ours);
        Ok(Self { call, place })
    }

    /// As something that came in; a question whether the answer is ready by now is nothing new.
    #[must_use]
    pub fn into_incoming(self) -> Vec<Incoming> {
        if self.place.poll > 0 && !self.call.is_report {
            return Vec::new();
        }
        vec![Incoming::Call(Box::new(self))]
    }

    /// By what a repeated request is known: the call, the step, and for a report what it reports.
    #[must_use]
    pub fn key(&self) -> String {
        match self.call.is_report {
            true => format!("{} {:?}", self.call.id, self.call.status),
            false => format!("{} {}", self.call.id, self.place.step),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_in_a_call_it_is() {
        let base = "https://line.example.org/hooks/7?token=x";
        let ours = Some(Uuid::from_u128(9));
        for place in [
            Place::default(),
            Place { step: 3, ours: None, poll: 0 },
            Place { step: 0, ours, poll: 0 },
            Place { step: 2, ours, poll: 4 },
        ] {
            let address = place.address(base, "next").unwrap();
            assert!(address.starts_with("https://line.example.org/hooks/7/next?token=x"), "{address}");
            assert_eq!(Place::of(&address), place, "{address}");
        }
        assert_eq!(
            Place::default().address("https://a.example/h", "next").unwrap(),
            "https://a.example/h/next"
        );
        assert_eq!(Place::default().address("nowhere", "next"), None);
        assert_eq!(Place::of("https://a.example/?step=-1&call=x&poll=99999999999999"), Place::default());
    }
}
