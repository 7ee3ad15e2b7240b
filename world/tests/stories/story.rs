//! The story that must work: a person writes to Casa and is helped. Every numbered step of it, on SQLite and on
//! PostgreSQL.
use jiff::SignedDuration;
use openline::store::Value;
use serde_json::json;
use world::person::Person;
use world::town::Town;

/// Language, notice and agreement, in Spanish.
async fn agrees(person: &Person) {
    person.texts("hola").await;
    person.sees("¿En qué idioma").await;
    person.taps("Español").await;
    person.sees("¿Acepta?").await;
    person.taps("Acepto").await;
    person.sees("Gracias. Ya puede preguntar").await;
    person.sees("Elija un tema").await;
}

/// The same without agreement, in English.
async fn declines(person: &Person) {
    person.texts("hello").await;
    person.sees("Which language").await;
    person.taps("English").await;
    person.sees("Do you agree?").await;
    person.taps("Only questions").await;
    person.sees("Choose a topic").await;
}

/// One number from the database.
async fn count(town: &Town, sql: openline::store::Sql) -> i64 {
    let app = town.app();
    let counted = app.store.read(move |tx| tx.one(sql, &[] as &[Value])?.get::<i64>(0)).await;
    counted.expect("the store answers")
}

/// Step 1: notice and consent on all three channels; consent is recorded with its words.
async fn notice_and_consent(town: Town) {
    let (amina, luis, noor) = (town.whatsapp("Amina"), town.sms("Luis"), town.web("Noor").await);
    for person in [&amina, &luis, &noor] {
        agrees(person).await;
    }
    let given = count(
        &town,
        openline::sql!(
            "SELECT count(*) FROM consent WHERE decision = 'given' AND purpose = 'service' AND basis = 'consent' \
             AND notice_version = '2026-11-01' AND words IS NOT NULL AND at > 0"
        ),
    )
    .await;
    assert_eq!(given, 3);
    let channels = openline::sql!("SELECT count(DISTINCT channel) FROM consent WHERE decision = 'given'");
    assert_eq!(count(&town, channels).await, 3);
    town.ends().await;
}

/// Step 1: who does not agree is answered all the same, and nothing of what she wrote is kept.
async fn without_consent(town: Town) {
    let amina = town.whatsapp("Amina");
    declines(&amina).await;
    amina.texts("How do I ask for asylum?").await;
    amina.sees("To ask for asylum is free").await;
    town.settle().await;
    let kept = openline::sql!("SELECT count(*) FROM message WHERE body IS NOT NULL");
    assert_eq!(count(&town, kept).await, 0);
    // To talk to a person she has to agree first, and is brought over when she does.
    amina.texts("help").await;
    amina.sees("Do you agree to the privacy notice?").await;
    amina.taps("I agree").await;
    amina.sees("A person of our team will answer you right here").await;
    let lucia = town.staff("lucia").await;
    lucia.finds("waiting", "").await;
    // After a day of silence nothing is left of somebody who never agreed.
    let omar = town.whatsapp("Omar");
    declines(&omar).await;
    town.advance(SignedDuration::from_hours(26)).await;
    town.ends().await;
}

/// Step 2: the menu as a list on WhatsApp, as numbers by SMS, as buttons on the web; answers as text and audio;
/// an expired answer never goes out.
async fn menu_and_answers(town: Town) {
    let (amina, luis, noor) = (town.whatsapp("Amina"), town.sms("Luis"), town.web("Noor").await);
    agrees(&amina).await;
    assert_eq!(amina.choices().len(), 9, "{}", amina.so_far());
    amina.taps("Asilo y papeles").await;
    amina.sees("¿Qué quiere saber sobre sus papeles?").await;
    amina.taps("Pedir asilo").await;
    amina.hears_audio().await;
    amina.sees("¿Le sirvió esta información?").await;
    agrees(&luis).await;
    luis.texts("1").await;
    luis.sees("1. Pedir asilo").await;
    luis.texts("1").await;
    luis.sees("Pedir asilo es gratis").await;
    agrees(&noor).await;
    assert!(noor.choices().len() >= 8, "{}", noor.so_far());
    noor.taps("Asilo y papeles").await;
    noor.sees("¿Qué quiere saber sobre sus papeles?").await;
    noor.taps("Registro migratorio").await;
    noor.sees("Le paso con una persona").await;
    for person in [&amina, &luis, &noor] {
        assert!(!person.so_far().contains("31 de agosto"), "an expired answer went out: {}", person.so_far());
    }
    town.ends().await;
}

/// Step 3: "talk to a person" and an answer that is not found lead to staff, under a topic, with what the bot
/// learnt; the bot is silent meanwhile.
async fn handed_to_a_person(town: Town) {
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    agrees(&amina).await;
    amina.taps("Asilo y papeles").await;
    amina.sees("¿Qué quiere saber sobre sus papeles?").await;
    amina.texts("mi vecino me quitó el perro y no sé qué hacer").await;
    amina.sees("ya avisé al equipo").await;
    let row = lucia.finds("waiting", "Papeles").await;
    let id = row["id"].as_str().expect("an id").to_owned();
    let conversation = lucia.conversation(&id).await;
    let learnt = conversation["learnt"].to_string();
    assert!(learnt.contains("sin respuesta"), "{learnt}");
    amina.texts("¿hay alguien?").await;
    lucia.hears("entry", "¿hay alguien?").await;
    amina.sees_nothing_more().await;
    town.ends().await;
}

/// Step 4: a word of violence in any language is urgent and exists for protection focal points only.
async fn violence_is_restricted(town: Town) {
    let (lucia, marta, rosa) =
        (town.staff("lucia").await, town.staff("marta").await, town.staff("rosa").await);
    let (amina, luis) = (town.whatsapp("Amina"), town.sms("Luis"));
    agrees(&amina).await;
    amina.texts("my husband beats me").await;
    amina.sees("911").await;
    // Even as the very first message.
    luis.texts("mi esposo me pega").await;
    luis.sees("911").await;
    let row = marta.finds("urgent", "Amina").await;
    assert_eq!(row["urgent"], true);
    assert_eq!(marta.conversations("urgent").await.len(), 2);
    let id = row["id"].as_str().expect("an id");
    for other in [&lucia, &rosa] {
        for view in ["mine", "waiting", "all", "urgent", "closed"] {
            assert!(other.conversations(view).await.is_empty(), "{view}");
        }
        assert_eq!(other.get(&format!("/conversations/{id}")).await.status, 404);
        assert_eq!(other.get(&format!("/conversations/{id}/messages")).await.status, 404);
        assert!(
            other.heard().iter().all(|heard| !heard.data.to_string().contains(id)),
            "a stream told of it"
        );
    }
    let basis = openline::sql!("SELECT count(*) FROM consent WHERE basis = 'vital_interest'");
    assert_eq!(count(&town, basis).await, 2);
    town.ends().await;
}

/// Step 5: the agent sees it live, takes it, answers in order, notes, closes; then the bot asks one question.
async fn answered_and_closed(town: Town) {
    let lucia = town.staff("lucia").await;
    let people = [town.whatsapp("Amina"), town.sms("Luis"), town.web("Noor").await];
    for person in &people {
        agrees(person).await;
        person.texts("ayuda").await;
        person.sees("persona del equipo").await;
        lucia.hears("conversation", "waiting").await;
        let row = lucia.finds("waiting", "").await;
        let id = row["id"].as_str().expect("an id").to_owned();
        lucia.takes(&id).await;
        for answer in ["Hola, soy Lucía.", "¿En qué le ayudo?", "Tengo tiempo."] {
            lucia.replies(&id, answer).await;
        }
        for answer in ["Hola, soy Lucía.", "¿En qué le ayudo?", "Tengo tiempo."] {
            person.sees_next(answer).await;
        }
        lucia.notes(&id, "Parece tranquila.").await;
        assert!(!person.so_far().contains("tranquila"));
        lucia.closes(&id).await;
        town.advance(SignedDuration::from_secs(11)).await;
        person.sees("¿Cómo fue la atención?").await;
        person.taps("Buena").await;
        person.sees("Nos alegra").await;
        person.texts("menú").await;
        person.sees("Elija un tema").await;
    }
    let satisfied = openline::sql!("SELECT count(*) FROM conversation WHERE satisfaction = 'Good'");
    assert_eq!(count(&town, satisfied).await, 3);
    town.ends().await;
}

/// Step 5: a reply to a thread that moved on is stopped, and the same reply twice is one message.
async fn a_reply_is_stopped_when_the_thread_moved_on(town: Town) {
    let (lucia, diego) = (town.staff("lucia").await, town.staff("diego").await);
    let amina = town.whatsapp("Amina");
    agrees(&amina).await;
    amina.texts("ayuda").await;
    amina.sees("persona del equipo").await;
    let row = lucia.finds("waiting", "").await;
    let id = row["id"].as_str().expect("an id").to_owned();
    let seen = lucia.conversation(&id).await["last_entry_id"].clone();
    diego.replies(&id, "Ya le ayudo, soy Diego.").await;
    let body = json!({"text": "Hola", "expected_last_id": seen, "client_id": "0198a000-0000-7000-8000-000000000001"});
    assert_eq!(lucia.does(&id, "reply", body).await.status, 409);
    lucia.takes(&id).await;
    let last = lucia.conversation(&id).await["last_entry_id"].clone();
    let body = json!({"text": "Sigo yo.", "expected_last_id": last, "client_id": "0198a000-0000-7000-8000-000000000002"});
    let first = lucia.does(&id, "reply", body.clone()).await.ok();
    let again = lucia.does(&id, "reply", body).await.ok();
    assert_eq!(first["id"], again["id"]);
    amina.sees("soy Diego").await;
    amina.sees("Sigo yo.").await;
    amina.sees_nothing_more().await;
    town.ends().await;
}

/// Step 6: STOP, INFO, FORGET and HELP on all three channels, in both languages.
async fn words_that_always_work(town: Town) {
    let people = [
        (town.whatsapp("Amina"), "ALTO", "info", "olvidar", "ayuda"),
        (town.sms("Luis"), "Stop", "INFO", "FORGET", "help"),
        (town.web("Noor").await, "parar", "Info", "borrar", "Persona"),
    ];
    for (person, stop, info, forget, help) in &people {
        agrees(person).await;
        person.texts(stop).await;
        person.sees("No le enviaremos más mensajes").await;
        person.texts(info).await;
        person.sees("Mensajes").await;
        person.texts(help).await;
        person.sees("persona del equipo").await;
        person.texts(forget).await;
        person.sees("Borramos todo").await;
    }
    town.settle().await;
    for left in [
        openline::sql!("SELECT count(*) FROM identity"),
        openline::sql!("SELECT count(*) FROM conversation"),
        openline::sql!("SELECT count(*) FROM message WHERE body IS NOT NULL AND seal = 0"),
        openline::sql!("SELECT count(*) FROM contact WHERE key_id IS NOT NULL OR sealed IS NOT NULL"),
        openline::sql!("SELECT count(*) FROM job"),
    ] {
        assert_eq!(count(&town, left).await, 0, "{left:?}");
    }
    assert_eq!(count(&town, openline::sql!("SELECT count(*) FROM erasure")).await, 3);
    // She is a stranger again.
    people[0].0.texts("hola").await;
    people[0].0.sees("¿En qué idioma").await;
    town.ends().await;
}

world::stories!(
    notice_and_consent,
    without_consent,
    menu_and_answers,
    handed_to_a_person,
    violence_is_restricted,
    answered_and_closed,
    a_reply_is_stopped_when_the_thread_moved_on,
    words_that_always_work,
);
