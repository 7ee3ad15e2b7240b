//! The paths of the fake API. Viber says everything with HTTP status 200 and a status code in the body.
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde_json::{Value, json};

use super::check::{self, Refusal};
use super::{
    Bot, Inner, MAX_HELD, MAX_REMEMBERED, Phone, PhoneKey, Received, SILENT_HOUR, SILENT_LIMIT, event,
};
use crate::fault::Fault;
use crate::serve::lost_answer;
use crate::thread::Progress;

/// The largest message, JSON and all.
const MAX_MESSAGE_BYTES: usize = 30 * 1024;
/// The largest picture that Viber fetches, and the largest file.
const MAX_PICTURE_BYTES: usize = 1024 * 1024;
const MAX_LINKED_BYTES: usize = 50 * 1024 * 1024;
/// What `set_webhook` may ask for besides messages.
const EVENT_TYPES: [&str; 7] =
    ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started", "message"];

pub(super) fn routes(inner: Arc<Inner>) -> Router {
    Router::new().route("/pa/{method}", post(call)).route("/files/{id}", get(file)).with_state(inner)
}

async fn call(
    State(inner): State<Arc<Inner>>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parsed: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let given = headers.get("x-viber-auth-token").and_then(|value| value.to_str().ok());
    let token = given.or_else(|| parsed["auth_token"].as_str()).unwrap_or("").to_owned();
    let bot = inner.state().bots.get(&token).map(|known| known.bot.clone());
    let (response, status) = match (bot, method.as_str()) {
        (None, _) => refused(&(2, "invalidAuthToken".to_owned())),
        (Some(bot), "send_message") => send(&inner, &bot, &parsed, body.len()).await,
        (Some(bot), "set_webhook") => said(set_webhook(&inner, &bot, &parsed).await),
        (Some(bot), "get_account_info") => said(Ok(account(&inner, &bot))),
        (Some(bot), "get_user_details") => said(details(&inner, &bot, &parsed)),
        _ => (StatusCode::NOT_FOUND.into_response(), None),
    };
    let mut state = inner.state();
    if state.received.len() == MAX_REMEMBERED {
        state.received.pop_front();
    }
    state.received.push_back(Received { method, body: parsed, status });
    response
}

/// An answer and the status code in it.
type Answer = (Response, Option<u8>);

fn refused((code, words): &Refusal) -> Answer {
    (Json(json!({ "status": code, "status_message": words })).into_response(), Some(*code))
}

fn said(result: Result<Value, Refusal>) -> Answer {
    match result {
        Ok(mut answer) => {
            (answer["status"], answer["status_message"]) = (json!(0), json!("ok"));
            (Json(answer).into_response(), Some(0))
        }
        Err(refusal) => refused(&refusal),
    }
}

async fn set_webhook(inner: &Inner, bot: &Bot, given: &Value) -> Result<Value, Refusal> {
    let url = given["url"].as_str().unwrap_or("").to_owned();
    let kinds = given["event_types"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let kinds: Vec<String> = kinds.map(ToOwned::to_owned).collect();
    if let Some(unknown) = kinds.iter().find(|kind| !EVENT_TYPES.contains(&kind.as_str())) {
        return Err((3, format!("badData: no event type {unknown}")));
    }
    if !url.is_empty() {
        // Viber wants https; what runs on this machine is spared.
        let local = url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:");
        if !url.starts_with("https://") && !local {
            return Err((1, "invalidUrl".to_owned()));
        }
        // Viber asks the address whether it is there, and knows nothing yet of what it wants.
        let body = event::webhook(inner.next(), inner.clock.now()).to_string();
        let signature = crate::sign::viber(&bot.token, body.as_bytes());
        let webhook = super::webhook(&url, Some(signature), body.into());
        let (answered, _) = inner.carrier.ask(&webhook).await;
        if answered != Some(200) {
            return Err((1, "invalidUrl: the address did not answer 200".to_owned()));
        }
    }
    if let Some(known) = inner.state().bots.get_mut(&bot.token) {
        known.webhook_url = (!url.is_empty()).then_some(url);
        known.event_types.clone_from(&kinds);
    }
    Ok(json!({ "chat_hostname": "SN-CHAT", "event_types": kinds }))
}

fn account(inner: &Inner, bot: &Bot) -> Value {
    let state = inner.state();
    let known = state.bots.get(&bot.token);
    let subscribers =
        state.phones.iter().filter(|((token, _), phone)| *token == bot.token && phone.subscribed).count();
    json!({
        "id": "pa:75346594275468546724", "name": bot.name, "uri": bot.name.to_lowercase(),
        "country": "EC", "webhook": known.and_then(|known| known.webhook_url.as_deref()).unwrap_or(""),
        "event_types": known.map(|known| known.event_types.as_slice()).unwrap_or_default(),
        "subscribers_count": subscribers, "members": [],
    })
}

fn details(inner: &Inner, bot: &Bot, given: &Value) -> Result<Value, Refusal> {
    let id = given["id"].as_str().ok_or_else(|| (4, "missingData: id".to_owned()))?;
    let state = inner.state();
    let phone = state.phones.get(&(bot.token.clone(), id.to_owned()));
    let phone = phone.ok_or_else(|| (5, "receiverNotRegistered".to_owned()))?;
    Ok(json!({ "user": { "id": id, "name": phone.human.name, "country": "EC", "language": "es" } }))
}

async fn send(inner: &Arc<Inner>, bot: &Arc<Bot>, body: &Value, length: usize) -> Answer {
    let fault = inner.faults.take().await;
    match fault {
        Some(Fault::ServerError) => return (StatusCode::INTERNAL_SERVER_ERROR.into_response(), None),
        Some(Fault::Throttled | Fault::PairRate) => return refused(&(12, "tooManyRequests".to_owned())),
        Some(Fault::BadCredentials) => return refused(&(2, "invalidAuthToken".to_owned())),
        Some(Fault::Dropped) => return (lost_answer(), None),
        Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
        Some(Fault::LostAnswer | Fault::Unreachable | Fault::TemplatePaused) | None => {}
    }
    match accept(inner, bot, body, length, fault == Some(Fault::Unreachable)) {
        Ok(_) if fault == Some(Fault::LostAnswer) => (lost_answer(), None),
        answer => said(answer),
    }
}

/// Shows the message on the person's phone and reports on it; gives the answer to the request.
fn accept(
    inner: &Arc<Inner>,
    bot: &Arc<Bot>,
    body: &Value,
    length: usize,
    unreachable: bool,
) -> Result<Value, Refusal> {
    if length > MAX_MESSAGE_BYTES {
        return Err((3, "badData: the request is larger than 30 KB".to_owned()));
    }
    let receiver = body["receiver"].as_str().filter(|id| !id.is_empty());
    let receiver = receiver.ok_or_else(|| (4, "missingData: receiver".to_owned()))?;
    let mut bubble = check::message(body)?;
    let key = (bot.token.clone(), receiver.to_owned());
    let now = inner.clock.now();
    let phone = may_send(inner, &key, now)?;
    let token = inner.next();
    bubble.id = token.to_string();
    bubble.at = now;
    if !unreachable {
        phone.thread.put(bubble);
    }
    let why = unreachable.then_some("The user's device cannot be reached");
    inner.carrier.spawn(report(inner.clone(), bot.clone(), phone, token, why));
    Ok(json!({ "message_token": token, "chat_hostname": "SN-CHAT", "billing_status": 1 }))
}

/// The receiver's phone, if the bot may write to it at this moment; it counts as written to then.
fn may_send(inner: &Inner, key: &PhoneKey, now: jiff::Timestamp) -> Result<Phone, Refusal> {
    let mut state = inner.state();
    if state.bots.get(&key.0).is_some_and(|known| known.webhook_url.is_none()) {
        return Err((10, "webhookNotSet".to_owned()));
    }
    let phone = state.phones.get_mut(key).ok_or_else(|| (5, "receiverNotRegistered".to_owned()))?;
    if !phone.subscribed {
        return Err((6, "receiverNotSubscribed".to_owned()));
    }
    while phone.unanswered.front().is_some_and(|at| now.duration_since(*at) >= SILENT_HOUR) {
        phone.unanswered.pop_front();
    }
    if phone.unanswered.len() >= SILENT_LIMIT {
        return Err((12, "tooManyRequests".to_owned()));
    }
    phone.unanswered.push_back(now);
    Ok(phone.clone())
}

/// Fetches what the message links to, as Viber does after it has taken it; says what went wrong.
async fn fetch_links(inner: &Inner, phone: &Phone, id: &str) -> Option<&'static str> {
    let bubble = phone.thread.bubble(id)?;
    for (i, media) in bubble.media.iter().enumerate() {
        let limit = if media.content_type == "image" { MAX_PICTURE_BYTES } else { MAX_LINKED_BYTES };
        let Some(bytes) = inner.carrier.fetch(&media.url, limit).await else {
            return Some("The media could not be downloaded");
        };
        phone.thread.change(id, |bubble| bubble.media[i].size = Some(bytes.len()));
    }
    None
}

async fn report(inner: Arc<Inner>, bot: Arc<Bot>, phone: Phone, token: u64, why: Option<&'static str>) {
    let id = token.to_string();
    let why = match why {
        Some(why) => Some(why),
        None => fetch_links(&inner, &phone, &id).await,
    };
    let reports = inner.state().reports;
    let mut steps = match why {
        Some(_) => vec![("failed", Progress::Failed)],
        None if reports.read => vec![("delivered", Progress::Delivered), ("seen", Progress::Read)],
        None => vec![("delivered", Progress::Delivered)],
    };
    if reports.reordered {
        steps.reverse();
    }
    for (kind, progress) in steps {
        phone.thread.change(&id, |bubble| {
            bubble.status = bubble.status.max(progress);
            bubble.reason = why.map(ToOwned::to_owned);
        });
        let event = event::report(&phone.human, token, inner.clock.now(), kind, why);
        for _ in 0..if reports.doubled { 2 } else { 1 } {
            if reports.held {
                let mut state = inner.state();
                if state.held.len() < MAX_HELD {
                    state.held.push((bot.clone(), event.clone()));
                }
            } else {
                inner.bring(&bot, &event).await;
            }
        }
    }
}

async fn file(State(inner): State<Arc<Inner>>, Path(id): Path<String>) -> Response {
    match inner.state().files.get(&id) {
        Some((content_type, bytes)) => {
            ([(header::CONTENT_TYPE, content_type.clone())], Body::from(bytes.clone())).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
