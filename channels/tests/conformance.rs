//! Runs the conformance data of RapidPro's channel gateway against the adapters.
//!
//! The data is not part of this project. It is read from `$OPENLINE_CONFORMANCE/channels` (default: `shared/conformance`
//! beside the workspace's folder, or two folders up). Without it this test passes loudly, and fails when `CI=true`.
//!
//! - `conformance/floors.json`: how many cases of each family pass; may only rise. Applies when the data has as many
//!   cases as were counted then.
//! - `conformance/deviations.txt`: cases that are meant to differ, each with the reason. They count neither way. A
//!   pattern for several cases also says how they differ, so that it does not hide another fault in one of them.
//!
//! Some things that RapidPro's gateway does by itself are given to our adapters by their caller, so the harness is that
//! caller: WhatsApp's quick replies get their index as id, tokens and sizes of files are fetched where an adapter asks
//! for them, and the address for reports gets no `action` parameter. Our own id that goes along with each WhatsApp
//! message is checked and taken out before bodies are compared, and VK's number made of it is taken for the id. Calls of
//! Slack's and of the former Facebook handler come without a signature and are signed here. RapidPro's handler for Turn
//! chooses a template's language by the message's: the harness names no other. The type of messages that Meta withdrew is
//! read as the one that took its place. That a message was taken back is no new message.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

#[path = "conformance/accounts.rs"]
mod accounts;
#[path = "conformance/incoming.rs"]
mod incoming;
#[path = "conformance/outgoing.rs"]
mod outgoing;
#[path = "../../flow/tests/conformance/report.rs"]
mod report;

use report::{Family, Report};

const DEVIATIONS: &str = include_str!("conformance/deviations.txt");
const FLOORS: &str = include_str!("conformance/floors.json");
/// Why a call that RapidPro refuses is none that we fail.
const KEPT: &str =
    "a call that cannot be read is kept and answered 200, so that it can be read again after a fix";

/// How well a case fits, when it does.
pub enum Fit {
    Same,
    /// RapidPro refuses the call, and our adapter says that it cannot be read. The server then keeps it whole and
    /// answers 200, so that it can be read again after a fix; a refusal would lose it. A deviation by rule.
    Kept,
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
    let mut stale = Vec::new();
    for file in files(&folder) {
        let text = std::fs::read_to_string(folder.join(&file)).expect("the data can be read");
        let data: Value = serde_json::from_str(&text).expect("the data is JSON");
        for direction in ["incoming", "outgoing"] {
            for case in data[direction].as_array().into_iter().flatten() {
                let id = case["id"].as_str().expect("every case has an id").to_owned();
                let outcome = match direction {
                    "incoming" => incoming::check(&data, case),
                    _ => outgoing::check(&data, case),
                };
                let family = families.entry(family(&file, case, direction)).or_default();
                match outcome {
                    Ok(Fit::Same) => {
                        family.passed += 1;
                        // A pattern covers every suite, so some of the cases that it fits may pass.
                        if deviations.iter().any(|deviation| deviation.pattern == id) {
                            stale.push(id);
                        }
                    }
                    Ok(Fit::Kept) => family.deviations.push((id, KEPT.to_owned())),
                    Err(difference) => match deviations.iter().find(|one| one.covers(&id, &difference)) {
                        Some(deviation) => family.deviations.push((id, deviation.why.to_owned())),
                        None => family.failed.push((id, difference)),
                    },
                }
            }
        }
    }
    let mut report = Report::new("channels");
    for (name, family) in families {
        report.add(&name, family);
    }
    report.print();
    assert!(stale.is_empty(), "these are listed as deviations and pass: {stale:#?}");
    let below = report.below(&serde_json::from_str(FLOORS).expect("floors are JSON"));
    if std::env::var_os("CONFORMANCE_RAISE").is_some() {
        let text = serde_json::to_string_pretty(&report.floors()).expect("floors are JSON");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/floors.json");
        std::fs::write(path, text + "\n").expect("floors can be written");
    }
    assert!(below.is_empty(), "fewer cases pass than before: {below:#?}");
}

/// The files of the data, in order.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".json")).collect();
    names.sort();
    names
}

/// `whatsapp_cloud/incoming`, `twilio sms/outgoing` and so on.
fn family(file: &str, case: &Value, direction: &str) -> String {
    let channel = if case["channel"].is_object() { &case["channel"] } else { &case["channels"][0] };
    let name = match (file, channel["schemes"][0].as_str()) {
        ("meta.json", Some("facebook")) => "messenger",
        ("meta.json", Some("instagram")) => "instagram",
        ("meta.json", _) => "whatsapp_cloud",
        ("twiml.json", Some("whatsapp")) => "twilio whatsapp",
        ("twiml.json", _) => "twilio sms",
        (file, _) => file.trim_end_matches(".json"),
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

/// Cases that are meant to differ.
struct Deviation {
    /// A case's id, in which each `*` may stand for anything.
    pattern: &'static str,
    /// What must be said of the difference, in which `*` may stand for anything; empty for one exact case.
    difference: &'static str,
    why: &'static str,
}

impl Deviation {
    fn covers(&self, id: &str, difference: &str) -> bool {
        fits(self.pattern, id) && (self.difference.is_empty() || fits(self.difference, difference))
    }
}

fn deviations() -> Vec<Deviation> {
    let lines = DEVIATIONS.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let deviations = lines.map(|line| {
        let (case, why) = line.split_once(" -> ").expect("a deviation is `case id -> reason`");
        let (pattern, difference) = case.split_once(" :: ").unwrap_or((case, ""));
        let says_how = !pattern.contains('*') || !difference.is_empty();
        assert!(says_how, "a deviation of several cases says how they differ: {line}");
        Deviation { pattern, difference, why }
    });
    deviations.collect()
}

fn fits(pattern: &str, id: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = id.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or("");
        last = Some(part);
    }
    match last {
        None => rest.is_empty(),
        Some("") => true,
        Some(last) => rest.is_empty() || id.ends_with(last),
    }
}
