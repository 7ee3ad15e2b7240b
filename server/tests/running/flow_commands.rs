//! `openline flow …` as an author types it.
#![expect(clippy::unwrap_used, reason = "test code")]
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};

fn id(number: u32) -> String {
    format!("50000000-0000-4000-8000-{number:012}")
}

fn flow(text: &str, version: &str) -> Json {
    json!({
        "uuid": id(1), "name": "Shelter", "spec_version": version, "language": "eng", "type": "messaging",
        "expire_after_minutes": 60, "revision": 1, "localization": {},
        "nodes": [
            {"uuid": id(2), "actions": [{"type": "send_msg", "uuid": id(3), "text": text, "quick_replies": ["Yes", "No"]}],
             "router": {"type": "switch", "operand": "@input.text", "result_name": "Shelter", "wait": {"type": "msg"},
                "categories": [{"uuid": id(4), "name": "Yes", "exit_uuid": id(5)}, {"uuid": id(6), "name": "Other", "exit_uuid": id(7)}],
                "cases": [{"uuid": id(8), "type": "has_any_word", "arguments": ["yes"], "category_uuid": id(4)}],
                "default_category_uuid": id(6)},
             "exits": [{"uuid": id(5), "destination_uuid": id(9)}, {"uuid": id(7)}]},
            {"uuid": id(9), "actions": [{"type": "send_msg", "uuid": id(10), "text": "We have a bed, @contact.first_name."}],
             "exits": [{"uuid": id(11)}]},
        ],
    })
}

fn write(folder: &Path, name: &str, json: &Json) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, json.to_string()).unwrap();
    path
}

fn openline(words: &[&str], typed: &str) -> (bool, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_openline"))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[test]
fn one_can_talk_to_a_flow() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "flow.json", &flow("Need shelter?", "14.4.2"));
    let contact = write(folder.path(), "amina.json", &json!({"name": "Amina Diallo", "language": "eng"}));
    let words = ["flow", "run", file.to_str().unwrap(), "--as", contact.to_str().unwrap()];
    let (good, shown) = openline(&words, "1\n");
    assert!(good, "{shown}");
    for part in [
        "You are Amina Diallo (eng)",
        "< Need shelter?",
        "1. Yes",
        "Shelter = Yes (Yes)",
        "< We have a bed, Amina.",
        "(the flow has ended)",
    ] {
        assert!(shown.contains(part), "{part} is missing in:\n{shown}");
    }
    let (good, shown) = openline(&words, "/quit\n");
    assert!(good && shown.contains("(left while it waits)"), "{shown}");
}

#[test]
fn a_check_names_node_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let right = json!({"flows": [flow("Hi @contact.first_name", "14.4.2")], "fields": []});
    let file = write(folder.path(), "right.json", &right);
    let (good, shown) = openline(&["flow", "check", file.to_str().unwrap()], "");
    assert!(good && shown.contains("nothing is wrong"), "{shown}");
    let wrong = json!({"flows": [flow("Hi @contact.frist_name, @globals.answer_a", "14.4.2")], "fields": []});
    let file = write(folder.path(), "wrong.json", &wrong);
    let (good, shown) = openline(&["flow", "check", file.to_str().unwrap(), "--global", "answer_*"], "");
    let line = format!(
        "flow 'Shelter': node {}: actions[0].text: @contact.frist_name: contact has no 'frist_name'",
        id(2)
    );
    assert!(!good && shown.contains(&line) && shown.contains("1 problem(s)"), "{shown}");
}

#[test]
fn definitions_are_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "old.json", &flow("Hi", "13.0.0"));
    let (good, shown) = openline(&["flow", "migrate", file.to_str().unwrap()], "");
    assert!(good, "{shown}");
    let migrated: Json = serde_json::from_str(&shown).unwrap();
    assert_eq!(migrated["flows"][0]["spec_version"], "14.4.2");
}

#[test]
fn saved_conversations_are_green_or_red() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "flows.json", &json!({"flows": [flow("Need shelter?", "14.4.2")]}));
    let conversation = |expected: &str| {
        json!({"name": "She asks", "flow": "Shelter", "contact": {"name": "Amina"}, "steps": [
            {"expects": ["Need shelter?"]}, {"taps": "Yes"}, {"expects": [expected], "ended": true}]})
    };
    write(folder.path(), "conversations/a.json", &conversation("We have a bed, Amina."));
    let place = folder.path().join("conversations");
    let (good, shown) = openline(&["flow", "test", place.to_str().unwrap()], "");
    assert!(good && shown.contains("ok   a.json: She asks"), "{shown}");
    write(folder.path(), "conversations/b.json", &conversation("We have two beds."));
    let (good, shown) = openline(&["flow", "test", place.to_str().unwrap()], "");
    assert!(!good && shown.contains("RED  b.json: She asks"), "{shown}");
    assert!(shown.contains("expected: We have two beds.\n  got:      We have a bed, Amina."), "{shown}");
    assert!(shown.contains("2 conversation(s), 1 red."), "{shown}");
}
