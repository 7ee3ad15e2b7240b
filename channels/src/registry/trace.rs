//! What fields a settings type has, found by letting serde read it from nothing: so the set-up form and the type that
//! reads it cannot disagree.
use serde::de::value::{Error, MapAccessDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::FieldKind;

/// One field of a type.
#[derive(Debug, Clone)]
pub(crate) struct Traced {
    pub(crate) key: &'static str,
    pub(crate) kind: FieldKind,
    pub(crate) choices: &'static [&'static str],
    pub(crate) required: bool,
}

/// A number that fits wherever settings have one.
pub(super) const STAND_IN_NUMBER: u64 = 100;
/// A text that fits wherever settings have one.
pub(super) const STAND_IN: &str = "https://example.org/1";

/// The fields of a type, in the order in which it names them.
pub(crate) fn fields<'de, T: Deserialize<'de>>() -> Vec<Traced> {
    let read = |without: Option<usize>, found: &mut Vec<Traced>| T::deserialize(Tracer { without, found });
    let mut found = Vec::new();
    // What goes wrong here is seen by the test that fills the form in.
    let _ = read(None, &mut found);
    for i in 0..found.len() {
        let required = read(Some(i), &mut Vec::new()).is_err();
        if let Some(field) = found.get_mut(i) {
            field.required = required;
        }
    }
    found
}

/// Answers a type's questions with stand-ins, all of its fields but one, and writes down what it asked.
struct Tracer<'f> {
    without: Option<usize>,
    found: &'f mut Vec<Traced>,
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(Fields { keys: fields, next: 0, tracer: self })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Fields<'f> {
    keys: &'static [&'static str],
    next: usize,
    tracer: Tracer<'f>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.tracer.without == Some(self.next) {
            self.next += 1;
        }
        let Some(key) = self.keys.get(self.next) else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let key = self.keys.get(self.next).copied().unwrap_or("");
        self.next += 1;
        let mut kind = if key.ends_with("_url") { FieldKind::Url } else { FieldKind::Text };
        let mut choices: &[&str] = &[];
        let value = seed.deserialize(Value { kind: &mut kind, choices: &mut choices })?;
        self.tracer.found.push(Traced { key, kind, choices, required: false });
        Ok(value)
    }
}

/// One field's value.
struct Value<'k> {
    kind: &'k mut FieldKind,
    choices: &'k mut &'static [&'static str],
}

impl Value<'_> {
    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.kind = FieldKind::Number;
        visitor.visit_u64(STAND_IN_NUMBER)
    }
}

macro_rules! numbers {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.number(visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(STAND_IN)
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_f32 deserialize_f64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.kind = FieldKind::Bool;
        visitor.visit_bool(false)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    /// [`crate::Secret`] says by its name what it is.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == crate::account::SECRET {
            *self.kind = FieldKind::Secret;
        }
        visitor.visit_newtype_struct(StrDeserializer::new(STAND_IN))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.kind = FieldKind::Choice;
        *self.choices = variants;
        visitor.visit_enum(First(variants))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.kind = FieldKind::Table;
        visitor.visit_map(Nothing)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.kind = FieldKind::List;
        SeqDeserializer::new(std::iter::empty::<&str>()).deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.kind = FieldKind::Table;
        MapAccessDeserializer::new(Nothing).deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// A table without entries.
struct Nothing;

impl<'de> MapAccess<'de> for Nothing {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _seed: K) -> Result<Option<K::Value>, Error> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(StrDeserializer::new(""))
    }
}

/// The first word of a choice.
struct First(&'static [&'static str]);

impl<'de> EnumAccess<'de> for First {
    type Error = Error;
    type Variant = Unit;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Unit), Error> {
        let first = self.0.first().copied().unwrap_or("");
        Ok((seed.deserialize(StrDeserializer::new(first))?, Unit))
    }
}

struct Unit;

impl<'de> VariantAccess<'de> for Unit {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(StrDeserializer::new(""))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}
