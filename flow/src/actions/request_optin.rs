//! Asks for consent in the way of a provider that no longer offers it.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::Reader;
use crate::engine::Turn;
use crate::events::EventKind;

/// See the module.
#[derive(Debug)]
pub struct RequestOptin;

impl Act for RequestOptin {
    const TYPE: &'static str = "request_optin";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        r.required_ref("optin");
        Self
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        turn.log(EventKind::coded("opt-in requests are no longer supported", "action:unsupported", &[]));
        Outcome::Done
    }
}
