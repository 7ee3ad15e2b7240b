//! A line's ways in and out: what kind they are, how they deliver, and whether they may.
use std::time::Duration;

use flow::words::Content;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::{Result, StoreError, Ts};

/// The longest chain of channels that a message may go through.
pub const MAX_FAIL_OVER: usize = 4;
/// The longest that a channel may be told to wait for a report before another one is tried, in minutes.
const MAX_MINUTES: u32 = 7 * 24 * 60;
/// The most messages a second that a channel can be told to send.
const MAX_PER_SECOND: f64 = 10_000.0;
/// Messenger, Instagram and WhatsApp: how long after the person's last message free text may be sent.
pub const WINDOW_SECONDS: i64 = 86_400;

/// What kind of channel, as staff and the ledger call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    Whatsapp,
    Sms,
    Webchat,
    Telegram,
    Viber,
    Messenger,
    Instagram,
    Line,
    Wechat,
    Slack,
    Voice,
    /// Whatever else a provider reaches.
    Other,
}

impl ChannelKind {
    /// The kind of a channel that reaches addresses of this scheme.
    #[must_use]
    pub fn of_scheme(scheme: &str) -> Self {
        match scheme {
            "whatsapp" => Self::Whatsapp,
            "tel" => Self::Sms,
            "webchat" => Self::Webchat,
            "telegram" => Self::Telegram,
            "viber" => Self::Viber,
            "facebook" => Self::Messenger,
            "instagram" => Self::Instagram,
            "line" => Self::Line,
            "wechat" | "jiochat" => Self::Wechat,
            "slack" => Self::Slack,
            _ => Self::Other,
        }
    }

    /// As stored and as the API says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
            Self::Webchat => "webchat",
            Self::Telegram => "telegram",
            Self::Viber => "viber",
            Self::Messenger => "messenger",
            Self::Instagram => "instagram",
            Self::Line => "line",
            Self::Wechat => "wechat",
            Self::Slack => "slack",
            Self::Voice => "voice",
            Self::Other => "other",
        }
    }

    /// What staff calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Whatsapp => "WhatsApp",
            Self::Sms => "SMS",
            Self::Webchat => "Web chat",
            Self::Telegram => "Telegram",
            Self::Viber => "Viber",
            Self::Messenger => "Messenger",
            Self::Instagram => "Instagram",
            Self::Line => "LINE",
            Self::Wechat => "WeChat",
            Self::Slack => "Slack",
            Self::Voice => "Voice",
            Self::Other => "Other",
        }
    }

    /// Whether free text is taken only for a day after the person's last message.
    #[must_use]
    pub fn has_window(self) -> bool {
        matches!(self, Self::Whatsapp | Self::Messenger | Self::Instagram)
    }

    /// Whether this cannot be sent now because the time for free text is over.
    #[must_use]
    pub fn window_closed(self, content: &Content, last_in_at: Option<Ts>, now: Ts) -> bool {
        self.has_window()
            && content.templating.is_none()
            && last_in_at.is_some_and(|at| now.seconds_since(at) > WINDOW_SECONDS)
    }
}

/// Whether a channel may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelState {
    On,
    /// The operator said so; what is queued waits.
    Paused,
    /// The provider refuses the account: what is queued waits until somebody has looked.
    Stopped {
        /// The provider's code, such as `account_broken 190`.
        reason: String,
        at: Ts,
    },
}

impl ChannelState {
    pub(super) fn from_row(code: i64, reason: Option<String>, at: Option<Ts>) -> Result<Self> {
        Ok(match code {
            0 => Self::On,
            1 => Self::Paused,
            2 => Self::Stopped { reason: reason.unwrap_or_default(), at: at.unwrap_or(Ts(0)) },
            other => return Err(StoreError::Shape(format!("channel.state holds {other}"))),
        })
    }

    /// As the API says it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Paused => "paused",
            Self::Stopped { .. } => "stopped",
        }
    }
}

/// What becomes of a message of which nobody knows whether it was sent, when no report and no question to the provider
/// has cleared it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPolicy {
    /// It stays unknown, for staff to see: better missing than twice.
    #[default]
    Wait,
    /// It is sent again: better twice than missing.
    Resend,
}

/// How a channel delivers; no secrets. Unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// The most requests (SMS: segments) a second; absent: what the provider is known to take; 0: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
    /// Channels with the same word share one budget of `account_per_second`: numbers of one account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_per_second: Option<f64>,
    /// Where a message goes when this channel cannot deliver it, first choice first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fail_over: Vec<Uuid>,
    /// A message that the provider took and that was not delivered after so many minutes goes on to the next channel.
    /// Absent: only what is refused goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_over_after_minutes: Option<u32>,
    pub unknown: UnknownPolicy,
    /// After how many minutes [`Delivery::unknown`] is applied; absent: ten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_after_minutes: Option<u32>,
}

impl Delivery {
    /// Minutes before [`Delivery::unknown`] is applied when nothing is said.
    const UNKNOWN_AFTER_MINUTES: u32 = 10;

    /// Reads what is stored; nothing stands for the defaults.
    ///
    /// # Errors
    /// When it is not what this version understands.
    pub fn read(text: &str) -> std::result::Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let read: Self = serde_json::from_str(text).map_err(|error| format!("delivery: {error}"))?;
        read.check()?;
        Ok(read)
    }

    /// What can be wrong with the values themselves.
    ///
    /// # Errors
    /// In words, with the key.
    pub fn check(&self) -> std::result::Result<(), String> {
        for (key, rate) in [("per_second", self.per_second), ("account_per_second", self.account_per_second)]
        {
            if rate.is_some_and(|rate| !(0.0..=MAX_PER_SECOND).contains(&rate)) {
                return Err(format!("delivery.{key} lies between 0 and {MAX_PER_SECOND}"));
            }
        }
        for (key, minutes) in [
            ("fail_over_after_minutes", self.fail_over_after_minutes),
            ("unknown_after_minutes", self.unknown_after_minutes),
        ] {
            if minutes.is_some_and(|minutes| !(1..=MAX_MINUTES).contains(&minutes)) {
                return Err(format!("delivery.{key} lies between 1 and {MAX_MINUTES}"));
            }
        }
        if self.fail_over.len() > MAX_FAIL_OVER {
            return Err(format!("delivery.fail_over names at most {MAX_FAIL_OVER} channels"));
        }
        Ok(())
    }

    /// How long [`Delivery::unknown`] is held back.
    #[must_use]
    pub fn unknown_after(&self) -> Duration {
        let minutes = self.unknown_after_minutes.unwrap_or(Self::UNKNOWN_AFTER_MINUTES);
        Duration::from_secs(u64::from(minutes) * 60)
    }
}

/// How whoever is at the other end of a channel is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Our own web chat: its page reads the store itself.
    Own,
    /// A provider's HTTP interface.
    Http(channels::Account),
    /// A message centre, by a session that stays open.
    Smpp(channels::smpp::Account),
}

/// A way in and out.
pub struct Channel {
    pub id: Uuid,
    pub line_id: Uuid,
    pub kind: ChannelKind,
    /// The line's own number or page: public.
    pub address: String,
    pub link: Link,
    pub delivery: Delivery,
    pub state: ChannelState,
}

impl Channel {
    /// The scheme of the addresses that it reaches.
    #[must_use]
    pub fn scheme(&self) -> &str {
        match &self.link {
            Link::Own => "webchat",
            Link::Http(account) => channels::scheme(account),
            Link::Smpp(_) => "tel",
        }
    }

    /// The provider's name as it is configured; `webchat` for our own.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        match &self.link {
            Link::Own => "webchat",
            Link::Http(account) => account.provider().as_str(),
            Link::Smpp(_) => channels::smpp::NAME,
        }
    }

    /// The account at a provider that is spoken to by HTTP.
    #[must_use]
    pub fn account(&self) -> Option<&channels::Account> {
        match &self.link {
            Link::Http(account) => Some(account),
            Link::Own | Link::Smpp(_) => None,
        }
    }

    /// Whether it is our own web chat.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.link == Link::Own
    }

    /// Whether it may send now.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.state == ChannelState::On
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_is_read_and_wrong_values_are_named() {
        assert_eq!(Delivery::read(""), Ok(Delivery::default()));
        let read = Delivery::read(r#"{"per_second": 2.5, "unknown": "resend"}"#).unwrap();
        assert_eq!((read.per_second, read.unknown), (Some(2.5), UnknownPolicy::Resend));
        assert_eq!(read.unknown_after(), Duration::from_secs(600));
        for (bad, named) in [
            (r#"{"per_second": -1}"#, "per_second"),
            (r#"{"fail_over_after_minutes": 0}"#, "fail_over_after_minutes"),
            (r#"{"per_secund": 1}"#, "per_secund"),
            (r#"{"unknown": "sometimes"}"#, "sometimes"),
        ] {
            let error = Delivery::read(bad).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn free_text_ends_a_day_after_her_last_message() {
        let (now, free) = (Ts(0).plus_seconds(200_000), Content::default());
        let last = |seconds: i64| Some(now.plus_seconds(-seconds));
        assert!(!ChannelKind::Whatsapp.window_closed(&free, last(WINDOW_SECONDS), now));
        assert!(ChannelKind::Whatsapp.window_closed(&free, last(WINDOW_SECONDS + 1), now));
        assert!(ChannelKind::Messenger.window_closed(&free, last(WINDOW_SECONDS + 1), now));
        assert!(!ChannelKind::Telegram.window_closed(&free, last(WINDOW_SECONDS + 1), now));
        assert!(!ChannelKind::Whatsapp.window_closed(&free, None, now));
    }
}
