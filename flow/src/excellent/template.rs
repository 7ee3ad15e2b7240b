//! Templates: texts with expressions in them, compiled once.
use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

use super::ast::Expression;
use super::eval::Scope;
use super::lexer::{is_name_part, is_name_start};
use super::parser::{self, SyntaxError};
use super::value::{Error, Value};

/// A text with expressions, compiled. Compiling never fails: an expression that cannot be read is an error when
/// it is evaluated.
#[derive(Clone)]
pub struct Template {
    pieces: Vec<Piece>,
    /// The text with `@@` already read as `@`, when there is no expression at all.
    fixed: Option<SmolStr>,
    /// What the text usually comes to, in bytes.
    usual_bytes: usize,
}

/// What an expression usually comes to, in bytes.
const USUAL_VALUE_BYTES: usize = 24;

#[derive(Clone)]
enum Piece {
    Body(String),
    Expression { source: String, compiled: Result<Arc<Expression>, SyntaxError> },
}

/// A part of a template as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text without expression; a doubled `@` stands for one.
    Body(&'a str),
    /// `name.of.something` behind an `@`.
    Identifier(&'a str),
    /// What stands between `@(` and `)`.
    Expression(&'a str),
}

/// Something that the flow's author should know about an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// The message alone, such as `object has no property 'agee'`.
    pub text: String,
    /// The expression as written, with its `@`; empty for warnings.
    pub expression: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The expression was left out of the text.
    Error,
    /// The expression works but uses something deprecated.
    Warning,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ProblemKind::Error => write!(f, "error evaluating {}: {}", self.expression, self.text),
            ProblemKind::Warning => f.write_str(&self.text),
        }
    }
}

/// Splits a template into its parts. `@name` is an expression only if the name's first part is one of the top
/// levels, so that e-mail addresses and handles stay what they are.
pub fn parts<'a>(text: &'a str, is_top_level: &dyn Fn(&str) -> bool) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let (mut body, mut at) = (0, 0);
    while let Some(found) = text[at..].find('@') {
        let start = at + found;
        let rest = &text[start + 1..];
        if rest.starts_with('@') {
            at = start + 2;
            continue;
        }
        let (part, length) = match expression_length(rest) {
            Some(length) => (Part::Expression(&rest[1..length - 1]), length),
            None => match identifier(rest) {
                Some(name) if is_top_level(&name.split('.').next().unwrap_or("").to_lowercase()) => {
                    (Part::Identifier(name), name.len())
                }
                Some(name) => (Part::Body(&text[start..=start + name.len()]), name.len()),
                None => {
                    at = start + 1;
                    continue;
                }
            },
        };
        if body < start {
            parts.push(Part::Body(&text[body..start]));
        }
        parts.push(part);
        at = start + 1 + length;
        body = at;
    }
    if body < text.len() {
        parts.push(Part::Body(&text[body..]));
    }
    parts
}

/// The bytes of `( ... )` at the start of the text, when its brackets are closed; brackets within quotes do not
/// count.
fn expression_length(rest: &str) -> Option<usize> {
    if !rest.starts_with('(') {
        return None;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, letter) in rest.char_indices() {
        if quoted {
            match letter {
                '"' if !escaped => quoted = false,
                '\\' => escaped = !escaped,
                _ => escaped = false,
            }
            continue;
        }
        match letter {
            '"' => (quoted, escaped) = (true, false),
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn identifier(rest: &str) -> Option<&str> {
    if !rest.starts_with(is_name_start) {
        return None;
    }
    let length = rest.find(|c| !(is_name_part(c) || c == '.')).unwrap_or(rest.len());
    Some(rest[..length].trim_end_matches('.'))
}

impl Template {
    /// Compiles a text. `top_levels` are the names that may follow an `@` without brackets, in lower case.
    #[must_use]
    pub fn compile(text: &str, top_levels: &[&str]) -> Self {
        let mut pieces: Vec<Piece> = Vec::new();
        for part in parts(text, &|name| top_levels.contains(&name)) {
            let (source, expression) = match part {
                Part::Body(body) => {
                    let body = body.replace("@@", "@");
                    match pieces.last_mut() {
                        Some(Piece::Body(last)) => last.push_str(&body),
                        _ => pieces.push(Piece::Body(body)),
                    }
                    continue;
                }
                Part::Identifier(name) => (format!("@{name}"), name),
                Part::Expression(inside) => (format!("@({inside})"), inside),
            };
            pieces.push(Piece::Expression { source, compiled: parser::parse(expression).map(Arc::new) });
        }
        let fixed = match pieces.as_slice() {
            [] => Some(SmolStr::default()),
            [Piece::Body(body)] => Some(SmolStr::from(body.as_str())),
            _ => None,
        };
        let usual_bytes = pieces.iter().map(Piece::usual_bytes).sum();
        Self { pieces, fixed, usual_bytes }
    }

    /// What the template always gives, when it has no expression.
    #[must_use]
    pub fn is_static(&self) -> Option<&str> {
        self.fixed.as_deref()
    }

    /// As [`Self::is_static`], to be shared.
    pub(crate) fn fixed(&self) -> Option<&SmolStr> {
        self.fixed.as_ref()
    }

    /// The template as text. An expression with an error leaves nothing in the text.
    pub fn evaluate(&self, scope: &mut Scope<'_>) -> (String, Vec<Problem>) {
        self.evaluate_escaped(scope, None)
    }

    /// Like [`Self::evaluate`], for texts that are mostly short.
    pub(crate) fn evaluate_short(&self, scope: &mut Scope<'_>) -> (SmolStr, Vec<Problem>) {
        let [Piece::Expression { source, compiled }] = self.pieces.as_slice() else {
            let (text, problems) = self.evaluate(scope);
            return (text.into(), problems);
        };
        let value = value_of(compiled, scope);
        let mut problems = Vec::new();
        warn(scope, &mut problems);
        let text = value.to_text().unwrap_or_else(|error| {
            problems.push(mistake(&error, source));
            SmolStr::default()
        });
        (text, problems)
    }

    /// The template as text, each expression's text having gone through `escape`.
    pub fn evaluate_escaped(
        &self,
        scope: &mut Scope<'_>,
        escape: Option<&dyn Fn(&str) -> String>,
    ) -> (String, Vec<Problem>) {
        if let Some(fixed) = &self.fixed {
            return (fixed.as_str().to_owned(), Vec::new());
        }
        let mut out = String::with_capacity(self.usual_bytes);
        let mut problems = Vec::new();
        for piece in &self.pieces {
            let (source, compiled) = match piece {
                Piece::Body(body) => {
                    out.push_str(body);
                    continue;
                }
                Piece::Expression { source, compiled } => (source, compiled),
            };
            let value = value_of(compiled, scope);
            warn(scope, &mut problems);
            if let (Value::Text(text), None) = (&value, escape) {
                out.push_str(text);
                continue;
            }
            match value.to_text() {
                Ok(text) => match escape {
                    Some(escape) => out.push_str(&escape(&text)),
                    None => out.push_str(&text),
                },
                Err(error) => problems.push(mistake(&error, source)),
            }
        }
        (out, problems)
    }

    /// The value of a template that is one expression (an error is then such a value, and no problem); any other
    /// template gives its text.
    pub fn evaluate_value(&self, scope: &mut Scope<'_>) -> (Value, Vec<Problem>) {
        let mut expressions = self.pieces.iter().filter(|piece| !piece.is_blank());
        let (Some(Piece::Expression { compiled, .. }), None) = (expressions.next(), expressions.next())
        else {
            let (text, problems) = self.evaluate(scope);
            return (Value::from(text), problems);
        };
        let value = value_of(compiled, scope);
        let mut problems = Vec::new();
        warn(scope, &mut problems);
        (value, problems)
    }
}

impl Piece {
    fn usual_bytes(&self) -> usize {
        match self {
            Self::Body(body) => body.len(),
            Self::Expression { .. } => USUAL_VALUE_BYTES,
        }
    }

    fn is_blank(&self) -> bool {
        matches!(self, Self::Body(body) if body.trim().is_empty())
    }
}

fn value_of(compiled: &Result<Arc<Expression>, SyntaxError>, scope: &mut Scope<'_>) -> Value {
    match compiled {
        Ok(expression) => {
            scope.refill();
            let value = scope.evaluate(expression, None);
            // Functions that catch errors must not catch this one.
            if scope.is_exhausted() { super::eval::too_complex() } else { value }
        }
        Err(error) => Value::error(error.to_string()),
    }
}

fn mistake(error: &Error, source: &str) -> Problem {
    Problem { kind: ProblemKind::Error, text: error.0.to_string(), expression: source.to_owned() }
}

fn warn(scope: &mut Scope<'_>, problems: &mut Vec<Problem>) {
    let warnings = scope.take_warnings();
    if warnings.is_empty() {
        return;
    }
    problems.extend(warnings.into_iter().map(|text| Problem {
        kind: ProblemKind::Warning,
        text: text.to_string(),
        expression: String::new(),
    }));
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn texts_without_expressions_stay_what_they_are() {
        check("mail ana@example.org or @example", "mail ana@example.org or @example");
        check("at @@name, @ and @( too", "at @name, @ and @( too");
        check("", "");
    }

    #[test]
    fn expressions_are_replaced_and_mistakes_left_out() {
        check("Hi @name!", "Hi Amina!");
        check("@NAME. @person.age...", "Amina. 34...");
        check("@(person.age + 1) and @(person.agee)", "35 and !object has no property 'agee'");
        check("@(1 + )", "!syntax error at ");
        check("@(\")\" & \"(\")", ")(");
        check("@(list[1] & list[-1] & list.0)", "bca");
        check("@(name.x)", "!\"Amina\" doesn't support lookups");
    }

    #[test]
    fn lambdas_see_their_surroundings() {
        check("@(((a) => ((b) => a & b))(1)(2))", "12");
        check("@(((name) => name & name)(\"x\"))", "xx");
        check("@(((x) => x)(1, 2))", "!error calling <anon>(...): need 1 argument(s), got 2");
        check("@(((f) => f(f))((f) => f(f)))", "!expression is too complex to evaluate");
    }

    #[test]
    fn evaluation_goes_no_deeper_than_a_small_stack_allows() {
        let body = format!("{}f(f){}", "(".repeat(90), ")".repeat(90));
        let template = format!("@(((f) => f(f))((f) => {body}))");
        let run = move || check(&template, "!expression is too complex to evaluate");
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap();
        assert!(thread.join().is_ok());
        let deep = format!("@({}1{})", "abs(".repeat(99), ")".repeat(99));
        check(&deep, "1");
    }

    #[test]
    fn choices_do_not_trip_over_the_other_arm() {
        check("@(if(true, 1, 1 / 0)) @(default(1 / 0, \"none\")) @(or(true, 1 / 0))", "1 none true");
        check("@(and(false, 1 / 0))", "false");
        check("@(and(true, 1 / 0))", "!error calling and(...): division by zero");
    }
}
