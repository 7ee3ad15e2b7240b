//! Enters another flow; this node's other actions still run first.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::{FlowType, Reader};
use crate::engine::Turn;
use crate::inspect::{Dependency, Visitor};
use crate::refs::FlowRef;

/// See the module.
#[derive(Debug)]
pub struct EnterFlow {
    flow: FlowRef,
    /// Whether this run, and those above it, end with the entry.
    terminal: bool,
}

impl Act for EnterFlow {
    const TYPE: &'static str = "enter_flow";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { flow: r.required_flow("flow"), terminal: r.flag("terminal") }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let Some(flow) = turn.engine.call.assets.flow(self.flow.uuid).cloned() else {
            turn.fail(format!("Unable to find flow '{}'", self.flow.name));
            return Outcome::Done;
        };
        if !may_enter(turn.flow.kind, flow.kind) {
            let (uuid, name) = (flow.uuid, &flow.name);
            let (kind, from) = (flow.kind.as_str(), turn.flow.kind.as_str());
            turn.fail(format!("Can't enter flow[uuid={uuid},name={name}] of type {kind} from type {from}"));
            return Outcome::Done;
        }
        turn.push_flow(flow.to_ref(), self.terminal);
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.dependency(Dependency::Flow(self.flow.clone()));
    }
}

/// Only a flow of the same type can be entered, or one that waits for nothing.
fn may_enter(from: FlowType, to: FlowType) -> bool {
    from == to || to == FlowType::MessagingBackground
}
