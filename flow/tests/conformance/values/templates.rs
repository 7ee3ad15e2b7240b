//! Families whose cases are templates.
use flow::excellent::{Problem, ProblemKind, Scope, Template, Value};
use serde_json::Value as Json;

use super::Outcome;
use super::data::{Case, Data, normal, same, typed};
use super::source::Mocked;

struct Run {
    text: String,
    problems: Vec<Problem>,
    value: Value,
}

impl Run {
    fn of(data: &Data, case: &Case) -> Self {
        let env = data.environment(&case.json["env"]);
        let root = data.root(&case.json["context"]);
        let top_levels = root.top_levels();
        let top_levels: Vec<&str> = top_levels.iter().map(String::as_str).collect();
        let template = Template::compile(case.json["template"].as_str().unwrap(), &top_levels);
        let now = case.json["now"].as_str().filter(|now| *now != "mocked");
        let seed = case.json["random_seed"].as_u64().unwrap_or(123_456);
        let (text, problems) = {
            let mut source = Mocked::new(now, seed);
            template.evaluate(&mut Scope::new(&env, &root, &mut source))
        };
        let mut source = Mocked::new(now, seed);
        let (value, _) = template.evaluate_value(&mut Scope::new(&env, &root, &mut source));
        Self { text, problems, value }
    }

    fn errors(&self) -> Vec<&Problem> {
        self.problems.iter().filter(|problem| problem.kind == ProblemKind::Error).collect()
    }
}

fn named(case: &Case, outcome: Outcome) -> Outcome {
    outcome.map_err(|how| {
        let context = case.json["context"].to_string();
        let context: String = context.chars().take(200).collect();
        format!("{} {context} {}: {how}", case.json["template"], case.json["env"])
    })
}

/// A call of one function: text, value, or the function's own message.
pub fn call(data: &Data, case: &Case) -> Outcome {
    let run = Run::of(data, case);
    let check = || {
        if let Some(error) = case.json["error"].as_str() {
            let got: Vec<&str> = run.errors().iter().map(|problem| problem.text.as_str()).collect();
            return same(got.join(", "), error.to_owned());
        }
        same(typed(&run.value), normal(&case.json["value"]))?;
        same(run.text.as_str(), case.json["expect"].as_str().unwrap_or_default())
    };
    named(case, check())
}

/// A template: text, the errors as written to the log, the warnings, and the value if it is one expression.
pub fn template(data: &Data, case: &Case) -> Outcome {
    let run = Run::of(data, case);
    let check = || {
        same(run.text.as_str(), case.json["expect"].as_str().unwrap_or_default())?;
        let errors: Vec<String> = run.errors().iter().map(ToString::to_string).collect();
        same(errors.join(", ").as_str(), case.json["error"].as_str().unwrap_or_default())?;
        if let Some(value) = case.json.get("value") {
            same(typed(&run.value), normal(value))?;
        }
        let warnings = run.problems.iter().filter(|problem| problem.kind == ProblemKind::Warning);
        let warnings: Vec<Json> = warnings.map(|problem| problem.text.clone().into()).collect();
        same(&warnings, case.json["warnings"].as_array().unwrap_or(&Vec::new()))
    };
    named(case, check())
}

/// An example of the documentation: text, or an error as an event says it.
pub fn documentation(data: &Data, case: &Case) -> Outcome {
    let run = Run::of(data, case);
    let check = || {
        let errors: Vec<String> = run
            .errors()
            .iter()
            .map(|problem| format!("Error evaluating expression: {}", problem.text))
            .collect();
        same(errors.join(", ").as_str(), case.json["error"].as_str().unwrap_or_default())?;
        same(run.text.as_str(), case.json["expect"].as_str().unwrap_or_default())
    };
    named(case, check())
}
