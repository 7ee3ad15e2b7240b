//! Telephone calls: somebody who cannot read or write is helped as everybody else is, and nobody hears what is not for
//! her.
use bytes::Bytes;
use jiff::{SignedDuration, ToSpan as _};
use openline::lines::{self, ChannelKind, Delivery};
use openline::store::Value;
use serde_json::{Value as Json, json};
use uuid::Uuid;
use world::fault::{Fault, Reports};
use world::line;
use world::meta::Human;
use world::person::Person;
use world::staff::Staff;
use world::town::Town;
use world::twilio::voice::CallState;

/// What staff wants her to hear, and nobody else.
pub(crate) const DETAIL: &str = "Su cita con la abogada es el martes.";
/// A sound that a telephone could have recorded, with words that must be found nowhere unsealed.
pub(crate) const RECORDING: &[u8] = b"RIFF\x24\x00\x00\x00WAVEfmt what-she-said-in-confidence";

/// One number from the database.
pub(crate) async fn count(town: &Town, sql: openline::store::Sql) -> i64 {
    let app = town.app();
    let counted = app.store.read(move |tx| tx.one(sql, &[] as &[Value])?.get::<i64>(0)).await;
    counted.expect("the store answers")
}

/// She calls, chooses Spanish and agrees, all by keys.
pub(crate) async fn calls_and_agrees(person: &Person) {
    person.telephone().calls();
    person.sees("¿En qué idioma").await;
    person.sees("For English, press 2.").await;
    person.taps("Español").await;
    person.hears_audio().await;
    person.sees("Para aceptar, marque 1.").await;
    person.sees("Para hablar con una persona, marque cero.").await;
    person.taps("aceptar").await;
    person.sees("Gracias. Ya puede preguntar").await;
    person.sees("Elija un tema").await;
    person.sees("Para hablar con una persona, marque cero.").await;
}

/// A call in: language, notice, menu and an answer by keys; a person of the team by the key 0.
async fn a_call_is_answered_like_a_chat(town: Town) {
    let amina = town.caller("Amina");
    calls_and_agrees(&amina).await;
    let given = openline::sql!(
        "SELECT count(*) FROM consent WHERE decision = 'given' AND channel = 'voice' AND language = 'spa' \
         AND words IS NOT NULL"
    );
    assert_eq!(count(&town, given).await, 1);
    amina.taps("Asilo y papeles").await;
    amina.sees("¿Qué quiere saber sobre sus papeles?").await;
    amina.taps("Pedir asilo").await;
    amina.hears_audio().await;
    amina.sees("¿Le sirvió esta información?").await;
    amina.telephone().presses("0");
    amina.sees("Le paso con una persona").await;
    amina.sees("diga después del tono").await;
    let lucia = town.staff("lucia").await;
    lucia.finds("waiting", "").await;
    amina.telephone().hangs_up();
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    let live = openline::sql!("SELECT count(*) FROM phone_call WHERE state < 3");
    assert_eq!(count(&town, live).await, 0);
    town.ends().await;
}

/// She is in a conversation with Lucía, and has hung up.
pub(crate) async fn is_with_staff(town: &Town, person: &Person, agent: &Staff) -> String {
    calls_and_agrees(person).await;
    person.telephone().presses("0");
    person.sees("Le paso con una persona").await;
    person.sees("diga después del tono").await;
    person.telephone().hangs_up();
    person.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    let id = agent.conversations("waiting").await[0]["id"].as_str().expect("a row has an id").to_owned();
    agent.takes(&id).await;
    id
}

/// The line rings her up, and she takes the call.
pub(crate) async fn is_rung_up_and_passes(person: &Person) {
    person.is_in_a_call_that_is(CallState::Ringing).await;
    person.telephone().picks_up();
    person.sees("Hay un mensaje para usted").await;
    person.telephone().presses("1");
}

pub(crate) async fn entry(agent: &Staff, id: &str, text: &str) -> Json {
    let entries = agent.entries(id).await;
    let found = entries.iter().find(|entry| entry["text"] == text).cloned();
    found.unwrap_or_else(|| panic!("no {text:?} in {entries:#?}"))
}

pub(crate) fn channel(town: &Town, kind: ChannelKind) -> Uuid {
    let lines = town.app().lines();
    let found = lines.channels().find(|channel| channel.kind == kind).map(|channel| channel.id);
    found.expect("the line has such a channel")
}

/// The sample line with other words in its `line.toml`, and perhaps one flow more.
pub(crate) async fn imports(town: &Town, first_lines: &str, flow: Option<Json>) {
    let mut files = line::light_casa();
    let own = String::from_utf8(files["line.toml"].clone()).expect("it is UTF-8");
    files.insert("line.toml".into(), format!("{first_lines}\n{own}").into_bytes());
    if let Some(flow) = flow {
        let mut export: Json = serde_json::from_slice(&files["flows.json"]).expect("it is JSON");
        export["flows"].as_array_mut().expect("a list of flows").push(flow);
        files.insert("flows.json".into(), export.to_string().into_bytes());
    }
    lines::import_files(&town.app(), files).await.expect("the line can be imported");
}

/// Danger that is spoken is urgent, and exists for protection focal points only; so it is before she has agreed to
/// anything.
async fn danger_that_is_spoken_is_urgent(town: Town) {
    let (lucia, marta) = (town.staff("lucia").await, town.staff("marta").await);
    let amina = town.caller("Amina");
    amina.telephone().calls();
    amina.sees("¿En qué idioma").await;
    amina.sees("For English, press 2.").await;
    amina.texts("Mi esposo me pega.").await;
    amina.sees("911").await;
    amina.sees("diga después del tono").await;
    amina.telephone().hangs_up();
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    assert_eq!(marta.conversations("urgent").await.len(), 1);
    assert!(lucia.conversations("all").await.is_empty());
    town.ends().await;
}

/// What comes twice, questions and reports alike, advances the call once.
async fn a_doubled_webhook_advances_once(town: Town) {
    town.twilio().set_asks_twice(true);
    town.twilio().set_reports(Reports { doubled: true, ..Reports::default() });
    let amina = town.caller("Amina");
    calls_and_agrees(&amina).await;
    // A key that means nothing is asked for again; the choice then counts.
    amina.taps("Asilo y papeles").await;
    amina.sees("¿Qué quiere saber sobre sus papeles?").await;
    amina.telephone().presses("8");
    amina.sees("No le entendimos.").await;
    amina.sees("Para Pedir asilo, marque").await;
    amina.telephone().hangs_up();
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    let said = amina.so_far();
    for once in ["Para aceptar, marque 1.", "Gracias. Ya puede", "¿Qué quiere saber sobre sus papeles?"] {
        assert_eq!(said.matches(once).count(), 1, "{once}\n{said}");
    }
    let came = openline::sql!("SELECT count(*) FROM message WHERE direction = 0");
    assert_eq!(count(&town, came).await, 3);
    let calls = openline::sql!("SELECT count(*) FROM phone_call");
    assert_eq!(count(&town, calls).await, 1);
    town.ends().await;
}

/// A reply of staff becomes a call: again after a while when she is in another one; said once she has shown that she
/// is there; her answer is recorded, sealed, heard by staff, and gone when she wants it so.
async fn a_reply_rings_her_up_and_her_answer_is_kept_sealed(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.caller("Amina");
    let id = is_with_staff(&town, &amina, &lucia).await;
    lucia.replies(&id, DETAIL).await;
    amina.is_in_a_call_that_is(CallState::Ringing).await;
    town.settle().await;
    assert_eq!(entry(&lucia, &id, DETAIL).await["status"], "queued");
    amina.telephone().declines();
    amina.is_in_a_call_that_is(CallState::Busy).await;
    town.settle().await;
    assert_eq!(town.twilio().calls().len(), 2);
    town.advance(SignedDuration::from_mins(6)).await;
    is_rung_up_and_passes(&amina).await;
    amina.sees(DETAIL).await;
    amina.sees("diga después del tono").await;
    amina.sees("speak now").await;
    amina.sends_file("audio", "audio/wav", Bytes::from_static(RECORDING)).await;
    amina.sees("Gracias por su llamada").await;
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    assert_eq!(entry(&lucia, &id, DETAIL).await["status"], "delivered");
    let entries = lucia.entries(&id).await;
    let file = entries.iter().find_map(|entry| entry["attachments"].get(0)).expect("a recording");
    assert_eq!(file["state"], "here", "{file}");
    let (content_type, body) = lucia.opens(file["url"].as_str().expect("an address")).await;
    assert!(content_type.starts_with("audio/") && body[..] == *RECORDING, "{content_type}");
    lucia.closes(&id).await;
    amina.telephone().calls();
    amina.sees("Elija un").await;
    amina.sees("marque cero").await;
    amina.texts("Olvidar.").await;
    amina.sees("Borramos todo").await;
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    for left in [
        openline::sql!("SELECT count(*) FROM media"),
        openline::sql!("SELECT count(*) FROM media_file"),
        openline::sql!("SELECT count(*) FROM phone_call"),
    ] {
        assert_eq!(count(&town, left).await, 0);
    }
    town.ends().await;
}

/// An answering machine hears nothing of it, however often she is called; staff sees that she was not reached.
async fn a_machine_hears_no_detail(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.caller("Amina");
    let id = is_with_staff(&town, &amina, &lucia).await;
    lucia.replies(&id, DETAIL).await;
    for _ in 0..3 {
        amina.is_in_a_call_that_is(CallState::Ringing).await;
        amina.telephone().machine_picks_up();
        amina.is_in_a_call_that_is(CallState::Completed).await;
        town.settle().await;
        town.advance(SignedDuration::from_mins(61)).await;
    }
    assert_eq!(town.twilio().calls().len(), 4, "{}", amina.so_far());
    let said = amina.so_far();
    assert!(!said.contains(DETAIL) && !said.contains("Hay un mensaje"), "{said}");
    let lucia = town.staff("lucia").await;
    assert_eq!(entry(&lucia, &id, DETAIL).await["status"], "failed");
    town.ends().await;
}

/// Nobody is rung up at night.
async fn quiet_hours_hold_a_call_back(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.caller("Amina");
    let id = is_with_staff(&town, &amina, &lucia).await;
    let now = town.app().now().to_timestamp().in_tz("America/Guayaquil").expect("a time zone");
    let (from, to) = (now.time() - 30.minutes(), now.time() + 30.minutes());
    imports(&town, &format!("quiet_hours = {{ from = \"{from:.0}\", to = \"{to:.0}\" }}"), None).await;
    lucia.replies(&id, DETAIL).await;
    town.settle().await;
    assert_eq!(town.twilio().calls().len(), 1);
    town.advance(SignedDuration::from_mins(31)).await;
    is_rung_up_and_passes(&amina).await;
    amina.sees(DETAIL).await;
    town.ends().await;
}

/// Neither WhatsApp nor SMS reaches her: a call does, with the same message.
async fn the_last_link_of_a_chain_is_a_call(town: Town) {
    let caller = town.caller_with("Amina", NUMBER);
    let voice = channel(&town, ChannelKind::Voice);
    is_reached_by_the_last_link(&town, &caller, voice).await;
    town.ends().await;
}

/// The number that somebody on WhatsApp has, and that can be called.
pub(crate) const NUMBER: &str = "+593990000077";

/// Amina is on WhatsApp, talks with Lucía, and everything goes on to these channels when WhatsApp does not reach her.
pub(crate) async fn is_on_whatsapp_with_a_chain(town: &Town, delivery: &Delivery) -> (Person, Staff, String) {
    let wa_id = Some(NUMBER.trim_start_matches('+').to_owned());
    let whatsapp = town.on_whatsapp(Human { wa_id, user_id: None, name: "Amina".to_owned() });
    let (app, whatsapp_channel) = (town.app(), channel(town, ChannelKind::Whatsapp));
    let set = lines::set_delivery(&app, town.line().id, whatsapp_channel, delivery);
    set.await.expect("the channel takes its delivery");
    whatsapp.texts("hola").await;
    whatsapp.sees("¿En qué idioma").await;
    whatsapp.taps("Español").await;
    whatsapp.sees("¿Acepta?").await;
    whatsapp.taps("Acepto").await;
    whatsapp.sees("Elija un tema").await;
    whatsapp.texts("AYUDA").await;
    whatsapp.sees("Le paso con una persona").await;
    town.settle().await;
    let lucia = town.staff("lucia").await;
    let id = lucia.conversations("waiting").await[0]["id"].as_str().expect("an id").to_owned();
    lucia.takes(&id).await;
    (whatsapp, lucia, id)
}

/// A reply goes from WhatsApp to SMS to a call, which says it.
pub(crate) async fn is_reached_by_the_last_link(town: &Town, caller: &Person, voice: Uuid) {
    let fail_over = vec![channel(town, ChannelKind::Sms), voice];
    let delivery = Delivery { fail_over, ..Delivery::default() };
    let (_whatsapp, lucia, id) = is_on_whatsapp_with_a_chain(town, &delivery).await;
    town.meta().faults().next(Fault::Unreachable);
    // Nobody has this number's SMS: it is reported as not delivered.
    lucia.replies(&id, DETAIL).await;
    is_rung_up_and_passes(caller).await;
    caller.sees(DETAIL).await;
    caller.telephone().hangs_up();
    caller.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    let routes = openline::sql!("SELECT count(*) FROM message_route");
    assert_eq!(count(town, routes).await, 2);
    assert_eq!(entry(&lucia, &id, DETAIL).await["status"], "sent");
}

/// The provider's answer is lost, and the call rings all the same: she hears the message once.
async fn a_lost_answer_still_becomes_one_call(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.caller("Amina");
    let id = is_with_staff(&town, &amina, &lucia).await;
    town.twilio().faults().next(Fault::LostAnswer);
    lucia.replies(&id, DETAIL).await;
    is_rung_up_and_passes(&amina).await;
    amina.sees(DETAIL).await;
    amina.telephone().hangs_up();
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    town.advance(SignedDuration::from_mins(30)).await;
    assert_eq!(town.twilio().calls().len(), 2);
    assert_eq!(amina.so_far().matches(DETAIL).count(), 1);
    town.ends().await;
}

/// A flow of RapidPro's type voice: digits, a call that is put through, and what became of it.
fn ivr() -> Json {
    let id = |n: u8| format!("00000000-0000-4000-8000-0000000000{n:02}");
    let category =
        |n: u8, name: &str, exit: u8| json!({ "uuid": id(n), "name": name, "exit_uuid": id(exit) });
    json!({
        "uuid": id(1), "name": "ivr", "spec_version": "14.4.2", "language": "spa", "type": "voice",
        "revision": 1, "expire_after_minutes": 5, "localization": {},
        "nodes": [
            {
                "uuid": id(2),
                "actions": [{ "type": "say_msg", "uuid": id(3), "text": "Marque su edad." }],
                "router": {
                    "type": "switch", "operand": "@input.text", "result_name": "Edad",
                    "wait": { "type": "msg", "hint": { "type": "digits", "count": 2 } },
                    "cases": [{
                        "uuid": id(4), "type": "has_number", "arguments": [], "category_uuid": id(5)
                    }],
                    "categories": [category(5, "Number", 7), category(6, "Other", 8)],
                    "default_category_uuid": id(6),
                },
                "exits": [
                    { "uuid": id(7), "destination_uuid": id(9) },
                    { "uuid": id(8), "destination_uuid": null },
                ],
            },
            {
                "uuid": id(9),
                "actions": [{ "type": "say_msg", "uuid": id(10), "text": "Tiene @results.edad años. Le paso." }],
                "router": {
                    "type": "switch", "operand": "@(default(resume.dial.status, \"\"))",
                    "wait": { "type": "dial", "phone": "+593225550999" },
                    "cases": [{
                        "uuid": id(11), "type": "has_only_text", "arguments": ["answered"], "category_uuid": id(12)
                    }],
                    "categories": [category(12, "Answered", 14), category(13, "Other", 15)],
                    "default_category_uuid": id(13),
                },
                "exits": [
                    { "uuid": id(14), "destination_uuid": id(16) },
                    { "uuid": id(15), "destination_uuid": null },
                ],
            },
            {
                "uuid": id(16),
                "actions": [{ "type": "say_msg", "uuid": id(17), "text": "Hablaron." }],
                "exits": [{ "uuid": id(18), "destination_uuid": null }],
            },
        ],
    })
}

async fn a_voice_flow_runs_as_it_is(town: Town) {
    imports(&town, "voice_flow = \"ivr\"", Some(ivr())).await;
    town.twilio().set_dialled("completed", 42);
    let amina = town.caller("Amina");
    amina.telephone().calls();
    amina.sees("For English, press 2.").await;
    amina.taps("Español").await;
    amina.sees("Para aceptar, marque 1.").await;
    amina.taps("aceptar").await;
    amina.sees("Marque su edad.").await;
    amina.telephone().presses("34");
    amina.sees("Tiene 34 años. Le paso.").await;
    amina.sees("(puts through to +593225550999)").await;
    amina.sees("Hablaron.").await;
    amina.sees("Gracias por su llamada").await;
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.ends().await;
}

world::stories!(
    a_call_is_answered_like_a_chat,
    danger_that_is_spoken_is_urgent,
    a_doubled_webhook_advances_once,
    a_reply_rings_her_up_and_her_answer_is_kept_sealed,
    a_machine_hears_no_detail,
    quiet_hours_hold_a_call_back,
    the_last_link_of_a_chain_is_a_call,
    a_lost_answer_still_becomes_one_call,
    a_voice_flow_runs_as_it_is,
);
