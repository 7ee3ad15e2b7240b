//! One pass through one flow: where it has been, what it has learnt.
mod results;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use smol_str::SmolStr;
use uuid::Uuid;

pub use results::RunResults;

use crate::contact::Contact;
use crate::moment::Moment;
use crate::refs::FlowRef;

/// The largest answer of a web call that is kept beyond a wait, in bytes of JSON.
const MAX_KEPT_WEBHOOK_BYTES: usize = 10_000;

/// How far a run (or a session) has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    Active,
    Waiting,
    Completed,
    Failed,
    Expired,
    Interrupted,
}

impl RunStatus {
    /// As expressions see it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Interrupted => "interrupted",
        }
    }
}

/// One pass through a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub uuid: Uuid,
    pub flow: FlowRef,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<Step>,
    #[serde(default, skip_serializing_if = "RunResults::is_empty")]
    pub results: RunResults,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locals: BTreeMap<String, String>,
    pub status: RunStatus,
    #[serde(default, skip_serializing_if = "crate::refs::is_false")]
    pub had_input: bool,
    /// The last web call of this run, for `@webhook`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Arc<RunWebhook>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_uuid: Option<Uuid>,
    pub created_on: Moment,
    pub modified_on: Moment,
    pub exited_on: Option<Moment>,
}

impl Run {
    /// Whether the run is over, however it ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.status, RunStatus::Active | RunStatus::Waiting)
    }

    /// Forgets what nobody needs of a run that is over, so that sessions stay small.
    pub(crate) fn compact(&mut self) {
        if self.is_over() {
            self.path = Vec::new();
            self.locals = BTreeMap::new();
            self.webhook = None;
        }
    }
}

/// A visit to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub node_uuid: Uuid,
    pub arrived_on: Moment,
}

/// Something that a run has learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    #[serde(default)]
    pub name: SmolStr,
    pub value: SmolStr,
    /// In the flow's base language.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub category: SmolStr,
    /// In the contact's language when the result was saved; absent when it is the same.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub category_localized: SmolStr,
    #[serde(default)]
    pub node_uuid: Uuid,
    /// What the router looked at.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub input: SmolStr,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Json>,
    pub created_on: Moment,
}

/// What `@webhook` shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunWebhook {
    pub method: String,
    pub url: String,
    /// 0 when there was no response.
    pub status: u16,
    pub headers: Option<BTreeMap<String, String>>,
    pub json: Option<Json>,
}

impl RunWebhook {
    /// Whether its answer may be kept beyond a wait.
    pub(crate) fn is_small(&self) -> bool {
        self.json.as_ref().is_none_or(|json| json.to_string().len() <= MAX_KEPT_WEBHOOK_BYTES)
    }
}

/// A run as another session sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    pub uuid: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowRef>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Arc<Contact>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<RunResults>,
}
