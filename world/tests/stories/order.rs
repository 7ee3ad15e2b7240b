//! In what order messages leave, how long they are tried, and what is looked at again at the moment of sending.
use image::ImageFormat;
use jiff::{SignedDuration, ToSpan as _};
use openline::app::{Actor, Ctx};
use openline::bulk;
use openline::lines::{self, ChannelKind, Delivery, UnknownPolicy};
use openline::store::Sql;
use uuid::Uuid;
use world::fault::Fault;
use world::thread::{Bubble, Thread};
use world::town::Town;
use world::viber;

use crate::delivery::{
    A_MINUTE, agrees, amina, channel, contacts, delivers, falls_over_to_sms, sending, status, talking,
    template, texted,
};
use crate::media::rows;
use crate::media_out::{encoded, id_of, noise};

async fn switched(town: &Town, on: bool) {
    let whatsapp = channel(town, ChannelKind::Whatsapp);
    let done = lines::switch_channel(&town.app(), town.line().id, whatsapp, on).await;
    assert!(done.expect("the store answers"));
}

/// Waits until a count is that, while other things may go on.
async fn until(town: &Town, sql: Sql, wanted: i64) {
    let reached = async {
        while rows(town, sql).await != wanted {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(15), reached).await.expect("it comes so far");
}

async fn begins(town: &Town, people: Vec<Uuid>) -> Uuid {
    let (app, line) = (town.app(), town.line().id);
    let begun = bulk::begin(&app, line, "Horario", template("horario"), people, app.now()).await;
    begun.expect("the store answers")
}

/// What the line has asked WhatsApp to send since then, in order.
fn asked(town: &Town, since: usize) -> Vec<String> {
    town.meta().received()[since..].iter().map(|one| one.body.to_string()).collect()
}

/// The second of two pictures is refused for now: the next reply and a sending to many wait for it.
async fn what_comes_later_waits_for_every_part(town: Town) {
    let lucia = town.staff("lucia").await;
    let (whatsapp, _) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.settle().await;
    let mut files = Vec::new();
    for side in [48, 64] {
        let photo = encoded(&noise(side, side), ImageFormat::Png);
        files.push(id_of(&lucia.brings(&id, "photo.png", photo).await.ok()));
    }
    // The first part is taken, the second is not.
    town.meta().faults().next(Fault::Slow(std::time::Duration::from_millis(300)));
    town.meta().faults().next(Fault::ServerError);
    drop(lucia.replies_with(&id, "primero", &[(&files[0], ""), (&files[1], "")]).await.ok());
    lucia.replies(&id, "segundo").await;
    begins(&town, contacts(&town).await).await;
    until(&town, openline::sql!("SELECT count(*) FROM message WHERE bulk_id IS NOT NULL"), 1).await;
    for _ in 0..6 {
        town.advance(A_MINUTE).await;
    }
    assert_eq!(town.meta().faults().left(), 0);
    let kinds: Vec<(String, usize)> = whatsapp
        .conversation()
        .into_iter()
        .rev()
        .take(4)
        .map(|bubble| (bubble.text, bubble.media.len()))
        .collect();
    let told = |text: &str, files: usize| kinds.iter().position(|one| one.0.contains(text) && one.1 == files);
    assert_eq!(told("horario", 0), Some(0), "{}", whatsapp.so_far());
    assert_eq!(told("segundo", 0), Some(1), "{}", whatsapp.so_far());
    assert!(kinds[2].1 == 1 && kinds[3].1 == 1, "{}", whatsapp.so_far());
    assert_eq!(told("primero", 1).map(|at| at >= 2), Some(true), "{}", whatsapp.so_far());
    town.ends().await;
}

/// WhatsApp says of the first picture that it was sent while the second is on its way, which is refused for now: the second
/// is tried again all the same.
async fn what_is_said_of_one_part_is_not_said_of_all(town: Town) {
    let lucia = town.staff("lucia").await;
    let (whatsapp, _) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.settle().await;
    let mut files = Vec::new();
    for side in [48, 64] {
        let photo = encoded(&noise(side, side), ImageFormat::Png);
        files.push(id_of(&lucia.brings(&id, "photo.png", photo).await.ok()));
    }
    town.meta().faults().next(Fault::Slow(std::time::Duration::ZERO));
    town.meta().faults().next_after(std::time::Duration::from_millis(1_500), Fault::ServerError);
    drop(lucia.replies_with(&id, "Los dos planos", &[(&files[0], ""), (&files[1], "")]).await.ok());
    town.settle().await;
    town.advance(A_MINUTE).await;
    assert_eq!(town.meta().faults().left(), 0);
    let is_picture = |bubble: &Bubble| bubble.media.iter().any(|file| file.content_type.starts_with("image"));
    let pictures = whatsapp.conversation().into_iter().filter(is_picture).count();
    assert_eq!(pictures, 2, "{}", whatsapp.so_far());
    // What was said of the first waited for the second, and is heard when it comes to its turn again.
    for _ in 0..5 {
        town.advance(A_MINUTE).await;
    }
    assert_eq!(status(&lucia, &id, "Los dos planos").await, "read");
    town.ends().await;
}

/// Many are being told something when Lucía answers: her reply leaves first.
async fn a_conversation_goes_before_a_sending(town: Town) {
    let lucia = town.staff("lucia").await;
    let (whatsapp, _) = amina(&town).await;
    let others = [town.whatsapp("Rosa"), town.whatsapp("Inés")];
    for person in &others {
        agrees(person).await;
    }
    let id = talking(&town, &whatsapp, &lucia).await;
    town.settle().await;
    let slow = Delivery { per_second: Some(1.0), ..Delivery::default() };
    delivers(&town, ChannelKind::Whatsapp, slow).await;
    switched(&town, false).await;
    begins(&town, contacts(&town).await).await;
    until(&town, openline::sql!("SELECT count(*) FROM message WHERE bulk_id IS NOT NULL AND state = 1"), 3)
        .await;
    lucia.replies(&id, "Le escucho").await;
    let since = town.meta().received().len();
    switched(&town, true).await;
    for _ in 0..4 {
        town.advance(A_MINUTE).await;
    }
    let left = asked(&town, since);
    assert_eq!(left.len(), 4, "{left:?}");
    assert!(left[0].contains("Le escucho"), "{left:?}");
    whatsapp.sees_next("Le escucho").await;
    for person in others.iter().chain([&whatsapp]) {
        person.sees_next("horario").await;
        person.sees_nothing_more().await;
    }
    town.ends().await;
}

/// The provider fails and fails: after eight tries staff sees that it did not leave, and what comes later leaves.
async fn a_message_is_not_tried_for_ever(town: Town) {
    let lucia = town.staff("lucia").await;
    let (whatsapp, _) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.settle().await;
    town.meta().faults().next_n(Fault::ServerError, 8);
    // Eleven minutes.
    let hurry = town.hurries(100);
    lucia.replies(&id, "uno").await;
    lucia.replies(&id, "dos").await;
    whatsapp.sees_next("dos").await;
    whatsapp.sees_nothing_more().await;
    drop(hurry);
    assert_eq!(town.meta().faults().left(), 0);
    assert_eq!(status(&lucia, &id, "uno").await, "failed");
    let entries = lucia.entries(&id).await;
    let failed = entries.iter().find(|entry| entry["text"] == "uno").expect("it stands there");
    assert!(failed["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{failed}");
    town.ends().await;
}

/// A reply waits until the time for free text is over: it goes by SMS, and not into WhatsApp's refusal. A template comes by
/// WhatsApp all the same.
async fn a_window_that_closed_meanwhile_is_seen(town: Town) {
    falls_over_to_sms(&town).await;
    let lucia = town.staff("lucia").await;
    let (whatsapp, sms) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.advance(SignedDuration::from_hours(23)).await;
    let lucia = town.staff("lucia").await;
    switched(&town, false).await;
    lucia.replies(&id, "Ya tenemos su cita").await;
    town.advance(SignedDuration::from_mins(70)).await;
    let since = town.meta().received().len();
    switched(&town, true).await;
    sms.sees_next("Ya tenemos su cita").await;
    town.settle().await;
    whatsapp.sees_nothing_more().await;
    assert_eq!(asked(&town, since), Vec::<String>::new());
    assert_eq!(texted(&town, "Ya tenemos su cita"), 1);
    let lucia = town.staff("lucia").await;
    assert_eq!(status(&lucia, &id, "Ya tenemos su cita").await, "delivered");
    // A template is what may still come.
    begins(&town, contacts(&town).await).await;
    whatsapp.sees_next("horario").await;
    town.settle().await;
    sms.sees_nothing_more().await;
    town.ends().await;
}

/// Between queueing and sending one is blocked, one has not agreed any more, and one wrote STOP to the provider.
async fn everybody_is_looked_at_again_before_sending(town: Town) {
    let people = [town.whatsapp("Amina"), town.whatsapp("Rosa"), town.whatsapp("Inés")];
    for person in &people {
        agrees(person).await;
    }
    town.settle().await;
    switched(&town, false).await;
    let ids = contacts(&town).await;
    begins(&town, ids.clone()).await;
    until(&town, openline::sql!("SELECT count(*) FROM message WHERE bulk_id IS NOT NULL AND state = 1"), 3)
        .await;
    let (blocked, declined) = (ids[0], ids[1]);
    let change = move |tx: &mut openline::store::Tx<'_>| {
        tx.run(openline::sql!("UPDATE contact SET standing = 2 WHERE id = $1"), &[blocked.into()])?;
        tx.run(openline::sql!("UPDATE contact SET consent = 4 WHERE id = $1"), &[declined.into()])
    };
    town.app().store.write(change).await.expect("the store answers");
    let since = town.meta().received().len();
    switched(&town, true).await;
    town.settle().await;
    let left = asked(&town, since);
    assert_eq!(left.len(), 1, "{left:?}");
    for (reason, sql) in [
        ("blocked", openline::sql!("SELECT count(*) FROM message WHERE state = 8 AND reason = 'blocked'")),
        ("consent", openline::sql!("SELECT count(*) FROM message WHERE state = 8 AND reason = 'no_consent'")),
    ] {
        assert_eq!(rows(&town, sql).await, 1, "{reason}");
    }
    town.ends().await;
}

/// Nobody is told something at night together with many others.
async fn a_sending_waits_for_the_morning(town: Town) {
    let person = town.whatsapp("Amina");
    agrees(&person).await;
    town.settle().await;
    let now = town.app().now().to_timestamp().in_tz("America/Guayaquil").expect("a time zone");
    let (from, to) = (now.time() - 30.minutes(), now.time() + 30.minutes());
    let quiet = format!("quiet_hours = {{ from = \"{from:.0}\", to = \"{to:.0}\" }}");
    crate::voice::imports(&town, &quiet, None).await;
    let since = town.meta().received().len();
    let id = begins(&town, contacts(&town).await).await;
    let waits = openline::sql!("SELECT count(*) FROM message WHERE state = 1 AND reason = 'quiet_hours'");
    until(&town, waits, 1).await;
    // While it is paused nothing is left to do, so that the night can pass.
    let (app, line) = (town.app(), town.line().id);
    let ctx = Ctx { actor: Actor::Operator, now: app.now() };
    assert!(app.store.write(move |tx| bulk::pause(tx, ctx, line, id)).await.expect("the store answers"));
    town.advance(SignedDuration::from_mins(32)).await;
    assert_eq!(asked(&town, since), Vec::<String>::new());
    assert!(app.store.write(move |tx| bulk::resume(tx, ctx, line, id)).await.expect("the store answers"));
    town.advance(A_MINUTE).await;
    person.sees_next("horario").await;
    person.sees_nothing_more().await;
    assert_eq!(sending(&town).await.sent, 1);
    town.ends().await;
}

/// Nobody knows whether it was sent, and the operator rather sends twice than never: not to somebody who wrote STOP since.
async fn what_is_unknown_is_not_sent_again_after_a_stop(town: Town) {
    let delivery =
        Delivery { unknown: UnknownPolicy::Resend, unknown_after_minutes: Some(5), ..Delivery::default() };
    delivers(&town, ChannelKind::Whatsapp, delivery).await;
    let lucia = town.staff("lucia").await;
    let (whatsapp, _) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    town.settle().await;
    town.meta().faults().next(Fault::Dropped);
    lucia.replies(&id, "¿Sigue ahí?").await;
    town.settle().await;
    assert_eq!(status(&lucia, &id, "¿Sigue ahí?").await, "unknown");
    whatsapp.texts("ALTO").await;
    whatsapp.sees_next("No le enviaremos más").await;
    for _ in 0..10 {
        town.advance(A_MINUTE).await;
    }
    whatsapp.sees_nothing_more().await;
    assert_eq!(status(&lucia, &id, "¿Sigue ahí?").await, "cancelled");
    town.ends().await;
}

/// She leaves the bot while a reply waits: it is called off, as after a STOP, and the ledger says when.
async fn a_stop_that_the_provider_tells_is_one(town: Town) {
    let lucia = town.staff("lucia").await;
    let olena = town.viber("Olena");
    let id = crate::media::talking(&town, &olena, &lucia).await;
    town.settle().await;
    let place = channel(&town, ChannelKind::Viber);
    let switch = async |on: bool| {
        let done = lines::switch_channel(&town.app(), town.line().id, place, on).await;
        assert!(done.expect("the store answers"));
    };
    switch(false).await;
    lucia.replies(&id, "Venga a las ocho").await;
    olena.does_on_viber(viber::Said::Unsubscribes).await;
    town.settle().await;
    let since = town.viber_api().received().len();
    switch(true).await;
    town.settle().await;
    assert_eq!(town.viber_api().received().len(), since, "it was not even tried");
    assert_eq!(status(&lucia, &id, "Venga a las ocho").await, "cancelled");
    let stopped = openline::sql!("SELECT count(*) FROM consent WHERE decision = 'stopped'");
    assert_eq!(rows(&town, stopped).await, 1);
    town.ends().await;
}

/// Only the refusal of a message tells that she left the bot: her STOP is written down, and nothing more is tried.
async fn a_refusal_that_tells_of_a_stop_is_written_down(town: Town) {
    let lucia = town.staff("lucia").await;
    let (whatsapp, sms) = amina(&town).await;
    let id = talking(&town, &whatsapp, &lucia).await;
    let fail_over = vec![channel(&town, ChannelKind::Viber), channel(&town, ChannelKind::Sms)];
    delivers(&town, ChannelKind::Whatsapp, Delivery { fail_over, ..Delivery::default() }).await;
    crate::media_ways::is_also(&town, ChannelKind::Viber, "viber:amina-on-viber=").await;
    // Whom the bot has, and may not write to.
    let human = viber::Human { id: "amina-on-viber=".into(), name: "Amina".into() };
    drop(town.viber_api().phone(world::line::VIBER_TOKEN, human, Thread::default()));
    town.meta().faults().next(Fault::Unreachable);
    lucia.replies(&id, "Venga a las ocho").await;
    town.settle().await;
    town.advance(A_MINUTE * 30).await;
    assert_eq!(status(&lucia, &id, "Venga a las ocho").await, "failed");
    let stopped = openline::sql!("SELECT count(*) FROM consent WHERE decision = 'stopped'");
    assert_eq!(rows(&town, stopped).await, 1);
    assert_eq!(rows(&town, openline::sql!("SELECT count(*) FROM contact WHERE standing = 1")).await, 1);
    sms.sees_nothing_more().await;
    town.ends().await;
}

world::stories!(
    what_is_said_of_one_part_is_not_said_of_all,
    what_comes_later_waits_for_every_part,
    a_conversation_goes_before_a_sending,
    a_message_is_not_tried_for_ever,
    a_window_that_closed_meanwhile_is_seen,
    everybody_is_looked_at_again_before_sending,
    a_sending_waits_for_the_morning,
    what_is_unknown_is_not_sent_again_after_a_stop,
    a_stop_that_the_provider_tells_is_one,
    a_refusal_that_tells_of_a_stop_is_written_down,
);
