//! What the functions of old expressions are today.
use super::arithmetic::{Kind, Piece};
use super::syntax::{Old, Operator};

/// Functions that only have another name, or not even that, by their old name. `Kind` is what they give.
const RENAMED: &[(&str, &str, Kind)] = &[
    ("abs", "abs", Kind::Number),
    ("and", "and", Kind::Unknown),
    ("average", "mean", Kind::Number),
    ("char", "char", Kind::Unknown),
    ("clean", "clean", Kind::Unknown),
    ("code", "code", Kind::Number),
    ("date", "date_from_parts", Kind::Date { shown: false }),
    ("datevalue", "date", Kind::Date { shown: false }),
    ("epoch", "epoch", Kind::Number),
    ("format_date", "format_datetime", Kind::Unknown),
    ("format_location", "format_location", Kind::Unknown),
    ("int", "round_down", Kind::Number),
    ("len", "text_length", Kind::Number),
    ("lower", "lower", Kind::Unknown),
    ("max", "max", Kind::Number),
    ("min", "min", Kind::Number),
    ("mod", "mod", Kind::Number),
    ("now", "now", Kind::Moment),
    ("or", "or", Kind::Unknown),
    ("percent", "percent", Kind::Unknown),
    ("proper", "title", Kind::Unknown),
    ("rand", "rand", Kind::Number),
    ("randbetween", "rand_between", Kind::Number),
    ("read_digits", "read_chars", Kind::Unknown),
    ("regex_group", "regex_match", Kind::Unknown),
    ("remove_first_word", "remove_first_word", Kind::Unknown),
    ("rept", "repeat", Kind::Unknown),
    ("round", "round", Kind::Number),
    ("rounddown", "round_down", Kind::Number),
    ("roundup", "round_up", Kind::Number),
    ("substitute", "replace", Kind::Unknown),
    ("timevalue", "time", Kind::Time(None)),
    ("today", "today", Kind::Date { shown: false }),
    ("trunc", "round_down", Kind::Number),
    ("unichar", "char", Kind::Unknown),
    ("unicode", "code", Kind::Number),
    ("upper", "upper", Kind::Unknown),
];

/// An argument, as it was and as it is now.
pub(super) struct Argument {
    pub(super) old: Old,
    pub(super) new: Piece,
}

impl Argument {
    fn text(&self) -> &str {
        &self.new.text
    }

    /// The whole number that it is written as.
    fn literal(&self) -> Option<i64> {
        match &self.old {
            Old::Number(number) => number.parse().ok(),
            Old::Text(text) => text.trim_matches('"').parse().ok(),
            Old::Negative(inner) => match &**inner {
                Old::Number(number) => number.parse::<i64>().ok().map(|n| -n),
                _ => None,
            },
            _ => None,
        }
    }

    fn truth(&self) -> Option<bool> {
        match &self.old {
            Old::Truth(truth) => Some(*truth),
            Old::Call(name, arguments) if arguments.is_empty() => name.to_lowercase().parse().ok(),
            Old::Text(text) => text.trim_matches('"').to_lowercase().parse().ok(),
            _ => None,
        }
    }
}

/// A call, rewritten; `None` when there was no such function or it cannot be called like this.
pub(super) fn call(name: &str, arguments: &[Argument]) -> Option<Piece> {
    let name = name.to_lowercase();
    if let Some((_, new, kind)) = RENAMED.iter().find(|(old, ..)| *old == name) {
        return Some(Piece::of(format!("{new}({})", listed(arguments, ", ")), kind.clone()));
    }
    match name.as_str() {
        "true" | "false" if arguments.is_empty() => Some(Piece::whole(name)),
        "concatenate" if !arguments.is_empty() => Some(chain(Operator::Join, arguments, Kind::Unknown)),
        "sum" if !arguments.is_empty() => Some(chain(Operator::Plus, arguments, Kind::Number)),
        "power" if arguments.len() == 2 => Some(chain(Operator::Power, arguments, Kind::Number)),
        "word" | "word_count" | "word_slice" | "first_word" | "field" => words(&name, arguments),
        "day" | "month" | "year" | "hour" | "minute" | "second" | "weekday" => date_part(&name, arguments),
        "datedif" | "days" | "edate" | "time" => dates(&name, arguments),
        _ => numbers_and_texts(&name, arguments),
    }
}

fn listed(arguments: &[Argument], between: &str) -> String {
    arguments.iter().map(Argument::text).collect::<Vec<_>>().join(between)
}

/// The arguments with an operator between them; one argument alone is itself.
fn chain(operator: Operator, arguments: &[Argument], kind: Kind) -> Piece {
    if let [only] = arguments {
        return only.new.clone();
    }
    // operators group to the left, so that a later operand of the same strength needs brackets and the first does not
    let operand = |(at, argument): (usize, &Argument)| {
        let grouping = u8::from(at > 0 && operator != Operator::Join);
        argument.new.beside(operator.strength() + grouping)
    };
    let operands: Vec<String> = arguments.iter().enumerate().map(operand).collect();
    Piece::joined(operands.join(&format!(" {} ", operator.as_str())), operator, kind)
}

fn numbers_and_texts(name: &str, arguments: &[Argument]) -> Option<Piece> {
    Some(match (name, arguments) {
        ("exp", [power]) => {
            let power = power.new.beside(Operator::Power.strength() + 1);
            Piece::joined(format!("2.718281828459045 ^ {power}"), Operator::Power, Kind::Number)
        }
        ("fixed", [number]) => Piece::whole(format!("format_number({}, 2)", number.text())),
        ("fixed", [number, places]) => {
            Piece::whole(format!("format_number({}, {})", number.text(), places.text()))
        }
        ("fixed", [number, places, plain]) => {
            let grouped = match plain.truth() {
                Some(plain) => (!plain).to_string(),
                None => format!("if({}, false, true)", plain.text()),
            };
            Piece::whole(format!("format_number({}, {}, {grouped})", number.text(), places.text()))
        }
        ("if", [test]) => Piece::whole(format!("if({}, 0, false)", test.text())),
        ("if", [test, yes]) => Piece::whole(format!("if({}, {}, false)", test.text(), yes.text())),
        ("if", [_, _, _]) => Piece::whole(format!("if({})", listed(arguments, ", "))),
        ("left", [text, length]) => {
            Piece::whole(format!("text_slice({}, 0, {})", text.text(), length.text()))
        }
        // the last 0 letters are none, but a slice from 0 is everything
        ("right", [_, length]) if length.literal() == Some(0) => Piece::whole("\"\""),
        ("right", [text, length]) => {
            Piece::whole(format!("text_slice({}, {})", text.text(), length.new.negated()))
        }
        _ => return None,
    })
}

fn date_part(name: &str, arguments: &[Argument]) -> Option<Piece> {
    let [date] = arguments else { return None };
    let date = date.text();
    let (function, layout) = match name {
        "day" => ("format_date", "D"),
        "month" => ("format_date", "M"),
        "year" => ("format_date", "YYYY"),
        "hour" => ("format_datetime", "tt"),
        "minute" => ("format_datetime", "m"),
        "second" => ("format_datetime", "s"),
        // Sunday was 1 and is 0
        _ => return Some(Piece::joined(format!("weekday({date}) + 1"), Operator::Plus, Kind::Number)),
    };
    Some(Piece::whole(format!("{function}({date}, \"{layout}\")")))
}

fn dates(name: &str, arguments: &[Argument]) -> Option<Piece> {
    Some(match (name, arguments) {
        ("datedif", [from, to, unit]) => {
            // units were taken in any case; today m is minutes
            let unit = match &unit.old {
                Old::Text(text) => text.to_uppercase(),
                _ => unit.text().to_owned(),
            };
            let text = format!("datetime_diff({}, {}, {unit})", from.text(), to.text());
            Piece::number(text)
        }
        ("days", [to, from]) => {
            Piece::number(format!("datetime_diff({}, {}, \"D\")", from.text(), to.text()))
        }
        ("edate", [date, months]) => Piece::of(
            format!("datetime_add({}, {}, \"M\")", date.text(), months.text()),
            Kind::Date { shown: false },
        ),
        ("time", [hour, minute, second]) => {
            let [h, m, s] = [hour, minute, second].map(|part| {
                if part.literal().is_some() { part.text().to_owned() } else { format!("({})", part.text()) }
            });
            let seconds = match (hour.literal(), minute.literal(), second.literal()) {
                (Some(h), Some(m), Some(s)) => seconds(h, m, s)?.to_string(),
                _ => format!("({h} * 3600 + {m} * 60 + {s})"),
            };
            Piece::of(format!("time_from_parts({})", listed(arguments, ", ")), Kind::Time(Some(seconds)))
        }
        _ => return None,
    })
}

fn seconds(hours: i64, minutes: i64, seconds: i64) -> Option<i64> {
    hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)
}

fn words(name: &str, arguments: &[Argument]) -> Option<Piece> {
    Some(match (name, arguments) {
        ("first_word", [text]) => Piece::whole(format!("word({}, 0)", text.text())),
        ("word", [text, index, rest @ ..]) if rest.len() < 2 => {
            Piece::whole(format!("word({}, {}{})", text.text(), from_zero(index), delimiters(rest)))
        }
        ("word_count", [text, rest @ ..]) if rest.len() < 2 => {
            Piece::number(format!("word_count({}{})", text.text(), delimiters(rest)))
        }
        ("word_slice", [text, start, stop @ ..]) if stop.len() < 3 => {
            let (stop, by) = stop.split_at(stop.len().min(1));
            let by = delimiters(by);
            let place = |index: &Argument| match index.literal() {
                // counted from the end, which only word() does today
                Some(back) if back < 0 => {
                    format!("word_count({}{by}) - {}", text.text(), back.unsigned_abs())
                }
                _ => from_zero(index),
            };
            let stop = stop.first().map_or(String::new(), |stop| format!(", {}", place(stop)));
            Piece::whole(format!("word_slice({}, {}{stop}{by})", text.text(), place(start)))
        }
        ("field", [text, index]) => {
            Piece::whole(format!("field({}, {}, \" \")", text.text(), from_zero(index)))
        }
        ("field", [text, index, delimiter]) => {
            Piece::whole(format!("field({}, {}, {})", text.text(), from_zero(index), delimiter.text()))
        }
        _ => return None,
    })
}

/// Places were counted from 1 and are counted from 0; from the end they were and are counted from -1.
fn from_zero(index: &Argument) -> String {
    match index.literal() {
        Some(place) if place < 0 => place.to_string(),
        Some(place) => (place - 1).to_string(),
        None => format!("{} - 1", index.new.beside(Operator::Minus.strength())),
    }
}

/// Whether words end at spaces only: today the delimiters are named.
fn delimiters(by_spaces: &[Argument]) -> String {
    match by_spaces {
        [] => String::new(),
        [argument, ..] => match argument.truth() {
            Some(true) => ", \" \\t\"".to_owned(),
            Some(false) => ", NULL".to_owned(),
            None => format!(", if({}, \" \\t\", NULL)", argument.text()),
        },
    }
}
