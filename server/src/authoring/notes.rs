//! What happened beside the messages, in words for a flow's author.
use flow::events::{Event, EventKind};
use flow::session::Session;
use uuid::Uuid;

use super::view::Note;

/// A note of no node.
pub fn note(kind: &str, text: impl Into<String>) -> Note {
    Note { kind: kind.to_owned(), text: text.into(), node: None }
}

fn list<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// The note of an event; `None` where the talk itself shows it.
pub fn of(event: &Event, session: Option<&Session>) -> Option<Note> {
    let mut note =
        of_person(&event.kind).or_else(|| of_flow(&event.kind)).or_else(|| of_outside(&event.kind))?;
    note.node = node(&event.kind, session);
    Some(note)
}

/// Where it happened, as far as the session still tells.
fn node(kind: &EventKind, session: Option<&Session>) -> Option<Uuid> {
    let runs = &session?.runs;
    match kind {
        EventKind::RunResultChanged { name, .. } => {
            let results = runs.iter().rev().flat_map(|run| run.results.values());
            results.into_iter().find(|result| result.name == *name).map(|result| result.node_uuid)
        }
        EventKind::Failure { .. } => {
            runs.iter().rev().find_map(|run| run.path.last()).map(|step| step.node_uuid)
        }
        _ => None,
    }
}

/// What was learnt of the person.
fn of_person(kind: &EventKind) -> Option<Note> {
    Some(match kind {
        EventKind::ContactFieldChanged { field, value } => {
            let name = if field.name.is_empty() { &field.key } else { &field.name };
            match value {
                Some(value) => note("field", format!("{name}: {}", value.text)),
                None => note("field", format!("{name} is cleared")),
            }
        }
        EventKind::ContactNameChanged { name } => note("name", format!("Her name: {name}")),
        EventKind::ContactLanguageChanged { language } => {
            note("language", format!("Her language: {language}"))
        }
        EventKind::ContactGroupsChanged { groups_added, groups_removed } => {
            let name = |group: &flow::refs::Ref| group.name.to_string();
            let mut parts = Vec::new();
            if !groups_added.is_empty() {
                parts.push(format!("joins {}", list(groups_added, name)));
            }
            if !groups_removed.is_empty() {
                parts.push(format!("leaves {}", list(groups_removed, name)));
            }
            note("group", parts.join("; "))
        }
        EventKind::ContactStatusChanged { .. } => left_out("people are not blocked or archived by flows"),
        EventKind::ContactTimezoneChanged { .. } => left_out("the line's time zone is used for everybody"),
        EventKind::ContactUrnsChanged { .. } => left_out("addresses that flows add are not kept"),
        _ => return None,
    })
}

fn left_out(why: &str) -> Note {
    note("left_out", format!("Left out on this server: {why}."))
}

/// How the flow went on.
fn of_flow(kind: &EventKind) -> Option<Note> {
    Some(match kind {
        EventKind::RunResultChanged { name, value, category, .. } if category.is_empty() => {
            note("result", format!("{name}: {value}"))
        }
        EventKind::RunResultChanged { name, value, category, .. } => {
            note("result", format!("{name}: {category} ({value})"))
        }
        EventKind::RunStarted { flow, .. } => note("flow", format!("{} begins", flow.name)),
        EventKind::RunEnded { flow, status, .. } => {
            note("flow", format!("{} ends: {}", flow.name, status.as_str()))
        }
        EventKind::WaitTimedOut {} => note("wait", "She did not answer in time"),
        EventKind::WaitExpired {} => note("wait", "The flow expired"),
        EventKind::TicketOpened { ticket } => match &ticket.topic {
            Some(topic) => note("hand_over", format!("Staff takes over: {}", topic.name)),
            None => note("hand_over", "Staff takes over"),
        },
        EventKind::TicketNoteAdded { note: text, .. } => {
            note("hand_over", format!("A note for staff: {text}"))
        }
        EventKind::Error { text, .. } => note("error", text.as_str()),
        EventKind::Warning { text, .. } => note("warning", text.as_str()),
        EventKind::Failure { text } => note("stopped", format!("The flow was stopped: {text}")),
        EventKind::MsgCreated { msg, .. } => {
            let reason = serde_json::to_value(msg.unsendable_reason?).unwrap_or_default();
            note("error", format!("This message would not be sent: {}", reason.as_str().unwrap_or("")))
        }
        _ => return None,
    })
}

/// What went to the outside, or would have.
fn of_outside(kind: &EventKind) -> Option<Note> {
    Some(match kind {
        EventKind::WebhookCalled(call) if call.status_code == 0 => {
            note("call", format!("{}: no answer", call.url))
        }
        EventKind::WebhookCalled(call) => note("call", format!("{}: {}", call.url, call.status_code)),
        EventKind::ResthookCalled { resthook, .. } => note("call", format!("Resthook {resthook}")),
        EventKind::LlmCalled { llm, .. } => note("call", format!("Language model {}", llm.name)),
        EventKind::EmailSent { to, subject, .. } => {
            note("call", format!("E-mail to {}: {subject}", to.join(", ")))
        }
        EventKind::AirtimeCreated { amount, currency, .. } => {
            note("call", format!("Airtime: {amount} {currency}"))
        }
        EventKind::BroadcastCreated { .. } => left_out("flows send no messages to others"),
        EventKind::SessionTriggered { flow, .. } => {
            left_out(&format!("{} is not started for others", flow.name))
        }
        EventKind::OptinRequested { .. } => left_out("opt-ins of channels are not asked for"),
        EventKind::InputLabelsAdded { labels, .. } => {
            left_out(&format!("messages get no labels ({})", list(labels, |label| label.name.to_string())))
        }
        EventKind::DialWait { urn, .. } => {
            note("call", format!("The call is put through to {}", urn.path_text()))
        }
        _ => return None,
    })
}
