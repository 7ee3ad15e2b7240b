//! Starts sessions for other people.
use uuid::Uuid;

use super::recipients::Recipients;
use super::{Act, Answered, Outcome, online};
use crate::definition::{FlowType, Reader};
use crate::engine::Turn;
use crate::events::{EventKind, Exclusions};
use crate::inspect::{Dependency, Visitor};
use crate::refs::FlowRef;
use crate::run::RunSummary;

/// The most sessions that may start each other since a person last wrote.
const MAX_ANCESTORS_SINCE_INPUT: u32 = 5;
/// The most sessions that may start each other at all.
const MAX_ANCESTORS: u32 = 100;

/// See the module.
#[derive(Debug)]
pub struct StartSession {
    recipients: Recipients,
    flow: FlowRef,
    exclusions: Exclusions,
    create_contact: bool,
}

impl Act for StartSession {
    const TYPE: &'static str = "start_session";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let recipients = Recipients::read(r);
        let flow = r.required_flow("flow");
        let in_a_flow = r.object("exclusions").is_some_and(|mut exclusions| exclusions.flag("in_a_flow"));
        Self {
            recipients,
            flow,
            exclusions: Exclusions { in_a_flow },
            create_contact: r.flag("create_contact"),
        }
    }

    fn allowed_in(kind: FlowType) -> bool {
        online(kind)
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let to = self.recipients.resolve(turn);
        if turn.engine.session.trigger.batch && to.is_open_ended() {
            turn.error("Can't start new sessions for groups or queries during batch starts");
            return Outcome::Done;
        }
        let Some(flow) = turn.engine.call.assets.flow(self.flow.uuid).cloned() else {
            let (uuid, name) = (self.flow.uuid, &self.flow.name);
            turn.log(EventKind::missing("flow", &uuid.to_string(), &format!("[uuid={uuid},name={name}]")));
            return Outcome::Done;
        };
        if to.is_empty() && !self.create_contact {
            return Outcome::Done;
        }
        let history = turn.engine.session.history_for_child();
        if history.ancestors_since_input >= MAX_ANCESTORS_SINCE_INPUT {
            turn.error("Too many sessions have been spawned since the last time input was received");
            return Outcome::Done;
        }
        if history.ancestors >= MAX_ANCESTORS {
            turn.error("Too many sessions have been spawned");
            return Outcome::Done;
        }
        let run = turn.run();
        let run_summary = RunSummary {
            uuid: run.uuid,
            flow: Some(run.flow.clone()),
            contact: Some(turn.engine.contact.clone()),
            status: Some(run.status),
            results: Some(run.results.clone()),
        };
        turn.log(EventKind::SessionTriggered {
            flow: FlowRef { revision: 0, ..flow.to_ref() },
            groups: to.groups,
            contacts: to.contacts,
            contact_query: to.query,
            exclusions: self.exclusions,
            create_contact: self.create_contact,
            urns: to.urns,
            run_summary,
            history,
        });
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        self.recipients.visit(visitor);
        if !self.recipients.legacy_vars().is_empty() {
            visitor.legacy_vars(self.recipients.legacy_vars());
        }
        visitor.dependency(Dependency::Flow(self.flow.clone()));
    }
}
