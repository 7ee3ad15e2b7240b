//! Groups: those that people are put into, and those that follow from a query.
use super::{Change, GroupsModification};
use crate::assets::Group;
use crate::contact::ContactStatus;
use crate::events::EventKind;
use crate::refs::Ref;

pub(super) fn change_groups(change: &mut Change<'_>, groups: &[Ref], how: GroupsModification) -> bool {
    let adding = how == GroupsModification::Add;
    if adding && matches!(change.contact.status, ContactStatus::Blocked | ContactStatus::Stopped) {
        change.log(EventKind::error("Can't add blocked or stopped contacts to groups"));
        return false;
    }
    let mut changed = Vec::new();
    for group in groups {
        let Some(known) = change.assets.group(group.uuid) else { continue };
        let known_ref = known.to_ref();
        if known.query.is_some() {
            let what = if adding { "add contacts to" } else { "remove contacts from" };
            change.log(EventKind::error(format!("Can't {what} the query based group '{}'", known_ref.name)));
        } else if change.contact.in_group(group.uuid) != adding {
            if adding {
                change.contact.groups.push(known_ref.clone());
            } else {
                change.contact.groups.retain(|held| held.uuid != group.uuid);
            }
            changed.push(known_ref);
        }
    }
    if changed.is_empty() {
        return false;
    }
    let (groups_added, groups_removed) = if adding { (changed, Vec::new()) } else { (Vec::new(), changed) };
    change.log(EventKind::ContactGroupsChanged { groups_added, groups_removed });
    true
}

/// Puts the contact into the query based groups that she belongs to and takes her out of the others; somebody
/// who is not active belongs to none at all.
pub fn reevaluate_groups(change: &mut Change<'_>) {
    reevaluate(change, &|_| true);
}

/// The same after a change of one field. When all groups were right before, only those can change whose query looks at
/// it.
pub(super) fn reevaluate_groups_of_field(change: &mut Change<'_>, key: &str) {
    let all = !change.groups_current || change.contact.status != ContactStatus::Active;
    let looks = |group: &Group| matches!(&group.query, Some(Ok(query)) if query.looks_at_field(key));
    reevaluate(change, &|group| all || looks(group));
}

fn reevaluate(change: &mut Change<'_>, concerned: &dyn Fn(&Group) -> bool) {
    let active = change.contact.status == ContactStatus::Active;
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    for group in change.assets.query_groups().filter(|group| concerned(group)) {
        let belongs = active && group.matches(change.env, change.contact);
        if belongs != change.contact.in_group(group.uuid) {
            let list = if belongs { &mut added } else { &mut removed };
            list.push(group.to_ref());
        }
    }
    let gone: Vec<_> = removed.iter().map(|group: &Ref| group.uuid).collect();
    change.contact.groups.retain(|held| !gone.contains(&held.uuid));
    if !active {
        removed.append(&mut change.contact.groups);
    }
    change.contact.groups.extend(added.iter().cloned());
    if !(added.is_empty() && removed.is_empty()) {
        change.log(EventKind::ContactGroupsChanged { groups_added: added, groups_removed: removed });
    }
}
