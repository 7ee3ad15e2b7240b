//! Opens a ticket for the line's staff.
use uuid::Uuid;

use super::{Act, Answered, Outcome, online};
use crate::definition::{FlowType, Pointer, Reader, Text};
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::{Dependency, Visitor};
use crate::modifiers::open_ticket;
use crate::refs::Ref;

/// Where the new ticket's id is kept; empty when none was opened.
const LOCAL: &str = "_new_ticket";

/// See the module.
#[derive(Debug)]
pub struct OpenTicket {
    topic: Option<Ref>,
    assignee: Option<Pointer>,
    note: Text,
}

impl Act for OpenTicket {
    const TYPE: &'static str = "open_ticket";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let topic = r.optional_ref("topic");
        let assignee = r.object("assignee").map(|mut user| {
            let named =
                ["email_match", "email"].iter().map(|key| user.text(key)).find(|text| !text.is_empty());
            match named {
                Some(email) if user.get("uuid").is_none() => Pointer::Named(Text::new(email)),
                _ => Pointer::Fixed(user.reference()),
            }
        });
        Self { topic, assignee, note: r.template("note") }
    }

    fn allowed_in(kind: FlowType) -> bool {
        online(kind)
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let opened = self.open(turn).map(|uuid| uuid.to_string()).unwrap_or_default();
        turn.set_local(LOCAL, opened);
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        if let Some(topic) = &self.topic {
            visitor.dependency(Dependency::Topic(topic.clone()));
        }
        match &self.assignee {
            Some(Pointer::Fixed(user)) => visitor.dependency(Dependency::User(user.clone())),
            Some(Pointer::Named(email)) => visitor.template("assignee", email),
            None => {}
        }
        visitor.template("note", &self.note);
        visitor.local(LOCAL);
    }
}

impl OpenTicket {
    fn open(&self, turn: &mut Turn<'_, '_>) -> Option<Uuid> {
        if turn.engine.session.trigger.batch {
            turn.error("Can't open tickets during batch starts");
            return None;
        }
        let assets = turn.engine.call.assets;
        let topic = match &self.topic {
            None => assets.default_topic().cloned(),
            Some(wanted) => {
                let known = assets.topic(wanted.uuid).cloned();
                if known.is_none() {
                    turn.log(EventKind::missing("topic", &wanted.uuid.to_string(), &wanted.to_string()));
                    return None;
                }
                known
            }
        };
        let assignee = self.assignee(turn);
        let note = turn.eval(&self.note);
        turn.change(|change| open_ticket(change, topic.as_ref(), assignee.as_ref(), note.trim()))
    }

    fn assignee(&self, turn: &mut Turn<'_, '_>) -> Option<Ref> {
        let assets = turn.engine.call.assets;
        match self.assignee.as_ref()? {
            Pointer::Fixed(wanted) => {
                let known = assets.user(wanted.uuid).map(crate::assets::User::to_ref);
                if known.is_none() {
                    turn.log(EventKind::missing("user", &wanted.uuid.to_string(), &wanted.to_string()));
                }
                known
            }
            Pointer::Named(email) => {
                let email = turn.eval_clean(email)?;
                let known = assets.user_by_email(&email).map(crate::assets::User::to_ref);
                if known.is_none() {
                    turn.error(format!("No such user with email '{email}'"));
                }
                known
            }
        }
    }
}
