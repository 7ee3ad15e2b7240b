//! Puts a text to a language model and keeps what it says in a local.
use uuid::Uuid;

use super::{Act, Answered, Outcome, online};
use crate::asks::{AskAnswer, AskKind};
use crate::definition::{FlowType, Reader, Text};
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::{Dependency, Visitor};
use crate::refs::Ref;

/// What the local holds when there is no output.
const ERROR_OUTPUT: &str = "<ERROR>";
/// The longest instructions, in characters.
const MAX_INSTRUCTIONS_CHARS: usize = 10_000;

/// See the module.
#[derive(Debug)]
pub struct CallLlm {
    llm: Ref,
    instructions: Text,
    input: Text,
    output_local: String,
}

impl Act for CallLlm {
    const TYPE: &'static str = "call_llm";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let llm = r.required_ref("llm");
        let instructions = r.required("instructions");
        r.at_most("instructions", instructions, MAX_INSTRUCTIONS_CHARS);
        let input = r.template("input");
        let output_local = r.required("output_local").to_owned();
        if !output_local.is_empty() && !super::set_run_local::is_local_name(&output_local) {
            r.wrong("output_local", "is not a valid local variable name");
        }
        Self { llm, instructions: Text::new(instructions), input, output_local }
    }

    fn allowed_in(kind: FlowType) -> bool {
        online(kind)
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, answered: Option<Answered>) -> Outcome {
        if let Some(Answered {
            kind: AskKind::Llm { llm, instructions, input },
            answer: AskAnswer::Llm(reply),
            ..
        }) = answered
        {
            let output = match reply {
                Ok(reply) => {
                    turn.log(EventKind::LlmCalled {
                        llm,
                        instructions,
                        input,
                        output: reply.output.clone(),
                        tokens: reply.tokens,
                        elapsed_ms: reply.elapsed_ms,
                    });
                    reply.output
                }
                Err(text) => {
                    turn.error(text);
                    ERROR_OUTPUT.to_owned()
                }
            };
            turn.set_local(&self.output_local, output);
            return Outcome::Done;
        }
        // evaluated before the model is looked up, so that authors see all mistakes at once
        let instructions = turn.eval_clean(&self.instructions);
        let input = turn.eval_clean(&self.input);
        let Some(llm) = turn.engine.call.assets.llm(self.llm.uuid).cloned() else {
            turn.log(EventKind::missing("llm", &self.llm.uuid.to_string(), &self.llm.to_string()));
            turn.set_local(&self.output_local, ERROR_OUTPUT.to_owned());
            return Outcome::Done;
        };
        match (instructions, input) {
            (Some(instructions), Some(input)) => {
                let (instructions, input) = (instructions.into(), input.into());
                Outcome::Ask(AskKind::Llm { llm, instructions, input }, None)
            }
            _ => {
                turn.set_local(&self.output_local, ERROR_OUTPUT.to_owned());
                Outcome::Done
            }
        }
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.dependency(Dependency::Llm(self.llm.clone()));
        visitor.template("instructions", &self.instructions);
        visitor.template("input", &self.input);
        visitor.local(&self.output_local);
    }
}
