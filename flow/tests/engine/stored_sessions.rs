//! Sessions that earlier versions stored still resume: a sample of each version is kept and never changed.
#![expect(clippy::unwrap_used, reason = "test code")]
use crate::common::Story;
use flow::env::Environment;
use flow::{Contact, Next, Session};
use serde_json::{Value as Json, json};

const VERSION_1: &str = include_str!("../samples/session.v1.json");
const VERSION_2: &str = include_str!("../samples/session.v2.hex");
const VERSION_3: &str = include_str!("../samples/session.v3.hex");

fn id(number: u32) -> String {
    format!("60000000-0000-4000-8000-{number:012}")
}

/// Two questions, the first of which has been answered when the samples were taken.
fn assets() -> Json {
    let question = |n: u32, text: &str, name: &str, to: u32| {
        json!({"uuid": id(n), "actions": [
            {"type": "set_run_local", "uuid": id(n * 10 + 1), "local": "asked", "value": name, "operation": "set"},
            {"type": "send_msg", "uuid": id(n * 10 + 2), "text": text, "quick_replies": [{"type": "text", "text": "Sí", "id": "yes"}, "No"]}],
          "router": {"type": "switch", "operand": "@input.text", "result_name": name, "wait": {"type": "msg"},
            "categories": [{"uuid": id(n * 10 + 3), "name": "Yes", "exit_uuid": id(n * 10 + 4)}, {"uuid": id(n * 10 + 5), "name": "Other", "exit_uuid": id(n * 10 + 6)}],
            "cases": [{"uuid": id(n * 10 + 7), "type": "has_any_word", "arguments": ["sí"], "category_uuid": id(n * 10 + 3)}],
            "default_category_uuid": id(n * 10 + 5)},
          "exits": [{"uuid": id(n * 10 + 4), "destination_uuid": id(to)}, {"uuid": id(n * 10 + 6), "destination_uuid": id(to)}]})
    };
    json!({"flows": [{
    "uuid": id(1), "name": "Refugio", "spec_version": "14.4.2", "language": "spa", "type": "messaging", "revision": 7,
    "expire_after_minutes": 60, "localization": {"eng": {id(32): {"quick_replies": ["Yes", "No"]}}},
    "nodes": [
        json!({"uuid": id(5), "actions": [{"type": "send_msg", "uuid": id(50), "text": "Hola"}],
                "exits": [{"uuid": id(51), "destination_uuid": id(2)}]}),
            question(2, "¿Necesita refugio?", "Shelter", 3),
        question(3, "¿Hay niños?", "Children", 4),
        {"uuid": id(4), "actions": [{"type": "send_msg", "uuid": id(40),
            "text": "@results.shelter.category @results.children.category @results.shelter.input @trigger.params.source @trigger.keyword"}],
         "exits": [{"uuid": id(41)}]},
    ]}]})
}

fn amina() -> Story {
    let env = Environment {
        allowed_languages: vec!["spa".parse().unwrap(), "eng".parse().unwrap()],
        ..Environment::default()
    };
    let contact: Contact = serde_json::from_value(json!({
        "uuid": id(800), "name": "Amina Diallo", "language": "eng", "urns": ["whatsapp:593991234567"]}))
    .unwrap();
    Story::new(assets(), env, contact)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(char::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}

#[test]
fn a_session_of_every_version_goes_on() {
    for (version, stored) in
        [(1, VERSION_1.trim().as_bytes().to_vec()), (2, bytes(VERSION_2)), (3, bytes(VERSION_3))]
    {
        let mut story = amina();
        story.stored = stored;
        let session = story.session();
        assert_eq!((session.sprints, session.offered.len()), (2, 2), "version {version}");
        assert_eq!(session.runs[0].locals["asked"], "Children", "version {version}");
        story.says("1");
        assert_eq!(story.refused, None, "version {version}");
        assert_eq!(story.next, Next::Ended, "version {version}");
        assert_eq!(story.sees(), ["Yes Yes sí, por favor web ayuda"], "version {version}");
    }
}

#[test]
fn what_is_written_now_is_the_newest_sample() {
    let session = Session::from_stored(&bytes(VERSION_2)).unwrap();
    assert_eq!(
        session.to_stored(),
        bytes(VERSION_3),
        "a change of the form is a new version with its own sample"
    );
    for older in [VERSION_1.trim().as_bytes().to_vec(), bytes(VERSION_3)] {
        assert_eq!(Session::from_stored(&older).unwrap(), session, "all samples are the same session");
    }
}

#[test]
fn what_is_no_session_is_refused() {
    for wrong in
        [&b""[..], b"{", b"{}", b"\x02", b"\x03abc", b"\x04abcdefgh", b"[1]", &bytes(VERSION_2)[..300]]
    {
        assert!(Session::from_stored(wrong).is_err());
    }
    for sample in [bytes(VERSION_2), bytes(VERSION_3)] {
        for cut in 0..sample.len() {
            assert!(Session::from_stored(&sample[..cut]).is_err(), "{cut}");
        }
        let longer = [&sample[..], &[0]].concat();
        assert!(Session::from_stored(&longer).is_err());
    }
}
