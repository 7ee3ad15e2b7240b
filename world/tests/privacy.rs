//! Fifty personal strings are planted in a running system, and more in files that staff sends: none stands readable in the
//! database, its write-ahead log or the server's logs, and none can be opened in a backup after FORGET. What a file is
//! called is for staff alone.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use openline::store::Value;
use openline::vault::Purpose;
use world::logs::Logs;
use world::meta::Human;
use world::person::Person;
use world::town::Town;

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
        .filter(|needle| {
            let mut written = base64(needle);
            written.extend([(*needle).clone(), hex(needle)]);
            written.iter().any(|one| text.contains(one))
        })
        .cloned()
        .collect()
}

/// The three ways in which a text can stand in the midst of something in base64, without the letters at its ends, which
/// depend on what stands beside it.
fn base64(text: &str) -> Vec<String> {
    use base64::Engine as _;
    let whole = |skipped: usize| {
        let rest = &text.as_bytes()[skipped..];
        base64::engine::general_purpose::STANDARD_NO_PAD.encode(&rest[..rest.len() / 3 * 3])
    };
    (0..3).map(whole).collect()
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

/// What the server is made to log: all that it can say.
const EVERYTHING: &str = "info,openline=trace";

async fn nothing_readable(town: Town) {
    let logs = Logs::listen(EVERYTHING);
    let (planted, people) = plant(&town).await;
    let mut before = stored(&town);
    before.push((PathBuf::from("logs"), logs.bytes()));
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

/// What is personal in the files that staff sends, and in one that a person sends.
struct Secrets {
    /// What the files are called on Lucía's machine.
    names: [String; 2],
    /// What she says about the picture, which the person reads.
    description: String,
    /// What stands in the text.
    words: String,
    /// What a camera wrote beside the picture: a comment, and where it was taken.
    hidden: [String; 2],
    /// What stands in the person's own file.
    hers: String,
}

impl Secrets {
    fn plant() -> Self {
        let string = |n: u32| format!("colibri{n:02}papaya");
        Self {
            names: [string(1), string(2)],
            description: string(3),
            words: string(4),
            hidden: [string(5), string(6)],
            hers: string(7),
        }
    }

    fn all(&self) -> Vec<String> {
        let [name, other] = self.names.clone();
        let [comment, place] = self.hidden.clone();
        vec![name, other, self.description.clone(), self.words.clone(), comment, place, self.hers.clone()]
    }

    /// What nobody but staff ever gets.
    fn for_staff(&self) -> Vec<String> {
        [self.names.as_slice(), &self.hidden].concat()
    }
}

/// A JPEG with a comment in its Exif and a place beside it.
fn photograph([comment, place]: &[String; 2]) -> Vec<u8> {
    let picture = image::DynamicImage::ImageRgb8(image::RgbImage::new(64, 48));
    let mut plain = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut plain, image::ImageFormat::Jpeg).expect("a picture can be written");
    let length = |bytes: &[u8]| u16::try_from(bytes.len() + 2).expect("short").to_be_bytes();
    // One entry: ImageDescription (0x010E), letters, where they begin.
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x0e\0\x02".to_vec();
    exif.extend(u32::try_from(comment.len() + 1).expect("short").to_be_bytes());
    exif.extend(26_u32.to_be_bytes());
    exif.extend([0; 4]);
    exif.extend(comment.as_bytes());
    exif.push(0);
    let mut file = b"\xff\xd8\xff\xe1".to_vec();
    file.extend(length(&exif));
    file.extend(exif);
    file.extend(b"\xff\xfe");
    file.extend(length(place.as_bytes()));
    file.extend(place.as_bytes());
    file.extend(&plain.into_inner()[2..]);
    file
}

/// Somebody who has agreed, in a conversation with Lucía.
async fn talks_with(person: &Person, lucia: &world::staff::Staff) -> String {
    person.texts("hola").await;
    person.sees("¿En qué idioma").await;
    person.taps("Español").await;
    person.sees("¿Acepta?").await;
    person.taps("Acepto").await;
    person.sees("Elija un tema").await;
    person.texts("ayuda").await;
    person.sees("persona del equipo").await;
    let row = lucia.finds("waiting", "").await;
    let id = row["id"].as_str().expect("an id").to_owned();
    lucia.takes(&id).await;
    id
}

/// Everything that comes from an address, head and all.
async fn given_out(url: &str) -> String {
    let answer = reqwest::get(url).await.expect("the server answers");
    assert_eq!(answer.status().as_u16(), 200, "{url}");
    let head = format!("{url} {:?} ", answer.headers());
    head + &String::from_utf8_lossy(&answer.bytes().await.expect("a whole answer"))
}

/// Lucía sends a picture and a text to somebody on WhatsApp and to somebody who has SMS only. What providers and people
/// get holds what she wrote for them and nothing else; what is kept can be read nowhere, and by nobody after FORGET.
async fn files_of_staff_tell_nothing(town: Town) {
    let logs = Logs::listen(EVERYTHING);
    let secrets = Secrets::plant();
    let lucia = town.staff("lucia").await;
    let people = [town.whatsapp("Amina"), town.sms("Luis")];
    let mut given = Vec::new();
    for person in &people {
        let id = talks_with(person, &lucia).await;
        person.sends_file("document", "text/plain", secrets.hers.clone().into()).await;
        town.settle().await;
        let photo = photograph(&secrets.hidden);
        let text = format!("Datos del albergue: {}", secrets.words).into_bytes();
        let mut files = Vec::new();
        for (name, bytes) in
            [(format!("{}.jpg", secrets.names[0]), photo), (format!("{}.txt", secrets.names[1]), text)]
        {
            let brought = lucia.brings(&id, &name, bytes).await.ok();
            files.push(brought["id"].as_str().expect("an id").to_owned());
        }
        let said = [(files[0].as_str(), secrets.description.as_str()), (files[1].as_str(), "")];
        drop(lucia.replies_with(&id, "Aquí está", &said).await.ok());
        person.sees("Aquí está").await;
        town.settle().await;
        for bubble in person.conversation() {
            given.push(bubble.text.clone());
            let words = bubble.text.split_whitespace().filter(|word| word.contains("/f/"));
            let addresses = words.map(str::to_owned).chain(bubble.media.iter().map(|one| one.url.clone()));
            for url in addresses.filter(|url| url.contains("/f/")) {
                let page = given_out(&url).await;
                // The page leads to the small form and to the whole file.
                let inside = page.split('"').filter(|part| part.starts_with("/f/"));
                for path in inside.map(str::to_owned).collect::<Vec<_>>() {
                    given.push(given_out(&format!("{}{path}", town.base_url())).await);
                }
                given.push(page);
            }
        }
    }
    given.extend(town.meta().received().iter().map(|one| one.body.to_string()));
    given.extend(town.twilio().sent().iter().map(|one| format!("{one:?}")));
    let given = given.join("\n");
    assert_eq!(found_in(given.as_bytes(), &secrets.for_staff()), BTreeSet::new(), "{given}");
    assert!(given.contains(&secrets.description) && given.contains(&secrets.words), "she gets what is hers");

    let manager = town.staff("rosa").await;
    let health = manager.get("/health").await.ok().to_string();
    let audit = manager.get("/audit").await.body.to_string();
    let mut kept = stored(&town);
    kept.push((PathBuf::from("logs"), logs.bytes()));
    kept.push((PathBuf::from("health and audit"), (health + &audit).into_bytes()));
    for (path, bytes) in &kept {
        let found = found_in(bytes, &secrets.all());
        assert!(found.is_empty(), "{} holds {found:?}", path.display());
    }
    forgotten(&town, &people).await;
    for (path, bytes) in stored(&town) {
        let found = found_in(&bytes, &secrets.all());
        assert!(found.is_empty(), "{} holds {found:?} after FORGET", path.display());
    }
    assert_eq!(found_in(&logs.bytes(), &secrets.all()), BTreeSet::new());
    town.ends().await;
}

/// They want to be forgotten: nothing is left of the files, and a backup of them opens no more.
async fn forgotten(town: &Town, people: &[Person]) {
    let app = town.app();
    let sealed = openline::sql!(
        "SELECT f.body, c.key_id FROM media_file f JOIN contact c ON c.id = f.contact_id UNION ALL \
         SELECT f.body, c.key_id FROM media_form f JOIN contact c ON c.id = f.owner_id WHERE f.body IS NOT NULL \
         UNION ALL SELECT m.label, c.key_id FROM media m JOIN contact c ON c.id = m.contact_id \
         WHERE m.label IS NOT NULL"
    );
    let read = app.store.read(move |tx| tx.rows(sealed, &[] as &[Value])).await;
    let backup = read.expect("the store answers");
    let open = |row: &openline::store::Row| {
        let key = app.vault.person(row.get(1).expect("a key"))?;
        key.open(Purpose::Media, &row.get::<Vec<u8>>(0).expect("a body"))
    };
    // Three files of each, as they came and as they were made, and what they are called.
    assert!(backup.len() >= 12, "{}", backup.len());
    assert!(backup.iter().all(|row| open(row).is_ok()));
    for person in people {
        person.texts("olvidar").await;
        person.sees("Borramos todo").await;
    }
    town.settle().await;
    assert!(backup.iter().all(|row| open(row).is_err()), "a backup can still be opened");
    let left = openline::sql!(
        "SELECT (SELECT count(*) FROM media) + (SELECT count(*) FROM media_file) + (SELECT count(*) FROM media_form)"
    );
    let count = app.store.read(move |tx| tx.one(left, &[] as &[Value])?.get::<i64>(0)).await;
    assert_eq!(count.expect("the store answers"), 0);
}

world::stories!(nothing_readable, files_of_staff_tell_nothing);
