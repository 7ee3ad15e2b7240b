//! Flow definitions (RapidPro's spec 14): read and checked once, into nodes that point at each other by index
//! and texts whose expressions are compiled.
mod flow;
mod json;
mod localization;
mod plain_json;
mod reader;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

pub use flow::{Exit, Flow, Node};
pub(crate) use json::{Arena, Json};
pub use localization::Localization;
pub(crate) use localization::Translations;
pub(crate) use reader::{MAX_RESULT_NAME_CHARS, Reader};
pub use reader::{Pointer, ResultName};

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

/// A text of a definition, its expressions compiled when they are first needed: a line holds thousands of texts, and
/// most of them are not said on most days.
#[derive(Clone)]
pub struct Text {
    pub raw: SmolStr,
    /// Whether there is no `@` in it: then it stands for itself.
    plain: bool,
    template: OnceLock<Template>,
}

impl Text {
    /// A text; a syntax error shows when it is evaluated.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        Self { raw: raw.into(), plain: !raw.contains('@'), template: OnceLock::new() }
    }

    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// What the text always gives, when it has no expression.
    pub(crate) fn fixed(&self) -> Option<&SmolStr> {
        if self.plain { Some(&self.raw) } else { self.template().fixed() }
    }

    /// The compiled form.
    #[must_use]
    pub fn template(&self) -> &Template {
        self.template.get_or_init(|| Template::compile(&self.raw, &TOP_LEVELS))
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
