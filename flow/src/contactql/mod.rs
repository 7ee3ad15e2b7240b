//! Contact queries, such as `age > 18 AND language = spa`: read, checked, written canonically and evaluated.
//! Groups and searches share them.
mod check;
mod evaluate;
mod inspect;
mod parse;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use evaluate::{Queryable, Searched, Values};
pub use inspect::{GroupPointer, QueryInspection};

use crate::assets::{Assets, Field};
use crate::contact::Contact;
use crate::env::Environment;
use crate::excellent::Decimal;
use crate::refs::{FlowRef, Ref};

/// The longest query, in characters.
pub const MAX_QUERY_CHARS: usize = 10_000;
/// The most conditions of a query.
pub const MAX_CONDITIONS: usize = 250;
/// The deepest nesting of brackets.
const MAX_DEPTH: usize = 50;

/// A query that has been read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    root: QueryNode,
}

/// A part of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryNode {
    Condition(Condition),
    /// All must hold; two or more.
    And(Vec<QueryNode>),
    /// One must hold; two or more.
    Or(Vec<QueryNode>),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub property: Property,
    pub operator: Operator,
    /// As written; empty to ask whether there is a value.
    pub value: String,
    /// The number that the value is: read once, not for everybody who is compared with it.
    number: Option<Decimal>,
}

impl Condition {
    fn new(property: Property, operator: Operator, value: String) -> Self {
        let number = check::to_number(&value);
        Self { property, operator, value, number }
    }
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Property {
    Attribute(Attribute),
    /// Addresses of a scheme.
    Scheme(String),
    /// A contact field, by its key; its type is known when the query was read with the line's fields.
    Field {
        key: Arc<str>,
        kind: Option<crate::assets::FieldKind>,
    },
}

/// What every contact has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    CreatedOn,
    Flow,
    Group,
    History,
    Id,
    Language,
    LastSeenOn,
    Name,
    Ref,
    Status,
    Tickets,
    Urn,
    Uuid,
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Contains,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// Why a query cannot be used: a sentence, a code and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct QueryError {
    pub text: String,
    pub code: &'static str,
    pub extra: BTreeMap<&'static str, String>,
}

impl QueryError {
    fn new(code: &'static str, text: impl Into<String>, extra: &[(&'static str, &str)]) -> Self {
        let extra = extra.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        Self { text: text.into(), code, extra }
    }
}

/// Knows the fields, groups and flows that queries name.
pub trait Resolver {
    fn field(&self, key: &str) -> Option<&Field>;
    /// The group of that name; the case of letters does not count.
    fn group(&self, name: &str) -> Option<Ref>;
    /// The flow of that name; the case of letters does not count.
    fn flow(&self, name: &str) -> Option<FlowRef>;
}

impl Resolver for Assets {
    fn field(&self, key: &str) -> Option<&Field> {
        Assets::field(self, key)
    }

    fn group(&self, name: &str) -> Option<Ref> {
        self.group_by_name(name).map(crate::assets::Group::to_ref)
    }

    fn flow(&self, name: &str) -> Option<FlowRef> {
        let wanted = name.to_lowercase();
        self.flows().find(|flow| flow.name.to_lowercase() == wanted).map(|flow| flow.to_ref())
    }
}

/// Only the fields: groups are read before there are groups.
struct FieldsOnly<'f>(&'f BTreeMap<Arc<str>, Field>);

impl Resolver for FieldsOnly<'_> {
    fn field(&self, key: &str) -> Option<&Field> {
        self.0.get(key)
    }

    fn group(&self, _: &str) -> Option<Ref> {
        None
    }

    fn flow(&self, _: &str) -> Option<FlowRef> {
        None
    }
}

impl Query {
    /// Reads and checks a query. Without a resolver every unknown name is taken for a field, and types are not
    /// checked.
    ///
    /// # Errors
    /// When it cannot be read, or compares what cannot be compared.
    pub fn parse(env: &Environment, text: &str, resolver: Option<&dyn Resolver>) -> Result<Self, QueryError> {
        let root = parse::parse(env, text, resolver)?;
        Ok(Self { root: simplify(root) })
    }

    /// Reads a query for a group.
    pub(crate) fn parse_for_group(
        env: &Environment,
        text: &str,
        fields: &BTreeMap<Arc<str>, Field>,
    ) -> Result<Self, QueryError> {
        let query = Self::parse(env, text, Some(&FieldsOnly(fields)))?;
        if !query.inspect(None).allow_as_group {
            return Err(QueryError::new("unsupported_group", "query can't be used as a group", &[]));
        }
        Ok(query)
    }

    /// The query's tree.
    #[must_use]
    pub fn root(&self) -> &QueryNode {
        &self.root
    }

    /// Whether a condition is about this contact field.
    #[must_use]
    pub(crate) fn looks_at_field(&self, key: &str) -> bool {
        fn looks(node: &QueryNode, wanted: &str) -> bool {
            match node {
                QueryNode::And(parts) | QueryNode::Or(parts) => parts.iter().any(|part| looks(part, wanted)),
                QueryNode::Condition(condition) => {
                    matches!(&condition.property, Property::Field { key, .. } if **key == *wanted)
                }
            }
        }
        looks(&self.root, key)
    }

    /// Whether the contact fits.
    #[must_use]
    pub fn matches(&self, env: &Environment, contact: &Contact) -> bool {
        self.evaluate(env, contact)
    }
}

/// Joins nested conjunctions with those around them, likewise disjunctions.
fn simplify(node: QueryNode) -> QueryNode {
    let (all, parts) = match node {
        QueryNode::Condition(_) => return node,
        QueryNode::And(parts) => (true, parts),
        QueryNode::Or(parts) => (false, parts),
    };
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match (simplify(part), all) {
            (QueryNode::And(inner), true) | (QueryNode::Or(inner), false) => flat.extend(inner),
            (other, _) => flat.push(other),
        }
    }
    if all { QueryNode::And(flat) } else { QueryNode::Or(flat) }
}

/// A text as a literal of a query.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

impl Attribute {
    const ALL: [Self; 13] = [
        Self::CreatedOn,
        Self::Flow,
        Self::Group,
        Self::History,
        Self::Id,
        Self::Language,
        Self::LastSeenOn,
        Self::Name,
        Self::Ref,
        Self::Status,
        Self::Tickets,
        Self::Urn,
        Self::Uuid,
    ];

    /// As queries write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreatedOn => "created_on",
            Self::Flow => "flow",
            Self::Group => "group",
            Self::History => "history",
            Self::Id => "id",
            Self::Language => "language",
            Self::LastSeenOn => "last_seen_on",
            Self::Name => "name",
            Self::Ref => "ref",
            Self::Status => "status",
            Self::Tickets => "tickets",
            Self::Urn => "urn",
            Self::Uuid => "uuid",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.as_str() == name)
    }
}

impl Operator {
    /// As queries write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Contains => "~",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => f.write_str(attribute.as_str()),
            Self::Scheme(scheme) => write!(f, "urns.{scheme}"),
            Self::Field { key, .. } => write!(f, "fields.{key}"),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut halves = self.value.split('.');
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let number = digits(halves.next().unwrap_or(""))
            && halves.next().is_none_or(digits)
            && halves.next().is_none();
        write!(f, "{} {} ", self.property, self.operator.as_str())?;
        if number { f.write_str(&self.value) } else { f.write_str(&quote(&self.value)) }
    }
}

impl fmt::Display for QueryNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, parts) = match self {
            Self::Condition(condition) => return condition.fmt(f),
            Self::And(parts) => (" AND ", parts),
            Self::Or(parts) => (" OR ", parts),
        };
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                f.write_str(word)?;
            }
            match part {
                Self::Condition(condition) => condition.fmt(f)?,
                nested => write!(f, "({nested})")?,
            }
        }
        Ok(())
    }
}

/// The canonical text.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}
