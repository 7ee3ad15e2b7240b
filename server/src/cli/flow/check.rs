//! `openline flow check`.
use std::path::Path;
use std::process::ExitCode;

use flow::actions::Action;
use flow::definition::Problem;
use flow::env::Environment;
use flow::inspect::{Issue, IssueKind, check_expressions, inspect};
use flow::{Assets, Flow};

use super::definitions;

pub fn run(file: &Path, globals: &[String]) -> anyhow::Result<ExitCode> {
    let read = definitions::read(file)?;
    let (assets, mut problems) = Assets::read_what_is_good(&read.assets, &Environment::default());
    let known = (!read.is_bare_flow).then_some(&assets);
    let mut flows: Vec<_> = assets.flows().collect();
    flows.sort_by(|a, b| a.name.cmp(&b.name));
    for flow in &flows {
        problems.extend(check_expressions(flow, known, &|key| is_global(globals, key)));
        problems.extend(issues(flow, known));
    }
    for problem in &problems {
        println!("{problem}");
    }
    let flows = flows.len();
    if problems.is_empty() {
        println!("{flows} flow(s), nothing is wrong.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{flows} flow(s), {} problem(s).", problems.len());
    Ok(ExitCode::FAILURE)
}

/// Missing groups, channels, templates and the like, and patterns that cannot be read.
fn issues(flow: &Flow, known: Option<&Assets>) -> Vec<Problem> {
    let of_expressions = |issue: &Issue| match &issue.kind {
        // fields and globals that expressions name have been found with the expression
        IssueKind::MissingDependency { dependency } => {
            dependency.kind == "global" || (dependency.kind == "field" && !sets_field(flow, issue))
        }
        IssueKind::InvalidRegex { .. } | IssueKind::LegacyVars { .. } => false,
    };
    let issues = inspect(flow, known).issues.into_iter().filter(|issue| !of_expressions(issue));
    issues
        .map(|issue| Problem {
            flow: flow.name.to_string(),
            node: Some(issue.node_uuid.to_string()),
            place: place(flow, &issue),
            text: issue.description,
        })
        .collect()
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

fn is_global(globals: &[String], key: &str) -> bool {
    globals.iter().any(|known| match known.strip_suffix('*') {
        Some(beginning) => key.starts_with(beginning),
        None => known == key,
    })
}
