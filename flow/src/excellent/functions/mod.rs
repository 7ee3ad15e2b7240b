//! The functions of expressions and the router tests, by name.
mod arrays;
mod dates;
mod formats;
mod logic;
mod numbers;
mod objects;
mod patterns;
mod texts;
mod urns;
mod words;

pub(crate) use texts::compile_pattern;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::eval::Scope;
use super::value::{Error, Value};

/// A function that expressions can call.
pub struct Builtin {
    pub name: &'static str,
    pub arity: Arity,
    /// Its errors are its own messages; the caller adds which function they come from.
    pub body: fn(&mut Scope<'_>, &[Value]) -> Result<Value, Error>,
}

/// How many arguments a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    Exactly(usize),
    Between(usize, usize),
    AtLeast(usize),
}

impl Arity {
    /// Whether so many arguments will do.
    #[must_use]
    pub fn fits(self, count: usize) -> bool {
        match self {
            Self::Exactly(wanted) => count == wanted,
            Self::Between(least, most) => (least..=most).contains(&count),
            Self::AtLeast(least) => count >= least,
        }
    }
}

impl std::fmt::Display for Arity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(count) => write!(f, "{count}"),
            Self::Between(least, most) => write!(f, "{least} to {most}"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
        }
    }
}

impl Builtin {
    pub(crate) const fn new(
        name: &'static str,
        arity: Arity,
        body: fn(&mut Scope<'_>, &[Value]) -> Result<Value, Error>,
    ) -> Self {
        Self { name, arity, body }
    }

    /// Calls the function, its number of arguments checked.
    pub fn call(&self, scope: &mut Scope<'_>, arguments: &[Value]) -> Value {
        if !self.arity.fits(arguments.len()) {
            return Value::error(format!("need {} argument(s), got {}", self.arity, arguments.len()));
        }
        (self.body)(scope, arguments).unwrap_or_else(Value::Error)
    }
}

const FAMILIES: &[&[Builtin]] = &[
    arrays::FUNCTIONS,
    dates::FUNCTIONS,
    formats::FUNCTIONS,
    logic::FUNCTIONS,
    numbers::FUNCTIONS,
    objects::FUNCTIONS,
    texts::FUNCTIONS,
    urns::FUNCTIONS,
    words::FUNCTIONS,
    crate::router_tests::TEXT,
    crate::router_tests::NUMBERS,
    crate::router_tests::DATES,
    crate::router_tests::PATTERNS,
    crate::router_tests::PLACES,
    crate::router_tests::RESULTS,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Builtin>> =
    LazyLock::new(|| FAMILIES.iter().flat_map(|family| family.iter()).map(|f| (f.name, f)).collect());

/// The function of that name, in lower case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Builtin> {
    BY_NAME.get(name).copied()
}

/// The names of all functions and router tests, sorted.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = BY_NAME.keys().copied().collect();
    names.sort_unstable();
    names
}
