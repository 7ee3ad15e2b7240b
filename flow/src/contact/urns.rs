//! A contact's address and the channel that it prefers; checking and tidying of addresses by their scheme.
use std::fmt;
use std::sync::OnceLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::env::Country;
use crate::text::phones::Phone;
use crate::text::urns::Parts;
use crate::words::Urn;

/// An address with the channel it was last reached by. As text `tel:+593991234567?channel=uuid`.
#[derive(Debug, Clone)]
pub struct ContactUrn {
    /// With its display but without a query.
    urn: Urn,
    pub channel: Option<Uuid>,
    /// What a phone number is, once somebody has asked.
    phone: OnceLock<Option<Box<Phone>>>,
}

impl PartialEq for ContactUrn {
    fn eq(&self, other: &Self) -> bool {
        self.urn == other.urn && self.channel == other.channel
    }
}

impl Eq for ContactUrn {}

impl ContactUrn {
    /// An address that prefers no channel.
    #[must_use]
    pub fn new(urn: Urn) -> Self {
        Self { urn, channel: None, phone: OnceLock::new() }
    }

    /// The address, with its display but without a query.
    #[must_use]
    pub fn urn(&self) -> &Urn {
        &self.urn
    }

    /// The phone number that this is: read once, since the numbering plans take their time.
    pub(crate) fn phone(&self) -> Option<&Phone> {
        let read = || {
            (self.urn.scheme() == "tel").then(|| Phone::read(&self.urn.path_text())).flatten().map(Box::new)
        };
        self.phone.get_or_init(read).as_deref()
    }

    /// The country that a phone number belongs to.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        self.phone()?.country()
    }

    /// The same in the way that its scheme is written; `country` is where a number without a country code is.
    #[must_use]
    pub fn normalized(&self, country: Option<Country>) -> Self {
        Self { channel: self.channel, ..Self::new(normalize_urn(&self.urn, country)) }
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
            return Ok(Self::new(urn));
        };
        let channel =
            query.split('&').find_map(|pair| pair.strip_prefix("channel=")).and_then(|id| id.parse().ok());
        let bare = match display {
            Some(display) => format!("{identity}#{display}").parse()?,
            None => identity.parse()?,
        };
        Ok(Self { channel, ..Self::new(bare) })
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

/// The schemes of our own channels that RapidPro has not.
const OWN_SCHEMES: [&str; 3] = ["matrix", "signal", "sms"];

/// The schemes that an address may have.
#[must_use]
pub fn is_scheme(scheme: &str) -> bool {
    OWN_SCHEMES.contains(&scheme) || crate::text::urns::is_valid_scheme(scheme)
}

/// Tidies an address by the rules of its scheme: phone numbers to `+` and digits, names and mail to lower case.
/// `country` is where a number without a country code is.
#[must_use]
pub fn normalize_urn(urn: &Urn, country: Option<Country>) -> Urn {
    let Ok(mut parts) = Parts::parse(urn.as_str()) else { return urn.clone() };
    if parts.scheme == "tel" {
        parts.path = crate::tel::normalize(&parts.path, country);
    }
    parts.normalised().to_string().parse().unwrap_or_else(|_| urn.clone())
}

/// Whether the path can be one of the scheme.
#[must_use]
pub fn validate_urn(urn: &Urn) -> bool {
    if OWN_SCHEMES.contains(&urn.scheme()) {
        return !urn.path().is_empty();
    }
    Parts::parse(urn.as_str()).is_ok_and(|parts| parts.validate().is_ok())
}

/// An address as people write it.
#[must_use]
pub fn format_urn(urn: &Urn) -> String {
    Parts::parse(urn.as_str()).map_or_else(|_| urn.path(), |parts| parts.format())
}
