//! Routes for a line's flow authors.
use axum::extract::{DefaultBodyLimit, State};
use bytes::Bytes;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::view::{
    ConversationLine, Draft, ImportQuery, KeptConversation, LineFlows, Publish, Published, PublishedVersion,
    SaveSimulation, Simulate, Simulation, TestRun,
};
use crate::access;
use crate::api::extract::{Json, Path, Query, SignedIn};
use crate::api::{Api, Problem, ProblemBody};

/// The largest export that is taken.
pub const MAX_EXPORT_BYTES: usize = 16 * 1_024 * 1_024;
/// The largest simulation or saved conversation that is taken.
pub const MAX_CONVERSATION_BYTES: usize = 512 * 1_024;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<Api> {
    let import = OpenApiRouter::default()
        .routes(routes!(import, drop_draft))
        .layer(DefaultBodyLimit::max(MAX_EXPORT_BYTES));
    let conversations = OpenApiRouter::default()
        .routes(routes!(simulate))
        .routes(routes!(save_simulation))
        .routes(routes!(put_conversation, delete_conversation))
        .layer(DefaultBodyLimit::max(MAX_CONVERSATION_BYTES));
    OpenApiRouter::default()
        .routes(routes!(flows))
        .routes(routes!(conversations_of))
        .routes(routes!(test))
        .routes(routes!(publish))
        .merge(import)
        .merge(conversations)
}

fn not_built() -> Problem {
    Problem::new(StatusCode::NOT_IMPLEMENTED, "not-built", "This is being built.")
}

/// A line's flows, its draft, and what went wrong in running flows.
#[utoipa::path(get, path = "/lines/{line}/flows", tag = "flows", params(("line" = Uuid, Path)), responses(
    (status = 200, body = LineFlows), (status = 404, body = ProblemBody),
))]
async fn flows(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<LineFlows>, Problem> {
    access::access_flows(&api.app, &staff, line)?;
    let published = Published { version: 0, flows: Vec::new() };
    Ok(axum::Json(LineFlows { published, draft: None, trouble: Vec::new() }))
}

/// Import a RapidPro or TextIt export, as it is, as the line's draft. An earlier draft is replaced.
#[utoipa::path(post, path = "/lines/{line}/flows/draft", tag = "flows",
    params(("line" = Uuid, Path), ImportQuery), request_body(content_type = "application/json"), responses(
    (status = 201, body = Draft), (status = 404, body = ProblemBody),
    (status = 413, body = ProblemBody, description = "More than 16 MB"),
    (status = 422, body = ProblemBody, description = "not-an-export, or no flow of it can be read"),
))]
async fn import(
    State(api): State<Api>,
    by: SignedIn,
    Path(line): Path<Uuid>,
    Query(_query): Query<ImportQuery>,
    _body: Bytes,
) -> Result<(StatusCode, axum::Json<Draft>), Problem> {
    access::access_flows(&api.app, &by.0, line)?;
    Err(not_built())
}

/// Throw the draft away.
#[utoipa::path(delete, path = "/lines/{line}/flows/draft", tag = "flows", params(("line" = Uuid, Path)), responses(
    (status = 204, description = "There is no draft now"), (status = 404, body = ProblemBody),
))]
async fn drop_draft(
    State(api): State<Api>,
    by: SignedIn,
    Path(line): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    access::access_flows(&api.app, &by.0, line)?;
    Err(not_built())
}

/// Play a conversation from its beginning, on the real engine; nothing is sent.
#[utoipa::path(post, path = "/lines/{line}/flows/simulate", tag = "flows", params(("line" = Uuid, Path)), responses(
    (status = 200, body = Simulation), (status = 404, body = ProblemBody),
    (status = 422, body = ProblemBody, description = "No such flow, or too many steps"),
))]
async fn simulate(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
    Json(_request): Json<Simulate>,
) -> Result<axum::Json<Simulation>, Problem> {
    access::access_flows(&api.app, &staff, line)?;
    Err(not_built())
}

/// The saved conversations, which run at every publishing.
#[utoipa::path(get, path = "/lines/{line}/flows/conversations", tag = "flows",
    params(("line" = Uuid, Path)), responses(
    (status = 200, body = Vec<ConversationLine>), (status = 404, body = ProblemBody),
))]
async fn conversations_of(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<Vec<ConversationLine>>, Problem> {
    access::access_flows(&api.app, &staff, line)?;
    Ok(axum::Json(Vec::new()))
}

/// Keep a saved conversation (docs/flows.md has its form); one of the same name is replaced.
#[utoipa::path(put, path = "/lines/{line}/flows/conversations/{slug}", tag = "flows",
    params(("line" = Uuid, Path), ("slug" = String, Path)),
    request_body(content = Object, content_type = "application/json"), responses(
    (status = 200, body = KeptConversation), (status = 404, body = ProblemBody),
    (status = 422, body = ProblemBody),
))]
async fn put_conversation(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, _slug)): Path<(Uuid, String)>,
    Json(_conversation): Json<serde_json::Value>,
) -> Result<axum::Json<KeptConversation>, Problem> {
    access::access_flows(&api.app, &by.0, line)?;
    Err(not_built())
}

/// Throw a saved conversation away.
#[utoipa::path(delete, path = "/lines/{line}/flows/conversations/{slug}", tag = "flows",
    params(("line" = Uuid, Path), ("slug" = String, Path)), responses(
    (status = 204, description = "It is gone"), (status = 404, body = ProblemBody),
))]
async fn delete_conversation(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, _slug)): Path<(Uuid, String)>,
) -> Result<StatusCode, Problem> {
    access::access_flows(&api.app, &by.0, line)?;
    Err(not_built())
}

/// Keep a simulation as a saved conversation that expects what the flow says now.
#[utoipa::path(post, path = "/lines/{line}/flows/conversations/from-simulation", tag = "flows",
    params(("line" = Uuid, Path)), responses(
    (status = 201, body = KeptConversation), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "name-taken"), (status = 422, body = ProblemBody),
))]
async fn save_simulation(
    State(api): State<Api>,
    by: SignedIn,
    Path(line): Path<Uuid>,
    Json(_request): Json<SaveSimulation>,
) -> Result<(StatusCode, axum::Json<KeptConversation>), Problem> {
    access::access_flows(&api.app, &by.0, line)?;
    Err(not_built())
}

/// Run the saved conversations on the draft.
#[utoipa::path(post, path = "/lines/{line}/flows/draft/test", tag = "flows", params(("line" = Uuid, Path)), responses(
    (status = 200, body = TestRun), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "no-draft"),
))]
async fn test(
    State(api): State<Api>,
    by: SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<TestRun>, Problem> {
    access::access_flows(&api.app, &by.0, line)?;
    Err(not_built())
}

/// Publish the draft, if nothing is wrong with it and every saved conversation is green.
#[utoipa::path(post, path = "/lines/{line}/flows/draft/publish", tag = "flows",
    params(("line" = Uuid, Path)), responses(
    (status = 200, body = PublishedVersion), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody,
     description = "no-draft; changed-meanwhile; errors, with `problems`; red-tests, with `tests`"),
))]
async fn publish(
    State(api): State<Api>,
    by: SignedIn,
    Path(line): Path<Uuid>,
    Json(_seen): Json<Publish>,
) -> Result<axum::Json<PublishedVersion>, Problem> {
    access::access_flows(&api.app, &by.0, line)?;
    Err(not_built())
}
