//! Runs sessions: from a trigger or a resume to the next wait, question or end.
mod choice;
mod sprint;
mod turn;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use uuid::Uuid;

pub(crate) use sprint::{Engine, Resumed};
pub(crate) use turn::{Chosen, NewResult, Turn, result_key};

use crate::asks::Ask;
use crate::assets::Assets;
use crate::contact::Contact;
use crate::definition::Text;
use crate::env::Environment;
use crate::events::{Event, MsgOut, PhoneCall, Unsendable};
use crate::excellent::Scope;
use crate::limits::Limits;
use crate::resumes::{Resume, WaitId};
use crate::session::Session;
use crate::source::Source;
use crate::triggers::Trigger;

/// What the host adds to a line's globals, asked before the line's own: verified answers that are valid right
/// now in the person's language, for instance.
pub trait Globals: Send + Sync {
    /// The value of `@globals.key`, if the host has one; the key is in lower case.
    fn get(&self, key: &str) -> Option<String>;
}

/// What the host has to say about content before it is sent.
pub trait Policy {
    /// A reason not to send this message, or `None`.
    fn refuses(&self, msg: &MsgOut) -> Option<Unsendable>;
}

/// What a sprint works with. The contact is changed in place; nothing else is.
pub struct Call<'a> {
    pub assets: &'a Arc<Assets>,
    pub env: &'a Environment,
    pub contact: &'a mut Contact,
    pub source: &'a mut dyn Source,
    pub globals: Option<Arc<dyn Globals>>,
    pub policy: Option<&'a dyn Policy>,
    /// The call that the session is on, for flows of voice channels.
    pub phone_call: Option<PhoneCall>,
    pub limits: &'a Limits,
}

/// What a sprint came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Sprint {
    pub session: Session,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The ways out of nodes that were taken, for the flow's statistics.
    pub segments: Vec<Segment>,
    pub next: Next,
    /// Set when a resume did not fit the session's state; nothing has changed then.
    pub refused: Option<String>,
}

/// How the session goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// It waits to be resumed.
    Wait {
        /// To be given back with a timeout or expiration.
        id: WaitId,
        /// When to resume with [`Resume::Timeout`].
        timeout_at: Option<Timestamp>,
        /// When to resume with [`Resume::Expiration`]. A flow without expiry gives the time of the wait itself:
        /// it may be treated as never.
        expires_at: Timestamp,
        /// Whether it waits for a dialled call to end, rather than for a message.
        dial: bool,
    },
    /// It asks the server to do something; resume with [`Resume::Answer`].
    Ask(Ask),
    Ended,
}

/// A way out that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    pub flow_uuid: Uuid,
    /// The node that was visited last: where a flow goes on after one that it entered, that one's last node (as in
    /// RapidPro). The exit is always the flow's own.
    pub node_uuid: Uuid,
    pub exit_uuid: Uuid,
    /// What the router looked at.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub operand: SmolStr,
    pub destination_uuid: Uuid,
    pub time: Timestamp,
}

/// Starts a session in the trigger's flow. Never fails: a flow that does not exist gives a failed session with
/// an event that says so.
#[must_use]
pub fn start(call: Call<'_>, trigger: Trigger) -> Sprint {
    Engine::begin(call, trigger)
}

/// Evaluates a text in a session as it stands, as the console does to explain a flow: in the run that waits, or
/// else the first. Gives the text and what the flow's author would be told.
pub fn evaluate(
    assets: &Arc<Assets>,
    env: &Environment,
    contact: &Contact,
    session: &Session,
    source: &mut dyn Source,
    text: &str,
) -> (String, Vec<Event>) {
    let mut contact = contact.clone();
    let limits = Limits::default();
    let call = Call {
        assets,
        env,
        contact: &mut contact,
        source,
        globals: None,
        policy: None,
        phone_call: None,
        limits: &limits,
    };
    Engine::evaluate(call, session.clone(), text)
}

/// A session as it stands, to evaluate many compiled texts in: nothing is copied and nothing changes.
pub struct Viewpoint<'v> {
    root: crate::context::Context<'v>,
    source: &'v mut dyn Source,
}

impl<'v> Viewpoint<'v> {
    /// Looks from the run that waits, or else the first; `None` when the session has no run. `env` is taken as it
    /// is, without what the contact would bring along.
    pub fn new(
        assets: &'v Arc<Assets>,
        env: &'v Environment,
        contact: &'v Arc<Contact>,
        session: &'v Session,
        source: &'v mut dyn Source,
    ) -> Option<Self> {
        let run = session.waiting_run().unwrap_or(0);
        session.runs.get(run)?;
        let root =
            crate::context::Context { assets, env, session, contact, globals: None, resumed: None, run };
        Some(Self { root, source })
    }

    /// Evaluates a text. Gives it and what the flow's author would be told.
    pub fn evaluate(&mut self, text: &Text) -> (String, Vec<crate::excellent::Problem>) {
        text.template().evaluate(&mut Scope::new(self.root.env, &self.root, self.source))
    }
}

/// Goes on with a session. A resume that does not fit (the wrong type, a timer of an earlier wait, an answer to
/// another question) changes nothing: [`Sprint::refused`] says why.
#[must_use]
pub fn resume(call: Call<'_>, session: Session, resume: Resume) -> Sprint {
    Engine::go_on(call, session, resume)
}
