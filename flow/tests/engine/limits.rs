//! A limit that stops a flow says which it is, in an event for the flow's author.
#![expect(clippy::unwrap_used, reason = "test code")]
use crate::common::Story;
use flow::env::Environment;
use flow::{Contact, Limits};
use serde_json::{Value as Json, json};

fn id(number: u32) -> String {
    format!("50000000-0000-4000-8000-{number:012}")
}

/// A flow that asks and asks (1), one that goes round without asking (2), one that enters itself (3).
fn definitions() -> Json {
    let flow = |number: u32, nodes: Json| {
        json!({"uuid": id(number), "name": format!("Flow {number}"), "spec_version": "14.4.2", "language": "eng",
            "type": "messaging", "expire_after_minutes": 60, "nodes": nodes})
    };
    let send = |number: u32| json!({"type": "send_msg", "uuid": id(number), "text": "Again"});
    json!({"flows": [
        flow(1, json!([{"uuid": id(10), "actions": [send(11)],
            "router": {"type": "switch", "operand": "@input.text", "wait": {"type": "msg"}, "cases": [],
                "categories": [{"uuid": id(12), "name": "All", "exit_uuid": id(13)}], "default_category_uuid": id(12)},
            "exits": [{"uuid": id(13), "destination_uuid": id(10)}]}])),
        flow(2, json!([{"uuid": id(20), "actions": [send(21)],
            "exits": [{"uuid": id(22), "destination_uuid": id(20)}]}])),
        flow(3, json!([{"uuid": id(30),
            "actions": [{"type": "enter_flow", "uuid": id(31), "flow": {"uuid": id(3), "name": "Flow 3"}}],
            "exits": [{"uuid": id(32)}]}])),
    ]})
}

fn story(limits: Limits) -> Story {
    let mut story = Story::new(definitions(), Environment::default(), Contact::default());
    story.limits = limits;
    story
}

/// The failures of the last sprint.
fn failures(story: &Story) -> Vec<String> {
    let events = serde_json::to_value(&story.events).unwrap();
    let failures = events.as_array().unwrap().iter().filter(|event| event["type"] == "failure");
    failures.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nodes_between_two_waits_are_limited() {
    let mut story = story(Limits { steps_per_sprint: 40, ..Limits::default() });
    story.starts(&id(2));
    assert_eq!(failures(&story), ["Reached maximum number of steps per sprint (40)"]);
    assert_eq!(story.sees().len(), 40);
}

#[test]
fn resumes_of_a_session_are_limited() {
    let mut story = story(Limits { sprints: 3, ..Limits::default() });
    story.starts(&id(1)).says("a").says("b");
    assert_eq!(failures(&story), Vec::<String>::new());
    story.says("c");
    assert_eq!(failures(&story), ["Reached maximum number of sprints per session (3)"]);
    assert!(!story.session().is_waiting());
}

#[test]
fn runs_of_a_session_are_limited() {
    let mut story = story(Limits { runs: 5, ..Limits::default() });
    story.starts(&id(3));
    assert_eq!(failures(&story)[0], "Reached maximum number of runs per session (5)");
    assert!(!story.session().is_waiting());
}
