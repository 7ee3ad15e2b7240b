//! Files of conversations. What people send: the message is stored first, with a placeholder; a job fetches the file
//! within the provider's life-time, looks at what it really is, and seals it with the person's key; what cannot be had
//! stays visible. What staff send: brought before the reply, made into what the channel takes, and sealed likewise.
mod fetch;
mod fitting;
pub mod form;
mod heif;
pub mod http;
pub mod link;
pub mod out;
mod picture;
pub mod plan;
mod program;
mod sound;
mod sql;

use std::collections::HashMap;

use channels::{IncomingAttachment, MediaSource};
use flow::words::Attachment;
use uuid::Uuid;

use crate::app::App;
use crate::contacts::{self, Contact};
use crate::jobs::{self, Job};
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::{Key, Purpose};

pub use fetch::run as fetch;
pub use fitting::{Fitted, fit, taker};
pub use form::Forge;
pub use sql::MediaRow;

/// The largest file that is kept, in bytes.
pub const MAX_BYTES: usize = 25 * 1024 * 1024;
/// The most files of one message that are kept.
const MAX_FILES: usize = 20;
/// What the address of such a file begins with in a stored message; its id follows.
const SCHEME: &str = "media:";

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    Waiting,
    Here,
    /// The provider does not give it, or it is too large.
    GivenUp,
}

impl MediaState {
    fn from_code(code: i64) -> Result<Self> {
        Ok(match code {
            0 => Self::Waiting,
            1 => Self::Here,
            2 => Self::GivenUp,
            other => return Err(StoreError::Shape(format!("media.state holds {other}"))),
        })
    }

    /// As the API says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Here => "here",
            Self::GivenUp => "given_up",
        }
    }
}

/// A file as a thread shows it.
#[derive(Debug, Clone)]
pub struct Shown {
    pub state: MediaState,
    pub content_type: Option<String>,
    pub size: Option<i64>,
    /// Sealed [`out::Label`] of a file that staff sent.
    pub label: Option<Vec<u8>>,
    /// The size of its small form, when that was made.
    pub small: Option<i64>,
}

/// Notes the files of a message that is kept, and sets their fetching going; what the message then holds in their place.
///
/// # Errors
/// When the store refuses.
pub fn keep(
    tx: &mut Tx<'_>,
    app: &App,
    contact: &Contact,
    channel_id: Uuid,
    message_id: Uuid,
    attachments: &[IncomingAttachment],
    now: Ts,
) -> Result<Vec<Attachment>> {
    let mut kept = Vec::with_capacity(attachments.len());
    for attachment in attachments.iter().take(MAX_FILES) {
        let url = match &attachment.source {
            MediaSource::Location { .. } => {
                kept.extend(attachment.as_attachment());
                continue;
            }
            MediaSource::Inline { .. }
            | MediaSource::Encoded { .. }
            | MediaSource::Url { .. }
            | MediaSource::Id { .. } => {
                let id = app.id();
                let source = contact.key.seal_json(Purpose::Media, attachment)?;
                let (line, conversation) = (contact.line_id, contact.conversation_id);
                let kind = attachment.content_type.as_str();
                tx.insert_media(
                    id,
                    line,
                    contact.id,
                    conversation,
                    message_id,
                    channel_id,
                    source,
                    kind,
                    now,
                )?;
                jobs::add_for_contact(tx, app, contact, &Job::FetchMedia { media: id }, now)?;
                format!("{SCHEME}{id}")
            }
        };
        kept.push(Attachment { content_type: attachment.content_type.clone(), url });
    }
    Ok(kept)
}

/// The id behind an address in a stored message; `None` for every other address.
#[must_use]
pub fn id_of(url: &str) -> Option<Uuid> {
    url.strip_prefix(SCHEME)?.parse().ok()
}

/// How the files of some messages stand.
///
/// # Errors
/// When the store refuses.
pub fn shown<'a>(tx: &mut Tx<'_>, urls: impl Iterator<Item = &'a str>) -> Result<HashMap<Uuid, Shown>> {
    Ok(tx.media_shown(urls.filter_map(id_of).collect())?.into_iter().collect())
}

/// Names and descriptions of files that staff sent.
///
/// # Errors
/// When one cannot be opened.
pub fn labels(key: &Key, shown: &HashMap<Uuid, Shown>) -> Result<HashMap<Uuid, out::Label>> {
    let mut labels = HashMap::new();
    for (id, shown) in shown {
        if let Some(sealed) = &shown.label {
            labels.insert(*id, key.open_json(Purpose::Media, sealed)?);
        }
    }
    Ok(labels)
}

/// A person's file by its id, for whoever holds its address; `None` when it is not here.
///
/// # Errors
/// When the store refuses.
pub fn opened(tx: &mut Tx<'_>, app: &App, id: Uuid) -> Result<Option<Opened>> {
    let Some(row) = tx.media(id)?.filter(|row| row.state == MediaState::Here) else { return Ok(None) };
    let Some(contact) = contacts::get(tx, app, row.contact_id)? else { return Ok(None) };
    let Some(original) = form::Original::of(&contact, &row) else { return Ok(None) };
    let label = match &row.label {
        Some(sealed) => contact.key.open_json(Purpose::Media, sealed)?,
        None => out::Label::default(),
    };
    Ok(Some(Opened { original, label, language: contact.language, line_id: row.line_id }))
}

/// What is behind an address.
pub struct Opened {
    pub original: form::Original,
    pub label: out::Label,
    /// The person's.
    pub language: Option<flow::words::Language>,
    pub line_id: Uuid,
}
