//! What the tests of expressions share: a small context and a check of one template.
use jiff::Timestamp;
use uuid::Uuid;

use crate::env::Environment;
use crate::source::Source;
use crate::text::locations::{Hierarchy, Place};

use super::eval::{Root, Scope};
use super::template::{ProblemKind, Template};
use super::value::{Object, Value};

/// A clock that stands still and dice that count up.
pub(crate) struct Still(pub u64);

impl Source for Still {
    fn now(&mut self) -> Timestamp {
        "2026-11-21T08:30:00.5Z".parse().unwrap()
    }
    fn uuid_v7(&mut self) -> Uuid {
        Uuid::nil()
    }
    fn uuid_v4(&mut self) -> Uuid {
        Uuid::nil()
    }
    fn random_below(&mut self, bound: u64) -> u64 {
        self.0 += 1;
        self.0 % bound
    }
    fn random_unit(&mut self) -> f64 {
        0.25
    }
}

pub(crate) struct TestRoot {
    places: Hierarchy,
}

impl TestRoot {
    pub(crate) fn new() -> Self {
        let place = |name: &str, aliases: &[&str], children: Vec<Place>| Place {
            name: name.to_owned(),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            children,
        };
        let cantons = vec![place("Quito", &["UIO"], vec![place("Calderón", &[], vec![])])];
        let country =
            place("Ecuador", &[], vec![place("Pichincha", &[], cantons), place("El Oro", &["Oro"], vec![])]);
        Self { places: Hierarchy::new(&country) }
    }
}

impl Root for TestRoot {
    fn get(&self, name: &str) -> Option<Value> {
        Some(match name {
            "name" => Value::from("Amina"),
            "person" => Object::with_default(
                Value::from("Amina K."),
                [("age", Value::Number(34.into())), ("Town", Value::from("Goma")), ("phone", Value::Null)],
            )
            .into(),
            "list" => Value::array([Value::from("a"), Value::from("b"), Value::from("c")]),
            _ => return None,
        })
    }
    fn locations(&self) -> Option<&Hierarchy> {
        Some(&self.places)
    }
    fn prompt(&self, name: &str) -> Option<String> {
        (name == "shorten").then(|| "Shorten to {{ .arg1 }} words in {{ .arg2 }}".to_owned())
    }
}

pub(crate) const TOPS: &[&str] = &["name", "person", "list"];

/// The text of a template in the test context; a mistake's message stands at the end, after `!`.
pub(crate) fn evaluate(template: &str, env: &Environment) -> String {
    let (root, mut source) = (TestRoot::new(), Still(0));
    let mut scope = Scope::new(env, &root, &mut source);
    let (mut text, problems) = Template::compile(template, TOPS).evaluate(&mut scope);
    for problem in problems.into_iter().filter(|p| p.kind == ProblemKind::Error) {
        text.push('!');
        text.push_str(&problem.text);
    }
    text
}

/// Checks what a template gives with dates as in most of the world.
pub(crate) fn check(template: &str, expect: &str) {
    let env = Environment {
        date_format: "DD-MM-YYYY".parse().unwrap(),
        timezone: crate::text::zone("America/Guayaquil").unwrap(),
        country: Some("EC".parse().unwrap()),
        ..Environment::default()
    };
    assert_eq!(evaluate(template, &env), expect, "{template}");
}
