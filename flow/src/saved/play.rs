//! Plays a saved conversation.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::stage::{Doing, Heard, MAX_ASKS, Setting, Stage, USUAL_BEGINNING, Unheard};
use super::{ExpectedMessage, MAX_STEPS, SavedConversation, SavedError, Step};
use crate::assets::Assets;
use crate::contact::Contact;
use crate::definition::Flow;
use crate::engine::Globals;
use crate::env::Environment;
use crate::events::{EventKind, MsgOut};

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
    play_on(assets, None, saved)
}

/// Like [`play`], on a line that has globals of its own: the conversation's come first.
///
/// # Errors
/// As for [`play`].
pub fn play_on(
    assets: &Arc<Assets>,
    globals: Option<Arc<dyn Globals>>,
    saved: &SavedConversation,
) -> Result<Vec<Mismatch>, SavedError> {
    if saved.steps.len() > MAX_STEPS {
        return Err(SavedError::TooLong);
    }
    let named = |flow: &&Arc<Flow>| *flow.name == *saved.flow || flow.uuid.to_string() == saved.flow;
    let flow = assets.flows().find(named).ok_or_else(|| SavedError::NoFlow(saved.flow.clone()))?;
    let set = Setting {
        assets: assets.clone(),
        env: environment(saved, flow)?,
        contact: contact(saved)?,
        begins_on: saved.begins_on.map_or(USUAL_BEGINNING, |moment| moment.at),
        globals: Arc::new(SavedGlobals { own: saved.globals.clone(), of_line: globals }),
    };
    let stage = Stage::with_answers(set, saved.answers.iter().cloned());
    let mut playing = Playing { stage, seen: Vec::new(), found: Vec::new(), step: 0 };
    let heard = playing.stage.start(flow, saved.starts_with.as_deref());
    playing.take_in(heard, None);
    for (at, step) in saved.steps.iter().enumerate() {
        playing.step = at + 1;
        playing.act(step);
        playing.compare(step);
    }
    Ok(playing.found)
}

struct SavedGlobals {
    own: BTreeMap<String, String>,
    of_line: Option<Arc<dyn Globals>>,
}

impl Globals for SavedGlobals {
    fn get(&self, key: &str) -> Option<String> {
        self.own.get(key).cloned().or_else(|| self.of_line.as_ref()?.get(key))
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

struct Playing {
    stage: Stage,
    /// The messages since she was last heard.
    seen: Vec<MsgOut>,
    found: Vec<Mismatch>,
    step: usize,
}

impl Playing {
    /// Keeps the messages of what followed, and says why it was not heard.
    fn take_in(&mut self, heard: Heard, tapped: Option<&str>) {
        let messages = heard.events.into_iter().filter_map(|event| match event.kind {
            EventKind::MsgCreated { msg, .. } | EventKind::IvrCreated { msg } => Some(msg),
            _ => None,
        });
        self.seen.extend(messages);
        match heard.unheard {
            None => {}
            Some(unheard @ Unheard::NotOffered) => {
                self.differs("quick replies", tapped.unwrap_or(""), &unheard.to_string());
            }
            Some(Unheard::NoEnd) => self.differs("the wait", "ends by itself", "there is none that would"),
            Some(Unheard::TooManyCalls) => {
                self.differs("calls to the outside", &format!("at most {MAX_ASKS}"), "more");
            }
            Some(unheard) => self.differs("the answer", "is taken", &unheard.to_string()),
        }
    }

    fn differs(&mut self, what: &str, expected: &str, got: &str) {
        let (what, expected, got) = (what.to_owned(), expected.to_owned(), got.to_owned());
        self.found.push(Mismatch { step: self.step, what, expected, got });
    }

    fn act(&mut self, step: &Step) {
        let attachments = step.sends.clone();
        let said = match (&step.says, &step.taps) {
            (_, Some(choice)) => Some(Doing::Taps { choice: choice.clone(), attachments }),
            (Some(text), None) => Some(Doing::Says { text: text.clone(), attachments }),
            (None, None) if attachments.is_empty() => None,
            (None, None) => Some(Doing::Says { text: String::new(), attachments }),
        };
        for doing in said.into_iter().chain(step.silent_until.map(Doing::Silent)) {
            let heard = self.stage.does(doing);
            if !matches!(heard.unheard, Some(Unheard::NotOffered | Unheard::NoEnd)) {
                self.seen.clear();
            }
            self.take_in(heard, step.taps.as_deref());
        }
    }

    fn compare(&mut self, step: &Step) {
        if let Some(expected) = &step.expects {
            self.compare_messages(expected);
        }
        for (key, expected) in &step.results {
            let runs = self.stage.session().map(|session| session.runs.as_slice()).unwrap_or_default();
            let result = runs.iter().rev().find_map(|run| run.results.get(key.as_str()));
            let got = result
                .map(|result| if result.category.is_empty() { &result.value } else { &result.category })
                .map(|text| text.as_str());
            if got != Some(expected.as_str()) {
                let got = got.unwrap_or("(none)").to_owned();
                self.differs(&format!("result {key}"), expected, &got);
            }
        }
        for (key, expected) in &step.fields {
            let held = self.stage.contact().fields.get(key.as_str());
            let got = held.map_or(String::new(), |value| value.text.to_string());
            if got != *expected {
                self.differs(&format!("field {key}"), expected, &got);
            }
        }
        if let Some(expected) = &step.groups {
            let mut got: Vec<String> =
                self.stage.contact().groups.iter().map(|group| group.name.to_string()).collect();
            let mut expected = expected.clone();
            got.sort();
            expected.sort();
            if got != expected {
                self.differs("groups", &expected.join(", "), &got.join(", "));
            }
        }
        if let Some(expected) = step.ended {
            let ended = self.stage.session().is_none_or(|session| !session.is_waiting());
            let word = |ended: bool| if ended { "ended" } else { "waiting" };
            if ended != expected {
                self.differs("the session", word(expected), word(ended));
            }
        }
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
