//! Telephone calls and their provider: what is asked before anybody is rung up again, what stops ringing, what is deleted,
//! and who is helped without being known.
use std::path::Path;

use bytes::Bytes;
use jiff::SignedDuration;
use openline::lines::{ChannelKind, Delivery};
use serde_json::{Value as Json, json};
use world::fault::{Fault, Reports};
use world::person::Person;
use world::staff::Staff;
use world::town::{Store, Town};
use world::twilio::voice::CallState;

use crate::voice::{
    DETAIL, NUMBER, RECORDING, calls_and_agrees, channel, count, entry, imports, is_on_whatsapp_with_a_chain,
    is_rung_up_and_passes, is_with_staff,
};

const HELD: Reports = Reports { read: true, doubled: false, reordered: false, held: true };

/// Calls that the line made.
fn made(town: &Town) -> usize {
    town.twilio().calls().iter().filter(|call| !call.inbound).count()
}

/// How often a text was said to her.
fn said(person: &Person, text: &str) -> usize {
    person.so_far().matches(text).count()
}

/// The answer to the placing of a call is lost, and nothing is reported: the provider is asked, has the call, and nobody is
/// rung up a second time.
async fn a_call_is_asked_for_before_anybody_is_rung_up_again(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.caller("Amina");
    let id = is_with_staff(&town, &amina, &lucia).await;
    town.twilio().set_reports(HELD);
    town.twilio().faults().next(Fault::LostAnswer);
    lucia.replies(&id, DETAIL).await;
    amina.is_in_a_call_that_is(CallState::Ringing).await;
    town.settle().await;
    assert_eq!(entry(&lucia, &id, DETAIL).await["status"], "unknown");
    town.advance(SignedDuration::from_secs(31)).await;
    assert_eq!(entry(&lucia, &id, DETAIL).await["status"], "queued");
    town.advance(SignedDuration::from_mins(12)).await;
    assert_eq!(made(&town), 1);
    amina.telephone().picks_up();
    amina.sees("Hay un mensaje para usted").await;
    amina.telephone().presses("1");
    amina.sees(DETAIL).await;
    amina.telephone().hangs_up();
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.twilio().release_reports().await;
    town.twilio().set_reports(Reports::default());
    town.settle().await;
    town.advance(SignedDuration::from_mins(70)).await;
    assert_eq!((made(&town), said(&amina, DETAIL)), (1, 1), "{}", amina.so_far());
    town.ends().await;
}

/// The provider never got the request: once that is certain she is rung up, once.
async fn a_call_that_never_was_is_made_once(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.caller("Amina");
    let id = is_with_staff(&town, &amina, &lucia).await;
    town.twilio().faults().next(Fault::Dropped);
    lucia.replies(&id, DETAIL).await;
    town.settle().await;
    town.advance(SignedDuration::from_secs(31)).await;
    assert_eq!((made(&town), entry(&lucia, &id, DETAIL).await["status"].as_str()), (0, Some("unknown")));
    town.advance(SignedDuration::from_secs(61)).await;
    is_rung_up_and_passes(&amina).await;
    amina.sees(DETAIL).await;
    amina.telephone().hangs_up();
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    town.advance(SignedDuration::from_mins(20)).await;
    assert_eq!((made(&town), said(&amina, DETAIL)), (1, 1), "{}", amina.so_far());
    town.ends().await;
}

/// WhatsApp reports late that she has the message, while her telephone rings about it: it stops.
async fn the_telephone_stops_ringing_when_the_first_is_reported_late(town: Town) {
    let caller = town.caller_with("Amina", NUMBER);
    let fail_over = vec![channel(&town, ChannelKind::Voice)];
    let delivery = Delivery { fail_over, fail_over_after_minutes: Some(5), ..Delivery::default() };
    let (whatsapp, lucia, id) = is_on_whatsapp_with_a_chain(&town, &delivery).await;
    town.meta().set_reports(HELD);
    lucia.replies(&id, DETAIL).await;
    whatsapp.sees(DETAIL).await;
    town.settle().await;
    town.advance(SignedDuration::from_mins(6)).await;
    caller.is_in_a_call_that_is(CallState::Ringing).await;
    town.settle().await;
    town.meta().release_reports().await;
    caller.is_in_a_call_that_is(CallState::Canceled).await;
    town.settle().await;
    assert_eq!(said(&caller, "Hay un mensaje"), 0, "{}", caller.so_far());
    let status = entry(&lucia, &id, DETAIL).await["status"].clone();
    assert!(status == "delivered" || status == "read", "{status}");
    town.advance(SignedDuration::from_mins(70)).await;
    assert_eq!(made(&town), 1);
    town.ends().await;
}

/// The line's telephone channel under Health.
async fn health(staff: &Staff) -> Json {
    let answer = staff.get("/health").await.ok();
    let channels = answer["channels"].as_array().expect("a list").clone();
    channels.into_iter().find(|channel| channel["kind"] == "voice").expect("the telephone")
}

/// What she recorded is deleted at the provider once it is sealed here, tried again when that fails, and the operator sees
/// it meanwhile.
async fn a_recording_is_deleted_at_its_provider(town: Town) {
    let lucia = town.staff("lucia").await;
    let rosa = town.staff("rosa").await;
    let amina = town.caller("Amina");
    calls_and_agrees(&amina).await;
    amina.telephone().presses("0");
    amina.sees("speak now").await;
    // She hangs up instead of pressing the key that ends it.
    amina.telephone().records_and_hangs_up(Bytes::from_static(RECORDING), 5);
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    let row = lucia.finds("waiting", "").await;
    let entries = lucia.entries(row["id"].as_str().expect("an id")).await;
    let is_here = |entry: &Json| entry["attachments"][0]["state"] == "here";
    assert!(entries.iter().any(is_here), "{entries:#?}");
    assert_eq!(town.twilio().recordings(), (1, 0));
    town.twilio().keeps_recordings(2);
    town.advance(SignedDuration::from_secs(31)).await;
    town.advance(SignedDuration::from_secs(61)).await;
    assert_eq!(town.twilio().recordings(), (1, 0));
    let device = health(&rosa).await["device"].clone();
    assert_eq!(device["condition"], "weak", "{device}");
    town.advance(SignedDuration::from_secs(601)).await;
    assert_eq!(town.twilio().recordings(), (0, 1));
    let device = health(&rosa).await["device"].clone();
    assert_eq!(device["condition"], "good", "{device}");
    town.ends().await;
}

/// The key 9 at the beginning of a call of ours is STOP: nothing of the message is said, and nothing more comes.
async fn the_key_nine_is_stop(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.caller("Amina");
    let id = is_with_staff(&town, &amina, &lucia).await;
    lucia.replies(&id, DETAIL).await;
    amina.is_in_a_call_that_is(CallState::Ringing).await;
    amina.telephone().picks_up();
    amina.sees("Hay un mensaje para usted").await;
    amina.telephone().presses("9");
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    let stopped = openline::sql!("SELECT count(*) FROM contact WHERE standing = 1");
    assert_eq!(count(&town, stopped).await, 1);
    assert_eq!(said(&amina, DETAIL), 0, "{}", amina.so_far());
    town.advance(SignedDuration::from_mins(70)).await;
    assert_eq!(made(&town), 1);
    town.ends().await;
}

/// Somebody who hides her number is helped as everybody is; nobody can call her, and staff sees that.
async fn who_hides_her_number_is_helped(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.caller("Amina");
    amina.telephone().calls_hidden();
    amina.sees("For English, press 2.").await;
    amina.taps("Español").await;
    amina.sees("Para aceptar, marque 1.").await;
    amina.taps("aceptar").await;
    amina.sees("Elija un tema").await;
    amina.sees("marque cero").await;
    amina.telephone().presses("0");
    amina.sees("diga después del tono").await;
    amina.telephone().hangs_up();
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    let id = lucia.conversations("waiting").await[0]["id"].as_str().expect("an id").to_owned();
    lucia.takes(&id).await;
    lucia.replies(&id, DETAIL).await;
    town.settle().await;
    assert_eq!((made(&town), entry(&lucia, &id, DETAIL).await["status"].as_str()), (0, Some("failed")));
    town.ends().await;
}

/// A flow for calls whose menu has the words of danger.
fn menu_of_danger() -> Json {
    let id = |n: u8| format!("00000000-0000-4000-8000-0000000001{n:02}");
    json!({
        "uuid": id(1), "name": "puerta", "spec_version": "14.4.2", "language": "spa", "type": "messaging",
        "revision": 1, "expire_after_minutes": 5, "localization": {},
        "nodes": [{
            "uuid": id(2),
            "actions": [{
                "type": "send_msg", "uuid": id(3), "text": "¿En qué le ayudamos?", "attachments": [],
                "quick_replies": ["Quiero información", "Estoy en peligro"],
            }],
            "router": {
                "type": "switch", "operand": "@input.text", "wait": { "type": "msg" }, "cases": [],
                "categories": [{ "uuid": id(4), "name": "All", "exit_uuid": id(5) }],
                "default_category_uuid": id(4),
            },
            "exits": [{ "uuid": id(5), "destination_uuid": null }],
        }],
    })
}

/// Danger that is chosen by a key is as urgent as danger that is spoken.
async fn danger_by_a_key_is_urgent(town: Town) {
    imports(&town, "voice_flow = \"puerta\"", Some(menu_of_danger())).await;
    let (lucia, marta) = (town.staff("lucia").await, town.staff("marta").await);
    let amina = town.caller("Amina");
    amina.telephone().calls();
    amina.sees("For English, press 2.").await;
    amina.taps("Español").await;
    amina.sees("Para aceptar, marque 1.").await;
    amina.taps("aceptar").await;
    amina.sees("¿En qué le ayudamos?").await;
    amina.taps("Estoy en peligro").await;
    amina.sees("911").await;
    amina.telephone().hangs_up();
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    assert_eq!(marta.conversations("urgent").await.len(), 1);
    assert!(lucia.conversations("all").await.is_empty());
    town.ends().await;
}

world::stories!(
    a_call_is_asked_for_before_anybody_is_rung_up_again,
    a_call_that_never_was_is_made_once,
    the_telephone_stops_ringing_when_the_first_is_reported_late,
    a_recording_is_deleted_at_its_provider,
    the_key_nine_is_stop,
    who_hides_her_number_is_helped,
    danger_by_a_key_is_urgent,
);

/// Two servers behind one name serve one call: whichever is asked next answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_serve_one_call() {
    let town = Town::open(Store::Postgres).await;
    let second = town.second(Path::new(env!("CARGO_BIN_EXE_load"))).await;
    town.twilio().set_asked(vec![town.base_url().to_owned(), second.base_url()]);
    let amina = town.caller("Amina");
    calls_and_agrees(&amina).await;
    amina.taps("Asilo y papeles").await;
    amina.sees("¿Qué quiere saber sobre sus papeles?").await;
    amina.taps("Pedir asilo").await;
    amina.sees("¿Le sirvió esta información?").await;
    amina.telephone().hangs_up();
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    for once in ["Para aceptar, marque 1.", "¿Qué quiere saber sobre sus papeles?"] {
        assert_eq!(said(&amina, once), 1, "{}", amina.so_far());
    }
    let calls = openline::sql!("SELECT count(*) FROM phone_call");
    assert_eq!(count(&town, calls).await, 1);
    second.stop().expect("the second server stops cleanly");
    town.ends().await;
}
