//! Runs the conformance data of RapidPro's channel gateway against the adapters.
//!
//! The data is not part of this project. It is read from `$OPENLINE_CONFORMANCE/channels` (default: `shared/conformance`
//! beside the workspace's folder, or two folders up). Without it this test passes loudly, and fails when `CI=true`.
//!
//! - `conformance/floors.json`: how many cases of each family pass; may only rise. Applies when the data has as many
//!   cases as were counted then.
//! - `conformance/deviations.txt`: cases that are meant to differ, each with the reason. They count neither way.
//!
//! Two things that RapidPro's gateway does by itself are given to our adapters by their caller, so the harness is that
//! caller: quick replies get their index as id, and the address for reports gets no `action` parameter. Our own id
//! that goes along with each WhatsApp message is checked and taken out before bodies are compared.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

#[path = "conformance/accounts.rs"]
mod accounts;
#[path = "conformance/incoming.rs"]
mod incoming;
#[path = "conformance/outgoing.rs"]
mod outgoing;

const DEVIATIONS: &str = include_str!("conformance/deviations.txt");
const FLOORS: &str = include_str!("conformance/floors.json");
/// Providers in the data whose adapters are a later matter; their cases are counted and not run.
const LATER: [&str; 2] = ["FBA", "IG"];

/// The cases of one family, by outcome.
#[derive(Default)]
struct Family {
    passed: usize,
    deviations: usize,
    /// Case id and what was different.
    failed: Vec<(String, String)>,
}

impl Family {
    fn total(&self) -> usize {
        self.passed + self.deviations + self.failed.len()
    }
}

#[test]
fn conforms() {
    let Some(folder) = data_folder() else {
        eprintln!("\n**** CONFORMANCE NOT CHECKED: no data (set OPENLINE_CONFORMANCE) ****\n");
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the conformance data");
        return;
    };
    let deviations = deviations();
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut later = 0;
    let mut stale = Vec::new();
    for file in ["meta.json", "twiml.json"] {
        let text = std::fs::read_to_string(folder.join(file)).expect("the data can be read");
        let data: Value = serde_json::from_str(&text).expect("the data is JSON");
        for direction in ["incoming", "outgoing"] {
            for case in data[direction].as_array().into_iter().flatten() {
                if LATER.iter().any(|kind| case["handler_args"][0] == *kind) {
                    later += 1;
                    continue;
                }
                let id = case["id"].as_str().expect("every case has an id").to_owned();
                let outcome = match direction {
                    "incoming" => incoming::check(&data, case),
                    _ => outgoing::check(&data, case),
                };
                let family = families.entry(family(file, case, direction)).or_default();
                match (outcome, is_listed(&deviations, &id)) {
                    (Ok(()), false) => family.passed += 1,
                    (Ok(()), true) => stale.push(id),
                    (Err(_), true) => family.deviations += 1,
                    (Err(why), false) => family.failed.push((id, why)),
                }
            }
        }
    }
    let report = report(&families, later);
    eprintln!("{report}");
    assert!(stale.is_empty(), "these are listed as deviations and pass: {stale:#?}");
    let below = below_floor(&families);
    assert!(below.is_empty(), "{report}\nbelow their floors: {below:#?}");
}

fn report(families: &BTreeMap<String, Family>, later: usize) -> String {
    let mut out = String::from("\nconformance of channels: passed / failed / deviations\n");
    for (name, family) in families {
        let (failed, deviations) = (family.failed.len(), family.deviations);
        let _ = writeln!(out, "  {name:<28} {:>3} / {failed} / {deviations}", family.passed);
        for (id, why) in &family.failed {
            let _ = writeln!(out, "    FAILED {id}\n      {why}");
        }
    }
    let _ = writeln!(out, "  Messenger and Instagram (a later matter): {later} cases not run");
    out
}

fn below_floor(families: &BTreeMap<String, Family>) -> Vec<String> {
    let floors: BTreeMap<String, BTreeMap<String, usize>> =
        serde_json::from_str(FLOORS).expect("floors are JSON");
    let mut below = Vec::new();
    for (name, floor) in floors {
        let family = families.get(&name);
        let (passed, total) = family.map_or((0, 0), |family| (family.passed, family.total()));
        if total != floor["of"] {
            eprintln!(
                "  {name}: {total} cases and not {}: other data, its floor does not apply",
                floor["of"]
            );
        } else if passed < floor["passed"] {
            below.push(format!("{name}: {passed} of at least {}", floor["passed"]));
        } else if passed > floor["passed"] {
            eprintln!("  {name}: raise its floor to {passed}");
        }
    }
    below
}

/// `whatsapp_cloud/incoming`, `twilio sms/outgoing` and so on.
fn family(file: &str, case: &Value, direction: &str) -> String {
    let channel = if case["channel"].is_object() { &case["channel"] } else { &case["channels"][0] };
    let name = match (file, channel["schemes"][0].as_str()) {
        ("meta.json", _) => "whatsapp_cloud",
        (_, Some("whatsapp")) => "twilio whatsapp",
        _ => "twilio sms",
    };
    format!("{name}/{direction}")
}

/// The folder of the channels' cases: where the environment says, and only there when it says so.
fn data_folder() -> Option<PathBuf> {
    let folders = match std::env::var_os("OPENLINE_CONFORMANCE") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => {
            let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(2).take(2);
            above.map(|folder| folder.join("shared/conformance")).collect()
        }
    };
    folders
        .into_iter()
        .map(|folder| folder.join("channels"))
        .find(|folder| folder.join("meta.json").is_file())
}

/// Case ids, in which one `*` may stand for the suite, with their reasons.
fn deviations() -> Vec<(&'static str, &'static str)> {
    DEVIATIONS
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(" -> ").expect("a deviation is `case id -> reason`"))
        .collect()
}

fn is_listed(deviations: &[(&str, &str)], id: &str) -> bool {
    deviations.iter().any(|(pattern, _)| match pattern.split_once('*') {
        Some((start, end)) => id.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
        None => *pattern == id,
    })
}
