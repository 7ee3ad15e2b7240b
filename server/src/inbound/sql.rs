//! Statements over `inbound`.
use uuid::Uuid;

use crate::args;
use crate::lines::http::Call;
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

const KEPT: Sql = crate::sql!(
    "SELECT payload, day FROM raw_request WHERE id = $1 AND channel_id = $2 AND state = 0 \
     AND payload IS NOT NULL {for_update}"
);
const MARK_KEPT: Sql =
    crate::sql!("UPDATE raw_request SET state = $2, payload = NULL WHERE id = $1 AND state = 0");
const SET_ASIDE_LIST: Sql = crate::sql!(
    "SELECT id, channel_id, received_at, attempts, error FROM inbound \
     WHERE state = 2 AND id > $1 AND channel_id {in_uuids:$2} ORDER BY id LIMIT $3"
);
const KEPT_LIST: Sql = crate::sql!(
    "SELECT id, channel_id, received_at, error FROM raw_request \
     WHERE state = 0 AND id > $1 AND channel_id {in_uuids:$2} ORDER BY id LIMIT $3"
);
const SET_ASIDE_COUNT: Sql =
    crate::sql!("SELECT count(*) FROM inbound WHERE state = 2 AND channel_id {in_uuids:$1}");
const KEPT_COUNT: Sql =
    crate::sql!("SELECT count(*) FROM raw_request WHERE state = 0 AND channel_id {in_uuids:$1}");
const RETRY_SET_ASIDE: Sql = crate::sql!(
    "UPDATE inbound SET state = 0, attempts = 0, retry_at = $3, error = NULL \
     WHERE id = $1 AND state = 2 AND channel_id {in_uuids:$2} AND payload IS NOT NULL"
);
const DISCARD_SET_ASIDE: Sql = crate::sql!(
    "UPDATE inbound SET state = 3, payload = NULL WHERE id = $1 AND state = 2 AND channel_id {in_uuids:$2}"
);
const CHANNEL_OF_KEPT: Sql = crate::sql!("SELECT channel_id FROM raw_request WHERE id = $1 AND state = 0");

/// Something that waits for the operator; never what it holds.
#[derive(Debug, Clone)]
pub struct WaitsForOperator {
    pub id: Uuid,
    pub channel_id: Uuid,
    pub received_at: Ts,
    /// `None` for a request that could not be read.
    pub attempts: Option<i64>,
    pub error: String,
}

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

const NEWEST_CALLS: Sql = crate::sql!(
    "SELECT id, received_at, state, attempts, error FROM inbound WHERE channel_id = $1 ORDER BY id DESC LIMIT $2"
);
const NEWEST_UNREADABLE: Sql = crate::sql!(
    "SELECT id, received_at, state, error FROM raw_request WHERE channel_id = $1 ORDER BY id DESC LIMIT $2"
);

impl Tx<'_> {
    /// A channel's newest calls, without what they held.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn newest_calls(&mut self, channel_id: Uuid, limit: i64) -> Result<Vec<Call>> {
        let mut calls = Vec::new();
        for row in self.rows(NEWEST_CALLS, args![channel_id, limit])? {
            let state = match row.get::<i64>(2)? {
                0 => "waiting",
                1 => "handled",
                2 => "set_aside",
                _ => "discarded",
            };
            let received_at = row.get::<Ts>(1)?.to_rfc3339();
            calls.push(Call {
                id: row.get(0)?,
                received_at,
                state,
                attempts: row.get(3)?,
                error: row.get(4)?,
            });
        }
        for row in self.rows(NEWEST_UNREADABLE, args![channel_id, limit])? {
            let state = match row.get::<i64>(2)? {
                0 => "unreadable",
                1 => "handled",
                _ => "discarded",
            };
            let received_at = row.get::<Ts>(1)?.to_rfc3339();
            calls.push(Call { id: row.get(0)?, received_at, state, attempts: 1, error: row.get(3)? });
        }
        calls.sort_by_key(|call| std::cmp::Reverse(call.id));
        calls.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(calls)
    }

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

    pub(super) fn kept_request(&mut self, id: Uuid, channel_id: Uuid) -> Result<Option<(Vec<u8>, i64)>> {
        let row = self.row(KEPT, args![id, channel_id])?;
        row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
    }

    /// Ends the waiting of a request that could not be read: 1 replayed, 2 discarded.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn mark_kept_request(&mut self, id: Uuid, state: i64) -> Result<bool> {
        Ok(self.run(MARK_KEPT, args![id, state])? == 1)
    }

    /// The channel of a request that could not be read and waits.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn channel_of_kept_request(&mut self, id: Uuid) -> Result<Option<Uuid>> {
        self.row(CHANNEL_OF_KEPT, args![id])?.map(|row| row.get(0)).transpose()
    }

    /// What waits for the operator after an id, oldest first.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn waiting_for_operator(
        &mut self,
        channels: &[Uuid],
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<WaitsForOperator>> {
        let mut found = Vec::new();
        for row in self.rows(SET_ASIDE_LIST, args![after, channels.to_vec(), limit])? {
            found.push(WaitsForOperator {
                id: row.get(0)?,
                channel_id: row.get(1)?,
                received_at: row.get(2)?,
                attempts: Some(row.get(3)?),
                error: row.get::<Option<String>>(4)?.unwrap_or_default(),
            });
        }
        for row in self.rows(KEPT_LIST, args![after, channels.to_vec(), limit])? {
            found.push(WaitsForOperator {
                id: row.get(0)?,
                channel_id: row.get(1)?,
                received_at: row.get(2)?,
                attempts: None,
                error: row.get(3)?,
            });
        }
        found.sort_by_key(|one| one.id);
        found.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(found)
    }

    /// How many events are set aside and how many requests could not be read.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn count_waiting_for_operator(&mut self, channels: &[Uuid]) -> Result<(i64, i64)> {
        let events = self.one(SET_ASIDE_COUNT, args![channels.to_vec()])?.get(0)?;
        Ok((events, self.one(KEPT_COUNT, args![channels.to_vec()])?.get(0)?))
    }

    /// Gives a set-aside event another chance; whether there was one.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn retry_set_aside(&mut self, id: Uuid, channels: &[Uuid], now: Ts) -> Result<bool> {
        Ok(self.run(RETRY_SET_ASIDE, args![id, channels.to_vec(), now])? == 1)
    }

    /// Gives a set-aside event up, with what it holds; whether there was one.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn discard_set_aside(&mut self, id: Uuid, channels: &[Uuid]) -> Result<bool> {
        Ok(self.run(DISCARD_SET_ASIDE, args![id, channels.to_vec()])? == 1)
    }
}
