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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LUCIA: Uuid = Uuid::from_u128(1);
    const DIEGO: Uuid = Uuid::from_u128(2);

    #[derive(Debug, Clone)]
    enum Move {
        Arrives,
        Take(Uuid),
        Assign(Option<Uuid>),
        Reply(Uuid),
        Close(Uuid),
        Reopen(Uuid),
        Snooze(Option<i64>),
        Wake,
        Release,
    }

    fn moves() -> impl Strategy<Value = Vec<(Move, i64)>> {
        let staff = || prop_oneof![Just(LUCIA), Just(DIEGO)];
        let one = prop_oneof![
            Just(Move::Arrives),
            staff().prop_map(Move::Take),
            proptest::option::of(staff()).prop_map(Move::Assign),
            staff().prop_map(Move::Reply),
            staff().prop_map(Move::Close),
            staff().prop_map(Move::Reopen),
            proptest::option::of(0..60_i64).prop_map(Move::Snooze),
            Just(Move::Wake),
            Just(Move::Release),
        ];
        proptest::collection::vec((one, 0..20_i64), 1..60)
    }

    fn apply(state: State, step: &Move, now: Ts) -> Result<State, Refused> {
        match step {
            Move::Arrives => Ok(state.message_arrived(now)),
            Move::Take(by) => state.take(*by),
            Move::Assign(to) => state.assign(*to, now),
            Move::Reply(by) => state.replied(*by),
            Move::Close(by) => state.close(Some(*by), now),
            Move::Reopen(by) => state.reopen(*by, now),
            Move::Snooze(until) => state.snooze(until.map(|seconds| now.plus_seconds(seconds))),
            Move::Wake => Ok(state.wake(now).unwrap_or(state)),
            Move::Release => Ok(state.released(now)),
        }
    }

    fn holds(
        before: State,
        step: &Move,
        outcome: Result<State, Refused>,
        now: Ts,
    ) -> Result<(), TestCaseError> {
        let after = match outcome {
            Ok(after) => after,
            Err(Refused::IsClosed) => {
                prop_assert!(before.is_closed());
                return Ok(());
            }
            Err(Refused::IsOpen) => {
                let is_open = matches!(before, State::Waiting { .. } | State::Assigned { .. });
                prop_assert!(is_open);
                return Ok(());
            }
            Err(Refused::TakenByOther) => {
                prop_assert!(before.assignee().is_some());
                return Ok(());
            }
        };
        // What is written can be read again.
        prop_assert_eq!(State::from_columns(after.columns()).unwrap(), after);
        // Only a close closes, and only a reopening or the person herself opens again.
        prop_assert!(!after.is_closed() || before.is_closed() || matches!(step, Move::Close(_)));
        prop_assert!(
            after.is_closed() || !before.is_closed() || matches!(step, Move::Reopen(_) | Move::Arrives)
        );
        match step {
            Move::Arrives => prop_assert!(after.waiting_since().is_some_and(|since| since <= now)),
            Move::Reply(by) => {
                prop_assert_eq!(after, State::Assigned { to: *by, waiting_since: None });
            }
            Move::Take(by) => prop_assert_eq!(after.assignee(), Some(*by)),
            Move::Assign(to) => prop_assert_eq!(after.assignee(), *to),
            Move::Release => prop_assert_eq!(after.assignee(), None),
            Move::Close(by) => {
                // Taking it back at once gives what was there; of a snooze, its waking.
                let back = after.reopen(*by, now).unwrap();
                prop_assert_eq!(back.assignee(), before.assignee());
                if !matches!(before, State::Snoozed { .. }) {
                    prop_assert_eq!(back, before);
                }
            }
            Move::Snooze(_) if !matches!(before, State::Snoozed { .. }) => {
                prop_assert_eq!(after.waiting_since(), None);
                prop_assert_eq!(after.reopen(LUCIA, now).unwrap(), before);
            }
            Move::Snooze(_) | Move::Reopen(_) | Move::Wake => {}
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn whatever_staff_and_person_do_a_conversation_is_in_one_place(steps in moves()) {
            let mut now = Ts(1_000_000_000);
            let mut state = State::Waiting { since: now };
            for (step, seconds) in steps {
                now = now.plus_seconds(seconds);
                let outcome = apply(state, &step, now);
                holds(state, &step, outcome, now)?;
                state = outcome.unwrap_or(state);
            }
        }
    }

    #[test]
    fn columns_that_contradict_each_other_are_not_read() {
        let good = State::Assigned { to: LUCIA, waiting_since: None }.columns();
        for wrong in [
            Columns { assignee: None, ..good },
            Columns { state: 0, ..good },
            Columns { state: 3, ..good },
            Columns { state: 4, ..good },
        ] {
            assert!(State::from_columns(wrong).is_err(), "{wrong:?}");
        }
    }
}
