//! The recorded cases and their typed values.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use flow::env::Environment;
use flow::excellent::{Decimal, Object, Properties, Root, Value};
use flow::text::locations::{Hierarchy, Place};
use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

/// One recorded case.
pub struct Case {
    /// The family and a checksum of the case: stays the same whatever other cases lie beside it.
    pub id: String,
    pub json: Json,
}

impl Case {
    /// The operation's name, for families of calls.
    pub fn operation(&self) -> &str {
        self.json["op"].as_str().unwrap_or_default()
    }

    /// The arguments of a call.
    pub fn argument(&self, at: usize) -> &Json {
        &self.json["args"][at]
    }

    /// An argument that is a text (empty when it is null).
    pub fn text(&self, at: usize) -> &str {
        self.argument(at).as_str().unwrap_or_default()
    }
}

/// A family's cases, with the contexts they name.
pub struct Data {
    pub cases: Vec<Case>,
    pub file: Json,
    named: Json,
    places: Option<Hierarchy>,
}

impl Data {
    pub fn load(folder: &Path, family: &str) -> Self {
        let mut file: Json = super::read(&folder.join("tables").join(format!("{family}.json")));
        let named: Json = super::read(&folder.join("contexts.json"));
        let fixtures: Json = super::read(&folder.join("fixtures.json"));
        let cases = file["cases"].take().as_array().cloned().unwrap_or_default();
        let cases = cases.into_iter().map(|json| Case { id: crate::id_of(family, &json), json }).collect();
        let country = [&file["locations"], &fixtures["fixture"]["assets"]["locations"]]
            .into_iter()
            .filter_map(Json::as_array)
            .find_map(|places| places.first().cloned());
        let country = country.or_else(|| file.get("hierarchy").cloned());
        let places =
            country.map(|country| Hierarchy::new(&serde_json::from_value::<Place>(country).unwrap()));
        Self { cases, file, named, places }
    }

    pub fn places(&self) -> &Hierarchy {
        self.places.as_ref().unwrap()
    }

    /// The environment of a case: its name, or what differs from the default.
    pub fn environment(&self, json: &Json) -> Environment {
        let json = match json.as_str() {
            Some(name) => &self.named[name]["env"],
            None => json,
        };
        if json.is_null() {
            return Environment::default();
        }
        serde_json::from_value(json.clone()).unwrap_or_else(|e| panic!("{json}: {e}"))
    }

    /// The context of a case: its name, or the values themselves.
    pub fn root(&self, json: &Json) -> FixtureRoot<'_> {
        let context = match json.as_str() {
            Some(name) if !self.file["contexts"][name].is_null() => &self.file["contexts"][name],
            Some(name) => &self.named[name]["context"],
            None => json,
        };
        let fixture = Fixture::new(context.as_object().unwrap_or(&serde_json::Map::new()));
        let mut prompts = BTreeMap::new();
        for (name, text) in self.file["llm_prompts"].as_object().unwrap_or(&serde_json::Map::new()) {
            prompts.insert(name.clone(), text.as_str().unwrap_or_default().to_owned());
        }
        prompts.entry("categorize".to_owned()).or_insert_with(|| {
            "Categorize the following text into one of the following: {{ .arg1 }}".to_owned()
        });
        FixtureRoot { fixture, prompts, places: self.places.as_ref() }
    }
}

/// A recorded context as the root of expressions.
pub struct FixtureRoot<'a> {
    fixture: Fixture,
    prompts: BTreeMap<String, String>,
    places: Option<&'a Hierarchy>,
}

impl FixtureRoot<'_> {
    pub fn top_levels(&self) -> Vec<String> {
        self.fixture.values.keys().cloned().collect()
    }
}

impl Root for FixtureRoot<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.fixture.get(name)
    }
    fn deprecation(&self, name: &str) -> Option<Arc<str>> {
        self.fixture.deprecation(name)
    }
    fn locations(&self) -> Option<&Hierarchy> {
        self.places
    }
    fn prompt(&self, name: &str) -> Option<String> {
        self.prompts.get(name).cloned()
    }
}

struct Fixture {
    /// By name in lower case, with the name as it is written.
    values: BTreeMap<String, (Arc<str>, Value)>,
    default: Option<Value>,
    deprecations: BTreeMap<String, Arc<str>>,
}

impl Fixture {
    fn new(json: &serde_json::Map<String, Json>) -> Self {
        let mut fixture = Self { values: BTreeMap::new(), default: None, deprecations: BTreeMap::new() };
        for (key, json) in json {
            let json = match json["$deprecated"].as_str() {
                Some(message) => {
                    fixture.deprecations.insert(key.to_lowercase(), message.into());
                    &json["value"]
                }
                None => json,
            };
            if key == "__default__" {
                fixture.default = Some(value(json));
            } else {
                fixture.values.insert(key.to_lowercase(), (key.as_str().into(), value(json)));
            }
        }
        fixture
    }
}

impl Properties for Fixture {
    fn get(&self, key: &str) -> Option<Value> {
        self.values.get(&key.to_lowercase()).map(|(_, value)| value.clone())
    }
    fn keys(&self) -> Vec<Arc<str>> {
        let mut keys: Vec<Arc<str>> = self.values.values().map(|(key, _)| key.clone()).collect();
        keys.sort();
        keys
    }
    fn default_value(&self) -> Option<Value> {
        self.default.clone()
    }
    fn deprecation(&self, key: &str) -> Option<Arc<str>> {
        self.deprecations.get(&key.to_lowercase()).cloned()
    }
}

/// The value that a typed JSON stands for.
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => Value::Number(number.to_string().parse().unwrap()),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::array(items.iter().map(value)),
        Json::Object(properties) => match properties.iter().next() {
            Some((key, inner)) if key.starts_with('$') || properties.contains_key("$datetime") => {
                tagged(key, inner, properties)
            }
            _ => Object::lazy(Fixture::new(properties)).into(),
        },
    }
}

fn tagged(key: &str, inner: &Json, all: &serde_json::Map<String, Json>) -> Value {
    let text = inner.as_str().unwrap_or_default();
    match key {
        "$number" => Value::Number(text.parse().unwrap_or_else(|_| scientific(text))),
        "$date" => Value::Date(text.parse().unwrap()),
        "$time" => Value::Time(text.parse().unwrap()),
        "$error" => Value::error(text),
        "$function" => function(text),
        _ => Value::datetime(moment(&all["$datetime"], &all["zone"])),
    }
}

fn scientific(text: &str) -> Decimal {
    panic!("not a number of ours: {text}")
}

/// A function by name: what an expression that is only the name gives.
fn function(name: &str) -> Value {
    struct Nothing;
    impl Root for Nothing {
        fn get(&self, _: &str) -> Option<Value> {
            None
        }
    }
    let env = Environment::default();
    let mut source = super::source::Mocked::new(None, 0);
    let mut scope = flow::excellent::Scope::new(&env, &Nothing, &mut source);
    flow::excellent::Template::compile(&format!("@({name})"), &[]).evaluate_value(&mut scope).0
}

fn moment(text: &Json, zone: &Json) -> Zoned {
    let text = text.as_str().unwrap();
    let at: jiff::Timestamp = text.parse().unwrap();
    let zone = match zone.as_str().unwrap_or_default() {
        "UTC" | "Local" => TimeZone::UTC,
        "" | "MST" => {
            let offset = text.get(text.len() - 6..).filter(|o| o.starts_with(['+', '-'])).unwrap_or("+00:00");
            let (hours, minutes) = offset[1..].split_once(':').unwrap();
            let seconds = hours.parse::<i32>().unwrap() * 3600 + minutes.parse::<i32>().unwrap() * 60;
            let sign = if offset.starts_with('-') { -1 } else { 1 };
            TimeZone::fixed(jiff::tz::Offset::from_seconds(sign * seconds).unwrap())
        }
        name => flow::text::zone(name).unwrap(),
    };
    at.to_zoned(zone)
}

/// A value as typed JSON, to be compared with [`normal`].
pub fn typed(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(truth) => json!(truth),
        Value::Number(number) => json!({"$number": number.to_string()}),
        Value::Text(text) => json!(text),
        Value::Date(date) => json!({"$date": date.to_string()}),
        Value::Time(time) => json!({"$time": format!("{time:.9}")}),
        Value::DateTime(moment) => {
            let zone = flow::env::zone_name(moment.time_zone());
            json!({"$datetime": format!("{:.9} {}", moment.datetime(), moment.offset()), "zone": zone})
        }
        Value::Array(items) => Json::Array(items.iter().map(typed).collect()),
        Value::Object(object) => {
            let entries = object.entries();
            let mut properties: serde_json::Map<String, Json> =
                entries.iter().map(|(key, value)| (key.to_string(), typed(value))).collect();
            if let Some(default) = object.default_value() {
                properties.insert("__default__".to_owned(), typed(&default));
            }
            Json::Object(properties)
        }
        Value::Function(function) => json!({"$function": function.name()}),
        Value::Error(error) => json!({"$error": error.to_string()}),
    }
}

/// Typed JSON as recorded, written the way [`typed`] writes it.
pub fn normal(json: &Json) -> Json {
    typed(&value(json))
}

/// Compares, and says how they differ.
pub fn same<T: PartialEq + std::fmt::Debug>(got: T, expect: T) -> super::Outcome {
    if got == expect { Ok(()) } else { Err(format!("got {got:?}, expected {expect:?}")) }
}

/// Compares the outcome of a call with `expect` or `error` of the case.
pub fn outcome(case: &Case, got: Result<Json, String>) -> super::Outcome {
    let expect = match case.json["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(case.json["expect"].clone()),
    };
    same(got, expect).map_err(|how| format!("{} {}: {how}", case.operation(), case.json["args"]))
}
