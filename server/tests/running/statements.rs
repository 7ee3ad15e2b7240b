//! Every statement in the source is read by both databases, since nothing checks SQL at compile time.
#![expect(clippy::unwrap_used, reason = "test code")]
use std::collections::BTreeSet;
use std::path::Path;

use openline::store::{Dialect, Location, Part, Store, translate};

/// Statements that only one database has a word for, each with the reason.
const POSTGRES_ONLY: [&str; 1] = [
    // One writer: SQLite needs no advisory lock.
    "pg_advisory_xact_lock",
];

/// All texts of `sql!("…")` below a folder, as the compiler would see them.
fn statements(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            statements(&path, found);
            continue;
        }
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let mut rest = source.as_str();
        while let Some(at) = rest.find("sql!(") {
            rest = &rest[at + "sql!(".len()..];
            let Some(text) = literal(rest.trim_start()) else { continue };
            found.insert(text);
        }
    }
}

/// The string literal that a text begins with, its escapes resolved.
fn literal(text: &str) -> Option<String> {
    let mut letters = text.strip_prefix('"')?.chars().peekable();
    let mut out = String::new();
    loop {
        match letters.next()? {
            '"' => return Some(out),
            '\\' => match letters.next()? {
                '\n' => {
                    while letters.peek().is_some_and(|letter| letter.is_whitespace()) {
                        letters.next();
                    }
                }
                'n' => out.push('\n'),
                other => out.push(other),
            },
            letter => out.push(letter),
        }
    }
}

fn prepare_all(data: &Store, keys: &Store) {
    let mut all = BTreeSet::new();
    statements(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    assert!(all.len() > 80, "only {} statements were found", all.len());
    let dialect = data.dialect();
    for text in all {
        let only_postgres = POSTGRES_ONLY.iter().any(|only| text.contains(only));
        if dialect == Dialect::Sqlite && only_postgres {
            continue;
        }
        let translated = translate(&text, dialect).unwrap();
        let of_keys = text.contains("person_key") || text.contains("day_key");
        let store = if of_keys { keys } else { data };
        let tried = translated.clone();
        if let Err(error) = store.read_blocking(move |tx| tx.prepare_only(&tried)) {
            panic!("{error}\n{translated}");
        }
    }
}

#[test]
fn sqlite_reads_every_statement() {
    let folder = tempfile::tempdir().unwrap();
    let data = Store::open(&Location::Sqlite(folder.path().join("openline.db")), Part::Data).unwrap();
    let keys = Store::open(&Location::Sqlite(folder.path().join("keys.db")), Part::Keys).unwrap();
    prepare_all(&data, &keys);
}

#[test]
fn postgres_reads_every_statement() {
    let url = std::env::var("OPENLINE_TEST_POSTGRES")
        .expect("OPENLINE_TEST_POSTGRES must name a PostgreSQL server to test on; bin/ci starts one");
    let schema = format!("statements_{}", std::process::id());
    let place = |schema: String| Location::Postgres {
        url: url.clone(),
        schema,
        ca_file: None,
        writers: 1,
        readers: 1,
    };
    let data = Store::open(&place(schema.clone()), Part::Data).unwrap();
    let keys = Store::open(&place(format!("{schema}_keys")), Part::Keys).unwrap();
    prepare_all(&data, &keys);
}

#[test]
fn a_second_start_finds_nothing_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let place = Location::Sqlite(folder.path().join("openline.db"));
    Store::open(&place, Part::Data).unwrap().close();
    Store::open(&place, Part::Data).unwrap().close();
}
