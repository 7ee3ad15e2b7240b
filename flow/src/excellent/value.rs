//! The values that expressions work on.
use std::sync::Arc;

use jiff::Zoned;
use jiff::civil::{Date, Time};
use smol_str::SmolStr;

use super::ast::Lambda;
use super::decimal::Decimal;
use super::functions::Builtin;

/// A value in an expression. Cheap to clone: whatever is large is shared.
#[derive(Clone, Default)]
pub enum Value {
    #[default]
    Null,
    Boolean(bool),
    Number(Decimal),
    /// Short ones, as most answers are, lie in the value itself.
    Text(SmolStr),
    Date(Date),
    Time(Time),
    DateTime(Arc<Zoned>),
    Array(Arc<[Value]>),
    Object(Object),
    Function(Function),
    /// A mistake, carried as a value: operators and most functions pass it on, a few catch it.
    Error(Error),
}

/// What went wrong while evaluating, in words that the flow's author sees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub Arc<str>);

impl Error {
    /// An error with this message.
    pub fn new(message: impl Into<Arc<str>>) -> Self {
        Self(message.into())
    }
}

impl From<super::decimal::OutOfRange> for Error {
    fn from(error: super::decimal::OutOfRange) -> Self {
        Self::new(error.to_string())
    }
}

/// The named properties behind an [`Object`]. Implementations may compute a property only when asked for it,
/// so that `@contact` costs nothing until one of its fields is used.
pub trait Properties: Send + Sync {
    /// The property of that name; the case of letters does not count. `None` when there is no such property
    /// (a property without value is `Some(Value::Null)`).
    fn get(&self, key: &str) -> Option<Value>;
    /// All names, sorted.
    fn keys(&self) -> Vec<Arc<str>>;
    /// What the object is when it is used as a text, number or truth value; `None`: nothing special.
    fn default_value(&self) -> Option<Value> {
        None
    }
    /// Why this property should no longer be used, if so; its use then gives a warning.
    fn deprecation(&self, key: &str) -> Option<Arc<str>> {
        let _ = key;
        None
    }
    /// Whether `json()` shows the default value too, as `__default__`.
    fn json_shows_default(&self) -> bool {
        false
    }
}

/// A set of named values.
#[derive(Clone)]
pub struct Object(Arc<dyn Properties>);

impl Object {
    /// An object with computed properties.
    pub fn lazy(properties: impl Properties + 'static) -> Self {
        Self(Arc::new(properties))
    }

    /// An object that shares already made properties.
    #[must_use]
    pub fn shared(properties: Arc<dyn Properties>) -> Self {
        Self(properties)
    }

    /// An object with these properties. Of properties with the same name the last one stays.
    pub fn new<K: Into<Arc<str>>>(properties: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self(Arc::new(PlainObject::new(properties, None)))
    }

    /// An object with these properties that is `default` when used as a text, number or truth value.
    pub fn with_default<K: Into<Arc<str>>>(
        default: Value,
        properties: impl IntoIterator<Item = (K, Value)>,
    ) -> Self {
        Self(Arc::new(PlainObject::new(properties, Some(default))))
    }

    /// See [`Properties::get`].
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        self.0.get(key)
    }

    /// See [`Properties::keys`].
    #[must_use]
    pub fn keys(&self) -> Vec<Arc<str>> {
        self.0.keys()
    }

    /// Names and values, sorted by name.
    #[must_use]
    pub fn entries(&self) -> Vec<(Arc<str>, Value)> {
        self.0.keys().into_iter().map(|key| (key.clone(), self.0.get(&key).unwrap_or_default())).collect()
    }

    /// See [`Properties::default_value`].
    #[must_use]
    pub fn default_value(&self) -> Option<Value> {
        self.0.default_value()
    }

    /// See [`Properties::deprecation`].
    #[must_use]
    pub fn deprecation(&self, key: &str) -> Option<Arc<str>> {
        self.0.deprecation(key)
    }

    /// See [`Properties::json_shows_default`].
    #[must_use]
    pub fn json_shows_default(&self) -> bool {
        self.0.json_shows_default()
    }
}

struct PlainObject {
    properties: Vec<(Arc<str>, Value)>,
    default: Option<Value>,
}

impl PlainObject {
    fn new<K: Into<Arc<str>>>(
        properties: impl IntoIterator<Item = (K, Value)>,
        default: Option<Value>,
    ) -> Self {
        let mut properties: Vec<(Arc<str>, Value)> =
            properties.into_iter().map(|(key, value)| (key.into(), value)).collect();
        properties.sort_by(|a, b| a.0.cmp(&b.0));
        properties.reverse();
        properties.dedup_by(|later, kept| later.0 == kept.0);
        properties.reverse();
        Self { properties, default }
    }
}

impl Properties for PlainObject {
    fn get(&self, key: &str) -> Option<Value> {
        if let Ok(at) = self.properties.binary_search_by(|(name, _)| name.as_ref().cmp(key)) {
            return Some(self.properties[at].1.clone());
        }
        let same = |name: &str| {
            name.chars().flat_map(char::to_lowercase).eq(key.chars().flat_map(char::to_lowercase))
        };
        self.properties.iter().find(|(name, _)| same(name)).map(|(_, value)| value.clone())
    }

    fn keys(&self) -> Vec<Arc<str>> {
        self.properties.iter().map(|(key, _)| key.clone()).collect()
    }

    fn default_value(&self) -> Option<Value> {
        self.default.clone()
    }
}

/// Something that can be called.
#[derive(Clone)]
pub enum Function {
    Builtin(&'static Builtin),
    /// `(x) => ...`, together with the parameters of the functions around it.
    Lambda(Arc<Closure>),
}

impl Function {
    /// The name to show; lambdas have none of their own.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Builtin(builtin) => builtin.name,
            Self::Lambda(_) => "<anon>",
        }
    }
}

/// A lambda and what its surroundings were when it was made.
pub struct Closure {
    pub(super) lambda: Arc<Lambda>,
    pub(super) frame: Option<Arc<Frame>>,
}

/// The arguments of one call of a lambda, and the calls around it.
pub struct Frame {
    pub(super) names: Arc<[Arc<str>]>,
    pub(super) values: Vec<Value>,
    pub(super) outer: Option<Arc<Frame>>,
}

impl Frame {
    pub(super) fn find(&self, name: &str) -> Option<&Value> {
        let mut frame = Some(self);
        while let Some(here) = frame {
            if let Some(at) = here.names.iter().position(|n| n.as_ref() == name) {
                return here.values.get(at);
            }
            frame = here.outer.as_deref();
        }
        None
    }
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<SmolStr>) -> Self {
        Self::Text(text.into())
    }

    /// An error value.
    pub fn error(message: impl Into<Arc<str>>) -> Self {
        Self::Error(Error::new(message))
    }

    /// A date with time.
    #[must_use]
    pub fn datetime(moment: Zoned) -> Self {
        Self::DateTime(Arc::new(moment))
    }

    /// A list of values.
    pub fn array(items: impl IntoIterator<Item = Value>) -> Self {
        Self::Array(items.into_iter().collect())
    }

    /// Whether this is an error.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    /// Whether this is nothing: null, or an object that is nothing by default.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether both are of the same type and the same value; texts are compared letter by letter.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Date(a), Self::Date(b)) => a == b,
            (Self::Time(a), Self::Time(b)) => a == b,
            (Self::DateTime(a), Self::DateTime(b)) => a.timestamp() == b.timestamp(),
            (Self::Array(a), Self::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.equals(b))
            }
            (Self::Object(a), Self::Object(b)) => a.equals(b),
            (Self::Function(a), Self::Function(b)) => a.name() == b.name(),
            (Self::Error(a), Self::Error(b)) => a == b,
            _ => false,
        }
    }

    /// What this value takes from the evaluation budget: 1, or its bytes if it is a text.
    #[must_use]
    pub fn cost(&self) -> u64 {
        match self {
            Self::Text(text) => (text.len() as u64).max(1),
            _ => 1,
        }
    }
}

impl std::fmt::Debug for Object {
    /// Shows the type only: values are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("object")
    }
}

impl Object {
    fn equals(&self, other: &Self) -> bool {
        let same_default = match (self.default_value(), other.default_value()) {
            (Some(a), Some(b)) => a.equals(&b),
            (None, None) => true,
            _ => false,
        };
        let (entries, others) = (self.entries(), other.entries());
        same_default
            && entries.len() == others.len()
            && entries.iter().zip(&others).all(|(a, b)| a.0 == b.0 && a.1.equals(&b.1))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl From<SmolStr> for Value {
    fn from(value: SmolStr) -> Self {
        Self::Text(value)
    }
}

impl From<Arc<str>> for Value {
    fn from(value: Arc<str>) -> Self {
        Self::Text(value.into())
    }
}

impl From<&Arc<str>> for Value {
    fn from(value: &Arc<str>) -> Self {
        Self::Text(value.clone().into())
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Self::Number(value)
    }
}

impl From<Date> for Value {
    fn from(value: Date) -> Self {
        Self::Date(value)
    }
}

impl From<Time> for Value {
    fn from(value: Time) -> Self {
        Self::Time(value)
    }
}

impl From<Zoned> for Value {
    fn from(value: Zoned) -> Self {
        Self::datetime(value)
    }
}

impl From<Object> for Value {
    fn from(value: Object) -> Self {
        Self::Object(value)
    }
}

impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Self {
        Self::Array(value.into())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What a function gives back: `Err` becomes an error value that names the function.
impl<T: Into<Value>> From<Result<T, Error>> for Value {
    fn from(value: Result<T, Error>) -> Self {
        value.map_or_else(Value::Error, Into::into)
    }
}

impl std::fmt::Debug for Value {
    /// Shows the type only: values are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::DateTime(_) => "datetime",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Function(_) => "function",
            Self::Error(_) => "error",
        })
    }
}
