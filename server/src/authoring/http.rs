//! Routes for a line's flow authors.
use axum::extract::{DefaultBodyLimit, State};
use flow::saved::SavedConversation;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::outlook::{self, ChannelOutlook};
use super::view::{
    ConversationLine, Draft, ImportQuery, KeptConversation, LineFlows, Publish, PublishedVersion,
    SaveSimulation, Simulate, Simulation, TestRun,
};
use super::{drafts, publish, saved, simulate};
use crate::access;
use crate::api::extract::{Json, Path, Query, SignedIn, Whole};
use crate::api::{Api, Problem, ProblemBody};

/// The largest export that is taken; larger ones are refused before they are read.
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
        .routes(routes!(outlook_of_draft))
        .routes(routes!(test_draft))
        .routes(routes!(test_published))
        .routes(routes!(publish_draft))
        .merge(import)
        .merge(conversations)
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
    let access = access::access_flows(&api.app, &staff, line)?;
    Ok(axum::Json(drafts::look(&api.app, &api.desk, &access).await?))
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
    Query(query): Query<ImportQuery>,
    Whole(body): Whole,
) -> Result<(StatusCode, axum::Json<Draft>), Problem> {
    let access = access::access_flows(&api.app, &by.0, line)?;
    let draft = drafts::import(&api.app, &api.desk, &access, by.ctx(&api), query.file, body).await?;
    Ok((StatusCode::CREATED, axum::Json(draft)))
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
    let access = access::access_flows(&api.app, &by.0, line)?;
    drafts::drop_draft(&api.app, &access, by.ctx(&api)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the line's channels make of what publishing the draft would change, message by message.
#[utoipa::path(get, path = "/lines/{line}/flows/draft/outlook", tag = "flows", params(("line" = Uuid, Path)), responses(
    (status = 200, body = Vec<ChannelOutlook>), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "no-draft"),
))]
async fn outlook_of_draft(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<Vec<ChannelOutlook>>, Problem> {
    access::access_flows(&api.app, &staff, line)?;
    let looked = api.desk.look(&api.app, line).await?;
    let tariffs = api.app.store.read(crate::tariffs::tariffs).await?;
    let app = api.app.clone();
    Ok(axum::Json(api.desk.work(move || outlook::of_draft(&app, &looked, &tariffs)).await?))
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
    Json(request): Json<Simulate>,
) -> Result<axum::Json<Simulation>, Problem> {
    access::access_flows(&api.app, &staff, line)?;
    let looked = api.desk.look(&api.app, line).await?;
    let tariffs = api.app.store.read(crate::tariffs::tariffs).await?;
    let app = api.app.clone();
    let work = move || {
        let laid = saved::talked_to(&looked, request.source)?;
        let on = simulate::On::new(&app, &looked.line, request.look, &tariffs);
        Ok(simulate::shown(&simulate::play(&app, &looked.line, &laid, &request)?, &on))
    };
    Ok(axum::Json(api.desk.work(work).await?))
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
    let access = access::access_flows(&api.app, &staff, line)?;
    Ok(axum::Json(saved::list(&api.app, &access).await?))
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
    Path((line, slug)): Path<(Uuid, String)>,
    Json(conversation): Json<SavedConversation>,
) -> Result<axum::Json<KeptConversation>, Problem> {
    let access = access::access_flows(&api.app, &by.0, line)?;
    let kept = saved::put(&api.app, &access, by.ctx(&api), slug, conversation, false).await?;
    Ok(axum::Json(kept))
}

/// Throw a saved conversation away.
#[utoipa::path(delete, path = "/lines/{line}/flows/conversations/{slug}", tag = "flows",
    params(("line" = Uuid, Path), ("slug" = String, Path)), responses(
    (status = 204, description = "It is gone"), (status = 404, body = ProblemBody),
))]
async fn delete_conversation(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, slug)): Path<(Uuid, String)>,
) -> Result<StatusCode, Problem> {
    let access = access::access_flows(&api.app, &by.0, line)?;
    saved::delete(&api.app, &access, by.ctx(&api), slug).await?;
    Ok(StatusCode::NO_CONTENT)
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
    Json(request): Json<SaveSimulation>,
) -> Result<(StatusCode, axum::Json<KeptConversation>), Problem> {
    let access = access::access_flows(&api.app, &by.0, line)?;
    let looked = api.desk.look(&api.app, line).await?;
    let app = api.app.clone();
    let work = move || saved::from_simulation(&app, &looked, &request);
    let (slug, conversation) = api.desk.work(work).await?;
    let kept = saved::put(&api.app, &access, by.ctx(&api), slug, conversation, true).await?;
    Ok((StatusCode::CREATED, axum::Json(kept)))
}

/// Run the saved conversations on the draft.
#[utoipa::path(post, path = "/lines/{line}/flows/draft/test", tag = "flows", params(("line" = Uuid, Path)), responses(
    (status = 200, body = TestRun), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "no-draft"),
))]
async fn test_draft(
    State(api): State<Api>,
    by: SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<TestRun>, Problem> {
    let access = access::access_flows(&api.app, &by.0, line)?;
    Ok(axum::Json(publish::test(&api.app, &api.desk, &access, by.ctx(&api)).await?))
}

/// Run the saved conversations on the flows that answer people now.
#[utoipa::path(post, path = "/lines/{line}/flows/published/test", tag = "flows",
    params(("line" = Uuid, Path)), responses(
    (status = 200, body = TestRun), (status = 404, body = ProblemBody),
))]
async fn test_published(
    State(api): State<Api>,
    by: SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<TestRun>, Problem> {
    let access = access::access_flows(&api.app, &by.0, line)?;
    Ok(axum::Json(publish::test_published(&api.app, &api.desk, &access, by.ctx(&api)).await?))
}

/// Publish the draft, if nothing is wrong with it and every saved conversation is green.
#[utoipa::path(post, path = "/lines/{line}/flows/draft/publish", tag = "flows",
    params(("line" = Uuid, Path)), responses(
    (status = 200, body = PublishedVersion), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody,
     description = "no-draft; changed-meanwhile; errors, with `problems`; red-tests, with `tests`"),
))]
async fn publish_draft(
    State(api): State<Api>,
    by: SignedIn,
    Path(line): Path<Uuid>,
    Json(seen): Json<Publish>,
) -> Result<axum::Json<PublishedVersion>, Problem> {
    let access = access::access_flows(&api.app, &by.0, line)?;
    let version = publish::publish(&api.app, &api.desk, &access, by.ctx(&api), seen.version).await?;
    Ok(axum::Json(PublishedVersion { version }))
}
