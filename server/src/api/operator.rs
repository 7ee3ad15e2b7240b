//! Routes for whoever keeps a line running: channels' health, what was set aside, the audit.
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::extract::{Path, Query, SignedIn};
use super::page::{Page, PageQuery, page};
use super::{Api, Problem, ProblemBody};
use crate::access::audit::{self, AuditRow, Noun};
use crate::access::{self, OperatorAccess, staff};
use crate::args;
use crate::inbound::replay::{self, Replayed};
use crate::inbox::view::Named;
use crate::lines::ChannelState;
use crate::lines::setup::ProviderSays;
use crate::store::{Result, Sql, Ts, Tx};

/// Failures are counted over so long.
const FAILED_SECONDS: i64 = 86_400;
/// Longest error that is shown of a set-aside thing, in characters.
const MAX_ERROR_CHARS: usize = 300;

const LAST_IN: Sql = crate::sql!("SELECT max(last_in_at) FROM identity WHERE channel_id = $1");
const QUEUED: Sql = crate::sql!("SELECT count(*) FROM message WHERE state = 1 AND channel_id = $1");
const UNKNOWN: Sql = crate::sql!("SELECT count(*) FROM message WHERE state = 3 AND channel_id = $1");
const FAILED: Sql =
    crate::sql!("SELECT count(*) FROM message WHERE id > $1 AND state = 7 AND channel_id = $2");
const SENT: Sql =
    crate::sql!("SELECT count(*) FROM message WHERE id > $1 AND state IN (4, 5, 6) AND channel_id = $2");

/// The routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(health))
        .routes(routes!(set_aside))
        .routes(routes!(replay_one))
        .routes(routes!(discard_one))
        .routes(routes!(audit_lines))
}

/// How a channel is doing.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ChannelHealth {
    id: Uuid,
    /// `whatsapp`, `sms`, `webchat`, `telegram`, `viber` and so on.
    kind: &'static str,
    name: &'static str,
    /// The line's own address on the channel, shortened.
    address_masked: Option<String>,
    /// When a person last wrote.
    last_in_at: Option<String>,
    /// Messages that wait to be sent.
    queued: i64,
    failed_24h: i64,
    /// Messages that the provider took in the last 24 hours: with `failed_24h` the failure rate.
    sent_24h: i64,
    /// Messages of which nobody knows whether they were sent.
    unknown: i64,
    /// Where the provider must call us.
    webhook_path: Option<String>,
    /// `on`, `paused` by the operator, or `stopped` because the provider refuses the account.
    state: &'static str,
    /// Why it is stopped: the kind of error and the provider's code.
    state_reason: Option<String>,
    /// Since when it is stopped.
    state_since: Option<String>,
    /// What the provider said of the account when it was last asked: a test, or the server by itself every 6 hours.
    provider: Option<ProviderLook>,
    /// What sends for it, where that says how it is.
    device: Option<DeviceHealth>,
}

/// What a provider said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ProviderLook {
    at: String,
    answers: Vec<ProviderSays>,
}

/// What sends for a channel, and says how it is: a telephone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DeviceHealth {
    /// `good`, `weak` (somebody should look) or `bad`.
    condition: String,
    /// In plain words, such as its battery.
    says: String,
    at: String,
}

/// How a line is doing.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Health {
    channels: Vec<ChannelHealth>,
    /// Events whose handling failed too often.
    set_aside: i64,
    /// Requests of providers that could not be read.
    unparsable: i64,
    /// Flows that a mistake or a limit ended for somebody in the last 24 hours.
    flows_stopped_24h: i64,
    /// Templates that a provider holds back: sendings that need them wait.
    templates_held: usize,
}

fn shortened(address: &str) -> String {
    let letters: Vec<char> = address.chars().collect();
    match letters.len() {
        0..=6 => address.to_owned(),
        n => format!(
            "{}…{}",
            letters[..3].iter().collect::<String>(),
            letters[n - 4..].iter().collect::<String>()
        ),
    }
}

fn channel_ids(access: &OperatorAccess) -> Vec<Uuid> {
    access.line().channels.iter().map(|channel| channel.id).collect()
}

fn read_health(tx: &mut Tx<'_>, access: &OperatorAccess, now: Ts) -> Result<Health> {
    let millis = u128::from(u64::try_from(now.plus_seconds(-FAILED_SECONDS).0 / 1_000).unwrap_or(0));
    let first_id = Uuid::from_u128(millis << 80);
    let mut channels = Vec::new();
    for channel in &access.line().channels {
        let id = channel.id;
        let last_in: Option<Ts> = tx.one(LAST_IN, args![id])?.get(0)?;
        let is_ours = channel.is_own();
        let (state_reason, state_since) = match &channel.state {
            ChannelState::Stopped { reason, at } => (Some(reason.clone()), Some(at.to_rfc3339())),
            ChannelState::On | ChannelState::Paused => (None, None),
        };
        let device = tx.channel_health(id)?.map(|(condition, says, at)| DeviceHealth {
            condition,
            says,
            at: at.to_rfc3339(),
        });
        channels.push(ChannelHealth {
            id,
            kind: channel.kind.as_str(),
            name: channel.kind.name(),
            address_masked: Some(if is_ours { channel.address.clone() } else { shortened(&channel.address) }),
            last_in_at: last_in.map(Ts::to_rfc3339),
            queued: tx.one(QUEUED, args![id])?.get(0)?,
            failed_24h: tx.one(FAILED, args![first_id, id])?.get(0)?,
            sent_24h: tx.one(SENT, args![first_id, id])?.get(0)?,
            unknown: tx.one(UNKNOWN, args![id])?.get(0)?,
            webhook_path: channel.account().map(|_| format!("/hooks/{id}")),
            state: channel.state.as_str(),
            state_reason,
            state_since,
            provider: tx
                .provider_said(id)?
                .map(|(answers, at)| ProviderLook { at: at.to_rfc3339(), answers }),
            device,
        });
    }
    let (set_aside, unparsable) = tx.count_waiting_for_operator(&channel_ids(access))?;
    let flows_stopped_24h = tx.stopped_flows(access.line().id, now.plus_seconds(-FAILED_SECONDS))?;
    let templates_held = crate::bulk::templates(tx, access.line().id)?.len();
    Ok(Health { channels, set_aside, unparsable, flows_stopped_24h, templates_held })
}

/// How a line is doing.
#[utoipa::path(get, path = "/lines/{line}/health", tag = "operator", params(("line" = Uuid, Path)), responses(
    (status = 200, body = Health), (status = 404, body = ProblemBody),
))]
async fn health(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<Health>, Problem> {
    let access = access::access_operator(&api.app, &staff, line)?;
    let now = api.app.now();
    Ok(axum::Json(api.app.store.read(move |tx| read_health(tx, &access, now)).await?))
}

/// Something that waits for the operator; never what it holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SetAside {
    id: Uuid,
    /// `event` (its handling failed) or `raw` (it could not be read).
    kind: &'static str,
    channel: String,
    received_at: String,
    attempts: i64,
    error: String,
}

/// What was set aside, oldest first.
#[utoipa::path(get, path = "/lines/{line}/set-aside", tag = "operator",
    params(("line" = Uuid, Path), PageQuery), responses(
    (status = 200, body = Page<SetAside>), (status = 400, body = ProblemBody),
    (status = 404, body = ProblemBody),
))]
async fn set_aside(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Page<SetAside>>, Problem> {
    let access = access::access_operator(&api.app, &staff, line)?;
    let after: Uuid = query.keys()?.unwrap_or(Uuid::nil());
    let limit = query.limit();
    let line = access.line().clone();
    let body = move |tx: &mut Tx<'_>| tx.waiting_for_operator(&channel_ids(&access), after, limit + 1);
    let found = api.app.store.read(body).await?;
    let shown = found.into_iter().map(|one| SetAside {
        id: one.id,
        kind: if one.attempts.is_some() { "event" } else { "raw" },
        channel: line
            .channels
            .iter()
            .find(|channel| channel.id == one.channel_id)
            .map_or_else(String::new, |channel| channel.kind.as_str().to_owned()),
        received_at: one.received_at.to_rfc3339(),
        attempts: one.attempts.unwrap_or(1),
        error: one.error.chars().take(MAX_ERROR_CHARS).collect(),
    });
    Ok(axum::Json(page(shown.collect(), limit, |one| one.id)))
}

/// Try a set-aside thing again.
#[utoipa::path(post, path = "/lines/{line}/set-aside/{id}/replay", tag = "operator",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), responses(
    (status = 202, description = "It waits to be handled"), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "still-unreadable, or key-destroyed"),
))]
async fn replay_one(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let access = access::access_operator(&api.app, &by.0, line)?;
    let (app, ctx) = (api.app.clone(), by.ctx(&api));
    let body = move |tx: &mut Tx<'_>| {
        let noun = Noun { line_id: Some(line), kind: "set_aside", id, restricted: false };
        audit::audit(tx, &app, ctx, "replay", noun, &json!({}))?;
        if tx.retry_set_aside(id, &channel_ids(&access), ctx.now)? {
            return Ok(());
        }
        let channel_id = tx.channel_of_kept_request(id)?.ok_or_else(Problem::not_found)?;
        let channel = access.line().channels.iter().find(|channel| channel.id == channel_id);
        let channel = channel.ok_or_else(Problem::not_found)?;
        match replay::raw_request(tx, &app, access.line(), channel, id, ctx.now)? {
            Replayed::Taken(_) => Ok(()),
            Replayed::StillUnreadable(why) => Err(Problem::conflict("still-unreadable", why).into()),
            Replayed::Gone => {
                let words = "The key of its day was destroyed on time; it cannot be read any more.";
                Err(Problem::conflict("key-destroyed", words).into())
            }
        }
    };
    api.app.store.write(body).await?;
    api.app.signals.inbound.notify_waiters();
    Ok(StatusCode::ACCEPTED)
}

/// Give a set-aside thing up, with what it holds.
#[utoipa::path(post, path = "/lines/{line}/set-aside/{id}/discard", tag = "operator",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), responses(
    (status = 204, description = "Given up"), (status = 404, body = ProblemBody),
))]
async fn discard_one(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let access = access::access_operator(&api.app, &by.0, line)?;
    let (app, ctx) = (api.app.clone(), by.ctx(&api));
    let body = move |tx: &mut Tx<'_>| {
        let noun = Noun { line_id: Some(line), kind: "set_aside", id, restricted: false };
        audit::audit(tx, &app, ctx, "discard", noun, &json!({}))?;
        let channels = channel_ids(&access);
        if tx.discard_set_aside(id, &channels)? {
            return Ok(());
        }
        let ours = tx.channel_of_kept_request(id)?.is_some_and(|channel| channels.contains(&channel));
        if ours && tx.mark_kept_request(id, 2)? { Ok(()) } else { Err(Problem::not_found().into()) }
    };
    api.app.store.write(body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who did something: a colleague by name, else `server`, `operator` or `person:` and an id.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum AuditActor {
    Staff(Named),
    Other(String),
}

/// A line of the audit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditLine {
    id: Uuid,
    at: String,
    actor: AuditActor,
    verb: String,
    noun: String,
    noun_id: String,
    #[schema(value_type = Object)]
    detail: Value,
}

/// Who did what on a line, newest first.
#[utoipa::path(get, path = "/lines/{line}/audit", tag = "operator",
    params(("line" = Uuid, Path), PageQuery), responses(
    (status = 200, body = Page<AuditLine>), (status = 400, body = ProblemBody),
    (status = 404, body = ProblemBody),
))]
async fn audit_lines(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Page<AuditLine>>, Problem> {
    let access = access::access_audit(&api.app, &staff, line)?;
    let before: Uuid = query.keys()?.unwrap_or(Uuid::max());
    let limit = query.limit();
    let app = api.app.clone();
    let body = move |tx: &mut Tx<'_>| {
        let rows = audit::list(tx, access.line_id(), before, access.with_restricted(), limit + 1)?;
        let names = staff::names(tx, &app, rows.iter().filter_map(|row| staff_of(&row.actor)).collect())?;
        Ok((rows, names))
    };
    let (rows, names) = api.app.store.read(body).await?;
    let lines: Vec<AuditLine> = rows.into_iter().map(|row| audit_line(row, &names)).collect();
    Ok(axum::Json(page(lines, limit, |one| one.id)))
}

fn staff_of(actor: &str) -> Option<Uuid> {
    actor.strip_prefix("staff:")?.parse().ok()
}

fn audit_line(row: AuditRow, names: &crate::inbox::view::Names) -> AuditLine {
    let actor = match staff_of(&row.actor) {
        Some(id) => AuditActor::Staff(crate::inbox::view::named(names, id)),
        None => AuditActor::Other(row.actor),
    };
    let detail = serde_json::from_str(&row.detail).unwrap_or(Value::String(row.detail));
    AuditLine {
        id: row.id,
        at: row.at.to_rfc3339(),
        actor,
        verb: row.verb,
        noun: row.noun,
        noun_id: row.noun_id,
        detail,
    }
}
