//! A conversation from end to end: start, wait, answer, wait, end.
#![expect(clippy::unwrap_used, reason = "test code")]
use crate::common::Story;
use flow::env::Environment;
use flow::events::{EventKind, MsgIn};
use flow::{Contact, Next, Resume};
use serde_json::{Value as Json, json};

const FLOW: &str = "10000000-0000-4000-8000-000000000001";

fn id(number: u32) -> String {
    format!("20000000-0000-4000-8000-{number:012}")
}

/// A question with three buttons and two known answers, in Spanish with an English translation.
fn question(number: u32, text: &str, name: &str, to: Option<u32>) -> Json {
    let base = number * 100;
    let exit = |n: u32| json!({"uuid": id(base + n), "destination_uuid": to.map(id)});
    let category =
        |n: u32, name: &str| json!({"uuid": id(base + n), "name": name, "exit_uuid": id(base + n + 10)});
    let case = |n: u32, word: &str| json!({"uuid": id(base + n), "type": "has_any_word", "arguments": [word], "category_uuid": id(base + n - 20)});
    json!({
        "uuid": id(number),
        "actions": [{"type": "send_msg", "uuid": id(base), "text": text, "quick_replies": [
            {"type": "text", "text": "Sí", "id": "yes"}, {"type": "text", "text": "No", "id": "no"}, "No sé"]}],
        "router": {
            "type": "switch", "operand": "@input.text", "result_name": name,
            "wait": {"type": "msg", "timeout": {"seconds": 600, "category_uuid": id(base + 4)}},
            "categories": [category(1, "Yes"), category(2, "No"), category(3, "Other"), category(4, "Silence")],
            "cases": [case(21, "sí si"), case(22, "no")],
            "default_category_uuid": id(base + 3),
        },
        "exits": [exit(11), exit(12), exit(13), exit(14)],
    })
}

fn assets() -> Json {
    json!({
        "flows": [{
            "uuid": FLOW, "name": "Refugio", "spec_version": "14.4.2", "language": "spa", "type": "messaging",
            "expire_after_minutes": 60,
            "localization": {"eng": {
                id(100): {"text": ["Do you need shelter?"], "quick_replies": ["Yes", "No", "I do not know"]},
            }},
            "nodes": [
                question(1, "¿Necesita refugio?", "Shelter", Some(2)),
                question(2, "¿Hay niños con usted, @contact.first_name?", "Children", Some(3)),
                {"uuid": id(3), "actions": [
                    {"type": "send_msg", "uuid": id(300), "text": "Gracias: @results.shelter.category, @results.children"},
                ], "exits": [{"uuid": id(301)}]},
            ],
        }],
        "channels": [{"uuid": id(900), "name": "Casa", "address": "+593990000000", "schemes": ["whatsapp"],
            "roles": ["send", "receive"], "country": "EC"}],
    })
}

fn story(language: &str) -> Story {
    let env = Environment {
        allowed_languages: vec!["spa".parse().unwrap(), "eng".parse().unwrap()],
        ..Environment::default()
    };
    let contact: Contact = serde_json::from_value(json!({
        "uuid": id(800), "name": "Amina Diallo", "language": language, "created_on": "2030-01-01T00:00:00Z",
        "urns": ["whatsapp:593991234567"],
    }))
    .unwrap();
    Story::new(assets(), env, contact)
}

#[test]
fn two_questions_are_asked_and_answered() {
    let mut amina = story("spa");
    amina.starts(FLOW);
    assert_eq!(amina.sees(), ["¿Necesita refugio?"]);
    assert_eq!(amina.names(), ["run_started", "msg_created", "msg_wait"]);
    let Next::Wait { timeout_at: Some(timeout_at), expires_at, dial: false, .. } = amina.next else {
        panic!("{:?}", amina.next)
    };
    assert_eq!((expires_at - timeout_at).get_seconds() / 60, 49);

    amina.says("si, por favor");
    assert_eq!(amina.sees(), ["¿Hay niños con usted, Amina?"]);
    assert_eq!(amina.names(), ["run_result_changed", "msg_created", "msg_wait"]);

    amina.says("tres");
    assert_eq!(amina.sees(), ["Gracias: Yes, tres"]);
    assert_eq!(amina.next, Next::Ended);
    let session = amina.session();
    assert_eq!(session.sprints, 3);
    assert_eq!(session.runs[0].results.get("children").unwrap().category, "Other");
    assert!(session.runs[0].path.is_empty(), "what nobody needs is not kept");
}

#[test]
fn a_tapped_button_counts_in_every_language() {
    let mut sam = story("eng");
    sam.starts(FLOW);
    assert_eq!(sam.sees(), ["Do you need shelter?"]);
    let EventKind::MsgCreated { msg, .. } = &sam.events[1].kind else { panic!() };
    assert_eq!(msg.quick_replies[0].id.as_deref(), Some("yes"));
    assert_eq!((msg.quick_replies[0].text.as_str(), msg.locale.as_str()), ("Yes", "eng-EC"));
    sam.sends(MsgIn { text: "Yes".to_owned(), choice_id: Some("yes".to_owned()), ..MsgIn::default() });
    assert_eq!(sam.session().runs[0].results.get("shelter").unwrap().category, "Yes");
}

#[test]
fn a_typed_number_counts_as_the_choice_it_stands_for() {
    for (typed, category) in [("1", "Yes"), ("٢", "No"), ("7", "Other"), ("0", "Other")] {
        let mut sam = story("eng");
        sam.starts(FLOW).says(typed);
        assert_eq!(sam.session().runs[0].results.get("shelter").unwrap().category, category, "{typed}");
    }
}

#[test]
fn silence_takes_its_own_way() {
    let mut amina = story("spa");
    amina.starts(FLOW);
    let Next::Wait { id, .. } = amina.next else { panic!() };
    amina.resumes(Resume::Timeout(id));
    assert_eq!(amina.session().runs[0].results.get("shelter").unwrap().category, "Silence");
    // a timer of the first wait says nothing about the second
    let before = amina.stored.clone();
    amina.resumes(Resume::Timeout(id));
    assert!(amina.refused.is_some());
    assert_eq!(amina.stored, before);
    let Next::Wait { id, .. } = amina.next else { panic!() };
    amina.resumes(Resume::Expiration(id));
    assert_eq!(amina.next, Next::Ended);
    assert_eq!(amina.names(), ["run_ended"]);
}
