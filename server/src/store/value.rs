//! Values that both databases know, on their way in and out of a statement.
use uuid::Uuid;

use super::StoreError;

/// A moment in microseconds since 1970-01-01 UTC; both databases keep it as a 64-bit integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ts(pub i64);

impl Ts {
    /// The moment `seconds` later.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
    /// The moment `millis` milliseconds later.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis.saturating_mul(1_000)))
    }
    /// Whole seconds from `earlier` to this moment; negative when this moment is the earlier one.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0) / 1_000_000
    }
    /// The number of the UTC day that this moment lies in, counted from 1970-01-01.
    #[must_use]
    pub fn day(self) -> i64 {
        self.0.div_euclid(86_400_000_000)
    }
    /// The same moment for the pure crates; clamped to what they can express.
    #[must_use]
    pub fn to_timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
    /// RFC 3339 in UTC with milliseconds, as the API writes it.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        format!("{:.3}", self.to_timestamp())
    }
}

impl From<jiff::Timestamp> for Ts {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}

/// One value of a statement or row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
    /// For `{in_uuids:$n}`.
    Uuids(Vec<Uuid>),
    /// For `{in_ints:$n}`.
    Ints(Vec<i64>),
    /// A whole column: for the batch form of an insert on PostgreSQL, and for `{in_bytes:$n}`.
    Column(Vec<Value>),
}

macro_rules! from {
    ($($type:ty => |$v:ident| $value:expr;)*) => {$(
        impl From<$type> for Value { fn from($v: $type) -> Self { $value } }
        impl From<Option<$type>> for Value {
            fn from(v: Option<$type>) -> Self { v.map_or(Self::Null, Self::from) }
        }
    )*};
}
from! {
    i64 => |v| Self::Int(v);
    i32 => |v| Self::Int(i64::from(v));
    bool => |v| Self::Bool(v);
    String => |v| Self::Text(v);
    &str => |v| Self::Text(v.to_owned());
    Vec<u8> => |v| Self::Bytes(v);
    &[u8] => |v| Self::Bytes(v.to_vec());
    Uuid => |v| Self::Uuid(v);
    Ts => |v| Self::Int(v.0);
    Vec<Uuid> => |v| Self::Uuids(v);
    Vec<i64> => |v| Self::Ints(v);
}

/// What can be read from a column. A value of another kind is an error that names what was wanted, never a
/// silent default.
pub trait FromValue: Sized {
    /// # Errors
    /// When the column holds another kind of value.
    fn from_value(value: &Value) -> Result<Self, StoreError>;
}

fn wanted(what: &'static str, value: &Value) -> StoreError {
    let got = match value {
        Value::Null => "null",
        Value::Int(_) => "a number",
        Value::Bool(_) => "a boolean",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
        Value::Uuid(_) => "an id",
        Value::Uuids(_) | Value::Ints(_) | Value::Column(_) => "a list",
    };
    StoreError::Shape(format!("a column holds {got} where {what} was expected"))
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        match value {
            Value::Int(v) => Ok(*v),
            other => Err(wanted("a number", other)),
        }
    }
}
impl FromValue for Ts {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        i64::from_value(value).map(Ts)
    }
}
impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        match value {
            Value::Bool(v) => Ok(*v),
            Value::Int(v) => Ok(*v != 0),
            other => Err(wanted("a boolean", other)),
        }
    }
}
impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        match value {
            Value::Text(v) => Ok(v.clone()),
            other => Err(wanted("text", other)),
        }
    }
}
impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        match value {
            Value::Bytes(v) => Ok(v.clone()),
            other => Err(wanted("bytes", other)),
        }
    }
}
impl FromValue for Uuid {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        match value {
            Value::Uuid(v) => Ok(*v),
            Value::Bytes(v) => Self::from_slice(v).map_err(|_| wanted("an id", value)),
            other => Err(wanted("an id", other)),
        }
    }
}
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// One row of an answer.
#[derive(Debug, Clone)]
pub struct Row(pub(super) Vec<Value>);

impl Row {
    /// The value of column `index`, counted from 0 in the order of the SELECT.
    ///
    /// # Errors
    /// When the column is missing or holds another kind of value.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, StoreError> {
        let value = self.0.get(index).ok_or_else(|| StoreError::Shape(format!("no column {index}")))?;
        T::from_value(value).map_err(|error| match error {
            StoreError::Shape(text) => StoreError::Shape(format!("column {index}: {text}")),
            other => other,
        })
    }
}

/// The arguments of a statement, in the order of `$1`, `$2` ...
#[macro_export]
macro_rules! args {
    () => { &[] as &[$crate::store::Value] };
    ($($value:expr),+ $(,)?) => { &[$($crate::store::Value::from($value)),+] };
}
