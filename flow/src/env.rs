//! The settings of a workspace that change how texts are read and values are written.
use std::str::FromStr;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::text::layout::{Layout, LayoutKind};
use crate::words::Language;

/// RapidPro's fixed key for making ids unguessable where a workspace has none of its own.
pub const DEFAULT_OBFUSCATION_KEY: [u32; 4] = [670_492, 863_807, 107_187, 12_648_430];

/// How a workspace (and, merged in, a contact) writes dates and numbers and reads input.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    pub date_format: DateFormat,
    pub time_format: TimeFormat,
    pub timezone: TimeZone,
    /// Languages that messages may be sent in; the first is the workspace's default.
    pub allowed_languages: Vec<Language>,
    /// Where phone numbers without country code belong.
    pub country: Option<Country>,
    pub number_format: NumberFormat,
    pub input_collation: Collation,
    pub redaction_policy: RedactionPolicy,
    pub obfuscation_key: [u32; 4],
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            date_format: DateFormat::default(),
            time_format: TimeFormat::default(),
            timezone: TimeZone::UTC,
            allowed_languages: Vec::new(),
            country: None,
            number_format: NumberFormat::default(),
            input_collation: Collation::default(),
            redaction_policy: RedactionPolicy::default(),
            obfuscation_key: DEFAULT_OBFUSCATION_KEY,
        }
    }
}

impl Environment {
    /// The language that the workspace writes in unless something better is known.
    #[must_use]
    pub fn default_language(&self) -> Option<Language> {
        self.allowed_languages.first().copied()
    }

    /// Default language and country as `spa-EC`, `spa`, or empty when there is no language.
    #[must_use]
    pub fn default_locale(&self) -> String {
        match (self.default_language(), self.country) {
            (Some(language), Some(country)) => format!("{language}-{country}"),
            (Some(language), None) => language.to_string(),
            (None, _) => String::new(),
        }
    }

    /// The zone's IANA name, such as `America/Guayaquil`.
    #[must_use]
    pub fn timezone_name(&self) -> &str {
        zone_name(&self.timezone)
    }

    /// Reads an environment as RapidPro writes it; what is missing has its default.
    ///
    /// # Errors
    /// When the text is not such JSON; the message lists every wrong field.
    pub fn from_json(json: &str) -> Result<Self, EnvironmentError> {
        let raw: RawEnvironment = serde_json::from_str(json).map_err(|e| EnvironmentError(e.to_string()))?;
        raw.try_into()
    }
}

/// The IANA name of a zone; empty for a bare offset.
#[must_use]
pub fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or(if zone.is_unknown() || *zone == TimeZone::UTC { "UTC" } else { "" })
}

/// Why an environment could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EnvironmentError(String);

/// The order of day, month and year, as a layout such as `DD-MM-YYYY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormat(Arc<str>);

/// The order in which the parts of a date are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    YearMonthDay,
    MonthDayYear,
    DayMonthYear,
}

impl Default for DateFormat {
    fn default() -> Self {
        Self("YYYY-MM-DD".into())
    }
}

impl DateFormat {
    /// The layout, in the letters of [`crate::text::layout`].
    #[must_use]
    pub fn layout(&self) -> &str {
        &self.0
    }

    /// Which part comes first.
    #[must_use]
    pub fn order(&self) -> DateOrder {
        match self.0.bytes().next() {
            Some(b'D') => DateOrder::DayMonthYear,
            Some(b'M') => DateOrder::MonthDayYear,
            _ => DateOrder::YearMonthDay,
        }
    }
}

impl FromStr for DateFormat {
    type Err = EnvironmentError;
    fn from_str(text: &str) -> Result<Self, EnvironmentError> {
        Layout::parse(text, LayoutKind::Date)
            .map(|_| Self(text.into()))
            .map_err(|_| EnvironmentError("field 'date_format' is not a valid date format".to_owned()))
    }
}

/// How a time of day is written, as a layout such as `tt:mm` or `h:mm aa`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeFormat(Arc<str>);

impl Default for TimeFormat {
    fn default() -> Self {
        Self("tt:mm".into())
    }
}

impl TimeFormat {
    /// The layout, in the letters of [`crate::text::layout`].
    #[must_use]
    pub fn layout(&self) -> &str {
        &self.0
    }
}

impl FromStr for TimeFormat {
    type Err = EnvironmentError;
    fn from_str(text: &str) -> Result<Self, EnvironmentError> {
        Layout::parse(text, LayoutKind::Time)
            .map(|_| Self(text.into()))
            .map_err(|_| EnvironmentError("field 'time_format' is not a valid time format".to_owned()))
    }
}

/// A country as two capital letters of ISO 3166-1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl Country {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }
}

impl FromStr for Country {
    type Err = EnvironmentError;
    fn from_str(text: &str) -> Result<Self, EnvironmentError> {
        match *text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([a, b])),
            _ => Err(EnvironmentError("field 'default_country' is not a valid country code".to_owned())),
        }
    }
}

impl TryFrom<String> for Country {
    type Error = EnvironmentError;
    fn try_from(text: String) -> Result<Self, EnvironmentError> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.as_str().to_owned()
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How numbers are written. An empty grouping symbol means that digits are not grouped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberFormat {
    pub decimal_symbol: SmolStr,
    pub digit_grouping_symbol: SmolStr,
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self { decimal_symbol: ".".into(), digit_grouping_symbol: ",".into() }
    }
}

/// Which characters count as the same when input is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collation {
    /// Only the case of letters does not count.
    #[default]
    Default,
    /// Characters that look alike are the same (Unicode TR 39).
    Confusables,
    /// The forms of a letter or digit in Arabic, Persian and related scripts are the same.
    ArabicVariants,
}

/// What must not be shown to flows and users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedactionPolicy {
    #[default]
    None,
    /// Addresses of contacts are masked.
    Urns,
}

#[derive(Deserialize)]
struct RawEnvironment {
    date_format: Option<String>,
    time_format: Option<String>,
    timezone: Option<String>,
    allowed_languages: Option<Vec<Language>>,
    default_country: Option<String>,
    number_format: Option<NumberFormat>,
    input_collation: Option<String>,
    redaction_policy: Option<String>,
    obfuscation_key: Option<[u32; 4]>,
}

impl TryFrom<RawEnvironment> for Environment {
    type Error = EnvironmentError;
    fn try_from(raw: RawEnvironment) -> Result<Self, EnvironmentError> {
        let mut wrong = Vec::new();
        let date_format = read(raw.date_format, &mut wrong);
        let time_format = read(raw.time_format, &mut wrong);
        let country = raw
            .default_country
            .filter(|c| !c.is_empty())
            .and_then(|c| c.parse().map_err(|EnvironmentError(e)| wrong.push(e)).ok());
        let input_collation = match raw.input_collation.as_deref() {
            None | Some("default") => Collation::Default,
            Some("confusables") => Collation::Confusables,
            Some("arabic_variants") => Collation::ArabicVariants,
            Some(_) => {
                wrong.push(
                    "field 'input_collation' failed tag 'eq=default|eq=confusables|eq=arabic_variants'"
                        .to_owned(),
                );
                Collation::Default
            }
        };
        let redaction_policy = match raw.redaction_policy.as_deref() {
            None | Some("none" | "") => RedactionPolicy::None,
            Some("urns") => RedactionPolicy::Urns,
            Some(_) => {
                wrong.push("field 'redaction_policy' failed tag 'eq=none|eq=urns'".to_owned());
                RedactionPolicy::None
            }
        };
        let timezone = raw
            .timezone
            .filter(|name| !name.is_empty())
            .and_then(|name| crate::text::zone(&name).map_err(|e| wrong.push(e.to_string())).ok());
        if !wrong.is_empty() {
            return Err(EnvironmentError(wrong.join(", ")));
        }
        Ok(Self {
            date_format,
            time_format,
            timezone: timezone.unwrap_or(TimeZone::UTC),
            allowed_languages: raw.allowed_languages.unwrap_or_default(),
            country,
            number_format: raw.number_format.unwrap_or_default(),
            input_collation,
            redaction_policy,
            obfuscation_key: raw.obfuscation_key.unwrap_or(DEFAULT_OBFUSCATION_KEY),
        })
    }
}

fn read<T: FromStr<Err = EnvironmentError> + Default>(text: Option<String>, wrong: &mut Vec<String>) -> T {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return T::default() };
    text.parse().map_err(|EnvironmentError(e)| wrong.push(e)).unwrap_or_default()
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RawEnvironment::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Environment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            date_format: &'a str,
            time_format: &'a str,
            timezone: &'a str,
            #[serde(skip_serializing_if = "<[Language]>::is_empty")]
            allowed_languages: &'a [Language],
            number_format: &'a NumberFormat,
            #[serde(skip_serializing_if = "Option::is_none")]
            default_country: Option<Country>,
            input_collation: Collation,
            redaction_policy: RedactionPolicy,
            obfuscation_key: [u32; 4],
        }
        Written {
            date_format: self.date_format.layout(),
            time_format: self.time_format.layout(),
            timezone: self.timezone_name(),
            allowed_languages: &self.allowed_languages,
            number_format: &self.number_format,
            default_country: self.country,
            input_collation: self.input_collation,
            redaction_policy: self.redaction_policy,
            obfuscation_key: self.obfuscation_key,
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_survives_its_own_json() {
        let json = r#"{"date_format":"DD-MM-YYYY","time_format":"h:mm aa","timezone":"Asia/Dhaka","allowed_languages":["ben","eng"],"default_country":"BD","redaction_policy":"urns"}"#;
        let env = Environment::from_json(json).unwrap();
        assert_eq!(env.date_format.order(), DateOrder::DayMonthYear);
        assert_eq!(env.default_locale(), "ben-BD");
        assert_eq!(env.timezone_name(), "Asia/Dhaka");
        let again: Environment = serde_json::from_str(&serde_json::to_string(&env).unwrap()).unwrap();
        assert_eq!(again, env);
        assert_eq!(Environment::from_json("{}").unwrap(), Environment::default());
    }

    #[test]
    fn every_wrong_field_is_named() {
        let error =
            Environment::from_json(r#"{"date_format":"DMY!","default_country":"ecuador"}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "field 'date_format' is not a valid date format, field 'default_country' is not a valid country code"
        );
    }
}
