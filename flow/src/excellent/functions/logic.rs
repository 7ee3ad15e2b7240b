//! Truth, choice and mistakes.
use crate::excellent::eval::Scope;
use crate::excellent::value::{Error, Value};

use super::Arity::{AtLeast, Exactly};
use super::Builtin;

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin::new("and", AtLeast(1), and),
    Builtin::new("or", AtLeast(1), or),
    Builtin::new("if", Exactly(3), if_else),
    Builtin::new("default", Exactly(2), default),
    Builtin::new("boolean", Exactly(1), boolean),
    Builtin::new("is_error", Exactly(1), is_error),
];

type Outcome = Result<Value, Error>;

/// Whether all are true; what stands behind the first false one does not count.
fn and(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    for value in values {
        if !value.to_boolean()? {
            return Ok(Value::Boolean(false));
        }
    }
    Ok(Value::Boolean(true))
}

/// Whether one is true; what stands behind the first true one does not count.
fn or(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    for value in values {
        if value.to_boolean()? {
            return Ok(Value::Boolean(true));
        }
    }
    Ok(Value::Boolean(false))
}

/// The second if the first is true, else the third. An error in the one not chosen does not count.
fn if_else(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let chosen = if values[0].to_boolean()? { &values[1] } else { &values[2] };
    Ok(chosen.clone())
}

/// The first, or the second when the first is nothing, empty text or an error.
fn default(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    match values[0].to_text() {
        Ok(text) if !text.is_empty() => Ok(values[0].clone()),
        _ => Ok(values[1].clone()),
    }
}

/// The truth value of anything.
fn boolean(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    values[0].to_boolean().map(Value::from)
}

/// Whether this is an error.
fn is_error(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    Ok(values[0].is_error().into())
}
