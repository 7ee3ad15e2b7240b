//! Whom broadcasts and new sessions are for, and groups that are named by an expression.
use uuid::Uuid;

use crate::contact::{normalize_urn, validate_urn};
use crate::definition::{Pointer, Reader, Text};
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::{Dependency, Visitor};
use crate::refs::Ref;
use crate::words::Urn;

/// Recipients as a definition names them.
#[derive(Debug)]
pub(super) struct Recipients {
    groups: Vec<Pointer>,
    contacts: Vec<Ref>,
    query: Text,
    urns: Vec<Urn>,
    legacy_vars: Vec<Text>,
}

/// Recipients once evaluated.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub(super) groups: Vec<Ref>,
    pub(super) contacts: Vec<Ref>,
    pub(super) query: String,
    pub(super) urns: Vec<Urn>,
}

impl Resolved {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.contacts.is_empty() && self.query.is_empty() && self.urns.is_empty()
    }

    /// Whether there may be many.
    pub(super) fn is_open_ended(&self) -> bool {
        !self.groups.is_empty() || !self.query.is_empty()
    }
}

impl Recipients {
    pub(super) fn read(r: &mut Reader<'_, '_>) -> Self {
        Self {
            groups: r.pointers("groups"),
            contacts: r.refs("contacts"),
            query: r.template("contact_query"),
            urns: r.texts("urns").iter().filter_map(|urn| urn.raw.parse().ok()).collect(),
            legacy_vars: r.texts("legacy_vars"),
        }
    }

    pub(super) fn resolve(&self, turn: &mut Turn<'_, '_>) -> Resolved {
        let mut out = Resolved {
            groups: resolve_groups(turn, &self.groups),
            contacts: self.contacts.clone(),
            query: turn.eval_escaped(&self.query, &|text| crate::contactql::quote(text)),
            urns: self.urns.clone(),
        };
        for var in &self.legacy_vars {
            let value = turn.eval(var);
            resolve_legacy(turn, value.trim(), &mut out);
        }
        out
    }

    pub(super) fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.groups(&self.groups);
        for contact in &self.contacts {
            visitor.dependency(Dependency::Contact(contact.clone()));
        }
        visitor.template("contact_query", &self.query);
        for var in &self.legacy_vars {
            visitor.template("legacy_vars", var);
        }
    }

    /// The recipients in the way of old flows.
    pub(super) fn legacy_vars(&self) -> Vec<String> {
        self.legacy_vars.iter().map(|var| var.raw.to_string()).collect()
    }
}

/// A text of old flows: a contact's id, a group's name or an address.
fn resolve_legacy(turn: &mut Turn<'_, '_>, value: &str, out: &mut Resolved) {
    if let Ok(uuid) = value.parse::<Uuid>() {
        out.contacts.push(Ref::new(uuid, ""));
        return;
    }
    if let Some(group) = turn.engine.call.assets.group_by_name(value).filter(|_| !value.is_empty()) {
        out.groups.push(group.to_ref());
        return;
    }
    let country = turn.engine.env.country;
    let urn = value.parse::<Urn>().ok().filter(|urn| crate::contact::is_scheme(urn.scheme()));
    let urn = urn.or_else(|| crate::tel::parse(value, country).and_then(|tel| Urn::new("tel", &tel).ok()));
    match urn.map(|urn| normalize_urn(&urn, country)).filter(validate_urn) {
        Some(urn) => out.urns.push(urn.identity().parse().unwrap_or(urn)),
        None => turn.error(format!("'{value}' couldn't be resolved to a contact, group or URN")),
    }
}

/// The groups that exist; for the others an event says so.
pub(super) fn resolve_groups(turn: &mut Turn<'_, '_>, groups: &[Pointer]) -> Vec<Ref> {
    groups.iter().filter_map(|group| resolve_group(turn, group)).collect()
}

fn resolve_group(turn: &mut Turn<'_, '_>, group: &Pointer) -> Option<Ref> {
    match group {
        Pointer::Fixed(group) => {
            let known = turn.engine.call.assets.group(group.uuid).map(crate::assets::Group::to_ref);
            if known.is_none() {
                turn.log(EventKind::missing("group", &group.uuid.to_string(), &group.to_string()));
            }
            known
        }
        Pointer::Named(name) => {
            let name = turn.eval_clean(name)?;
            let known = turn.engine.call.assets.group_by_name(&name).map(crate::assets::Group::to_ref);
            if known.is_none() {
                let text = format!("No such group with name '{name}'");
                turn.log(EventKind::coded(text, "group:missing", &[("name", &name)]));
            }
            known
        }
    }
}
