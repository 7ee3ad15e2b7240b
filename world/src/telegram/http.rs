//! The paths of the fake API: `/bot<token>/<method>` and `/file/bot<token>/<path>`.
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde_json::{Value, json};

use super::send::{self, Parameters, Refusal, object, word};
use super::{Bot, Hook, Inner, MAX_REMEMBERED, Received, update};
use crate::fault::Fault;
use crate::serve::lost_answer;

/// How long Telegram asks to wait when it is told to throttle, in seconds.
const ASKED_WAIT: u64 = 3;
/// The longest `secret_token`.
const MAX_SECRET: usize = 256;

pub(super) fn routes(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/{bot}/{method}", get(call).post(call))
        .route("/file/{bot}/{*path}", get(file))
        .with_state(inner)
}

fn refused(refusal: &Refusal) -> Response {
    let mut body = json!({ "ok": false, "error_code": refusal.code, "description": refusal.description });
    if let Some(seconds) = refusal.retry_after {
        body["parameters"] = json!({ "retry_after": seconds });
    }
    let status = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(body)).into_response()
}

fn unauthorized() -> Refusal {
    Refusal { code: 401, description: "Unauthorized".to_owned(), retry_after: None }
}

/// Telegram takes parameters in the query, as a form and as JSON.
fn parameters(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Parameters {
    let pairs = |text: &[u8]| {
        let pairs = form_urlencoded::parse(text).into_owned();
        pairs.map(|(name, value)| (name, Value::String(value))).collect::<Vec<_>>()
    };
    let mut all: Parameters = pairs(query.unwrap_or("").as_bytes()).into_iter().collect();
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if content_type.starts_with("application/json") {
        if let Ok(Value::Object(given)) = serde_json::from_slice(body) {
            all.extend(given);
        }
    } else {
        all.extend(pairs(body));
    }
    all
}

async fn call(
    State(inner): State<Arc<Inner>>,
    Path((bot, method)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let given = parameters(query.as_deref(), &headers, &body);
    let token = bot.strip_prefix("bot").unwrap_or("");
    let known = inner.state().bots.get(token).map(|known| known.bot.clone());
    let response = match known {
        None => refused(&unauthorized()),
        Some(bot) => answer(&inner, &bot, &method, &given).await,
    };
    let lost = response.extensions().get::<crate::serve::LostAnswer>().is_some();
    let answered = if lost { 0 } else { response.status().as_u16() };
    let mut state = inner.state();
    if state.received.len() == MAX_REMEMBERED {
        state.received.pop_front();
    }
    state.received.push_back(Received { method, parameters: given, answered });
    response
}

async fn answer(inner: &Arc<Inner>, bot: &Arc<Bot>, method: &str, given: &Parameters) -> Response {
    let fault = if send::sends(method) { inner.faults.take().await } else { None };
    if let Some(response) = fault.and_then(meets) {
        return response;
    }
    if let Some(Fault::Slow(pause)) = fault {
        tokio::time::sleep(pause).await;
    }
    match result(inner, bot, method, given).await {
        Ok(_) if fault == Some(Fault::LostAnswer) => lost_answer(),
        Ok(result) => Json(json!({ "ok": true, "result": result })).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

fn meets(fault: Fault) -> Option<Response> {
    Some(match fault {
        Fault::ServerError => {
            let description = "Internal Server Error".to_owned();
            refused(&Refusal { code: 500, description, retry_after: None })
        }
        Fault::Throttled | Fault::PairRate => refused(&Refusal::too_many(ASKED_WAIT)),
        Fault::BadCredentials => refused(&unauthorized()),
        Fault::Unreachable => refused(&Refusal::bad("chat not found")),
        Fault::Dropped => lost_answer(),
        Fault::LostAnswer | Fault::TemplatePaused | Fault::Slow(_) => return None,
    })
}

async fn result(inner: &Arc<Inner>, bot: &Bot, method: &str, given: &Parameters) -> Result<Value, Refusal> {
    match method {
        "getMe" => {
            let mut me = update::bot_user(bot);
            (me["can_join_groups"], me["supports_inline_queries"]) = (json!(true), json!(false));
            Ok(me)
        }
        "setWebhook" => set_webhook(inner, bot, given),
        "deleteWebhook" => {
            if let Some(known) = inner.state().bots.get_mut(&bot.token) {
                known.hook = None;
            }
            Ok(json!(true))
        }
        "getWebhookInfo" => Ok(webhook_info(inner, bot)),
        "sendChatAction" => Ok(json!(true)),
        "answerCallbackQuery" => {
            let id = word(given, "callback_query_id").unwrap_or_default();
            let was_there = inner.state().queries.remove(&id);
            let why = "query is too old and response timeout expired or query ID is invalid";
            was_there.then(|| json!(true)).ok_or_else(|| Refusal::bad(why))
        }
        "getFile" => inner.file(bot, word(given, "file_id").as_deref()),
        "editMessageText" => send::edit(inner, bot, given),
        method if send::sends(method) => send::send(inner, bot, method, given).await,
        _ => Err(Refusal { code: 404, description: "Not Found".to_owned(), retry_after: None }),
    }
}

fn set_webhook(inner: &Inner, bot: &Bot, given: &Parameters) -> Result<Value, Refusal> {
    let url = word(given, "url").unwrap_or_default();
    let secret_token = word(given, "secret_token").filter(|secret| !secret.is_empty());
    let fits = |secret: &String| {
        secret.len() <= MAX_SECRET && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    };
    if secret_token.as_ref().is_some_and(|secret| !fits(secret)) {
        return Err(Refusal::bad("secret token contains unallowed characters"));
    }
    // Telegram wants https; its own server for local use takes plain http, and so does this one.
    let local = url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:");
    if !url.is_empty() && !url.starts_with("https://") && !local {
        return Err(Refusal::bad("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    let kinds = object(given, "allowed_updates")?.unwrap_or_default();
    let kinds = kinds.as_array().into_iter().flatten().filter_map(Value::as_str);
    let allowed_updates = kinds.map(ToOwned::to_owned).collect();
    if let Some(known) = inner.state().bots.get_mut(&bot.token) {
        known.hook = (!url.is_empty()).then_some(Hook { url, secret_token, allowed_updates });
        known.last_error = None;
    }
    Ok(json!(true))
}

fn webhook_info(inner: &Inner, bot: &Bot) -> Value {
    let state = inner.state();
    let Some(known) = state.bots.get(&bot.token) else { return Value::Null };
    let hook = known.hook.as_ref();
    let mut info = json!({
        "url": hook.map_or("", |hook| hook.url.as_str()),
        "has_custom_certificate": false,
        "pending_update_count": 0,
    });
    if let Some(hook) = hook.filter(|hook| !hook.allowed_updates.is_empty()) {
        info["allowed_updates"] = json!(hook.allowed_updates);
    }
    if let Some((at, words)) = &known.last_error {
        info["last_error_date"] = json!(at.as_second());
        info["last_error_message"] = json!(words);
    }
    info
}

async fn file(State(inner): State<Arc<Inner>>, Path((bot, path)): Path<(String, String)>) -> Response {
    match inner.file_at(bot.strip_prefix("bot").unwrap_or(""), &path) {
        Some((content_type, bytes)) => {
            ([(header::CONTENT_TYPE, content_type)], Body::from(bytes)).into_response()
        }
        None => refused(&Refusal { code: 404, description: "Not Found".to_owned(), retry_after: None }),
    }
}
