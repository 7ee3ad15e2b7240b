//! Tickets: a contact has at most one that is open.
use uuid::Uuid;

use super::Change;
use crate::contact::{Ticket, TicketStatus};
use crate::events::EventKind;
use crate::refs::Ref;

fn find<'c>(change: &'c mut Change<'_>, uuid: Uuid) -> Option<&'c mut Ticket> {
    change.contact.tickets.iter_mut().find(|ticket| ticket.uuid == uuid)
}

pub(super) fn open(
    change: &mut Change<'_>,
    topic: Option<&Ref>,
    assignee: Option<&Ref>,
    note: &str,
) -> Option<Uuid> {
    if change.contact.open_ticket().is_some() {
        return None;
    }
    let uuid = change.source.uuid_v7();
    let ticket =
        Ticket { uuid, status: TicketStatus::Open, topic: topic.cloned(), assignee: assignee.cloned() };
    change.contact.tickets.push(ticket.clone());
    change.log(EventKind::TicketOpened { ticket });
    if !note.is_empty() {
        change.log(EventKind::TicketNoteAdded { ticket_uuid: uuid, note: note.to_owned() });
    }
    Some(uuid)
}

pub(super) fn assign(change: &mut Change<'_>, uuid: Uuid, assignee: Option<&Ref>) -> bool {
    let Some(ticket) = find(change, uuid) else { return false };
    if ticket.assignee.as_ref().map(|held| held.uuid) == assignee.map(|new| new.uuid) {
        return false;
    }
    let previous = std::mem::replace(&mut ticket.assignee, assignee.cloned());
    change.log(EventKind::TicketAssigneeChanged { ticket_uuid: uuid, assignee: assignee.cloned(), previous });
    true
}

pub(super) fn close(change: &mut Change<'_>, uuid: Uuid) -> bool {
    let Some(ticket) = find(change, uuid).filter(|t| t.status == TicketStatus::Open) else { return false };
    ticket.status = TicketStatus::Closed;
    change.log(EventKind::TicketClosed { ticket_uuid: uuid });
    true
}

pub(super) fn reopen(change: &mut Change<'_>, uuid: Uuid) -> bool {
    if change.contact.open_ticket().is_some() {
        return false;
    }
    let Some(ticket) = find(change, uuid) else { return false };
    ticket.status = TicketStatus::Open;
    change.log(EventKind::TicketReopened { ticket_uuid: uuid });
    true
}

pub(super) fn note(change: &mut Change<'_>, uuid: Uuid, note: &str) -> bool {
    if note.is_empty() || find(change, uuid).is_none() {
        return false;
    }
    change.log(EventKind::TicketNoteAdded { ticket_uuid: uuid, note: note.to_owned() });
    true
}

pub(super) fn set_topic(change: &mut Change<'_>, uuid: Uuid, topic: &Ref) -> bool {
    let Some(ticket) = find(change, uuid) else { return false };
    if ticket.topic.as_ref().map(|held| held.uuid) == Some(topic.uuid) {
        return false;
    }
    ticket.topic = Some(topic.clone());
    change.log(EventKind::TicketTopicChanged { ticket_uuid: uuid, topic: topic.clone() });
    true
}
