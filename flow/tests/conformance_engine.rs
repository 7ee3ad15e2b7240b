//! How much of the reference engine's behaviour the engine has: recorded sessions, actions, routers, triggers, contact
//! changes and queries are run and counted by family. The cases lie beside the checkout (`OPENLINE_CONFORMANCE`, default
//! `../shared/conformance`), never in it.
//!
//! `CONFORMANCE_SHOW=family` (or `all`) prints what fails, `CONFORMANCE_RAISE=1` writes the figures reached into
//! `floors.json`.
#![expect(clippy::collapsible_if, clippy::type_complexity, reason = "a harness reads better step by step")]
#![expect(clippy::unwrap_used, reason = "a recorded case that cannot be read must stop the run")]
#[expect(dead_code, reason = "stories are for other tests")]
mod common;
#[path = "conformance_engine/compare.rs"]
mod compare;
#[path = "conformance_engine/definitions.rs"]
mod definitions;
#[path = "conformance_engine/host.rs"]
mod host;
#[path = "conformance_engine/nodes.rs"]
mod nodes;
#[path = "conformance_engine/sessions.rs"]
mod sessions;
#[path = "conformance_engine/tables.rs"]
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// What became of a case: whether it is equal once generated ids and times are left out, and whether it is equal to
/// the last digit. `Err` says how it differs.
pub type Outcome = Result<Strict, String>;

/// Whether nothing differs at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strict(pub bool);

/// A case's name and what became of it.
pub type Cases = Vec<(String, Outcome)>;

/// The folder of the recorded data, with the ways to read it.
pub struct Data(PathBuf);

impl Data {
    pub fn json(&self, name: &str) -> Json {
        let path = self.0.join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        // a number beyond all floats, which serde_json refuses: the largest power of ten stands in
        let text = text.replace("1e999", "1e308");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// The names of the files in a folder, sorted.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

const FAMILIES: &[(&str, fn(&Data) -> Cases)] = &[
    ("runner", sessions::runner),
    ("actions", nodes::actions),
    ("routers", nodes::routers),
    ("resumes", nodes::resumes),
    ("triggers", sessions::triggers),
    ("modifiers", sessions::modifiers),
    ("smart_groups", sessions::smart_groups),
    ("engine_templates", sessions::templates),
    ("events", definitions::events),
    ("issues", definitions::issues),
    ("inspection", definitions::inspection),
    ("broken_flows", definitions::broken_flows),
    ("flow_extraction", definitions::flow_extraction),
    ("migrations", definitions::migrations),
    ("contactql_parse", tables::contactql_parse),
    ("contactql_evaluate", tables::contactql_evaluate),
    ("contactql_contact", tables::contactql_contact),
    ("contactql_inspect", tables::contactql_inspect),
    ("channel_selection", tables::channel_selection),
    ("localisation", tables::localisation),
    ("quick_replies", tables::quick_replies),
    ("whatsapp_templating", tables::whatsapp_templating),
    ("inspect_templates", tables::inspect_templates),
    ("webhook_json", tables::webhook_json),
    ("field_values", tables::field_values),
];

fn folder() -> PathBuf {
    let beside = |up: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(up).join("shared/conformance");
    let usual = ["../..", "../../.."].map(beside).into_iter().find(|path| path.exists());
    let usual = usual.unwrap_or_else(|| beside("../.."));
    std::env::var_os("OPENLINE_CONFORMANCE").map_or(usual, PathBuf::from).join("flow")
}

#[test]
fn the_engine_does_what_the_reference_does() {
    let data = Data(folder());
    if !data.0.exists() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is not there", data.0.display());
        eprintln!("NOT RUN: the recorded cases are not at {}", data.0.display());
        return;
    }
    let own = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance_engine").join(name);
    let read = |name: &str| std::fs::read_to_string(own(name)).unwrap();
    let mut floors: BTreeMap<String, usize> = serde_json::from_str(&read("floors.json")).unwrap();
    let deviations: BTreeMap<String, String> = serde_json::from_str(&read("deviations.json")).unwrap();
    let show = std::env::var("CONFORMANCE_SHOW").unwrap_or_default();
    let mut fallen = Vec::new();
    let (mut all, mut good) = (0, 0);
    for (family, run) in FAMILIES {
        let cases = run(&data);
        let passed = cases.iter().filter(|(_, outcome)| outcome.is_ok()).count();
        let strict = cases.iter().filter(|(_, outcome)| *outcome == Ok(Strict(true))).count();
        let explained = cases.iter().filter(|(id, o)| o.is_err() && deviations.contains_key(id)).count();
        println!(
            "{family:20} {passed:4} of {:4}, {strict:4} to the last digit, {explained:3} explained",
            cases.len()
        );
        (all, good) = (all + cases.len(), good + passed);
        if show == "all" || show == *family {
            for (id, outcome) in &cases {
                if let Err(difference) = outcome {
                    println!("  {id}: {difference}");
                }
            }
        }
        let floor = floors.entry((*family).to_owned()).or_insert(0);
        if passed < *floor {
            fallen.push(format!("{family}: {passed} of {} cases, were {floor}", cases.len()));
        }
        *floor = passed.max(*floor);
    }
    println!("{:20} {good:4} of {all:4}", "all");
    if std::env::var_os("CONFORMANCE_RAISE").is_some() {
        let text = serde_json::to_string_pretty(&floors).unwrap();
        std::fs::write(own("floors.json"), text + "\n").unwrap();
    }
    assert!(fallen.is_empty(), "{}", fallen.join("\n"));
}
