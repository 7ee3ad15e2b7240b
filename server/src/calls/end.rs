//! The end of a call: what it did not bring to an end is called off, tried again, or goes on to another channel.
use std::time::Duration;

use uuid::Uuid;

use super::sql::CallRow;
use super::{CallState, Direction, TakenBy};
use crate::app::App;
use crate::contacts::{self, Contact};
use crate::flows;
use crate::inbound::Effects;
use crate::store::{Result, Ts, Tx};

/// How often a person is called about one message.
const MAX_CALLS: i64 = 3;
/// Seconds before she is called again: soon when she was in another call, later when nobody took it.
const BUSY_SECONDS: i64 = 300;
const NOT_TAKEN_SECONDS: i64 = 3_600;
/// How often calls are looked for whose end nobody told.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How many of them are ended in one round.
const ROUND: i64 = 100;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Completed,
    Busy,
    NoAnswer,
    /// The number cannot be called.
    Failed,
    Cancelled,
    /// Nothing was heard of it for too long.
    Lost,
}

impl Ending {
    fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
        }
    }
}

/// Ends a call, once.
///
/// # Errors
/// When the store refuses.
pub fn over(
    tx: &mut Tx<'_>,
    app: &App,
    call: &CallRow,
    contact: Option<Contact>,
    ending: Ending,
    now: Ts,
) -> Result<Effects> {
    match contact {
        Some(mut contact) => {
            of_contact(tx, app, call, &mut contact, ending, now)?;
            contacts::save_state(tx, &contact)?;
        }
        // She was erased in the call: nothing is left of it.
        None => tx.call_not_placed(call.id)?,
    }
    Ok(Effects { outbound: true, ..Effects::default() })
}

/// As [`over`], without writing the contact.
pub(super) fn of_contact(
    tx: &mut Tx<'_>,
    _app: &App,
    call: &CallRow,
    contact: &mut Contact,
    ending: Ending,
    now: Ts,
) -> Result<()> {
    if call.state == CallState::Over {
        return Ok(());
    }
    let reason = reason(call, ending);
    tx.call_over(call.id, reason, now)?;
    // A flow that waits for keys has nobody to wait for any more; it must not ring her up by itself.
    if call.passed && call.state == CallState::Talking {
        flows::drop_session(contact);
    }
    if let Some(message) = call.message_id {
        not_reached(tx, message, ending, reason, now)?;
    }
    tx.release_messages(call, now)
}

/// Why a call of ours did not reach her, as it is kept with the message.
fn reason(call: &CallRow, ending: Ending) -> &'static str {
    let was_taken = call.direction == Direction::Out && call.state == CallState::Talking;
    match (was_taken, call.answered_by) {
        (true, TakenBy::Machine) => "machine",
        (true, _) if !call.passed => "not_taken",
        _ => ending.as_str(),
    }
}

/// The message that a call was about, if it was not said: she is called again, so often and no more.
fn not_reached(tx: &mut Tx<'_>, message: Uuid, ending: Ending, reason: &str, now: Ts) -> Result<()> {
    let pause = if ending == Ending::Busy { BUSY_SECONDS } else { NOT_TAKEN_SECONDS };
    let Some(attempts) = tx.message_call_again(message, now.plus_seconds(pause), reason)? else {
        return Ok(());
    };
    if ending == Ending::Failed {
        tx.message_beyond_calls(message, "unreachable call_failed", now)?;
    } else if attempts >= MAX_CALLS {
        tx.message_beyond_calls(message, &format!("gave_up {reason}"), now)?;
    }
    Ok(())
}

/// Ends calls whose end nobody told, until the server stops.
pub async fn run_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    loop {
        if let Err(error) = end_silent(&app).await {
            tracing::error!(%error, "calls whose end nobody told could not be ended");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

async fn end_silent(app: &App) -> Result<()> {
    let now = app.now();
    let silent = app.store.read(move |tx| tx.silent_calls(now, ROUND)).await?;
    for id in silent {
        let context = app.clone();
        let effects = app
            .store
            .write(move |tx| {
                let Some(call) = tx.call_locked(id)? else { return Ok(Effects::default()) };
                let contact = contacts::get_locked(tx, &context, call.contact_id)?;
                over(tx, &context, &call, contact, Ending::Lost, now)
            })
            .await?;
        effects.wake(app);
    }
    Ok(())
}
