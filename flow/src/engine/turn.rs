//! What an action or router can do while it has its turn: evaluate, log, save, change the contact.
use serde_json::Value as Json;
use smol_str::SmolStr;
use uuid::Uuid;

use super::sprint::Engine;
use crate::context::Context;
use crate::definition::{Flow, ResultName, Text};
use crate::events::{EventKind, PreviousResult};
use crate::excellent::{ProblemKind, Scope, Template, Value};
use crate::modifiers::{Change, Modifier};
use crate::moment::Moment;
use crate::refs::FlowRef;
use crate::routers::Case;
use crate::run::{Run, RunResult};
use crate::session::Pushed;
use crate::source::Source;
use crate::words::Language;

/// A chosen way out.
pub(crate) struct Chosen {
    /// The exit's place in the node.
    pub(crate) exit: usize,
    pub(crate) operand: SmolStr,
}

/// One action's or router's turn.
pub(crate) struct Turn<'t, 'c> {
    pub(crate) engine: &'t mut Engine<'c>,
    pub(crate) flow: &'t Flow,
    /// The run's place in the session.
    pub(crate) run: usize,
    pub(crate) node: Uuid,
}

impl<'t> Turn<'t, '_> {
    pub(crate) fn log(&mut self, kind: EventKind) {
        self.engine.log(kind);
    }

    pub(crate) fn error(&mut self, text: impl Into<String>) {
        self.engine.log(EventKind::error(text));
    }

    pub(crate) fn source(&mut self) -> &mut dyn Source {
        self.engine.call.source
    }

    pub(crate) fn run(&self) -> &Run {
        &self.engine.session.runs[self.run]
    }

    /// Ends this run as failed, with the reason for the flow's author.
    pub(crate) fn fail(&mut self, text: impl Into<String>) {
        self.engine.fail_run(self.run, text.into());
    }

    /// The texts of a property in the contact's language or, failing that, the workspace's; `None`: neither is
    /// translated, so that the base texts count.
    pub(crate) fn translation(&self, item: Uuid, property: &str) -> Option<(&'t [Text], Language)> {
        let (texts, language) = self.flow.translations(&self.engine.languages, item).texts(property, &[]);
        (language != self.flow.language).then_some((texts, language))
    }

    /// One text of a property in the best language, and that language.
    pub(crate) fn localized_one<'b>(&self, item: Uuid, property: &str, base: &'b Text) -> (&'b Text, Language)
    where
        't: 'b,
    {
        match self.translation(item, property) {
            Some(([first, ..], language)) => (first, language),
            _ => (base, self.flow.language),
        }
    }

    /// A category's name in the contact's language; empty when that is the name itself.
    pub(crate) fn localized_name(&self, category: Uuid, name: &str) -> SmolStr {
        match self.translation(category, "name") {
            Some(([first, ..], _)) if *first.raw != *name => first.raw.clone(),
            _ => SmolStr::default(),
        }
    }

    /// Evaluates a text and logs what went wrong. `None` when there was an error.
    pub(crate) fn eval_clean(&mut self, text: &Text) -> Option<SmolStr> {
        if let Some(fixed) = text.fixed() {
            return Some(self.fitting(fixed.clone()));
        }
        let (out, problems) = self.with_scope(|scope| text.template().evaluate_short(scope));
        let clean = self.engine.log_problems(problems);
        clean.then(|| self.fitting(out))
    }

    /// Cut to the largest size of texts.
    fn fitting(&self, text: SmolStr) -> SmolStr {
        let max = self.engine.call.limits.template_chars;
        if text.len() > max { crate::text::truncate_ellipsis(&text, max).into() } else { text }
    }

    /// Evaluates a text and logs what went wrong; expressions with errors are left out.
    pub(crate) fn eval(&mut self, text: &Text) -> String {
        let (out, _) = self.eval_whole(text);
        let max = self.engine.call.limits.template_chars;
        if out.len() > max { crate::text::truncate_ellipsis(&out, max) } else { out }
    }

    /// Evaluates without cutting to the largest size of texts. Gives whether there was no error.
    pub(crate) fn eval_whole(&mut self, text: &Text) -> (String, bool) {
        if let Some(fixed) = text.fixed() {
            return (fixed.as_str().to_owned(), true);
        }
        let (out, problems) = self.with_scope(|scope| text.template().evaluate(scope));
        let clean = self.engine.log_problems(problems);
        (out, clean)
    }

    /// Evaluates with each expression's text going through `escape` first.
    pub(crate) fn eval_escaped(&mut self, text: &Text, escape: &dyn Fn(&str) -> String) -> String {
        let (out, problems) = self.with_scope(|scope| text.template().evaluate_escaped(scope, Some(escape)));
        self.engine.log_problems(problems);
        out
    }

    /// Evaluates for a value; the error of a single expression is a value.
    pub(crate) fn eval_value(&mut self, text: &Text) -> Value {
        if let Some(fixed) = text.fixed() {
            return Value::Text(fixed.clone());
        }
        let (value, problems) = self.with_scope(|scope| text.template().evaluate_value(scope));
        self.engine.log_problems(problems);
        value
    }

    /// Evaluates without telling anybody of problems.
    pub(crate) fn eval_quietly(&mut self, template: &Template) -> String {
        self.with_scope(|scope| template.evaluate(scope)).0
    }

    pub(crate) fn call_test(&mut self, case: &Case, arguments: &[Value]) -> Value {
        match case.builtin {
            Some(builtin) => self.with_scope(|scope| builtin.call(scope, arguments)),
            None => Value::error(format!("no such function: {}", case.test)),
        }
    }

    pub(crate) fn value_to_text(&self, value: &Value) -> SmolStr {
        value.to_text().unwrap_or_default()
    }

    fn with_scope<T>(&mut self, evaluate: impl FnOnce(&mut Scope<'_>) -> T) -> T {
        self.engine.with_scope(self.run, evaluate)
    }

    /// Saves a result and logs the change if its value or category changed.
    pub(crate) fn save_result(&mut self, new: NewResult<'_>) {
        let created_on: Moment = self.engine.call.source.now().into();
        let ResultName { name, key } = new.name;
        let value = crate::modifiers::cut(&new.value, self.engine.call.limits.result_chars);
        let value = if value.len() < new.value.len() { value.into() } else { new.value };
        let result = RunResult {
            name: name.clone(),
            value,
            category: new.category,
            category_localized: new.category_localized,
            node_uuid: self.node,
            input: new.input,
            extra: new.extra,
            created_on,
        };
        let (value, category, extra) = (result.value.clone(), result.category.clone(), result.extra.clone());
        let run = self.engine.run_mut(self.run);
        let before = run.results.insert(key.clone(), result);
        self.engine.touch(self.run);
        let changed = before.as_ref().is_none_or(|old| old.value != value || old.category != category);
        if changed {
            let previous = before.map(|old| PreviousResult { value: old.value, category: old.category });
            let name = name.clone();
            self.log(EventKind::RunResultChanged { name, value, category, previous, extra });
        }
    }

    pub(crate) fn set_local(&mut self, name: &str, value: String) {
        self.engine.run_mut(self.run).locals.insert(name.to_owned(), value);
    }

    /// Applies a change to the contact. Claiming addresses is an [`crate::Ask`]: here they are taken as ours.
    pub(crate) fn modify(&mut self, modifier: &Modifier) -> bool {
        self.engine.change(|change| modifier.apply(change))
    }

    /// Like [`Self::modify`], for what is more than one modifier.
    pub(crate) fn change<T>(&mut self, apply: impl FnOnce(&mut Change<'_>) -> T) -> T {
        self.engine.change(apply)
    }

    /// Has a flow entered once this node's actions are done; the last one wins.
    pub(crate) fn push_flow(&mut self, flow: FlowRef, terminal: bool) {
        self.engine.pushed = Some(Pushed { flow, parent: Some(self.run), terminal });
    }
}

/// The key of a result: its name in lower case with underscores.
pub(crate) fn result_key(name: &str) -> String {
    crate::text::snakify(name)
}

/// A result to be saved.
pub(crate) struct NewResult<'n> {
    pub(crate) name: &'n ResultName,
    pub(crate) value: SmolStr,
    pub(crate) category: SmolStr,
    /// Empty when it is the same.
    pub(crate) category_localized: SmolStr,
    pub(crate) input: SmolStr,
    pub(crate) extra: Option<Json>,
}

impl Engine<'_> {
    fn with_scope<T>(&mut self, run: usize, evaluate: impl FnOnce(&mut Scope<'_>) -> T) -> T {
        let Engine { call, session, contact, env, resumed, .. } = &mut *self;
        let root = Context {
            assets: call.assets,
            env,
            session,
            contact,
            globals: call.globals.as_ref(),
            resumed: resumed.as_ref(),
            run,
        };
        let mut scope = Scope::new(env, &root, call.source);
        evaluate(&mut scope)
    }

    /// Evaluates a text in a run.
    pub(super) fn eval_in(&mut self, run: usize, text: &Text) -> String {
        let (out, problems) = self.with_scope(run, |scope| text.template().evaluate(scope));
        self.log_problems(problems);
        out
    }

    /// Logs what an evaluation complained about; gives whether there was no error.
    pub(crate) fn log_problems(&mut self, problems: Vec<crate::excellent::Problem>) -> bool {
        let mut clean = true;
        let mut warned: Vec<String> = Vec::new();
        for problem in problems {
            if problem.kind == ProblemKind::Warning {
                if warned.contains(&problem.text) {
                    continue;
                }
                warned.push(problem.text.clone());
            }
            match problem.kind {
                ProblemKind::Error => {
                    clean = false;
                    self.log(EventKind::coded(
                        format!("Error evaluating expression: {}", problem.text),
                        "expression",
                        &[("expression", &problem.expression)],
                    ));
                }
                ProblemKind::Warning => {
                    self.log(EventKind::Warning { text: problem.text, code: "context:deprecated".to_owned() })
                }
            }
        }
        clean
    }
}
