//! Checks every expression of a flow against what is known, so that a wrong name is found before a person gets a
//! message with a gap in it.
use std::collections::BTreeSet;

use uuid::Uuid;

use super::known::Known;
use super::walk::{Found, Shown, collect};
use crate::assets::Assets;
use crate::definition::{Flow, Problem, TOP_LEVELS};
use crate::excellent::check::check;
use crate::routers::RouterKind;

/// What is wrong with the flow's expressions: unknown names, functions, contact fields, results, globals and local
/// variables, wrong numbers of arguments, mistakes of syntax, each with its node and field (`actions[0].text (spa)`,
/// `router.cases[2].arguments`). Without assets every contact field and global is taken to exist. `host_global` says
/// whether the host brings a global of that name along.
#[must_use]
pub fn check_expressions(
    flow: &Flow,
    assets: Option<&Assets>,
    host_global: &dyn Fn(&str) -> bool,
) -> Vec<Problem> {
    let others = assets.into_iter().flat_map(Assets::flows);
    let related_results: BTreeSet<String> = others.flat_map(|flow| names(flow).0).collect();
    let (results, locals) = names(flow);
    let known = Known { assets, results, related_results: &related_results, locals, host_global };
    let mut problems = Vec::new();
    for (at, node) in flow.nodes.iter().enumerate() {
        for found in collect(flow, at).templates {
            for mistake in check(&found.what.text, &TOP_LEVELS, &|path| known.complaint(path)) {
                problems.push(Problem {
                    flow: flow.name.to_string(),
                    node: Some(node.uuid.to_string()),
                    place: place(flow, at, &found),
                    text: format!("{}: {}", mistake.expression, mistake.text),
                });
            }
        }
    }
    problems
}

/// The keys of the results that a flow saves, and the local variables that it sets.
fn names(flow: &Flow) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut results, mut locals) = (BTreeSet::new(), BTreeSet::new());
    for at in 0..flow.nodes.len() {
        let shown = collect(flow, at);
        results.extend(shown.results.iter().map(|(name, _)| crate::engine::result_key(name)));
        locals.extend(shown.locals);
    }
    (results, locals)
}

fn place(flow: &Flow, node: usize, found: &Found<Shown>) -> String {
    let node = &flow.nodes[node];
    let mut place = match found.action {
        Some(uuid) => {
            let at = node.actions.iter().position(|action| action.uuid == uuid).unwrap_or(0);
            format!("actions[{at}].{}", found.what.field)
        }
        None => match found.what.item.and_then(|item| case_index(flow, node.uuid, item)) {
            Some(case) => format!("router.cases[{case}].{}", found.what.field),
            None => format!("router.{}", found.what.field),
        },
    };
    if let Some(language) = found.language {
        place.push_str(&format!(" ({language})"));
    }
    place
}

fn case_index(flow: &Flow, node: Uuid, case: Uuid) -> Option<usize> {
    let router = flow.nodes[flow.node_index(node)?].router.as_ref()?;
    match &router.kind {
        RouterKind::Switch(switch) => switch.cases.iter().position(|held| held.uuid == case),
        RouterKind::Random => None,
    }
}
