//! What is wrong with a line's flows, each with flow, node, field and language: what `openline flow check` says, what
//! the console shows, and what keeps flows from being published.
use flow::actions::Action;
use flow::assets::Assets;
use flow::inspect::{Issue, IssueKind, check_expressions, inspect};
use flow::{Flow, Problem};
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::Content;

/// A flow, named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
pub struct FlowName {
    pub uuid: Uuid,
    pub name: String,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Flows that have one are not published.
    Error,
    Warning,
}

/// Something wrong with a definition, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FlowProblem {
    /// Null when it is about no single flow.
    pub flow: Option<FlowName>,
    /// The node's id.
    pub node: Option<String>,
    /// The part of the node, such as `actions[0].text`.
    pub field: Option<String>,
    /// The translation that has it; null for the flow's own language.
    pub language: Option<String>,
    pub severity: Severity,
    pub text: String,
}

impl std::fmt::Display for FlowProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(flow) = &self.flow {
            write!(f, "flow '{}': ", flow.name)?;
        }
        if let Some(node) = &self.node {
            write!(f, "node {node}: ")?;
        }
        match (&self.field, &self.language) {
            (Some(field), Some(language)) => write!(f, "{field} ({language}): ")?,
            (Some(field), None) => write!(f, "{field}: ")?,
            (None, _) => {}
        }
        f.write_str(&self.text)
    }
}

impl FlowProblem {
    /// An error that is about the definitions as a whole.
    #[must_use]
    pub fn of_all(text: impl Into<String>) -> Self {
        Self {
            flow: None,
            node: None,
            field: None,
            language: None,
            severity: Severity::Error,
            text: text.into(),
        }
    }

    /// An error that definitions had when they were read.
    #[must_use]
    pub fn unread(problem: Problem, definitions: &Json) -> Self {
        let flow = named(definitions, &problem.flow);
        let text = match &flow {
            None if !problem.flow.is_empty() => format!("flow '{}': {}", problem.flow, problem.text),
            _ => problem.text,
        };
        let (field, language) = parts_of(&problem.place);
        Self { flow, node: problem.node, field, language, severity: Severity::Error, text }
    }

    fn of_flow(flow: &Flow, node: Option<String>, place: &str, severity: Severity, text: String) -> Self {
        let (field, language) = parts_of(place);
        Self { flow: Some(name_of(flow)), node, field, language, severity, text }
    }
}

/// A flow's id and name.
#[must_use]
pub fn name_of(flow: &Flow) -> FlowName {
    FlowName { uuid: flow.uuid, name: flow.name.to_string() }
}

/// The flow that a problem names, by its name or id.
fn named(definitions: &Json, wanted: &str) -> Option<FlowName> {
    definitions["flows"].as_array()?.iter().find_map(|flow| {
        let of = |key: &str| flow[key].as_str().or_else(|| flow["metadata"][key].as_str());
        let (uuid, name) = (of("uuid")?, of("name").unwrap_or(""));
        let fits = !wanted.is_empty() && (name == wanted || uuid == wanted);
        fits.then(|| Some(FlowName { uuid: uuid.parse().ok()?, name: name.to_owned() }))?
    })
}

/// `actions[0].text (spa)` as field and language.
fn parts_of(place: &str) -> (Option<String>, Option<String>) {
    let (field, language) = match place.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        Some((field, language)) => (field, Some(language.to_owned())),
        None => (place, None),
    };
    ((!field.is_empty()).then(|| field.to_owned()), language)
}

/// What is wrong with definitions that could be read, in the order of the flows' names. Without `known` nothing can
/// be missing; `is_global` says which globals the line brings along.
#[must_use]
pub fn of_flows(
    assets: &Assets,
    known: Option<&Assets>,
    is_global: &dyn Fn(&str) -> bool,
) -> Vec<FlowProblem> {
    let mut flows: Vec<_> = assets.flows().collect();
    flows.sort_by(|a, b| (&a.name, a.uuid).cmp(&(&b.name, b.uuid)));
    let mut problems = Vec::new();
    for flow in flows {
        let wrong = check_expressions(flow, known, is_global).into_iter();
        problems.extend(wrong.map(|problem| {
            FlowProblem::of_flow(flow, problem.node, &problem.place, Severity::Error, problem.text)
        }));
        problems.extend(issues(flow, known));
    }
    problems
}

/// Missing groups, channels, templates and the like, and patterns that cannot be read.
fn issues(flow: &Flow, known: Option<&Assets>) -> Vec<FlowProblem> {
    let of_expressions = |issue: &Issue| match &issue.kind {
        // fields and globals that expressions name have been found with the expression
        IssueKind::MissingDependency { dependency } => {
            dependency.kind == "global" || (dependency.kind == "field" && !sets_field(flow, issue))
        }
        IssueKind::InvalidRegex { .. } | IssueKind::LegacyVars { .. } => false,
    };
    let issues = inspect(flow, known).issues.into_iter().filter(|issue| !of_expressions(issue));
    issues
        .map(|issue| {
            let place = place(flow, &issue);
            let node = Some(issue.node_uuid.to_string());
            let mut problem =
                FlowProblem::of_flow(flow, node, &place, severity(&issue.kind), issue.description);
            problem.language = issue.language.map(|language| language.to_string());
            problem
        })
        .collect()
}

/// Without a flow, group or field the conversation goes otherwise than it was written. What else is missing is left
/// out when the flow runs, and its author is told.
fn severity(kind: &IssueKind) -> Severity {
    match kind {
        IssueKind::InvalidRegex { .. } => Severity::Error,
        IssueKind::LegacyVars { .. } => Severity::Warning,
        IssueKind::MissingDependency { dependency } => match dependency.kind.as_str() {
            "flow" | "group" | "field" => Severity::Error,
            _ => Severity::Warning,
        },
    }
}

fn action<'f>(flow: &'f Flow, issue: &Issue) -> Option<(usize, &'f Action)> {
    let node = &flow.nodes[flow.node_index(issue.node_uuid)?];
    node.actions.iter().enumerate().find(|(_, action)| Some(action.uuid) == issue.action_uuid)
}

fn sets_field(flow: &Flow, issue: &Issue) -> bool {
    action(flow, issue).is_some_and(|(_, action)| action.kind.type_name() == "set_contact_field")
}

fn place(flow: &Flow, issue: &Issue) -> String {
    action(flow, issue).map_or("router".to_owned(), |(at, _)| format!("actions[{at}]"))
}

/// Whether a global is one of the verified answers that a line brings along: `answer_`, the answer's key, and
/// perhaps `_title` or `_audio`; or the answer that was found for what the person wrote.
#[must_use]
pub fn is_answer(content: &Content, key: &str) -> bool {
    let Some(name) = key.strip_prefix("answer_") else { return false };
    let base = ["_title", "_audio"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    base == "found" || content.answers.iter().any(|answer| answer.key == name || answer.key == base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_field_and_a_language() {
        let parts = |place: &str| {
            let (field, language) = parts_of(place);
            (field.unwrap_or_default(), language.unwrap_or_default())
        };
        assert_eq!(parts("actions[0].text (spa)"), ("actions[0].text".to_owned(), "spa".to_owned()));
        assert_eq!(parts("router"), ("router".to_owned(), String::new()));
        assert_eq!(parts(""), (String::new(), String::new()));
    }
}
