//! The store: SQLite or PostgreSQL behind one `Tx`.
//!
//! A unit of work is a synchronous closure that runs on a thread of the store, never on the async runtime: it
//! cannot await, so no network call can happen inside a transaction. It may run twice (PostgreSQL gives up a
//! deadlocked transaction), so it must have no effect but through `Tx` and its result.
mod migrate;
mod postgres;
mod sql;
mod sqlite;
mod target;
mod tx;
mod value;

use std::path::PathBuf;
use std::sync::Arc;

pub use migrate::{Migration, migrations};
pub use sql::{Dialect, Kind, Many, Sql, translate};
pub use tx::Tx;
pub use value::{FromValue, Row, Ts, Value};

/// How many closures may wait for a writer; past that `write` waits for room (back-pressure).
pub const MAX_WAITING_CLOSURES: usize = 4_096;
/// How often a closure that PostgreSQL gave up (deadlock, serialization) is run again.
pub const MAX_RERUNS: usize = 5;

/// What can go wrong in the store. No variant holds a value of a row: errors reach logs.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no, in its own words (statement texts only, never values).
    #[error("the database refused: {0}")]
    Database(String),
    /// Deadlock or serialization failure: running the closure again may help.
    #[error("the database gave the transaction up: {0}")]
    Again(String),
    /// Our own text, migration or decoding is wrong.
    #[error("{0}")]
    Shape(String),
    /// The store has been closed, or its thread has died.
    #[error("the store is closed")]
    Closed,
    /// What a closure decided to fail with; the transaction is rolled back.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// Result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Which of the two databases a store holds; they have migrations of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything but keys.
    Data,
    /// The keys that personal data is sealed with, kept apart so that a backup of the data alone is worthless.
    Keys,
}

/// Where a store lives.
#[derive(Debug, Clone)]
pub enum Location {
    /// A file, made when absent.
    Sqlite(PathBuf),
    /// A connection text; `schema` is made when absent and everything lives in it. With `sslmode=require` in the text
    /// the server must show a certificate of the authorities in `ca_file` (PEM), or of those the machine trusts.
    Postgres { url: String, schema: String, ca_file: Option<PathBuf>, writers: usize, readers: usize },
}

/// A closure on its way to a thread of the store and its result on the way back.
trait Work: Send {
    /// Runs the closure; keeps its result until [`Work::deliver`].
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;
    /// Answers the waiting caller: the kept result, or why the commit failed.
    fn deliver(self: Box<Self>, committed: Result<()>);
}

struct Unit<T, F> {
    body: F,
    result: Option<Result<T>>,
    reply: flume::Sender<Result<T>>,
}

impl<T: Send, F: FnMut(&mut Tx<'_>) -> Result<T> + Send> Work for Unit<T, F> {
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        // A panic must not take the store's thread with it: it becomes this caller's error.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (self.body)(tx)))
            .unwrap_or_else(|_| Err(StoreError::Other(anyhow::anyhow!("a unit of work panicked"))));
        match outcome {
            Ok(value) => {
                self.result = Some(Ok(value));
                Ok(())
            }
            Err(error) => {
                let again = matches!(error, StoreError::Again(_));
                let text = error.to_string();
                self.result = Some(Err(error));
                Err(if again { StoreError::Again(text) } else { StoreError::Database(text) })
            }
        }
    }
    fn deliver(self: Box<Self>, committed: Result<()>) {
        let answer = match (committed, self.result) {
            (Ok(()), Some(result)) | (Err(_), Some(result @ Err(_))) => result,
            (Ok(()), None) => Err(StoreError::Closed),
            (Err(error), _) => Err(error),
        };
        // The caller may have stopped waiting; the work is done all the same.
        drop(self.reply.send(answer));
    }
}

type Queue = flume::Sender<Box<dyn Work>>;

/// The handle to a database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    writes: Queue,
    reads: Queue,
    dialect: Dialect,
    threads: Arc<Threads>,
}

/// Joined when the last handle goes, so that every commit is on disk before the process ends.
struct Threads(parking::Handles);

mod parking {
    use std::sync::Mutex;
    use std::thread::JoinHandle;
    pub struct Handles(pub Mutex<Vec<JoinHandle<()>>>);
}

impl Store {
    /// Opens (and makes, when absent) a database and brings its tables up to date.
    ///
    /// # Errors
    /// When the file or server cannot be reached, or a migration fails or was changed after it ran.
    pub fn open(location: &Location, part: Part) -> Result<Self> {
        match location {
            Location::Sqlite(path) => sqlite::open(path, part),
            Location::Postgres { url, schema, ca_file, writers, readers } => {
                let target = target::Target::new(url, schema, ca_file.as_deref())?;
                postgres::open(&target, part, *writers, *readers)
            }
        }
    }

    fn assemble(
        writes: Queue,
        reads: Queue,
        dialect: Dialect,
        handles: Vec<std::thread::JoinHandle<()>>,
    ) -> Self {
        let threads = Arc::new(Threads(parking::Handles(std::sync::Mutex::new(handles))));
        Self { writes, reads, dialect, threads }
    }

    /// Which database this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Runs `body` in a transaction; everything it wrote is on disk when this returns `Ok`.
    ///
    /// # Errors
    /// Whatever the closure failed with (all it wrote is undone), or the database's own refusal.
    pub async fn write<T: Send + 'static>(
        &self,
        body: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = submit(&self.writes, body).await?;
        answer.recv_async().await.map_err(|_| StoreError::Closed)?
    }

    /// Runs `body` on a read-only connection, on one consistent picture of the data.
    ///
    /// # Errors
    /// Whatever the closure failed with, or the database's own refusal.
    pub async fn read<T: Send + 'static>(
        &self,
        body: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = submit(&self.reads, body).await?;
        answer.recv_async().await.map_err(|_| StoreError::Closed)?
    }

    /// [`Store::read`] for a thread of *another* store (the vault reads a key while a message is handled).
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T: Send + 'static>(
        &self,
        body: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = flume::bounded(1);
        let unit: Box<dyn Work> = Box::new(Unit { body, result: None, reply });
        self.reads.send(unit).map_err(|_| StoreError::Closed)?;
        answer.recv().map_err(|_| StoreError::Closed)?
    }

    /// [`Store::write`] for boot and command line, where no runtime runs.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T: Send + 'static>(
        &self,
        body: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = flume::bounded(1);
        let unit: Box<dyn Work> = Box::new(Unit { body, result: None, reply });
        self.writes.send(unit).map_err(|_| StoreError::Closed)?;
        answer.recv().map_err(|_| StoreError::Closed)?
    }

    /// Waits until every closure that was handed in is done and the threads have ended. For a clean stop.
    pub fn close(self) {
        let Self { writes, reads, threads, .. } = self;
        drop((writes, reads));
        if let Some(threads) = Arc::into_inner(threads)
            && let Ok(mut handles) = threads.0.0.lock()
        {
            for handle in handles.drain(..) {
                drop(handle.join());
            }
        }
    }
}

async fn submit<T: Send + 'static>(
    queue: &Queue,
    body: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> Result<flume::Receiver<Result<T>>> {
    let (reply, answer) = flume::bounded(1);
    let unit: Box<dyn Work> = Box::new(Unit { body, result: None, reply });
    queue.send_async(unit).await.map_err(|_| StoreError::Closed)?;
    Ok(answer)
}
