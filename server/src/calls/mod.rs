//! Telephone calls: a call is a way in and out like any other, but what is said to a person is collected by her call
//! instead of being posted. What she does comes in as every message does, durable first ([`crate::inbound`]); then the
//! provider's request, which is kept waiting meanwhile, is answered with what was queued for her ([`answer()`]).
//!
//! A message to somebody who is not in a call becomes a call of ours. Before anything of it is said, whoever took the
//! call presses a key: an answering machine is heard by others.
mod answer;
mod end;
mod provider;
mod script;
mod sql;
mod words;

use channels::NumberedChoice;
use channels::voice::{Heard, Script, Speech};
use flow::events::Hint;
use flow::words::Urn;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::contacts::Contact;
use crate::flows::Route;
use crate::lines::Channel;
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::Purpose;

pub use answer::answer;
pub use end::{Ending, over, run_loop};
pub use provider::{cancel, forget_recording, not_needed, recorded};
pub use sql::CallRow;
pub use words::{MAX_INSTEAD, VoiceWords};

/// How many keys in a row may mean nothing before we take our leave.
pub const MAX_MISSES: i64 = 3;
/// A call of which nothing was heard for so long counts as over: the provider's report of its end was lost. Longer than
/// the longest question and the longest recording that is asked for.
const SILENT_SECONDS: i64 = 900;
/// `message.due_at` of a message that waits for a call to collect it.
pub const HELD: Ts = Ts(9_000_000_000_000_000_000);

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
}

/// How far a call is. It only ever moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallState {
    /// The provider is being asked to ring her.
    Placing,
    Ringing,
    Talking,
    Over,
}

impl CallState {
    fn from_code(code: i64) -> Result<Self> {
        Ok(match code {
            0 => Self::Placing,
            1 => Self::Ringing,
            2 => Self::Talking,
            3 => Self::Over,
            other => return Err(StoreError::Shape(format!("phone_call.state holds {other}"))),
        })
    }
}

/// Who took a call of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenBy {
    NobodyKnows,
    Person,
    Machine,
}

impl TakenBy {
    fn from_code(code: i64) -> Result<Self> {
        Ok(match code {
            0 => Self::NobodyKnows,
            1 => Self::Person,
            2 => Self::Machine,
            other => return Err(StoreError::Shape(format!("phone_call.answered_by holds {other}"))),
        })
    }
}

/// What our last answer asked for: what her next step is understood by.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Asked {
    /// Nothing: the call ends, or goes on by itself.
    #[default]
    Nothing,
    /// Whether somebody is there to hear a message.
    Gate,
    Choices {
        choices: Vec<NumberedChoice>,
    },
    /// Keys or words.
    Words,
    /// Something spoken that a flow wants to have.
    Recording,
    /// Something spoken for staff; afterwards the call ends.
    Leave,
    /// How putting the call through ended.
    Dial,
}

/// What our last answer was; it is given again when the provider asks again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Talk {
    pub script: Script,
    pub asked: Asked,
    /// The question alone, to be said again.
    pub question: Vec<Speech>,
    /// The messages that were said.
    pub said: Vec<Uuid>,
}

/// What a flow of the type voice waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "waits", rename_all = "snake_case")]
pub enum Waits {
    Input { hint: Option<Hint> },
    Dial { number: String, ringing_seconds: u32, longest_seconds: u32 },
}

/// By what a provider's id of a call is found.
#[must_use]
pub fn hash(app: &App, channel: Uuid, id: &str) -> Vec<u8> {
    app.vault.lookup_hash("call", channel, id)
}

/// The address of whoever is at the other end. Who hides her number gets one that holds for this call only, and by which
/// nobody can be reached.
///
/// # Errors
/// When it is too long, which no hash is.
pub fn person(app: &App, channel: &Channel, heard: &Heard) -> Result<Urn> {
    match &heard.call.person {
        Some(person) => Ok(person.clone()),
        None => Urn::new("call", &hex::encode(hash(app, channel.id, &heard.call.id)))
            .map_err(|_| StoreError::Shape("the address of a hidden number".into())),
    }
}

/// The call that a request is about. One of ours whose id we have not learnt yet is known by its message.
///
/// # Errors
/// When the store refuses.
pub fn find(tx: &mut Tx<'_>, app: &App, channel: &Channel, heard: &Heard) -> Result<Option<CallRow>> {
    let hash = hash(app, channel.id, &heard.call.id);
    if let Some(call) = tx.call_by_hash(channel.id, hash.clone())? {
        return Ok(Some(call));
    }
    let Some(ours) = heard.place.ours else { return Ok(None) };
    let Some(call) = tx.call_without_id(channel.id, ours)? else { return Ok(None) };
    name(tx, app, call.id, hash, &heard.call.id)?;
    Ok(Some(call))
}

/// Notes that a person has called. An earlier call of hers whose end nobody told is over by that.
///
/// # Errors
/// When the store refuses.
pub fn began(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    external: &str,
    now: Ts,
) -> Result<CallRow> {
    while let Some(former) = tx.live_call(contact.id, route.channel.id)? {
        end::of_contact(tx, app, &former, contact, Ending::Lost, now)?;
    }
    let call = CallRow {
        id: app.id(),
        line_id: route.line.id,
        channel_id: route.channel.id,
        contact_id: contact.id,
        identity_id: route.identity,
        direction: Direction::In,
        state: CallState::Talking,
        heard: 0,
        step: 0,
        misses: 0,
        answered_by: TakenBy::Person,
        // She has called: nothing is said to anybody else.
        passed: true,
        message_id: None,
        talk: None,
        day: now.day(),
        waits: None,
        began_at: now,
    };
    let hash = hash(app, route.channel.id, external);
    tx.insert_call(&call, Some(hash), now.plus_seconds(SILENT_SECONDS))?;
    Ok(call)
}

/// Notes that a message is about to become a call; `None` when she is in one, which will collect it.
///
/// # Errors
/// When the store refuses.
pub fn place(tx: &mut Tx<'_>, app: &App, new: &NewCall, now: Ts) -> Result<Option<Uuid>> {
    if tx.live_call(new.contact_id, new.channel_id)?.is_some() {
        return Ok(None);
    }
    let id = app.id();
    let call = CallRow {
        id,
        line_id: new.line_id,
        channel_id: new.channel_id,
        contact_id: new.contact_id,
        identity_id: new.identity_id,
        direction: Direction::Out,
        state: CallState::Placing,
        heard: -1,
        step: 0,
        misses: 0,
        answered_by: TakenBy::NobodyKnows,
        passed: false,
        message_id: Some(new.message_id),
        talk: None,
        day: now.day(),
        waits: None,
        began_at: now,
    };
    tx.insert_call(&call, None, now.plus_seconds(SILENT_SECONDS))?;
    Ok(Some(id))
}

/// A call that we want to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewCall {
    pub line_id: Uuid,
    pub channel_id: Uuid,
    pub contact_id: Uuid,
    pub identity_id: Uuid,
    pub message_id: Uuid,
}

/// The provider has taken a call of ours: it rings. What it had asked meanwhile goes before. One that nobody needs any more
/// is stopped.
///
/// # Errors
/// When the store refuses.
pub fn placed(
    tx: &mut Tx<'_>,
    app: &App,
    channel: Uuid,
    message: Uuid,
    external: &str,
    now: Ts,
) -> Result<()> {
    if let Some(call) = tx.call_without_id(channel, message)? {
        name(tx, app, call.id, hash(app, channel, external), external)?;
    }
    if !tx.message_is_wanted(message)? {
        return not_needed(tx, app, message, now).map(drop);
    }
    tx.message_calling(message)
}

/// Whether the provider's id of a call is known already.
///
/// # Errors
/// When the store refuses.
pub fn is_known(tx: &mut Tx<'_>, app: &App, channel: Uuid, external: &str) -> Result<bool> {
    Ok(tx.call_by_hash(channel, hash(app, channel, external))?.is_some())
}

/// The provider never got to know of a call, or nobody can tell and the operator wants it made again.
///
/// # Errors
/// When the store refuses.
pub fn never_placed(tx: &mut Tx<'_>, channel: Uuid, message: Uuid) -> Result<()> {
    while let Some(call) = tx.call_without_id(channel, message)? {
        tx.call_not_placed(call.id)?;
    }
    Ok(())
}

fn name(tx: &mut Tx<'_>, app: &App, call: Uuid, hash: Vec<u8>, external: &str) -> Result<()> {
    let now = app.now();
    let sealed = app.vault.day(now.day(), now)?.seal_json(Purpose::Call, &external)?;
    tx.name_call(call, hash, sealed, now.day())
}

/// Keeps what a flow waits for until the call asks; nothing outside of calls.
///
/// # Errors
/// When the store refuses.
pub fn waits_for(tx: &mut Tx<'_>, route: Route<'_>, contact: &Contact, waits: &Waits) -> Result<()> {
    let Some(call) = tx.live_call(contact.id, route.channel.id)? else { return Ok(()) };
    let sealed = contact.key.seal_json(Purpose::Session, waits)?;
    tx.call_waits(call.id, sealed)
}

impl CallRow {
    /// What was last said; nothing when nothing was, or its key is gone.
    ///
    /// # Errors
    /// When it was damaged.
    pub fn talk(&self, app: &App, now: Ts) -> Result<Talk> {
        let Some(sealed) = &self.talk else { return Ok(Talk::default()) };
        Ok(app.vault.day(self.day, now)?.open_json(Purpose::Call, sealed)?)
    }

    /// What the flow waits for.
    ///
    /// # Errors
    /// When it was damaged.
    pub fn flow_waits(&self, contact: &Contact) -> Result<Option<Waits>> {
        let opened = self.waits.as_deref().map(|sealed| contact.key.open_json(Purpose::Session, sealed));
        Ok(opened.transpose()?)
    }
}

/// Until when a call may be silent from now on.
fn patience(now: Ts, waits: Option<&Waits>) -> Ts {
    let longer = match waits {
        Some(Waits::Dial { ringing_seconds, longest_seconds, .. }) => {
            i64::from(*ringing_seconds) + i64::from(*longest_seconds)
        }
        Some(Waits::Input { .. }) | None => 0,
    };
    now.plus_seconds(SILENT_SECONDS + longer)
}
