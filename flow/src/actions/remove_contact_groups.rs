//! Takes the contact out of groups, or out of all that are not query based.
use uuid::Uuid;

use super::recipients::resolve_groups;
use super::{Act, Answered, Outcome};
use crate::definition::{Pointer, Reader};
use crate::engine::Turn;
use crate::inspect::Visitor;
use crate::modifiers::{GroupsModification, Modifier};
use crate::refs::Ref;

/// See the module.
#[derive(Debug)]
pub struct RemoveContactGroups {
    groups: Vec<Pointer>,
    all: bool,
}

impl Act for RemoveContactGroups {
    const TYPE: &'static str = "remove_contact_groups";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { groups: r.pointers("groups"), all: r.flag("all_groups") }
    }

    fn check(&self) -> Result<(), String> {
        if self.all && !self.groups.is_empty() {
            return Err("can't specify specific groups when all_groups=true".to_owned());
        }
        Ok(())
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let groups: Vec<Ref> = if self.all {
            let assets = turn.engine.call.assets;
            let by_hand = |group: &&Ref| assets.group(group.uuid).is_some_and(|known| known.query.is_none());
            turn.engine.contact.groups.iter().filter(by_hand).cloned().collect()
        } else {
            resolve_groups(turn, &self.groups)
        };
        turn.modify(&Modifier::Groups { groups, modification: GroupsModification::Remove });
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.groups(&self.groups);
    }
}
