//! Routes of a line's inbox.
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::presence::Doing;
use super::preview::{self, ReplyPreview};
use super::read::{Counts, QueueKeys, Reader, Thread, View};
use super::verbs::{self, Desk, Reply, checked_text};
use super::view::{ConversationRow, ConversationView, Entry, TopicName, topic_name};
use crate::access::{self, Held, LineAccess, Staff, staff};
use crate::api::extract::{Json, Path, Query, SignedIn};
use crate::api::page::{self, DEFAULT_LIMIT, MAX_LIMIT, Page};
use crate::api::{Api, Problem, ProblemBody};
use crate::app::Ctx;
use crate::lines::TriageKind;
use crate::media::out::{Becomes, MAX_DESCRIPTION_CHARS, MAX_FILES_OF_REPLY};
use crate::store::{Result, Ts, Tx};

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(counts))
        .routes(routes!(conversations))
        .routes(routes!(conversation))
        .routes(routes!(messages))
        .routes(routes!(take))
        .routes(routes!(assign))
        .routes(routes!(reply))
        .routes(routes!(preview_reply))
        .routes(routes!(note))
        .routes(routes!(close))
        .routes(routes!(reopen))
        .routes(routes!(snooze))
        .routes(routes!(topic))
        .routes(routes!(refer))
        .routes(routes!(draft))
        .routes(routes!(reveal))
        .routes(routes!(presence))
        .routes(routes!(team))
        .routes(routes!(topics))
        .routes(routes!(saved_replies))
}

/// Reads something of a line's inbox.
async fn reading<T: Send + 'static>(
    api: &Api,
    access: LineAccess,
    read: impl Fn(&mut Tx<'_>, &Reader<'_>) -> Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let (shared, now) = (api.clone(), api.app.now());
    let body = move |tx: &mut Tx<'_>| {
        let reader = Reader { app: &shared.app, presence: &shared.presence, access: &access, now };
        read(tx, &reader)
    };
    Ok(api.app.store.read(body).await?)
}

/// Does something to a conversation, under the lock of its person, and tells the consoles afterwards.
async fn doing<T: Send + 'static>(
    api: &Api,
    by: &SignedIn,
    (line, id): (Uuid, Uuid),
    verb: impl Fn(&mut Tx<'_>, &Desk<'_>, &mut Held) -> Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let access = access::access_line(&api.app, &by.0, line)?;
    let (shared, ctx) = (api.clone(), by.ctx(api));
    let body = move |tx: &mut Tx<'_>| {
        let mut held = access::access_conversation_locked(tx, &shared.app, &access, id)?;
        let desk = Desk { app: &shared.app, ctx, presence: &shared.presence };
        verb(tx, &desk, &mut held)
    };
    let outcome = api.app.store.write(body).await?;
    api.app.signals.touch_live();
    Ok(outcome)
}

/// [`doing`] for verbs that answer the conversation as it is afterwards.
async fn changing(
    api: &Api,
    by: &SignedIn,
    place: (Uuid, Uuid),
    verb: impl Fn(&mut Tx<'_>, &Desk<'_>, &mut Held) -> Result<()> + Send + 'static,
) -> Result<axum::Json<ConversationView>, Problem> {
    let view = doing(api, by, place, move |tx, desk, held| {
        verb(tx, desk, held)?;
        whole(tx, desk, held)
    });
    Ok(axum::Json(view.await?))
}

fn whole(tx: &mut Tx<'_>, desk: &Desk<'_>, held: &Held) -> Result<ConversationView> {
    let Desk { app, ctx: Ctx { now, .. }, presence } = *desk;
    Reader { app, presence, access: held.access(), now }.conversation(tx, held)
}

fn line_access(api: &Api, staff: &Staff, line: Uuid) -> Result<LineAccess, Problem> {
    access::access_line(&api.app, staff, line)
}

/// Numbers of open conversations.
#[utoipa::path(get, path = "/lines/{line}/counts", tag = "inbox", params(("line" = Uuid, Path)), responses(
    (status = 200, body = Counts), (status = 404, body = ProblemBody),
))]
async fn counts(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<Counts>, Problem> {
    let access = line_access(&api, &staff, line)?;
    Ok(axum::Json(reading(&api, access, |tx, reader| reader.counts(tx)).await?))
}

/// Which part of the queue, and which page of it.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct QueueQuery {
    #[param(inline)]
    view: View,
    /// 1 to 100 rows.
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of conversations: urgent ones first, then who waits longest.
#[utoipa::path(get, path = "/lines/{line}/conversations", tag = "inbox",
    params(("line" = Uuid, Path), QueueQuery), responses(
    (status = 200, body = Page<ConversationRow>),
    (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
))]
async fn conversations(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
    Query(query): Query<QueueQuery>,
) -> Result<axum::Json<Page<ConversationRow>>, Problem> {
    let access = line_access(&api, &staff, line)?;
    let after: Option<QueueKeys> = query.after.as_deref().map(page::read_cursor).transpose()?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let view = query.view;
    let rows = reading(&api, access, move |tx, reader| reader.queue(tx, view, after, limit)).await?;
    let page = page::page(rows, limit, |(_, keys)| *keys);
    let items = page.items.into_iter().map(|(row, _)| row).collect();
    Ok(axum::Json(Page { items, next: page.next }))
}

/// A whole conversation.
#[utoipa::path(get, path = "/lines/{line}/conversations/{id}", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), responses(
    (status = 200, body = ConversationView), (status = 404, body = ProblemBody),
))]
async fn conversation(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
) -> Result<axum::Json<ConversationView>, Problem> {
    let access = line_access(&api, &staff, line)?;
    let view = reading(&api, access, move |tx, reader| {
        let held = access::access_conversation(tx, reader.app, reader.access, id)?;
        reader.conversation(tx, &held)
    });
    Ok(axum::Json(view.await?))
}

/// Which part of a thread.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ThreadQuery {
    /// `before` of the page read last.
    before: Option<String>,
}

/// What was said: the newest 30 entries, or those before a cursor, oldest first.
#[utoipa::path(get, path = "/lines/{line}/conversations/{id}/messages", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path), ThreadQuery), responses(
    (status = 200, body = Thread), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
))]
async fn messages(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
    Query(query): Query<ThreadQuery>,
) -> Result<axum::Json<Thread>, Problem> {
    let access = line_access(&api, &by.0, line)?;
    let before: Option<Uuid> = query.before.as_deref().map(page::read_cursor).transpose()?;
    let (items, before) = reading(&api, access.clone(), move |tx, reader| {
        let held = access::access_conversation(tx, reader.app, reader.access, id)?;
        reader.thread(tx, &held, before)
    })
    .await?;
    note_look(&api, &by, access, id).await?;
    Ok(axum::Json(Thread { items, before: before.map(|id| page::cursor(&id)) }))
}

/// Writes into the audit that somebody looked at a conversation, once an hour at the most.
async fn note_look(api: &Api, by: &SignedIn, access: LineAccess, id: Uuid) -> Result<(), Problem> {
    let ctx = by.ctx(api);
    if !api.looks.is_new(by.0.id, id, ctx.now) {
        return Ok(());
    }
    let shared = api.clone();
    let body = move |tx: &mut Tx<'_>| {
        let held = access::access_conversation(tx, &shared.app, &access, id)?;
        Desk { app: &shared.app, ctx, presence: &shared.presence }.looked(tx, &held)
    };
    Ok(api.app.store.write(body).await?)
}

macro_rules! verb {
    ($(#[$doc:meta])* $name:ident, $path:literal) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "inbox",
            params(("line" = Uuid, Path), ("id" = Uuid, Path)), responses(
            (status = 200, body = ConversationView),
            (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        ))]
        async fn $name(
            State(api): State<Api>,
            by: SignedIn,
            Path(place): Path<(Uuid, Uuid)>,
        ) -> Result<axum::Json<ConversationView>, Problem> {
            changing(&api, &by, place, |tx, desk, held| desk.$name(tx, held)).await
        }
    };
}

verb!(
    /// Take a conversation, also from somebody else.
    take,
    "/lines/{line}/conversations/{id}/take"
);
verb!(
    /// Close a conversation. It can be reopened within 10 s before the bot asks its question.
    close,
    "/lines/{line}/conversations/{id}/close"
);
verb!(
    /// Take a close or a snooze back.
    reopen,
    "/lines/{line}/conversations/{id}/reopen"
);

/// To whom; null puts it back into the queue.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Assignment {
    user: Option<Uuid>,
}

/// Give a conversation to a colleague, or back into the queue.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/assign", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = Assignment, responses(
    (status = 200, body = ConversationView), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody),
))]
async fn assign(
    State(api): State<Api>,
    by: SignedIn,
    Path(place): Path<(Uuid, Uuid)>,
    Json(body): Json<Assignment>,
) -> Result<axum::Json<ConversationView>, Problem> {
    changing(&api, &by, place, move |tx, desk, held| desk.assign(tx, held, body.user)).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewReply {
    /// May be empty when there are files.
    text: String,
    /// The newest entry that was on the screen.
    expected_last_id: Option<Uuid>,
    /// Made by the client, so that a repeated request sends nothing twice.
    client_id: Uuid,
    /// Files that were brought before, in order; at most ten.
    #[serde(default)]
    files: Vec<FileOfReply>,
}

/// A file of a reply.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct FileOfReply {
    id: Uuid,
    /// What is in it, in words; goes along as text.
    #[serde(default)]
    description: String,
}

/// A reply's text and files within limits.
fn checked_reply(text: &str, files: &[FileOfReply]) -> Result<(String, Vec<(Uuid, String)>), Problem> {
    if files.len() > MAX_FILES_OF_REPLY {
        let words = format!("A reply takes {MAX_FILES_OF_REPLY} files at the most.");
        return Err(Problem::field("files", words));
    }
    let mut checked: Vec<(Uuid, String)> = Vec::with_capacity(files.len());
    for file in files {
        if checked.iter().any(|(id, _)| *id == file.id) {
            return Err(Problem::field("files", "A file stands twice in the reply."));
        }
        let said = match file.description.trim() {
            "" => String::new(),
            said => checked_text("description", said, MAX_DESCRIPTION_CHARS)?,
        };
        checked.push((file.id, said));
    }
    let text = match text.trim() {
        "" if !checked.is_empty() => String::new(),
        _ => checked_text("text", text, verbs::MAX_REPLY_CHARS)?,
    };
    if !checked.is_empty() {
        let words = verbs::words_of(&text, &checked);
        if words.chars().count() > verbs::MAX_REPLY_CHARS {
            let most = verbs::MAX_REPLY_CHARS;
            return Err(Problem::field(
                "text",
                format!("With the descriptions this is longer than {most} characters."),
            ));
        }
    }
    Ok((text, checked))
}

/// What becomes of a reply's files on the person's channel.
async fn become_of_files(
    api: &Api,
    access: &LineAccess,
    id: Uuid,
    files: &[(Uuid, String)],
) -> Result<Vec<Becomes>, Problem> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = files.iter().map(|(id, _)| *id).collect();
    let read = reading(api, access.clone(), move |tx, reader| {
        let held = access::access_conversation(tx, reader.app, reader.access, id)?;
        preview::unsent(tx, reader.app, &held, &ids)
    });
    Ok(preview::become_on_channel(&api.app, read.await?).await?)
}

/// Answer the person.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/reply", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = NewReply, responses(
    (status = 200, body = Entry), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "thread-moved-on (with `entries`), window-closed, \
        taken-by-other, conversation-closed, person-blocked, no-address or file-refused (with `files`)"),
))]
async fn reply(
    State(api): State<Api>,
    by: SignedIn,
    Path(place): Path<(Uuid, Uuid)>,
    Json(body): Json<NewReply>,
) -> Result<axum::Json<Entry>, Problem> {
    let (text, files) = checked_reply(&body.text, &body.files)?;
    let NewReply { expected_last_id, client_id, .. } = body;
    let access = line_access(&api, &by.0, place.0)?;
    let is_new = move |tx: &mut Tx<'_>, _: &Reader<'_>| Ok(tx.message_by_client(client_id)?.is_none());
    // What cannot be sent is told before anything is written; a repeated request finds its entry.
    if !files.is_empty() && reading(&api, access.clone(), is_new).await? {
        let files = become_of_files(&api, &access, place.1, &files).await?;
        if files.iter().any(Becomes::is_refused) {
            let words = "A file cannot be sent on this person's channel. Take it out of the reply.";
            return Err(Problem::conflict("file-refused", words).with("files", serde_json::json!(files)));
        }
    }
    let reply = Reply { text, expected_last_id, client_id, files };
    let entry = doing(&api, &by, place, move |tx, desk, held| desk.reply(tx, held, &reply)).await?;
    api.app.signals.outbound.notify_one();
    Ok(axum::Json(entry))
}

/// A reply that is being written.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Unsent {
    text: String,
    #[serde(default)]
    files: Vec<FileOfReply>,
}

/// See what a reply will be on the person's channel, and what it costs, before it is sent.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/preview", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = Unsent, responses(
    (status = 200, body = ReplyPreview), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "no-address"), (status = 422, body = ProblemBody),
))]
async fn preview_reply(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
    Json(body): Json<Unsent>,
) -> Result<axum::Json<ReplyPreview>, Problem> {
    let (text, files) = checked_reply(&body.text, &body.files)?;
    let access = line_access(&api, &staff, line)?;
    let become_so = become_of_files(&api, &access, id, &files).await?;
    let words = verbs::words_of(&text, &files);
    let shown = reading(&api, access, move |tx, reader| {
        let held = access::access_conversation(tx, reader.app, reader.access, id)?;
        preview::preview(tx, reader.app, &held, &words, become_so.clone(), reader.now)
    });
    Ok(axum::Json(shown.await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewNote {
    text: String,
    client_id: Uuid,
}

/// Write a note that only staff see.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/note", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = NewNote, responses(
    (status = 200, body = Entry), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody),
))]
async fn note(
    State(api): State<Api>,
    by: SignedIn,
    Path(place): Path<(Uuid, Uuid)>,
    Json(body): Json<NewNote>,
) -> Result<axum::Json<Entry>, Problem> {
    let text = checked_text("text", &body.text, verbs::MAX_NOTE_CHARS)?;
    let client_id = body.client_id;
    let entry =
        doing(&api, &by, place, move |tx, desk, held| desk.note(tx, held, &text, Some(client_id))).await?;
    Ok(axum::Json(entry))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SnoozeUntil {
    /// RFC 3339; null until the person writes.
    until: Option<String>,
}

/// Put a conversation out of sight for a while.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/snooze", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = SnoozeUntil, responses(
    (status = 200, body = ConversationView), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody),
))]
async fn snooze(
    State(api): State<Api>,
    by: SignedIn,
    Path(place): Path<(Uuid, Uuid)>,
    Json(body): Json<SnoozeUntil>,
) -> Result<axum::Json<ConversationView>, Problem> {
    let until = body.until.map(|text| text.parse::<jiff::Timestamp>()).transpose();
    let until = until.map_err(|_| Problem::field("until", "This is no time as in 2026-11-21T10:00:00Z."))?;
    let until = until.map(Ts::from);
    changing(&api, &by, place, move |tx, desk, held| desk.snooze(tx, held, until)).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TopicKey {
    topic: String,
}

/// Say what a conversation is about.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/topic", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = TopicKey, responses(
    (status = 200, body = ConversationView), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody),
))]
async fn topic(
    State(api): State<Api>,
    by: SignedIn,
    Path(place): Path<(Uuid, Uuid)>,
    Json(body): Json<TopicKey>,
) -> Result<axum::Json<ConversationView>, Problem> {
    changing(&api, &by, place, move |tx, desk, held| desk.topic(tx, held, &body.topic)).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Referral {
    #[schema(value_type = String)]
    kind: TriageKind,
    #[serde(default)]
    note: String,
}

/// Refer a conversation urgently: from then on it exists for protection focal points only.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/refer", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = Referral, responses(
    (status = 204, description = "Referred"), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody),
))]
async fn refer(
    State(api): State<Api>,
    by: SignedIn,
    Path(place): Path<(Uuid, Uuid)>,
    Json(body): Json<Referral>,
) -> Result<StatusCode, Problem> {
    let note = match body.note.trim().is_empty() {
        true => String::new(),
        false => checked_text("note", &body.note, verbs::MAX_NOTE_CHARS)?,
    };
    doing(&api, &by, place, move |tx, desk, held| desk.refer(tx, held, body.kind, &note)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDraft {
    text: String,
}

/// Keep what one is writing; an empty text forgets it.
#[utoipa::path(put, path = "/lines/{line}/conversations/{id}/draft", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = NewDraft, responses(
    (status = 204, description = "Kept"), (status = 404, body = ProblemBody),
    (status = 422, body = ProblemBody),
))]
async fn draft(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
    Json(body): Json<NewDraft>,
) -> Result<StatusCode, Problem> {
    if body.text.chars().count() > verbs::MAX_DRAFT_CHARS {
        let most = verbs::MAX_DRAFT_CHARS;
        return Err(Problem::field("text", format!("This is longer than {most} characters.")));
    }
    let access = line_access(&api, &by.0, line)?;
    let (shared, ctx) = (api.clone(), by.ctx(&api));
    let write = move |tx: &mut Tx<'_>| {
        let held = access::access_conversation(tx, &shared.app, &access, id)?;
        Desk { app: &shared.app, ctx, presence: &shared.presence }.draft(tx, &held, &body.text)
    };
    api.app.store.write(write).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RevealRequest {
    identity: Uuid,
    /// Why; kept in the conversation.
    reason: String,
}

/// An address in full.
#[derive(Serialize, utoipa::ToSchema)]
struct Revealed {
    value: String,
    /// Until when it may be shown.
    until: String,
}

/// Show a person's address in full for some minutes; written down with the reason.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/reveal", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = RevealRequest, responses(
    (status = 200, body = Revealed), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody),
))]
async fn reveal(
    State(api): State<Api>,
    by: SignedIn,
    Path(place): Path<(Uuid, Uuid)>,
    Json(body): Json<RevealRequest>,
) -> Result<axum::Json<Revealed>, Problem> {
    let reason = checked_text("reason", &body.reason, verbs::MAX_REASON_CHARS)?;
    if reason.chars().count() < verbs::MIN_REASON_CHARS {
        return Err(Problem::field("reason", "Say why in some words."));
    }
    let identity = body.identity;
    let until = api.app.now().plus_seconds(verbs::REVEAL_SECONDS).to_rfc3339();
    let value =
        doing(&api, &by, place, move |tx, desk, held| desk.reveal(tx, held, identity, &reason)).await?;
    Ok(axum::Json(Revealed { value, until }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPresence {
    doing: Doing,
}

/// Tell colleagues that one is reading or writing.
#[utoipa::path(post, path = "/lines/{line}/conversations/{id}/presence", tag = "inbox",
    params(("line" = Uuid, Path), ("id" = Uuid, Path)), request_body = NewPresence, responses(
    (status = 204, description = "Told"), (status = 404, body = ProblemBody),
))]
async fn presence(
    State(api): State<Api>,
    by: SignedIn,
    Path((line, id)): Path<(Uuid, Uuid)>,
    Json(body): Json<NewPresence>,
) -> Result<StatusCode, Problem> {
    let access = line_access(&api, &by.0, line)?;
    let unread = reading(&api, access, move |tx, reader| {
        let held = access::access_conversation(tx, reader.app, reader.access, id)?;
        Ok(held.conversation().unread > 0)
    })
    .await?;
    let ctx = by.ctx(&api);
    if api.presence.say(line, id, by.0.id, body.doing, ctx.now) {
        api.app.signals.touch_live();
    }
    if unread && body.doing != Doing::Away {
        doing(&api, &by, (line, id), |tx, desk, held| desk.seen(tx, held)).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The colleagues who answer people on the line.
#[utoipa::path(get, path = "/lines/{line}/team", tag = "lines", params(("line" = Uuid, Path)), responses(
    (status = 200, body = Vec<staff::Member>), (status = 404, body = ProblemBody),
))]
async fn team(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<Vec<staff::Member>>, Problem> {
    let access = line_access(&api, &staff, line)?;
    let team = reading(&api, access, move |tx, reader| staff::team(tx, reader.app, line)).await?;
    Ok(axum::Json(team))
}

/// What conversations of the line can be about.
#[utoipa::path(get, path = "/lines/{line}/topics", tag = "lines", params(("line" = Uuid, Path)), responses(
    (status = 200, body = Vec<TopicName>), (status = 404, body = ProblemBody),
))]
async fn topics(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<Vec<TopicName>>, Problem> {
    let access = line_access(&api, &staff, line)?;
    let line = access.line();
    let keys = line.content.topics.iter().map(|topic| topic.key.as_str());
    Ok(axum::Json(keys.filter_map(|key| topic_name(line, Some(key))).collect()))
}

/// A reply to start from, in the line's languages.
#[derive(Serialize, utoipa::ToSchema)]
struct SavedReply {
    key: String,
    /// In the line's first language.
    title: String,
    /// By ISO 639-3 code.
    texts: std::collections::BTreeMap<String, String>,
}

/// Replies to start from.
#[utoipa::path(get, path = "/lines/{line}/saved-replies", tag = "lines", params(("line" = Uuid, Path)),
    responses((status = 200, body = Vec<SavedReply>), (status = 404, body = ProblemBody)))]
async fn saved_replies(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
    Path(line): Path<Uuid>,
) -> Result<axum::Json<Vec<SavedReply>>, Problem> {
    let access = line_access(&api, &staff, line)?;
    let content = &access.line().content;
    let first = content.language(None);
    let replies = content.saved_replies.iter().map(|reply| SavedReply {
        key: reply.key.clone(),
        title: reply.title.get(&first).cloned().unwrap_or_else(|| reply.key.clone()),
        texts: reply.text.iter().map(|(language, text)| (language.to_string(), text.clone())).collect(),
    });
    Ok(axum::Json(replies.collect()))
}
