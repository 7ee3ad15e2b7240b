//! Files that staff send: brought to the server before the reply, told what becomes of them on the person's channel, sent
//! with the reply or taken back.
use flow::words::Attachment;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fetch::{sha256, sniffed};
use super::fitting::taker;
use super::form::{self, Form, Made, Original};
use super::plan::{Plan, Refusal, plan};
use super::sql::{MediaRow, NewUpload};
use super::{MAX_BYTES, SCHEME, picture};
use crate::access::Held;
use crate::api::Problem;
use crate::app::App;
use crate::contacts::Contact;
use crate::lines::Channel;
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::Purpose;

/// The most files of one reply.
pub const MAX_FILES_OF_REPLY: usize = 10;
/// Longest description of a file, and longest name that is kept, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 500;
const MAX_NAME_CHARS: usize = 120;
/// How long a file waits for its reply, in seconds.
const UNSENT_SECONDS: i64 = 86_400;
/// How many of those that wait too long are removed in one step.
const UNSENT_ROUND: i64 = 200;

/// A file's name, and what is in it for somebody who cannot see it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Label {
    pub name: String,
    pub description: String,
}

/// A file that was looked at and sealed, on its way into the store.
pub struct Upload {
    pub content_type: String,
    size: i64,
    hash: Vec<u8>,
    sealed: Vec<u8>,
    label: Vec<u8>,
}

/// Looks at a file and seals it: slow, for a thread of its own.
///
/// # Errors
/// A [`Problem`] that says why it is not taken.
pub fn examine(app: &App, contact: &Contact, bytes: &[u8], name: &str) -> Result<Upload> {
    let refuse = |reason: &str, words: &str| {
        Problem::field("file", words).with("reason", serde_json::Value::from(reason))
    };
    if bytes.is_empty() {
        return Err(refuse("empty", "The file is empty.").into());
    }
    if bytes.len() > MAX_BYTES {
        return Err(refuse("too_large", "The file is too large.").into());
    }
    let mut content_type = sniffed(bytes, if is_text(bytes) { "text/plain" } else { "" });
    // Ogg with something else in it than telephones play.
    if content_type == "audio/ogg" && !holds(bytes, b"OpusHead") {
        content_type = "audio/vorbis".to_owned();
    }
    if !is_sendable(&content_type) {
        return Err(refuse("kind", "Files of this kind are not sent to people.").into());
    }
    if content_type.starts_with("image/") {
        let looked = if app.forge.can().read(&content_type) {
            picture::look(bytes, &content_type)
        } else {
            Err(Refusal::UnreadablePicture)
        };
        if let Err(refusal) = looked {
            return Err(refuse(refusal.as_str(), "This picture cannot be read.").into());
        }
    }
    let label = Label { name: clean_name(name), description: String::new() };
    Ok(Upload {
        size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        hash: app.vault.lookup_hash("media", contact.id, &hex::encode(sha256(bytes))),
        sealed: contact.key.seal(Purpose::Media, bytes)?,
        label: contact.key.seal_json(Purpose::Media, &label)?,
        content_type,
    })
}

/// Whether a word stands near the beginning of a file.
fn holds(bytes: &[u8], word: &[u8]) -> bool {
    const NEAR: usize = 512;
    bytes[..bytes.len().min(NEAR)].windows(word.len()).any(|part| part == word)
}

fn is_text(bytes: &[u8]) -> bool {
    let strange = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    // What begins like a page could be opened as one.
    std::str::from_utf8(bytes)
        .is_ok_and(|text| !text.contains(strange) && !text.trim_start().starts_with('<'))
}

/// What people are sent: what a telephone opens, and nothing that runs.
fn is_sendable(content_type: &str) -> bool {
    const DOCUMENTS: [&str; 11] = [
        "application/pdf",
        "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/rtf",
        "text/plain",
    ];
    let sort = content_type.split('/').next().unwrap_or("");
    matches!(sort, "image" | "audio" | "video") || DOCUMENTS.contains(&content_type)
}

/// A name as it is shown to staff: one line, no path, of bearable length. People never get it.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    last.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect::<String>().trim().to_owned()
}

/// Puts an examined file into the store; its id.
///
/// # Errors
/// When the store refuses, or too many wait already.
pub fn put(tx: &mut Tx<'_>, app: &App, held: &Held, channel: Uuid, upload: &Upload, now: Ts) -> Result<Uuid> {
    let (contact, conversation) = (held.contact(), held.conversation());
    let me = held.access().staff();
    let waiting = usize::try_from(tx.count_unsent_media(conversation.id, me)?).unwrap_or(usize::MAX);
    if waiting >= MAX_FILES_OF_REPLY {
        let words = format!("A reply takes {MAX_FILES_OF_REPLY} files at the most.");
        return Err(Problem::conflict("too-many-files", words).into());
    }
    let id = app.id();
    tx.insert_upload(&NewUpload {
        id,
        line_id: contact.line_id,
        contact_id: contact.id,
        conversation_id: conversation.id,
        channel_id: channel,
        author: me,
        content_type: &upload.content_type,
        size: upload.size,
        hash: &upload.hash,
        body: &upload.sealed,
        label: &upload.label,
        now,
    })?;
    Ok(id)
}

/// One's own file that waits in this conversation.
///
/// # Errors
/// A [`Problem`] when there is none.
pub fn unsent(tx: &mut Tx<'_>, held: &Held, id: Uuid) -> Result<MediaRow> {
    let me = held.access().staff();
    let row = tx.media(id)?.filter(|row| {
        row.contact_id == held.contact().id
            && row.conversation_id == Some(held.conversation().id)
            && row.author == Some(me)
            && row.message_id.is_nil()
    });
    Ok(row.ok_or_else(|| Problem::field("files", "This file is not there any more. Add it again."))?)
}

/// Takes a file back that was not sent.
///
/// # Errors
/// A [`Problem`] when there is none.
pub fn discard(tx: &mut Tx<'_>, held: &Held, id: Uuid) -> Result<()> {
    let row = unsent(tx, held, id)?;
    tx.delete_media(&row)
}

/// Removes files whose reply never came.
///
/// # Errors
/// When the store refuses.
pub fn discard_forgotten(tx: &mut Tx<'_>, line_id: Uuid, now: Ts) -> Result<()> {
    for row in tx.forgotten_media(line_id, now.plus_seconds(-UNSENT_SECONDS), UNSENT_ROUND)? {
        tx.delete_media(&row)?;
    }
    Ok(())
}

/// Gives files to the message that takes them along, with what is said about each; what the message then holds.
///
/// # Errors
/// A [`Problem`] when one is not there.
pub fn attach(tx: &mut Tx<'_>, held: &Held, message: Uuid, files: &[(MediaRow, String)]) -> Result<()> {
    for (row, description) in files {
        let key = &held.contact().key;
        let mut label = label_of(held.contact(), row)?;
        label.description.clone_from(description);
        tx.media_sent(row.id, message, &key.seal_json(Purpose::Media, &label)?)?;
    }
    Ok(())
}

/// Files as a message's content holds them.
#[must_use]
pub fn attachments(files: &[(MediaRow, String)]) -> Vec<Attachment> {
    let attachment = |row: &MediaRow| Attachment {
        content_type: row.content_type.clone().unwrap_or_default(),
        url: format!("{SCHEME}{}", row.id),
    };
    files.iter().map(|(row, _)| attachment(row)).collect()
}

fn label_of(contact: &Contact, row: &MediaRow) -> Result<Label> {
    match &row.label {
        Some(sealed) => Ok(contact.key.open_json(Purpose::Media, sealed)?),
        None => Ok(Label::default()),
    }
}

/// What a file becomes on its way to the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Becomes {
    pub id: Uuid,
    /// `as_is`, `converted` (another kind, or smaller), `link` (the channel does not carry it: she gets an address), or
    /// `refused`.
    pub how: &'static str,
    /// Why it is refused: `unreadable_picture`, `no_converter`, `damaged`, `too_many_pixels`, `too_large`, `too_slow` or
    /// `on_a_call`.
    pub reason: Option<&'static str>,
    /// What leaves, or is opened under the address.
    pub content_type: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    pub width: Option<i64>,
    pub height: Option<i64>,
}

impl Becomes {
    /// Whether it cannot be sent.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.how == "refused"
    }
}

/// What a file becomes on a channel, having made it so: what is told is what leaves.
///
/// # Errors
/// When the store refuses.
pub async fn becomes(app: &App, channel: &Channel, id: Uuid, original: &Original) -> Result<Becomes> {
    let can = app.forge.can();
    let (form, how) = match plan(taker(channel), &original.content_type, original.size, can) {
        Plan::Refuse(refusal) => return Ok(refused(id, refusal)),
        Plan::Send(form) => (form, None),
        Plan::Link(form) => (form, Some("link")),
    };
    // The page that an address leads to shows the small form first.
    if how.is_some() && can.read(&original.content_type) {
        let _small = form::ensure(app, original, Form::Small).await?;
    }
    Ok(match form::ensure(app, original, form).await? {
        Err(refusal) => refused(id, refusal),
        Ok(Made { content_type, size, width, height, smaller }) => {
            let same =
                content_type == original.content_type && !smaller && !matches!(form, Form::Opus { .. });
            let how = how.unwrap_or(if same { "as_is" } else { "converted" });
            Becomes {
                id,
                how,
                reason: None,
                content_type: Some(content_type),
                size: Some(size),
                width,
                height,
            }
        }
    })
}

fn refused(id: Uuid, refusal: Refusal) -> Becomes {
    let reason = Some(refusal.as_str());
    Becomes { id, how: "refused", reason, content_type: None, size: None, width: None, height: None }
}

/// The files of an unsent reply as forms are made of them.
///
/// # Errors
/// A [`Problem`] when one is not there.
pub fn originals(tx: &mut Tx<'_>, held: &Held, ids: &[Uuid]) -> Result<Vec<(Uuid, Original)>> {
    let of = |row: &MediaRow| {
        Original::of(held.contact(), row).ok_or_else(|| StoreError::Shape("media.hash is missing".into()))
    };
    ids.iter().map(|id| Ok((*id, of(&unsent(tx, held, *id)?)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_telephone_opens_is_sent() {
        for (content_type, sent) in [
            ("image/jpeg", true),
            ("audio/mpeg", true),
            ("application/pdf", true),
            ("text/plain", true),
            ("application/octet-stream", false),
            ("text/html", false),
            ("application/zip", false),
            ("application/x-executable", false),
        ] {
            assert_eq!(is_sendable(content_type), sent, "{content_type}");
        }
        assert!(is_text("hola, ¿qué tal?".as_bytes()));
        assert!(
            !is_text(b"  <!doctype html>") && !is_text(b"a\0b") && !is_text(b"\x7fELF") && !is_text(b"\xff")
        );
    }

    #[test]
    fn a_name_is_one_line_without_a_path() {
        for (given, kept) in [
            ("photo.jpg", "photo.jpg"),
            ("C:\\Users\\Ana\\photo.jpg", "photo.jpg"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nb.jpg", "ab.jpg"),
            ("", ""),
        ] {
            assert_eq!(clean_name(given), kept);
        }
        assert_eq!(clean_name(&"x".repeat(500)).len(), MAX_NAME_CHARS);
    }
}
