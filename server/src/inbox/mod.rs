//! Conversations: matters between a person and the line's staff. While one is open the bot is silent.
//!
//! Whoever changes a conversation holds the row lock of its contact ([`crate::contacts::get_locked`]) first, so
//! that one person's affairs happen one after the other, whichever process and whoever of staff is at work.
pub mod http;
pub mod presence;
pub mod preview;
pub mod read;
mod read_sql;
mod sql;
pub mod state;
pub mod verbs;
pub mod view;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access;
use crate::app::App;
use crate::contacts::Contact;
use crate::lines::{Line, TriageKind};
use crate::live::{self, LiveKind};
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::Purpose;

pub use sql::EntryRow;
pub use state::{State, UNDO_SECONDS};

/// How much of a message is kept as a row's last words, in characters.
pub const LAST_WORDS_CHARS: usize = 120;
/// Most things that the bot may hand over as learnt.
pub const MAX_LEARNT: usize = 40;

/// A conversation's row. What is personal in it is still sealed.
#[derive(Debug, Clone)]
pub struct Conversation {
    pub id: Uuid,
    pub line_id: Uuid,
    pub contact_id: Uuid,
    /// The channel that the person used last in it.
    pub channel_id: Uuid,
    pub topic: Option<String>,
    pub state: State,
    pub urgent: bool,
    /// Exists for protection focal points only.
    pub restricted: bool,
    /// The kind of danger, as [`TriageKind::as_str`] writes it.
    pub triage: Option<String>,
    pub unread: i64,
    pub last_at: Ts,
    /// Sealed with [`Purpose::LastWords`].
    pub last_words: Option<Vec<u8>>,
    /// Sealed with [`Purpose::Learnt`].
    pub learnt: Option<Vec<u8>>,
    pub opened_at: Ts,
    /// When the bot asks its question after a close.
    pub after_close_at: Option<Ts>,
}

/// Something that the bot learnt before it handed over, in words that staff can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Learnt {
    pub label: String,
    pub value: String,
}

/// What a conversation begins with.
pub struct Opening<'a> {
    /// Locked by the caller, who also saves it: [`open`] sets its `conversation_id`.
    pub contact: &'a mut Contact,
    pub channel_id: Uuid,
    /// A topic's key, or its name in any language of the line; what is neither is left out.
    pub topic: Option<String>,
    /// Makes the conversation urgent and restricted.
    pub triage: Option<TriageKind>,
    pub learnt: Vec<Learnt>,
    /// What the person wrote, for the queue.
    pub words: &'a str,
}

/// What staff and the server did in a conversation. Holds ids and keys only, never anything personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EntryEvent {
    HandedOver {
        topic: Option<String>,
    },
    /// A triage word was found.
    Triaged {
        kind: String,
    },
    Taken {
        from: Option<Uuid>,
    },
    Assigned {
        to: Uuid,
    },
    Unassigned,
    Closed,
    Reopened,
    /// `until` in microseconds since 1970; `None` until the person writes.
    Snoozed {
        until: Option<i64>,
    },
    Unsnoozed,
    Referred {
        kind: String,
    },
    Topic {
        topic: String,
    },
    Revealed {
        scheme: String,
    },
    Satisfaction {
        category: String,
    },
}

/// A topic's key from its key or its name in any language of the line.
#[must_use]
pub fn topic_key(line: &Line, text: &str) -> Option<String> {
    let folded = crate::lines::words::fold(text);
    let is = |name: &String| crate::lines::words::fold(name) == folded;
    let topics = &line.content.topics;
    topics
        .iter()
        .find(|topic| topic.key == text)
        .or_else(|| topics.iter().find(|topic| topic.name.values().any(is)))
        .map(|topic| topic.key.clone())
}

/// Opens a conversation, or adds to the one that the contact has open: danger makes it urgent and restricted
/// (and takes it from whoever is no protection focal point), a topic that it has is kept. Call
/// [`message_arrived`] afterwards for the message that led to it.
///
/// # Errors
/// When the store refuses.
pub fn open(tx: &mut Tx<'_>, app: &App, line: &Line, opening: Opening<'_>, now: Ts) -> Result<Uuid> {
    let topic = opening.topic.as_deref().and_then(|text| topic_key(line, text));
    if let Some(id) = opening.contact.conversation_id
        && let Some(mut conversation) = tx.conversation(id)?
        && !conversation.state.is_closed()
    {
        conversation.topic = conversation.topic.or(topic);
        conversation.learnt = merged_learnt(opening.contact, conversation.learnt.take(), opening.learnt)?;
        if let Some(kind) = opening.triage {
            restrict(tx, app, &mut conversation, kind.as_str(), now)?;
            let event = EntryEvent::Triaged { kind: kind.as_str().to_owned() };
            add_event(tx, app, &conversation, None, event, now)?;
        }
        save(tx, app, &conversation, now)?;
        return Ok(id);
    }
    let contact = opening.contact;
    let conversation = Conversation {
        id: app.id(),
        line_id: line.id,
        contact_id: contact.id,
        channel_id: opening.channel_id,
        topic,
        state: State::Waiting { since: now },
        urgent: opening.triage.is_some(),
        restricted: opening.triage.is_some(),
        triage: opening.triage.map(|kind| kind.as_str().to_owned()),
        unread: 0,
        last_at: now,
        last_words: Some(sealed_words(contact, opening.words)?),
        learnt: merged_learnt(contact, None, opening.learnt)?,
        opened_at: now,
        after_close_at: None,
    };
    contact.conversation_id = Some(conversation.id);
    tx.insert_conversation(&conversation)?;
    let event = match &conversation.triage {
        Some(kind) => EntryEvent::Triaged { kind: kind.clone() },
        None => EntryEvent::HandedOver { topic: conversation.topic.clone() },
    };
    add_event(tx, app, &conversation, None, event, now)?;
    changed(tx, app, &conversation, now)?;
    Ok(conversation.id)
}

fn merged_learnt(contact: &Contact, old: Option<Vec<u8>>, new: Vec<Learnt>) -> Result<Option<Vec<u8>>> {
    if new.is_empty() {
        return Ok(old);
    }
    let mut all: Vec<Learnt> = match &old {
        Some(sealed) => contact.key.open_json(Purpose::Learnt, sealed)?,
        None => Vec::new(),
    };
    all.retain(|known| new.iter().all(|one| one.label != known.label));
    all.extend(new);
    all.truncate(MAX_LEARNT);
    Ok(Some(contact.key.seal_json(Purpose::Learnt, &all)?))
}

fn sealed_words(contact: &Contact, words: &str) -> Result<Vec<u8>> {
    let short: String = words.chars().take(LAST_WORDS_CHARS).collect();
    Ok(contact.key.seal(Purpose::LastWords, short.as_bytes())?)
}

/// Makes a conversation urgent and visible to protection focal points only. Who saw it until now is told that
/// it is gone; who has it and is no focal point has it no longer.
pub(crate) fn restrict(
    tx: &mut Tx<'_>,
    app: &App,
    conversation: &mut Conversation,
    kind: &str,
    now: Ts,
) -> Result<()> {
    if !conversation.restricted {
        live::record(tx, app, conversation.line_id, LiveKind::Hidden, conversation.id, conversation.id, now)?;
    }
    conversation.urgent = true;
    conversation.restricted = true;
    conversation.triage = Some(kind.to_owned());
    if let Some(staff) = conversation.state.assignee()
        && !access::is_focal_point(tx, staff, conversation.line_id)?
    {
        conversation.state = conversation.state.released(now);
    }
    Ok(())
}

/// A message of the person belongs to an open conversation: she waits for an answer from now on, a snoozed
/// conversation wakes. Call it after the message's row is written.
///
/// # Errors
/// When the store refuses, or there is no such conversation.
pub fn message_arrived(
    tx: &mut Tx<'_>,
    app: &App,
    contact: &Contact,
    conversation_id: Uuid,
    message_id: Uuid,
    words: &str,
    now: Ts,
) -> Result<()> {
    let mut conversation = tx
        .conversation(conversation_id)?
        .ok_or_else(|| StoreError::Shape("a message of a conversation that is not there".into()))?;
    conversation.state = conversation.state.message_arrived(now);
    conversation.after_close_at = None;
    conversation.unread = conversation.unread.saturating_add(1);
    conversation.last_at = now;
    conversation.last_words = Some(sealed_words(contact, words)?);
    if let Some(channel_id) = tx.message_channel(message_id)? {
        conversation.channel_id = channel_id;
    }
    live::record(tx, app, conversation.line_id, LiveKind::Entry, conversation_id, message_id, now)?;
    save(tx, app, &conversation, now)
}

/// A person changed a message of a conversation: whoever looks at it sees the new words.
///
/// # Errors
/// When the store refuses.
pub fn message_changed(
    tx: &mut Tx<'_>,
    app: &App,
    line_id: Uuid,
    conversation_id: Uuid,
    message_id: Uuid,
    now: Ts,
) -> Result<()> {
    live::record(tx, app, line_id, LiveKind::Entry, conversation_id, message_id, now)
}

/// A message that the server itself sent in a conversation; the person goes on waiting.
///
/// # Errors
/// When the store refuses.
pub fn bot_spoke(
    tx: &mut Tx<'_>,
    app: &App,
    line_id: Uuid,
    conversation_id: Uuid,
    message_id: Uuid,
    now: Ts,
) -> Result<()> {
    live::record(tx, app, line_id, LiveKind::Entry, conversation_id, message_id, now)
}

/// Writes down that something happened in a conversation, by the server.
///
/// # Errors
/// When the store refuses, or there is no such conversation.
pub fn record_event(
    tx: &mut Tx<'_>,
    app: &App,
    contact: &Contact,
    conversation_id: Uuid,
    event: &EntryEvent,
    now: Ts,
) -> Result<()> {
    write_event(tx, app, (contact.line_id, conversation_id, contact.id), None, event.clone(), now).map(drop)
}

/// A message of a conversation has a new status.
///
/// # Errors
/// When the store refuses.
pub fn status_changed(
    tx: &mut Tx<'_>,
    app: &App,
    message_id: Uuid,
    conversation_id: Uuid,
    line_id: Uuid,
    now: Ts,
) -> Result<()> {
    live::record(tx, app, line_id, LiveKind::Status, conversation_id, message_id, now)
}

/// Closed conversations whose time to be taken back is over, oldest first, as (conversation, contact). For
/// each, in a transaction of its own: lock the contact, then [`claim_after_close`], then start the flow.
///
/// # Errors
/// When the store refuses.
pub fn due_after_close(tx: &mut Tx<'_>, now: Ts, limit: i64) -> Result<Vec<(Uuid, Uuid)>> {
    tx.due_after_close(now, limit)
}

/// Whether the flow after a close is the caller's to start: true once, and never after a reopening.
///
/// # Errors
/// When the store refuses.
pub fn claim_after_close(tx: &mut Tx<'_>, conversation_id: Uuid, now: Ts) -> Result<bool> {
    tx.claim_after_close(conversation_id, now)
}

/// What the person said about how she was helped: kept with the conversation, and told in its thread, where
/// staff see it.
///
/// # Errors
/// When the store refuses.
pub fn record_satisfaction(
    tx: &mut Tx<'_>,
    app: &App,
    contact: &Contact,
    conversation_id: Uuid,
    category: &str,
    now: Ts,
) -> Result<()> {
    tx.set_satisfaction(conversation_id, category)?;
    let event = EntryEvent::Satisfaction { category: category.to_owned() };
    record_event(tx, app, contact, conversation_id, &event, now)
}

/// Snoozed conversations whose time has come, as (conversation, contact). For each, in a transaction of its
/// own: lock the contact, then [`wake`].
///
/// # Errors
/// When the store refuses.
pub fn due_snoozed(tx: &mut Tx<'_>, now: Ts, limit: i64) -> Result<Vec<(Uuid, Uuid)>> {
    tx.due_snoozed(now, limit)
}

/// Wakes a snoozed conversation; nothing when it is awake already.
///
/// # Errors
/// When the store refuses.
pub fn wake(tx: &mut Tx<'_>, app: &App, conversation_id: Uuid, now: Ts) -> Result<()> {
    let Some(mut conversation) = tx.conversation(conversation_id)? else { return Ok(()) };
    let Some(state) = conversation.state.wake(now) else { return Ok(()) };
    conversation.state = state;
    add_event(tx, app, &conversation, None, EntryEvent::Unsnoozed, now)?;
    save(tx, app, &conversation, now)
}

/// Removes everything that this slice holds of a contact (conversations, notes, events, drafts), for an
/// erasure; answers how many conversations. Messages are not this slice's.
///
/// # Errors
/// When the store refuses.
pub fn forget(tx: &mut Tx<'_>, app: &App, line_id: Uuid, contact_id: Uuid, now: Ts) -> Result<u64> {
    let gone = tx.forget_conversations(contact_id)?;
    for (id, restricted) in &gone {
        let kind = if *restricted { LiveKind::RemovedRestricted } else { LiveKind::Removed };
        live::record(tx, app, line_id, kind, *id, *id, now)?;
    }
    Ok(gone.len() as u64)
}

/// Writes an event and tells the consoles; answers its id.
pub(crate) fn add_event(
    tx: &mut Tx<'_>,
    app: &App,
    conversation: &Conversation,
    author: Option<Uuid>,
    event: EntryEvent,
    now: Ts,
) -> Result<Uuid> {
    let place = (conversation.line_id, conversation.id, conversation.contact_id);
    write_event(tx, app, place, author, event, now)
}

fn write_event(
    tx: &mut Tx<'_>,
    app: &App,
    (line_id, conversation_id, contact_id): (Uuid, Uuid, Uuid),
    author: Option<Uuid>,
    event: EntryEvent,
    at: Ts,
) -> Result<Uuid> {
    let id = app.id();
    tx.insert_entry(&EntryRow {
        id,
        conversation_id,
        contact_id,
        author,
        body: None,
        event: Some(event),
        client_id: None,
        at,
    })?;
    live::record(tx, app, line_id, LiveKind::Entry, conversation_id, id, at)?;
    Ok(id)
}

fn changed(tx: &mut Tx<'_>, app: &App, conversation: &Conversation, now: Ts) -> Result<()> {
    live::record(tx, app, conversation.line_id, LiveKind::Conversation, conversation.id, conversation.id, now)
}

/// Writes a changed conversation and tells the consoles.
pub(crate) fn save(tx: &mut Tx<'_>, app: &App, conversation: &Conversation, now: Ts) -> Result<()> {
    tx.update_conversation(conversation)?;
    changed(tx, app, conversation, now)
}
