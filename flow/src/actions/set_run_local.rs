//! Sets, counts up or clears a local variable of the run.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::{Reader, Text};
use crate::engine::Turn;
use crate::inspect::Visitor;

/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 64;
/// The longest value in a definition, in characters.
const MAX_VALUE_CHARS: usize = 10_000;

/// See the module.
#[derive(Debug)]
pub struct SetRunLocal {
    local: String,
    value: Text,
    operation: Operation,
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Set,
    Increment,
    Clear,
}

/// Whether a text can name a local: lower-case letters, digits and underscores, not a digit first.
pub(super) fn is_local_name(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let rest = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    starts && rest && name.len() <= MAX_NAME_CHARS
}

impl Act for SetRunLocal {
    const TYPE: &'static str = "set_run_local";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let local = r.required("local").to_owned();
        if !local.is_empty() && !is_local_name(&local) {
            r.wrong("local", "is not a valid local variable name");
        }
        let value = r.text("value");
        r.at_most("value", value, MAX_VALUE_CHARS);
        let operation = match r.required("operation") {
            "set" | "" => Operation::Set,
            "increment" => Operation::Increment,
            "clear" => Operation::Clear,
            _ => {
                r.wrong("operation", "is not a valid operation");
                Operation::Set
            }
        };
        Self { local, value: Text::new(value), operation }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        if let Operation::Clear = self.operation {
            let run = turn.run;
            turn.engine.run_mut(run).locals.remove(&self.local);
            return Outcome::Done;
        }
        let Some(value) = turn.eval_clean(&self.value) else { return Outcome::Done };
        if let Operation::Set = self.operation {
            turn.set_local(&self.local, value.into());
            return Outcome::Done;
        }
        let Ok(more) = value.trim().parse::<i64>() else {
            turn.error("Increment value is not an integer");
            return Outcome::Done;
        };
        let held = turn.run().locals.get(&self.local).and_then(|held| held.parse::<i64>().ok()).unwrap_or(0);
        turn.set_local(&self.local, held.saturating_add(more).to_string());
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.template("value", &self.value);
        visitor.local(&self.local);
    }
}
