//! Channels, and which one serves an address.
use std::sync::Arc;

use serde::Deserialize;
use uuid::Uuid;

use crate::env::Country;
use crate::refs::Ref;
use crate::words::Urn;

/// A way to reach people: a WhatsApp number, a bot, a short code.
#[derive(Debug, Clone, Deserialize)]
pub struct Channel {
    pub uuid: Uuid,
    #[serde(default)]
    pub name: Arc<str>,
    /// The number, handle or id that people see.
    #[serde(default)]
    pub address: Arc<str>,
    #[serde(default)]
    pub schemes: Vec<Arc<str>>,
    #[serde(default)]
    pub roles: Vec<ChannelRole>,
    #[serde(default)]
    pub country: Option<Country>,
    /// The beginnings of phone numbers that this channel is for, without `+`; empty: its own address decides.
    #[serde(default)]
    pub match_prefixes: Vec<String>,
    /// Whether it also reaches phone numbers of other countries.
    #[serde(default)]
    pub allow_international: bool,
}

/// What a channel can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelRole {
    Send,
    Receive,
    Call,
    Answer,
    #[serde(other)]
    Other,
}

impl Channel {
    /// A pointer to this channel.
    #[must_use]
    pub fn to_ref(&self) -> Ref {
        Ref { uuid: self.uuid, name: self.name.clone() }
    }

    #[must_use]
    pub fn can_send(&self) -> bool {
        self.has(ChannelRole::Send)
    }

    /// Whether it can do that.
    #[must_use]
    pub fn has(&self, role: ChannelRole) -> bool {
        self.roles.contains(&role)
    }

    /// Whether addresses of that scheme are its own.
    #[must_use]
    pub fn supports(&self, scheme: &str) -> bool {
        self.schemes.iter().any(|known| &**known == scheme)
    }

    /// How many digits of a phone number's beginning are this channel's.
    fn overlap(&self, digits: &str) -> usize {
        let common = |prefix: &str| prefix.bytes().zip(digits.bytes()).take_while(|(a, b)| a == b).count();
        if self.match_prefixes.is_empty() {
            common(self.address.trim_start_matches('+'))
        } else {
            self.match_prefixes.iter().map(|prefix| common(prefix.trim_start_matches('+'))).max().unwrap_or(0)
        }
    }
}

pub(super) fn choose<'c>(
    channels: &'c [Channel],
    urn: &Urn,
    preferred: Option<Uuid>,
    role: ChannelRole,
    country: &dyn Fn() -> Option<Country>,
) -> Option<&'c Channel> {
    let scheme = urn.scheme();
    let fits = |channel: &Channel| channel.has(role) && channel.supports(scheme);
    if let Some(preferred) = preferred
        && let Some(channel) = channels.iter().find(|channel| channel.uuid == preferred && channel.has(role))
    {
        return Some(channel);
    }
    let mut fitting = channels.iter().filter(|channel| fits(channel));
    if scheme != "tel" {
        return fitting.next();
    }
    let mut fitting = fitting.filter(|channel| {
        channel.allow_international
            || channel.country.is_none_or(|own| country().is_none_or(|country| country == own))
    });
    let first = fitting.next()?;
    // most lines have one number, which there is nothing to compare with
    let Some(second) = fitting.next() else { return Some(first) };
    let path = urn.path_text();
    let digits = path.trim_start_matches('+');
    let mut best = (first, first.overlap(digits));
    for channel in std::iter::once(second).chain(fitting) {
        let overlap = channel.overlap(digits);
        if overlap > best.1 {
            best = (channel, overlap);
        }
    }
    Some(best.0)
}
