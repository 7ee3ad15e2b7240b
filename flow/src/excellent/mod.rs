//! Expressions in templates: `Hello @contact.first_name, you are @(fields.age + 1) next year`. The language is
//! RapidPro's; templates are compiled once and evaluated many times.
mod ast;
pub mod check;
mod convert;
pub mod decimal;
mod eval;
pub mod functions;
mod json;
mod lexer;
mod parser;
mod powers;
mod render;
mod template;
#[cfg(test)]
pub(crate) mod testing;
pub mod tools;
mod value;

pub use decimal::Decimal;
pub use eval::{MAX_BUDGET, Root, Scope, call_function};
pub use json::parse as parse_json;
pub use template::{Problem, ProblemKind, Template};
pub use value::{Error, Function, Object, Properties, Value};

/// The most items that an array may have (RapidPro's limit).
pub const MAX_ARRAY_ITEMS: usize = 10_000;
