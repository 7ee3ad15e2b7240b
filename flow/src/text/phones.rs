//! Phone numbers: reading, finding and writing them. The numbering plans are those of libphonenumber.
use rlibphonenumber::phonenumber_matcher::FindNumberExt;
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region};

use super::north_america;
use crate::env::Country;

/// Digits of a short code, which belongs to no numbering plan that could be checked.
const SHORT_CODE_DIGITS: std::ops::RangeInclusive<usize> = 3..=6;
/// Letters and digits of a sender's name.
const MAX_SENDER_CHARS: usize = 64;
/// The most characters that are looked at as one phone number.
const MAX_CHARS: usize = 64;
/// From so many digits on a number may be one with country code, without the `+`.
const MIN_FULL_DIGITS: usize = 10;
/// The fewest digits of a phone number.
const MIN_DIGITS: usize = 2;
/// The most digits and spaces of a text that is a phone number and nothing else.
const MAX_WHOLE_CHARS: usize = 20;
/// The most numbers that are taken from one text.
const MAX_FOUND: usize = 20;
/// How often a number is read again to find the form that stays the same.
const MAX_REREADS: usize = 4;

/// Calling codes of plans that take nothing off a number as it is written behind them when it begins with one of
/// [`FIRST_DIGITS`]: what may stand before it within the country begins with 0 or 1. This file's tests compare them
/// with the numbering plans.
const PLAIN_CODES: [&str; 57] = [
    "1", "20", "27", "30", "33", "34", "44", "48", "49", "51", "57", "58", "90", "92", "93", "95", "212",
    "213", "216", "218", "221", "223", "226", "227", "234", "235", "237", "243", "249", "250", "251", "252",
    "254", "255", "256", "257", "258", "260", "263", "380", "502", "503", "504", "505", "506", "507", "509",
    "591", "593", "595", "598", "880", "961", "962", "963", "964", "967",
];
const FIRST_DIGITS: std::ops::RangeInclusive<u8> = b'2'..=b'9';
/// Digits behind the calling code of numbers that are read without the plans.
const PLAIN_DIGITS: std::ops::RangeInclusive<usize> = 6..=12;

/// Why a text is not a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("invalid country code")]
    Country,
    #[error("not a possible number")]
    NotPossible,
}

/// What else than a full number is accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accept {
    /// Short codes, such as 8080.
    pub short: bool,
    /// Names that senders show instead of a number; they are put in lower case.
    pub sender: bool,
}

fn region(country: Option<Country>) -> Option<Region> {
    country.and_then(|country| country.as_str().parse().ok())
}

/// Reads a text that is a phone number as a whole, as `+593991234567`. A number without country code belongs to the
/// country; one that is none there is tried with its first digits as country code.
///
/// # Errors
/// When it is no possible number, or the country unknown.
pub fn parse(text: &str, country: Option<Country>, accept: Accept) -> Result<String, PhoneError> {
    let text = text.trim();
    if text.chars().count() > MAX_CHARS {
        return Err(PhoneError::NotPossible);
    }
    let compact: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let begins_well =
        text.starts_with(|c: char| c.is_numeric() || matches!(c, '+' | '(' | '＋' | '（' | '*' | '#'));
    let full = if begins_well { parse_full(text, &compact, country) } else { Err(PhoneError::NotPossible) };
    let all_digits = compact.bytes().all(|b| b.is_ascii_digit());
    match full {
        Ok(number) => Ok(number),
        Err(PhoneError::Country) => Err(PhoneError::Country),
        Err(_) if text.starts_with('+') => Err(PhoneError::NotPossible),
        Err(_)
            if accept.short
                && all_digits
                && compact == text
                && SHORT_CODE_DIGITS.contains(&compact.len()) =>
        {
            Ok(compact)
        }
        Err(_)
            if accept.sender
                && !all_digits
                && compact.len() == text.len()
                && compact.len() <= MAX_SENDER_CHARS =>
        {
            Ok(compact)
        }
        Err(error) => Err(error),
    }
}

fn parse_full(text: &str, compact: &str, country: Option<Country>) -> Result<String, PhoneError> {
    let region =
        region(country).filter(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(*region).is_some());
    if country.is_some() && region.is_none() && !text.starts_with('+') {
        return Err(PhoneError::Country);
    }
    let local = PHONE_NUMBER_UTIL.parse(text, region).ok().filter(is_possible);
    let number = local.or_else(|| {
        let may_be_full =
            !text.starts_with('+') && !compact.starts_with('0') && compact.len() >= MIN_FULL_DIGITS;
        let number = PHONE_NUMBER_UTIL.parse(format!("+{text}"), None).ok();
        number.filter(|number| may_be_full && is_possible(number))
    });
    number.and_then(|number| stable(&number)).ok_or(PhoneError::NotPossible)
}

fn is_possible(number: &PhoneNumber) -> bool {
    matches!(PHONE_NUMBER_UTIL.is_possible_number_with_reason(number), Ok(NumberLengthType::IsPossible))
}

/// The number in international digits, in the form that reading it again does not change: some plans drop leading
/// digits at each reading, and one person must not get several addresses. `None` when there is no such form.
fn stable(number: &PhoneNumber) -> Option<String> {
    let mut text = e164(number);
    for _ in 0..MAX_REREADS {
        let again = PHONE_NUMBER_UTIL.parse(&text, None).ok().filter(is_possible).map(|number| e164(&number));
        match again {
            Some(again) if again != text => text = again,
            _ => return Some(text),
        }
    }
    None
}

fn e164(number: &PhoneNumber) -> String {
    PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164).into_owned()
}

/// All phone numbers in a text, as `+593991234567`. When there is none, long runs of digits are tried as numbers with
/// country code.
#[must_use]
pub fn find(text: &str, country: Option<Country>) -> Vec<String> {
    if text.chars().filter(|letter| letter.is_numeric()).count() < MIN_DIGITS {
        return Vec::new();
    }
    if let Some(number) = whole(text, country) {
        return vec![number];
    }
    let found: Vec<String> = text
        .find_phone_numbers_with_preferred_region(region(country))
        .map(|found| e164(&found.number))
        .take(MAX_FOUND)
        .collect();
    if !found.is_empty() {
        return found;
    }
    let runs = text.split(|letter: char| !letter.is_ascii_digit());
    let full = runs.filter(|run| run.len() >= MIN_FULL_DIGITS && !run.starts_with('0')).take(MAX_FOUND);
    full.filter_map(|run| PHONE_NUMBER_UTIL.parse(format!("+{run}"), None).ok())
        .filter(|number| PHONE_NUMBER_UTIL.is_valid_number(number))
        .map(|number| e164(&number))
        .collect()
}

/// The number that a text is as a whole, when it is a `+` with digits and single spaces behind it. Looking for numbers
/// within longer texts takes patterns that need megabytes; a text of this shape they would find as one number too if
/// it is a valid one. (Without the `+` it depends on the country whether it must begin with a zero to be found.)
fn whole(text: &str, country: Option<Country>) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix('+')?;
    let shaped = digits.len() <= MAX_WHOLE_CHARS
        && digits
            .split(' ')
            .all(|block| !block.is_empty() && block.bytes().all(|byte| byte.is_ascii_digit()));
    if !shaped {
        return None;
    }
    let compact: String = text.chars().filter(|letter| *letter != ' ').collect();
    if let Some(number) = plain(&compact) {
        return is_valid(&number).then_some(compact);
    }
    let number = PHONE_NUMBER_UTIL.parse(text, region(country)).ok()?;
    PHONE_NUMBER_UTIL.is_valid_number(&number).then(|| e164(&number))
}

fn is_valid(number: &PhoneNumber) -> bool {
    shared_plan_country(number).is_some() || PHONE_NUMBER_UTIL.is_valid_number(number)
}

/// The country of a valid number of calling code 1 whose area is known.
fn shared_plan_country(number: &PhoneNumber) -> Option<Country> {
    if number.country_code == north_america::CODE {
        north_america::country(number.national_number)
    } else {
        None
    }
}

/// Reads a full number. Most need no look at the plans, which is most of the work.
fn read(text: &str) -> Option<PhoneNumber> {
    plain(text).or_else(|| PHONE_NUMBER_UTIL.parse(text, None).ok())
}

/// A `+`, one of the [`PLAIN_CODES`] and digits behind it.
fn plain(text: &str) -> Option<PhoneNumber> {
    let digits = text.strip_prefix('+').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (code, rest) = PLAIN_CODES.iter().find_map(|code| Some((*code, digits.strip_prefix(code)?)))?;
    let is_plain = PLAIN_DIGITS.contains(&rest.len()) && FIRST_DIGITS.contains(rest.as_bytes().first()?);
    if !is_plain {
        return None;
    }
    let (country_code, national_number) = (code.parse().ok()?, rest.parse().ok()?);
    Some(full(country_code, national_number))
}

/// A number without anything else: no extension, no zero that belongs to it.
fn full(country_code: i32, national_number: u64) -> PhoneNumber {
    PhoneNumber { country_code, national_number, ..PhoneNumber::default() }
}

/// A full number that has been read: reading takes longer than everything that is asked of it.
#[derive(Clone)]
pub struct Phone {
    number: PhoneNumber,
    country: Option<Country>,
}

impl Phone {
    /// Reads a full number; `None` when it is none.
    #[must_use]
    pub fn read(number: &str) -> Option<Self> {
        let number = read(number)?;
        let country = shared_plan_country(&number).or_else(|| {
            let region = PHONE_NUMBER_UTIL.get_region_for_number(&number)?;
            region.to_string().parse().ok()
        });
        Some(Self { number, country })
    }

    /// The country that it belongs to.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        self.country
    }

    /// As people of its country write it.
    #[must_use]
    pub fn national(&self) -> String {
        written(&self.number)
    }
}

/// Shows nothing: numbers are personal data.
impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The number as people of its country write it; any other text as it is.
#[must_use]
pub fn national(number: &str) -> String {
    read(number).map_or_else(|| number.to_owned(), |number| written(&number))
}

fn written(number: &PhoneNumber) -> String {
    let short = number.country_code == north_america::CODE
        && *number == full(number.country_code, number.national_number);
    let short = if short { north_america::national(number.national_number) } else { None };
    short.unwrap_or_else(|| PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::National).into_owned())
}

/// The country that a full number belongs to.
#[must_use]
pub fn country_of(number: &str) -> Option<Country> {
    Phone::read(number)?.country()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> Option<Country> {
        code.parse().ok()
    }

    #[test]
    fn whole_texts_are_read_as_numbers() {
        let all = Accept { short: true, sender: true };
        for (text, code, expect) in [
            ("099 123 4567", "EC", Some("+593991234567")),
            ("+593 (99) 123-4567", "", Some("+593991234567")),
            ("593991234567", "US", Some("+593991234567")),
            ("8080", "EC", Some("8080")),
            ("ONG", "EC", Some("ong")),
            ("call 0991234567", "EC", None),
            ("12", "EC", None),
        ] {
            assert_eq!(parse(text, country(code), all).ok().as_deref(), expect, "{text}");
        }
        assert_eq!(parse("8080", country("EC"), Accept::default()), Err(PhoneError::NotPossible));
        assert_eq!(parse("0991234567", country("ZZ"), all), Err(PhoneError::Country));
    }

    /// Digits of a generator of its own, the same at every run.
    fn digits() -> impl FnMut(u64) -> u64 {
        let mut state = 7_u64;
        move |bound| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        }
    }

    #[test]
    fn plain_numbers_are_read_as_by_the_plans() {
        let mut below = digits();
        for code in PLAIN_CODES {
            for round in 0..300 {
                let mut text = format!("+{code}{}", 2 + below(8));
                for _ in 0..5 + round % 7 {
                    text.push(char::from(b'0' + below(10) as u8));
                }
                let number = plain(&text);
                assert!(number.is_some(), "{text}");
                assert_eq!(number, PHONE_NUMBER_UTIL.parse(&text, None).ok(), "{text}");
            }
        }
        for other in
            ["+0991234567", "+5930991234567", "+593 99 123 4567", "593991234567", "+99912345678", "+1", "+"]
        {
            assert_eq!(plain(other), None, "{other}");
        }
    }

    /// The short way gives what the patterns give.
    #[test]
    fn whole_numbers_are_those_that_would_be_found() {
        let mut below = digits();
        let mut seen = 0;
        for round in 0..3000 {
            let mut text = String::from(
                ["+", "+593 9", "+593 99", "+1 202 5", "+250 78", "+44 7", "+49 1", "0"][below(8) as usize],
            );
            for _ in 0..below(12) + 2 {
                text.push(char::from(b'0' + below(10) as u8));
                if below(4) == 0 {
                    text.push(' ');
                }
            }
            let code = ["EC", "US", "RW", "GB", "DE", ""][round % 6];
            let Some(short) = whole(&text, country(code)) else { continue };
            let long: Vec<String> = text
                .find_phone_numbers_with_preferred_region(region(country(code)))
                .map(|found| e164(&found.number))
                .collect();
            assert_eq!(long, [short], "{text} in {code}");
            seen += 1;
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn numbers_are_found_and_shown() {
        assert_eq!(
            find("mine 0991234567, hers +250 788 383 383", country("EC")),
            ["+593991234567", "+250788383383"]
        );
        assert_eq!(find("I was born 12.04.1990", country("EC")), Vec::<String>::new());
        assert_eq!(find("it is 593991234567", country("CO")), ["+593991234567"]);
        assert_eq!(national("+593991234567"), "099 123 4567");
        assert_eq!(national("help"), "help");
        assert_eq!(country_of("+593991234567"), country("EC"));
    }
}
