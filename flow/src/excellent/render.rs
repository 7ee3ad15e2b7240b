//! Values as text: for messages and comparisons (`render`), for readers (`format`), and as JSON.
use std::fmt::Write;

use jiff::Zoned;
use jiff::civil::Time;
use jiff::tz::Offset;

use crate::env::Environment;
use crate::text::layout::{Layout, LayoutKind, offset_text};
use crate::text::numbers;

use super::value::{Object, Value};

impl Value {
    /// The text that the value is in a message: ISO 8601 dates, plain digits, nothing for null and errors.
    #[must_use]
    pub fn render(&self) -> String {
        match self {
            Self::Null | Self::Error(_) => String::new(),
            Self::Boolean(truth) => truth.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Time(time) => render_time(*time),
            Self::DateTime(moment) => render_moment(moment),
            Self::Array(items) => {
                let items: Vec<String> = items.iter().map(Self::render).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Object(object) => match object.default_value() {
                Some(default) => default.render(),
                None => {
                    let entries: Vec<String> = object
                        .entries()
                        .iter()
                        .map(|(key, value)| format!("{key}: {}", value.render()))
                        .collect();
                    format!("{{{}}}", entries.join(", "))
                }
            },
            Self::Function(function) => function.name().to_owned(),
        }
    }

    /// The text as the workspace writes such values: its formats of dates and numbers, lists over several lines.
    #[must_use]
    pub fn format(&self, env: &Environment) -> String {
        match self {
            Self::Number(number) => numbers::format(*number, &env.number_format, None, true),
            Self::Date(date) => {
                let moment = date.at(0, 0, 0, 0);
                write(env.date_format.layout(), LayoutKind::Date, |l| l.format(moment, Offset::UTC, ""))
            }
            Self::Time(time) => {
                let moment = jiff::civil::Date::ZERO.to_datetime(*time);
                write(env.time_format.layout(), LayoutKind::Time, |l| l.format(moment, Offset::UTC, ""))
            }
            Self::DateTime(moment) => {
                let local = moment.with_time_zone(env.timezone.clone());
                let layout = format!("{} {}", env.date_format.layout(), env.time_format.layout());
                write(&layout, LayoutKind::DateTime, |l| l.format(local.datetime(), local.offset(), ""))
            }
            Self::Array(items) => format_array(items, env),
            Self::Object(object) => match object.default_value() {
                Some(default) => default.format(env),
                None => format_object(object, env),
            },
            other => other.render(),
        }
    }

    /// As JSON. Errors are null.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write_json(&mut out, self);
        out
    }
}

fn write(layout: &str, kind: LayoutKind, format: impl FnOnce(Layout) -> String) -> String {
    // An environment holds no layout that was not checked when it was read.
    Layout::parse(layout, kind).map(format).unwrap_or_default()
}

fn render_time(time: Time) -> String {
    format!(
        "{:02}:{:02}:{:02}.{:06}",
        time.hour(),
        time.minute(),
        time.second(),
        time.subsec_nanosecond() / 1000
    )
}

fn render_moment(moment: &Zoned) -> String {
    let offset = moment.offset();
    let date = moment.date();
    let zone = if offset == Offset::UTC { "Z".to_owned() } else { offset_text(offset) };
    format!("{date}T{}{zone}", render_time(moment.time()))
}

fn format_array(items: &[Value], env: &Environment) -> String {
    let items: Vec<String> = items.iter().map(|item| item.format(env)).collect();
    if !items.iter().any(|item| item.contains('\n')) {
        return items.join(", ");
    }
    let items: Vec<String> = items.iter().map(|item| format!("- {}", item.replace('\n', "\n  "))).collect();
    items.join("\n")
}

fn format_object(object: &Object, env: &Environment) -> String {
    let lines: Vec<String> = object
        .entries()
        .iter()
        .map(|(key, value)| {
            let text = value.format(env);
            if text.contains('\n') {
                format!("{key}:\n  {}", text.replace('\n', "\n  "))
            } else {
                format!("{key}: {text}")
            }
        })
        .collect();
    lines.join("\n")
}

fn write_json(out: &mut String, value: &Value) {
    match value {
        Value::Null | Value::Function(_) | Value::Error(_) => out.push_str("null"),
        Value::Boolean(_) | Value::Number(_) => out.push_str(&value.render()),
        Value::Text(text) => write_json_text(out, text),
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) => write_json_text(out, &value.render()),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(out, item);
            }
            out.push(']');
        }
        Value::Object(object) => {
            let mut entries = object.entries();
            if object.json_shows_default()
                && let Some(default) = object.default_value()
            {
                entries.insert(0, ("__default__".into(), default));
            }
            out.push('{');
            for (at, (key, item)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json_text(out, key);
                out.push(':');
                write_json(out, item);
            }
            out.push('}');
        }
    }
}

fn write_json_text(out: &mut String, text: &str) {
    out.push('"');
    // ids and most words stay as they are
    if text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\') {
        out.push_str(text);
        out.push('"');
        return;
    }
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            // The two line separators would end a line of JavaScript.
            '\0'..' ' | '\u{2028}' | '\u{2029}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", letter as u32);
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}
