//! The loop that sends: lease due rows, one person's messages one after the other, HTTP, settle. What was being
//! sent when a process died is `unknown`, never sent again blindly.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::attempt::{Outcome, Progress, attempt, ended};
use super::settle::{Settlement, settle_loop};
use super::sql::{Leased, Room};
use super::{Lane, MessageState};
use crate::app::App;
use crate::contacts::PARTS;
use crate::lines::{ChannelKind, Link};
use crate::store::Result;

/// Messages on their way at once in a process.
const MAX_IN_FLIGHT: usize = 256;
/// How many of those may be bulk: conversations always find room.
const MAX_BULK_IN_FLIGHT: usize = 128;
/// How many of those may be on one channel: a provider that hangs must not hold up the others.
const MAX_CHANNEL_IN_FLIGHT: usize = 192;
/// How many messages one lease takes at the most.
const LEASE_LIMIT: usize = 128;
/// How long the loop waits before it looks by itself.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Who may leave, and what is on its way.
struct Doors {
    all: Arc<Semaphore>,
    bulk: Arc<Semaphore>,
    channels: Mutex<HashMap<Uuid, Arc<Semaphore>>>,
}

/// Held while a message is on its way.
struct Pass {
    _all: OwnedSemaphorePermit,
    _bulk: Option<OwnedSemaphorePermit>,
    _channel: OwnedSemaphorePermit,
}

impl Doors {
    fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(MAX_IN_FLIGHT)),
            bulk: Arc::new(Semaphore::new(MAX_BULK_IN_FLIGHT)),
            channels: Mutex::default(),
        }
    }

    fn channel(&self, id: Uuid) -> Arc<Semaphore> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.entry(id).or_insert_with(|| Arc::new(Semaphore::new(MAX_CHANNEL_IN_FLIGHT))).clone()
    }

    fn pass(&self, message: &Leased) -> Option<Pass> {
        let bulk = match message.lane {
            Lane::Conversation => None,
            Lane::Bulk => Some(self.bulk.clone().try_acquire_owned().ok()?),
        };
        Some(Pass {
            _all: self.all.clone().try_acquire_owned().ok()?,
            _bulk: bulk,
            _channel: self.channel(message.channel_id).try_acquire_owned().ok()?,
        })
    }
}

/// Sends until the server stops.
pub async fn run_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    let (settled, settlements) = flume::bounded(MAX_IN_FLIGHT * 2);
    let settling = tokio::spawn(settle_loop(app.clone(), settlements));
    let doors = Arc::new(Doors::new());
    loop {
        let woken = app.signals.outbound.notified();
        match send_due(&app, &doors, &settled).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::error!(%error, "messages to send could not be read"),
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => break,
        }
    }
    // What is on its way is settled before the server ends.
    drop(doors.all.acquire_many(u32::try_from(MAX_IN_FLIGHT).unwrap_or(u32::MAX)).await);
    drop(settled);
    drop(settling.await);
}

async fn send_due(app: &App, doors: &Arc<Doors>, settled: &flume::Sender<Settlement>) -> Result<usize> {
    let (now, me) = (app.now(), app.process);
    let parts = app.leases.of_worker(0, 1, now);
    let room = room(app, doors, parts.len());
    if room.limit == 0 || parts.is_empty() || room.is_shut() {
        return Ok(0);
    }
    let leased = app.store.write(move |tx| tx.lease_messages(&parts, me, now, &room)).await?;
    let count = leased.len();
    let lines = app.lines();
    for message in leased {
        if let Some((_, channel)) = lines.channel(message.channel_id) {
            app.pace.charge(channel, 1, now);
        }
        // There is room for all: only this loop gives passes out.
        let pass = doors.pass(&message);
        let (app, settled) = (app.clone(), settled.clone());
        tokio::spawn(async move {
            let settlement = send_one(&app, message).await;
            // The receiver lives as long as this loop.
            drop(settled.send_async(settlement).await);
            drop(pass);
        });
    }
    Ok(count)
}

/// What may be taken up now: by the doors, and by each channel's pace.
fn room(app: &App, doors: &Doors, parts: usize) -> Room {
    let limit = doors.all.available_permits().min(LEASE_LIMIT);
    let bulk = doors.bulk.available_permits().min(limit);
    let share = parts as f64 / PARTS as f64;
    let mut room = Room { limit, bulk, ..Room::default() };
    let lines = app.lines();
    for channel in lines.channels().filter(|channel| channel.is_on()) {
        room.on.push(channel.id);
        let doors = doors.channel(channel.id).available_permits();
        if matches!(channel.link, Link::Smpp(_)) {
            let under_way = MAX_CHANNEL_IN_FLIGHT - doors;
            let other_way = !channel.delivery.fail_over.is_empty();
            let window = app.smpp.room(channel.id, under_way, other_way, app.now());
            let free = app.pace.room(channel, 1.0, app.now()).unwrap_or(limit).min(window).min(doors);
            if free > 0 {
                room.everybody.push((channel.id, free));
            }
            continue;
        }
        let free = app.pace.room(channel, share, app.now()).unwrap_or(limit).min(doors);
        if free >= limit {
            room.wide.push(channel.id);
        } else if free > 0 {
            room.narrow.push((channel.id, free));
        }
    }
    room
}

async fn send_one(app: &App, message: Leased) -> Settlement {
    let mut progress = Progress::default();
    let lines = app.lines();
    let found = lines.channel(message.channel_id).cloned();
    let is_webchat = found.as_ref().is_some_and(|(_, channel)| channel.kind == ChannelKind::Webchat);
    let outcome = match &found {
        Some((line, channel)) => attempt(app, line, channel, &message, &mut progress).await,
        None => ended(MessageState::Failed, "channel_gone"),
    };
    Settlement { message, progress, outcome, is_webchat }
}

impl Settlement {
    pub(super) fn was_sent(&self) -> bool {
        matches!(self.outcome, Outcome::Sent)
    }
}
