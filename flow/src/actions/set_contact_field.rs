//! Sets a field of the contact.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::{Reader, Text};
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::{Dependency, Visitor};
use crate::modifiers;
use crate::refs::FieldRef;

/// The longest value in a definition, in characters.
const MAX_VALUE_CHARS: usize = 1000;

/// See the module.
#[derive(Debug)]
pub struct SetContactField {
    field: FieldRef,
    value: Text,
}

impl Act for SetContactField {
    const TYPE: &'static str = "set_contact_field";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let field = r.required_field("field");
        let value = r.text("value");
        r.at_most("value", value, MAX_VALUE_CHARS);
        Self { field, value: Text::new(value) }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let Some(value) = turn.eval_clean(&self.value) else { return Outcome::Done };
        let assets = turn.engine.call.assets;
        let Some(field) = assets.field(&self.field.key) else {
            let shown = format!("[key={},name={}]", self.field.key, self.field.name);
            turn.log(EventKind::missing("field", &self.field.key, &shown));
            return Outcome::Done;
        };
        turn.change(|change| modifiers::set_field(change, field, value.trim()));
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.dependency(Dependency::Field(self.field.clone()));
        visitor.template("value", &self.value);
    }
}
