//! Flow definitions (RapidPro's spec 14): read and checked once, into nodes that point at each other by index
//! and texts whose expressions are compiled.
mod flow;
mod localization;
mod reader;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use flow::{Exit, Flow, Node};
pub use localization::Localization;
pub use reader::Pointer;
pub(crate) use reader::{MAX_RESULT_NAME_CHARS, Reader};

use crate::excellent::Template;

/// The names that expressions can begin with.
pub const TOP_LEVELS: [&str; 16] = [
    "child",
    "contact",
    "fields",
    "globals",
    "input",
    "legacy_extra",
    "locals",
    "node",
    "parent",
    "results",
    "resume",
    "run",
    "ticket",
    "trigger",
    "urns",
    "webhook",
];

/// What a flow is for; it decides which actions and waits it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowType {
    Messaging,
    /// Without waits, and so without interrupting anything.
    MessagingBackground,
    /// Filled in on a device without connection.
    MessagingOffline,
    Voice,
}

impl FlowType {
    /// As definitions write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Messaging => "messaging",
            Self::MessagingBackground => "messaging_background",
            Self::MessagingOffline => "messaging_offline",
            Self::Voice => "voice",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Messaging, Self::MessagingBackground, Self::MessagingOffline, Self::Voice]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A text of a definition with its expressions compiled.
#[derive(Clone)]
pub struct Text {
    pub raw: Arc<str>,
    template: Template,
}

impl Text {
    /// Compiles a text; a syntax error shows when it is evaluated.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        Self { raw: raw.into(), template: Template::compile(raw, &TOP_LEVELS) }
    }

    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The compiled form.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.template
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.raw)
    }
}

/// Something wrong with a definition, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The flow's name (its uuid where it has none); empty when it is not about a flow.
    pub flow: String,
    /// The node's uuid.
    pub node: Option<String>,
    /// The part of the node or of the assets, such as `actions[1]` or `router`.
    pub place: String,
    pub text: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.flow.is_empty() {
            write!(f, "flow '{}': ", self.flow)?;
        }
        if let Some(node) = &self.node {
            write!(f, "node {node}: ")?;
        }
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.text)
    }
}
