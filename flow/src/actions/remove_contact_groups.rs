//! Takes the contact out of groups, or out of all that are not query based.
use uuid::Uuid;

use super::recipients::resolve_groups;
use super::{Act, Answered, Outcome};
use crate::assets::Group;
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
            let held = |group: &&Group| turn.engine.contact.in_group(group.uuid);
            let by_hand = turn.engine.call.assets.groups().filter(|group| group.query.is_none());
            by_hand.filter(held).map(Group::to_ref).collect()
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
