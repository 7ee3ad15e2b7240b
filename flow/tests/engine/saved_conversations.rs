//! Saved conversations: green when all comes as expected, red with what was expected and what came.
#![expect(clippy::unwrap_used, reason = "test code")]
use std::sync::Arc;

use flow::Assets;
use flow::saved::{Mismatch, SavedConversation, SavedError, play};
use serde_json::{Value as Json, json};

fn id(number: u32) -> String {
    format!("40000000-0000-4000-8000-{number:012}")
}

fn assets() -> Arc<Assets> {
    let json = json!({"flows": [{
    "uuid": id(1), "name": "Shelter", "spec_version": "14.4.2", "language": "spa", "type": "messaging",
    "expire_after_minutes": 60, "localization": {"eng": {
        id(3): {"text": ["Do you need shelter?"], "quick_replies": ["Yes", "No"]}}},
    "nodes": [
        {"uuid": id(2), "actions": [
            {"type": "send_msg", "uuid": id(3), "text": "¿Necesita refugio?", "quick_replies": ["Sí", "No"]}],
         "router": {"type": "switch", "operand": "@input.text", "result_name": "Shelter",
            "wait": {"type": "msg", "timeout": {"seconds": 600, "category_uuid": id(11)}},
            "categories": [{"uuid": id(4), "name": "Yes", "exit_uuid": id(5)},
                {"uuid": id(6), "name": "Other", "exit_uuid": id(7)},
                {"uuid": id(11), "name": "Silence", "exit_uuid": id(12)}],
            "cases": [{"uuid": id(8), "type": "has_any_word", "arguments": ["sí si"], "category_uuid": id(4)}],
            "default_category_uuid": id(6)},
         "exits": [{"uuid": id(5), "destination_uuid": id(9)}, {"uuid": id(7)}, {"uuid": id(12)}]},
        {"uuid": id(9), "actions": [
            {"type": "call_webhook", "uuid": id(14), "method": "GET", "url": "https://beds.example.org"},
            {"type": "send_msg", "uuid": id(10), "text": "Hay @webhook.json.beds camas, @contact.first_name. @globals.hotline"}],
         "exits": [{"uuid": id(13)}]},
    ]}]});
    Arc::new(Assets::read(&json).unwrap())
}

fn played(conversation: Json) -> Vec<Mismatch> {
    let saved: SavedConversation = serde_json::from_value(conversation).unwrap();
    play(&assets(), &saved).unwrap()
}

fn amina(steps: Json) -> Json {
    json!({"name": "Amina asks", "flow": "Shelter", "globals": {"hotline": "1800"},
        "contact": {"name": "Amina Diallo", "language": "eng", "urns": ["tel:+593991234567"]},
        "answers": [{"webhook": {"status": 200, "body": {"beds": 3}}}], "steps": steps})
}

#[test]
fn a_conversation_that_goes_as_expected_is_green() {
    let by = |answer: Json| {
        played(amina(json!([
            {"expects": [{"text": "Do you need shelter?", "quick_replies": ["Yes", "No"]}]},
            answer,
            {"expects": ["…3 camas, Amina. 1800"], "results": {"shelter": "Yes"}, "groups": [], "ended": true},
        ])))
    };
    assert_eq!(by(json!({"taps": "Yes"})), []);
    assert_eq!(by(json!({"says": "1."})), []);
    assert_eq!(by(json!({"says": "YES!"})), []);
    assert_eq!(by(json!({"says": "sí"})), []);
}

#[test]
fn silence_can_be_played() {
    let steps = json!([{"silent_until": "timeout", "results": {"shelter": "Silence"}, "ended": true}]);
    assert_eq!(played(amina(steps)), []);
    assert_eq!(played(amina(json!([{"silent_until": "expiration", "ended": true}]))), []);
}

#[test]
fn what_differs_is_shown() {
    let found = played(amina(json!([
        {"expects": ["¿Necesita refugio?", "more"]},
        {"taps": "Maybe"},
        {"says": "never", "expects": [], "results": {"shelter": "Yes"}, "fields": {"age": "3"}, "ended": false},
    ])));
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "step 1, message 1:\n  expected: ¿Necesita refugio?\n  got:      Do you need shelter?",
            "step 1, message 2:\n  expected: more\n  got:      (none)",
            "step 2, quick replies:\n  expected: Maybe\n  got:      no such quick reply was offered",
            "step 3, result shelter:\n  expected: Yes\n  got:      Other",
            "step 3, field age:\n  expected: 3\n  got:      ",
            "step 3, the session:\n  expected: waiting\n  got:      ended",
        ]
    );
}

#[test]
fn what_cannot_be_played_says_why() {
    let mut conversation = amina(json!([]));
    conversation["flow"] = "Shelters".into();
    let saved: SavedConversation = serde_json::from_value(conversation).unwrap();
    assert_eq!(play(&assets(), &saved), Err(SavedError::NoFlow("Shelters".to_owned())));
    let unknown = json!({"name": "x", "flow": "y", "steps": [{"say": "typo"}]});
    assert!(serde_json::from_value::<SavedConversation>(unknown).is_err());
}
