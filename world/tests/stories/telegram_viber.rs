//! Casa on Telegram and Viber: the straight path by keys, what the person does by the app's own means, and what goes
//! wrong at the provider. Neither can be asked what became of a message.
use jiff::SignedDuration;
use openline::lines;
use openline::store::Value as Stored;
use serde_json::Value;
use world::fault::{Fault, Reports};
use world::person::Person;
use world::staff::Staff;
use world::thread::{Place, Progress, Side};
use world::town::Town;
use world::{telegram, viber};

const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Language, notice and consent by keys.
async fn agrees(person: &Person) {
    person.texts("hola").await;
    person.sees("¿En qué idioma").await;
    person.taps("Español").await;
    person.sees("¿Acepta?").await;
    person.taps("Acepto").await;
    person.sees("Elija un tema").await;
}

/// She asks for a person, and the agent takes her.
async fn talking(town: &Town, person: &Person, agent: &Staff) -> String {
    person.texts("AYUDA").await;
    person.sees("Le paso con una persona").await;
    town.settle().await;
    let id = agent.conversations("waiting").await[0]["id"].as_str().expect("a row has an id").to_owned();
    agent.takes(&id).await;
    id
}

async fn entry(agent: &Staff, id: &str, text: &str) -> Value {
    let entries = agent.entries(id).await;
    let found = entries.iter().find(|entry| entry["text"] == text).cloned();
    found.unwrap_or_else(|| panic!("no {text:?} in {entries:#?}"))
}

/// How often she was shown this text.
fn shown(person: &Person, text: &str) -> usize {
    let bubbles = person.conversation();
    bubbles.iter().filter(|bubble| bubble.from == Side::Line && bubble.text.contains(text)).count()
}

async fn count(town: &Town, sql: openline::store::Sql) -> i64 {
    let app = town.app();
    let counted = app.store.read(move |tx| tx.one(sql, &[] as &[Stored])?.get::<i64>(0)).await;
    counted.expect("the store answers")
}

/// START on Telegram, a first opening on Viber; then everything by keys, and an answer.
async fn the_menu_is_walked_by_keys(town: Town) {
    let (yusuf, olena) = (town.telegram("Yusuf"), town.viber("Olena"));
    yusuf.does_on_telegram(telegram::Said::Start(None)).await;
    olena.does_on_viber(viber::Said::Subscribes).await;
    for person in [&yusuf, &olena] {
        let question = person.sees("¿En qué idioma").await;
        assert_eq!(question.keyboard.expect("it has keys").place, Place::Bottom);
        person.taps("Español").await;
        person.sees("¿Acepta?").await;
        person.taps("Acepto").await;
        let menu = person.sees("Elija un tema").await;
        assert_eq!(menu.choices.len(), 9, "{}", person.so_far());
        person.taps("Asilo y papeles").await;
        person.sees("¿Qué quiere saber sobre sus papeles?").await;
        person.taps("Pedir asilo").await;
        person.hears_audio().await;
        person.sees("¿Le sirvió esta información?").await;
    }
    let channels = openline::sql!(
        "SELECT count(DISTINCT channel) FROM consent WHERE decision = 'given' AND channel IN ('telegram', 'viber')"
    );
    assert_eq!(count(&town, channels).await, 2);
    town.ends().await;
}

/// Hand-over, replies, reports, words that were changed, and a picture that staff sees a place for.
async fn staff_talks_with_people_on_both(town: Town) {
    let lucia = town.staff("lucia").await;
    for person in [town.telegram("Yusuf"), town.viber("Olena")] {
        agrees(&person).await;
        let id = talking(&town, &person, &lucia).await;
        lucia.replies(&id, "Buenos días, soy Lucía").await;
        person.sees_next("Buenos días, soy Lucía").await;
        person.texts("Mi cita es el lunes").await;
        person.sends_file("image", "image/png", bytes::Bytes::from_static(b"\x89PNG picture")).await;
        town.settle().await;
        let entries = lucia.entries(&id).await;
        let has_file =
            |entry: &&Value| entry["attachments"].as_array().is_some_and(|files| !files.is_empty());
        assert_eq!(entries.iter().filter(has_file).count(), 1, "{entries:#?}");
        entry(&lucia, &id, "Mi cita es el lunes").await;
        lucia.closes(&id).await;
        town.advance(SignedDuration::from_secs(11)).await;
        person.sees("¿Cómo fue la atención?").await;
    }
    town.ends().await;
}

/// Words that she changed on Telegram stand in place of those that she wrote first, which staff can still read.
async fn changed_words_reach_staff(town: Town) {
    let lucia = town.staff("lucia").await;
    let yusuf = town.telegram("Yusuf");
    agrees(&yusuf).await;
    let id = talking(&town, &yusuf, &lucia).await;
    yusuf.texts("Vivo en la calle 5").await;
    let mine = yusuf.conversation().into_iter().rev().find(|bubble| bubble.from == Side::Me);
    let message = mine.expect("she wrote").id;
    let text = "Vivo en la calle 15".to_owned();
    yusuf.does_on_telegram(telegram::Said::Edit { message, text }).await;
    town.settle().await;
    let entries = lucia.entries(&id).await;
    let hers = |words: &str| entries.iter().filter(|one| one["text"] == words).count();
    assert_eq!((hers("Vivo en la calle 5"), hers("Vivo en la calle 15")), (0, 1), "one message, not two");
    let changed = entry(&lucia, &id, "Vivo en la calle 15").await;
    assert_eq!(changed["before"], "Vivo en la calle 5", "{changed}");
    assert!(changed["edited_at"].is_string(), "{changed}");
    yusuf.sees_nothing_more().await;
    town.ends().await;
}

/// Whoever blocks the bot has opted out, by the update or by the refusal of a message; whoever comes back is served.
async fn a_block_is_an_opt_out(town: Town) {
    let lucia = town.staff("lucia").await;
    let (yusuf, olena) = (town.telegram("Yusuf"), town.viber("Olena"));
    agrees(&yusuf).await;
    agrees(&olena).await;
    let stopped = openline::sql!("SELECT count(*) FROM contact WHERE standing = 1");
    yusuf.does_on_telegram(telegram::Said::Block).await;
    olena.does_on_viber(viber::Said::Unsubscribes).await;
    town.settle().await;
    assert_eq!(count(&town, stopped).await, 2);
    yusuf.does_on_telegram(telegram::Said::Unblock).await;
    town.settle().await;
    assert_eq!(count(&town, stopped).await, 1);
    // Viber has no word for coming back but a message.
    let id = talking(&town, &olena, &lucia).await;
    lucia.replies(&id, "Qué bueno leerle").await;
    olena.sees_next("Qué bueno leerle").await;
    town.ends().await;
}

/// The provider says that it goes too fast: everything comes, each once, in order.
async fn throttling_keeps_the_order(town: Town) {
    let lucia = town.staff("lucia").await;
    for (person, faults) in [
        (town.telegram("Yusuf"), town.telegram_api().faults()),
        (town.viber("Olena"), town.viber_api().faults()),
    ] {
        agrees(&person).await;
        let id = talking(&town, &person, &lucia).await;
        town.settle().await;
        faults.next_n(Fault::Throttled, 2);
        // The rests that the providers ask for pass quickly.
        let _hurry = town.hurries(20);
        for text in ["uno", "dos", "tres"] {
            lucia.replies(&id, text).await;
        }
        for _ in 0..4 {
            town.advance(A_MINUTE).await;
        }
        for text in ["uno", "dos", "tres"] {
            person.sees_next(text).await;
        }
        person.sees_nothing_more().await;
        assert_eq!(faults.left(), 0);
    }
    town.ends().await;
}

/// Nobody can be asked what became of a message whose answer was lost: it stays unknown where staff sees it, is not sent
/// again by itself, and later messages do not wait for it.
async fn a_lost_answer_stays_unknown_where_staff_sees_it(town: Town) {
    let lucia = town.staff("lucia").await;
    let yusuf = town.telegram("Yusuf");
    agrees(&yusuf).await;
    let id = talking(&town, &yusuf, &lucia).await;
    for (fault, text, times) in [(Fault::LostAnswer, "primera", 1), (Fault::Dropped, "segunda", 0)] {
        town.telegram_api().faults().next(fault);
        lucia.replies(&id, text).await;
        town.advance(A_MINUTE * 60).await;
        assert_eq!(entry(&lucia, &id, text).await["status"], "unknown");
        assert_eq!(shown(&yusuf, text), times, "{fault:?}");
    }
    lucia.replies(&id, "tercera").await;
    yusuf.sees("tercera").await;
    town.settle().await;
    assert_eq!(entry(&lucia, &id, "tercera").await["status"], "sent");
    town.ends().await;
}

/// Viber's answer was lost, and then it reports: late, twice and in the wrong order. What was never taken stays unknown.
async fn viber_reports_late_and_that_counts(town: Town) {
    let lucia = town.staff("lucia").await;
    let olena = town.viber("Olena");
    agrees(&olena).await;
    let id = talking(&town, &olena, &lucia).await;
    town.settle().await;
    town.viber_api().set_reports(Reports { doubled: true, reordered: true, held: true, read: true });
    lucia.replies(&id, "Venga a las ocho").await;
    olena.sees_next("Venga a las ocho").await;
    town.settle().await;
    assert_eq!(entry(&lucia, &id, "Venga a las ocho").await["status"], "sent");
    town.viber_api().release_reports().await;
    town.settle().await;
    assert_eq!(entry(&lucia, &id, "Venga a las ocho").await["status"], "read");
    town.viber_api().set_reports(Reports::default());
    town.viber_api().faults().next(Fault::Dropped);
    lucia.replies(&id, "Traiga su cédula").await;
    town.advance(A_MINUTE * 60).await;
    assert_eq!(entry(&lucia, &id, "Traiga su cédula").await["status"], "unknown");
    assert_eq!(shown(&olena, "Traiga su cédula"), 0);
    town.viber_api().faults().next(Fault::Unreachable);
    lucia.replies(&id, "¿Sigue ahí?").await;
    town.settle().await;
    assert_eq!(entry(&lucia, &id, "¿Sigue ahí?").await["status"], "failed");
    town.ends().await;
}

/// The same update twice is one message; a call without the secret, or with a wrong signature, is none.
async fn doubles_and_forgeries_are_harmless(town: Town) {
    let (yusuf, olena) = (town.telegram("Yusuf"), town.viber("Olena"));
    for person in [&yusuf, &olena] {
        person.texts_and_it_comes_twice("hola").await;
        person.sees("¿En qué idioma").await;
        person.sees_nothing_more().await;
    }
    let (telegram, viber) = (town.telegram_api(), town.viber_api());
    let before = count(&town, openline::sql!("SELECT count(*) FROM inbound")).await;
    for (secret, status) in [(None, 401), (Some("wrong".to_owned()), 403)] {
        let update =
            br#"{"update_id":1,"message":{"message_id":1,"from":{"id":5},"chat":{"id":5},"text":"x"}}"#;
        let answer = telegram.post_raw(world::line::TELEGRAM_TOKEN, update, secret).await;
        assert_eq!(answer.status, Some(status));
    }
    for (signature, status) in [(None, 401), (Some("00ff".to_owned()), 403)] {
        let answer = viber.post_raw(world::line::VIBER_TOKEN, b"{}", signature).await;
        assert_eq!(answer.status, Some(status));
    }
    assert_eq!(count(&town, openline::sql!("SELECT count(*) FROM inbound")).await, before);
    let refused = telegram.undelivered().len() + viber.undelivered().len();
    assert_eq!(refused, 4);
}

/// The line tells both providers where to call, and they call there.
async fn webhooks_are_set_up_by_the_line_itself(town: Town) {
    let app = town.app();
    let channels: Vec<_> = app
        .lines()
        .channels()
        .filter_map(|channel| Some((channel.id, channel.account().cloned()?)))
        .filter(|(_, account)| matches!(channels::scheme(account), "telegram" | "viber"))
        .collect();
    assert_eq!(channels.len(), 2);
    let http = world::delivery::client().expect("a client");
    for (id, account) in channels {
        let url = format!("{}/hooks/{id}", town.base_url());
        let request = channels::register_webhooks(&account, &url).remove(0);
        let mut call = http.post(&request.url).body(request.body.clone());
        for (name, value) in request.headers.iter() {
            call = call.header(name, value);
        }
        let answer = call.send().await.expect("the fake answers");
        assert_eq!(answer.status(), 200);
    }
    let hook = town.telegram_api().hook(world::line::TELEGRAM_TOKEN).expect("a webhook is set");
    assert!(hook.allowed_updates.contains(&"message_reaction".to_owned()), "{hook:?}");
    assert!(town.viber_api().hook(world::line::VIBER_TOKEN).is_some());
    assert_eq!(town.viber_api().received().last().and_then(|call| call.status), Some(0));
    agrees(&town.telegram("Yusuf")).await;
    agrees(&town.viber("Olena")).await;
    town.ends().await;
}

/// An underscore without its partner is a mistake in Telegram's Markdown; what staff writes arrives all the same.
async fn an_address_with_an_underscore_arrives(town: Town) {
    let lucia = town.staff("lucia").await;
    let yusuf = town.telegram("Yusuf");
    agrees(&yusuf).await;
    let id = talking(&town, &yusuf, &lucia).await;
    lucia.replies(&id, "Escriba a ana_maria@casa.org").await;
    yusuf.sees_next("ana_maria@casa.org").await;
    town.ends().await;
}

/// Refused credentials stop the channel; what waits leaves once they are right.
async fn refused_credentials_stop_the_channel(town: Town) {
    let lucia = town.staff("lucia").await;
    let yusuf = town.telegram("Yusuf");
    agrees(&yusuf).await;
    let id = talking(&town, &yusuf, &lucia).await;
    town.telegram_api().faults().next(Fault::BadCredentials);
    // A channel whose account is refused rests until its stop is known everywhere.
    let _hurry = town.hurries(20);
    lucia.replies(&id, "Un momento").await;
    town.settle().await;
    town.advance(A_MINUTE * 5).await;
    assert_eq!(shown(&yusuf, "Un momento"), 0);
    let app = town.app();
    // The lines are loaded again a moment after the stop is written down.
    let stopped = || app.lines().channels().find(|channel| !channel.is_on()).map(|channel| channel.id);
    let channel = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        loop {
            if let Some(channel) = stopped() {
                break channel;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    let channel = channel.await.expect("the channel is stopped");
    lines::switch_channel(&app, town.line().id, channel, true).await.expect("the store answers");
    yusuf.sees_next("Un momento").await;
    yusuf.sees_nothing_more().await;
    let last = yusuf.conversation().last().map(|bubble| bubble.status);
    assert_eq!(last, Some(Progress::Delivered));
    town.ends().await;
}

world::stories!(
    the_menu_is_walked_by_keys,
    staff_talks_with_people_on_both,
    changed_words_reach_staff,
    a_block_is_an_opt_out,
    throttling_keeps_the_order,
    a_lost_answer_stays_unknown_where_staff_sees_it,
    viber_reports_late_and_that_counts,
    doubles_and_forgeries_are_harmless,
    webhooks_are_set_up_by_the_line_itself,
    an_address_with_an_underscore_arrives,
    refused_credentials_stop_the_channel,
);
