//! Reads a query's text. AND, also where it is only implied, binds closer than OR.
use super::check::{check, implicit, resolve};
use super::{
    Condition, MAX_CONDITIONS, MAX_DEPTH, MAX_QUERY_CHARS, Operator, QueryError, QueryNode, Resolver,
};
use crate::env::{Environment, RedactionPolicy};

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Operator(Operator),
    /// A quoted text.
    Quoted(String),
    /// A name that may be a property.
    Name(String),
    /// Any other word.
    Word(String),
    /// A character that cannot begin anything.
    Stray(char),
}

/// The same in the text of the query, for errors.
struct Placed {
    token: Token,
    source: String,
}

pub(super) fn parse(
    env: &Environment,
    text: &str,
    resolver: Option<&dyn Resolver>,
) -> Result<QueryNode, QueryError> {
    if text.chars().count() > MAX_QUERY_CHARS {
        let max = MAX_QUERY_CHARS.to_string();
        return Err(QueryError::new(
            "too_long",
            format!("query can't be longer than {max} characters"),
            &[("max", &max)],
        ));
    }
    let text = text.trim();
    if env.redaction_policy == RedactionPolicy::None
        && text.chars().all(|c| c.is_ascii_digit() || " ()-.+".contains(c))
        && let Some(number) = crate::tel::parse(text, env.country)
    {
        let property = super::Property::Scheme("tel".to_owned());
        return Ok(QueryNode::Condition(Condition::new(property, Operator::Equal, number)));
    }
    let tokens = tokens(text);
    let mut parser = Parser { env, resolver, tokens, at: 0, depth: 0, conditions: 0 };
    let node = parser.any()?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.unexpected("<EOF>")),
    }
}

struct Parser<'p> {
    env: &'p Environment,
    resolver: Option<&'p dyn Resolver>,
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    conditions: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|placed| &placed.token)
    }

    fn unexpected(&self, expected: &str) -> QueryError {
        let source = self.tokens.get(self.at).map_or("<EOF>", |placed| &placed.source);
        QueryError::new("syntax", format!("mismatched input '{source}' expecting {expected}"), &[])
    }

    fn any(&mut self) -> Result<QueryNode, QueryError> {
        let mut parts = vec![self.all()?];
        while self.peek() == Some(&Token::Or) {
            self.at += 1;
            parts.push(self.all()?);
        }
        Ok(joined(parts, QueryNode::Or))
    }

    fn all(&mut self) -> Result<QueryNode, QueryError> {
        let mut parts = vec![self.one()?];
        loop {
            match self.peek() {
                Some(Token::And) => self.at += 1,
                Some(Token::Open | Token::Quoted(_) | Token::Name(_) | Token::Word(_)) => {}
                _ => return Ok(joined(parts, QueryNode::And)),
            }
            parts.push(self.one()?);
        }
    }

    fn one(&mut self) -> Result<QueryNode, QueryError> {
        match self.peek().cloned() {
            Some(Token::Open) => {
                self.at += 1;
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(QueryError::new("syntax", "query is nested too deeply", &[]));
                }
                let node = self.any()?;
                self.depth -= 1;
                if self.peek() != Some(&Token::Close) {
                    return Err(self.unexpected("')'"));
                }
                self.at += 1;
                Ok(node)
            }
            Some(Token::Name(name)) => {
                self.at += 1;
                match self.peek() {
                    Some(Token::Operator(operator)) => {
                        let operator = *operator;
                        self.at += 1;
                        let value = self.literal()?;
                        self.condition(&name, operator, value)
                    }
                    _ => self.implied(&name),
                }
            }
            Some(Token::Quoted(text) | Token::Word(text)) => {
                self.at += 1;
                self.implied(&text)
            }
            _ => Err(self.unexpected("{'(', STRING, PROPERTY, TEXT}")),
        }
    }

    fn literal(&mut self) -> Result<String, QueryError> {
        match self.peek().cloned() {
            Some(Token::Quoted(text) | Token::Name(text) | Token::Word(text)) => {
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected("{STRING, PROPERTY, TEXT}")),
        }
    }

    fn condition(&mut self, name: &str, operator: Operator, value: String) -> Result<QueryNode, QueryError> {
        self.count()?;
        let property = resolve(name, self.resolver)?;
        let condition = Condition::new(property, operator, value);
        check(&condition, self.env, self.resolver)?;
        Ok(QueryNode::Condition(condition))
    }

    /// A word on its own: an address, a number, a reference or a part of a name.
    fn implied(&mut self, text: &str) -> Result<QueryNode, QueryError> {
        self.count()?;
        let condition = implicit(text, self.env);
        check(&condition, self.env, self.resolver)?;
        Ok(QueryNode::Condition(condition))
    }

    fn count(&mut self) -> Result<(), QueryError> {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            let max = MAX_CONDITIONS.to_string();
            let text = format!("query can't have more than {max} conditions");
            return Err(QueryError::new("too_complex", text, &[("max", &max)]));
        }
        Ok(())
    }
}

fn joined(mut parts: Vec<QueryNode>, join: fn(Vec<QueryNode>) -> QueryNode) -> QueryNode {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}

fn tokens(text: &str) -> Vec<Placed> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (token, length) = token(rest, first);
        out.push(Placed { token, source: rest[..length].to_owned() });
        rest = &rest[length..];
    }
    out
}

fn token(rest: &str, first: char) -> (Token, usize) {
    let symbols = [
        ("!=", Operator::NotEqual),
        (">=", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
        ("=", Operator::Equal),
        ("~", Operator::Contains),
        (">", Operator::Greater),
        ("<", Operator::Less),
    ];
    if let Some((symbol, operator)) = symbols.into_iter().find(|(symbol, _)| rest.starts_with(symbol)) {
        return (Token::Operator(operator), symbol.len());
    }
    match first {
        '(' => return (Token::Open, 1),
        ')' => return (Token::Close, 1),
        '"' => {
            if let Some((text, length)) = quoted(rest) {
                return (Token::Quoted(text), length);
            }
        }
        _ => {}
    }
    let length = rest.find(|c| !is_word_part(c)).unwrap_or(rest.len());
    if length == 0 {
        return (Token::Stray(first), first.len_utf8());
    }
    let word = &rest[..length];
    let token = match word.to_lowercase().as_str() {
        "and" => Token::And,
        "or" => Token::Or,
        "is" => Token::Operator(Operator::Equal),
        "has" => Token::Operator(Operator::Contains),
        _ if is_name(word) => Token::Name(word.to_owned()),
        _ => Token::Word(word.to_owned()),
    };
    (token, length)
}

/// A text in quotes, in which a backslash keeps the next quote from ending it.
fn quoted(rest: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((out, at + 1)),
            '\\' => match letters.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
    None
}

fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c) || "_.-+/@:'".contains(c)
}

/// Signs that belong to the letter before them in many scripts.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5c7 | 0x610..=0x61a | 0x64b..=0x65f
        | 0x900..=0x903 | 0x93a..=0x94f | 0x981..=0x983 | 0x9bc..=0x9cd | 0xe31 | 0xe34..=0xe3a | 0xe47..=0xe4e
        | 0x102b..=0x103e | 0x17b4..=0x17d3 | 0x200c..=0x200d)
}

/// Names of properties begin with a letter and have letters, digits, underscores and points.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
}
