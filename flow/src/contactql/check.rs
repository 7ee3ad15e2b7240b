//! Which comparisons make sense, and what a word on its own means.
use super::{Attribute, Condition, Operator, Property, QueryError, Resolver};
use crate::assets::FieldKind;
use crate::contact::{ContactStatus, is_scheme};
use crate::env::{Environment, RedactionPolicy};
use crate::excellent::{Decimal, Value};
use crate::words::Language;

/// The shortest part of an address that can be searched for, in characters.
const MIN_URN_PART_CHARS: usize = 3;
/// The shortest word of a name that can be searched for, in characters.
const MIN_NAME_WORD_CHARS: usize = 2;
/// The shortest text of digits that is searched for as a phone number, in characters.
const MIN_PHONE_CHARS: usize = 4;

/// Finds the property that a name means: an attribute, a scheme, else a field.
pub(super) fn resolve(name: &str, resolver: Option<&dyn Resolver>) -> Result<Property, QueryError> {
    let name = name.to_lowercase();
    let field = |key: &str| match resolver {
        None => Some(Property::Field { key: key.into(), kind: None }),
        Some(resolver) => resolver
            .field(key)
            .map(|field| Property::Field { key: field.key.clone(), kind: Some(field.kind) }),
    };
    let found = if let Some(key) = name.strip_prefix("fields.") {
        field(key)
    } else if let Some(scheme) = name.strip_prefix("urns.") {
        is_scheme(scheme).then(|| Property::Scheme(scheme.to_owned()))
    } else if let Some(attribute) = Attribute::parse(&name) {
        Some(Property::Attribute(attribute))
    } else if is_scheme(&name) {
        Some(Property::Scheme(name.clone()))
    } else {
        field(&name)
    };
    found.ok_or_else(|| {
        let text = format!("can't resolve '{name}' to attribute, scheme or field");
        QueryError::new("unknown_property", text, &[("property", &name)])
    })
}

/// What a word on its own searches for.
pub(super) fn implicit(text: &str, env: &Environment) -> Condition {
    let condition = |property, operator, value: &str| Condition::new(property, operator, value.to_owned());
    if env.redaction_policy == RedactionPolicy::Urns {
        if is_reference(text) {
            return condition(Property::Attribute(Attribute::Ref), Operator::Equal, text);
        }
    } else if let Some((scheme, path)) = text.split_once(':')
        && is_scheme(&scheme.to_lowercase())
        && !path.is_empty()
    {
        return condition(Property::Scheme(scheme.to_lowercase()), Operator::Equal, path);
    } else if is_phone_like(text) {
        let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        return condition(Property::Scheme("tel".to_owned()), Operator::Contains, &digits);
    }
    condition(Property::Attribute(Attribute::Name), Operator::Contains, text)
}

/// References have six letters and digits that are not mistaken for each other.
fn is_reference(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b))
}

fn is_phone_like(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.len() >= MIN_PHONE_CHARS && digits.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// What the values of a property are; `None` when that is not known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Datetime,
}

fn kind(property: &Property) -> Option<Kind> {
    Some(match property {
        Property::Attribute(Attribute::Tickets) => Kind::Number,
        Property::Attribute(Attribute::CreatedOn | Attribute::LastSeenOn) => Kind::Datetime,
        Property::Attribute(_) | Property::Scheme(_) => Kind::Text,
        Property::Field { kind: None, .. } => return None,
        Property::Field { kind: Some(FieldKind::Number), .. } => Kind::Number,
        Property::Field { kind: Some(FieldKind::Datetime), .. } => Kind::Datetime,
        Property::Field { .. } => Kind::Text,
    })
}

/// The property as errors name it.
fn key(property: &Property) -> &str {
    match property {
        Property::Attribute(attribute) => attribute.as_str(),
        Property::Scheme(scheme) => scheme,
        Property::Field { key, .. } => key,
    }
}

/// Checks that the comparison makes sense.
pub(super) fn check(
    condition: &Condition,
    env: &Environment,
    resolver: Option<&dyn Resolver>,
) -> Result<(), QueryError> {
    let Condition { property, operator, value, .. } = condition;
    let is_urn = matches!(property, Property::Scheme(_) | Property::Attribute(Attribute::Urn));
    if is_urn && env.redaction_policy == RedactionPolicy::Urns && !value.is_empty() {
        return Err(QueryError::new("redacted_urns", "cannot query on redacted URNs", &[]));
    }
    match operator {
        Operator::Contains => return check_contains(property, value),
        Operator::Equal | Operator::NotEqual => {
            if value.is_empty() {
                return check_set(property, *operator);
            }
        }
        _ => {
            if kind(property) == Some(Kind::Text) {
                let operator = operator.as_str();
                let text =
                    format!("comparisons with {operator} can only be used with date and number fields");
                let extra = [("property", key(property)), ("operator", operator)];
                return Err(QueryError::new("unsupported_comparison", text, &extra));
            }
        }
    }
    check_value(property, value, env, resolver)
}

fn check_contains(property: &Property, value: &str) -> Result<(), QueryError> {
    match property {
        Property::Attribute(Attribute::Name) => {
            let words = crate::contactql::evaluate::words(value);
            if words.iter().any(|word| word.chars().count() >= MIN_NAME_WORD_CHARS) {
                return Ok(());
            }
            let min = MIN_NAME_WORD_CHARS.to_string();
            let text = format!("contains operator on name requires token of minimum length {min}");
            Err(QueryError::new("invalid_partial_name", text, &[("min_token_length", &min)]))
        }
        Property::Attribute(Attribute::Urn) | Property::Scheme(_) => {
            if value.chars().count() >= MIN_URN_PART_CHARS {
                return Ok(());
            }
            let min = MIN_URN_PART_CHARS.to_string();
            let text = format!("contains operator on URN requires value of minimum length {min}");
            Err(QueryError::new("invalid_partial_urn", text, &[("min_value_length", &min)]))
        }
        other => {
            let text = "contains conditions can only be used with name or URN values";
            Err(QueryError::new("unsupported_contains", text, &[("property", key(other))]))
        }
    }
}

/// Whether it can be asked if there is a value at all.
fn check_set(property: &Property, operator: Operator) -> Result<(), QueryError> {
    let always_there = [
        Attribute::Uuid,
        Attribute::Id,
        Attribute::Ref,
        Attribute::Status,
        Attribute::CreatedOn,
        Attribute::Tickets,
    ];
    match property {
        Property::Attribute(attribute) if always_there.contains(attribute) => {
            let name = attribute.as_str();
            let text = format!("can't check whether '{name}' is set or not set");
            let extra = [("property", name), ("operator", operator.as_str())];
            Err(QueryError::new("unsupported_setcheck", text, &extra))
        }
        _ => Ok(()),
    }
}

fn check_value(
    property: &Property,
    value: &str,
    env: &Environment,
    resolver: Option<&dyn Resolver>,
) -> Result<(), QueryError> {
    let invalid = |code, text: String| Err(QueryError::new(code, text, &[("value", value)]));
    match kind(property) {
        Some(Kind::Number) => {
            let whole = matches!(property, Property::Attribute(_));
            let fits = if whole { value.parse::<i64>().is_ok() } else { to_number(value).is_some() };
            if !fits {
                return invalid("invalid_number", format!("can't convert '{value}' to a number"));
            }
        }
        Some(Kind::Datetime) if to_date(value, env).is_none() => {
            return invalid("invalid_date", format!("can't convert '{value}' to a date"));
        }
        _ => {}
    }
    let (resolver, attribute) = match (resolver, property) {
        (resolver, Property::Attribute(attribute)) => (resolver, *attribute),
        _ => return Ok(()),
    };
    match attribute {
        Attribute::Language if value.to_lowercase().parse::<Language>().is_err() => {
            invalid("invalid_language", format!("'{value}' is not a valid language code"))
        }
        Attribute::Status if !is_status(value) => {
            invalid("invalid_status", format!("'{value}' is not a valid contact status"))
        }
        Attribute::Group if resolver.is_some_and(|known| known.group(value).is_none()) => {
            invalid("invalid_group", format!("'{value}' is not a valid group name"))
        }
        Attribute::Flow if resolver.is_some_and(|known| known.flow(value).is_none()) => {
            invalid("invalid_flow", format!("'{value}' is not a valid flow name"))
        }
        _ => Ok(()),
    }
}

fn is_status(value: &str) -> bool {
    let all =
        [ContactStatus::Active, ContactStatus::Blocked, ContactStatus::Stopped, ContactStatus::Archived];
    all.iter().any(|status| status.as_str().eq_ignore_ascii_case(value))
}

/// A number of a query.
pub(super) fn to_number(value: &str) -> Option<Decimal> {
    value.parse().ok()
}

/// The day that a query's value means.
pub(super) fn to_date(value: &str, env: &Environment) -> Option<jiff::civil::Date> {
    Value::from(value).to_date(env, &mut || jiff::Timestamp::UNIX_EPOCH).ok()
}
