//! Definitions and expressions from before spec 13.
use flow::EventKind;
use flow::migrations::legacy::{TemplateOptions, migrate_template, string_literal, to_13};
use serde_json::{Value as Json, json};

use crate::common::Replay;
use crate::compare::compare;
use crate::host::Host;
use crate::sessions::standard_session;
use crate::{Cases, Data, Outcome, Strict, attempt, id_of};

const MEDIA: &str = "https://myfiles.com";
/// When the standard session's expressions were evaluated.
const NOW: &str = "2018-04-11T13:24:30.123456Z";

fn evaluate(session: &mut (Host, flow::Session), template: &str) -> (String, Vec<String>) {
    let (host, session) = session;
    host.source = Replay::starting(NOW, 0, 123_456);
    let (text, events) =
        flow::evaluate(&host.assets, &host.env, &host.contact, session, &mut host.source, template);
    let errors = events.into_iter().filter_map(|event| match event.kind {
        EventKind::Error { text, .. } => Some(text.to_string()),
        _ => None,
    });
    (text, errors.collect())
}

fn rewrite(old: &Json) -> Result<Json, String> {
    let mut source = Replay::new();
    let new = to_13(old, MEDIA, &mut || flow::Source::uuid_v4(&mut source))?;
    // nothing that is rewritten may be refused by the migrations that follow
    flow::migrations::migrate(new.clone(), flow::migrations::PRESENT, &mut || uuid::Uuid::nil())?;
    Ok(new)
}

/// A flow around one rule set, with a node for each place it leads to.
fn around_rule_set(rule_set: &Json) -> Json {
    let rules = rule_set["rules"].as_array().into_iter().flatten();
    let mut places: Vec<&Json> = rules.map(|rule| &rule["destination"]).filter(|d| !d.is_null()).collect();
    places.dedup();
    let node = |uuid: &Json| json!({"uuid": uuid, "exit_uuid": uuid, "x": 0, "y": 9_999, "actions": []});
    json!({"base_language": "eng", "flow_type": "M", "entry": rule_set["uuid"], "rule_sets": [rule_set],
        "action_sets": places.into_iter().map(node).collect::<Vec<_>>(),
        "metadata": {"uuid": "a2b1c3d4-0000-4000-8000-000000000001", "name": "Around"}})
}

fn whole(case: &Json) -> Outcome {
    compare(&case["expected"], &rewrite(&case["legacy"])?, &case["legacy"])
}

/// Bodies of web calls are templates that may be written in many ways: what they give is compared.
fn evaluated_bodies(node: &mut Json, session: &mut (Host, flow::Session)) {
    for action in node["actions"].as_array_mut().into_iter().flatten() {
        if let Some(body) = action["body"].as_str().map(str::to_owned) {
            let (text, errors) = evaluate(session, &body);
            action["body"] = serde_json::from_str(&text).unwrap_or_else(|_| json!([text, errors]));
        }
    }
}

fn rule_set(case: &Json, session: &mut (Host, flow::Session)) -> Outcome {
    let old = &case["legacy_ruleset"];
    let flow = rewrite(&around_rule_set(old))?;
    let mut expected = case["expected_node"].clone();
    let mut found = flow["nodes"][0].clone();
    evaluated_bodies(&mut expected, session);
    evaluated_bodies(&mut found, session);
    let ui = &flow["_ui"]["nodes"][old["uuid"].as_str().unwrap()];
    compare(
        &json!([expected, case["expected_localization"], case["expected_ui"]]),
        &json!([found, flow["localization"], ui]),
        old,
    )
}

fn test(case: &Json) -> Outcome {
    let uuid = "a2b1c3d4-0000-4000-8000-000000000002";
    let rule = json!({"uuid": "a2b1c3d4-0000-4000-8000-000000000003", "category": {"eng": "Yes"}, "test": case["legacy_test"]});
    let old = json!({"uuid": uuid, "ruleset_type": "wait_message", "label": "Answer", "operand": "@step.value",
        "rules": [rule]});
    let flow = rewrite(&around_rule_set(&old))?;
    let found = &flow["nodes"][0]["router"]["cases"][0];
    let shown = &flow["_ui"]["nodes"][uuid]["config"]["cases"];
    let shown = shown.as_object().and_then(|cases| cases.values().next()).cloned();
    compare(
        &json!([case["expected_case"], case["expected_localization"], case["expected_ui"]]),
        &json!([found, flow["localization"], shown]),
        &old,
    )
}

fn action(case: &Json, session: &mut (Host, flow::Session)) -> Outcome {
    let set = json!({"uuid": "a2b1c3d4-0000-4000-8000-000000000002", "x": 0, "y": 0, "destination": null,
        "exit_uuid": "a2b1c3d4-0000-4000-8000-000000000003", "actions": [case["legacy_action"]]});
    let kind = case["legacy_flow_type"].as_str().unwrap_or("M");
    let old = json!({"base_language": "eng", "flow_type": kind, "action_sets": [set], "rule_sets": [],
        "metadata": {"uuid": "a2b1c3d4-0000-4000-8000-000000000001", "name": "Around"}});
    let flow = rewrite(&old)?;
    let mut expected = json!({"actions": [case["expected_action"]]});
    let mut found = json!({"actions": flow["nodes"][0]["actions"]});
    evaluated_bodies(&mut expected, session);
    evaluated_bodies(&mut found, session);
    compare(&json!([expected, case["expected_localization"]]), &json!([found, flow["localization"]]), &old)
}

pub fn definitions(data: &Data) -> Cases {
    let mut session = standard_session(data, false);
    let mut cases = Vec::new();
    for name in data.files("files/legacy") {
        for case in data.json(&format!("files/legacy/{name}")).as_array().unwrap() {
            let outcome = attempt(|| match name.as_str() {
                "flows.json" => whole(case),
                "rulesets.json" => rule_set(case, &mut session),
                "tests.json" => test(case),
                _ => action(case, &mut session),
            });
            cases.push((id_of(&format!("legacy/{name}"), case), outcome));
        }
    }
    cases
}

/// Old recorded calls: what failed must fail, and nothing may panic.
pub fn expressions(data: &Data) -> Cases {
    let mut session = standard_session(data, false);
    let mut cases = Vec::new();
    for name in data.files("files/legacy_expressions") {
        for case in data.json(&format!("files/legacy_expressions/{name}")).as_array().unwrap() {
            let outcome = attempt(|| {
                let template = case["template"].as_str().unwrap();
                let options =
                    TemplateOptions { url_encode: case["url_encode"] == true, ..TemplateOptions::default() };
                let new = migrate_template(template, options);
                let (_, errors) = evaluate(&mut session, &new);
                let fails = case["errors"].as_array().is_some_and(|errors| !errors.is_empty());
                if fails && errors.is_empty() {
                    return Err(format!("{template} became {new} and does not fail"));
                }
                Ok(Strict(true))
            });
            cases.push((id_of("legacy_expressions", case), outcome));
        }
    }
    cases
}

pub fn templates(data: &Data) -> Cases {
    let mut session = standard_session(data, false);
    let table = data.json("tables/legacy_templates.json");
    let mut run = |case: &Json| -> Outcome {
        let template = case["template"].as_str().unwrap();
        let options = TemplateOptions {
            default_to_self: case["default_to_self"] == true,
            ..TemplateOptions::default()
        };
        let new = migrate_template(template, options);
        if case["expect"] != *new {
            return Err(format!("{template} became {new} instead of {}", case["expect"]));
        }
        if case["evaluates"] == true {
            let (text, errors) = evaluate(&mut session, &new);
            if let Some(error) = errors.first() {
                return Err(format!("{new}: {error}"));
            }
            if case["value_checked"] == true && case["value"] != *text {
                return Err(format!("{new} gives {text} instead of {}", case["value"]));
            }
        }
        Ok(Strict(true))
    };
    let cases = table["cases"].as_array().unwrap().iter();
    cases.map(|case| (id_of("legacy_templates", case), attempt(|| run(case)))).collect()
}

pub fn misc(data: &Data) -> Cases {
    let table = data.json("tables/legacy_misc.json");
    let run = |case: &Json| -> Outcome {
        let found = string_literal(case["args"][0].as_str().unwrap());
        if case["expect"] == *found {
            Ok(Strict(true))
        } else {
            Err(format!("{found} instead of {}", case["expect"]))
        }
    };
    let cases = table["cases"].as_array().unwrap().iter();
    cases.map(|case| (id_of("legacy_misc", case), attempt(|| run(case)))).collect()
}
