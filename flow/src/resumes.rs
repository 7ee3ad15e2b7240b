//! What a waiting session can be woken with. Control (timeouts, expirations, answers to [`crate::Ask`]) and
//! input are different types: nothing that a person types can be taken for a control signal.
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::asks::{AskAnswer, AskId};
use crate::events::{Dial, Event, EventKind, MsgIn};
use crate::moment::Moment;

/// Counts the waits of a session: a timer carries the number of the wait it was set for, and does nothing when
/// the session has moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct WaitId(pub u32);

/// What wakes a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Resume {
    /// The contact wrote.
    Msg { uuid: Uuid, received_on: Moment, msg: MsgIn },
    /// She did not answer in time.
    Timeout(WaitId),
    /// She did not answer for so long that the run ends.
    Expiration(WaitId),
    /// A dialled leg of the call ended.
    Dial(Dial),
    /// What the session asked the server for is done.
    Answer(AskId, AskAnswer),
}

impl Resume {
    /// The name that expressions and refusals use.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Msg { .. } => "msg",
            Self::Timeout(_) => "wait_timeout",
            Self::Expiration(_) => "wait_expiration",
            Self::Dial(_) => "dial",
            Self::Answer(..) => "answer",
        }
    }

    /// Reads a resume from RapidPro's JSON, for the wait numbered `wait`.
    ///
    /// # Errors
    /// When the JSON is no resume.
    pub fn read(json: &Json, wait: WaitId) -> Result<Self, String> {
        let event: Event = serde_json::from_value(json.get("event").cloned().unwrap_or_default())
            .map_err(|e| e.to_string())?;
        match (json.get("type").and_then(Json::as_str).unwrap_or(""), event.kind) {
            ("msg", EventKind::MsgReceived { msg, .. }) => {
                Ok(Self::Msg { uuid: event.uuid, received_on: event.created_on, msg })
            }
            ("wait_timeout", EventKind::WaitTimedOut {}) => Ok(Self::Timeout(wait)),
            ("wait_expiration", EventKind::WaitExpired {}) => Ok(Self::Expiration(wait)),
            ("dial", EventKind::DialEnded { dial }) => Ok(Self::Dial(dial)),
            (kind, _) => Err(format!("resume of type '{kind}' does not fit its event")),
        }
    }
}
