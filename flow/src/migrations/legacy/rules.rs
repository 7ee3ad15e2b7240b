//! The tests of old rules.
use serde_json::Value as Json;

use super::importer::{Importer, as_text, template, text_of};
use super::templates::{TemplateOptions, migrate_template};

/// Tests whose only argument is a text by language, by their old name.
const OF_WORDS: &[(&str, &str)] = &[
    ("contains", "has_all_words"),
    ("contains_any", "has_any_word"),
    ("contains_phrase", "has_phrase"),
    ("contains_only_phrase", "has_only_phrase"),
    ("regex", "has_pattern"),
    ("starts", "has_beginning"),
];
/// Tests whose only argument is a number.
const OF_NUMBERS: &[(&str, &str)] = &[
    ("eq", "has_number_eq"),
    ("gt", "has_number_gt"),
    ("gte", "has_number_gte"),
    ("lt", "has_number_lt"),
    ("lte", "has_number_lte"),
];
/// Tests whose only argument is a date.
const OF_DATES: &[(&str, &str)] =
    &[("date_after", "has_date_gt"), ("date_before", "has_date_lt"), ("date_equal", "has_date_eq")];
/// Tests without arguments.
const ALONE: &[(&str, &str)] = &[
    ("date", "has_date"),
    ("has_email", "has_email"),
    ("not_empty", "has_text"),
    ("number", "has_number"),
    ("phone", "has_phone"),
    ("state", "has_state"),
];

/// What a rule comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Case {
        test: &'static str,
        arguments: Vec<String>,
    },
    /// The rule for everything else.
    Otherwise,
    /// A case, and for everything else too.
    CaseAndOtherwise {
        test: &'static str,
        arguments: Vec<String>,
    },
    /// No case, but its category is the one for everything else.
    OtherwiseOnly,
    /// No answer came for this many minutes.
    Timeout(u64),
    /// Something that cannot happen any more.
    Never,
}

fn today(old: &str, list: &[(&str, &'static str)]) -> Option<&'static str> {
    list.iter().find(|(name, _)| *name == old).map(|(_, new)| *new)
}

/// What a test comes to; translations of its argument are noted for the case.
///
/// # Errors
/// When its type is unknown.
pub(super) fn verdict(importer: &mut Importer<'_>, old: &Json, case: &str) -> Result<Verdict, String> {
    let kind = text_of(old, "type");
    let number = |key: &str| template(&as_text(&old[key]));
    let simple = |test, arguments| Verdict::Case { test, arguments };
    if let Some(test) = today(kind, OF_WORDS) {
        return Ok(simple(test, vec![importer.text(case, "arguments", &old["test"], template)]));
    }
    if let Some(test) = today(kind, OF_NUMBERS) {
        return Ok(simple(test, vec![number("test")]));
    }
    if let Some(test) = today(kind, OF_DATES) {
        let options = TemplateOptions { raw_dates: true, ..TemplateOptions::default() };
        return Ok(simple(test, vec![migrate_template(text_of(old, "test"), options)]));
    }
    if let Some(test) = today(kind, ALONE) {
        return Ok(simple(test, Vec::new()));
    }
    Ok(match kind {
        "between" => simple("has_number_between", vec![number("min"), number("max")]),
        "district" => simple("has_district", vec![number("test")]),
        "ward" => simple("has_ward", vec![number("district"), number("state")]),
        "in_group" => simple("has_group", group(&old["test"])),
        "subflow" => simple("has_only_text", vec![text_of(old, "exit_type").to_owned()]),
        "webhook_status" => match text_of(old, "status") {
            "success" => simple("has_only_text", vec!["Success".to_owned()]),
            _ => Verdict::CaseAndOtherwise { test: "has_only_text", arguments: vec!["Failure".to_owned()] },
        },
        "airtime_status" => match text_of(old, "exit_status") {
            "success" => simple("has_category", vec!["Success".to_owned()]),
            _ => Verdict::OtherwiseOnly,
        },
        "true" => Verdict::Otherwise,
        "timeout" => Verdict::Timeout(
            old["minutes"].as_u64().unwrap_or_else(|| as_text(&old["minutes"]).parse().unwrap_or(0)),
        ),
        "false" | "interrupted_status" => Verdict::Never,
        other => return Err(format!("a rule of the unknown type '{other}' cannot be brought over")),
    })
}

fn group(old: &Json) -> Vec<String> {
    match old {
        Json::String(name) => vec![String::new(), name.clone()],
        old => vec![text_of(old, "uuid").to_owned(), text_of(old, "name").to_owned()],
    }
}

/// The days that a date test counts from today, as the editor shows them: `@(date.today - 7)` is -7.
pub(super) fn days_from_today(old: &Json) -> Option<String> {
    today(text_of(old, "type"), OF_DATES)?;
    let inside = text_of(old, "test").strip_prefix("@(")?.strip_suffix(')')?;
    let inside = inside.trim().strip_prefix("date.today")?.trim();
    let (sign, days) = inside.split_at_checked(1)?;
    let days: i64 = days.trim().parse().ok()?;
    match sign {
        "+" => Some(days.to_string()),
        "-" => Some((-days).to_string()),
        _ => None,
    }
}
