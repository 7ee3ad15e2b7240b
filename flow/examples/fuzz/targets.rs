//! What fuzzers feed: each target takes any bytes and must neither panic nor hang.
use std::sync::Arc;
use std::sync::LazyLock;

use flow::contactql::Query;
use flow::definition::{TOP_LEVELS, Text};
use flow::env::Environment;
use flow::events::MsgIn;
use flow::excellent::check::check;
use flow::excellent::tools;
use flow::inspect::{check_expressions, inspect};
use flow::refs::FlowRef;
use flow::saved::ScriptSource;
use flow::{Assets, Call, Contact, Limits, Resume, Session, Trigger, Viewpoint};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A target by its name.
pub type Target = fn(&[u8]);

/// All targets.
pub const TARGETS: [(&str, Target); 4] =
    [("expressions", expressions), ("definitions", definitions), ("queries", queries), ("stored", stored)];

fn id(number: u32) -> String {
    format!("20000000-0000-4000-8000-{number:012}")
}

/// Definitions with a bit of everything.
pub fn sample() -> Json {
    let exit = |n: u32, to: Option<u32>| json!({"uuid": id(n), "destination_uuid": to.map(id)});
    let category =
        |n: u32, name: &str, exit: u32| json!({"uuid": id(n), "name": name, "exit_uuid": id(exit)});
    json!({
        "flows": [{"uuid": id(1), "name": "Needs", "spec_version": "14.4.2", "language": "eng", "type": "messaging",
            "expire_after_minutes": 60, "localization": {"spa": {id(3): {"text": ["¿Qué necesita, @contact?"]}}},
            "nodes": [
                {"uuid": id(2), "actions": [
                    {"uuid": id(3), "type": "send_msg", "text": "What do you need, @contact.first_name?", "quick_replies": ["Food", "Bed"]},
                    {"uuid": id(4), "type": "set_contact_field", "field": {"key": "district", "name": "District"}, "value": "@(upper(fields.district))"},
                    {"uuid": id(5), "type": "set_run_result", "name": "Visits", "value": "@(node.visit_count + 1)", "category": ""},
                    {"uuid": id(6), "type": "add_contact_groups", "groups": [{"uuid": id(20), "name": "Families"}]},
                    {"uuid": id(7), "type": "call_webhook", "method": "POST", "url": "https://example.org/@contact.uuid", "body": "@(json(results))"}],
                 "router": {"type": "switch", "operand": "@input.text", "result_name": "Need",
                    "wait": {"type": "msg", "timeout": {"seconds": 600, "category_uuid": id(43)}},
                    "categories": [category(41, "Food", 51), category(42, "Number", 52), category(43, "Other", 53)],
                    "cases": [
                        {"uuid": id(61), "type": "has_any_word", "arguments": ["food eat"], "category_uuid": id(41)},
                        {"uuid": id(62), "type": "has_number_between", "arguments": ["1", "@(fields.age)"], "category_uuid": id(42)},
                        {"uuid": id(63), "type": "has_pattern", "arguments": ["^(\\w+) bed$"], "category_uuid": id(41)}],
                    "default_category_uuid": id(43)},
                 "exits": [exit(51, Some(8)), exit(52, Some(2)), exit(53, None)]},
                {"uuid": id(8), "actions": [{"uuid": id(9), "type": "enter_flow", "flow": {"uuid": id(1), "name": "Needs"}, "terminal": false}],
                 "exits": [exit(10, Some(2))]},
            ]}],
        "fields": [{"uuid": id(11), "key": "district", "name": "District", "type": "text"},
            {"uuid": id(12), "key": "age", "name": "Age", "type": "number"},
            {"uuid": id(13), "key": "arrived", "name": "Arrived", "type": "datetime"}],
        "groups": [{"uuid": id(20), "name": "Families"}, {"uuid": id(21), "name": "Adults", "query": "age > 17 AND name != \"\""}],
        "globals": [{"key": "hotline", "name": "Hotline", "value": "1800"}],
        "channels": [{"uuid": id(30), "name": "Line", "address": "+593990000000", "schemes": ["tel"], "roles": ["send"], "country": "EC"}],
    })
}

fn person() -> Contact {
    let json = json!({"uuid": id(40), "name": "Amina Diallo", "language": "spa", "created_on": "2030-01-01T00:00:00Z",
        "urns": ["tel:+593991234567"], "timezone": "America/Guayaquil",
        "fields": {"district": {"text": "Quitumbe"}, "age": {"text": "34", "number": 34}}});
    serde_json::from_value(json).expect("a valid contact")
}

/// What never changes while a fuzzer runs.
struct World {
    assets: Arc<Assets>,
    env: Environment,
    contact: Arc<Contact>,
    session: Session,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let env = Environment::from_json(r#"{"allowed_languages": ["eng", "spa"], "timezone": "Asia/Beirut"}"#);
    let env = env.expect("a valid environment");
    let assets = Arc::new(Assets::read_in(&sample(), &env).expect("valid definitions"));
    let mut contact = person();
    let session = begin(&assets, &env, &mut contact).expect("the flow exists");
    World { assets, env, contact: Arc::new(contact), session }
});

/// The bytes of a session, for the target that reads them.
pub fn stored_sample() -> Vec<u8> {
    WORLD.session.to_stored()
}

fn source() -> ScriptSource {
    ScriptSource::new(Timestamp::constant(1_893_488_400, 5), 7)
}

fn call<'c>(
    assets: &'c Arc<Assets>,
    env: &'c Environment,
    contact: &'c mut Contact,
    source: &'c mut ScriptSource,
    limits: &'c Limits,
) -> Call<'c> {
    Call { assets, env, contact, source, globals: None, policy: None, phone_call: None, limits }
}

fn begin(assets: &Arc<Assets>, env: &Environment, contact: &mut Contact) -> Option<Session> {
    let flow = assets.flows().next()?;
    let trigger = Trigger::manual(FlowRef::new(flow.uuid, ""), Timestamp::UNIX_EPOCH.into(), None, "");
    Some(flow::start(call(assets, env, contact, &mut source(), &Limits::default()), trigger).session)
}

/// Any text as a template: compiled, checked, rewritten, evaluated.
pub fn expressions(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let world = &*WORLD;
    let mut source = source();
    let view = Viewpoint::new(&world.assets, &world.env, &world.contact, &world.session, &mut source);
    let _ = view.map(|mut view| view.evaluate(&Text::new(&text)));
    let _ = tools::references(&text, &TOP_LEVELS);
    let _ = check(&text, &TOP_LEVELS, &|_| None);
    let (once, _) = tools::canonicalise(&text, &TOP_LEVELS);
    let (twice, _) = tools::canonicalise(&once, &TOP_LEVELS);
    assert_eq!(once, twice, "the canonical spelling must be its own");
}

/// Any JSON as definitions: read, inspected, run with a few answers through the stored form.
pub fn definitions(data: &[u8]) {
    let Ok(json) = serde_json::from_slice::<Json>(data) else { return };
    let env = &WORLD.env;
    let (assets, _) = Assets::read_what_is_good(&json, env);
    let from_text = Assets::from_json(data).map(|assets| assets.flows().count());
    let from_value = Assets::read(&json).map(|assets| assets.flows().count());
    assert_eq!(from_text, from_value, "text and value must be read alike");
    for flow in assets.flows() {
        let _ = inspect(flow, Some(&assets));
        let _ = check_expressions(flow, Some(&assets), &|_| false);
    }
    let assets = Arc::new(assets);
    let mut contact = person();
    let Some(mut session) = begin(&assets, env, &mut contact) else { return };
    for text in ["food", "12", "", "the bed", "\u{202e}٣"] {
        let resume = match session.open_ask() {
            Some((id, _)) => {
                Resume::Answer(id, flow::AskAnswer::Webhook(flow::asks::WebhookReply::default()))
            }
            None => {
                let msg = MsgIn { text: text.to_owned(), ..MsgIn::default() };
                Resume::Msg { uuid: Uuid::nil(), received_on: Timestamp::UNIX_EPOCH.into(), msg }
            }
        };
        let kept = Session::from_stored(&session.to_stored()).expect("what was written can be read");
        let limits = Limits::default();
        session =
            flow::resume(call(&assets, env, &mut contact, &mut source(), &limits), kept, resume).session;
    }
}

/// Any text as a contact query: its canonical text must mean the same.
pub fn queries(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let world = &*WORLD;
    for resolver in [None, Some(&*world.assets as &dyn flow::contactql::Resolver)] {
        let Ok(query) = Query::parse(&world.env, &text, resolver) else { continue };
        let _ = query.inspect(resolver);
        let written = query.to_string();
        match Query::parse(&world.env, &written, resolver) {
            Ok(again) => {
                assert_eq!(again.to_string(), written, "the canonical text must be its own");
                let (found, found_again) =
                    (query.matches(&world.env, &world.contact), again.matches(&world.env, &world.contact));
                assert_eq!(found, found_again, "both must find the same people");
            }
            Err(error) => assert!(written.chars().count() > 10_000, "{error}"),
        }
    }
}

/// Any bytes as a stored session: read or refused, then resumed.
pub fn stored(data: &[u8]) {
    let Ok(session) = Session::from_stored(data) else { return };
    let world = &*WORLD;
    let again = Session::from_stored(&session.to_stored()).expect("what was written can be read");
    let msg = MsgIn { text: "food".to_owned(), ..MsgIn::default() };
    let resume = Resume::Msg { uuid: Uuid::nil(), received_on: Timestamp::UNIX_EPOCH.into(), msg };
    let mut contact = person();
    contact.uuid = again.contact_uuid;
    let limits = Limits::default();
    let _ =
        flow::resume(call(&world.assets, &world.env, &mut contact, &mut source(), &limits), again, resume);
}
