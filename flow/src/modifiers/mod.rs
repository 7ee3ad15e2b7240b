//! Changes to a contact, the same whether a flow, a user or the API makes them. Each applies itself, says what
//! changed as events, and leaves the contact as she was when nothing does.
mod groups;
mod profile;
mod tickets;
mod urns;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::assets::{Assets, Field};
use crate::contact::{Contact, ContactStatus};
use crate::env::Environment;
use crate::events::{Event, EventKind};
use crate::limits::Limits;
use crate::moment::Moment;
use crate::refs::{FieldRef, Ref};
use crate::source::Source;
use crate::words::Urn;

pub use groups::reevaluate_groups;
pub(crate) use profile::cut;

/// One change to a contact, in RapidPro's JSON form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Modifier {
    /// Moves an address to a channel.
    Affinity {
        urn: Urn,
        channel: Ref,
    },
    /// Prefers a channel for the contact; `None` prefers none.
    Channel {
        channel: Option<Ref>,
    },
    /// Sets a field from a text; an empty text clears it.
    Field {
        field: FieldRef,
        #[serde(default)]
        value: String,
    },
    /// Adds to or removes from groups that are not query based.
    Groups {
        groups: Vec<Ref>,
        modification: GroupsModification,
    },
    /// An empty or absent language clears it.
    Language {
        language: Option<String>,
    },
    Name {
        #[serde(default)]
        name: String,
    },
    /// Addresses with the channels that reach them.
    Routes {
        routes: Vec<Route>,
        modification: UrnsModification,
    },
    Seen {
        seen_on: Moment,
    },
    Status {
        status: ContactStatus,
    },
    TicketAssignee {
        ticket_uuid: Uuid,
        assignee: Option<Ref>,
    },
    TicketClose {
        ticket_uuid: Uuid,
    },
    TicketNote {
        ticket_uuid: Uuid,
        note: String,
    },
    TicketOpen {
        topic: Ref,
        assignee: Option<Ref>,
        #[serde(default)]
        note: String,
    },
    TicketReopen {
        ticket_uuid: Uuid,
    },
    TicketTopic {
        ticket_uuid: Uuid,
        topic: Ref,
    },
    /// An IANA name; an empty or absent one clears it.
    Timezone {
        timezone: Option<String>,
    },
    Urns {
        urns: Vec<String>,
        modification: UrnsModification,
    },
}

/// What to do with groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupsModification {
    Add,
    Remove,
}

/// What to do with addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UrnsModification {
    Append,
    Remove,
    Set,
}

/// An address and the channel that reaches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Not yet checked.
    pub urn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Ref>,
}

/// What a modifier works with.
pub struct Change<'a> {
    pub assets: &'a Arc<Assets>,
    pub env: &'a Environment,
    pub limits: &'a Limits,
    /// Whether the query based groups are those that the contact belongs to, as after [`reevaluate_groups`]: then a
    /// change of one field needs a look at fewer of them.
    pub groups_current: bool,
    pub contact: &'a mut Contact,
    pub source: &'a mut dyn Source,
    /// Takes an address for this contact; `false` when it is somebody else's.
    pub claim: &'a mut dyn FnMut(&Urn) -> bool,
    /// What happened so far.
    pub events: &'a mut Vec<Event>,
}

impl Change<'_> {
    pub(crate) fn log(&mut self, kind: EventKind) {
        let event = Event::new(self.source, kind);
        self.events.push(event);
    }
}

impl Modifier {
    /// Applies the change, then re-evaluates query based groups when something did change. Gives whether it did.
    pub fn apply(&self, change: &mut Change<'_>) -> bool {
        let changed = self.apply_alone(change);
        // a field has seen to its groups itself
        if changed && !matches!(self, Self::Field { .. }) {
            reevaluate_groups(change);
        }
        changed
    }

    fn apply_alone(&self, change: &mut Change<'_>) -> bool {
        match self {
            Self::Affinity { urn, channel } => urns::set_affinity(change, urn, channel),
            Self::Channel { channel } => urns::set_channel(change, channel.as_ref()),
            Self::Field { field, value } => {
                let known = change.assets.field(&field.key);
                known.is_some_and(|known| set_field(change, known, value))
            }
            Self::Groups { groups, modification } => groups::change_groups(change, groups, *modification),
            Self::Language { language } => profile::set_language(change, language.as_deref()),
            Self::Name { name } => profile::set_name(change, name),
            Self::Routes { routes, modification } => urns::change_routes(change, routes, *modification),
            Self::Seen { seen_on } => profile::set_seen(change, *seen_on),
            Self::Status { status } => profile::set_status(change, *status),
            Self::TicketAssignee { ticket_uuid, assignee } => {
                tickets::assign(change, *ticket_uuid, assignee.as_ref())
            }
            Self::TicketClose { ticket_uuid } => tickets::close(change, *ticket_uuid),
            Self::TicketNote { ticket_uuid, note } => tickets::note(change, *ticket_uuid, note),
            Self::TicketOpen { topic, assignee, note } => {
                tickets::open(change, Some(topic), assignee.as_ref(), note).is_some()
            }
            Self::TicketReopen { ticket_uuid } => tickets::reopen(change, *ticket_uuid),
            Self::TicketTopic { ticket_uuid, topic } => tickets::set_topic(change, *ticket_uuid, topic),
            Self::Timezone { timezone } => profile::set_timezone(change, timezone.as_deref()),
            Self::Urns { urns, modification } => urns::change_urns(change, urns, *modification),
        }
    }
}

/// Sets a field from a text, then re-evaluates the groups whose queries look at it. Gives whether the field changed.
pub(crate) fn set_field(change: &mut Change<'_>, field: &Field, value: &str) -> bool {
    let changed = profile::set_field(change, field, value);
    if changed {
        groups::reevaluate_groups_of_field(change, &field.key);
    }
    changed
}

/// Opens a ticket unless one is open; gives its id.
pub(crate) fn open_ticket(
    change: &mut Change<'_>,
    topic: Option<&Ref>,
    assignee: Option<&Ref>,
    note: &str,
) -> Option<Uuid> {
    let opened = tickets::open(change, topic, assignee, note);
    if opened.is_some() {
        reevaluate_groups(change);
    }
    opened
}
