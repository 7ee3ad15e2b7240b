//! Routes: a file that came with a message, for whoever sees the conversation.
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::MediaState;
use super::sql::MediaRow;
use crate::access::{self, LineAccess};
use crate::api::extract::{Path, SignedIn};
use crate::api::{Api, Problem, ProblemBody};
use crate::app::App;
use crate::contacts::Contact;
use crate::jobs::{self, Job};
use crate::store::{Result, Tx};
use crate::vault::Purpose;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(file)).routes(routes!(retry))
}

/// The file of a person whose conversation one sees.
fn find(
    tx: &mut Tx<'_>,
    app: &App,
    access: &LineAccess,
    id: Uuid,
    media: Uuid,
) -> Result<(Contact, MediaRow)> {
    let held = access::access_conversation(tx, app, access, id)?;
    let row = tx.media(media)?.filter(|row| row.contact_id == held.contact.id);
    // A file of another, restricted conversation of hers is none for whoever does not see that one.
    let row = row.ok_or_else(Problem::not_found)?;
    if let Some(other) = row.conversation_id.filter(|other| *other != id) {
        access::access_conversation(tx, app, access, other)?;
    }
    Ok((held.contact, row))
}

/// A file that came with a message.
#[utoipa::path(get, path = "/lines/{line}/conversations/{id}/media/{media}", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path), ("media" = Uuid, Path)), responses(
    (status = 200, description = "The file, as the type that its bytes say"),
    (status = 404, body = ProblemBody), (status = 409, body = ProblemBody, description = "not-here"),
))]
async fn file(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path((line, id, media)): Path<(Uuid, Uuid, Uuid)>,
) -> Result<Response, Problem> {
    let access = access::access_line(&api.app, &staff, line)?;
    let app = api.app.clone();
    let body = move |tx: &mut Tx<'_>| {
        let (contact, row) = find(tx, &app, &access, id, media)?;
        let (MediaState::Here, Some(hash)) = (row.state, &row.hash) else {
            let words = "The file is not here: it is still being fetched, or could not be had.";
            return Err(Problem::conflict("not-here", words).into());
        };
        let sealed = tx.media_file(contact.id, hash)?.ok_or_else(Problem::not_found)?;
        Ok((contact.key.open(Purpose::Media, &sealed)?, row.content_type.unwrap_or_default()))
    };
    let (bytes, content_type) = api.app.store.read(body).await?;
    let shown = ["image/", "audio/", "video/"].iter().any(|kind| content_type.starts_with(kind));
    let disposition = if shown && content_type != "image/svg+xml" { "inline" } else { "attachment" };
    let content_type = HeaderValue::from_str(&content_type);
    let content_type = content_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, Body::from(bytes)).into_response())
}

/// Try to fetch a file again that was given up.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/media/{media}/retry", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path), ("media" = Uuid, Path)), responses(
    (status = 202, description = "It is being fetched"), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "not-given-up"),
))]
async fn retry(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, id, media)): Path<(Uuid, Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let access = access::access_line(&api.app, &by.0, line)?;
    let (app, now) = (api.app.clone(), api.app.now());
    let body = move |tx: &mut Tx<'_>| {
        let (contact, row) = find(tx, &app, &access, id, media)?;
        if !tx.media_again(row.id)? {
            return Err(Problem::conflict("not-given-up", "The file is here, or is being fetched.").into());
        }
        jobs::add_for_contact(tx, &app, &contact, &Job::FetchMedia { media: row.id }, now)
    };
    api.app.store.write(body).await?;
    api.app.signals.jobs.notify_waiters();
    Ok(StatusCode::ACCEPTED)
}
