//! Statements over `flow_draft`, and those over a line's files and troubles that flow authors need.
use uuid::Uuid;

use crate::args;
use crate::store::{Result, Sql, Ts, Tx};

/// The most mistakes of running flows that are listed.
const MAX_TROUBLES: i64 = 200;

const VERSION: Sql = crate::sql!("SELECT content_version FROM line WHERE id = $1");
const DEFINITIONS: Sql = crate::sql!("SELECT body FROM line_file WHERE line_id = $1 AND path = 'flows.json'");
const DRAFT: Sql =
    crate::sql!("SELECT id, file_name, made_at, made_by, report, tests FROM flow_draft WHERE line_id = $1");
const BROUGHT: Sql = crate::sql!("SELECT brought FROM flow_draft WHERE line_id = $1 AND id = $2");
const PUT_DRAFT: Sql = crate::sql!(
    "INSERT INTO flow_draft (line_id, id, file_name, made_at, made_by, brought, report) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (line_id) DO UPDATE SET id = excluded.id, file_name = excluded.file_name, \
     made_at = excluded.made_at, made_by = excluded.made_by, brought = excluded.brought, \
     report = excluded.report, tests = NULL"
);
const TESTED: Sql = crate::sql!("UPDATE flow_draft SET tests = $3 WHERE line_id = $1 AND id = $2");
const DROP_DRAFT: Sql = crate::sql!("DELETE FROM flow_draft WHERE line_id = $1");
const DROP_THIS: Sql = crate::sql!("DELETE FROM flow_draft WHERE line_id = $1 AND id = $2");
const NEXT_VERSION: Sql = crate::sql!(
    "UPDATE line SET content_version = content_version + 1 WHERE id = $1 AND content_version = $2"
);
const LOCK_LINE: Sql = crate::sql!("UPDATE line SET content_version = content_version WHERE id = $1");
const PUT_FILE: Sql = crate::sql!(
    "INSERT INTO line_file (line_id, path, body) VALUES ($1, $2, $3) \
     ON CONFLICT (line_id, path) DO UPDATE SET body = excluded.body"
);
const CONVERSATIONS: Sql = crate::sql!(
    "SELECT path, body FROM line_file WHERE line_id = $1 AND path LIKE 'conversations/%' ORDER BY path"
);
const DELETE_FILE: Sql = crate::sql!("DELETE FROM line_file WHERE line_id = $1 AND path = $2");
const TROUBLES: Sql = crate::sql!(
    "SELECT flow, text, last_at, n, stopped FROM flow_problem WHERE line_id = $1 \
     ORDER BY stopped DESC, last_at DESC, flow, text LIMIT $2"
);
const STOPPED_FLOWS: Sql = crate::sql!(
    "SELECT count(DISTINCT flow) FROM flow_problem WHERE line_id = $1 AND stopped = {true} AND last_at >= $2"
);

/// A draft as stored, without what was brought.
#[derive(Debug, Clone)]
pub struct DraftRow {
    pub id: Uuid,
    pub file_name: String,
    pub made_at: Ts,
    pub made_by: Uuid,
    /// JSON of a report.
    pub report: String,
    /// JSON of the last test run.
    pub tests: Option<String>,
}

/// A mistake of running flows as stored.
pub struct TroubleRow {
    pub flow: String,
    pub text: String,
    pub last_at: Ts,
    pub count: i64,
    pub stopped: bool,
}

impl Tx<'_> {
    /// The version of a line's content and channels; `None` when the line is gone.
    pub(super) fn content_version(&mut self, line_id: Uuid) -> Result<Option<i64>> {
        self.row(VERSION, args![line_id])?.map(|row| row.get(0)).transpose()
    }

    pub(super) fn published_definitions(&mut self, line_id: Uuid) -> Result<Vec<u8>> {
        Ok(self.row(DEFINITIONS, args![line_id])?.map(|row| row.get(0)).transpose()?.unwrap_or_default())
    }

    pub(super) fn flow_draft(&mut self, line_id: Uuid) -> Result<Option<DraftRow>> {
        let row = self.row(DRAFT, args![line_id])?;
        row.map(|row| {
            Ok(DraftRow {
                id: row.get(0)?,
                file_name: row.get(1)?,
                made_at: row.get(2)?,
                made_by: row.get(3)?,
                report: row.get(4)?,
                tests: row.get(5)?,
            })
        })
        .transpose()
    }

    /// What was brought in, as JSON; `None` when the draft is another by now.
    pub(super) fn brought(&mut self, line_id: Uuid, draft: Uuid) -> Result<Option<Vec<u8>>> {
        self.row(BROUGHT, args![line_id, draft])?.map(|row| row.get(0)).transpose()
    }

    pub(super) fn put_flow_draft(&mut self, line_id: Uuid, row: &DraftRow, brought: &[u8]) -> Result<()> {
        let (file, report) = (row.file_name.as_str(), row.report.as_str());
        self.run(PUT_DRAFT, args![line_id, row.id, file, row.made_at, row.made_by, brought, report])?;
        Ok(())
    }

    pub(super) fn put_draft_tests(&mut self, line_id: Uuid, draft: Uuid, tests: &str) -> Result<()> {
        self.run(TESTED, args![line_id, draft, tests])?;
        Ok(())
    }

    /// Whether there was one.
    pub(super) fn drop_flow_draft(&mut self, line_id: Uuid) -> Result<bool> {
        Ok(self.run(DROP_DRAFT, args![line_id])? > 0)
    }

    /// Replaces the published definitions and ends the draft; `false` when the line's content or the draft is not the
    /// one that was looked at: then nothing may be committed.
    pub(super) fn publish_definitions(
        &mut self,
        line_id: Uuid,
        seen: i64,
        draft: Uuid,
        definitions: &[u8],
    ) -> Result<bool> {
        if self.run(NEXT_VERSION, args![line_id, seen])? == 0
            || self.run(DROP_THIS, args![line_id, draft])? == 0
        {
            return Ok(false);
        }
        self.put_line_file(line_id, "flows.json", definitions)?;
        Ok(true)
    }

    /// Nobody else changes the line's files or publishes until this transaction is over.
    pub(super) fn lock_line(&mut self, line_id: Uuid) -> Result<()> {
        self.run(LOCK_LINE, args![line_id])?;
        Ok(())
    }

    pub(super) fn put_line_file(&mut self, line_id: Uuid, path: &str, body: &[u8]) -> Result<()> {
        self.run(PUT_FILE, args![line_id, path, body])?;
        Ok(())
    }

    /// Whether there was one.
    pub(super) fn delete_line_file(&mut self, line_id: Uuid, path: &str) -> Result<bool> {
        Ok(self.run(DELETE_FILE, args![line_id, path])? > 0)
    }

    /// The files of saved conversations, by path.
    pub(super) fn conversation_files(&mut self, line_id: Uuid) -> Result<Vec<(String, Vec<u8>)>> {
        self.rows(CONVERSATIONS, args![line_id])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    /// Mistakes of a line's running flows: those that stopped a flow first, then the latest first.
    pub(super) fn troubles(&mut self, line_id: Uuid) -> Result<Vec<TroubleRow>> {
        self.rows(TROUBLES, args![line_id, MAX_TROUBLES])?
            .iter()
            .map(|row| {
                Ok(TroubleRow {
                    flow: row.get(0)?,
                    text: row.get(1)?,
                    last_at: row.get(2)?,
                    count: row.get(3)?,
                    stopped: row.get(4)?,
                })
            })
            .collect()
    }

    /// How many flows of a line were stopped by a mistake since a moment.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn stopped_flows(&mut self, line_id: Uuid, since: Ts) -> Result<i64> {
        self.one(STOPPED_FLOWS, args![line_id, since])?.get(0)
    }
}
