//! A session: one contact's way through a flow and the flows that it enters, from trigger to end.
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use uuid::Uuid;

use crate::asks::{AskId, AskKind};
use crate::definition::FlowType;
use crate::events::{History, PhoneCall};
use crate::moment::Moment;
use crate::refs::Ref;
use crate::resumes::WaitId;
use crate::run::{Run, RunStatus};
use crate::triggers::Trigger;
use crate::words::{QuickReply, Urn};

/// The state of a session between two sprints. Its JSON is RapidPro's; [`Session::to_stored`] is the form to
/// keep. The contact is not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub uuid: Uuid,
    #[serde(rename = "type")]
    pub kind: FlowType,
    pub created_on: Moment,
    pub trigger: Arc<Trigger>,
    pub contact_uuid: Uuid,
    /// In the order in which they began; a child comes after its parent.
    #[serde(default)]
    pub runs: Vec<Arc<Run>>,
    pub status: RunStatus,
    /// The contact's last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Arc<Input>>,
    /// How often the session was started or resumed.
    pub sprints: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<PhoneCall>,
    /// The quick replies that were last offered, with their texts in the flow's base language.
    #[serde(skip)]
    pub offered: Vec<Offered>,
    /// What the session waits for from the server.
    #[serde(skip)]
    pub(crate) asking: Option<Box<Asking>>,
    #[serde(skip)]
    pub(crate) asked: u32,
}

/// A message from the contact, as `@input` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "msg")]
pub struct Input {
    pub uuid: Uuid,
    pub created_on: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Ref>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urn: Option<Urn>,
    #[serde(default)]
    pub text: SmolStr,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub external_id: String,
}

/// A choice as it was shown, and what routers compare it with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    pub shown: QuickReply,
    /// Its text in the flow's base language, in which the router's cases are written.
    pub base: String,
}

/// Where a sprint stopped to ask the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asking {
    pub(crate) id: AskId,
    pub(crate) kind: AskKind,
    /// The index of the run among the session's.
    pub(crate) run: usize,
    /// The index of the action in its node.
    pub(crate) action: usize,
    /// Nodes visited in this sprint so far.
    pub(crate) steps: u32,
    /// How many answers this action has had (a resthook calls several subscribers).
    pub(crate) round: u32,
    /// The status of the first call of a resthook that failed, or of its last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<crate::actions::KeptReply>,
    pub(crate) pushed: Option<Pushed>,
}

/// A flow that an action has asked to enter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pushed {
    pub(crate) flow: crate::refs::FlowRef,
    pub(crate) parent: Option<usize>,
    pub(crate) terminal: bool,
}

impl Session {
    /// Whether it can still go on.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.status == RunStatus::Waiting
    }

    /// The number of the present wait.
    #[must_use]
    pub fn wait_id(&self) -> WaitId {
        WaitId(self.sprints)
    }

    /// The question that must be answered before the session can go on.
    #[must_use]
    pub fn open_ask(&self) -> Option<(AskId, &AskKind)> {
        self.asking.as_ref().map(|asking| (asking.id, &asking.kind))
    }

    /// The index of the run that waits.
    pub(crate) fn waiting_run(&self) -> Option<usize> {
        self.runs.iter().rposition(|run| run.status == RunStatus::Waiting)
    }

    /// How this session came about, for sessions that it starts.
    pub(crate) fn history_for_child(&self) -> History {
        let before = self.trigger.history.as_ref();
        let ancestors = before.map_or(0, |h| h.ancestors) + 1;
        let since = if self.input.is_some() { 0 } else { before.map_or(0, |h| h.ancestors_since_input) + 1 };
        History { parent_uuid: self.uuid, ancestors, ancestors_since_input: since }
    }

    /// Drops what is not needed to go on: the path, locals and web call of runs that are over, and answers of web
    /// calls that are too large to keep.
    pub fn compact(&mut self) {
        for run in &mut self.runs {
            if run.webhook.as_ref().is_some_and(|webhook| !webhook.is_small()) {
                Arc::make_mut(run).webhook = None;
            }
            if run.is_over() && !(run.path.is_empty() && run.locals.is_empty() && run.webhook.is_none()) {
                Arc::make_mut(run).compact();
            }
        }
    }
}
