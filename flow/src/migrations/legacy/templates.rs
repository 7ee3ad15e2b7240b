//! Old texts with expressions in them, rewritten for today's.
use super::arithmetic::{Kind, Piece, binary};
use super::functions::{self, Argument};
use super::paths;
use super::syntax::{self, Old};
use crate::definition;

/// The longest rewritten expression, in bytes; one that gets longer stays as it stood. Some rewritings say an argument
/// twice, so that nested ones would grow without bound.
const MAX_WRITTEN: usize = 20_000;

/// How expressions are rewritten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TemplateOptions {
    /// An expression that fails gives its own old text, as it once did.
    pub default_to_self: bool,
    /// Values are escaped for a URL.
    pub url_encode: bool,
    /// Days stay dates, where otherwise they are shown in the workspace's format.
    pub raw_dates: bool,
}

/// Rewrites the expressions of an old text. What cannot be understood stays as it stands; what was plain text and would
/// be an expression today is escaped.
#[must_use]
pub fn migrate_template(template: &str, options: TemplateOptions) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('@') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let after = &rest[1..];
        if after.starts_with('@') {
            out.push_str("@@");
            rest = &rest[2..];
        } else if after.starts_with('(') {
            let length = bracket_length(after).map_or(rest.len(), |length| length + 1);
            let (old, following) = rest.split_at(length);
            let new = bracket_length(after).and_then(|_| rewrite(&old[2..length - 1], options));
            out.push_str(&new.map_or_else(|| old.to_owned(), |new| write(&new, old, following, options)));
            rest = following;
        } else {
            let length = 1 + path_length(after);
            let (old, following) = rest.split_at(length);
            out.push_str(&name(old, following, options));
            rest = following;
        }
    }
    out.push_str(rest);
    out
}

/// A name after `@`.
fn name(old: &str, following: &str, options: TemplateOptions) -> String {
    let first = old[1..].split('.').next().unwrap_or_default().to_lowercase();
    if paths::TOP_LEVELS.contains(&first.as_str()) {
        let new = paths::resolve(&old[1..], options.raw_dates);
        return new.map_or_else(|| old.to_owned(), |new| write(&new, old, following, options));
    }
    let escape = if definition::TOP_LEVELS.contains(&first.as_str()) { "@" } else { "" };
    format!("{escape}{old}")
}

/// The bytes of a dotted name at the start; a dot counts only if the name goes on behind it.
fn path_length(text: &str) -> usize {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let goes_on = bytes.get(length + 1).is_some_and(|next| is_part(*next));
        if !(is_part(*byte) || *byte == b'.' && length > 0 && goes_on) {
            break;
        }
        length += 1;
    }
    length
}

/// The bytes from the opening bracket at the start to the one that closes it.
fn bracket_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match text.as_bytes().get(at)? {
            b'"' => {
                at += syntax::text_length(&text[at..])?;
                continue;
            }
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// A rewritten expression as it stands in a template.
fn write(new: &Piece, old: &str, following: &str, options: TemplateOptions) -> String {
    if new.text == "\"\"" && !options.default_to_self {
        return String::new();
    }
    let mut text = new.text.clone();
    if options.url_encode {
        text = format!("url_encode({text})");
    }
    if options.default_to_self {
        let quoted = old.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("@(if(is_error({text}), \"{quoted}\", {text}))");
    }
    // without brackets the name would run on into the text behind it
    let mut next = following.chars();
    let runs_on = match next.next() {
        Some('.') => next.next().is_some_and(is_name_part),
        next => next.is_some_and(|next| is_name_part(next) || next == '(' || next == '['),
    };
    if new.is_path && !options.url_encode && !runs_on { format!("@{text}") } else { format!("@({text})") }
}

fn is_name_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Rewrites what stands between the brackets of an expression.
fn rewrite(inside: &str, options: TemplateOptions) -> Option<Piece> {
    expression(&syntax::parse(inside)?, options)
}

fn expression(old: &Old, options: TemplateOptions) -> Option<Piece> {
    let piece = match old {
        Old::Number(number) => Piece::number(number.clone()),
        Old::Text(text) => Piece::whole(syntax::string_literal(text)),
        Old::Truth(truth) => Piece::whole(truth.to_string()),
        Old::Path(path) => paths::resolve(path, options.raw_dates)?,
        Old::Group(inner) => Piece::whole(format!("({})", expression(inner, options)?.text)),
        Old::Negative(inner) => {
            let inner = expression(inner, options)?;
            Piece::of(format!("-{}", inner.beside(u8::MAX)), Kind::Number)
        }
        Old::Binary(operator, left, right) => {
            binary(*operator, &expression(left, options)?, &expression(right, options)?)
        }
        Old::Call(name, arguments) => {
            let arguments: Option<Vec<Argument>> = arguments
                .iter()
                .map(|old| Some(Argument { new: expression(old, options)?, old: old.clone() }))
                .collect();
            functions::call(name, &arguments?)?
        }
    };
    (piece.text.len() <= MAX_WRITTEN).then_some(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(template: &str) -> String {
        migrate_template(template, TemplateOptions::default())
    }

    #[test]
    fn names() {
        assert_eq!(
            now("Dear @contact.first_name (@contact.village)"),
            "Dear @contact.first_name (@fields.village)"
        );
        assert_eq!(
            now("@flow.water.category, said @flow.water.text."),
            "@results.water.category_localized, said @results.water.input."
        );
        assert_eq!(now("@flow.2nd_child"), "@(results[\"2nd_child\"])");
        assert_eq!(now("@parent.contact.viber"), "@(default(urn_parts(parent.urns.viber).path, \"\"))");
        assert_eq!(now("@extra.items.0.sku"), "@(legacy_extra.items[\"0\"].sku)");
        assert_eq!(now("@date.never @date."), "@date.never @(now()).");
    }

    #[test]
    fn plain_text_stays() {
        assert_eq!(now("help@example.org @ 50 @@flow @nobody"), "help@example.org @ 50 @@flow @nobody");
        assert_eq!(now("press @input or @results"), "press @@input or @@results");
        assert_eq!(now("@(LEN(\"a)\") @(1 +) @(NOSUCH(1))"), "@(LEN(\"a)\") @(1 +) @(NOSUCH(1))");
        assert_eq!(now("@(contact.name)s @(contact.name).id"), "@(contact.name)s @(contact.name).id");
    }

    #[test]
    fn sums() {
        assert_eq!(now("@(3 - 1 + 2)"), "@(3 - 1 + 2)");
        assert_eq!(now("@(contact.dose - 1)"), "@(legacy_add(fields.dose, -1))");
        assert_eq!(
            now("@(contact.due - (contact.a + 1))"),
            "@(legacy_add(fields.due, -(legacy_add(fields.a, 1))))"
        );
        assert_eq!(
            now("@(date.yesterday - 2)"),
            "@(format_date(datetime_add(format_date(datetime_add(now(), -1, \"D\")), -2, \"D\")))"
        );
        assert_eq!(now("@(NOW() - TIME(1, 30, 0))"), "@(datetime_add(now(), -5400, \"s\"))");
        assert_eq!(now("@(SUM(1, contact.x) * 2)"), "@((1 + fields.x) * 2)");
        assert_eq!(now("@(SUM(1, 2 & 3))"), "@(1 + (2 & 3))");
    }

    #[test]
    fn calls() {
        assert_eq!(now("@(CONCATENATE(\"a\", contact.b, \"c\"))"), "@(\"a\" & fields.b & \"c\")");
        assert_eq!(
            now("@(RIGHT(contact.code, LEN(contact.code) - 1))"),
            "@(text_slice(fields.code, -(legacy_add(text_length(fields.code), -1))))"
                .replace("legacy_add(text_length(fields.code), -1)", "text_length(fields.code) - 1")
        );
        assert_eq!(now("@(FIELD(flow.cow, 2, \";\"))"), "@(field(results.cow, 1, \";\"))");
        assert_eq!(now("@(WORD(step, -1))"), "@(word(input, -1))");
        assert_eq!(
            now("@(DATEDIF(contact.dob, NOW(), \"m\"))"),
            "@(datetime_diff(fields.dob, now(), \"M\"))"
        );
        assert_eq!(now("@(WEEKDAY(date.now) = 1)"), "@(weekday(now()) + 1 = 1)");
        assert_eq!(now("@(IF(contact.a, \"x\"))"), "@(if(fields.a, \"x\", false))");
        assert_eq!(now("@(FIXED(contact.price, 0, TRUE))"), "@(format_number(fields.price, 0, false))");
    }

    #[test]
    fn options() {
        let with = |template, options| migrate_template(template, options);
        let url = TemplateOptions { url_encode: true, ..TemplateOptions::default() };
        assert_eq!(with("?n=@contact.name", url), "?n=@(url_encode(contact.name))");
        let raw = TemplateOptions { raw_dates: true, ..TemplateOptions::default() };
        assert_eq!(with("@(date.today - 7)", raw), "@(datetime_add(today(), -7, \"D\"))");
        let own = TemplateOptions { default_to_self: true, ..TemplateOptions::default() };
        assert_eq!(
            with("@(UPPER(\"x\"))", own),
            "@(if(is_error(upper(\"x\")), \"@(UPPER(\\\"x\\\"))\", upper(\"x\")))"
        );
    }

    #[test]
    fn what_doubles_is_bounded() {
        let nested = (0..60).fold("step.text".to_owned(), |inner, _| format!("WORD_SLICE({inner}, -1)"));
        let template = format!("@({nested})");
        assert_eq!(now(&template), template);
    }
}
