//! A stage: somebody talks to a flow on the real engine, with a clock, ids and dice of the stage's own. Saved
//! conversations and simulators play on it.
use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{SavedAnswer, ScriptSource, Silence};
use crate::asks::{AirtimeReply, Ask, AskAnswer, AskKind, LlmReply, WebhookReply};
use crate::assets::Assets;
use crate::contact::Contact;
use crate::definition::Flow;
use crate::engine::{Call, Globals, Next, Sprint};
use crate::env::Environment;
use crate::events::{Event, EventKind, MsgIn, Tokens};
use crate::limits::Limits;
use crate::resumes::Resume;
use crate::session::Session;
use crate::source::Source as _;
use crate::triggers::Trigger;
use crate::words::QuickReply;

/// When a conversation begins that says nothing about it.
pub const USUAL_BEGINNING: Timestamp = Timestamp::constant(1_893_488_400, 0);
/// Questions to the outside that one step may lead to.
pub const MAX_ASKS: usize = 100;
/// The seconds that she takes to answer.
const SECONDS_TO_ANSWER: i64 = 20;

/// What a stage is set with.
pub struct Setting {
    pub assets: Arc<Assets>,
    pub env: Environment,
    pub contact: Contact,
    pub begins_on: Timestamp,
    pub globals: Arc<dyn Globals>,
}

/// What she does.
#[derive(Debug, Clone, PartialEq)]
pub enum Doing {
    /// She writes, or sends files (`content_type:url` each), or both.
    Says { text: String, attachments: Vec<String> },
    /// She taps the quick reply of this text or id that was offered since she was last heard.
    Taps { choice: String, attachments: Vec<String> },
    /// She says nothing until the wait comes to this end.
    Silent(Silence),
    /// The call to the outside that is waited for comes to this.
    Answers(SavedAnswer),
}

/// Why what she does leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    #[error("no such quick reply was offered")]
    NotOffered,
    #[error("there is no wait that would end by itself")]
    NoEnd,
    #[error("{0}")]
    Refused(String),
    #[error("more than {MAX_ASKS} calls to the outside")]
    TooManyCalls,
    #[error("the flow waits for a call to the outside")]
    Asking,
    #[error("the flow waits for no call to the outside")]
    AskedNothing,
}

/// What followed.
#[derive(Debug, Default)]
pub struct Heard {
    /// What happened, in order.
    pub events: Vec<Event>,
    pub unheard: Option<Unheard>,
}

/// What the flow waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// When it times out; `None`: it does not.
    pub timeout_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    /// Whether it waits for a dialled call to end, rather than for a message.
    pub dial: bool,
}

/// See the module.
pub struct Stage {
    set: Setting,
    source: ScriptSource,
    limits: Limits,
    /// What calls come to; `None`: each call is waited for.
    answers: Option<VecDeque<SavedAnswer>>,
    session: Option<Session>,
    asked: Option<Ask>,
    wait: Option<Wait>,
    /// What was offered since she was last heard, the latest message first.
    offered: VecDeque<QuickReply>,
}

impl Stage {
    /// A stage on which calls to the outside come to these answers, in order; calls beyond them fail.
    #[must_use]
    pub fn with_answers(set: Setting, answers: impl IntoIterator<Item = SavedAnswer>) -> Self {
        Self::new(set, Some(answers.into_iter().collect()))
    }

    /// A stage that waits at every call to the outside for [`Doing::Answers`].
    #[must_use]
    pub fn asking(set: Setting) -> Self {
        Self::new(set, None)
    }

    fn new(set: Setting, answers: Option<VecDeque<SavedAnswer>>) -> Self {
        Self {
            source: ScriptSource::new(set.begins_on, 1),
            set,
            limits: Limits::default(),
            answers,
            session: None,
            asked: None,
            wait: None,
            offered: VecDeque::new(),
        }
    }

    /// The person as she is now.
    #[must_use]
    pub fn contact(&self) -> &Contact {
        &self.set.contact
    }

    /// The session as it is now; `None` before the start.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The call to the outside that is waited for.
    #[must_use]
    pub fn asked(&self) -> Option<&Ask> {
        self.asked.as_ref()
    }

    /// What is waited for, when it is not the outside.
    #[must_use]
    pub fn wait(&self) -> Option<Wait> {
        self.wait
    }

    /// The stage's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.source.clone().now()
    }

    /// Starts a flow, with a message or without one.
    pub fn start(&mut self, flow: &Flow, message: Option<&str>) -> Heard {
        let now = self.source.now();
        let trigger = match message {
            Some(text) => {
                let msg = self.msg(text.to_owned(), Vec::new());
                Trigger::msg(flow.to_ref(), Uuid::from_u128(2), now.into(), msg, None)
            }
            None => Trigger::manual(flow.to_ref(), now.into(), None, ""),
        };
        let sprint = crate::start(self.call(), trigger);
        self.settle(sprint)
    }

    /// She does something.
    pub fn does(&mut self, doing: Doing) -> Heard {
        let resume = match self.resume_for(doing) {
            Ok(resume) => resume,
            Err(unheard) => return Heard { events: Vec::new(), unheard: Some(unheard) },
        };
        let Some(session) = self.session.take() else { return Heard::default() };
        // as a server does it, so that a form that loses something is noticed
        let session = Session::from_stored(&session.to_stored()).unwrap_or(session);
        let sprint = crate::resume(self.call(), session, resume);
        self.settle(sprint)
    }

    fn resume_for(&mut self, doing: Doing) -> Result<Resume, Unheard> {
        if let Doing::Answers(saved) = doing {
            let ask = self.asked.take().ok_or(Unheard::AskedNothing)?;
            return Ok(Resume::Answer(ask.id, answer(&ask, Some(saved))));
        }
        if self.asked.is_some() {
            return Err(Unheard::Asking);
        }
        let resume = match doing {
            Doing::Silent(silence) => {
                let end = match (silence, self.wait) {
                    (Silence::Timeout, Some(Wait { timeout_at: Some(at), .. }))
                    | (Silence::Expiration, Some(Wait { expires_at: at, .. })) => at,
                    _ => return Err(Unheard::NoEnd),
                };
                self.source.wait_until(end);
                let id = self.session.as_ref().map(Session::wait_id).ok_or(Unheard::NoEnd)?;
                match silence {
                    Silence::Timeout => Resume::Timeout(id),
                    Silence::Expiration => Resume::Expiration(id),
                }
            }
            Doing::Says { text, attachments } => {
                self.source.pass(SECONDS_TO_ANSWER);
                self.heard(self.msg(text, attachments))
            }
            Doing::Taps { choice, attachments } => {
                self.source.pass(SECONDS_TO_ANSWER);
                let (text, id) = self.tapped(&choice).ok_or(Unheard::NotOffered)?;
                let msg = self.msg(text, attachments);
                self.heard(MsgIn { choice_id: Some(id), ..msg })
            }
            Doing::Answers(_) => return Err(Unheard::AskedNothing),
        };
        self.wait = None;
        self.offered.clear();
        Ok(resume)
    }

    fn heard(&self, msg: MsgIn) -> Resume {
        let received_on = self.source.clone().now().into();
        Resume::Msg { uuid: Uuid::from_u128(3), received_on, msg }
    }

    fn msg(&self, text: String, attachments: Vec<String>) -> MsgIn {
        let urn = self.set.contact.urns.first().map(|held| held.urn().clone());
        MsgIn { urn, text, attachments, ..MsgIn::default() }
    }

    /// The text and id of a quick reply that was offered.
    fn tapped(&self, wanted: &str) -> Option<(String, String)> {
        let fits = |reply: &&QuickReply| reply.text == wanted || reply.id.as_deref() == Some(wanted);
        let reply = self.offered.iter().find(fits)?;
        Some((reply.text.clone(), reply.id.clone().unwrap_or_else(|| reply.text.clone())))
    }

    fn call(&mut self) -> Call<'_> {
        Call {
            assets: &self.set.assets,
            env: &self.set.env,
            contact: &mut self.set.contact,
            source: &mut self.source,
            globals: Some(self.set.globals.clone()),
            policy: None,
            phone_call: None,
            limits: &self.limits,
        }
    }

    /// Takes in a sprint and answers what it asks, until it waits or ends.
    fn settle(&mut self, mut sprint: Sprint) -> Heard {
        let mut heard = Heard::default();
        for _ in 0..MAX_ASKS {
            for event in &sprint.events {
                if let EventKind::MsgCreated { msg, .. } | EventKind::IvrCreated { msg } = &event.kind {
                    msg.quick_replies.iter().rev().for_each(|reply| self.offered.push_front(reply.clone()));
                }
            }
            heard.events.append(&mut sprint.events);
            heard.unheard = sprint.refused.map(Unheard::Refused);
            let ask = match sprint.next {
                Next::Wait { timeout_at, expires_at, dial, .. } => {
                    self.wait = Some(Wait { timeout_at, expires_at, dial });
                    None
                }
                Next::Ended => None,
                Next::Ask(ask) => Some(ask),
            };
            let Some(ask) = ask else {
                self.session = Some(sprint.session);
                return heard;
            };
            // claims of addresses need no answer of the outside
            let saved = match (&ask.kind, &mut self.answers) {
                (AskKind::ClaimUrn { .. }, _) => None,
                (_, Some(answers)) => answers.pop_front(),
                (_, None) => {
                    self.session = Some(sprint.session);
                    self.asked = Some(ask);
                    return heard;
                }
            };
            sprint = crate::resume(self.call(), sprint.session, Resume::Answer(ask.id, answer(&ask, saved)));
        }
        heard.unheard = Some(Unheard::TooManyCalls);
        heard
    }
}

/// What the outside says; where nothing (or something else) was saved, the call fails.
fn answer(ask: &Ask, saved: Option<SavedAnswer>) -> AskAnswer {
    let reason = match &saved {
        Some(SavedAnswer::Fails(reason)) => reason.clone(),
        _ => "no answer was saved for this call".to_owned(),
    };
    match (&ask.kind, saved) {
        (AskKind::Webhook { .. }, Some(SavedAnswer::Webhook { status, body })) => {
            let body = match body {
                Json::String(text) => text.into_bytes(),
                other => other.to_string().into_bytes(),
            };
            AskAnswer::Webhook(WebhookReply { status_code: status, body, ..WebhookReply::default() })
        }
        (AskKind::Webhook { .. }, _) => AskAnswer::Webhook(WebhookReply::default()),
        (AskKind::Llm { .. }, Some(SavedAnswer::Llm(output))) => {
            AskAnswer::Llm(Ok(LlmReply { output, tokens: Tokens { input: 0, output: 0 }, elapsed_ms: 0 }))
        }
        (AskKind::Llm { .. }, _) => AskAnswer::Llm(Err(reason)),
        (AskKind::Airtime { amounts, .. }, Some(SavedAnswer::Airtime)) => match amounts.iter().next() {
            Some((currency, amount)) => AskAnswer::Airtime(Ok(AirtimeReply {
                external_id: String::new(),
                currency: currency.clone(),
                amount: amount.clone(),
                http_logs: Vec::new(),
            })),
            None => AskAnswer::Airtime(Err("no amount".to_owned())),
        },
        (AskKind::Airtime { .. }, _) => AskAnswer::Airtime(Err(reason)),
        (AskKind::Email { .. }, Some(SavedAnswer::Email)) => AskAnswer::Email(Ok(())),
        (AskKind::Email { .. }, _) => AskAnswer::Email(Err(reason)),
        (AskKind::ClaimUrn { .. }, _) => AskAnswer::ClaimUrn(true),
    }
}
