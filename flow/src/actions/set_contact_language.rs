//! Sets the contact's language.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::{Reader, Text};
use crate::engine::Turn;
use crate::inspect::Visitor;
use crate::modifiers::Modifier;
use crate::words::Language;

/// See the module.
#[derive(Debug)]
pub struct SetContactLanguage {
    language: Text,
}

impl Act for SetContactLanguage {
    const TYPE: &'static str = "set_contact_language";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { language: r.template("language") }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let Some(language) = turn.eval_clean(&self.language) else { return Outcome::Done };
        let language = language.trim();
        if !language.is_empty() && language.chars().count() != 3 {
            turn.error(format!("iso-639-3 codes must be 3 characters, got: {language}"));
        } else if !language.is_empty() && language.parse::<Language>().is_err() {
            turn.error(format!("unrecognized language code: {language}"));
        } else {
            turn.modify(&Modifier::Language { language: Some(language.to_owned()) });
        }
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.template("language", &self.language);
    }
}
