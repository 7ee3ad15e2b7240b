//! SMS straight from a network's message centre, which runs as a process of its own: long texts both ways, receipts,
//! throttling, cut connections and lost answers.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use openline::lines::{self, Delivery, NewChannel, UnknownPolicy};
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use world::person::{Device, Person};
use world::smsc::{Fault, Handset, Order, Receipts, Say, Smsc};
use world::staff::Staff;
use world::town::{Store, Town};

const NUMBER: &str = "593991234567";
const PASSWORD: &str = "hushhush";
const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// How long a state is waited for, in real time.
const WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const SPANISH: &str = "Señora, mañana abrimos a las ocho. Traiga su cédula [o el pasaporte] y 5 € para el bus. ¿Puede venir? Si no, escríbanos y buscamos otro día con usted. Hay sillas, agua y un lugar tranquilo para los niños.";
const ARABIC: &str = "مرحبا، يمكنك القدوم إلى المركز غدا في الساعة الثامنة صباحا مع بطاقة الهوية 😀 لا تقلقي، سنكون في انتظارك هناك ويمكنك إحضار أطفالك معك إذا أردت ذلك، فالمكان آمن وهادئ وقريب من المحطة.";

async fn centre(town: &Town, settings: &[(&str, Value)]) -> Smsc {
    let program = Path::new(env!("CARGO_BIN_EXE_smsc"));
    let smsc = Smsc::start(program, PASSWORD, true, town.clock().clone()).await;
    let smsc = smsc.expect("the message centre starts");
    connects(town, &smsc, PASSWORD, settings).await;
    smsc
}

async fn connects(town: &Town, smsc: &Smsc, password: &str, settings: &[(&str, Value)]) {
    let mut all = json!({
        "host": "127.0.0.1", "port": smsc.port(), "system_id": "casa", "password": password,
        "answer_ids": "hex", "receipt_ids": "decimal", "answer_seconds": 1, "enquire_link_seconds": 2,
    });
    for (key, value) in settings {
        all[*key] = value.clone();
    }
    let channel = NewChannel { kind: "smpp".into(), address: "+59325550199".into(), settings: all };
    lines::add_channel(&town.app(), town.line().id, &channel).await.expect("the channel is made");
}

fn phone(town: &Town, smsc: &Smsc, name: &str, number: &str) -> (Person, Handset) {
    let handset = smsc.phone(number);
    (town.with(name, Device::Centre(handset.clone())), handset)
}

async fn agrees(person: &Person) {
    person.texts("hola").await;
    person.sees("¿En qué idioma").await;
    person.taps("Español").await;
    person.sees("¿Acepta?").await;
    person.taps("Acepto").await;
    person.sees("Elija un tema").await;
}

/// Amina talks with Lucía; all that was sent on the way has arrived.
async fn talking(town: &Town, smsc: &Smsc) -> (Person, Handset, Staff, String) {
    let (amina, handset) = phone(town, smsc, "Amina", NUMBER);
    smsc.bound(1).await;
    agrees(&amina).await;
    amina.texts("AYUDA").await;
    amina.sees("Le paso con una persona").await;
    town.settle().await;
    let lucia = town.staff("lucia").await;
    let id = lucia.conversations("waiting").await[0]["id"].as_str().expect("a row has an id").to_owned();
    lucia.takes(&id).await;
    (amina, handset, lucia, id)
}

async fn status(staff: &Staff, id: &str, text: &str) -> Value {
    let entries = staff.entries(id).await;
    entries.iter().find(|entry| entry["text"] == text).map_or(Value::Null, |entry| entry["status"].clone())
}

/// Waits until staff sees this state of what was written.
async fn comes_to(staff: &Staff, id: &str, text: &str, wanted: &str) {
    let reached = async {
        while status(staff, id, text).await != wanted {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    if tokio::time::timeout(WITHIN, reached).await.is_err() {
        panic!("{text:?} is {} and not {wanted}", status(staff, id, text).await);
    }
}

/// How often staff sees a text.
async fn seen(staff: &Staff, id: &str, text: &str) -> usize {
    staff.entries(id).await.iter().filter(|entry| entry["text"] == text).count()
}

/// How often a text came to a phone.
fn came(smsc: &Smsc, text: &str) -> usize {
    smsc.got().iter().filter(|(_, got)| got == text).count()
}

fn said(text: &str) -> Say {
    Say { from: NUMBER.to_owned(), text: text.to_owned(), reversed: false, without: None, cut: false }
}

/// Long texts in two alphabets arrive whole in both directions, whatever the order of their parts.
async fn long_texts_arrive_whole_both_ways(town: Town) {
    let smsc = centre(&town, &[("bind", json!("transmitter+receiver"))]).await;
    smsc.bound(2).await;
    let (amina, handset, lucia, id) = talking(&town, &smsc).await;
    for text in [SPANISH, ARABIC] {
        assert!(handset.send(Say { reversed: true, ..said(text) }).await);
        town.settle().await;
        assert_eq!(seen(&lucia, &id, text).await, 1);
        let reply = format!("{text} (2)");
        lucia.replies(&id, &reply).await;
        assert_eq!(amina.sees_next("(2)").await.text, reply);
        comes_to(&lucia, &id, &reply, "delivered").await;
    }
    amina.sees_nothing_more().await;
    town.ends().await;
    smsc.left(2).await;
    smsc.unbound().await;
}

/// Receipts that are late, doubled and out of order count once, under ids that the centre writes in two ways.
async fn receipts_come_late_doubled_and_reordered(town: Town) {
    let smsc = centre(&town, &[]).await;
    let (amina, _, lucia, id) = talking(&town, &smsc).await;
    smsc.receipts(Receipts { held: true, doubled: true, reordered: true, reference: false }).await;
    for text in ["uno", "dos", "tres"] {
        lucia.replies(&id, text).await;
        amina.sees_next(text).await;
        comes_to(&lucia, &id, text, "sent").await;
    }
    smsc.order(&Order::Release).await;
    for text in ["uno", "dos", "tres"] {
        comes_to(&lucia, &id, text, "delivered").await;
    }
    smsc.receipts(Receipts::default()).await;
    smsc.faults(&[Fault::Undeliverable]).await;
    lucia.replies(&id, "cuatro").await;
    comes_to(&lucia, &id, "cuatro", "failed").await;
    amina.sees_nothing_more().await;
    town.ends().await;
}

/// A centre that is too busy gets each message again, in the order in which they were written.
async fn throttling_keeps_the_order(town: Town) {
    let smsc = centre(&town, &[]).await;
    let (amina, _, lucia, id) = talking(&town, &smsc).await;
    smsc.faults(&[Fault::Throttled, Fault::Throttled]).await;
    let _hurry = town.hurries(20);
    for text in ["uno", "dos", "tres"] {
        lucia.replies(&id, text).await;
    }
    for text in ["uno", "dos", "tres"] {
        amina.sees_next(text).await;
    }
    town.settle().await;
    amina.sees_nothing_more().await;
    town.ends().await;
}

/// A connection that is cut in the middle loses nothing and doubles nothing, in either direction.
async fn a_cut_connection_loses_and_doubles_nothing(town: Town) {
    let smsc = centre(&town, &[]).await;
    let (amina, handset, lucia, id) = talking(&town, &smsc).await;
    // The answer to her message is lost with the connection: the centre brings it again.
    assert!(handset.send(Say { cut: true, ..said("voy mañana") }).await);
    assert!(handset.send(Say { cut: true, ..said(SPANISH) }).await);
    town.settle().await;
    assert_eq!((seen(&lucia, &id, "voy mañana").await, seen(&lucia, &id, SPANISH).await), (1, 1));
    // The same words written twice are two messages.
    assert!(handset.say("gracias").await && handset.say("gracias").await);
    town.settle().await;
    assert_eq!(seen(&lucia, &id, "gracias").await, 2);
    // What is written while there is no connection waits for it.
    let binds = smsc.binds();
    smsc.order(&Order::Cut).await;
    lucia.replies(&id, "le esperamos").await;
    smsc.bound(binds + 1).await;
    amina.sees_next("le esperamos").await;
    comes_to(&lucia, &id, "le esperamos", "delivered").await;
    amina.sees_nothing_more().await;
    town.ends().await;
}

/// The answer is lost, by a cut or without one. The receipt tells that the centre had the message: she gets it once.
async fn a_lost_answer_ends_in_exactly_one_message(town: Town) {
    let smsc = centre(&town, &[]).await;
    let (amina, _, lucia, id) = talking(&town, &smsc).await;
    for (text, fault, reference) in [
        ("uno", Fault::CutAfter, true),
        ("dos", Fault::CutAfter, false),
        ("tres", Fault::LostAnswer, true),
        ("cuatro", Fault::LostAnswer, false),
    ] {
        smsc.receipts(Receipts { reference, ..Receipts::default() }).await;
        smsc.faults(&[fault]).await;
        lucia.replies(&id, text).await;
        comes_to(&lucia, &id, text, "delivered").await;
        amina.sees_next(text).await;
        assert_eq!(came(&smsc, text), 1);
    }
    // A long one of which the first part's answer is lost: the rest follows.
    smsc.receipts(Receipts { reference: true, ..Receipts::default() }).await;
    smsc.faults(&[Fault::CutAfter]).await;
    lucia.replies(&id, ARABIC).await;
    assert_eq!(amina.sees_next("مرحبا").await.text, ARABIC);
    comes_to(&lucia, &id, ARABIC, "delivered").await;
    town.settle().await;
    assert_eq!(came(&smsc, ARABIC), 1);
    amina.sees_nothing_more().await;
    town.ends().await;
}

/// Nobody can tell whether the centre had it, and no receipt comes: it stays unknown, for staff to see, and is not sent
/// again by itself.
async fn what_nobody_knows_stays_unknown(town: Town) {
    let smsc = centre(&town, &[]).await;
    let (amina, _, lucia, id) = talking(&town, &smsc).await;
    smsc.faults(&[Fault::Dropped]).await;
    lucia.replies(&id, "uno").await;
    comes_to(&lucia, &id, "uno", "unknown").await;
    lucia.replies(&id, "dos").await;
    amina.sees_next("dos").await;
    comes_to(&lucia, &id, "dos", "delivered").await;
    town.advance(A_MINUTE * 30).await;
    assert_eq!((status(&lucia, &id, "uno").await, came(&smsc, "uno")), ("unknown".into(), 0));
    amina.sees_nothing_more().await;
    town.ends().await;
}

/// Where the operator wants it so, what nobody knows is sent again when its time is over: better twice than missing.
async fn what_nobody_knows_is_sent_again_where_the_operator_wants_it(town: Town) {
    let smsc = centre(&town, &[]).await;
    let (amina, _, lucia, id) = talking(&town, &smsc).await;
    let app = town.app();
    let channel =
        app.lines().channels().find(|channel| channel.provider() == "smpp").map(|channel| channel.id);
    let delivery =
        Delivery { unknown: UnknownPolicy::Resend, unknown_after_minutes: Some(2), ..Delivery::default() };
    let set = lines::set_delivery(&app, town.line().id, channel.expect("the channel"), &delivery);
    set.await.expect("the channel takes its delivery");
    smsc.faults(&[Fault::Dropped]).await;
    lucia.replies(&id, "uno").await;
    comes_to(&lucia, &id, "uno", "unknown").await;
    town.advance(A_MINUTE).await;
    assert_eq!((status(&lucia, &id, "uno").await, came(&smsc, "uno")), ("unknown".into(), 0));
    town.advance(A_MINUTE * 2).await;
    amina.sees_next("uno").await;
    comes_to(&lucia, &id, "uno", "delivered").await;
    town.advance(A_MINUTE * 30).await;
    assert_eq!(came(&smsc, "uno"), 1);
    town.ends().await;
}

/// A part that never comes holds the rest up for ten minutes, then they are shown with a mark.
async fn a_missing_part_leaves_a_mark(town: Town) {
    let smsc = centre(&town, &[]).await;
    let (_, handset, lucia, id) = talking(&town, &smsc).await;
    assert!(handset.send(Say { without: Some(2), ..said(SPANISH) }).await);
    town.settle().await;
    let shown =
        async || lucia.entries(&id).await.iter().any(|entry| entry["text"].to_string().contains("[…]"));
    town.advance(A_MINUTE * 9).await;
    assert!(!shown().await);
    town.advance(A_MINUTE * 2).await;
    let reached = async {
        while !shown().await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(WITHIN, reached).await.expect("what came of the message is shown");
    town.ends().await;
}

/// The server says goodbye when it stops; what is written meanwhile waits at the centre.
async fn a_restart_loses_nothing(mut town: Town) {
    let smsc = centre(&town, &[]).await;
    let (_, handset, _, id) = talking(&town, &smsc).await;
    let writes = async {
        smsc.left(1).await;
        handset.say("¿siguen ahí?").await
    };
    let ((), taken) = tokio::join!(town.restarts(), writes);
    assert!(taken);
    smsc.bound(2).await;
    town.settle().await;
    let lucia = town.staff("lucia").await;
    assert_eq!(seen(&lucia, &id, "¿siguen ahí?").await, 1);
    town.ends().await;
    smsc.unbound().await;
}

/// A password that the centre refuses stops the channel, for the operator to see.
async fn a_refused_account_stops_the_channel(town: Town) {
    let smsc = centre(&town, &[]).await;
    smsc.bound(1).await;
    connects(&town, &smsc, "outdated", &[]).await;
    let manager = town.staff("rosa").await;
    let stopped = async {
        loop {
            let health = manager.get("/health").await.ok();
            let channels = health["channels"].as_array().expect("channels").clone();
            if channels.iter().any(|c| c["state_reason"] == "account_broken 0x0e") {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(WITHIN, stopped).await.expect("the channel stops");
    let binds = smsc.binds();
    connects(&town, &smsc, PASSWORD, &[]).await;
    smsc.bound(binds + 1).await;
    town.ends().await;
}

world::stories!(
    long_texts_arrive_whole_both_ways,
    receipts_come_late_doubled_and_reordered,
    throttling_keeps_the_order,
    a_cut_connection_loses_and_doubles_nothing,
    a_lost_answer_ends_in_exactly_one_message,
    what_nobody_knows_stays_unknown,
    what_nobody_knows_is_sent_again_where_the_operator_wants_it,
    a_missing_part_leaves_a_mark,
    a_restart_loses_nothing,
    a_refused_account_stops_the_channel,
);

/// A door to a message centre that only those pass who take its certificate; counts those who do not.
async fn encrypted(port: u16, made: &rcgen::CertifiedKey<rcgen::KeyPair>) -> (u16, watch::Receiver<usize>) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("it is a key");
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key).expect("they fit");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let door = listener.local_addr().expect("it has an address").port();
    let refused = watch::Sender::new(0);
    let seen = refused.subscribe();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, refused) = (acceptor.clone(), refused.clone());
            tokio::spawn(async move {
                let Ok(mut inside) = acceptor.accept(stream).await else {
                    return refused.send_modify(|n| *n += 1);
                };
                let mut centre = TcpStream::connect(("127.0.0.1", port)).await.expect("the centre listens");
                // Either side may end it.
                let _ = tokio::io::copy_bidirectional(&mut inside, &mut centre).await;
            });
        }
    });
    (door, seen)
}

/// The way to a centre is encrypted where the channel says so, and a centre whose certificate nobody vouches for is not
/// even told the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_to_the_centre_can_be_encrypted() {
    let made = || rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("it can be made");
    let (trusted, stranger) = (made(), made());
    let folder = tempfile::tempdir().expect("a folder can be made");
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, trusted.cert.pem()).expect("it can be written");
    let variables = vec![("SSL_CERT_FILE".to_owned(), authority.display().to_string())];
    let program = Path::new(env!("CARGO_BIN_EXE_load")).to_owned();
    let town = Town::open_apart_with(Store::Sqlite, program, variables).await;
    let smsc = Smsc::start(Path::new(env!("CARGO_BIN_EXE_smsc")), PASSWORD, true, town.clock().clone()).await;
    let smsc = smsc.expect("the message centre starts");
    let (door, mut refused) = encrypted(smsc.port(), &stranger).await;
    connects(&town, &smsc, PASSWORD, &[("tls", json!(true)), ("port", json!(door))]).await;
    // What is seen must not be held: the next one at the door counts too.
    let came = tokio::time::timeout(WITHIN, refused.wait_for(|n| *n > 0)).await.is_ok();
    assert!(came, "nobody came to the door");
    assert_eq!(smsc.binds(), 0);
    let (door, _) = encrypted(smsc.port(), &trusted).await;
    connects(&town, &smsc, PASSWORD, &[("tls", json!(true)), ("port", json!(door))]).await;
    smsc.bound(1).await;
    let (amina, _) = phone(&town, &smsc, "Amina", NUMBER);
    amina.texts("hola").await;
    amina.sees("¿En qué idioma").await;
    town.ends().await;
}

/// Of two servers one is connected, and it sends for the people of both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_servers_is_connected_and_sends_for_both() {
    let town = Town::open(Store::Postgres).await;
    let smsc = centre(&town, &[]).await;
    smsc.bound(1).await;
    let second = town.second(Path::new(env!("CARGO_BIN_EXE_load"))).await;
    let shared = async {
        let owners = openline::sql!("SELECT count(DISTINCT owner) FROM part_lease WHERE owner IS NOT NULL");
        let count = async || {
            let read = town.app().store.read(move |tx| tx.one(owners, &[])?.get::<i64>(0)).await;
            read.expect("the store answers")
        };
        while count().await != 2 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(WITHIN * 2, shared).await.expect("the people are shared");
    smsc.bound(smsc.binds()).await;
    for n in 0..8 {
        let (person, _) = phone(&town, &smsc, &format!("Person {n}"), &format!("59399000000{n}"));
        person.texts("hola").await;
        person.sees("¿En qué idioma").await;
    }
    town.settle().await;
    assert_eq!(smsc.got().len(), 8, "{:?}", smsc.got());
    assert_eq!(smsc.most_bound(), 1);
    second.stop().expect("the second server stops cleanly");
    town.ends().await;
}
