//! Plays a saved conversation.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    ExpectedMessage, MAX_STEPS, SavedAnswer, SavedConversation, SavedError, ScriptSource, Silence, Step,
};
use crate::asks::{AirtimeReply, Ask, AskAnswer, AskKind, LlmReply, WebhookReply};
use crate::assets::Assets;
use crate::contact::Contact;
use crate::definition::Flow;
use crate::engine::{Call, Globals, Next, Sprint};
use crate::env::Environment;
use crate::events::{EventKind, MsgIn, MsgOut, Tokens};
use crate::limits::Limits;
use crate::resumes::Resume;
use crate::session::Session;
use crate::triggers::Trigger;

/// When a conversation begins that says nothing about it.
const USUAL_BEGINNING: Timestamp = Timestamp::constant(1_893_488_400, 0);
/// Questions to the outside that one step may lead to.
const MAX_ASKS: usize = 100;
/// The seconds that she takes to answer.
const SECONDS_TO_ANSWER: i64 = 20;
/// What stands for any text at the beginning or end of an expected message.
const ANYTHING: char = '…';

/// Something that came otherwise than expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The step, from 1 on.
    pub step: usize,
    /// What was looked at, such as `message 2` or `result shelter`.
    pub what: String,
    pub expected: String,
    pub got: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, what, expected, got } = self;
        write!(f, "step {step}, {what}:\n  expected: {expected}\n  got:      {got}")
    }
}

/// Plays a conversation on a line's definitions. Gives what came otherwise than expected: nothing when all is well.
///
/// # Errors
/// When it cannot begin.
pub fn play(assets: &Arc<Assets>, saved: &SavedConversation) -> Result<Vec<Mismatch>, SavedError> {
    if saved.steps.len() > MAX_STEPS {
        return Err(SavedError::TooLong);
    }
    let named = |flow: &&Arc<Flow>| *flow.name == *saved.flow || flow.uuid.to_string() == saved.flow;
    let flow = assets.flows().find(named).ok_or_else(|| SavedError::NoFlow(saved.flow.clone()))?;
    let begins = saved.begins_on.map_or(USUAL_BEGINNING, |moment| moment.at);
    let mut playing = Playing {
        assets,
        env: environment(saved, flow)?,
        contact: contact(saved)?,
        source: ScriptSource::new(begins, 1),
        limits: Limits::default(),
        globals: Arc::new(SavedGlobals(saved.globals.clone())),
        answers: saved.answers.iter(),
        session: None,
        wait: None,
        seen: Vec::new(),
        found: Vec::new(),
        step: 0,
    };
    playing.start(flow, saved.starts_with.as_deref());
    for (at, step) in saved.steps.iter().enumerate() {
        playing.step = at + 1;
        playing.act(step);
        playing.compare(step);
    }
    Ok(playing.found)
}

struct SavedGlobals(BTreeMap<String, String>);

impl Globals for SavedGlobals {
    fn get(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }
}

fn environment(saved: &SavedConversation, flow: &Flow) -> Result<Environment, SavedError> {
    let mut env: Environment = match &saved.environment {
        None => Environment::default(),
        Some(json) => serde_json::from_value(json.clone())
            .map_err(|error| SavedError::Environment(error.to_string()))?,
    };
    if env.allowed_languages.is_empty() {
        env.allowed_languages.push(flow.language);
        env.allowed_languages.extend(flow.localization.languages().filter(|code| *code != flow.language));
    }
    Ok(env)
}

fn contact(saved: &SavedConversation) -> Result<Contact, SavedError> {
    let mut json = match &saved.contact {
        Json::Null => json!({}),
        other => other.clone(),
    };
    if let Some(map) = json.as_object_mut() {
        map.entry("uuid").or_insert_with(|| Uuid::from_u128(1).to_string().into());
    }
    serde_json::from_value(json).map_err(|error| SavedError::Contact(error.to_string()))
}

struct Playing<'p> {
    assets: &'p Arc<Assets>,
    env: Environment,
    contact: Contact,
    source: ScriptSource,
    limits: Limits,
    globals: Arc<SavedGlobals>,
    answers: std::slice::Iter<'p, SavedAnswer>,
    session: Option<Session>,
    /// The wait's end: by timeout, by expiration.
    wait: Option<(Option<Timestamp>, Timestamp)>,
    /// The messages since she was last heard.
    seen: Vec<MsgOut>,
    found: Vec<Mismatch>,
    step: usize,
}

impl Playing<'_> {
    fn start(&mut self, flow: &Flow, message: Option<&str>) {
        let now = self.source_now();
        let trigger = match message {
            Some(text) => Trigger::msg(flow.to_ref(), Uuid::from_u128(2), now.into(), self.msg(text), None),
            None => Trigger::manual(flow.to_ref(), now.into(), None, ""),
        };
        let sprint = crate::start(self.call(), trigger);
        self.settle(sprint);
    }

    fn call(&mut self) -> Call<'_> {
        Call {
            assets: self.assets,
            env: &self.env,
            contact: &mut self.contact,
            source: &mut self.source,
            globals: Some(self.globals.clone()),
            policy: None,
            phone_call: None,
            limits: &self.limits,
        }
    }

    fn source_now(&mut self) -> Timestamp {
        use crate::source::Source as _;
        self.source.now()
    }

    fn msg(&self, text: &str) -> MsgIn {
        let urn = self.contact.urns.first().map(|held| held.urn().clone());
        MsgIn { urn, text: text.to_owned(), ..MsgIn::default() }
    }

    /// Takes in a sprint and answers what it asks, until it waits or ends.
    fn settle(&mut self, mut sprint: Sprint) {
        for _ in 0..MAX_ASKS {
            let messages = sprint.events.into_iter().filter_map(|event| match event.kind {
                EventKind::MsgCreated { msg, .. } | EventKind::IvrCreated { msg } => Some(msg),
                _ => None,
            });
            self.seen.extend(messages);
            let refused = sprint.refused;
            let ask = match sprint.next {
                Next::Wait { timeout_at, expires_at, .. } => {
                    self.wait = Some((timeout_at, expires_at));
                    None
                }
                Next::Ended => None,
                Next::Ask(ask) => Some(ask),
            };
            if let Some(reason) = refused {
                self.differs("the answer", "is taken", &reason);
            }
            let Some(ask) = ask else {
                self.session = Some(sprint.session);
                return;
            };
            let answer = answer(&ask, self.answer_for(&ask));
            sprint = crate::resume(self.call(), sprint.session, Resume::Answer(ask.id, answer));
        }
        self.differs("calls to the outside", &format!("at most {MAX_ASKS}"), "more");
    }

    /// The next saved answer; claims of addresses need none.
    fn answer_for(&mut self, ask: &Ask) -> Option<SavedAnswer> {
        if matches!(ask.kind, AskKind::ClaimUrn { .. }) { None } else { self.answers.next().cloned() }
    }

    fn differs(&mut self, what: &str, expected: &str, got: &str) {
        let (what, expected, got) = (what.to_owned(), expected.to_owned(), got.to_owned());
        self.found.push(Mismatch { step: self.step, what, expected, got });
    }

    fn act(&mut self, step: &Step) {
        if step.says.is_some() || step.taps.is_some() || !step.sends.is_empty() {
            self.source.pass(SECONDS_TO_ANSWER);
            let mut msg = self.msg(step.says.as_deref().unwrap_or(""));
            if let Some(tapped) = &step.taps {
                let Some((text, id)) = self.tapped(tapped) else {
                    self.differs("quick replies", tapped, "no such quick reply was offered");
                    return;
                };
                (msg.text, msg.choice_id) = (text, Some(id));
            }
            msg.attachments.clone_from(&step.sends);
            let received_on = self.source_now().into();
            self.resume(Resume::Msg { uuid: Uuid::from_u128(3), received_on, msg });
        }
        if let Some(silence) = step.silent_until {
            let end = match (silence, self.wait) {
                (Silence::Timeout, Some((Some(at), _))) | (Silence::Expiration, Some((_, at))) => at,
                _ => {
                    self.differs("the wait", "ends by itself", "there is none that would");
                    return;
                }
            };
            self.source.wait_until(end);
            let Some(id) = self.session.as_ref().map(Session::wait_id) else { return };
            self.resume(match silence {
                Silence::Timeout => Resume::Timeout(id),
                Silence::Expiration => Resume::Expiration(id),
            });
        }
    }

    fn resume(&mut self, resume: Resume) {
        self.seen.clear();
        self.wait = None;
        let Some(session) = self.session.take() else { return };
        // as a server does it, so that a form that loses something is noticed
        let session = Session::from_stored(&session.to_stored()).unwrap_or(session);
        let sprint = crate::resume(self.call(), session, resume);
        self.settle(sprint);
    }

    /// The text and id of a quick reply that was offered.
    fn tapped(&self, wanted: &str) -> Option<(String, String)> {
        let offered = self.seen.iter().rev().flat_map(|msg| &msg.quick_replies);
        let mut fitting = offered.filter(|reply| reply.text == wanted || reply.id.as_deref() == Some(wanted));
        let reply = fitting.next()?;
        Some((reply.text.clone(), reply.id.clone().unwrap_or_else(|| reply.text.clone())))
    }

    fn compare(&mut self, step: &Step) {
        if let Some(expected) = &step.expects {
            self.compare_messages(expected);
        }
        let session = self.session.take();
        let runs = session.as_ref().map(|session| session.runs.as_slice()).unwrap_or_default();
        for (key, expected) in &step.results {
            let result = runs.iter().rev().find_map(|run| run.results.get(key.as_str()));
            let got = result
                .map(|result| if result.category.is_empty() { &result.value } else { &result.category })
                .map(|text| text.as_str());
            if got != Some(expected.as_str()) {
                self.differs(&format!("result {key}"), expected, got.unwrap_or("(none)"));
            }
        }
        for (key, expected) in &step.fields {
            let got =
                self.contact.fields.get(key.as_str()).map_or(String::new(), |value| value.text.to_string());
            if got != *expected {
                self.differs(&format!("field {key}"), expected, &got);
            }
        }
        if let Some(expected) = &step.groups {
            let mut got: Vec<String> =
                self.contact.groups.iter().map(|group| group.name.to_string()).collect();
            let mut expected = expected.clone();
            got.sort();
            expected.sort();
            if got != expected {
                self.differs("groups", &expected.join(", "), &got.join(", "));
            }
        }
        if let Some(expected) = step.ended {
            let ended = session.as_ref().is_none_or(|session| !session.is_waiting());
            let word = |ended: bool| if ended { "ended" } else { "waiting" };
            if ended != expected {
                self.differs("the session", word(expected), word(ended));
            }
        }
        self.session = session;
    }

    fn compare_messages(&mut self, expected: &[ExpectedMessage]) {
        let seen = std::mem::take(&mut self.seen);
        for at in 0..expected.len().max(seen.len()) {
            let what = format!("message {}", at + 1);
            match (expected.get(at), seen.get(at)) {
                (Some(expected), Some(msg)) => self.compare_message(&what, expected, msg),
                (Some(expected), None) => self.differs(&what, expected.text(), "(none)"),
                (None, Some(msg)) => self.differs(&what, "(none)", &msg.text),
                (None, None) => {}
            }
        }
        self.seen = seen;
    }

    fn compare_message(&mut self, what: &str, expected: &ExpectedMessage, msg: &MsgOut) {
        if !fits(expected.text(), &msg.text) {
            self.differs(what, expected.text(), &msg.text);
        }
        let ExpectedMessage::Full { quick_replies, attachments, .. } = expected else { return };
        let replies: Vec<String> = msg.quick_replies.iter().map(|reply| reply.text.clone()).collect();
        for (name, wanted, got) in
            [("quick replies", quick_replies, &replies), ("attachments", attachments, &msg.attachments)]
        {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != got) {
                self.differs(&format!("{what}, {name}"), &wanted.join(" | "), &got.join(" | "));
            }
        }
    }
}

impl ExpectedMessage {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Full { text, .. } => text,
        }
    }
}

/// Whether a message is the expected one; `…` at an end of the expected text stands for anything.
fn fits(expected: &str, got: &str) -> bool {
    let core = expected.trim_matches(ANYTHING);
    match (expected.starts_with(ANYTHING), expected.ends_with(ANYTHING)) {
        (false, false) => got == expected,
        (false, true) => got.starts_with(core),
        (true, false) => got.ends_with(core),
        (true, true) => got.contains(core),
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
