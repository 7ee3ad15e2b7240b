//! Telephone calls: somebody who cannot read or write is helped as everybody else is, and nobody hears what is not for
//! her.
use openline::store::Value;
use world::person::Person;
use world::town::Town;
use world::twilio::voice::CallState;

/// One number from the database.
async fn count(town: &Town, sql: openline::store::Sql) -> i64 {
    let app = town.app();
    let counted = app.store.read(move |tx| tx.one(sql, &[] as &[Value])?.get::<i64>(0)).await;
    counted.expect("the store answers")
}

/// She calls, chooses Spanish and agrees, all by keys.
async fn calls_and_agrees(person: &Person) {
    person.telephone().calls();
    person.sees("¿En qué idioma").await;
    person.sees("For English, press 2.").await;
    person.taps("Español").await;
    person.sees("¿Acepta?").await;
    person.sees("Para hablar con una persona, marque cero.").await;
    person.taps("Acepto").await;
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
    amina.sees("Pedir asilo es gratis").await;
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

world::stories!(a_call_is_answered_like_a_chat,);
