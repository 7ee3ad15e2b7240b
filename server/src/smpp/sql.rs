//! Statements over `smpp_part` and `smpp_taken`.
use uuid::Uuid;

use crate::args;
use crate::store::{Result, Sql, Ts, Tx};

const PARTS: Sql = crate::sql!(
    "SELECT number, fingerprint, payload, day FROM smpp_part WHERE bundle = $1 ORDER BY number {for_update}"
);
const INSERT_PART: Sql = crate::sql!(
    "INSERT INTO smpp_part (bundle, number, channel_id, fingerprint, received_at, due_at, day, payload) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
);
const REMOVE_BUNDLE: Sql = crate::sql!("DELETE FROM smpp_part WHERE bundle = $1");
const OVERDUE: Sql = crate::sql!(
    "SELECT DISTINCT bundle, channel_id FROM smpp_part WHERE due_at <= $1 AND channel_id {in_uuids:$2} LIMIT 100"
);
const TAKEN: Sql =
    crate::sql!("SELECT session, at FROM smpp_taken WHERE channel_id = $1 AND fingerprint = $2 {for_update}");
const TAKE: Sql = crate::sql!(
    "INSERT INTO smpp_taken (channel_id, fingerprint, session, at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (channel_id, fingerprint) DO NOTHING"
);
const TAKE_AGAIN: Sql =
    crate::sql!("UPDATE smpp_taken SET session = $3, at = $4 WHERE channel_id = $1 AND fingerprint = $2");
const FORGET_TAKEN: Sql = crate::sql!("DELETE FROM smpp_taken WHERE channel_id = $1 AND session = $2");
const OLD_TAKEN: Sql = crate::sql!("DELETE FROM smpp_taken WHERE at < $1");

/// A part that waits for the others.
pub(super) struct PartRow {
    pub number: i64,
    pub fingerprint: Vec<u8>,
    pub payload: Vec<u8>,
    pub day: i64,
}

/// A part to be kept.
pub(super) struct NewPart<'a> {
    pub bundle: &'a [u8],
    pub number: i64,
    pub channel_id: Uuid,
    pub fingerprint: &'a [u8],
    pub payload: &'a [u8],
    pub received_at: Ts,
    pub due_at: Ts,
}

impl Tx<'_> {
    /// The parts of one message that are there, locked.
    pub(super) fn smpp_parts(&mut self, bundle: &[u8]) -> Result<Vec<PartRow>> {
        let rows = self.rows(PARTS, args![bundle])?;
        let read = rows.iter().map(|row| {
            Ok(PartRow {
                number: row.get(0)?,
                fingerprint: row.get(1)?,
                payload: row.get(2)?,
                day: row.get(3)?,
            })
        });
        read.collect()
    }

    pub(super) fn keep_smpp_part(&mut self, part: &NewPart<'_>) -> Result<()> {
        let args = args![
            part.bundle,
            part.number,
            part.channel_id,
            part.fingerprint,
            part.received_at,
            part.due_at,
            part.received_at.day(),
            part.payload
        ];
        self.run(INSERT_PART, args).map(drop)
    }

    pub(super) fn remove_smpp_parts(&mut self, bundle: &[u8]) -> Result<()> {
        self.run(REMOVE_BUNDLE, args![bundle]).map(drop)
    }

    /// Messages of these channels whose missing parts were waited for long enough.
    pub(super) fn overdue_smpp_parts(&mut self, now: Ts, channels: &[Uuid]) -> Result<Vec<(Vec<u8>, Uuid)>> {
        let rows = self.rows(OVERDUE, args![now, channels.to_vec()])?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    /// In which session a unit was taken before, and when.
    pub(super) fn smpp_taken(&mut self, channel: Uuid, fingerprint: &[u8]) -> Result<Option<(Uuid, Ts)>> {
        let row = self.row(TAKEN, args![channel, fingerprint])?;
        row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
    }

    /// Notes that a session has taken a unit; `false` when one is noted already.
    pub(super) fn take_smpp(
        &mut self,
        channel: Uuid,
        fingerprint: &[u8],
        session: Uuid,
        now: Ts,
    ) -> Result<bool> {
        Ok(self.run(TAKE, args![channel, fingerprint, session, now])? == 1)
    }

    /// Notes that a unit was taken as a new one that looks like an earlier one.
    pub(super) fn take_smpp_again(
        &mut self,
        channel: Uuid,
        fingerprint: &[u8],
        session: Uuid,
        now: Ts,
    ) -> Result<()> {
        self.run(TAKE_AGAIN, args![channel, fingerprint, session, now]).map(drop)
    }

    pub(super) fn forget_smpp_taken(&mut self, channel: Uuid, session: Uuid) -> Result<()> {
        self.run(FORGET_TAKEN, args![channel, session]).map(drop)
    }

    pub(super) fn remove_old_smpp_taken(&mut self, before: Ts) -> Result<()> {
        self.run(OLD_TAKEN, args![before]).map(drop)
    }
}
