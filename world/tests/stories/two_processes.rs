//! Two servers on one PostgreSQL share the people between them: nobody is handled twice, everybody keeps her order,
//! and whoever a dead server had is taken over.
use std::path::Path;
use std::time::Duration;

use openline::store::{Sql, Value};
use world::person::Person;
use world::thread::{Bubble, Side};
use world::town::{Store, Town};

/// People who write; with 32 parts every server has some of them.
const PEOPLE: usize = 24;
/// Questions that everybody asks one after the other.
const QUESTIONS: usize = 6;
/// The server's own limit for a lease is 10 s, and it is looked at every 3 s.
const SHARED_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(50);

async fn number(town: &Town, sql: Sql) -> i64 {
    let read = town.app().store.read(move |tx| tx.one(sql, &[] as &[Value])?.get::<i64>(0)).await;
    read.expect("the store answers")
}

/// Waits until so many processes hold people.
async fn shared_by(town: &Town, processes: i64) {
    let owners = openline::sql!("SELECT count(DISTINCT owner) FROM part_lease WHERE owner IS NOT NULL");
    let shared = async {
        while number(town, owners).await != processes {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let within = tokio::time::timeout(SHARED_WITHIN, shared).await;
    within.unwrap_or_else(|_| panic!("the people are not shared by {processes} processes"));
}

/// The texts that a person got, in order.
fn got(person: &Person) -> Vec<String> {
    let of_line = |bubble: &Bubble| bubble.from == Side::Line && bubble.media.is_empty();
    person.conversation().into_iter().filter(of_line).map(|bubble| bubble.text).collect()
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_load"))
}

async fn people(town: &Town) -> Vec<Person> {
    let people: Vec<Person> = (0..PEOPLE).map(|n| town.whatsapp(&format!("Person {n}"))).collect();
    for person in &people {
        person.texts("hola").await;
    }
    town.settle().await;
    for person in &people {
        person.taps("Español").await;
    }
    town.settle().await;
    for person in &people {
        person.taps("Acepto").await;
    }
    town.settle().await;
    people
}

/// Everybody gets just what one server would have given, in the same order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_answer_everybody_once_and_in_order() {
    let town = Town::open(Store::Postgres).await;
    let alone = town.whatsapp("Amina");
    for text in ["hola", "1", "1"] {
        alone.texts(text).await;
        town.settle().await;
    }
    for question in 0..QUESTIONS {
        alone.texts(["menu", "1"][question % 2]).await;
    }
    town.settle().await;

    let second = town.second(program()).await;
    shared_by(&town, 2).await;
    let people: Vec<Person> = (0..PEOPLE).map(|n| town.whatsapp(&format!("Person {n}"))).collect();
    for text in ["hola", "1", "1"] {
        for person in &people {
            person.texts(text).await;
        }
        town.settle().await;
    }
    // Everything at once: a person's questions wait for each other, other people's do not.
    for question in 0..QUESTIONS {
        for person in &people {
            person.texts(["menu", "1"][question % 2]).await;
        }
    }
    town.settle().await;
    for person in &people {
        assert_eq!(got(person), got(&alone), "{}", person.so_far());
    }
    second.stop().expect("the second server stops cleanly");
    shared_by(&town, 1).await;
    town.ends().await;
}

/// A server that is killed leaves nobody alone: the other one takes its people over, and nothing comes twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_servers_people_are_taken_over() {
    let town = Town::open(Store::Postgres).await;
    let mut second = town.second(program()).await;
    shared_by(&town, 2).await;
    let people = people(&town).await;
    let before: Vec<usize> = people.iter().map(|person| got(person).len()).collect();
    for person in &people {
        person.texts("menu").await;
    }
    second.kill();
    for person in &people {
        person.texts("HELP").await;
    }
    shared_by(&town, 1).await;
    town.settle().await;
    let received = openline::sql!("SELECT count(*) FROM message WHERE direction = 0");
    let written = i64::try_from(PEOPLE * 5).expect("small");
    assert_eq!(number(&town, received).await, written);
    for (person, before) in people.iter().zip(before) {
        let got = got(person);
        let mut distinct = got[before..].to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), got.len() - before, "doubled: {}", person.so_far());
        assert!(got[before..].iter().any(|text| text.contains("persona")), "{}", person.so_far());
    }
    town.ends().await;
}
