//! Sets the contact's status.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::contact::ContactStatus;
use crate::definition::Reader;
use crate::engine::Turn;
use crate::modifiers::Modifier;

/// See the module.
#[derive(Debug)]
pub struct SetContactStatus {
    status: ContactStatus,
}

impl Act for SetContactStatus {
    const TYPE: &'static str = "set_contact_status";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let name = r.required("status");
        let known =
            [ContactStatus::Active, ContactStatus::Blocked, ContactStatus::Stopped, ContactStatus::Archived];
        let status = known.into_iter().find(|status| status.as_str() == name);
        if status.is_none() && !name.is_empty() {
            r.wrong("status", "is not a valid contact status");
        }
        Self { status: status.unwrap_or_default() }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        turn.modify(&Modifier::Status { status: self.status });
        Outcome::Done
    }
}
