//! A classifier of old; nothing is called any more.
use smol_str::SmolStr;
use uuid::Uuid;

use super::{Act, Answered, Outcome, online};
use crate::definition::{FlowType, Reader, ResultName, Text};
use crate::engine::{NewResult, Turn};
use crate::events::EventKind;
use crate::inspect::Visitor;

/// See the module.
#[derive(Debug)]
pub struct CallClassifier {
    input: Text,
    result_name: ResultName,
}

impl Act for CallClassifier {
    const TYPE: &'static str = "call_classifier";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { input: Text::new(r.required("input")), result_name: r.result_name(false) }
    }

    fn allowed_in(kind: FlowType) -> bool {
        online(kind)
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let text = "NLU classifiers are no longer supported".to_owned();
        turn.log(EventKind::Warning { text, code: String::new() });
        if !self.result_name.is_empty() {
            turn.save_result(NewResult {
                name: &self.result_name,
                value: "0".into(),
                category: "Failure".into(),
                category_localized: SmolStr::default(),
                input: SmolStr::default(),
                extra: None,
            });
        }
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.template("input", &self.input);
        if !self.result_name.is_empty() {
            visitor.result(
                &self.result_name.name,
                ["Success", "Skipped", "Failure"].map(str::to_owned).to_vec(),
            );
        }
    }
}
