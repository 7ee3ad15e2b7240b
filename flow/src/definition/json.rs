//! JSON whose texts stay where they were read from, and whose lists lie in one piece of memory. A definition is looked
//! at once and then thrown away: copying each of its texts, indexing each of its objects and giving back each of its
//! lists would cost more than everything else that reading it does.
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use bumpalo::Bump;
use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::{Error, Number, Value};

use super::plain_json;

/// From so many members on an object is searched for doubled names by hashing.
const MANY_MEMBERS: usize = 24;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'t> {
    Null,
    Bool(bool),
    Number(Number),
    String(&'t str),
    Array(&'t [Json<'t>]),
    Object(Object<'t>),
}

/// The members of an object in their order; of those with the same name the last one counts, at the place of the
/// first, as in [`serde_json::Map`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Object<'t>(&'t [Member<'t>]);

pub(super) type Member<'t> = (&'t str, Json<'t>);

/// Where values are put while they are needed. Texts with escapes, lists and members lie here; dropping it drops all.
#[derive(Default)]
pub(crate) struct Arena(Bump);

impl Arena {
    pub(super) fn text(&self, text: &str) -> &str {
        self.0.alloc_str(text)
    }

    pub(super) fn list<T, I: ExactSizeIterator<Item = T>>(&self, items: I) -> &[T] {
        self.0.alloc_slice_fill_iter(items)
    }
}

impl<'t> Object<'t> {
    pub(crate) fn get(&self, name: &str) -> Option<&'t Json<'t>> {
        self.0.iter().find(|(held, _)| *held == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&'t str, &'t Json<'t>)> + use<'t> {
        self.0.iter().map(|(name, value)| (*name, value))
    }
}

/// Puts the last of several members with the same name into the place of the first.
pub(super) fn without_doubles(members: &mut Vec<Member<'_>>, from: usize) {
    if members.len() - from < MANY_MEMBERS {
        let mut at = from + 1;
        while at < members.len() {
            match members[from..at].iter().position(|(name, _)| *name == members[at].0) {
                Some(first) => members[from + first].1 = members.remove(at).1,
                None => at += 1,
            }
        }
        return;
    }
    let mut firsts = HashMap::with_capacity(members.len() - from);
    let mut kept = from;
    for at in from..members.len() {
        let first = *firsts.entry(members[at].0).or_insert(kept);
        if first == kept {
            kept += 1;
        }
        members.swap(first, at);
    }
    members.truncate(kept);
}

impl<'t> Json<'t> {
    /// Reads a text.
    pub(crate) fn parse(text: &'t [u8], arena: &'t Arena) -> Result<Self, Error> {
        // one look at all bytes is cheaper than one at each text
        let whole = std::str::from_utf8(text).ok();
        if let Some(value) = whole.and_then(|text| plain_json::read(text, arena)) {
            return Ok(value);
        }
        let reading = Reading::new(arena);
        let mut from = serde_json::Deserializer::from_slice(text);
        let value = reading.deserialize(&mut from)?;
        from.end()?;
        Ok(value)
    }

    /// A value that has been read already.
    pub(crate) fn of(value: &'t Value, arena: &'t Arena) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::String(text),
            Value::Array(items) => {
                Self::Array(arena.0.alloc_slice_fill_iter(items.iter().map(|item| Self::of(item, arena))))
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.as_str(), Self::of(value, arena)));
                Self::Object(Object(arena.0.alloc_slice_fill_iter(members)))
            }
        }
    }

    pub(super) fn object(members: &'t [Member<'t>]) -> Self {
        Self::Object(Object(members))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn as_str(&self) -> Option<&'t str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&'t [Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<Object<'t>> {
        match self {
            Self::Object(members) => Some(*members),
            _ => None,
        }
    }

    /// The member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&'t Self> {
        self.as_object()?.get(name)
    }

    /// As a value that owns its texts and can be changed.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(number) => Value::Number(number.clone()),
            Self::String(text) => Value::String((*text).to_owned()),
            Self::Array(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Object(members) => Value::Object(
                members.iter().map(|(name, value)| (name.to_owned(), value.to_value())).collect(),
            ),
        }
    }
}

/// A text being read: the items and members of lists that are still open, the innermost last.
struct Reading<'t> {
    arena: &'t Arena,
    items: RefCell<Vec<Json<'t>>>,
    members: RefCell<Vec<Member<'t>>>,
}

impl<'t> Reading<'t> {
    fn new(arena: &'t Arena) -> Self {
        Self { arena, items: RefCell::default(), members: RefCell::default() }
    }
}

impl<'t> DeserializeSeed<'t> for &Reading<'t> {
    type Value = Json<'t>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for &Reading<'t> {
    type Value = Json<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Self::Value, E> {
        Ok(Json::String(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::String(self.arena.0.alloc_str(text)))
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let from = self.items.borrow().len();
        while let Some(item) = list.next_element_seed(self)? {
            self.items.borrow_mut().push(item);
        }
        let mut items = self.items.borrow_mut();
        Ok(Json::Array(self.arena.0.alloc_slice_fill_iter(items.drain(from..))))
    }

    fn visit_map<A: MapAccess<'t>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let from = self.members.borrow().len();
        while let Some(name) = list.next_key_seed(NameSeed(self.arena))? {
            let value = list.next_value_seed(self)?;
            self.members.borrow_mut().push((name, value));
        }
        let mut members = self.members.borrow_mut();
        without_doubles(&mut members, from);
        Ok(Json::Object(Object(self.arena.0.alloc_slice_fill_iter(members.drain(from..)))))
    }
}

/// A member's name, borrowed where it has no escapes.
struct NameSeed<'t>(&'t Arena);

impl<'t> DeserializeSeed<'t> for NameSeed<'t> {
    type Value = &'t str;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'t> Visitor<'t> for NameSeed<'t> {
    type Value = &'t str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Self::Value, E> {
        Ok(text)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.0.alloc_str(text))
    }
}

impl<'de> IntoDeserializer<'de, Error> for &'de Json<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// What has been read can be read again as whatever type it describes.
impl<'de> Deserializer<'de> for &'de Json<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Json::Null => visitor.visit_unit(),
            Json::Bool(truth) => visitor.visit_bool(*truth),
            Json::Number(number) => number.deserialize_any(visitor),
            Json::String(text) => visitor.visit_borrowed_str(text),
            Json::Array(items) => {
                let mut access = SeqDeserializer::new(items.iter());
                let value = visitor.visit_seq(&mut access)?;
                access.end()?;
                Ok(value)
            }
            Json::Object(members) => {
                let mut access = MapDeserializer::new(members.iter());
                let value = visitor.visit_map(&mut access)?;
                access.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Json::String(text) => visitor.visit_enum((*text).into_deserializer()),
            Json::Object(members) => MapAccessDeserializer::new(MapDeserializer::new(members.iter()))
                .deserialize_enum(name, variants, visitor),
            _ => Err(de::Error::custom("must be text or an object")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_read_as_serde_json_reads_them() {
        let many: Vec<String> = (0..60).map(|n| format!("\"k{}\": {n}", n % 40)).collect();
        for text in [
            r#"{"a": [1, -2, 2.5, true, null, "x\ny"], "b": {"c": {}}, "a\n": "é"}"#.to_owned(),
            r#"{"a": 1, "b": 2, "a": {"c": 3}}"#.to_owned(),
            format!("{{{}}}", many.join(",")),
            "[]".to_owned(),
            "18446744073709551615".to_owned(),
        ] {
            let value: Value = serde_json::from_str(&text).unwrap();
            let arena = Arena::default();
            let read = Json::parse(text.as_bytes(), &arena).unwrap();
            assert_eq!(read.to_value(), value, "{text}");
            assert_eq!(Json::of(&value, &arena), read, "{text}");
        }
        for text in ["", "{", "{\"a\"}", "[1,]", "\"\u{1}\"", &"[".repeat(200)] {
            assert!(Json::parse(text.as_bytes(), &Arena::default()).is_err(), "{text}");
        }
        assert!(Json::parse(b"\"\xff\"", &Arena::default()).is_err());
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Shape {
        Round,
        Sized(u32),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Thing {
        name: String,
        size: Option<f64>,
        #[serde(default)]
        shapes: Vec<Shape>,
        #[serde(default)]
        notes: BTreeMap<String, Value>,
    }

    #[test]
    fn what_has_been_read_is_read_again_as_a_type() {
        for json in [
            json!({"name": "a", "size": 2, "shapes": ["round", {"sized": 3}], "notes": {"x": [1, null]}}),
            json!({"name": "b", "size": null, "more": true}),
            json!({"size": 1}),
            json!({"name": 5}),
            json!({"name": "c", "shapes": ["square"]}),
            json!(["d"]),
        ] {
            let arena = Arena::default();
            let view = Json::of(&json, &arena);
            let ours = Thing::deserialize(&view).map_err(|error| error.to_string());
            let theirs = Thing::deserialize(&json).map_err(|error| error.to_string());
            assert_eq!(ours, theirs, "{json}");
        }
    }
}
