//! A person writes to the line Casa and is helped: each story on SQLite and on PostgreSQL.
use world::town::Town;

/// Language, notice and consent, as every first contact begins.
async fn agrees(person: &world::person::Person) {
    person.texts("hola").await;
    person.sees("¿En qué idioma").await;
    person.taps("Español").await;
    person.sees("¿Acepta?").await;
    person.taps("Acepto").await;
    person.sees("Gracias. Ya puede preguntar").await;
}

/// The first message on WhatsApp brings the language question, then the notice, then the menu.
async fn first_contact_on_whatsapp(town: Town) {
    let amina = town.whatsapp("Amina");
    agrees(&amina).await;
    let noor = town.whatsapp_without_number("Noor");
    agrees(&noor).await;
    town.ends().await;
}

/// By SMS choices are numbers.
async fn first_contact_by_sms(town: Town) {
    let luis = town.sms("Luis");
    agrees(&luis).await;
    town.ends().await;
}

/// What a provider brings twice is answered once.
async fn a_doubled_message_is_answered_once(town: Town) {
    let amina = town.whatsapp("Amina");
    amina.texts_and_it_comes_twice("hola").await;
    amina.sees("¿En qué idioma").await;
    amina.sees_nothing_more().await;
    town.ends().await;
}

world::stories!(first_contact_on_whatsapp, first_contact_by_sms, a_doubled_message_is_answered_once);
