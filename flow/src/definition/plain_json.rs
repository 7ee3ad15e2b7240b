//! Reads JSON as definitions are written, several times quicker than a reader that knows every type. What is unusual
//! or wrong it leaves to the general one, which then also says what is wrong: nothing is accepted here that is not
//! accepted there, and every value is the same.
use serde_json::Value;

use super::json::{Arena, Json, Member, without_doubles};

/// How deep lists may lie in each other: as deep as the general reader goes.
const MAX_DEPTH: usize = 127;
/// So many digits fit into a number.
const MAX_DIGITS: usize = 18;
/// What most texts need of what is still open.
const USUAL_OPEN: usize = 64;

/// The value of a whole text; `None` where the general reader has to look.
pub(super) fn read<'t>(text: &'t str, arena: &'t Arena) -> Option<Json<'t>> {
    let (items, members) = (Vec::with_capacity(USUAL_OPEN), Vec::with_capacity(USUAL_OPEN));
    let mut reader = Reader { text, at: 0, depth: 0, arena, items, members };
    let value = reader.value()?;
    (reader.next_letter().is_none() && reader.at == text.len()).then_some(value)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    arena: &'t Arena,
    /// The items and members of lists that are still open, the innermost last.
    items: Vec<Json<'t>>,
    members: Vec<Member<'t>>,
}

impl<'t> Reader<'t> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no blank space.
    fn next_letter(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while let Some(&byte) = bytes.get(at) {
            if byte > b' ' {
                self.at = at;
                return Some(byte);
            }
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return None;
            }
            at += 1;
        }
        self.at = at;
        None
    }

    fn value(&mut self) -> Option<Json<'t>> {
        match self.next_letter()? {
            b'"' => Some(Json::String(self.string()?)),
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Json<'t>) -> Option<Json<'t>> {
        let is_it = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        is_it.then_some(value)
    }

    /// A list of either kind, its first bracket not yet read.
    fn nested(&mut self, list: fn(&mut Self) -> Option<Json<'t>>) -> Option<Json<'t>> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.at += 1;
        self.depth += 1;
        let value = list(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Option<Json<'t>> {
        let from = self.items.len();
        if self.next_letter()? == b']' {
            self.at += 1;
            return Some(Json::Array(&[]));
        }
        loop {
            let item = self.value()?;
            self.items.push(item);
            if self.ends_with(b']')? {
                return Some(Json::Array(self.arena.list(self.items.drain(from..))));
            }
        }
    }

    fn object(&mut self) -> Option<Json<'t>> {
        let from = self.members.len();
        if self.next_letter()? == b'}' {
            self.at += 1;
            return Some(Json::object(&[]));
        }
        loop {
            if self.next_letter()? != b'"' {
                return None;
            }
            let name = self.string()?;
            if self.next_letter()? != b':' {
                return None;
            }
            self.at += 1;
            let value = self.value()?;
            self.members.push((name, value));
            if self.ends_with(b'}')? {
                without_doubles(&mut self.members, from);
                return Some(Json::object(self.arena.list(self.members.drain(from..))));
            }
        }
    }

    /// Reads a comma or the closing bracket; gives whether it was this one.
    fn ends_with(&mut self, bracket: u8) -> Option<bool> {
        let letter = self.next_letter()?;
        self.at += 1;
        if letter == bracket { Some(true) } else { (letter == b',').then_some(false) }
    }

    /// A text, its first quote not yet read.
    fn string(&mut self) -> Option<&'t str> {
        let from = self.at + 1;
        self.at = plain_end(self.text.as_bytes(), from)?;
        if self.byte()? != b'"' {
            return self.escaped(from);
        }
        let text = self.text.get(from..self.at)?;
        self.at += 1;
        Some(text)
    }

    /// A text in which something stands behind a backslash.
    fn escaped(&mut self, mut from: usize) -> Option<&'t str> {
        let mut out = String::new();
        loop {
            out.push_str(self.text.get(from..self.at)?);
            match self.byte()? {
                b'"' => break,
                b'\\' => {}
                _ => return None,
            }
            self.at += 2;
            out.push(match self.text.as_bytes().get(self.at - 1)? {
                b'"' => '"',
                b'\\' => '\\',
                b'/' => '/',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'u' => {
                    let digits = self.text.get(self.at..self.at + 4)?;
                    self.at += 4;
                    let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                    // halves of pairs are no letters: the general reader joins them
                    char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| plain)?)?
                }
                _ => return None,
            });
            from = self.at;
            self.at = plain_end(self.text.as_bytes(), from)?;
        }
        self.at += 1;
        Some(self.arena.text(&out))
    }

    fn number(&mut self) -> Option<Json<'t>> {
        let from = self.at;
        while self.byte().is_some_and(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        let text = self.text.get(from..self.at)?;
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let plain = (1..=MAX_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if plain && !digits.starts_with('0') {
            let number = digits.bytes().fold(0_i64, |number, digit| number * 10 + i64::from(digit - b'0'));
            return Some(Json::Number(if negative { (-number).into() } else { number.into() }));
        }
        match serde_json::from_str(text) {
            Ok(Value::Number(number)) => Some(Json::Number(number)),
            _ => None,
        }
    }
}

/// Where from there the first quote, backslash or control character is.
fn plain_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // eight bytes at once: the high bit of each that is looked for, exact up to the first of them
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*chunk);
        let is_byte = |byte: u8| {
            let differs = word ^ (ONES * u64::from(byte));
            differs.wrapping_sub(ONES) & !differs
        };
        let is_control = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (is_byte(b'"') | is_byte(b'\\') | is_control) & HIGH;
        if found != 0 {
            return Some(at + (found.trailing_zeros() / u8::BITS) as usize);
        }
        at += chunk.len();
    }
    let rest = bytes.get(at..)?;
    Some(at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Number;

    use super::*;

    /// What is read here must be what the general reader reads.
    fn agrees(text: &str) -> bool {
        let arena = Arena::default();
        let quick = read(text, &arena);
        if let Some(quick) = &quick {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(quick.to_value(), value, "{text}");
        }
        quick.is_some()
    }

    #[test]
    fn usual_texts_are_read_and_the_rest_is_left() {
        for text in [
            r#" { "a" : [1, -2, 0, 2.5, 1e3, true, false, null, "x\ny\u00e9\/"] , "b": {"c": {}}, "é": [] } "#,
            r#"{"a": 1, "b": 2, "a": {"c": 3}}"#,
            "\"Sí, 🙂 a longer text than eight bytes\"",
            "-9999999999999999999",
            "[[],{}]",
        ] {
            assert!(agrees(text), "{text}");
        }
        for text in [
            "",
            " ",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "[1,]",
            "[1 2]",
            "{\"a\":1,}",
            "tru",
            "nul",
            "01",
            "-",
            "1.",
            "+1",
            "1-2",
            "\"a",
            "\"\u{1}\"",
            "\"\\",
            "\"\\x\"",
            "\"\\u00\"",
            "\"\\u+123\"",
            "\"\\ud83d\\ude42\"",
            "[] []",
            "{1:2}",
            "a",
        ] {
            assert!(!agrees(text), "{text}");
        }
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(agrees(&deep(MAX_DEPTH)));
        assert!(!agrees(&deep(MAX_DEPTH + 1)));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            let members = prop::collection::vec((any::<String>(), inner.clone()), 0..8);
            prop_oneof![
                prop::collection::vec(inner, 0..8).prop_map(Value::from),
                members.prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_again(value in json()) {
            prop_assert!(agrees(&value.to_string()));
            agrees(&serde_json::to_string_pretty(&value).unwrap_or_default());
        }

        #[test]
        fn damage_is_never_taken_for_something_else(value in json(), at in any::<prop::sample::Index>(), byte in 0_u8..128) {
            let mut text = value.to_string().into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            if let Ok(text) = std::str::from_utf8(&text) {
                agrees(text);
            }
        }
    }
}
