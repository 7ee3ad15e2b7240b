//! Routes: a line's sendings, for whoever keeps them running.
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Sending, Template};
use crate::access;
use crate::access::audit::{Noun, audit};
use crate::api::extract::{Path, SignedIn};
use crate::api::{Api, Problem, ProblemBody};
use crate::store::Tx;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(pause)).routes(routes!(resume))
}

/// A line's sendings, and the templates that its providers have something against.
#[derive(Serialize, utoipa::ToSchema)]
struct Sendings {
    items: Vec<Sending>,
    templates: Vec<Template>,
}

/// A line's sendings, the latest first.
#[utoipa::path(get, path = "/lines/{line}/sendings", tag = "sendings", params(("line" = Uuid, Path)), responses(
    (status = 200, body = Sendings), (status = 404, body = ProblemBody),
))]
async fn list(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<Sendings>, Problem> {
    access::access_operator(&api.app, &staff, line)?;
    let body = move |tx: &mut Tx<'_>| {
        Ok(Sendings { items: super::list(tx, line)?, templates: super::templates(tx, line)? })
    };
    Ok(axum::Json(api.app.store.read(body).await?))
}

/// Pause a sending.
#[utoipa::path(post, path = "/lines/{line}/sendings/{id}/pause", tag = "sendings",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), responses(
    (status = 204, description = "Paused"), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "not-running"),
))]
async fn pause(
    state: State<Api>,
    by: SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    switch(&state, &by, line, id, false).await
}

/// Let a paused sending go on.
#[utoipa::path(post, path = "/lines/{line}/sendings/{id}/resume", tag = "sendings",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), responses(
    (status = 204, description = "Running"), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "not-paused"),
))]
async fn resume(
    state: State<Api>,
    by: SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    switch(&state, &by, line, id, true).await
}

async fn switch(api: &Api, by: &SignedIn, line: Uuid, id: Uuid, on: bool) -> Result<StatusCode, Problem> {
    access::access_operator(&api.app, &by.0, line)?;
    let (app, ctx) = (api.app.clone(), by.ctx(api));
    let body = move |tx: &mut Tx<'_>| {
        if !super::exists(tx, line, id)? {
            return Err(Problem::not_found().into());
        }
        let changed = if on { super::resume(tx, ctx, line, id)? } else { super::pause(tx, ctx, line, id)? };
        if !changed {
            let (kind, words) = match on {
                true => ("not-paused", "The sending is not paused."),
                false => ("not-running", "The sending is not running."),
            };
            return Err(Problem::conflict(kind, words).into());
        }
        let noun = Noun { line_id: Some(line), kind: "sending", id, restricted: false };
        audit(tx, &app, ctx, if on { "resume" } else { "pause" }, noun, &json!({}))
    };
    api.app.store.write(body).await?;
    api.app.signals.outbound.notify_waiters();
    Ok(StatusCode::NO_CONTENT)
}
