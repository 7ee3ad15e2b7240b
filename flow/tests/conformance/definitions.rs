//! Definitions: reading, refusing, inspecting, migrating.
use flow::inspect::{inspect, localizables, templates};
use flow::migrations::{Version, migrate, migrate_and_read};
use flow::{Assets, Event, Source};
use serde_json::{Value as Json, json};

use crate::common::Replay;
use crate::compare::difference;
use crate::{Cases, Data, Outcome, Strict, attempt};

fn same(expected: &Json, found: &Json) -> Outcome {
    difference(expected, found, "").map_or(Ok(Strict(true)), Err)
}

pub fn events(data: &Data) -> Cases {
    let files = data.files("files/events");
    let run = |name: &String| -> Outcome {
        let json = data.json(&format!("files/events/{name}"));
        let event: Event = serde_json::from_value(json.clone()).map_err(|e| e.to_string())?;
        same(&json, &serde_json::to_value(event).unwrap())
    };
    files.iter().map(|name| (format!("events/{name}"), attempt(|| run(name)))).collect()
}

pub fn issues(data: &Data) -> Cases {
    let raw_assets = data.json("files/issues/_assets.json");
    let mut cases = Vec::new();
    for name in data.files("files/issues").iter().filter(|name| !name.starts_with('_')) {
        for case in data.json(&format!("files/issues/{name}")).as_array().unwrap() {
            let run = || -> Outcome {
                let assets = Assets::read(&raw_assets).map_err(|p| p[0].to_string())?;
                let flow = migrate_and_read(&case["flow"]).map_err(|p| p[0].to_string())?;
                let assets = (case["no_assets"] != true).then_some(&assets);
                same(&case["issues"], &serde_json::to_value(inspect(&flow, assets).issues).unwrap())
            };
            cases.push((format!("issues/{name}:{}", case["description"].as_str().unwrap()), attempt(run)));
        }
    }
    cases
}

pub fn inspection(data: &Data) -> Cases {
    let files = data.files("files/definition/inspection");
    let run = |name: &String| -> Outcome {
        let expected = data.json(&format!("files/definition/inspection/{name}"));
        let assets =
            Assets::read(&data.json(&format!("files/runner/{name}"))).map_err(|p| p[0].to_string())?;
        let raw = data.json(&format!("files/runner/{name}"));
        let mut last = Err("no flow fits".to_owned());
        for flow in raw["flows"].as_array().unwrap() {
            let flow = assets.flow(flow["uuid"].as_str().unwrap().parse().unwrap()).unwrap();
            last = same(&expected, &serde_json::to_value(inspect(flow, Some(&assets))).unwrap());
            if last.is_ok() {
                break;
            }
        }
        last
    };
    files.iter().map(|name| (format!("inspection/{name}"), attempt(|| run(name)))).collect()
}

pub fn broken_flows(data: &Data) -> Cases {
    let table = data.json("tables/broken_flows.json");
    let run = |case: &Json| -> Outcome {
        let raw = data.json(&format!("files/definition/{}", case["assets"].as_str().unwrap()));
        let error = case["error"].as_str().unwrap();
        let flows = raw["flows"].as_array().unwrap();
        let flow = flows.iter().find(|flow| flow["uuid"] == case["flow"]).unwrap();
        match migrate_and_read(flow) {
            Err(problems) if problems[0].text == error => Ok(Strict(true)),
            Err(problems) => Err(format!("'{}' instead of '{error}'", problems[0].text)),
            Ok(_) => Err(format!("was read, instead of '{error}'")),
        }
    };
    let cases = table["cases"].as_array().unwrap();
    cases
        .iter()
        .map(|case| (format!("broken_flows/{}", case["assets"].as_str().unwrap()), attempt(|| run(case))))
        .collect()
}

pub fn flow_extraction(data: &Data) -> Cases {
    let table = data.json("tables/flow_extraction.json");
    let run = |case: &Json| -> Outcome {
        let assets = Assets::read(&data.json(&format!("files/{}", case["assets"].as_str().unwrap())));
        let assets = assets.map_err(|p| p[0].to_string())?;
        let flow = assets.flow(case["flow"].as_str().unwrap().parse().unwrap()).unwrap();
        let expected = json!({"templates": case["templates"], "localizables": case["localizables"]});
        same(&expected, &json!({"templates": templates(flow), "localizables": localizables(flow)}))
    };
    let cases = table["cases"].as_array().unwrap();
    cases
        .iter()
        .map(|case| (format!("flow_extraction/{}", case["assets"].as_str().unwrap()), attempt(|| run(case))))
        .collect()
}

pub fn migrations(data: &Data) -> Cases {
    let mut cases = Vec::new();
    for name in data.files("files/migrations/migrations") {
        let to = Version::parse(name.trim_end_matches(".json")).unwrap();
        for case in data.json(&format!("files/migrations/migrations/{name}")).as_array().unwrap() {
            let run = || -> Outcome {
                let mut source = Replay::new();
                let found = migrate(case["original"].clone(), to, &mut || source.uuid_v4())?;
                let outcome = same(&case["migrated"], &found)?;
                migrate_and_read(&found).map_err(|p| p[0].to_string())?;
                Ok(outcome)
            };
            cases
                .push((format!("migrations/{name}:{}", case["description"].as_str().unwrap()), attempt(run)));
        }
    }
    cases
}
