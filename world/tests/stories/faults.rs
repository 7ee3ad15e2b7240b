//! Providers that fail, servers that stop: no message is lost, none is doubled, and staff sees what became of it.
use jiff::SignedDuration;
use serde_json::{Value, json};
use world::fault::{Fault, Reports};
use world::person::Person;
use world::staff::Staff;
use world::town::Town;

/// Longer than any pause before a further try of one message.
const A_WHILE: SignedDuration = SignedDuration::from_mins(20);

/// A person whom the agent has taken: everything that follows is between the two.
async fn talking(town: &Town, person: &Person, agent: &Staff) -> String {
    person.texts("hola").await;
    person.sees("¿En qué idioma").await;
    person.taps("Español").await;
    person.sees("¿Acepta?").await;
    person.taps("Acepto").await;
    person.sees("Gracias. Ya puede preguntar").await;
    person.texts("AYUDA").await;
    person.sees("Le paso con una persona").await;
    town.settle().await;
    let waiting = agent.conversations("waiting").await;
    let id = waiting[0]["id"].as_str().expect("a row has an id").to_owned();
    agent.takes(&id).await;
    id
}

/// The status that the agent sees of the message with this text.
async fn status(agent: &Staff, id: &str, text: &str) -> Value {
    let entries = agent.entries(id).await;
    let entry = entries.iter().find(|entry| entry["text"] == text);
    entry.unwrap_or_else(|| panic!("no {text:?} in {entries:#?}"))["status"].clone()
}

/// An error or a throttle of the provider delays a message and loses nothing, and what comes later waits.
async fn what_a_provider_refuses_for_now_is_sent_later_and_in_order(town: Town) {
    let lucia = town.staff("lucia").await;
    for person in [town.whatsapp("Amina"), town.sms("Luis")] {
        let id = talking(&town, &person, &lucia).await;
        let is_sms = person.name() == "Luis";
        let faults = || if is_sms { town.twilio().faults() } else { town.meta().faults() };
        for fault in [Fault::ServerError, Fault::Throttled, Fault::PairRate] {
            faults().next(fault);
            lucia.replies(&id, "primero").await;
            lucia.replies(&id, "segundo").await;
            for _ in 0..6 {
                town.advance(A_WHILE / 10).await;
            }
            assert_eq!(faults().left(), 0, "{fault:?} was never met");
            person.sees_next("primero").await;
            person.sees_next("segundo").await;
            person.sees_nothing_more().await;
        }
        lucia.closes(&id).await;
        town.advance(SignedDuration::from_secs(11)).await;
    }
    town.ends().await;
}

/// An answer that never came leaves the message unknown: it is not sent again blindly, and the report settles it.
async fn a_lost_answer_is_never_sent_twice(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    town.meta().set_reports(Reports { held: true, ..Reports::default() });
    town.meta().faults().next(Fault::LostAnswer);
    lucia.replies(&id, "¿Llegó?").await;
    amina.sees_next("¿Llegó?").await;
    town.settle().await;
    assert_eq!(status(&lucia, &id, "¿Llegó?").await, "unknown");
    town.advance(A_WHILE).await;
    amina.sees_nothing_more().await;
    town.meta().release_reports().await;
    town.settle().await;
    town.ends().await;
}

/// Reports that come doubled and last first never take a status back.
async fn a_status_never_goes_backwards(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    town.meta().set_reports(Reports { doubled: true, reordered: true, ..Reports::default() });
    lucia.replies(&id, "Buenos días").await;
    amina.sees_next("Buenos días").await;
    town.settle().await;
    assert_eq!(status(&lucia, &id, "Buenos días").await, "read");
    town.ends().await;
}

/// A webhook without a right signature is turned away and does nothing.
async fn a_webhook_with_a_wrong_signature_is_turned_away(town: Town) {
    let body = json!({ "object": "whatsapp_business_account", "entry": [] }).to_string();
    for signature in
        [None, Some(world::sign::meta("not the secret", body.as_bytes())), Some("sha256=".into())]
    {
        let answer = town.meta().post_raw(world::line::PHONE_NUMBER_ID, body.as_bytes(), signature).await;
        assert!(matches!(answer.status, Some(401 | 403)), "{answer:?}");
    }
    let number = world::line::PHONE_NUMBER_ID;
    assert!(town.meta().verifies(number, world::line::VERIFY_TOKEN).await);
    assert!(!town.meta().verifies(number, "a guess").await);
    let fields = [("Body".to_owned(), "hola".to_owned()), ("From".to_owned(), "+593991".to_owned())];
    for signature in [None, Some("AAAA".to_owned())] {
        let answer = town.twilio().post_raw(world::line::ACCOUNT_SID, &fields, signature).await;
        assert!(matches!(answer.status, Some(401 | 403)), "{answer:?}");
    }
}

/// A clean restart loses nothing, whatever was on its way.
async fn a_restart_goes_on_where_it_was(mut town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    town.meta().faults().next_n(Fault::ServerError, 1);
    lucia.replies(&id, "antes").await;
    drop(lucia);
    town.restarts().await;
    for _ in 0..4 {
        town.advance(A_WHILE / 10).await;
    }
    amina.sees_next("antes").await;
    let lucia = town.staff("lucia").await;
    lucia.replies(&id, "después").await;
    amina.sees_next("después").await;
    amina.sees_nothing_more().await;
    town.ends().await;
}

world::stories!(
    what_a_provider_refuses_for_now_is_sent_later_and_in_order,
    a_lost_answer_is_never_sent_twice,
    a_status_never_goes_backwards,
    a_webhook_with_a_wrong_signature_is_turned_away,
    a_restart_goes_on_where_it_was,
);
