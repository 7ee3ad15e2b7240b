//! Statements over `message` and `message_part`.
use uuid::Uuid;

use super::{Lane, MessageState};
use crate::args;
use crate::store::{Kind, Many, Result, Row, Sql, Ts, Tx, Value};

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
        ("lane", Kind::Int),
        ("bulk_id", Kind::Uuid),
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
    /// The bulk sending that it is part of; it leaves in the lane of those then.
    pub bulk_id: Option<Uuid>,
    /// When it is due, where that is not at once.
    pub due_at: Option<Ts>,
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
            Value::from(row.due_at.unwrap_or(row.at)),
            Value::from(0_i64),
            Value::from(row.body.clone()),
            Value::from(i64::from(row.day != 0)),
            Value::from(row.day),
            Value::from(row.valid_until),
            Value::from(row.keep),
            Value::from(row.client_id),
            Value::from(row.at),
            Value::Int(i64::from(row.bulk_id.is_some())),
            Value::from(row.bulk_id),
        ];
        self.insert_later(&MESSAGES, values)
    }
}

const DUE: Sql = crate::sql!(
    "SELECT m.id, m.conversation_id, m.line_id, m.channel_id, m.identity_id, m.body, m.day, \
       m.valid_until, m.attempts, c.key_id, c.sealed, c.standing, i.last_in_at, m.contact_id, \
       m.lane, m.bulk_id, c.consent, m.created_at, i.reply_token, i.reply_at, m.requests \
     FROM message m JOIN contact c ON c.id = m.contact_id LEFT JOIN identity i ON i.id = m.identity_id \
     WHERE m.state = 1 AND m.lane = $4 AND m.part {in_ints:$1} AND m.due_at <= $2 \
       AND m.channel_id {in_uuids:$5} \
       AND NOT EXISTS (SELECT 1 FROM bulk b WHERE b.id = m.bulk_id AND b.state <> 0) \
       AND NOT EXISTS (SELECT 1 FROM message e WHERE e.contact_id = m.contact_id AND e.state IN (1, 2) \
         AND e.id < m.id AND (e.state = 2 OR e.lane <= m.lane) AND e.channel_id {in_uuids:$6}) \
     ORDER BY m.id LIMIT $3"
);
const LEASE: Sql = crate::sql!(
    "UPDATE message SET state = 2, owner = $2, attempts = attempts + 1, tried_at = $3, look_at = NULL \
     WHERE state = 1 AND id {in_uuids:$1}"
);
const SENT: Sql = crate::sql!(
    "UPDATE message SET state = CASE WHEN state IN (2, 3) THEN 4 ELSE state END, owner = NULL, reason = NULL, \
     look_at = NULL, body = CASE WHEN keep OR $2 THEN body ELSE NULL END WHERE id {in_uuids:$1}"
);
/// Sent, and looked after until it is delivered: its body stays, another channel may need it.
const WATCHED: Sql = crate::sql!(
    "UPDATE message SET state = 4, owner = NULL, reason = NULL, look_at = $2 WHERE id = $1 AND state IN (2, 3)"
);
const AGAIN: Sql = crate::sql!(
    "UPDATE message SET state = 1, owner = NULL, due_at = $2, reason = $3, attempts = attempts - $4 \
     WHERE id = $1 AND state = 2"
);
const ENDED: Sql = crate::sql!(
    "UPDATE message SET state = $2, owner = NULL, reason = $3, look_at = NULL, \
     body = CASE WHEN keep THEN body ELSE NULL END WHERE id = $1 AND state IN (1, 2)"
);
/// It waits for another channel: not due by itself.
const ELSEWHERE: Sql = crate::sql!(
    "UPDATE message SET state = 1, owner = NULL, due_at = 9000000000000000000, reason = $2, look_at = $3 \
     WHERE id = $1 AND state = 2"
);
const UNKNOWN: Sql = crate::sql!(
    "UPDATE message SET state = 3, owner = NULL, reason = $2, look_at = $3 WHERE id = $1 AND state = 2"
);
const REPORTED: Sql = crate::sql!(
    "UPDATE message SET state = $2, reason = $3, look_at = CASE WHEN $2 = 4 THEN look_at ELSE NULL END, \
     body = CASE WHEN keep OR state = 2 OR ($2 = 4 AND look_at IS NOT NULL) THEN body ELSE NULL END \
     WHERE id = $1 AND direction = 1 AND state < $2 AND state < 7 AND NOT ($2 = 7 AND state > 4)"
);
/// The provider took it first and reports now that she cannot be reached: another channel may.
const REPORTED_ELSEWHERE: Sql = crate::sql!(
    "UPDATE message SET state = 1, due_at = 9000000000000000000, reason = $2, look_at = $3 \
     WHERE id = $1 AND direction = 1 AND state IN (3, 4) AND body IS NOT NULL"
);
const REQUESTS: Sql = crate::sql!("UPDATE message SET requests = $2 WHERE id = $1");
/// A part of it turned out to have been taken: the rest is sent.
const GO_ON: Sql = crate::sql!(
    "UPDATE message SET state = 1, due_at = $2, look_at = NULL WHERE id = $1 AND state IN (1, 3) AND body IS NOT NULL"
);
const CANCEL_QUEUED: Sql = crate::sql!(
    "UPDATE message SET state = 8, reason = $2, look_at = NULL, body = CASE WHEN keep THEN body ELSE NULL END \
     WHERE contact_id = $1 AND direction = 1 AND state = 1"
);
/// What is on its way, or may be, cannot be called back: no further try of it leaves.
const LAST_TRY: Sql = crate::sql!(
    "UPDATE message SET valid_until = $2 WHERE contact_id = $1 AND direction = 1 AND state IN (2, 3)"
);
const STILL_SENDING: Sql = crate::sql!(
    "SELECT c.standing, m.valid_until FROM message m JOIN contact c ON c.id = m.contact_id WHERE m.id = $1"
);
const BY_PART: Sql =
    crate::sql!("SELECT message_id FROM message_part WHERE channel_id = $1 AND external_hash = $2");
const INCOMING: Sql = crate::sql!(
    "SELECT conversation_id, body FROM message WHERE id = $1 AND contact_id = $2 AND direction = 0"
);
const EDITED: Sql = crate::sql!(
    "UPDATE message SET original = CASE WHEN $3 THEN NULL ELSE COALESCE(original, body) END, body = $2, \
     edited_at = $4 WHERE id = $1 AND direction = 0"
);
const OUTGOING: Sql = crate::sql!(
    "SELECT line_id, conversation_id, contact_id, channel_id, state, requests FROM message m WHERE id = $1 AND direction = 1 \
     AND (channel_id = $2 OR EXISTS (SELECT 1 FROM message_route r WHERE r.message_id = m.id AND r.channel_id = $2))"
);
/// Of one person on one channel: what is on its way or unknown.
const OPEN_OF_RECEIVER: Sql = crate::sql!(
    "SELECT m.id, m.state FROM identity i JOIN message m ON m.contact_id = i.contact_id AND m.identity_id = i.id \
     WHERE i.line_id = $1 AND i.hash = $2 AND m.channel_id = $3 AND m.state IN (2, 3) ORDER BY m.id LIMIT 100"
);
/// The reports of two parts may be handled at the same moment: whoever is second must see what the first has noted.
const ONE_AT_A_TIME: Sql = crate::sql!("SELECT id FROM message WHERE id = $1 {for_update}");
const PART_DELIVERED: Sql =
    crate::sql!("UPDATE message_part SET delivered = 1 WHERE channel_id = $1 AND external_hash = $2");
/// Parts on a channel that have not arrived, and how many more there must be than are known of.
const STILL_OUT: Sql = crate::sql!(
    "SELECT (SELECT count(*) FROM message_part p WHERE p.message_id = m.id AND p.channel_id = $2 AND p.delivered = 0), \
       (SELECT count(*) FROM message_part p WHERE p.message_id = m.id AND p.channel_id = $2), \
       CASE WHEN m.channel_id = $2 THEN m.requests ELSE \
         (SELECT r.requests FROM message_route r WHERE r.message_id = m.id AND r.channel_id = $2) END \
     FROM message m WHERE m.id = $1"
);
const PARTS_SENT: Sql =
    crate::sql!("SELECT count(*) FROM message_part WHERE message_id = $1 AND channel_id = $2");
pub(super) static PARTS: Many = Many {
    table: "message_part",
    columns: &[("channel_id", Kind::Uuid), ("external_hash", Kind::Bytes), ("message_id", Kind::Uuid)],
    tail: "ON CONFLICT (channel_id, external_hash) DO NOTHING",
};

const WATCHED_NOW: Sql = crate::sql!(
    "SELECT id, line_id, contact_id, conversation_id, channel_id, state, reason, tried_at, requests FROM message \
     WHERE look_at <= $2 AND part {in_ints:$1} ORDER BY look_at, id LIMIT $3"
);
const LOOK_AGAIN: Sql = crate::sql!("UPDATE message SET look_at = $2 WHERE id = $1");
const UNKNOWN_MESSAGE: Sql = crate::sql!(
    "SELECT m.id, m.conversation_id, m.line_id, m.channel_id, m.identity_id, m.body, m.day, \
       m.valid_until, m.attempts, c.key_id, c.sealed, c.standing, i.last_in_at, m.contact_id, \
       m.lane, m.bulk_id, c.consent, m.created_at, i.reply_token, i.reply_at, m.requests \
     FROM message m JOIN contact c ON c.id = m.contact_id LEFT JOIN identity i ON i.id = m.identity_id \
     WHERE m.id = $1 AND m.state = 3"
);
const REROUTED: Sql = crate::sql!(
    "UPDATE message SET channel_id = $2, identity_id = $3, state = 1, due_at = $4, look_at = NULL, attempts = 0, \
     requests = NULL WHERE id = $1 AND state IN (1, 4) AND body IS NOT NULL"
);
const INSERT_ROUTE: Sql = crate::sql!(
    "INSERT INTO message_route (message_id, channel_id, at, reason, requests) \
     SELECT id, $2, $3, $4, requests FROM message WHERE id = $1 ON CONFLICT (message_id, channel_id) DO NOTHING"
);
const ROUTES: Sql =
    crate::sql!("SELECT channel_id FROM message_route WHERE message_id = $1 ORDER BY at, channel_id");

/// A message that something must be done about.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub id: Uuid,
    pub line_id: Uuid,
    pub contact_id: Uuid,
    pub conversation_id: Option<Uuid>,
    pub channel_id: Uuid,
    pub state: MessageState,
    /// Why it is not on its way, or has not arrived.
    pub reason: String,
    pub tried_at: Option<Ts>,
    /// How many requests it needs.
    pub requests: i64,
}

impl Tx<'_> {
    /// Messages of these parts that are due to be looked at.
    pub(super) fn watched_messages(&mut self, parts: &[i64], now: Ts, limit: i64) -> Result<Vec<Watched>> {
        let rows = self.rows(WATCHED_NOW, args![parts.to_vec(), now, limit])?;
        let read = rows.iter().map(|row| {
            Ok(Watched {
                id: row.get(0)?,
                line_id: row.get(1)?,
                contact_id: row.get(2)?,
                conversation_id: row.get(3)?,
                channel_id: row.get(4)?,
                state: MessageState::from_code(row.get(5)?)?,
                reason: row.get::<Option<String>>(6)?.unwrap_or_else(|| "not_delivered".to_owned()),
                tried_at: row.get(7)?,
                requests: row.get::<Option<i64>>(8)?.unwrap_or(1),
            })
        });
        read.collect()
    }

    /// When a message is looked at next; `None`: never.
    pub(super) fn look_again(&mut self, id: Uuid, at: Option<Ts>) -> Result<()> {
        self.later(LOOK_AGAIN, args![id, at])
    }

    /// A message of which nobody knows whether it was sent, with the parts that are known.
    pub(super) fn unknown_message(&mut self, id: Uuid) -> Result<Option<Leased>> {
        let Some(row) = self.row(UNKNOWN_MESSAGE, args![id])? else { return Ok(None) };
        let mut message = Leased::from_row(&row)?;
        let count: i64 = self.one(PARTS_SENT, args![id, message.channel_id])?.get(0)?;
        message.parts_sent = usize::try_from(count).unwrap_or(0);
        Ok(Some(message))
    }

    /// Puts a message on another channel. When it was delivered meanwhile it stays as it is.
    pub(super) fn message_rerouted(
        &mut self,
        id: Uuid,
        from: Uuid,
        to: Uuid,
        identity: Uuid,
        reason: &str,
        now: Ts,
    ) -> Result<()> {
        self.run(INSERT_ROUTE, args![id, from, now, reason])?;
        self.run(REROUTED, args![id, to, identity, now]).map(drop)
    }

    /// The channels that a message was tried on before, in order.
    pub(super) fn routes_tried(&mut self, id: Uuid) -> Result<Vec<Uuid>> {
        self.rows(ROUTES, args![id])?.iter().map(|row| row.get(0)).collect()
    }
}

/// What a lease may take.
#[derive(Debug, Clone, Default)]
pub(super) struct Room {
    /// Messages over all, and how many of them may be bulk.
    pub limit: usize,
    pub bulk: usize,
    /// Channels that may send: what waits on another holds nobody up.
    pub on: Vec<Uuid>,
    /// Channels that can take as much as there is room for, and those that can take only so much.
    pub wide: Vec<Uuid>,
    pub narrow: Vec<(Uuid, usize)>,
    /// Channels that this process alone is connected to: it sends on them for people of all parts.
    pub everybody: Vec<(Uuid, usize)>,
}

impl Room {
    pub fn is_shut(&self) -> bool {
        self.wide.is_empty() && self.narrow.is_empty() && self.everybody.is_empty()
    }
}

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
    pub lane: Lane,
    pub bulk_id: Option<Uuid>,
    pub consent: i64,
    pub queued_at: Ts,
    /// What the provider wants back with an answer, sealed, and since when it is known.
    pub reply_token: Option<Vec<u8>>,
    pub reply_at: Option<Ts>,
    /// How many requests it needs on its channel, where an earlier attempt found that to be more than one.
    pub requests: Option<i64>,
    /// Parts that the provider has taken in an earlier attempt.
    pub parts_sent: usize,
}

impl Leased {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
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
            lane: if row.get::<i64>(14)? == 0 { Lane::Conversation } else { Lane::Bulk },
            bulk_id: row.get(15)?,
            consent: row.get(16)?,
            queued_at: row.get(17)?,
            reply_token: row.get(18)?,
            reply_at: row.get(19)?,
            requests: row.get(20)?,
            parts_sent: 0,
        })
    }
}

impl Tx<'_> {
    /// Takes the first due message of each person in these parts: what comes later waits for it. Conversations go
    /// first, bulk gets the room that is left.
    pub(super) fn lease_messages(
        &mut self,
        parts: &[i64],
        owner: Uuid,
        now: Ts,
        room: &Room,
    ) -> Result<Vec<Leased>> {
        let mut leased: Vec<Leased> = Vec::new();
        let all_parts: Vec<i64> = (0..crate::contacts::PARTS).collect();
        for (lane, most) in [(Lane::Conversation, room.limit), (Lane::Bulk, room.bulk)] {
            let wide = std::iter::once((parts, room.wide.clone(), None));
            let narrow = room.narrow.iter().map(|(id, free)| (parts, vec![*id], Some(*free)));
            let everybody = room.everybody.iter().map(|(id, free)| (&*all_parts, vec![*id], Some(*free)));
            for (parts, channels, free) in wide.chain(narrow).chain(everybody) {
                let taken = leased.iter().filter(|message| channels.contains(&message.channel_id)).count();
                let left = free.map_or(most, |free| free.saturating_sub(taken)).min(most);
                let left = left.min(room.limit - leased.len());
                if channels.is_empty() || left == 0 {
                    continue;
                }
                let limit = i64::try_from(left).unwrap_or(1);
                let args = args![parts.to_vec(), now, limit, lane as i64, channels, room.on.clone()];
                for row in self.rows(DUE, args)? {
                    leased.push(Leased::from_row(&row)?);
                }
            }
        }
        if !leased.is_empty() {
            let ids: Vec<Uuid> = leased.iter().map(|message| message.id).collect();
            let taken = self.run(LEASE, args![ids, owner, now])?;
            if taken != leased.len() as u64 {
                return Err(crate::store::StoreError::Again("another process sends these".into()));
            }
        }
        for message in leased.iter_mut().filter(|message| message.attempts > 0) {
            let count: i64 = self.one(PARTS_SENT, args![message.id, message.channel_id])?.get(0)?;
            message.parts_sent = usize::try_from(count).unwrap_or(0);
        }
        Ok(leased)
    }

    /// The providers have taken these messages whole. Bodies stay where they may be kept, or `keep_body`.
    pub(super) fn messages_sent(&mut self, ids: Vec<Uuid>, keep_body: bool) -> Result<()> {
        if ids.is_empty() { Ok(()) } else { self.later(SENT, args![ids, keep_body]) }
    }

    /// Sent, and looked at again at that time unless it is delivered before.
    pub(super) fn message_watched(&mut self, id: Uuid, look_at: Ts) -> Result<()> {
        self.later(WATCHED, args![id, look_at])
    }

    /// It is tried again; an attempt that the message is not to blame for does not count.
    pub(super) fn message_again(&mut self, id: Uuid, due_at: Ts, reason: &str, counted: bool) -> Result<()> {
        self.later(AGAIN, args![id, due_at, reason, i64::from(!counted)])
    }

    /// This channel cannot deliver it: it waits until another one was looked for.
    pub(super) fn message_elsewhere(&mut self, id: Uuid, reason: &str, now: Ts) -> Result<()> {
        self.later(ELSEWHERE, args![id, reason, now])
    }

    /// How its person stands now, and until when the message may leave; `None` when she was erased.
    pub(super) fn still_sending(&mut self, id: Uuid) -> Result<Option<(i64, Option<Ts>)>> {
        self.row(STILL_SENDING, args![id])?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
    }

    /// How many requests a message needs that was not sent whole.
    pub(super) fn message_requests(&mut self, id: Uuid, requests: i64) -> Result<()> {
        self.later(REQUESTS, args![id, requests])
    }

    /// Notes a part of which nobody knew that the provider had taken it; how many are known now.
    pub(super) fn part_turned_up(&mut self, id: Uuid, channel_id: Uuid, hash: Vec<u8>) -> Result<i64> {
        let row = vec![Value::from(channel_id), Value::from(hash), Value::from(id)];
        self.insert_many(&PARTS, vec![row])?;
        self.one(PARTS_SENT, args![id, channel_id])?.get(0)
    }

    /// Notes that a part has arrived; whether the whole message has by that.
    pub(super) fn part_delivered(&mut self, id: Uuid, channel_id: Uuid, hash: Vec<u8>) -> Result<bool> {
        self.row(ONE_AT_A_TIME, args![id])?;
        self.run(PART_DELIVERED, args![channel_id, hash])?;
        let row = self.one(STILL_OUT, args![id, channel_id])?;
        let (out, known, needed): (i64, i64, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(out == 0 && known >= needed.unwrap_or(1))
    }

    /// Sends the rest of a message of which a part has turned up.
    pub(super) fn message_goes_on(&mut self, id: Uuid, now: Ts) -> Result<bool> {
        Ok(self.run(GO_ON, args![id, now])? == 1)
    }

    /// As [`message_elsewhere`](Self::message_elsewhere), for one that the provider had taken; `false` when it was
    /// delivered, has ended, or nothing is left of it to send.
    pub(super) fn message_reported_elsewhere(&mut self, id: Uuid, reason: &str, now: Ts) -> Result<bool> {
        Ok(self.run(REPORTED_ELSEWHERE, args![id, reason, now])? == 1)
    }

    /// Everything that waits to be sent to a person is called off; what is being sent has had its last try.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn cancel_queued(&mut self, contact_id: Uuid, reason: &str, now: Ts) -> Result<()> {
        self.later(CANCEL_QUEUED, args![contact_id, reason])?;
        self.later(LAST_TRY, args![contact_id, now])
    }

    /// It will not be sent any more: `Failed` or `Cancelled`.
    pub(super) fn message_ended(&mut self, id: Uuid, state: MessageState, reason: &str) -> Result<()> {
        self.later(ENDED, args![id, state.code(), reason])
    }

    pub(super) fn message_unknown(&mut self, id: Uuid, reason: &str, look_at: Ts) -> Result<()> {
        self.later(UNKNOWN, args![id, reason, look_at])
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

    /// Notes the provider's id of a message, in either direction.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn insert_part(&mut self, id: Uuid, channel_id: Uuid, hash: Vec<u8>) -> Result<()> {
        self.insert_later(&PARTS, vec![Value::from(channel_id), Value::from(hash), Value::from(id)])
    }

    /// A message of a person's: its conversation, and its sealed content where that was kept.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn incoming_message(&mut self, id: Uuid, contact_id: Uuid) -> Result<Option<IncomingRow>> {
        let row = self.row(INCOMING, args![id, contact_id])?;
        row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
    }

    /// A person changed a message: what she wrote first is kept beside it, unless it is `taken_back`.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn message_edited(&mut self, id: Uuid, body: Vec<u8>, taken_back: bool, at: Ts) -> Result<()> {
        self.run(EDITED, args![id, body, taken_back, at]).map(drop)
    }

    /// The message that a provider's id belongs to.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn message_by_part(&mut self, channel_id: Uuid, hash: Vec<u8>) -> Result<Option<Uuid>> {
        self.row(BY_PART, args![channel_id, hash])?.map(|row| row.get(0)).transpose()
    }

    /// The messages to an address that are being sent on a channel, or of which nobody knows whether they were.
    pub(super) fn open_messages_of(
        &mut self,
        line_id: Uuid,
        identity_hash: &[u8],
        channel_id: Uuid,
    ) -> Result<Vec<(Uuid, MessageState)>> {
        let rows = self.rows(OPEN_OF_RECEIVER, args![line_id, identity_hash, channel_id])?;
        rows.iter().map(|row| Ok((row.get(0)?, MessageState::from_code(row.get(1)?)?))).collect()
    }

    /// An outgoing message that was tried on a channel, or is.
    pub(super) fn outgoing(&mut self, id: Uuid, channel_id: Uuid) -> Result<Option<OutgoingRow>> {
        let row = self.row(OUTGOING, args![id, channel_id])?;
        row.map(|row| {
            Ok(OutgoingRow {
                line_id: row.get(0)?,
                conversation_id: row.get(1)?,
                contact_id: row.get(2)?,
                channel_id: row.get(3)?,
                state: MessageState::from_code(row.get(4)?)?,
                requests: row.get::<Option<i64>>(5)?.unwrap_or(1),
            })
        })
        .transpose()
    }
}

/// The conversation and the sealed content of a message that came in.
pub type IncomingRow = (Option<Uuid>, Option<Vec<u8>>);

/// What a report needs to know of its message.
pub(super) struct OutgoingRow {
    pub line_id: Uuid,
    pub conversation_id: Option<Uuid>,
    pub contact_id: Uuid,
    /// The channel that it is on now.
    pub channel_id: Uuid,
    pub state: MessageState,
    /// How many requests it needs.
    pub requests: i64,
}
