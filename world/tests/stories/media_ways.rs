//! Files on other ways than the straight one: the line's own, on to another channel, and held back at the last moment.
use std::collections::BTreeMap;
use std::time::Duration;

use flow::words::{Attachment, Content, Urn};
use image::ImageFormat;
use jiff::Timestamp;
use openline::contacts;
use openline::lines::{self, ChannelKind, Delivery};
use openline::media::{self, Fitted};
use openline::store::{Sql, Value as Stored};
use uuid::Uuid;
use world::fault::Fault;
use world::line;
use world::logs::Logs;
use world::person::{Device, Person};
use world::thread::{Bubble, Side, Thread};
use world::town::Town;
use world::viber;

use crate::delivery::{A_MINUTE, agrees, amina, channel, delivers, falls_over_to_sms, status};
use crate::media::{rows, talking};
use crate::media_out::{PLACE, converter, encoded, fetched, holds, id_of, noise, wav, webp};

/// A recording that is larger than WhatsApp takes.
const LONG: usize = 17 * 1024 * 1024;
/// What the log says where a file of the line becomes an address.
const MARK: &str = "the channel does not take a file of the line, so it goes as a link";

/// Casa with a WebP beside its notice, a WAV beside one answer and an hour of Ogg beside another.
fn odd_files() -> BTreeMap<String, Vec<u8>> {
    let mut files = line::light_casa();
    // They tell which recordings go along.
    files.retain(|path, _| !path.starts_with("conversations/"));
    let own = String::from_utf8(files["line.toml"].clone()).expect("it is UTF-8");
    let own = own.replace("audio = \"audio/notice-spa.ogg\"", "audio = \"pictures/house.webp\"");
    let own = own.replace("audio.spa = \"audio/asylum-spa.ogg\"", "audio.spa = \"audio/asylum.wav\"");
    let own = own.replace("audio.spa = \"audio/renewal-spa.ogg\"", "audio.spa = \"audio/renewal.ogg\"");
    files.insert("line.toml".into(), own.into_bytes());
    let mut long = b"OggS\0\x02 OpusHead".to_vec();
    long.resize(LONG, b'.');
    files.insert("pictures/house.webp".into(), webp(320, 200));
    files.insert("audio/asylum.wav".into(), wav());
    files.insert("audio/renewal.ogg".into(), long);
    files
}

/// The newest message of the line to her that carries a file.
fn newest_file(person: &Person) -> Bubble {
    let mut all = person.conversation().into_iter().rev();
    let found = all.find(|bubble| bubble.from == Side::Line && !bubble.media.is_empty());
    found.unwrap_or_else(|| panic!("no file reached her\n{}", person.so_far()))
}

/// A WebP of the line's own goes to WhatsApp and Viber as a JPEG, made once for everybody who takes the same, although the
/// provider fails in between; its address ends as what it is.
async fn a_picture_of_the_line_is_converted_once(town: Town) {
    lines::import_files(&town.app(), odd_files()).await.expect("the line can be imported");
    town.meta().faults().next(Fault::ServerError);
    for person in [town.whatsapp("Amina"), town.whatsapp("Rosa"), town.viber("Olena")] {
        agrees(&person).await;
        town.settle().await;
        let bubble = newest_file(&person);
        let url = &bubble.media[0].url;
        assert!(url.contains("/media/jpeg-") && url.ends_with(".jpg"), "{url}");
        let (status, kind, body) = fetched(url).await;
        assert_eq!((status, kind.as_str()), (200, "image/jpeg"));
        assert!(!holds(&body, PLACE) && !holds(&body, b"Exif"), "the place went along");
        let picture = image::load_from_memory(&body).expect("a picture");
        assert_eq!((picture.width(), picture.height()), (320, 200));
        // The address under which it was given out before works as well.
        assert_eq!(fetched(&url.replace(".jpg", ".webp")).await.0, 200);
    }
    assert_eq!(rows(&town, openline::sql!("SELECT count(*) FROM media_form")).await, 2);
    town.ends().await;
}

/// Chooses an answer from the menu.
async fn asks_for(person: &Person, answer: &str) {
    person.taps("Asilo y papeles").await;
    person.sees("¿Qué quiere saber sobre sus papeles?").await;
    person.taps(answer).await;
}

/// A sound of the line's own that WhatsApp does not take, or that is too large for it: an address in the text and a mark
/// in the log where nothing converts it; speech, made once, where something does.
async fn a_sound_of_the_line_is_converted_or_goes_as_an_address(town: Town) {
    let logs = Logs::listen("warn,openline=info");
    let mut town = town;
    lines::import_files(&town.app(), odd_files()).await.expect("the line can be imported");
    let (amina, rosa) = (town.whatsapp("Amina"), town.whatsapp("Rosa"));
    for (person, answer, ending) in [(&amina, "Pedir asilo", ".wav"), (&rosa, "Renovar mi documento", ".ogg")]
    {
        agrees(person).await;
        let before = logs.count(MARK);
        asks_for(person, answer).await;
        let bubble = person.sees(ending).await;
        assert!(bubble.media.is_empty(), "{bubble:?}");
        let url = bubble.text.split_whitespace().find(|word| word.ends_with(ending)).expect("an address");
        assert_eq!(fetched(url).await.0, 200);
        assert!(logs.count(MARK) > before, "nobody was told");
    }
    let sounds = openline::sql!("SELECT count(*) FROM media_form WHERE form LIKE 'opus-%'");
    assert_eq!(rows(&town, sounds).await, 0);

    let folder = tempfile::tempdir().expect("a folder");
    let (program, log) = converter(folder.path());
    town.converts_sounds_by(program);
    town.restarts().await;
    for name in ["Noor", "Elena"] {
        let person = town.whatsapp(name);
        agrees(&person).await;
        town.meta().faults().next(Fault::ServerError);
        asks_for(&person, "Pedir asilo").await;
        town.settle().await;
        town.advance(A_MINUTE).await;
        let bubble = person.hears_audio().await;
        let (status, kind, body) = fetched(&bubble.media[0].url).await;
        assert_eq!((status, kind.as_str()), (200, "audio/ogg"));
        assert!(bubble.media[0].url.ends_with(".ogg") && body.starts_with(b"OggS"));
    }
    assert_eq!(rows(&town, sounds).await, 1);
    let runs = std::fs::read_to_string(&log).expect("it ran").lines().count();
    assert_eq!(runs, 1, "one form for everybody");
    town.ends().await;
}

/// What is kept of one reply with one file, whatever ways it went: one message, one original.
async fn is_one_message(town: &Town, routes: i64) {
    for (sql, expected) in [
        (openline::sql!("SELECT count(*) FROM message WHERE direction = 1 AND author IS NOT NULL"), 1),
        (openline::sql!("SELECT count(*) FROM message_route"), routes),
        (openline::sql!("SELECT count(*) FROM media"), 1),
        (openline::sql!("SELECT count(*) FROM media_file"), 1),
    ] {
        assert_eq!(rows(town, sql).await, expected);
    }
}

/// WhatsApp does not reach her: by SMS she gets the same reply with an address in place of the picture, once.
async fn a_picture_goes_on_by_sms_as_an_address(town: Town) {
    falls_over_to_sms(&town).await;
    let lucia = town.staff("lucia").await;
    let (whatsapp, sms) = amina(&town).await;
    let id = crate::delivery::talking(&town, &whatsapp, &lucia).await;
    let photo = encoded(&noise(800, 600), ImageFormat::Jpeg);
    let brought = lucia.brings(&id, "photo.jpg", photo).await.ok();
    assert_eq!(brought["becomes"]["content_type"], "image/jpeg");
    town.meta().faults().next(Fault::Unreachable);
    drop(lucia.replies_with(&id, "La foto", &[(&id_of(&brought), "Entrada del refugio")]).await.ok());
    let bubble = sms.sees_next("La foto").await;
    town.settle().await;
    town.advance(A_MINUTE).await;
    assert!(bubble.media.is_empty() && bubble.text.contains("Entrada del refugio"), "{bubble:?}");
    let url = bubble.text.lines().find(|line| line.starts_with("http")).expect("an address");
    let (code, kind, _) = fetched(url).await;
    assert_eq!((code, kind.starts_with("text/html")), (200, true));
    whatsapp.sees_nothing_more().await;
    sms.sees_nothing_more().await;
    assert_eq!(status(&lucia, &id, "La foto\nEntrada del refugio").await, "delivered");
    is_one_message(&town, 1).await;
    town.ends().await;
}

/// Gives her a further address, as a flow or a provider would.
pub(crate) async fn is_also(town: &Town, kind: ChannelKind, urn: &str) {
    let (app, urn): (_, Urn) = (town.app(), urn.parse().expect("an address"));
    let place = channel(town, kind);
    let learn = move |tx: &mut openline::store::Tx<'_>| {
        let id: Uuid = tx.one(openline::sql!("SELECT id FROM contact"), &[])?.get(0)?;
        let mut contact = contacts::get_locked(tx, &app, id)?.expect("there is one person");
        contacts::add_identity(tx, &app, &mut contact, place, &urn, app.now()).map(drop)
    };
    town.app().store.write(learn).await.expect("the store answers");
}

/// Somebody whom the line's bot on Viber may write to, and who has never written there.
fn on_viber(town: &Town, id: &str) -> Person {
    let thread = Thread::default();
    thread.put(Bubble::text("0".into(), Timestamp::UNIX_EPOCH, Side::Me, "hola"));
    let human = viber::Human { id: id.to_owned(), name: "Amina".to_owned() };
    town.with("Amina", Device::Viber(town.viber_api().phone(line::VIBER_TOKEN, human, thread)))
}

/// WhatsApp took it as PNG and does not reach her: Viber, which takes a fifth of that, gets a JPEG of its own of the same
/// original.
async fn a_picture_goes_on_by_viber_in_vibers_form(town: Town) {
    let lucia = town.staff("lucia").await;
    let whatsapp = town.whatsapp("Amina");
    let id = talking(&town, &whatsapp, &lucia).await;
    let fail_over = vec![channel(&town, ChannelKind::Viber)];
    delivers(&town, ChannelKind::Whatsapp, Delivery { fail_over, ..Delivery::default() }).await;
    is_also(&town, ChannelKind::Viber, "viber:amina-on-viber=").await;
    let viber = on_viber(&town, "amina-on-viber=");
    let large = encoded(&noise(900, 700), ImageFormat::Png);
    assert!(large.len() > 1024 * 1024);
    let brought = lucia.brings(&id, "mapa.png", large).await.ok();
    assert_eq!(brought["becomes"]["content_type"], "image/png");
    town.meta().faults().next(Fault::Unreachable);
    drop(lucia.replies_with(&id, "El mapa", &[(&id_of(&brought), "")]).await.ok());
    let bubble = viber.sees_next("El mapa").await;
    town.settle().await;
    assert_eq!((bubble.kind.as_str(), bubble.media.len()), ("picture", 1), "{bubble:?}");
    let (_, kind, body) = fetched(&bubble.media[0].url).await;
    assert_eq!(kind, "image/jpeg");
    assert!(body.len() <= 1024 * 1024);
    whatsapp.sees_nothing_more().await;
    viber.sees_nothing_more().await;
    assert_eq!(status(&lucia, &id, "El mapa").await, "read");
    is_one_message(&town, 1).await;
    for form in [
        openline::sql!("SELECT count(*) FROM media_form WHERE form = 'png-5242880'"),
        openline::sql!("SELECT count(*) FROM media_form WHERE form = 'jpeg-1048576'"),
    ] {
        assert_eq!(rows(&town, form).await, 1);
    }
    town.ends().await;
}

/// What holds a reply back that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// She wrote STOP.
    Stopped,
    Blocked,
    /// She wants to be forgotten.
    Erased,
}

async fn on(town: &Town, kind: ChannelKind, on: bool) {
    let switched = lines::switch_channel(&town.app(), town.line().id, channel(town, kind), on).await;
    assert!(switched.expect("the store answers"));
}

async fn block(town: &Town) {
    let block = openline::sql!("UPDATE contact SET standing = 2");
    town.app().store.write(move |tx| tx.run(block, &[])).await.expect("the store answers");
}

async fn nothing_of_files(town: &Town) {
    for sql in [
        openline::sql!("SELECT count(*) FROM media"),
        openline::sql!("SELECT count(*) FROM media_file"),
        openline::sql!("SELECT count(*) FROM media_form"),
    ] {
        assert_eq!(rows(town, sql).await, 0);
    }
}

/// A reply with a picture waits. What happens meanwhile keeps it here; its bytes go with the person.
async fn a_file_is_held_back_at_the_last_moment(town: Town) {
    let lucia = town.staff("lucia").await;
    for (name, held) in [("Amina", Held::Stopped), ("Noor", Held::Erased), ("Rosa", Held::Blocked)] {
        let person = town.whatsapp(name);
        let id = talking(&town, &person, &lucia).await;
        town.settle().await;
        let photo = encoded(&noise(64, 64), ImageFormat::Png);
        let file = id_of(&lucia.brings(&id, "photo.png", photo).await.ok());
        on(&town, ChannelKind::Whatsapp, false).await;
        drop(lucia.replies_with(&id, "La foto", &[(&file, "")]).await.ok());
        let contact: Uuid = newest_contact(&town).await;
        match held {
            Held::Stopped => person.texts("ALTO").await,
            Held::Erased => person.texts("OLVIDAR").await,
            Held::Blocked => block(&town).await,
        }
        town.settle().await;
        if held == Held::Erased {
            nothing_of_files(&town).await;
            never_leaves(&town, contact, &file).await;
        }
        let asked = town.meta().received().len();
        on(&town, ChannelKind::Whatsapp, true).await;
        town.settle().await;
        town.advance(A_MINUTE).await;
        let answer = match held {
            Held::Stopped => Some("No le enviaremos más"),
            Held::Erased => Some("Borramos todo"),
            Held::Blocked => None,
        };
        if let Some(answer) = answer {
            person.sees_next(answer).await;
        }
        person.sees_nothing_more().await;
        let bodies: Vec<String> =
            town.meta().received()[asked..].iter().map(|one| one.body.to_string()).collect();
        assert!(bodies.iter().all(|body| !body.contains("/f/") && !body.contains("La foto")), "{bodies:?}");
        if held == Held::Stopped {
            assert_eq!(status(&lucia, &id, "La foto").await, "cancelled");
            // It is hers until she wants it gone.
            person.texts("OLVIDAR").await;
            person.sees("Borramos todo").await;
            town.settle().await;
            nothing_of_files(&town).await;
        }
    }
    town.ends().await;
}

async fn newest_contact(town: &Town) -> Uuid {
    let newest = openline::sql!("SELECT id FROM contact ORDER BY created_at DESC, id DESC LIMIT 1");
    let read = town.app().store.read(move |tx| tx.one(newest, &[] as &[Stored])?.get(0)).await;
    read.expect("the store answers")
}

/// Even when it had been taken up already, nothing of a message leaves that was to somebody who is erased by now.
async fn never_leaves(town: &Town, contact: Uuid, file: &str) {
    let app = town.app();
    let lines = app.lines();
    let (line, channel) = lines.channel(channel(town, ChannelKind::Whatsapp)).expect("it is there").clone();
    let attachment = Attachment { content_type: "image/png".into(), url: format!("media:{file}") };
    let mut content = Content { text: "La foto".into(), attachments: vec![attachment], ..Content::default() };
    let fitted = media::fit(&app, &line, &channel, contact, &mut content).await;
    assert_eq!(fitted.expect("the store answers"), Fitted::Erased);
}

/// Two pictures are two messages of WhatsApp's. She writes STOP while the first is on its way, or wants to be forgotten:
/// the second stays here.
async fn the_rest_stays_here_when_she_stops_in_between(town: Town) {
    let lucia = town.staff("lucia").await;
    for (name, word, answer, standing) in [
        (
            "Amina",
            "ALTO",
            "No le enviaremos más",
            openline::sql!("SELECT count(*) FROM contact WHERE standing = 1"),
        ),
        (
            "Noor",
            "OLVIDAR",
            "Borramos todo",
            openline::sql!("SELECT count(*) FROM contact WHERE standing = 3"),
        ),
    ] {
        let person = town.whatsapp(name);
        let id = talking(&town, &person, &lucia).await;
        town.settle().await;
        let mut files = Vec::new();
        for side in [48, 64] {
            let photo = encoded(&noise(side, side), ImageFormat::Png);
            files.push(id_of(&lucia.brings(&id, "photo.png", photo).await.ok()));
        }
        let asked = town.meta().received().len();
        town.meta().faults().next(Fault::Slow(Duration::from_secs(2)));
        let both = [(files[0].as_str(), "Primera"), (files[1].as_str(), "Segunda")];
        drop(lucia.replies_with(&id, "", &both).await.ok());
        let sending = openline::sql!("SELECT count(*) FROM message WHERE state = 2");
        until(&town, sending, 1).await;
        person.texts(word).await;
        until(&town, standing, 1).await;
        // The first picture cannot be called back; WhatsApp's answer to it comes now.
        person.sees(answer).await;
        let pictures = || {
            let all = town.meta().received().split_off(asked);
            all.iter().filter(|one| one.body.to_string().contains("/f/")).count()
        };
        while pictures() == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        town.settle().await;
        town.advance(A_MINUTE).await;
        assert_eq!(pictures(), 1, "{}", person.so_far());
    }
    town.ends().await;
}

/// Waits until a count is that.
async fn until(town: &Town, sql: Sql, wanted: i64) {
    let reached = async {
        while rows(town, sql).await != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), reached).await.expect("it comes so far");
}

/// The same picture twice is sealed once, and is there until the last of them is gone.
async fn the_same_file_twice_is_kept_once(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    let photo = bytes::Bytes::from(encoded(&noise(64, 64), ImageFormat::Jpeg));
    for _ in 0..2 {
        amina.sends_file("image", "image/jpeg", photo.clone()).await;
        town.settle().await;
    }
    assert_eq!(rows(&town, openline::sql!("SELECT count(*) FROM media WHERE state = 1")).await, 2);
    let files = openline::sql!("SELECT count(*) FROM media_file");
    assert_eq!(rows(&town, files).await, 1);
    // Staff brings the very same one and takes it back: hers stays.
    let brought = id_of(&lucia.brings(&id, "photo.jpg", photo.clone()).await.ok());
    assert_eq!(rows(&town, files).await, 1);
    let path = format!("/lines/{}/conversations/{id}/files/{brought}", lucia.line());
    assert_eq!(lucia.request("DELETE", &path, None).await.status, 204);
    let entries = lucia.entries(&id).await;
    let shown = entries.iter().find_map(|entry| entry["attachments"][0]["url"].as_str()).expect("a file");
    assert_eq!(lucia.opens(shown).await.1, photo);
    town.ends().await;
}

/// A file that is too large is not read to its end; one whose address leads into our own network is not asked for. Both
/// stay visible, and the conversation goes on.
async fn a_file_that_must_not_be_fetched_stays_visible(town: Town) {
    let mut town = town;
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    let state = async |nth: usize, lucia: &world::staff::Staff| {
        let entries = lucia.entries(&id).await;
        let mut files = entries.iter().filter_map(|entry| entry["attachments"].get(0));
        files.nth(nth).unwrap_or_else(|| panic!("no file in {entries:#?}"))["state"].clone()
    };
    let large = vec![b'.'; media::MAX_BYTES + 1];
    amina.sends_file("document", "application/pdf", large.into()).await;
    town.settle().await;
    assert_eq!(state(0, &lucia).await, "given_up");
    town.reaches_public_addresses_only();
    town.restarts().await;
    let lucia = town.staff("lucia").await;
    amina.sends_file("image", "image/jpeg", bytes::Bytes::from_static(b"\xff\xd8\xff\xe0 inside")).await;
    town.settle().await;
    assert_eq!(state(1, &lucia).await, "given_up");
    for (reason, sql) in [
        ("too_large", openline::sql!("SELECT count(*) FROM media WHERE reason = 'too_large'")),
        ("inside_address", openline::sql!("SELECT count(*) FROM media WHERE reason = 'inside_address'")),
    ] {
        assert_eq!(rows(&town, sql).await, 1, "{reason}");
    }
    assert_eq!(rows(&town, openline::sql!("SELECT count(*) FROM media_file")).await, 0);
    lucia.replies(&id, "No pude abrirlo").await;
    amina.sees("No pude abrirlo").await;
    town.ends().await;
}

/// The last link of the chain is a call, which carries no file: it says the words that came with it; what is a file and no
/// words rings nobody up, and staff sees that it did not leave.
async fn a_call_says_the_words_without_the_file(town: Town) {
    let fail_over = vec![channel(&town, ChannelKind::Voice)];
    let delivery = Delivery { fail_over, ..Delivery::default() };
    let caller = town.caller_with("Amina", crate::voice::NUMBER);
    let (_whatsapp, lucia, id) = crate::voice::is_on_whatsapp_with_a_chain(&town, &delivery).await;
    let song = b"ID3\x04\0\0\0\0\0\x0a what Lucia recorded".to_vec();
    let spoken = id_of(&lucia.brings(&id, "voz.mp3", song).await.ok());
    town.meta().faults().next(Fault::Unreachable);
    drop(lucia.replies_with(&id, crate::voice::DETAIL, &[(&spoken, "")]).await.ok());
    crate::voice::is_rung_up_and_passes(&caller).await;
    caller.sees(crate::voice::DETAIL).await;
    caller.telephone().hangs_up();
    caller.is_in_a_call_that_is(world::telephone::CallState::Completed).await;
    town.settle().await;
    assert!(!caller.so_far().contains("media:"), "{}", caller.so_far());
    let calls = town.twilio().calls().len();
    let photo = encoded(&noise(64, 64), ImageFormat::Jpeg);
    let silent = id_of(&lucia.brings(&id, "photo.jpg", photo).await.ok());
    town.meta().faults().next(Fault::Unreachable);
    drop(lucia.replies_with(&id, "", &[(&silent, "")]).await.ok());
    town.settle().await;
    town.advance(A_MINUTE * 90).await;
    assert_eq!(town.twilio().calls().len(), calls, "nobody is rung up for nothing");
    let lucia = town.staff("lucia").await;
    let entries = lucia.entries(&id).await;
    let last = entries.iter().rev().find(|entry| entry["attachments"][0]["media"] == silent.as_str());
    let last = last.unwrap_or_else(|| panic!("no such reply in {entries:#?}"));
    assert_eq!(last["status"], "failed", "{last}");
    assert_eq!(last["reason"], "A telephone call cannot carry this file.");
    town.ends().await;
}

world::stories!(
    a_picture_of_the_line_is_converted_once,
    a_sound_of_the_line_is_converted_or_goes_as_an_address,
    a_picture_goes_on_by_sms_as_an_address,
    a_picture_goes_on_by_viber_in_vibers_form,
    a_file_is_held_back_at_the_last_moment,
    the_rest_stays_here_when_she_stops_in_between,
    the_same_file_twice_is_kept_once,
    a_file_that_must_not_be_fetched_stays_visible,
    a_call_says_the_words_without_the_file,
);
