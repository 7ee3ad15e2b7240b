//! Texts: case, trimming, parts, replacing, patterns.

use regex::RegexBuilder;
use smol_str::{SmolStr, StrExt};

use crate::excellent::decimal::Decimal;
use crate::excellent::eval::Scope;
use crate::excellent::value::{Error, Value};
use crate::text;

use super::Arity::{Between, Exactly};
use super::Builtin;

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin::new("text", Exactly(1), to_text),
    Builtin::new("upper", Exactly(1), |_, v| map(v, upper)),
    Builtin::new("lower", Exactly(1), |_, v| map(v, lower)),
    Builtin::new("title", Exactly(1), |_, v| map(v, text::title)),
    Builtin::new("clean", Exactly(1), |_, v| map(v, clean)),
    Builtin::new("trim", Between(1, 2), |_, v| trim(v, true, true)),
    Builtin::new("trim_left", Between(1, 2), |_, v| trim(v, true, false)),
    Builtin::new("trim_right", Between(1, 2), |_, v| trim(v, false, true)),
    Builtin::new("text_length", Exactly(1), text_length),
    Builtin::new("text_slice", Between(2, 4), text_slice),
    Builtin::new("text_compare", Exactly(2), text_compare),
    Builtin::new("repeat", Exactly(2), repeat),
    Builtin::new("replace", Between(3, 4), replace),
    Builtin::new("char", Exactly(1), char_of_code),
    Builtin::new("code", Exactly(1), code_of_char),
    Builtin::new("read_chars", Exactly(1), |_, v| map(v, read_chars)),
    Builtin::new("regex_match", Between(2, 3), regex_match),
    Builtin::new("url_encode", Exactly(1), |_, v| map(v, url_encode)),
    Builtin::new("html_decode", Exactly(1), |_, v| map(v, text::html_decode)),
];

type Outcome = Result<Value, Error>;

/// The longest text that `repeat` and `replace` make, in characters (RapidPro's limit).
pub const MAX_TEXT_CHARS: usize = 10_000;
/// The largest compiled pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 1 << 20;

fn map<T: Into<Value>>(values: &[Value], change: impl Fn(&str) -> T) -> Outcome {
    // what is a text already need not be shared first
    match &values[0] {
        Value::Text(text) => Ok(change(text).into()),
        other => Ok(change(&other.to_text()?).into()),
    }
}

/// Most texts are short and in ASCII: these take no memory of their own.
fn upper(text: &str) -> SmolStr {
    if text.is_ascii() { text.to_ascii_uppercase_smolstr() } else { text::upper(text).into() }
}

fn lower(text: &str) -> SmolStr {
    if text.is_ascii() { text.to_ascii_lowercase_smolstr() } else { text::lower(text).into() }
}

/// `text(value)`: anything as text.
fn to_text(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    values[0].to_text().map(Value::Text)
}

/// `clean(text)`: without characters that cannot be printed.
fn clean(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// `trim(text, chars?)`: without these characters (default: blank space) at its ends.
fn trim(values: &[Value], left: bool, right: bool) -> Outcome {
    let text = values[0].to_text()?;
    let cutset = values.get(1).map(Value::to_text).transpose()?.filter(|chars| !chars.is_empty());
    let cut = |letter: char| cutset.as_ref().map_or(letter.is_whitespace(), |chars| chars.contains(letter));
    let mut trimmed: &str = &text;
    if left {
        trimmed = trimmed.trim_start_matches(cut);
    }
    if right {
        trimmed = trimmed.trim_end_matches(cut);
    }
    Ok(trimmed.into())
}

/// `text_length(text)`: in characters.
fn text_length(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    Ok(Value::Number(values[0].to_text()?.chars().count().into()))
}

/// `text_slice(text, start, end?)`: from one character up to another; negative ones count from the end.
fn text_slice(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let start = values[1].to_integer()?;
    let end = values.get(2).map(Value::to_integer).transpose()?;
    let length = text.chars().count();
    let (start, end) = slice_bounds(length, start, end);
    Ok(text.chars().skip(start).take(end.saturating_sub(start)).collect::<String>().into())
}

/// Start and end within a length, negative ones counted from the end.
pub(super) fn slice_bounds(length: usize, start: i64, end: Option<i64>) -> (usize, usize) {
    let within = |at: i64| {
        let at = if at < 0 { at.saturating_add(length as i64) } else { at };
        usize::try_from(at).unwrap_or(0).min(length)
    };
    (within(start), end.map_or(length, within))
}

/// `text_compare(a, b)`: -1, 0 or 1.
fn text_compare(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let order = values[0].to_text()?.cmp(&values[1].to_text()?);
    Ok(Value::Number(Decimal::from(order as i32)))
}

/// `repeat(text, count)`
fn repeat(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let count = values[1].to_integer()?;
    let times = usize::try_from(count)
        .map_err(|_| Error::new(format!("must be called with a positive integer, got {count}")))?;
    match text.chars().count().checked_mul(times) {
        Some(length) if length <= MAX_TEXT_CHARS => Ok(text.repeat(times).into()),
        _ => Err(Error::new(format!("cannot build a string longer than {MAX_TEXT_CHARS} characters"))),
    }
}

/// `replace(text, needle, replacement, count?)`: at most `count` times, all if it is negative.
fn replace(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let (needle, replacement) = (values[1].to_text()?, values[2].to_text()?);
    let count = values.get(3).map_or(Ok(-1), Value::to_integer)?;
    let replaced = match usize::try_from(count) {
        Ok(count) => text.replacen(&*needle, &replacement, count),
        Err(_) => text.replace(&*needle, &replacement),
    };
    Ok(replaced.into())
}

/// `char(code)`: the character of a Unicode code point.
fn char_of_code(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let code = values[0].to_integer()?;
    let letter = u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    Ok(letter.to_string().into())
}

/// `code(text)`: the Unicode code point of the first character.
fn code_of_char(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    match values[0].to_text()?.chars().next() {
        Some(letter) => Ok(Value::Number((letter as u32).into())),
        None => Err(Error::new("requires a string of at least one character")),
    }
}

/// `read_chars(text)`: spaced and grouped such that a voice reads it out well, as phone and card numbers are.
fn read_chars(text: &str) -> String {
    let text = text.trim();
    let letters: Vec<String> = text.strip_prefix('+').unwrap_or(text).chars().map(String::from).collect();
    let groups: Vec<&[String]> = match letters.len() {
        9 => vec![&letters[..3], &letters[3..5], &letters[5..]],
        length if length > 3 && length.is_multiple_of(3) => letters.chunks(3).collect(),
        length if length.is_multiple_of(4) => letters.chunks(4).collect(),
        _ => letters.chunks(1).collect(),
    };
    let groups: Vec<String> = groups.into_iter().map(|group| group.join(" ")).collect();
    groups.join(" , ")
}

/// `regex_match(text, pattern, group?)`: what the first match (or a group of it) is, empty if there is none. Case
/// does not count.
fn regex_match(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let pattern = values[1].to_text()?;
    let group = values.get(2).map_or(Ok(0), Value::to_integer)?;
    let regex = compile_pattern(&pattern)?;
    let group = usize::try_from(group)
        .ok()
        .filter(|group| *group < regex.captures_len())
        .ok_or_else(|| Error::new("invalid regular expression group"))?;
    let found = regex.captures(&text).and_then(|found| found.get(group).map(|m| SmolStr::from(m.as_str())));
    Ok(Value::Text(found.unwrap_or_default()))
}

/// A pattern as authors write them: case does not count, `^` and `$` are at every line.
pub(crate) fn compile_pattern(pattern: &str) -> Result<regex::Regex, Error> {
    RegexBuilder::new(&super::patterns::translated(pattern.trim()))
        .case_insensitive(true)
        .multi_line(true)
        .size_limit(MAX_PATTERN_BYTES)
        .dfa_size_limit(MAX_PATTERN_BYTES)
        .build()
        .map_err(|_| Error::new("must be called with a valid regular expression"))
}

/// `url_encode(text)`: as a part of a URL.
fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn case_and_trimming() {
        check("@(upper(\"groß\")) @(lower(\"ÉCOLE\")) @(title(\"MARÍA josé\"))", "GROß école María José");
        check("@(\"[\" & trim(\" x \") & trim_left(\" y \") & trim_right(\" z \") & \"]\")", "[xy  z]");
        check("@(trim(\"--a-b--\", \"-\"))", "a-b");
        check("@(clean(\"a\tb\nc\"))", "abc");
    }

    #[test]
    fn parts_of_texts() {
        check("@(text_length(\"añb\")) @(text_slice(\"añbc\", 1, -1)) @(text_slice(\"abc\", -2))", "3 ñb bc");
        check("@(text_compare(\"a\", \"b\")) @(char(233)) @(code(\"é\"))", "-1 é 233");
        check("@(replace(\"aXbXc\", \"X\", \"-\", 1)) @(replace(\"aXbXc\", \"X\", \"-\"))", "a-bXc a-b-c");
        check("@(repeat(\"ab\", 3))", "ababab");
        check(
            "@(repeat(\"ab\", 5001))",
            "!error calling repeat(...): cannot build a string longer than 10000 characters",
        );
        check(
            "@(read_chars(\"+593991\")) @(read_chars(\"123456789\"))",
            "5 9 3 , 9 9 1 1 2 3 , 4 5 , 6 7 8 9",
        );
    }

    #[test]
    fn patterns_and_encodings() {
        check("@(regex_match(\"Order AB-12\", \"([a-z]+)-(\\d+)\", 2))", "12");
        check(
            "@(regex_match(\"x\", \"(\"))",
            "!error calling regex_match(...): must be called with a valid regular expression",
        );
        check(
            "@(regex_match(\"x\", \"x\", 4))",
            "!error calling regex_match(...): invalid regular expression group",
        );
        check("@(url_encode(\"a b&c/é\"))", "a%20b%26c%2F%C3%A9");
        check("@(html_decode(\"1 &lt; 2&nbsp;&amp; &#233;\"))", "1 < 2 & é");
    }
}
