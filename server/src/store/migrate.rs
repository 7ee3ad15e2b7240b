//! Brings a database up to date: one file a step, run once, in order, inside a transaction, with a checksum.
use sha2::{Digest, Sha256};

use super::sql::{Dialect, Sql, translate};
use super::value::Value;
use super::{Part, Result, StoreError, Tx};

/// One step. Its text is never changed once released: a database that ran another text refuses to start.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub name: &'static str,
    pub text: &'static str,
    /// Rows that a database of this age could hold; a test runs them before the next step is tried.
    pub sample: &'static str,
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            text: include_str!(concat!("migrations/", $name, ".sql")),
            sample: include_str!(concat!("migrations/", $name, ".sample.sql")),
        }
    };
}

const DATA: &[Migration] = &[migration!("0001_first")];
const KEYS: &[Migration] = &[migration!("keys_0001_first")];

/// All steps of a part, oldest first.
#[must_use]
pub fn migrations(part: Part) -> &'static [Migration] {
    match part {
        Part::Data => DATA,
        Part::Keys => KEYS,
    }
}

/// Any number will do, as long as every process takes the same one.
const ADVISORY_LOCK: Sql = crate::sql!("SELECT pg_advisory_xact_lock(7236511)::text");
const MAKE_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS migration (name {text} PRIMARY KEY, checksum {text} NOT NULL) {table_end}";
const DONE: Sql = crate::sql!("SELECT checksum FROM migration WHERE name = $1");
const RECORD: Sql = crate::sql!("INSERT INTO migration (name, checksum) VALUES ($1, $2)");

/// Runs what has not been run. On PostgreSQL other processes wait meanwhile.
pub(super) fn run(tx: &mut Tx<'_>, dialect: Dialect, part: Part) -> Result<()> {
    if dialect == Dialect::Sqlite {
        tx.script("BEGIN IMMEDIATE")?;
    } else {
        tx.rows(ADVISORY_LOCK, &[])?;
    }
    tx.script(&translate(MAKE_TABLE, dialect)?)?;
    for step in migrations(part) {
        let checksum = hex::encode(Sha256::digest(step.text.as_bytes()));
        match tx.row(DONE, &[Value::from(step.name)])? {
            Some(row) if row.get::<String>(0)? == checksum => {}
            Some(_) => {
                return Err(StoreError::Shape(format!(
                    "migration {} was changed after this database had run it; use the release that made this database",
                    step.name
                )));
            }
            None => {
                tx.script(&translate(step.text, dialect)?)
                    .map_err(|error| StoreError::Database(format!("migration {}: {error}", step.name)))?;
                tx.run(RECORD, &[Value::from(step.name), Value::from(checksum)])?;
            }
        }
    }
    if dialect == Dialect::Sqlite {
        tx.script("COMMIT")?;
    }
    Ok(())
}
