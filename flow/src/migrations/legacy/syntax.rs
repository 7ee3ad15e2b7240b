//! The grammar of old expressions: spreadsheet formulas over dotted names.
//!
//! From tightest to loosest: calls and brackets, unary minus, `^`, `* /`, `+ -`, `< <= > >=`, `= <>`, `&`; operators
//! group to the left. That is the order of today's grammar too, so that a rewritten tree keeps its meaning.

/// The most tokens of one expression; longer ones stay as they stand. Bounds the depth of trees, which are walked and
/// dropped recursively.
const MAX_TOKENS: usize = 1_000;
/// The deepest nesting of brackets and calls.
const MAX_NESTING: usize = 100;

/// An old expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Old {
    /// As it is written.
    Number(String),
    /// A text as it is written, with its quotes.
    Text(String),
    Truth(bool),
    /// A dotted name such as `flow.2factor.value`.
    Path(String),
    Call(String, Vec<Old>),
    Negative(Box<Old>),
    Group(Box<Old>),
    Binary(Operator, Box<Old>, Box<Old>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Join,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Power,
}

impl Operator {
    /// How tightly it binds; more is tighter.
    pub(super) const fn strength(self) -> u8 {
        match self {
            Self::Join => 1,
            Self::Equal | Self::NotEqual => 2,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 3,
            Self::Plus | Self::Minus => 4,
            Self::Times | Self::Divide => 5,
            Self::Power => 6,
        }
    }

    /// As it is written today.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Join => "&",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Divide => "/",
            Self::Power => "^",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(String),
    Text(String),
    Name(String),
    Operator(Operator),
    Open,
    Close,
    Comma,
}

/// Reads an expression; `None` when it is none, or too long or deep to be one.
pub(super) fn parse(text: &str) -> Option<Old> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let parsed = parser.operators(0)?;
    (parser.at == parser.tokens.len()).then_some(parsed)
}

/// A text literal in today's spelling: doubled quotes become escaped ones, everything else stays. A backslash at the end
/// would escape the closing quote and is doubled.
#[must_use]
pub fn string_literal(literal: &str) -> String {
    let inside = literal.strip_prefix('"').unwrap_or(literal);
    let inside = inside.strip_suffix('"').unwrap_or(inside);
    let backslashes = inside.len() - inside.trim_end_matches('\\').len();
    let end = if backslashes % 2 == 1 { "\\" } else { "" };
    format!("\"{}{end}\"", inside.replace("\"\"", "\\\""))
}

/// The bytes of a text literal at the start, quotes included.
pub(super) fn text_length(rest: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        at += rest.get(at..)?.find('"')? + 1;
        if !rest[at..].starts_with('"') {
            return Some(at);
        }
        at += 1;
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(letter) = rest.chars().next() {
        let (token, length) = next(rest, letter)?;
        tokens.push(token);
        if tokens.len() > MAX_TOKENS {
            return None;
        }
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

fn next(rest: &str, letter: char) -> Option<(Token, usize)> {
    let run = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
    if letter == '"' {
        let length = text_length(rest)?;
        return Some((Token::Text(rest[..length].to_owned()), length));
    }
    if letter.is_ascii_digit() {
        let whole = run(|c| c.is_ascii_digit());
        let places = rest[whole..].strip_prefix('.').map(|rest| {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            if digits > 0 { digits + 1 } else { 0 }
        });
        let length = whole + places.unwrap_or(0);
        return Some((Token::Number(rest[..length].to_owned()), length));
    }
    if letter.is_ascii_alphabetic() {
        let length = run(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        return Some((Token::Name(rest[..length].to_owned()), length));
    }
    let pair = match rest.get(..2) {
        Some("<>") => Some(Operator::NotEqual),
        Some("<=") => Some(Operator::LessOrEqual),
        Some(">=") => Some(Operator::GreaterOrEqual),
        _ => None,
    };
    if let Some(operator) = pair {
        return Some((Token::Operator(operator), 2));
    }
    let token = match letter {
        '(' => Token::Open,
        ')' => Token::Close,
        ',' => Token::Comma,
        '&' => Token::Operator(Operator::Join),
        '=' => Token::Operator(Operator::Equal),
        '<' => Token::Operator(Operator::Less),
        '>' => Token::Operator(Operator::Greater),
        '+' => Token::Operator(Operator::Plus),
        '-' => Token::Operator(Operator::Minus),
        '*' => Token::Operator(Operator::Times),
        '/' => Token::Operator(Operator::Divide),
        '^' => Token::Operator(Operator::Power),
        _ => return None,
    };
    Some((token, 1))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn accept(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    /// An expression of operators that bind tighter than `least`.
    fn operators(&mut self, least: u8) -> Option<Old> {
        let mut left = self.single()?;
        while let Some(Token::Operator(operator)) = self.tokens.get(self.at)
            && operator.strength() > least
        {
            let operator = *operator;
            self.at += 1;
            let right = self.operators(operator.strength())?;
            left = Old::Binary(operator, Box::new(left), Box::new(right));
        }
        Some(left)
    }

    fn single(&mut self) -> Option<Old> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return None;
        }
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        let found = match token {
            Token::Number(number) => Old::Number(number),
            Token::Text(text) => Old::Text(text),
            Token::Operator(Operator::Minus) => Old::Negative(Box::new(self.single()?)),
            Token::Open => {
                let inner = self.operators(0)?;
                self.accept(&Token::Close).then_some(Old::Group(Box::new(inner)))?
            }
            Token::Name(name) if self.accept(&Token::Open) => Old::Call(name, self.arguments()?),
            Token::Name(name) if name.eq_ignore_ascii_case("true") => Old::Truth(true),
            Token::Name(name) if name.eq_ignore_ascii_case("false") => Old::Truth(false),
            Token::Name(name) => Old::Path(name),
            Token::Operator(_) | Token::Close | Token::Comma => return None,
        };
        self.depth -= 1;
        Some(found)
    }

    fn arguments(&mut self) -> Option<Vec<Old>> {
        let mut arguments = Vec::new();
        if self.accept(&Token::Close) {
            return Some(arguments);
        }
        loop {
            arguments.push(self.operators(0)?);
            if self.accept(&Token::Close) {
                return Some(arguments);
            }
            if !self.accept(&Token::Comma) {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        let number = |text: &str| Box::new(Old::Number(text.to_owned()));
        assert_eq!(
            parse("7 - 2 * 3"),
            Some(Old::Binary(
                Operator::Minus,
                number("7"),
                Box::new(Old::Binary(Operator::Times, number("2"), number("3")))
            ))
        );
        assert_eq!(parse("TRUE"), Some(Old::Truth(true)));
        assert_eq!(parse("flow.3rd_try.text"), Some(Old::Path("flow.3rd_try.text".to_owned())));
        for wrong in ["", "(", "1 +", "LEN(1,)", "'a'", "1.2.3", "\"open", "a b"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        assert_eq!(parse(&"(".repeat(5_000)), None);
        assert_eq!(parse(&"-".repeat(5_000)), None);
        assert_eq!(parse(&"1+".repeat(5_000)), None);
    }

    #[test]
    fn literals() {
        assert_eq!(string_literal(r#""she said ""no""""#), r#""she said \"no\"""#);
        assert_eq!(string_literal(r#""C:\""#), r#""C:\\""#);
        assert_eq!(string_literal(r#""\d+""#), r#""\d+""#);
    }
}
