//! Evaluates whatever the fuzzer finds. `cargo +nightly fuzz run templates`
#![no_main]
use flow::env::Environment;
use flow::excellent::{Object, Root, Scope, Template, Value, tools};
use flow::source::Source;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

struct Still;

impl Source for Still {
    fn now(&mut self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    fn uuid_v7(&mut self) -> Uuid {
        Uuid::nil()
    }
    fn uuid_v4(&mut self) -> Uuid {
        Uuid::nil()
    }
    fn random_below(&mut self, _: u64) -> u64 {
        0
    }
    fn random_unit(&mut self) -> f64 {
        0.5
    }
}

struct Context;

impl Root for Context {
    fn get(&self, name: &str) -> Option<Value> {
        (name == "contact").then(|| Object::new([("name", Value::from("Amina"))]).into())
    }
}

fuzz_target!(|text: &str| {
    let env = Environment::default();
    let template = Template::compile(text, &["contact"]);
    let _ = template.evaluate(&mut Scope::new(&env, &Context, &mut Still));
    let _ = tools::canonicalise(text, &["contact"]);
    let _ = tools::references(text, &["contact"]);
});
