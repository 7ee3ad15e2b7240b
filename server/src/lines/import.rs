//! Bringing a content folder and channels in. Nothing is stored before all of it has been read and found good.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;
use uuid::Uuid;

use super::load;
use super::sql::ChannelRow;
use crate::app::App;
use crate::store::{Result, StoreError};
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

/// Imports a line's files: makes the line, or replaces its content. Messages on their way are handled with the
/// content that they began with.
///
/// # Errors
/// As [`import_folder`].
pub async fn import_files(app: &App, files: BTreeMap<String, Vec<u8>>) -> Result<Imported> {
    let tried = load::build(Uuid::nil(), &files, Vec::new())
        .map_err(|problems| StoreError::Shape(problems.join("\n")))?;
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

/// Makes a channel of a line, or replaces the settings of the one with the same address.
///
/// # Errors
/// When the settings cannot be used, or the address belongs to another line.
pub async fn add_channel(app: &App, line_id: Uuid, new: &NewChannel) -> Result<Uuid> {
    load::channel(Uuid::nil(), line_id, &new.kind, &new.address, &new.settings).map_err(StoreError::Shape)?;
    let settings = app.vault.installation().seal_json(Purpose::Settings, &new.settings)?;
    let row =
        Arc::new(ChannelRow { id: app.id(), kind: new.kind.clone(), address: new.address.clone(), settings });
    let now = app.now();
    let id = app
        .store
        .write(move |tx| {
            let (id, owner) = tx.put_channel(&row, line_id, now)?;
            if owner == line_id {
                Ok(id)
            } else {
                Err(StoreError::Shape(format!("the address {} belongs to another line", row.address)))
            }
        })
        .await?;
    reload(app).await?;
    Ok(id)
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
