//! Reads JSON into values, keeping all digits of numbers.
use std::sync::Arc;

use super::decimal::Decimal;
use super::value::{Object, Value};

/// The deepest nesting of JSON that is read.
const MAX_DEPTH: usize = 200;

/// The value that a JSON text stands for; an error value when it is not JSON. Numbers beyond what expressions can
/// hold are errors of their own.
#[must_use]
pub fn parse(text: &str) -> Value {
    let mut reader = Reader { rest: text };
    reader.space();
    match reader.value(0) {
        Some(value) if reader.rest.trim_start_matches(is_space).is_empty() => value,
        _ => Value::error("invalid JSON"),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

const fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches(is_space);
    }

    fn accept(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                self.space();
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let value = match self.rest.bytes().next()? {
            b'{' => return self.object(depth),
            b'[' => return self.array(depth),
            b'"' => Value::from(self.text()?),
            b'-' | b'0'..=b'9' => self.number()?,
            _ if self.accept("true") => return Some(Value::Boolean(true)),
            _ if self.accept("false") => return Some(Value::Boolean(false)),
            _ if self.accept("null") => return Some(Value::Null),
            _ => return None,
        };
        self.space();
        Some(value)
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        let mut properties: Vec<(Arc<str>, Value)> = Vec::new();
        self.accept("{");
        if self.accept("}") {
            return Some(Object::new(properties).into());
        }
        loop {
            let key = self.text()?;
            self.space();
            if !self.accept(":") {
                return None;
            }
            properties.push((key.into(), self.value(depth + 1)?));
            if self.accept("}") {
                return Some(Object::new(properties).into());
            }
            if !self.accept(",") {
                return None;
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        self.accept("[");
        if self.accept("]") {
            return Some(items.into());
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.accept("]") {
                return Some(items.into());
            }
            if !self.accept(",") {
                return None;
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        let inside = self.rest.strip_prefix('"')?;
        let mut escaped = false;
        let end = inside.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })?;
        let quoted = &self.rest[..end + 2];
        self.rest = &self.rest[end + 2..];
        if quoted.contains('\\') || quoted.bytes().any(|b| b < b' ') {
            return serde_json::from_str(quoted).ok();
        }
        Some(inside[..end].to_owned())
    }

    fn number(&mut self) -> Option<Value> {
        let length = self
            .rest
            .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(length);
        // Whether it is a number at all, JSON's own way.
        serde_json::from_str::<&serde_json::value::RawValue>(digits).ok()?;
        self.rest = rest;
        let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
        let number = mantissa
            .parse::<Decimal>()
            .ok()
            .zip(exponent.parse::<i32>().ok())
            .and_then(|(m, e)| Decimal::new(m.mantissa(), m.exponent().checked_add(e)?).ok());
        Some(number.map_or_else(|| Value::error("number value out of range"), Value::Number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_becomes_values_and_json_again() {
        for json in [
            r#"{"a":[1,2.5,-3],"b":{"c":null,"d":true},"e":"x\ny"}"#,
            "[]",
            "{}",
            r#""\"quoted\" \\ é""#,
            "12345678901234567890.12345",
            "null",
        ] {
            assert_eq!(parse(json).to_json(), json);
        }
        assert_eq!(parse(" [ 1e2 , 0.10 ] ").to_json(), "[100,0.1]");
    }

    #[test]
    fn what_is_not_json_is_an_error() {
        for text in ["", "{", "[1,]", "{a:1}", "01", "nul", "\"open", "1 2", "[1}", "\"\\x\""] {
            assert!(parse(text).is_error(), "{text}");
        }
        assert!(parse(&"[".repeat(10_000)).is_error());
    }
}
