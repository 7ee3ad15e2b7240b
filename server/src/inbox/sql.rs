//! Statements over `conversation`, `entry` and `draft` that change something.
use uuid::Uuid;

use super::state::{Columns, State};
use super::{Conversation, EntryEvent};
use crate::args;
use crate::store::{Result, Row, Sql, StoreError, Ts, Tx};

const CONVERSATION: Sql = crate::sql!(
    "SELECT id, line_id, contact_id, channel_id, topic, state, urgent, restricted, triage, assignee, \
     waiting_since, snoozed_until, unread, last_at, last_words, learnt, opened_at, closed_at, closed_by, \
     after_close_at FROM conversation WHERE id = $1"
);
const INSERT: Sql = crate::sql!(
    "INSERT INTO conversation (id, line_id, contact_id, channel_id, topic, state, urgent, restricted, triage, \
     assignee, waiting_since, snoozed_until, unread, last_at, last_words, learnt, opened_at, closed_at, \
     closed_by, after_close_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
);
const UPDATE: Sql = crate::sql!(
    "UPDATE conversation SET channel_id = $2, topic = $3, state = $4, urgent = $5, restricted = $6, \
     triage = $7, assignee = $8, waiting_since = $9, snoozed_until = $10, unread = $11, last_at = $12, \
     last_words = $13, learnt = $14, closed_at = $15, closed_by = $16, after_close_at = $17 WHERE id = $1"
);
const MESSAGE_CHANNEL: Sql = crate::sql!("SELECT channel_id FROM message WHERE id = $1");
const SET_CONTACT_CONVERSATION: Sql = crate::sql!("UPDATE contact SET conversation_id = $2 WHERE id = $1");
const DUE_AFTER_CLOSE: Sql = crate::sql!(
    "SELECT id, contact_id FROM conversation WHERE after_close_at <= $1 ORDER BY after_close_at LIMIT $2"
);
const CLAIM_AFTER_CLOSE: Sql = crate::sql!(
    "UPDATE conversation SET after_close_at = NULL WHERE id = $1 AND after_close_at <= $2 AND state = 3"
);
const DUE_SNOOZED: Sql = crate::sql!(
    "SELECT id, contact_id FROM conversation WHERE state = 2 AND snoozed_until <= $1 \
     ORDER BY snoozed_until LIMIT $2"
);
const SET_SATISFACTION: Sql = crate::sql!("UPDATE conversation SET satisfaction = $2 WHERE id = $1");
const INSERT_ENTRY: Sql = crate::sql!(
    "INSERT INTO entry (id, conversation_id, contact_id, kind, author, body, event, client_id, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
);
const PUT_DRAFT: Sql = crate::sql!(
    "INSERT INTO draft (conversation_id, user_id, contact_id, body, updated_at) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (conversation_id, user_id) DO UPDATE SET body = $4, updated_at = $5"
);
const DELETE_DRAFT: Sql = crate::sql!("DELETE FROM draft WHERE conversation_id = $1 AND user_id = $2");
const FORGET_DRAFTS: Sql = crate::sql!("DELETE FROM draft WHERE contact_id = $1");
const FORGET_ENTRIES: Sql = crate::sql!("DELETE FROM entry WHERE contact_id = $1");
const FORGET_CONVERSATIONS: Sql = crate::sql!("DELETE FROM conversation WHERE contact_id = $1");
const CONVERSATIONS_OF: Sql =
    crate::sql!("SELECT id, restricted FROM conversation WHERE contact_id = $1 ORDER BY id");

/// One row of `entry`: a note (sealed `body`) or an event.
pub struct EntryRow {
    pub id: Uuid,
    pub conversation_id: Uuid,
    pub contact_id: Uuid,
    pub author: Option<Uuid>,
    /// A note's text, sealed.
    pub body: Option<Vec<u8>>,
    pub event: Option<EntryEvent>,
    pub client_id: Option<Uuid>,
    pub at: Ts,
}

impl Conversation {
    /// Reads the columns that [`CONVERSATION`] selects, from `first` on.
    pub(super) fn from_row(row: &Row, first: usize) -> Result<Self> {
        Ok(Self {
            id: row.get(first)?,
            line_id: row.get(first + 1)?,
            contact_id: row.get(first + 2)?,
            channel_id: row.get(first + 3)?,
            topic: row.get(first + 4)?,
            state: State::from_columns(Columns {
                state: row.get(first + 5)?,
                assignee: row.get(first + 9)?,
                waiting_since: row.get(first + 10)?,
                snoozed_until: row.get(first + 11)?,
                closed_at: row.get(first + 17)?,
                closed_by: row.get(first + 18)?,
            })?,
            urgent: row.get(first + 6)?,
            restricted: row.get(first + 7)?,
            triage: row.get(first + 8)?,
            unread: row.get(first + 12)?,
            last_at: row.get(first + 13)?,
            last_words: row.get(first + 14)?,
            learnt: row.get(first + 15)?,
            opened_at: row.get(first + 16)?,
            after_close_at: row.get(first + 19)?,
        })
    }
}

/// A list of (conversation, contact).
fn pairs(rows: &[Row]) -> Result<Vec<(Uuid, Uuid)>> {
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

impl Tx<'_> {
    /// A conversation by id.
    ///
    /// # Errors
    /// When the store refuses, or the row contradicts itself.
    pub fn conversation(&mut self, id: Uuid) -> Result<Option<Conversation>> {
        self.row(CONVERSATION, args![id])?.map(|row| Conversation::from_row(&row, 0)).transpose()
    }

    pub(super) fn insert_conversation(&mut self, c: &Conversation) -> Result<()> {
        let s = c.state.columns();
        self.run(
            INSERT,
            args![
                c.id,
                c.line_id,
                c.contact_id,
                c.channel_id,
                c.topic.clone(),
                s.state,
                c.urgent,
                c.restricted,
                c.triage.clone(),
                s.assignee,
                s.waiting_since,
                s.snoozed_until,
                c.unread,
                c.last_at,
                c.last_words.clone(),
                c.learnt.clone(),
                c.opened_at,
                s.closed_at,
                s.closed_by,
                c.after_close_at
            ],
        )
        .map(drop)
    }

    pub(super) fn update_conversation(&mut self, c: &Conversation) -> Result<()> {
        let s = c.state.columns();
        self.later(
            UPDATE,
            args![
                c.id,
                c.channel_id,
                c.topic.clone(),
                s.state,
                c.urgent,
                c.restricted,
                c.triage.clone(),
                s.assignee,
                s.waiting_since,
                s.snoozed_until,
                c.unread,
                c.last_at,
                c.last_words.clone(),
                c.learnt.clone(),
                s.closed_at,
                s.closed_by,
                c.after_close_at
            ],
        )
    }

    pub(super) fn message_channel(&mut self, message_id: Uuid) -> Result<Option<Uuid>> {
        self.row(MESSAGE_CHANNEL, args![message_id])?.map(|row| row.get(0)).transpose()
    }

    pub(super) fn set_contact_conversation(&mut self, contact_id: Uuid, id: Option<Uuid>) -> Result<()> {
        self.later(SET_CONTACT_CONVERSATION, args![contact_id, id])
    }

    pub(super) fn due_after_close(&mut self, now: Ts, limit: i64) -> Result<Vec<(Uuid, Uuid)>> {
        pairs(&self.rows(DUE_AFTER_CLOSE, args![now, limit])?)
    }

    pub(super) fn claim_after_close(&mut self, id: Uuid, now: Ts) -> Result<bool> {
        Ok(self.run(CLAIM_AFTER_CLOSE, args![id, now])? == 1)
    }

    pub(super) fn due_snoozed(&mut self, now: Ts, limit: i64) -> Result<Vec<(Uuid, Uuid)>> {
        pairs(&self.rows(DUE_SNOOZED, args![now, limit])?)
    }

    pub(super) fn set_satisfaction(&mut self, id: Uuid, category: &str) -> Result<()> {
        self.later(SET_SATISFACTION, args![id, category])
    }

    pub(super) fn insert_entry(&mut self, row: &EntryRow) -> Result<()> {
        let event = match &row.event {
            Some(event) => {
                Some(serde_json::to_string(event).map_err(|_| StoreError::Shape("entry.event".into()))?)
            }
            None => None,
        };
        let kind = if row.event.is_some() { "event" } else { "note" };
        self.later(
            INSERT_ENTRY,
            args![
                row.id,
                row.conversation_id,
                row.contact_id,
                kind,
                row.author,
                row.body.clone(),
                event,
                row.client_id,
                row.at
            ],
        )
    }

    pub(super) fn put_draft(
        &mut self,
        conversation: &Conversation,
        staff: Uuid,
        body: Option<Vec<u8>>,
        now: Ts,
    ) -> Result<()> {
        match body {
            Some(body) => {
                self.later(PUT_DRAFT, args![conversation.id, staff, conversation.contact_id, body, now])
            }
            None => self.later(DELETE_DRAFT, args![conversation.id, staff]),
        }
    }

    /// Removes everything of a contact that this slice owns; answers her conversations (id, restricted).
    pub(super) fn forget_conversations(&mut self, contact_id: Uuid) -> Result<Vec<(Uuid, bool)>> {
        let rows = self.rows(CONVERSATIONS_OF, args![contact_id])?;
        self.later(FORGET_DRAFTS, args![contact_id])?;
        self.later(FORGET_ENTRIES, args![contact_id])?;
        self.later(FORGET_CONVERSATIONS, args![contact_id])?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}
