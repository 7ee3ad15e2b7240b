//! A contact's address and the channel that it prefers; checking and tidying of addresses by their scheme.
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::env::Country;
use crate::words::Urn;

/// An address with the channel it was last reached by. As text `tel:+593991234567?channel=uuid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactUrn {
    /// The address, with its display but without a query.
    pub urn: Urn,
    pub channel: Option<Uuid>,
}

impl ContactUrn {
    /// An address that prefers no channel.
    #[must_use]
    pub fn new(urn: Urn) -> Self {
        Self { urn, channel: None }
    }

    /// Reads an address with its query.
    ///
    /// # Errors
    /// When the text is not an address.
    pub fn parse(text: &str) -> Result<Self, crate::words::UrnError> {
        let urn: Urn = text.parse()?;
        let (before_display, display) = match text.split_once('#') {
            Some((before, display)) => (before, Some(display)),
            None => (text, None),
        };
        let Some((identity, query)) = before_display.split_once('?') else {
            return Ok(Self { urn, channel: None });
        };
        let channel =
            query.split('&').find_map(|pair| pair.strip_prefix("channel=")).and_then(|id| id.parse().ok());
        let bare = match display {
            Some(display) => format!("{identity}#{display}").parse()?,
            None => identity.parse()?,
        };
        Ok(Self { urn: bare, channel })
    }
}

impl fmt::Display for ContactUrn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.urn.identity())?;
        if let Some(channel) = self.channel {
            write!(f, "?channel={channel}")?;
        }
        match self.urn.display() {
            Some(display) => write!(f, "#{display}"),
            None => Ok(()),
        }
    }
}

impl Serialize for ContactUrn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContactUrn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// The schemes that an address may have: RapidPro's, and `sms` and `signal` of our own channels.
pub const SCHEMES: [&str; 24] = [
    "bsuid",
    "discord",
    "ext",
    "facebook",
    "fcm",
    "freshchat",
    "instagram",
    "jiochat",
    "line",
    "mailto",
    "rocketchat",
    "signal",
    "slack",
    "sms",
    "tel",
    "telegram",
    "twitter",
    "twitterid",
    "viber",
    "vk",
    "webchat",
    "wechat",
    "whatsapp",
    "matrix",
];

/// Tidies an address by the rules of its scheme: phone numbers to `+` and digits, names and mail to lower case.
/// `country` is where a number without a country code is.
#[must_use]
pub fn normalize_urn(urn: &Urn, country: Option<Country>) -> Urn {
    let path = urn.path();
    let path = path.trim();
    let tidy = match urn.scheme() {
        "tel" => crate::tel::normalize(path, country),
        "twitter" => path.strip_prefix('@').unwrap_or(path).to_lowercase(),
        "twitterid" | "mailto" => path.to_lowercase(),
        _ => path.to_owned(),
    };
    let display = urn.display().map(|display| match urn.scheme() {
        "twitterid" => display.strip_prefix('@').unwrap_or(display).to_lowercase(),
        _ => display.to_owned(),
    });
    let Ok(bare) = Urn::new(urn.scheme(), &tidy) else { return urn.clone() };
    match display {
        Some(display) if !display.is_empty() => format!("{bare}#{display}").parse().unwrap_or(bare),
        _ => bare,
    }
}

/// Whether the path can be one of the scheme.
#[must_use]
pub fn validate_urn(urn: &Urn) -> bool {
    let path = urn.path();
    let all = |test: fn(u8) -> bool| !path.is_empty() && path.bytes().all(test);
    match urn.scheme() {
        "tel" | "sms" => {
            let digits = path.strip_prefix('+').unwrap_or(&path);
            (1..=64).contains(&path.len()) && digits.bytes().all(|b| b.is_ascii_alphanumeric())
        }
        "telegram" | "twitterid" | "fcm_digits" | "vk" => all(|b| b.is_ascii_digit()),
        "whatsapp" => all(|b| b.is_ascii_digit()),
        "twitter" => (1..=15).contains(&path.len()) && all(|b| b.is_ascii_alphanumeric() || b == b'_'),
        "facebook" => {
            all(|b| b.is_ascii_digit()) || path.strip_prefix("ref:").is_some_and(|id| !id.is_empty())
        }
        "instagram" => all(|b| b.is_ascii_digit()),
        "mailto" => is_mail(&path),
        "viber" => (1..=24).contains(&path.len()) && path.bytes().all(|b| b.is_ascii_graphic()),
        "line" | "slack" | "jiochat" | "wechat" | "freshchat" | "rocketchat" | "webchat" | "discord"
        | "ext" | "fcm" | "bsuid" | "signal" | "matrix" => true,
        _ => false,
    }
}

fn is_mail(path: &str) -> bool {
    let Some((name, host)) = path.split_once('@') else { return false };
    let plain = |c: char| !c.is_whitespace() && c != '@' && c != '<' && c != '>';
    !name.is_empty()
        && name.chars().all(plain)
        && host.contains('.')
        && host.chars().all(plain)
        && !host.ends_with('.')
}
