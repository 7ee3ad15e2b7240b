//! Families whose cases are calls about values, templates, numbers and dates.
use flow::env::{Environment, NumberFormat};
use flow::excellent::{Error, Template, Value, parse_json, tools};
use flow::text::layout::{Layout, LayoutKind};
use flow::text::names::Names;
use flow::text::{dates as text_dates, numbers as text_numbers, zone};
use jiff::tz::Offset;
use serde_json::{Value as Json, json};

use super::Outcome;
use super::data::{Case, Data, normal, outcome, same, typed, value};
use super::source::Mocked;

fn names(json: &Json) -> Vec<&str> {
    json.as_array().map(|names| names.iter().filter_map(Json::as_str).collect()).unwrap_or_default()
}

fn clock(case: &Case) -> Mocked {
    Mocked::new(case.json["now"].as_str().filter(|now| *now != "mocked"), 123_456)
}

/// Conversions and representations.
pub fn types(data: &Data, case: &Case) -> Outcome {
    use flow::source::Source;
    let given = value(case.argument(1));
    let env = || data.environment(case.argument(0));
    let mut source = clock(case);
    let mut now = || source.now();
    let converted: Result<Json, Error> = match case.operation() {
        "to_array" => given.to_array().map(|items| typed(&Value::Array(items))),
        "to_object" => given.to_object().map(|object| typed(&object.into())),
        "to_text" => given.to_text().map(|text| json!(&*text)),
        "to_boolean" => given.to_boolean().map(|truth| json!(truth)),
        "to_number" => given.to_number().map(|number| typed(&number.into())),
        "to_integer" => given.to_integer().map(|number| json!(number)),
        "to_date" => given.to_date(&env(), &mut now).map(|date| typed(&date.into())),
        "to_datetime" => given.to_datetime(&env(), &mut now).map(|moment| typed(&moment.into())),
        "to_datetime_fill" => given.to_datetime_filled(&env(), &mut now).map(|moment| typed(&moment.into())),
        "to_time" => given.to_time().map(|time| typed(&time.into())),
        "represent" => Ok(json!({
            "json": given.to_json(),
            "render": given.render(),
            "format": given.format(&env()),
            "boolean": given.to_boolean().unwrap_or(false),
        })),
        "equals" => Ok(json!(value(case.argument(0)).equals(&given))),
        "cost_of" => Ok(json!(value(case.argument(0)).cost())),
        "json_to_value" => match case.argument(0) {
            Json::Null => Ok(Json::Null),
            text => Ok(typed(&parse_json(text.as_str().unwrap()))),
        },
        other => return Err(format!("unknown operation {other}")),
    };
    compare_values(case, converted.map_err(|e| e.to_string()))
}

/// Compares a typed value with the recorded one, both written our way.
fn compare_values(case: &Case, got: Result<Json, String>) -> Outcome {
    let expect = match case.json["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(match &case.json["expect"] {
            number @ Json::Number(_) => number.clone(),
            expect => normal(expect),
        }),
    };
    same(got, expect).map_err(|how| format!("{} {}: {how}", case.operation(), case.json["args"]))
}

/// Looking into templates and rewriting them.
pub fn tools(_: &Data, case: &Case) -> Outcome {
    let tops = names(case.argument(1));
    let template = case.text(0);
    let rewritten = |(text, problems): (String, Vec<flow::excellent::Problem>)| {
        let errors: Vec<String> = problems.iter().map(ToString::to_string).collect();
        same(text.as_str(), case.json["expect"].as_str().unwrap_or_default())?;
        same(errors.join(", ").as_str(), case.json["error"].as_str().unwrap_or_default())
            .map_err(|how| format!("{}: {how}", case.json["args"]))
    };
    match case.operation() {
        "has_expressions" => outcome(case, Ok(json!(tools::has_expressions(template, &tops)))),
        "scan" => {
            let parts = tools::scan(template, &tops);
            let static_too = Template::compile(template, &tops).is_static().is_some();
            same(static_too, parts.iter().all(|(kind, _)| *kind == "body"))?;
            outcome(case, Ok(json!(parts)))
        }
        "canonical_expression" => {
            outcome(case, tools::canonical(template).map(|e| json!(e)).map_err(|e| e.to_string()))
        }
        "refactor_canonical" => rewritten(tools::canonicalise(template, &tops)),
        "refactor_rename" => rewritten(tools::rename(template, &tops, case.text(2), case.text(3))),
        "context_refs" => outcome(case, Ok(json!(tools::references(template, &tops)))),
        other => Err(format!("unknown operation {other}")),
    }
}

/// Reading and writing numbers.
pub fn numbers(_: &Data, case: &Case) -> Outcome {
    let format: NumberFormat = serde_json::from_value(case.argument(1).clone()).unwrap();
    match case.operation() {
        "parse_number" => {
            let got = text_numbers::parse(case.text(0), &format);
            outcome(case, got.map(|number| typed(&number.into())).map_err(|e| e.to_string()))
        }
        "format_custom" => {
            let number = value(case.argument(0)).to_number().unwrap();
            let places = case.argument(2).as_i64().and_then(|places| usize::try_from(places).ok());
            let group = case.argument(3).as_bool().unwrap();
            outcome(case, Ok(json!(text_numbers::format(number, &format, places, group))))
        }
        other => Err(format!("unknown operation {other}")),
    }
}

fn date_parts(date: jiff::civil::Date) -> Json {
    json!({"Year": date.year(), "Month": date.month(), "Day": date.day()})
}

fn time_parts(time: jiff::civil::Time) -> Json {
    json!({"Hour": time.hour(), "Minute": time.minute(), "Second": time.second(), "Nanos": time.subsec_nanosecond()})
}

fn name_lists(locale: &str) -> Json {
    let names = Names::of(locale);
    let months = 1..=12_i8;
    json!({
        "days": (0..7).map(|day| names.weekday(day)).collect::<Vec<_>>(),
        "short_days": (0..7).map(|day| names.weekday_short(day)).collect::<Vec<_>>(),
        "months": months.clone().map(|month| names.month(month)).collect::<Vec<_>>(),
        "short_months": months.map(|month| names.month_short(month)).collect::<Vec<_>>(),
        "am_pm": [names.half_day(false), names.half_day(true)],
    })
}

/// Reading and writing dates and times.
pub fn dates(data: &Data, case: &Case) -> Outcome {
    use flow::source::Source;
    let mut source = clock(case);
    let mut now = || source.now();
    let env = || data.environment(case.argument(0));
    let read = |kind| Layout::for_reading(case.text(0), kind);
    let got: Result<Json, String> = match case.operation() {
        "datetime_from_string" => {
            let fill = case.argument(2).as_bool().unwrap_or(false);
            text_dates::datetime_from_text(&env(), case.text(1), fill, &mut now)
                .map(|moment| typed(&moment.into()))
                .map_err(|e| e.to_string())
        }
        "date_from_string" => text_dates::date_from_text(&env(), case.text(1), &mut now)
            .map(date_parts)
            .map_err(|e| e.to_string()),
        "time_from_string" => {
            text_dates::time_from_text(case.text(0)).map(time_parts).map_err(|e| e.to_string())
        }
        operation @ ("format_datetime_layout" | "format_date_layout" | "format_time_layout") => {
            let (moment, offset) = match value(case.argument(0)) {
                Value::DateTime(moment) => (moment.datetime(), moment.offset()),
                Value::Date(date) => (date.at(0, 0, 0, 0), Offset::UTC),
                Value::Time(time) => (jiff::civil::Date::ZERO.to_datetime(time), Offset::UTC),
                _ => return Err("no date".to_owned()),
            };
            let kind = match operation {
                "format_date_layout" => LayoutKind::Date,
                "format_time_layout" => LayoutKind::Time,
                _ => LayoutKind::DateTime,
            };
            Layout::parse(case.text(1), kind)
                .map(|layout| json!(layout.format(moment, offset, case.text(2))))
                .map_err(|e| e.to_string())
        }
        "parse_datetime_layout" => read(LayoutKind::DateTime)
            .and_then(|layout| layout.read(case.text(1), &zone(case.text(2)).unwrap()))
            .map(|moment| typed(&moment.into()))
            .map_err(|e| e.to_string()),
        "parse_date_layout" => read(LayoutKind::Date)
            .and_then(|layout| layout.read_civil(case.text(1)))
            .map(|(moment, _)| date_parts(moment.date()))
            .map_err(|e| e.to_string()),
        "parse_time_layout" => read(LayoutKind::Time)
            .and_then(|layout| layout.read_civil(case.text(1)))
            .map(|(moment, _)| time_parts(moment.time()))
            .map_err(|e| e.to_string()),
        _ => return outcome(case, Ok(name_lists(case.text(0)))),
    };
    let has_parts = case.json["expect"].get("Day").or(case.json["expect"].get("Hour")).is_some();
    if has_parts { outcome(case, got) } else { compare_values(case, got) }
}

/// Reading environments.
pub fn environment(_: &Data, case: &Case) -> Outcome {
    let got = Environment::from_json(case.text(0)).map_err(|e| e.to_string()).map(|env| {
        let mut json = serde_json::to_value(&env).unwrap();
        json["allowed_languages"] = serde_json::to_value(&env.allowed_languages).unwrap();
        json["default_country"] = json!(env.country.map_or_else(String::new, |country| country.to_string()));
        json
    });
    let expect = match case.json["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(case.json["expect"].clone()),
    };
    same(got, expect)
}
