//! `/hooks/{channel}`: where providers call.
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use channels::{Headers, HttpRequest, HttpResponse};
use uuid::Uuid;

use super::accept::{Accepted, accept};
use crate::app::App;
use crate::calls;
use crate::lines::ChannelKind;

/// The largest call that is read, in bytes (Meta's batches stay below 3 MB).
pub const MAX_CALL_BYTES: usize = 3 * 1024 * 1024;

/// The routes of this room.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/hooks/{channel}", any(hook))
        .route("/hooks/{channel}/{*rest}", any(hook_below))
        .layer(DefaultBodyLimit::max(MAX_CALL_BYTES))
        .with_state(app)
}

/// Providers that call different addresses for messages, reports and calls get them below the channel's own; the
/// adapter reads the path.
async fn hook_below(
    state: State<App>,
    Path((channel, _)): Path<(Uuid, String)>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    hook(state, Path(channel), method, uri, headers, body).await
}

async fn hook(
    State(app): State<App>,
    Path(channel): Path<Uuid>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let lines = app.lines();
    let Some((line, channel)) = lines.channel(channel) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(account) = channel.account() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut kept = Headers::default();
    for (name, value) in &headers {
        kept.append(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
    let request = HttpRequest {
        method: method.to_string(),
        // Providers sign the address that they called, which is the public one.
        url: format!("{}{uri}", app.config.public_url),
        headers: kept,
        body: body.to_vec(),
    };
    if let Some(answer) = channels::challenge(account, &request) {
        return respond(answer);
    }
    match accept(&app, line, channel, &request).await {
        Ok(Accepted::Taken(answer)) => match channels::voice::Heard::of(account, &request) {
            // Whoever is on the telephone waits for what is said next.
            Ok(heard)
                if channel.kind == ChannelKind::Voice
                    && !heard.call.is_report
                    && !heard.call.status.is_over() =>
            {
                respond(calls::answer(&app, line, channel, &heard).await)
            }
            _ => respond(answer),
        },
        Ok(Accepted::Denied(denied)) => {
            tracing::warn!(channel = %channel.id, reason = %denied, "a webhook call was turned away");
            let status = StatusCode::from_u16(denied.http_status()).unwrap_or(StatusCode::FORBIDDEN);
            (status, denied.to_string()).into_response()
        }
        Err(error) => {
            tracing::error!(channel = %channel.id, %error, "a webhook call could not be stored");
            (StatusCode::SERVICE_UNAVAILABLE, "not stored, try again").into_response()
        }
    }
}

fn respond(answer: HttpResponse) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    for (name, value) in answer.headers.iter() {
        if let (Ok(name), Ok(value)) = (name.parse::<axum::http::HeaderName>(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
