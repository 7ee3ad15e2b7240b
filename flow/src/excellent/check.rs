//! Checks expressions without evaluating them: whether they can be read, and whether what they name exists.
use super::ast::{Expression, Name};
use super::parser;
use super::template::{self, Part};

/// Something that an author should put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The expression as written, with its `@`.
    pub expression: String,
    /// What is wrong with it.
    pub text: String,
}

/// The most letters by which a mistyped name may differ from the one that was meant.
const MAX_TYPOS: usize = 2;

/// Checks all expressions of a text. `complaint` says what is wrong with a path from a top level, such as
/// `["contact", "agee"]`, if anything is.
pub fn check(
    text: &str,
    top_levels: &[&str],
    complaint: &dyn Fn(&[String]) -> Option<String>,
) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut before = None;
    for part in template::parts(text, &|name| top_levels.contains(&name)) {
        let (expression, source) = match part {
            Part::Body(body) => {
                mistakes.extend(mistyped(body, before, top_levels));
                before = body.chars().next_back();
                continue;
            }
            Part::Identifier(name) => (name, format!("@{name}")),
            Part::Expression(inside) => (inside, format!("@({inside})")),
        };
        before = Some(')');
        let mut checker = Checker { top_levels, complaint, found: Vec::new() };
        match parser::parse(expression) {
            Ok(parsed) => checker.expression(&parsed),
            Err(error) => checker.found.push(error.to_string()),
        }
        mistakes.extend(checker.found.into_iter().map(|text| Mistake { expression: source.clone(), text }));
    }
    mistakes
}

/// A text like `@contcat.name`: it is sent as it stands, which can hardly be meant.
fn mistyped(body: &str, before: Option<char>, top_levels: &[&str]) -> Option<Mistake> {
    let name = body.strip_prefix('@').filter(|_| !before.is_some_and(char::is_alphanumeric))?;
    let (first, _) = name.split_once('.')?;
    let first = first.to_lowercase();
    let close = |known: &&&str| distance(&first, known) <= MAX_TYPOS && first.len() > MAX_TYPOS + 1;
    let meant = top_levels.iter().filter(close).min_by_key(|known| distance(&first, known))?;
    let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(name.len());
    Some(Mistake {
        expression: format!("@{}", name[..end].trim_end_matches('.')),
        text: format!("there is no '{first}'; perhaps '{meant}' is meant"),
    })
}

/// How many letters must be changed, added or left out to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

struct Checker<'c> {
    top_levels: &'c [&'c str],
    complaint: &'c dyn Fn(&[String]) -> Option<String>,
    found: Vec<String>,
}

impl Checker<'_> {
    fn is_top_level(&self, name: &str) -> bool {
        self.top_levels.contains(&name)
    }

    fn expression(&mut self, expression: &Expression) {
        if let Some(path) = expression.path()
            && self.is_top_level(&path[0])
        {
            self.found.extend((self.complaint)(&path));
            return;
        }
        match expression {
            Expression::Literal(_) => {}
            Expression::Name(name) => self.name(name, "name"),
            Expression::Property(inner, _) | Expression::Group(inner) | Expression::Negate(inner) => {
                self.expression(inner);
            }
            Expression::Index(inner, key) => {
                self.expression(inner);
                self.expression(key);
            }
            Expression::Chain(first, rest) => {
                self.expression(first);
                rest.iter().for_each(|(_, next)| self.expression(next));
            }
            Expression::Call(function, arguments) => {
                self.call(function, arguments.len());
                arguments.iter().for_each(|argument| self.expression(argument));
            }
            Expression::Lambda(lambda) => self.expression(&lambda.body),
        }
    }

    fn name(&mut self, name: &Name, kind: &str) {
        if !name.is_parameter && name.builtin.is_none() && !self.is_top_level(&name.name) {
            self.found.push(format!("there is no {kind} '{}'", name.name));
        }
    }

    fn call(&mut self, function: &Expression, arguments: usize) {
        match function {
            Expression::Name(name) => {
                self.name(name, "function");
                if let Some(builtin) = name.builtin.filter(|_| !name.is_parameter)
                    && !builtin.arity.fits(arguments)
                {
                    let (name, arity) = (builtin.name, builtin.arity);
                    self.found.push(format!("{name}(...) needs {arity} argument(s), got {arguments}"));
                }
            }
            other => self.expression(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<String> {
        let known = |path: &[String]| (path.len() > 2).then(|| format!("not {}", path.join(".")));
        let found = check(text, &["contact", "results"], &known);
        found.into_iter().map(|mistake| format!("{}: {}", mistake.expression, mistake.text)).collect()
    }

    #[test]
    fn what_is_right_is_not_complained_about() {
        for text in [
            "Hi @contact.name, mail ana@example.org or @example, at @@contact.a.b",
            "@(upper(contact.name) & \"x\") @((x) => x & contact) @(foreach(array(1), (n) => n + 1))",
            "write to info@contcat.org",
        ] {
            assert_eq!(mistakes(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn wrong_names_are_found() {
        for (text, expect) in [
            ("@(uper(contact))", "@(uper(contact)): there is no function 'uper'"),
            ("@(upper(contct))", "@(upper(contct)): there is no name 'contct'"),
            ("@(upper())", "@(upper()): upper(...) needs 1 argument(s), got 0"),
            ("Hi @contact.name.first!", "@contact.name.first: not contact.name.first"),
            ("@(contact[\"a\"].b & 1)", "@(contact[\"a\"].b & 1): not contact.a.b"),
            ("@(1 + )", "@(1 + ): syntax error at "),
            ("Hi @contcat.name!", "@contcat.name: there is no 'contcat'; perhaps 'contact' is meant"),
        ] {
            assert_eq!(mistakes(text), [expect], "{text}");
        }
    }
}
