//! Sets the contact's name.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::{Reader, Text};
use crate::engine::Turn;
use crate::inspect::Visitor;
use crate::modifiers::Modifier;

/// See the module.
#[derive(Debug)]
pub struct SetContactName {
    name: Text,
}

impl Act for SetContactName {
    const TYPE: &'static str = "set_contact_name";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { name: r.template("name") }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let Some(name) = turn.eval_clean(&self.name) else { return Outcome::Done };
        turn.modify(&Modifier::Name { name: name.trim().to_owned() });
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.template("name", &self.name);
    }
}
