//! Saved conversations: what a person says to a flow and what she is expected to see, as a file that an author keeps
//! beside the flow. They run on the real engine, with a clock and ids of their own, so that the same file always gives
//! the same outcome.
//!
//! ```json
//! {"name": "Somebody asks for shelter", "flow": "Shelter",
//!  "contact": {"name": "Amina", "language": "spa", "urns": ["tel:+593991234567"]},
//!  "steps": [
//!    {"expects": ["¿Necesita refugio?"]},
//!    {"says": "sí"},
//!    {"expects": ["Gracias, Amina."], "results": {"shelter": "Yes"}, "ended": true}]}
//! ```
mod play;
mod script;
pub mod stage;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use play::{Mismatch, play, play_on};
pub use script::ScriptSource;

use crate::moment::Moment;

/// The most steps of a saved conversation.
const MAX_STEPS: usize = 1000;

/// A saved conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedConversation {
    pub name: String,
    /// The name or uuid of the flow that she is started in.
    pub flow: String,
    /// RapidPro's form of a contact; `uuid`, `status` and `created_on` may be left out.
    #[serde(default)]
    pub contact: Json,
    /// RapidPro's form of an environment; what is absent has its default, and the languages are the flow's.
    #[serde(default)]
    pub environment: Option<Json>,
    /// The message that starts the flow; absent: it is started without one.
    #[serde(default)]
    pub starts_with: Option<String>,
    /// When it begins; later steps follow at once, except where one waits.
    #[serde(default)]
    pub begins_on: Option<Moment>,
    /// Values of globals that the host brings along.
    #[serde(default)]
    pub globals: BTreeMap<String, String>,
    /// What calls to the outside come to, in the order in which the flow makes them; calls beyond these fail.
    #[serde(default)]
    pub answers: Vec<SavedAnswer>,
    pub steps: Vec<Step>,
}

/// One thing that happens, or that is expected. Several of one step are taken in this order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// She writes this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// She taps the quick reply of this text or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taps: Option<String>,
    /// She sends files, `content_type:url` each, with what she says or alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sends: Vec<String>,
    /// She says nothing until the wait times out or expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_until: Option<Silence>,
    /// The messages since she was last heard, all and in order. A message that begins or ends with `…` is compared by
    /// what stands before or behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expects: Option<Vec<ExpectedMessage>>,
    /// Results by key, with the category (or, where it has none, the value) that they have now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub results: BTreeMap<String, String>,
    /// The contact's fields by key, with their text; an empty text stands for none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// The names of the groups that she is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Whether the session is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<bool>,
}

/// Which end a wait comes to without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    Timeout,
    Expiration,
}

/// A message that she should see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ExpectedMessage {
    Text(String),
    Full {
        text: String,
        /// The texts of the quick replies.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quick_replies: Option<Vec<String>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attachments: Option<Vec<String>>,
    },
}

/// What a call to the outside comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SavedAnswer {
    /// A web call is answered with a status and a body: a text, or JSON.
    Webhook { status: u16, body: Json },
    /// A language model says this.
    Llm(String),
    /// An e-mail is sent.
    Email,
    /// Airtime is sent.
    Airtime,
    /// The call fails, for this reason.
    Fails(String),
}

/// Why a saved conversation cannot be played at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedError {
    #[error("there is no flow '{0}'")]
    NoFlow(String),
    #[error("contact: {0}")]
    Contact(String),
    #[error("environment: {0}")]
    Environment(String),
    #[error("there are more than {MAX_STEPS} steps")]
    TooLong,
}
