//! One content to many people. Their messages join the outbox a few hundred at a time, behind conversations, so that a
//! sending can be paused at any moment and never stands in the way of an answer. A template that its provider has paused
//! pauses every sending that uses it.
pub mod http;
mod sql;

use std::time::Duration;

use flow::words::Content;
use serde::Serialize;
use uuid::Uuid;

use self::sql::Running;
use crate::app::{App, Ctx};
use crate::contacts::{self, ConsentState, Contact, Standing};
use crate::lines::Line;
use crate::outbound::{self, NewMessage, Origin};
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::Purpose;

/// The longest name of a sending, in characters.
pub const MAX_NAME_CHARS: usize = 200;
/// How many messages of a sending wait in the outbox at once.
const MAX_QUEUED: i64 = 1_000;
/// How many people one transaction takes up.
const FEED: i64 = 100;
/// How many sendings run at once.
const MAX_RUNNING: i64 = 20;
/// How many sendings and templates are listed.
const MAX_LISTED: i64 = 100;
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Where a sending stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkState {
    Running,
    Paused,
    /// Everybody's turn has come.
    Ended,
}

impl BulkState {
    fn from_code(code: i64) -> Result<Self> {
        Ok(match code {
            0 => Self::Running,
            1 => Self::Paused,
            2 => Self::Ended,
            other => return Err(StoreError::Shape(format!("bulk.state holds {other}"))),
        })
    }

    /// As the API says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

/// A sending as the operator sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Sending {
    pub id: Uuid,
    pub name: String,
    /// `running`, `paused` or `ended`.
    pub state: &'static str,
    /// Why it is paused: `template_broken 132015`, or absent when a person paused it.
    pub reason: Option<String>,
    pub created_at: String,
    pub people: i64,
    /// People who were left out: they have not agreed, wrote STOP, or cannot be reached.
    pub left_out: i64,
    pub sent: i64,
    pub failed: i64,
}

/// A template of which the provider says something else than that it is approved.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Template {
    pub name: String,
    pub language: String,
    pub state: String,
    pub reason: Option<String>,
    pub at: String,
}

/// Begins a sending to these people.
///
/// # Errors
/// When the name is empty or too long, the content is empty, or the store refuses.
pub async fn begin(
    app: &App,
    line_id: Uuid,
    name: &str,
    content: Content,
    people: Vec<Uuid>,
    now: Ts,
) -> Result<Uuid> {
    if name.trim().is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(StoreError::Shape(format!("the name has between 1 and {MAX_NAME_CHARS} letters")));
    }
    if content.text.trim().is_empty() && content.attachments.is_empty() && content.templating.is_none() {
        return Err(StoreError::Shape("there is nothing to send".into()));
    }
    let (id, name) = (app.id(), name.trim().to_owned());
    let sealed = app.vault.installation().seal_json(Purpose::Message, &content)?;
    let template = content.templating.map(|template| template.name);
    app.store
        .write(move |tx| {
            tx.insert_bulk(id, line_id, &name, sealed.clone(), template.clone(), now)?;
            tx.insert_recipients(id, &people).map(drop)
        })
        .await?;
    app.signals.outbound.notify_waiters();
    Ok(id)
}

/// Pauses a sending: nobody's turn comes any more, and what is in the outbox waits. `false` when it was not running.
///
/// # Errors
/// When the store refuses.
pub fn pause(tx: &mut Tx<'_>, ctx: Ctx, line_id: Uuid, id: Uuid) -> Result<bool> {
    tx.set_bulk_state(id, line_id, BulkState::Running, BulkState::Paused, None, ctx.now)
}

/// Lets a paused sending go on. `false` when it was not paused.
///
/// # Errors
/// When the store refuses.
pub fn resume(tx: &mut Tx<'_>, ctx: Ctx, line_id: Uuid, id: Uuid) -> Result<bool> {
    tx.set_bulk_state(id, line_id, BulkState::Paused, BulkState::Running, None, ctx.now)
}

/// Whether a line has such a sending.
///
/// # Errors
/// When the store refuses.
pub fn exists(tx: &mut Tx<'_>, line_id: Uuid, id: Uuid) -> Result<bool> {
    tx.bulk_exists(line_id, id)
}

/// A line's sendings, the latest first.
///
/// # Errors
/// When the store refuses.
pub fn list(tx: &mut Tx<'_>, line_id: Uuid) -> Result<Vec<Sending>> {
    tx.bulks(line_id, MAX_LISTED)
}

/// A line's templates that the provider has something against.
///
/// # Errors
/// When the store refuses.
pub fn templates(tx: &mut Tx<'_>, line_id: Uuid) -> Result<Vec<Template>> {
    tx.templates(line_id, MAX_LISTED)
}

/// A message was refused because of its template: every sending that uses it is paused.
///
/// # Errors
/// When the store refuses.
pub fn template_broken(
    tx: &mut Tx<'_>,
    line_id: Uuid,
    name: &str,
    language: &str,
    reason: &str,
    now: Ts,
) -> Result<()> {
    tx.put_template(line_id, name, language, "refused", Some(reason), now)?;
    paused_by(tx, line_id, name, reason, now)
}

/// The provider told what it thinks of a template.
///
/// # Errors
/// When the store refuses.
pub fn template_reported(
    tx: &mut Tx<'_>,
    line_id: Uuid,
    name: &str,
    language: &str,
    state: &str,
    reason: Option<&str>,
    now: Ts,
) -> Result<()> {
    if state == "approved" {
        return tx.forget_template(line_id, name, language);
    }
    tx.put_template(line_id, name, language, state, reason, now)?;
    if matches!(state, "paused" | "disabled" | "rejected" | "pending_deletion" | "deleted") {
        paused_by(tx, line_id, name, &format!("template_{state}"), now)?;
    }
    Ok(())
}

fn paused_by(tx: &mut Tx<'_>, line_id: Uuid, name: &str, reason: &str, now: Ts) -> Result<()> {
    let paused = tx.pause_bulks_of(line_id, name, reason, now)?;
    if paused > 0 {
        tracing::error!(line = %line_id, template = name, reason, sendings = paused, "sendings are paused because of their template");
    }
    Ok(())
}

/// Feeds the outbox until the server stops.
pub async fn run_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    loop {
        match feed_once(&app).await {
            Ok(0) => {}
            Ok(_) => {
                app.signals.outbound.notify_waiters();
                continue;
            }
            Err(error) => tracing::error!(%error, "sendings could not go on"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

async fn feed_once(app: &App) -> Result<usize> {
    // Mostly nothing runs: then the one writer of SQLite is left alone.
    if !app.store.read(|tx| tx.any_bulk_running()).await? {
        return Ok(0);
    }
    let context = app.clone();
    app.store.write(move |tx| feed(tx, &context, context.now())).await
}

/// One round over all sendings; how many people's turn has come.
fn feed(tx: &mut Tx<'_>, app: &App, now: Ts) -> Result<usize> {
    let lines = app.lines();
    let mut count = 0;
    for running in tx.running_bulks(MAX_RUNNING)? {
        let Some(line) = lines.get(running.line_id) else { continue };
        let queued = tx.bulk_queued(running.id)?;
        let room = (MAX_QUEUED - queued).min(FEED);
        if room <= 0 {
            continue;
        }
        let people = tx.next_recipients(running.id, room)?;
        if people.is_empty() && queued == 0 {
            let (id, line_id) = (running.id, running.line_id);
            tx.set_bulk_state(id, line_id, BulkState::Running, BulkState::Ended, None, now)?;
        }
        count += people.len();
        give(tx, app, line, &running, people, now)?;
    }
    Ok(count)
}

fn give(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Line,
    running: &Running,
    people: Vec<Uuid>,
    now: Ts,
) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let content: Content = app.vault.installation().open_json(Purpose::Message, &running.content)?;
    for id in people {
        let Some(contact) = contacts::get_locked(tx, app, id)? else {
            tx.recipient_done(running.id, id, None, Some("erased"))?;
            continue;
        };
        match place(line, &contact) {
            Err(why) => tx.recipient_done(running.id, id, None, Some(why))?,
            Ok((identity_id, channel_id)) => {
                let new = NewMessage {
                    contact: &contact,
                    identity_id,
                    channel_id,
                    conversation_id: None,
                    origin: Origin::Bot,
                    content: content.clone(),
                    client_id: None,
                    valid_until: None,
                    bulk_id: Some(running.id),
                };
                let message = outbound::enqueue(tx, app, &new, now)?;
                tx.recipient_done(running.id, id, Some(message), None)?;
            }
        }
    }
    Ok(())
}

/// Where a person is written to, or why she is not.
fn place(line: &Line, contact: &Contact) -> std::result::Result<(Uuid, Uuid), &'static str> {
    if contact.line_id != line.id {
        return Err("other_line");
    }
    if contact.standing != Standing::Active {
        return Err("stopped");
    }
    if contact.consent != ConsentState::Given {
        return Err("no_consent");
    }
    let on_line = |id: Uuid| line.channels.iter().any(|channel| channel.id == id && !channel.is_own());
    let known = contact.profile.urns.iter().find(|known| on_line(known.channel));
    known.map(|known| (known.identity, known.channel)).ok_or("no_address")
}
