//! What the engine's parts cost, measured on the sample line of this project (content/casa):
//!
//!     cargo bench -p flow --bench flow [-- FILTER]
//!
//! `flow_bench` beside it (bin/flow-bench) measures any other definitions, in CPU time.
#![expect(clippy::expect_used, reason = "the content is the project's own")]
#[path = "../examples/flow_bench/host.rs"]
mod host;

use std::sync::Arc;

use divan::{Bencher, black_box};
use flow::contactql::Query;
use flow::definition::Text;
use flow::env::Environment;
use flow::events::MsgIn;
use flow::refs::FlowRef;
use flow::{Assets, Call, Contact, Limits, Next, Resume, Session, Sprint, Trigger, Viewpoint};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use host::{Clock, answer};

/// The sample line's flows.
const CASA: &[u8] = include_bytes!("../../content/casa/flows.json");
/// What a person answers to Casa's menu and whatever it leads to.
const ANSWERS: [&str; 12] = ["1", "2", "hola", "1", "3", "menu", "no sé", "2", "1", "sí", "4", "gracias"];
/// Questions to the server that one sprint may ask.
const MAX_ASKS: usize = 20;

fn main() {
    divan::main();
}

struct Line {
    assets: Arc<Assets>,
    env: Environment,
    contact: Contact,
    menu: FlowRef,
    limits: Limits,
}

impl Line {
    fn casa() -> Self {
        let assets = Assets::from_json(CASA).expect("content/casa can be read");
        let menu = assets.flows().find(|flow| &*flow.name == "menu").expect("Casa has a menu").to_ref();
        let env = Environment::from_json(
            r#"{"allowed_languages": ["spa", "eng"], "timezone": "America/Guayaquil"}"#,
        );
        let contact = json!({"uuid": "20000000-0000-4000-8000-000000000040", "name": "Amina Diallo", "language": "spa",
            "created_on": "2030-01-01T00:00:00Z", "urns": ["tel:+593991234567"],
            "fields": {"district": {"text": "Quitumbe"}, "age": {"text": "34", "number": 34}}});
        Self {
            assets: Arc::new(assets),
            env: env.expect("a valid environment"),
            contact: serde_json::from_value(contact).expect("a valid contact"),
            menu,
            limits: Limits::default(),
        }
    }

    fn call<'c>(&'c self, contact: &'c mut Contact, source: &'c mut Clock) -> Call<'c> {
        let Self { assets, env, limits, .. } = self;
        Call { assets, env, contact, source, globals: None, policy: None, phone_call: None, limits }
    }

    /// The start and all answers that it still waits for; gives the sprints.
    fn talk(&self, stored: bool) -> u64 {
        let (mut contact, mut source) = (self.contact.clone(), Clock::new());
        let trigger = Trigger::manual(self.menu.clone(), Timestamp::UNIX_EPOCH.into(), None, "");
        let sprint = flow::start(self.call(&mut contact, &mut source), trigger);
        let mut session = self.settled(sprint, &mut contact, &mut source, stored);
        let mut sprints = 1;
        for text in ANSWERS {
            if !session.is_waiting() {
                break;
            }
            let msg = MsgIn { text: text.to_owned(), ..MsgIn::default() };
            let resume = Resume::Msg { uuid: Uuid::nil(), received_on: Timestamp::UNIX_EPOCH.into(), msg };
            let sprint = flow::resume(self.call(&mut contact, &mut source), session, resume);
            session = self.settled(sprint, &mut contact, &mut source, stored);
            sprints += 1;
        }
        sprints
    }

    fn settled(
        &self,
        mut sprint: Sprint,
        contact: &mut Contact,
        source: &mut Clock,
        stored: bool,
    ) -> Session {
        for _ in 0..MAX_ASKS {
            let session = match stored {
                true => {
                    Session::from_stored(&sprint.session.to_stored()).expect("what was written can be read")
                }
                false => sprint.session,
            };
            let Next::Ask(ask) = &sprint.next else { return session };
            let resume = Resume::Answer(ask.id, answer(ask));
            sprint = flow::resume(self.call(contact, source), session, resume);
        }
        sprint.session
    }
}

/// A whole conversation; the counter shows sprints in a second.
#[divan::bench(args = [("in memory", false), ("stored", true)])]
fn conversation(bencher: Bencher<'_, '_>, mode: &(&str, bool)) {
    let line = Line::casa();
    let sprints = line.talk(mode.1);
    bencher.counter(divan::counter::ItemsCount::new(sprints)).bench_local(|| line.talk(mode.1));
}

/// One template in a waiting session.
#[divan::bench(args = [
    "Hola @contact.first_name, ¿cómo está?",
    "@(upper(contact.name))",
    "@(if(node.visit_count > 1, \"otra vez\", \"hola\"))",
    "no hay nada que calcular",
])]
fn template(bencher: Bencher<'_, '_>, template: &str) {
    let line = Line::casa();
    let (mut contact, mut source) = (line.contact.clone(), Clock::new());
    let trigger = Trigger::manual(line.menu.clone(), Timestamp::UNIX_EPOCH.into(), None, "");
    let session = flow::start(line.call(&mut contact, &mut source), trigger).session;
    let contact = Arc::new(contact);
    let mut view = Viewpoint::new(&line.assets, &line.env, &contact, &session, &mut source)
        .expect("the session has begun");
    let text = Text::new(template);
    bencher.bench_local(|| view.evaluate(black_box(&text)));
}

/// All definitions of a line, from their text.
#[divan::bench]
fn load(bencher: Bencher<'_, '_>) {
    bencher
        .counter(divan::counter::BytesCount::of_slice(CASA))
        .bench_local(|| Assets::from_json(black_box(CASA)).map(|assets| assets.flows().count()));
}

/// Reading a contact query, and asking it of one contact.
#[divan::bench_group]
mod query {
    use super::*;

    const QUERIES: [&str; 3] = [
        "language = spa",
        "name ~ dia AND (fields.age > 17 OR fields.district = quitumbe)",
        "urns.tel != \"\" AND created_on > 2029-01-01 AND group = \"\"",
    ];

    #[divan::bench(args = QUERIES)]
    fn parse(bencher: Bencher<'_, '_>, text: &str) {
        let line = Line::casa();
        bencher.bench_local(|| Query::parse(&line.env, black_box(text), None).is_ok());
    }

    #[divan::bench(args = QUERIES)]
    fn matches(bencher: Bencher<'_, '_>, text: &str) {
        let line = Line::casa();
        let query = Query::parse(&line.env, text, None).expect("a valid query");
        bencher.bench_local(|| query.matches(&line.env, black_box(&line.contact)));
    }
}
