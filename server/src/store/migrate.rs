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

const DATA: &[Migration] = &[
    migration!("0001_first"),
    migration!("0002_hot_rows"),
    migration!("0003_flow_drafts"),
    migration!("0004_delivery"),
    migration!("0005_smpp"),
    migration!("0006_media"),
    migration!("0007_voice"),
    migration!("0008_tariffs"),
    migration!("0009_provider_said"),
    migration!("0010_channel_health"),
    migration!("0011_reply_tokens_and_edits"),
    migration!("0012_parts_delivered"),
    migration!("0013_media_out"),
    migration!("0014_calls_by_id"),
];
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
    run_steps(tx, dialect, migrations(part))?;
    if dialect == Dialect::Sqlite {
        tx.script("COMMIT")?;
    }
    Ok(())
}

fn run_steps(tx: &mut Tx<'_>, dialect: Dialect, steps: &[Migration]) -> Result<()> {
    tx.script(&translate(MAKE_TABLE, dialect)?)?;
    for step in steps {
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tx::Inner;
    use crate::store::{postgres, sqlite, target};

    /// `{sample_uuid:7}` and `{sample_bytes:0a}` of a sample in a database's own words.
    fn sample(text: &str, dialect: Dialect) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("{sample_") {
            let end = at + rest[at..].find('}').unwrap();
            out.push_str(&rest[..at]);
            let hex = match rest[at + 1..end].split_once(':').unwrap() {
                ("sample_uuid", n) => format!("{n:0>32}"),
                (_, hex) => hex.to_owned(),
            };
            out.push_str(&match (dialect, &rest[at..end]) {
                (Dialect::Sqlite, _) => format!("x'{hex}'"),
                (Dialect::Postgres, token) if token.contains("uuid") => format!("'{hex}'"),
                (Dialect::Postgres, _) => format!("'\\x{hex}'"),
            });
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        translate(&out, dialect).unwrap()
    }

    /// Every step runs over a database that holds what one of its age could hold, and loses no row.
    fn climbs(tx: &mut Tx<'_>, dialect: Dialect, part: Part) {
        let steps = migrations(part);
        for (at, step) in steps.iter().enumerate() {
            run_steps(tx, dialect, &steps[..=at]).unwrap();
            assert!(!step.sample.trim().is_empty(), "{} has no sample", step.name);
            tx.script(&sample(step.sample, dialect)).unwrap_or_else(|error| panic!("{}: {error}", step.name));
        }
        let kept: &[(Sql, i64)] = match part {
            Part::Data => &[
                (crate::sql!("SELECT count(*) FROM message"), 1),
                (crate::sql!("SELECT n FROM result_count"), 2),
                (crate::sql!("SELECT count(*) FROM result_tally"), 1),
                (crate::sql!("SELECT count(*) FROM flow_problem WHERE stopped = {false}"), 1),
                (crate::sql!("SELECT count(*) FROM flow_draft"), 1),
            ],
            Part::Keys => &[(crate::sql!("SELECT count(*) FROM person_key"), 1)],
        };
        for (sql, count) in kept {
            assert_eq!(tx.one(*sql, &[]).unwrap().get::<i64>(0).unwrap(), *count, "{}", sql.0);
        }
    }

    #[test]
    fn sqlite_climbs_from_release_to_release() {
        for part in [Part::Data, Part::Keys] {
            let folder = tempfile::tempdir().unwrap();
            let mut raw = sqlite::Connection::open(&folder.path().join("old.db"), false, part).unwrap();
            climbs(&mut Tx(Inner::Sqlite(&mut raw)), Dialect::Sqlite, part);
        }
    }

    #[test]
    fn postgres_climbs_from_release_to_release() {
        let url = std::env::var("OPENLINE_TEST_POSTGRES")
            .expect("OPENLINE_TEST_POSTGRES must name a PostgreSQL server to test on; bin/ci starts one");
        for (part, name) in [(Part::Data, "climb"), (Part::Keys, "climb_keys")] {
            let schema = format!("{name}_{}", std::process::id());
            let target = target::Target::new(&url, &schema, None).unwrap();
            let mut raw = postgres::Connection::open(target, false).unwrap();
            let mut tx = Tx(Inner::Postgres(&mut raw));
            // Nothing is committed: the schema goes with the connection.
            tx.rows(crate::sql!("SELECT 1"), &[]).unwrap();
            tx.script(&format!("CREATE SCHEMA {schema}")).unwrap();
            climbs(&mut tx, Dialect::Postgres, part);
        }
    }
}
