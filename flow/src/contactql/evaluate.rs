//! Decides whether a contact fits a query.
use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use smallvec::{SmallVec, smallvec};

use super::check::{to_date, to_number};
use super::{Attribute, Condition, Operator, Property, Query, QueryNode};
use crate::assets::FieldKind;
use crate::contact::{Contact, FieldValue, TicketStatus};
use crate::env::Environment;
use crate::excellent::Decimal;

/// How much of a word of a name counts, in characters.
const NAME_PREFIX_CHARS: usize = 8;

/// A value that a query is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Searched<'s> {
    Text(Cow<'s, str>),
    Number(Decimal),
    Time(Timestamp),
}

/// The values of one property: mostly one.
pub type Values<'s> = SmallVec<[Searched<'s>; 1]>;

/// Something that queries can be asked of.
pub trait Queryable {
    /// The values of a property; none when it is not set.
    fn values<'s>(&'s self, env: &Environment, property: &Property) -> Values<'s>;
    /// Whether a condition holds.
    fn satisfies(&self, env: &Environment, condition: &Condition) -> bool {
        holds(condition, env, &self.values(env, &condition.property))
    }
}

impl Query {
    /// Whether something fits the query.
    #[must_use]
    pub fn evaluate(&self, env: &Environment, object: &dyn Queryable) -> bool {
        evaluate(&self.root, env, object)
    }
}

fn evaluate(node: &QueryNode, env: &Environment, object: &dyn Queryable) -> bool {
    match node {
        QueryNode::And(parts) => parts.iter().all(|part| evaluate(part, env, object)),
        QueryNode::Or(parts) => parts.iter().any(|part| evaluate(part, env, object)),
        QueryNode::Condition(condition) => object.satisfies(env, condition),
    }
}

fn holds(condition: &Condition, env: &Environment, values: &[Searched<'_>]) -> bool {
    let Condition { property, operator, value, .. } = condition;
    if value.is_empty() {
        let set = values.iter().any(|value| !matches!(value, Searched::Text(text) if text.is_empty()));
        return match operator {
            Operator::Equal => !set,
            Operator::NotEqual => set,
            _ => false,
        };
    }
    match operator {
        // true of somebody who has no value too
        Operator::NotEqual => !values.iter().any(|held| compare(Operator::Equal, condition, env, held)),
        Operator::Contains if *property == Property::Attribute(Attribute::Name) => {
            values.iter().any(|held| matches!(held, Searched::Text(text) if name_contains(text, value)))
        }
        _ => values.iter().any(|held| compare(*operator, condition, env, held)),
    }
}

fn compare(operator: Operator, condition: &Condition, env: &Environment, held: &Searched<'_>) -> bool {
    let value = condition.value.as_str();
    match held {
        Searched::Text(text) => match operator {
            Operator::Equal if text.is_ascii() && value.is_ascii() => text.eq_ignore_ascii_case(value),
            Operator::Equal => text.to_lowercase() == value.to_lowercase(),
            Operator::Contains => text.to_lowercase().contains(&value.to_lowercase()),
            _ => false,
        },
        Searched::Number(number) => condition.number.is_some_and(|value| match operator {
            Operator::Equal => *number == value,
            Operator::Greater => *number > value,
            Operator::GreaterOrEqual => *number >= value,
            Operator::Less => *number < value,
            Operator::LessOrEqual => *number <= value,
            _ => false,
        }),
        Searched::Time(time) => day_of(value, env).is_some_and(|(begins, ends)| match operator {
            Operator::Equal => (begins..ends).contains(time),
            Operator::Greater => *time >= ends,
            Operator::GreaterOrEqual => *time >= begins,
            Operator::Less => *time < begins,
            Operator::LessOrEqual => *time < ends,
            _ => false,
        }),
    }
}

/// The day of a query's value, from its first moment to the next day's.
fn day_of(value: &str, env: &Environment) -> Option<(Timestamp, Timestamp)> {
    let day = to_date(value, env)?;
    let zone: &TimeZone = &env.timezone;
    let begins = day.to_zoned(zone.clone()).ok()?;
    let ends = day.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    Some((begins.timestamp(), ends.timestamp()))
}

/// Every word of the query begins a word of the name.
fn name_contains(name: &str, wanted: &str) -> bool {
    let held = words(name);
    words(wanted).iter().all(|wanted| {
        let beginning = crate::modifiers::cut(wanted, NAME_PREFIX_CHARS);
        held.iter().any(|word| word.starts_with(beginning))
    })
}

/// The value of a property that has one at most.
fn single(value: Option<Searched<'_>>) -> Values<'_> {
    match value {
        Some(value) => smallvec![value],
        None => Values::new(),
    }
}

/// A text, unless it is empty.
fn text<'s>(text: impl Into<Cow<'s, str>>) -> Values<'s> {
    let text = text.into();
    if text.is_empty() { Values::new() } else { smallvec![Searched::Text(text)] }
}

/// The name of the smallest place of a path.
fn last_place(path: &str) -> Option<&str> {
    Some(path.rsplit(" > ").next().unwrap_or(path)).filter(|name| !name.is_empty())
}

/// The words of a text, in lower case.
pub(super) fn words(text: &str) -> Vec<String> {
    crate::text::tokens::unicode_words(text).into_iter().map(str::to_lowercase).collect()
}

impl Queryable for Contact {
    fn values<'s>(&'s self, env: &Environment, property: &Property) -> Values<'s> {
        match property {
            Property::Attribute(attribute) => match attribute {
                Attribute::Uuid => text(self.uuid.to_string()),
                Attribute::Id => text(self.id.to_string()),
                Attribute::Ref => text(crate::contact::reference(self.id, env.obfuscation_key)),
                Attribute::Name => text(self.name.as_str()),
                Attribute::Status => text(self.status.as_str()),
                Attribute::Language => {
                    self.language.as_ref().map(|language| text(language.as_str())).unwrap_or_default()
                }
                Attribute::Urn => self.urns.iter().map(|urn| Searched::Text(urn.urn().path_text())).collect(),
                Attribute::Group => {
                    self.groups.iter().map(|g| Searched::Text(Cow::Borrowed(&g.name))).collect()
                }
                // the engine does not know what other flows the contact is or was in
                Attribute::Flow | Attribute::History => Values::new(),
                Attribute::Tickets => {
                    let open =
                        self.tickets.iter().filter(|ticket| ticket.status == TicketStatus::Open).count();
                    smallvec![Searched::Number(Decimal::from(open))]
                }
                Attribute::CreatedOn => smallvec![Searched::Time(self.created_on.at)],
                Attribute::LastSeenOn => single(self.last_seen_on.map(|seen| Searched::Time(seen.at))),
            },
            Property::Scheme(scheme) => {
                let of_scheme = self.urns.iter().filter(|urn| urn.urn().scheme() == scheme);
                of_scheme.map(|urn| Searched::Text(urn.urn().path_text())).collect()
            }
            Property::Field { key, kind } => {
                single(self.fields.get(key).and_then(|value| value_of(value, kind.unwrap_or_default())))
            }
        }
    }

    fn satisfies(&self, env: &Environment, condition: &Condition) -> bool {
        // most groups follow from fields, which have one value at most
        if let Property::Field { key, kind } = &condition.property {
            let value = self.fields.get(key).and_then(|value| value_of(value, kind.unwrap_or_default()));
            return holds(condition, env, value.as_slice());
        }
        holds(condition, env, &self.values(env, &condition.property))
    }
}

/// What of a field's value counts for its type.
fn value_of(value: &FieldValue, kind: FieldKind) -> Option<Searched<'_>> {
    let text = |text| Searched::Text(Cow::Borrowed(text));
    match kind {
        FieldKind::Text => (!value.text.is_empty()).then(|| text(&value.text)),
        FieldKind::Number => to_number(&value.number.as_ref()?.0).map(Searched::Number),
        FieldKind::Datetime => value.datetime.map(|moment| Searched::Time(moment.at)),
        FieldKind::State => last_place(value.state.as_deref()?).map(text),
        FieldKind::District => last_place(value.district.as_deref()?).map(text),
        FieldKind::Ward => last_place(value.ward.as_deref()?).map(text),
    }
}
