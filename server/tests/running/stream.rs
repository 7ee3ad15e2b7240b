//! The event stream of a browser tab: what it tells, to whom, and how it goes on after a lost connection.
#![expect(clippy::unwrap_used, reason = "test code")]
use crate::support::World;
use openline::access::Role;
use openline::lines::TriageKind;
use openline::live::KEPT_SECONDS;
use serde_json::{Value, json};

on_both_databases!(
    what_happens_is_told_as_it_happens,
    a_lost_connection_goes_on_where_it_stopped,
    what_one_may_not_see_is_not_told,
    events_of_another_process_come_too,
    a_stream_ends_with_its_session,
);

fn types(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(kind, _)| kind.as_str()).collect()
}

async fn what_happens_is_told_as_it_happens(world: World) {
    let lucia = world.signed_in("Lucia", &[Role::Agent]).await;
    let diego = world.signed_in("Diego", &[Role::Agent]).await;
    let mut stream = lucia.stream(world.line, None).await;
    let id = world.person_asks("whatsapp:593991234567", "Hola", None).await;
    let entry = stream.until("entry").await;
    assert_eq!(entry["conversation"], id.to_string());
    let row = stream.until("conversation").await;
    assert_eq!((&row["row"]["id"], &row["gone"]), (&json!(id), &json!(false)));
    assert_eq!(row["row"]["last_words"], "Hola");
    let counts = stream.until("counts").await;
    assert_eq!(counts, json!({"mine": 0, "waiting": 1, "all": 1, "urgent": 0}));
    let path = format!("/lines/{}/conversations/{id}", world.line);
    diego.post(&format!("{path}/presence"), json!({"doing": "writing"})).await;
    let presence = stream.until("presence").await;
    assert_eq!(presence["writers"], json!([{"id": diego.user, "name": "Diego"}]));
    diego.post(&format!("{path}/take"), json!({})).await.ok();
    assert_eq!(stream.until("entry").await["entry"]["event"]["type"], "taken");
    assert_eq!(stream.until("conversation").await["row"]["assignee"]["name"], "Diego");
    // A message's status, from whatever part of the server.
    let reply = json!({"text": "Hola", "expected_last_id": uuid::Uuid::max(), "client_id": world.app.id()});
    let said = diego.post(&format!("{path}/reply"), reply).await.ok();
    assert_eq!(stream.until("entry").await["entry"]["id"], said["id"]);
    let (app, line, now) = (world.app.clone(), world.line, world.now());
    let message = said["id"].as_str().unwrap().parse().unwrap();
    let told =
        world.app.store.write(move |tx| openline::inbox::status_changed(tx, &app, message, id, line, now));
    told.await.unwrap();
    world.app.signals.touch_live();
    let status = stream.until("entry_status").await;
    assert_eq!((&status["id"], &status["status"]), (&said["id"], &json!("queued")));
}

async fn a_lost_connection_goes_on_where_it_stopped(world: World) {
    let lucia = world.signed_in("Lucia", &[Role::Agent]).await;
    let mut stream = lucia.stream(world.line, None).await;
    world.person_asks("whatsapp:593990000001", "uno", None).await;
    stream.until("conversation").await;
    let last = stream.last_id.clone();
    drop(stream);
    world.app.clock.advance_seconds(60);
    let mut missed = Vec::new();
    for (n, words) in ["dos", "tres"].iter().enumerate() {
        missed.push(world.person_asks(&format!("whatsapp:59399000001{n}"), words, None).await.to_string());
    }
    let mut stream = lucia.stream(world.line, Some(&last)).await;
    let rest = stream.rest().await;
    assert!(types(&rest).iter().all(|kind| *kind == "counts"), "all came before the counts: {rest:?}");
    // Opening waits for the counts, so what was missed has passed: read it again from the same id.
    drop(stream);
    let mut again = lucia.stream_raw(world.line, Some(&last)).await;
    let events = again.rest().await;
    let rows: Vec<&str> = events
        .iter()
        .filter(|(kind, _)| kind == "conversation")
        .map(|(_, data)| data["row"]["id"].as_str().unwrap())
        .collect();
    for id in &missed {
        assert!(rows.contains(&id.as_str()), "{id} was missed: {rows:?}");
    }
    assert!(!types(&events).contains(&"reset"));
    // An id that is too old, or none of ours, cannot be resumed from.
    world.app.clock.advance_seconds(KEPT_SECONDS + 1);
    for old in [last.as_str(), "what", ""] {
        let mut stream = lucia.stream_raw(world.line, Some(old)).await;
        assert_eq!(stream.next().await.0, "reset", "{old}");
    }
}

async fn what_one_may_not_see_is_not_told(world: World) {
    let lucia = world.signed_in("Lucia", &[Role::Agent]).await;
    let marta = world.signed_in("Marta", &[Role::ProtectionFocalPoint]).await;
    let mut of_lucia = lucia.stream(world.line, None).await;
    let mut of_marta = marta.stream(world.line, None).await;
    let id = world.person_asks("whatsapp:593991234567", "me pega", Some(TriageKind::Violence)).await;
    let seen = of_marta.until("conversation").await;
    assert_eq!((&seen["row"]["id"], &seen["row"]["restricted"]), (&json!(id), &json!(true)));
    let path = format!("/lines/{}/conversations/{id}", world.line);
    marta.post(&format!("{path}/presence"), json!({"doing": "writing"})).await;
    marta.post(&format!("{path}/take"), json!({})).await.ok();
    world.person_asks_elsewhere("webchat:other", "hola").await;
    assert_eq!(of_lucia.rest().await, [], "nothing, not even that something happened");

    let other = world.person_asks("whatsapp:593997654321", "hola", None).await;
    of_lucia.until("conversation").await;
    let path = format!("/lines/{}/conversations/{other}", world.line);
    lucia.post(&format!("{path}/refer"), json!({"kind": "abuse", "note": "secret"})).await;
    let gone = of_lucia.until("conversation").await;
    assert_eq!((&gone["row"]["id"], &gone["gone"]), (&json!(other), &json!(true)));
    assert_eq!(gone["row"]["last_words"], Value::Null);
    let rest = of_lucia.rest().await;
    assert!(types(&rest).iter().all(|kind| *kind == "counts"), "{rest:?}");
    let told = of_marta.rest().await;
    assert!(told.iter().any(|(kind, data)| kind == "entry" && data["entry"]["text"] == "secret"));
    assert!(told.iter().all(|(_, data)| data["gone"] != json!(true)), "{told:?}");
}

async fn events_of_another_process_come_too(world: World) {
    let lucia = world.signed_in("Lucia", &[Role::Agent]).await;
    let mut stream = lucia.stream(world.line, None).await;
    // Another process's signal does not reach this one: the stream looks by itself.
    let (app, line) = (world.app.clone(), world.line);
    let id = world.person_asks("whatsapp:593991234567", "hola", None).await;
    stream.until("conversation").await;
    stream.rest().await;
    let now = world.now();
    let written = world.app.store.write(move |tx| {
        let contact = contact_of(tx, id)?;
        let held = openline::contacts::get(tx, &app, contact)?;
        let event = openline::inbox::EntryEvent::Satisfaction { category: "good".to_owned() };
        let contact = held.ok_or(openline::store::StoreError::Closed)?;
        assert_eq!(contact.line_id, line);
        openline::inbox::record_event(tx, &app, &contact, id, &event, now)
    });
    written.await.unwrap();
    assert_eq!(stream.until("entry").await["entry"]["event"]["type"], "satisfaction");
}

fn contact_of(
    tx: &mut openline::store::Tx<'_>,
    id: uuid::Uuid,
) -> Result<uuid::Uuid, openline::store::StoreError> {
    Ok(tx.conversation(id)?.ok_or(openline::store::StoreError::Closed)?.contact_id)
}

async fn a_stream_ends_with_its_session(world: World) {
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let lucia = world.signed_in("Lucia", &[Role::Agent]).await;
    let mut stream = lucia.stream(world.line, None).await;
    let path = format!("/users/{}", lucia.user);
    admin.call(http::Method::PATCH, &path, Some(json!({"roles": []}))).await.ok();
    assert!(stream.has_ended().await);
    let marta = world.signed_in("Marta", &[Role::ProtectionFocalPoint]).await;
    let mut stream = marta.stream(world.line, None).await;
    marta.call(http::Method::DELETE, "/session", None).await;
    assert!(stream.has_ended().await);
    let diego = world.signed_in("Diego", &[Role::Agent]).await;
    let mut stream = diego.stream(world.line, None).await;
    world.app.signals.stopping.send_replace(true);
    assert!(stream.has_ended().await);
}
