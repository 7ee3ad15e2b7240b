//! Statements over `inbound`.
use uuid::Uuid;

use crate::args;
use crate::store::{Result, Sql, StoreError, Ts, Tx};

const PENDING: Sql = crate::sql!(
    "SELECT i.id, i.channel_id, i.payload, i.day, i.attempts, i.received_at, i.lane FROM inbound i \
     WHERE i.state = 0 AND i.part {in_ints:$1} AND i.retry_at <= $2 AND NOT EXISTS \
       (SELECT 1 FROM inbound e WHERE e.lane = i.lane AND e.state = 0 AND e.attempts > 0 AND e.id < i.id) \
     ORDER BY i.id LIMIT $3"
);
const CLAIM: Sql =
    crate::sql!("UPDATE inbound SET state = 1, payload = NULL WHERE state = 0 AND id {in_uuids:$1}");
const FAILED: Sql =
    crate::sql!("UPDATE inbound SET attempts = $2, retry_at = $3, error = $4 WHERE id = $1 AND state = 0");
const PARK: Sql = crate::sql!("UPDATE inbound SET retry_at = $2 WHERE id = $1 AND state = 0");
const SET_ASIDE: Sql =
    crate::sql!("UPDATE inbound SET state = 2, attempts = $2, error = $3 WHERE id = $1 AND state = 0");
const OLD: Sql = crate::sql!("DELETE FROM inbound WHERE state IN (1, 3) AND received_at < $1");

/// One thing that waits to be handled.
#[derive(Debug, Clone)]
pub struct PendingEvent {
    pub id: Uuid,
    pub channel_id: Uuid,
    pub payload: Vec<u8>,
    pub day: i64,
    pub attempts: i64,
    pub received_at: Ts,
    pub lane: Vec<u8>,
}

impl Tx<'_> {
    /// What waits in these parts, oldest first; nothing of a lane whose earlier event is being tried again.
    pub(super) fn pending_inbound(
        &mut self,
        parts: Vec<i64>,
        now: Ts,
        limit: i64,
    ) -> Result<Vec<PendingEvent>> {
        self.rows(PENDING, args![parts, now, limit])?
            .iter()
            .map(|row| {
                Ok(PendingEvent {
                    id: row.get(0)?,
                    channel_id: row.get(1)?,
                    payload: row.get(2)?,
                    day: row.get(3)?,
                    attempts: row.get(4)?,
                    received_at: row.get(5)?,
                    lane: row.get(6)?,
                })
            })
            .collect()
    }

    /// Marks events as handled, in the transaction that handles them.
    ///
    /// # Errors
    /// When another process has handled one of them meanwhile: nothing may be done twice.
    pub(super) fn claim_inbound(&mut self, ids: Vec<Uuid>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let wanted = ids.len() as u64;
        let claimed = self.run(CLAIM, args![ids])?;
        if claimed == wanted {
            Ok(())
        } else {
            Err(StoreError::Other(anyhow::anyhow!("another process has handled some of these events")))
        }
    }

    /// Lets an event wait without counting it as failed.
    pub(super) fn park_inbound(&mut self, id: Uuid, retry_at: Ts) -> Result<()> {
        self.later(PARK, args![id, retry_at])
    }

    pub(super) fn inbound_failed(
        &mut self,
        id: Uuid,
        attempts: i64,
        retry_at: Ts,
        error: &str,
    ) -> Result<()> {
        self.run(FAILED, args![id, attempts, retry_at, error]).map(drop)
    }

    pub(super) fn set_inbound_aside(&mut self, id: Uuid, attempts: i64, error: &str) -> Result<()> {
        self.run(SET_ASIDE, args![id, attempts, error]).map(drop)
    }

    /// Forgets handled events that no provider will repeat any more.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn remove_old_inbound(&mut self, before: Ts) -> Result<u64> {
        self.run(OLD, args![before])
    }
}
