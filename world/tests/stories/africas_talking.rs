//! Calls by Africa's Talking: the same line as by any other telephone, by keys alone.
use bytes::Bytes;
use serde_json::Value as Json;
use world::fault::Fault;
use world::town::Town;
use world::twilio::voice::CallState;

use crate::voice::{DETAIL, NUMBER, RECORDING, calls_and_agrees, is_reached_by_the_last_link};

/// A call in: language, notice, menu and an answer by keys. What she says for the team reaches it although she hangs up
/// instead of pressing the key that ends it.
async fn a_call_is_answered_by_keys(town: Town) {
    town.has_an_african_number().await;
    let lucia = town.staff("lucia").await;
    let amina = town.african_caller("Amina", "+254700000001");
    calls_and_agrees(&amina).await;
    amina.taps("Asilo y papeles").await;
    amina.sees("¿Qué quiere saber sobre sus papeles?").await;
    // A key that means nothing is asked for again.
    amina.telephone().presses("8");
    amina.sees("No le entendimos.").await;
    amina.taps("Pedir asilo").await;
    amina.sees("¿Le sirvió esta información?").await;
    amina.telephone().presses("0");
    amina.sees("Le paso con una persona").await;
    amina.sees("speak now").await;
    amina.telephone().records_and_hangs_up(Bytes::from_static(RECORDING), 5);
    amina.is_in_a_call_that_is(CallState::Completed).await;
    town.settle().await;
    let row = lucia.finds("waiting", "").await;
    let entries = lucia.entries(row["id"].as_str().expect("a row has an id")).await;
    let is_here = |entry: &Json| entry["attachments"][0]["state"] == "here";
    assert!(entries.iter().any(is_here), "{entries:#?}");
    town.ends().await;
}

/// The last link of a chain is a call there; its placing answer gets lost, and it rings once all the same.
async fn the_last_link_rings_once_although_its_answer_was_lost(town: Town) {
    let voice = town.has_an_african_number().await;
    let caller = town.african_caller("Amina", NUMBER);
    town.africas_talking().faults().next(Fault::LostAnswer);
    is_reached_by_the_last_link(&town, &caller, voice).await;
    assert_eq!(town.africas_talking().calls().len(), 1);
    assert_eq!(caller.so_far().matches(DETAIL).count(), 1, "{}", caller.so_far());
    town.ends().await;
}

/// Whoever does not know the secret of the number's address is nobody.
async fn a_call_without_the_secret_is_turned_away(town: Town) {
    let channel = town.has_an_african_number().await;
    let body = "isActive=1&sessionId=ATVId_x&direction=Inbound&callerNumber=%2B254700000009";
    let http = world::delivery::client().expect("a client");
    for secret in ["", "?token=guessed"] {
        let url = format!("{}/hooks/{channel}{secret}", town.base_url());
        let form = ("content-type", "application/x-www-form-urlencoded");
        let answer = http.post(url).header(form.0, form.1).body(body).send().await.expect("an answer");
        assert!(matches!(answer.status().as_u16(), 401 | 403), "{}", answer.status());
    }
    town.ends().await;
}

world::stories!(
    a_call_is_answered_by_keys,
    the_last_link_rings_once_although_its_answer_was_lost,
    a_call_without_the_secret_is_turned_away,
);
