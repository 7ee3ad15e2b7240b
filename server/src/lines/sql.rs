//! Statements over `line`, `line_file` and `channel`.
use uuid::Uuid;

use crate::args;
use crate::store::{Result, Sql, Ts, Tx};

const LINES: Sql = crate::sql!("SELECT id, content_version FROM line ORDER BY slug");
const FILES: Sql = crate::sql!("SELECT path, body FROM line_file WHERE line_id = $1 ORDER BY path");
const CHANNELS: Sql =
    crate::sql!("SELECT id, kind, address, settings FROM channel WHERE line_id = $1 ORDER BY id");
const PUT_LINE: Sql = crate::sql!(
    "INSERT INTO line (id, slug, content_version, created_at) VALUES ($1, $2, 1, $3) \
     ON CONFLICT (slug) DO UPDATE SET content_version = line.content_version + 1 RETURNING id"
);
const CHANGED: Sql = crate::sql!("UPDATE line SET content_version = content_version + 1 WHERE id = $1");
const DELETE_FILES: Sql = crate::sql!("DELETE FROM line_file WHERE line_id = $1");
const INSERT_FILE: Sql = crate::sql!("INSERT INTO line_file (line_id, path, body) VALUES ($1, $2, $3)");
const PUT_CHANNEL: Sql = crate::sql!(
    "INSERT INTO channel (id, line_id, kind, address, settings, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (kind, address) DO UPDATE SET settings = excluded.settings RETURNING id, line_id"
);

/// A channel as stored.
pub struct ChannelRow {
    pub id: Uuid,
    pub kind: String,
    pub address: String,
    pub settings: Vec<u8>,
}

impl Tx<'_> {
    /// Every line, and the version of its content and channels.
    pub(super) fn line_versions(&mut self) -> Result<Vec<(Uuid, i64)>> {
        self.rows(LINES, args![])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    pub(super) fn line_files(&mut self, line_id: Uuid) -> Result<Vec<(String, Vec<u8>)>> {
        self.rows(FILES, args![line_id])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    pub(super) fn line_channels(&mut self, line_id: Uuid) -> Result<Vec<ChannelRow>> {
        self.rows(CHANNELS, args![line_id])?
            .iter()
            .map(|row| {
                Ok(ChannelRow {
                    id: row.get(0)?,
                    kind: row.get(1)?,
                    address: row.get(2)?,
                    settings: row.get(3)?,
                })
            })
            .collect()
    }

    /// Makes or replaces a line's content; answers the line's id.
    pub(super) fn put_line(
        &mut self,
        new_id: Uuid,
        slug: &str,
        files: &[(String, Vec<u8>)],
        now: Ts,
    ) -> Result<Uuid> {
        let id: Uuid = self.one(PUT_LINE, args![new_id, slug, now])?.get(0)?;
        self.run(DELETE_FILES, args![id])?;
        for (path, body) in files {
            self.run(INSERT_FILE, args![id, path.as_str(), body.as_slice()])?;
        }
        Ok(id)
    }

    /// Makes a channel or replaces its settings; answers its id and the line that it belongs to.
    pub(super) fn put_channel(&mut self, row: &ChannelRow, line_id: Uuid, now: Ts) -> Result<(Uuid, Uuid)> {
        self.run(CHANGED, args![line_id])?;
        let row = self.one(
            PUT_CHANNEL,
            args![row.id, line_id, row.kind.as_str(), row.address.as_str(), row.settings.as_slice(), now],
        )?;
        Ok((row.get(0)?, row.get(1)?))
    }
}
