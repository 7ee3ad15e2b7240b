//! Statements of the chat page: whose thread it is, what is in it, and that it was shown. Only messages of the
//! session's own identity are read: what a person wrote on WhatsApp never appears in a browser.
use flow::words::Language;
use uuid::Uuid;

use crate::args;
use crate::store::{Result, Row, Sql, StoreError, Ts, Tx};

const OWNER: Sql = crate::sql!(
    "SELECT i.id, c.id, c.key_id, c.language FROM identity i JOIN contact c ON c.id = i.contact_id \
     WHERE i.line_id = $1 AND i.hash = $2"
);
// Outgoing ones from the moment they count as sent (4 sent, 5 delivered, 6 read): the loop that sends decides
// whether a message may still go out.
const BEFORE: Sql = crate::sql!(
    "SELECT id, direction, author, state, body, seal, day, conversation_id, created_at FROM message \
     WHERE contact_id = $1 AND (identity_id = $2 OR identity_id IS NULL) \
     AND (direction = 0 OR state IN (4, 5, 6)) AND id < $3 ORDER BY id DESC LIMIT $4"
);
// Ids of two processes can cross by a moment: what was sent lately and not shown yet counts as new too.
const AFTER: Sql = crate::sql!(
    "SELECT id, direction, author, state, body, seal, day, conversation_id, created_at FROM message \
     WHERE contact_id = $1 AND (identity_id = $2 OR identity_id IS NULL) AND direction = 1 \
     AND state IN (4, 5, 6) AND (id > $3 OR (state = 4 AND created_at > $4)) ORDER BY id LIMIT $5"
);
const LAST: Sql = crate::sql!("SELECT id FROM message WHERE contact_id = $1 ORDER BY id DESC LIMIT 1");
const UNDER_WAY: Sql =
    crate::sql!("SELECT count(*) FROM message WHERE contact_id = $1 AND direction = 1 AND state IN (1, 2)");
const SHOWN: Sql =
    crate::sql!("UPDATE message SET state = 5 WHERE id {in_uuids:$1} AND direction = 1 AND state = 4");

/// Whose thread a session is.
#[derive(Debug, Clone)]
pub struct Owner {
    pub identity_id: Uuid,
    pub contact_id: Uuid,
    /// `None` when the person was erased.
    pub key_id: Option<Uuid>,
    /// The language that the person told the line.
    pub language: Option<Language>,
}

/// A message's row, not opened yet.
pub struct ThreadRow {
    pub id: Uuid,
    pub incoming: bool,
    pub by_staff: bool,
    /// Sent, and not shown before.
    pub unseen: bool,
    pub body: Option<Vec<u8>>,
    /// The day whose key the body is sealed with; `None`: the person's own key.
    pub day: Option<i64>,
    pub conversation_id: Option<Uuid>,
    pub at: Ts,
}

fn thread_row(row: &Row) -> Result<ThreadRow> {
    Ok(ThreadRow {
        id: row.get(0)?,
        incoming: row.get::<i64>(1)? == 0,
        by_staff: row.get::<Option<Uuid>>(2)?.is_some(),
        unseen: row.get::<i64>(1)? == 1 && row.get::<i64>(3)? == 4,
        body: row.get(4)?,
        day: if row.get::<i64>(5)? == 1 { Some(row.get(6)?) } else { None },
        conversation_id: row.get(7)?,
        at: row.get(8)?,
    })
}

impl Tx<'_> {
    pub(super) fn chat_owner(&mut self, line_id: Uuid, hash: &[u8]) -> Result<Option<Owner>> {
        let Some(row) = self.row(OWNER, args![line_id, hash])? else { return Ok(None) };
        let language = match row.get::<Option<String>>(3)? {
            Some(code) => Some(code.parse().map_err(|_| StoreError::Shape("contact.language".into()))?),
            None => None,
        };
        Ok(Some(Owner { identity_id: row.get(0)?, contact_id: row.get(1)?, key_id: row.get(2)?, language }))
    }

    /// The newest messages before `before`, newest first.
    pub(super) fn chat_before(&mut self, owner: &Owner, before: Uuid, limit: i64) -> Result<Vec<ThreadRow>> {
        self.rows(BEFORE, args![owner.contact_id, owner.identity_id, before, limit])?
            .iter()
            .map(thread_row)
            .collect()
    }

    /// What the line has said after `after`, or since `since` without its having been shown; oldest first.
    pub(super) fn chat_after(
        &mut self,
        owner: &Owner,
        after: Uuid,
        since: Ts,
        limit: i64,
    ) -> Result<Vec<ThreadRow>> {
        self.rows(AFTER, args![owner.contact_id, owner.identity_id, after, since, limit])?
            .iter()
            .map(thread_row)
            .collect()
    }

    /// The person's newest message in either direction, and whether an answer is still on its way.
    pub(super) fn chat_progress(&mut self, contact_id: Uuid) -> Result<(Uuid, bool)> {
        let last = self.row(LAST, args![contact_id])?.map(|row| row.get(0)).transpose()?;
        let under_way: i64 = self.one(UNDER_WAY, args![contact_id])?.get(0)?;
        Ok((last.unwrap_or(Uuid::nil()), under_way > 0))
    }

    /// Moves sent messages to delivered; others stay where they are.
    pub(super) fn chat_shown(&mut self, ids: Vec<Uuid>) -> Result<()> {
        self.later(SHOWN, args![ids])
    }
}
