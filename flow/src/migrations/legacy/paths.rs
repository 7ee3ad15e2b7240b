//! What the names of old expressions refer to today.
use super::arithmetic::{Kind, Piece};

/// The names that old expressions can begin with.
pub(super) const TOP_LEVELS: [&str; 8] =
    ["channel", "child", "contact", "date", "extra", "flow", "parent", "step"];

/// Properties of a contact that are no fields.
pub(super) const CONTACT_PROPERTIES: [&str; 6] =
    ["uuid", "id", "name", "first_name", "language", "created_on"];

/// Whether a name is one of a contact's addresses: the scheme of one.
pub(super) fn is_scheme(name: &str) -> bool {
    crate::text::urns::is_valid_scheme(name)
}

/// What a dotted name is today; `None` when it never meant anything.
pub(super) fn resolve(path: &str, raw_dates: bool) -> Option<Piece> {
    let path = path.to_lowercase();
    let parts: Vec<&str> = path.split('.').collect();
    if parts.iter().any(|part| part.is_empty()) {
        return None;
    }
    let (first, rest) = parts.split_first()?;
    Some(match (*first, rest) {
        ("contact", rest) | ("flow" | "step", ["contact", rest @ ..]) => contact("", rest),
        ("child", ["contact", rest @ ..]) => contact("child.", rest),
        ("parent", ["contact", rest @ ..]) => contact("parent.", rest),
        ("flow", rest) => result("results", rest),
        ("child", rest) => result("child.results", rest),
        ("parent", rest) => result("parent.results", rest),
        ("step", rest) => step(rest),
        ("channel", ["tel" | "tel_e164" | "address"]) => Piece::path("contact.channel.address"),
        ("channel", rest) => join("contact.channel", rest),
        ("extra", rest) => join("legacy_extra", rest),
        ("date", rest) => date(rest, raw_dates)?,
        _ => return None,
    })
}

/// Appends look-ups to a name; what cannot be written with a dot is written with brackets.
fn join(start: &str, parts: &[&str]) -> Piece {
    let mut text = start.to_owned();
    let mut plain = true;
    for part in parts {
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            text.push_str(&format!("[\"{part}\"]"));
            plain = false;
        } else {
            text.push('.');
            text.push_str(part);
        }
    }
    if plain { Piece::path(&text) } else { Piece::whole(text) }
}

fn result(start: &str, parts: &[&str]) -> Piece {
    let [name, property, rest @ ..] = parts else { return join(start, parts) };
    let property = match *property {
        "category" => "category_localized",
        "text" => "input",
        "time" => "created_on",
        other => other,
    };
    join(start, &[&[*name, property], rest].concat())
}

fn step(parts: &[&str]) -> Piece {
    match parts {
        ["value"] => Piece::path("input"),
        ["time"] => Piece::path("input.created_on"),
        ["attachments"] => {
            Piece::whole("foreach(foreach(input.attachments, attachment_parts), extract, \"url\")")
        }
        ["attachments", index] if index.bytes().all(|b| b.is_ascii_digit()) => {
            Piece::whole(format!("attachment_parts(input.attachments[{index}]).url"))
        }
        parts => join("input", parts),
    }
}

fn contact(owner: &str, parts: &[&str]) -> Piece {
    let whole = format!("{owner}contact");
    match parts {
        [] => Piece::path(&whole),
        ["groups"] => Piece::whole(format!("join({whole}.groups, \",\")")),
        ["tel_e164"] => address(owner, "tel", "path"),
        [property, ..] if CONTACT_PROPERTIES.contains(property) => join(&whole, parts),
        ["tel"] => address(owner, "tel", "display"),
        [scheme] if is_scheme(scheme) => address(owner, scheme, "path"),
        [scheme, part] if is_scheme(scheme) => address(owner, scheme, part),
        parts => join(&format!("{owner}fields"), parts),
    }
}

/// A part of the contact's first address of a scheme.
fn address(owner: &str, scheme: &str, part: &str) -> Piece {
    let urn = format!("{owner}urns.{scheme}");
    match part {
        "urn" => Piece::path(&urn),
        "display" => Piece::whole(format!("format_urn({urn})")),
        "scheme" => Piece::whole(format!("urn_parts({urn}).scheme")),
        _ => Piece::whole(format!("default(urn_parts({urn}).path, \"\")")),
    }
}

fn date(parts: &[&str], raw: bool) -> Option<Piece> {
    let day = |expression: &str| {
        let text = if raw { expression.to_owned() } else { format!("format_date({expression})") };
        Piece::of(text, Kind::Date { shown: !raw })
    };
    Some(match parts {
        [] | ["now"] => Piece::of("now()".to_owned(), Kind::Moment),
        ["today"] => day("today()"),
        ["tomorrow"] => day("datetime_add(now(), 1, \"D\")"),
        ["yesterday"] => day("datetime_add(now(), -1, \"D\")"),
        _ => return None,
    })
}
