//! Statements over `line`, `line_file` and `channel`.
use uuid::Uuid;

use super::ChannelState;
use crate::args;
use crate::store::{Result, Sql, Ts, Tx};

/// The longest word of health that is kept, in characters.
const MAX_HEALTH_CHARS: usize = 300;

const LINES: Sql = crate::sql!("SELECT id, content_version FROM line ORDER BY slug");
const FILES: Sql = crate::sql!("SELECT path, body FROM line_file WHERE line_id = $1 ORDER BY path");
const CHANNELS: Sql = crate::sql!(
    "SELECT id, kind, address, settings, options, state, state_reason, state_at FROM channel \
     WHERE line_id = $1 ORDER BY id"
);
const PUT_LINE: Sql = crate::sql!(
    "INSERT INTO line (id, slug, content_version, created_at) VALUES ($1, $2, 1, $3) \
     ON CONFLICT (slug) DO UPDATE SET content_version = line.content_version + 1 RETURNING id"
);
const CHANGED: Sql = crate::sql!("UPDATE line SET content_version = content_version + 1 WHERE id = $1");
const DELETE_FILES: Sql = crate::sql!("DELETE FROM line_file WHERE line_id = $1");
const INSERT_FILE: Sql = crate::sql!("INSERT INTO line_file (line_id, path, body) VALUES ($1, $2, $3)");
const PUT_CHANNEL: Sql = crate::sql!(
    "INSERT INTO channel (id, line_id, kind, address, settings, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (kind, address) DO UPDATE SET settings = excluded.settings, state = 0, state_reason = NULL, \
     state_at = NULL WHERE channel.line_id = excluded.line_id RETURNING id"
);
const SET_OPTIONS: Sql = crate::sql!("UPDATE channel SET options = $3 WHERE id = $1 AND line_id = $2");
/// A channel that the operator paused is not stopped on top of it.
const STOP: Sql =
    crate::sql!("UPDATE channel SET state = 2, state_reason = $2, state_at = $3 WHERE id = $1 AND state = 0");
const SET_STATE: Sql = crate::sql!(
    "UPDATE channel SET state = $3, state_reason = NULL, state_at = $4 WHERE id = $1 AND line_id = $2 AND state <> $3"
);

const PUT_HEALTH: Sql = crate::sql!(
    "INSERT INTO channel_health (channel_id, condition, says, at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (channel_id) DO UPDATE SET condition = excluded.condition, says = excluded.says, \
     at = excluded.at WHERE channel_health.at <= excluded.at"
);
const HEALTH: Sql = crate::sql!("SELECT condition, says, at FROM channel_health WHERE channel_id = $1");
const SETTINGS: Sql = crate::sql!("SELECT settings FROM channel WHERE id = $1 AND line_id = $2");

/// A channel as stored.
pub struct ChannelRow {
    pub id: Uuid,
    pub kind: String,
    pub address: String,
    pub settings: Vec<u8>,
    /// [`super::Delivery`] as JSON; empty stands for the defaults.
    pub options: String,
    pub state: ChannelState,
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
                    options: row.get(4)?,
                    state: ChannelState::from_row(row.get(5)?, row.get(6)?, row.get(7)?)?,
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

    /// Makes a channel, or replaces its settings and switches it on again; answers its id. `None` when the address
    /// belongs to another line.
    pub(super) fn put_channel(&mut self, row: &ChannelRow, line_id: Uuid, now: Ts) -> Result<Option<Uuid>> {
        self.run(CHANGED, args![line_id])?;
        let row = self.row(
            PUT_CHANNEL,
            args![row.id, line_id, row.kind.as_str(), row.address.as_str(), row.settings.as_slice(), now],
        )?;
        row.map(|row| row.get(0)).transpose()
    }

    /// Notes how what sends for a channel says it is, unless a newer word is known.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn put_channel_health(&mut self, id: Uuid, condition: &str, says: &str, at: Ts) -> Result<()> {
        let says: String = says.chars().take(MAX_HEALTH_CHARS).collect();
        self.later(PUT_HEALTH, args![id, condition, says.as_str(), at])
    }

    /// What sends for a channel said of itself last: how it is, in words, and when.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn channel_health(&mut self, id: Uuid) -> Result<Option<(String, String, Ts)>> {
        let row = self.row(HEALTH, args![id])?;
        row.map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).transpose()
    }

    /// A channel's sealed settings.
    pub(super) fn channel_settings(&mut self, id: Uuid, line_id: Uuid) -> Result<Option<Vec<u8>>> {
        self.row(SETTINGS, args![id, line_id])?.map(|row| row.get(0)).transpose()
    }

    /// Says how a channel delivers; `false` when the line has no such channel.
    pub(super) fn set_delivery(&mut self, id: Uuid, line_id: Uuid, options: &str) -> Result<bool> {
        self.run(CHANGED, args![line_id])?;
        Ok(self.run(SET_OPTIONS, args![id, line_id, options])? == 1)
    }

    /// Stops a channel whose account the provider refuses; `false` when it is not on.
    pub(super) fn stop_channel(&mut self, id: Uuid, line_id: Uuid, reason: &str, now: Ts) -> Result<bool> {
        let stopped = self.run(STOP, args![id, reason, now])? == 1;
        if stopped {
            self.run(CHANGED, args![line_id])?;
        }
        Ok(stopped)
    }

    /// Switches a channel on (0) or pauses it (1); `false` when nothing changed.
    pub(super) fn switch_channel(&mut self, id: Uuid, line_id: Uuid, state: i64, now: Ts) -> Result<bool> {
        let changed = self.run(SET_STATE, args![id, line_id, state, now])? == 1;
        if changed {
            self.run(CHANGED, args![line_id])?;
        }
        Ok(changed)
    }
}
