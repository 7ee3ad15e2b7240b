//! Whole sessions, triggers, and what needs a contact and assets only.
use flow::env::Environment;
use flow::modifiers::{Change, Modifier, reevaluate_groups};
use flow::{Assets, Contact, Event, Resume, Session, Sprint, Trigger};
use serde_json::{Value as Json, json};

use crate::common::Replay;
use crate::compare::compare;
use crate::host::{Host, limits};
use crate::{Cases, Data, Outcome, Strict, attempt, id_of};

pub fn environment(json: &Json) -> Environment {
    if json.is_null() { Environment::default() } else { serde_json::from_value(json.clone()).unwrap() }
}

pub fn contact(json: &Json) -> Contact {
    serde_json::from_value(json.clone()).unwrap_or_else(|e| panic!("{e}: {json}"))
}

pub fn assets(json: &Json, env: &Environment) -> Result<Assets, String> {
    Assets::read_in(json, env).map_err(|problems| problems[0].to_string())
}

pub fn runner(data: &Data) -> Cases {
    let names = data.files("files/runner");
    let stem = |name: &str| name.trim_end_matches(".json").split_once('.').map(|(stem, _)| stem.to_owned());
    let tests = names.iter().filter_map(|name| Some((name, stem(name)?)));
    tests
        .map(|(name, stem)| {
            let test = data.json(&format!("files/runner/{name}"));
            let raw_assets = data.json(&format!("files/runner/{stem}.json"));
            let outcome = attempt(|| run_session(&raw_assets, &test));
            (format!("runner/{name}"), outcome)
        })
        .collect()
}

fn run_session(raw_assets: &Json, test: &Json) -> Outcome {
    let env = environment(&test["environment"]);
    let mut host = Host::new(assets(raw_assets, &env)?, env, contact(&test["contact"]));
    host.mock(&test["http_mocks"]);
    host.phone_call = serde_json::from_value(test["call"].clone()).unwrap_or_default();
    let inputs = json!({"assets": raw_assets, "contact": test["contact"], "trigger": test["trigger"],
        "resumes": test["resumes"], "call": test["call"]});
    let mut strict = true;
    let mut sprint = host.start(Trigger::read(&test["trigger"])?);
    let resumes = test["resumes"].as_array().cloned().unwrap_or_default();
    let outputs = test["outputs"].as_array().unwrap();
    for (at, output) in outputs.iter().enumerate() {
        if at > 0 {
            let mut session = sprint.session.clone();
            session.compact();
            let session: Session = serde_json::from_str(&serde_json::to_string(&session).unwrap()).unwrap();
            let wait = session.wait_id();
            sprint = host.resume(session, Resume::read(&resumes[at - 1], wait)?);
            if let Some(refused) = &sprint.refused {
                return Err(format!("sprint {at}: refused: {refused}"));
            }
        }
        let mut session = sprint.session.clone();
        session.compact();
        let found = json!({"session": session, "events": sprint.events, "segments": sprint.segments});
        match compare(output, &found, &inputs) {
            Ok(Strict(same)) => strict &= same,
            Err(difference) => return Err(format!("sprint {at}: {difference}")),
        }
    }
    Ok(Strict(strict))
}

pub fn triggers(data: &Data) -> Cases {
    let raw_assets = data.json("files/triggers/_assets.json");
    let mut cases = Vec::new();
    for name in data.files("files/triggers") {
        if name.starts_with('_') {
            continue;
        }
        let json = data.json(&format!("files/triggers/{name}"));
        match json.as_array() {
            Some(list) => {
                for case in list {
                    let id = format!("triggers/{name}:{}", case["description"].as_str().unwrap());
                    cases.push((id, attempt(|| trigger(&raw_assets, case))));
                }
            }
            None => {
                let read = Trigger::read(&json).map(|trigger| serde_json::to_value(trigger).unwrap());
                cases
                    .push((format!("triggers/{name}"), read.and_then(|found| compare(&json, &found, &json))));
            }
        }
    }
    cases
}

fn trigger(raw_assets: &Json, case: &Json) -> Outcome {
    let read = Trigger::read(&case["trigger"]);
    if let Some(error) = case["read_error"].as_str() {
        return match read {
            Err(found) if found == error => Ok(Strict(true)),
            other => Err(format!("{other:?} instead of {error}")),
        };
    }
    let trigger = read?;
    let written = serde_json::to_value(&trigger).unwrap();
    compare(&case["trigger"], &written, &case["trigger"])?;
    let env = Environment::default();
    let mut host = Host::new(assets(raw_assets, &env)?, env, Contact::default());
    host.source = Replay::starting("2018-10-18T14:20:30.000123456Z", 0, 12_345);
    let sprint = host.start(trigger);
    let text = flow::evaluate(
        &host.assets,
        &host.env,
        &host.contact,
        &sprint.session,
        &mut host.source,
        "@(json(trigger))",
    )
    .0;
    let found: Json = serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?;
    compare(&case["context"], &found, &case["context"])
}

pub fn modifiers(data: &Data) -> Cases {
    let env = environment(&json!({"default_country": "US"}));
    let raw_assets = data.json("files/modifiers/_assets.json");
    let mut cases = Vec::new();
    for name in data.files("files/modifiers") {
        if name.starts_with('_') {
            continue;
        }
        for case in data.json(&format!("files/modifiers/{name}")).as_array().unwrap() {
            let id = format!("modifiers/{name}:{}", case["description"].as_str().unwrap());
            cases.push((id, attempt(|| modifier(&raw_assets, &env, case))));
        }
    }
    cases
}

fn modifier(raw_assets: &Json, env: &Environment, case: &Json) -> Outcome {
    let assets = std::sync::Arc::new(assets(raw_assets, env)?);
    let modifier: Modifier = serde_json::from_value(case["modifier"].clone()).map_err(|e| e.to_string())?;
    let mut before = contact(&case["contact_before"]);
    let mut events = Vec::new();
    modifier.apply(&mut Change {
        groups_current: false,
        assets: &assets,
        env,
        limits: &limits(256),
        contact: &mut before,
        source: &mut Replay::new(),
        claim: &mut |urn| !urn.path().contains("taken"),
        events: &mut events,
    });
    let expected = json!({"contact": case["contact_after"], "events": case["events"]});
    let inputs = json!([case["contact_before"], case["modifier"], raw_assets]);
    compare(&expected, &json!({"contact": before, "events": events}), &inputs)
}

pub fn smart_groups(data: &Data) -> Cases {
    let raw_assets = data.json("files/smart_groups/smart_groups.assets.json");
    let cases = data.json("files/smart_groups/smart_groups.json");
    let run = |case: &Json| -> Outcome {
        let mut env = json!({"allowed_languages": ["eng", "spa"], "default_country": "RW"});
        if case["redact_urns"] == true {
            env["redaction_policy"] = "urns".into();
        }
        let env = environment(&env);
        let assets = std::sync::Arc::new(assets(&raw_assets, &env)?);
        let mut before = contact(&case["contact_before"]);
        reevaluate_groups(&mut Change {
            groups_current: false,
            assets: &assets,
            env: &env,
            limits: &limits(640),
            contact: &mut before,
            source: &mut Replay::new(),
            claim: &mut |_| true,
            events: &mut Vec::new(),
        });
        compare(&case["contact_after"], &serde_json::to_value(before).unwrap(), case)
    };
    let list = cases.as_array().unwrap().iter();
    list.map(|case| (id_of("smart_groups", case), attempt(|| run(case)))).collect()
}

/// The reference engine's standard session, ended.
pub fn standard_session(data: &Data, redact: bool) -> (Host, Session) {
    let (host, sprints) = standard_sprints(data, redact, |_| ());
    (host, sprints.into_iter().last().unwrap().session)
}

/// What happens in the standard session when its assets are changed first.
pub fn standard_events(data: &Data, change: impl FnOnce(&mut Json)) -> Vec<Event> {
    standard_sprints(data, false, change).1.into_iter().flat_map(|sprint| sprint.events).collect()
}

fn standard_sprints(data: &Data, redact: bool, change: impl FnOnce(&mut Json)) -> (Host, Vec<Sprint>) {
    let mut fixture = data.json("fixtures.json")["fixture"].take();
    change(&mut fixture["assets"]);
    let mut env = json!({"allowed_languages": ["eng", "spa"], "date_format": "DD-MM-YYYY", "default_country": "US",
        "timezone": "America/Guayaquil"});
    if redact {
        env["redaction_policy"] = "urns".into();
    }
    let env = environment(&env);
    let mut host = Host::new(assets(&fixture["assets"], &env).unwrap(), env, contact(&fixture["contact"]));
    host.limits = limits(256);
    let body = json!({"results": [{"state": "WA"}, {"state": "IN"}]}).to_string();
    host.mock(&json!({"http://*": [{"status": 200, "body": body,
        "headers": {"Content-Type": "text/plain; charset=utf-8", "Content-Length": "43", "Date": "Wed, 11 Apr 2018 18:24:30 GMT"}}]}));
    let first = host.start(Trigger::read(&fixture["trigger"]).unwrap());
    let wait = first.session.wait_id();
    let second = host.resume(first.session.clone(), Resume::read(&fixture["resume"], wait).unwrap());
    (host, vec![first, second])
}

pub fn templates(data: &Data) -> Cases {
    let (mut host, session) = standard_session(data, false);
    let (mut hidden_host, hidden_session) = standard_session(data, true);
    let cases = data.json("files/engine/templates.json");
    let mut run = |case: &Json| -> Outcome {
        let redact = case["redact_urns"] == true;
        let (host, session) =
            if redact { (&mut hidden_host, &hidden_session) } else { (&mut host, &session) };
        let template = case["template"].as_str().unwrap();
        let (text, events) =
            flow::evaluate(&host.assets, &host.env, &host.contact, session, &mut host.source, template);
        let mut expected = json!({"events": case["events"]});
        let mut found = json!({"events": events});
        if case["output_json"].is_null() {
            expected["output"] = case["output"].clone();
            if expected["output"].is_null() {
                expected["output"] = "".into();
            }
            found["output"] = text.into();
        } else {
            expected["output"] = case["output_json"].clone();
            found["output"] = serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?;
        }
        compare(&expected, &found, &json!(null))
    };
    let list = cases.as_array().unwrap().iter();
    list.map(|case| {
        (format!("engine_templates:{}", case["template"].as_str().unwrap()), attempt(|| run(case)))
    })
    .collect()
}
