//! A power cut loses no message that was acknowledged and doubles no row: the server's process is killed at
//! random moments while people write, and started again on the same data.
use std::path::PathBuf;
use std::time::Duration;

use openline::store::Value;
use world::thread::{Bubble, Side};
use world::town::{Store, Town};

/// How often the power is cut.
const CUTS: usize = 20;
/// People who write all the time.
const PEOPLE: usize = 12;
/// The seed of the moments; a failure is repeated with the same one.
const SEED: u64 = 20_261_121;
/// The longest time between a start and the next cut, in milliseconds.
const MAX_LIFE_MS: u64 = 400;

/// A small generator (splitmix64): the same seed gives the same moments.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

async fn number(town: &Town, sql: openline::store::Sql) -> i64 {
    let app = town.app();
    let read = app.store.read(move |tx| tx.one(sql, &[] as &[Value])?.get::<i64>(0)).await;
    read.expect("the store answers")
}

async fn power_cuts(store: Store) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_load"));
    let mut town = Town::open_apart(store, program).await;
    let people: Vec<_> = (0..PEOPLE).map(|n| town.whatsapp(&format!("Person {n}"))).collect();
    let mut dice = Dice(SEED);
    for cut in 0..CUTS {
        for person in &people {
            person.texts(&format!("mensaje {cut}")).await;
        }
        tokio::time::sleep(Duration::from_millis(dice.next() % MAX_LIFE_MS)).await;
        town.power_cut();
        town.start().await;
    }
    town.settle().await;
    let messages = i64::try_from(CUTS * PEOPLE).expect("small");
    // The provider delivers at least once until it hears 200: everything that was written arrived exactly once.
    let received = openline::sql!("SELECT count(*) FROM message WHERE direction = 0");
    assert_eq!(number(&town, received).await, messages);
    let people_known = openline::sql!("SELECT count(*) FROM contact");
    assert_eq!(number(&town, people_known).await, i64::try_from(PEOPLE).expect("small"));
    // Nothing was sent twice: what was on its way at a cut is `unknown`. (A notice is two parts, text and audio.)
    let of_line = |bubble: &&Bubble| bubble.from == Side::Line && bubble.media.is_empty();
    let sent: usize = people.iter().map(|person| person.conversation().iter().filter(of_line).count()).sum();
    let sent = i64::try_from(sent).expect("small");
    let rows = number(&town, openline::sql!("SELECT count(*) FROM message WHERE direction = 1")).await;
    let unknown = openline::sql!("SELECT count(*) FROM message WHERE direction = 1 AND state = 3");
    let unknown = number(&town, unknown).await;
    assert!(
        sent <= rows && rows - unknown <= sent,
        "{rows} written, {unknown} unknown, {sent} reached people"
    );
    town.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_power_cuts_on_sqlite() {
    power_cuts(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_power_cuts_on_postgres() {
    power_cuts(Store::Postgres).await;
}
