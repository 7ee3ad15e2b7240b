//! Statements over `bulk`, `bulk_recipient` and `template_state`.
use uuid::Uuid;

use super::{BulkState, Sending};
use crate::args;
use crate::store::{Kind, Many, Result, Row, Sql, Ts, Tx, Value};

const INSERT: Sql = crate::sql!(
    "INSERT INTO bulk (id, line_id, name, content, template, state, created_at, changed_at) \
     VALUES ($1, $2, $3, $4, $5, 0, $6, $6)"
);
static RECIPIENTS: Many = Many {
    table: "bulk_recipient",
    columns: &[("bulk_id", Kind::Uuid), ("contact_id", Kind::Uuid)],
    tail: "ON CONFLICT (bulk_id, contact_id) DO NOTHING",
};
const RUNNING: Sql =
    crate::sql!("SELECT id, line_id, content FROM bulk WHERE state = 0 ORDER BY id LIMIT $1 {skip_locked}");
const ANY_RUNNING: Sql = crate::sql!("SELECT count(*) FROM bulk WHERE state = 0");
const EXISTS: Sql = crate::sql!("SELECT count(*) FROM bulk WHERE id = $1 AND line_id = $2");
const QUEUED: Sql = crate::sql!("SELECT count(*) FROM message WHERE bulk_id = $1 AND state IN (1, 2)");
const NEXT: Sql = crate::sql!(
    "SELECT contact_id FROM bulk_recipient WHERE bulk_id = $1 AND message_id IS NULL AND outcome IS NULL \
     ORDER BY contact_id LIMIT $2"
);
const GIVEN: Sql = crate::sql!(
    "UPDATE bulk_recipient SET message_id = $3, outcome = $4 WHERE bulk_id = $1 AND contact_id = $2"
);
const SET_STATE: Sql = crate::sql!(
    "UPDATE bulk SET state = $3, reason = $4, changed_at = $5 WHERE id = $1 AND line_id = $2 AND state = $6"
);
const PAUSE_TEMPLATE: Sql = crate::sql!(
    "UPDATE bulk SET state = 1, reason = $3, changed_at = $4 WHERE line_id = $1 AND template = $2 AND state = 0"
);
const LIST: Sql = crate::sql!(
    "SELECT b.id, b.name, b.state, b.reason, b.created_at, \
       (SELECT count(*) FROM bulk_recipient r WHERE r.bulk_id = b.id), \
       (SELECT count(*) FROM bulk_recipient r WHERE r.bulk_id = b.id AND r.outcome IS NOT NULL), \
       (SELECT count(*) FROM message m WHERE m.bulk_id = b.id AND m.state >= 4 AND m.state < 7), \
       (SELECT count(*) FROM message m WHERE m.bulk_id = b.id AND m.state >= 7) \
     FROM bulk b WHERE b.line_id = $1 ORDER BY b.id DESC LIMIT $2"
);
const PUT_TEMPLATE: Sql = crate::sql!(
    "INSERT INTO template_state (line_id, name, language, state, reason, at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (line_id, name, language) DO UPDATE SET state = excluded.state, reason = excluded.reason, \
     at = excluded.at"
);
const FORGET_TEMPLATE: Sql =
    crate::sql!("DELETE FROM template_state WHERE line_id = $1 AND name = $2 AND language = $3");
const TEMPLATES: Sql = crate::sql!(
    "SELECT name, language, state, reason, at FROM template_state WHERE line_id = $1 ORDER BY name, language LIMIT $2"
);

/// A sending that has people left.
pub(super) struct Running {
    pub id: Uuid,
    pub line_id: Uuid,
    pub content: Vec<u8>,
}

impl Tx<'_> {
    pub(super) fn insert_bulk(
        &mut self,
        id: Uuid,
        line_id: Uuid,
        name: &str,
        content: Vec<u8>,
        template: Option<String>,
        now: Ts,
    ) -> Result<()> {
        self.run(INSERT, args![id, line_id, name, content, template, now]).map(drop)
    }

    /// Adds people to a sending; somebody who is named twice is in it once.
    pub(super) fn insert_recipients(&mut self, bulk: Uuid, contacts: &[Uuid]) -> Result<u64> {
        let rows = contacts.iter().map(|id| vec![Value::from(bulk), Value::from(*id)]);
        self.insert_many(&RECIPIENTS, rows.collect())
    }

    /// Sendings that run; another process leaves them alone until the end of the transaction.
    pub(super) fn running_bulks(&mut self, limit: i64) -> Result<Vec<Running>> {
        let read = |row: &Row| Ok(Running { id: row.get(0)?, line_id: row.get(1)?, content: row.get(2)? });
        self.rows(RUNNING, args![limit])?.iter().map(read).collect()
    }

    pub(super) fn any_bulk_running(&mut self) -> Result<bool> {
        Ok(self.one(ANY_RUNNING, args![])?.get::<i64>(0)? > 0)
    }

    pub(super) fn bulk_exists(&mut self, line_id: Uuid, id: Uuid) -> Result<bool> {
        Ok(self.one(EXISTS, args![id, line_id])?.get::<i64>(0)? > 0)
    }

    pub(super) fn bulk_queued(&mut self, id: Uuid) -> Result<i64> {
        self.one(QUEUED, args![id])?.get(0)
    }

    pub(super) fn next_recipients(&mut self, id: Uuid, limit: i64) -> Result<Vec<Uuid>> {
        self.rows(NEXT, args![id, limit])?.iter().map(|row| row.get(0)).collect()
    }

    /// A person's turn has come: with the message, or with the reason why there is none.
    pub(super) fn recipient_done(
        &mut self,
        bulk: Uuid,
        contact: Uuid,
        message: Option<Uuid>,
        outcome: Option<&str>,
    ) -> Result<()> {
        self.later(GIVEN, args![bulk, contact, message, outcome.map(str::to_owned)])
    }

    pub(super) fn set_bulk_state(
        &mut self,
        id: Uuid,
        line_id: Uuid,
        from: BulkState,
        to: BulkState,
        reason: Option<&str>,
        now: Ts,
    ) -> Result<bool> {
        let args = args![id, line_id, to as i64, reason.map(str::to_owned), now, from as i64];
        Ok(self.run(SET_STATE, args)? == 1)
    }

    pub(super) fn pause_bulks_of(
        &mut self,
        line: Uuid,
        template: &str,
        reason: &str,
        now: Ts,
    ) -> Result<u64> {
        self.run(PAUSE_TEMPLATE, args![line, template, reason, now])
    }

    pub(super) fn bulks(&mut self, line_id: Uuid, limit: i64) -> Result<Vec<Sending>> {
        let rows = self.rows(LIST, args![line_id, limit])?;
        let read = rows.iter().map(|row| {
            Ok(Sending {
                id: row.get(0)?,
                name: row.get(1)?,
                state: BulkState::from_code(row.get(2)?)?.as_str(),
                reason: row.get(3)?,
                created_at: row.get::<Ts>(4)?.to_rfc3339(),
                people: row.get(5)?,
                left_out: row.get(6)?,
                sent: row.get(7)?,
                failed: row.get(8)?,
            })
        });
        read.collect()
    }

    pub(super) fn put_template(
        &mut self,
        line_id: Uuid,
        name: &str,
        language: &str,
        state: &str,
        reason: Option<&str>,
        now: Ts,
    ) -> Result<()> {
        let args = args![line_id, name, language, state, reason.map(str::to_owned), now];
        self.run(PUT_TEMPLATE, args).map(drop)
    }

    pub(super) fn forget_template(&mut self, line_id: Uuid, name: &str, language: &str) -> Result<()> {
        self.run(FORGET_TEMPLATE, args![line_id, name, language]).map(drop)
    }

    pub(super) fn templates(&mut self, line_id: Uuid, limit: i64) -> Result<Vec<super::Template>> {
        let rows = self.rows(TEMPLATES, args![line_id, limit])?;
        let read = rows.iter().map(|row| {
            Ok(super::Template {
                name: row.get(0)?,
                language: row.get(1)?,
                state: row.get(2)?,
                reason: row.get(3)?,
                at: row.get::<Ts>(4)?.to_rfc3339(),
            })
        });
        read.collect()
    }
}
