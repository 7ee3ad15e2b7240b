//! Tries one test after the other on a value; the first that passes names the category.
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;
use uuid::Uuid;

use super::{Found, MAX_CASES, Router};
use crate::definition::{Reader, Text};
use crate::engine::{Chosen, Turn};
use crate::events::EventKind;
use crate::excellent::Value;
use crate::excellent::functions::{self, Builtin};
use crate::inspect::{Dependency, Visitor};
use crate::refs::Ref;
use crate::router_tests::Match;

/// What most tests take.
const USUAL_ARGUMENTS: usize = 3;

/// A switch.
#[derive(Debug)]
pub struct Switch {
    pub operand: Text,
    pub cases: Vec<Case>,
    /// The category when no case passes.
    pub default: Option<usize>,
}

/// One test and the category it leads to.
pub struct Case {
    pub uuid: Uuid,
    /// The test's name, such as `has_any_word`.
    pub test: Arc<str>,
    /// The test itself; `None` when there is none of that name.
    pub(crate) builtin: Option<&'static Builtin>,
    pub arguments: Vec<Text>,
    pub category: usize,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.test, self.arguments)
    }
}

struct RawCase {
    uuid: Uuid,
    test: Arc<str>,
    arguments: Vec<Text>,
    category: Option<Uuid>,
}

pub(super) struct RawSwitch {
    operand: Text,
    cases: Vec<RawCase>,
    default: Option<Uuid>,
}

impl RawSwitch {
    pub(super) fn read(r: &mut Reader<'_, '_>) -> Self {
        let operand = Text::new(r.required("operand"));
        let cases = r.each("cases", |r| {
            let uuid = r.required_uuid("uuid");
            let test = r.required("type");
            if !test.is_empty() && !test.starts_with("has_") && functions::find(test).is_some() {
                r.complain(format!("case type '{test}' is not a known router test"));
            }
            RawCase {
                uuid,
                test: test.into(),
                arguments: r.texts("arguments"),
                category: r.uuid("category_uuid"),
            }
        });
        let default = r.uuid("default_category_uuid");
        Self { operand, cases, default }
    }

    pub(super) fn link(self, known: &dyn Fn(Uuid) -> Option<usize>) -> Result<Switch, String> {
        if self.cases.len() > MAX_CASES {
            return Err(format!("can't have more than {MAX_CASES} cases (has {})", self.cases.len()));
        }
        let default = match self.default {
            None => None,
            Some(uuid) => {
                Some(known(uuid).ok_or_else(|| format!("default category {uuid} is not a valid category"))?)
            }
        };
        let mut cases = Vec::with_capacity(self.cases.len());
        for RawCase { uuid, test, arguments, category } in self.cases {
            let category = category.unwrap_or(Uuid::nil());
            let Some(category) = known(category) else {
                return Err(format!(
                    "invalid case[uuid={uuid}]: category {category} is not a valid category"
                ));
            };
            let builtin = functions::find(&test.to_lowercase());
            cases.push(Case { uuid, test, builtin, arguments, category });
        }
        Ok(Switch { operand: self.operand, cases, default })
    }
}

impl Switch {
    pub(super) fn route(&self, router: &Router, turn: &mut Turn<'_, '_>) -> Option<Chosen> {
        let operand = turn.eval_value(&self.operand);
        let operand_text = turn.value_to_text(&operand);
        let matched = self.first_match(turn, &operand, true).or_else(|| {
            // an answer by button or number counts in every language: the cases are written in the flow's own
            let choice = turn.engine.choice.take()?;
            let of_input = turn.engine.session.input.as_ref().is_some_and(|input| input.text == operand_text);
            if of_input { self.first_match(turn, &Value::from(choice), false) } else { None }
        });
        // it may share the run's state, which is about to change
        drop(operand);
        if let Some((case, value, extra)) = matched {
            let found = Found { operand: operand_text, value, extra };
            return router.choose(turn, case, found);
        }
        let Some(default) = self.default else {
            turn.fail("Router failed to pick a category");
            return None;
        };
        // the value of an unmatched answer is the answer itself
        router.choose(
            turn,
            default,
            Found { value: operand_text.clone(), operand: operand_text, extra: None },
        )
    }

    fn first_match(
        &self,
        turn: &mut Turn<'_, '_>,
        operand: &Value,
        localize: bool,
    ) -> Option<(usize, SmolStr, Option<serde_json::Value>)> {
        let mut args: SmallVec<[Value; USUAL_ARGUMENTS]> = smallvec![operand.clone()];
        for case in &self.cases {
            let arguments = match turn.translation(case.uuid, "arguments") {
                Some((localized, _)) if localize && localized.len() == case.arguments.len() => localized,
                _ => &case.arguments,
            };
            args.truncate(1);
            for argument in arguments {
                args.push(turn.eval_value(argument));
            }
            let outcome = turn.call_test(case, &args);
            match Match::of(&outcome) {
                Ok(Some(found)) => {
                    let value = turn.value_to_text(&found.found);
                    let extra = found.extra.map(|extra| Value::from(extra).to_json());
                    let extra = extra.and_then(|json| serde_json::from_str(&json).ok());
                    return Some((case.category, value, extra));
                }
                Ok(None) => {}
                Err(error) => turn.log(EventKind::error(error.to_string())),
            }
        }
        None
    }

    pub(super) fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.template("operand", &self.operand);
        for case in &self.cases {
            visitor.templates(case.uuid, "arguments", &case.arguments);
            visitor.localizable(case.uuid, "arguments", &case.arguments);
            if let ("has_group", Some(first)) = (&*case.test, case.arguments.first()) {
                // a case points at its group by uuid and, since 13.2, by name too
                if let Ok(uuid) = first.raw.parse() {
                    let name = case.arguments.get(1).map_or("", |name| &*name.raw);
                    visitor.dependency(Dependency::Group(Ref::new(uuid, name)));
                }
            }
        }
    }
}
