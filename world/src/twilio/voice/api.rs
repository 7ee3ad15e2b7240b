//! The Calls API.
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawForm, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::super::http::{Wanted, authenticate, e164, error};
use super::super::{Account, Inner};
use super::{Call, CallState, run};
use crate::fault::Fault;
use crate::serve::lost_answer;

/// How long it rings when the line does not say, in seconds.
const DEFAULT_TIMEOUT: u64 = 60;
/// How many calls a list holds.
const PAGE: usize = 50;

/// `POST Calls.json`.
pub(in super::super) async fn create(
    State(inner): State<Arc<Inner>>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    let account = match authenticate(&inner, &sid, &headers) {
        Ok(account) => account,
        Err(refused) => return refused,
    };
    let fault = inner.faults.take().await;
    match fault {
        Some(Fault::ServerError) => {
            return error(StatusCode::INTERNAL_SERVER_ERROR, 20_500, "Internal Server Error");
        }
        Some(Fault::Throttled | Fault::PairRate) => {
            return error(StatusCode::TOO_MANY_REQUESTS, 20_429, "Too Many Requests");
        }
        Some(Fault::BadCredentials) => return error(StatusCode::UNAUTHORIZED, 20_003, "Authenticate"),
        Some(Fault::Dropped) => return lost_answer(),
        Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
        Some(Fault::LostAnswer | Fault::Unreachable | Fault::TemplatePaused) | None => {}
    }
    let fields: Vec<(String, String)> = form_urlencoded::parse(&form).into_owned().collect();
    let call = match check(&inner, &account, &fields) {
        Ok(call) => call,
        Err((code, why)) => return error(StatusCode::BAD_REQUEST, code, &why),
    };
    let answer = resource(&call);
    let key = (account.number.clone(), call.to.clone());
    let line = inner.state().exchange.telephones.get(&key).cloned();
    run::begin(&inner, &account, call, line.filter(|_| fault != Some(Fault::Unreachable)));
    match fault {
        Some(Fault::LostAnswer) => lost_answer(),
        _ => (StatusCode::CREATED, Json(answer)).into_response(),
    }
}

fn check(inner: &Inner, account: &Account, fields: &[(String, String)]) -> Result<Call, (u32, String)> {
    let field = |name: &str| {
        fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).filter(|value| !value.is_empty())
    };
    let to = field("To").ok_or_else(|| (21_201, "No 'To' number is specified".to_owned()))?;
    if !e164(&to) {
        return Err((21_217, "Phone number does not appear to be valid".to_owned()));
    }
    let from = field("From").ok_or_else(|| (21_213, "No 'From' number is specified".to_owned()))?;
    if from != account.number {
        return Err((21_210, "The source phone number is not verified for your account".to_owned()));
    }
    let web = |url: &String| url.starts_with("http://") || url.starts_with("https://");
    let url = field("Url").ok_or_else(|| (21_205, "Url parameter is required.".to_owned()))?;
    if !web(&url) {
        return Err((21_205, "Url is not a valid URL".to_owned()));
    }
    let status_callback = field("StatusCallback");
    if status_callback.as_ref().is_some_and(|url| !web(url)) {
        return Err((21_609, "The 'StatusCallback' URL is not valid.".to_owned()));
    }
    let events = fields.iter().filter(|(name, _)| name == "StatusCallbackEvent");
    Ok(Call {
        sid: inner.sid("CA"),
        account_sid: account.sid.clone(),
        from,
        to,
        inbound: false,
        state: CallState::Queued,
        answered_by: None,
        began: inner.clock.now(),
        seconds: 0,
        url,
        status_callback,
        events: events.map(|(_, event)| event.clone()).collect(),
        detects: field("MachineDetection").is_some(),
        timeout: field("Timeout").and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_TIMEOUT),
    })
}

/// `POST Calls/{sid}.json`: a call that rings is called off.
pub(in super::super) async fn change(
    State(inner): State<Arc<Inner>>,
    Path((sid, call)): Path<(String, String)>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    if let Err(refused) = authenticate(&inner, &sid, &headers) {
        return refused;
    }
    let wanted = call.strip_suffix(".json").unwrap_or(&call);
    let status = form_urlencoded::parse(&form).find(|(name, _)| name == "Status").map(|(_, value)| value);
    let found = inner.state().exchange.calls.iter().find(|call| call.sid == wanted).map(resource);
    match (found, status.as_deref()) {
        (None, _) => error(StatusCode::NOT_FOUND, 20_404, "The requested resource was not found"),
        (Some(found), Some("canceled")) if inner.call_off(wanted) => Json(found).into_response(),
        _ => error(StatusCode::BAD_REQUEST, 21_220, "Call is not in-progress. Cannot redirect."),
    }
}

/// `GET Calls.json`: the account's calls, newest first, filtered by `To` and `From`.
pub(in super::super) async fn list(
    State(inner): State<Arc<Inner>>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refused) = authenticate(&inner, &sid, &headers) {
        return refused;
    }
    let wanted = Wanted::read(query.as_deref());
    let state = inner.state();
    let calls: Vec<Value> = state
        .exchange
        .calls
        .iter()
        .rev()
        .filter(|call| call.account_sid == sid)
        .filter(|call| wanted.fits(&call.to, &call.from))
        .take(PAGE)
        .map(resource)
        .collect();
    Json(json!({ "calls": calls, "page": 0, "page_size": PAGE, "next_page_uri": null })).into_response()
}

/// `DELETE Recordings/{sid}.json`.
pub(in super::super) async fn forget(
    State(inner): State<Arc<Inner>>,
    Path((sid, recording)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = authenticate(&inner, &sid, &headers) {
        return refused;
    }
    let wanted = recording.strip_suffix(".json").unwrap_or(&recording);
    let mut state = inner.state();
    if state.exchange.keeps > 0 {
        state.exchange.keeps -= 1;
        return error(StatusCode::INTERNAL_SERVER_ERROR, 20_500, "Internal Server Error");
    }
    match state.files.remove(wanted) {
        Some(_) => {
            state.exchange.deleted.push(wanted.to_owned());
            StatusCode::NO_CONTENT.into_response()
        }
        None => error(StatusCode::NOT_FOUND, 20_404, "The requested resource was not found"),
    }
}

/// `GET Calls/{sid}.json`.
pub(in super::super) async fn fetch(
    State(inner): State<Arc<Inner>>,
    Path((sid, call)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = authenticate(&inner, &sid, &headers) {
        return refused;
    }
    let wanted = call.strip_suffix(".json").unwrap_or(&call);
    let found = inner.state().exchange.calls.iter().find(|call| call.sid == wanted).map(resource);
    match found {
        Some(found) => Json(found).into_response(),
        None => error(StatusCode::NOT_FOUND, 20_404, "The requested resource was not found"),
    }
}

/// A call as Twilio's API shows it.
fn resource(call: &Call) -> Value {
    json!({
        "sid": call.sid,
        "account_sid": call.account_sid,
        "api_version": "2010-04-01",
        "from": call.from,
        "to": call.to,
        "direction": if call.inbound { "inbound" } else { "outbound-api" },
        "status": call.state.as_str(),
        "answered_by": call.answered_by,
        "duration": call.state.is_over().then(|| call.seconds.to_string()),
        "date_created": call.began.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S %z").to_string(),
        "uri": format!("/2010-04-01/Accounts/{}/Calls/{}.json", call.account_sid, call.sid),
    })
}
