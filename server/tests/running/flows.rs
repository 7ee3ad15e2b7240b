//! Flows in the console: import with a report, drafts, the simulator, saved conversations, publishing.
#![expect(clippy::unwrap_used, reason = "test code")]
use crate::support::{Answer, Browser, World};
use axum::body::Body;
use http::{Method, StatusCode};
use openline::access::Role;
use openline::contacts::{self, ConsentState};
use openline::flows::{self, Route, Wrote};
use openline::lines;
use serde_json::{Value, json};
use uuid::Uuid;

on_both_databases!(
    an_export_becomes_a_draft_with_a_report,
    what_is_no_export_is_refused,
    flows_of_the_same_name_take_the_lines_ids,
    a_simulation_runs_on_the_real_engine,
    a_simulation_waits_for_calls_to_the_outside,
    red_conversations_block_publishing,
    errors_block_publishing,
    a_draft_is_published_only_over_what_was_seen,
    a_simulation_becomes_a_saved_conversation,
    another_process_takes_the_new_version_up,
    people_who_wait_in_the_old_version_go_on,
    a_flow_that_stops_without_a_word_leaves_nobody_alone,
    a_content_folder_is_held_to_the_same,
    real_exports_come_in_or_say_why_not,
);

pub(crate) fn id(number: u32) -> String {
    format!("60000000-0000-4000-8000-{number:012}")
}

/// A flow that asks one question.
pub(crate) fn shelter(question: &str) -> Value {
    json!({
        "uuid": id(1), "name": "shelter", "spec_version": "14.4.2", "language": "spa", "type": "messaging",
        "expire_after_minutes": 60, "revision": 7, "localization": {},
        "nodes": [
            {"uuid": id(2), "actions": [
                {"type": "send_msg", "uuid": id(3), "text": question, "quick_replies": ["Sí", "No"]}],
             "router": {"type": "switch", "operand": "@input.text", "result_name": "Shelter",
                "wait": {"type": "msg", "timeout": {"seconds": 600, "category_uuid": id(6)}},
                "categories": [{"uuid": id(4), "name": "Yes", "exit_uuid": id(5)},
                    {"uuid": id(6), "name": "Other", "exit_uuid": id(7)}],
                "cases": [{"uuid": id(8), "type": "has_any_word", "arguments": ["sí si"], "category_uuid": id(4)}],
                "default_category_uuid": id(6)},
             "exits": [{"uuid": id(5), "destination_uuid": id(9)}, {"uuid": id(7)}]},
            {"uuid": id(9), "actions": [
                {"type": "set_contact_field", "uuid": id(12), "field": {"key": "bed", "name": "Bed"}, "value": "yes"},
                {"type": "send_msg", "uuid": id(10), "text": "Tenemos una cama, @contact.first_name."}],
             "exits": [{"uuid": id(11)}]},
        ],
    })
}

/// An export with the flow, and what an export can bring along.
pub(crate) fn export(flows: &[Value]) -> Value {
    json!({
        "version": "13", "site": "https://textit.com", "flows": flows,
        "groups": [{"uuid": id(50), "name": "Families", "query": null}],
        "fields": [{"key": "bed", "name": "Bed", "type": "text"}],
        "triggers": [
            {"trigger_type": "K", "keywords": ["cama"], "match_type": "O", "groups": [], "exclude_groups": [],
             "channel": null, "flow": {"uuid": id(1), "name": "shelter"}},
            {"trigger_type": "S", "flow": {"uuid": id(1), "name": "shelter"}, "groups": []},
        ],
        "campaigns": [{"uuid": id(60), "name": "Reminders", "events": [{}, {}]}],
    })
}

pub(crate) async fn author(world: &World) -> Browser {
    world.signed_in("Flor", &[Role::FlowAuthor]).await
}

pub(crate) fn path(world: &World, rest: &str) -> String {
    format!("/lines/{}/flows{rest}", world.line)
}

async fn import(world: &World, author: &Browser, body: Vec<u8>) -> Answer {
    let request = author.request(Method::POST, &path(world, "/draft?file=refugio.json"));
    author.send(request.body(Body::from(body)).unwrap()).await
}

pub(crate) async fn brings(world: &World, author: &Browser, export: &Value) -> Value {
    import(world, author, export.to_string().into_bytes()).await.ok()
}

async fn looks(world: &World, author: &Browser) -> Value {
    author.get(&path(world, "")).await.ok()
}

async fn publishes(world: &World, author: &Browser, version: &Value) -> Answer {
    author.post(&path(world, "/draft/publish"), json!({"version": version})).await
}

/// Whether a list has an item with these members.
fn has(list: &Value, wanted: &Value) -> bool {
    let fits = |item: &Value| wanted.as_object().unwrap().iter().all(|(key, value)| item[key] == *value);
    list.as_array().unwrap().iter().any(fits)
}

#[track_caller]
pub(crate) fn must_have(list: &Value, wanted: &Value) {
    assert!(has(list, wanted), "{wanted} is missing in {list:#}");
}

async fn an_export_becomes_a_draft_with_a_report(world: World) {
    let flor = author(&world).await;
    let before = looks(&world, &flor).await;
    assert_eq!(before["draft"], Value::Null);
    assert_eq!(before["published"]["flows"].as_array().unwrap().len(), 4);
    must_have(&before["published"]["flows"], &json!({"name": "menu", "language": "spa", "problems": 0}));
    let mut old = shelter("¿Necesita refugio?");
    old["spec_version"] = json!("13.1.0");
    let node = json!({"uuid": id(30), "exits": [{"uuid": id(31)}], "actions": [
        {"type": "add_contact_groups", "uuid": id(32), "groups": [{"uuid": id(51), "name": "Sheltered"}]},
        {"type": "enter_flow", "uuid": id(33), "flow": {"uuid": id(99), "name": "Follow up"}},
        {"type": "open_ticket", "uuid": id(34), "topic": {"uuid": id(98), "name": "Camping"}},
        {"type": "send_email", "uuid": id(35), "addresses": ["a@example.org"], "subject": "s", "body": "b"},
        {"type": "call_webhook", "uuid": id(36), "method": "GET", "url": "https://beds.example.org/free?x=1"},
    ]});
    old["nodes"].as_array_mut().unwrap().push(node);
    let draft = brings(&world, &flor, &export(&[old])).await;
    assert_eq!(draft["file_name"], "refugio.json");
    assert_eq!(draft["made_by"]["name"], "Flor");
    must_have(&draft["flows"], &json!({"name": "shelter", "change": "new", "nodes": 3}));
    must_have(&draft["flows"], &json!({"name": "menu", "change": "same"}));
    let report = &draft["report"];
    let taken = &report["taken"];
    must_have(taken, &json!({"kind": "flow", "name": "shelter", "text": "New. Migrated from 13.1.0."}));
    must_have(taken, &json!({"kind": "group", "name": "Families"}));
    must_have(taken, &json!({"kind": "group", "name": "Sheltered"}));
    must_have(taken, &json!({"kind": "trigger", "name": "cama", "flow": "shelter"}));
    must_have(&report["missing"], &json!({"kind": "flow", "name": "Follow up", "flow": "shelter"}));
    must_have(&report["missing"], &json!({"kind": "topic", "name": "Camping", "flow": "shelter"}));
    for kind in ["campaign", "trigger", "email", "webhook", "language", "environment", "consent"] {
        must_have(&report["differs"], &json!({"kind": kind}));
    }
    must_have(&report["differs"], &json!({"kind": "webhook", "name": "beds.example.org"}));
    must_have(&draft["problems"], &json!({"severity": "error", "node": id(30), "field": "actions[1]"}));
    // The draft stays; nothing has changed for anybody.
    let now = looks(&world, &flor).await;
    assert_eq!(now["draft"], draft);
    assert_eq!(now["published"], before["published"]);
    // Another import takes its place; then it is thrown away.
    let second = brings(&world, &flor, &export(&[shelter("¿Necesita refugio?")])).await;
    assert_ne!(second["id"], draft["id"]);
    assert_eq!(second["problems"], json!([]));
    let gone = flor.call(Method::DELETE, &path(&world, "/draft"), None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(looks(&world, &flor).await["draft"], Value::Null);
}

async fn what_is_no_export_is_refused(world: World) {
    let flor = author(&world).await;
    let deep = format!("{{\"flows\": {}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let deep_flow = format!("{{\"flows\": [{{\"nodes\": {}{}}}]}}", "[".repeat(100), "]".repeat(100));
    let mut newer = shelter("?");
    newer["spec_version"] = json!("15.0.0");
    let mut older = shelter("?");
    older["spec_version"] = json!("9");
    for (body, kind) in [
        (b"what".to_vec(), "not-an-export"),
        (Vec::new(), "not-an-export"),
        (b"\xff\xfe{".to_vec(), "not-an-export"),
        (b"{}".to_vec(), "not-an-export"),
        (b"[]".to_vec(), "not-an-export"),
        (b"{\"flows\": 7}".to_vec(), "not-an-export"),
        (b"{\"flows\": [7, null]}".to_vec(), "not-an-export"),
        (b"{\"flows\": [{}]}".to_vec(), "no-flow-can-be-read"),
        (deep.into_bytes(), "not-an-export"),
        (deep_flow.into_bytes(), "no-flow-can-be-read"),
        (json!({"flows": [newer]}).to_string().into_bytes(), "no-flow-can-be-read"),
        (json!({"flows": [older]}).to_string().into_bytes(), "no-flow-can-be-read"),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let answer = import(&world, &flor, body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{shown} {}", answer.body);
        assert_eq!(answer.problem(), kind, "{shown}");
    }
    let long = import(&world, &flor, vec![b' '; 17 * 1_024 * 1_024]).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(long.problem(), "too-large");
    // Just short of the limit it is read.
    let long = import(&world, &flor, vec![b' '; 16 * 1_024 * 1_024 - 1]).await;
    assert_eq!(long.problem(), "not-an-export");
    assert_eq!(looks(&world, &flor).await["draft"], Value::Null);
    // What can be read of a file is taken, what cannot be is an error with its flow.
    let mut broken = shelter("?");
    broken["uuid"] = json!(id(70));
    broken["name"] = json!("broken");
    broken["nodes"] = json!([{"uuid": "nobody"}]);
    let draft = brings(&world, &flor, &json!({"flows": [shelter("¿?"), broken]})).await;
    must_have(&draft["flows"], &json!({"name": "shelter"}));
    must_have(&draft["problems"], &json!({"severity": "error", "flow": {"uuid": id(70), "name": "broken"}}));
}

async fn flows_of_the_same_name_take_the_lines_ids(world: World) {
    let flor = author(&world).await;
    let published = looks(&world, &flor).await["published"].clone();
    let menu =
        |flows: &Value| flows.as_array().unwrap().iter().find(|f| f["name"] == "menu").unwrap().clone();
    let mut copy = shelter("Un menú");
    copy["name"] = json!("menu");
    let draft = brings(&world, &flor, &json!([copy])).await;
    assert_eq!(draft["flows"].as_array().unwrap().len(), 4);
    let taken = menu(&draft["flows"]);
    assert_eq!(taken["uuid"], menu(&published["flows"])["uuid"]);
    assert_eq!(taken["change"], "changed");
    let text = "Takes the place of the line's flow of this name, and its id.";
    must_have(&draft["report"]["taken"], &json!({"kind": "flow", "name": "menu", "text": text}));
}

fn talk(source: &str, flow: &Value, look: &str, steps: Value) -> Value {
    json!({"source": source, "flow": flow, "look": look, "steps": steps,
        "contact": {"name": "Amina Diallo", "language": "spa", "fields": {}}})
}

async fn simulates(world: &World, author: &Browser, request: &Value) -> Value {
    author.post(&path(world, "/simulate"), request.clone()).await.ok()
}

async fn a_simulation_runs_on_the_real_engine(world: World) {
    let flor = author(&world).await;
    let draft = brings(&world, &flor, &export(&[shelter("¿Necesita refugio?")])).await;
    assert_eq!(draft["problems"], json!([]));
    let flow = json!(id(1));
    let first = simulates(&world, &flor, &talk("draft", &flow, "whatsapp", json!([]))).await;
    let bubble = &first["turns"][0]["bubbles"][0];
    assert_eq!(first["turns"][0]["step"], Value::Null);
    assert_eq!(bubble["text"], "¿Necesita refugio?");
    assert_eq!(bubble["choice_style"], "buttons");
    assert_eq!(first["waiting"], json!({"kind": "message", "timeout_seconds": 600}));
    let sms = simulates(&world, &flor, &talk("draft", &flow, "sms", json!([]))).await;
    let bubble = &sms["turns"][0]["bubbles"][0];
    assert_eq!(bubble["choice_style"], "numbered");
    assert!(bubble["parts"][0].as_str().unwrap().contains("1"), "{bubble}");
    assert!(bubble["segments"]["count"].as_i64().unwrap() >= 1, "{bubble}");
    let steps = json!([{"taps": "Sí"}]);
    let request = talk("draft", &flow, "webchat", steps);
    let all = simulates(&world, &flor, &request).await;
    assert_eq!(all["turns"][1]["bubbles"][0]["from"], "person");
    assert_eq!(all["turns"][1]["bubbles"][1]["text"], "Tenemos una cama, Amina.");
    must_have(&all["turns"][1]["notes"], &json!({"kind": "field", "text": "Bed: yes"}));
    must_have(
        &all["turns"][1]["notes"],
        &json!({"kind": "result", "text": "Shelter: Yes (Sí)", "node": id(2)}),
    );
    assert_eq!(all["ended"], true);
    assert_eq!(all["waiting"], Value::Null);
    assert_eq!(all["contact"]["fields"], json!({"bed": "yes"}));
    must_have(&all["results"], &json!({"key": "shelter", "category": "Yes"}));
    assert_eq!(simulates(&world, &flor, &request).await, all, "the same request, the same outcome");
    // What the flow does not take, and what would never have come to it.
    let steps = json!([{"taps": "Quizás"}, {"says": "me pega mi marido"}, {"says": "hola"}]);
    let odd = simulates(&world, &flor, &talk("draft", &flow, "whatsapp", steps)).await;
    must_have(&odd["turns"][1]["notes"], &json!({"kind": "unheard"}));
    must_have(&odd["turns"][2]["notes"], &json!({"kind": "line"}));
    must_have(&odd["turns"][3]["notes"], &json!({"kind": "unheard"}));
    let quiet = json!([{"silent_until": "timeout"}]);
    let quiet = simulates(&world, &flor, &talk("draft", &flow, "whatsapp", quiet)).await;
    assert_eq!(quiet["ended"], true);
    // Published flows too, with the answers that are valid now; limits and wrong names are refused.
    let published = looks(&world, &flor).await["published"]["flows"].clone();
    let menu =
        published.as_array().unwrap().iter().find(|flow| flow["name"] == "menu").unwrap()["uuid"].clone();
    let steps = json!([{"says": "4"}, {"says": "1"}]);
    let answered = simulates(&world, &flor, &talk("published", &menu, "whatsapp", steps)).await;
    assert_eq!(answered["turns"][0]["bubbles"][0]["choice_style"], "list");
    assert!(answered["turns"][2]["bubbles"].as_array().unwrap().len() >= 3, "{answered:#}");
    for (field, wrong) in [
        ("flow", talk("draft", &json!(Uuid::nil()), "sms", json!([]))),
        ("steps", talk("draft", &flow, "sms", json!(vec![json!({"says": "a"}); 201]))),
    ] {
        let answer = flor.post(&path(&world, "/simulate"), wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.body["field"], field);
    }
    let unknown = talk("draft", &flow, "pigeon", json!([]));
    assert_eq!(flor.post(&path(&world, "/simulate"), unknown).await.problem(), "wrong-value");
}

async fn a_simulation_waits_for_calls_to_the_outside(world: World) {
    let flor = author(&world).await;
    let mut flow = shelter("¿Necesita refugio?");
    let call =
        json!({"type": "call_webhook", "uuid": id(40), "method": "GET", "url": "https://beds.example.org"});
    flow["nodes"][1]["actions"].as_array_mut().unwrap().insert(0, call);
    flow["nodes"][1]["actions"][2]["text"] = json!("Hay @webhook.json.beds camas.");
    brings(&world, &flor, &export(&[flow])).await;
    let id = json!(id(1));
    let asked = simulates(&world, &flor, &talk("draft", &id, "sms", json!([{"says": "si"}]))).await;
    assert_eq!(asked["waiting"], json!({"kind": "answer", "about": "webhook GET https://beds.example.org"}));
    assert_eq!(asked["ended"], false);
    let answer = json!({"answers": {"webhook": {"status": 200, "body": {"beds": 3}}}});
    let steps = json!([{"says": "si"}, {"says": "¿hola?"}, answer]);
    let told = simulates(&world, &flor, &talk("draft", &id, "sms", steps)).await;
    must_have(&told["turns"][2]["notes"], &json!({"kind": "unheard"}));
    assert_eq!(told["turns"][3]["bubbles"][0]["text"], "Hay 3 camas.");
    must_have(&told["turns"][3]["notes"], &json!({"kind": "call", "text": "https://beds.example.org: 200"}));
}

fn conversation(expected: &str) -> Value {
    json!({"name": "Amina asks", "flow": "shelter", "contact": {"language": "spa", "name": "Amina"}, "steps": [
        {"expects": ["¿Necesita refugio?"]}, {"taps": "Sí"}, {"expects": [expected], "ended": true}]})
}

async fn keeps(world: &World, author: &Browser, slug: &str, saved: Value) -> Answer {
    author.call(Method::PUT, &path(world, &format!("/conversations/{slug}")), Some(saved)).await
}

async fn red_conversations_block_publishing(world: World) {
    let flor = author(&world).await;
    let none = publishes(&world, &flor, &json!(1)).await;
    assert_eq!((none.status, none.problem()), (StatusCode::CONFLICT, "no-draft"));
    brings(&world, &flor, &export(&[shelter("¿Necesita refugio?")])).await;
    keeps(&world, &flor, "amina", conversation("Tenemos dos camas.")).await.ok();
    let listed = flor.get(&path(&world, "/conversations")).await.ok();
    must_have(
        &listed,
        &json!({"slug": "amina", "name": "Amina asks", "flow": "shelter", "steps": 3,
        "file": "conversations/amina.json"}),
    );
    let run = flor.post(&path(&world, "/draft/test"), json!({})).await.ok();
    assert_eq!((&run["green"], &run["red"]), (&json!(8), &json!(1)));
    let mismatch = json!({"step": 3, "what": "message 1", "expected": "Tenemos dos camas.",
        "came": "Tenemos una cama, Amina."});
    must_have(&run["conversations"], &json!({"slug": "amina", "green": false, "mismatch": mismatch}));
    let published = flor.post(&path(&world, "/published/test"), json!({})).await.ok();
    assert_eq!((&published["green"], &published["red"]), (&json!(8), &json!(1)));
    let now = looks(&world, &flor).await;
    assert_eq!(now["draft"]["tests"], run);
    let version = &now["published"]["version"];
    let refused = publishes(&world, &flor, version).await;
    assert_eq!((refused.status, refused.problem()), (StatusCode::CONFLICT, "red-tests"));
    assert_eq!(refused.body["tests"]["red"], 1);
    assert_eq!(looks(&world, &flor).await["published"], now["published"]);
    keeps(&world, &flor, "amina", conversation("Tenemos una cama, Amina.")).await.ok();
    let published = publishes(&world, &flor, version).await.ok();
    assert_eq!(published["version"], json!(version.as_i64().unwrap() + 1));
    let after = looks(&world, &flor).await;
    assert_eq!(after["draft"], Value::Null);
    assert_eq!(after["published"]["version"], published["version"]);
    must_have(&after["published"]["flows"], &json!({"name": "shelter", "problems": 0}));
    // The server that published runs it at once, its keyword too, and the audit has it.
    let lines = world.app.lines();
    let line = lines.get(world.line).unwrap();
    assert_eq!(&*line.keyword("CAMA").unwrap().0.name, "shelter");
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let audit = admin.get(&format!("/lines/{}/audit", world.line)).await.ok();
    for verb in ["import", "publish", "save"] {
        must_have(&audit["items"], &json!({"verb": verb}));
    }
    // A content folder that comes in later brings its own conversations.
    let gone = flor.call(Method::DELETE, &path(&world, "/conversations/amina"), None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert!(!has(&flor.get(&path(&world, "/conversations")).await.ok(), &json!({"slug": "amina"})));
}

async fn errors_block_publishing(world: World) {
    let flor = author(&world).await;
    let mut flow = shelter("Hola @contact.frist_name, @globals.answer_sheltr");
    flow["localization"] = json!({"eng": {id(3): {"text": ["Hello @results.nothing"]}}});
    let draft = brings(&world, &flor, &export(&[flow])).await;
    let problem = |language: Value| {
        json!({"node": id(2), "field": "actions[0].text", "language": language,
        "severity": "error", "flow": {"uuid": id(1), "name": "shelter"}})
    };
    must_have(&draft["problems"], &problem(Value::Null));
    must_have(&draft["problems"], &problem(json!("eng")));
    assert_eq!(draft["problems"].as_array().unwrap().len(), 3);
    must_have(&draft["flows"], &json!({"name": "shelter", "problems": 3}));
    let version = looks(&world, &flor).await["published"]["version"].clone();
    let refused = publishes(&world, &flor, &version).await;
    assert_eq!((refused.status, refused.problem()), (StatusCode::CONFLICT, "errors"));
    assert_eq!(refused.body["problems"].as_array().unwrap().len(), 3);
    // The line's main flow cannot be renamed away.
    let menu = looks(&world, &flor).await["published"]["flows"].clone();
    let menu = menu.as_array().unwrap().iter().find(|flow| flow["name"] == "menu").unwrap().clone();
    let mut renamed = shelter("¿Necesita refugio?");
    renamed["uuid"] = menu["uuid"].clone();
    renamed["name"] = json!("other menu");
    brings(&world, &flor, &json!({"flows": [renamed]})).await;
    let refused = publishes(&world, &flor, &version).await;
    assert_eq!(refused.problem(), "errors");
    assert!(refused.body["problems"].to_string().contains("line.toml: the flow menu"), "{}", refused.body);
}

async fn a_draft_is_published_only_over_what_was_seen(world: World) {
    let flor = author(&world).await;
    brings(&world, &flor, &export(&[shelter("¿Necesita refugio?")])).await;
    let seen = looks(&world, &flor).await["published"]["version"].clone();
    lines::import_files(&world.app, crate::support::content("casa")).await.unwrap();
    let refused = publishes(&world, &flor, &seen).await;
    assert_eq!((refused.status, refused.problem()), (StatusCode::CONFLICT, "changed-meanwhile"));
    assert_eq!(refused.body["version"], json!(seen.as_i64().unwrap() + 1));
    let seen = looks(&world, &flor).await["published"]["version"].clone();
    publishes(&world, &flor, &seen).await.ok();
    // Twice at once: one of them is the first.
    brings(&world, &flor, &export(&[shelter("¿Refugio?")])).await;
    let seen = looks(&world, &flor).await["published"]["version"].clone();
    let (one, other) = tokio::join!(publishes(&world, &flor, &seen), publishes(&world, &flor, &seen));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.body, other.body);
}

async fn a_simulation_becomes_a_saved_conversation(world: World) {
    let flor = author(&world).await;
    brings(&world, &flor, &export(&[shelter("¿Necesita refugio?")])).await;
    let simulation = talk("draft", &json!(id(1)), "sms", json!([{"says": "sí"}]));
    let request = json!({"name": "Amina pide refugio, ¡hoy!", "simulation": simulation});
    let to = path(&world, "/conversations/from-simulation");
    let made = flor.post(&to, request.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.body["slug"], "amina-pide-refugio-hoy");
    let steps = &made.body["conversation"]["steps"];
    assert_eq!(steps[2]["expects"], json!(["Tenemos una cama, Amina."]), "{steps:#}");
    assert_eq!(steps[2]["results"], json!({"shelter": "Yes"}));
    assert_eq!(flor.post(&to, request).await.problem(), "name-taken");
    let run = flor.post(&path(&world, "/draft/test"), json!({})).await.ok();
    must_have(&run["conversations"], &json!({"slug": "amina-pide-refugio-hoy", "green": true}));
    // Answers are kept with the conversation, so that it stays green when they change.
    let published = looks(&world, &flor).await["published"]["flows"].clone();
    let menu =
        published.as_array().unwrap().iter().find(|flow| flow["name"] == "menu").unwrap()["uuid"].clone();
    let simulation =
        talk("published", &menu, "sms", json!([{"says": "4"}, {"says": "1"}, {"says": "gracias"}]));
    let made = flor.post(&to, json!({"name": "Albergue", "simulation": simulation})).await.ok();
    assert!(made["conversation"]["globals"]["answer_shelter"].as_str().unwrap().len() > 20, "{made:#}");
    let bad = keeps(&world, &flor, "Not-A-Slug", conversation("x")).await;
    assert_eq!((bad.status, bad.problem()), (StatusCode::UNPROCESSABLE_ENTITY, "wrong-value"));
    let unknown =
        keeps(&world, &flor, "a", json!({"name": "a", "flow": "b", "steps": [], "stpes": []})).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn another_process_takes_the_new_version_up(world: World) {
    let flor = author(&world).await;
    let (second, _) = openline::boot::open(world.app.config.clone()).await.unwrap();
    brings(&world, &flor, &export(&[shelter("¿Necesita refugio?")])).await;
    let seen = looks(&world, &flor).await["published"]["version"].clone();
    publishes(&world, &flor, &seen).await.ok();
    assert!(second.lines().get(world.line).unwrap().keyword("cama").is_none());
    lines::refresh(&second).await.unwrap();
    assert!(second.lines().get(world.line).unwrap().keyword("cama").is_some());
    // And the other way round: what another process has published is seen here at once.
    let (there, router) = (second.clone(), openline::api::router(second));
    drop(there);
    let elsewhere = flor.at(router);
    brings(&world, &elsewhere, &export(&[shelter("¿Otra vez?")])).await;
    let seen = looks(&world, &elsewhere).await["published"]["version"].clone();
    publishes(&world, &elsewhere, &seen).await.ok();
    let here = looks(&world, &flor).await;
    assert_eq!(here["published"]["version"], json!(seen.as_i64().unwrap() + 1));
    assert_eq!(here["draft"], Value::Null);
    let all = simulates(&world, &flor, &talk("published", &json!(id(1)), "sms", json!([]))).await;
    assert_eq!(all["turns"][0]["bubbles"][0]["text"], "¿Otra vez?");
}

/// What became of a message: how many messages went out, whether a flow waits, whether staff has her.
#[derive(Debug, PartialEq, Eq)]
struct Became {
    said: i64,
    waits: bool,
    with_staff: bool,
}

/// A person who has agreed writes on WhatsApp.
async fn says(world: &World, address: &str, text: &str) -> Became {
    let (app, line_id, channel_id) = (world.app.clone(), world.line, world.whatsapp);
    let (urn, text) = (address.parse().unwrap(), text.to_owned());
    const SAID: openline::store::Sql =
        openline::sql!("SELECT count(*) FROM message WHERE contact_id = $1 AND direction = 1");
    let lines = app.lines();
    let body = move |tx: &mut openline::store::Tx<'_>| {
        let (line, channel) = lines.channel(channel_id).unwrap();
        let urns: [flow::words::Urn; 1] = [Clone::clone(&urn)];
        let (mut contact, identity, _) =
            contacts::find_or_make(tx, &app, line_id, channel_id, &urns, app.now())?;
        contact.consent = ConsentState::Given;
        let route = Route { line, channel, identity };
        let before: i64 = tx.one(SAID, &[contact.id.into()])?.get(0)?;
        let wrote =
            Wrote { message_id: app.id(), text: text.clone(), choice_id: None, attachments: Vec::new() };
        if flows::resume_with(tx, &app, route, &mut contact, &wrote, app.now())?.is_none() {
            flows::start_with(tx, &app, route, &mut contact, &wrote, app.now())?;
        }
        contacts::save_state(tx, &contact)?;
        let after: i64 = tx.one(SAID, &[contact.id.into()])?.get(0)?;
        Ok(Became {
            said: after - before,
            waits: contact.session.is_some(),
            with_staff: contact.conversation_id.is_some(),
        })
    };
    world.app.store.write(body).await.unwrap()
}

async fn publishes_over(world: &World, author: &Browser, export: &Value) {
    brings(world, author, export).await;
    let seen = looks(world, author).await["published"]["version"].clone();
    publishes(world, author, &seen).await.ok();
}

/// The flow with a node in front of its question: the message that starts it is then no answer to it.
fn entered(mut flow: Value) -> Value {
    let first =
        json!({"uuid": id(19), "actions": [], "exits": [{"uuid": id(18), "destination_uuid": id(2)}]});
    flow["nodes"].as_array_mut().unwrap().insert(0, first);
    flow
}

async fn people_who_wait_in_the_old_version_go_on(world: World) {
    let flor = author(&world).await;
    publishes_over(&world, &flor, &export(&[entered(shelter("¿Necesita refugio?"))])).await;
    let waiting = Became { said: 1, waits: true, with_staff: false };
    for person in ["whatsapp:593991230001", "whatsapp:593991230002"] {
        assert_eq!(says(&world, person, "cama").await, waiting);
    }
    // The same node says something else now: who waits there goes on.
    let mut changed = shelter("¿Refugio?");
    changed["nodes"][1]["actions"][1]["text"] = json!("Sí hay.");
    let changed = entered(changed);
    publishes_over(&world, &flor, &export(std::slice::from_ref(&changed))).await;
    let ended = Became { said: 1, waits: false, with_staff: false };
    assert_eq!(says(&world, "whatsapp:593991230001", "sí").await, ended);
    assert_eq!(looks(&world, &flor).await["trouble"], json!([]));
    // Her node is gone: the flow is stopped and says so to its author; her message is heard all the same.
    let text = changed.to_string().replace(&id(2), &id(22));
    publishes_over(&world, &flor, &export(&[serde_json::from_str(&text).unwrap()])).await;
    assert_eq!(says(&world, "whatsapp:593991230002", "hola").await, waiting, "the main flow answers");
    let trouble = looks(&world, &flor).await["trouble"].clone();
    must_have(&trouble, &json!({"flow": "shelter", "stopped": true, "count": 1}));
    assert!(trouble[0]["text"].as_str().unwrap().contains("no longer exists"), "{trouble}");
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let health = admin.get(&format!("/lines/{}/health", world.line)).await.ok();
    assert_eq!(health["flows_stopped_24h"], 1);
    world.app.clock.advance_seconds(25 * 3_600);
    let admin = world.sign_in("Esteban").await;
    let health = admin.get(&format!("/lines/{}/health", world.line)).await.ok();
    assert_eq!(health["flows_stopped_24h"], 0);
}

async fn a_flow_that_stops_without_a_word_leaves_nobody_alone(world: World) {
    let flor = author(&world).await;
    let mut circle = shelter("x");
    circle["nodes"] = json!([
        {"uuid": id(2), "actions": [], "exits": [{"uuid": id(5), "destination_uuid": id(9)}]},
        {"uuid": id(9), "actions": [], "exits": [{"uuid": id(7), "destination_uuid": id(2)}]},
    ]);
    publishes_over(&world, &flor, &export(&[circle])).await;
    let became = says(&world, "whatsapp:593991230003", "cama").await;
    assert_eq!(
        became,
        Became { said: 1, waits: false, with_staff: true },
        "staff has her, and she is told so"
    );
    let trouble = looks(&world, &flor).await["trouble"].clone();
    must_have(&trouble, &json!({"flow": "shelter", "stopped": true}));
    assert!(trouble[0]["text"].as_str().unwrap().contains("steps per sprint"), "{trouble}");
    assert_eq!(trouble[0]["limit"], "steps");
}

async fn a_content_folder_is_held_to_the_same(world: World) {
    let mut files = crate::support::content("casa");
    let red = json!({"name": "Red", "flow": "menu", "contact": {"language": "spa"}, "steps": [
        {"expects": ["Otra cosa"]}]});
    files.insert("conversations/red.json".to_owned(), red.to_string().into_bytes());
    let refused = lines::import_files(&world.app, files.clone()).await.unwrap_err().to_string();
    assert!(refused.contains("conversations/red.json: step 1, message 1"), "{refused}");
    files.insert("conversations/red.json".to_owned(), b"{}".to_vec());
    let refused = lines::import_files(&world.app, files.clone()).await.unwrap_err().to_string();
    assert!(refused.contains("conversations/red.json: step 0"), "{refused}");
    files.remove("conversations/red.json");
    let text = String::from_utf8(files["flows.json"].clone()).unwrap();
    let wrong = text.replacen("@globals.answer_asylum", "@globals.answer_asilum", 1);
    files.insert("flows.json".to_owned(), wrong.into_bytes());
    let refused = lines::import_files(&world.app, files).await.unwrap_err().to_string();
    assert!(refused.contains("answer_asilum"), "{refused}");
    assert_eq!(world.app.lines().get(world.line).unwrap().content.slug, "casa");
}

/// Where exports of other people's lie; `None` in a clone without them.
fn conformance() -> Option<std::path::PathBuf> {
    let beside = || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    let folder = std::env::var_os("OPENLINE_CONFORMANCE").map_or_else(beside, Into::into).join("flow/files");
    let is_there = folder.is_dir();
    assert!(is_there || std::env::var_os("CI").is_none(), "{} is not there", folder.display());
    is_there.then_some(folder)
}

fn json_files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            found.push(path);
        }
    }
    found.sort();
}

/// Whatever comes is taken or refused in words; what was taken can be looked at and talked to.
async fn real_exports_come_in_or_say_why_not(world: World) {
    let Some(folder) = conformance() else {
        println!("no exports to try: OPENLINE_CONFORMANCE names no folder");
        return;
    };
    let flor = author(&world).await;
    let mut files = Vec::new();
    json_files(&folder, &mut files);
    let (mut taken, mut talked) = (0, 0);
    for file in &files {
        let body = std::fs::read(file).unwrap();
        if !["\"nodes\"", "\"action_sets\""].iter().any(|key| String::from_utf8_lossy(&body).contains(key)) {
            continue;
        }
        let answer = import(&world, &flor, body).await;
        if answer.status == StatusCode::UNPROCESSABLE_ENTITY {
            continue;
        }
        assert_eq!(answer.status, StatusCode::CREATED, "{} {}", file.display(), answer.body);
        taken += 1;
        for flow in answer.body["flows"].as_array().unwrap() {
            if flow["change"] == "same" {
                continue;
            }
            let steps = json!([{"says": "yes"}, {"says": "2"}, {"silent_until": "expiration"}]);
            let answer =
                flor.post(&path(&world, "/simulate"), talk("draft", &flow["uuid"], "sms", steps)).await;
            assert_eq!(answer.status, StatusCode::OK, "{} {}", file.display(), answer.body);
            talked += 1;
        }
    }
    assert!(taken >= 20 && talked >= 20, "only {taken} of {} files were taken", files.len());
}
