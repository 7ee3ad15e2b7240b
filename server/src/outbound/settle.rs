//! Writing down what became of attempts, many in one transaction.
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::MessageState;
use super::attempt::{Outcome, Progress};
use super::sql::{Leased, PARTS};
use crate::app::App;
use crate::lines::{Channel, Line};
use crate::store::{Result, StoreError, Ts, Tx, Value};
use crate::{bulk, calls, consent, contacts, inbox, lines};

/// How many outcomes share one transaction.
const SETTLE_BATCH: usize = 256;
/// How often a message is tried before it is given up.
const MAX_ATTEMPTS: i64 = 8;
/// The pause after the first failed try; it doubles with each further one.
const FIRST_PAUSE_SECONDS: i64 = 5;
/// The longest pause between two tries.
const MAX_PAUSE_SECONDS: i64 = 900;
/// The shortest pause where the message is not to blame.
const MIN_PAUSE_MILLIS: i64 = 50;
/// Pause before outcomes that could not be written are tried again.
const WRITE_AGAIN: Duration = Duration::from_millis(250);

pub(super) struct Settlement {
    pub message: Leased,
    pub progress: Progress,
    pub outcome: Outcome,
    pub is_webchat: bool,
}

/// What has to be woken after the commit.
#[derive(Default)]
struct Wishes {
    live: bool,
    /// A channel was stopped.
    lines: bool,
}

/// Writes outcomes in batches until the sender has ended.
pub(super) async fn settle_loop(app: App, settlements: flume::Receiver<Settlement>) {
    while let Ok(first) = settlements.recv_async().await {
        let mut batch = vec![first];
        while batch.len() < SETTLE_BATCH
            && let Ok(next) = settlements.try_recv()
        {
            batch.push(next);
        }
        let batch = Arc::new(batch);
        // Lost outcomes would leave messages in `sending` until a restart, so this is tried until it is written.
        let wishes = loop {
            let (context, work) = (app.clone(), batch.clone());
            match app.store.write(move |tx| settle(tx, &context, &work)).await {
                Ok(wishes) => break wishes,
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::error!(%error, messages = batch.len(), "outcomes of messages could not be written");
                    tokio::time::sleep(WRITE_AGAIN).await;
                }
            }
        };
        if wishes.lines
            && let Err(error) = lines::refresh(&app).await
        {
            tracing::error!(%error, "the lines could not be loaded again after a channel was stopped");
        }
        if wishes.live {
            app.signals.touch_live();
        }
        app.signals.outbound.notify_waiters();
    }
}

fn settle(tx: &mut Tx<'_>, app: &App, batch: &[Settlement]) -> Result<Wishes> {
    let now = app.now();
    let mut wishes = Wishes::default();
    let (mut rows, mut sent, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    let lines = app.lines();
    for settlement in batch {
        let message = &settlement.message;
        for external_id in &settlement.progress.parts {
            rows.push(part_row(app, message, external_id));
        }
        if let (true, Some(identity), Some(since)) =
            (settlement.progress.reply_used, message.identity_id, message.reply_at)
        {
            tx.reply_token_used(identity, since)?;
        }
        if !settlement.progress.identities.is_empty() {
            let whose = (message.line_id, message.contact_id);
            let told = &settlement.progress.identities;
            contacts::learn_identities(tx, app, whose, message.channel_id, told, now)?;
        }
        let place = lines.channel(message.channel_id);
        match watched_until(place, message, now) {
            Some(look_at) if settlement.was_sent() => tx.message_watched(message.id, look_at)?,
            // Our own page reads the row itself, so its body stays.
            _ if settlement.was_sent() && settlement.is_webchat => shown.push(message.id),
            _ if settlement.was_sent() => sent.push(message.id),
            _ => match place {
                Some((line, channel)) => {
                    wishes.lines |= failed(tx, app, line, channel, settlement, now)?;
                }
                None => tx.message_ended(message.id, MessageState::Failed, "channel_gone")?,
            },
        }
        wishes.live |= settlement.is_webchat;
        if let Some(conversation) = message.conversation_id {
            inbox::status_changed(tx, app, message.id, conversation, message.line_id, now)?;
            wishes.live = true;
        }
    }
    tx.messages_sent(sent, false)?;
    tx.messages_sent(shown, true)?;
    rows.sort_by(|a, b| bytes_of(a).cmp(bytes_of(b)));
    tx.insert_many(&PARTS, rows)?;
    Ok(wishes)
}

/// Until when a message that was sent must be delivered before it goes on to another channel.
fn watched_until(place: Option<&(Arc<Line>, Arc<Channel>)>, message: &Leased, now: Ts) -> Option<Ts> {
    let delivery = &place?.1.delivery;
    let minutes = delivery.fail_over_after_minutes.filter(|_| !delivery.fail_over.is_empty())?;
    // A farewell has no address to go on to.
    message.identity_id?;
    Some(now.plus_seconds(i64::from(minutes) * 60))
}

/// Writes an attempt down that did not end well; `true` when the channel was stopped by it.
fn failed(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Arc<Line>,
    channel: &Channel,
    settlement: &Settlement,
    now: Ts,
) -> Result<bool> {
    let message = &settlement.message;
    match &settlement.outcome {
        Outcome::Sent => {}
        Outcome::Calling { external_id } => {
            calls::placed(tx, app, channel.id, message.id, external_id, now)?;
        }
        Outcome::Again { after, reason, counted: false } => {
            let millis = after.map_or(0, |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
            let due_at = now.plus_millis(millis.max(MIN_PAUSE_MILLIS));
            tx.message_again(message.id, due_at, reason, false)?;
        }
        Outcome::Again { after, reason, counted: true } if message.attempts + 1 < MAX_ATTEMPTS => {
            let due_at = now.plus_millis(pause_millis(message.attempts, *after));
            tx.message_again(message.id, due_at, reason, true)?;
        }
        Outcome::Again { reason, .. } => {
            tx.message_elsewhere(message.id, &format!("gave_up {reason}"), now)?;
        }
        Outcome::Elsewhere { reason } => tx.message_elsewhere(message.id, reason, now)?,
        Outcome::Ended { state, reason } => tx.message_ended(message.id, *state, reason)?,
        Outcome::OptedOut { reason } => {
            tx.message_ended(message.id, MessageState::Failed, reason)?;
            consent::stopped_by_provider(tx, app, line, channel, message.contact_id, now)?;
        }
        Outcome::TemplateBroken { reason, name, language } => {
            bulk::template_broken(tx, line.id, name, language, reason, now)?;
            match message.bulk_id {
                // It waits with its sending, which is paused now.
                Some(_) => tx.message_again(message.id, now, reason, false)?,
                None => tx.message_elsewhere(message.id, reason, now)?,
            }
        }
        Outcome::AccountBroken { reason } => {
            tx.message_again(message.id, now, reason, false)?;
            let stopped = lines::stop_channel(tx, channel, reason, now)?;
            if stopped {
                tracing::error!(channel = %channel.id, %reason, "the provider refuses the account: the channel is stopped until somebody has looked");
            }
            return Ok(stopped);
        }
        Outcome::Unknown { reason } => {
            tx.message_unknown(message.id, reason, now.plus_seconds(super::look::FIRST_LOOK_SECONDS))?;
        }
    }
    Ok(false)
}

fn part_row(app: &App, message: &Leased, external_id: &str) -> Vec<Value> {
    vec![
        Value::from(message.channel_id),
        Value::from(part_hash(app, message.channel_id, external_id)),
        Value::from(message.id),
    ]
}

/// What a provider's id of a message is found by.
pub fn part_hash(app: &App, channel_id: Uuid, external_id: &str) -> Vec<u8> {
    app.vault.lookup_hash("part", channel_id, external_id)
}

fn bytes_of(row: &[Value]) -> &[u8] {
    match row.get(1) {
        Some(Value::Bytes(bytes)) => bytes,
        _ => &[],
    }
}

/// How long to wait before the next try: as the provider asks, else doubling.
fn pause_millis(attempts: i64, after: Option<Duration>) -> i64 {
    let doubling = FIRST_PAUSE_SECONDS << attempts.clamp(0, 10);
    let seconds = doubling.min(MAX_PAUSE_SECONDS);
    let asked = after.map_or(0, |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
    (seconds * 1_000).max(asked.min(MAX_PAUSE_SECONDS * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_obey_the_provider() {
        assert_eq!(pause_millis(0, None), 5_000);
        assert_eq!(pause_millis(3, None), 40_000);
        assert_eq!(pause_millis(60, None), 900_000);
        assert_eq!(pause_millis(0, Some(Duration::from_secs(60))), 60_000);
    }
}
