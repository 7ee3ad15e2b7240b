//! The tests with which a router sorts answers: `has_any_word`, `has_number_between`, `has_phone`... They are
//! functions of expressions too. A match is an object `{match, extra?}` that is true by default, no match the object
//! `{match: ""}` that is false by default, a mistake in the arguments an error.
mod dates;
mod numbers;
mod patterns;
mod places;
mod results;
mod words;

use std::sync::{Arc, LazyLock};

use crate::excellent::functions::Builtin;
use crate::excellent::{Error, Object, Properties, Value};

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

/// What a test gives to expressions.
struct MatchView {
    passed: bool,
    found: Value,
    extra: Option<Object>,
}

impl Properties for MatchView {
    fn get(&self, key: &str) -> Option<Value> {
        match &self.extra {
            _ if key.eq_ignore_ascii_case("match") => Some(self.found.clone()),
            Some(extra) if key.eq_ignore_ascii_case("extra") => Some(extra.clone().into()),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<Arc<str>> {
        let extra = self.extra.is_some().then(|| Arc::from("extra"));
        extra.into_iter().chain([Arc::from("match")]).collect()
    }

    fn default_value(&self) -> Option<Value> {
        Some(Value::Boolean(self.passed))
    }
}

fn matched(found: impl Into<Value>) -> Value {
    Object::lazy(MatchView { passed: true, found: found.into(), extra: None }).into()
}

fn matched_with(found: impl Into<Value>, extra: Object) -> Value {
    Object::lazy(MatchView { passed: true, found: found.into(), extra: Some(extra) }).into()
}

fn unmatched() -> Value {
    /// Made once: most tests do not pass.
    static UNMATCHED: LazyLock<Object> =
        LazyLock::new(|| Object::lazy(MatchView { passed: false, found: Value::from(""), extra: None }));
    UNMATCHED.clone().into()
}

fn matched_if_some(found: Option<impl Into<Value>>) -> Value {
    found.map_or_else(unmatched, matched)
}
