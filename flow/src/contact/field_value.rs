//! A contact field's value: the text as given, and what it means as a number, a time or a place.
use std::sync::Arc;

use jiff::tz::Offset;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::moment::Moment;

/// One field's value in all the forms that the field's type asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct FieldValue {
    pub text: SmolStr,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "microseconds")]
    pub datetime: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<FieldNumber>,
    /// A path such as `Rwanda > Kigali City`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<Arc<str>>,
}

/// A number as its decimal digits, such as `37` or `-1.5`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldNumber(pub SmolStr);

impl Serialize for FieldNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0.parse::<i64>(), self.0.parse::<f64>()) {
            (Ok(whole), _) => serializer.serialize_i64(whole),
            (_, Ok(real)) => serializer.serialize_f64(real),
            _ => serializer.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for FieldNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Number(number) => Ok(Self(smol_str::format_smolstr!("{number}"))),
            serde_json::Value::String(text) => Ok(Self(text.into())),
            _ => Err(D::Error::custom("not a number")),
        }
    }
}

/// Times of fields are written with microseconds, always six digits.
mod microseconds {
    use super::{Deserialize, Deserializer, Moment, Offset, Serializer};

    #[expect(clippy::ref_option, reason = "serde asks for this shape")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Moment>, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(moment) = value else { return serializer.serialize_none() };
        let local = moment.offset.to_datetime(moment.at);
        let text = local.strftime("%Y-%m-%dT%H:%M:%S.%6f");
        if moment.offset == Offset::UTC {
            serializer.collect_str(&format_args!("{text}Z"))
        } else {
            let seconds = moment.offset.seconds();
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.abs() / 60;
            serializer.collect_str(&format_args!("{text}{sign}{:02}:{:02}", minutes / 60, minutes % 60))
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Moment>, D::Error> {
        Option::<Moment>::deserialize(deserializer)
    }
}
