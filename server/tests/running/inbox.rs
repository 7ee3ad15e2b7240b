//! What staff do with conversations, over HTTP.
#![expect(clippy::unwrap_used, reason = "test code")]
use std::collections::BTreeSet;

use crate::support::{Browser, World};
use http::{Method, StatusCode};
use openline::access::Role;
use openline::inbox::UNDO_SECONDS;
use openline::lines::TriageKind;
use openline::store::{Sql, Value as Stored};
use serde_json::{Value, json};
use uuid::Uuid;

on_both_databases!(
    a_conversation_is_taken_answered_and_closed,
    a_reply_to_a_thread_that_moved_on_is_stopped,
    the_same_reply_twice_is_sent_once,
    outside_the_window_nothing_is_sent,
    a_close_can_be_taken_back_for_ten_seconds,
    a_restricted_conversation_exists_for_focal_points_only,
    an_address_is_shown_for_a_reason_and_written_down,
    drafts_notes_and_snoozes_are_kept,
    paging_shows_every_conversation_once,
    a_long_thread_is_read_from_the_end,
    counts_and_queues_agree_whatever_staff_does,
    set_aside_events_are_listed_tried_again_and_given_up,
);

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

struct Desk<'a> {
    world: &'a World,
    browser: Browser,
}

impl<'a> Desk<'a> {
    async fn of(world: &'a World, name: &str, role: Role) -> Self {
        Self { world, browser: world.signed_in(name, &[role]).await }
    }
    fn path(&self, id: Uuid, verb: &str) -> String {
        format!("/lines/{}/conversations/{id}{verb}", self.world.line)
    }
    async fn get(&self, id: Uuid) -> Value {
        self.browser.get(&self.path(id, "")).await.ok()
    }
    async fn thread(&self, id: Uuid) -> Vec<Value> {
        let page = self.browser.get(&self.path(id, "/messages")).await.ok();
        page["items"].as_array().unwrap().clone()
    }
    async fn does(&self, id: Uuid, verb: &str, body: Value) -> crate::support::Answer {
        self.browser.post(&self.path(id, &format!("/{verb}")), body).await
    }
    async fn says(&self, id: Uuid, words: &str) -> crate::support::Answer {
        let last = self.get(id).await["last_entry_id"].clone();
        let reply = json!({"text": words, "expected_last_id": last, "client_id": self.world.app.id()});
        self.does(id, "reply", reply).await
    }
    async fn queue(&self, view: &str) -> Vec<String> {
        let path = format!("/lines/{}/conversations?view={view}", self.world.line);
        let page = self.browser.get(&path).await.ok();
        page["items"].as_array().unwrap().iter().map(|row| text(&row["id"]).to_owned()).collect()
    }
    async fn counts(&self) -> Value {
        self.browser.get(&format!("/lines/{}/counts", self.world.line)).await.ok()
    }
}

async fn a_conversation_is_taken_answered_and_closed(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let diego = Desk::of(&world, "Diego", Role::Agent).await;
    let id = world.person_asks("whatsapp:593991234567", "Hola, ¿qué papeles necesito?", None).await;
    assert_eq!(lucia.queue("waiting").await, [id.to_string()]);
    let seen = lucia.get(id).await;
    assert_eq!(seen["status"], "waiting");
    assert_eq!(seen["person"]["masked"], "+59…4567");
    assert_eq!(seen["topic"], json!({"key": "papers", "name": "Papeles"}));
    assert_eq!(seen["last_words"], "Hola, ¿qué papeles necesito?");
    assert_eq!(seen["channel"], "whatsapp");
    assert_eq!(seen["unread"], 1);
    assert_eq!(seen["window"]["kind"], "open");
    assert!(!seen.to_string().contains("593991234567"), "{seen}");

    let taken = lucia.does(id, "take", json!({})).await.ok();
    assert_eq!(taken["assignee"]["name"], "Lucia");
    assert_eq!(taken["status"], "assigned");
    assert_ne!(taken["waiting_since"], Value::Null);
    // Somebody else takes it over before she writes.
    assert_eq!(diego.says(id, "Yo contesto").await.problem(), "taken-by-other");
    diego.does(id, "take", json!({})).await.ok();
    let entry = diego.says(id, "Necesita su cédula.").await.ok();
    assert_eq!(entry["author"]["name"], "Diego");
    assert_eq!(entry["status"], "queued");
    let answered = diego.get(id).await;
    assert_eq!(answered["waiting_since"], Value::Null);
    assert_eq!(answered["last_words"], "Necesita su cédula.");

    let closed = diego.does(id, "close", json!({})).await.ok();
    assert_eq!(closed["status"], "closed");
    assert!(diego.queue("all").await.is_empty());
    assert_eq!(diego.queue("closed").await, [id.to_string()]);
    assert_eq!(diego.does(id, "close", json!({})).await.problem(), "conversation-closed");
    assert_eq!(diego.says(id, "Otra cosa").await.problem(), "conversation-closed");
    let kinds: Vec<String> = diego
        .thread(id)
        .await
        .iter()
        .map(|entry| match entry["event"]["type"].as_str() {
            Some(event) => event.to_owned(),
            None => text(&entry["kind"]).to_owned(),
        })
        .collect();
    assert_eq!(kinds, ["message_in", "handed_over", "taken", "taken", "message_out", "closed"]);
    // The bot speaks with her again.
    const HAS: Sql = openline::sql!("SELECT conversation_id FROM contact WHERE conversation_id IS NOT NULL");
    assert!(world.app.store.read(|tx| tx.rows(HAS, &[])).await.unwrap().is_empty());
    // The next message is another matter.
    let next = world.person_asks("whatsapp:593991234567", "Otra pregunta", None).await;
    assert_ne!(next, id);
    let seen = lucia.get(next).await;
    assert_eq!(seen["person"]["earlier"][0]["id"], id.to_string());
    assert_eq!(lucia.thread(next).await.len(), 2, "nothing of the matter before");
    assert_eq!(diego.does(id, "reopen", json!({})).await.problem(), "another-open");
}

async fn a_reply_to_a_thread_that_moved_on_is_stopped(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let id = world.person_asks("whatsapp:593991234567", "Hola", None).await;
    lucia.does(id, "take", json!({})).await.ok();
    let seen = lucia.get(id).await["last_entry_id"].clone();
    world.person_asks("whatsapp:593991234567", "Ya no, gracias", None).await;
    let reply = json!({"text": "Venga mañana", "expected_last_id": seen, "client_id": world.app.id()});
    let stopped = lucia.does(id, "reply", reply).await;
    assert_eq!(stopped.status, StatusCode::CONFLICT);
    assert_eq!(stopped.problem(), "thread-moved-on");
    let entries = stopped.body["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["text"], "Ya no, gracias");
    // Having seen it she may answer; what she did herself since does not stop her.
    let seen = entries[0]["id"].clone();
    let first = json!({"text": "Entendido", "expected_last_id": seen, "client_id": world.app.id()});
    let second = json!({"text": "Que le vaya bien", "expected_last_id": seen, "client_id": world.app.id()});
    lucia.does(id, "reply", first).await.ok();
    lucia.does(id, "topic", json!({"topic": "other"})).await.ok();
    lucia.does(id, "reply", second).await.ok();
    // A colleague's note stops her too.
    let seen = lucia.get(id).await["last_entry_id"].clone();
    let diego = Desk::of(&world, "Diego", Role::Agent).await;
    diego.does(id, "note", json!({"text": "Cuidado", "client_id": world.app.id()})).await.ok();
    let reply = json!({"text": "Hola", "expected_last_id": seen, "client_id": world.app.id()});
    assert_eq!(lucia.does(id, "reply", reply).await.problem(), "thread-moved-on");
}

async fn the_same_reply_twice_is_sent_once(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let id = world.person_asks("whatsapp:593991234567", "Hola", None).await;
    let last = lucia.get(id).await["last_entry_id"].clone();
    let reply = json!({"text": "Buenas", "expected_last_id": last, "client_id": world.app.id()});
    let (one, two, three) = tokio::join!(
        lucia.does(id, "reply", reply.clone()),
        lucia.does(id, "reply", reply.clone()),
        lucia.does(id, "reply", reply.clone()),
    );
    let one = one.ok();
    assert_eq!(one, two.ok());
    assert_eq!(one, three.ok());
    const OUT: Sql = openline::sql!("SELECT id FROM message WHERE direction = 1");
    assert_eq!(world.app.store.read(|tx| tx.rows(OUT, &[])).await.unwrap().len(), 1);
    // The first reply took the conversation.
    assert_eq!(lucia.get(id).await["assignee"]["name"], "Lucia");
    // The id belongs to that reply alone.
    let other = world.person_asks("whatsapp:593997654321", "Hola", None).await;
    let answer = lucia.does(other, "reply", reply).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.body["field"], "client_id");
    let note = json!({"text": "Una nota", "client_id": world.app.id()});
    let first = lucia.does(id, "note", note.clone()).await.ok();
    assert_eq!(first, lucia.does(id, "note", note).await.ok());
    for body in ["", "  \n", &"x".repeat(5_000)] {
        let reply = json!({"text": body, "expected_last_id": null, "client_id": world.app.id()});
        assert_eq!(lucia.does(id, "reply", reply).await.body["field"], "text");
    }
}

async fn outside_the_window_nothing_is_sent(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let on_whatsapp = world.person_asks("whatsapp:593991234567", "Hola", None).await;
    let on_the_web = world.person_asks("webchat:abcdef123456", "Hola", None).await;
    assert_eq!(lucia.get(on_the_web).await["person"]["masked"], "Web chat");
    world.app.clock.advance_seconds(24 * 3_600 + 1);
    let lucia = Desk { world: &world, browser: world.sign_in("Lucia").await };
    assert_eq!(lucia.get(on_whatsapp).await["window"]["kind"], "closed");
    assert_eq!(lucia.says(on_whatsapp, "Hola").await.problem(), "window-closed");
    assert_eq!(lucia.get(on_whatsapp).await["status"], "waiting", "a refused reply takes nothing");
    assert_eq!(lucia.get(on_the_web).await["window"], json!({"kind": "none", "closes_at": null}));
    lucia.says(on_the_web, "Hola").await.ok();
    world.person_asks("whatsapp:593991234567", "¿Siguen ahí?", None).await;
    lucia.says(on_whatsapp, "Sí").await.ok();
}

async fn a_close_can_be_taken_back_for_ten_seconds(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let diego = Desk::of(&world, "Diego", Role::Agent).await;
    let id = world.person_asks("whatsapp:593991234567", "Hola", None).await;
    diego.does(id, "take", json!({})).await.ok();
    let before = diego.get(id).await["waiting_since"].clone();
    let due = |world: &World| {
        let now = world.now();
        let store = world.app.store.clone();
        async move { store.read(move |tx| openline::inbox::due_after_close(tx, now, 10)).await.unwrap().len() }
    };
    diego.does(id, "close", json!({})).await.ok();
    world.app.clock.advance_seconds(UNDO_SECONDS - 2);
    assert_eq!(due(&world).await, 0);
    let reopened = lucia.does(id, "reopen", json!({})).await.ok();
    assert_eq!(reopened["assignee"]["name"], "Diego");
    assert_eq!(reopened["waiting_since"], before, "she has been waiting all the time");
    world.app.clock.advance_seconds(UNDO_SECONDS * 2);
    assert_eq!(due(&world).await, 0, "the question is not asked");
    assert_eq!(lucia.does(id, "reopen", json!({})).await.problem(), "conversation-open");

    diego.does(id, "close", json!({})).await.ok();
    world.app.clock.advance_seconds(UNDO_SECONDS + 1);
    assert_eq!(due(&world).await, 1);
    let now = world.now();
    let claim = move |tx: &mut openline::store::Tx<'_>| openline::inbox::claim_after_close(tx, id, now);
    assert!(world.app.store.write(claim).await.unwrap());
    assert!(!world.app.store.write(claim).await.unwrap(), "asked once");
    let late = lucia.does(id, "reopen", json!({})).await.ok();
    assert_eq!(late["assignee"]["name"], "Lucia");
}

async fn a_restricted_conversation_exists_for_focal_points_only(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let rosa = Desk::of(&world, "Rosa", Role::LineManager).await;
    let marta = Desk::of(&world, "Marta", Role::ProtectionFocalPoint).await;
    let carmen = Desk::of(&world, "Carmen", Role::DataProtectionOfficer).await;
    let admin = Desk::of(&world, "Esteban", Role::Administrator).await;
    let id =
        world.person_asks("whatsapp:593991234567", "Mi esposo me pega", Some(TriageKind::Violence)).await;
    for desk in [&lucia, &rosa] {
        assert_eq!(desk.counts().await, json!({"mine": 0, "waiting": 0, "all": 0, "urgent": 0}));
        for view in ["waiting", "all", "urgent", "mine", "closed"] {
            assert_eq!(desk.queue(view).await.len(), 0);
        }
    }
    assert_eq!(marta.counts().await, json!({"mine": 0, "waiting": 1, "all": 1, "urgent": 1}));
    let seen = marta.get(id).await;
    assert_eq!((&seen["urgent"], &seen["restricted"]), (&json!(true), &json!(true)));
    assert_eq!(seen["triage"], "violence");
    // It cannot be given to somebody for whom it does not exist.
    let answer = marta.does(id, "assign", json!({"user": lucia.browser.user})).await;
    assert_eq!(answer.body["field"], "user");
    marta.does(id, "take", json!({})).await.ok();
    marta.does(id, "close", json!({})).await.ok();

    // A referred one leaves its agent's sight, also when it is hers.
    let other = world.person_asks("whatsapp:593997654321", "Tengo miedo", None).await;
    lucia.does(other, "take", json!({})).await.ok();
    let referral = json!({"kind": "trafficking", "note": "Me contó por teléfono"});
    let referred = lucia.does(other, "refer", referral).await;
    assert_eq!(referred.status, StatusCode::NO_CONTENT, "{}", referred.body);
    assert_eq!(lucia.browser.get(&lucia.path(other, "")).await.status, StatusCode::NOT_FOUND);
    let seen = marta.get(other).await;
    assert_eq!((&seen["status"], &seen["assignee"]), (&json!("waiting"), &Value::Null));
    assert!(marta.thread(other).await.iter().any(|entry| entry["text"] == "Me contó por teléfono"));
    // A later ordinary matter of the same person says nothing of it.
    marta.does(other, "close", json!({})).await.ok();
    let later = world.person_asks("whatsapp:593997654321", "¿Dónde está la oficina?", None).await;
    let seen = lucia.get(later).await;
    assert_eq!(seen["person"]["earlier"], json!([]));
    let thread = Value::from(lucia.thread(later).await).to_string();
    assert!(!thread.contains("miedo"), "{thread}");
    // The officer's audit is whole; the administrator's knows nothing of it after the referral.
    let audit = format!("/lines/{}/audit?limit=100", world.line);
    let of = |answer: Value, id: Uuid| {
        let items = answer["items"].as_array().unwrap().clone();
        items.into_iter().filter(move |line| line["noun_id"] == id.to_string()).count()
    };
    let (whole, cut) = (carmen.browser.get(&audit).await.ok(), admin.browser.get(&audit).await.ok());
    assert_eq!(of(whole.clone(), id), 2);
    assert_eq!(of(cut.clone(), id), 0);
    assert!(of(whole.clone(), other) > of(cut.clone(), other));
    assert!(!cut.to_string().contains("trafficking") && !whole.to_string().contains("593997654321"));
}

async fn an_address_is_shown_for_a_reason_and_written_down(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let carmen = Desk::of(&world, "Carmen", Role::DataProtectionOfficer).await;
    let id = world.person_asks("whatsapp:593991234567", "Hola", None).await;
    let identity = lucia.get(id).await["person"]["identities"][0]["id"].clone();
    let ask = |reason: &str, identity: &Value| json!({"identity": identity, "reason": reason});
    assert_eq!(lucia.does(id, "reveal", ask(" ", &identity)).await.body["field"], "reason");
    let other = json!(Uuid::nil());
    assert_eq!(lucia.does(id, "reveal", ask("to call her", &other)).await.status, StatusCode::NOT_FOUND);
    let shown = lucia.does(id, "reveal", ask("to call her", &identity)).await.ok();
    assert_eq!(shown["value"], "+593991234567");
    let audit = carmen.browser.get(&format!("/lines/{}/audit", world.line)).await.ok();
    let line =
        audit["items"].as_array().unwrap().iter().find(|line| line["verb"] == "reveal").unwrap().clone();
    assert_eq!(line["actor"]["name"], "Lucia");
    assert_eq!(line["detail"]["conversation"], id.to_string());
    assert!(!audit.to_string().contains("to call her"), "the reason is sealed in the thread");
    let thread = lucia.thread(id).await;
    let event = thread.iter().find(|entry| entry["event"]["type"] == "revealed").unwrap();
    assert_eq!(event["text"], "to call her");
    // Looking at a thread is written down once an hour.
    lucia.thread(id).await;
    let audit = carmen.browser.get(&format!("/lines/{}/audit", world.line)).await.ok();
    let reads = audit["items"].as_array().unwrap().iter().filter(|line| line["verb"] == "read").count();
    assert_eq!(reads, 1);
}

async fn drafts_notes_and_snoozes_are_kept(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let diego = Desk::of(&world, "Diego", Role::Agent).await;
    let id = world.person_asks("whatsapp:593991234567", "Hola", None).await;
    let put = |text: &str| {
        let (path, body) = (lucia.path(id, "/draft"), json!({"text": text}));
        let browser = lucia.browser.clone();
        async move { browser.call(Method::PUT, &path, Some(body)).await.status }
    };
    assert_eq!(put("Buenos dí").await, StatusCode::NO_CONTENT);
    assert_eq!(put("Buenos días").await, StatusCode::NO_CONTENT);
    assert_eq!(lucia.get(id).await["draft"], json!({"text": "Buenos días"}));
    assert_eq!(diego.get(id).await["draft"], Value::Null, "a draft is one's own");
    put("").await;
    assert_eq!(lucia.get(id).await["draft"], Value::Null);
    put("Buenos días").await;
    lucia.says(id, "Buenos días").await.ok();
    assert_eq!(lucia.get(id).await["draft"], Value::Null, "what was sent is no draft");

    assert_eq!(lucia.does(id, "topic", json!({"topic": "nothing"})).await.body["field"], "topic");
    for until in ["yesterday", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] {
        assert_eq!(lucia.does(id, "snooze", json!({"until": until})).await.body["field"], "until");
    }
    let until = world.now().plus_seconds(3_600);
    let snoozed = lucia.does(id, "snooze", json!({"until": until.to_rfc3339()})).await.ok();
    assert_eq!(
        (&snoozed["status"], &snoozed["snoozed_until"]),
        (&json!("snoozed"), &json!(until.to_rfc3339()))
    );
    let back = lucia.does(id, "reopen", json!({})).await.ok();
    assert_eq!((&back["status"], &back["assignee"]["name"]), (&json!("assigned"), &json!("Lucia")));
    lucia.does(id, "snooze", json!({"until": null})).await.ok();
    world.person_asks("whatsapp:593991234567", "¿Hola?", None).await;
    let woken = lucia.get(id).await;
    assert_eq!((&woken["status"], &woken["unread"]), (&json!("assigned"), &json!(1)));
    // Looking at it by its owner is what makes it read.
    diego.does(id, "presence", json!({"doing": "reading"})).await;
    assert_eq!(lucia.get(id).await["unread"], 1);
    lucia.does(id, "presence", json!({"doing": "writing"})).await;
    let seen = diego.get(id).await;
    assert_eq!(seen["unread"], 0);
    assert_eq!(seen["answering"][0]["name"], "Lucia");
    assert_eq!(lucia.get(id).await["readers"][0]["name"], "Diego");
}

async fn paging_shows_every_conversation_once(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let mut wanted = BTreeSet::new();
    for n in 0..23 {
        // Some wait since the same moment, some are urgent-free and answered, some asleep.
        let id = world.person_asks(&format!("whatsapp:5939900000{n:02}"), "Hola", None).await;
        match n % 4 {
            1 => drop(lucia.says(id, "Sí").await.ok()),
            2 => drop(lucia.does(id, "snooze", json!({"until": null})).await.ok()),
            _ => {}
        }
        wanted.insert(id.to_string());
    }
    let page = |after: Option<String>| {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let path = format!("/lines/{}/conversations?view=all&limit=5{after}", world.line);
        let browser = lucia.browser.clone();
        async move { browser.get(&path).await.ok() }
    };
    let mut rows: Vec<Value> = Vec::new();
    let mut after = None;
    loop {
        let next = page(after).await;
        let items = next["items"].as_array().unwrap();
        assert!(items.len() <= 5);
        rows.extend(items.iter().cloned());
        // What happens to conversations of earlier pages moves nothing on the later ones.
        let first: Uuid = text(&rows[0]["id"]).parse().unwrap();
        let topic = ["health", "rights"][rows.len() % 2];
        lucia.does(first, "topic", json!({ "topic": topic })).await;
        match next["next"].as_str() {
            Some(cursor) => after = Some(cursor.to_owned()),
            None => break,
        }
    }
    let seen: Vec<String> = rows.iter().map(|row| text(&row["id"]).to_owned()).collect();
    assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), wanted);
    assert_eq!(seen.len(), wanted.len(), "none twice");
    let waits: Vec<String> =
        rows.iter().map(|row| row["waiting_since"].as_str().unwrap_or("nobody waits").to_owned()).collect();
    assert!(waits.is_sorted(), "longest wait first: {waits:?}");
    for id in &seen {
        lucia.does(id.parse().unwrap(), "close", json!({})).await.ok();
    }
    let path = format!("/lines/{}/conversations?view=closed&limit=20", world.line);
    let first = lucia.browser.get(&path).await.ok();
    let rest = lucia.browser.get(&format!("{path}&after={}", text(&first["next"]))).await.ok();
    let ids = [&first, &rest].map(|page| page["items"].as_array().unwrap().clone()).concat();
    assert_eq!(ids.iter().map(|row| text(&row["id"]).to_owned()).collect::<BTreeSet<_>>(), wanted);
    assert_eq!((ids.len(), &rest["next"]), (23, &Value::Null));
}

async fn a_long_thread_is_read_from_the_end(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let id = world.person_asks("whatsapp:593991234567", "0", None).await;
    for n in 1..50 {
        world.person_asks("whatsapp:593991234567", &n.to_string(), None).await;
        if n % 5 == 0 {
            lucia
                .does(id, "note", json!({"text": format!("note {n}"), "client_id": world.app.id()}))
                .await
                .ok();
        }
    }
    let mut all: Vec<Value> = Vec::new();
    let mut before = String::new();
    loop {
        let path = lucia.path(id, &format!("/messages{before}"));
        let page = lucia.browser.get(&path).await.ok();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 30);
        all.splice(0..0, items.iter().cloned());
        match page["before"].as_str() {
            Some(cursor) => before = format!("?before={cursor}"),
            None => break,
        }
    }
    let said: Vec<&str> =
        all.iter().filter(|e| e["kind"] == "message_in").map(|e| text(&e["text"])).collect();
    assert_eq!(said, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(all.iter().filter(|e| e["kind"] == "note").count(), 9);
    let ids: BTreeSet<&str> = all.iter().map(|e| text(&e["id"])).collect();
    assert_eq!(ids.len(), all.len());
}

/// A seeded walk of three colleagues over four conversations; after every step the numbers and the lists that
/// each of them sees must agree, and a person must have exactly one open conversation at the most.
async fn counts_and_queues_agree_whatever_staff_does(world: World) {
    let lucia = Desk::of(&world, "Lucia", Role::Agent).await;
    let rosa = Desk::of(&world, "Rosa", Role::LineManager).await;
    let marta = Desk::of(&world, "Marta", Role::ProtectionFocalPoint).await;
    let desks = [&lucia, &rosa, &marta];
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(world.person_asks(&format!("whatsapp:59399000000{n}"), "Hola", None).await);
    }
    let mut seed: u64 = 20_261_121;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for step in 0..80 {
        let desk = desks[usize::try_from(next(3)).unwrap()];
        let at = usize::try_from(next(4)).unwrap();
        let id = ids[at];
        match next(10) {
            0 => drop(desk.does(id, "take", json!({})).await),
            1 => drop(desk.does(id, "assign", json!({"user": null})).await),
            2 => drop(desk.does(id, "assign", json!({"user": marta.browser.user})).await),
            3 => drop(desk.does(id, "close", json!({})).await),
            4 => drop(desk.does(id, "reopen", json!({})).await),
            5 => drop(desk.does(id, "snooze", json!({"until": null})).await),
            6 if step > 40 => drop(desk.does(id, "refer", json!({"kind": "detention"})).await),
            7 => {
                let reply =
                    json!({"text": "Sí", "expected_last_id": Uuid::max(), "client_id": world.app.id()});
                drop(desk.does(id, "reply", reply).await);
            }
            8 => world.app.clock.advance_seconds(7),
            _ => ids[at] = world.person_asks(&format!("whatsapp:59399000000{at}"), "¿Sí?", None).await,
        }
        for desk in desks {
            let counts = desk.counts().await;
            for view in ["mine", "waiting", "all", "urgent"] {
                let queue = desk.queue(view).await;
                assert_eq!(counts[view], queue.len(), "step {step} {view} {counts}");
                let unique: BTreeSet<_> = queue.iter().collect();
                assert_eq!(unique.len(), queue.len(), "step {step} {view}");
            }
        }
        one_open_conversation_a_person(&world, step).await;
    }
}

async fn one_open_conversation_a_person(world: &World, step: u32) {
    const WRONG: Sql = openline::sql!(
        "SELECT c.id FROM conversation c JOIN contact k ON k.id = c.contact_id \
         WHERE c.state < 3 AND (k.conversation_id IS NULL OR k.conversation_id <> c.id)"
    );
    const STALE: Sql = openline::sql!(
        "SELECT k.id FROM contact k JOIN conversation c ON c.id = k.conversation_id WHERE c.state = 3"
    );
    for sql in [WRONG, STALE] {
        let rows = world.app.store.read(move |tx| tx.rows(sql, &[])).await.unwrap();
        assert!(rows.is_empty(), "step {step}: a person and her conversation disagree");
    }
}

async fn set_aside_events_are_listed_tried_again_and_given_up(world: World) {
    let rosa = Desk::of(&world, "Rosa", Role::LineManager).await;
    const INSERT: Sql = openline::sql!(
        "INSERT INTO inbound (id, channel_id, external_hash, lane, part, state, attempts, retry_at, received_at, \
         day, payload, error) VALUES ($1, $2, $3, $3, 0, 2, 9, 0, 0, 0, $3, 'the flow failed')"
    );
    const STATE: Sql = openline::sql!("SELECT state, attempts, payload FROM inbound WHERE id = $1");
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = world.app.id();
        let bytes = Stored::from(id.as_bytes().to_vec());
        let args = [Stored::from(id), Stored::from(world.whatsapp), bytes];
        world.app.store.write(move |tx| tx.run(INSERT, &args)).await.unwrap();
        ids.push(id);
    }
    let base = format!("/lines/{}/set-aside", world.line);
    let first = rosa.browser.get(&format!("{base}?limit=2")).await.ok();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    assert_eq!(first["items"][0]["error"], "the flow failed");
    assert_eq!(first["items"][0]["kind"], "event");
    let rest = rosa.browser.get(&format!("{base}?limit=2&after={}", text(&first["next"]))).await.ok();
    assert_eq!(rest["items"][0]["id"], ids[2].to_string());
    let health = rosa.browser.get(&format!("/lines/{}/health", world.line)).await.ok();
    assert_eq!((&health["set_aside"], &health["unparsable"]), (&json!(3), &json!(0)));
    let call = |id: Uuid, verb: &str| {
        let (browser, path) = (rosa.browser.clone(), format!("{base}/{id}/{verb}"));
        async move { browser.post(&path, json!({})).await.status }
    };
    assert_eq!(call(ids[0], "replay").await, StatusCode::ACCEPTED);
    assert_eq!(call(ids[1], "discard").await, StatusCode::NO_CONTENT);
    assert_eq!(call(ids[0], "replay").await, StatusCode::NOT_FOUND, "it waits no more");
    assert_eq!(call(ids[1], "replay").await, StatusCode::NOT_FOUND, "it was given up");
    let state = |id: Uuid| {
        let store = world.app.store.clone();
        async move {
            let row = store.read(move |tx| tx.one(STATE, &[Stored::from(id)])).await.unwrap();
            let payload: Option<Vec<u8>> = row.get(2).unwrap();
            (row.get::<i64>(0).unwrap(), row.get::<i64>(1).unwrap(), payload.is_some())
        }
    };
    assert_eq!(state(ids[0]).await, (0, 0, true));
    assert_eq!(state(ids[1]).await, (3, 9, false));
}
