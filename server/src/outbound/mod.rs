//! What leaves: a row before it is a request. `enqueue` writes the row; the loop in `send` leases, sends and
//! settles it.
mod attempt;
mod call;
mod fail_over;
mod look;
mod pace;
mod reports;
mod send;
mod settle;
mod sql;

use flow::words::{Content, Urn};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::calls::HELD;
use crate::contacts::Contact;
use crate::lines::ChannelKind;
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::Purpose;

/// Where a message stands. It only ever moves towards the end of this list, except that `Queued` and `Sending`
/// may alternate while it is tried again, and that `Unknown` is cleared up by a later report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageState {
    /// Came from a person.
    Received,
    Queued,
    Sending,
    /// The provider's answer was lost: it may or may not have been sent. Never resent blindly.
    Unknown,
    Sent,
    Delivered,
    Read,
    Failed,
    Cancelled,
}

impl MessageState {
    /// # Errors
    /// When the number is none of a state.
    pub fn from_code(code: i64) -> Result<Self> {
        Ok(match code {
            0 => Self::Received,
            1 => Self::Queued,
            2 => Self::Sending,
            3 => Self::Unknown,
            4 => Self::Sent,
            5 => Self::Delivered,
            6 => Self::Read,
            7 => Self::Failed,
            8 => Self::Cancelled,
            other => return Err(StoreError::Shape(format!("message.state holds {other}"))),
        })
    }

    /// As stored.
    #[must_use]
    pub fn code(self) -> i64 {
        self as i64
    }

    /// As the API says it; `None` for what came in.
    #[must_use]
    pub fn label(self) -> Option<&'static str> {
        Some(match self {
            Self::Received => return None,
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// Which of the two queues a message leaves in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// An answer, a reply of staff: always first.
    Conversation,
    /// Part of a sending to many: in the room that conversations leave.
    Bulk,
}

/// Who wrote an outgoing message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A flow or the server's own sentences.
    Bot,
    /// A member of staff.
    Staff(Uuid),
}

/// A message to be sent.
pub struct NewMessage<'a> {
    pub contact: &'a Contact,
    /// Which of her identities it goes to.
    pub identity_id: Uuid,
    pub channel_id: Uuid,
    pub conversation_id: Option<Uuid>,
    pub origin: Origin,
    pub content: Content,
    /// Given by the client, so that a repeated request makes no second message.
    pub client_id: Option<Uuid>,
    /// After this moment it must not go out any more (a verified answer's last day).
    pub valid_until: Option<Ts>,
    /// The sending to many that it is part of.
    pub bulk_id: Option<Uuid>,
}

/// Writes the row that will be sent. Wake `app.signals.outbound` after the commit.
///
/// # Errors
/// When the store refuses.
pub fn enqueue(tx: &mut Tx<'_>, app: &App, new: &NewMessage<'_>, now: Ts) -> Result<Uuid> {
    let id = app.id();
    let body = new.contact.key.seal_json(Purpose::Message, &new.content)?;
    let (state, due_at) = leaves(tx, app, new.contact.id, new)?;
    tx.insert_message(&sql::MessageRow {
        id,
        line_id: new.contact.line_id,
        contact_id: new.contact.id,
        conversation_id: new.conversation_id,
        channel_id: new.channel_id,
        identity_id: Some(new.identity_id),
        incoming: false,
        author: match new.origin {
            Origin::Bot => None,
            Origin::Staff(id) => Some(id),
        },
        state,
        part: new.contact.part,
        body: Some(body),
        day: 0,
        valid_until: new.valid_until,
        // A conversation with staff is kept on its own basis; else only what she agreed to is kept.
        keep: new.contact.has_agreed() || new.conversation_id.is_some(),
        client_id: new.client_id,
        bulk_id: new.bulk_id,
        due_at,
        at: now,
    })?;
    Ok(id)
}

/// How a message leaves: by itself and at once, or collected by the telephone call that she is in. The bot rings nobody
/// up by itself: what it has to say when she has hung up is not said, unless many are told something.
fn leaves(
    tx: &mut Tx<'_>,
    app: &App,
    contact: Uuid,
    new: &NewMessage<'_>,
) -> Result<(MessageState, Option<Ts>)> {
    let lines = app.lines();
    let is_voice =
        lines.channel(new.channel_id).is_some_and(|(_, channel)| channel.kind == ChannelKind::Voice);
    if !is_voice {
        return Ok((MessageState::Queued, None));
    }
    Ok(match (tx.live_call(contact, new.channel_id)?, new.origin) {
        (Some(_), _) => (MessageState::Queued, Some(HELD)),
        (None, Origin::Bot) if new.bulk_id.is_none() => (MessageState::Cancelled, None),
        (None, _) => (MessageState::Queued, None),
    })
}

/// A last message to somebody who was just erased: content and address together, sealed with the key of the
/// day and removed when sent.
#[derive(Serialize, Deserialize)]
pub struct Farewell {
    pub to: Urn,
    pub content: Content,
}

/// Writes the farewell after an erasure.
///
/// # Errors
/// When the store refuses.
pub fn enqueue_farewell(
    tx: &mut Tx<'_>,
    app: &App,
    contact: &Contact,
    channel_id: Uuid,
    to: &Urn,
    content: &Content,
    now: Ts,
) -> Result<()> {
    let farewell = Farewell { to: to.clone(), content: content.clone() };
    let body = app.vault.day(now.day(), now)?.seal_json(Purpose::Message, &farewell)?;
    let due_at = tx.live_call(contact.id, channel_id)?.map(|_| HELD);
    tx.insert_message(&MessageRow {
        id: app.id(),
        line_id: contact.line_id,
        contact_id: contact.id,
        conversation_id: None,
        channel_id,
        identity_id: None,
        incoming: false,
        author: None,
        state: MessageState::Queued,
        part: contact.part,
        body: Some(body),
        day: now.day(),
        valid_until: None,
        keep: false,
        client_id: None,
        bulk_id: None,
        due_at,
        at: now,
    })
}

pub use call::{Tokens, ask};
pub use look::run_loop as look_loop;
pub use pace::Pace;
pub use reports::apply as apply_report;
pub use send::run_loop;
pub use settle::part_hash;
pub use sql::MessageRow;
