//! `openline flow check`.
use std::path::Path;
use std::process::ExitCode;

use flow::Assets;
use flow::env::Environment;
use openline::lines::checks::{self, FlowProblem, Severity};

use super::definitions;

pub fn run(file: &Path, globals: &[String]) -> anyhow::Result<ExitCode> {
    let read = definitions::read(file)?;
    let (assets, unread) = Assets::read_what_is_good(&read.assets, &Environment::default());
    let known = (!read.is_bare_flow).then_some(&assets);
    let mut problems: Vec<FlowProblem> =
        unread.into_iter().map(|problem| FlowProblem::unread(problem, &read.assets)).collect();
    problems.extend(checks::of_flows(&assets, known, &|key| is_global(globals, key)));
    for problem in &problems {
        let word = if problem.severity == Severity::Warning { "warning: " } else { "" };
        println!("{word}{problem}");
    }
    let flows = assets.flows().count();
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    match (errors, problems.len() - errors) {
        (0, 0) => println!("{flows} flow(s), nothing is wrong."),
        (errors, 0) => println!("{flows} flow(s), {errors} problem(s)."),
        (errors, warnings) => println!("{flows} flow(s), {errors} problem(s), {warnings} warning(s)."),
    }
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_global(globals: &[String], key: &str) -> bool {
    globals.iter().any(|known| match known.strip_suffix('*') {
        Some(beginning) => key.starts_with(beginning),
        None => known == key,
    })
}
