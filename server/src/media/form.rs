//! The forms of a file that are made for channels and small telephones: each made once, kept sealed beside the file, and
//! gone with it. Few are made at once, on threads of their own, and nobody who sends something else waits for them.
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::heif::is_heif;
use super::plan::{Can, Refusal};
use super::sql::MediaRow;
use super::{MAX_BYTES, heif, picture, program, sound};
use crate::app::App;
use crate::config::Config;
use crate::contacts::{self, Contact};
use crate::lines::PublicFile;
use crate::store::{Result, StoreError};
use crate::vault::{Key, Purpose};

/// How many conversions run at once in a process. One may take a quarter of a gigabyte.
const MAX_AT_ONCE: usize = 2;
/// How many conversions for messages on their way may wait; the messages of others come again for theirs.
const MAX_WAITING: usize = 64;
/// How long a picture may take.
const PICTURE_TIME_LIMIT: Duration = Duration::from_secs(20);
/// Longest side of a picture for small telephones, its quality, and the most that it may weigh.
const SMALL_SIDE: u32 = 640;
const SMALL_QUALITY: u8 = 70;
const SMALL_BYTES: u64 = 200 * 1024;

/// What a file is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// As it is.
    Original,
    /// A picture without what its camera wrote beside it, as JPEG.
    Jpeg { max_bytes: u64 },
    /// As [`Form::Jpeg`], as PNG where that fits.
    Png { max_bytes: u64 },
    /// Speech in one channel.
    Opus { max_bytes: u64 },
    /// A picture for small telephones and dear connections.
    Small,
}

impl Form {
    /// As the store and addresses name it.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::Original => "file".to_owned(),
            Self::Jpeg { max_bytes } => format!("jpeg-{max_bytes}"),
            Self::Png { max_bytes } => format!("png-{max_bytes}"),
            Self::Opus { max_bytes } => format!("opus-{max_bytes}"),
            Self::Small => "small".to_owned(),
        }
    }

    /// Reads [`code`](Self::code).
    #[must_use]
    pub fn read(code: &str) -> Option<Self> {
        match code {
            "file" => return Some(Self::Original),
            "small" => return Some(Self::Small),
            _ => {}
        }
        let (name, max) = code.split_once('-')?;
        let max_bytes = max.parse().ok()?;
        let form = match name {
            "jpeg" => Self::Jpeg { max_bytes },
            "png" => Self::Png { max_bytes },
            "opus" => Self::Opus { max_bytes },
            _ => return None,
        };
        // One name for each: what else could be read as it is not it.
        (form.code() == code).then_some(form)
    }
}

/// A file that forms are made of.
#[derive(Clone)]
pub struct Original {
    /// The person, or the line for its own files.
    pub owner: Uuid,
    pub line_id: Uuid,
    pub hash: Vec<u8>,
    pub content_type: String,
    pub size: u64,
    key: Arc<Key>,
    /// `None`: it lies in the store.
    body: Option<Arc<PublicFile>>,
}

impl Original {
    /// A person's file; `None` while it is not here.
    pub(super) fn of(contact: &Contact, row: &MediaRow) -> Option<Self> {
        Some(Self {
            owner: contact.id,
            line_id: row.line_id,
            hash: row.hash.clone()?,
            content_type: row.content_type.clone()?,
            size: u64::try_from(row.size?).ok()?,
            key: contact.key.clone(),
            body: None,
        })
    }

    /// A file of the line's own.
    #[must_use]
    pub fn of_line(app: &App, line_id: Uuid, file: &Arc<PublicFile>) -> Self {
        Self {
            owner: line_id,
            line_id,
            hash: file.name.as_bytes().to_vec(),
            content_type: file.content_type.to_owned(),
            size: u64::try_from(file.body.len()).unwrap_or(u64::MAX),
            key: Arc::new(app.vault.installation().clone()),
            body: Some(file.clone()),
        }
    }

    fn is_of_person(&self) -> bool {
        self.body.is_none()
    }
}

/// A form that was made, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub content_type: String,
    pub size: u64,
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// Whether a picture has fewer pixels than before.
    pub smaller: bool,
}

/// What is known of a form: it is there, or cannot be made.
pub type Known = std::result::Result<Made, Refusal>;

type FormKey = (Uuid, Vec<u8>, Form);

/// What conversions share in a process.
pub struct Forge {
    permits: Arc<Semaphore>,
    /// One at a time for each form: who comes second finds it made.
    working: Mutex<HashMap<FormKey, Arc<tokio::sync::Mutex<()>>>>,
    /// Those that messages on their way wait for.
    begun: Mutex<HashSet<FormKey>>,
    ffmpeg: Option<PathBuf>,
    heif: Option<PathBuf>,
    scratch: PathBuf,
}

impl Forge {
    /// Looks for the programs that convert.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(MAX_AT_ONCE)),
            working: Mutex::default(),
            begun: Mutex::default(),
            ffmpeg: program::found(config.ffmpeg.as_deref(), &sound::PROGRAMS),
            heif: program::found(config.heif_convert.as_deref(), &heif::PROGRAMS),
            scratch: config.data.clone(),
        }
    }

    /// The program that converts sounds, if there is one.
    #[must_use]
    pub fn ffmpeg(&self) -> Option<&std::path::Path> {
        self.ffmpeg.as_deref()
    }

    /// The program that unpacks HEIC, if there is one.
    #[must_use]
    pub fn heif(&self) -> Option<&std::path::Path> {
        self.heif.as_deref()
    }

    /// What can be converted here.
    #[must_use]
    pub fn can(&self) -> Can {
        Can { speech: self.ffmpeg.is_some(), heif: self.heif.is_some() }
    }

    fn turn(&self, key: &FormKey) -> Arc<tokio::sync::Mutex<()>> {
        let mut working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever still holds one keeps it alive.
        working.retain(|_, turn| Arc::strong_count(turn) > 1);
        working.entry(key.clone()).or_default().clone()
    }
}

/// What is known of a form without making it; `None` when it was not made yet.
///
/// # Errors
/// When the store refuses.
pub async fn known(app: &App, original: &Original, form: Form) -> Result<Option<Known>> {
    if form == Form::Original {
        let Original { content_type, size, .. } = original.clone();
        return Ok(Some(Ok(Made { content_type, size, width: None, height: None, smaller: false })));
    }
    let (owner, hash) = (original.owner, original.hash.clone());
    app.store.read(move |tx| tx.media_form(owner, &hash, &form.code())).await
}

/// A form, made now if it was not made before.
///
/// # Errors
/// When the store refuses.
pub async fn ensure(app: &App, original: &Original, form: Form) -> Result<Known> {
    if let Some(known) = known(app, original, form).await? {
        return Ok(known);
    }
    let turn = app.forge.turn(&(original.owner, original.hash.clone(), form));
    let _mine = turn.lock().await;
    if let Some(known) = known(app, original, form).await? {
        return Ok(known);
    }
    let permit = app.forge.permits.clone().acquire_owned().await;
    let permit = permit.map_err(|_| StoreError::Other(anyhow::anyhow!("conversions have ended")))?;
    let bytes = bytes(app, original).await?;
    let made = match form {
        Form::Opus { max_bytes } => match app.forge.ffmpeg() {
            None => Err(Refusal::NoConverter),
            Some(program) => {
                let kind = &original.content_type;
                let made = sound::opus(program, &app.forge.scratch, &bytes, kind, max_bytes).await;
                drop(permit);
                made.map(|body| {
                    let size = u64::try_from(body.len()).unwrap_or(u64::MAX);
                    let content_type = "audio/ogg".to_owned();
                    (Made { content_type, size, width: None, height: None, smaller: false }, body)
                })
            }
        },
        Form::Jpeg { .. } | Form::Png { .. } | Form::Small | Form::Original => {
            let shown = shown(app, original, bytes).await;
            match shown {
                Err(refusal) => Err(refusal),
                Ok(shown) => shape(shown, wanted(form), permit).await,
            }
        }
    };
    keep(app, original, form, made).await
}

/// A picture of a kind that is read here.
enum Shown {
    AsItSays(Vec<u8>, String),
    /// JPEG.
    Upright(Vec<u8>),
}

async fn shown(app: &App, original: &Original, bytes: Vec<u8>) -> std::result::Result<Shown, Refusal> {
    if !is_heif(&original.content_type) {
        return Ok(Shown::AsItSays(bytes, original.content_type.clone()));
    }
    picture::look(&bytes, &original.content_type)?;
    let program = app.forge.heif().ok_or(Refusal::UnreadablePicture)?;
    match heif::unpacked(program, &app.forge.scratch, &bytes).await {
        // The reason as whoever sends a picture understands it.
        Err(Refusal::NoConverter) => Err(Refusal::UnreadablePicture),
        unpacked => unpacked.map(Shown::Upright),
    }
}

async fn shape(
    shown: Shown,
    wanted: picture::Wanted,
    permit: OwnedSemaphorePermit,
) -> std::result::Result<(Made, Vec<u8>), Refusal> {
    let work = tokio::task::spawn_blocking(move || {
        // A thread cannot be ended, so what overruns its time keeps its place until it is done.
        let _permit = permit;
        match shown {
            Shown::AsItSays(bytes, kind) => picture::make(&bytes, &kind, wanted),
            Shown::Upright(jpeg) => picture::make_upright(&jpeg, wanted),
        }
    });
    let made = tokio::time::timeout(PICTURE_TIME_LIMIT, work).await.map_err(|_| Refusal::TooSlow)?;
    let picture = made.map_err(|_| Refusal::Damaged)??;
    let made = Made {
        content_type: picture.content_type.to_owned(),
        size: u64::try_from(picture.body.len()).unwrap_or(u64::MAX),
        width: Some(i64::from(picture.width)),
        height: Some(i64::from(picture.height)),
        smaller: picture.smaller,
    };
    Ok((made, picture.body))
}

fn wanted(form: Form) -> picture::Wanted {
    match form {
        Form::Small => picture::Wanted {
            png: false,
            max_bytes: SMALL_BYTES,
            max_side: Some(SMALL_SIDE),
            quality: SMALL_QUALITY,
        },
        Form::Png { max_bytes } => picture::Wanted::full(true, max_bytes),
        Form::Jpeg { max_bytes } | Form::Opus { max_bytes } => picture::Wanted::full(false, max_bytes),
        Form::Original => picture::Wanted::full(false, u64::try_from(MAX_BYTES).unwrap_or(u64::MAX)),
    }
}

/// The bytes of the file itself.
async fn bytes(app: &App, original: &Original) -> Result<Vec<u8>> {
    if let Some(file) = &original.body {
        return Ok(file.body.clone());
    }
    let (owner, hash) = (original.owner, original.hash.clone());
    let sealed = app.store.read(move |tx| tx.media_file(owner, &hash)).await?;
    let sealed = sealed.ok_or_else(|| StoreError::Other(anyhow::anyhow!("the file is gone")))?;
    let key = original.key.clone();
    let opened = tokio::task::spawn_blocking(move || key.open(Purpose::Media, &sealed)).await;
    Ok(opened.map_err(|_| StoreError::Other(anyhow::anyhow!("a file could not be opened")))??)
}

/// Writes down what was made, or that it cannot be.
async fn keep(
    app: &App,
    original: &Original,
    form: Form,
    made: std::result::Result<(Made, Vec<u8>), Refusal>,
) -> Result<Known> {
    let (known, body) = match made {
        Ok((made, body)) => (Ok(made), Some(body)),
        // The program may be there tomorrow.
        Err(refusal @ (Refusal::NoConverter | Refusal::UnreadablePicture)) => return Ok(Err(refusal)),
        Err(refusal) => (Err(refusal), None),
    };
    let key = original.key.clone();
    let sealed =
        tokio::task::spawn_blocking(move || body.map(|body| key.seal(Purpose::Media, &body)).transpose());
    let sealed =
        sealed.await.map_err(|_| StoreError::Other(anyhow::anyhow!("a file could not be sealed")))??;
    let (app, original, outcome, now) = (app.clone(), original.clone(), known.clone(), app.now());
    app.clone()
        .store
        .write(move |tx| {
            // Somebody may have erased her, or removed the file, while it was made.
            let there = !original.is_of_person()
                || (contacts::get_locked(tx, &app, original.owner)?.is_some()
                    && tx.has_media_file(original.owner, &original.hash)?);
            if there {
                tx.put_media_form(&original, &form.code(), &outcome, sealed.clone(), now)?;
            }
            Ok(())
        })
        .await?;
    Ok(known)
}

/// The bytes of a form that was made; `None` when there is none.
///
/// # Errors
/// When the store refuses.
pub async fn open(app: &App, original: &Original, form: Form) -> Result<Option<Vec<u8>>> {
    if form == Form::Original {
        return bytes(app, original).await.map(Some);
    }
    let (owner, hash) = (original.owner, original.hash.clone());
    let sealed = app.store.read(move |tx| tx.media_form_body(owner, &hash, &form.code())).await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let key = original.key.clone();
    let opened = tokio::task::spawn_blocking(move || key.open(Purpose::Media, &sealed)).await;
    Ok(Some(opened.map_err(|_| StoreError::Other(anyhow::anyhow!("a file could not be opened")))??))
}

/// Sets the making of a form going for a message that will come again for it.
pub(super) fn begin(app: &App, original: Original, form: Form) {
    let key = (original.owner, original.hash.clone(), form);
    {
        let mut begun = app.forge.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.len() >= MAX_WAITING || !begun.insert(key.clone()) {
            return;
        }
    }
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = ensure(&app, &original, form).await {
            tracing::error!(%error, form = form.code(), "a file could not be made ready for a channel");
        }
        app.forge.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        app.signals.outbound.notify_one();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_one_name() {
        for form in [
            Form::Original,
            Form::Small,
            Form::Jpeg { max_bytes: 5 },
            Form::Png { max_bytes: 0 },
            Form::Opus { max_bytes: u64::MAX },
        ] {
            assert_eq!(Form::read(&form.code()), Some(form));
        }
        for other in ["", "jpeg", "jpeg-", "jpeg-05", "jpeg-+5", "gif-1", "small-1", "../file"] {
            assert_eq!(Form::read(other), None, "{other}");
        }
    }
}
