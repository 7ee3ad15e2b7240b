//! Handling what was accepted: in order per person, many in one transaction; what fails is tried again alone,
//! with limits, and then set aside where the operator sees it.
use std::time::Duration;

use channels::Incoming;

use super::sql::PendingEvent;
use super::{call, decide};
use crate::app::App;
use crate::contacts::Ahead;
use crate::lines::Lines;
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::{Purpose, VaultError};

/// How often an event is tried before it is set aside.
pub const MAX_ATTEMPTS: i64 = 5;
/// Seconds before each further try.
const RETRY_SECONDS: [i64; 4] = [1, 5, 25, 120];
/// How many events are read at once.
const READ_LIMIT: i64 = 256;
/// How many events share one transaction.
const CHUNK: usize = 32;
/// How long a worker waits before it looks by itself.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What has to be woken after the commit.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    pub outbound: bool,
    pub live: bool,
    pub jobs: bool,
    /// A channel was stopped.
    pub lines: bool,
    /// Keys of erased persons, to be destroyed now that the data says so.
    pub erased_keys: Vec<uuid::Uuid>,
}

impl Effects {
    /// Takes another's wishes too.
    pub fn add(&mut self, other: Self) {
        self.outbound |= other.outbound;
        self.live |= other.live;
        self.jobs |= other.jobs;
        self.lines |= other.lines;
        self.erased_keys.extend(other.erased_keys);
    }

    /// Wakes whoever has to act.
    pub fn wake(&self, app: &App) {
        if self.outbound {
            app.signals.outbound.notify_waiters();
        }
        if self.live {
            app.signals.touch_live();
        }
        if self.lines {
            app.signals.lines.notify_one();
        }
        if self.jobs || !self.erased_keys.is_empty() {
            app.signals.jobs.notify_waiters();
        }
    }
}

/// Handles the parts of one worker out of `workers` until the server stops.
pub async fn run_worker(app: App, worker: i64, workers: i64) {
    let mut stopping = app.signals.stopping.subscribe();
    loop {
        let woken = app.signals.inbound.notified();
        match handle_waiting(&app, worker, workers).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::error!(%error, "waiting messages could not be read"),
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

/// Handles what waits now; returns how many events were taken up.
async fn handle_waiting(app: &App, worker: i64, workers: i64) -> Result<usize> {
    let now = app.now();
    let parts = app.leases.of_worker(worker, workers, now);
    if parts.is_empty() {
        return Ok(0);
    }
    let waiting = app.store.read(move |tx| tx.pending_inbound(parts.clone(), now, READ_LIMIT)).await?;
    for chunk in waiting.chunks(CHUNK) {
        if let Err(error) = handle_together(app, chunk.to_vec()).await {
            if chunk.len() > 1 {
                tracing::warn!(%error, events = chunk.len(), "a batch failed; its events are handled one by one");
            }
            handle_singly(app, chunk).await?;
        }
    }
    Ok(waiting.len())
}

async fn handle_together(app: &App, events: Vec<PendingEvent>) -> Result<()> {
    let context = app.clone();
    // Opened before the transaction: the one writer of SQLite has better things to do.
    let opening = tokio::task::spawn_blocking(move || open(&context, events)).await;
    let events =
        opening.map_err(|_| StoreError::Other(anyhow::anyhow!("an event's payload broke its reader")))?;
    let context = app.clone();
    let effects = app.store.write(move |tx| handle_chunk(tx, &context, &events)).await?;
    effects.wake(app);
    Ok(())
}

async fn handle_singly(app: &App, events: &[PendingEvent]) -> Result<()> {
    let mut failed_lanes: Vec<&[u8]> = Vec::new();
    for event in events {
        // What comes after a failed event of the same person waits for it.
        if failed_lanes.contains(&event.lane.as_slice()) {
            continue;
        }
        if let Err(error) = handle_together(app, vec![event.clone()]).await {
            if matches!(error, StoreError::Closed) {
                return Err(error);
            }
            failed_lanes.push(&event.lane);
            note_failure(app, event, &error).await?;
        }
    }
    Ok(())
}

async fn note_failure(app: &App, event: &PendingEvent, error: &StoreError) -> Result<()> {
    let (id, attempts, now) = (event.id, event.attempts + 1, app.now());
    let text = error.to_string();
    tracing::error!(event = %id, attempts, error = %text, "an event could not be handled");
    app.store
        .write(move |tx| {
            let pause = usize::try_from(attempts - 1).ok().and_then(|n| RETRY_SECONDS.get(n));
            match pause {
                Some(seconds) => tx.inbound_failed(id, attempts, now.plus_seconds(*seconds), &text),
                None => tx.set_inbound_aside(id, attempts, &text),
            }
        })
        .await
}

/// What became of one event.
enum Handled {
    Done(Effects),
    /// It is about something that is not there yet (a report that overtook our own answer): it waits.
    Parked,
}

/// How long an event may be parked, in seconds; after that it is let go.
const PARKED_SECONDS: i64 = 180;
/// Pause before a parked event is looked at again.
const PARK_PAUSE_MS: i64 = 500;

/// An event with what it says.
struct Opened {
    event: PendingEvent,
    incoming: std::result::Result<Incoming, VaultError>,
}

fn open(app: &App, events: Vec<PendingEvent>) -> Vec<Opened> {
    let now = app.now();
    let opened = events.into_iter().map(|event| {
        let day = app.vault.day(event.day, now);
        let incoming = day.and_then(|key| key.open_json(Purpose::Inbound, &event.payload));
        Opened { event, incoming }
    });
    opened.collect()
}

fn handle_chunk(tx: &mut Tx<'_>, app: &App, events: &[Opened]) -> Result<Effects> {
    let mut effects = Effects::default();
    let mut done = Vec::with_capacity(events.len());
    let lines = app.lines();
    let people = events.iter().filter_map(|Opened { event, incoming }| match incoming {
        Ok(Incoming::Message(message)) => {
            lines.channel(event.channel_id).map(|(line, _)| (line.id, message.from.as_slice()))
        }
        Ok(Incoming::Call(heard)) => {
            lines.channel(event.channel_id).map(|(line, _)| (line.id, heard.call.person.as_slice()))
        }
        Ok(Incoming::Report(_) | Incoming::Event(_)) | Err(_) => None,
    });
    let mut ahead = Ahead::read(tx, app, people)?;
    for Opened { event, incoming } in events {
        match handle_one(tx, app, &mut ahead, &lines, event, incoming)? {
            Handled::Done(wishes) => {
                effects.add(wishes);
                done.push(event.id);
            }
            Handled::Parked if app.now().seconds_since(event.received_at) > PARKED_SECONDS => {
                done.push(event.id)
            }
            Handled::Parked => tx.park_inbound(event.id, app.now().plus_millis(PARK_PAUSE_MS))?,
        }
    }
    // Claimed last: when another process was faster, the count is wrong and all of this is undone.
    tx.claim_inbound(done)?;
    Ok(effects)
}

fn handle_one(
    tx: &mut Tx<'_>,
    app: &App,
    ahead: &mut Ahead,
    lines: &Lines,
    event: &PendingEvent,
    incoming: &std::result::Result<Incoming, VaultError>,
) -> Result<Handled> {
    let now: Ts = app.now();
    let incoming = incoming.as_ref().map_err(|error| StoreError::Other(anyhow::anyhow!("{error}")))?;
    let (line, channel) = lines
        .channel(event.channel_id)
        .ok_or_else(|| StoreError::Other(anyhow::anyhow!("the channel is not set up any more")))?;
    let effects = match incoming {
        Incoming::Message(message) => Some(decide::message(tx, app, ahead, line, channel, message, now)?),
        Incoming::Report(report) => crate::outbound::apply_report(tx, app, line, channel, report, now)?,
        Incoming::Event(event) => Some(decide::channel_event(tx, app, line, channel, event, now)?),
        Incoming::Call(heard) => Some(call::heard(tx, app, ahead, line, channel, heard, now)?),
    };
    Ok(effects.map_or(Handled::Parked, Handled::Done))
}
