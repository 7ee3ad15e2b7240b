//! Keeps the phones and what they show in the demo's data folder, so that conversations survive a restart: one
//! line of JSON for every phone and every new or changed bubble, the last one of an id counts.
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::Owner;
use crate::thread::{Bubble, Side};

/// One line of the journal.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Phone(Owner),
    Bubble { phone: String, bubble: Bubble },
}

/// A phone as it was when the journal was last written.
pub(super) struct Kept {
    pub owner: Owner,
    pub bubbles: Vec<Bubble>,
}

/// Appends to the file; clones write the same one. Without a file nothing is kept.
#[derive(Clone, Default)]
pub(super) struct Journal(Option<Arc<Mutex<File>>>);

impl Journal {
    /// Reads what was kept in `path` and goes on from there. A last line cut off by a crash is dropped.
    pub(super) fn open(path: &Path) -> anyhow::Result<(Self, Vec<Kept>)> {
        let kept = read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let journal = (|| {
            let mut file = File::create(path.with_extension("new"))?;
            for phone in &kept {
                writeln!(file, "{}", serde_json::to_string(&Line::Phone(phone.owner.clone()))?)?;
                for bubble in &phone.bubbles {
                    let line = Line::Bubble { phone: phone.owner.id.clone(), bubble: bubble.clone() };
                    writeln!(file, "{}", serde_json::to_string(&line)?)?;
                }
            }
            std::fs::rename(path.with_extension("new"), path)?;
            OpenOptions::new().append(true).open(path)
        })();
        let journal = journal.with_context(|| format!("cannot write {}", path.display()))?;
        Ok((Self(Some(Arc::new(Mutex::new(journal)))), kept))
    }

    pub(super) fn phone(&self, owner: &Owner) {
        self.append(&Line::Phone(owner.clone()));
    }

    pub(super) fn bubble(&self, phone: &str, bubble: &Bubble) {
        self.append(&Line::Bubble { phone: phone.to_owned(), bubble: bubble.clone() });
    }

    fn append(&self, line: &Line) {
        let (Some(file), Ok(mut text)) = (&self.0, serde_json::to_string(line)) else { return };
        text.push('\n');
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not end the demo; the phones then start shorter the next time.
        let _ = file.write_all(text.as_bytes());
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<Kept>> {
    let mut phones: Vec<Kept> = Vec::new();
    if !path.exists() {
        return Ok(phones);
    }
    for line in BufReader::new(File::open(path)?).lines() {
        match serde_json::from_str(&line?) {
            Ok(Line::Phone(owner)) => phones.push(Kept { owner, bubbles: Vec::new() }),
            Ok(Line::Bubble { phone, bubble }) => {
                let Some(kept) = phones.iter_mut().find(|kept| kept.owner.id == phone) else { continue };
                match kept.bubbles.iter_mut().find(|old| old.id == bubble.id) {
                    Some(old) => *old = bubble,
                    None => kept.bubbles.push(bubble),
                }
            }
            Err(_) => {}
        }
    }
    for kept in &mut phones {
        // Files that people sent were kept in memory only.
        for bubble in kept.bubbles.iter_mut().filter(|bubble| bubble.from == Side::Me) {
            bubble.media.clear();
        }
    }
    Ok(phones)
}
