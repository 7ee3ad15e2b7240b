//! The event stream of a browser tab: rows of `live_event`, shown as far as the one who looks may see, with
//! an id on each so that a lost connection goes on where it stopped.
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::extract::{Query, SignedIn};
use super::live_sql::LiveRow;
use super::{Api, Problem, ProblemBody};
use crate::access::{self, LineAccess, Staff, staff};
use crate::inbox::read::{Counts, Reader};
use crate::inbox::view::{self, ConversationRow, Entry, Named, Present};
use crate::live::{KEPT_SECONDS, LiveKind};
use crate::store::{Result, Ts, Tx};

/// A comment is sent after so long without an event, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How often a stream looks by itself: events of other processes wake nobody here.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The shortest time between two looks, however often something happens.
const LOOK_PAUSE: Duration = Duration::from_millis(50);
/// Events read at once.
const BATCH: i64 = 200;
/// An event's id is made before its transaction ends, so one with a smaller id may appear after a greater one.
/// So many seconds back are read again, and what was shown is left out. No transaction lasts that long.
const OVERLAP_SECONDS: i64 = 10;
/// Streams that one member of staff may hold open.
const MAX_STREAMS: usize = 16;

/// The routes of the stream.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(events))
}

/// How many streams everybody holds open.
#[derive(Default)]
pub struct Streams(Mutex<HashMap<Uuid, usize>>);

/// Counts down when its stream ends.
struct Place {
    api: Api,
    staff: Uuid,
}

impl Place {
    fn take(api: &Api, staff: Uuid) -> Option<Self> {
        let mut open = api.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(staff).or_insert(0);
        if *count >= MAX_STREAMS {
            return None;
        }
        *count += 1;
        Some(Self { api: api.clone(), staff })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.api.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.staff) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.staff);
            }
        }
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    line: Uuid,
}

/// `conversation`: a row changed, or is visible no more.
#[derive(Serialize, utoipa::ToSchema)]
struct ConversationEvent {
    row: ConversationRow,
    gone: bool,
}

/// `entry`: something was said, noted or done.
#[derive(Serialize, utoipa::ToSchema)]
struct EntryEvent {
    conversation: Uuid,
    entry: Entry,
}

/// `entry_status`: a message has got further, or failed.
#[derive(Serialize, utoipa::ToSchema)]
struct StatusEvent {
    conversation: Uuid,
    id: Uuid,
    status: &'static str,
    reason: Option<String>,
}

/// `presence`: who is looking and writing.
#[derive(Serialize, utoipa::ToSchema)]
struct PresenceEvent {
    conversation: Uuid,
    readers: Vec<Named>,
    writers: Vec<Named>,
}

/// What happens on a line, as it happens.
#[utoipa::path(get, path = "/events", tag = "inbox",
    params(StreamQuery, ("last-event-id" = Option<String>, Header, description = "The id seen last")),
    responses(
    (status = 200, content_type = "text/event-stream",
        description = "Events conversation, entry, entry_status, counts, presence and reset (the id is too \
        old: fetch everything anew)"),
    (status = 404, body = ProblemBody), (status = 429, body = ProblemBody),
))]
async fn events(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let access = access::access_line(&api.app, &staff, query.line)?;
    let place = Place::take(&api, staff.id)
        .ok_or_else(|| Problem::too_many("Too many tabs are open.", KEEP_ALIVE.as_secs().cast_signed()))?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let tail = Tail::begin(&api, staff, access, last, place);
    let events = stream::unfold(tail, |mut tail| async move {
        let event = tail.next().await?;
        Some((Ok::<_, Infallible>(event), tail))
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // Proxies that buffer would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// The id that a moment's first event could have.
fn floor(at: Ts) -> Uuid {
    let millis = u64::try_from(at.0 / 1_000).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

/// The moment in an id of version 7.
fn time_of(id: Uuid) -> Ts {
    let millis = i64::try_from(id.as_u128() >> 80).unwrap_or(0);
    Ts(millis.saturating_mul(1_000))
}

/// One stream, from the id that it has reached.
struct Tail {
    api: Api,
    staff: Staff,
    access: LineAccess,
    /// The greatest id that was read.
    reached: Uuid,
    /// Ids of the overlap that were read.
    known: BTreeSet<Uuid>,
    /// What is on disk already is known to whoever opens a stream and then fetches what it shows.
    is_new: bool,
    presence: u64,
    counts: Option<Counts>,
    waiting: VecDeque<Event>,
    woken: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    /// Whether the last look was cut at [`BATCH`].
    more: bool,
    _place: Place,
}

/// What one look found.
struct Look {
    events: Shown,
    ids: Vec<Uuid>,
    counts: Counts,
    more: bool,
    presence: u64,
    access: LineAccess,
    staff: Staff,
}

impl Tail {
    fn begin(api: &Api, staff: Staff, access: LineAccess, last: Option<&str>, place: Place) -> Self {
        let now = api.app.now();
        let oldest = floor(now.plus_seconds(-KEPT_SECONDS));
        let resumed = last.and_then(|text| text.parse::<Uuid>().ok()).filter(|id| *id > oldest);
        let mut waiting = VecDeque::new();
        if last.is_some() && resumed.is_none() {
            waiting.push_back(Event::default().event("reset").data("{}"));
        }
        let reached = resumed.unwrap_or_else(|| floor(now));
        // An id at once, so that a connection lost before the first event can be resumed too.
        waiting.push_front(Event::default().id(reached.to_string()).comment("hello"));
        let mut woken = api.app.signals.live.subscribe();
        woken.mark_changed();
        Self {
            api: api.clone(),
            staff,
            access,
            reached,
            known: resumed.into_iter().collect(),
            is_new: resumed.is_none(),
            presence: if resumed.is_some() { 0 } else { api.presence.version() },
            counts: None,
            waiting,
            woken,
            stopping: api.app.signals.stopping.subscribe(),
            more: false,
            _place: place,
        }
    }

    /// The next event; `None` ends the stream: the session has ended, or the server stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if !self.more {
                let stopped = async { drop(self.stopping.wait_for(|stop| *stop).await) };
                let woken = async {
                    drop(self.woken.changed().await);
                    tokio::time::sleep(LOOK_PAUSE).await;
                };
                tokio::select! {
                    () = stopped => return None,
                    () = woken => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
            match self.look().await {
                Ok(Some(look)) => self.take_in(look),
                Ok(None) => return None,
                Err(error) => {
                    // The browser comes back by itself and resumes.
                    tracing::error!(%error, "an event stream could not be read");
                    return None;
                }
            }
        }
    }

    async fn look(&self) -> Result<Option<Look>> {
        let (api, staff, line) = (self.api.clone(), self.staff.clone(), self.access.line().id);
        let from = floor(time_of(self.reached).plus_seconds(-OVERLAP_SECONDS));
        let (known, is_new, version, now) =
            (self.known.clone(), self.is_new, self.presence, self.api.app.now());
        let limit = BATCH.saturating_add(i64::try_from(known.len()).unwrap_or(i64::MAX));
        let body = move |tx: &mut Tx<'_>| {
            let Some(staff) = access::still(tx, &api.app, &staff, now)? else { return Ok(None) };
            let Ok(access) = access::access_line(&api.app, &staff, line) else { return Ok(None) };
            let reader = Reader { app: &api.app, presence: &api.presence, access: &access, now };
            let mut rows = tx.live_since(from, line, limit)?;
            let more = rows.len() as u64 >= limit.unsigned_abs();
            rows.retain(|row| !known.contains(&row.id));
            let ids = rows.iter().map(|row| row.id).collect();
            let mut events = if is_new { Vec::new() } else { shown(tx, &reader, &rows)? };
            let (present, presence) = api.presence.changed_since(line, version, now);
            events.extend(presence_events(tx, &reader, present)?);
            let counts = reader.counts(tx)?;
            Ok(Some(Look { events, ids, counts, more, presence, access, staff }))
        };
        self.api.app.store.read(body).await
    }

    fn take_in(&mut self, look: Look) {
        for id in look.ids {
            self.reached = self.reached.max(id);
            self.known.insert(id);
        }
        self.known = self.known.split_off(&floor(time_of(self.reached).plus_seconds(-OVERLAP_SECONDS)));
        self.more = look.more;
        self.is_new = self.is_new && look.more;
        for (id, name, data) in look.events {
            self.push(id, name, &data);
        }
        if self.counts != Some(look.counts) {
            self.counts = Some(look.counts);
            self.push(None, "counts", &json!(look.counts));
        }
        self.presence = look.presence;
        self.access = look.access;
        self.staff = look.staff;
    }

    fn push(&mut self, id: Option<Uuid>, name: &'static str, data: &Value) {
        let id = id.unwrap_or(self.reached);
        self.waiting.push_back(Event::default().id(id.to_string()).event(name).data(data.to_string()));
    }
}

type Shown = Vec<(Option<Uuid>, &'static str, Value)>;

/// Rows as events. A conversation's row is shown once, at its last change in the batch.
fn shown(tx: &mut Tx<'_>, reader: &Reader<'_>, rows: &[LiveRow]) -> Result<Shown> {
    let mut events = Vec::with_capacity(rows.len());
    let is_last = |at: usize| {
        rows[at + 1..].iter().all(|later| {
            later.kind != LiveKind::Conversation || later.conversation_id != rows[at].conversation_id
        })
    };
    for (at, row) in rows.iter().enumerate() {
        let conversation = row.conversation_id;
        let event = match row.kind {
            LiveKind::Conversation if is_last(at) => reader
                .row(tx, conversation)?
                .map(|row| ("conversation", json!(ConversationEvent { row, gone: false }))),
            LiveKind::Conversation => None,
            LiveKind::Hidden if reader.access.sees_restricted() => None,
            LiveKind::RemovedRestricted if !reader.access.sees_restricted() => None,
            LiveKind::Hidden | LiveKind::Removed | LiveKind::RemovedRestricted => {
                let row = view::gone_row(conversation, reader.now);
                Some(("conversation", json!(ConversationEvent { row, gone: true })))
            }
            LiveKind::Entry | LiveKind::Status => said(tx, reader, row)?,
        };
        if let Some((name, data)) = event {
            events.push((Some(row.id), name, data));
        }
    }
    Ok(events)
}

fn said(tx: &mut Tx<'_>, reader: &Reader<'_>, row: &LiveRow) -> Result<Option<(&'static str, Value)>> {
    let conversation = row.conversation_id;
    let Some(held) = access::access_conversation_if(tx, reader.app, reader.access, conversation)? else {
        return Ok(None);
    };
    let Some(entry) = reader.entry(tx, &held, row.ref_id)? else { return Ok(None) };
    Ok(match (row.kind, entry.status) {
        (LiveKind::Status, Some(status)) => {
            let event = StatusEvent { conversation, id: entry.id, status, reason: entry.reason };
            Some(("entry_status", json!(event)))
        }
        (LiveKind::Status, None) => None,
        _ => Some(("entry", json!(EntryEvent { conversation, entry }))),
    })
}

fn presence_events(tx: &mut Tx<'_>, reader: &Reader<'_>, present: Vec<(Uuid, Present)>) -> Result<Shown> {
    let me = reader.access.staff();
    let mut events = Vec::new();
    for (conversation, present) in present {
        if !tx.conversation(conversation)?.is_some_and(|c| reader.access.sees(&c)) {
            continue;
        }
        let names = staff::names(tx, reader.app, present.readers.clone())?;
        let others = |ids: &[Uuid]| -> Vec<Named> {
            ids.iter().filter(|id| **id != me).map(|id| view::named(&names, *id)).collect()
        };
        let (readers, writers) = (others(&present.readers), others(&present.writers));
        events.push((None, "presence", json!(PresenceEvent { conversation, readers, writers })));
    }
    Ok(events)
}
