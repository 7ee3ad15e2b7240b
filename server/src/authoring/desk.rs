//! What authors of flows share: definitions that were read already, and room for the heavy work on them.
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use serde_json::Value as Json;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::export::Export;
use super::lay::{self, Laid};
use super::sql::DraftRow;
use crate::api::Problem;
use crate::app::App;
use crate::lines::{self, Line};
use crate::store::Result;

/// Definitions that are kept read; a forgotten one is only read again.
const KEPT: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");
/// Imports, simulations, tests and publishings that work at the same time; others wait.
const AT_ONCE: usize = 2;

/// A line, its content's version, and the draft (nil: none).
type Key = (Uuid, i64, Uuid);

/// See the module.
pub struct Desk {
    laid: Mutex<LruCache<Key, Arc<Laid>>>,
    room: Arc<Semaphore>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { laid: Mutex::new(LruCache::new(KEPT)), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// A line's flows at one moment.
pub struct Looked {
    pub line: Arc<Line>,
    pub version: i64,
    pub published: Arc<Laid>,
    pub draft: Option<(DraftRow, Arc<Laid>)>,
}

impl Looked {
    /// The draft.
    ///
    /// # Errors
    /// When there is none.
    pub fn draft(&self) -> Result<&(DraftRow, Arc<Laid>), Problem> {
        let none = || Problem::conflict("no-draft", "There is no draft. Import an export first.");
        self.draft.as_ref().ok_or_else(none)
    }
}

/// What was read of a line in one transaction; bodies only where they were not kept.
struct Stored {
    version: i64,
    published: Option<Vec<u8>>,
    draft: Option<DraftRow>,
    brought: Option<Vec<u8>>,
}

impl Desk {
    fn kept(&self, key: Key) -> Option<Arc<Laid>> {
        self.laid.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// Keeps what was read.
    pub fn keep(&self, line: Uuid, version: i64, draft: Uuid, laid: &Arc<Laid>) {
        let mut kept = self.laid.lock().unwrap_or_else(PoisonError::into_inner);
        kept.put((line, version, draft), laid.clone());
    }

    /// Does heavy work beside the runtime, a few at a time.
    ///
    /// # Errors
    /// What the work fails with; an internal one when it panicked.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = self.room.clone().acquire_owned().await.map_err(|_| Problem::internal())?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.unwrap_or_else(|_| {
            tracing::error!("work on flow definitions panicked");
            Err(Problem::internal())
        })
    }

    /// Looks at a line's flows as they are stored now, whoever stored them.
    ///
    /// # Errors
    /// When the line is gone, or the store refuses.
    pub async fn look(self: &Arc<Self>, app: &App, line_id: Uuid) -> Result<Looked, Problem> {
        let desk = self.clone();
        let stored = app.store.read(move |tx| {
            let Some(version) = tx.content_version(line_id)? else { return Ok(None) };
            let published = match desk.kept((line_id, version, Uuid::nil())) {
                Some(_) => None,
                None => Some(tx.published_definitions(line_id)?),
            };
            let draft = tx.flow_draft(line_id)?;
            let brought = match &draft {
                Some(draft) if desk.kept((line_id, version, draft.id)).is_none() => {
                    tx.brought(line_id, draft.id)?
                }
                _ => None,
            };
            Ok(Some(Stored { version, published, draft, brought }))
        });
        let stored = stored.await?.ok_or_else(Problem::not_found)?;
        if app.lines().version(line_id) != Some(stored.version) {
            lines::refresh(app).await?;
        }
        let line = app.lines().get(line_id).cloned().ok_or_else(Problem::not_found)?;
        let desk = self.clone();
        self.work(move || desk.read(line, stored)).await
    }

    fn read(&self, line: Arc<Line>, stored: Stored) -> Result<Looked, Problem> {
        let Stored { version, published, draft, brought } = stored;
        let broken = |why: String| {
            tracing::error!(line = %line.id, why, "stored flow definitions cannot be read");
            Problem::internal()
        };
        let kept = self.kept((line.id, version, Uuid::nil()));
        let published = match (kept, published) {
            (Some(laid), _) => laid,
            (None, body) => {
                let json: Json = serde_json::from_slice(&body.unwrap_or_default())
                    .map_err(|error| broken(error.to_string()))?;
                let laid = Arc::new(lay::read(&line, json, None).map_err(broken)?);
                self.keep(line.id, version, Uuid::nil(), &laid);
                laid
            }
        };
        let draft = match (draft, brought) {
            (None, _) => None,
            (Some(row), brought) => {
                let laid = match (self.kept((line.id, version, row.id)), brought) {
                    (Some(laid), _) => laid,
                    (None, brought) => {
                        let export: Export = serde_json::from_slice(&brought.unwrap_or_default())
                            .map_err(|error| broken(error.to_string()))?;
                        let definitions = lay::over(&published.definitions, &export);
                        let laid =
                            lay::read(&line, definitions, Some(&published.definitions)).map_err(broken)?;
                        let laid = Arc::new(laid);
                        self.keep(line.id, version, row.id, &laid);
                        laid
                    }
                };
                Some((row, laid))
            }
        };
        Ok(Looked { line, version, published, draft })
    }
}
