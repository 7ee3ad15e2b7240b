//! Sets the contact's time zone.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::{Reader, Text};
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::Visitor;
use crate::modifiers::Modifier;

/// See the module.
#[derive(Debug)]
pub struct SetContactTimezone {
    timezone: Text,
}

impl Act for SetContactTimezone {
    const TYPE: &'static str = "set_contact_timezone";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { timezone: r.template("timezone") }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let Some(timezone) = turn.eval_clean(&self.timezone) else { return Outcome::Done };
        let timezone = timezone.trim();
        if !timezone.is_empty() && crate::text::zone(timezone).is_err() {
            let text = format!("Unrecognized timezone: '{timezone}'");
            turn.log(EventKind::coded(text, "timezone:invalid", &[("timezone", timezone)]));
            return Outcome::Done;
        }
        turn.modify(&Modifier::Timezone { timezone: Some(timezone.to_owned()) });
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.template("timezone", &self.timezone);
    }
}
