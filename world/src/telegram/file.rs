//! The files that people send to a bot: asked for by id, fetched by a path that holds the bot's token.
use bytes::Bytes;
use serde_json::{Value, json};

use super::send::Refusal;
use super::{Bot, File, Inner};

/// What a bot may fetch (core.telegram.org/bots/api#getfile).
const MAX_DOWNLOAD_BYTES: usize = 20 * 1024 * 1024;

/// A file as an update names it.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub id: String,
    pub path: String,
}

impl Inner {
    pub(super) fn keep_file(&self, bot: &Bot, kind: &str, content_type: &str, bytes: &Bytes) -> Kept {
        let number = self.next();
        let folder = match kind {
            "photo" => "photos",
            "voice" => "voice",
            "video" => "videos",
            "audio" => "music",
            "sticker" => "stickers",
            _ => "documents",
        };
        let ending = content_type.rsplit(['/', ';']).next_back().unwrap_or("bin").trim();
        let ending: String = ending.chars().filter(char::is_ascii_alphanumeric).collect();
        let kept =
            Kept { id: format!("AgACAg{number:012X}"), path: format!("{folder}/file_{number}.{ending}") };
        let (path, content_type) = (kept.path.clone(), content_type.to_owned());
        let file = File { bot: bot.token.clone(), path, content_type, bytes: bytes.clone() };
        self.state().files.insert(kept.id.clone(), file);
        kept
    }

    pub(super) fn file_url(&self, bot: &Bot, path: &str) -> String {
        format!("{}/file/bot{}/{path}", self.base_url.get().map_or("", String::as_str), bot.token)
    }

    /// `getFile`.
    pub(super) fn file(&self, bot: &Bot, id: Option<&str>) -> Result<Value, Refusal> {
        let id = id.ok_or_else(|| Refusal::bad("file_id not specified"))?;
        let state = self.state();
        let found = state.files.get(id).filter(|file| file.bot == bot.token);
        let file =
            found.ok_or_else(|| Refusal::bad("wrong file_id or the file is temporarily unavailable"))?;
        if file.bytes.len() > MAX_DOWNLOAD_BYTES {
            return Err(Refusal::bad("file is too big"));
        }
        Ok(json!({
            "file_id": id,
            "file_unique_id": format!("u{id}"),
            "file_size": file.bytes.len(),
            "file_path": file.path,
        }))
    }

    /// The file at a path, with its type.
    pub(super) fn file_at(&self, token: &str, path: &str) -> Option<(String, Bytes)> {
        let state = self.state();
        let file = state.files.values().find(|file| file.bot == token && file.path == path)?;
        Some((file.content_type.clone(), file.bytes.clone()))
    }
}
