//! Tests of dates and times.
use jiff::Zoned;
use jiff::civil::Date;

use crate::excellent::functions::Arity::Exactly;
use crate::excellent::functions::Builtin;
use crate::excellent::{Error, Scope, Value};
use crate::text::dates;

use super::{Outcome, matched, matched_if_some, unmatched};

pub(super) const TESTS: &[Builtin] = &[
    Builtin::new("has_date", Exactly(1), |scope, v| Ok(matched_if_some(moment(scope, v)?))),
    Builtin::new("has_date_lt", Exactly(2), |scope, v| compared(scope, v, |a, b| a < b)),
    Builtin::new("has_date_eq", Exactly(2), |scope, v| compared(scope, v, |a, b| a == b)),
    Builtin::new("has_date_gt", Exactly(2), |scope, v| compared(scope, v, |a, b| a > b)),
    Builtin::new("has_time", Exactly(1), has_time),
];

/// The first date of the text; a missing time of day is the present one.
fn moment(scope: &mut Scope<'_>, values: &[Value]) -> Result<Option<Zoned>, Error> {
    let text = values[0].to_text()?;
    let source = &mut *scope.source;
    Ok(dates::datetime_from_text(scope.env, &text, true, &mut || source.now()).ok())
}

/// Compares the days, each as it is in the environment's zone.
fn compared(scope: &mut Scope<'_>, values: &[Value], fits: fn(Date, Date) -> bool) -> Outcome {
    let found = moment(scope, values)?;
    let other = scope.datetime(&values[1])?;
    let day = |moment: &Zoned| moment.with_time_zone(scope.env.timezone.clone()).date();
    Ok(matched_if_some(found.filter(|found| fits(day(found), day(&other)))))
}

/// `has_time(text)`
fn has_time(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    Ok(dates::time_from_text(&text).map_or_else(|_| unmatched(), matched))
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn dates() {
        check(
            "@(has_date(\"born 9/11/1990\").match) @(has_date(\"9/13/1990\"))",
            "1990-11-09T03:30:00.500000-05:00 false",
        );
        check(
            "@(has_date_lt(\"9.11.1990\", \"10.11.1990\")) @(has_date_gt(\"9.11.1990\", \"9.11.1990\"))",
            "true false",
        );
        check("@(has_date_eq(\"2020-01-01T02:00:00Z\", \"31-12-2019\"))", "true");
        check(
            "@(has_date_eq(\"1.1.2020\", \"x\"))",
            "!error calling has_date_eq(...): unable to convert \"x\" to a datetime",
        );
        check("@(has_time(\"at half past 9:30 pm\").match) @(has_time(\"later\"))", "21:30:00.000000 false");
    }
}
