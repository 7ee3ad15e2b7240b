//! Looking into JSON that a stranger sent.
use serde_json::Value;

/// What is at a pointer such as `/text/body`. As `Value::pointer` for pointers without `~`, which makes two copies of
/// every name on the way.
pub(crate) fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut found = value;
    let mut rest = pointer.strip_prefix('/')?;
    loop {
        // Names are short: looking at one byte after another is quicker than any search.
        let end = rest.bytes().position(|byte| byte == b'/');
        let (name, after) = end.map_or((rest, None), |end| (&rest[..end], Some(&rest[end + 1..])));
        found = match found {
            Value::Object(members) => members.get(name)?,
            Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
            _ => return None,
        };
        match after {
            Some(after) => rest = after,
            None => return Some(found),
        }
    }
}

/// The text at a pointer such as `/text/body`.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    at(value, pointer).and_then(Value::as_str)
}

/// The text at a pointer, if it is not empty, as its own.
pub(crate) fn owned(value: &Value, pointer: &str) -> Option<String> {
    text(value, pointer).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The list at a pointer; empty when there is none.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    at(value, pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A number or a text as text: providers write codes and ids both ways.
pub(crate) fn code(value: &Value, pointer: &str) -> Option<String> {
    match at(value, pointer)? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// A whole number, written as number or as text.
pub(crate) fn integer(value: &Value, pointer: &str) -> Option<i64> {
    match at(value, pointer)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A decimal number, written as number or as text.
pub(crate) fn number(value: &Value, pointer: &str) -> Option<f64> {
    let number = match at(value, pointer)? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// The longest word of a provider's that is repeated, in characters.
const MAX_WORD_CHARS: usize = 60;

/// A provider's own word for something, made harmless for logs: lower case, bounded, letters, digits and `_` only.
pub(crate) fn word(text: &str) -> String {
    text.chars()
        .take(MAX_WORD_CHARS)
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect()
}
