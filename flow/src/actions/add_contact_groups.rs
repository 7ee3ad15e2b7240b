//! Adds the contact to groups.
use uuid::Uuid;

use super::recipients::resolve_groups;
use super::{Act, Answered, Outcome};
use crate::definition::{Pointer, Reader};
use crate::engine::Turn;
use crate::inspect::Visitor;
use crate::modifiers::{GroupsModification, Modifier};

/// See the module.
#[derive(Debug)]
pub struct AddContactGroups {
    groups: Vec<Pointer>,
}

impl Act for AddContactGroups {
    const TYPE: &'static str = "add_contact_groups";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        if r.get("groups").is_none() {
            r.wrong("groups", "is required");
        }
        Self { groups: r.pointers("groups") }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let groups = resolve_groups(turn, &self.groups);
        turn.modify(&Modifier::Groups { groups, modification: GroupsModification::Add });
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.groups(&self.groups);
    }
}
