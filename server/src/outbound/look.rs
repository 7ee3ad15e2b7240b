//! Messages that something must be done about by itself: those that wait for another channel, those that were not
//! delivered in time, and those of which nobody knows whether they were sent.
use std::time::Duration;

use channels::{Candidate, Inquiry};
use uuid::Uuid;

use super::MessageState;
use super::attempt::{fit_files, open, outgoing};
use super::call::{call, prepare};
use super::fail_over;
use super::settle::part_hash;
use super::sql::{Leased, Watched};
use crate::app::App;
use crate::calls;
use crate::inbox;
use crate::lines::{Channel, ChannelKind, UnknownPolicy};
use crate::store::{Result, Ts, Tx};

/// How long after an attempt whose outcome is unknown the provider is first asked.
pub(super) const FIRST_LOOK_SECONDS: i64 = 30;
/// How long between two questions about the same message.
const LOOK_AGAIN_SECONDS: i64 = 60;
/// When the provider does not have a message that was sent so long ago, it was not sent.
const CERTAINLY_LISTED_SECONDS: i64 = 90;
/// How many messages one round takes up.
const ROUND: i64 = 100;
/// How long the loop sleeps between rounds.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks after such messages until the server stops.
pub async fn run_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    loop {
        let woken = app.signals.outbound.notified();
        match look(&app).await {
            Ok(0) => {}
            Ok(_) => app.signals.outbound.notify_waiters(),
            Err(error) => tracing::error!(%error, "messages that wait for a decision could not be read"),
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

async fn look(app: &App) -> Result<usize> {
    let now = app.now();
    let parts = app.leases.of_worker(0, 1, now);
    if parts.is_empty() {
        return Ok(0);
    }
    let watched = app.store.read(move |tx| tx.watched_messages(&parts, now, ROUND)).await?;
    for message in &watched {
        let done = match message.state {
            MessageState::Unknown => clear_up(app, message).await,
            MessageState::Queued | MessageState::Sent => go_elsewhere(app, message).await,
            _ => stop_looking(app, message.id).await,
        };
        if let Err(error) = done {
            tracing::error!(message = %message.id, %error, "a message that waits for a decision could not be handled");
        }
    }
    Ok(watched.len())
}

async fn stop_looking(app: &App, id: Uuid) -> Result<()> {
    app.store.write(move |tx| tx.look_again(id, None)).await
}

async fn go_elsewhere(app: &App, message: &Watched) -> Result<()> {
    let (context, message) = (app.clone(), message.clone());
    let live = app.store.write(move |tx| fail_over::go(tx, &context, &message, context.now())).await?;
    if live {
        app.signals.touch_live();
    }
    Ok(())
}

/// What is known of a message after asking.
enum Cleared {
    /// The provider has it, under these ids.
    Taken(Vec<Candidate>),
    /// The provider does not have it.
    NotTaken,
    /// Nobody can be asked, or the answer says nothing.
    Open { ask_again: bool },
}

/// Finds out what became of a message whose answer was lost, and does what the operator wants when nobody can tell.
async fn clear_up(app: &App, message: &Watched) -> Result<()> {
    let lines = app.lines();
    let Some((_, channel)) = lines.channel(message.channel_id) else {
        return stop_looking(app, message.id).await;
    };
    let now = app.now();
    let tried = message.tried_at.unwrap_or(now);
    let age = now.seconds_since(tried);
    let cleared = ask(app, channel, message, tried).await?;
    let policy_after = i64::try_from(channel.delivery.unknown_after().as_secs()).unwrap_or(i64::MAX);
    let (id, channel, message) = (message.id, channel.clone(), message.clone());
    let context = app.clone();
    let live = app
        .store
        .write(move |tx| {
            match &cleared {
                Cleared::Taken(candidates) if channel.kind == ChannelKind::Voice => {
                    call_turned_up(tx, &context, &channel, &message, candidates, now)?;
                }
                Cleared::Taken(candidates) => taken(tx, &context, &channel, &message, candidates, now)?,
                Cleared::NotTaken if age >= CERTAINLY_LISTED_SECONDS => goes_on(tx, &channel, id, now)?,
                Cleared::NotTaken => tx.look_again(id, Some(now.plus_seconds(LOOK_AGAIN_SECONDS)))?,
                Cleared::Open { .. } if age >= policy_after => match channel.delivery.unknown {
                    UnknownPolicy::Wait => tx.look_again(id, None)?,
                    UnknownPolicy::Resend => goes_on(tx, &channel, id, now)?,
                },
                Cleared::Open { ask_again: true } => {
                    tx.look_again(id, Some(now.plus_seconds(LOOK_AGAIN_SECONDS.min(policy_after - age))))?;
                }
                Cleared::Open { ask_again: false } => {
                    tx.look_again(id, Some(tried.plus_seconds(policy_after)))?;
                }
            }
            match message.conversation_id {
                Some(conversation) => {
                    inbox::status_changed(tx, &context, id, conversation, message.line_id, now).map(|()| true)
                }
                None => Ok(false),
            }
        })
        .await?;
    if live {
        app.signals.touch_live();
    }
    Ok(())
}

/// It is sent again. A call that the provider does not have must not stand in the way of the next one.
fn goes_on(tx: &mut Tx<'_>, channel: &Channel, id: Uuid, now: Ts) -> Result<()> {
    if channel.kind == ChannelKind::Voice {
        calls::never_placed(tx, channel.id, id)?;
    }
    tx.message_goes_on(id, now).map(drop)
}

/// The provider has calls to the person since then: the one that nobody here knows is this one, and rings.
fn call_turned_up(
    tx: &mut Tx<'_>,
    app: &App,
    channel: &Channel,
    message: &Watched,
    candidates: &[Candidate],
    now: Ts,
) -> Result<()> {
    for candidate in candidates {
        if !calls::is_known(tx, app, channel.id, &candidate.external_id)? {
            return calls::placed(tx, app, channel.id, message.id, &candidate.external_id, now);
        }
    }
    not_there(tx, channel, message, now)
}

/// What the provider has are others.
fn not_there(tx: &mut Tx<'_>, channel: &Channel, message: &Watched, now: Ts) -> Result<()> {
    let age = now.seconds_since(message.tried_at.unwrap_or(now));
    if age >= CERTAINLY_LISTED_SECONDS {
        goes_on(tx, channel, message.id, now)
    } else {
        tx.look_again(message.id, Some(now.plus_seconds(LOOK_AGAIN_SECONDS)))
    }
}

/// The part that was being sent has turned up at the provider: it is noted, and what is left is sent.
fn taken(
    tx: &mut Tx<'_>,
    app: &App,
    channel: &Channel,
    message: &Watched,
    candidates: &[Candidate],
    now: Ts,
) -> Result<()> {
    for candidate in candidates {
        let hash = part_hash(app, channel.id, &candidate.external_id);
        // The same words may have been sent before: those are known by their ids.
        if tx.message_by_part(channel.id, hash.clone())?.is_some() {
            continue;
        }
        let known = tx.part_turned_up(message.id, channel.id, hash)?;
        if known < message.requests {
            tx.message_goes_on(message.id, now)?;
        } else {
            tx.message_reported(message.id, MessageState::Sent, None)?;
        }
        return Ok(());
    }
    not_there(tx, channel, message, now)
}

/// Asks the provider for messages like the one that was being sent.
async fn ask(app: &App, channel: &Channel, message: &Watched, tried: Ts) -> Result<Cleared> {
    let nobody = Cleared::Open { ask_again: false };
    let Some(account) = channel.account() else { return Ok(nobody) };
    let id = message.id;
    let Some(leased) = app.store.read(move |tx| tx.unknown_message(id)).await? else { return Ok(nobody) };
    let Some(request) = sent_request(app, channel, account, &leased).await else { return Ok(nobody) };
    let since = jiff::Timestamp::from_microsecond(tried.0).unwrap_or_default();
    let Some(question) = channels::inquire(account, &request, since) else { return Ok(nobody) };
    let Ok(answer) = call(app, &question).await else { return Ok(Cleared::Open { ask_again: true }) };
    Ok(match channels::inquired(account, &request, &answer, since) {
        Inquiry::Unclear => Cleared::Open { ask_again: true },
        Inquiry::Found(candidates) if candidates.is_empty() => Cleared::NotTaken,
        Inquiry::Found(candidates) => Cleared::Taken(candidates),
    })
}

/// The request whose answer was lost: the one after the parts that are known.
async fn sent_request(
    app: &App,
    channel: &Channel,
    account: &channels::Account,
    message: &Leased,
) -> Option<channels::HttpRequest> {
    let mut opened = open(app, message).await.ok()?;
    let lines = app.lines();
    let (line, _) = lines.channel(channel.id)?;
    fit_files(app, line, channel, message, &mut opened.content).await.ok()?;
    let mut outgoing = outgoing(app, channel, message, opened);
    let account = prepare(app, channel, account, &mut outgoing).await.ok()?;
    let rendering = channels::request(&account, &outgoing).ok()?;
    rendering.requests.into_iter().nth(message.parts_sent)
}
