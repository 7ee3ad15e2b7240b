//! Statements over `live_event` that streams read.
use uuid::Uuid;

use crate::args;
use crate::live::LiveKind;
use crate::store::{Result, Sql, Tx};

const SINCE: Sql = crate::sql!(
    "SELECT id, kind, conversation_id, ref_id FROM live_event WHERE id > $1 AND line_id = $2 \
     ORDER BY id LIMIT $3"
);

/// A row of `live_event`.
#[derive(Debug, Clone)]
pub struct LiveRow {
    pub id: Uuid,
    pub kind: LiveKind,
    pub conversation_id: Uuid,
    pub ref_id: Uuid,
}

impl Tx<'_> {
    /// What happened on a line after an id, oldest first.
    pub(super) fn live_since(&mut self, after: Uuid, line_id: Uuid, limit: i64) -> Result<Vec<LiveRow>> {
        self.rows(SINCE, args![after, line_id, limit])?
            .iter()
            .map(|row| {
                Ok(LiveRow {
                    id: row.get(0)?,
                    kind: LiveKind::from_text(&row.get::<String>(1)?)?,
                    conversation_id: row.get(2)?,
                    ref_id: row.get(3)?,
                })
            })
            .collect()
    }
}
