//! Prefers a channel for the contact, or none.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::Reader;
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::{Dependency, Visitor};
use crate::modifiers::Modifier;
use crate::refs::Ref;

/// See the module.
#[derive(Debug)]
pub struct SetContactChannel {
    channel: Option<Ref>,
}

impl Act for SetContactChannel {
    const TYPE: &'static str = "set_contact_channel";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { channel: r.optional_ref("channel") }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        if let Some(channel) = &self.channel
            && turn.engine.call.assets.channel(channel.uuid).is_none()
        {
            turn.log(EventKind::missing("channel", &channel.uuid.to_string(), &channel.to_string()));
            return Outcome::Done;
        }
        turn.modify(&Modifier::Channel { channel: self.channel.clone() });
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        if let Some(channel) = &self.channel {
            visitor.dependency(Dependency::Channel(channel.clone()));
        }
    }
}
