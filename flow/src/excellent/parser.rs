//! Reads expressions: precedence climbing over the tokens.
//!
//! From tightest to loosest: look-ups and calls, unary minus, `^`, `* /`, `+ -`, `< <= > >=`, `= !=`, `&`. All
//! operators group to the left, `^` too.
use std::sync::Arc;

use super::ast::{Expression, Lambda, Name, Operator};
use super::functions;
use super::lexer::{Spanned, Token, tokens};
use super::value::Value;

/// The deepest nesting of an expression; deeper ones are not evaluated (RapidPro's limit).
pub const MAX_NESTING: usize = 100;

/// The highest tree: it is walked and dropped recursively.
const MAX_HEIGHT: usize = 3 * MAX_NESTING;

/// Why an expression cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// The text from the first thing that does not fit; empty at the end.
    #[error("syntax error at {0}")]
    At(String),
    #[error("expression is too complex to evaluate")]
    TooDeep,
}

/// Reads an expression.
///
/// # Errors
/// When it is not one, or nested too deeply.
pub fn parse(text: &str) -> Result<Expression, SyntaxError> {
    let tokens = tokens(text).map_err(|at| SyntaxError::At(text[at..].to_owned()))?;
    let mut parser = Parser { text, tokens, at: 0, depth: 0, height: 0, parameters: Vec::new() };
    let expression = parser.expression()?;
    if parser.at < parser.tokens.len() {
        return Err(parser.unexpected());
    }
    Ok(expression)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
    /// The height of the tree that was read last.
    height: usize,
    parameters: Vec<Arc<str>>,
}

const fn operator(token: &Token) -> Option<(Operator, u8)> {
    Some(match token {
        Token::Ampersand => (Operator::Join, 1),
        Token::Equal => (Operator::Equal, 2),
        Token::NotEqual => (Operator::NotEqual, 2),
        Token::Less => (Operator::Less, 3),
        Token::LessOrEqual => (Operator::LessOrEqual, 3),
        Token::Greater => (Operator::Greater, 3),
        Token::GreaterOrEqual => (Operator::GreaterOrEqual, 3),
        Token::Plus => (Operator::Plus, 4),
        Token::Minus => (Operator::Minus, 4),
        Token::Times => (Operator::Times, 5),
        Token::Divide => (Operator::Divide, 5),
        Token::Power => (Operator::Power, 6),
        _ => return None,
    })
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|t| &t.token)
    }

    fn accept(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Result<(), SyntaxError> {
        if self.accept(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> SyntaxError {
        let start = self.tokens.get(self.at).map_or(self.text.len(), |t| t.start);
        SyntaxError::At(self.text[start..].to_owned())
    }

    /// Puts a level on top of trees of this height.
    fn above(&mut self, height: usize) -> Result<(), SyntaxError> {
        self.height = height + 1;
        if self.height > MAX_HEIGHT { Err(SyntaxError::TooDeep) } else { Ok(()) }
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth > MAX_NESTING {
            return Err(SyntaxError::TooDeep);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// A whole expression, as the template has it or as it stands between brackets.
    fn expression(&mut self) -> Result<Expression, SyntaxError> {
        self.deeper(|parser| parser.operators(0))
    }

    fn operators(&mut self, least: u8) -> Result<Expression, SyntaxError> {
        let first = self.unary()?;
        let mut rest = Vec::new();
        let mut height = self.height;
        while let Some((operator, strength)) = self.peek().and_then(operator).filter(|o| o.1 > least) {
            self.at += 1;
            rest.push((operator, self.operators(strength)?));
            height = height.max(self.height);
        }
        if rest.is_empty() {
            return Ok(first);
        }
        self.above(height)?;
        Ok(Expression::Chain(Box::new(first), rest))
    }

    fn unary(&mut self) -> Result<Expression, SyntaxError> {
        if self.accept(&Token::Minus) {
            let inner = self.deeper(Self::unary)?;
            self.above(self.height)?;
            return Ok(Expression::Negate(Box::new(inner)));
        }
        if self.is_lambda() {
            return self.lambda();
        }
        self.operand()
    }

    /// Whether `( names ) =>` is next.
    fn is_lambda(&self) -> bool {
        if self.peek() != Some(&Token::Open) {
            return false;
        }
        let mut at = self.at + 1;
        while matches!(self.tokens.get(at).map(|t| &t.token), Some(Token::Name(_) | Token::Comma)) {
            at += 1;
        }
        matches!(
            (self.tokens.get(at).map(|t| &t.token), self.tokens.get(at + 1).map(|t| &t.token)),
            (Some(Token::Close), Some(Token::Arrow))
        )
    }

    fn lambda(&mut self) -> Result<Expression, SyntaxError> {
        self.expect(&Token::Open)?;
        let outer = self.parameters.len();
        loop {
            let Some(Token::Name(name)) = self.peek() else { return Err(self.unexpected()) };
            let name = name.to_lowercase().into();
            self.parameters.push(name);
            self.at += 1;
            if !self.accept(&Token::Comma) {
                break;
            }
        }
        self.expect(&Token::Close)?;
        self.expect(&Token::Arrow)?;
        let body = self.expression()?;
        self.above(self.height)?;
        let parameters = self.parameters.split_off(outer).into();
        Ok(Expression::Lambda(Arc::new(Lambda { parameters, body })))
    }

    fn operand(&mut self) -> Result<Expression, SyntaxError> {
        let Some(token) = self.peek().cloned() else { return Err(self.unexpected()) };
        let start = match token {
            Token::Number(number) => return Ok(self.literal(Value::Number(number))),
            Token::Text(text) => return Ok(self.literal(Value::from(text))),
            Token::Name(name) => {
                let name = name.to_lowercase();
                match name.as_str() {
                    "true" => return Ok(self.literal(Value::Boolean(true))),
                    "false" => return Ok(self.literal(Value::Boolean(false))),
                    "null" => return Ok(self.literal(Value::Null)),
                    _ => {}
                }
                self.at += 1;
                self.height = 1;
                self.name(&name)
            }
            Token::Open => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(&Token::Close)?;
                self.above(self.height)?;
                Expression::Group(Box::new(inner))
            }
            _ => return Err(self.unexpected()),
        };
        self.lookups(start)
    }

    fn literal(&mut self, value: Value) -> Expression {
        self.at += 1;
        self.height = 1;
        Expression::Literal(value)
    }

    fn name(&self, name: &str) -> Expression {
        let is_parameter = self.parameters.iter().any(|p| p.as_ref() == name);
        Expression::Name(Name { name: name.into(), builtin: functions::find(name), is_parameter })
    }

    fn lookups(&mut self, mut expression: Expression) -> Result<Expression, SyntaxError> {
        loop {
            let height = self.height;
            if self.accept(&Token::Dot) {
                let key = self.key()?;
                expression = Expression::Property(Box::new(expression), key);
            } else if self.accept(&Token::OpenBracket) {
                let key = self.expression()?;
                self.expect(&Token::CloseBracket)?;
                expression = Expression::Index(Box::new(expression), Box::new(key));
            } else if self.accept(&Token::Open) {
                let arguments = self.arguments()?;
                expression = Expression::Call(Box::new(expression), arguments);
            } else {
                return Ok(expression);
            }
            self.above(height.max(self.height))?;
        }
    }

    /// The name or number behind a dot.
    fn key(&mut self) -> Result<Arc<str>, SyntaxError> {
        let key = match self.peek() {
            Some(Token::Name(key)) => key.to_lowercase(),
            Some(Token::Number(number)) if number.is_integer() => number.to_string(),
            _ => {
                // The mistake is shown from the dot on.
                self.at -= 1;
                return Err(self.unexpected());
            }
        };
        self.at += 1;
        Ok(key.into())
    }

    fn arguments(&mut self) -> Result<Vec<Expression>, SyntaxError> {
        let mut arguments = Vec::new();
        let mut height = 0;
        if self.accept(&Token::Close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            height = height.max(self.height);
            self.height = height;
            if self.accept(&Token::Close) {
                return Ok(arguments);
            }
            self.expect(&Token::Comma)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(expression: &Expression) -> String {
        match expression {
            Expression::Chain(first, rest) => rest.iter().fold(shape(first), |left, (operator, next)| {
                format!("({left} {} {})", operator.symbol(), shape(next))
            }),
            Expression::Negate(inner) => format!("(-{})", shape(inner)),
            other => other.to_string(),
        }
    }

    #[test]
    fn operators_group_by_strength_and_to_the_left() {
        for (text, expect) in [
            ("1+2*3", "(1 + (2 * 3))"),
            ("2^3^2", "((2 ^ 3) ^ 2)"),
            ("-2^2", "((-2) ^ 2)"),
            ("a & b = c", "(a & (b = c))"),
            ("1 - 2 - 3 < 4 = true", "((((1 - 2) - 3) < 4) = true)"),
            ("--1", "(-(-1))"),
        ] {
            assert_eq!(parse(text).map(|e| shape(&e)).unwrap(), expect, "{text}");
        }
    }

    #[test]
    fn mistakes_are_shown_from_where_they_begin() {
        for (text, at) in
            [("1 +", ""), ("foo(1,,2)", ",2)"), ("\"x\".y", ".y"), ("a b", "b"), ("(x", ""), ("#", "#")]
        {
            assert_eq!(parse(text).map(|e| e.to_string()), Err(SyntaxError::At(at.to_owned())), "{text}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let deep = format!("{}1{}", "(".repeat(500), ")".repeat(500));
        assert_eq!(parse(&deep).map(|e| e.to_string()), Err(SyntaxError::TooDeep));
        assert!(parse(&vec!["1"; 400].join(" + ")).is_ok());
        assert!(parse(&format!("1{}", " + 1".repeat(10_000))).is_ok());
        assert!(parse(&"-".repeat(100_000)).is_err());
        assert!(parse(&format!("x{}", ".a".repeat(100_000))).is_err());
        let spiral = (0..90).fold("x".to_owned(), |inner, _| format!("({inner}{})", ".a".repeat(90)));
        assert_eq!(parse(&spiral).map(|e| e.to_string()), Err(SyntaxError::TooDeep));
    }
}
