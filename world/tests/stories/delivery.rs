//! Messages that do not get through at once: another channel takes over, lost answers are cleared up, sendings stop in
//! time, and the person gets every message exactly once.
use flow::words::{Content, Templating};
use jiff::SignedDuration;
use openline::app::{Actor, Ctx};
use openline::bulk;
use openline::lines::{self, ChannelKind, Delivery, UnknownPolicy};
use serde_json::{Value, json};
use uuid::Uuid;
use world::fault::{Fault, Reports};
use world::meta::Human;
use world::person::Person;
use world::staff::Staff;
use world::town::Town;

const NUMBER: &str = "593991234567";
pub(crate) const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Amina, with WhatsApp and SMS on the same phone; she has agreed on WhatsApp.
pub(crate) async fn amina(town: &Town) -> (Person, Person) {
    let human =
        Human { wa_id: Some(NUMBER.into()), user_id: Some("EC.amina".into()), name: "Amina".to_owned() };
    let (whatsapp, sms) = (town.on_whatsapp(human), town.on_sms("Amina", &format!("+{NUMBER}")));
    agrees(&whatsapp).await;
    (whatsapp, sms)
}

pub(crate) async fn agrees(person: &Person) {
    person.texts("hola").await;
    person.sees("¿En qué idioma").await;
    person.taps("Español").await;
    person.sees("¿Acepta?").await;
    person.taps("Acepto").await;
    person.sees("Elija un tema").await;
}

/// She asks for a person, and Lucía takes her.
pub(crate) async fn talking(town: &Town, person: &Person, agent: &Staff) -> String {
    person.texts("AYUDA").await;
    person.sees("Le paso con una persona").await;
    town.settle().await;
    let id = agent.conversations("waiting").await[0]["id"].as_str().expect("a row has an id").to_owned();
    agent.takes(&id).await;
    id
}

pub(crate) fn channel(town: &Town, kind: ChannelKind) -> Uuid {
    let lines = town.app().lines();
    let found = lines.channels().find(|channel| channel.kind == kind).map(|channel| channel.id);
    found.expect("the line has such a channel")
}

pub(crate) async fn delivers(town: &Town, kind: ChannelKind, delivery: Delivery) {
    let set = lines::set_delivery(&town.app(), town.line().id, channel(town, kind), &delivery).await;
    set.expect("the channel takes its delivery");
}

pub(crate) async fn falls_over_to_sms(town: &Town) {
    let fail_over = vec![channel(town, ChannelKind::Sms)];
    let delivery = Delivery { fail_over, fail_over_after_minutes: Some(10), ..Delivery::default() };
    delivers(town, ChannelKind::Whatsapp, delivery).await;
}

pub(crate) async fn status(agent: &Staff, id: &str, text: &str) -> Value {
    let entries = agent.entries(id).await;
    let entry = entries.iter().find(|entry| entry["text"] == text);
    entry.unwrap_or_else(|| panic!("no {text:?} in {entries:#?}"))["status"].clone()
}

/// How often an SMS with this text left.
pub(crate) fn texted(town: &Town, text: &str) -> usize {
    town.twilio().sent().iter().filter(|sent| sent.body.contains(text)).count()
}

/// What WhatsApp cannot deliver comes by SMS: one message, told once to staff.
async fn what_cannot_be_delivered_comes_by_the_next_channel(town: Town) {
    falls_over_to_sms(&town).await;
    let lucia = town.staff("lucia").await;
    let (whatsapp, sms) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.meta().faults().next(Fault::Unreachable);
    lucia.replies(&id, "Su cita es mañana").await;
    sms.sees_next("Su cita es mañana").await;
    town.settle().await;
    assert_eq!(status(&lucia, &id, "Su cita es mañana").await, "delivered");
    whatsapp.sees_nothing_more().await;
    assert_eq!(texted(&town, "Su cita es mañana"), 1);
    town.ends().await;
}

/// Nothing was heard of a message for ten minutes: it goes on by SMS.
async fn silence_is_taken_for_failure_after_a_while(town: Town) {
    falls_over_to_sms(&town).await;
    let lucia = town.staff("lucia").await;
    let (whatsapp, sms) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.meta().set_reports(Reports { held: true, ..Reports::default() });
    lucia.replies(&id, "Traiga su cédula").await;
    town.advance(A_MINUTE * 9).await;
    assert_eq!(texted(&town, "Traiga su cédula"), 0);
    town.advance(A_MINUTE * 2).await;
    sms.sees_next("Traiga su cédula").await;
    town.settle().await;
    // What the first channel says now adds nothing, and takes nothing back.
    town.meta().release_reports().await;
    town.settle().await;
    assert_eq!(status(&lucia, &id, "Traiga su cédula").await, "read");
    assert_eq!(texted(&town, "Traiga su cédula"), 1);
    town.ends().await;
}

/// The first channel reports late that she has it, before the second has sent: the second does not send.
async fn a_late_report_stops_the_next_channel(town: Town) {
    falls_over_to_sms(&town).await;
    let lucia = town.staff("lucia").await;
    let (whatsapp, sms) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.meta().set_reports(Reports { held: true, ..Reports::default() });
    lucia.replies(&id, "Abrimos a las ocho").await;
    whatsapp.sees_next("Abrimos a las ocho").await;
    // The SMS cannot leave at once.
    town.twilio().faults().next(Fault::ServerError);
    town.advance(A_MINUTE * 11).await;
    assert_eq!(status(&lucia, &id, "Abrimos a las ocho").await, "queued");
    town.meta().release_reports().await;
    town.settle().await;
    assert_eq!(status(&lucia, &id, "Abrimos a las ocho").await, "read");
    town.advance(A_MINUTE * 30).await;
    sms.sees_nothing_more().await;
    assert_eq!(texted(&town, "Abrimos a las ocho"), 0);
    town.ends().await;
}

/// An answer is a recording and a text: she has it with the second, not with the first.
async fn a_message_of_two_parts_has_arrived_with_the_last(town: Town) {
    let lucia = town.staff("lucia").await;
    let human = Human { wa_id: Some(NUMBER.into()), user_id: None, name: "Amina".to_owned() };
    let amina = town.on_whatsapp(human);
    agrees(&amina).await;
    amina.taps("Asilo y papeles").await;
    amina.sees("¿Qué quiere saber sobre sus papeles?").await;
    town.settle().await;
    town.meta().set_reports(Reports { held: true, ..Reports::default() });
    amina.taps("Pedir asilo").await;
    amina.hears_audio().await;
    town.settle().await;
    town.meta().release_reports_of_first().await;
    town.settle().await;
    let id = talking(&town, &amina, &lucia).await;
    let answer = async || {
        let entries = lucia.entries(&id).await;
        let entry = entries
            .iter()
            .find(|entry| entry["attachments"].as_array().is_some_and(|files| !files.is_empty()));
        entry.unwrap_or_else(|| panic!("no recording in {entries:#?}"))["status"].clone()
    };
    assert_eq!(answer().await, "sent", "only one of two parts has arrived");
    town.meta().release_reports().await;
    town.settle().await;
    assert_eq!(answer().await, "read");
    town.ends().await;
}

/// What is said in a protected conversation never goes on to a phone that others may read.
async fn a_protected_conversation_stays_where_it_is(town: Town) {
    falls_over_to_sms(&town).await;
    let (whatsapp, sms) = amina(&town).await;
    whatsapp.texts("mi esposo me pega").await;
    town.settle().await;
    let focal = town.staff("marta").await;
    let waiting = focal.conversations("urgent").await;
    let id = waiting[0]["id"].as_str().expect("a row has an id").to_owned();
    focal.takes(&id).await;
    town.meta().faults().next(Fault::Unreachable);
    focal.replies(&id, "¿Está a salvo ahora?").await;
    town.settle().await;
    town.advance(A_MINUTE * 30).await;
    assert_eq!(status(&focal, &id, "¿Está a salvo ahora?").await, "failed");
    sms.sees_nothing_more().await;
    assert_eq!(town.twilio().sent().len(), 0);
    town.ends().await;
}

/// The answer to an SMS got lost. Twilio is asked, and whether it had taken the message or not, she gets it once.
async fn a_lost_answer_ends_in_exactly_one_message(town: Town) {
    let lucia = town.staff("lucia").await;
    let luis = town.sms("Luis");
    agrees(&luis).await;
    let id = talking(&town, &luis, &lucia).await;
    town.twilio().set_reports(Reports { held: true, ..Reports::default() });
    for (fault, text) in [(Fault::LostAnswer, "primera"), (Fault::Dropped, "segunda")] {
        // The same words came before: that message must not be taken for this one.
        lucia.replies(&id, text).await;
        luis.sees_next(text).await;
        town.settle().await;
        town.twilio().faults().next(fault);
        lucia.replies(&id, text).await;
        town.settle().await;
        for _ in 0..10 {
            town.advance(A_MINUTE / 2).await;
        }
        luis.sees_next(text).await;
        luis.sees_nothing_more().await;
        assert_eq!(texted(&town, text), 2, "{fault:?}");
        assert_eq!(town.twilio().faults().left(), 0);
    }
    let entries = lucia.entries(&id).await;
    assert!(entries.iter().all(|entry| entry["status"] != "unknown"), "{entries:#?}");
    town.twilio().release_reports().await;
    town.settle().await;
    town.ends().await;
}

/// Where nobody can be asked, the operator's word decides: here, rather twice than never.
async fn what_stays_unknown_is_sent_again_where_the_operator_wants_it(town: Town) {
    let delivery =
        Delivery { unknown: UnknownPolicy::Resend, unknown_after_minutes: Some(5), ..Delivery::default() };
    delivers(&town, ChannelKind::Whatsapp, delivery).await;
    let lucia = town.staff("lucia").await;
    let (whatsapp, _) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.meta().faults().next(Fault::Dropped);
    lucia.replies(&id, "¿Sigue ahí?").await;
    town.settle().await;
    assert_eq!(status(&lucia, &id, "¿Sigue ahí?").await, "unknown");
    town.advance(A_MINUTE * 4).await;
    assert_eq!(status(&lucia, &id, "¿Sigue ahí?").await, "unknown");
    town.advance(A_MINUTE * 2).await;
    whatsapp.sees_next("¿Sigue ahí?").await;
    town.settle().await;
    assert_eq!(status(&lucia, &id, "¿Sigue ahí?").await, "read");
    town.ends().await;
}

pub(crate) fn template(name: &str) -> Content {
    let templating = Templating {
        name: name.to_owned(),
        external_id: None,
        locale: "es".to_owned(),
        components: vec![],
        variables: vec![],
    };
    Content {
        text: "La oficina abre a las ocho".to_owned(),
        templating: Some(templating),
        ..Content::default()
    }
}

pub(crate) async fn contacts(town: &Town) -> Vec<Uuid> {
    let read = |tx: &mut openline::store::Tx<'_>| {
        let all = openline::sql!("SELECT id FROM contact ORDER BY id");
        tx.rows(all, &[])?.iter().map(|row| row.get(0)).collect()
    };
    town.app().store.read(read).await.expect("the store answers")
}

pub(crate) async fn sending(town: &Town) -> bulk::Sending {
    let line = town.line().id;
    let listed = town.app().store.read(move |tx| bulk::list(tx, line)).await.expect("the store answers");
    listed.into_iter().next().expect("there is a sending")
}

/// The provider pauses a template in the middle of a sending: the sending halts at once, and goes on where it was.
async fn a_paused_template_halts_the_sending(town: Town) {
    let people = [town.whatsapp("Amina"), town.whatsapp("Rosa"), town.whatsapp("Inés")];
    for person in &people {
        agrees(person).await;
    }
    // One message at a time, so that the first refusal comes before the rest has left.
    let slow = Delivery { per_second: Some(1.0), ..Delivery::default() };
    delivers(&town, ChannelKind::Whatsapp, slow).await;
    let (app, line) = (town.app(), town.line().id);
    town.meta().faults().next(Fault::TemplatePaused);
    let all = contacts(&town).await;
    let id = bulk::begin(&app, line, "Horario", template("horario"), all, app.now())
        .await
        .expect("the store answers");
    town.settle().await;
    let halted = sending(&town).await;
    assert_eq!((halted.state, halted.reason.as_deref()), ("paused", Some("template_broken 132015")));
    assert_eq!((halted.people, halted.sent), (3, 0));
    town.advance(A_MINUTE * 60).await;
    assert_eq!(sending(&town).await.sent, 0);
    let ctx = Ctx { actor: Actor::Operator, now: app.now() };
    let resumed = app.store.write(move |tx| bulk::resume(tx, ctx, line, id)).await;
    assert!(resumed.expect("the store answers"));
    for _ in 0..3 {
        town.advance(A_MINUTE).await;
    }
    for person in &people {
        person.sees_next("horario").await;
        person.sees_nothing_more().await;
    }
    let ended = sending(&town).await;
    assert_eq!((ended.state, ended.sent, ended.failed), ("ended", 3, 0));
    town.ends().await;
}

/// Somebody writes STOP while her message waits: it is not sent. The others get theirs.
async fn a_stop_between_queueing_and_sending_is_obeyed(town: Town) {
    let (amina, rosa) = (town.whatsapp("Amina"), town.whatsapp("Rosa"));
    for person in [&amina, &rosa] {
        agrees(person).await;
    }
    let (app, line) = (town.app(), town.line().id);
    let whatsapp = channel(&town, ChannelKind::Whatsapp);
    lines::switch_channel(&app, line, whatsapp, false).await.expect("the store answers");
    let all = contacts(&town).await;
    bulk::begin(&app, line, "Horario", template("horario"), all, app.now()).await.expect("the store answers");
    let queued = async |state: i64| {
        let counted = app.store.read(move |tx| {
            let count =
                openline::sql!("SELECT count(*) FROM message WHERE bulk_id IS NOT NULL AND state = $1");
            tx.one(count, &[openline::store::Value::Int(state)])?.get::<i64>(0)
        });
        counted.await.expect("the store answers")
    };
    while queued(1).await < 2 {
        tokio::task::yield_now().await;
    }
    amina.texts("ALTO").await;
    lines::switch_channel(&app, line, whatsapp, true).await.expect("the store answers");
    town.settle().await;
    amina.sees_next("No le enviaremos más").await;
    amina.sees_nothing_more().await;
    rosa.sees_next("horario").await;
    assert_eq!(queued(8).await, 1);
    town.ends().await;
}

/// The provider refuses the credentials: the channel stops, nothing is lost, and after new credentials all goes on.
async fn a_broken_account_stops_the_channel_and_loses_nothing(town: Town) {
    let lucia = town.staff("lucia").await;
    let (whatsapp, _) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.meta().faults().next(Fault::BadCredentials);
    lucia.replies(&id, "uno").await;
    town.settle().await;
    lucia.replies(&id, "dos").await;
    town.advance(A_MINUTE * 10).await;
    whatsapp.sees_nothing_more().await;
    let manager = town.staff("rosa").await;
    let health = manager.get("/health").await.ok();
    let stopped = health["channels"].as_array().expect("channels").iter().find(|c| c["kind"] == "whatsapp");
    let stopped = stopped.expect("the line has WhatsApp");
    assert_eq!(
        (&stopped["state"], &stopped["state_reason"]),
        (&"stopped".into(), &"account_broken 190".into())
    );
    world::line::whatsapp_channel(&town.app(), town.line().id, &town.meta().base_url())
        .await
        .expect("the store answers");
    town.settle().await;
    whatsapp.sees_next("uno").await;
    whatsapp.sees_next("dos").await;
    whatsapp.sees_nothing_more().await;
    town.ends().await;
}

/// Brings something of the business account to the server as WhatsApp does, signed.
async fn whatsapp_tells(town: &Town, field: &str, value: Value) {
    let change = json!({"field": field, "value": value});
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]})
        .to_string();
    let signature = channels::sign_meta(world::line::app_secret(), body.as_bytes());
    let delivered =
        town.meta().post_raw(world::line::PHONE_NUMBER_ID, body.as_bytes(), Some(signature)).await;
    assert_eq!(delivered.status, Some(200));
    town.settle().await;
}

/// WhatsApp takes a message and tells afterwards that the account may not send: it comes by SMS, the channel is stopped,
/// and what is written then waits.
async fn an_account_that_is_refused_afterwards_is_stopped_too(town: Town) {
    falls_over_to_sms(&town).await;
    let lucia = town.staff("lucia").await;
    let (whatsapp, sms) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.meta().set_reports(Reports { held: true, ..Reports::default() });
    lucia.replies(&id, "uno").await;
    let taken = whatsapp.sees_next("uno").await.id;
    town.settle().await;
    let error = json!({"code": 131_042, "title": "Business eligibility payment issue"});
    let metadata = json!({"display_phone_number": "1", "phone_number_id": world::line::PHONE_NUMBER_ID});
    let status =
        json!({"id": taken, "status": "failed", "timestamp": "1", "recipient_id": NUMBER, "errors": [error]});
    let told = json!({"messaging_product": "whatsapp", "metadata": metadata, "statuses": [status]});
    whatsapp_tells(&town, "messages", told).await;
    sms.sees_next("uno").await;
    let manager = town.staff("rosa").await;
    let stopped = async {
        loop {
            let health = manager.get("/health").await.ok();
            let mut channels = health["channels"].as_array().expect("channels").iter();
            let whatsapp = channels.find(|c| c["kind"] == "whatsapp").expect("the line has WhatsApp");
            if whatsapp["state"] == "stopped" {
                return whatsapp["state_reason"].clone();
            }
        }
    };
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(15), stopped).await;
    assert_eq!(stopped.expect("it stops"), "account_broken 131042");
    town.ends().await;
}

/// Whoever wants WhatsApp's marketing messages again has not taken back her STOP.
async fn wanting_marketing_again_takes_no_stop_back(town: Town) {
    let lucia = town.staff("lucia").await;
    let (whatsapp, _) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    whatsapp.texts("ALTO").await;
    town.settle().await;
    let standing = openline::sql!("SELECT count(*) FROM contact WHERE standing = 1");
    let stopped = crate::media::rows(&town, standing).await;
    let preference = json!({"wa_id": NUMBER, "user_id": "EC.amina", "category": "marketing_messages", "value": "resume", "timestamp": 1});
    let metadata = json!({"display_phone_number": "1", "phone_number_id": world::line::PHONE_NUMBER_ID});
    let told =
        json!({"messaging_product": "whatsapp", "metadata": metadata, "user_preferences": [preference]});
    whatsapp_tells(&town, "user_preferences", told).await;
    assert_eq!((stopped, crate::media::rows(&town, standing).await), (1, 1), "{id}");
    town.ends().await;
}

/// Somebody of whom WhatsApp tells no phone number is served like everybody else.
async fn a_person_without_a_number_is_served(town: Town) {
    let lucia = town.staff("lucia").await;
    let noor = town.whatsapp_without_number("Noor");
    agrees(&noor).await;
    let id = talking(&town, &noor, &lucia).await;
    lucia.replies(&id, "Hola, Noor").await;
    noor.sees_next("Hola, Noor").await;
    noor.texts("gracias").await;
    town.settle().await;
    let entries = lucia.entries(&id).await;
    assert!(entries.iter().any(|entry| entry["text"] == "gracias"), "{entries:#?}");
    town.ends().await;
}

world::stories!(
    what_cannot_be_delivered_comes_by_the_next_channel,
    silence_is_taken_for_failure_after_a_while,
    a_late_report_stops_the_next_channel,
    a_message_of_two_parts_has_arrived_with_the_last,
    a_protected_conversation_stays_where_it_is,
    a_lost_answer_ends_in_exactly_one_message,
    what_stays_unknown_is_sent_again_where_the_operator_wants_it,
    a_paused_template_halts_the_sending,
    a_stop_between_queueing_and_sending_is_obeyed,
    a_broken_account_stops_the_channel_and_loses_nothing,
    an_account_that_is_refused_afterwards_is_stopped_too,
    wanting_marketing_again_takes_no_stop_back,
    a_person_without_a_number_is_served,
);
