//! Statements over `job`, and what housekeeping removes.
use uuid::Uuid;

use crate::args;
use crate::store::{Result, Sql, Ts, Tx};

const INSERT: Sql = crate::sql!(
    "INSERT INTO job (id, kind, line_id, contact_id, part, payload, due_at, attempts, set_aside) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, 0, {false})"
);
const LEASE: Sql = crate::sql!(
    "SELECT id, contact_id, payload, attempts FROM job WHERE set_aside = {false} AND due_at <= $1 \
     ORDER BY due_at, id LIMIT $2 {skip_locked}"
);
const PUSH: Sql = crate::sql!("UPDATE job SET due_at = $2, attempts = attempts + 1 WHERE id {in_uuids:$1}");
const DONE: Sql = crate::sql!("DELETE FROM job WHERE id = $1");
const FAILED: Sql = crate::sql!("UPDATE job SET error = $2, due_at = $3 WHERE id = $1");
const SET_ASIDE: Sql = crate::sql!("UPDATE job SET error = $2, set_aside = {true} WHERE id = $1");
const WAITS_OVER: Sql =
    crate::sql!("SELECT id FROM contact WHERE session_until <= $1 ORDER BY session_until LIMIT $2");
const OLD_LIVE: Sql = crate::sql!("DELETE FROM live_event WHERE at < $1");
const OLD_RAW: Sql = crate::sql!("DELETE FROM raw_request WHERE received_at < $1");
const OLD_FAILURES: Sql = crate::sql!("DELETE FROM sign_in_failure WHERE at < $1");
const OLD_AUDIT: Sql = crate::sql!("DELETE FROM audit WHERE line_id = $1 AND at < $2");
const SILENT: Sql = crate::sql!(
    "SELECT id FROM contact WHERE line_id = $1 AND consent <> 3 AND standing = 0 AND last_in_at < $2 \
     AND conversation_id IS NULL AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.contact_id = contact.id) \
     ORDER BY id LIMIT $3"
);
const OLD_BODIES: Sql = crate::sql!(
    "UPDATE message SET body = NULL WHERE line_id = $1 AND created_at < $2 AND body IS NOT NULL AND state <> 1"
);
/// Files go with the messages that they came with; what is the same as in a newer file stays.
const OLD_FILES: Sql = crate::sql!(
    "DELETE FROM media_file WHERE EXISTS (SELECT 1 FROM media m WHERE m.contact_id = media_file.contact_id \
       AND m.hash = media_file.hash AND m.line_id = $1 AND m.created_at < $2) \
     AND NOT EXISTS (SELECT 1 FROM media m WHERE m.contact_id = media_file.contact_id \
       AND m.hash = media_file.hash AND m.created_at >= $2)"
);
/// What was made of a file goes with it. The forms of the line's own files are made again when they are needed.
const OLD_FORMS: Sql = crate::sql!(
    "DELETE FROM media_form WHERE line_id = $1 AND ((owner_id = $1 AND created_at < $2) OR (owner_id <> $1 \
     AND NOT EXISTS (SELECT 1 FROM media_file f WHERE f.contact_id = media_form.owner_id AND f.hash = media_form.hash)))"
);
const OLD_MEDIA: Sql = crate::sql!("DELETE FROM media WHERE line_id = $1 AND created_at < $2");

const OLD_FAREWELLS: Sql = crate::sql!(
    "UPDATE message SET body = NULL WHERE seal = 1 AND created_at < $1 AND body IS NOT NULL AND state <> 1"
);

/// A job that this process has taken.
#[derive(Debug, Clone)]
pub struct Taken {
    pub id: Uuid,
    pub contact_id: Option<Uuid>,
    pub payload: Vec<u8>,
    /// How often it was tried before.
    pub attempts: i64,
}

impl Tx<'_> {
    #[expect(clippy::too_many_arguments, reason = "a row's columns")]
    pub(super) fn insert_job(
        &mut self,
        id: Uuid,
        kind: &str,
        line_id: Option<Uuid>,
        contact_id: Option<Uuid>,
        part: i64,
        payload: Vec<u8>,
        due_at: Ts,
    ) -> Result<()> {
        self.later(INSERT, args![id, kind, line_id, contact_id, part, payload, due_at])
    }

    /// Takes due jobs: until `until` no other process takes them, and then whoever comes first.
    pub(super) fn lease_jobs(&mut self, now: Ts, until: Ts, limit: i64) -> Result<Vec<Taken>> {
        let rows = self.rows(LEASE, args![now, limit])?;
        let mut jobs = Vec::with_capacity(rows.len());
        for row in rows {
            jobs.push(Taken {
                id: row.get(0)?,
                contact_id: row.get(1)?,
                payload: row.get(2)?,
                attempts: row.get(3)?,
            });
        }
        if !jobs.is_empty() {
            let ids: Vec<Uuid> = jobs.iter().map(|job| job.id).collect();
            self.run(PUSH, args![ids, until])?;
        }
        Ok(jobs)
    }

    /// Removes a job that is done, in the transaction that does it; `false` when it was gone already.
    ///
    /// # Errors
    /// When the store refuses.
    pub(crate) fn job_done(&mut self, id: Uuid) -> Result<bool> {
        Ok(self.run(DONE, args![id])? == 1)
    }

    pub(super) fn job_failed(&mut self, id: Uuid, error: &str, again_at: Ts) -> Result<()> {
        self.run(FAILED, args![id, error, again_at]).map(drop)
    }

    pub(super) fn set_job_aside(&mut self, id: Uuid, error: &str) -> Result<()> {
        self.run(SET_ASIDE, args![id, error]).map(drop)
    }

    /// Contacts whose session has waited long enough.
    pub(super) fn waits_over(&mut self, now: Ts, limit: i64) -> Result<Vec<Uuid>> {
        self.rows(WAITS_OVER, args![now, limit])?.iter().map(|row| row.get(0)).collect()
    }

    /// Removes what has outlived its use in the whole installation; returns how many rows.
    pub(super) fn remove_outlived(
        &mut self,
        live_before: Ts,
        raw_before: Ts,
        failures_before: Ts,
    ) -> Result<u64> {
        Ok(self.run(OLD_LIVE, args![live_before])?
            + self.run(OLD_RAW, args![raw_before])?
            + self.run(OLD_FAILURES, args![failures_before])?
            + self.run(OLD_FAREWELLS, args![failures_before])?
            + self.remove_old_inbound(raw_before)?)
    }

    /// Applies one line's retention of messages and audit; returns how many rows changed.
    pub(super) fn apply_retention(
        &mut self,
        line_id: Uuid,
        messages_before: Ts,
        audit_before: Ts,
    ) -> Result<u64> {
        for sql in [OLD_FILES, OLD_MEDIA, OLD_FORMS] {
            self.run(sql, args![line_id, messages_before])?;
        }
        Ok(self.run(OLD_BODIES, args![line_id, messages_before])?
            + self.run(OLD_AUDIT, args![line_id, audit_before])?)
    }

    /// Persons who never agreed and have been silent since.
    pub(super) fn silent_unconsented(&mut self, line_id: Uuid, before: Ts, limit: i64) -> Result<Vec<Uuid>> {
        self.rows(SILENT, args![line_id, before, limit])?.iter().map(|row| row.get(0)).collect()
    }
}
