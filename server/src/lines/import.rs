//! Bringing a content folder and channels in. Nothing is stored before all of it has been read and found good.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;
use uuid::Uuid;

use super::checks::{self, Severity};
use super::sql::ChannelRow;
use super::{Channel, ChannelState, Delivery, Line, conversations, load};
use crate::app::App;
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::Purpose;

/// The largest file of a content folder, and the most files, that are taken.
const MAX_FILE_BYTES: u64 = 20 * 1024 * 1024;
const MAX_FILES: usize = 5_000;

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub line_id: Uuid,
    pub slug: String,
    pub flows: usize,
    pub answers: usize,
    pub files: usize,
}

/// A channel to be made.
#[derive(Debug, Clone)]
pub struct NewChannel {
    /// `whatsapp_cloud`, `twilio` or `webchat`.
    pub kind: String,
    pub address: String,
    pub settings: Json,
}

/// Reads a content folder from disk and imports it.
///
/// # Errors
/// When a file cannot be read, or the content is wrong: all problems, each with file and place.
pub async fn import_folder(app: &App, folder: &Path) -> Result<Imported> {
    let mut files = BTreeMap::new();
    collect(folder, folder, &mut files)?;
    import_files(app, files).await
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let problem = |path: &Path, reason: String| StoreError::Shape(format!("{}: {reason}", path.display()));
    let entries = std::fs::read_dir(folder).map_err(|error| problem(folder, error.to_string()))?;
    for entry in entries {
        let path = entry.map_err(|error| problem(folder, error.to_string()))?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
            continue;
        }
        let size = path.metadata().map_err(|error| problem(&path, error.to_string()))?.len();
        if size > MAX_FILE_BYTES || files.len() >= MAX_FILES {
            return Err(problem(&path, format!("more than {MAX_FILE_BYTES} bytes, or too many files")));
        }
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        files.insert(name, std::fs::read(&path).map_err(|error| problem(&path, error.to_string()))?);
    }
    Ok(())
}

/// Imports a line's files: makes the line, or replaces its content, saved conversations included. Messages on their
/// way are handled with the content that they began with.
///
/// # Errors
/// As [`import_folder`].
pub async fn import_files(app: &App, files: BTreeMap<String, Vec<u8>>) -> Result<Imported> {
    let tried = checked(&files, app.now()).map_err(|problems| StoreError::Shape(problems.join("\n")))?;
    let slug = tried.content.slug.clone();
    let (new_id, now, stored_slug) = (app.id(), app.now(), slug.clone());
    let stored: Vec<(String, Vec<u8>)> = files.into_iter().collect();
    let count = stored.len();
    let line_id = app.store.write(move |tx| tx.put_line(new_id, &stored_slug, &stored, now)).await?;
    reload(app).await?;
    Ok(Imported {
        line_id,
        slug,
        flows: tried.assets.flows().count(),
        answers: tried.content.answers.len(),
        files: count,
    })
}

/// Builds a line of its files, and holds it to what publishing asks for: nothing is wrong with its flows, and every
/// saved conversation is green.
fn checked(files: &BTreeMap<String, Vec<u8>>, now: Ts) -> std::result::Result<Line, Vec<String>> {
    let line = load::build(Uuid::nil(), files, Vec::new())?;
    let is_answer = |key: &str| checks::is_answer(&line.content, key);
    let found = checks::of_flows(&line.assets, Some(&line.assets), &is_answer);
    let errors = found.iter().filter(|problem| problem.severity == Severity::Error);
    let mut wrong: Vec<String> = errors.map(|problem| format!("flows.json: {problem}")).collect();
    let saved = conversations::among(files)?;
    let run = conversations::run(&line.content, &line.assets, &saved, now.to_rfc3339());
    for red in run.conversations {
        if let Some(mismatch) = red.mismatch {
            wrong.push(format!("{}: {mismatch}", conversations::path_of(&red.slug)));
        }
    }
    if wrong.is_empty() { Ok(line) } else { Err(wrong) }
}

/// Makes a channel of a line, or replaces the settings of the one with the same address.
///
/// # Errors
/// When the settings cannot be used, or the address belongs to another line.
pub async fn add_channel(app: &App, line_id: Uuid, new: &NewChannel) -> Result<Uuid> {
    load::channel(Uuid::nil(), line_id, &new.kind, &new.address, &new.settings).map_err(StoreError::Shape)?;
    let settings = app.vault.installation().seal_json(Purpose::Settings, &new.settings)?;
    let row = Arc::new(ChannelRow {
        id: app.id(),
        kind: new.kind.clone(),
        address: new.address.clone(),
        settings,
        options: String::new(),
        state: ChannelState::On,
    });
    let now = app.now();
    let id = app
        .store
        .write(move |tx| {
            tx.put_channel(&row, line_id, now)?.ok_or_else(|| {
                StoreError::Shape(format!("the address {} belongs to another line", row.address))
            })
        })
        .await?;
    reload(app).await?;
    Ok(id)
}

/// Says how a channel delivers: its rates, where its messages go when it fails, what becomes of unknown ones.
///
/// # Errors
/// When a value cannot be used, a channel that is named is none of the line's, or the store refuses.
pub async fn set_delivery(app: &App, line_id: Uuid, channel_id: Uuid, delivery: &Delivery) -> Result<()> {
    delivery.check().map_err(StoreError::Shape)?;
    let lines = app.lines();
    let line = lines.get(line_id).ok_or_else(|| StoreError::Shape("there is no such line".into()))?;
    for next in &delivery.fail_over {
        if *next == channel_id || !line.channels.iter().any(|channel| channel.id == *next) {
            return Err(StoreError::Shape(format!(
                "delivery.fail_over: {next} is no other channel of the line"
            )));
        }
    }
    let text = serde_json::to_string(delivery).map_err(|_| StoreError::Shape("delivery".into()))?;
    let known = app.store.write(move |tx| tx.set_delivery(channel_id, line_id, &text)).await?;
    if !known {
        return Err(StoreError::Shape("the line has no such channel".into()));
    }
    reload(app).await
}

/// Pauses a channel, or switches it on again after a pause or a stop. What is queued waits meanwhile.
///
/// # Errors
/// When the store refuses.
pub async fn switch_channel(app: &App, line_id: Uuid, channel_id: Uuid, on: bool) -> Result<bool> {
    let now = app.now();
    let state = i64::from(!on);
    let changed = app.store.write(move |tx| tx.switch_channel(channel_id, line_id, state, now)).await?;
    reload(app).await?;
    app.signals.outbound.notify_waiters();
    Ok(changed)
}

/// Stops a channel whose account the provider refuses, in the transaction that wrote the refusal down. The lines are
/// loaded again by whoever commits.
///
/// # Errors
/// When the store refuses.
pub fn stop_channel(tx: &mut Tx<'_>, channel: &Channel, reason: &str, now: Ts) -> Result<bool> {
    tx.stop_channel(channel.id, channel.line_id, reason, now)
}

/// Loads the lines again when another process (the command line, another server) has changed them.
///
/// # Errors
/// As [`load::load`]; the lines stay as they were.
pub async fn refresh(app: &App) -> Result<()> {
    let stored = app.store.read(|tx| tx.line_versions()).await?;
    if stored == app.lines().versions { Ok(()) } else { reload(app).await }
}

async fn reload(app: &App) -> Result<()> {
    app.set_lines(load::load(&app.store, &app.vault).await?);
    Ok(())
}
