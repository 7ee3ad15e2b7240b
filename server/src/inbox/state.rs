//! Where a conversation stands, and the moves between the places.
use uuid::Uuid;

use crate::store::{Result, StoreError, Ts};

/// For how long a close can be taken back; the bot's satisfaction question goes out only after it.
pub const UNDO_SECONDS: i64 = 10;

/// Where a conversation stands. `waiting_since` is since when the person has had no answer; it survives a
/// snooze and a close, so that undoing either loses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has it.
    Waiting {
        since: Ts,
    },
    Assigned {
        to: Uuid,
        waiting_since: Option<Ts>,
    },
    /// Out of sight until `until`, or until the person writes when there is no time.
    Snoozed {
        to: Option<Uuid>,
        until: Option<Ts>,
        waiting_since: Option<Ts>,
    },
    /// `was` had it last.
    Closed {
        at: Ts,
        by: Option<Uuid>,
        was: Option<Uuid>,
        waiting_since: Option<Ts>,
    },
}

/// A move that a state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It must be open for this.
    IsClosed,
    /// It must be closed or snoozed for this.
    IsOpen,
    /// Somebody else has it.
    TakenByOther,
}

/// A state as its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    pub state: i64,
    pub assignee: Option<Uuid>,
    pub waiting_since: Option<Ts>,
    pub snoozed_until: Option<Ts>,
    pub closed_at: Option<Ts>,
    pub closed_by: Option<Uuid>,
}

impl State {
    /// Reads the columns.
    ///
    /// # Errors
    /// When they contradict each other.
    pub fn from_columns(c: Columns) -> Result<Self> {
        let wrong = || StoreError::Shape(format!("a conversation's columns contradict state {}", c.state));
        Ok(match c.state {
            0 if c.assignee.is_none() => Self::Waiting { since: c.waiting_since.ok_or_else(wrong)? },
            1 => Self::Assigned { to: c.assignee.ok_or_else(wrong)?, waiting_since: c.waiting_since },
            2 => Self::Snoozed { to: c.assignee, until: c.snoozed_until, waiting_since: c.waiting_since },
            3 => Self::Closed {
                at: c.closed_at.ok_or_else(wrong)?,
                by: c.closed_by,
                was: c.assignee,
                waiting_since: c.waiting_since,
            },
            _ => return Err(wrong()),
        })
    }

    /// The columns to write.
    #[must_use]
    pub fn columns(self) -> Columns {
        let empty = Columns {
            state: self.code(),
            assignee: None,
            waiting_since: None,
            snoozed_until: None,
            closed_at: None,
            closed_by: None,
        };
        match self {
            Self::Waiting { since } => Columns { waiting_since: Some(since), ..empty },
            Self::Assigned { to, waiting_since } => Columns { assignee: Some(to), waiting_since, ..empty },
            Self::Snoozed { to, until, waiting_since } => {
                Columns { assignee: to, snoozed_until: until, waiting_since, ..empty }
            }
            Self::Closed { at, by, was, waiting_since } => {
                Columns { assignee: was, closed_at: Some(at), closed_by: by, waiting_since, ..empty }
            }
        }
    }

    /// As stored.
    #[must_use]
    pub fn code(self) -> i64 {
        match self {
            Self::Waiting { .. } => 0,
            Self::Assigned { .. } => 1,
            Self::Snoozed { .. } => 2,
            Self::Closed { .. } => 3,
        }
    }

    /// Whether the matter is over.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Closed { .. })
    }

    /// Who has it, or had it when it was closed.
    #[must_use]
    pub fn assignee(self) -> Option<Uuid> {
        match self {
            Self::Waiting { .. } => None,
            Self::Assigned { to, .. } => Some(to),
            Self::Snoozed { to, .. } => to,
            Self::Closed { was, .. } => was,
        }
    }

    /// Since when the person has been waiting for staff, as the queue shows it: never while out of sight.
    #[must_use]
    pub fn waiting_since(self) -> Option<Ts> {
        match self {
            Self::Waiting { since } => Some(since),
            Self::Assigned { waiting_since, .. } => waiting_since,
            Self::Snoozed { .. } | Self::Closed { .. } => None,
        }
    }

    fn kept_wait(self) -> Option<Ts> {
        self.columns().waiting_since
    }

    fn with(assignee: Option<Uuid>, waiting_since: Option<Ts>, now: Ts) -> Self {
        match assignee {
            Some(to) => Self::Assigned { to, waiting_since },
            None => Self::Waiting { since: waiting_since.unwrap_or(now) },
        }
    }

    /// The person wrote: she waits from now on, unless she has been waiting already. Wakes a snoozed one; a
    /// closed one is open again.
    #[must_use]
    pub fn message_arrived(self, now: Ts) -> Self {
        match self {
            Self::Closed { .. } => Self::Waiting { since: now },
            other => Self::with(other.assignee(), Some(other.kept_wait().unwrap_or(now)), now),
        }
    }

    /// `by` has it from now on, whoever had it before.
    ///
    /// # Errors
    /// When it is closed.
    pub fn take(self, by: Uuid) -> Result<Self, Refused> {
        if self.is_closed() {
            return Err(Refused::IsClosed);
        }
        Ok(Self::Assigned { to: by, waiting_since: self.kept_wait() })
    }

    /// `to` has it from now on; nobody when `None`.
    ///
    /// # Errors
    /// When it is closed.
    pub fn assign(self, to: Option<Uuid>, now: Ts) -> Result<Self, Refused> {
        if self.is_closed() {
            return Err(Refused::IsClosed);
        }
        Ok(Self::with(to, self.kept_wait(), now))
    }

    /// `by` answered: the person waits no more, and `by` has it when nobody did.
    ///
    /// # Errors
    /// When it is closed, or somebody else has it.
    pub fn replied(self, by: Uuid) -> Result<Self, Refused> {
        match self {
            Self::Closed { .. } => Err(Refused::IsClosed),
            _ if self.assignee().is_some_and(|to| to != by) => Err(Refused::TakenByOther),
            _ => Ok(Self::Assigned { to: by, waiting_since: None }),
        }
    }

    /// The matter is over.
    ///
    /// # Errors
    /// When it is closed already.
    pub fn close(self, by: Option<Uuid>, now: Ts) -> Result<Self, Refused> {
        if self.is_closed() {
            return Err(Refused::IsClosed);
        }
        Ok(Self::Closed { at: now, by, was: self.assignee(), waiting_since: self.kept_wait() })
    }

    /// Takes a close or a snooze back: to whoever had it. A close that is older than [`UNDO_SECONDS`] is a new
    /// matter, which `by` has.
    ///
    /// # Errors
    /// When it is neither closed nor snoozed.
    pub fn reopen(self, by: Uuid, now: Ts) -> Result<Self, Refused> {
        match self {
            Self::Closed { at, was, waiting_since, .. } if now <= at.plus_seconds(UNDO_SECONDS) => {
                Ok(Self::with(was, waiting_since, now))
            }
            Self::Closed { .. } => Ok(Self::Assigned { to: by, waiting_since: None }),
            Self::Snoozed { to, waiting_since, .. } => Ok(Self::with(to, waiting_since, now)),
            Self::Waiting { .. } | Self::Assigned { .. } => Err(Refused::IsOpen),
        }
    }

    /// Out of sight until a time, or until the person writes.
    ///
    /// # Errors
    /// When it is closed.
    pub fn snooze(self, until: Option<Ts>) -> Result<Self, Refused> {
        if self.is_closed() {
            return Err(Refused::IsClosed);
        }
        Ok(Self::Snoozed { to: self.assignee(), until, waiting_since: self.kept_wait() })
    }

    /// A snooze whose time has come; `None` when there is nothing to wake.
    #[must_use]
    pub fn wake(self, now: Ts) -> Option<Self> {
        match self {
            Self::Snoozed { to, until: Some(until), waiting_since } if until <= now => {
                Some(Self::with(to, Some(waiting_since.unwrap_or(now)), now))
            }
            _ => None,
        }
    }

    /// Nobody has it any more; what is closed stays closed.
    #[must_use]
    pub fn released(self, now: Ts) -> Self {
        match self {
            Self::Closed { at, by, waiting_since, .. } => Self::Closed { at, by, was: None, waiting_since },
            other => Self::with(None, other.kept_wait(), now),
        }
    }
}
