//! The tests with which a router sorts answers: `has_any_word`, `has_number_between`, `has_phone`... They are
//! functions of expressions too. A match is an object `{match, extra?}` that is true by default, no match the object
//! `{match: ""}` that is false by default, a mistake in the arguments an error.
mod dates;
mod numbers;
mod patterns;
mod places;
mod results;
mod words;

use crate::excellent::functions::Builtin;
use crate::excellent::{Error, Object, Value};

pub(crate) const TEXT: &[Builtin] = words::TESTS;
pub(crate) const NUMBERS: &[Builtin] = numbers::TESTS;
pub(crate) const DATES: &[Builtin] = dates::TESTS;
pub(crate) const PATTERNS: &[Builtin] = patterns::TESTS;
pub(crate) const PLACES: &[Builtin] = places::TESTS;
pub(crate) const RESULTS: &[Builtin] = results::TESTS;

type Outcome = Result<Value, Error>;

/// The outcome of a test, taken apart for routers.
#[derive(Clone, Debug)]
pub struct Match {
    /// What matched.
    pub found: Value,
    /// Further values, such as the groups of a pattern.
    pub extra: Option<Object>,
}

impl Match {
    /// Reads the outcome of [`crate::excellent::call_function`]: a match, none, or the error of the test.
    ///
    /// # Errors
    /// The message of a test that could not be carried out.
    pub fn of(outcome: &Value) -> Result<Option<Self>, Error> {
        match outcome {
            Value::Error(error) => Err(error.clone()),
            Value::Object(object) if outcome.to_boolean()? => Ok(Some(Self {
                found: object.get("match").unwrap_or_default(),
                extra: object.get("extra").and_then(|extra| extra.to_object().ok()),
            })),
            _ => Ok(None),
        }
    }
}

fn matched(found: impl Into<Value>) -> Value {
    Object::with_default(Value::Boolean(true), [("match", found.into())]).into()
}

fn matched_with(found: impl Into<Value>, extra: Object) -> Value {
    Object::with_default(Value::Boolean(true), [("match", found.into()), ("extra", extra.into())]).into()
}

fn unmatched() -> Value {
    Object::with_default(Value::Boolean(false), [("match", Value::from(""))]).into()
}

fn matched_if_some(found: Option<impl Into<Value>>) -> Value {
    found.map_or_else(unmatched, matched)
}
