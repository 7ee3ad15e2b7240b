//! What open consoles and chat pages are told: rows in `live_event`, ids only, so that a stream can resume
//! after a lost connection and across processes.
use uuid::Uuid;

use crate::app::App;
use crate::args;
use crate::store::{Result, Sql, StoreError, Ts, Tx};

/// Events older than this are removed; a stream that wants to resume from before gets `reset`.
pub const KEPT_SECONDS: i64 = 3_600;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveKind {
    /// A conversation's row changed (`ref_id` = the conversation).
    Conversation,
    /// A message, note or event was added (`ref_id` = its id).
    Entry,
    /// A message's status changed (`ref_id` = the message).
    Status,
    /// A conversation that all staff of the line saw is for protection focal points only from now on.
    Hidden,
    /// A conversation that all staff of the line saw was erased with its person.
    Removed,
    /// A restricted conversation was erased with its person.
    RemovedRestricted,
}

impl LiveKind {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Entry => "entry",
            Self::Status => "status",
            Self::Hidden => "hidden",
            Self::Removed => "removed",
            Self::RemovedRestricted => "removed_restricted",
        }
    }

    /// # Errors
    /// When the text is none of a kind.
    pub fn from_text(text: &str) -> Result<Self> {
        const ALL: [LiveKind; 6] = [
            LiveKind::Conversation,
            LiveKind::Entry,
            LiveKind::Status,
            LiveKind::Hidden,
            LiveKind::Removed,
            LiveKind::RemovedRestricted,
        ];
        let found = ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| StoreError::Shape("live_event.kind is unknown".into()))
    }
}

const INSERT: Sql = crate::sql!(
    "INSERT INTO live_event (id, line_id, at, kind, conversation_id, ref_id) VALUES ($1, $2, $3, $4, $5, $6)"
);

/// Records that something happened in a conversation; call `app.signals.touch_live()` after the commit.
///
/// # Errors
/// When the store refuses.
pub fn record(
    tx: &mut Tx<'_>,
    app: &App,
    line_id: Uuid,
    kind: LiveKind,
    conversation_id: Uuid,
    ref_id: Uuid,
    now: Ts,
) -> Result<()> {
    tx.later(INSERT, args![app.id(), line_id, now, kind.as_str(), conversation_id, ref_id])
}
