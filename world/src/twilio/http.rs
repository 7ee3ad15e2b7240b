//! The paths of the fake API.
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Account, Inner, MAX_HELD, MAX_KEPT, Sent, segments};
use crate::fault::Fault;
use crate::serve::lost_answer;
use crate::thread::{Bubble, Media, Progress, Side};

/// Twilio refuses longer texts with 21617.
const MAX_BODY: usize = 1600;
const DEFAULT_PAGE: usize = 50;
const MAX_PAGE: usize = 1000;

pub(super) fn routes(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/2010-04-01/Accounts/{sid}/Messages.json", post(create).get(list))
        .route("/2010-04-01/Accounts/{sid}/Messages/{message}", get(fetch))
        .route("/2010-04-01/Accounts/{sid}/Messages/{message}/Media/{media}", get(media))
        .route(
            "/2010-04-01/Accounts/{sid}/Calls.json",
            post(super::voice::api::create).get(super::voice::api::list),
        )
        .route(
            "/2010-04-01/Accounts/{sid}/Calls/{call}",
            get(super::voice::api::fetch).post(super::voice::api::change),
        )
        .route(
            "/2010-04-01/Accounts/{sid}/Recordings/{recording}",
            get(recording).delete(super::voice::api::forget),
        )
        .with_state(inner)
}

/// An error in Twilio's shape.
pub(super) fn error(status: StatusCode, code: u32, message: &str) -> Response {
    let body = json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status.as_u16(),
    });
    (status, Json(body)).into_response()
}

/// The account `sid`, when the request knows its token.
#[expect(clippy::result_large_err, reason = "the error is the response itself")]
pub(super) fn authenticate(inner: &Inner, sid: &str, headers: &HeaderMap) -> Result<Arc<Account>, Response> {
    let account = inner.state().accounts.get(sid).cloned();
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = value.and_then(|value| value.strip_prefix("Basic "));
    account
        .filter(|account| {
            given == Some(STANDARD.encode(format!("{}:{}", account.sid, account.token)).as_str())
        })
        .ok_or_else(|| error(StatusCode::UNAUTHORIZED, 20_003, "Authenticate"))
}

async fn create(
    State(inner): State<Arc<Inner>>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    inner.state().received += 1;
    let account = match authenticate(&inner, &sid, &headers) {
        Ok(account) => account,
        Err(refused) => return refused,
    };
    let fault = inner.faults.take().await;
    match fault {
        Some(Fault::ServerError) => {
            return error(StatusCode::INTERNAL_SERVER_ERROR, 20_500, "An internal server error has occurred");
        }
        Some(Fault::Throttled | Fault::PairRate) => {
            return error(StatusCode::TOO_MANY_REQUESTS, 20_429, "Too Many Requests");
        }
        Some(Fault::BadCredentials) => return error(StatusCode::UNAUTHORIZED, 20_003, "Authenticate"),
        Some(Fault::Dropped) => return lost_answer(),
        Some(Fault::TemplatePaused) => {
            return error(
                StatusCode::BAD_REQUEST,
                63_005,
                "Channel provider returned error: template paused",
            );
        }
        Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
        Some(Fault::LostAnswer | Fault::Unreachable) | None => {}
    }
    let fields: Vec<(String, String)> = form_urlencoded::parse(&form).into_owned().collect();
    let message = match check(&inner, &account, &fields) {
        Ok(message) => message,
        Err((code, why)) => return error(StatusCode::BAD_REQUEST, code, &why),
    };
    let answer = resource(&message);
    accept(&inner, account, message, fault == Some(Fault::Unreachable));
    match fault {
        Some(Fault::LostAnswer) => lost_answer(),
        _ => (StatusCode::CREATED, Json(answer)).into_response(),
    }
}

pub(super) fn e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or("");
    (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

fn check(inner: &Inner, account: &Account, fields: &[(String, String)]) -> Result<Sent, (u32, String)> {
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let to =
        field("To").filter(|to| !to.is_empty()).ok_or((21_604, "A 'To' phone number is required.".into()))?;
    if !e164(to) {
        return Err((21_211, format!("Invalid 'To' Phone Number: {to}")));
    }
    let from = field("From").or(field("MessagingServiceSid"));
    let from = from.ok_or((21_603, "A 'From' phone number is required.".to_owned()))?;
    if from != account.number && !from.starts_with("MG") {
        return Err((21_606, format!("The 'From' phone number {from} is not a number of this account.")));
    }
    let body = field("Body").unwrap_or("");
    let media: Vec<String> =
        fields.iter().filter(|(name, _)| name == "MediaUrl").map(|(_, url)| url.clone()).collect();
    if body.is_empty() && media.is_empty() {
        return Err((21_602, "Message body is required.".into()));
    }
    if body.chars().count() > MAX_BODY {
        return Err((21_617, "The concatenated message body exceeds the 1600 character limit".into()));
    }
    let callback = field("StatusCallback").filter(|url| !url.is_empty());
    if callback.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err((21_609, "The 'StatusCallback' URL is not valid.".into()));
    }
    Ok(Sent {
        sid: inner.sid(if media.is_empty() { "SM" } else { "MM" }),
        account_sid: account.sid.clone(),
        at: inner.clock.now(),
        from: account.number.clone(),
        to: to.to_owned(),
        body: body.to_owned(),
        media,
        status: "queued",
        error_code: None,
        callback: callback.map(ToOwned::to_owned),
    })
}

/// A message as Twilio's API shows it.
fn resource(message: &Sent) -> Value {
    let date = message.at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
    let path = format!("/2010-04-01/Accounts/{}/Messages/{}", message.account_sid, message.sid);
    json!({
        "account_sid": message.account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": date,
        "date_sent": (message.status != "queued").then_some(&date),
        "date_updated": date,
        "direction": "outbound-api",
        "error_code": message.error_code,
        "error_message": null,
        "from": message.from,
        "messaging_service_sid": null,
        "num_media": message.media.len().to_string(),
        "num_segments": segments(&message.body).to_string(),
        "price": null,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": { "media": format!("{path}/Media.json") },
        "to": message.to,
        "uri": format!("{path}.json"),
    })
}

/// Shows the message on the person's phone, and reports on it in the background.
fn accept(inner: &Arc<Inner>, account: Arc<Account>, message: Sent, unreachable: bool) {
    let phone = {
        let mut state = inner.state();
        if state.sent.len() == MAX_KEPT {
            state.sent.pop_front();
        }
        state.sent.push_back(message.clone());
        state.phones.get(&(message.from.clone(), message.to.clone())).cloned()
    };
    // A number that no phone of this world has does not exist.
    let failed = unreachable || phone.is_none();
    if let Some(phone) = phone.filter(|_| !failed) {
        let mut bubble = Bubble::text(message.sid.clone(), message.at, Side::Line, &message.body);
        bubble.media = message
            .media
            .iter()
            .map(|url| Media { content_type: "file".into(), url: url.clone(), size: None })
            .collect();
        phone.thread.put(bubble);
    }
    inner.carrier.spawn(report(inner.clone(), account, message, failed));
}

async fn report(inner: Arc<Inner>, account: Arc<Account>, message: Sent, failed: bool) {
    let reports = inner.state().reports;
    let mut steps = match failed {
        true => vec![("undelivered", Progress::Failed)],
        false => {
            vec![("queued", Progress::Sending), ("sent", Progress::Sent), ("delivered", Progress::Delivered)]
        }
    };
    if reports.reordered {
        steps.reverse();
    }
    let code = failed.then_some(30_003);
    for (status, progress) in steps {
        let phone = {
            let mut state = inner.state();
            if let Some(sent) = state.sent.iter_mut().rev().find(|sent| sent.sid == message.sid) {
                sent.status = status;
                sent.error_code = code;
            }
            state.phones.get(&(message.from.clone(), message.to.clone())).cloned()
        };
        if let Some(phone) = phone {
            phone.thread.change(&message.sid, |bubble| bubble.status = bubble.status.max(progress));
        }
        let Some(url) = &message.callback else { continue };
        let fields = callback(&message, status, code);
        for _ in 0..if reports.doubled { 2 } else { 1 } {
            if reports.held {
                let mut state = inner.state();
                if state.held.len() < MAX_HELD {
                    state.held.push((account.clone(), url.clone(), fields.clone()));
                }
            } else {
                inner.bring(&account, url, &fields).await;
            }
        }
    }
}

fn callback(message: &Sent, status: &str, code: Option<u32>) -> Vec<(String, String)> {
    let mut fields = vec![
        ("SmsSid".to_owned(), message.sid.clone()),
        ("SmsStatus".to_owned(), status.to_owned()),
        ("MessageStatus".to_owned(), status.to_owned()),
        ("To".to_owned(), message.to.clone()),
        ("MessageSid".to_owned(), message.sid.clone()),
        ("AccountSid".to_owned(), message.account_sid.clone()),
        ("From".to_owned(), message.from.clone()),
        ("ApiVersion".to_owned(), "2010-04-01".to_owned()),
    ];
    if let Some(code) = code {
        fields.push(("ErrorCode".to_owned(), code.to_string()));
    }
    fields
}

/// What a list is asked for.
pub(super) struct Wanted {
    to: Option<String>,
    from: Option<String>,
    size: Option<usize>,
}

impl Wanted {
    /// Reads the query of a request.
    pub(super) fn read(query: Option<&str>) -> Self {
        let query = query.unwrap_or_default().as_bytes();
        let value =
            |name: &str| form_urlencoded::parse(query).find(|(n, _)| n == name).map(|(_, v)| v.into());
        let size = value("PageSize").and_then(|size: String| size.parse().ok());
        Self { to: value("To"), from: value("From"), size }
    }

    pub(super) fn fits(&self, to: &str, from: &str) -> bool {
        let is =
            |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        is(&self.to, to) && is(&self.from, from)
    }
}

/// The account's messages, newest first, filtered by `To` and `From`.
async fn list(
    State(inner): State<Arc<Inner>>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refused) = authenticate(&inner, &sid, &headers) {
        return refused;
    }
    let wanted = Wanted::read(query.as_deref());
    let size = wanted.size.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
    let state = inner.state();
    let messages: Vec<Value> = state
        .sent
        .iter()
        .rev()
        .filter(|sent| sent.account_sid == sid)
        .filter(|sent| wanted.fits(&sent.to, &sent.from))
        .take(size)
        .map(resource)
        .collect();
    Json(json!({ "messages": messages, "page": 0, "page_size": size, "next_page_uri": null })).into_response()
}

async fn fetch(
    State(inner): State<Arc<Inner>>,
    Path((sid, message)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = authenticate(&inner, &sid, &headers) {
        return refused;
    }
    let wanted = message.strip_suffix(".json").unwrap_or(&message);
    let found = inner.state().sent.iter().find(|sent| sent.sid == wanted).map(resource);
    match found {
        Some(found) => Json(found).into_response(),
        None => error(StatusCode::NOT_FOUND, 20_404, "The requested resource was not found"),
    }
}

async fn recording(state: State<Arc<Inner>>, Path((sid, id)): Path<(String, String)>) -> Response {
    media(state, Path((sid, String::new(), id))).await
}

async fn media(
    State(inner): State<Arc<Inner>>,
    Path((_, _, id)): Path<(String, String, String)>,
) -> Response {
    match inner.state().files.get(&id) {
        Some((content_type, bytes)) => {
            ([(header::CONTENT_TYPE, content_type.clone())], Body::from(bytes.clone())).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
