//! Expressions are checked against what is known, each mistake with its node and field.
#![expect(clippy::unwrap_used, reason = "test code")]
use flow::Assets;
use flow::inspect::check_expressions;
use serde_json::{Value as Json, json};

fn id(number: u32) -> String {
    format!("30000000-0000-4000-8000-{number:012}")
}

fn assets(text: &str, translated: &str, operand: &str) -> Json {
    json!({
        "flows": [{
            "uuid": id(1), "name": "Shelter", "spec_version": "14.4.2", "language": "spa", "type": "messaging",
            "localization": {"eng": {id(3): {"text": [translated]}}},
            "nodes": [{
                "uuid": id(2),
                "actions": [{"type": "send_msg", "uuid": id(3), "text": text, "quick_replies": ["Sí", "@fields.no"]}],
                "router": {"type": "switch", "operand": operand, "result_name": "Need Shelter",
                    "wait": {"type": "msg"},
                    "categories": [{"uuid": id(4), "name": "All", "exit_uuid": id(5)}],
                    "cases": [{"uuid": id(6), "type": "has_any_word", "arguments": ["@(uper(\"a\"))"], "category_uuid": id(4)}],
                    "default_category_uuid": id(4)},
                "exits": [{"uuid": id(5)}],
            }],
        }],
        "fields": [{"uuid": id(7), "key": "district", "name": "District", "type": "text"}],
        "globals": [{"key": "hotline", "name": "Hotline", "value": "1800"}],
    })
}

fn problems(json: &Json) -> Vec<String> {
    let assets = Assets::read(json).unwrap();
    let flow = assets.flows().next().unwrap();
    let found = check_expressions(flow, Some(&assets), &|key| key.starts_with("answer_"));
    assert!(found.iter().all(|problem| problem.node.as_deref() == Some(&id(2)) && problem.flow == "Shelter"));
    found.iter().map(|problem| format!("{}: {}", problem.place, problem.text)).collect()
}

#[test]
fn each_mistake_has_its_place() {
    let found = problems(&assets(
        "Hola @contact.firstname, @results.need_shelter",
        "Hi @fields.distrito, @globals.hotline @globals.answer_x @globals.phone",
        "@(has_text(input.texto))",
    ));
    assert_eq!(
        found,
        [
            "actions[0].text: @contact.firstname: contact has no 'firstname'",
            "actions[0].text (eng): @fields.distrito: there is no contact field 'distrito'",
            "actions[0].text (eng): @globals.phone: there is no global 'phone'",
            "actions[0].quick_replies[1]: @fields.no: there is no contact field 'no'",
            "router.operand: @(has_text(input.texto)): input has no 'texto'",
            "router.cases[0].arguments: @(uper(\"a\")): there is no function 'uper'",
        ]
    );
}

#[test]
fn results_have_parts_and_parts_have_none() {
    let found = problems(&assets(
        "@results.need_shelter.category @results.need_shelter.extra.a.b @results.shelter @results.need_shelter.kind",
        "@contact.name.first @contact.groups[0].name @parent.results.need_shelter @webhook.json.a @urns.tel.x",
        "@input.text",
    ));
    let of_texts: Vec<&String> = found.iter().filter(|text| text.starts_with("actions[0].text")).collect();
    assert_eq!(
        of_texts,
        [
            "actions[0].text: @results.shelter: this flow saves no result 'shelter'",
            "actions[0].text: @results.need_shelter.kind: results.need_shelter has no 'kind'",
            "actions[0].text (eng): @contact.name.first: contact.name has no parts, so there is no 'first' of it",
            "actions[0].text (eng): @urns.tel.x: urns.tel has no parts, so there is no 'x' of it",
        ]
    );
}
