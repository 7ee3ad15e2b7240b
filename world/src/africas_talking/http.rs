//! The paths of the fake API.
use std::sync::Arc;

use axum::extract::{Path, RawForm, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::{Account, Call, Inner, run};
use crate::fault::Fault;
use crate::serve::lost_answer;
use crate::telephone::CallState;

pub(super) fn routes(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/call", post(call))
        .route("/version1/user", get(user))
        .route("/recordings/{recording}", get(recording))
        .with_state(inner)
}

fn account(inner: &Inner, headers: &HeaderMap, username: Option<&str>) -> Option<Arc<Account>> {
    let key = headers.get("apikey").and_then(|value| value.to_str().ok());
    let account = inner.state().account.clone()?;
    let is_known = key == Some(account.api_key.as_str()) && username == Some(account.username.as_str());
    is_known.then_some(account)
}

fn not_authenticated() -> Response {
    (StatusCode::UNAUTHORIZED, "The supplied authentication is invalid").into_response()
}

/// `POST /call`: one call each for the numbers in `to`.
async fn call(State(inner): State<Arc<Inner>>, headers: HeaderMap, RawForm(form): RawForm) -> Response {
    let fields: Vec<(String, String)> = form_urlencoded::parse(&form).into_owned().collect();
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let Some(account) = account(&inner, &headers, field("username")) else { return not_authenticated() };
    let fault = inner.faults.take().await;
    match fault {
        Some(Fault::ServerError) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::Throttled | Fault::PairRate) => return StatusCode::TOO_MANY_REQUESTS.into_response(),
        Some(Fault::BadCredentials) => return not_authenticated(),
        Some(Fault::Dropped) => return lost_answer(),
        Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
        Some(Fault::LostAnswer | Fault::Unreachable | Fault::TemplatePaused) | None => {}
    }
    let refused = |why: &str| Json(json!({ "entries": [], "errorMessage": why })).into_response();
    if field("from") != Some(account.number.as_str()) {
        return refused("Invalid callerId");
    }
    let Some(to) = field("to").filter(|to| !to.is_empty()) else { return refused("Invalid 'to' number") };
    let request_id = field("clientRequestId").map(ToOwned::to_owned);
    let mut entries = Vec::new();
    for number in to.split(',') {
        let digits = number.strip_prefix('+').unwrap_or("");
        if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            entries
                .push(json!({ "phoneNumber": number, "status": "InvalidPhoneNumber", "sessionId": "None" }));
            continue;
        }
        let call = Call {
            session_id: inner.id(),
            person: number.to_owned(),
            inbound: false,
            state: CallState::Queued,
            client_request_id: request_id.clone(),
        };
        entries.push(json!({ "phoneNumber": number, "status": "Queued", "sessionId": call.session_id }));
        let line = inner.state().telephones.get(number).cloned();
        run::begin(&inner, &account, call, line.filter(|_| fault != Some(Fault::Unreachable)));
    }
    match fault {
        Some(Fault::LostAnswer) => lost_answer(),
        _ => {
            (StatusCode::CREATED, Json(json!({ "entries": entries, "errorMessage": "None" }))).into_response()
        }
    }
}

/// `GET /version1/user`: what is left to spend.
async fn user(State(inner): State<Arc<Inner>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let username = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "username");
    match account(&inner, &headers, username.as_ref().map(|(_, value)| value.as_ref())) {
        Some(_) => Json(json!({ "UserData": { "balance": "KES 1785.50" } })).into_response(),
        None => not_authenticated(),
    }
}

/// A recording; whoever has its address may fetch it.
async fn recording(State(inner): State<Arc<Inner>>, Path(name): Path<String>) -> Response {
    let id = name.strip_suffix(".mp3").unwrap_or(&name);
    match inner.state().recordings.get(id) {
        Some(bytes) => ([(header::CONTENT_TYPE, "audio/mpeg")], bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
