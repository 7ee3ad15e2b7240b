//! How much of the reference engine's behaviour this crate has: its recorded cases are run and counted by family. The
//! cases lie beside the checkout (`OPENLINE_CONFORMANCE`, default `../shared/conformance`), never in it.
//!
//! Generated ids and times are left out when sessions are compared; how many cases are equal to the last digit is
//! counted beside. See `report.rs` for what is printed. `deviations.json` names the cases that are meant to differ, or
//! whole families, with the reason.
#![expect(clippy::collapsible_if, clippy::type_complexity, reason = "a harness reads better step by step")]
#![expect(clippy::unwrap_used, reason = "a recorded case that cannot be read must stop the run")]
#[expect(dead_code, reason = "stories are for other tests")]
mod common;
#[path = "conformance/compare.rs"]
mod compare;
#[path = "conformance/definitions.rs"]
mod definitions;
#[path = "conformance/host.rs"]
mod host;
#[path = "conformance/legacy.rs"]
mod legacy;
#[path = "conformance/misc.rs"]
mod misc;
#[path = "conformance/nodes.rs"]
mod nodes;
#[path = "conformance/report.rs"]
mod report;
#[path = "conformance/sessions.rs"]
mod sessions;
#[path = "conformance/tables.rs"]
mod tables;
#[path = "conformance/values/mod.rs"]
mod values;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
        let path = self.0.join(folder);
        let entries = std::fs::read_dir(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// An id that stays the same whatever other cases lie beside it.
pub fn id_of(family: &str, case: &Json) -> String {
    let sorted: BTreeMap<&String, &Json> = case.as_object().into_iter().flatten().collect();
    let text = serde_json::to_string(&sorted).unwrap();
    let checksum = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{family}:{checksum:016x}")
}

/// Runs one case; a panic is a failure of that case only.
pub fn attempt(run: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(format!("panicked: {}", said(&*panic))))
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default().to_owned()
}

/// Families of values and texts are compared as they are: nothing in them is generated.
const STRICT_MEANS_NOTHING: &[&str] = &["contactql_es", "doc_json_examples", "legacy_expressions"];

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
    ("migrations_misc", misc::migrations),
    ("change_language", misc::change_language),
    ("resthook_payload", misc::resthook_payload),
    ("doc_json_examples", misc::examples),
    ("legacy", legacy::definitions),
    ("legacy_expressions", legacy::expressions),
    ("legacy_templates", legacy::templates),
    ("legacy_misc", legacy::misc),
    ("contactql_parse", tables::contactql_parse),
    ("contactql_evaluate", tables::contactql_evaluate),
    ("contactql_contact", tables::contactql_contact),
    ("contactql_inspect", tables::contactql_inspect),
    ("contactql_es", tables::contactql_es),
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

/// Runs a family. `None` when the data has nothing of it; a family that cannot be run is one failed case.
fn cases_of(name: &str, run: impl FnOnce() -> Cases) -> Option<Cases> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(cases) => Some(cases),
        Err(panic) => {
            let said = said(&*panic);
            let absent = said.contains("No such file");
            println!("{name}: {}: {said}", if absent { "not in this data" } else { "cannot be run" });
            (!absent).then(|| vec![(format!("{name}:all of it"), Err(said))])
        }
    }
}

fn count(name: &str, cases: Cases, deviations: &BTreeMap<String, String>) -> report::Family {
    let mut family = report::Family::default();
    let mut strict = 0;
    for (id, outcome) in cases {
        let listed = deviations.get(&id).or_else(|| deviations.get(name));
        match (outcome, listed) {
            (Ok(Strict(equal)), _) => {
                family.passed += 1;
                strict += usize::from(equal);
            }
            (Err(_), Some(why)) => family.deviations.push((id, why.clone())),
            (Err(how), None) => family.failed.push((id, how)),
        }
    }
    let compared_alike = values::FAMILIES.iter().any(|known| known.name == name);
    family.strict = (!compared_alike && !STRICT_MEANS_NOTHING.contains(&name)).then_some(strict);
    family
}

#[test]
fn the_engine_does_what_the_reference_does() {
    let data = Data(folder());
    if !data.0.exists() {
        let missing = format!("CONFORMANCE WAS NOT RUN: no cases in {}", data.0.display());
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{missing}");
        eprintln!("\n*** {missing} ***\n");
        return;
    }
    let own = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance").join(name);
    let read = |name: &str| std::fs::read_to_string(own(name)).unwrap();
    let floors = serde_json::from_str(&read("floors.json")).unwrap();
    let deviations: BTreeMap<String, String> = serde_json::from_str(&read("deviations.json")).unwrap();
    let mut report = report::Report::new("flow");
    for (name, run) in FAMILIES {
        let Some(cases) = cases_of(name, || run(&data)) else { continue };
        report.add(name, count(name, cases, &deviations));
    }
    for family in values::FAMILIES {
        let Some(cases) = cases_of(family.name, || family.cases(&data)) else { continue };
        report.add(family.name, count(family.name, cases, &deviations));
    }
    report.print();
    let below = report.below(&floors);
    if std::env::var_os("CONFORMANCE_RAISE").is_some() {
        let text = serde_json::to_string_pretty(&report.floors()).unwrap();
        std::fs::write(own("floors.json"), text + "\n").unwrap();
    }
    assert!(below.is_empty(), "fewer cases pass than before: {below:#?}");
}
