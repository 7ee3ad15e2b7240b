//! On to another channel: the same message, one step further in the chain that the operator set up.
use std::sync::Arc;

use flow::words::Urn;
use uuid::Uuid;

use super::MessageState;
use super::sql::Watched;
use crate::app::App;
use crate::contacts::{self, Contact, Standing};
use crate::inbox;
use crate::lines::{Channel, Line};
use crate::store::{Result, Ts, Tx};

/// Sends a message on by the next channel that reaches its person, or ends it. A report from the channel that it leaves
/// may still come, and ends it too. Answers whether staff has something to see.
pub(super) fn go(tx: &mut Tx<'_>, app: &App, message: &Watched, now: Ts) -> Result<bool> {
    let contact = contacts::get_locked(tx, app, message.contact_id)?;
    let lines = app.lines();
    let next = match (&contact, lines.channel(message.channel_id)) {
        (Some(contact), Some((line, channel))) if may_leave(tx, contact, message)? => {
            next(tx, app, line, channel, contact, message, now)?
        }
        _ => None,
    };
    match next {
        Some((channel, identity)) => {
            tx.message_rerouted(message.id, message.channel_id, channel, identity, &message.reason, now)?;
        }
        // It is with its provider; that it was not reported yet does not make it fail.
        None if message.state == MessageState::Sent => tx.look_again(message.id, None)?,
        None => tx.message_ended(message.id, MessageState::Failed, &message.reason)?,
    }
    match message.conversation_id {
        Some(conversation) => {
            inbox::status_changed(tx, app, message.id, conversation, message.line_id, now).map(|()| true)
        }
        None => Ok(false),
    }
}

/// Whether a message may take another way at all. What is said in a protected conversation stays where the person chose
/// to have it: a text on a shared phone can be read by whoever she fears.
fn may_leave(tx: &mut Tx<'_>, contact: &Contact, message: &Watched) -> Result<bool> {
    if contact.standing != Standing::Active {
        return Ok(false);
    }
    match message.conversation_id {
        Some(id) => Ok(tx.conversation(id)?.is_none_or(|conversation| !conversation.restricted)),
        None => Ok(true),
    }
}

/// The next channel of the chain that is on, was not tried, and reaches her; and her identity there.
fn next(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Arc<Line>,
    channel: &Channel,
    contact: &Contact,
    message: &Watched,
    now: Ts,
) -> Result<Option<(Uuid, Uuid)>> {
    let tried = tx.routes_tried(message.id)?;
    // The chain is that of the channel on which it began.
    let find = |id: Uuid| line.channels.iter().find(|channel| channel.id == id);
    let first = tried.first().and_then(|id| find(*id));
    let chain = first.map_or(&channel.delivery.fail_over, |first| &first.delivery.fail_over);
    for id in chain.iter().filter(|id| **id != channel.id && !tried.contains(id)) {
        let Some(next) = find(*id).filter(|next| next.is_on()) else { continue };
        if let Some(identity) = identity_on(tx, app, next, contact, now)? {
            return Ok(Some((next.id, identity)));
        }
    }
    Ok(None)
}

/// Her identity on a channel: one that is known, or the phone number that she uses WhatsApp with.
fn identity_on(
    tx: &mut Tx<'_>,
    app: &App,
    channel: &Channel,
    contact: &Contact,
    now: Ts,
) -> Result<Option<Uuid>> {
    let scheme = channel.scheme();
    let of_scheme = |known: &&contacts::KnownUrn| known.urn.scheme() == scheme;
    if let Some(known) = contact.profile.urns.iter().find(of_scheme) {
        return Ok(Some(known.identity));
    }
    let number = contact.profile.urns.iter().find_map(|known| contacts::whatsapp_number(&known.urn));
    let Some(urn) = number.filter(|_| scheme == "tel").and_then(|number| Urn::new("tel", &number).ok())
    else {
        return Ok(None);
    };
    if !contacts::may_claim(tx, app, contact.line_id, contact, &urn)? {
        return Ok(None);
    }
    let mut contact = contact.clone();
    contacts::add_identity(tx, app, &mut contact, channel.id, &urn, now).map(Some)
}
