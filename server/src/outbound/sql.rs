//! Statements over `message` and `message_part`.
use uuid::Uuid;

use super::MessageState;
use crate::args;
use crate::store::{Result, Sql, Ts, Tx};

const INSERT_MESSAGE: Sql = crate::sql!(
    "INSERT INTO message (id, line_id, contact_id, conversation_id, channel_id, identity_id, direction, origin, \
     author, state, part, due_at, attempts, body, seal, day, valid_until, keep, client_id, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, $15, $16, $17, $18, $12)"
);

/// One row of `message`, in either direction.
pub struct MessageRow {
    pub id: Uuid,
    pub line_id: Uuid,
    pub contact_id: Uuid,
    pub conversation_id: Option<Uuid>,
    pub channel_id: Uuid,
    pub identity_id: Option<Uuid>,
    pub incoming: bool,
    /// The member of staff who wrote it; `None` for the bot and for persons.
    pub author: Option<Uuid>,
    pub state: MessageState,
    pub part: i64,
    /// Sealed content; `None` when nothing may be kept of it.
    pub body: Option<Vec<u8>>,
    /// 0: sealed with the person's key; else with the key of this day.
    pub day: i64,
    pub valid_until: Option<Ts>,
    /// Whether the body stays after delivery.
    pub keep: bool,
    pub client_id: Option<Uuid>,
    pub at: Ts,
}

impl Tx<'_> {
    /// Writes a message.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn insert_message(&mut self, row: &MessageRow) -> Result<()> {
        self.later(
            INSERT_MESSAGE,
            args![
                row.id,
                row.line_id,
                row.contact_id,
                row.conversation_id,
                row.channel_id,
                row.identity_id,
                i64::from(!row.incoming),
                i64::from(row.author.is_some()),
                row.author,
                row.state.code(),
                row.part,
                row.at,
                row.body.clone(),
                i64::from(row.day != 0),
                row.day,
                row.valid_until,
                row.keep,
                row.client_id
            ],
        )
    }
}
