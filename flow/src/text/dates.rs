//! Dates and times in texts.
use std::sync::LazyLock;

use jiff::civil::{Date, Time};
use jiff::{Timestamp, Zoned};
use regex::{Captures, Regex};

use crate::env::{DateOrder, Environment};

use super::layout::{Layout, LayoutKind, moment_in, nanoseconds};
use super::numbers::ascii_digits;

/// A text without the date or time that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("string '{text}' couldn't be parsed as a {what}")]
pub struct NotFound {
    text: String,
    what: &'static str,
}

/// The digits of `1-1-90`.
const FEWEST_DATE_DIGITS: usize = 4;

fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns of this file are fixed and tried by its tests")]
    Regex::new(text).expect("a valid pattern")
}

static YEAR_FIRST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b([0-9]{4}|[0-9]{2})[-.\\/_ ]([0-9]{1,2})[-.\\/_ ]([0-9]{1,2})\b"));
static YEAR_LAST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b([0-9]{1,2})[-.\\/_ ]([0-9]{1,2})[-.\\/_ ]([0-9]{4}|[0-9]{2})\b"));
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b([0-9]{1,2})(?::?([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?)?\W*([ap]m)?\b")
});

/// Reads a date with time: ISO 8601, else the first date anywhere in the text in the environment's order, with
/// the first time behind it. Without time it is midnight, or the present time of day if `fill`. `now` is asked
/// only for what needs it: the century of a short year, and the filled-in time.
///
/// # Errors
/// When there is no date in the text.
pub fn datetime_from_text(
    env: &Environment,
    text: &str,
    fill: bool,
    now: &mut dyn FnMut() -> Timestamp,
) -> Result<Zoned, NotFound> {
    let failed = || NotFound { text: text.trim().to_owned(), what: "date" };
    find_datetime(env, text, fill, now).ok_or_else(failed)
}

/// As [`datetime_from_text`], for callers that do not want to know why there is none.
pub(crate) fn find_datetime(
    env: &Environment,
    text: &str,
    fill: bool,
    now: &mut dyn FnMut() -> Timestamp,
) -> Option<Zoned> {
    // most answers are words
    if text.is_ascii() && text.bytes().filter(u8::is_ascii_digit).count() < FEWEST_DATE_DIGITS {
        return None;
    }
    let text = text.trim();
    let (date, time) = match iso(text, env) {
        Some(Iso::Moment(moment)) => return Some(moment),
        Some(Iso::Date(date)) => (date, None),
        None if iso_date_before(text).is_some() => {
            let (date, rest) = iso_date_before(text)?;
            (date, find_time(rest))
        }
        None => {
            let ascii = ascii_digits(text);
            let text = ascii.as_deref().unwrap_or(text);
            let (date, end) = find_date(text, env, now)?;
            (date, find_time(&text[end..]))
        }
    };
    let time = time
        .unwrap_or_else(|| if fill { now().to_zoned(env.timezone.clone()).time() } else { Time::midnight() });
    moment_in(date.to_datetime(time), None, &env.timezone)
}

/// Reads a date: ISO 8601 (its date as written, whatever the zone), else the first date anywhere in the text.
///
/// # Errors
/// When there is no date in the text.
pub fn date_from_text(
    env: &Environment,
    text: &str,
    now: &mut dyn FnMut() -> Timestamp,
) -> Result<Date, NotFound> {
    let text = text.trim();
    match iso(text, env) {
        Some(Iso::Moment(moment)) => return Ok(moment.date()),
        Some(Iso::Date(date)) => return Ok(date),
        None => {}
    }
    if let Some((date, _)) = iso_date_before(text) {
        return Ok(date);
    }
    let ascii = ascii_digits(text);
    find_date(ascii.as_deref().unwrap_or(text), env, now)
        .map(|(date, _)| date)
        .ok_or_else(|| NotFound { text: text.to_owned(), what: "date" })
}

/// Reads the first time of day anywhere in a text: `10:30`, `1030 pm`, `7 am`.
///
/// # Errors
/// When there is none.
pub fn time_from_text(text: &str) -> Result<Time, NotFound> {
    let ascii = ascii_digits(text);
    find_time(ascii.as_deref().unwrap_or(text))
        .ok_or_else(|| NotFound { text: text.to_owned(), what: "time" })
}

enum Iso {
    Moment(Zoned),
    Date(Date),
}

fn iso(text: &str, env: &Environment) -> Option<Iso> {
    static LAYOUTS: LazyLock<Vec<(Layout, bool)>> = LazyLock::new(|| {
        [("YYYY-MM-DDTtt:mm:ssZ", true), ("YYYY-MM-DDTtt:mmZ", true), ("YYYY-MM-DD", false)]
            .into_iter()
            .filter_map(|(layout, has_time)| {
                Some((Layout::for_reading(layout, LayoutKind::DateTime).ok()?, has_time))
            })
            .collect()
    });
    // all of them begin with four digits and a hyphen
    if !text.starts_with(|c: char| c.is_ascii_digit()) || text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    LAYOUTS.iter().find_map(|(layout, has_time)| {
        if *has_time {
            layout.read(text, &env.timezone).ok().map(Iso::Moment)
        } else {
            layout.read_civil(text).ok().map(|(moment, _)| Iso::Date(moment.date()))
        }
    })
}

/// An ISO date at the start, and what stands behind it after a space.
fn iso_date_before(text: &str) -> Option<(Date, &str)> {
    let (date, rest) = text.split_once(' ')?;
    if date.len() != "YYYY-MM-DD".len() || !date.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some((date.parse().ok()?, rest))
}

/// The first real date, and the byte behind it.
fn find_date(text: &str, env: &Environment, now: &mut dyn FnMut() -> Timestamp) -> Option<(Date, usize)> {
    let present = now();
    if text.bytes().filter(u8::is_ascii_digit).count() < FEWEST_DATE_DIGITS {
        return None;
    }
    let this_year = present.to_zoned(env.timezone.clone()).year();
    let (regex, order) = match env.date_format.order() {
        DateOrder::YearMonthDay => (&YEAR_FIRST, [1, 2, 3]),
        DateOrder::MonthDayYear => (&YEAR_LAST, [3, 1, 2]),
        DateOrder::DayMonthYear => (&YEAR_LAST, [3, 2, 1]),
    };
    regex.captures_iter(text).find_map(|found| {
        let [year, month, day] = order.map(|group| group_number(&found, group));
        let year = match found.get(order[0])?.len() {
            2 => century(year? as i16, this_year),
            _ => year? as i16,
        };
        let date = Date::new(year, i8::try_from(month?).ok()?, i8::try_from(day?).ok()?).ok()?;
        Some((date, found.get(0)?.end()))
    })
}

/// A year of two digits is in this century unless it would lie after the present year.
const fn century(year: i16, this_year: i16) -> i16 {
    if year > this_year % 100 { 1900 + year } else { 2000 + year }
}

fn group_number(found: &Captures<'_>, group: usize) -> Option<u16> {
    found.get(group)?.as_str().parse().ok()
}

/// The first real time of day.
fn find_time(text: &str) -> Option<Time> {
    TIME.captures_iter(text).find_map(|found| {
        let hour = group_number(&found, 1)?;
        let minute = group_number(&found, 2).unwrap_or(0);
        let second = group_number(&found, 3).unwrap_or(0);
        let nanos = found.get(4).map_or(0, |fraction| nanoseconds(fraction.as_str()));
        let hour = match found.get(5).map(|half| half.as_str().to_ascii_lowercase()).as_deref() {
            Some("am") if hour == 12 => 0,
            Some("pm") if hour < 12 => hour + 12,
            _ if hour == 24 && minute == 0 && second == 0 && nanos == 0 => 0,
            _ => hour,
        };
        Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, nanos)
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, format: &str, fill: bool) -> String {
        let env = Environment { date_format: format.parse().unwrap(), ..Environment::default() };
        let mut now = || "2026-11-21T08:09:10Z".parse().unwrap();
        datetime_from_text(&env, text, fill, &mut now)
            .map_or_else(|e| e.to_string(), |z| z.datetime().to_string())
    }

    #[test]
    fn dates_are_read_in_the_order_of_the_workspace() {
        assert_eq!(read("born 3.4.1990 in Goma", "DD-MM-YYYY", false), "1990-04-03T00:00:00");
        assert_eq!(read("born 3.4.1990 in Goma", "MM-DD-YYYY", false), "1990-03-04T00:00:00");
        assert_eq!(read("1990/4/3", "YYYY-MM-DD", false), "1990-04-03T00:00:00");
        assert_eq!(read("03/04/27", "DD-MM-YYYY", false), "1927-04-03T00:00:00");
        assert_eq!(read("03/04/26", "DD-MM-YYYY", false), "2026-04-03T00:00:00");
        assert_eq!(read("٠٣/٠٤/١٩٩٠", "DD-MM-YYYY", false), "1990-04-03T00:00:00");
        assert_eq!(
            read("2020-02-30", "DD-MM-YYYY", false),
            "string '2020-02-30' couldn't be parsed as a date"
        );
    }

    #[test]
    fn a_time_behind_the_date_counts_and_a_missing_one_may_be_filled() {
        assert_eq!(read("3.4.1990 at 7:05 pm", "DD-MM-YYYY", true), "1990-04-03T19:05:00");
        assert_eq!(read("3.4.1990", "DD-MM-YYYY", true), "1990-04-03T08:09:10");
        assert_eq!(read("1990-04-03T07:05:00+03:00", "DD-MM-YYYY", true), "1990-04-03T07:05:00");
    }

    #[test]
    fn times_are_found_in_texts() {
        for (text, expect) in [
            ("at 9", "09:00:00"),
            ("0915", "09:15:00"),
            ("12 am", "00:00:00"),
            ("12:30 pm", "12:30:00"),
            ("9:15:07.5", "09:15:07.5"),
        ] {
            assert_eq!(time_from_text(text).map(|t| t.to_string()).unwrap(), expect, "{text}");
        }
        assert!(time_from_text("9:75").is_err());
        assert!(time_from_text("call 12345").is_err());
    }
}
