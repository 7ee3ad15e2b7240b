//! Compares two JSON values, with generated ids and times left out and to the last digit.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value as Json};

use crate::{Outcome, Strict};

static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[1-7][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").unwrap()
});
static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)").unwrap());

fn texts(value: &Json, each: &mut dyn FnMut(&str)) {
    match value {
        Json::String(text) => each(text),
        Json::Array(items) => items.iter().for_each(|item| texts(item, each)),
        Json::Object(map) => map.iter().for_each(|(key, item)| {
            each(key);
            texts(item, each);
        }),
        _ => {}
    }
}

/// The server of the reference's own tests, which stands for localhost at another port in each run.
static SERVER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"http://127\.0\.0\.1:\d+").unwrap());

/// Replaces generated ids by their order of appearance and all times by one word.
pub struct Normaliser {
    kept: BTreeSet<String>,
    seen: BTreeMap<String, usize>,
}

impl Normaliser {
    /// What stands in the inputs is not generated.
    pub fn new(inputs: &Json) -> Self {
        let mut kept = BTreeSet::new();
        texts(inputs, &mut |text| kept.extend(ID.find_iter(text).map(|found| found.as_str().to_owned())));
        Self { kept, seen: BTreeMap::new() }
    }

    fn text(&mut self, text: &str) -> String {
        let replaced = ID.replace_all(text, |found: &regex::Captures<'_>| {
            let id = found[0].to_owned();
            if self.kept.contains(&id) {
                return id;
            }
            let next = self.seen.len();
            format!("uuid:{}", self.seen.entry(id).or_insert(next))
        });
        let replaced = TIME.replace_all(&replaced, "time");
        SERVER.replace_all(&replaced, "http://localhost").into_owned()
    }

    pub fn value(&mut self, value: &Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => Json::Array(items.iter().map(|item| self.value(item)).collect()),
            Json::Object(map) => {
                let sorted: BTreeMap<&String, &Json> = map.iter().collect();
                let normal = sorted.into_iter().map(|(key, item)| {
                    let item = if key == "elapsed_ms" { "elapsed".into() } else { self.value(item) };
                    (self.text(key), item)
                });
                Json::Object(normal.collect::<Map<_, _>>())
            }
            Json::Number(number) => match number.as_f64() {
                Some(real) => Json::from(real),
                None => value.clone(),
            },
            other => other.clone(),
        }
    }
}

/// The first place where two values differ.
pub fn difference(expected: &Json, found: &Json, place: &str) -> Option<String> {
    match (expected, found) {
        (Json::Object(a), Json::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => difference(a, b, &format!("{place}.{key}")),
                (Some(a), None) => Some(format!("{place}.{key}: missing {}", short(a))),
                (None, Some(b)) => Some(format!("{place}.{key}: unexpected {}", short(b))),
                (None, None) => None,
            })
        }
        (Json::Array(a), Json::Array(b)) => {
            let within = a.iter().zip(b).enumerate();
            let differing =
                within.into_iter().find_map(|(at, (a, b))| difference(a, b, &format!("{place}[{at}]")));
            differing.or_else(|| {
                let more = a.get(b.len()).map(|item| format!("missing {}", short(item)));
                let more = more.or_else(|| b.get(a.len()).map(|item| format!("unexpected {}", short(item))));
                more.map(|more| format!("{place}: {} items, not {}; {more}", b.len(), a.len()))
            })
        }
        (a, b) if a == b => None,
        (a, b) => Some(format!("{place}: {} instead of {}", short(b), short(a))),
    }
}

fn short(value: &Json) -> String {
    let text = value.to_string();
    if text.chars().count() > 300 { text.chars().take(300).collect::<String>() + "..." } else { text }
}

/// Compares both ways.
pub fn compare(expected: &Json, found: &Json, inputs: &Json) -> Outcome {
    let normal = |value: &Json| Normaliser::new(inputs).value(value);
    match difference(&normal(expected), &normal(found), "") {
        Some(difference) => Err(difference),
        None => {
            let plain = |value: &Json| floats(value);
            let differs = difference(&plain(expected), &plain(found), "");
            Ok(Strict(differs.is_none()))
        }
    }
}

/// 1 and 1.0 are the same number.
fn floats(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(floats).collect(),
        Json::Object(map) => {
            Json::Object(map.iter().map(|(key, item)| (key.clone(), floats(item))).collect())
        }
        Json::Number(number) => number.as_f64().map_or_else(|| value.clone(), Json::from),
        other => other.clone(),
    }
}
