//! Fifty personal strings are planted in a running system and looked for: none stands readable in the database,
//! its write-ahead log or the server's logs, and none can be opened in a backup after FORGET.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use openline::store::Value;
use openline::vault::Purpose;
use world::meta::Human;
use world::person::Person;
use world::town::Town;

/// Everything that was logged.
#[derive(Clone, Default)]
struct Logs(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// How many strings are planted.
const PLANTED: usize = 50;

/// Texts that no programme of ours holds by itself.
fn strings() -> Vec<String> {
    (0..PLANTED).map(|n| format!("quetzal{n:02}zanahoria")).collect()
}

/// Every file below a folder with its bytes.
fn files(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push((path, bytes));
        }
    }
}

/// Which needles stand in the haystack, as they are or in base64 or hexadecimal.
fn found_in(haystack: &[u8], needles: &[String]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(haystack);
    needles
        .iter()
        .filter(|needle| text.contains(needle.as_str()) || text.contains(&hex(needle)))
        .cloned()
        .collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// A person's life on the line with everything personal that it can hold.
async fn plant(town: &Town) -> (Vec<String>, Vec<Person>) {
    let mut planted = strings();
    let human = |(n, name): (usize, &String)| Human {
        name: name.clone(),
        wa_id: Some(format!("59399000{n:04}")),
        user_id: None,
    };
    let people: Vec<_> =
        planted[..5].iter().enumerate().map(human).map(|human| town.on_whatsapp(human)).collect();
    let lucia = town.staff("lucia").await;
    let mut next = planted[5..].iter();
    for person in &people {
        person.texts("hola").await;
        person.sees("¿En qué idioma").await;
        person.taps("Español").await;
        person.sees("¿Acepta?").await;
        person.taps("Acepto").await;
        person.sees("Elija un tema").await;
        person.texts("ayuda").await;
        person.sees("persona del equipo").await;
        let row = lucia.finds("waiting", person.name()).await;
        let id = row["id"].as_str().expect("an id").to_owned();
        lucia.takes(&id).await;
        for _ in 0..6 {
            let words = next.next().expect("enough strings");
            person.texts(words).await;
            lucia.hears("entry", words).await;
        }
        let note = next.next().expect("enough strings");
        lucia.notes(&id, note).await;
        let reply = next.next().expect("enough strings");
        lucia.replies(&id, reply).await;
        person.sees(reply).await;
        let draft = next.next().expect("enough strings");
        let path = format!("/lines/{}/conversations/{id}/draft", lucia.line());
        let saved = lucia.request("PUT", &path, Some(serde_json::json!({ "text": draft }))).await;
        assert!((200..300).contains(&saved.status), "the draft was not saved: {}", saved.status);
    }
    town.settle().await;
    assert_eq!(next.next(), None, "every string was planted");
    drop(next);
    planted.extend((0..people.len()).map(|n| format!("59399000{n:04}")));
    (planted, people)
}

/// The whole store as bytes: SQLite's files, or a dump of PostgreSQL.
fn stored(town: &Town) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    files(&town.config().data, &mut all);
    if town.config().database != "sqlite" {
        let dump = Command::new("pg_dump").arg(&town.config().database).output().expect("pg_dump runs");
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        all.push((PathBuf::from("dump"), dump.stdout));
    }
    all
}

async fn nothing_readable(town: Town) {
    let logs = Logs::default();
    let writer = logs.clone();
    let filter = tracing_subscriber::EnvFilter::new("info,openline=trace");
    // The first story of this process sets it; both write into their own lines of the same system.
    drop(tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || writer.clone()).try_init());
    let (planted, people) = plant(&town).await;
    let mut before = stored(&town);
    before.push((PathBuf::from("logs"), logs.0.lock().expect("no panic").clone()));
    assert!(
        before.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 100_000,
        "there is something to search"
    );
    for (path, bytes) in &before {
        let found = found_in(bytes, &planted);
        assert!(found.is_empty(), "{} holds {found:?}", path.display());
    }
    // What is in a backup can be opened as long as the keys exist, and by nobody after FORGET.
    let app = town.app();
    let bodies = openline::sql!(
        "SELECT m.body, c.key_id FROM message m JOIN contact c ON c.id = m.contact_id WHERE m.body IS NOT NULL"
    );
    let backup = app.store.read(move |tx| tx.rows(bodies, &[] as &[Value])).await.expect("the store answers");
    let open = |row: &openline::store::Row| {
        let key = app.vault.person(row.get(1).expect("a key"))?;
        key.open(Purpose::Message, &row.get::<Vec<u8>>(0).expect("a body"))
    };
    assert!(backup.len() > PLANTED / 2);
    assert!(backup.iter().all(|row| open(row).is_ok()));
    for person in &people {
        person.texts("olvidar").await;
        person.sees("Borramos todo").await;
    }
    town.settle().await;
    assert!(backup.iter().all(|row| open(row).is_err()), "a backup can still be opened");
    town.ends().await;
}

world::stories!(nothing_readable);
