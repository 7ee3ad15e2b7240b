//! Numbers in texts: digits of any script, grouped and pointed as the workspace writes them.
use crate::env::NumberFormat;
use crate::excellent::decimal::{Decimal, ParseError, Rounding};

/// A number in plain digits (`12`, `-0.5`, `.5`), as expressions accept it; blank space around it does not count.
#[must_use]
pub fn plain(text: &str) -> Option<Decimal> {
    text.trim().parse().ok()
}

/// The value of a decimal digit of any script (`7`, `٧`, `۷`, `৭`, `७`...).
#[must_use]
pub fn digit_value(letter: char) -> Option<u32> {
    if letter.is_ascii_digit() {
        return letter.to_digit(10);
    }
    if letter.is_ascii() || !letter.is_numeric() {
        return None;
    }
    DIGIT_ZEROS.iter().find_map(|zero| {
        let value = (letter as u32).checked_sub(*zero)?;
        (value < 10).then_some(value)
    })
}

/// Where the ten digits of each script of Unicode's category Nd begin.
const DIGIT_ZEROS: &[u32] = &[
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0,
    0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30,
    0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0,
    0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6,
    0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

/// The text with every digit of another script written in ASCII; `None` when there is none, the usual case.
#[must_use]
pub fn ascii_digits(text: &str) -> Option<String> {
    if text.is_ascii() || !text.chars().any(|c| !c.is_ascii() && digit_value(c).is_some()) {
        return None;
    }
    Some(text.chars().map(|c| digit_value(c).and_then(|d| char::from_digit(d, 10)).unwrap_or(c)).collect())
}

/// Reads a whole text as a number written in this format, in digits of any script.
///
/// # Errors
/// When it is not such a number or has too many digits.
pub fn parse(text: &str, format: &NumberFormat) -> Result<Decimal, ParseError> {
    if format.decimal_symbol.is_empty() {
        return Err(ParseError::Format);
    }
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    // most numbers are digits alone: no symbol to look for
    if is_digits(text) && !is_digits(&format.decimal_symbol) && !is_digits(&format.digit_grouping_symbol) {
        return text.parse();
    }
    let ascii = ascii_digits(text);
    let mut text = ascii.as_deref().unwrap_or(text).trim().to_owned();
    if !format.digit_grouping_symbol.is_empty() {
        text = text.replace(format.digit_grouping_symbol.as_str(), "");
    }
    if format.decimal_symbol != "." {
        if text.contains('.') {
            return Err(ParseError::Format);
        }
        text = text.replace(format.decimal_symbol.as_str(), ".");
    }
    text.parse()
}

/// The first number anywhere in a text: `I have 1,200.5 left` has 1200.5, `24ans` has 24.
#[must_use]
pub fn find(text: &str, format: &NumberFormat) -> Option<Decimal> {
    let mut rest = text;
    let mut before: Option<char> = None;
    while let Some(letter) = rest.chars().next() {
        let within_word = before.is_some_and(char::is_alphanumeric);
        let length = candidate(rest, within_word, format);
        if length > 0 {
            if let Ok(number) = parse(rest[..length].trim_end_matches(&*format.decimal_symbol), format) {
                return Some(number);
            }
            before = rest[..length].chars().next_back();
            rest = &rest[length..];
            continue;
        }
        before = Some(letter);
        rest = &rest[letter.len_utf8()..];
    }
    None
}

/// The bytes of what looks like a number at the start. Sign and leading decimal symbol belong to it only if no
/// word runs into them.
fn candidate(text: &str, within_word: bool, format: &NumberFormat) -> usize {
    let mut rest = text;
    if !within_word && let Some(unsigned) = rest.strip_prefix('-') {
        rest = unsigned;
    }
    let mut seen_point = false;
    if !within_word && let Some(fraction) = strip(rest, &format.decimal_symbol) {
        rest = fraction;
        seen_point = true;
    }
    if !rest.starts_with(|c| digit_value(c).is_some()) {
        return 0;
    }
    loop {
        if let Some(digit) = rest.chars().next().filter(|c| digit_value(*c).is_some()) {
            rest = &rest[digit.len_utf8()..];
        } else if !seen_point && let Some(after) = strip(rest, &format.digit_grouping_symbol) {
            rest = after;
        } else if !seen_point && let Some(after) = strip(rest, &format.decimal_symbol) {
            rest = after;
            seen_point = true;
        } else {
            return text.len() - rest.len();
        }
    }
}

fn strip<'a>(text: &'a str, symbol: &str) -> Option<&'a str> {
    if symbol.is_empty() { None } else { text.strip_prefix(symbol) }
}

/// Writes a number in this format: with `places` decimal places (halves rounded away from zero), or with all it
/// has.
#[must_use]
pub fn format(number: Decimal, format: &NumberFormat, places: Option<usize>, group: bool) -> String {
    let rounded = match places {
        Some(places) => number.rounded(i32::try_from(places).unwrap_or(i32::MAX), Rounding::HalfAway),
        None => number,
    };
    let plain = rounded.to_string();
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut out = String::with_capacity(plain.len() + plain.len() / 3);
    out.push_str(sign);
    for (at, digit) in whole.chars().enumerate() {
        if group && at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push_str(&format.digit_grouping_symbol);
        }
        out.push(digit);
    }
    let wanted = places.unwrap_or(fraction.len());
    if wanted > 0 {
        out.push_str(&format.decimal_symbol);
        out.push_str(fraction);
        out.extend(std::iter::repeat_n('0', wanted.saturating_sub(fraction.len())));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn european() -> NumberFormat {
        NumberFormat { decimal_symbol: ",".into(), digit_grouping_symbol: ".".into() }
    }

    #[test]
    fn the_first_number_of_a_text_is_found() {
        for (text, expect) in [
            ("we are 12 people", Some("12")),
            ("house 7b", Some("7")),
            ("minus -4.5 degrees", Some("-4.5")),
            ("3-4 weeks", Some("3")),
            ("2,500 francs.", Some("2500")),
            ("about .75", Some("0.75")),
            ("see p.12", Some("12")),
            ("ends with 9.", Some("9")),
            ("۴۵ ساله", Some("45")),
            ("৩ জন", Some("3")),
            ("none", None),
            ("- . ,", None),
        ] {
            assert_eq!(
                find(text, &NumberFormat::default()).map(|n| n.to_string()).as_deref(),
                expect,
                "{text}"
            );
        }
        assert_eq!(find("2.500,75 €", &european()).map(|n| n.to_string()).as_deref(), Some("2500.75"));
    }

    #[test]
    fn numbers_are_written_as_the_workspace_writes_them() {
        let number: Decimal = "-9876543.215".parse().unwrap();
        assert_eq!(format(number, &NumberFormat::default(), None, true), "-9,876,543.215");
        assert_eq!(format(number, &european(), Some(2), true), "-9.876.543,22");
        assert_eq!(format(number, &european(), Some(4), false), "-9876543,2150");
        assert_eq!(format(number, &NumberFormat::default(), Some(0), true), "-9,876,543");
    }
}
