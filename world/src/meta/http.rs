//! The paths of the fake API.
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

use super::check::{self, Checked, Refusal};
use super::webhook::{self, Failure};
use super::{Account, Human, Inner, MAX_HELD, MAX_LINKED_BYTES, MAX_REMEMBERED, Phone, Received, WINDOW};
use crate::fault::Fault;
use crate::serve::lost_answer;
use crate::thread::{Progress, Thread};

pub(super) fn routes(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/{version}/{id}/messages", post(messages))
        .route("/{version}/{id}", get(media))
        .route("/files/{id}", get(file))
        .with_state(inner)
}

/// An error in Meta's shape.
fn error(status: StatusCode, code: u32, message: &str, details: &str) -> Response {
    let kind = if code == 190 { "OAuthException" } else { "GraphMethodException" };
    let body = json!({ "error": {
        "message": format!("(#{code}) {message}"),
        "type": kind,
        "code": code,
        "error_data": { "messaging_product": "whatsapp", "details": details },
        "fbtrace_id": "AworldworldworldworldA",
    }});
    (status, Json(body)).into_response()
}

fn bad_token() -> Response {
    error(StatusCode::UNAUTHORIZED, 190, "Authentication Error", "Invalid OAuth access token.")
}

fn bears(headers: &HeaderMap, token: &str) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")) == Some(token)
}

async fn messages(
    State(inner): State<Arc<Inner>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parsed: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let response = take(&inner, &version, &id, &headers, parsed.clone()).await;
    let lost = response.extensions().get::<crate::serve::LostAnswer>().is_some();
    let answered = if lost { 0 } else { response.status().as_u16() };
    let mut state = inner.state();
    if state.received.len() == MAX_REMEMBERED {
        state.received.pop_front();
    }
    state.received.push_back(Received { phone_number_id: id, body: parsed, answered });
    response
}

fn versioned(version: &str) -> bool {
    let number = version.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    number.is_some_and(|(major, minor)| major.parse::<u8>().is_ok() && minor.parse::<u8>().is_ok())
}

async fn take(inner: &Arc<Inner>, version: &str, id: &str, headers: &HeaderMap, body: Value) -> Response {
    if !versioned(version) {
        return error(StatusCode::BAD_REQUEST, 2500, "Unknown path components", "The version is missing.");
    }
    let account = inner.state().accounts.get(id).cloned();
    let Some(account) = account else {
        return error(StatusCode::NOT_FOUND, 100, "Unsupported post request", "No such phone number id.");
    };
    if !bears(headers, &account.token) {
        return bad_token();
    }
    let fault = inner.faults.take().await;
    if let Some(response) = refuse(fault) {
        return response;
    }
    if let Some(Fault::Slow(pause)) = fault {
        tokio::time::sleep(pause).await;
    }
    // A read receipt or a typing indicator, not a message.
    if body.get("status").is_some() {
        return Json(json!({ "success": true })).into_response();
    }
    let checked = match check::check(&body) {
        Ok(checked) => checked,
        Err(Refusal { code, details }) => {
            return error(StatusCode::BAD_REQUEST, code, "Parameter value is not valid", &details);
        }
    };
    let answer = accept(inner, &account, checked, fault == Some(Fault::Unreachable));
    if fault == Some(Fault::LostAnswer) {
        return lost_answer();
    }
    Json(answer).into_response()
}

fn refuse(fault: Option<Fault>) -> Option<Response> {
    Some(match fault? {
        Fault::ServerError => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            131_000,
            "Something went wrong",
            "Please try again later.",
        ),
        Fault::Throttled => {
            error(StatusCode::TOO_MANY_REQUESTS, 130_429, "Rate limit hit", "Message throughput reached.")
        }
        Fault::PairRate => error(
            StatusCode::BAD_REQUEST,
            131_056,
            "(Business Account, Consumer Account) pair rate limit hit",
            "Too many messages sent from this phone number to the same phone number in a short time.",
        ),
        Fault::BadCredentials => bad_token(),
        Fault::Dropped => lost_answer(),
        Fault::TemplatePaused => error(
            StatusCode::BAD_REQUEST,
            132_015,
            "Template is Paused",
            "The template is paused because of low quality and cannot be sent.",
        ),
        Fault::LostAnswer | Fault::Unreachable | Fault::Slow(_) => return None,
    })
}

/// Shows the message on the person's phone and reports on it; gives the answer to the request.
fn accept(inner: &Arc<Inner>, account: &Arc<Account>, checked: Checked, unreachable: bool) -> Value {
    let now = inner.clock.now();
    let found = inner.state().phones.get(&(account.phone_number_id.clone(), checked.person.clone())).cloned();
    let known = found.is_some();
    let phone = found.unwrap_or_else(|| stranger(&checked));
    let id = inner.wamid(&phone.human);
    let open = phone.last_written.is_some_and(|last| {
        now.duration_since(last) < jiff::SignedDuration::try_from(WINDOW).unwrap_or_default()
    });
    let failure = match () {
        () if !known || unreachable => Some(webhook::UNDELIVERABLE),
        () if !open && checked.kind != "template" => Some(webhook::RE_ENGAGEMENT),
        () => None,
    };
    // What fails never reaches the phone.
    if failure.is_none() {
        phone.thread.put(checked.bubble(&id, now));
    }
    let mut contact = json!({ "input": checked.person });
    let key = if checked.by_user_id { "user_id" } else { "wa_id" };
    contact[key] = json!(checked.person);
    let answer = json!({
        "messaging_product": "whatsapp",
        "contacts": [contact],
        "messages": [{ "id": id }],
    });
    let work = report(inner.clone(), account.clone(), phone, id, checked.opaque, failure);
    inner.carrier.spawn(work);
    answer
}

/// Somebody whom the world does not know: nobody reads what is sent there.
fn stranger(checked: &Checked) -> Phone {
    let id = Some(checked.person.clone());
    let (wa_id, user_id) = if checked.by_user_id { (None, id) } else { (id, None) };
    let human = Arc::new(Human { wa_id, user_id, name: String::new() });
    Phone { human, thread: Thread::default(), last_written: None, order: Arc::default() }
}

/// Fetches what the message links to, as Meta does before it sends; says what went wrong.
async fn fetch_links(inner: &Inner, thread: &Thread, id: &str) -> Option<Failure> {
    let bubble = thread.bubbles().into_iter().rev().find(|bubble| bubble.id == id)?;
    for (i, media) in bubble.media.iter().enumerate() {
        if !media.url.starts_with("http") {
            continue;
        }
        let Some(bytes) = inner.carrier.fetch(&media.url, MAX_LINKED_BYTES).await else {
            return Some(webhook::MEDIA_UPLOAD);
        };
        thread.change(id, |bubble| bubble.media[i].size = Some(bytes.len()));
    }
    None
}

async fn report(
    inner: Arc<Inner>,
    account: Arc<Account>,
    phone: Phone,
    id: String,
    opaque: Option<Value>,
    failure: Option<Failure>,
) {
    let failure = match failure {
        Some(failure) => Some(failure),
        None => fetch_links(&inner, &phone.thread, &id).await,
    };
    let reports = inner.state().reports;
    let mut steps: Vec<(&str, Progress)> = match failure {
        Some(_) => vec![("failed", Progress::Failed)],
        None if reports.read => {
            vec![("sent", Progress::Sent), ("delivered", Progress::Delivered), ("read", Progress::Read)]
        }
        None => vec![("sent", Progress::Sent), ("delivered", Progress::Delivered)],
    };
    if reports.reordered {
        steps.reverse();
    }
    for (status, progress) in steps {
        let value = webhook::status(
            &account,
            &phone.human,
            (&id, opaque.as_ref()),
            inner.clock.now(),
            status,
            failure,
        );
        phone.thread.change(&id, |bubble| {
            bubble.status = bubble.status.max(progress);
            bubble.reason = failure.map(|failure| failure.title.to_owned());
        });
        for _ in 0..if reports.doubled { 2 } else { 1 } {
            if reports.held {
                let mut state = inner.state();
                if state.held.len() < MAX_HELD {
                    state.held.push((account.clone(), value.clone()));
                }
            } else {
                inner.bring(&account, value.clone()).await;
            }
        }
    }
}

/// `GET /{media id}`: where the file can be fetched for the next minutes.
async fn media(
    State(inner): State<Arc<Inner>>,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if inner.state().files_down {
        return error(
            StatusCode::SERVICE_UNAVAILABLE,
            2,
            "Service temporarily unavailable",
            "Try again later.",
        );
    }
    let state = inner.state();
    if !state.accounts.values().any(|account| bears(&headers, &account.token)) {
        return bad_token();
    }
    let Some(file) = state.files.get(&id) else {
        return error(StatusCode::NOT_FOUND, 100, "Unsupported get request", "No such media id.");
    };
    Json(json!({
        "messaging_product": "whatsapp",
        "id": id,
        "url": format!("{}/files/{id}", inner.base_url()),
        "mime_type": file.content_type,
        "file_size": file.bytes.len(),
    }))
    .into_response()
}

/// The file itself. Meta wants the token here too; the phones page shows people their own files without one.
async fn file(State(inner): State<Arc<Inner>>, Path(id): Path<String>) -> Response {
    match inner.state().files.get(&id) {
        Some(file) => ([(header::CONTENT_TYPE, file.content_type.clone())], Body::from(file.bytes.clone()))
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
