//! What definitions are read as, copied to and documented with.
use std::collections::BTreeMap;

use flow::migrations::copies::{copy as copy_of, with_base_language};
use flow::migrations::{PRESENT, Version, migrate, migrate_and_read};
use flow::resumes::WaitId;
use flow::{Assets, Event, EventKind, Flow, Resume, Source, Trigger};
use serde_json::{Value as Json, json};

use crate::common::Replay;
use crate::compare::{compare, difference};
use crate::sessions::standard_events;
use crate::{Cases, Data, Outcome, Strict, attempt, id_of};

fn same(expected: &Json, found: &Json) -> Outcome {
    difference(expected, found, "").map_or(Ok(Strict(true)), Err)
}

/// Absent and empty are alike to readers.
fn without_empty(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(without_empty).collect(),
        Json::Object(object) => {
            let kept = object.iter().map(|(key, item)| (key.clone(), without_empty(item)));
            let empty = [Json::Null, json!([]), json!({}), json!(0), json!("")];
            Json::Object(kept.filter(|(_, item)| !empty.contains(item)).collect())
        }
        other => other.clone(),
    }
}

fn present(text: &str) -> Result<Json, String> {
    let raw: Json = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut source = Replay::new();
    migrate(raw, PRESENT, &mut || source.uuid_v4())
}

fn migrations_case(case: &Json) -> Outcome {
    let text = case["args"][0].as_str().unwrap_or_default();
    match case["op"].as_str().unwrap() {
        "is_version_supported" => {
            same(&case["expect"], &json!(Version::parse(text).is_some_and(Version::is_supported)))
        }
        "read_flow" => {
            let raw: Json = serde_json::from_str(text).map_err(|e| e.to_string())?;
            match (migrate_and_read(&raw), case["error"].as_str()) {
                (Err(problems), Some(error)) => same(&json!(error), &json!(problems[0].text)),
                (Err(problems), None) => Err(problems[0].to_string()),
                (Ok(_), Some(error)) => Err(format!("was read, instead of '{error}'")),
                (Ok(_), None) => {
                    compare(&without_empty(&case["expect"]), &without_empty(&present(text)?), &raw)
                }
            }
        }
        "migrate_to_latest" => match (present(text), case["error"].as_str()) {
            // what comes behind the colon is the words of the reference's JSON library
            (Err(found), Some(error)) => {
                let kind = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
                same(&json!(kind(error)), &json!(kind(&found)))
            }
            (Err(found), None) => Err(found),
            (Ok(_), Some(error)) => Err(format!("was migrated, instead of '{error}'")),
            (Ok(found), None) => {
                same(&serde_json::from_str(case["expect"].as_str().unwrap()).unwrap(), &found)
            }
        },
        "clone" => {
            let known: BTreeMap<uuid::Uuid, uuid::Uuid> =
                serde_json::from_value(case["args"][1].clone()).map_err(|e| e.to_string())?;
            let mut source = Replay::new();
            let made = copy_of(&case["args"][0], &known, &mut || source.uuid_v4());
            copies_alike(&case["args"][0], &case["expect"], &made)
        }
        other => Err(format!("unknown operation {other}")),
    }
}

/// Whether two copies of one thing are the same but for the ids that are new in them. Ids stand in keys too, so that the
/// order in which they appear says nothing: each id's counterpart is found through the original.
fn copies_alike(original: &Json, expected: &Json, found: &Json) -> Outcome {
    let back = |copy: &Json| {
        let mut ids = BTreeMap::new();
        ids_of(original, copy, &mut ids);
        let known: BTreeMap<uuid::Uuid, uuid::Uuid> = ids.into_iter().map(|(old, new)| (new, old)).collect();
        let mut orphans = 0_u128;
        // a translation of something that is not there has no counterpart
        copy_of(copy, &known, &mut || {
            orphans += 1;
            uuid::Uuid::from_u128(orphans)
        })
    };
    let (expected, found) = (back(expected), back(found));
    same(&without_orphans(&expected), &without_orphans(&found))
}

/// Takes out what is keyed by the small ids of orphans.
fn without_orphans(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(without_orphans).collect(),
        Json::Object(object) => {
            let kept = object.iter().filter(|(key, _)| !key.starts_with("00000000-0000-0000-0000-"));
            Json::Object(kept.map(|(key, item)| (key.clone(), without_orphans(item))).collect())
        }
        other => other.clone(),
    }
}

/// The ids at the same places of a thing and its copy.
fn ids_of(original: &Json, copy: &Json, ids: &mut BTreeMap<uuid::Uuid, uuid::Uuid>) {
    match (original, copy) {
        (Json::String(old), Json::String(new)) => {
            if let (Ok(old), Ok(new)) = (old.parse(), new.parse()) {
                ids.insert(old, new);
            }
        }
        (Json::Array(old), Json::Array(new)) => {
            old.iter().zip(new).for_each(|(old, new)| ids_of(old, new, ids));
        }
        (Json::Object(old), Json::Object(new)) => {
            for (key, old) in old {
                if let Some(new) = new.get(key) {
                    ids_of(old, new, ids);
                }
            }
        }
        _ => {}
    }
}

pub fn migrations(data: &Data) -> Cases {
    let table = data.json("tables/migrations_misc.json");
    let cases = table["cases"].as_array().unwrap().iter();
    cases.map(|case| (id_of("migrations_misc", case), attempt(|| migrations_case(case)))).collect()
}

pub fn change_language(data: &Data) -> Cases {
    let raw = data.json("files/definition/change_language.json");
    let snaps = data.files("files/definition").into_iter().filter(|name| name.ends_with(".snap"));
    let run = |name: &str| -> Outcome {
        let language = name.trim_end_matches(".snap").rsplit('_').next().unwrap_or_default();
        let flow = present(&raw["flows"][0].to_string())?;
        let changed = with_base_language(&flow, language);
        let expected = data.json(&format!("files/definition/{name}"));
        same(&without_empty(&expected), &without_empty(&changed))
    };
    snaps.map(|name| (format!("change_language/{name}"), attempt(|| run(&name)))).collect()
}

fn reads_action(action: &Json) -> Result<(), String> {
    let exit = json!({"uuid": "a2b1c3d4-0000-4000-8000-000000000003"});
    let node = json!({"uuid": "a2b1c3d4-0000-4000-8000-000000000002", "actions": [action], "exits": [exit]});
    let read = |kind: &&str| {
        Flow::read(&json!({"uuid": "a2b1c3d4-0000-4000-8000-000000000001", "name": "Around", "type": kind,
            "spec_version": PRESENT.to_string(), "language": "eng", "expire_after_minutes": 10, "nodes": [node]}))
    };
    let read: Vec<_> = ["messaging", "voice", "messaging_background"].iter().map(read).collect();
    if read.iter().any(Result::is_ok) {
        return Ok(());
    }
    Err(read.into_iter().filter_map(Result::err).flatten().map(|problem| problem.to_string()).collect())
}

fn example(case: &Json) -> Outcome {
    let (example, kind) = (&case["example"], case["type"].as_str().unwrap());
    let written = |found: serde_json::Result<Json>| found.map_err(|e| e.to_string());
    match case["kind"].as_str().unwrap() {
        "action" => reads_action(example)?,
        "event" => {
            let event: Event = serde_json::from_value(example.clone()).map_err(|e| e.to_string())?;
            written(serde_json::to_value(event))?;
        }
        "trigger" => {
            written(serde_json::to_value(Trigger::read(example)?))?;
        }
        "resume" => drop(Resume::read(example, WaitId::default())?),
        // a flow as an asset is its definition; the example's is only hinted at
        _ if kind == "flow" => {}
        _ => drop(
            Assets::read(&json!({format!("{kind}s"): [example]}))
                .map_err(|problems| problems[0].to_string())?,
        ),
    }
    Ok(Strict(true))
}

/// The examples of the reference's documentation must be readable.
pub fn examples(data: &Data) -> Cases {
    let table = data.json("tables/doc_json_examples.json");
    let cases = table["cases"].as_array().unwrap().iter();
    cases.map(|case| (id_of("doc_json_examples", case), attempt(|| example(case)))).collect()
}

/// What a resthook tells its subscribers about the standard session.
pub fn resthook_payload(data: &Data) -> Cases {
    let name = "TestResthookPayload_resthook_payload.snap";
    let expected = data.json(&format!("files/actions/{name}"));
    let run = || -> Outcome {
        let events = standard_events(data, |assets| {
            assets["resthooks"] = json!([{"slug": "nobody-listens", "subscribers": []}]);
            let nodes = assets["flows"][0]["nodes"].as_array_mut().unwrap();
            nodes.last_mut().unwrap()["actions"] = json!([{"type": "call_resthook",
                "uuid": "a2b1c3d4-0000-4000-8000-000000000001", "resthook": "nobody-listens"}]);
        });
        let payload = events.iter().find_map(|event| match &event.kind {
            EventKind::ResthookCalled { payload, .. } => Some(payload),
            _ => None,
        });
        compare(&expected, payload.ok_or("no resthook was called")?, &data.json("fixtures.json"))
    };
    vec![(format!("resthook_payload/{name}"), attempt(run))]
}
