//! Names of months and days in some two hundred languages.
use std::collections::HashMap;
use std::sync::LazyLock;

use super::languages::{is_known, shortest, three_letters};

const TABLE: &str = include_str!("../../data/calendar_names.tsv");

/// The names of one locale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    days: [&'static str; 7],
    short_days: [&'static str; 7],
    months: [&'static str; 12],
    short_months: [&'static str; 12],
    halves: [&'static str; 2],
}

const ENGLISH: Names = Names {
    days: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
    short_days: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    short_months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    halves: ["AM", "PM"],
};

static BY_LOCALE: LazyLock<HashMap<&'static str, Names>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(read_line)
        .flat_map(|(keys, names)| keys.split(',').map(move |key| (key, names)))
        .collect()
});

fn read_line(line: &'static str) -> Option<(&'static str, Names)> {
    let mut fields = line.split('\t');
    let keys = fields.next()?;
    let names = Names {
        days: list(fields.next()?)?,
        short_days: list(fields.next()?)?,
        months: list(fields.next()?)?,
        short_months: list(fields.next()?)?,
        halves: fields.next().and_then(list).unwrap_or(ENGLISH.halves),
    };
    Some((keys, names))
}

fn list<const N: usize>(field: &'static str) -> Option<[&'static str; N]> {
    field.split(';').collect::<Vec<_>>().try_into().ok()
}

/// What RapidPro shows for a code that is no language at all: the first of its table. Kept the same, since flows
/// that came with such a code looked like this before.
fn names_of_nowhere() -> Names {
    BY_LOCALE.get("bs").copied().unwrap_or(ENGLISH)
}

impl Names {
    /// The names of a locale such as `spa-EC`, or of its language if the country has none of its own; English names
    /// when the language is not known.
    #[must_use]
    pub fn of(locale: &str) -> Self {
        if locale.is_empty() {
            return ENGLISH;
        }
        let (language, country) = locale.split_once('-').unwrap_or((locale, ""));
        let is_language = is_known(language) || three_letters(language).is_some();
        let language = shortest(language);
        let own = BY_LOCALE.get(format!("{language}-{country}").as_str());
        let known = own.or_else(|| BY_LOCALE.get(language)).copied();
        known.unwrap_or_else(|| if is_language { ENGLISH } else { names_of_nowhere() })
    }

    /// The name of a month, 1 to 12.
    #[must_use]
    pub fn month(&self, month: i8) -> &'static str {
        self.months[(month - 1).rem_euclid(12) as usize]
    }

    /// The short name of a month, 1 to 12.
    #[must_use]
    pub fn month_short(&self, month: i8) -> &'static str {
        self.short_months[(month - 1).rem_euclid(12) as usize]
    }

    /// The name of a weekday, 0 is Sunday.
    #[must_use]
    pub fn weekday(&self, day: i8) -> &'static str {
        self.days[day.rem_euclid(7) as usize]
    }

    /// The short name of a weekday, 0 is Sunday.
    #[must_use]
    pub fn weekday_short(&self, day: i8) -> &'static str {
        self.short_days[day.rem_euclid(7) as usize]
    }

    /// What stands for the time before noon, or after it.
    #[must_use]
    pub fn half_day(&self, afternoon: bool) -> &'static str {
        self.halves[usize::from(afternoon)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_complete() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            assert!(read_line(line).is_some(), "{}", line.split('\t').next().unwrap_or(""));
        }
    }

    #[test]
    fn names_follow_language_and_country() {
        assert_eq!(Names::of("fra").weekday(6), "samedi");
        assert_eq!(Names::of("swh").month(1), Names::of("swa-TZ").month(1));
        assert_ne!(Names::of("ara-LB").month(1), Names::of("ara-EG").month(1));
        assert_eq!(Names::of("rhg-BD"), Names::of(""));
    }
}
