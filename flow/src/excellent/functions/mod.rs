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
        let got = arguments.len();
        let (fits, need) = match self.arity {
            Arity::Exactly(count) => (got == count, format_args!("{count}").to_string()),
            Arity::Between(least, most) => ((least..=most).contains(&got), format!("{least} to {most}")),
            Arity::AtLeast(least) => (got >= least, format!("at least {least}")),
        };
        if !fits {
            return Value::error(format!("need {need} argument(s), got {got}"));
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
