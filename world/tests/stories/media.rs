//! Files that people send: stored first as a placeholder, fetched by a job, sealed, seen by whoever may, and gone when
//! she wants it so. What staff send is in `media_out`.
use bytes::Bytes;
use jiff::SignedDuration;
use openline::store::Value as Stored;
use serde_json::Value;
use world::person::Person;
use world::staff::Staff;
use world::town::Town;

/// The beginning of a JPEG, and words that must not be found anywhere unsealed.
const PICTURE: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF a-picture-of-her-papers";

/// Somebody who has agreed and talks to staff; the conversation.
pub async fn talking(town: &Town, person: &Person, agent: &Staff) -> String {
    person.texts("hola").await;
    person.sees("¿En qué idioma").await;
    person.taps("Español").await;
    person.sees("¿Acepta?").await;
    person.taps("Acepto").await;
    person.sees("Elija un tema").await;
    person.texts("AYUDA").await;
    person.sees("Le paso con una persona").await;
    town.settle().await;
    let id = agent.conversations("waiting").await[0]["id"].as_str().expect("a row has an id").to_owned();
    agent.takes(&id).await;
    id
}

/// The only file of a conversation, as staff sees it.
async fn file(agent: &Staff, id: &str) -> Value {
    let entries = agent.entries(id).await;
    let mut files = entries.iter().filter_map(|entry| entry["attachments"].get(0));
    let file = files.next().unwrap_or_else(|| panic!("no file in {entries:#?}")).clone();
    assert!(files.next().is_none(), "one file only: {entries:#?}");
    file
}

/// A count.
pub async fn rows(town: &Town, sql: openline::store::Sql) -> i64 {
    let app = town.app();
    let counted = app.store.read(move |tx| tx.one(sql, &[] as &[Stored])?.get::<i64>(0));
    counted.await.expect("the store answers")
}

/// A picture by WhatsApp and one by MMS: here, as what they are, for staff to open; FORGET leaves nothing of them.
async fn a_picture_is_fetched_sealed_and_forgotten(town: Town) {
    let lucia = town.staff("lucia").await;
    for person in [town.whatsapp("Amina"), town.sms("Luis")] {
        let id = talking(&town, &person, &lucia).await;
        // The provider calls it something else: what counts is what is in it.
        person.sends_file("image", "image/png", Bytes::from_static(PICTURE)).await;
        town.settle().await;
        let file = file(&lucia, &id).await;
        assert_eq!((&file["state"], &file["content_type"]), (&"here".into(), &"image/jpeg".into()), "{file}");
        assert_eq!(file["size"], PICTURE.len());
        let url = file["url"].as_str().expect("an address");
        let (content_type, body) = lucia.opens(url).await;
        assert_eq!((content_type.as_str(), &body[..]), ("image/jpeg", PICTURE));
        lucia.closes(&id).await;
        person.texts("OLVIDAR").await;
        town.settle().await;
        assert_eq!(rows(&town, openline::sql!("SELECT count(*) FROM media")).await, 0);
        assert_eq!(rows(&town, openline::sql!("SELECT count(*) FROM media_file")).await, 0);
    }
    town.ends().await;
}

/// The provider does not give the file at first: staff sees that it is coming, and then it is there.
async fn a_file_that_cannot_be_had_is_tried_again_and_stays_visible(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    town.meta().set_files(false);
    amina.sends_file("image", "image/jpeg", Bytes::from_static(PICTURE)).await;
    town.settle().await;
    assert_eq!(file(&lucia, &id).await["state"], "waiting");
    town.advance(SignedDuration::from_secs(11)).await;
    assert_eq!(file(&lucia, &id).await["state"], "waiting");
    // Two days later nobody tries any more, but what came is not hidden, and a person can try again.
    for hours in [1, 1, 3, 7, 13, 25, 25] {
        town.advance(SignedDuration::from_hours(hours)).await;
    }
    let lucia = town.staff("lucia").await;
    let given_up = file(&lucia, &id).await;
    assert_eq!((&given_up["state"], &given_up["url"]), (&"given_up".into(), &Value::Null));
    town.meta().set_files(true);
    let media = given_up["media"].as_str().expect("an id");
    let retried = lucia.post(&format!("/conversations/{id}/media/{media}/retry"), Value::Null).await;
    assert_eq!(retried.status, 202, "{:?}", retried.body);
    town.settle().await;
    assert_eq!(file(&lucia, &id).await["state"], "here");
    town.ends().await;
}

/// Who has not agreed is answered, and nothing that she sends is fetched or kept.
async fn without_agreement_nothing_is_fetched(town: Town) {
    let amina = town.whatsapp("Amina");
    amina.texts("hola").await;
    amina.sees("¿En qué idioma").await;
    amina.taps("Español").await;
    amina.sees("¿Acepta?").await;
    amina.taps("Solo preguntas").await;
    amina.sends_file("image", "image/jpeg", Bytes::from_static(PICTURE)).await;
    town.settle().await;
    assert_eq!(rows(&town, openline::sql!("SELECT count(*) FROM media")).await, 0);
    town.ends().await;
}

world::stories!(
    a_picture_is_fetched_sealed_and_forgotten,
    a_file_that_cannot_be_had_is_tried_again_and_stays_visible,
    without_agreement_nothing_is_fetched,
);
