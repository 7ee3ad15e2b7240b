//! What sending costs: a table that the operator edits, dated, so that a price of next month can be written today and
//! one of last year is still known.
//!
//! ```toml
//! [[tariff]]
//! channel = "sms"             # a look (`sms`, `whatsapp` …) or a provider (`twilio`), which comes first
//! to = "+593"                 # the beginning of the numbers that it is for; everywhere when absent
//! unit = "segment"            # segment, message, minute, or template with a category: "template:marketing"
//! price = "0.0742"            # as text, so that it is exact: at most six digits after the point
//! currency = "USD"
//! valid_from = 2026-01-01
//! ```
//! Of the rows that fit, a provider's come before a look's, then the longest `to`, then the newest `valid_from` that is
//! not after the day.
use std::collections::HashSet;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::account::Provider;
use crate::preview::{Look, Preview};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 1_000_000;
/// The most rows of a table.
pub const MAX_ROWS: usize = 10_000;
/// The longest beginning of a number, in digits.
const MAX_PREFIX: usize = 15;
/// The longest name of a template's category.
const MAX_CATEGORY: usize = 40;
/// Millionths are counted, so six digits after the point are exact.
const DECIMALS: usize = 6;
/// How long `2026-01-01` is.
const DAY_LETTERS: usize = 10;
/// The most digits before the point of a price.
const MAX_WHOLE_DIGITS: usize = 9;

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Tariffs {
    rows: Vec<Tariff>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tariff {
    pub channel: Channel,
    /// Digits with which the numbers begin, without the plus; empty for everywhere.
    pub to: String,
    pub unit: Unit,
    /// Millionths of the currency for one unit.
    pub micros: u64,
    /// ISO 4217.
    pub currency: String,
    pub valid_from: Date,
}

/// What a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Provider(Provider),
    Look(Look),
}

/// What is charged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A part of an SMS.
    Segment,
    /// A message that is no template.
    Message,
    /// A template of this category.
    Template(String),
    /// A minute of a call that was begun.
    Minute,
}

/// What a message costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Price {
    /// Millionths of the currency, for everything.
    pub micros: u64,
    pub currency: String,
    pub unit: Unit,
    /// How many units.
    pub count: u64,
    /// Millionths of the currency for one unit.
    pub micros_each: u64,
    /// Since when this price is valid.
    pub valid_from: Date,
}

/// One row as it is written: everything as text, so that what was typed is what is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TariffRow {
    /// A look or a provider.
    pub channel: String,
    /// A plus and digits; empty for everywhere.
    #[serde(default)]
    pub to: String,
    /// `segment`, `message`, `minute` or `template:CATEGORY`.
    pub unit: String,
    pub price: String,
    pub currency: String,
    /// A day, such as `2026-01-01`.
    pub valid_from: String,
}

/// What is wrong with one row of a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {}, {field}: {problem}", .row + 1)]
pub struct RowError {
    /// From 0 on.
    pub row: usize,
    /// The field of [`TariffRow`].
    pub field: &'static str,
    /// In plain words.
    pub problem: &'static str,
}

/// Why a table was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the tariffs: {problem}")]
pub struct TariffError {
    /// From 1 on; 1 too where the whole is meant.
    pub line: usize,
    /// In plain words.
    pub problem: String,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    tariff: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    channel: Spanned<String>,
    #[serde(default)]
    to: Option<Spanned<String>>,
    unit: Spanned<String>,
    price: Spanned<String>,
    currency: Spanned<String>,
    valid_from: Spanned<toml::value::Datetime>,
}

impl Tariffs {
    /// Reads a table.
    ///
    /// # Errors
    /// At the first line that is not as described, or that says the same as an earlier one.
    pub fn parse(text: &str) -> Result<Self, TariffError> {
        let at = |offset: usize, problem: &str| TariffError {
            line: text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1),
            problem: problem.to_owned(),
        };
        if text.len() > MAX_BYTES {
            return Err(at(0, "the file is larger than a megabyte"));
        }
        let file: File = toml::from_str(text)
            .map_err(|error| at(error.span().map_or(0, |span| span.start), error.message().trim()))?;
        if file.tariff.len() > MAX_ROWS {
            return Err(at(0, "there are more than ten thousand rows"));
        }
        let mut rows = Vec::with_capacity(file.tariff.len());
        let mut seen = HashSet::new();
        for row in file.tariff {
            let start = row.span().start;
            let row = row.into_inner();
            let place = |field| row.place(field).unwrap_or(start);
            let read = row.written().read().map_err(|(field, problem)| at(place(field), problem))?;
            if !seen.insert(read.key()) {
                return Err(at(start, TWICE));
            }
            let row = read;
            rows.push(row);
        }
        Ok(Self { rows })
    }

    /// A table of rows as they are written.
    ///
    /// # Errors
    /// At the first row that is not as described, or that says the same as an earlier one.
    pub fn of(written: &[TariffRow]) -> Result<Self, RowError> {
        if written.len() > MAX_ROWS {
            return Err(RowError {
                row: MAX_ROWS,
                field: "channel",
                problem: "there are more than ten thousand rows",
            });
        }
        let mut rows = Vec::with_capacity(written.len());
        let mut seen = HashSet::new();
        for (at, row) in written.iter().enumerate() {
            let row = row.read().map_err(|(field, problem)| RowError { row: at, field, problem })?;
            if !seen.insert(row.key()) {
                return Err(RowError { row: at, field: "channel", problem: TWICE });
            }
            rows.push(row);
        }
        Ok(Self { rows })
    }

    /// All rows, in the order of the file.
    #[must_use]
    pub fn rows(&self) -> &[Tariff] {
        &self.rows
    }
}

const TWICE: &str = "another row is for the same channel, numbers, unit and day";

/// The field, and what is wrong with it.
type Problem = (&'static str, &'static str);

impl Row {
    fn written(&self) -> TariffRow {
        TariffRow {
            channel: self.channel.get_ref().clone(),
            to: self.to.as_ref().map(|to| to.get_ref().clone()).unwrap_or_default(),
            unit: self.unit.get_ref().clone(),
            price: self.price.get_ref().clone(),
            currency: self.currency.get_ref().clone(),
            valid_from: self.valid_from.get_ref().to_string(),
        }
    }

    /// Where a field stands in the file.
    fn place(&self, field: &str) -> Option<usize> {
        let span = match field {
            "channel" => self.channel.span(),
            "to" => self.to.as_ref()?.span(),
            "unit" => self.unit.span(),
            "price" => self.price.span(),
            "currency" => self.currency.span(),
            "valid_from" => self.valid_from.span(),
            _ => return None,
        };
        Some(span.start)
    }
}

impl TariffRow {
    fn read(&self) -> Result<Tariff, Problem> {
        let channel = Channel::parse(&self.channel)
            .ok_or(("channel", "channel is a look such as sms or a provider such as twilio"))?;
        let to = match self.to.as_str() {
            "" => String::new(),
            to => prefix(to).ok_or(("to", "to is a plus and the digits that the numbers begin with"))?,
        };
        let unit = Unit::parse(&self.unit)
            .ok_or(("unit", "unit is segment, message, minute or template:CATEGORY"))?;
        let micros = micros(&self.price).ok_or((
            "price",
            "price is a text such as \"0.0742\", with at most six digits after the point",
        ))?;
        if self.currency.len() != 3 || !self.currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(("currency", "currency is three capital letters, such as USD"));
        }
        let valid_from =
            day(&self.valid_from).ok_or(("valid_from", "valid_from is a day, such as 2026-01-01"))?;
        Ok(Tariff { channel, to, unit, micros, currency: self.currency.clone(), valid_from })
    }
}

impl Tariff {
    /// What no other row may say as well.
    fn key(&self) -> (Channel, String, Unit, Date) {
        (self.channel, self.to.clone(), self.unit.clone(), self.valid_from)
    }

    /// As it is written.
    #[must_use]
    pub fn written(&self) -> TariffRow {
        TariffRow {
            channel: self.channel.as_str().to_owned(),
            to: if self.to.is_empty() { String::new() } else { format!("+{}", self.to) },
            unit: self.unit.to_string(),
            price: amount(self.micros),
            currency: self.currency.clone(),
            valid_from: self.valid_from.to_string(),
        }
    }
}

impl Channel {
    /// A provider's name or a look's; where both have one (`viber`), the look, which takes all of its providers in.
    fn parse(name: &str) -> Option<Self> {
        Look::parse(name).map(Self::Look).or_else(|| Provider::parse(name).map(Self::Provider))
    }

    /// The name that [`Self::parse`] reads.
    fn as_str(self) -> &'static str {
        match self {
            Self::Provider(provider) => provider.as_str(),
            Self::Look(look) => look.as_str(),
        }
    }

    /// How well a row for it fits a message; `None` when it does not.
    fn fits(self, preview: &Preview) -> Option<u8> {
        match self {
            Self::Provider(provider) => (preview.provider == Some(provider)).then_some(1),
            Self::Look(look) => (preview.look == look).then_some(0),
        }
    }
}

impl Unit {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "segment" => Self::Segment,
            "message" => Self::Message,
            "minute" => Self::Minute,
            _ => {
                let category = name.strip_prefix("template:")?;
                let fits = (1..=MAX_CATEGORY).contains(&category.len())
                    && category.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                return fits.then(|| Self::Template(category.to_owned()));
            }
        })
    }

    /// How many of it a message takes; `None` when it is not charged so.
    fn count(&self, preview: &Preview) -> Option<u64> {
        let number = |count: usize| u64::try_from(count).ok();
        match self {
            Self::Segment => number(preview.segments?.count),
            // A template has a price of its own; the one of a plain message would be a wrong promise.
            Self::Message if preview.template.is_some() || preview.minutes.is_some() => None,
            Self::Message => number(preview.messages),
            Self::Template(category) => {
                preview.template.as_ref()?;
                (preview.template_category.as_ref() == Some(category)).then_some(1)
            }
            Self::Minute => preview.minutes.map(u64::from),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment => f.write_str("segment"),
            Self::Message => f.write_str("message"),
            Self::Template(category) => write!(f, "template:{category}"),
            Self::Minute => f.write_str("minute"),
        }
    }
}

fn prefix(text: &str) -> Option<String> {
    let digits = text.strip_prefix('+')?;
    let fits = (1..=MAX_PREFIX).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| digits.to_owned())
}

/// Millionths as a price is written: `0.0742`.
#[must_use]
pub fn amount(micros: u64) -> String {
    let (whole, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let fraction = format!("{fraction:06}");
    match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// A price in millionths, exactly.
fn micros(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    if !digits(whole, MAX_WHOLE_DIGITS) || !digits(fraction, DECIMALS) {
        return None;
    }
    let fraction: u64 = format!("{fraction:0<width$}", width = DECIMALS).parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction)
}

fn day(written: &str) -> Option<Date> {
    // Longer ones have a time, which a price has not.
    (written.len() == DAY_LETTERS).then(|| written.parse().ok())?
}

/// What a message costs to a number (with or without its plus; empty where the channel has none) on a day. `None` when
/// the table does not say, or when the preview is of nothing that can be sent.
#[must_use]
pub fn price(tariffs: &Tariffs, preview: &Preview, to: &str, date: Date) -> Option<Price> {
    if preview.refused.is_some() {
        return None;
    }
    let to = to.trim_start_matches('+');
    let fitting = tariffs.rows.iter().filter_map(|row| {
        let fit = row.channel.fits(preview)?;
        let count = row.unit.count(preview)?;
        let rank = (fit, row.to.len(), row.valid_from);
        (to.starts_with(&row.to) && row.valid_from <= date).then_some((rank, row, count))
    });
    // Of two that are as good the earlier in the file.
    let (_, row, count) = fitting.rev().max_by_key(|(rank, _, _)| *rank)?;
    Some(Price {
        micros: row.micros.checked_mul(count)?,
        currency: row.currency.clone(),
        unit: row.unit.clone(),
        count,
        micros_each: row.micros,
        valid_from: row.valid_from,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prices_are_exact() {
        for (text, expected) in [
            ("0.0742", Some(74_200)),
            ("1", Some(1_000_000)),
            ("0.000001", Some(1)),
            ("999999999.999999", Some(999_999_999_999_999)),
            ("0.0000001", None),
            ("1000000000", None),
            (".5", None),
            ("5.", None),
            ("-1", None),
            ("1,5", None),
            ("", None),
        ] {
            assert_eq!(micros(text), expected, "{text}");
        }
    }

    fn row(channel: &str, to: &str, price: &str, valid_from: &str) -> TariffRow {
        let [channel, to, price, valid_from] = [channel, to, price, valid_from].map(str::to_owned);
        TariffRow { channel, to, unit: "segment".into(), price, currency: "USD".into(), valid_from }
    }

    #[test]
    fn rows_are_read_and_written_the_same() {
        let rows = vec![
            row("sms", "", "0.05", "2026-01-01"),
            row("sms", "+593", "0.0742", "2026-01-01"),
            row("twilio", "+593", "1", "2026-02-01"),
        ];
        let table = Tariffs::of(&rows).unwrap();
        let written: Vec<TariffRow> = table.rows().iter().map(Tariff::written).collect();
        assert_eq!(written, rows);
    }

    #[test]
    fn a_wrong_row_is_named() {
        let good = row("sms", "", "0.05", "2026-01-01");
        for (bad, field) in [
            (row("smoke", "", "1", "2026-01-01"), "channel"),
            (row("sms", "593", "1", "2026-01-01"), "to"),
            (row("sms", "", "a lot", "2026-01-01"), "price"),
            (row("sms", "", "1", "2026-13-01"), "valid_from"),
            (row("sms", "", "1", "2026-01-01T10:00:00"), "valid_from"),
            (good.clone(), "channel"),
        ] {
            let error = Tariffs::of(&[good.clone(), bad]).unwrap_err();
            assert_eq!((error.row, error.field), (1, field), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_outcome(text in "\\PC{0,200}|(\\[\\[tariff\\]\\]\n(channel|to|unit|price) = \"[a-z0-9+.]{0,6}\"\n){0,3}") {
            if let Err(error) = Tariffs::parse(&text) {
                prop_assert!(error.line >= 1 && error.line <= text.matches('\n').count() + 1);
            }
        }
    }
}
