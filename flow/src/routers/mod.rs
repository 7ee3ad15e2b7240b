//! How a node decides which way out to take, after waiting for the contact if it must.
mod random;
mod switch;

use serde_json::Value;
use smol_str::SmolStr;
use uuid::Uuid;

pub use switch::{Case, Switch};

use crate::definition::{Exit, Json, Reader, ResultName};
use crate::engine::{Chosen, NewResult, Turn};
use crate::inspect::Visitor;
use crate::waits::Wait;

/// The most categories of a router.
const MAX_CATEGORIES: usize = 100;
/// The most cases of a switch.
const MAX_CASES: usize = 100;
/// The longest name of a category, in characters.
const MAX_CATEGORY_CHARS: usize = 128;

/// Chooses one of a node's exits by way of a named category.
#[derive(Debug)]
pub struct Router {
    pub wait: Option<Wait>,
    /// The result that the choice is saved as; empty when it is not saved.
    pub result_name: ResultName,
    pub categories: Vec<Category>,
    pub kind: RouterKind,
}

/// How a router chooses.
#[derive(Debug)]
pub enum RouterKind {
    Random,
    Switch(Switch),
}

/// A named answer that leads to an exit.
#[derive(Debug)]
pub struct Category {
    pub uuid: Uuid,
    pub name: SmolStr,
    /// The exit's place in the node.
    pub exit: usize,
}

/// A problem with a router, and whether it shows only when the whole node is checked.
type RouterProblem = (bool, String);

impl Router {
    pub(crate) fn read(raw: &Json<'_>, exits: &[Exit]) -> Result<Self, RouterProblem> {
        let Some(map) = raw.as_object() else { return Err((false, "must be an object".to_owned())) };
        let mut wrong = Vec::new();
        let mut r = Reader::new(map, &mut wrong);
        let kind = r.required("type");
        let result_name = r.result_name(false);
        let raw_categories = r.each("categories", |r| {
            let name = r.text("name");
            r.at_most("name", name, MAX_CATEGORY_CHARS);
            (r.required_uuid("uuid"), SmolStr::from(name), r.uuid("exit_uuid"))
        });
        if raw_categories.is_empty() {
            r.wrong("categories", "must have a minimum of 1 items");
        }
        let known = |uuid: Uuid| raw_categories.iter().position(|(id, ..)| *id == uuid);
        let (wait, wait_problem) = match r.object("wait") {
            Some(mut wait) => Wait::read(&mut wait, &known),
            None => (None, None),
        };
        let raw_switch = match kind {
            "random" | "" => None,
            "switch" => Some(switch::RawSwitch::read(&mut r)),
            other => {
                r.complain(format!("unknown type: '{other}'"));
                None
            }
        };
        if !wrong.is_empty() {
            return Err((false, wrong.join(", ")));
        }
        let late = |text: String| (true, text);
        if raw_categories.len() > MAX_CATEGORIES {
            return Err(late(format!(
                "can't have more than {MAX_CATEGORIES} categories (has {})",
                raw_categories.len()
            )));
        }
        let kind = match raw_switch {
            None => RouterKind::Random,
            Some(raw) => RouterKind::Switch(raw.link(&known).map_err(late)?),
        };
        let mut categories = Vec::with_capacity(raw_categories.len());
        for (uuid, name, exit) in raw_categories {
            let at = exit.and_then(|id| exits.iter().position(|known| known.uuid == id));
            let Some(exit) = at else {
                let exit = exit.map(|id| id.to_string()).unwrap_or_default();
                return Err(late(format!("category exit {exit} is not a valid exit")));
            };
            categories.push(Category { uuid, name, exit });
        }
        match wait_problem {
            Some(text) => Err(late(text)),
            None => Ok(Self { wait, result_name, categories, kind }),
        }
    }

    /// Chooses. `None`: the run has failed, and an event says why.
    pub(crate) fn route(&self, turn: &mut Turn<'_, '_>) -> Option<Chosen> {
        match &self.kind {
            RouterKind::Random => random::route(self, turn),
            RouterKind::Switch(switch) => switch.route(self, turn),
        }
    }

    /// Saves the choice as a result where the router has one, and gives the exit.
    pub(crate) fn choose(&self, turn: &mut Turn<'_, '_>, category: usize, found: Found) -> Option<Chosen> {
        let category = self.categories.get(category)?;
        if !self.result_name.is_empty() {
            let localized = turn.localized_name(category.uuid, &category.name);
            turn.save_result(NewResult {
                name: &self.result_name,
                value: found.value,
                category: category.name.clone(),
                category_localized: localized,
                input: found.operand.clone(),
                extra: found.extra,
            });
        }
        Some(Chosen { exit: category.exit, operand: found.operand })
    }

    /// The way out when nobody answered in time.
    pub(crate) fn time_out(&self, turn: &mut Turn<'_, '_>, category: usize) -> Option<Chosen> {
        self.choose(turn, category, Found::default())
    }

    pub(crate) fn visit(&self, visitor: &mut dyn Visitor) {
        if let Some(wait) = &self.wait {
            wait.visit(visitor);
        }
        if let RouterKind::Switch(switch) = &self.kind {
            switch.visit(visitor);
        }
        for category in &self.categories {
            visitor.localizable(category.uuid, "name", &[crate::definition::Text::new(&category.name)]);
        }
        if !self.result_name.is_empty() {
            let names = self.categories.iter().map(|category| category.name.to_string()).collect();
            visitor.result(&self.result_name.name, names);
        }
    }
}

/// What a router looked at and what it made of it.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What was looked at.
    pub(crate) operand: SmolStr,
    /// What matched.
    pub(crate) value: SmolStr,
    pub(crate) extra: Option<Value>,
}
