//! Statements over `phone_call`, and over the messages that calls collect.
use uuid::Uuid;

use super::{CallState, Direction, HELD, TakenBy};
use crate::args;
use crate::store::{Result, Row, Sql, Ts, Tx};

const INSERT: Sql = crate::sql!(
    "INSERT INTO phone_call (id, line_id, channel_id, external_hash, contact_id, identity_id, direction, state, heard, \
     step, misses, answered_by, passed, message_id, day, began_at, silent_until) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, $11, $12, $13, $14, $15)"
);
const BY_HASH: Sql = crate::sql!(
    "SELECT id, line_id, channel_id, contact_id, identity_id, direction, state, heard, step, misses, answered_by, \
     passed, message_id, talk, day, waits, began_at FROM phone_call WHERE channel_id = $1 AND external_hash = $2"
);
const BY_ID: Sql = crate::sql!(
    "SELECT id, line_id, channel_id, contact_id, identity_id, direction, state, heard, step, misses, answered_by, \
     passed, message_id, talk, day, waits, began_at FROM phone_call WHERE id = $1 {for_update}"
);
const CONTACT: Sql = crate::sql!("SELECT contact_id FROM phone_call WHERE id = $1");
const WITHOUT_ID: Sql = crate::sql!(
    "SELECT id, line_id, channel_id, contact_id, identity_id, direction, state, heard, step, misses, answered_by, \
     passed, message_id, talk, day, waits, began_at FROM phone_call \
     WHERE message_id = $2 AND channel_id = $1 AND external_hash IS NULL AND state < 3 ORDER BY id DESC LIMIT 1"
);
const LIVE: Sql = crate::sql!(
    "SELECT id, line_id, channel_id, contact_id, identity_id, direction, state, heard, step, misses, answered_by, \
     passed, message_id, talk, day, waits, began_at FROM phone_call \
     WHERE contact_id = $1 AND channel_id = $2 AND state < 3 ORDER BY id LIMIT 1"
);
const SILENT: Sql =
    crate::sql!("SELECT id FROM phone_call WHERE state < 3 AND silent_until <= $1 ORDER BY id LIMIT $2");
const NAME: Sql = crate::sql!(
    "UPDATE phone_call SET external_hash = $2, sid = $3, sid_day = $4, \
     state = CASE WHEN state < 1 THEN 1 ELSE state END WHERE id = $1"
);
const REMOVE: Sql = crate::sql!("DELETE FROM phone_call WHERE id = $1");
const WAITS: Sql = crate::sql!("UPDATE phone_call SET waits = $2 WHERE id = $1");
const HEARD: Sql = crate::sql!(
    "UPDATE phone_call SET state = 2, heard = $2, misses = $3, answered_by = $4, passed = $5, waits = NULL, \
     silent_until = $6 WHERE id = $1"
);
const SAID: Sql =
    crate::sql!("UPDATE phone_call SET step = $2, talk = $3, day = $4, silent_until = $5 WHERE id = $1");
const OVER: Sql = crate::sql!(
    "UPDATE phone_call SET state = 3, outcome = $2, ended_at = $3, talk = NULL, waits = NULL, sid = NULL WHERE id = $1"
);
/// A call of ours about a message that nobody has taken yet, and of which the provider can be told something.
const RINGING_ABOUT: Sql = crate::sql!(
    "SELECT id, line_id FROM phone_call WHERE message_id = $1 AND direction = 1 AND state < 2 AND sid IS NOT NULL \
     ORDER BY id DESC LIMIT 1"
);
const RINGING: Sql = crate::sql!(
    "SELECT channel_id, sid, sid_day FROM phone_call WHERE id = $1 AND state < 2 AND sid IS NOT NULL"
);
/// Whether a message still is to be brought to her.
const IS_WANTED: Sql = crate::sql!("SELECT count(*) FROM message WHERE id = $1 AND state IN (1, 2, 3)");
/// The file that has just come with a message of hers.
const NEWEST_FILE: Sql = crate::sql!(
    "SELECT id FROM media WHERE contact_id = $1 AND channel_id = $2 AND created_at = $3 ORDER BY id DESC LIMIT 1"
);
const FILE_STATE: Sql = crate::sql!("SELECT state FROM media WHERE id = $1");
/// Recordings of a line that are still at their provider, besides the one that this job is about.
const OTHERS_TO_FORGET: Sql =
    crate::sql!("SELECT count(*) FROM job WHERE kind = 'forget_recording' AND line_id = $1 AND id <> $2");
const REMOVE_OLD: Sql = crate::sql!("DELETE FROM phone_call WHERE ended_at < $1");
const ERASE_OVER: Sql = crate::sql!("DELETE FROM phone_call WHERE contact_id = $1 AND state = 3");
const ERASE_LIVE: Sql =
    crate::sql!("UPDATE phone_call SET talk = NULL, waits = NULL WHERE contact_id = $1 AND state < 3");

const COLLECT: Sql = crate::sql!(
    "SELECT id, conversation_id, body, day, valid_until FROM message WHERE contact_id = $1 AND channel_id = $2 \
     AND direction = 1 AND body IS NOT NULL AND look_at IS NULL AND (state = 1 OR (id = $3 AND state = 2)) ORDER BY id LIMIT $4"
);
const WERE_SAID: Sql = crate::sql!(
    "UPDATE message SET state = 4, owner = NULL, reason = NULL, look_at = NULL, \
     body = CASE WHEN keep THEN body ELSE NULL END WHERE id {in_uuids:$1} AND state IN (1, 2, 3)"
);
const WERE_HEARD: Sql = crate::sql!(
    "UPDATE message SET state = 5 WHERE id {in_uuids:$1} AND state = 4 RETURNING id, conversation_id"
);
const NOT_SAID: Sql = crate::sql!(
    "UPDATE message SET state = 8, reason = $2, owner = NULL, look_at = NULL, \
     body = CASE WHEN keep THEN body ELSE NULL END WHERE id = $1 AND state IN (1, 2, 3)"
);
/// A call of ours is on its way: it will collect the message.
const CALLING: Sql = crate::sql!(
    "UPDATE message SET state = 1, owner = NULL, due_at = $2, reason = 'calling', look_at = NULL \
     WHERE id = $1 AND state IN (2, 3)"
);
const CALL_AGAIN: Sql = crate::sql!(
    "UPDATE message SET state = 1, owner = NULL, due_at = $2, reason = $3, look_at = NULL \
     WHERE id = $1 AND state IN (1, 2) RETURNING attempts"
);
const NO_CALL: Sql = crate::sql!(
    "UPDATE message SET state = 1, owner = NULL, due_at = $2, reason = $3, look_at = $4 WHERE id = $1 AND state = 1"
);
/// What the bot wanted to say is moot when she has hung up; what staff or a sending to many has to say is not.
const MOOT: Sql = crate::sql!(
    "UPDATE message SET state = 8, reason = 'hung_up', look_at = NULL, \
     body = CASE WHEN keep THEN body ELSE NULL END \
     WHERE contact_id = $1 AND channel_id = $2 AND direction = 1 AND state = 1 AND due_at = $3 AND origin = 0 \
     AND bulk_id IS NULL AND id <> $4"
);
const RELEASE: Sql = crate::sql!(
    "UPDATE message SET due_at = $4 WHERE contact_id = $1 AND channel_id = $2 AND direction = 1 AND state = 1 \
     AND due_at = $3 AND look_at IS NULL"
);

/// The most messages that one answer to a call takes up.
const MAX_COLLECTED: i64 = 20;

/// A call.
#[derive(Debug, Clone)]
pub struct CallRow {
    pub id: Uuid,
    pub line_id: Uuid,
    pub channel_id: Uuid,
    pub contact_id: Uuid,
    pub identity_id: Uuid,
    pub direction: Direction,
    pub state: CallState,
    /// The last step of hers that was handled; -1 before the first.
    pub heard: i64,
    /// How many answers we gave.
    pub step: i64,
    pub misses: i64,
    pub answered_by: TakenBy,
    /// Whether it is safe to speak of anything.
    pub passed: bool,
    /// The message that a call of ours is about.
    pub message_id: Option<Uuid>,
    pub(super) talk: Option<Vec<u8>>,
    pub(super) day: i64,
    pub(super) waits: Option<Vec<u8>>,
    pub began_at: Ts,
}

impl CallRow {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            line_id: row.get(1)?,
            channel_id: row.get(2)?,
            contact_id: row.get(3)?,
            identity_id: row.get(4)?,
            direction: if row.get::<i64>(5)? == 0 { Direction::In } else { Direction::Out },
            state: CallState::from_code(row.get(6)?)?,
            heard: row.get(7)?,
            step: row.get(8)?,
            misses: row.get(9)?,
            answered_by: TakenBy::from_code(row.get(10)?)?,
            passed: row.get(11)?,
            message_id: row.get(12)?,
            talk: row.get(13)?,
            day: row.get(14)?,
            waits: row.get(15)?,
            began_at: row.get(16)?,
        })
    }
}

/// A message that waits to be said.
pub(super) struct Waiting {
    pub id: Uuid,
    pub conversation_id: Option<Uuid>,
    pub body: Vec<u8>,
    pub day: i64,
    pub valid_until: Option<Ts>,
}

impl Tx<'_> {
    pub(super) fn insert_call(
        &mut self,
        call: &CallRow,
        external_hash: Option<Vec<u8>>,
        silent_until: Ts,
    ) -> Result<()> {
        let args = args![
            call.id,
            call.line_id,
            call.channel_id,
            external_hash,
            call.contact_id,
            call.identity_id,
            call.direction as i64,
            call.state as i64,
            call.heard,
            call.answered_by as i64,
            call.passed,
            call.message_id,
            call.day,
            call.began_at,
            silent_until
        ];
        self.run(INSERT, args).map(drop)
    }

    pub(super) fn call_by_hash(&mut self, channel_id: Uuid, hash: Vec<u8>) -> Result<Option<CallRow>> {
        self.row(BY_HASH, args![channel_id, hash])?.map(|row| CallRow::read(&row)).transpose()
    }

    /// Reads a call and locks it.
    pub(super) fn call_locked(&mut self, id: Uuid) -> Result<Option<CallRow>> {
        self.row(BY_ID, args![id])?.map(|row| CallRow::read(&row)).transpose()
    }

    /// Whom a call is with; reads without a lock.
    pub(super) fn contact_of_call(&mut self, id: Uuid) -> Result<Option<Uuid>> {
        self.row(CONTACT, args![id])?.map(|row| row.get(0)).transpose()
    }

    /// The newest call about a message of which the provider's id is not known yet.
    pub(super) fn call_without_id(&mut self, channel_id: Uuid, message: Uuid) -> Result<Option<CallRow>> {
        self.row(WITHOUT_ID, args![channel_id, message])?.map(|row| CallRow::read(&row)).transpose()
    }

    /// The call that a person is in, or that is about to ring her.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn live_call(&mut self, contact_id: Uuid, channel_id: Uuid) -> Result<Option<CallRow>> {
        self.row(LIVE, args![contact_id, channel_id])?.map(|row| CallRow::read(&row)).transpose()
    }

    pub(super) fn silent_calls(&mut self, now: Ts, limit: i64) -> Result<Vec<Uuid>> {
        self.rows(SILENT, args![now, limit])?.iter().map(|row| row.get(0)).collect()
    }

    /// Notes the provider's id of a call: what it is found by, and the id itself, sealed with the key of `day`.
    pub(super) fn name_call(&mut self, id: Uuid, hash: Vec<u8>, sealed: Vec<u8>, day: i64) -> Result<()> {
        self.run(NAME, args![id, hash, sealed, day]).map(drop)
    }

    /// A call that rings about a message: its id and its line.
    pub(super) fn ringing_call_about(&mut self, message: Uuid) -> Result<Option<(Uuid, Uuid)>> {
        self.row(RINGING_ABOUT, args![message])?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
    }

    /// The channel of a call that rings, and its provider's id, sealed with the key of a day.
    pub(super) fn ringing_call(&mut self, id: Uuid) -> Result<Option<(Uuid, Vec<u8>, i64)>> {
        let row = self.row(RINGING, args![id])?;
        row.map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).transpose()
    }

    pub(super) fn message_is_wanted(&mut self, id: Uuid) -> Result<bool> {
        Ok(self.one(IS_WANTED, args![id])?.get::<i64>(0)? > 0)
    }

    pub(super) fn newest_file(&mut self, contact: Uuid, channel: Uuid, at: Ts) -> Result<Option<Uuid>> {
        self.row(NEWEST_FILE, args![contact, channel, at])?.map(|row| row.get(0)).transpose()
    }

    /// How a file stands, as a code of [`crate::media::MediaState`]; `None` when it is not kept (any more).
    pub(super) fn file_state(&mut self, id: Uuid) -> Result<Option<i64>> {
        self.row(FILE_STATE, args![id])?.map(|row| row.get(0)).transpose()
    }

    pub(super) fn other_recordings_to_forget(&mut self, line: Uuid, job: Uuid) -> Result<i64> {
        self.one(OTHERS_TO_FORGET, args![line, job])?.get(0)
    }

    /// The provider did not take a call: there is none.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn call_not_placed(&mut self, id: Uuid) -> Result<()> {
        self.run(REMOVE, args![id]).map(drop)
    }

    pub(super) fn call_waits(&mut self, id: Uuid, sealed: Vec<u8>) -> Result<()> {
        self.run(WAITS, args![id, sealed]).map(drop)
    }

    /// Notes what was heard; what the flow waited for is over by that.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn call_heard(&mut self, call: &CallRow, now: Ts) -> Result<()> {
        let until = super::patience(now, None);
        let args = args![call.id, call.heard, call.misses, call.answered_by as i64, call.passed, until];
        self.run(HEARD, args).map(drop)
    }

    pub(super) fn call_said(
        &mut self,
        id: Uuid,
        step: i64,
        talk: Vec<u8>,
        day: i64,
        silent_until: Ts,
    ) -> Result<()> {
        self.run(SAID, args![id, step, talk, day, silent_until]).map(drop)
    }

    pub(super) fn call_over(&mut self, id: Uuid, outcome: &str, now: Ts) -> Result<()> {
        self.run(OVER, args![id, outcome, now]).map(drop)
    }

    /// Removes calls that were over before.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn remove_old_calls(&mut self, before: Ts) -> Result<()> {
        self.run(REMOVE_OLD, args![before]).map(drop)
    }

    /// Removes what is known of a person's calls; the one that she is in goes at its end.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn erase_calls(&mut self, contact_id: Uuid) -> Result<()> {
        self.run(ERASE_OVER, args![contact_id])?;
        self.run(ERASE_LIVE, args![contact_id]).map(drop)
    }

    /// What waits to be said to a person, in order.
    pub(super) fn messages_to_say(&mut self, call: &CallRow) -> Result<Vec<Waiting>> {
        let about = call.message_id.unwrap_or(Uuid::nil());
        let rows = self.rows(COLLECT, args![call.contact_id, call.channel_id, about, MAX_COLLECTED])?;
        let read = rows.iter().map(|row| {
            Ok(Waiting {
                id: row.get(0)?,
                conversation_id: row.get(1)?,
                body: row.get(2)?,
                day: row.get(3)?,
                valid_until: row.get(4)?,
            })
        });
        read.collect()
    }

    pub(super) fn messages_were_said(&mut self, ids: Vec<Uuid>) -> Result<()> {
        if ids.is_empty() { Ok(()) } else { self.run(WERE_SAID, args![ids]).map(drop) }
    }

    /// Messages that she has heard to their end; with the conversations that show them.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn messages_were_heard(&mut self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, Option<Uuid>)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.rows(WERE_HEARD, args![ids])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    pub(super) fn message_not_said(&mut self, id: Uuid, reason: &str) -> Result<()> {
        self.run(NOT_SAID, args![id, reason]).map(drop)
    }

    /// A call of ours will collect the message.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn message_calling(&mut self, id: Uuid) -> Result<()> {
        self.run(CALLING, args![id, HELD]).map(drop)
    }

    /// Puts a message back whose call did not reach her; how often it was tried. `None`: it was said, or has ended.
    pub(super) fn message_call_again(&mut self, id: Uuid, due_at: Ts, reason: &str) -> Result<Option<i64>> {
        self.row(CALL_AGAIN, args![id, due_at, reason])?.map(|row| row.get(0)).transpose()
    }

    /// Calls do not reach her: another channel may.
    pub(super) fn message_beyond_calls(&mut self, id: Uuid, reason: &str, now: Ts) -> Result<()> {
        self.run(NO_CALL, args![id, HELD, reason, now]).map(drop)
    }

    /// At a call's end: what the bot wanted to say is called off, all else is due.
    pub(super) fn release_messages(&mut self, call: &CallRow, now: Ts) -> Result<()> {
        let about = call.message_id.unwrap_or(Uuid::nil());
        self.run(MOOT, args![call.contact_id, call.channel_id, HELD, about])?;
        self.run(RELEASE, args![call.contact_id, call.channel_id, HELD, now]).map(drop)
    }
}
