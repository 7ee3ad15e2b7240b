//! Statements over `message` and `message_part`.
use uuid::Uuid;

use super::MessageState;
use crate::args;
use crate::store::{Kind, Many, Result, Sql, Ts, Tx, Value};

static MESSAGES: Many = Many {
    table: "message",
    columns: &[
        ("id", Kind::Uuid),
        ("line_id", Kind::Uuid),
        ("contact_id", Kind::Uuid),
        ("conversation_id", Kind::Uuid),
        ("channel_id", Kind::Uuid),
        ("identity_id", Kind::Uuid),
        ("direction", Kind::Int),
        ("origin", Kind::Int),
        ("author", Kind::Uuid),
        ("state", Kind::Int),
        ("part", Kind::Int),
        ("due_at", Kind::Int),
        ("attempts", Kind::Int),
        ("body", Kind::Bytes),
        ("seal", Kind::Int),
        ("day", Kind::Int),
        ("valid_until", Kind::Int),
        ("keep", Kind::Bool),
        ("client_id", Kind::Uuid),
        ("created_at", Kind::Int),
    ],
    tail: "",
};

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
        let values = vec![
            Value::from(row.id),
            Value::from(row.line_id),
            Value::from(row.contact_id),
            Value::from(row.conversation_id),
            Value::from(row.channel_id),
            Value::from(row.identity_id),
            Value::from(i64::from(!row.incoming)),
            Value::from(i64::from(row.author.is_some())),
            Value::from(row.author),
            Value::from(row.state.code()),
            Value::from(row.part),
            Value::from(row.at),
            Value::from(0_i64),
            Value::from(row.body.clone()),
            Value::from(i64::from(row.day != 0)),
            Value::from(row.day),
            Value::from(row.valid_until),
            Value::from(row.keep),
            Value::from(row.client_id),
            Value::from(row.at),
        ];
        self.insert_later(&MESSAGES, values)
    }
}

const DUE: Sql = crate::sql!(
    "SELECT m.id, m.conversation_id, m.line_id, m.channel_id, m.identity_id, m.body, m.day, \
       m.valid_until, m.attempts, c.key_id, c.sealed, c.standing, i.last_in_at, m.contact_id \
     FROM message m JOIN contact c ON c.id = m.contact_id LEFT JOIN identity i ON i.id = m.identity_id \
     WHERE m.state = 1 AND m.part {in_ints:$1} AND m.due_at <= $2 AND NOT EXISTS \
       (SELECT 1 FROM message e WHERE e.contact_id = m.contact_id AND e.state IN (1, 2) AND e.id < m.id) \
     ORDER BY m.id LIMIT $3"
);
const LEASE: Sql = crate::sql!(
    "UPDATE message SET state = 2, owner = $2, attempts = attempts + 1 WHERE state = 1 AND id {in_uuids:$1}"
);
const SENT: Sql = crate::sql!(
    "UPDATE message SET state = CASE WHEN state IN (2, 3) THEN 4 ELSE state END, owner = NULL, reason = NULL, \
     body = CASE WHEN keep OR $2 THEN body ELSE NULL END WHERE id {in_uuids:$1}"
);
const AGAIN: Sql = crate::sql!(
    "UPDATE message SET state = 1, owner = NULL, due_at = $2, reason = $3 WHERE id = $1 AND state = 2"
);
const ENDED: Sql = crate::sql!(
    "UPDATE message SET state = $2, owner = NULL, reason = $3, \
     body = CASE WHEN keep THEN body ELSE NULL END WHERE id = $1 AND state IN (1, 2)"
);
const UNKNOWN: Sql =
    crate::sql!("UPDATE message SET state = 3, owner = NULL, reason = $2 WHERE id = $1 AND state = 2");
const REPORTED: Sql = crate::sql!(
    "UPDATE message SET state = $2, reason = $3, body = CASE WHEN keep OR state IN (1, 2) THEN body ELSE NULL END \
     WHERE id = $1 AND direction = 1 AND state < $2 AND state < 7 AND NOT ($2 = 7 AND state > 4)"
);
const BY_PART: Sql =
    crate::sql!("SELECT message_id FROM message_part WHERE channel_id = $1 AND external_hash = $2");
const EXISTS: Sql = crate::sql!(
    "SELECT line_id, conversation_id, contact_id FROM message WHERE id = $1 AND channel_id = $2 AND direction = 1"
);
const PARTS_SENT: Sql = crate::sql!("SELECT count(*) FROM message_part WHERE message_id = $1");
pub(super) static PARTS: Many = Many {
    table: "message_part",
    columns: &[("channel_id", Kind::Uuid), ("external_hash", Kind::Bytes), ("message_id", Kind::Uuid)],
    tail: "ON CONFLICT (channel_id, external_hash) DO NOTHING",
};

/// A message that this process has taken to send.
#[derive(Debug, Clone)]
pub struct Leased {
    pub id: Uuid,
    pub conversation_id: Option<Uuid>,
    pub line_id: Uuid,
    pub channel_id: Uuid,
    pub identity_id: Option<Uuid>,
    pub body: Option<Vec<u8>>,
    pub day: i64,
    pub valid_until: Option<Ts>,
    /// How often it was tried before.
    pub attempts: i64,
    pub key_id: Option<Uuid>,
    pub profile: Option<Vec<u8>>,
    pub standing: i64,
    pub last_in_at: Option<Ts>,
    pub contact_id: Uuid,
    /// Parts that the provider has taken in an earlier attempt.
    pub parts_sent: usize,
}

impl Tx<'_> {
    /// Takes the first due message of each person in these parts: what comes later waits for it.
    pub(super) fn lease_messages(
        &mut self,
        parts: Vec<i64>,
        owner: Uuid,
        now: Ts,
        limit: i64,
    ) -> Result<Vec<Leased>> {
        let rows = self.rows(DUE, args![parts, now, limit])?;
        let mut leased = Vec::with_capacity(rows.len());
        for row in rows {
            leased.push(Leased {
                id: row.get(0)?,
                conversation_id: row.get(1)?,
                line_id: row.get(2)?,
                channel_id: row.get(3)?,
                identity_id: row.get(4)?,
                body: row.get(5)?,
                day: row.get(6)?,
                valid_until: row.get(7)?,
                attempts: row.get(8)?,
                key_id: row.get(9)?,
                profile: row.get(10)?,
                standing: row.get(11)?,
                last_in_at: row.get(12)?,
                contact_id: row.get(13)?,
                parts_sent: 0,
            });
        }
        if !leased.is_empty() {
            let ids: Vec<Uuid> = leased.iter().map(|message| message.id).collect();
            let taken = self.run(LEASE, args![ids, owner])?;
            if taken != leased.len() as u64 {
                return Err(crate::store::StoreError::Again("another process sends these".into()));
            }
        }
        for message in leased.iter_mut().filter(|message| message.attempts > 0) {
            let count: i64 = self.one(PARTS_SENT, args![message.id])?.get(0)?;
            message.parts_sent = usize::try_from(count).unwrap_or(0);
        }
        Ok(leased)
    }

    /// The providers have taken these messages whole. Bodies stay where they may be kept, or `keep_body`.
    pub(super) fn messages_sent(&mut self, ids: Vec<Uuid>, keep_body: bool) -> Result<()> {
        if ids.is_empty() { Ok(()) } else { self.later(SENT, args![ids, keep_body]) }
    }

    pub(super) fn message_again(&mut self, id: Uuid, due_at: Ts, reason: &str) -> Result<()> {
        self.later(AGAIN, args![id, due_at, reason])
    }

    /// It will not be sent any more: `Failed` or `Cancelled`.
    pub(super) fn message_ended(&mut self, id: Uuid, state: MessageState, reason: &str) -> Result<()> {
        self.later(ENDED, args![id, state.code(), reason])
    }

    pub(super) fn message_unknown(&mut self, id: Uuid, reason: &str) -> Result<()> {
        self.later(UNKNOWN, args![id, reason])
    }

    /// Moves a message forward by a report; `false` when it is that far already.
    pub(super) fn message_reported(
        &mut self,
        id: Uuid,
        state: MessageState,
        reason: Option<String>,
    ) -> Result<bool> {
        Ok(self.run(REPORTED, args![id, state.code(), reason])? == 1)
    }

    /// The message that a provider's id belongs to.
    pub(super) fn message_by_part(&mut self, channel_id: Uuid, hash: Vec<u8>) -> Result<Option<Uuid>> {
        self.row(BY_PART, args![channel_id, hash])?.map(|row| row.get(0)).transpose()
    }

    /// Line, conversation and contact of an outgoing message of a channel.
    pub(super) fn outgoing(
        &mut self,
        id: Uuid,
        channel_id: Uuid,
    ) -> Result<Option<(Uuid, Option<Uuid>, Uuid)>> {
        self.row(EXISTS, args![id, channel_id])?
            .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .transpose()
    }
}
