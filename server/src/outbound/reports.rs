//! What providers report about messages of ours. Reports come late, doubled, out of order and before our own
//! answer is written; a state only ever moves forward.
use std::sync::Arc;

use channels::{DeliveryReport, ErrorClass, Status};

use super::MessageState;
use super::attempt::label;
use super::settle::part_hash;
use super::sql::OutgoingRow;
use crate::app::App;
use crate::calls;
use crate::consent;
use crate::contacts;
use crate::inbound::Effects;
use crate::inbox;
use crate::lines::{self, Channel, Line, Link};
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
    let part = part_hash(app, channel.id, &report.external_id);
    let by_part = tx.message_by_part(channel.id, part.clone())?;
    let by_id = report.attempt.or(by_part);
    let by_receiver = match by_id {
        None => lost_answer(tx, app, line, channel, report)?,
        Some(_) => None,
    };
    let Some(id) = by_id.or(by_receiver) else { return Ok(None) };
    let Some(message) = tx.outgoing(id, channel.id)? else { return Ok(None) };
    // The provider's own answer tells it too; reports are asked where it may have been lost, and once more.
    let tells = matches!(report.status, Status::Sent)
        || matches!(message.state, MessageState::Unknown | MessageState::Sending);
    // A receipt of a message centre names the number that was written to.
    let same_kind = !matches!(channel.link, Link::Smpp(_))
        && report.recipient.iter().all(|urn| urn.scheme() == channel.scheme());
    if tells && same_kind && !report.recipient.is_empty() {
        let whose = (message.line_id, message.contact_id);
        contacts::learn_identities(tx, app, whose, channel.id, &report.recipient, now)?;
    }
    // Later receipts of it come under the same id.
    if matches!(channel.link, Link::Smpp(_)) && message.state == MessageState::Unknown && message.requests < 2
    {
        tx.part_turned_up(id, channel.id, part.clone())?;
    }
    if let Status::Failed { class: ErrorClass::OptedOut, code, .. } = &report.status
        && stops_everything(channel, code.as_deref())
    {
        consent::stopped_by_provider(tx, app, line, channel, message.contact_id, now)?;
    }
    // The provider's own answer is not written down yet: whether another channel must take over, and whether this was
    // the last of several parts, is decided after that.
    let arrived = matches!(report.status, Status::Delivered | Status::Read);
    // A part may be on its way still, or refused just now: what one says must not stand for all.
    let of_several = !matches!(report.status, Status::Failed { .. }) && message.requests > 1;
    if message.state == MessageState::Sending
        && (of_several || goes_elsewhere(tx, channel, id, &message, &report.status)?)
    {
        return Ok(None);
    }
    let is_known = by_part.is_some();
    let moved = match turned_up(tx, channel, id, &message, report, part.clone(), is_known, now)? {
        Some(goes_on) => goes_on,
        None => {
            let is_single = !is_known && message.requests < 2;
            // Of several parts she has the message with the last.
            let is_whole = !arrived || is_single || tx.part_delivered(id, channel.id, part)?;
            let status = if is_whole { &report.status } else { &Status::Sent };
            moved(tx, channel, id, &message, status, is_known, now)?
        }
    };
    if !moved {
        return Ok(Some(Effects::default()));
    }
    let mut effects = Effects { outbound: true, ..Effects::default() };
    if let Status::Failed { class: ErrorClass::AccountBroken, code, .. } = &report.status
        && speaks_of_the_account(channel)
    {
        effects.lines = stop(tx, channel, code.as_deref(), now)?;
    }
    // She has it by a channel that the message had left: her telephone need not go on ringing about it.
    if arrived && message.channel_id != channel.id {
        effects.jobs = calls::not_needed(tx, app, id, now)?;
    }
    if let Some(conversation) = message.conversation_id {
        inbox::status_changed(tx, app, id, conversation, message.line_id, now)?;
        effects.live = true;
    }
    Ok(Some(effects))
}

/// The message whose answer from a message centre got lost, by its receiver and the number that it carried; where the
/// centre does not repeat that number, it must be the only one of hers that it can be.
fn lost_answer(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Line,
    channel: &Channel,
    report: &DeliveryReport,
) -> Result<Option<uuid::Uuid>> {
    let (Link::Smpp(_), Some(receiver)) = (&channel.link, report.recipient.first()) else { return Ok(None) };
    let hash = crate::contacts::identity_hash(app, line.id, receiver);
    let hers = tx.open_messages_of(line.id, &hash, channel.id)?;
    let mut unknown = hers.iter().filter(|(_, state)| *state == MessageState::Unknown).map(|(id, _)| *id);
    if let Some(number) = report.reference {
        return Ok(unknown.find(|id| channels::smpp::is_reference_of(*id, number)));
    }
    match hers.as_slice() {
        [(id, MessageState::Unknown)] => Ok(Some(*id)),
        _ => Ok(None),
    }
}

/// A report about a part that we did not know the provider had taken, of a message that needs several: the rest is sent.
/// `None` when there is no rest, or nothing new.
#[expect(clippy::too_many_arguments, reason = "the parts of one report")]
fn turned_up(
    tx: &mut Tx<'_>,
    channel: &Channel,
    id: uuid::Uuid,
    message: &OutgoingRow,
    report: &DeliveryReport,
    part: Vec<u8>,
    is_known: bool,
    now: Ts,
) -> Result<Option<bool>> {
    let waits = matches!(message.state, MessageState::Queued | MessageState::Unknown);
    let failed = matches!(report.status, Status::Failed { .. });
    if is_known || failed || !waits || message.requests < 2 || message.channel_id != channel.id {
        return Ok(None);
    }
    let known = tx.part_turned_up(id, channel.id, part.clone())?;
    if matches!(report.status, Status::Delivered | Status::Read) {
        tx.part_delivered(id, channel.id, part)?;
    }
    if known < message.requests { tx.message_goes_on(id, now).map(Some) } else { Ok(None) }
}

/// Moves the message by what is reported; `false` when it is that far already, or the report is about a channel that
/// it has left.
fn moved(
    tx: &mut Tx<'_>,
    channel: &Channel,
    id: uuid::Uuid,
    message: &OutgoingRow,
    status: &Status,
    is_known: bool,
    now: Ts,
) -> Result<bool> {
    let here = message.channel_id == channel.id;
    match status {
        // She has it, by whichever way: nothing more is sent.
        Status::Delivered => tx.message_reported(id, MessageState::Delivered, None),
        Status::Read => tx.message_reported(id, MessageState::Read, None),
        // The message has gone on to another channel: what the former one says of its own failure or progress is late.
        Status::Accepted | Status::Sent | Status::Failed { .. } if !here => Ok(false),
        // We know that this part was taken; the message waits for another part, or for another channel.
        Status::Accepted | Status::Sent if is_known && message.state == MessageState::Queued => Ok(false),
        Status::Accepted | Status::Sent => tx.message_reported(id, MessageState::Sent, None),
        Status::Failed { class, code, .. } => {
            let reason = label(*class, code.as_deref());
            let elsewhere = goes_elsewhere(tx, channel, id, message, status)?
                && tx.message_reported_elsewhere(id, &reason, now)?;
            Ok(elsewhere || tx.message_reported(id, MessageState::Failed, Some(reason))?)
        }
    }
}

/// Whether a report means that the message must go on to another channel: this one has a chain, or is a link of one.
fn goes_elsewhere(
    tx: &mut Tx<'_>,
    channel: &Channel,
    id: uuid::Uuid,
    message: &OutgoingRow,
    status: &Status,
) -> Result<bool> {
    let failed = matches!(status, Status::Failed { class, .. } if fails_over(*class));
    if !failed || message.channel_id != channel.id {
        return Ok(false);
    }
    Ok(!channel.delivery.fail_over.is_empty() || !tx.routes_tried(id)?.is_empty())
}

/// Whether a reported refusal is of the account as a whole. Meta's codes are; those of others can mean the sender at one
/// network alone, and must not silence the line for everybody.
fn speaks_of_the_account(channel: &Channel) -> bool {
    use channels::Provider::{Dialog360, Instagram, Messenger, Turn, WhatsappCloud};
    let provider = channel.account().map(channels::Account::provider);
    matches!(provider, Some(WhatsappCloud | Dialog360 | Turn | Messenger | Instagram))
}

/// The provider tells only afterwards that it refuses the account: as when it says so at once, what waits is kept until
/// somebody has looked. The message itself is lost for this channel, and staff see it.
fn stop(tx: &mut Tx<'_>, channel: &Channel, code: Option<&str>, now: Ts) -> Result<bool> {
    let reason = label(ErrorClass::AccountBroken, code);
    let stopped = lines::stop_channel(tx, channel, &reason, now)?;
    if stopped {
        tracing::error!(channel = %channel.id, %reason, "the provider reports that it refuses the account: the channel is stopped until somebody has looked");
    }
    Ok(stopped)
}

/// Whether another channel may reach her when this one failed for such a reason.
fn fails_over(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::Unreachable
            | ErrorClass::WindowClosed
            | ErrorClass::RefusedForNow
            | ErrorClass::Transient
            | ErrorClass::TemplateBroken
            | ErrorClass::AccountBroken
    )
}

/// Whether an opt-out with this code is of everything; WhatsApp lets a person switch off marketing alone.
pub(super) fn stops_everything(channel: &Channel, code: Option<&str>) -> bool {
    channel.account().is_none_or(|account| channels::opted_out_of(account.provider(), code).is_none())
}
