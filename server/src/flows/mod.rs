//! Flows: starts and resumes sessions on the pure engine, and brings about what they say.
mod apply;
mod person;
mod session;
mod sql;

use std::sync::Arc;

use flow::events::{MsgIn, PhoneCall};
use flow::refs::FlowRef;
use flow::resumes::Resume;
use flow::run::RunStatus;
use flow::triggers::Trigger;
use flow::{Call, Next, Sprint};
use uuid::Uuid;

use crate::answers::{AnswerGlobals, today};
use crate::app::App;
use crate::consent;
use crate::contacts::Contact;
use crate::inbound::Effects;
use crate::lines::{Channel, ChannelKind, Line};
use crate::store::{Result, Ts, Tx};

pub use apply::content_of;
pub use person::AppSource;
pub use session::{StoredSession, drop_session};

/// How many questions of a session may be answered inside one transaction (claims of addresses, services that
/// are not connected) before it is stopped.
const MAX_IMMEDIATE_ANSWERS: usize = 20;

/// Where a person is talked to: the identity and channel that she wrote from.
#[derive(Clone, Copy)]
pub struct Route<'a> {
    pub line: &'a Arc<Line>,
    pub channel: &'a Channel,
    pub identity: Uuid,
}

/// What makes a session go on.
pub enum Go {
    Start(Box<Trigger>),
    Resume(Box<Resume>),
}

/// What a person wrote, as the engine takes it.
#[derive(Debug, Clone)]
pub struct Wrote {
    pub message_id: Uuid,
    pub text: String,
    pub choice_id: Option<String>,
    pub attachments: Vec<String>,
}

impl Wrote {
    fn msg_in(&self, contact: &Contact, route: Route<'_>) -> MsgIn {
        MsgIn {
            urn: contact.urn(route.identity).map(|known| known.urn.clone()),
            channel: Some(flow::refs::Ref::new(route.channel.id, route.channel.kind.as_str())),
            text: self.text.clone(),
            attachments: self.attachments.clone(),
            external_id: String::new(),
            choice_id: self.choice_id.clone(),
        }
    }
}

/// Brings a message to the waiting session; `None` when there is none, it is not for messages, or a mistake (its node
/// is gone, a limit) ended it without a word: the message then starts anew.
///
/// # Errors
/// When the store refuses.
pub fn resume_with(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    wrote: &Wrote,
    now: Ts,
) -> Result<Option<Effects>> {
    if contact.session.is_none() {
        return Ok(None);
    }
    let resume = Resume::Msg {
        uuid: wrote.message_id,
        received_on: now.to_timestamp().into(),
        msg: wrote.msg_in(contact, route),
    };
    let ran = run(tx, app, route, contact, Go::Resume(Box::new(resume)), &wrote.text, now)?;
    Ok(ran.filter(|ran| !ran.left_alone).map(|ran| ran.effects))
}

/// Starts the flow of a keyword, if the message is one, else the line's main flow.
///
/// # Errors
/// When the store refuses.
pub fn start_with(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    wrote: &Wrote,
    now: Ts,
) -> Result<Effects> {
    let (flow, keyword) = match route.line.keyword(&wrote.text) {
        Some((flow, keyword)) => (flow, Some(keyword)),
        None => (route.line.first_flow(route.channel.kind).clone(), None),
    };
    let msg = wrote.msg_in(contact, route);
    let trigger = Trigger::msg(flow, wrote.message_id, now.to_timestamp().into(), msg, keyword);
    let ran = run(tx, app, route, contact, Go::Start(Box::new(trigger)), &wrote.text, now)?;
    answered(tx, app, route, contact, ran, &wrote.text, now)
}

/// A flow that a mistake ended without a word leaves somebody waiting: staff takes over.
fn answered(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    ran: Option<Ran>,
    words: &str,
    now: Ts,
) -> Result<Effects> {
    let Some(Ran { mut effects, left_alone }) = ran else { return Ok(Effects::default()) };
    if left_alone && contact.conversation_id.is_none() {
        effects.add(consent::to_staff(tx, app, route, contact, words, now)?);
    }
    Ok(effects)
}

/// Starts a flow without a message: after consent, after a conversation was closed.
///
/// # Errors
/// When the store refuses.
pub fn start_flow(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    trigger: Trigger,
    now: Ts,
) -> Result<Effects> {
    let ran = run(tx, app, route, contact, Go::Start(Box::new(trigger)), "", now)?;
    Ok(ran.map(|ran| ran.effects).unwrap_or_default())
}

/// Starts the line's main flow by itself, as when the person has just settled language and consent.
///
/// # Errors
/// When the store refuses.
pub fn start_main(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    now: Ts,
) -> Result<Effects> {
    let flow: FlowRef = route.line.first_flow(route.channel.kind).clone();
    let trigger = Trigger::manual(flow, now.to_timestamp().into(), None, "");
    start_flow(tx, app, route, contact, trigger, now)
}

/// Gives a session what it asked the server for (see [`flow::asks`]); nothing happens when it has moved on.
///
/// # Errors
/// When the store refuses.
pub fn resume_session(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    resume: Resume,
    now: Ts,
) -> Result<Effects> {
    let waits_for_us = matches!(resume, Resume::Answer(..));
    let ran = run(tx, app, route, contact, Go::Resume(Box::new(resume)), "", now)?;
    if waits_for_us {
        return answered(tx, app, route, contact, ran, "", now);
    }
    Ok(ran.map(|ran| ran.effects).unwrap_or_default())
}

/// What one sprint, with its immediate answers, came to.
struct Ran {
    effects: Effects,
    /// A mistake ended the flow, and it said nothing to whoever is in it.
    left_alone: bool,
}

/// One sprint, and what follows from it. `None` when the session refused the resume and nothing changed.
fn run(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    go: Go,
    text: &str,
    now: Ts,
) -> Result<Option<Ran>> {
    let line = route.line;
    let globals = Arc::new(AnswerGlobals {
        app: app.clone(),
        line: line.clone(),
        language: contact.language,
        today: today(line, now),
        text: text.to_owned(),
        earliest_end: std::sync::atomic::AtomicI64::new(0),
    });
    let mut person = person::to_engine(contact, route, now);
    let mut source = AppSource::new(app);
    let mut applied = apply::Applied::default();
    let mut go = match go {
        Go::Start(trigger) => Some(GoOn::Start(trigger)),
        Go::Resume(resume) => match StoredSession::open(contact)? {
            Some(stored) => Some(GoOn::Resume(Box::new(stored.session), resume)),
            None => return Ok(None),
        },
    };
    let mut has_failed = false;
    for _ in 0..MAX_IMMEDIATE_ANSWERS {
        let Some(step) = go.take() else { break };
        let call = Call {
            assets: &line.assets,
            env: &line.env,
            contact: &mut person,
            source: &mut source,
            globals: Some(globals.clone()),
            policy: None,
            phone_call: phone_call(app, route, contact),
            limits: &line.limits,
        };
        let sprint: Sprint = match step {
            GoOn::Start(trigger) => flow::start(call, *trigger),
            GoOn::Resume(session, resume) => flow::resume(call, *session, *resume),
        };
        if sprint.refused.is_some() {
            return Ok(None);
        }
        let session = sprint.session;
        apply::events(tx, app, route, contact, &session, &sprint.events, &globals, &mut applied, now)?;
        has_failed = session.status == RunStatus::Failed;
        match sprint.next {
            Next::Wait { timeout_at, expires_at, .. } => {
                StoredSession { session, timeout_at, expires_at }.keep(contact)?;
            }
            Next::Ended => drop_session(contact),
            Next::Ask(ask) => match apply::answer_now(tx, app, route, contact, &ask)? {
                Some(answer) => {
                    go = Some(GoOn::Resume(Box::new(session), Box::new(Resume::Answer(ask.id, answer))));
                }
                None => {
                    apply::store_ask(tx, app, route, contact, &ask, now)?;
                    applied.effects.jobs = true;
                    StoredSession::asking(session).keep(contact)?;
                }
            },
        }
    }
    if let Some(GoOn::Resume(session, _)) = go {
        stop_asking(tx, line, contact, &session.trigger.flow.name, now)?;
        has_failed = true;
    }
    let left_alone = has_failed && applied.is_silent();
    let effects = applied.finish(tx, app, route, contact, now)?;
    Ok(Some(Ran { effects, left_alone }))
}

/// The call that somebody on a telephone is in, as the engine sees it.
fn phone_call(app: &App, route: Route<'_>, contact: &Contact) -> Option<PhoneCall> {
    if route.channel.kind != ChannelKind::Voice {
        return None;
    }
    let urn = contact.urn(route.identity)?.urn.clone();
    let channel = flow::refs::Ref::new(route.channel.id, route.channel.kind.as_str());
    Some(PhoneCall { uuid: app.id(), channel, urn })
}

/// A session that asks and asks would hold up everybody: it ends, and its author is told.
fn stop_asking(tx: &mut Tx<'_>, line: &Line, contact: &mut Contact, flow: &str, now: Ts) -> Result<()> {
    drop_session(contact);
    let text =
        format!("more than {MAX_IMMEDIATE_ANSWERS} questions to the server at once; the flow was stopped");
    tx.note_problem(line.id, flow, &text, true, now)
}

enum GoOn {
    Start(Box<Trigger>),
    Resume(Box<flow::session::Session>, Box<Resume>),
}
