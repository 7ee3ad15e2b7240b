//! The page of phones: people on WhatsApp, SMS, Telegram, Viber and the telephone whom the visitor of the demo plays, and the small
//! API behind it.
mod handset;
mod journal;

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;

use crate::providers::Providers;
use crate::smsc::Smsc;
use crate::thread::{Bubble, Thread};
use handset::{Calling, Deed, Handset};
use journal::Journal;

/// WhatsApp's limit for what a person sends.
const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;
const MAX_TEXT_CHARACTERS: usize = 4_096;
const MAX_NAME_CHARACTERS: usize = 40;
/// The most keys that are pressed at once.
const MAX_KEYS: usize = 32;
/// The page stays usable with this many phones.
const MAX_PHONES: usize = 24;

/// How a phone reaches the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    WhatsApp,
    Sms,
    Telegram,
    Viber,
    /// Telephone calls.
    Voice,
    /// SMS by a network's own message centre.
    Smpp,
}

/// Who holds a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Names the phone in this API.
    pub id: String,
    pub name: String,
    pub kind: Kind,
    /// The phone number in E.164; `None` for somebody on WhatsApp who hides it, and on Viber, which tells nobody's.
    #[serde(default)]
    pub number: Option<String>,
    /// WhatsApp's business-scoped user id, the number of the chat on Telegram, Viber's id for this bot.
    #[serde(default)]
    pub user_id: Option<String>,
}

/// Another page of the demo, linked from this one.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    pub name: String,
    pub url: String,
}

/// Which of the line's addresses the phones write to.
#[derive(Debug, Clone)]
pub struct Line {
    pub name: String,
    /// WhatsApp: the id of the business number.
    pub phone_number_id: String,
    /// Twilio: the account.
    pub account_sid: String,
    /// Telegram: the bot.
    pub telegram_token: String,
    /// Viber: the bot.
    pub viber_token: String,
}

struct Phone {
    owner: Owner,
    handset: Handset,
}

/// All phones of the page; clones are the same ones.
#[derive(Clone)]
pub struct Phones {
    inner: Arc<Inner>,
}

struct Inner {
    providers: Providers,
    centre: Option<Smsc>,
    line: Line,
    places: Vec<Place>,
    journal: Journal,
    phones: Mutex<Vec<Arc<Phone>>>,
    /// Counts every change of any phone.
    changed: watch::Sender<u64>,
}

impl Phones {
    /// Takes the phones kept in `folder`, or hands out new ones: two on WhatsApp, of which one hides her number, and
    /// one each on SMS, Telegram, Viber and the telephone, and one behind the message centre if there is one. Without a
    /// folder nothing is kept.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn open(
        providers: Providers,
        centre: Option<Smsc>,
        line: Line,
        places: Vec<Place>,
        folder: Option<&FilePath>,
    ) -> anyhow::Result<Self> {
        let (journal, kept) = match folder {
            Some(folder) => Journal::open(&folder.join("phones.jsonl"))?,
            None => (Journal::default(), Vec::new()),
        };
        let changed = watch::Sender::new(0);
        let inner = Inner { providers, centre, line, places, journal, phones: Mutex::default(), changed };
        let phones = Self { inner: Arc::new(inner) };
        let fresh = kept.is_empty();
        for phone in kept {
            phones.inner.connect(phone.owner, phone.bubbles);
        }
        if fresh {
            for (name, kind, hidden) in [
                ("Amina", Kind::WhatsApp, false),
                ("Luis", Kind::Sms, false),
                ("Noor", Kind::WhatsApp, true),
                ("Yusuf", Kind::Telegram, false),
                ("Olena", Kind::Viber, true),
                ("Halima", Kind::Voice, false),
            ] {
                phones.inner.hand_out(name, kind, hidden);
            }
            if phones.inner.centre.is_some() {
                phones.inner.hand_out("Wambui", Kind::Smpp, false);
            }
        }
        Ok(phones)
    }

    /// The page and its API.
    pub fn routes(&self) -> Router {
        let page = |kind: &'static str, text: &'static str| {
            get(
                move || async move { ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text) },
            )
        };
        Router::new()
            .route("/", page("text/html; charset=utf-8", include_str!("page/index.html")))
            .route("/phones.css", page("text/css; charset=utf-8", include_str!("page/phones.css")))
            .route("/phones.js", page("text/javascript; charset=utf-8", include_str!("page/phones.js")))
            .route("/places", get(places))
            .route("/events", get(all_events))
            .route("/phones", get(list).post(add))
            .route("/phones/{id}/messages", post(say))
            .route("/phones/{id}/deeds", post(act))
            .route("/phones/{id}/files", post(send_file).layer(DefaultBodyLimit::max(MAX_FILE_BYTES)))
            .route("/phones/{id}/events", get(events))
            .with_state(self.inner.clone())
    }
}

impl Inner {
    fn phones(&self) -> MutexGuard<'_, Vec<Arc<Phone>>> {
        self.phones.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn phone(&self, id: &str) -> Option<Arc<Phone>> {
        self.phones().iter().find(|phone| phone.owner.id == id).cloned()
    }

    /// A new phone with a number of its own.
    fn hand_out(&self, name: &str, kind: Kind, hidden: bool) -> Owner {
        let serial = self.phones().len() + 1;
        let user_id = match kind {
            Kind::WhatsApp => Some(format!("EC.{serial:04}{}", name.len() * 7919)),
            Kind::Sms | Kind::Voice | Kind::Smpp => None,
            Kind::Telegram => Some(format!("51000{serial:05}")),
            Kind::Viber => Some(format!("{serial:010}Casa0A==")),
        };
        let owner = Owner {
            id: format!("phone-{serial}"),
            name: name.to_owned(),
            kind,
            number: (!hidden).then(|| format!("+59399100{serial:04}")),
            user_id,
        };
        self.journal.phone(&owner);
        self.connect(owner.clone(), Vec::new());
        owner
    }

    fn connect(&self, owner: Owner, bubbles: Vec<Bubble>) {
        let (journal, changed, id) = (self.journal.clone(), self.changed.clone(), owner.id.clone());
        let thread = Thread::kept(bubbles, move |bubble| {
            journal.bubble(&id, bubble);
            changed.send_modify(|n| *n += 1);
        });
        let handset = Handset::connect(self, &owner, thread);
        self.phones().push(Arc::new(Phone { owner, handset }));
        self.changed.send_modify(|n| *n += 1);
    }
}

type Shared = State<Arc<Inner>>;

fn refuse(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "detail": why }))).into_response()
}

fn no_such_phone() -> Response {
    refuse(StatusCode::NOT_FOUND, "There is no such phone.")
}

async fn places(State(inner): Shared) -> Response {
    Json(json!({ "line": inner.line.name, "places": inner.places })).into_response()
}

async fn list(State(inner): Shared) -> Json<Vec<Owner>> {
    Json(inner.phones().iter().map(|phone| phone.owner.clone()).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPhone {
    name: String,
    kind: Kind,
}

async fn add(State(inner): Shared, Json(new): Json<NewPhone>) -> Response {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARACTERS {
        return refuse(StatusCode::BAD_REQUEST, "A name has 1 to 40 characters.");
    }
    if inner.phones().len() >= MAX_PHONES {
        return refuse(StatusCode::CONFLICT, "There are phones enough.");
    }
    if new.kind == Kind::Smpp && inner.centre.is_none() {
        return refuse(StatusCode::CONFLICT, "There is no message centre here.");
    }
    // Viber tells no bot a number.
    let hidden = new.kind == Kind::Viber;
    (StatusCode::CREATED, Json(inner.hand_out(name, new.kind, hidden))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    text: Option<String>,
    choice_id: Option<String>,
    /// The message whose choice it is; the newest that offers the choice when absent. With a text: the message of her
    /// own that she changes.
    message_id: Option<String>,
}

async fn say(State(inner): Shared, Path(id): Path<String>, Json(words): Json<Words>) -> Response {
    let deed = match (words.text, words.choice_id, words.message_id) {
        (Some(text), None, _) if text.trim().is_empty() => {
            return refuse(StatusCode::BAD_REQUEST, "The message is empty.");
        }
        (Some(text), None, _) if text.chars().count() > MAX_TEXT_CHARACTERS => {
            return refuse(StatusCode::BAD_REQUEST, "A message has at most 4,096 characters.");
        }
        (Some(text), None, None) => Deed::Text(text),
        (Some(text), None, Some(message)) => Deed::Edit { message, text },
        (None, Some(id), message) => Deed::Choice { id, message },
        _ => return refuse(StatusCode::BAD_REQUEST, "Give either a text or a choice_id."),
    };
    does(&inner, &id, deed)
}

/// What can be done besides writing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Doing {
    deed: Named,
    /// With `keys`: which.
    #[serde(default)]
    keys: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    Location,
    Start,
    Block,
    Unblock,
    Call,
    PickUp,
    Machine,
    Decline,
    Silence,
    HangUp,
    Keys,
}

async fn act(State(inner): Shared, Path(id): Path<String>, Json(doing): Json<Doing>) -> Response {
    let deed = match doing.deed {
        Named::Location => Deed::Location,
        Named::Start => Deed::Start,
        Named::Block => Deed::Block,
        Named::Unblock => Deed::Unblock,
        Named::Call => Deed::Call(Calling::Begin),
        Named::PickUp => Deed::Call(Calling::PickUp),
        Named::Machine => Deed::Call(Calling::Machine),
        Named::Decline => Deed::Call(Calling::Decline),
        Named::Silence => Deed::Call(Calling::Silence),
        Named::HangUp => Deed::Call(Calling::HangUp),
        Named::Keys => match doing.keys.filter(|keys| is_keys(keys)) {
            Some(keys) => Deed::Call(Calling::Keys(keys)),
            None => return refuse(StatusCode::BAD_REQUEST, "Keys are digits, * and #."),
        },
    };
    does(&inner, &id, deed)
}

fn is_keys(keys: &str) -> bool {
    (1..=MAX_KEYS).contains(&keys.len()) && keys.chars().all(|key| key.is_ascii_digit() || "*#".contains(key))
}

/// Sends in the background: the page sees how it goes by the bubble's status.
fn does(inner: &Inner, id: &str, deed: Deed) -> Response {
    let Some(phone) = inner.phone(id) else { return no_such_phone() };
    match phone.handset.ready(deed) {
        Ok(ready) => {
            tokio::spawn(async move { phone.handset.send(ready).await });
            StatusCode::ACCEPTED.into_response()
        }
        Err(why) => refuse(StatusCode::BAD_REQUEST, why),
    }
}

async fn send_file(
    State(inner): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = match content_type.split('/').next() {
        Some("audio") => "audio",
        Some("image") => "image",
        Some("video") => "video",
        _ => "document",
    };
    if bytes.is_empty() || content_type.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "Send a file, and its type as Content-Type.");
    }
    does(&inner, &id, Deed::File { kind, content_type: content_type.to_owned(), bytes })
}

/// What one phone shows: an event `bubble` for every bubble there is, then for every new or changed one. The
/// `id` is the version of the thread, so that a lost connection goes on where it broke off.
async fn events(State(inner): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let Some(phone) = inner.phone(&id) else { return no_such_phone() };
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let changes = phone.handset.thread().watch();
    // Versions begin anew with the demo: one from before a restart counts as none.
    let newest = *changes.borrow();
    let from = last.and_then(|last| last.parse().ok()).filter(|last| *last <= newest).unwrap_or(0);
    sse(stream::unfold(
        (phone, changes, from, Vec::new()),
        |(phone, mut changes, mut from, mut batch)| async move {
            loop {
                if let Some(change) = take_first(&mut batch) {
                    let crate::thread::Change { version, bubble } = change;
                    from = version;
                    let event =
                        Event::default().event("bubble").id(version.to_string()).json_data(bubble).ok()?;
                    return Some((Ok(event), (phone, changes, from, batch)));
                }
                changes.mark_unchanged();
                batch = phone.handset.thread().since(from);
                if batch.is_empty() {
                    changes.changed().await.ok()?;
                }
            }
        },
    ))
}

/// As [`events`] for all phones in one stream (a browser grants a page few connections); the events are `phone`
/// {id, name, …} and `bubble` {phone, bubble}.
async fn all_events(State(inner): Shared) -> Response {
    let changes = inner.changed.subscribe();
    let seen: HashMap<String, u64> = HashMap::new();
    sse(stream::unfold(
        (inner, changes, seen, Vec::new()),
        |(inner, mut changes, mut seen, mut batch)| async move {
            loop {
                if let Some(event) = take_first(&mut batch) {
                    return Some((Ok(event), (inner, changes, seen, batch)));
                }
                changes.mark_unchanged();
                batch = news(&inner, &mut seen);
                if batch.is_empty() {
                    changes.changed().await.ok()?;
                }
            }
        },
    ))
}

fn take_first<T>(batch: &mut Vec<T>) -> Option<T> {
    (!batch.is_empty()).then(|| batch.remove(0))
}

/// What is new on any phone since `seen`, which is brought up to date.
fn news(inner: &Inner, seen: &mut HashMap<String, u64>) -> Vec<Event> {
    let phones: Vec<Arc<Phone>> = inner.phones().clone();
    let mut events = Vec::new();
    for phone in phones {
        let id = &phone.owner.id;
        if !seen.contains_key(id) {
            events.extend(Event::default().event("phone").json_data(&phone.owner).ok());
        }
        let from = seen.entry(id.clone()).or_default();
        for change in phone.handset.thread().since(*from) {
            *from = change.version;
            let data = json!({ "phone": id, "bubble": change.bubble });
            events.extend(Event::default().event("bubble").json_data(data).ok());
        }
    }
    events
}

fn sse(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

#[cfg(test)]
mod tests;
