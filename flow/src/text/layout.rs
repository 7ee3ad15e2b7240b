//! Layouts of dates and times in RapidPro's letters: `YYYY-MM-DD`, `tt:mm`, `h:mm aa`, `EEE D MMMM`.
//!
//! | letters | meaning | | letters | meaning |
//! |---|---|---|---|---|
//! | `YY` `YYYY` | year | | `h` `hh` | hour 1-12 |
//! | `M` `MM` | month | | `t` `tt` | hour 0-23 |
//! | `MMM` `MMMM` | month's name | | `m` `mm`, `s` `ss` | minute, second |
//! | `D` `DD` | day | | `fff` `ffffff` `fffffffff` | fraction of the second |
//! | `EEE` `EEEE` | weekday's name | | `aa` `AA` | am or pm |
//! | `Z` | offset, or Z for UTC | | `ZZZ` | offset |
//!
//! Space and `: , - _ / .` and `T` stand for themselves.
use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use super::names::Names;

/// Which letters a layout may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutKind {
    Date,
    Time,
    DateTime,
}

/// A layout that is not valid, or a text that does not follow its layout; in words for the flow's author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LayoutError(String);

/// A layout, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout(Vec<Part>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Literal(char),
    Year2,
    Year4,
    Month { padded: bool },
    MonthShort,
    MonthName,
    Day { padded: bool },
    WeekdayShort,
    WeekdayName,
    Hour24 { padded: bool },
    Hour12 { padded: bool },
    Minute { padded: bool },
    Second { padded: bool },
    Fraction(u8),
    HalfDay { upper: bool },
    OffsetOrZ,
    Offset,
}

const LITERALS: &str = " :,T-_/.";

impl Part {
    fn read(letters: &str) -> Option<(Self, LayoutKind)> {
        use LayoutKind::{Date, DateTime, Time};
        Some(match letters {
            "YY" => (Self::Year2, Date),
            "YYYY" => (Self::Year4, Date),
            "M" => (Self::Month { padded: false }, Date),
            "MM" => (Self::Month { padded: true }, Date),
            "MMM" => (Self::MonthShort, Date),
            "MMMM" => (Self::MonthName, Date),
            "D" => (Self::Day { padded: false }, Date),
            "DD" => (Self::Day { padded: true }, Date),
            "EEE" => (Self::WeekdayShort, Date),
            "EEEE" => (Self::WeekdayName, Date),
            "t" => (Self::Hour24 { padded: false }, Time),
            "tt" => (Self::Hour24 { padded: true }, Time),
            "h" => (Self::Hour12 { padded: false }, Time),
            "hh" => (Self::Hour12 { padded: true }, Time),
            "m" => (Self::Minute { padded: false }, Time),
            "mm" => (Self::Minute { padded: true }, Time),
            "s" => (Self::Second { padded: false }, Time),
            "ss" => (Self::Second { padded: true }, Time),
            "fff" => (Self::Fraction(3), Time),
            "ffffff" => (Self::Fraction(6), Time),
            "fffffffff" => (Self::Fraction(9), Time),
            "aa" => (Self::HalfDay { upper: false }, Time),
            "AA" => (Self::HalfDay { upper: true }, Time),
            "Z" => (Self::OffsetOrZ, DateTime),
            "ZZZ" => (Self::Offset, DateTime),
            _ => return None,
        })
    }

    const fn is_name(self) -> bool {
        matches!(self, Self::MonthShort | Self::MonthName | Self::WeekdayShort | Self::WeekdayName)
    }

    const fn letters(self) -> &'static str {
        match self {
            Self::Literal(_) => "",
            Self::Year2 => "YY",
            Self::Year4 => "YYYY",
            Self::Month { padded: false } => "M",
            Self::Month { padded: true } => "MM",
            Self::MonthShort => "MMM",
            Self::MonthName => "MMMM",
            Self::Day { padded: false } => "D",
            Self::Day { padded: true } => "DD",
            Self::WeekdayShort => "EEE",
            Self::WeekdayName => "EEEE",
            Self::Hour24 { padded: false } => "t",
            Self::Hour24 { padded: true } => "tt",
            Self::Hour12 { padded: false } => "h",
            Self::Hour12 { padded: true } => "hh",
            Self::Minute { padded: false } => "m",
            Self::Minute { padded: true } => "mm",
            Self::Second { padded: false } => "s",
            Self::Second { padded: true } => "ss",
            Self::Fraction(3) => "fff",
            Self::Fraction(6) => "ffffff",
            Self::Fraction(_) => "fffffffff",
            Self::HalfDay { upper: false } => "aa",
            Self::HalfDay { upper: true } => "AA",
            Self::OffsetOrZ => "Z",
            Self::Offset => "ZZZ",
        }
    }
}

impl Layout {
    /// Takes a layout for writing apart.
    ///
    /// # Errors
    /// When it has letters that are unknown or not of this kind.
    pub fn parse(layout: &str, kind: LayoutKind) -> Result<Self, LayoutError> {
        Self::parts(layout, kind, false)
    }

    /// Takes a layout for reading apart: names of months and days are not read.
    ///
    /// # Errors
    /// When it has letters that are unknown or not of this kind.
    pub fn for_reading(layout: &str, kind: LayoutKind) -> Result<Self, LayoutError> {
        Self::parts(layout, kind, true)
    }

    fn parts(layout: &str, kind: LayoutKind, reading: bool) -> Result<Self, LayoutError> {
        let mut parts = Vec::new();
        let mut rest = layout;
        while let Some(letter) = rest.chars().next() {
            let run = rest.find(|c| c != letter).unwrap_or(rest.len());
            let letters = &rest[..run];
            rest = &rest[run..];
            if LITERALS.contains(letter) {
                parts.extend(letters.chars().map(Part::Literal));
                continue;
            }
            let part = Part::read(letters)
                .filter(|(_, needs)| kind == LayoutKind::DateTime || *needs == kind)
                .filter(|(part, _)| !(reading && part.is_name()));
            let Some((part, _)) = part else {
                let (kind, doing) = (kind_name(kind), if reading { "parsing" } else { "formatting" });
                return Err(LayoutError(format!("'{letters}' is not valid in a {kind} {doing} layout")));
            };
            parts.push(part);
        }
        Ok(Self(parts))
    }

    /// Writes a moment. Names are those of `locale` (such as `spa-EC`; empty: English).
    #[must_use]
    pub fn format(&self, moment: DateTime, offset: Offset, locale: &str) -> String {
        let names = Names::of(locale);
        let mut out = String::with_capacity(32);
        for part in &self.0 {
            // Writing to a String cannot fail.
            let _ = write_part(&mut out, *part, moment, offset, &names);
        }
        out
    }

    /// Reads a moment. Parts that the layout lacks are the year 0, January, the first, midnight. A text with an
    /// offset that is not the zone's own gives a moment with that bare offset.
    ///
    /// # Errors
    /// When the text does not follow the layout or names no real moment.
    pub fn read(&self, text: &str, zone: &TimeZone) -> Result<Zoned, LayoutError> {
        let (civil, offset) = self.read_civil(text)?;
        moment_in(civil, offset, zone).ok_or_else(|| LayoutError("time out of range".to_owned()))
    }

    /// Reads date and time, and the offset if the layout has one.
    ///
    /// # Errors
    /// When the text does not follow the layout or names no real moment.
    pub fn read_civil(&self, text: &str) -> Result<(DateTime, Option<Offset>), LayoutError> {
        let mut reader = Reader { rest: text, ..Reader::default() };
        for (at, part) in self.0.iter().enumerate() {
            let before = reader.rest;
            let fraction_follows =
                matches!(self.0.get(at + 1..at + 3), Some([Part::Literal('.' | ','), Part::Fraction(_)]));
            reader.part(*part, fraction_follows).ok_or_else(|| {
                let letters = match part {
                    Part::Literal(c) => c.to_string(),
                    part => part.letters().to_owned(),
                };
                LayoutError(format!("cannot parse '{before}' as '{letters}'"))
            })?;
        }
        if !reader.rest.is_empty() {
            return Err(LayoutError(format!("extra text '{}'", reader.rest)));
        }
        reader.finish()
    }
}

const fn kind_name(kind: LayoutKind) -> &'static str {
    match kind {
        LayoutKind::Date => "date",
        LayoutKind::Time => "time",
        LayoutKind::DateTime => "datetime",
    }
}

/// The moment of a local date and time: in the zone, or with the offset that was written beside it. A time that
/// a change of clocks skips is read with the offset from before the change.
#[must_use]
pub fn moment_in(civil: DateTime, offset: Option<Offset>, zone: &TimeZone) -> Option<Zoned> {
    let Some(offset) = offset else {
        return zone.to_ambiguous_zoned(civil).compatible().ok();
    };
    let at = offset.to_timestamp(civil).ok()?;
    Some(at.to_zoned(zone_with_offset(at, offset, zone)))
}

fn zone_with_offset(at: Timestamp, offset: Offset, zone: &TimeZone) -> TimeZone {
    if zone.to_offset(at) == offset {
        zone.clone()
    } else if offset == Offset::UTC {
        TimeZone::UTC
    } else {
        TimeZone::fixed(offset)
    }
}

fn write_part(out: &mut String, part: Part, moment: DateTime, offset: Offset, names: &Names) -> fmt::Result {
    use fmt::Write;
    let hour12 = if moment.hour() % 12 == 0 { 12 } else { moment.hour() % 12 };
    let mut number = |value: i8, padded: bool| {
        if padded { write!(out, "{value:02}") } else { write!(out, "{value}") }
    };
    match part {
        Part::Literal(c) => out.write_char(c),
        Part::Year2 => write!(out, "{:02}", moment.year().rem_euclid(100)),
        Part::Year4 => write!(out, "{:04}", moment.year()),
        Part::Month { padded } => number(moment.month(), padded),
        Part::MonthShort => out.write_str(names.month_short(moment.month())),
        Part::MonthName => out.write_str(names.month(moment.month())),
        Part::Day { padded } => number(moment.day(), padded),
        Part::WeekdayShort => out.write_str(names.weekday_short(moment.weekday().to_sunday_zero_offset())),
        Part::WeekdayName => out.write_str(names.weekday(moment.weekday().to_sunday_zero_offset())),
        Part::Hour24 { padded } => number(moment.hour(), padded),
        Part::Hour12 { padded } => number(hour12, padded),
        Part::Minute { padded } => number(moment.minute(), padded),
        Part::Second { padded } => number(moment.second(), padded),
        Part::Fraction(digits) => {
            let nanos = format!("{:09}", moment.subsec_nanosecond());
            out.write_str(&nanos[..usize::from(digits)])
        }
        Part::HalfDay { upper: true } => out.write_str(&names.half_day(moment.hour() >= 12).to_uppercase()),
        Part::HalfDay { upper: false } => out.write_str(&names.half_day(moment.hour() >= 12).to_lowercase()),
        Part::OffsetOrZ if offset == Offset::UTC => out.write_char('Z'),
        Part::OffsetOrZ | Part::Offset => out.write_str(&offset_text(offset)),
    }
}

/// An offset as `+02:00`.
#[must_use]
pub fn offset_text(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a str,
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
    hour: i8,
    minute: i8,
    second: i8,
    nanos: i32,
    afternoon: Option<bool>,
    offset: Option<Offset>,
}

impl Reader<'_> {
    fn part(&mut self, part: Part, fraction_follows: bool) -> Option<()> {
        match part {
            Part::Literal(c) => self.rest = self.rest.strip_prefix(c)?,
            Part::Year2 => {
                let year = i16::from(self.digits(2, 2)? as i8);
                self.year = if year >= 69 { 1900 + year } else { 2000 + year };
            }
            Part::Year4 => self.year = self.digits(4, 4)? as i16,
            Part::Month { padded } => self.month = Some(self.number(padded)?),
            Part::Day { padded } => self.day = Some(self.number(padded)?),
            Part::Hour24 { .. } => self.hour = self.number(false)?,
            Part::Hour12 { padded } => self.hour = self.number(padded)?,
            Part::Minute { padded } => self.minute = self.number(padded)?,
            Part::Second { padded } => {
                self.second = self.number(padded)?;
                if !fraction_follows {
                    self.loose_fraction();
                }
            }
            Part::Fraction(digits) => {
                let value = self.digits(usize::from(digits), usize::from(digits))?;
                self.nanos = value as i32 * 10_i32.pow(9 - u32::from(digits));
            }
            Part::HalfDay { upper } => {
                let (morning, afternoon) = if upper { ("AM", "PM") } else { ("am", "pm") };
                let is_afternoon = self.rest.starts_with(afternoon);
                self.rest = self.rest.strip_prefix(if is_afternoon { afternoon } else { morning })?;
                self.afternoon = Some(is_afternoon);
            }
            Part::OffsetOrZ if self.rest.starts_with('Z') => {
                self.rest = &self.rest[1..];
                self.offset = Some(Offset::UTC);
            }
            Part::OffsetOrZ | Part::Offset => self.offset = Some(self.read_offset()?),
            Part::MonthShort | Part::MonthName | Part::WeekdayShort | Part::WeekdayName => return None,
        }
        Some(())
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let count = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        digits.parse().ok()
    }

    fn number(&mut self, padded: bool) -> Option<i8> {
        self.digits(if padded { 2 } else { 1 }, 2).map(|n| n as i8)
    }

    /// A fraction after the seconds is read even if the layout does not mention it.
    fn loose_fraction(&mut self) {
        let Some(rest) = self.rest.strip_prefix('.') else { return };
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return;
        }
        self.nanos = nanoseconds(&rest[..count]);
        self.rest = &rest[count..];
    }

    fn read_offset(&mut self) -> Option<Offset> {
        let sign = match self.rest.chars().next()? {
            '+' => 1,
            '-' => -1,
            _ => return None,
        };
        self.rest = &self.rest[1..];
        let hours = self.digits(2, 2)?;
        self.rest = self.rest.strip_prefix(':')?;
        let minutes = self.digits(2, 2)?;
        Offset::from_seconds(sign * (hours * 3600 + minutes * 60) as i32).ok()
    }

    fn finish(self) -> Result<(DateTime, Option<Offset>), LayoutError> {
        let out_of_range = |what: &str| LayoutError(format!("{what} out of range"));
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if !(1..=12).contains(&month) {
            return Err(out_of_range("month"));
        }
        let date = Date::new(self.year, month, day).map_err(|_| out_of_range("day"))?;
        let time = Time::new(hour, self.minute, self.second, self.nanos).map_err(|_| {
            out_of_range(match (hour, self.minute) {
                (24.., _) => "hour",
                (_, 60..) => "minute",
                _ => "second",
            })
        })?;
        Ok((date.to_datetime(time), self.offset))
    }
}

/// Reads the digits behind a decimal point of seconds; what is finer than a nanosecond is dropped.
#[must_use]
pub fn nanoseconds(digits: &str) -> i32 {
    let mut nanos = 0;
    for at in 0..9 {
        let digit = digits.as_bytes().get(at).map_or(0, |b| i32::from(b.saturating_sub(b'0')));
        nanos = nanos * 10 + digit;
    }
    nanos
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(layout: &str, locale: &str) -> String {
        let moment = jiff::civil::date(2026, 3, 7).at(21, 5, 9, 40_000_000);
        Layout::parse(layout, LayoutKind::DateTime)
            .map_or_else(|e| e.to_string(), |l| l.format(moment, Offset::constant(-5), locale))
    }

    #[test]
    fn layouts_write_moments() {
        for (layout, expect) in [
            ("DD/MM/YY t:mm", "07/03/26 21:05"),
            ("h:mm aa, hh AA", "9:05 pm, 09 PM"),
            ("EEEE D MMM YYYY", "Saturday 7 Mar 2026"),
            ("YYYY-MM-DDTtt:mm:ss.fffZ", "2026-03-07T21:05:09.040-05:00"),
            ("DDD", "'DDD' is not valid in a datetime formatting layout"),
            ("D de M", "'d' is not valid in a datetime formatting layout"),
        ] {
            assert_eq!(write(layout, ""), expect, "{layout}");
        }
    }

    #[test]
    fn layouts_read_moments() {
        let read = |layout: &str, text: &str| {
            Layout::for_reading(layout, LayoutKind::DateTime)
                .and_then(|l| l.read(text, &TimeZone::UTC))
                .map_or_else(|e| e.to_string(), |z| z.datetime().to_string())
        };
        assert_eq!(read("D/M/YYYY h:mm aa", "9/11/2025 12:30 am"), "2025-11-09T00:30:00");
        assert_eq!(read("tt:mm:ss", "08:00:01.25"), "0000-01-01T08:00:01.25");
        assert_eq!(read("DD/MM", "9/11"), "cannot parse '9/11' as 'DD'");
        assert_eq!(read("DD/MM/YYYY", "30/02/2025"), "day out of range");
        assert_eq!(read("MMM", "May"), "'MMM' is not valid in a datetime parsing layout");
    }
}
