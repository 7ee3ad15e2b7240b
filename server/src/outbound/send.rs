//! The loop that sends: lease due rows, one person's messages one after the other, HTTP, settle. What was being
//! sent when a process died is `unknown`, never sent again blindly.
use std::sync::Arc;
use std::time::Duration;

use channels::{ErrorClass, HttpRequest, HttpResponse, Outgoing, Preparation, Settled};
use flow::words::{Content, Urn};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::reports::stops_everything;
use super::sql::{Leased, PARTS};
use super::{Farewell, MessageState};
use crate::app::App;
use crate::consent;
use crate::contacts::Profile;
use crate::inbox;
use crate::lines::{Channel, ChannelKind};
use crate::store::{Result, Ts, Tx, Value};
use crate::vault::{Purpose, VaultError};

/// Messages on their way at once in a process.
const MAX_IN_FLIGHT: usize = 256;
/// How many messages one lease takes at the most.
const LEASE_LIMIT: usize = 128;
/// How many outcomes share one transaction.
const SETTLE_BATCH: usize = 256;
/// How often a message is tried before it is given up.
const MAX_ATTEMPTS: i64 = 8;
/// The pause after the first failed try; it doubles with each further one.
const FIRST_PAUSE_SECONDS: i64 = 5;
/// The longest pause between two tries.
const MAX_PAUSE_SECONDS: i64 = 900;
/// How long a provider may take to answer.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// How long the loop waits before it looks by itself.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// WhatsApp: how long after the person's last message free text may be sent.
pub const WHATSAPP_WINDOW_SECONDS: i64 = 86_400;
/// `contact.standing` of a blocked person.
const BLOCKED: i64 = 2;

/// What became of one attempt.
enum Outcome {
    Sent,
    Again {
        after: Option<Duration>,
        reason: String,
    },
    Ended {
        state: MessageState,
        reason: String,
    },
    /// The provider sends her nothing any more: she said STOP to it.
    OptedOut {
        reason: String,
    },
    Unknown {
        reason: &'static str,
    },
}

struct Settlement {
    message: Leased,
    /// The provider's ids of the parts that it has taken in this attempt.
    parts: Vec<String>,
    outcome: Outcome,
    is_webchat: bool,
}

/// Sends until the server stops.
pub async fn run_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    let (settled, settlements) = flume::bounded(MAX_IN_FLIGHT * 2);
    let settling = tokio::spawn(settle_loop(app.clone(), settlements));
    let room = Arc::new(Semaphore::new(MAX_IN_FLIGHT));
    loop {
        let woken = app.signals.outbound.notified();
        match send_due(&app, &room, &settled).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::error!(%error, "messages to send could not be read"),
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => break,
        }
    }
    // What is on its way is settled before the server ends.
    drop(room.acquire_many(u32::try_from(MAX_IN_FLIGHT).unwrap_or(u32::MAX)).await);
    drop(settled);
    drop(settling.await);
}

async fn send_due(app: &App, room: &Arc<Semaphore>, settled: &flume::Sender<Settlement>) -> Result<usize> {
    let free = room.available_permits().min(LEASE_LIMIT);
    let (now, me) = (app.now(), app.process);
    let parts = app.leases.of_worker(0, 1, now);
    if free == 0 || parts.is_empty() {
        return Ok(0);
    }
    let limit = i64::try_from(free).unwrap_or(1);
    let leased = app.store.write(move |tx| tx.lease_messages(parts.clone(), me, now, limit)).await?;
    let count = leased.len();
    for message in leased {
        let Ok(permit) = room.clone().acquire_owned().await else { break };
        let (app, settled) = (app.clone(), settled.clone());
        tokio::spawn(async move {
            let settlement = send_one(&app, message).await;
            // The receiver lives as long as this loop.
            drop(settled.send_async(settlement).await);
            drop(permit);
        });
    }
    Ok(count)
}

async fn send_one(app: &App, message: Leased) -> Settlement {
    let mut parts = Vec::new();
    let lines = app.lines();
    let channel = lines.channel(message.channel_id).map(|(_, channel)| channel.clone());
    let is_webchat = channel.as_ref().is_some_and(|channel| channel.kind == ChannelKind::Webchat);
    let outcome = match channel {
        Some(channel) => attempt(app, &channel, &message, &mut parts).await,
        None => ended(MessageState::Failed, "channel_gone"),
    };
    Settlement { message, parts, outcome, is_webchat }
}

fn ended(state: MessageState, reason: &str) -> Outcome {
    Outcome::Ended { state, reason: reason.to_owned() }
}

async fn attempt(app: &App, channel: &Channel, message: &Leased, parts: &mut Vec<String>) -> Outcome {
    if let Some(refusal) = refused_at_last(channel, message, app.now()) {
        return refusal;
    }
    let (to, content) = match open(app, message).await {
        Ok(opened) => opened,
        Err(VaultError::Erased) => return ended(MessageState::Cancelled, "erased"),
        Err(error) => {
            tracing::error!(message = %message.id, %error, "a message cannot be opened");
            return ended(MessageState::Failed, "unreadable");
        }
    };
    // Our own page reads the row itself.
    let Some(account) = &channel.account else { return Outcome::Sent };
    let free_text_over = channel.kind == ChannelKind::Whatsapp
        && content.templating.is_none()
        && message.last_in_at.is_some_and(|at| app.now().seconds_since(at) > WHATSAPP_WINDOW_SECONDS);
    if free_text_over {
        return ended(MessageState::Failed, "window_closed");
    }
    let mut outgoing = Outgoing::new(message.id, to, content);
    outgoing.status_callback = Some(format!("{}/hooks/{}", app.config.public_url, channel.id));
    outgoing.high_priority = true;
    outgoing.at = jiff::Timestamp::from_microsecond(app.now().0).unwrap_or_default();
    let account = match prepare(app, account, &mut outgoing).await {
        Ok(account) => account,
        Err(outcome) => return outcome,
    };
    let rendering = match channels::request(&account, &outgoing) {
        Ok(rendering) => rendering,
        Err(refused) => return ended(MessageState::Failed, &format!("bad_request {refused}")),
    };
    for request in rendering.requests.iter().skip(message.parts_sent) {
        let settled = match call(app, request).await {
            Ok(response) => channels::settle(&account, &response),
            Err(outcome) => return outcome,
        };
        match settled {
            // A part without an id of the provider's still counts as sent, under ours.
            Settled::Sent { external_id, .. } if external_id.is_empty() => {
                parts.push(format!("{}/{}", message.id, message.parts_sent + parts.len()));
            }
            Settled::Sent { external_id, .. } => parts.push(external_id),
            Settled::Retry { class, after, code, .. } => {
                return Outcome::Again { after, reason: label(class, code.as_deref()) };
            }
            Settled::Refused { class, code, why } => {
                tracing::warn!(message = %message.id, class = class.as_str(), code = code.as_deref(), %why, "the provider refused a message");
                let reason = label(class, code.as_deref());
                let stopped = class == ErrorClass::OptedOut && stops_everything(channel, code.as_deref());
                return if stopped {
                    Outcome::OptedOut { reason }
                } else {
                    Outcome::Ended { state: MessageState::Failed, reason }
                };
            }
            Settled::Unknown => return Outcome::Unknown { reason: "answer_unreadable" },
        }
    }
    Outcome::Sent
}

/// The most questions that one message needs.
const MAX_QUESTIONS: usize = 20;

/// Asks what the provider must be asked before a message can be written: a token, the size of a file. Nothing is sent
/// by that, so a question without an answer is asked again later.
async fn prepare(
    app: &App,
    account: &channels::Account,
    outgoing: &mut Outgoing,
) -> std::result::Result<channels::Account, Outcome> {
    let again = || Outcome::Again { after: None, reason: "not_prepared".to_owned() };
    let mut account = account.clone();
    for _ in 0..MAX_QUESTIONS {
        let question = channels::prepare(&account, outgoing)
            .map_err(|refused| ended(MessageState::Failed, &format!("bad_request {refused}")))?;
        match question {
            None => return Ok(account),
            Some(Preparation::Token(request)) => {
                let answer = call(app, &request).await.map_err(|_| again())?;
                account =
                    account.clone().with_token(channels::token(&account, &answer).ok_or_else(again)?.token);
            }
            Some(Preparation::Ask { key, request }) => {
                let answer = call(app, &request).await.map_err(|_| again())?;
                outgoing.answers.insert(key, answer);
            }
        }
    }
    Err(ended(MessageState::Failed, "bad_request"))
}

fn label(class: ErrorClass, code: Option<&str>) -> String {
    format!("{} {}", class.as_str(), code.unwrap_or("")).trim().to_owned()
}

/// What is checked at the last moment, whatever was true when the row was written.
fn refused_at_last(_channel: &Channel, message: &Leased, now: Ts) -> Option<Outcome> {
    if message.standing == BLOCKED {
        return Some(ended(MessageState::Cancelled, "blocked"));
    }
    if message.valid_until.is_some_and(|until| until <= now) {
        return Some(ended(MessageState::Cancelled, "answer_expired"));
    }
    None
}

/// Opens a message's content and the address that it goes to.
async fn open(app: &App, message: &Leased) -> std::result::Result<(Urn, Content), VaultError> {
    let body = message.body.as_deref().ok_or(VaultError::Erased)?;
    if message.day != 0 {
        let farewell: Farewell = app.vault.day(message.day, app.now())?.open_json(Purpose::Message, body)?;
        return Ok((farewell.to, farewell.content));
    }
    let key_id = message.key_id.ok_or(VaultError::Erased)?;
    let key = match app.vault.person_cached(key_id) {
        Some(key) => key,
        None => {
            let vault = app.vault.clone();
            let read = tokio::task::spawn_blocking(move || vault.person(key_id)).await;
            read.map_err(|_| VaultError::Damaged)??
        }
    };
    let content: Content = key.open_json(Purpose::Message, body)?;
    let profile: Profile =
        key.open_json(Purpose::Contact, message.profile.as_deref().ok_or(VaultError::Erased)?)?;
    let identity = message.identity_id.unwrap_or(Uuid::nil());
    let known =
        profile.urns.into_iter().find(|known| known.identity == identity).ok_or(VaultError::Damaged)?;
    Ok((known.urn, content))
}

/// One request to the provider. An error before the request can have left is tried again; any later one leaves
/// the outcome unknown.
async fn call(app: &App, request: &HttpRequest) -> std::result::Result<HttpResponse, Outcome> {
    let bad = || ended(MessageState::Failed, "bad_request");
    let method: reqwest::Method = request.method.parse().map_err(|_| bad())?;
    let mut builder = app.http.request(method, &request.url).timeout(PROVIDER_TIMEOUT);
    for (name, value) in request.headers.iter() {
        builder = builder.header(name, value);
    }
    let response = builder.body(request.body.clone()).send().await.map_err(|error| {
        if error.is_builder() {
            bad()
        } else if error.is_connect() {
            Outcome::Again { after: None, reason: "no_connection".to_owned() }
        } else {
            Outcome::Unknown { reason: "answer_lost" }
        }
    })?;
    let status = response.status().as_u16();
    let mut headers = channels::Headers::default();
    for (name, value) in response.headers() {
        if let Ok(value) = value.to_str() {
            headers.append(name.as_str(), value);
        }
    }
    let lost = |_| Outcome::Unknown { reason: "answer_lost" };
    let mut response = response;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Outcome::Unknown { reason: "answer_too_large" });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse { status, headers, body })
}

/// Writes outcomes in batches until the sender has ended.
async fn settle_loop(app: App, settlements: flume::Receiver<Settlement>) {
    while let Ok(first) = settlements.recv_async().await {
        let mut batch = vec![first];
        while batch.len() < SETTLE_BATCH
            && let Ok(next) = settlements.try_recv()
        {
            batch.push(next);
        }
        let batch = Arc::new(batch);
        // Lost outcomes would leave messages in `sending` until a restart, so this is tried until it is written.
        loop {
            let (context, work) = (app.clone(), batch.clone());
            match app.store.write(move |tx| settle(tx, &context, &work)).await {
                Ok(live) => {
                    if live {
                        app.signals.touch_live();
                    }
                    break;
                }
                Err(crate::store::StoreError::Closed) => return,
                Err(error) => {
                    tracing::error!(%error, messages = batch.len(), "outcomes of messages could not be written");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
        app.signals.outbound.notify_waiters();
    }
}

fn settle(tx: &mut Tx<'_>, app: &App, batch: &[Settlement]) -> Result<bool> {
    let now = app.now();
    let mut rows = Vec::new();
    let (mut sent, mut shown) = (Vec::new(), Vec::new());
    let mut live = false;
    for settlement in batch {
        let message = &settlement.message;
        for external_id in &settlement.parts {
            rows.push(vec![
                Value::from(message.channel_id),
                Value::from(app.vault.lookup_hash("part", message.channel_id, external_id)),
                Value::from(message.id),
            ]);
        }
        match &settlement.outcome {
            // Our own page reads the row itself, so its body stays.
            Outcome::Sent if settlement.is_webchat => shown.push(message.id),
            Outcome::Sent => sent.push(message.id),
            Outcome::Again { after, reason } if message.attempts + 1 < MAX_ATTEMPTS => {
                tx.message_again(
                    message.id,
                    now.plus_millis(pause_millis(message.attempts, *after)),
                    reason,
                )?;
            }
            Outcome::Again { reason, .. } => {
                tx.message_ended(message.id, MessageState::Failed, &format!("gave_up {reason}"))?;
            }
            Outcome::Ended { state, reason } => tx.message_ended(message.id, *state, reason)?,
            Outcome::OptedOut { reason } => {
                tx.message_ended(message.id, MessageState::Failed, reason)?;
                if let Some((line, channel)) = app.lines().channel(message.channel_id) {
                    consent::stopped_by_provider(tx, app, line, channel, message.contact_id, now)?;
                }
            }
            Outcome::Unknown { reason } => tx.message_unknown(message.id, reason)?,
        }
        live |= settlement.is_webchat;
        if let Some(conversation) = message.conversation_id {
            inbox::status_changed(tx, app, message.id, conversation, message.line_id, now)?;
            live = true;
        }
    }
    tx.messages_sent(sent, false)?;
    tx.messages_sent(shown, true)?;
    rows.sort_by(|a, b| bytes_of(a).cmp(bytes_of(b)));
    tx.insert_many(&PARTS, rows)?;
    Ok(live)
}

fn bytes_of(row: &[Value]) -> &[u8] {
    match row.get(1) {
        Some(Value::Bytes(bytes)) => bytes,
        _ => &[],
    }
}

/// How long to wait before the next try: as the provider asks, else doubling.
fn pause_millis(attempts: i64, after: Option<Duration>) -> i64 {
    let doubling = FIRST_PAUSE_SECONDS << attempts.clamp(0, 10);
    let seconds = doubling.min(MAX_PAUSE_SECONDS);
    let asked = after.map_or(0, |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
    (seconds * 1_000).max(asked.min(MAX_PAUSE_SECONDS * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_obey_the_provider() {
        assert_eq!(pause_millis(0, None), 5_000);
        assert_eq!(pause_millis(3, None), 40_000);
        assert_eq!(pause_millis(60, None), 900_000);
        assert_eq!(pause_millis(0, Some(Duration::from_secs(60))), 60_000);
    }
}
