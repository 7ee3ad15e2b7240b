//! What providers report about messages of ours. Reports come late, doubled, out of order and before our own
//! answer is written; a state only ever moves forward.
use std::sync::Arc;

use channels::{DeliveryReport, ErrorClass, Status};

use super::MessageState;
use crate::app::App;
use crate::consent;
use crate::inbound::Effects;
use crate::inbox;
use crate::lines::{Channel, Line};
use crate::store::{Result, Ts, Tx};

/// Applies one report; `None` when the message is not known (yet).
///
/// # Errors
/// When the store refuses.
pub fn apply(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Arc<Line>,
    channel: &Channel,
    report: &DeliveryReport,
    now: Ts,
) -> Result<Option<Effects>> {
    let hash = app.vault.lookup_hash("part", channel.id, &report.external_id);
    let id = match report.attempt {
        Some(id) => Some(id),
        None => tx.message_by_part(channel.id, hash)?,
    };
    let Some(id) = id else { return Ok(None) };
    let Some((line_id, conversation, contact_id)) = tx.outgoing(id, channel.id)? else { return Ok(None) };
    let (state, reason) = match &report.status {
        Status::Accepted | Status::Sent => (MessageState::Sent, None),
        Status::Delivered => (MessageState::Delivered, None),
        Status::Read => (MessageState::Read, None),
        Status::Failed { class, code, .. } => {
            (MessageState::Failed, Some(format!("{} {}", class.as_str(), code.as_deref().unwrap_or(""))))
        }
    };
    if let Status::Failed { class: ErrorClass::OptedOut, code, .. } = &report.status
        && stops_everything(channel, code.as_deref())
    {
        consent::stopped_by_provider(tx, app, line, channel, contact_id, now)?;
    }
    let moved = tx.message_reported(id, state, reason)?;
    if moved && let Some(conversation) = conversation {
        inbox::status_changed(tx, app, id, conversation, line_id, now)?;
        return Ok(Some(Effects { live: true, ..Effects::default() }));
    }
    Ok(Some(Effects::default()))
}

/// Whether an opt-out with this code is of everything; WhatsApp lets a person switch off marketing alone.
pub(super) fn stops_everything(channel: &Channel, code: Option<&str>) -> bool {
    let account = channel.account.as_ref();
    account.is_some_and(|account| channels::opted_out_of(account.provider(), code).is_none())
}
