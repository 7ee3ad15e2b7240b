//! Reads one JSON object of a definition and collects everything that is wrong with it, each with the place.
use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;
use uuid::Uuid;

use super::Text;
use super::json::{Json, Object};
use crate::refs::{FieldRef, FlowRef, Ref};

/// The longest name of anything that is pointed at, in characters.
const MAX_REF_NAME_CHARS: usize = 64;
/// The longest name of a result, in characters.
pub(crate) const MAX_RESULT_NAME_CHARS: usize = 64;

/// A pointer that is either fixed or found by an evaluated name (groups and labels) or e-mail (users).
#[derive(Debug, Clone)]
pub enum Pointer {
    Fixed(Ref),
    Named(Text),
}

/// The name that a result is saved under.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultName {
    pub name: SmolStr,
    /// The name as expressions write it.
    pub key: SmolStr,
}

impl ResultName {
    /// A result of that name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), key: crate::text::snakify(name).into() }
    }

    /// Whether nothing is saved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_empty()
    }
}

/// One object being read.
pub(crate) struct Reader<'v, 'p> {
    map: Object<'v>,
    place: Place<'p>,
    problems: &'p mut Vec<String>,
}

/// Where an object stands in the one that is being read; written out only when something is wrong there.
#[derive(Clone, Copy)]
enum Place<'p> {
    Top,
    Member(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, &'p str, usize),
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Member(outer, key) => write!(f, "{outer}{key}."),
            Self::Item(outer, key, at) => write!(f, "{outer}{key}[{at}]."),
        }
    }
}

impl<'v, 'p> Reader<'v, 'p> {
    pub(crate) fn new(map: Object<'v>, problems: &'p mut Vec<String>) -> Self {
        Self { map, place: Place::Top, problems }
    }

    /// Notes a problem with a field: `field 'place' says`.
    pub(crate) fn wrong(&mut self, key: &str, says: &str) {
        self.problems.push(format!("field '{}{key}' {says}", self.place));
    }

    /// Notes a problem that is not about one field.
    pub(crate) fn complain(&mut self, text: String) {
        self.problems.push(text);
    }

    /// The raw value, `None` when absent or `null`.
    pub(crate) fn get(&self, key: &str) -> Option<&'v Json<'v>> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// An optional text.
    pub(crate) fn text(&mut self, key: &str) -> &'v str {
        match self.get(key) {
            None => "",
            Some(Json::String(text)) => text,
            Some(_) => {
                self.wrong(key, "must be text");
                ""
            }
        }
    }

    /// A text that must be there and not empty.
    pub(crate) fn required(&mut self, key: &str) -> &'v str {
        let problems = self.problems.len();
        let text = self.text(key);
        if text.is_empty() && self.problems.len() == problems {
            self.wrong(key, "is required");
        }
        text
    }

    /// Checks a text's length in characters.
    pub(crate) fn at_most(&mut self, key: &str, text: &str, max_chars: usize) {
        if text.len() > max_chars && text.chars().count() > max_chars {
            self.wrong(key, &format!("must be less than or equal to {max_chars}"));
        }
    }

    pub(crate) fn required_uuid(&mut self, key: &str) -> Uuid {
        let text = self.required(key);
        if text.is_empty() { Uuid::nil() } else { self.parsed_uuid(key, text) }
    }

    pub(crate) fn uuid(&mut self, key: &str) -> Option<Uuid> {
        let text = self.text(key);
        if text.is_empty() { None } else { Some(self.parsed_uuid(key, text)) }
    }

    fn parsed_uuid(&mut self, key: &str, text: &str) -> Uuid {
        text.parse().unwrap_or_else(|_| {
            self.wrong(key, "must be a valid UUID");
            Uuid::nil()
        })
    }

    pub(crate) fn flag(&mut self, key: &str) -> bool {
        match self.get(key) {
            None => false,
            Some(Json::Bool(flag)) => *flag,
            Some(_) => {
                self.wrong(key, "must be true or false");
                false
            }
        }
    }

    pub(crate) fn number(&mut self, key: &str) -> Option<u64> {
        let value = self.get(key)?;
        let number = match value {
            Json::Number(number) => {
                number.as_u64().or_else(|| number.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64))
            }
            _ => None,
        };
        if number.is_none() {
            self.wrong(key, "must be a number");
        }
        number
    }

    pub(crate) fn list(&mut self, key: &str) -> &'v [Json<'v>] {
        match self.get(key) {
            None => &[],
            Some(Json::Array(items)) => items,
            Some(_) => {
                self.wrong(key, "must be a list");
                &[]
            }
        }
    }

    /// A list with a largest number of items.
    pub(crate) fn list_at_most(&mut self, key: &str, max_items: usize) -> &'v [Json<'v>] {
        let items = self.list(key);
        if items.len() > max_items {
            self.wrong(key, &format!("must have a maximum of {max_items} items"));
        }
        items
    }

    /// A list of texts that may hold expressions.
    pub(crate) fn texts(&mut self, key: &str) -> Vec<Text> {
        self.list(key).iter().filter_map(Json::as_str).map(Text::new).collect()
    }

    /// An optional text that may hold expressions.
    pub(crate) fn template(&mut self, key: &str) -> Text {
        Text::new(self.text(key))
    }

    /// Texts by name; values that are no texts are left out.
    pub(crate) fn text_map(&mut self, key: &str) -> BTreeMap<String, String> {
        match self.get(key) {
            Some(Json::Object(map)) => map
                .iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned())))
                .collect(),
            None => BTreeMap::new(),
            Some(_) => {
                self.wrong(key, "must be an object");
                BTreeMap::new()
            }
        }
    }

    /// A nested object.
    pub(crate) fn object<'r>(&'r mut self, key: &'r str) -> Option<Reader<'v, 'r>> {
        match self.get(key)? {
            Json::Object(map) => {
                Some(Reader { map: *map, place: Place::Member(&self.place, key), problems: self.problems })
            }
            _ => {
                self.wrong(key, "must be an object");
                None
            }
        }
    }

    /// The objects of a list; an item that is none is a problem.
    pub(crate) fn each<T>(&mut self, key: &str, mut read: impl FnMut(&mut Reader<'v, '_>) -> T) -> Vec<T> {
        let items = self.list(key);
        let mut out = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let Json::Object(map) = item else {
                self.wrong(&format!("{key}[{at}]"), "is required");
                continue;
            };
            let place = Place::Item(&self.place, key, at);
            out.push(read(&mut Reader { map: *map, place, problems: self.problems }));
        }
        out
    }

    /// A pointer by uuid and name.
    pub(crate) fn reference(&mut self) -> Ref {
        let uuid = self.required_uuid("uuid");
        let name = self.text("name");
        self.at_most("name", name, MAX_REF_NAME_CHARS);
        Ref::new(uuid, name)
    }

    pub(crate) fn optional_ref(&mut self, key: &str) -> Option<Ref> {
        self.object(key).map(|mut r| r.reference())
    }

    pub(crate) fn required_ref(&mut self, key: &str) -> Ref {
        if self.get(key).is_none() {
            self.wrong(key, "is required");
        }
        self.optional_ref(key).unwrap_or_else(|| Ref::new(Uuid::nil(), ""))
    }

    pub(crate) fn required_flow(&mut self, key: &str) -> FlowRef {
        let Ref { uuid, name } = self.required_ref(key);
        FlowRef { uuid, name, revision: 0 }
    }

    pub(crate) fn required_field(&mut self, key: &str) -> FieldRef {
        if self.get(key).is_none() {
            self.wrong(key, "is required");
        }
        match self.object(key) {
            Some(mut r) => FieldRef { key: r.required("key").into(), name: r.text("name").into() },
            None => FieldRef { key: Arc::from(""), name: Arc::from("") },
        }
    }

    pub(crate) fn refs(&mut self, key: &str) -> Vec<Ref> {
        self.each(key, |r| r.reference())
    }

    /// Fixed or named pointers.
    pub(crate) fn pointers(&mut self, key: &str) -> Vec<Pointer> {
        self.each(key, |r| r.pointer("name_match"))
    }

    pub(crate) fn pointer(&mut self, by: &str) -> Pointer {
        let named = self.text(by);
        if named.is_empty() { Pointer::Fixed(self.reference()) } else { Pointer::Named(Text::new(named)) }
    }

    /// The name of a result that an action saves; empty when it saves none.
    pub(crate) fn result_name(&mut self, required: bool) -> ResultName {
        let key = if required { "name" } else { "result_name" };
        let name = if required { self.required(key) } else { self.text(key) };
        let starts_well = name.chars().next().is_none_or(char::is_alphanumeric);
        if !name.is_empty() && (name.chars().count() > MAX_RESULT_NAME_CHARS || !starts_well) {
            self.wrong(key, "is not a valid result name");
        }
        ResultName::new(name)
    }
}
