//! Definitions from before spec 13: what they become, and that people can talk to them.
#![expect(clippy::unwrap_used, reason = "test code")]
use crate::common::Story;
use flow::env::Environment;
use flow::excellent::tools;
use flow::migrations::legacy::{TemplateOptions, is_legacy, migrate_template, to_13};
use flow::{Contact, Resume};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use uuid::Uuid;

const FLOW: &str = "30000000-0000-4000-8000-000000000001";

fn id(number: u32) -> String {
    format!("40000000-0000-4000-8000-{number:012}")
}

fn rule(number: u32, category: &Json, to: Option<u32>, test: &Json) -> Json {
    json!({"uuid": id(number), "category": category, "destination": to.map(id), "test": test})
}

fn reply(number: u32, msg: &Json) -> Json {
    json!({"type": "reply", "uuid": id(number), "msg": msg, "media": {}, "send_all": false})
}

/// Asks after a village's water, in two languages; silence is an answer too.
fn definition() -> Json {
    json!({
        "version": "11.12", "flow_type": "M", "base_language": "eng", "entry": id(1),
        "metadata": {"uuid": FLOW, "name": "Water points", "revision": 7, "expires": 60,
            "notes": [{"x": 10.9, "y": 20, "title": "Ask", "body": "the committee"}]},
        "action_sets": [
            {"uuid": id(3), "x": 5, "y": 400, "destination": null, "exit_uuid": id(30), "actions": [
                {"type": "save", "uuid": id(31), "field": "pump_state", "label": "Pump State", "value": "@flow.pump.category"},
                reply(32, &json!({"eng": "Thanks @contact.first_name: @flow.pump.text is @(UPPER(flow.pump.category))"}))]},
            {"uuid": id(1), "x": 5, "y": 900, "destination": id(2), "exit_uuid": id(10), "actions": [
                reply(11, &json!({"eng": "Does the pump work?", "fra": "La pompe marche-t-elle ?"}))]},
            {"uuid": id(4), "x": 5, "y": 300, "destination": null, "exit_uuid": id(40), "actions": [
                reply(41, &json!({"eng": "We will ask again on @(date.today + 1)."}))]},
        ],
        "rule_sets": [{
            "uuid": id(2), "x": 5, "y": 100, "label": "Pump", "ruleset_type": "wait_message", "operand": "@step.value",
            "rules": [
                rule(21, &json!({"eng": "Works", "fra": "Marche"}), Some(3), &json!({"type": "contains_any", "test": {"eng": "yes works", "fra": "oui"}})),
                rule(22, &json!({"eng": "Broken"}), Some(3), &json!({"type": "starts", "test": {"eng": "no"}})),
                rule(23, &json!({"eng": "Works"}), Some(3), &json!({"type": "gt", "test": 10})),
                rule(24, &json!({"eng": "Other"}), Some(99), &json!({"type": "true"})),
                rule(25, &json!({"eng": "Silence"}), Some(4), &json!({"type": "timeout", "minutes": 5})),
            ],
        }],
    })
}

fn rewritten(old: &Json) -> Json {
    let mut count = 0;
    let mut new_uuid = || {
        count += 1;
        Uuid::from_u128(count)
    };
    to_13(old, "https://files.example.org/", &mut new_uuid).unwrap()
}

#[test]
fn a_definition_becomes_nodes() {
    assert!(is_legacy(&definition()));
    let flow = rewritten(&definition());
    assert!(!is_legacy(&flow));
    let order: Vec<&str> =
        flow["nodes"].as_array().unwrap().iter().map(|node| node["uuid"].as_str().unwrap()).collect();
    assert_eq!(order, [id(1), id(2), id(4), id(3)], "the entry, then from the top");
    assert_eq!(flow["localization"]["fra"][id(11)]["text"], json!(["La pompe marche-t-elle ?"]));
    let router = &flow["nodes"][1]["router"];
    let names: Vec<&Json> =
        router["categories"].as_array().unwrap().iter().map(|category| &category["name"]).collect();
    assert_eq!(names, ["Works", "Broken", "Other", "Silence"], "rules of one category share it");
    assert_eq!(router["cases"][2]["category_uuid"], router["cases"][0]["category_uuid"]);
    assert_eq!(router["cases"][2]["arguments"], json!(["10"]));
    assert_eq!(router["default_category_uuid"], router["categories"][2]["uuid"]);
    let wait = json!({"seconds": 300, "category_uuid": router["categories"][3]["uuid"]});
    assert_eq!(router["wait"]["timeout"], wait);
    let case = router["cases"][0]["uuid"].as_str().unwrap();
    assert_eq!(flow["localization"]["fra"][case]["arguments"], json!(["oui"]));
    assert_eq!(flow["nodes"][1]["exits"][2]["destination_uuid"], Json::Null, "node 99 is not there");
    assert_eq!(flow["_ui"]["nodes"][id(2)]["type"], "wait_for_response");
    let note = flow["_ui"]["stickies"].as_object().unwrap().values().next().unwrap();
    assert_eq!(note["position"], json!({"left": 10, "top": 20}));
}

fn story() -> Story {
    let assets = json!({
        "flows": [definition()],
        "fields": [{"uuid": id(800), "key": "pump_state", "name": "Pump State", "type": "text"}],
        "channels": [{"uuid": id(900), "name": "Line", "address": "+256770000000", "schemes": ["tel"],
            "roles": ["send", "receive"], "country": "UG"}],
    });
    let env: Environment =
        serde_json::from_value(json!({"allowed_languages": ["eng", "fra"], "date_format": "DD-MM-YYYY"}))
            .unwrap();
    let contact: Contact = serde_json::from_value(json!({"uuid": id(901), "id": 5, "name": "Achieng Okello",
        "status": "active", "urns": ["tel:+256771234567"], "created_on": "2025-01-01T00:00:00Z"}))
    .unwrap();
    Story::new(assets, env, contact)
}

#[test]
fn people_can_talk_to_it() {
    let mut story = story();
    assert_eq!(story.starts(FLOW).sees(), ["Does the pump work?"]);
    assert_eq!(story.says("It WORKS again").sees(), ["Thanks Achieng: It WORKS again is WORKS"]);
    assert_eq!(&*story.contact.fields["pump_state"].text, "Works");
}

#[test]
fn silence_leads_its_own_way() {
    let mut story = story();
    story.starts(FLOW);
    let wait = story.session().wait_id();
    let now = story.source.now;
    let resumed = json!({"type": "wait_timeout", "resumed_on": now.to_string(), "event": {"type": "wait_timed_out",
        "uuid": id(77), "created_on": now.to_string()}});
    let sees = story.resumes(Resume::read(&resumed, wait).unwrap()).sees().join("");
    assert_eq!(sees, "We will ask again on 05-05-2025.");
}

#[test]
fn an_old_definition_has_the_same_ids_each_time() {
    let categories = || {
        let assets = story().assets;
        let flow = assets.flow(FLOW.parse().unwrap()).unwrap().clone();
        let router = flow.nodes[1].router.as_ref().unwrap();
        router.categories.iter().map(|category| category.uuid).collect::<Vec<_>>()
    };
    assert_eq!(categories(), categories());
}

/// What a rule set becomes, alone in a flow.
fn split(rule_set: Json) -> (Json, Json) {
    let mut rule_set = rule_set;
    rule_set["uuid"] = id(2).into();
    let flow =
        rewritten(&json!({"base_language": "eng", "rule_sets": [rule_set], "metadata": {"uuid": FLOW}}));
    (flow["nodes"][0].clone(), flow["_ui"]["nodes"][id(2)].clone())
}

#[test]
fn splits() {
    let otherwise = || json!([rule(1, &json!("All"), None, &json!({"type": "true"}))]);
    let (node, ui) = split(json!({"ruleset_type": "form_field", "operand": "@flow.report", "label": "Sacks",
        "config": {"field_index": 2, "field_delimiter": "*"}, "rules": otherwise()}));
    assert_eq!(node["router"]["operand"], "@(field(results.report, 2, \"*\"))");
    assert_eq!(ui["config"]["operand"]["id"], "report");
    let (node, ui) = split(
        json!({"ruleset_type": "contact_field", "operand": "@contact.last_visit", "label": "Due",
        "rules": [rule(1, &json!("Late"), None, &json!({"type": "date_before", "test": "@(date.today - 30)"}))]}),
    );
    assert_eq!(node["router"]["cases"][0]["arguments"], json!(["@(datetime_add(today(), -30, \"D\"))"]));
    assert_eq!(ui["config"]["operand"], json!({"type": "field", "id": "last_visit", "name": "Last Visit"}));
    let case = node["router"]["cases"][0]["uuid"].as_str().unwrap();
    assert_eq!(ui["config"]["cases"][case]["arguments"], json!(["-30"]));
    let (node, _) = split(json!({"ruleset_type": "webhook", "label": "Stock", "rules": [
        rule(1, &json!("Success"), None, &json!({"type": "webhook_status", "status": "success"})),
        rule(2, &json!("Failure"), None, &json!({"type": "webhook_status", "status": "failure"}))],
        "config": {"webhook": "https://stock.example.org/?who=@contact.name", "webhook_action": "GET"}}));
    assert_eq!(node["actions"][0]["url"], "https://stock.example.org/?who=@(url_encode(contact.name))");
    assert_eq!(node["actions"][0]["body"], Json::Null);
    assert_eq!(node["router"]["default_category_uuid"], node["router"]["categories"][1]["uuid"]);
    assert_eq!(node["router"]["result_name"], Json::Null, "the call saves the result");
    let (node, _) = split(json!({"ruleset_type": "wait_digits", "finished_key": "#", "rules": otherwise()}));
    assert_eq!(
        node["router"]["wait"],
        json!({"type": "msg", "hint": {"type": "digits", "terminated_by": "#"}})
    );
    let (node, _) = split(json!({"ruleset_type": "random", "label": "Arm", "rules": otherwise()}));
    assert_eq!(node["router"]["type"], "random");
}

/// What an action becomes, alone in a flow.
fn action(old: Json) -> Json {
    let set = json!({"uuid": id(1), "exit_uuid": id(2), "actions": [old]});
    rewritten(&json!({"base_language": "eng", "action_sets": [set]}))["nodes"][0]["actions"][0].clone()
}

#[test]
fn actions() {
    let all = action(json!({"type": "del_group", "groups": []}));
    assert_eq!(all["all_groups"], true);
    let urn = action(json!({"type": "save", "field": "viber", "label": "Viber", "value": "@step.value"}));
    assert_eq!((&urn["scheme"], &urn["path"]), (&json!("viber"), &json!("@input")));
    let photo = action(
        json!({"type": "reply", "msg": {"eng": "Look"}, "media": {"eng": "image/png:maps/north.png"}}),
    );
    assert_eq!(photo["attachments"], json!(["image/png:https://files.example.org/maps/north.png"]));
    let flow = action(json!({"type": "flow", "flow": {"uuid": FLOW, "name": "Next"}}));
    assert_eq!((&flow["type"], &flow["terminal"]), (&json!("enter_flow"), &json!(true)));
    let label = action(
        json!({"type": "add_label", "labels": ["@contact.village", {"uuid": id(5), "name": "Urgent"}]}),
    );
    assert_eq!(
        label["labels"],
        json!([{"name_match": "@fields.village"}, {"uuid": id(5), "name": "Urgent"}])
    );
}

#[test]
fn what_is_unknown_is_said() {
    let mut new_uuid = Uuid::nil;
    let set = json!({"uuid": id(1), "actions": [{"type": "levitate"}]});
    let found = to_13(&json!({"action_sets": [set]}), "", &mut new_uuid);
    assert!(found.unwrap_err().contains("'levitate'"));
    let found = to_13(&json!({"rule_sets": [{"uuid": id(1), "ruleset_type": "oracle"}]}), "", &mut new_uuid);
    assert!(found.unwrap_err().contains("'oracle'"));
}

/// Puts something else in the place of the part that comes after so many others; gives how many are still to come.
fn replace(part: &mut Json, mut after: usize, by: &Json) -> Option<usize> {
    if after == 0 {
        *part = by.clone();
        return None;
    }
    after -= 1;
    let inner: Vec<&mut Json> = match part {
        Json::Array(items) => items.iter_mut().collect(),
        Json::Object(object) => object.values_mut().collect(),
        _ => Vec::new(),
    };
    inner.into_iter().try_fold(after, |after, item| replace(item, after, by))
}

#[test]
fn no_definition_is_too_odd() {
    let odd =
        [json!(null), json!(-1e300), json!(""), json!("@(((("), json!([{}, 1]), json!({"eng": {"x": []}})];
    for by in &odd {
        for at in 0.. {
            let mut definition = definition();
            if replace(&mut definition, at, by).is_some() {
                break;
            }
            // whatever comes of it: it must come
            let _ = to_13(&definition, "", &mut Uuid::nil);
            let _ = flow::migrations::migrate_and_read(&definition);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_is_too_odd(parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..14)) {
        let text = parts.concat();
        for default_to_self in [false, true] {
            let options = TemplateOptions { default_to_self, url_encode: true, raw_dates: default_to_self };
            let _ = migrate_template(&text, options);
        }
    }

    #[test]
    fn any_expression_that_is_understood_is_one_today(inside in expression()) {
        let new = migrate_template(&format!("@({inside})"), TemplateOptions::default());
        prop_assume!(new != format!("@({inside})") && !new.is_empty());
        let expression = new.strip_prefix("@(").and_then(|new| new.strip_suffix(')')).unwrap_or(&new[1..]);
        prop_assert!(tools::canonical(expression).is_ok(), "{inside} became {new}");
    }
}

const PARTS: [&str; 22] = [
    "@",
    "@@",
    "@(",
    "(",
    ")",
    "\"",
    "\"\"",
    "\\",
    "flow",
    ".",
    "2x",
    "contact.tel",
    "date.now",
    " + ",
    "-",
    "&",
    ",",
    "WORD(",
    "IF(",
    "1",
    "é",
    "[",
];

/// Old expressions that can be read.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "0",
        "-3",
        "2.50",
        "TRUE",
        "\"it's \"\"so\"\"\"",
        "\"\\\"",
        "flow.age",
        "flow.1st",
        "contact.groups",
        "date.today",
        "NOW()",
        "step.value",
        "TIME(1, contact.m, 3)",
        "contact.tel.scheme",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/", "^", "&", "=", "<>", "<=", ">"]);
        let one = prop::sample::select(vec![
            "LEN",
            "WEEKDAY",
            "EXP",
            "UPPER",
            "SUM",
            "FIRST_WORD",
            "FIXED",
            "-",
            "",
        ]);
        let two = prop::sample::select(vec![
            "WORD",
            "WORD_SLICE",
            "RIGHT",
            "LEFT",
            "POWER",
            "CONCATENATE",
            "DAYS",
            "FIELD",
            "SUM",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
            (one, inner.clone()).prop_map(|(name, a)| format!("{name}({a})")),
            (two, inner.clone(), inner).prop_map(|(name, a, b)| format!("{name}({a}, {b})")),
        ]
    })
}

#[test]
fn files_of_old_definitions_are_looked_for_where_the_export_comes_from() {
    let mut old = definition();
    old["action_sets"][1]["actions"][0]["media"] = json!({"eng": "image/png:attachments/1/north.png"});
    for (site, expect) in [
        (
            json!("https://rapidpro.example.org/"),
            "image/png:https://rapidpro.example.org/media/attachments/1/north.png",
        ),
        (json!("javascript:x"), "image/png:attachments/1/north.png"),
        (Json::Null, "image/png:attachments/1/north.png"),
    ] {
        let export = json!({"version": "11.12", "site": site, "flows": [old]});
        let mut story = Story::new(export, Environment::default(), Contact::default());
        story.starts(FLOW);
        let sent = serde_json::to_value(&story.events).unwrap();
        let sent = sent.as_array().unwrap().iter().find(|event| event["type"] == "msg_created").unwrap();
        assert_eq!(sent["msg"]["attachments"], json!([expect]));
    }
}
