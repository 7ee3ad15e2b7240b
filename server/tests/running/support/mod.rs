//! What tests of the server share: a server's parts on either database, staff who are signed in, people who write.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use flow::words::{Content, Urn};
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, Request, StatusCode};
use openline::access::{self, Grant, Role};
use openline::app::{Actor, App, Ctx};
use openline::config::Config;
use openline::contacts::{self, ConsentState};
use openline::inbox::{self, Opening};
use openline::lines::{self, NewChannel, TriageKind};
use openline::outbound::{MessageRow, MessageState};
use openline::store::Ts;
use openline::vault::Purpose;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

pub const PASSWORD: &str = "correct horse battery";

/// On which database a story is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// Tells each story on both databases. Without a PostgreSQL server the second half fails and says what to do.
#[macro_export]
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {
        mod sqlite { $(
            #[test]
            fn $story() { $crate::support::tell($crate::support::Database::Sqlite, super::$story); }
        )+ }
        mod postgres { $(
            #[test]
            fn $story() { $crate::support::tell($crate::support::Database::Postgres, super::$story); }
        )+ }
    };
}

pub fn tell<F: Future<Output = ()>>(database: Database, story: impl FnOnce(World) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async { story(World::new(database).await).await });
}

/// The parts of a server, without its loops: nothing is sent and nothing is handled by itself.
pub struct World {
    pub app: App,
    pub router: Router,
    pub line: Uuid,
    /// A second line with the same content.
    pub elsewhere: Uuid,
    pub whatsapp: Uuid,
    pub webchat: Uuid,
    elsewhere_channel: Uuid,
    _folder: tempfile::TempDir,
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

fn configuration(database: Database, folder: &Path) -> Config {
    let listen = "127.0.0.1:0".parse().expect("an address");
    let mut config = Config::for_folder(folder.to_owned(), listen, "http://line.test".to_owned());
    if database == Database::Postgres {
        config.database = std::env::var("OPENLINE_TEST_POSTGRES").expect(
            "OPENLINE_TEST_POSTGRES must name a PostgreSQL server to test on (postgres://…); bin/ci starts one",
        );
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        // Process ids come again on a machine that started anew; the folder's name is random.
        let random = folder.file_name().unwrap_or_default().to_string_lossy();
        let random: String = random.chars().filter(char::is_ascii_alphanumeric).collect();
        config.schema = format!("test_{}_{number}_{}", std::process::id(), random.to_ascii_lowercase());
        config.postgres_writers = 3;
    }
    config
}

/// The sample line's content folder under another short name.
pub fn content(slug: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../content/casa");
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("the sample line is there") {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&folder).expect("inside").to_string_lossy().into_owned();
            files.insert(name, std::fs::read(&path).expect("a file can be read"));
        }
    }
    let text = String::from_utf8(files["line.toml"].clone()).expect("text");
    let renamed = text.replacen("slug = \"casa\"", &format!("slug = \"{slug}\""), 1);
    files.insert("line.toml".to_owned(), renamed.into_bytes());
    files
}

impl World {
    pub async fn new(database: Database) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (app, _) = openline::boot::open(configuration(database, folder.path())).await.expect("it opens");
        let line = lines::import_files(&app, content("casa")).await.expect("Casa").line_id;
        let elsewhere = lines::import_files(&app, content("otra")).await.expect("Otra").line_id;
        // Nobody listens there: no test asks Meta.
        let nowhere = "http://127.0.0.1:9";
        let settings =
            json!({"access_token": "t", "app_secret": "s", "verify_token": "v", "base_url": nowhere});
        let new = |kind: &str, address: &str, settings: Value| NewChannel {
            kind: kind.to_owned(),
            address: address.to_owned(),
            settings,
        };
        let whatsapp = new("whatsapp_cloud", "10555000111", settings);
        let whatsapp = lines::add_channel(&app, line, &whatsapp).await.expect("WhatsApp");
        let webchat = lines::add_channel(&app, line, &new("webchat", "casa", json!({}))).await.expect("web");
        let other = new("webchat", "otra", json!({}));
        let elsewhere_channel = lines::add_channel(&app, elsewhere, &other).await.expect("web");
        let router = openline::api::router(app.clone());
        Self { app, router, line, elsewhere, whatsapp, webchat, elsewhere_channel, _folder: folder }
    }

    pub fn now(&self) -> Ts {
        self.app.now()
    }

    /// Adds a member of staff with roles on the line.
    pub async fn staff(&self, name: &str, roles: &[Role]) -> Uuid {
        let grants: Vec<Grant> =
            roles.iter().map(|role| Grant { line: Some(self.line), role: *role }).collect();
        let ctx = Ctx { actor: Actor::Operator, now: self.now() };
        let email = format!("{}@casa.example", name.to_lowercase());
        let user = access::create_staff(&self.app, ctx, name, &email, PASSWORD, &grants).await;
        user.expect("staff can be added").id
    }

    /// Adds a member of staff and signs her in.
    pub async fn signed_in(&self, name: &str, roles: &[Role]) -> Browser {
        self.staff(name, roles).await;
        self.sign_in(name).await
    }

    /// Signs somebody in who is there already.
    pub async fn sign_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let email = format!("{}@casa.example", name.to_lowercase());
        let answer = browser.post("/session", json!({"email": email, "password": PASSWORD})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        browser.keep_session(&answer);
        browser
    }

    /// A browser in which nobody is signed in.
    pub fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookie: None, csrf: String::new(), user: Uuid::nil() }
    }

    /// A person writes, and comes to staff: an open conversation with her first message.
    pub async fn person_asks(&self, address: &str, words: &str, triage: Option<TriageKind>) -> Uuid {
        let line = self.line;
        let channel = if address.starts_with("webchat") { self.webchat } else { self.whatsapp };
        self.asks_on(line, channel, address, words, triage).await
    }

    /// The same on the other line.
    pub async fn person_asks_elsewhere(&self, address: &str, words: &str) -> Uuid {
        self.asks_on(self.elsewhere, self.elsewhere_channel, address, words, None).await
    }

    async fn asks_on(
        &self,
        line: Uuid,
        channel: Uuid,
        address: &str,
        words: &str,
        triage: Option<TriageKind>,
    ) -> Uuid {
        let (app, now) = (self.app.clone(), self.now());
        let (urn, words): (Urn, String) = (address.parse().expect("an address"), words.to_owned());
        let lines = app.lines();
        let line = lines.get(line).expect("the line").clone();
        let id = self
            .app
            .store
            .write(move |tx| {
                let urns = [urn.clone()];
                let (mut contact, identity, _) =
                    contacts::find_or_make(tx, &app, line.id, channel, &urns, now)?;
                tx.touch_identity(identity, channel, now)?;
                contact.consent = ConsentState::Given;
                let message_id = app.id();
                let opening = Opening {
                    contact: &mut contact,
                    channel_id: channel,
                    topic: Some("papers".to_owned()),
                    triage,
                    learnt: Vec::new(),
                    words: &words,
                };
                let id = inbox::open(tx, &app, &line, opening, now)?;
                let content = Content { text: words.clone(), ..Content::default() };
                tx.insert_message(&MessageRow {
                    id: message_id,
                    line_id: line.id,
                    contact_id: contact.id,
                    conversation_id: Some(id),
                    channel_id: channel,
                    identity_id: Some(identity),
                    incoming: true,
                    author: None,
                    state: MessageState::Received,
                    part: contact.part,
                    body: Some(contact.key.seal_json(Purpose::Message, &content)?),
                    day: 0,
                    valid_until: None,
                    keep: true,
                    client_id: None,
                    bulk_id: None,
                    due_at: None,
                    at: now,
                })?;
                inbox::message_arrived(tx, &app, &contact, id, message_id, &words, now)?;
                contacts::save_state(tx, &contact)?;
                Ok(id)
            })
            .await
            .expect("the message is stored");
        self.app.signals.touch_live();
        id
    }
}

/// A browser: its cookie, its CSRF token, and whose it is.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub cookie: Option<String>,
    pub csrf: String,
    pub user: Uuid,
}

/// An answer with its body as JSON (or as text, when it is none).
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The last part of a problem's type.
    pub fn problem(&self) -> &str {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.body);
        assert_eq!(self.body["status"], self.status.as_u16(), "{}", self.body);
        self.body["type"].as_str().and_then(|kind| kind.rsplit(':').next()).expect("a problem has a type")
    }

    /// The body of an answer that must be a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }
}

impl Browser {
    pub fn keep_session(&mut self, answer: &Answer) {
        let set = answer.headers["set-cookie"].to_str().expect("text");
        self.cookie = Some(set.split(';').next().expect("a value").to_owned());
        self.csrf = answer.body["csrf"].as_str().expect("a token").to_owned();
        self.user = answer.body["user"]["id"].as_str().expect("an id").parse().expect("an id");
    }

    /// The same session, at another process.
    pub fn at(&self, router: Router) -> Self {
        Self { router, ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie).header("x-csrf-token", &self.csrf);
        }
        request
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("a router always answers");
        let (head, body) = response.into_parts();
        let is_stream = head.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if is_stream {
            Value::Null
        } else {
            let bytes = axum::body::to_bytes(body, 4_000_000).await.expect("a body");
            serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()))
        };
        Answer { status: head.status, headers: head.headers, body }
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => {
                request.header("content-type", "application/json").body(Body::from(body.to_string()))
            }
            None => request.body(Body::empty()),
        };
        self.send(request.expect("a request")).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Opens the event stream of a line and waits until it has looked for the first time.
    pub async fn stream(&self, line: Uuid, last: Option<&str>) -> Stream {
        let mut stream = self.stream_raw(line, last).await;
        stream.until("counts").await;
        stream
    }

    /// Opens the event stream of a line, from an id on.
    pub async fn stream_raw(&self, line: Uuid, last: Option<&str>) -> Stream {
        let mut request = self.request(Method::GET, &format!("/events?line={line}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("a router always answers");
        assert_eq!(response.status(), StatusCode::OK);
        Stream { body: response.into_body().into_data_stream(), text: String::new(), last_id: String::new() }
    }
}

/// An open event stream.
pub struct Stream {
    body: BodyDataStream,
    text: String,
    pub last_id: String,
}

/// How long a stream may keep a test waiting.
const PATIENCE: Duration = Duration::from_secs(20);
/// For how long nothing must come, where nothing may come: longer than a stream's own look.
const SILENCE: Duration = Duration::from_millis(1_500);

impl Stream {
    async fn frame(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let frame: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    let line = frame.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|value| value.trim().to_owned())
                };
                if let Some(id) = field("id:") {
                    self.last_id = id;
                }
                if let Some(event) = field("event:") {
                    let data = field("data:").expect("an event has data");
                    return Some((event, serde_json::from_str(&data).expect("JSON")));
                }
                continue;
            }
            let bytes = self.body.next().await?.expect("the stream goes on");
            self.text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    /// The next event of any kind.
    pub async fn next(&mut self) -> (String, Value) {
        tokio::time::timeout(PATIENCE, self.frame()).await.expect("an event in time").expect("no end")
    }

    /// The next event of a kind; others before it are passed over.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            let (event, data) = self.next().await;
            if event == kind {
                return data;
            }
        }
    }

    /// Everything that still comes within a short time.
    pub async fn rest(&mut self) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        while let Ok(Some(event)) = tokio::time::timeout(SILENCE, self.frame()).await {
            found.push(event);
        }
        found
    }

    /// Whether the server has ended the stream.
    pub async fn has_ended(&mut self) -> bool {
        loop {
            match tokio::time::timeout(PATIENCE, self.frame()).await {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }
}
