//! Statements that read queues and threads.
use uuid::Uuid;

use super::sql::EntryRow;
use super::{Conversation, EntryEvent};
use crate::args;
use crate::outbound::MessageState;
use crate::store::{Result, Row, Sql, StoreError, Ts, Tx, Value};

/// Sorts behind every time.
pub(super) const NEVER: i64 = i64::MAX;

const OPEN_QUEUE: Sql = crate::sql!(
    "SELECT c.id, c.line_id, c.contact_id, c.channel_id, c.topic, c.state, c.urgent, c.restricted, c.triage, \
     c.assignee, c.waiting_since, c.snoozed_until, c.unread, c.last_at, c.last_words, c.learnt, c.opened_at, \
     c.closed_at, c.closed_by, c.after_close_at, k.key_id, k.sealed \
     FROM conversation c JOIN contact k ON k.id = c.contact_id \
     WHERE c.line_id = $1 AND c.state < 3 AND k.key_id IS NOT NULL AND (c.restricted = {false} OR $2) \
     AND ($3 = 0 AND c.assignee = $4 OR $3 = 1 AND c.state = 0 OR $3 = 2 OR $3 = 3 AND c.urgent = {true}) \
     AND (CASE WHEN c.urgent = {true} THEN 0 ELSE 1 END, \
          CASE WHEN c.state = 2 THEN 9223372036854775807 ELSE COALESCE(c.waiting_since, 9223372036854775807) END, \
          0 - c.last_at, c.id) > ($5, $6, $7, $8) \
     ORDER BY CASE WHEN c.urgent = {true} THEN 0 ELSE 1 END, \
          CASE WHEN c.state = 2 THEN 9223372036854775807 ELSE COALESCE(c.waiting_since, 9223372036854775807) END, \
          0 - c.last_at, c.id LIMIT $9"
);
const CLOSED_QUEUE: Sql = crate::sql!(
    "SELECT c.id, c.line_id, c.contact_id, c.channel_id, c.topic, c.state, c.urgent, c.restricted, c.triage, \
     c.assignee, c.waiting_since, c.snoozed_until, c.unread, c.last_at, c.last_words, c.learnt, c.opened_at, \
     c.closed_at, c.closed_by, c.after_close_at, k.key_id, k.sealed \
     FROM conversation c JOIN contact k ON k.id = c.contact_id \
     WHERE c.line_id = $1 AND c.state = 3 AND k.key_id IS NOT NULL AND (c.restricted = {false} OR $2) \
     AND (c.last_at < $3 OR c.last_at = $3 AND c.id > $4) ORDER BY c.last_at DESC, c.id LIMIT $5"
);
const COUNTS: Sql = crate::sql!(
    "SELECT count(*) FILTER (WHERE assignee = $3), count(*) FILTER (WHERE state = 0), count(*), \
     count(*) FILTER (WHERE urgent = {true}) \
     FROM conversation WHERE line_id = $1 AND state < 3 AND (restricted = {false} OR $2)"
);
const OTHERS: Sql = crate::sql!(
    "SELECT id, topic, opened_at, state FROM conversation WHERE contact_id = $1 AND id <> $2 \
     AND line_id = $3 AND (restricted = {false} OR $4) ORDER BY id DESC LIMIT $5"
);
const CLOSED_BEFORE: Sql = crate::sql!(
    "SELECT max(closed_at) FROM conversation WHERE contact_id = $1 AND opened_at < $2 AND id <> $3"
);
const MESSAGES: Sql = crate::sql!(
    "SELECT id, direction, author, state, body, reason, created_at, edited_at, original FROM message \
     WHERE contact_id = $1 AND id < $2 AND id > $3 AND (conversation_id = $4 \
       OR conversation_id IS NULL AND created_at > $5 AND created_at <= $6) ORDER BY id DESC LIMIT $7"
);
const ENTRIES: Sql = crate::sql!(
    "SELECT id, author, body, event, created_at FROM entry \
     WHERE contact_id = $1 AND id < $2 AND id > $3 AND conversation_id = $4 ORDER BY id DESC LIMIT $5"
);
const MESSAGE: Sql = crate::sql!(
    "SELECT id, direction, author, state, body, reason, created_at, edited_at, original FROM message \
     WHERE id = $1 AND contact_id = $2"
);
const ENTRY: Sql =
    crate::sql!("SELECT id, author, body, event, created_at FROM entry WHERE id = $1 AND contact_id = $2");
const MESSAGE_BY_CLIENT: Sql =
    crate::sql!("SELECT id, conversation_id, author FROM message WHERE client_id = $1");
const ENTRY_BY_CLIENT: Sql =
    crate::sql!("SELECT id, conversation_id, author FROM entry WHERE client_id = $1");
const DRAFT: Sql = crate::sql!("SELECT body FROM draft WHERE conversation_id = $1 AND user_id = $2");

/// A row of a queue with the sealed profile of its person.
pub struct QueueRow {
    pub conversation: Conversation,
    pub key_id: Uuid,
    pub profile: Option<Vec<u8>>,
}

/// A message's row, its content still sealed with the person's key.
pub struct MessageRow {
    pub id: Uuid,
    pub incoming: bool,
    pub author: Option<Uuid>,
    pub state: MessageState,
    pub body: Option<Vec<u8>>,
    pub reason: Option<String>,
    pub at: Ts,
    /// When the person changed it, and what she wrote first, sealed.
    pub edited_at: Option<Ts>,
    pub original: Option<Vec<u8>>,
}

/// Another conversation of the same person.
pub struct OtherRow {
    pub id: Uuid,
    pub topic: Option<String>,
    pub opened_at: Ts,
    /// As [`super::State::code`].
    pub state: i64,
}

/// Which messages without a conversation (the bot's part) belong to a thread: after this and up to that.
#[derive(Debug, Clone, Copy)]
pub struct BotPart {
    pub after: Ts,
    pub until: Ts,
}

/// Where a conversation's thread is read.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub contact_id: Uuid,
    pub conversation_id: Uuid,
    pub bot_part: BotPart,
}

fn queue_row(row: &Row) -> Result<QueueRow> {
    Ok(QueueRow {
        conversation: Conversation::from_row(row, 0)?,
        key_id: row.get(20)?,
        profile: row.get(21)?,
    })
}

fn message_row(row: &Row) -> Result<MessageRow> {
    Ok(MessageRow {
        id: row.get(0)?,
        incoming: row.get::<i64>(1)? == 0,
        author: row.get(2)?,
        state: MessageState::from_code(row.get(3)?)?,
        body: row.get(4)?,
        reason: row.get(5)?,
        at: row.get(6)?,
        edited_at: row.get(7)?,
        original: row.get(8)?,
    })
}

fn entry_row(row: &Row, contact_id: Uuid, conversation_id: Uuid) -> Result<EntryRow> {
    let event: Option<EntryEvent> = match row.get::<Option<String>>(3)? {
        Some(text) => Some(serde_json::from_str(&text).map_err(|_| StoreError::Shape("entry.event".into()))?),
        None => None,
    };
    Ok(EntryRow {
        id: row.get(0)?,
        conversation_id,
        contact_id,
        author: row.get(1)?,
        body: row.get(2)?,
        event,
        client_id: None,
        at: row.get(4)?,
    })
}

/// Who made what with a client's id: (row, conversation, author).
type ByClient = (Uuid, Option<Uuid>, Option<Uuid>);

fn by_client(row: Option<Row>) -> Result<Option<ByClient>> {
    row.map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).transpose()
}

impl Tx<'_> {
    /// A page of a line's open conversations; `view` 0 mine, 1 waiting, 2 all, 3 urgent.
    pub(super) fn open_queue(
        &mut self,
        line_id: Uuid,
        restricted: bool,
        (view, staff): (i64, Uuid),
        after: (i64, i64, i64, Uuid),
        limit: i64,
    ) -> Result<Vec<QueueRow>> {
        let (urgency, wait, last, id) = after;
        let args = args![line_id, restricted, view, staff, urgency, wait, last, id, limit];
        self.rows(OPEN_QUEUE, args)?.iter().map(queue_row).collect()
    }

    /// A page of a line's closed conversations, the latest first.
    pub(super) fn closed_queue(
        &mut self,
        line_id: Uuid,
        restricted: bool,
        after: (i64, Uuid),
        limit: i64,
    ) -> Result<Vec<QueueRow>> {
        let args = args![line_id, restricted, after.0, after.1, limit];
        self.rows(CLOSED_QUEUE, args)?.iter().map(queue_row).collect()
    }

    /// Numbers of open conversations: mine, waiting, all, urgent.
    pub(super) fn inbox_counts(&mut self, line_id: Uuid, restricted: bool, staff: Uuid) -> Result<[i64; 4]> {
        let row = self.one(COUNTS, args![line_id, restricted, staff])?;
        Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
    }

    /// A contact's other conversations, newest first.
    pub(super) fn other_conversations(
        &mut self,
        conversation: &Conversation,
        restricted: bool,
        limit: i64,
    ) -> Result<Vec<OtherRow>> {
        let c = conversation;
        self.rows(OTHERS, args![c.contact_id, c.id, c.line_id, restricted, limit])?
            .iter()
            .map(|row| {
                Ok(OtherRow {
                    id: row.get(0)?,
                    topic: row.get(1)?,
                    opened_at: row.get(2)?,
                    state: row.get(3)?,
                })
            })
            .collect()
    }

    /// When the conversation before this one was closed.
    pub(super) fn closed_before(&mut self, conversation: &Conversation) -> Result<Option<Ts>> {
        let c = conversation;
        self.one(CLOSED_BEFORE, args![c.contact_id, c.opened_at, c.id])?.get(0)
    }

    /// Messages of a thread between two ids, newest first.
    pub(super) fn thread_messages(
        &mut self,
        place: Place,
        (after, before): (Uuid, Uuid),
        limit: i64,
    ) -> Result<Vec<MessageRow>> {
        let BotPart { after: from, until } = place.bot_part;
        let args = args![place.contact_id, before, after, place.conversation_id, from, until, limit];
        self.rows(MESSAGES, args)?.iter().map(message_row).collect()
    }

    /// Notes and events of a thread between two ids, newest first.
    pub(super) fn thread_entries(
        &mut self,
        place: Place,
        (after, before): (Uuid, Uuid),
        limit: i64,
    ) -> Result<Vec<EntryRow>> {
        let args = args![place.contact_id, before, after, place.conversation_id, limit];
        let rows = self.rows(ENTRIES, args)?;
        rows.iter().map(|row| entry_row(row, place.contact_id, place.conversation_id)).collect()
    }

    pub(super) fn message_of(&mut self, id: Uuid, contact_id: Uuid) -> Result<Option<MessageRow>> {
        self.row(MESSAGE, args![id, contact_id])?.map(|row| message_row(&row)).transpose()
    }

    pub(super) fn entry_of(&mut self, id: Uuid, conversation: &Conversation) -> Result<Option<EntryRow>> {
        let contact_id = conversation.contact_id;
        self.row(ENTRY, args![id, contact_id])?
            .map(|row| entry_row(&row, contact_id, conversation.id))
            .transpose()
    }

    pub(super) fn message_by_client(&mut self, client_id: Uuid) -> Result<Option<ByClient>> {
        by_client(self.row(MESSAGE_BY_CLIENT, &[Value::from(client_id)])?)
    }

    pub(super) fn entry_by_client(&mut self, client_id: Uuid) -> Result<Option<ByClient>> {
        by_client(self.row(ENTRY_BY_CLIENT, &[Value::from(client_id)])?)
    }

    pub(super) fn draft(&mut self, conversation_id: Uuid, staff: Uuid) -> Result<Option<Vec<u8>>> {
        self.row(DRAFT, args![conversation_id, staff])?.map(|row| row.get(0)).transpose()
    }
}
