//! Values written for readers.
use crate::excellent::decimal::{Decimal, Rounding};
use crate::excellent::eval::Scope;
use crate::excellent::value::{Error, Value};
use crate::text::layout::{Layout, LayoutKind};
use crate::text::{locations, numbers, zone};

use jiff::civil::Date;
use jiff::tz::Offset;

use super::Arity::{Between, Exactly};
use super::Builtin;

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin::new("format", Exactly(1), format_any),
    Builtin::new("format_date", Between(1, 2), format_date),
    Builtin::new("format_datetime", Between(1, 3), format_datetime),
    Builtin::new("format_time", Between(1, 2), format_time),
    Builtin::new("format_location", Exactly(1), format_location),
    Builtin::new("format_number", Between(1, 3), format_number),
    Builtin::new("percent", Exactly(1), percent),
    Builtin::new("prompt", Between(1, 11), prompt),
];

type Outcome = Result<Value, Error>;

/// `format(value)`: as the workspace writes such values.
fn format_any(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    match &values[0] {
        Value::Error(error) => Err(error.clone()),
        value => Ok(value.format(scope.env).into()),
    }
}

fn layout(values: &[Value], usual: &str, kind: LayoutKind) -> Result<Layout, Error> {
    Ok(match values.get(1) {
        Some(layout) => Layout::parse(&layout.to_text()?, kind)?,
        None => Layout::parse(usual, kind)?,
    })
}

/// `format_date(date, layout?)`
fn format_date(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let date = scope.date(&values[0])?;
    let layout = layout(values, scope.env.date_format.layout(), LayoutKind::Date)?;
    Ok(layout.format(date.at(0, 0, 0, 0), Offset::UTC, &scope.env.default_locale()).into())
}

/// `format_datetime(datetime, layout?, zone?)`
fn format_datetime(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let moment = scope.datetime(&values[0])?;
    let usual = format!("{} {}", scope.env.date_format.layout(), scope.env.time_format.layout());
    let layout = layout(values, &usual, LayoutKind::DateTime)?;
    let zone = match values.get(2) {
        Some(name) => zone(&name.to_text()?)?,
        None => scope.env.timezone.clone(),
    };
    let local = moment.with_time_zone(zone);
    Ok(layout.format(local.datetime(), local.offset(), &scope.env.default_locale()).into())
}

/// `format_time(time, layout?)`
fn format_time(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let time = values[0].to_time()?;
    let layout = layout(values, scope.env.time_format.layout(), LayoutKind::Time)?;
    Ok(layout.format(Date::ZERO.to_datetime(time), Offset::UTC, &scope.env.default_locale()).into())
}

/// `format_location(path)`: the place's own name.
fn format_location(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    Ok(locations::name_of_path(&values[0].to_text()?).into())
}

/// The most decimal places that `format_number` writes.
const MAX_PLACES: i64 = 9;

/// `format_number(number, places?, group?)`
fn format_number(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let number = values[0].to_number()?;
    let places = match values.get(1) {
        Some(places) => Some(places.to_integer()?),
        None => None,
    };
    if let Some(places) = places
        && !(-1..=MAX_PLACES).contains(&places)
    {
        return Err(Error::new(format!("must take 0-{MAX_PLACES} as number of places, got {places}")));
    }
    let group = values.get(2).map_or(Ok(true), Value::to_boolean)?;
    let places = places.and_then(|places| usize::try_from(places).ok());
    Ok(numbers::format(number, &scope.env.number_format, places, group).into())
}

/// `percent(number)`: 0.5 is `50%`.
fn percent(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let number = values[0].to_number()?.times(Decimal::from(100))?.rounded(0, Rounding::HalfAway);
    let whole = number.truncated().ok_or_else(|| Error::new("percentage value is out of range"))?;
    Ok(format!("{whole}%").into())
}

/// `prompt(name, arguments...)`: an instruction to a language model, from the engine's own list.
fn prompt(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let name = values[0].to_text()?;
    let mut text =
        scope.root.prompt(&name).ok_or_else(|| Error::new(format!("unknown LLM prompt {name}")))?;
    for (at, argument) in values[1..].iter().enumerate() {
        text = text.replace(&format!("{{{{ .arg{} }}}}", at + 1), &argument.to_text()?);
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn values_for_readers() {
        check(
            "@(format(12345.5)) @(format(date(\"9.11.2025\"))) @(format(now()))",
            "12,345.5 09-11-2025 21-11-2026 03:30",
        );
        check("@(format(array(1, object(\"a\", 1, \"b\", 2))))", "- 1\n- a: 1\n  b: 2");
        check(
            "@(format_date(\"9.11.2025\", \"EEE D MMM\")) @(format_time(\"7 pm\", \"h:mm aa\"))",
            "Sun 9 Nov 7:00 pm",
        );
        check("@(format_datetime(\"2025-11-09T10:00:00Z\", \"tt:mm\", \"Asia/Kolkata\"))", "15:30");
        check(
            "@(format_number(1234.5, 2)) @(format_number(1234.5, 0, false)) @(percent(0.255))",
            "1,234.50 1235 26%",
        );
        check(
            "@(format_location(\"Ecuador > El Oro\")) @(prompt(\"shorten\", 5, \"es\"))",
            "El Oro Shorten to 5 words in es",
        );
        check(
            "@(format_datetime(now(), \"tt\", \"Mars\"))",
            "!error calling format_datetime(...): unknown time zone Mars",
        );
    }
}
