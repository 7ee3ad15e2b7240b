//! Statements over `media` and `media_file`.
use uuid::Uuid;

use super::{MediaState, Shown};
use crate::args;
use crate::store::{Result, Sql, Ts, Tx};

const INSERT: Sql = crate::sql!(
    "INSERT INTO media (id, line_id, contact_id, conversation_id, message_id, channel_id, state, source, \
     content_type, attempts, created_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, 0, $9)"
);
const ONE: Sql = crate::sql!(
    "SELECT id, line_id, contact_id, conversation_id, message_id, channel_id, state, source, content_type, size, \
     hash, attempts, reason FROM media WHERE id = $1"
);
const SHOWN: Sql = crate::sql!("SELECT id, state, content_type, size FROM media WHERE id {in_uuids:$1}");
const HERE: Sql = crate::sql!(
    "UPDATE media SET state = 1, source = NULL, content_type = $2, size = $3, hash = $4, reason = NULL WHERE id = $1"
);
const PUT_FILE: Sql = crate::sql!(
    "INSERT INTO media_file (contact_id, hash, body) VALUES ($1, $2, $3) ON CONFLICT (contact_id, hash) DO NOTHING"
);
const FILE: Sql = crate::sql!("SELECT body FROM media_file WHERE contact_id = $1 AND hash = $2");
const FAILED: Sql = crate::sql!(
    "UPDATE media SET state = $2, attempts = attempts + 1, reason = $3 WHERE id = $1 AND state = 0"
);
const AGAIN: Sql = crate::sql!(
    "UPDATE media SET state = 0, attempts = 0, reason = NULL WHERE id = $1 AND state = 2 AND source IS NOT NULL"
);

/// A file that came, or is to come.
pub(super) struct MediaRow {
    pub id: Uuid,
    pub line_id: Uuid,
    pub contact_id: Uuid,
    pub conversation_id: Option<Uuid>,
    pub message_id: Uuid,
    pub channel_id: Uuid,
    pub state: MediaState,
    pub source: Option<Vec<u8>>,
    pub content_type: Option<String>,
    pub hash: Option<Vec<u8>>,
    pub attempts: i64,
}

impl Tx<'_> {
    #[expect(clippy::too_many_arguments, reason = "a row's columns")]
    pub(super) fn insert_media(
        &mut self,
        id: Uuid,
        line_id: Uuid,
        contact_id: Uuid,
        conversation_id: Option<Uuid>,
        message_id: Uuid,
        channel_id: Uuid,
        source: Vec<u8>,
        content_type: &str,
        now: Ts,
    ) -> Result<()> {
        let args = args![
            id,
            line_id,
            contact_id,
            conversation_id,
            message_id,
            channel_id,
            source,
            content_type,
            now
        ];
        self.later(INSERT, args)
    }

    pub(super) fn media(&mut self, id: Uuid) -> Result<Option<MediaRow>> {
        let row = self.row(ONE, args![id])?;
        row.map(|row| {
            Ok(MediaRow {
                id: row.get(0)?,
                line_id: row.get(1)?,
                contact_id: row.get(2)?,
                conversation_id: row.get(3)?,
                message_id: row.get(4)?,
                channel_id: row.get(5)?,
                state: MediaState::from_code(row.get(6)?)?,
                source: row.get(7)?,
                content_type: row.get(8)?,
                hash: row.get(10)?,
                attempts: row.get(11)?,
            })
        })
        .transpose()
    }

    /// How these files stand, each with its id.
    pub(super) fn media_shown(&mut self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, Shown)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.rows(SHOWN, args![ids])?;
        let read = rows.iter().map(|row| {
            let state = MediaState::from_code(row.get(1)?)?;
            Ok((row.get(0)?, Shown { state, content_type: row.get(2)?, size: row.get(3)? }))
        });
        read.collect()
    }

    /// The file is here.
    pub(super) fn media_here(
        &mut self,
        media: &MediaRow,
        content_type: &str,
        size: i64,
        hash: &[u8],
        body: &[u8],
    ) -> Result<()> {
        self.run(PUT_FILE, args![media.contact_id, hash, body])?;
        self.run(HERE, args![media.id, content_type, size, hash]).map(drop)
    }

    pub(super) fn media_file(&mut self, contact_id: Uuid, hash: &[u8]) -> Result<Option<Vec<u8>>> {
        self.row(FILE, args![contact_id, hash])?.map(|row| row.get(0)).transpose()
    }

    /// It could not be fetched: it waits for another try, or is given up.
    pub(super) fn media_failed(&mut self, id: Uuid, state: MediaState, reason: &str) -> Result<()> {
        self.run(FAILED, args![id, state as i64, reason]).map(drop)
    }

    pub(super) fn media_again(&mut self, id: Uuid) -> Result<bool> {
        Ok(self.run(AGAIN, args![id])? == 1)
    }
}
