//! Labels the contact's last message.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::{Pointer, Reader};
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::{Dependency, Visitor};
use crate::refs::Ref;

/// See the module.
#[derive(Debug)]
pub struct AddInputLabels {
    labels: Vec<Pointer>,
}

impl Act for AddInputLabels {
    const TYPE: &'static str = "add_input_labels";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        if r.get("labels").is_none() {
            r.wrong("labels", "is required");
        }
        Self { labels: r.pointers("labels") }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let Some(input_uuid) = turn.engine.session.input.as_ref().map(|input| input.uuid) else {
            return Outcome::Done;
        };
        let labels: Vec<Ref> = self.labels.iter().filter_map(|label| resolve(turn, label)).collect();
        if !labels.is_empty() {
            turn.log(EventKind::InputLabelsAdded { input_uuid, labels });
        }
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        for label in &self.labels {
            match label {
                Pointer::Fixed(label) => visitor.dependency(Dependency::Label(label.clone())),
                Pointer::Named(name) => visitor.template("labels", name),
            }
        }
    }
}

fn resolve(turn: &mut Turn<'_, '_>, label: &Pointer) -> Option<Ref> {
    match label {
        Pointer::Fixed(label) => {
            let known = turn.engine.call.assets.label(label.uuid).cloned();
            if known.is_none() {
                turn.log(EventKind::missing("label", &label.uuid.to_string(), &label.to_string()));
            }
            known
        }
        Pointer::Named(name) => {
            let name = turn.eval_clean(name)?;
            let known = turn.engine.call.assets.label_by_name(&name).cloned();
            if known.is_none() {
                let text = format!("No such label with name '{name}'");
                turn.log(EventKind::coded(text, "label:missing", &[("name", &name)]));
            }
            known
        }
    }
}
