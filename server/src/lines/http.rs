//! Routes: a line's channels, for whoever sets them up and whoever keeps them running.
use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::setup::{self, ProviderSays};
use super::{Channel, ChannelState, Delivery, NewChannel, add_channel, set_delivery, switch_channel};
use crate::access::audit::{Noun, audit};
use crate::access::{self, Staff};
use crate::api::extract::{Path, SignedIn};
use crate::api::{Api, Problem, ProblemBody};
use crate::app::{App, Ctx};
use crate::store::{StoreError, Tx};

/// How many calls of a provider are listed.
const MAX_CALLS: i64 = 100;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(providers))
        .routes(routes!(list, create))
        .routes(routes!(change))
        .routes(routes!(test))
        .routes(routes!(register))
        .routes(routes!(calls))
}

/// The providers as a set-up form shows them.
#[derive(Serialize, utoipa::ToSchema)]
struct Providers {
    /// Name, what it reaches, and the settings it wants.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Json>,
}

/// A channel as it is set up.
#[derive(Serialize, utoipa::ToSchema)]
struct ChannelView {
    id: Uuid,
    provider: &'static str,
    kind: &'static str,
    name: &'static str,
    address: String,
    /// Where the provider must call; absent for our own web chat.
    webhook_url: Option<String>,
    /// `on`, `paused` or `stopped`.
    state: &'static str,
    state_reason: Option<String>,
    state_since: Option<String>,
    delivery: Delivery,
    /// For administrators: a secret that is set is shown as dots.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Json>>,
    /// For administrators: what the provider asks for when its webhook is set up.
    verify_token: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Channels {
    items: Vec<ChannelView>,
}

/// A channel to be made.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewChannelBody {
    provider: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Json>,
}

/// What is to be changed of a channel; what is absent stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeBody {
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Json>>,
    #[serde(default)]
    delivery: Option<Delivery>,
    /// `false` pauses it: what is queued waits.
    #[serde(default)]
    on: Option<bool>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Answers {
    answers: Vec<ProviderSays>,
}

/// One call of a provider, without what it held.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Call {
    pub id: Uuid,
    pub received_at: String,
    /// `waiting`, `handled`, `set_aside`, `discarded` or `unreadable`.
    pub state: &'static str,
    pub attempts: i64,
    pub error: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Calls {
    items: Vec<Call>,
}

fn refused(error: StoreError) -> Problem {
    match error {
        StoreError::Shape(why) => Problem::field("settings", why),
        other => other.into(),
    }
}

fn channel_of(app: &App, line: Uuid, id: Uuid) -> Result<Arc<Channel>, Problem> {
    let lines = app.lines();
    let (_, channel) = lines.channel(id).filter(|(of, _)| of.id == line).ok_or_else(Problem::not_found)?;
    Ok(channel.clone())
}

async fn note(
    app: &App,
    ctx: Ctx,
    line: Uuid,
    id: Uuid,
    verb: &'static str,
    detail: Json,
) -> Result<(), Problem> {
    let context = app.clone();
    let body = move |tx: &mut Tx<'_>| {
        let noun = Noun { line_id: Some(line), kind: "channel", id, restricted: false };
        audit(tx, &context, ctx, verb, noun, &detail)
    };
    Ok(app.store.write(body).await?)
}

async fn view(app: &App, staff: &Staff, channel: &Channel) -> Result<ChannelView, Problem> {
    let is_administrator = staff.is_administrator();
    let settings = match is_administrator {
        true => Some(setup::settings_shown(app, channel).await?),
        false => None,
    };
    let verify_token = if is_administrator { setup::verify_token(app, channel).await? } else { None };
    let (state_reason, state_since) = match &channel.state {
        ChannelState::Stopped { reason, at } => (Some(reason.clone()), Some(at.to_rfc3339())),
        ChannelState::On | ChannelState::Paused => (None, None),
    };
    // The address holds a token where the provider signs nothing: it is a secret then.
    let webhook_url = setup::webhook_url(app, channel).filter(|_| is_administrator);
    Ok(ChannelView {
        id: channel.id,
        provider: channel.provider(),
        kind: channel.kind.as_str(),
        name: channel.kind.name(),
        address: channel.address.clone(),
        webhook_url,
        state: channel.state.as_str(),
        state_reason,
        state_since,
        delivery: channel.delivery.clone(),
        settings,
        verify_token,
    })
}

/// The providers that a channel can be at, with the settings that each wants.
#[utoipa::path(get, path = "/providers", tag = "channels", responses(
    (status = 200, body = Providers), (status = 404, body = ProblemBody),
))]
async fn providers(SignedIn(staff): SignedIn) -> Result<axum::Json<Providers>, Problem> {
    access::access_installation(&staff)?;
    let mut items: Vec<Json> = channels::providers().iter().map(|info| json!(info)).collect();
    items.push(json!(channels::smpp::info()));
    items.push(json!({
        "provider": "webchat",
        "name": "Web chat",
        "reaches": "webchat",
        "address": {"required": true, "help": "The last part of the page's address: the line's short name."},
        "fields": [],
        "can_be_tested": false,
        "can_register_webhook": false,
    }));
    Ok(axum::Json(Providers { items }))
}

/// A line's channels.
#[utoipa::path(get, path = "/lines/{line}/channels", tag = "channels", params(("line" = Uuid, Path)), responses(
    (status = 200, body = Channels), (status = 404, body = ProblemBody),
))]
async fn list(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<Channels>, Problem> {
    let access = access::access_operator(&api.app, &staff, line)?;
    let mut items = Vec::new();
    for channel in &access.line().channels {
        items.push(view(&api.app, &staff, channel).await?);
    }
    Ok(axum::Json(Channels { items }))
}

/// Make a channel.
#[utoipa::path(post, path = "/lines/{line}/channels", tag = "channels", params(("line" = Uuid, Path)),
    request_body = NewChannelBody, responses(
    (status = 201, body = ChannelView), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "address-taken"),
    (status = 422, body = ProblemBody, description = "settings: names the field"),
))]
async fn create(
    State(api): State<Api>,
    by: SignedIn,
    Path(line): Path<Uuid>,
    crate::api::extract::Json(new): crate::api::extract::Json<NewChannelBody>,
) -> Result<(StatusCode, axum::Json<ChannelView>), Problem> {
    access::access_installation(&by.0)?;
    let taken = api.app.lines().get(line).ok_or_else(Problem::not_found)?.clone();
    let same = |channel: &Arc<Channel>| channel.provider() == new.provider && channel.address == new.address;
    if taken.channels.iter().any(same) {
        let words = "The line has a channel with this address already; change that one.";
        return Err(Problem::conflict("address-taken", words));
    }
    let new = NewChannel { kind: new.provider, address: new.address, settings: Json::Object(new.settings) };
    let id = add_channel(&api.app, line, &new).await.map_err(refused)?;
    note(&api.app, by.ctx(&api), line, id, "create", json!({ "provider": new.kind })).await?;
    let channel = channel_of(&api.app, line, id)?;
    Ok((StatusCode::CREATED, axum::Json(view(&api.app, &by.0, &channel).await?)))
}

/// Change a channel's settings or the way it delivers, pause it, or switch it on.
#[utoipa::path(patch, path = "/lines/{line}/channels/{id}", tag = "channels",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = ChangeBody, responses(
    (status = 200, body = ChannelView), (status = 404, body = ProblemBody),
    (status = 422, body = ProblemBody, description = "settings: names the field"),
))]
async fn change(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
    crate::api::extract::Json(change): crate::api::extract::Json<ChangeBody>,
) -> Result<axum::Json<ChannelView>, Problem> {
    access::access_operator(&api.app, &by.0, line)?;
    if change.settings.is_some() || change.delivery.is_some() {
        access::access_installation(&by.0)?;
    }
    let (app, ctx) = (&api.app, by.ctx(&api));
    let channel = channel_of(app, line, id)?;
    if let Some(settings) = change.settings {
        let keys: Vec<String> = settings.keys().cloned().collect();
        setup::change_settings(app, &channel, settings).await.map_err(refused)?;
        note(app, ctx, line, id, "change_settings", json!({ "keys": keys })).await?;
    }
    if let Some(delivery) = change.delivery {
        set_delivery(app, line, id, &delivery).await.map_err(refused)?;
        note(app, ctx, line, id, "change_delivery", json!(delivery)).await?;
    }
    if let Some(on) = change.on
        && switch_channel(app, line, id, on).await?
    {
        note(app, ctx, line, id, if on { "switch_on" } else { "pause" }, json!({})).await?;
    }
    let channel = channel_of(app, line, id)?;
    Ok(axum::Json(view(app, &by.0, &channel).await?))
}

/// Ask the provider whether the account works.
#[utoipa::path(post, path = "/lines/{line}/channels/{id}/test", tag = "channels",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), responses(
    (status = 200, body = Answers), (status = 404, body = ProblemBody),
))]
async fn test(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
) -> Result<axum::Json<Answers>, Problem> {
    access::access_operator(&api.app, &staff, line)?;
    let channel = channel_of(&api.app, line, id)?;
    Ok(axum::Json(Answers { answers: setup::test(&api.app, &channel).await? }))
}

/// Tell the provider where to call.
#[utoipa::path(post, path = "/lines/{line}/channels/{id}/register-webhook", tag = "channels",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), responses(
    (status = 200, body = ProviderSays), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "not-here: a person must do it at the provider's own site"),
))]
async fn register(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
) -> Result<axum::Json<ProviderSays>, Problem> {
    access::access_installation(&by.0)?;
    let channel = channel_of(&api.app, line, id)?;
    let words = "This provider is told at its own site; copy the webhook address there.";
    let says =
        setup::register(&api.app, &channel).await.ok_or_else(|| Problem::conflict("not-here", words))?;
    note(&api.app, by.ctx(&api), line, id, "register_webhook", json!({ "ok": says.ok })).await?;
    Ok(axum::Json(says))
}

/// The newest calls of a channel's provider, without what they held.
#[utoipa::path(get, path = "/lines/{line}/channels/{id}/calls", tag = "channels",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), responses(
    (status = 200, body = Calls), (status = 404, body = ProblemBody),
))]
async fn calls(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
) -> Result<axum::Json<Calls>, Problem> {
    access::access_operator(&api.app, &staff, line)?;
    let channel = channel_of(&api.app, line, id)?;
    let items = api.app.store.read(move |tx| tx.newest_calls(channel.id, MAX_CALLS)).await?;
    Ok(axum::Json(Calls { items }))
}
