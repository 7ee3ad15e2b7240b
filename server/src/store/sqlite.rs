//! SQLite: one writer thread with group commit, reader threads with connections of their own, and a
//! checkpointer.
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{OpenFlags, ToSql};

use super::sql::{Dialect, Many, Sql, translate};
use super::tx::Inner;
use super::value::{Row, Value};
use super::{MAX_WAITING_CLOSURES, Part, Result, Store, StoreError, Tx, Work, migrate};

/// How many closures share one commit at the most.
const MAX_GROUP: usize = 256;
/// Reader connections, each on its own thread.
const READERS: usize = 2;
/// Prepared statements kept a connection.
const STATEMENT_CACHE: usize = 512;
/// How long a connection waits for a lock held by another process (a backup, the command line), in ms.
const BUSY_TIMEOUT_MS: u64 = 10_000;
/// The write-ahead log is written back and begun anew when it has grown to this many pages.
const CHECKPOINT_PAGES: i64 = 16_000;

/// A connection with the texts it has translated.
pub struct Connection {
    raw: rusqlite::Connection,
    texts: HashMap<&'static str, String>,
    many: HashMap<&'static str, String>,
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Stored::Null),
            Self::Int(v) => ToSqlOutput::Owned(Stored::Integer(*v)),
            Self::Bool(v) => ToSqlOutput::Owned(Stored::Integer(i64::from(*v))),
            Self::Text(v) => ToSqlOutput::Borrowed(ValueRef::Text(v.as_bytes())),
            Self::Bytes(v) => ToSqlOutput::Borrowed(ValueRef::Blob(v)),
            Self::Uuid(v) => ToSqlOutput::Borrowed(ValueRef::Blob(v.as_bytes())),
            Self::Uuids(list) => {
                let list: Vec<String> = list.iter().map(|id| id.simple().to_string()).collect();
                ToSqlOutput::Owned(Stored::Text(serde_json::json!(list).to_string()))
            }
            Self::Ints(list) => ToSqlOutput::Owned(Stored::Text(serde_json::json!(list).to_string())),
            Self::Column(list) if list.iter().all(|value| matches!(value, Self::Bytes(_))) => {
                let bytes = |value: &Self| match value {
                    Self::Bytes(bytes) => hex::encode(bytes),
                    _ => String::new(),
                };
                let list: Vec<String> = list.iter().map(bytes).collect();
                ToSqlOutput::Owned(Stored::Text(serde_json::json!(list).to_string()))
            }
            Self::Column(_) => return Err(rusqlite::Error::ToSqlConversionFailure("a column".into())),
        })
    }
}

fn refused(error: &rusqlite::Error) -> StoreError {
    StoreError::Database(error.to_string())
}

impl Connection {
    pub(super) fn open(path: &Path, read_only: bool, part: Part) -> Result<Self> {
        let flags = if read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX
        };
        let raw = rusqlite::Connection::open_with_flags(path, flags).map_err(|e| refused(&e))?;
        raw.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS)).map_err(|e| refused(&e))?;
        raw.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        // Without this SQLite looks at each new value and compiles the statement anew.
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(|e| refused(&e))?;
        // secure_delete: what is erased is overwritten, not only unlinked.
        let settings = if read_only {
            "PRAGMA query_only = ON; PRAGMA mmap_size = 268435456; PRAGMA cache_size = -16000;"
        } else {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -64000; \
             PRAGMA temp_store = MEMORY;"
        };
        raw.execute_batch(settings).map_err(|e| refused(&e))?;
        if part == Part::Keys && !read_only {
            // A write-ahead log would keep the page on which a destroyed key stood.
            raw.execute_batch("PRAGMA journal_mode = TRUNCATE").map_err(|e| refused(&e))?;
        }
        Ok(Self { raw, texts: HashMap::new(), many: HashMap::new() })
    }

    fn statement(&mut self, sql: Sql) -> Result<rusqlite::CachedStatement<'_>> {
        if !self.texts.contains_key(sql.0) {
            self.texts.insert(sql.0, translate(sql.0, Dialect::Sqlite)?);
        }
        self.raw.prepare_cached(&self.texts[sql.0]).map_err(|e| refused(&e))
    }

    pub fn rows(&mut self, sql: Sql, args: &[Value]) -> Result<Vec<Row>> {
        let mut statement = self.statement(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(args)).map_err(|e| refused(&e))?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(|e| refused(&e))? {
            let mut values = Vec::with_capacity(columns);
            for i in 0..columns {
                values.push(match row.get_ref(i).map_err(|e| refused(&e))? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(v) => Value::Int(v),
                    ValueRef::Text(v) => Value::Text(String::from_utf8_lossy(v).into_owned()),
                    ValueRef::Blob(v) => Value::Bytes(v.to_vec()),
                    ValueRef::Real(_) => {
                        return Err(StoreError::Shape("a real number is kept nowhere".into()));
                    }
                });
            }
            out.push(Row(values));
        }
        Ok(out)
    }

    pub fn run(&mut self, sql: Sql, args: &[Value]) -> Result<u64> {
        let mut statement = self.statement(sql)?;
        let changed = statement.execute(rusqlite::params_from_iter(args)).map_err(|e| refused(&e))?;
        Ok(changed as u64)
    }

    pub fn insert_many(&mut self, many: &'static Many, rows: &[Vec<Value>]) -> Result<u64> {
        let text = self.many.entry(many.table).or_insert_with(|| many.text(Dialect::Sqlite));
        let mut statement = self.raw.prepare_cached(text).map_err(|e| refused(&e))?;
        let mut changed = 0;
        for row in rows {
            changed += statement.execute(rusqlite::params_from_iter(row)).map_err(|e| refused(&e))? as u64;
        }
        Ok(changed)
    }

    /// A statement without arguments that is said again and again: prepared once.
    fn say(&mut self, text: &'static str) -> Result<()> {
        let mut statement = self.raw.prepare_cached(text).map_err(|e| refused(&e))?;
        statement.execute([]).map(drop).map_err(|e| refused(&e))
    }

    pub fn script(&mut self, text: &str) -> Result<()> {
        self.raw.execute_batch(text).map_err(|e| refused(&e))
    }

    pub fn prepare_only(&mut self, text: &str) -> Result<()> {
        self.raw.prepare(text).map(drop).map_err(|e| refused(&e))
    }
}

pub fn open(path: &Path, part: Part) -> Result<Store> {
    let mut writer = Connection::open(path, false, part)?;
    migrate::run(&mut Tx(Inner::Sqlite(&mut writer)), Dialect::Sqlite, part)?;
    let (writes, written) = flume::bounded::<Box<dyn Work>>(MAX_WAITING_CLOSURES);
    let (reads, read) = flume::bounded::<Box<dyn Work>>(MAX_WAITING_CLOSURES);
    let mut handles = Vec::new();
    let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .map_err(|error| StoreError::Database(error.to_string()))
    };
    handles.push(spawn("store-writer", Box::new(move || write_loop(&mut writer, &written)))?);
    for _ in 0..READERS {
        let mut reader = Connection::open(path, true, part)?;
        let queue = read.clone();
        handles.push(spawn("store-reader", Box::new(move || read_loop(&mut reader, &queue)))?);
    }
    Ok(Store::assemble(writes, reads, Dialect::Sqlite, handles))
}

/// Takes all closures that wait, runs each in a savepoint, and commits them together. A closure that fails is
/// rolled back alone. Nobody hears of success before the commit is on disk.
fn write_loop(connection: &mut Connection, queue: &flume::Receiver<Box<dyn Work>>) {
    let mut pages_at_checkpoint: i64 = 0;
    while let Ok(first) = queue.recv() {
        let mut done: Vec<(Box<dyn Work>, Result<()>)> = Vec::new();
        if let Err(error) = connection.say("BEGIN IMMEDIATE") {
            first.deliver(Err(error));
            continue;
        }
        let mut next = Some(first);
        while let Some(mut work) = next.take() {
            let outcome = in_savepoint(connection, work.as_mut());
            done.push((work, outcome));
            if done.len() < MAX_GROUP {
                next = queue.try_recv().ok();
            }
        }
        let committed = connection.say("COMMIT");
        if committed.is_err() {
            // The reason is delivered to every caller; the roll back only frees the connection.
            drop(connection.say("ROLLBACK"));
        }
        let failure = committed.err().map(|error| error.to_string());
        for (work, outcome) in done {
            work.deliver(match (&failure, outcome) {
                (Some(text), Ok(())) => Err(StoreError::Database(text.clone())),
                (_, outcome) => outcome,
            });
        }
        pages_at_checkpoint = checkpoint_when_due(connection, pages_at_checkpoint);
    }
    // A clean stop leaves one file and no log.
    drop(connection.script("PRAGMA wal_checkpoint(TRUNCATE)"));
}

fn in_savepoint(connection: &mut Connection, work: &mut dyn Work) -> Result<()> {
    connection.say("SAVEPOINT unit")?;
    match work.run(&mut Tx(Inner::Sqlite(connection))) {
        Ok(()) => connection.say("RELEASE unit"),
        Err(error) => {
            connection.say("ROLLBACK TO unit")?;
            connection.say("RELEASE unit")?;
            Err(error)
        }
    }
}

/// Writes the log back when it has grown past the limit. RESTART makes the next writer begin the log anew, so
/// it cannot grow without end while readers come and go.
fn checkpoint_when_due(connection: &mut Connection, groups_since: i64) -> i64 {
    // Asking costs a system call; every 64 commits is often enough.
    if groups_since < 64 {
        return groups_since + 1;
    }
    let pages: i64 = connection
        .raw
        .query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1))
        .unwrap_or(CHECKPOINT_PAGES);
    if pages >= CHECKPOINT_PAGES {
        // Busy readers only postpone it to the next time.
        drop(connection.raw.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())));
    }
    0
}

fn read_loop(connection: &mut Connection, queue: &flume::Receiver<Box<dyn Work>>) {
    while let Ok(mut work) = queue.recv() {
        let outcome = connection
            .say("BEGIN")
            .and_then(|()| work.run(&mut Tx(Inner::Sqlite(connection))))
            .and_then(|()| connection.say("COMMIT"));
        if outcome.is_err() {
            drop(connection.say("ROLLBACK"));
        }
        work.deliver(outcome);
    }
}
