//! Saves a result of the run.
use smol_str::SmolStr;
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::{Reader, ResultName, Text};
use crate::engine::{NewResult, Turn};
use crate::inspect::Visitor;

/// The longest value in a definition, in characters.
const MAX_VALUE_CHARS: usize = 1000;
/// The longest category in a definition, in characters.
const MAX_CATEGORY_CHARS: usize = 128;

/// See the module.
#[derive(Debug)]
pub struct SetRunResult {
    name: ResultName,
    value: Text,
    category: Text,
}

impl Act for SetRunResult {
    const TYPE: &'static str = "set_run_result";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let name = r.result_name(true);
        let value = r.text("value");
        r.at_most("value", value, MAX_VALUE_CHARS);
        let category = r.text("category");
        r.at_most("category", category, MAX_CATEGORY_CHARS);
        Self { name, value: Text::new(value), category: Text::new(category) }
    }

    fn run(&self, uuid: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let Some(value) = turn.eval_clean(&self.value) else { return Outcome::Done };
        let (localized, _) = turn.localized_one(uuid, "category", &self.category);
        let category_localized =
            if localized.raw == self.category.raw { SmolStr::default() } else { localized.raw.clone() };
        turn.save_result(NewResult {
            name: &self.name,
            value,
            category: self.category.raw.clone(),
            category_localized,
            input: SmolStr::default(),
            extra: None,
        });
        Outcome::Done
    }

    fn visit(&self, uuid: Uuid, visitor: &mut dyn Visitor) {
        visitor.template("value", &self.value);
        let categories = match self.category.is_empty() {
            true => Vec::new(),
            false => {
                visitor.localizable(uuid, "category", std::slice::from_ref(&self.category));
                vec![self.category.raw.to_string()]
            }
        };
        visitor.result(&self.name.name, categories);
    }
}
