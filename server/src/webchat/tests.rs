//! The page through its router, with a line of our own and a bot that the test plays.
use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use flow::words::{Attachment, Content, Language, QuickReply, Urn};
use http::{HeaderMap, Request, Response, StatusCode};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::words;
use crate::app::App;
use crate::boot;
use crate::config::Config;
use crate::contacts::{self, ConsentState, Contact};
use crate::inbound;
use crate::lines::{self, NewChannel};
use crate::outbound::{MessageRow, MessageState};
use crate::store::{Sql, Ts};
use crate::vault::Purpose;

/// The most that a first response may weigh: what a server sends before it hears from the browser again.
const MAX_PAGE_BYTES: usize = 14_000;
/// The longest that a test waits for something that must come.
const PATIENCE: Duration = Duration::from_secs(20);

const SAID: Sql = crate::sql!("SELECT payload, day FROM inbound WHERE payload IS NOT NULL ORDER BY id");
const SENT: Sql = crate::sql!("UPDATE message SET state = 4 WHERE contact_id = $1 AND state = 1");
const STATE: Sql = crate::sql!("SELECT state FROM message WHERE id = $1");

/// A server with one line that takes messages in; the test itself is the bot that answers.
struct World {
    app: App,
    router: Router,
    line: Uuid,
    channel: Uuid,
    /// The name of the line's audio file.
    audio: String,
    _folder: tempfile::TempDir,
}

fn lang(code: &str) -> Language {
    code.parse().unwrap()
}

/// A small line in any languages; every sentence of it is given.
fn content(languages: &[&str]) -> String {
    // The sample line has every part that a line must have, so a new part needs no change here.
    let mut table: toml::Table = include_str!("../../../content/casa/line.toml").parse().unwrap();
    for list in ["answers", "topics", "triage", "saved_replies", "team", "after_close_flow"] {
        table.remove(list);
    }
    table.insert("languages".into(), languages.to_vec().into());
    for part in ["words", "texts"] {
        let spanish = table[part]["spa"].clone();
        table.insert(part.into(), every(languages, &spanish));
    }
    table.insert("name".into(), every(languages, &"Línea <Casa>".into()));
    table.insert("language_names".into(), every(languages, &"Name".into()));
    let notice = toml::toml! {
        text = "short"
        agree = "yes"
        decline = "no"
        full = "The <long> notice."
    };
    let mut notices = every(languages, &notice.into());
    notices.as_table_mut().unwrap().insert("version".into(), "2026-11-01".into());
    table.insert("notice".into(), notices);
    table.to_string()
}

fn every(languages: &[&str], value: &toml::Value) -> toml::Value {
    languages.iter().map(|code| ((*code).to_owned(), value.clone())).collect::<toml::Table>().into()
}

const FLOWS: &str = r#"{"version": "13", "flows": [{"uuid": "54367dcf-e05c-460a-a0e9-80175dcaf1c9", "name": "menu",
    "spec_version": "14.4.2", "language": "eng", "type": "messaging", "nodes": []}]}"#;

impl World {
    async fn new(languages: &[&str]) -> Self {
        Self::with(languages, "https://line.example.org").await
    }

    async fn with(languages: &[&str], public_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config =
            Config::for_folder(folder.path().to_owned(), ([127, 0, 0, 1], 0).into(), public_url.to_owned());
        let (app, waiting) = boot::open(config).await.unwrap();
        tokio::spawn(inbound::accept::run(app.clone(), waiting));
        let files = BTreeMap::from([
            ("line.toml".to_owned(), content(languages).into_bytes()),
            ("flows.json".to_owned(), FLOWS.as_bytes().to_vec()),
            ("audio/rights.ogg".to_owned(), vec![0; 34_500]),
        ]);
        let line = lines::import_files(&app, files).await.unwrap().line_id;
        let new =
            NewChannel { kind: "webchat".into(), address: "casa".into(), settings: serde_json::json!({}) };
        let channel = lines::add_channel(&app, line, &new).await.unwrap();
        let audio = app.lines().get(line).unwrap().files["audio/rights.ogg"].name.clone();
        Self { router: super::router(app.clone()), app, line, channel, audio, _folder: folder }
    }

    async fn ask(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, address: &str, cookie: &str) -> (HeaderMap, String) {
        let request = Request::get(address).header("cookie", cookie).body(Body::empty()).unwrap();
        let response = self.ask(request).await;
        assert_eq!(response.status(), StatusCode::OK, "{address}");
        text_of(response).await
    }

    async fn post(&self, address: &str, cookie: &str, form: &[(&str, &str)]) -> Response<Body> {
        self.ask(post(address, cookie, form)).await
    }

    /// Everything that was taken in, oldest first.
    async fn taken(&self) -> Vec<channels::Message> {
        let app = self.app.clone();
        let read = self.app.store.read(move |tx| {
            let rows = tx.rows(SAID, crate::args![])?;
            rows.iter()
                .map(|row| {
                    let key = app.vault.day(row.get(1)?, app.now())?;
                    match key.open_json(Purpose::Inbound, &row.get::<Vec<u8>>(0)?)? {
                        channels::Incoming::Message(message) => Ok(*message),
                        _ => unreachable!(),
                    }
                })
                .collect()
        });
        read.await.unwrap()
    }

    async fn said(&self) -> Vec<String> {
        self.taken().await.into_iter().map(|message| message.text).collect()
    }

    /// Waits until so many texts were taken in; who wrote the last one.
    async fn person_after(&self, count: usize) -> Urn {
        let taken = tokio::time::timeout(PATIENCE, async {
            loop {
                let taken = self.taken().await;
                if taken.len() >= count {
                    return taken;
                }
            }
        });
        taken.await.unwrap().pop().unwrap().from.remove(0)
    }

    /// Sends a text as the script does; answers the cookie and who wrote.
    async fn begin(&self) -> (String, Urn) {
        let response = self.ask(by_script("", "f", "hello")).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        let cookie = cookie_of(&response);
        let urn = self.taken().await.pop().unwrap().from.remove(0);
        (cookie, urn)
    }

    /// Writes a message as the server does: the person's with `incoming`, else a sent one of the bot.
    async fn message(&self, urn: &Urn, incoming: bool, content: Option<Content>) -> Uuid {
        let (app, urn) = (self.app.clone(), urn.clone());
        let (line, channel) = (self.line, self.channel);
        self.app
            .store
            .write(move |tx| {
                let now = app.now();
                let (contact, identity, _) =
                    contacts::find_or_make(tx, &app, line, channel, std::slice::from_ref(&urn), now)?;
                let id = app.id();
                tx.insert_message(&row(id, channel, &contact, identity, incoming, content.as_ref(), now))?;
                Ok(id)
            })
            .await
            .unwrap()
    }

    async fn bot(&self, urn: &Urn, text: &str) -> Uuid {
        self.message(urn, false, Some(Content { text: text.into(), ..Content::default() })).await
    }

    async fn state(&self, id: Uuid) -> i64 {
        self.app.store.read(move |tx| tx.one(STATE, crate::args![id])?.get(0)).await.unwrap()
    }
}

fn row(
    id: Uuid,
    channel_id: Uuid,
    contact: &Contact,
    identity: Uuid,
    incoming: bool,
    content: Option<&Content>,
    at: Ts,
) -> MessageRow {
    MessageRow {
        id,
        line_id: contact.line_id,
        contact_id: contact.id,
        conversation_id: None,
        channel_id,
        identity_id: Some(identity),
        incoming,
        author: None,
        state: if incoming { MessageState::Received } else { MessageState::Sent },
        part: contact.part,
        body: content.map(|content| contact.key.seal_json(Purpose::Message, content).unwrap()),
        day: 0,
        valid_until: None,
        keep: true,
        client_id: None,
        bulk_id: None,
        due_at: None,
        at,
    }
}

fn post(address: &str, cookie: &str, form: &[(&str, &str)]) -> Request<Body> {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(form);
    Request::post(address)
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.finish()))
        .unwrap()
}

fn by_script(cookie: &str, id: &str, text: &str) -> Request<Body> {
    let mut request = post("/chat/casa", cookie, &[("id", id), ("text", text)]);
    request.headers_mut().insert("x-chat", "1".parse().unwrap());
    request
}

async fn text_of(response: Response<Body>) -> (HeaderMap, String) {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    (parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

fn cookie_of(response: &Response<Body>) -> String {
    response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_person_without_script_is_answered_in_the_page() {
    let world = World::new(&["spa", "eng"]).await;
    let (headers, page) = world.get("/chat/casa?lang=eng", "").await;
    assert!(!headers.contains_key("set-cookie"), "who only reads gets no cookie");
    assert!(
        page.contains("What we keep and why")
            && page.contains("tel:911")
            && page.contains("Línea &lt;Casa&gt;")
    );

    let asked = world.post("/chat/casa?lang=eng", "", &[("id", "f"), ("text", " I need\r\nhelp ")]);
    let answering = async {
        let urn = world.person_after(1).await;
        world.message(&urn, true, Some(Content { text: "I need\nhelp".into(), ..Content::default() })).await;
        let menu = Content {
            text: "What is it? <b>".into(),
            quick_replies: vec![QuickReply {
                id: Some("menu_1".into()),
                text: "Papers & rights".into(),
                ..QuickReply::default()
            }],
            attachments: vec![Attachment {
                content_type: "audio/ogg".into(),
                url: format!("https://line.example.org/media/{}", world.audio),
            }],
            ..Content::default()
        };
        world.message(&urn, false, Some(menu)).await
    };
    let (response, menu) = tokio::join!(asked, answering);
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], "/chat/casa?lang=eng#end");
    let cookie = cookie_of(&response);
    assert!(cookie.starts_with("__Host-chat="));
    assert_eq!(world.said().await, ["I need\nhelp"]);

    let (_, page) = world.get("/chat/casa?lang=eng", &cookie).await;
    assert!(page.contains("I need\nhelp") && page.contains("What is it? &lt;b&gt;"), "{page}");
    assert!(page.contains("value=\"menu_1\"") && page.contains("Papers &amp; rights"));
    assert!(page.contains(&format!("href=\"/media/{}\"", world.audio)) && page.contains("34 KB"));
    assert!(!page.contains("<audio"), "nothing loads by itself");
    assert_eq!(world.state(menu).await, 5, "what was shown is delivered");

    let form = [("id", "g"), ("text", "half writ"), ("choice", "menu_1")];
    let (response, _) = tokio::join!(world.post("/chat/casa?lang=eng", &cookie, &form), async {
        let urn = world.person_after(2).await;
        world.bot(&urn, "Here you are: https://rights.example/a?b=1&c=2.").await
    });
    let last = world.taken().await.pop().unwrap();
    assert_eq!((last.text.as_str(), last.choice_id.as_deref()), ("Papers & rights", Some("menu_1")));
    let (_, page) = text_of(response).await;
    assert!(page.contains(">half writ</textarea>"), "a half-written text is not lost to a button");
    assert!(page.contains("<a href=\"https://rights.example/a?b=1&amp;c=2\""), "{page}");
    assert!(!page.contains("value=\"menu_1\""), "an answered question's buttons are gone");
}

#[tokio::test]
async fn looking_for_new_messages_keeps_what_is_half_written() {
    let world = World::new(&["spa"]).await;
    let form = [("id", "f"), ("text", "</textarea><script>"), ("refresh", "1")];
    let response = world.post("/chat/casa", "", &form).await;
    assert_eq!(response.status(), StatusCode::OK);
    let (_, page) = text_of(response).await;
    assert!(page.contains("&lt;/textarea&gt;&lt;script&gt;</textarea>"));
    assert!(world.said().await.is_empty());
}

#[tokio::test]
async fn a_text_sent_twice_is_one_message_and_a_script_hears_at_once() {
    let world = World::new(&["spa"]).await;
    let (cookie, _) = world.begin().await;
    for (id, text) in [("f", "hello"), ("f", "bye"), ("g", "hello")] {
        assert_eq!(world.ask(by_script(&cookie, id, text)).await.status(), StatusCode::ACCEPTED);
    }
    assert_eq!(world.said().await, ["hello", "bye", "hello"]);
}

#[tokio::test]
async fn another_site_cannot_write_or_end_a_session() {
    let world = World::new(&["spa"]).await;
    for address in ["/chat/casa", "/chat/casa/leave"] {
        let mut request = post(address, "", &[("id", "f"), ("text", "hola")]);
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
        assert_eq!(world.ask(request).await.status(), StatusCode::FORBIDDEN);
    }
    assert!(world.said().await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_sent_comes_back_with_the_reason() {
    let world = World::new(&["eng"]).await;
    let long = "ü".repeat(4_097);
    let response = world.post("/chat/casa", "", &[("id", "f"), ("text", &long)]).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let (_, page) = text_of(response).await;
    assert!(page.contains(&long) && page.contains("too long"));
    let huge = "x".repeat(70_000);
    let response = world.post("/chat/casa", "", &[("id", "f"), ("text", &huge)]).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let (cookie, _) = world.begin().await;
    for n in 0..20 {
        drop(world.ask(by_script(&cookie, &n.to_string(), "hello")).await);
    }
    assert!(world.said().await.len() < 20);
    let response = world.post("/chat/casa", &cookie, &[("id", "z"), ("text", "more")]).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let (_, page) = text_of(response).await;
    assert!(page.contains(">more</textarea>") && page.contains("one minute"));
}

#[tokio::test]
async fn a_thread_is_paged_and_another_person_sees_nothing_of_it() {
    let world = World::new(&["eng"]).await;
    let (cookie, urn) = world.begin().await;
    let mut ids = Vec::new();
    for n in 0..25 {
        ids.push(world.bot(&urn, &format!("message {n}!")).await);
    }
    world.message(&urn, true, None).await;
    let (_, page) = world.get("/chat/casa", &cookie).await;
    assert!(page.contains("message 24!") && page.contains("message 6!") && !page.contains("message 5!"));
    assert!(page.contains("Its text is not kept"), "what may not be kept leaves a mark only");
    let (_, page) = world.get(&format!("/chat/casa?before={}", ids[6]), &cookie).await;
    assert!(page.contains("message 5!") && !page.contains("message 6!") && page.contains("Newest messages"));
    assert_eq!(world.state(ids[0]).await, 5);

    let (_, page) = world.get("/chat/casa", "__Host-chat=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").await;
    assert!(page.contains("<ul id=\"ms\"></ul>"));
}

#[tokio::test]
async fn a_script_is_told_what_is_new_and_resumes() {
    let world = World::new(&["eng"]).await;
    let (cookie, urn) = world.begin().await;
    let request = Request::get("/chat/casa/messages").header("cookie", &cookie).body(Body::empty()).unwrap();
    assert_eq!(world.ask(request).await.status(), StatusCode::NO_CONTENT);
    let first = world.bot(&urn, "one <1>").await;
    let second = world.bot(&urn, "two").await;
    let (_, news) = world.get("/chat/casa/messages", &cookie).await;
    assert!(news.contains("one &lt;1&gt;") && news.contains("two"));
    let address = format!("/chat/casa/messages?after={first}");
    let (_, news) = world.get(&address, &cookie).await;
    assert!(!news.contains("one") && news.contains("two"));

    let request = Request::get("/chat/casa/events")
        .header("cookie", &cookie)
        .header("last-event-id", first.to_string())
        .body(Body::empty())
        .unwrap();
    let response = world.ask(request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut events = response.into_body().into_data_stream();
    let mut heard = String::new();
    while !heard.contains("three") {
        if heard.contains("two") && !heard.contains("sent three") {
            heard.push_str("sent ");
            world.bot(&urn, "thr\u{65}e").await;
        }
        let chunk = futures_util::StreamExt::next(&mut events).await.unwrap().unwrap();
        heard.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(heard.contains(&format!("id: {second}")) && !heard.contains("one"), "{heard}");
}

#[tokio::test]
async fn leaving_takes_the_session_away() {
    let world = World::new(&["eng"]).await;
    let response = world.post("/chat/casa/leave", "__Host-chat=x", &[]).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], super::page::NEUTRAL_PAGE);
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-chat=; Max-Age=0"), "{cookie}");
}

#[tokio::test]
async fn every_answer_is_kept_nowhere_and_loads_nothing_from_elsewhere() {
    let world = World::new(&["eng"]).await;
    for address in ["/chat/casa", "/chat/casa/notice", "/chat/casa/new"] {
        let (headers, page) = world.get(address, "").await;
        assert_eq!(headers["cache-control"], "no-store");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!page.contains("src=\"http") && !page.contains("@import") && !page.contains(":url("));
        assert!(!page.contains("style=\"") && !page.contains("onclick"));
    }
    let (_, page) = world.get("/chat/casa/notice", "").await;
    assert!(page.contains("The &lt;long&gt; notice.") && page.contains("2026-11-01"));
    for address in ["/chat/nowhere", "/media/nothing.ogg", "/media/..%2fline.toml"] {
        let request = Request::get(address).body(Body::empty()).unwrap();
        assert_eq!(world.ask(request).await.status(), StatusCode::NOT_FOUND);
    }
    let (headers, _) = {
        let response =
            world.ask(Request::get(format!("/media/{}", world.audio)).body(Body::empty()).unwrap()).await;
        let (parts, _) = response.into_parts();
        (parts.headers, ())
    };
    assert!(headers["cache-control"].to_str().unwrap().contains("immutable"));
    assert_eq!(headers["content-type"], "audio/ogg");
}

#[tokio::test]
async fn the_page_is_in_the_language_of_the_link_the_person_or_the_browser() {
    let world = World::new(&["spa", "eng", "ara"]).await;
    let get = |address: &'static str, wish: &'static str| {
        let request = Request::get(address).header("accept-language", wish).body(Body::empty()).unwrap();
        async { text_of(world.ask(request).await).await.1 }
    };
    assert!(get("/chat/casa", "de,fr;q=0.5").await.contains("<html lang=\"es\" dir=\"ltr\">"));
    assert!(get("/chat/casa", "ar-JO,en").await.contains("<html lang=\"ar\" dir=\"rtl\">"));
    assert!(get("/chat/casa?lang=eng", "ar").await.contains("<html lang=\"en\" dir=\"ltr\">"));
    assert!(
        get("/chat/casa?lang=fra", "en").await.contains("<html lang=\"en\""),
        "not a language of the line"
    );
    assert!(get("/chat/casa?lang=%22%3E", "en").await.contains("<html lang=\"en\""));

    let (cookie, urn) = world.begin().await;
    let (app, line, channel) = (world.app.clone(), world.line, world.channel);
    let write = move |tx: &mut crate::store::Tx<'_>| {
        let (mut contact, _, _) =
            contacts::find_or_make(tx, &app, line, channel, std::slice::from_ref(&urn), app.now())?;
        contact.language = Some(lang("ara"));
        contact.consent = ConsentState::LanguageAsked;
        contacts::save_state(tx, &contact)
    };
    world.app.store.write(write).await.unwrap();
    let (_, page) = world.get("/chat/casa", &cookie).await;
    assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">"), "what she told the line counts");
}

/// Twenty messages that read like a language without repeating sentences, which would compress too well.
fn sample(language: Language) -> Vec<String> {
    let words = words::of(language);
    let vocabulary: Vec<&str> = [
        &words.about,
        &words.notice,
        &words.greeting,
        &words.too_fast,
        &words.waiting,
        &words.received,
        &words.failed,
        &words.new,
        &words.too_long,
        &words.leave_hint,
        &words.not_kept,
    ]
    .into_iter()
    .flat_map(|text| text.split_whitespace())
    .collect();
    let mut state = 7_u64;
    (0..20)
        .map(|_| {
            let picked = (0..40).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                vocabulary[(state >> 33) as usize % vocabulary.len()]
            });
            picked.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[tokio::test]
async fn the_whole_page_fits_the_first_flight_in_every_language() {
    let shipped = words::shipped();
    let codes: Vec<String> = shipped.iter().map(Language::to_string).collect();
    let world = World::new(&codes.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for language in shipped {
        let (cookie, urn) = world.begin().await;
        let mut weights = Vec::new();
        for (at, text) in std::iter::once(String::new()).chain(sample(language)).enumerate() {
            if at > 0 {
                world.message(&urn, at % 3 == 1, Some(Content { text, ..Content::default() })).await;
            }
            if at == 0 || at == 20 {
                for encoding in ["br", "gzip"] {
                    let request = Request::get(format!("/chat/casa?lang={language}"))
                        .header("cookie", &cookie)
                        .header("accept-encoding", encoding)
                        .body(Body::empty())
                        .unwrap();
                    let response = world.ask(request).await;
                    assert_eq!(response.headers()["content-encoding"], encoding);
                    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
                    weights.push(body.len());
                    assert!(encoding == "gzip" || body.len() <= MAX_PAGE_BYTES, "{language} {}", body.len());
                }
            }
        }
        println!("{language}: empty br/gzip, then with 20 messages br/gzip: {weights:?}");
    }
}

#[tokio::test]
async fn who_was_erased_reads_it_and_her_receipt() {
    let world = World::new(&["eng"]).await;
    let (cookie, urn) = world.begin().await;
    world.bot(&urn, "A secret.").await;
    let (_, page) = world.get("/chat/casa", &cookie).await;
    assert!(page.contains("A secret."));
    let (app, address, line, channel) = (world.app.clone(), urn.clone(), world.line, world.channel);
    let erase = move |tx: &mut crate::store::Tx<'_>| {
        let now = app.now();
        let (contact, _, _) =
            contacts::find_or_make(tx, &app, line, channel, std::slice::from_ref(&address), now)?;
        crate::consent::erase(tx, &app, &contact, now)?;
        let farewell = Content { text: "Erased. Receipt ABC.".into(), ..Content::default() };
        crate::outbound::enqueue_farewell(tx, &app, &contact, channel, &address, &farewell, now)?;
        tx.run(SENT, crate::args![contact.id])
    };
    world.app.store.write(erase).await.unwrap();
    let (_, page) = world.get("/chat/casa", &cookie).await;
    assert!(page.contains("Receipt ABC") && !page.contains("A secret."), "{page}");
}
