//! Beside the straight path: what happens late, early, twice, or without a phone number. Each on SQLite and on
//! PostgreSQL.
use jiff::SignedDuration;
use serde_json::json;
use world::person::Person;
use world::town::Town;

/// The seconds in which a closed conversation can be opened again, and one more.
const AFTER_CLOSING: SignedDuration = SignedDuration::from_secs(11);

/// Language, notice and consent, as every first contact begins.
async fn agrees(person: &Person) {
    person.texts("hola").await;
    person.sees("¿En qué idioma").await;
    person.taps("Español").await;
    person.sees("¿Acepta?").await;
    person.taps("Acepto").await;
    person.sees("Gracias. Ya puede preguntar").await;
}

/// Asks for a person of the team; gives the conversation's id, found by the agent.
async fn asks_for_a_person(person: &Person, about: &str, agent: &world::staff::Staff) -> String {
    person.texts("menú").await;
    person.sees("tema").await;
    person.taps("Hablar con alguien").await;
    person.sees("¿De qué se trata").await;
    person.texts(about).await;
    person.sees("ya avisé al equipo").await;
    let row = agent.finds("waiting", about).await;
    row["id"].as_str().expect("a row has an id").to_owned()
}

/// Somebody on WhatsApp whose phone number the line never learns is served like everybody else.
async fn somebody_without_a_phone_number_is_served(town: Town) {
    let lucia = town.staff("lucia").await;
    let noor = town.whatsapp_without_number("Noor");
    agrees(&noor).await;
    let id = asks_for_a_person(&noor, "Quiero saber de mi caso", &lucia).await;
    lucia.takes(&id).await;
    lucia.replies(&id, "Buenos días, Noor.").await;
    noor.sees_next("Buenos días, Noor.").await;
    town.ends().await;
}

/// Step 2: an answer past its date is never sent.
async fn an_expired_answer_is_never_sent(town: Town) {
    let amina = town.whatsapp("Amina");
    agrees(&amina).await;
    amina.texts("menú").await;
    amina.sees("tema").await;
    amina.taps("Asilo y papeles").await;
    amina.sees("¿Qué quiere saber sobre sus papeles?").await;
    amina.taps("Registro migratorio").await;
    amina.sees("no quiero darle un dato viejo").await;
    // A year and two months later the other answers are past their date too.
    let noor = town.whatsapp("Noor");
    agrees(&noor).await;
    town.advance(SignedDuration::from_hours(24 * 425)).await;
    noor.texts("asilo").await;
    town.settle().await;
    assert!(!noor.so_far().contains("Pedir asilo es gratis"), "{}", noor.so_far());
    town.ends().await;
}

/// Step 5: closing can be undone for ten seconds, and then nobody is asked how it was.
async fn closing_can_be_undone(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    agrees(&amina).await;
    let id = asks_for_a_person(&amina, "Quiero saber de mi caso", &lucia).await;
    lucia.takes(&id).await;
    lucia.closes(&id).await;
    let reopened = lucia.does(&id, "reopen", json!({})).await.ok();
    assert_eq!(reopened["status"], "assigned", "{reopened}");
    town.advance(AFTER_CLOSING).await;
    amina.sees_nothing_more().await;
    lucia.replies(&id, "Sigo aquí.").await;
    amina.sees_next("Sigo aquí.").await;
    town.ends().await;
}

/// Step 3: a question without a safe answer goes to a person too.
async fn a_question_without_an_answer_is_handed_over(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    agrees(&amina).await;
    amina.texts("xilófono zanahoria").await;
    amina.sees("No tengo una respuesta segura").await;
    amina.sees("ya avisé al equipo").await;
    lucia.finds("waiting", "xilófono").await;
    town.ends().await;
}

/// Step 4 without consent: danger to life comes before the notice.
async fn a_word_of_violence_is_heard_even_in_the_first_message(town: Town) {
    let marta = town.staff("marta").await;
    let amina = town.whatsapp("Amina");
    amina.texts("me pega mi marido").await;
    amina.sees("911").await;
    let row = marta.finds("urgent", "me pega").await;
    let conversation = marta.conversation(row["id"].as_str().expect("a row has an id")).await;
    assert_eq!(conversation["person"]["consent"]["state"], "vital_interest", "{conversation}");
    town.ends().await;
}

/// What a provider brings twice is answered once.
async fn a_doubled_message_is_answered_once(town: Town) {
    for person in [town.whatsapp("Amina"), town.sms("Luis")] {
        person.texts_and_it_comes_twice("hola").await;
        person.sees("¿En qué idioma").await;
        person.sees_nothing_more().await;
    }
    town.ends().await;
}

world::stories!(
    somebody_without_a_phone_number_is_served,
    an_expired_answer_is_never_sent,
    closing_can_be_undone,
    a_question_without_an_answer_is_handed_over,
    a_word_of_violence_is_heard_even_in_the_first_message,
    a_doubled_message_is_answered_once,
);
