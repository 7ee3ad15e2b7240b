//! How one message centre is spoken to.
use serde::Deserialize;
use serde_json::Value;

use super::pdu::{Address, BindMode, Body};
use crate::account::{Secret, shape};

/// The longest system id and password that are sent, in bytes; the paper allows 15 and 8, many centres take more.
const MAX_NAME_BYTES: usize = 64;
/// The longest system type, in bytes.
const MAX_TYPE_BYTES: usize = 12;
/// The most messages that may wait for their answers at once.
const MAX_WINDOW: u16 = 1_000;
/// The shortest and longest time between two questions whether the link is alive, in seconds.
const MIN_ENQUIRE_SECONDS: u32 = 2;
const MAX_ENQUIRE_SECONDS: u32 = 600;
/// The shortest and longest time that an answer is waited for, in seconds.
const MIN_ANSWER_SECONDS: u32 = 1;
const MAX_ANSWER_SECONDS: u32 = 120;
/// The longest short code, in digits.
const MAX_SHORT_CODE: usize = 8;
/// What is sent as the version of the protocol.
const VERSION_3_4: u8 = 0x34;

/// Types of number (5.2.5) and numbering plans (5.2.6).
const TON_UNKNOWN: u8 = 0;
pub(super) const TON_INTERNATIONAL: u8 = 1;
const TON_NETWORK: u8 = 3;
const TON_ALPHANUMERIC: u8 = 5;
const NPI_UNKNOWN: u8 = 0;
const NPI_E164: u8 = 1;

/// Settings of an SMPP channel. Its address is what messages are from: a number, a short code, or a name of letters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppSettings {
    pub host: String,
    pub port: u16,
    /// Whether the connection is encrypted; the centre's certificate must then be valid for `host`.
    #[serde(default)]
    pub tls: bool,
    pub system_id: String,
    pub password: Secret,
    #[serde(default)]
    pub system_type: String,
    #[serde(default)]
    pub bind: Bind,
    /// Type of number and numbering plan of the channel's own address; found from the address when absent.
    #[serde(default)]
    pub source_ton: Option<u8>,
    #[serde(default)]
    pub source_npi: Option<u8>,
    /// Those of receivers; found from each number when absent.
    #[serde(default)]
    pub dest_ton: Option<u8>,
    #[serde(default)]
    pub dest_npi: Option<u8>,
    /// How many messages may wait for their answers at once.
    #[serde(default = "ten")]
    pub window: u16,
    /// How long the link may be silent before it is asked whether it is alive, in seconds.
    #[serde(default = "thirty")]
    pub enquire_link_seconds: u32,
    /// How long the centre may take to answer a message, in seconds; then nobody knows what became of it.
    #[serde(default = "thirty")]
    pub answer_seconds: u32,
    #[serde(default)]
    pub alphabet: Alphabet,
    /// What letters without a named alphabet (`data_coding` 0) mean at this centre.
    #[serde(default)]
    pub default_alphabet: DefaultAlphabet,
    #[serde(default)]
    pub long_messages: LongMessages,
    /// How ids are written in answers, and in delivery receipts: some centres write one in hexadecimal and the other
    /// in decimal digits.
    #[serde(default)]
    pub answer_ids: Ids,
    #[serde(default)]
    pub receipt_ids: Ids,
    /// Whether each message carries a number that good centres repeat in its receipt (`user_message_reference`): by it
    /// a message is found whose answer got lost.
    #[serde(default = "yes")]
    pub reference: bool,
}

const fn ten() -> u16 {
    10
}

const fn thirty() -> u32 {
    30
}

const fn yes() -> bool {
    true
}

/// How the connection is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Bind {
    /// One connection for both directions.
    #[default]
    #[serde(rename = "transceiver")]
    Transceiver,
    /// Two connections, one a direction.
    #[serde(rename = "transmitter+receiver")]
    Separate,
}

/// How letters are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// In the GSM alphabet where typographic marks can be replaced for it, else in UCS-2.
    #[default]
    Smart,
    /// In the GSM alphabet where the text is in it as it stands, else in UCS-2.
    Exact,
    /// In UCS-2, always.
    Ucs2,
}

/// The alphabet that `data_coding` 0 stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultAlphabet {
    /// GSM 7-bit, one letter a byte.
    #[default]
    Gsm7,
    /// ISO 8859-1.
    Latin1,
}

/// How a message is sent that is longer than one SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongMessages {
    /// In parts with a header of the phone network in front of each (`esm_class` 0x40).
    #[default]
    Udh,
    /// In parts that the centre joins by parameters (`sar_msg_ref_num`).
    Sar,
    /// Whole (`message_payload`); the centre divides it.
    Payload,
}

/// How a centre writes its ids of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ids {
    #[default]
    Text,
    Hex,
    Decimal,
}

impl Ids {
    /// One spelling for all that stand for the same number; what is no number stays as it is.
    pub(super) fn canonical(self, id: &str) -> String {
        let id = id.trim();
        let number = match self {
            Self::Text => None,
            Self::Hex => u128::from_str_radix(id, 16).ok(),
            Self::Decimal => id.parse::<u128>().ok(),
        };
        number.map_or_else(|| id.to_owned(), |number| number.to_string())
    }
}

/// Why settings were refused. Names the field, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A field is missing, unknown or of the wrong type.
    #[error("the settings of an smpp channel cannot be read: {0}")]
    Shape(String),
    #[error("{0} is empty, too long, or holds a character that cannot be sent")]
    Text(&'static str),
    #[error("{0} is out of its range")]
    Range(&'static str),
    #[error("country is two capital letters of ISO 3166, such as KE")]
    Country,
}

/// A channel's account at a message centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What messages are from.
    pub address: String,
    /// ISO 3166-1 alpha-2: numbers without a country code belong to it.
    pub country: Option<String>,
    pub settings: SmppSettings,
}

impl Account {
    /// Reads a channel's settings.
    ///
    /// # Errors
    /// When a field is missing, unknown, or cannot be used.
    pub fn new(address: &str, settings: &Value) -> Result<Self, SettingsError> {
        let mut settings = settings.clone();
        let country = match settings.as_object_mut().and_then(|fields| fields.remove("country")) {
            None => None,
            Some(own) => {
                let is_country = |own: &&str| own.len() == 2 && own.bytes().all(|b| b.is_ascii_uppercase());
                Some(own.as_str().filter(is_country).ok_or(SettingsError::Country)?.to_owned())
            }
        };
        let settings = SmppSettings::deserialize(&settings)
            .map_err(|error| SettingsError::Shape(shape(&error.to_string())))?;
        check(address, &settings)?;
        Ok(Self { address: address.to_owned(), country, settings })
    }

    /// The unit that opens a session. It holds the password: never to be logged.
    #[must_use]
    pub fn bind(&self, mode: BindMode) -> Body {
        Body::Bind {
            mode,
            system_id: self.settings.system_id.clone(),
            password: self.settings.password.clone(),
            system_type: self.settings.system_type.clone(),
            version: VERSION_3_4,
        }
    }

    /// What messages are from.
    pub(super) fn source(&self) -> Address {
        let is_name = !self.address.bytes().all(|b| b.is_ascii_digit() || b == b'+');
        let is_short = !self.address.starts_with('+') && self.address.len() <= MAX_SHORT_CODE;
        let (ton, npi) = match (is_name, is_short) {
            (true, _) => (TON_ALPHANUMERIC, NPI_UNKNOWN),
            (false, true) => (TON_NETWORK, NPI_UNKNOWN),
            (false, false) => (TON_INTERNATIONAL, NPI_E164),
        };
        Address {
            ton: self.settings.source_ton.unwrap_or(ton),
            npi: self.settings.source_npi.unwrap_or(npi),
            digits: self.address.trim_start_matches('+').to_owned(),
        }
    }

    /// A receiver's number.
    pub(super) fn destination(&self, number: &str) -> Address {
        let ton = if number.starts_with('+') { TON_INTERNATIONAL } else { TON_UNKNOWN };
        Address {
            ton: self.settings.dest_ton.unwrap_or(ton),
            npi: self.settings.dest_npi.unwrap_or(NPI_E164),
            digits: number.trim_start_matches('+').to_owned(),
        }
    }
}

fn check(address: &str, settings: &SmppSettings) -> Result<(), SettingsError> {
    let sendable = |text: &str, most: usize| text.len() <= most && !text.bytes().any(|b| b < b' ');
    for (name, text) in [
        ("address", address),
        ("host", &settings.host),
        ("system_id", &settings.system_id),
        ("password", settings.password.expose()),
    ] {
        if text.is_empty() || !sendable(text, if name == "host" { 253 } else { MAX_NAME_BYTES }) {
            return Err(SettingsError::Text(name));
        }
    }
    if !sendable(&settings.system_type, MAX_TYPE_BYTES) {
        return Err(SettingsError::Text("system_type"));
    }
    if !(1..=MAX_WINDOW).contains(&settings.window) {
        return Err(SettingsError::Range("window"));
    }
    if !(MIN_ENQUIRE_SECONDS..=MAX_ENQUIRE_SECONDS).contains(&settings.enquire_link_seconds) {
        return Err(SettingsError::Range("enquire_link_seconds"));
    }
    if !(MIN_ANSWER_SECONDS..=MAX_ANSWER_SECONDS).contains(&settings.answer_seconds) {
        return Err(SettingsError::Range("answer_seconds"));
    }
    if settings.port == 0 {
        return Err(SettingsError::Range("port"));
    }
    Ok(())
}
