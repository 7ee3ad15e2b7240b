//! Addresses under which a person's file can be fetched by whoever holds them: a provider that brings it to her, or she
//! herself. An address names no person, cannot be guessed or made longer-lived, and leads nowhere once the file is gone.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::form::Form;
use crate::app::App;
use crate::store::Ts;

/// For how long an address works, in hours: she may have no connection for days.
const HOURS: i64 = 14 * 24;
const HOUR_SECONDS: i64 = 3_600;
/// Bytes of the mark that shows that we made it: 96 bits, past any guessing.
const MARK_BYTES: usize = 12;
const ID_BYTES: usize = 16;
const UNTIL_BYTES: usize = 4;

fn mark(app: &App, id: Uuid, until: u32) -> Vec<u8> {
    let mut mark = app.vault.lookup_hash("file_address", id, &until.to_string());
    mark.truncate(MARK_BYTES);
    mark
}

/// What names a file in an address, for a fortnight.
#[must_use]
pub fn token(app: &App, id: Uuid, now: Ts) -> String {
    let hours = now.0 / 1_000_000 / HOUR_SECONDS + 1 + HOURS;
    let until = u32::try_from(hours).unwrap_or(0);
    let mut bytes = id.as_bytes().to_vec();
    bytes.extend(until.to_be_bytes());
    bytes.extend(mark(app, id, until));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The file that a token names; `None` when it is none of ours, or over.
#[must_use]
pub fn read(app: &App, token: &str, now: Ts) -> Option<Uuid> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, rest) = bytes.split_at_checked(ID_BYTES)?;
    let (until, given) = rest.split_at_checked(UNTIL_BYTES)?;
    let id = Uuid::from_slice(id).ok()?;
    let until = u32::from_be_bytes(until.try_into().ok()?);
    let ours = mark(app, id, until);
    let valid =
        bool::from(ours.as_slice().ct_eq(given)) && i64::from(until) * HOUR_SECONDS > now.0 / 1_000_000;
    valid.then_some(id)
}

/// The page of a file, for a person.
#[must_use]
pub fn page(app: &App, id: Uuid, now: Ts) -> String {
    format!("{}/f/{}", app.config.public_url, token(app, id, now))
}

/// The bytes of a form of a file, for a provider. The name says what kind it is, never more.
#[must_use]
pub fn body(app: &App, id: Uuid, form: Form, content_type: &str, now: Ts) -> String {
    format!("{}/{}/{}", page(app, id, now), form.code(), name(content_type))
}

/// Puts an address behind a text, on a line of its own.
pub fn append(text: &mut String, address: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(address);
}

/// A name for a file of this type.
#[must_use]
pub fn name(content_type: &str) -> &'static str {
    match content_type {
        "image/jpeg" => "photo.jpg",
        "image/png" => "picture.png",
        "image/gif" => "picture.gif",
        "image/webp" => "picture.webp",
        "audio/ogg" | "audio/opus" | "audio/vorbis" => "audio.ogg",
        "audio/mpeg" => "audio.mp3",
        "audio/mp4" => "audio.m4a",
        "audio/aac" => "audio.aac",
        "audio/amr" => "audio.amr",
        "audio/wav" => "audio.wav",
        "video/mp4" => "video.mp4",
        "video/3gpp" => "video.3gp",
        "video/webm" => "video.webm",
        "video/quicktime" => "video.mov",
        "application/pdf" => "document.pdf",
        "application/msword" => "document.doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "document.docx",
        "application/vnd.ms-excel" => "document.xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "document.xlsx",
        "application/vnd.oasis.opendocument.text" => "document.odt",
        "application/vnd.oasis.opendocument.spreadsheet" => "document.ods",
        "text/plain" => "document.txt",
        "text/vcard" => "contact.vcf",
        _ => "file.bin",
    }
}
