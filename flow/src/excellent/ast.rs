//! Expressions as trees, ready to be evaluated, and how to print them again.
use std::fmt::{self, Write};
use std::sync::Arc;

use super::functions::Builtin;
use super::value::Value;

/// An expression.
#[derive(Clone)]
pub enum Expression {
    /// A number, text, truth value or null.
    Literal(Value),
    /// A name: a parameter, a top level of the context, or a function.
    Name(Name),
    /// `container.key`
    Property(Box<Expression>, Arc<str>),
    /// `container[key]`
    Index(Box<Expression>, Box<Expression>),
    Call(Box<Expression>, Vec<Expression>),
    Lambda(Arc<Lambda>),
    Group(Box<Expression>),
    Negate(Box<Expression>),
    /// `first op next op next...`, from the left: one node however long, so that a long sum is not a deep tree.
    Chain(Box<Expression>, Vec<(Operator, Expression)>),
}

/// A name as used in an expression, in lower case.
#[derive(Clone)]
pub struct Name {
    pub name: Arc<str>,
    /// The function of that name, looked up once.
    pub builtin: Option<&'static Builtin>,
    /// Whether a lambda around it has a parameter of that name.
    pub is_parameter: bool,
}

/// `(a, b) => body`
pub struct Lambda {
    pub parameters: Arc<[Arc<str>]>,
    pub body: Expression,
}

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Power,
    Times,
    Divide,
    Plus,
    Minus,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Join,
}

impl Operator {
    /// How it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Power => "^",
            Self::Times => "*",
            Self::Divide => "/",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Join => "&",
        }
    }
}

impl Expression {
    /// The fixed path from a top level that this expression names, such as `["contact", "fields", "age"]`.
    #[must_use]
    pub fn path(&self) -> Option<Vec<String>> {
        match self {
            Self::Name(name) if !name.is_parameter => Some(vec![name.name.to_string()]),
            Self::Property(inner, key) => {
                let mut path = inner.path()?;
                path.push(key.to_string());
                Some(path)
            }
            Self::Index(inner, key) => {
                let mut path = inner.path()?;
                match key.as_ref() {
                    Self::Literal(Value::Text(key)) => path.push(key.to_lowercase()),
                    Self::Literal(Value::Number(key)) => path.push(key.to_string()),
                    _ => return None,
                }
                Some(path)
            }
            Self::Group(inner) => inner.path(),
            _ => None,
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value) => write_literal(f, value),
            Self::Name(name) => f.write_str(&name.name),
            Self::Property(inner, key) => write!(f, "{inner}.{key}"),
            Self::Index(inner, key) => write!(f, "{inner}[{key}]"),
            Self::Call(function, arguments) => {
                write!(f, "{function}(")?;
                for (at, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if at == 0 { "" } else { ", " })?;
                }
                f.write_char(')')
            }
            Self::Lambda(lambda) => {
                write!(f, "({}) => {}", lambda.parameters.join(", "), lambda.body)
            }
            Self::Group(inner) => write!(f, "({inner})"),
            Self::Negate(inner) => write!(f, "-{inner}"),
            Self::Chain(first, rest) => {
                write!(f, "{first}")?;
                rest.iter().try_for_each(|(operator, next)| write!(f, " {} {next}", operator.symbol()))
            }
        }
    }
}

fn write_literal(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Text(text) => write_quoted(f, text),
        Value::Number(number) => write!(f, "{number}"),
        Value::Boolean(truth) => write!(f, "{truth}"),
        _ => f.write_str("null"),
    }
}

/// Writes a text in quotes such that reading it again gives the same text.
fn write_quoted(f: &mut impl Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            letter if letter.is_control() => write!(f, "\\u{:04x}", letter as u32)?,
            letter => f.write_char(letter)?,
        }
    }
    f.write_char('"')
}
