//! Statements over `media` and `media_file`.
use uuid::Uuid;

use super::form::{Known, Made, Original};
use super::plan::Refusal;
use super::{MediaState, Shown};
use crate::args;
use crate::store::{Result, Row, Sql, Ts, Tx};

const INSERT: Sql = crate::sql!(
    "INSERT INTO media (id, line_id, contact_id, conversation_id, message_id, channel_id, state, source, \
     content_type, attempts, created_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, 0, $9)"
);
const ONE: Sql = crate::sql!(
    "SELECT id, line_id, contact_id, conversation_id, message_id, channel_id, state, source, content_type, size, \
     hash, attempts, reason, author, label FROM media WHERE id = $1"
);
const SHOWN: Sql = crate::sql!(
    "SELECT m.id, m.state, m.content_type, m.size, m.label, f.size FROM media m LEFT JOIN media_form f \
     ON f.owner_id = m.contact_id AND f.hash = m.hash AND f.form = 'small' AND f.reason IS NULL \
     WHERE m.id {in_uuids:$1}"
);
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
const UPLOAD: Sql = crate::sql!(
    "INSERT INTO media (id, line_id, contact_id, conversation_id, message_id, channel_id, state, content_type, size, \
     hash, attempts, author, label, created_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, 0, $10, $11, $12)"
);
const UNSENT: Sql = crate::sql!(
    "SELECT count(*) FROM media m JOIN conversation c ON c.contact_id = m.contact_id \
     WHERE c.id = $1 AND m.conversation_id = $1 AND m.author = $2 AND m.message_id = $3"
);
const FORGOTTEN: Sql = crate::sql!(
    "SELECT id, line_id, contact_id, conversation_id, message_id, channel_id, state, source, content_type, size, \
     hash, attempts, reason, author, label FROM media WHERE line_id = $1 AND message_id = $2 AND created_at < $3 \
     LIMIT $4"
);
const SENT: Sql = crate::sql!("UPDATE media SET message_id = $2, label = $3 WHERE id = $1");
const DELETE: Sql = crate::sql!("DELETE FROM media WHERE id = $1");
const DELETE_FILE: Sql = crate::sql!(
    "DELETE FROM media_file WHERE contact_id = $1 AND hash = $2 \
     AND NOT EXISTS (SELECT 1 FROM media m WHERE m.contact_id = $1 AND m.hash = $2)"
);
const DELETE_FORMS: Sql = crate::sql!(
    "DELETE FROM media_form WHERE owner_id = $1 AND hash = $2 \
     AND NOT EXISTS (SELECT 1 FROM media m WHERE m.contact_id = $1 AND m.hash = $2)"
);
const HAS_FILE: Sql = crate::sql!("SELECT 1 FROM media_file WHERE contact_id = $1 AND hash = $2");
const FORM: Sql = crate::sql!(
    "SELECT content_type, size, width, height, smaller, reason FROM media_form \
     WHERE owner_id = $1 AND hash = $2 AND form = $3"
);
const FORM_BODY: Sql =
    crate::sql!("SELECT body FROM media_form WHERE owner_id = $1 AND hash = $2 AND form = $3");
const PUT_FORM: Sql = crate::sql!(
    "INSERT INTO media_form (owner_id, hash, form, line_id, content_type, size, width, height, smaller, body, reason, \
     created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (owner_id, hash, form) DO NOTHING"
);

/// A file that staff bring.
pub(super) struct NewUpload<'a> {
    pub id: Uuid,
    pub line_id: Uuid,
    pub contact_id: Uuid,
    pub conversation_id: Uuid,
    pub channel_id: Uuid,
    pub author: Uuid,
    pub content_type: &'a str,
    pub size: i64,
    pub hash: &'a [u8],
    pub body: &'a [u8],
    pub label: &'a [u8],
    pub now: Ts,
}

/// A file that came, or is to come, or that staff send.
#[derive(Clone)]
pub struct MediaRow {
    pub id: Uuid,
    pub line_id: Uuid,
    pub contact_id: Uuid,
    pub conversation_id: Option<Uuid>,
    pub message_id: Uuid,
    pub channel_id: Uuid,
    pub state: MediaState,
    pub source: Option<Vec<u8>>,
    pub content_type: Option<String>,
    pub size: Option<i64>,
    pub hash: Option<Vec<u8>>,
    pub attempts: i64,
    /// Who brought it, when staff did; then `message_id` is nil until it is sent.
    pub author: Option<Uuid>,
    /// Sealed [`super::out::Label`].
    pub label: Option<Vec<u8>>,
}

fn media_row(row: &Row) -> Result<MediaRow> {
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
        size: row.get(9)?,
        hash: row.get(10)?,
        attempts: row.get(11)?,
        author: row.get(13)?,
        label: row.get(14)?,
    })
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
        self.row(ONE, args![id])?.as_ref().map(media_row).transpose()
    }

    /// How these files stand, each with its id.
    pub(super) fn media_shown(&mut self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, Shown)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.rows(SHOWN, args![ids])?;
        let read = rows.iter().map(|row| {
            let state = MediaState::from_code(row.get(1)?)?;
            let (content_type, size) = (row.get(2)?, row.get(3)?);
            Ok((row.get(0)?, Shown { state, content_type, size, label: row.get(4)?, small: row.get(5)? }))
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

    pub(super) fn insert_upload(&mut self, new: &NewUpload<'_>) -> Result<()> {
        self.run(PUT_FILE, args![new.contact_id, new.hash, new.body])?;
        let args = args![
            new.id,
            new.line_id,
            new.contact_id,
            new.conversation_id,
            Uuid::nil(),
            new.channel_id,
            new.content_type,
            new.size,
            new.hash,
            new.author,
            new.label,
            new.now
        ];
        self.run(UPLOAD, args).map(drop)
    }

    /// How many files of somebody's wait for her reply in a conversation.
    pub(super) fn count_unsent_media(&mut self, conversation: Uuid, author: Uuid) -> Result<i64> {
        self.one(UNSENT, args![conversation, author, Uuid::nil()])?.get(0)
    }

    /// Files whose reply has not come since long.
    pub(super) fn forgotten_media(&mut self, line: Uuid, before: Ts, limit: i64) -> Result<Vec<MediaRow>> {
        self.rows(FORGOTTEN, args![line, Uuid::nil(), before, limit])?.iter().map(media_row).collect()
    }

    pub(super) fn media_sent(&mut self, id: Uuid, message: Uuid, label: &[u8]) -> Result<()> {
        self.run(SENT, args![id, message, label]).map(drop)
    }

    /// Removes a file, and its bytes with all that was made of them when no other file of hers is the same.
    pub(super) fn delete_media(&mut self, row: &MediaRow) -> Result<()> {
        self.run(DELETE, args![row.id])?;
        if let Some(hash) = &row.hash {
            for sql in [DELETE_FORMS, DELETE_FILE] {
                self.run(sql, args![row.contact_id, hash.as_slice()])?;
            }
        }
        Ok(())
    }

    pub(super) fn has_media_file(&mut self, contact: Uuid, hash: &[u8]) -> Result<bool> {
        Ok(self.row(HAS_FILE, args![contact, hash])?.is_some())
    }

    pub(super) fn media_form(&mut self, owner: Uuid, hash: &[u8], form: &str) -> Result<Option<Known>> {
        let Some(row) = self.row(FORM, args![owner, hash, form])? else { return Ok(None) };
        if let Some(reason) = row.get::<Option<String>>(5)? {
            return Ok(Some(Err(Refusal::read(&reason))));
        }
        Ok(Some(Ok(Made {
            content_type: row.get(0)?,
            size: u64::try_from(row.get::<i64>(1)?).unwrap_or(0),
            width: row.get(2)?,
            height: row.get(3)?,
            smaller: row.get(4)?,
        })))
    }

    pub(super) fn media_form_body(
        &mut self,
        owner: Uuid,
        hash: &[u8],
        form: &str,
    ) -> Result<Option<Vec<u8>>> {
        match self.row(FORM_BODY, args![owner, hash, form])? {
            Some(row) => row.get(0),
            None => Ok(None),
        }
    }

    pub(super) fn put_media_form(
        &mut self,
        original: &Original,
        form: &str,
        known: &Known,
        body: Option<Vec<u8>>,
        now: Ts,
    ) -> Result<()> {
        let nothing =
            || Made { content_type: String::new(), size: 0, width: None, height: None, smaller: false };
        let (made, reason) = match known {
            Ok(made) => (made.clone(), None),
            Err(refusal) => (nothing(), Some(refusal.as_str())),
        };
        let args = args![
            original.owner,
            original.hash.as_slice(),
            form,
            original.line_id,
            made.content_type,
            i64::try_from(made.size).unwrap_or(i64::MAX),
            made.width,
            made.height,
            made.smaller,
            body,
            reason,
            now
        ];
        self.run(PUT_FORM, args).map(drop)
    }
}
