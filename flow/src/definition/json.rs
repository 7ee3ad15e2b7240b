//! JSON whose texts stay where they were read from. A definition is looked at once and then thrown away: copying each
//! of its texts and indexing each of its objects would cost more than everything else that reading it does.
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::{Error, Number, Value};

/// From so many members on an object is searched for doubled names by hashing.
const MANY_MEMBERS: usize = 24;

/// Room for what most lists of a definition hold.
const USUAL_ITEMS: usize = 2;
/// Room for what most objects of a definition hold.
const USUAL_MEMBERS: usize = 6;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'t> {
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'t, str>),
    Array(Vec<Json<'t>>),
    Object(Object<'t>),
}

/// The members of an object in their order; of those with the same name the last one counts, at the place of the
/// first, as in [`serde_json::Map`].
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Object<'t>(Vec<(Cow<'t, str>, Json<'t>)>);

impl<'t> Object<'t> {
    fn new(mut members: Vec<(Cow<'t, str>, Json<'t>)>) -> Self {
        if members.len() < MANY_MEMBERS {
            let mut at = 1;
            while at < members.len() {
                match members[..at].iter().position(|(name, _)| *name == members[at].0) {
                    Some(first) => members[first].1 = members.remove(at).1,
                    None => at += 1,
                }
            }
            return Self(members);
        }
        let mut firsts: HashMap<Cow<'t, str>, usize> = HashMap::with_capacity(members.len());
        let mut kept: Vec<(Cow<'t, str>, Json<'t>)> = Vec::with_capacity(members.len());
        for (name, value) in members {
            match firsts.get(&name) {
                Some(first) => kept[*first].1 = value,
                None => {
                    firsts.insert(name.clone(), kept.len());
                    kept.push((name, value));
                }
            }
        }
        Self(kept)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Json<'t>> {
        self.0.iter().find(|(held, _)| held == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json<'t>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

impl<'t> Json<'t> {
    /// Reads a text.
    pub(crate) fn parse(text: &'t [u8]) -> Result<Self, Error> {
        // one look at all bytes is cheaper than one at each text
        match std::str::from_utf8(text) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(text),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Object<'t>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// As a value that owns its texts and can be changed.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(number) => Value::Number(number.clone()),
            Self::String(text) => Value::String(text.to_string()),
            Self::Array(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Object(members) => Value::Object(
                members.0.iter().map(|(name, value)| (name.to_string(), value.to_value())).collect(),
            ),
        }
    }
}

impl<'t> From<&'t Value> for Json<'t> {
    fn from(value: &'t Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::String(text.as_str().into()),
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(Object(
                members.iter().map(|(name, value)| (name.as_str().into(), Self::from(value))).collect(),
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

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

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut out = Vec::with_capacity(USUAL_ITEMS);
        while let Some(item) = items.next_element()? {
            out.push(item);
        }
        Ok(Json::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut out = Vec::with_capacity(USUAL_MEMBERS);
        while let Some(name) = members.next_key_seed(NameSeed)? {
            out.push((name, members.next_value()?));
        }
        Ok(Json::Object(Object::new(out)))
    }
}

/// A member's name, borrowed where it has no escapes.
struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
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
            Json::String(text) => visitor.visit_enum((&**text).into_deserializer()),
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
            let read = Json::parse(text.as_bytes()).unwrap();
            assert_eq!(read.to_value(), value, "{text}");
            assert_eq!(Json::from(&value), read, "{text}");
        }
        for text in ["", "{", "{\"a\"}", "[1,]", "\"\u{1}\"", &"[".repeat(200)] {
            assert!(Json::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Json::parse(b"\"\xff\"").is_err());
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
            let view = Json::from(&json);
            let ours = Thing::deserialize(&view).map_err(|error| error.to_string());
            let theirs = Thing::deserialize(&json).map_err(|error| error.to_string());
            assert_eq!(ours, theirs, "{json}");
        }
    }
}
