//! How much of the reference engine's behaviour this crate has: its recorded cases are run and counted by family. The
//! cases lie beside the checkout (`OPENLINE_CONFORMANCE`, default `../shared/conformance`), never in it.
//!
//! `cargo test -p flow --test conformance -- --nocapture` prints the figures. `CONFORMANCE_SHOW=family` (or `all`)
//! prints what fails; `CONFORMANCE_RAISE=1` writes the figures reached into `floors.json`.
#![expect(clippy::unwrap_used, reason = "a recorded case that cannot be read must stop the run")]
#[path = "conformance/calls.rs"]
mod calls;
#[path = "conformance/data.rs"]
mod data;
#[path = "conformance/source.rs"]
mod source;
#[path = "conformance/templates.rs"]
mod templates;
#[path = "conformance/texts.rs"]
mod texts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data::{Case, Data};

/// What became of one case: `Err` says how the outcome differs.
pub type Outcome = Result<(), String>;

/// A set of cases that are run alike.
pub struct Family {
    pub name: &'static str,
    pub run: fn(&Data, &Case) -> Outcome,
}

const FAMILIES: &[Family] = &[
    Family { name: "excellent_functions", run: templates::call },
    Family { name: "router_tests", run: templates::call },
    Family { name: "excellent_templates", run: templates::template },
    Family { name: "excellent_operators", run: templates::template },
    Family { name: "session_templates", run: templates::template },
    Family { name: "doc_examples", run: templates::documentation },
    Family { name: "excellent_types", run: calls::types },
    Family { name: "excellent_tools", run: calls::tools },
    Family { name: "numbers", run: calls::numbers },
    Family { name: "dates", run: calls::dates },
    Family { name: "environment", run: calls::environment },
    Family { name: "text", run: texts::text },
    Family { name: "phones", run: texts::phones },
    Family { name: "urns", run: texts::urns },
    Family { name: "gsm7", run: texts::gsm7 },
    Family { name: "locations", run: texts::locations },
];

fn folder() -> PathBuf {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    std::env::var_os("OPENLINE_CONFORMANCE").map_or(usual, PathBuf::from).join("flow")
}

fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance").join(name)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn conformance() {
    let folder = folder();
    if !folder.is_dir() {
        let missing = format!("CONFORMANCE WAS NOT RUN: no cases in {}", folder.display());
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{missing}");
        eprintln!("\n*** {missing} ***\n");
        return;
    }
    let show = std::env::var("CONFORMANCE_SHOW").unwrap_or_default();
    let mut floors: BTreeMap<String, usize> = read(&own("floors.json"));
    let deviations: BTreeMap<String, String> = read(&own("deviations.json"));
    let mut fallen = Vec::new();
    println!(
        "{:22} {:>6} {:>6} {:>9} {:>6} {:>7}",
        "family", "cases", "passed", "deviating", "floor", "seconds"
    );
    for family in FAMILIES {
        #[expect(clippy::disallowed_methods, reason = "only to show which family takes long")]
        let begun = std::time::Instant::now();
        let data = Data::load(&folder, family.name);
        let (mut passed, mut deviating) = (0, 0);
        for case in &data.cases {
            match (family.run)(&data, case) {
                Ok(()) => passed += 1,
                Err(_) if deviations.contains_key(&case.id) => deviating += 1,
                Err(how) if show == family.name || show == "all" => println!("FAILED {}: {how}", case.id),
                Err(_) => {}
            }
        }
        let floor = floors.entry(family.name.to_owned()).or_default();
        let seconds = begun.elapsed().as_secs_f32();
        println!(
            "{:22} {:>6} {passed:>6} {deviating:>9} {floor:>6} {seconds:>7.1}",
            family.name,
            data.cases.len()
        );
        if passed < *floor {
            fallen.push(family.name);
        }
        *floor = passed.max(*floor);
    }
    if std::env::var_os("CONFORMANCE_RAISE").is_some() {
        let text = serde_json::to_string_pretty(&floors).unwrap();
        std::fs::write(own("floors.json"), text + "\n").unwrap();
    }
    assert!(fallen.is_empty(), "fewer cases pass than before in {fallen:?}");
}
