//! Dates and times.
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::excellent::decimal::{Decimal, Rounding};
use crate::excellent::eval::Scope;
use crate::excellent::value::{Error, Value};
use crate::text::layout::{Layout, LayoutError, LayoutKind, moment_in, offset_text};
use crate::text::{UnknownZone, zone};

use super::Arity::{AtLeast, Between, Exactly};
use super::Builtin;

const SECONDS_PER_DAY: i64 = 86_400;

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin::new("now", Exactly(0), |scope, _| Ok(scope.now().into())),
    Builtin::new("today", Exactly(0), |scope, _| Ok(scope.now().date().into())),
    Builtin::new("date", Exactly(1), |scope, v| Ok(scope.date(&v[0])?.into())),
    Builtin::new("datetime", Exactly(1), |scope, v| Ok(scope.datetime(&v[0])?.into())),
    Builtin::new("time", Exactly(1), |_, v| Ok(v[0].to_time()?.into())),
    Builtin::new("date_from_parts", Exactly(3), date_from_parts),
    Builtin::new("time_from_parts", Exactly(3), time_from_parts),
    Builtin::new("datetime_from_epoch", Exactly(1), datetime_from_epoch),
    Builtin::new("epoch", Exactly(1), epoch),
    Builtin::new("datetime_add", AtLeast(0), datetime_add),
    Builtin::new("datetime_diff", Exactly(3), datetime_diff),
    Builtin::new("replace_time", Exactly(2), replace_time),
    Builtin::new("parse_datetime", Between(2, 3), parse_datetime),
    Builtin::new("parse_time", Exactly(2), parse_time),
    Builtin::new("tz", Exactly(1), tz),
    Builtin::new("tz_offset", Exactly(1), tz_offset),
    Builtin::new("weekday", Exactly(1), weekday),
    Builtin::new("week_number", Exactly(1), week_number),
    Builtin::new("legacy_add", Exactly(2), legacy_add),
];

type Outcome = Result<Value, Error>;

impl From<LayoutError> for Error {
    fn from(error: LayoutError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<UnknownZone> for Error {
    fn from(error: UnknownZone) -> Self {
        Self::new(error.to_string())
    }
}

fn out_of_range() -> Error {
    Error::new("date is out of range")
}

/// `date_from_parts(year, month, day)`: a day beyond its month runs on into the next.
fn date_from_parts(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (year, month, day) = (values[0].to_integer()?, values[1].to_integer()?, values[2].to_integer()?);
    if !(1..=12).contains(&month) {
        return Err(Error::new("invalid value for month, must be 1-12"));
    }
    Ok(date_running_on(year, month, day).ok_or_else(out_of_range)?.into())
}

/// The date of a year, a month and a day of which month and day may lie beyond their bounds.
fn date_running_on(year: i64, month: i64, day: i64) -> Option<Date> {
    let months = year.checked_mul(12)?.checked_add(month - 1)?;
    let year = i16::try_from(months.div_euclid(12)).ok()?;
    let first = Date::new(year, months.rem_euclid(12) as i8 + 1, 1).ok()?;
    // in seconds: a duration of too many hours would be a panic
    first.checked_add(SignedDuration::from_secs(day.checked_sub(1)?.checked_mul(SECONDS_PER_DAY)?)).ok()
}

/// `time_from_parts(hour, minute, second)`
fn time_from_parts(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let part = |at: usize, what: &str, most: i8| {
        let value = values[at].to_integer()?;
        let fits = i8::try_from(value).ok().filter(|part| (0..=most).contains(part));
        fits.ok_or_else(|| Error::new(format!("invalid value for {what}, must be 0-{most}")))
    };
    let (hour, minute, second) = (part(0, "hour", 23)?, part(1, "minute", 59)?, part(2, "second", 59)?);
    Ok(Time::new(hour, minute, second, 0).map_err(|_| out_of_range())?.into())
}

/// `datetime_from_epoch(seconds)`: seconds since the start of 1970, in the environment's zone.
fn datetime_from_epoch(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let seconds = values[0].to_number()?;
    let failed = || Error::new("epoch time is out of range");
    let whole = seconds.rounded(0, Rounding::Down);
    let nanos = seconds.minus(whole)?.times(1_000_000_000_i64.into())?.truncated().unwrap_or(0);
    let at = whole.truncated().and_then(|whole| Timestamp::new(whole, i32::try_from(nanos).ok()?).ok());
    Ok(at.ok_or_else(failed)?.to_zoned(scope.env.timezone.clone()).into())
}

/// `epoch(datetime)`: seconds since the start of 1970.
fn epoch(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let at = scope.datetime(&values[0])?.timestamp();
    Ok(Decimal::new(at.as_nanosecond(), -9)?.into())
}

/// A unit of [`datetime_add`] and [`datetime_diff`].
fn unit(value: &Value) -> Result<char, Error> {
    let unit = value.to_text()?;
    let mut letters = unit.chars();
    match (letters.next(), letters.next()) {
        (Some(letter @ ('s' | 'm' | 'h' | 'D' | 'W' | 'M' | 'Y')), None) => Ok(letter),
        _ => Err(Error::new(format!("unknown unit: XText(\"{unit}\"), must be one of s, m, h, D, W, M, Y"))),
    }
}

/// `datetime_add(datetime, count, unit)`: days and longer keep the local time of day, hours and shorter are real
/// time; a day beyond its month runs on into the next.
fn datetime_add(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    if values.len() != 3 {
        return Err(Error::new(format!("takes exactly three arguments, received {}", values.len())));
    }
    let moment = scope.datetime(&values[0])?;
    let count = values[1].to_integer()?;
    let unit = unit(&values[2])?;
    let (date, seconds) = (moment.date(), |unit: i64| count.checked_mul(unit).map(SignedDuration::from_secs));
    let (year, month, day) = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
    let moved = match unit {
        's' => seconds(1).and_then(|by| moment.checked_add(by).ok()),
        'm' => seconds(60).and_then(|by| moment.checked_add(by).ok()),
        'h' => seconds(3600).and_then(|by| moment.checked_add(by).ok()),
        _ => {
            let date = match unit {
                'Y' => year.checked_add(count).and_then(|year| date_running_on(year, month, day)),
                'M' => month.checked_add(count).and_then(|month| date_running_on(year, month, day)),
                'W' => {
                    count.checked_mul(7).and_then(|days| date_running_on(year, month, day.checked_add(days)?))
                }
                _ => day.checked_add(count).and_then(|day| date_running_on(year, month, day)),
            };
            date.and_then(|date| moment_in(date.to_datetime(moment.time()), None, moment.time_zone()))
        }
    };
    Ok(moved.ok_or_else(out_of_range)?.into())
}

/// `datetime_diff(from, to, unit)`: how many units lie between them; days, weeks, months and years by the
/// calendar.
fn datetime_diff(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (from, to) = (scope.datetime(&values[0])?, scope.datetime(&values[1])?);
    let unit = unit(&values[2])?;
    let seconds = (to.timestamp().as_nanosecond() - from.timestamp().as_nanosecond()) / 1_000_000_000;
    let days = i128::from(to.date().duration_since(from.date()).as_hours() / 24);
    let months = |moment: &Zoned| i128::from(moment.year()) * 12 + i128::from(moment.month());
    let difference = match unit {
        's' => seconds,
        'm' => seconds / 60,
        'h' => seconds / 3600,
        'D' => days,
        'W' => days / 7,
        'M' => months(&to) - months(&from),
        _ => i128::from(to.year()) - i128::from(from.year()),
    };
    Ok(Decimal::new(difference, 0)?.into())
}

/// `replace_time(datetime, time)`
fn replace_time(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let moment = scope.datetime(&values[0])?;
    let time = values[1].to_time()?;
    let replaced = moment_in(moment.date().to_datetime(time), None, moment.time_zone());
    Ok(replaced.ok_or_else(out_of_range)?.into())
}

/// `parse_datetime(text, layout, zone?)`
fn parse_datetime(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (text, layout) = (values[0].to_text()?, values[1].to_text()?);
    let zone = match values.get(2) {
        Some(name) => zone(&name.to_text()?)?,
        None => scope.env.timezone.clone(),
    };
    Ok(Layout::for_reading(&layout, LayoutKind::DateTime)?.read(&text, &zone)?.into())
}

/// `parse_time(text, layout)`
fn parse_time(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (text, layout) = (values[0].to_text()?, values[1].to_text()?);
    let (moment, _) = Layout::for_reading(&layout, LayoutKind::Time)?.read_civil(&text)?;
    Ok(moment.time().into())
}

/// `tz(datetime)`: the zone's name.
fn tz(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let moment = scope.datetime(&values[0])?;
    Ok(crate::env::zone_name(moment.time_zone()).into())
}

/// `tz_offset(datetime)`: the zone's offset at that moment, as `+0200`.
fn tz_offset(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let moment = scope.datetime(&values[0])?;
    Ok(offset_text(moment.offset()).replace(':', "").into())
}

/// `weekday(date)`: 0 is Sunday.
fn weekday(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let date = scope.date(&values[0])?;
    Ok(Value::Number(i32::from(date.weekday().to_sunday_zero_offset()).into()))
}

/// `week_number(date)`: weeks begin on Sunday, and the one with the first of January is the first.
fn week_number(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let date = scope.date(&values[0])?;
    let before_first = i32::from(date.first_of_year().weekday().to_sunday_zero_offset());
    Ok(Value::Number(((i32::from(date.day_of_year()) - 1 + before_first) / 7 + 1).into()))
}

/// `legacy_add(a, b)`: the sum of two numbers, or a date and a number of days, as old expressions had it.
fn legacy_add(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (first, second) = (scope.datetime(&values[0]), scope.datetime(&values[1]));
    let (moment, days) = match (first, second) {
        (Ok(_), Ok(_)) => return Err(Error::new("cannot operate on two dates")),
        (Ok(moment), Err(_)) => (moment, values[1].to_number()?),
        (Err(_), Ok(moment)) => (moment, values[0].to_number()?),
        (Err(_), Err(_)) => return Ok(values[0].to_number()?.plus(values[1].to_number()?)?.into()),
    };
    let days = days.truncated().and_then(|days| i32::try_from(days).ok());
    let days = days.ok_or_else(|| Error::new("cannot operate on integers greater than 32 bit"))?;
    let date = moment.date();
    let moved =
        date_running_on(date.year().into(), date.month().into(), i64::from(date.day()) + i64::from(days))
            .and_then(|date| moment_in(date.to_datetime(moment.time()), None, moment.time_zone()));
    Ok(moved.ok_or_else(out_of_range)?.into())
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn now_and_making_dates() {
        check("@(now()) @(today())", "2026-11-21T03:30:00.500000-05:00 2026-11-21");
        check("@(date_from_parts(2023, 2, 30)) @(time_from_parts(7, 5, 0))", "2023-03-02 07:05:00.000000");
        check(
            "@(time_from_parts(7, 60, 0))",
            "!error calling time_from_parts(...): invalid value for minute, must be 0-59",
        );
        check("@(date(\"9.11.2025 10:00\")) @(time(\"at 7 pm\"))", "2025-11-09 19:00:00.000000");
        check(
            "@(epoch(\"1970-01-02T00:00:00.25Z\")) @(datetime_from_epoch(86400.25))",
            "86400.25 1970-01-01T19:00:00.250000-05:00",
        );
    }

    #[test]
    fn moving_and_measuring() {
        check(
            "@(date(datetime_add(\"31-01-2025\", 1, \"M\"))) @(date(datetime_add(\"29-02-2024\", 1, \"Y\")))",
            "2025-03-03 2025-03-01",
        );
        check("@(datetime_add(\"2025-01-01T00:00:00Z\", 90, \"m\"))", "2025-01-01T01:30:00.000000Z");
        check(
            "@(datetime_add(\"01-01-2025\", 9223372036854775807, \"W\"))",
            "!error calling datetime_add(...): date is out of range",
        );
        check(
            "@(datetime_add(\"01-01-2025\", 333333333333333, \"D\"))",
            "!error calling datetime_add(...): date is out of range",
        );
        check(
            "@(datetime_diff(\"01-01-2025 23:00\", \"02-01-2025 01:00\", \"D\")) @(datetime_diff(\"31-12-2024\", \"01-01-2025\", \"Y\"))",
            "1 1",
        );
        check("@(replace_time(\"01-02-2025\", \"8:15\"))", "2025-02-01T08:15:00.000000-05:00");
    }

    #[test]
    fn reading_and_asking() {
        check(
            "@(parse_datetime(\"5/3/25 7 am\", \"D/M/YY h aa\", \"Africa/Nairobi\"))",
            "2025-03-05T07:00:00.000000+03:00",
        );
        check("@(parse_time(\"0815\", \"ttmm\"))", "08:15:00.000000");
        check("@(tz(\"01-02-2025\")) @(tz_offset(\"01-02-2025\"))", "America/Guayaquil -0500");
        check(
            "@(weekday(\"09-11-2025\")) @(week_number(\"04-01-2025\")) @(week_number(\"05-01-2025\"))",
            "0 1 2",
        );
        check("@(date(legacy_add(\"30-12-2025\", 2))) @(legacy_add(1, 2))", "2026-01-01 3");
    }
}
