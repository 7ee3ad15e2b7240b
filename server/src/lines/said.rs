//! What providers say of the line's accounts: kept when somebody asks, and asked by the server itself a few times a
//! day, so that a number whose standing falls or a balance that runs out is seen before messages fail.
use std::time::Duration;

use uuid::Uuid;

use super::setup::{self, ProviderSays};
use crate::app::App;
use crate::args;
use crate::lines::Channel;
use crate::store::{Result, Sql, StoreError, Ts, Tx};

/// How often the server asks by itself.
pub const ASK_EVERY_SECONDS: i64 = 6 * 3_600;
/// How often it looks whether it is time.
const LOOK_EVERY: Duration = Duration::from_secs(60);

const SAID: Sql = crate::sql!("SELECT said, at FROM provider_said WHERE channel_id = $1");
const PUT: Sql = crate::sql!(
    "INSERT INTO provider_said (channel_id, said, at) VALUES ($1, $2, $3) \
     ON CONFLICT (channel_id) DO UPDATE SET said = excluded.said, at = excluded.at"
);
/// The first question of a new channel is its administrator's; the server's own comes later.
const BEGIN: Sql = crate::sql!(
    "INSERT INTO provider_said (channel_id, said, at) VALUES ($1, '', $2) ON CONFLICT (channel_id) DO NOTHING"
);
const TAKE_TURN: Sql = crate::sql!("UPDATE provider_said SET at = $2 WHERE channel_id = $1 AND at <= $3");

impl Tx<'_> {
    /// What a provider said last, and when; `None` when it was never asked.
    pub(crate) fn provider_said(&mut self, channel: Uuid) -> Result<Option<(Vec<ProviderSays>, Ts)>> {
        let Some(row) = self.row(SAID, args![channel])? else { return Ok(None) };
        let said: String = row.get(0)?;
        if said.is_empty() {
            return Ok(None);
        }
        let said = serde_json::from_str(&said)
            .map_err(|error| StoreError::Shape(format!("provider_said: {error}")))?;
        Ok(Some((said, row.get(1)?)))
    }

    pub(super) fn put_provider_said(&mut self, channel: Uuid, said: &str, now: Ts) -> Result<()> {
        self.run(PUT, args![channel, said, now]).map(drop)
    }

    /// Whether it is time to ask a channel's provider again, and nobody else has taken the turn.
    fn take_turn_to_ask(&mut self, channel: Uuid, now: Ts) -> Result<bool> {
        self.run(BEGIN, args![channel, now])?;
        Ok(self.run(TAKE_TURN, args![channel, now, now.plus_seconds(-ASK_EVERY_SECONDS)])? == 1)
    }
}

/// Asks every provider that can be asked, when its time has come, until the server stops.
pub async fn ask_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    loop {
        if let Err(error) = ask_due(&app).await {
            tracing::error!(%error, "what providers say of the channels could not be kept");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

/// Asks the providers whose time has come; answers how many were asked.
///
/// # Errors
/// When the store refuses.
pub async fn ask_due(app: &App) -> Result<usize> {
    let askable: Vec<_> = app.lines().channels().filter(|channel| can_be_asked(channel)).cloned().collect();
    let (ids, now): (Vec<Uuid>, _) = (askable.iter().map(|channel| channel.id).collect(), app.now());
    let due = app.store.write(move |tx| {
        let mut due = Vec::new();
        for id in &ids {
            if tx.take_turn_to_ask(*id, now)? {
                due.push(*id);
            }
        }
        Ok(due)
    });
    let due = due.await?;
    for channel in askable.iter().filter(|channel| due.contains(&channel.id)) {
        setup::test(app, channel).await?;
    }
    Ok(due.len())
}

fn can_be_asked(channel: &Channel) -> bool {
    let provider = channel.account().map(|account| account.provider());
    provider.and_then(channels::provider_info).is_some_and(|info| info.can_be_tested)
}
