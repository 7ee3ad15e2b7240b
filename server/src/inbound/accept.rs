//! Taking a webhook call in: signature, duplicate key, one durable row a message; only then 200. Many calls
//! share one transaction.
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use channels::{Denied, HttpRequest, HttpResponse, Incoming};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::contacts::{identity_hash, part_of};
use crate::lines::{Channel, Line};
use crate::store::{Kind, Many, Result, StoreError, Tx, Value};
use crate::vault::Purpose;

/// The most things that one call may hold (Meta sends up to 1 000).
pub const MAX_EVENTS: usize = 2_000;
/// How many calls share one transaction at the most.
const MAX_BATCH: usize = 512;
/// How many calls may wait for a transaction.
const MAX_WAITING: usize = 4_096;

static INBOUND: Many = Many {
    table: "inbound",
    columns: &[
        ("id", Kind::Uuid),
        ("channel_id", Kind::Uuid),
        ("external_hash", Kind::Bytes),
        ("lane", Kind::Bytes),
        ("part", Kind::Int),
        ("state", Kind::Int),
        ("attempts", Kind::Int),
        ("retry_at", Kind::Int),
        ("received_at", Kind::Int),
        ("day", Kind::Int),
        ("payload", Kind::Bytes),
    ],
    tail: "ON CONFLICT (channel_id, external_hash) DO NOTHING",
};
static RAW: Many = Many {
    table: "raw_request",
    columns: &[
        ("id", Kind::Uuid),
        ("channel_id", Kind::Uuid),
        ("state", Kind::Int),
        ("received_at", Kind::Int),
        ("day", Kind::Int),
        ("payload", Kind::Bytes),
        ("error", Kind::Text),
    ],
    tail: "",
};

/// What became of a call.
#[derive(Debug)]
pub enum Accepted {
    /// On disk, or known already: answer the provider with this.
    Taken(HttpResponse),
    /// Not from the provider.
    Denied(Denied),
}

/// A kept request, for reading it again after a fix.
#[derive(Serialize, Deserialize)]
pub struct KeptRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    #[serde(with = "base64_bytes")]
    pub body: Vec<u8>,
}

mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de};
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Rows of one call, on their way to the batch.
pub struct Rows {
    inbound: Vec<Vec<Value>>,
    raw: Vec<Vec<Value>>,
    reply: flume::Sender<Result<()>>,
}

/// Where calls wait for their common transaction.
#[derive(Clone)]
pub struct Intake(flume::Sender<Rows>);

impl Intake {
    /// The queue and the end that [`run`] takes from.
    #[must_use]
    pub fn new() -> (Self, flume::Receiver<Rows>) {
        let (sender, receiver) = flume::bounded(MAX_WAITING);
        (Self(sender), receiver)
    }
}

/// Writes waiting calls in batches until every sender is gone.
pub async fn run(app: App, waiting: flume::Receiver<Rows>) {
    while let Ok(first) = waiting.recv_async().await {
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH
            && let Ok(next) = waiting.try_recv()
        {
            batch.push(next);
        }
        let mut inbound: Vec<Vec<Value>> =
            batch.iter_mut().flat_map(|rows| std::mem::take(&mut rows.inbound)).collect();
        let raw: Vec<Vec<Value>> = batch.iter_mut().flat_map(|rows| std::mem::take(&mut rows.raw)).collect();
        // All processes insert in the order of the unique key, so that they cannot deadlock.
        inbound.sort_by(|a, b| hash_of(a).cmp(hash_of(b)));
        let outcome = app
            .store
            .write(move |tx| {
                tx.insert_many(&INBOUND, inbound.clone())?;
                tx.insert_many(&RAW, raw.clone()).map(drop)
            })
            .await;
        let failure = outcome.err().map(|error| error.to_string());
        if let Some(failure) = &failure {
            tracing::error!(calls = batch.len(), %failure, "webhook calls could not be stored");
        }
        for rows in batch {
            let answer = failure.as_ref().map_or(Ok(()), |text| Err(StoreError::Database(text.clone())));
            drop(rows.reply.send(answer));
        }
        app.signals.inbound.notify_waiters();
    }
}

fn hash_of(row: &[Value]) -> &[u8] {
    match row.get(2) {
        Some(Value::Bytes(bytes)) => bytes,
        _ => &[],
    }
}

/// Adds what came in to the queue; what is known already is left out.
pub(crate) fn insert_events(tx: &mut Tx<'_>, mut rows: Vec<Vec<Value>>) -> Result<()> {
    rows.sort_by(|a, b| hash_of(a).cmp(hash_of(b)));
    tx.insert_many(&INBOUND, rows).map(drop)
}

/// Takes one call of a provider in.
///
/// # Errors
/// When it could not be stored: the provider must hear an error and try again.
pub async fn accept(app: &App, line: &Line, channel: &Channel, request: &HttpRequest) -> Result<Accepted> {
    let Some(account) = channel.account() else {
        return Err(StoreError::Shape("this channel has no provider".into()));
    };
    if let Err(denied) = channels::verify_at(account, request, app.now().to_timestamp()) {
        return Ok(Accepted::Denied(denied));
    }
    let read = read(account, request);
    let (others, orphaned) = others(app, channel, request, &read.events);
    let mut raw = Vec::new();
    if let Some(problem) = read.problem.or(orphaned) {
        raw.push(raw_row(app, channel, request, problem)?);
    }
    let mut inbound =
        read.events.iter().map(|event| inbound_row(app, line, channel, event)).collect::<Result<Vec<_>>>()?;
    for Other { line, channel, read } in others {
        for event in &read.events {
            inbound.push(inbound_row(app, &line, &channel, event)?);
        }
        if let Some(problem) = read.problem {
            raw.push(raw_row(app, &channel, request, problem)?);
        }
    }
    store(app, inbound, raw).await?;
    Ok(Accepted::Taken(channels::accepted(account, request)))
}

/// What a call says to one channel, and why all of it is kept although it was read.
struct Read {
    events: Vec<Incoming>,
    problem: Option<String>,
}

fn read(account: &channels::Account, request: &HttpRequest) -> Read {
    let read = catch_unwind(AssertUnwindSafe(|| channels::receive(account, request)));
    let (events, problem) = match read {
        Ok(Ok(events)) if events.len() <= MAX_EVENTS => (events, None),
        Ok(Ok(_)) => (Vec::new(), Some(format!("the call holds more than {MAX_EVENTS} things"))),
        Ok(Err(unparsable)) => (Vec::new(), Some(unparsable.to_string())),
        Err(_) => (Vec::new(), Some("the adapter failed on this call".to_owned())),
    };
    let problem = problem.or_else(|| events.iter().find_map(kept_raw_because));
    Read { events, problem }
}

/// The most other channels that one call is handed to.
const MAX_OTHERS: usize = 20;

/// A channel that a part of a call is for which came to another one's webhook.
struct Other {
    line: Arc<Line>,
    channel: Arc<Channel>,
    read: Read,
}

/// Channels that a part of a call is for, which came to another one's webhook (Meta has one for all numbers of an app),
/// with what it says to them; and why the call is kept when nobody here has such an address, or its signature is none of
/// that channel's.
fn others(
    app: &App,
    channel: &Channel,
    request: &HttpRequest,
    events: &[Incoming],
) -> (Vec<Other>, Option<String>) {
    let other_address = |event: &'_ Incoming| match event {
        Incoming::Event(channels::ChannelEvent::ForOtherAddress { address }) => Some(address.clone()),
        _ => None,
    };
    let named: BTreeSet<String> = events.iter().filter_map(other_address).collect();
    let provider = channel.account().map(channels::Account::provider);
    let Some(provider) = provider.filter(|_| !named.is_empty()) else { return (Vec::new(), None) };
    let (lines, mut found, mut orphaned) = (app.lines(), Vec::new(), None);
    for address in named.into_iter().take(MAX_OTHERS) {
        let ours = lines.with_lines().find(|(_, other)| {
            other.address == address && other.provider() == provider.as_str() && other.id != channel.id
        });
        let account = ours.and_then(|(_, other)| other.account());
        let signed = account
            .is_some_and(|account| channels::verify_at(account, request, app.now().to_timestamp()).is_ok());
        match (ours, account) {
            (Some((line, other)), Some(account)) if signed => {
                let read = read(account, request);
                found.push(Other { line: line.clone(), channel: other.clone(), read });
            }
            _ => orphaned = Some("a part of the call is for an address that no channel has".to_owned()),
        }
    }
    (found, orphaned)
}

/// Hands rows to the batch and waits until they are on disk.
async fn store(app: &App, inbound: Vec<Vec<Value>>, raw: Vec<Vec<Value>>) -> Result<()> {
    if inbound.is_empty() && raw.is_empty() {
        return Ok(());
    }
    let (reply, answer) = flume::bounded(1);
    app.intake.0.send_async(Rows { inbound, raw, reply }).await.map_err(|_| StoreError::Closed)?;
    answer.recv_async().await.map_err(|_| StoreError::Closed)?
}

/// Why the whole call is kept although it was read: a part of it was not.
pub(super) fn kept_raw_because(event: &Incoming) -> Option<String> {
    use channels::ChannelEvent;
    match event {
        Incoming::Event(ChannelEvent::Unreadable { place }) => {
            Some(format!("the call cannot be read at {place}"))
        }
        Incoming::Event(ChannelEvent::NoSender { .. }) => Some("a message came without a sender".to_owned()),
        Incoming::Message(_) | Incoming::Report(_) | Incoming::Event(_) | Incoming::Call(_) => None,
    }
}

fn raw_row(app: &App, channel: &Channel, request: &HttpRequest, problem: String) -> Result<Vec<Value>> {
    let now = app.now();
    let kept = KeptRequest {
        method: request.method.clone(),
        url: request.url.clone(),
        headers: request.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: request.body.clone(),
    };
    let payload = app.vault.day(now.day(), now)?.seal_json(Purpose::Raw, &kept)?;
    Ok(vec![
        Value::from(app.id()),
        Value::from(channel.id),
        Value::Int(0),
        Value::from(now),
        Value::Int(now.day()),
        Value::from(payload),
        Value::from(problem),
    ])
}

/// The row of a unit that cannot be read, from a channel that has no requests.
pub(crate) fn kept_unit(app: &App, channel: &Channel, body: &[u8], problem: String) -> Result<Vec<Value>> {
    let request = HttpRequest {
        method: channel.provider().to_owned(),
        url: String::new(),
        headers: channels::Headers::default(),
        body: body.to_vec(),
    };
    raw_row(app, channel, &request, problem)
}

/// Keeps what could not be read.
pub(crate) fn insert_raw(tx: &mut Tx<'_>, row: Vec<Value>) -> Result<()> {
    tx.insert_many(&RAW, vec![row]).map(drop)
}

/// The row of one thing that came in. The lane keeps one person's things in order; a report's lane is the
/// message that it is about.
pub(crate) fn inbound_row(app: &App, line: &Line, channel: &Channel, event: &Incoming) -> Result<Vec<Value>> {
    let now = app.now();
    let (key, lane) = match event {
        Incoming::Message(message) => {
            let from =
                message.from.first().ok_or_else(|| StoreError::Shape("a message without a sender".into()))?;
            // Where the provider gives no id, each delivery is a message of its own.
            let id = Some(message.external_id.clone()).filter(|id| !id.is_empty());
            let id = id.unwrap_or_else(|| app.id().to_string());
            (format!("message {id}"), identity_hash(app, line.id, from))
        }
        Incoming::Report(report) => {
            let step = match &report.status {
                channels::Status::Accepted => "accepted",
                channels::Status::Sent => "sent",
                channels::Status::Delivered => "delivered",
                channels::Status::Read => "read",
                channels::Status::Failed { .. } => "failed",
            };
            let lane = app.vault.lookup_hash("lane", channel.id, &report.external_id);
            (format!("report {} {step}", report.external_id), lane)
        }
        Incoming::Event(event) => {
            let text = serde_json::to_string(event).map_err(|_| StoreError::Shape("an event".into()))?;
            // An event has no id of its own: the same one may rightly come again another day.
            (format!("event {} {text}", now.day()), app.vault.lookup_hash("lane", channel.id, "event"))
        }
        Incoming::Call(heard) => {
            let from = crate::calls::person(app, channel, heard)?;
            (format!("call {}", heard.key()), identity_hash(app, line.id, &from))
        }
    };
    let payload = app.vault.day(now.day(), now)?.seal_json(Purpose::Inbound, event)?;
    let part = part_of(&lane);
    Ok(vec![
        Value::from(app.id()),
        Value::from(channel.id),
        Value::from(app.vault.lookup_hash("external", channel.id, &key)),
        Value::from(lane),
        Value::Int(part),
        Value::Int(0),
        Value::Int(0),
        Value::Int(0),
        Value::from(now),
        Value::Int(now.day()),
        Value::from(payload),
    ])
}

/// Takes a text of the public web chat in, exactly like a provider's call. `client_id` makes a repeated send one
/// message.
///
/// # Errors
/// When it could not be stored.
pub async fn accept_webchat(
    app: &App,
    line: &Line,
    channel: &Channel,
    from: flow::words::Urn,
    client_id: Uuid,
    text: String,
    choice_id: Option<String>,
) -> Result<()> {
    let message = channels::Message {
        text,
        choice_id,
        ..channels::Message::new(client_id.to_string(), vec![from], channels::MessageKind::Text)
    };
    let row = inbound_row(app, line, channel, &Incoming::Message(Box::new(message)))?;
    store(app, vec![row], Vec::new()).await
}
