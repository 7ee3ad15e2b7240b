//! Routes: a file that came with a message, for whoever sees the conversation.
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::out::{self, Becomes};
use super::sql::MediaRow;
use super::{MAX_BYTES, MediaState};
use crate::access::{self, LineAccess};
use crate::api::extract::{Path, SignedIn, Whole};
use crate::api::{Api, Problem, ProblemBody};
use crate::app::App;
use crate::contacts::Contact;
use crate::inbox::preview;
use crate::inbox::verbs::{self, Desk};
use crate::jobs::{self, Job};
use crate::store::{Result, Tx};
use crate::vault::Purpose;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(file))
        .routes(routes!(retry))
        .merge(OpenApiRouter::default().routes(routes!(bring)).layer(DefaultBodyLimit::max(MAX_BYTES)))
        .routes(routes!(take_back))
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
    // What a colleague has not sent yet is hers.
    let hers = |row: &MediaRow| row.message_id.is_nil() && row.author != Some(access.staff());
    let row = row.filter(|row| !hers(row)).ok_or_else(Problem::not_found)?;
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

/// A file that waits for its reply.
#[derive(Serialize, utoipa::ToSchema)]
struct Brought {
    id: Uuid,
    /// What it is by its own bytes.
    content_type: String,
    becomes: Becomes,
}

/// The name of the file, its UTF-8 written as in an address; only staff see it.
const NAME_HEADER: &str = "x-file-name";

/// Bring a file for the next reply: its bytes are the body. What it is, is seen from them. It waits for a day.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/files", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body(content = Vec<u8>,
    content_type = "application/octet-stream"), responses(
    (status = 201, body = Brought), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "as for a reply; too-many-files"),
    (status = 413, body = ProblemBody),
    (status = 422, body = ProblemBody, description = "with `reason`: empty, too_large, kind, unreadable_picture, \
        damaged or too_many_pixels"),
))]
async fn bring(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<(StatusCode, axum::Json<Brought>), Problem> {
    let access = access::access_line(&api.app, &by.0, line)?;
    let (app, seen, now) = (api.app.clone(), access.clone(), api.app.now());
    let read = move |tx: &mut Tx<'_>| {
        let held = access::access_conversation(tx, &app, &seen, id)?;
        held.conversation().state.replied(held.access().staff())?;
        verbs::answerable(tx, &held, now)?;
        Ok(held.contact().clone())
    };
    let contact = api.app.store.read(read).await?;
    let name = headers.get(NAME_HEADER).and_then(|name| name.to_str().ok()).unwrap_or("");
    let (app, name) = (api.app.clone(), decoded(name));
    let work = tokio::task::spawn_blocking(move || out::examine(&app, &contact, &body, &name));
    let upload = work.await.map_err(|_| Problem::internal())??;
    let content_type = upload.content_type.clone();
    let (shared, ctx, seen) = (api.clone(), by.ctx(&api), access.clone());
    let write = move |tx: &mut Tx<'_>| {
        let held = access::access_conversation_locked(tx, &shared.app, &seen, id)?;
        let desk = Desk { app: &shared.app, ctx, presence: &shared.presence };
        desk.bring(tx, &held, &upload)
    };
    let file = api.app.store.write(write).await?;
    let (app, seen) = (api.app.clone(), access);
    let read = move |tx: &mut Tx<'_>| {
        let held = access::access_conversation(tx, &app, &seen, id)?;
        preview::unsent(tx, &app, &held, &[file])
    };
    let unsent = api.app.store.read(read).await?;
    let becomes = preview::become_on_channel(&api.app, unsent).await?.pop().ok_or_else(Problem::not_found)?;
    Ok((StatusCode::CREATED, axum::Json(Brought { id: file, content_type, becomes })))
}

/// Bytes written as in an address.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| *first == b'%');
        match digits.and_then(|digits| hex::decode(digits).ok()) {
            Some(byte) => {
                bytes.extend(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Take a file back that was not sent.
#[utoipa::path(delete, path = "/lines/{line}/conversations/{id}/files/{media}", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path), ("media" = Uuid, Path)), responses(
    (status = 204, description = "Gone"), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody),
))]
async fn take_back(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, id, media)): Path<(Uuid, Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let access = access::access_line(&api.app, &by.0, line)?;
    let (shared, ctx) = (api.clone(), by.ctx(&api));
    let write = move |tx: &mut Tx<'_>| {
        let held = access::access_conversation_locked(tx, &shared.app, &access, id)?;
        let desk = Desk { app: &shared.app, ctx, presence: &shared.presence };
        desk.take_back(tx, &held, media)
    };
    api.app.store.write(write).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_whatever_stands_in_it() {
        for (given, read) in
            [("a%20b.jpg", "a b.jpg"), ("%C3%B1", "ñ"), ("100%", "100%"), ("%zz%4", "%zz%4"), ("", "")]
        {
            assert_eq!(decoded(given), read);
        }
    }
}
