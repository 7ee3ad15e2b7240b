//! From one type of value to another, as operators and functions need it.
use std::sync::Arc;

use jiff::Zoned;
use jiff::civil::{Date, Time};
use smol_str::{SmolStr, format_smolstr};

use crate::env::Environment;
use crate::text::{dates, numbers};

use super::decimal::Decimal;
use super::value::{Error, Function, Object, Value};

impl Value {
    /// How an error message shows this value.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) => format!("\"{text}\""),
            Self::Array(_) => "array".to_owned(),
            Self::Object(_) => "object".to_owned(),
            Self::Error(_) => "error".to_owned(),
            Self::Function(function) => function.name().to_owned(),
            other => other.render(),
        }
    }

    fn no_conversion(&self, to: &str) -> Error {
        Error::new(format!("unable to convert {} to {to}", self.describe()))
    }

    /// What an object is by default; anything else is itself.
    fn resolved(&self) -> Option<Self> {
        match self {
            Self::Object(object) => object.default_value(),
            _ => None,
        }
    }

    /// As text: nothing for null, ISO 8601 for dates.
    ///
    /// # Errors
    /// When this is an error.
    pub fn to_text(&self) -> Result<SmolStr, Error> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Error(error) => Err(error.clone()),
            Self::Number(number) => Ok(format_smolstr!("{number}")),
            Self::Object(object) => match object.default_value() {
                Some(Self::Text(text)) => Ok(text),
                Some(other) => Ok(other.render().into()),
                None => Ok(self.render().into()),
            },
            other => Ok(other.render().into()),
        }
    }

    /// As number: a number, a text of digits, or what an object is by default.
    ///
    /// # Errors
    /// When this is an error or nothing of these.
    pub fn to_number(&self) -> Result<Decimal, Error> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Error(error) => Err(error.clone()),
            Self::Text(text) => numbers::plain(text).ok_or_else(|| self.no_conversion("a number")),
            _ => match self.resolved() {
                Some(default) => default.to_number(),
                None => Err(self.no_conversion("a number")),
            },
        }
    }

    /// As whole number; what is behind the decimal point is dropped.
    ///
    /// # Errors
    /// When this is an error or no number, or too large.
    pub fn to_integer(&self) -> Result<i64, Error> {
        let number = self.to_number()?;
        number
            .truncated()
            .ok_or_else(|| Error::new(format!("number value {number} is out of range for an integer")))
    }

    /// As truth value: nothing, zero, empty and `false` are false.
    ///
    /// # Errors
    /// When this is an error.
    pub fn to_boolean(&self) -> Result<bool, Error> {
        Ok(match self {
            Self::Null => false,
            Self::Boolean(truth) => *truth,
            Self::Number(number) => !number.is_zero(),
            Self::Text(text) => !text.is_empty() && !text.eq_ignore_ascii_case("false"),
            Self::Date(date) => *date != Date::ZERO,
            Self::Time(time) => *time != Time::midnight(),
            Self::DateTime(_) | Self::Function(_) => true,
            Self::Array(items) => !items.is_empty(),
            Self::Object(object) => match object.default_value() {
                Some(default) => default.to_boolean()?,
                None => !object.keys().is_empty(),
            },
            Self::Error(error) => return Err(error.clone()),
        })
    }

    /// As date with time: a text is read as the environment writes dates, a date is its midnight.
    ///
    /// # Errors
    /// When this is an error or no date.
    pub fn to_datetime(
        &self,
        env: &Environment,
        now: &mut dyn FnMut() -> jiff::Timestamp,
    ) -> Result<Zoned, Error> {
        self.datetime_with(env, now, false)
    }

    /// As [`Value::to_datetime`], with the present time of day for a text that has none.
    ///
    /// # Errors
    /// When this is an error or no date.
    pub fn to_datetime_filled(
        &self,
        env: &Environment,
        now: &mut dyn FnMut() -> jiff::Timestamp,
    ) -> Result<Zoned, Error> {
        self.datetime_with(env, now, true)
    }

    fn datetime_with(
        &self,
        env: &Environment,
        now: &mut dyn FnMut() -> jiff::Timestamp,
        fill: bool,
    ) -> Result<Zoned, Error> {
        let failed = || self.no_conversion("a datetime");
        match self {
            Self::DateTime(moment) => Ok(moment.as_ref().clone()),
            Self::Date(date) => {
                env.timezone.to_ambiguous_zoned(date.at(0, 0, 0, 0)).compatible().map_err(|_| failed())
            }
            Self::Text(text) => dates::datetime_from_text(env, text, fill, now).map_err(|_| failed()),
            Self::Error(error) => Err(error.clone()),
            _ => match self.resolved() {
                Some(default) => default.datetime_with(env, now, fill),
                None => Err(failed()),
            },
        }
    }

    /// As date.
    ///
    /// # Errors
    /// When this is an error or no date.
    pub fn to_date(
        &self,
        env: &Environment,
        now: &mut dyn FnMut() -> jiff::Timestamp,
    ) -> Result<Date, Error> {
        match self {
            Self::Date(date) => Ok(*date),
            Self::DateTime(moment) => Ok(moment.date()),
            Self::Text(text) => {
                dates::date_from_text(env, text, now).map_err(|_| self.no_conversion("a date"))
            }
            Self::Error(error) => Err(error.clone()),
            _ => match self.resolved() {
                Some(default) => default.to_date(env, now),
                None => Err(self.no_conversion("a date")),
            },
        }
    }

    /// As time of day; a number from 0 to 24 is a full hour.
    ///
    /// # Errors
    /// When this is an error or no time.
    pub fn to_time(&self) -> Result<Time, Error> {
        let failed = || self.no_conversion("a time");
        match self {
            Self::Time(time) => Ok(*time),
            Self::DateTime(moment) => Ok(moment.time()),
            Self::Number(number) => match number.truncated() {
                Some(24) => Ok(Time::midnight()),
                Some(hour @ 0..24) => Time::new(hour as i8, 0, 0, 0).map_err(|_| failed()),
                _ => Err(failed()),
            },
            Self::Text(text) => dates::time_from_text(text).map_err(|_| failed()),
            Self::Error(error) => Err(error.clone()),
            _ => match self.resolved() {
                Some(default) => default.to_time(),
                None => Err(failed()),
            },
        }
    }

    /// As array; null is the empty one.
    ///
    /// # Errors
    /// When this is an error or no array.
    pub fn to_array(&self) -> Result<Arc<[Self]>, Error> {
        match self {
            Self::Array(items) => Ok(items.clone()),
            Self::Null => Ok(Arc::new([])),
            Self::Error(error) => Err(error.clone()),
            _ => match self.resolved() {
                Some(default) => default.to_array(),
                None => Err(self.no_conversion("an array")),
            },
        }
    }

    /// As object; null is the empty one.
    ///
    /// # Errors
    /// When this is an error or no object.
    pub fn to_object(&self) -> Result<Object, Error> {
        match self {
            Self::Object(object) => Ok(object.clone()),
            Self::Null => Ok(Object::new::<Arc<str>>([])),
            Self::Error(error) => Err(error.clone()),
            _ => Err(self.no_conversion("an object")),
        }
    }

    /// As function.
    ///
    /// # Errors
    /// When this cannot be called.
    pub fn to_function(&self) -> Result<Function, Error> {
        match self {
            Self::Function(function) => Ok(function.clone()),
            other => Err(Error::new(format!("{} is not a function", other.describe()))),
        }
    }
}
