//! Reading and comparing what people write: words, numbers, dates, phone numbers, places.
pub mod collation;
pub mod dates;
pub mod globs;
pub mod gsm7;
pub mod languages;
pub mod layout;
pub mod locations;
pub mod names;
mod north_america;
pub mod numbers;
pub mod obfuscation;
pub mod phones;
pub mod tokens;
pub mod urns;

use std::cell::RefCell;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use smol_str::SmolStr;

/// A time zone name that the IANA database does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone {0}")]
pub struct UnknownZone(String);

thread_local! {
    /// The zone that was asked for last. People who live elsewhere than their line mostly live in the same place, and
    /// every sprint asks.
    static LAST_ZONE: RefCell<Option<(SmolStr, TimeZone)>> = const { RefCell::new(None) };
}

/// The zone of that IANA name. The database is compiled in; the machine's own is never read.
///
/// # Errors
/// When there is no such zone.
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    if name == "UTC" || name.is_empty() {
        return Ok(TimeZone::UTC);
    }
    LAST_ZONE.with_borrow_mut(|last| match last {
        Some((known, zone)) if *known == name => Ok(zone.clone()),
        _ => {
            let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone(name.to_owned()))?;
            *last = Some((name.into(), zone.clone()));
            Ok(zone)
        }
    })
}

/// In lower case, letter by letter (no letter becomes two).
#[must_use]
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(|letter| letter.to_lowercase().next().unwrap_or(letter)).collect()
}

/// In upper case, letter by letter (letters such as `ß` that would become two stay as they are).
#[must_use]
pub fn upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    text.chars().map(upper_letter).collect()
}

fn upper_letter(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => letter,
    }
}

/// With every word's first letter in upper case and all others in lower case.
#[must_use]
pub fn title(text: &str) -> String {
    let mut within_word = false;
    lower(text)
        .chars()
        .map(|letter| {
            let titled = if within_word { letter } else { upper_letter(letter) };
            within_word = letter == '_'
                || if letter.is_ascii() { letter.is_ascii_alphanumeric() } else { !letter.is_whitespace() };
            titled
        })
        .collect()
}

/// HTML's character references as the characters they stand for; the non-breaking space as a plain one.
#[must_use]
pub fn html_decode(text: &str) -> String {
    html_escape::decode_html_entities(text).replace('\u{A0}', " ")
}

/// Media type and address of an attachment; a text that is none has an empty type.
#[must_use]
pub fn attachment_parts(text: &str) -> (&str, &str) {
    match text.split_once(':') {
        Some((content_type, url))
            if !content_type.is_empty()
                && !url.is_empty()
                && !content_type.eq_ignore_ascii_case("http")
                && !content_type.eq_ignore_ascii_case("https") =>
        {
            (content_type, url)
        }
        _ => ("", text),
    }
}

/// A key from a name: lower-case letters and digits, anything else one underscore. `Favourite Colour!` is
/// `favourite_colour_`.
#[must_use]
pub fn snakify(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    let mut gap = false;
    for letter in lower(name.trim()).chars() {
        if letter == '_' || letter.is_alphabetic() || letter.is_ascii_digit() {
            if gap {
                key.push('_');
            }
            gap = false;
            key.push(letter);
        } else {
            gap = true;
        }
    }
    if gap {
        key.push('_');
    }
    key
}

/// The first `chars` characters of a text.
#[must_use]
pub fn truncate(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

/// The text if it has at most `chars` characters, else its beginning with an ellipsis in that room (without one where
/// there is no room for it).
#[must_use]
pub fn truncate_ellipsis(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    match chars.checked_sub(ELLIPSIS.len()) {
        Some(room) if room > 0 => format!("{}{ELLIPSIS}", truncate(text, room)),
        _ => truncate(text, chars).to_owned(),
    }
}

const ELLIPSIS: &str = "...";

/// How many characters two texts have in common at their beginning.
#[must_use]
pub fn prefix_overlap(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// Every line that is not empty, indented.
#[must_use]
pub fn indent(text: &str, prefix: &str) -> String {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("{prefix}{line}") };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Whether brackets of any kind are nested deeper than `depth`; closing ones without opening do not count.
#[must_use]
pub fn nesting_exceeds(text: &str, depth: usize) -> bool {
    let mut open = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > depth
    })
}

/// A text in quotes such that a contact query reads it as one value.
#[must_use]
pub fn quote_for_query(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
