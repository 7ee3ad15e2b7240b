//! Files that staff send: made into what the person's channel takes, without what a camera wrote beside the pixels; told
//! before they are sent; given as an address where a channel carries none; gone when she wants it so.
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, RgbImage};
use jiff::SignedDuration;
use serde_json::{Value, json};
use world::fault::Fault;
use world::person::Person;
use world::thread::Bubble;
use world::town::Town;

use crate::media::{rows, talking};

/// What a camera wrote beside the pixels, and nobody else must read.
pub(crate) const PLACE: &[u8] = b"4.6097N 74.0817W";

/// A picture that no packing makes small.
pub(crate) fn noise(width: u32, height: u32) -> DynamicImage {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |_, _| {
        let [a, b, c, _] = next();
        image::Rgb([a, b, c])
    }))
}

/// A picture as a camera takes it: packing makes it small.
fn smooth(width: u32, height: u32) -> DynamicImage {
    let shade = |at: u32, of: u32| u8::try_from(at * 255 / of).unwrap_or(u8::MAX);
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([shade(x, width), shade(y, height), 90])
    }))
}

pub(crate) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture can be written");
    bytes.into_inner()
}

/// A WebP that says where it was taken.
pub(crate) fn webp(width: u32, height: u32) -> Vec<u8> {
    let plain = encoded(&noise(width, height), ImageFormat::WebP);
    let mut chunks = b"WEBPVP8X\x0a\0\0\0\x08\0\0\0".to_vec();
    chunks.extend(&(width - 1).to_le_bytes()[..3]);
    chunks.extend(&(height - 1).to_le_bytes()[..3]);
    chunks.extend(&plain[12..]);
    chunks.extend(b"EXIF");
    chunks.extend(u32::try_from(PLACE.len()).expect("short").to_le_bytes());
    chunks.extend(PLACE);
    let mut file = b"RIFF".to_vec();
    file.extend(u32::try_from(chunks.len()).expect("short").to_le_bytes());
    file.extend(chunks);
    file
}

pub(crate) fn wav() -> Vec<u8> {
    let samples: Vec<u8> = (0..8_000_u32).flat_map(|n| ((n * 37 % 2_000) as i16).to_le_bytes()).collect();
    let size = u32::try_from(samples.len()).expect("short");
    let mut file = b"RIFF".to_vec();
    file.extend((size + 36).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    file.extend(size.to_le_bytes());
    file.extend(samples);
    file
}

/// Fetches an address as anybody would: status, type and bytes.
pub(crate) async fn fetched(url: &str) -> (u16, String, Vec<u8>) {
    let answer = reqwest::get(url).await.expect("the server answers");
    let status = answer.status().as_u16();
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = kind.to_owned();
    (status, kind, answer.bytes().await.expect("a whole answer").to_vec())
}

pub(crate) fn holds(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|part| part == words)
}

pub(crate) fn id_of(brought: &Value) -> String {
    brought["id"].as_str().unwrap_or_else(|| panic!("no id in {brought}")).to_owned()
}

async fn forms(town: &Town) -> i64 {
    rows(town, openline::sql!("SELECT count(*) FROM media_form WHERE form <> 'small'")).await
}

/// What the line's newest message to her carries.
async fn got(person: &Person, words: &str) -> Bubble {
    person.sees(words).await
}

/// A WebP goes to WhatsApp as a JPEG that says nothing of the place; staff is told before, and sees it in the thread.
async fn a_webp_arrives_as_a_jpeg_without_the_place(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    let brought = lucia.brings(&id, "mapa%20de%20la%20cl%C3%ADnica.webp", webp(320, 200)).await;
    assert_eq!(brought.status, 201, "{}", brought.body);
    let brought = brought.body;
    assert_eq!(brought["content_type"], "image/webp");
    let file = id_of(&brought);
    let said = [(file.as_str(), "Mapa de la clínica")];
    let preview = lucia
        .does(&id, "preview", json!({"text": "Aquí está", "files": [{"id": file, "description": said[0].1}]}))
        .await
        .ok();
    let becomes = &preview["files"][0];
    assert_eq!((&becomes["how"], &becomes["content_type"]), (&"converted".into(), &"image/jpeg".into()));
    assert_eq!((&becomes["width"], &becomes["height"]), (&320.into(), &200.into()), "{becomes}");
    // WhatsApp fails once: what was made is made once all the same.
    town.meta().faults().next(Fault::ServerError);
    let entry = lucia.replies_with(&id, "Aquí está", &said).await.ok();
    town.settle().await;
    town.advance(SignedDuration::from_secs(60)).await;
    let bubble = got(&amina, "Aquí está\nMapa de la clínica").await;
    assert_eq!(bubble.media.len(), 1, "{bubble:?}");
    let (status, kind, body) = fetched(&bubble.media[0].url).await;
    assert_eq!((status, kind.as_str()), (200, "image/jpeg"));
    assert!(!holds(&body, PLACE) && !holds(&body, b"Exif"), "the place went along");
    let picture = image::load_from_memory(&body).expect("a picture");
    assert_eq!((picture.width(), picture.height()), (320, 200));
    assert_eq!(forms(&town).await, 1, "made once, whatever happened on the way");
    let shown =
        &lucia.entries(&id).await.into_iter().find(|row| row["id"] == entry["id"]).expect("the reply");
    let shown = &shown["attachments"][0];
    assert_eq!(shown["name"], "mapa de la clínica.webp");
    assert_eq!(shown["description"], "Mapa de la clínica");
    assert_eq!(lucia.opens(shown["url"].as_str().expect("an address")).await.0, "image/webp");
    // An address that was changed leads nowhere, and so does one of the file as it came.
    let url = bubble.media[0].url.clone();
    let (token, rest) = url.split_once("/f/").and_then(|(_, rest)| rest.split_once('/')).expect("its parts");
    let original = url.replace(rest, "file/picture.webp");
    assert_eq!(fetched(&original).await.0, 404);
    let other = if token.ends_with('A') { "Q" } else { "A" };
    let changed = url.replace(token, &format!("{}{other}", &token[..token.len() - 1]));
    assert_eq!(fetched(&changed).await.0, 404);
    // She wants to be forgotten: nothing of it is left, and the address is dead.
    lucia.closes(&id).await;
    amina.texts("OLVIDAR").await;
    town.settle().await;
    for sql in [
        openline::sql!("SELECT count(*) FROM media"),
        openline::sql!("SELECT count(*) FROM media_file"),
        openline::sql!("SELECT count(*) FROM media_form"),
    ] {
        assert_eq!(rows(&town, sql).await, 0);
    }
    assert_eq!(fetched(&url).await.0, 404);
    town.ends().await;
}

/// A picture that is too large for Viber is made smaller.
async fn a_picture_too_large_for_the_channel_is_made_smaller(town: Town) {
    let lucia = town.staff("lucia").await;
    let olena = town.viber("Olena");
    let id = talking(&town, &olena, &lucia).await;
    let large = encoded(&noise(900, 700), ImageFormat::Png);
    assert!(large.len() > 1024 * 1024);
    let brought = lucia.brings(&id, "photo.png", large).await.ok();
    let becomes = &brought["becomes"];
    assert_eq!((&becomes["how"], &becomes["content_type"]), (&"converted".into(), &"image/jpeg".into()));
    assert!(becomes["size"].as_u64().is_some_and(|size| size <= 1024 * 1024), "{becomes}");
    drop(lucia.replies_with(&id, "El formulario", &[(&id_of(&brought), "")]).await.ok());
    town.settle().await;
    let bubble = got(&olena, "El formulario").await;
    assert_eq!(bubble.media.len(), 1, "{bubble:?}");
    let (_, kind, body) = fetched(&bubble.media[0].url).await;
    assert_eq!(kind, "image/jpeg");
    assert!(body.len() <= 1024 * 1024 && bubble.media[0].size == Some(body.len()));
    town.ends().await;
}

/// What claims to be gigabytes, what is no picture and what runs is not taken in; nor is what is not read here.
async fn what_cannot_be_read_is_refused_at_once(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    // A GIF of 65 535 by 65 535 pixels in a few bytes.
    let bomb = b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;";
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic and the place";
    for (name, bytes, reason) in [
        ("bomb.gif", bomb.as_slice(), "too_many_pixels"),
        ("photo.jpg", b"\xff\xd8\xff\xe0 no picture at all".as_slice(), "damaged"),
        ("photo.heic", heic.as_slice(), "unreadable_picture"),
        ("photo.jpg", b"\x7fELF\x02\x01\x01 a program and more".as_slice(), "kind"),
        ("page.txt", b"<html><script>alert(1)</script>".as_slice(), "kind"),
        ("empty.pdf", b"".as_slice(), "empty"),
    ] {
        let answer = lucia.brings(&id, name, bytes.to_vec()).await;
        assert_eq!((answer.status, &answer.body["reason"]), (422, &reason.into()), "{name} {}", answer.body);
    }
    let large = lucia.brings(&id, "film.mp4", vec![0_u8; 26 * 1024 * 1024]).await;
    assert_eq!(large.status, 413, "{}", large.body);
    assert_eq!(rows(&town, openline::sql!("SELECT count(*) FROM media_file")).await, 0);
    town.ends().await;
}

/// A program that writes down how often it ran, and then is the machine's ffmpeg.
pub(crate) fn converter(folder: &Path) -> (PathBuf, PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;
    let (program, log) = (folder.join("converter"), folder.join("runs"));
    let real =
        ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"].into_iter().find(|path| Path::new(path).is_file());
    let real = real.expect("ffmpeg is missing: apt-get install ffmpeg");
    std::fs::write(&program, format!("#!/bin/sh\necho run >> {}\nexec {real} \"$@\"\n", log.display()))
        .expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).expect("it may run");
    (program, log)
}

/// Without the program that converts sounds, a sound that WhatsApp does not take is refused before it is sent, with the
/// reason; with it, it goes as Opus, and is converted once.
async fn a_sound_is_converted_or_refused_with_the_reason(town: Town) {
    let mut town = town;
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    let brought = lucia.brings(&id, "note.wav", wav()).await.ok();
    assert_eq!(
        (&brought["becomes"]["how"], &brought["becomes"]["reason"]),
        (&"refused".into(), &"no_converter".into())
    );
    let file = id_of(&brought);
    let refused = lucia.replies_with(&id, "Escuche", &[(&file, "")]).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(refused.body["type"], "urn:openline:problem:file-refused");
    assert_eq!(refused.body["files"][0]["reason"], "no_converter");
    town.settle().await;
    amina.sees_nothing_more().await;

    let folder = tempfile::tempdir().expect("a folder");
    let (program, log) = converter(folder.path());
    town.converts_sounds_by(program);
    town.restarts().await;
    let lucia = town.staff("lucia").await;
    town.meta().faults().next(Fault::ServerError);
    drop(lucia.replies_with(&id, "Escuche", &[(&file, "")]).await.ok());
    town.settle().await;
    town.advance(SignedDuration::from_secs(60)).await;
    let bubble = amina.hears_audio().await;
    let (status, kind, body) = fetched(&bubble.media[0].url).await;
    assert_eq!((status, kind.as_str()), (200, "audio/ogg"));
    assert!(body.starts_with(b"OggS") && holds(&body[..64.min(body.len())], b"OpusHead"));
    let runs = std::fs::read_to_string(&log).expect("it ran").lines().count();
    assert_eq!(runs, 1, "a message that is tried again is not converted again");
    town.ends().await;
}

/// By SMS she gets an address: a page with a small picture, and the whole one a tap away.
async fn by_sms_she_gets_an_address(town: Town) {
    let lucia = town.staff("lucia").await;
    let luis = town.sms("Luis");
    let id = talking(&town, &luis, &lucia).await;
    let photo = encoded(&smooth(900, 675), ImageFormat::Jpeg);
    let brought = lucia.brings(&id, "photo.jpg", photo).await.ok();
    assert_eq!(brought["becomes"]["how"], "link");
    let file = id_of(&brought);
    let preview = lucia.does(&id, "preview", json!({"text": "La foto", "files": [{"id": file}]})).await.ok();
    assert!(preview["parts"][0].as_str().is_some_and(|text| text.contains("/f/")), "{preview}");
    drop(lucia.replies_with(&id, "La foto", &[(&file, "Entrada del refugio")]).await.ok());
    town.settle().await;
    let bubble = luis.sees("La foto").await;
    assert!(bubble.media.is_empty());
    let url = bubble.text.lines().find(|line| line.starts_with("http")).expect("an address").to_owned();
    let (status, kind, page) = fetched(&url).await;
    let page = String::from_utf8(page).expect("text");
    assert_eq!((status, kind.starts_with("text/html")), (200, true));
    assert!(page.contains("Entrada del refugio") && page.contains("lang=\"es\""), "{page}");
    let link = |from: &str| {
        let rest = page.split_once(from).expect("it is there").1;
        let root = url.split("/f/").next().expect("a root");
        format!("{root}{}", rest.split('"').next().expect("its end"))
    };
    let (_, kind, small) = fetched(&link("src=\"")).await;
    let small_picture = image::load_from_memory(&small).expect("a picture");
    assert_eq!((kind.as_str(), small_picture.width(), small_picture.height()), ("image/jpeg", 640, 480));
    let (_, kind, whole) = fetched(&link("<a href=\"")).await;
    assert_eq!(kind, "image/jpeg");
    assert!(whole.len() > small.len());
    // After a fortnight the address is over.
    town.advance(SignedDuration::from_hours(15 * 24)).await;
    assert_eq!(fetched(&url).await.0, 404);
    town.ends().await;
}

/// On the web page a picture is a link that says what it weighs; nothing is loaded by itself. Telegram gets the picture.
async fn on_the_web_and_on_telegram(town: Town) {
    let lucia = town.staff("lucia").await;
    let web = town.web("Ana").await;
    let id = talking(&town, &web, &lucia).await;
    let photo = encoded(&smooth(400, 320), ImageFormat::Jpeg);
    let brought = lucia.brings(&id, "photo.jpg", photo.clone()).await.ok();
    drop(lucia.replies_with(&id, "La foto", &[(&id_of(&brought), "")]).await.ok());
    town.settle().await;
    let bubble = web.sees("La foto").await;
    let url = format!("{}{}", town.base_url(), bubble.media[0].url);
    let (status, kind, page) = fetched(&url).await;
    assert_eq!((status, kind.starts_with("text/html")), (200, true), "{}", String::from_utf8_lossy(&page));
    let timur = town.telegram("Timur");
    let id = talking(&town, &timur, &lucia).await;
    let brought = lucia.brings(&id, "photo.jpg", photo).await.ok();
    assert_eq!(brought["becomes"]["how"], "as_is");
    // Files alone are a reply too.
    drop(lucia.replies_with(&id, "", &[(&id_of(&brought), "")]).await.ok());
    town.settle().await;
    // A person gets so many messages a second there.
    town.advance(SignedDuration::from_secs(5)).await;
    let shown = timur.conversation().into_iter().rev().find(|bubble| !bubble.media.is_empty());
    let shown = shown.unwrap_or_else(|| panic!("{}", timur.so_far()));
    assert_eq!(fetched(&shown.media[0].url).await.1, "image/jpeg", "{}", timur.so_far());
    town.ends().await;
}

/// A file waits for its reply, for whoever brought it; it can be taken back, and goes by itself after a day.
async fn a_file_that_was_not_sent_goes_again(town: Town) {
    let (lucia, diego) = (town.staff("lucia").await, town.staff("diego").await);
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    let photo = encoded(&noise(64, 64), ImageFormat::Png);
    let file = id_of(&lucia.brings(&id, "photo.png", photo.clone()).await.ok());
    // A colleague neither sees it nor sends it.
    diego.takes(&id).await;
    let answer = diego.replies_with(&id, "Mire", &[(&file, "")]).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &"files".into()), "{}", answer.body);
    assert_eq!(diego.get(&format!("/conversations/{id}/media/{file}")).await.status, 404);
    lucia.takes(&id).await;
    let path = format!("/lines/{}/conversations/{id}/files/{file}", lucia.line());
    assert_eq!(diego.request("DELETE", &path, None).await.status, 422);
    assert_eq!(lucia.request("DELETE", &path, None).await.status, 204);
    assert_eq!(lucia.request("DELETE", &path, None).await.status, 422, "it is gone");
    for sql in
        [openline::sql!("SELECT count(*) FROM media_file"), openline::sql!("SELECT count(*) FROM media_form")]
    {
        assert_eq!(rows(&town, sql).await, 0);
    }
    for _ in 0..10 {
        drop(lucia.brings(&id, "photo.png", photo.clone()).await.ok());
    }
    let eleventh = lucia.brings(&id, "photo.png", photo).await;
    assert_eq!(eleventh.body["type"], "urn:openline:problem:too-many-files", "{}", eleventh.body);
    town.advance(SignedDuration::from_hours(25)).await;
    let gone = async {
        while rows(&town, openline::sql!("SELECT count(*) FROM media")).await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(15), gone).await.expect("what was not sent goes");
    town.ends().await;
}

world::stories!(
    a_webp_arrives_as_a_jpeg_without_the_place,
    a_picture_too_large_for_the_channel_is_made_smaller,
    what_cannot_be_read_is_refused_at_once,
    a_sound_is_converted_or_refused_with_the_reason,
    by_sms_she_gets_an_address,
    on_the_web_and_on_telegram,
    a_file_that_was_not_sent_goes_again,
);
