//! What a node waits for before it goes on.
use serde::Deserialize;
use uuid::Uuid;

use crate::definition::{FlowType, Reader, Text};
use crate::events::Hint;
use crate::inspect::Visitor;

/// Seconds that a dialled number may ring, where the definition says nothing.
const DEFAULT_DIAL_LIMIT_SECONDS: u32 = 60;
/// Seconds that a dialled call may last, where the definition says nothing.
const DEFAULT_CALL_LIMIT_SECONDS: u32 = 7200;

/// What is waited for.
#[derive(Debug)]
pub enum Wait {
    /// The contact's next message.
    Msg { timeout: Option<Timeout>, hint: Option<Hint> },
    /// The end of a call that is put through to somebody else.
    Dial { phone: Text, dial_limit_seconds: u32, call_limit_seconds: u32 },
}

/// How long to wait, and what to do then.
#[derive(Debug)]
pub struct Timeout {
    pub seconds: u32,
    pub category: usize,
}

impl Wait {
    /// Gives the wait, and a problem that shows only when the whole node is checked.
    pub(crate) fn read(
        r: &mut Reader<'_, '_>,
        known: &dyn Fn(Uuid) -> Option<usize>,
    ) -> (Option<Self>, Option<String>) {
        match r.required("type") {
            "msg" => {
                let mut late = None;
                let timeout = r.object("timeout").and_then(|mut t| {
                    let seconds = t.number("seconds").and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
                    if seconds == 0 {
                        t.wrong("seconds", "is required");
                    }
                    let category = t.required_uuid("category_uuid");
                    let at = known(category);
                    if at.is_none() {
                        late = Some(format!("timeout category {category} is not a valid category"));
                    }
                    Some(Timeout { seconds, category: at? })
                });
                let hint = r.get("hint").and_then(|hint| Hint::deserialize(hint).ok());
                (Some(Self::Msg { timeout, hint }), late)
            }
            "dial" => {
                let phone = Text::new(r.required("phone"));
                let mut limit = |key: &str, otherwise: u32| {
                    r.number(key).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(otherwise)
                };
                let dial_limit_seconds = limit("dial_limit_seconds", DEFAULT_DIAL_LIMIT_SECONDS);
                let call_limit_seconds = limit("call_limit_seconds", DEFAULT_CALL_LIMIT_SECONDS);
                (Some(Self::Dial { phone, dial_limit_seconds, call_limit_seconds }), None)
            }
            "" => (None, None),
            other => {
                r.complain(format!("unknown type: '{other}'"));
                (None, None)
            }
        }
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Msg { .. } => "msg",
            Self::Dial { .. } => "dial",
        }
    }

    pub(crate) fn allowed_in(&self, kind: FlowType) -> bool {
        match self {
            Self::Msg { .. } => kind != FlowType::MessagingBackground,
            Self::Dial { .. } => kind == FlowType::Voice,
        }
    }

    pub(crate) fn visit(&self, visitor: &mut dyn Visitor) {
        if let Self::Dial { phone, .. } = self {
            visitor.template("wait.phone", phone);
        }
    }
}
