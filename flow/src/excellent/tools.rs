//! Looking into templates without evaluating them: what they refer to, and rewriting them.
use super::ast::{Expression, Lambda, Name};
use super::parser::{self, SyntaxError};
use super::template::{self, Part, Problem, ProblemKind};
use super::value::Value;

fn parts<'a>(text: &'a str, top_levels: &[&str]) -> Vec<Part<'a>> {
    template::parts(text, &|name| top_levels.contains(&name))
}

/// Whether a text has an expression in it.
#[must_use]
pub fn has_expressions(text: &str, top_levels: &[&str]) -> bool {
    parts(text, top_levels).iter().any(|part| !matches!(part, Part::Body(_)))
}

/// The parts of a template: kind (`body`, `identifier`, `expression`) and text, `@@` read as `@`.
#[must_use]
pub fn scan(text: &str, top_levels: &[&str]) -> Vec<(&'static str, String)> {
    parts(text, top_levels)
        .into_iter()
        .map(|part| match part {
            Part::Body(body) => ("body", body.replace("@@", "@")),
            Part::Identifier(name) => ("identifier", name.to_owned()),
            Part::Expression(inside) => ("expression", inside.to_owned()),
        })
        .collect()
}

/// An expression in its canonical spelling.
///
/// # Errors
/// When it is no expression.
pub fn canonical(expression: &str) -> Result<String, SyntaxError> {
    parser::parse(expression).map(|parsed| parsed.to_string())
}

/// Every path from a top level that the template refers to, such as `["contact", "fields", "age"]`, each
/// prefix of a path before the path itself. Expressions that cannot be read are skipped.
#[must_use]
pub fn references(text: &str, top_levels: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for part in parts(text, top_levels) {
        let (Part::Identifier(expression) | Part::Expression(expression)) = part else { continue };
        if let Ok(parsed) = parser::parse(expression) {
            collect(&parsed, &mut found);
        }
    }
    found
}

fn collect(expression: &Expression, found: &mut Vec<Vec<String>>) {
    match expression {
        Expression::Literal(_) => {}
        Expression::Name(Name { builtin: Some(_), .. }) => {}
        Expression::Name(_) => found.extend(expression.path()),
        Expression::Property(inner, _) => {
            collect(inner, found);
            found.extend(expression.path());
        }
        Expression::Index(inner, key) => {
            collect(inner, found);
            collect(key, found);
            found.extend(expression.path());
        }
        Expression::Group(inner) | Expression::Negate(inner) => collect(inner, found),
        Expression::Chain(first, rest) => {
            collect(first, found);
            rest.iter().for_each(|(_, next)| collect(next, found));
        }
        Expression::Call(function, arguments) => {
            collect(function, found);
            arguments.iter().for_each(|argument| collect(argument, found));
        }
        Expression::Lambda(lambda) => collect(&lambda.body, found),
    }
}

/// A template with all its expressions in canonical spelling. Those that cannot be read stay as they are and are
/// reported.
#[must_use]
pub fn canonicalise(text: &str, top_levels: &[&str]) -> (String, Vec<Problem>) {
    rewrite(text, top_levels, &|_| None)
}

/// A template in which a path, such as `webhook` or `contact.tel`, is replaced by another wherever it begins a
/// path of the context. Expressions that cannot be read stay as they are and are reported.
#[must_use]
pub fn rename(text: &str, top_levels: &[&str], from: &str, to: &str) -> (String, Vec<Problem>) {
    let from: Vec<String> = from.split('.').map(str::to_lowercase).collect();
    rewrite(text, top_levels, &|path| (*path == from).then(|| to.to_owned()))
}

/// A template in which `change` gives other texts for paths of the context (`None` leaves a path as it is; the
/// longest path is asked first). Expressions that cannot be read stay as they are and are reported.
#[must_use]
pub fn rewrite(
    text: &str,
    top_levels: &[&str],
    change: &dyn Fn(&Vec<String>) -> Option<String>,
) -> (String, Vec<Problem>) {
    let mut out = String::with_capacity(text.len());
    let mut problems = Vec::new();
    for part in parts(text, top_levels) {
        let (expression, source, is_identifier) = match part {
            Part::Body(body) => {
                out.push_str(body);
                continue;
            }
            Part::Identifier(name) => (name, format!("@{name}"), true),
            Part::Expression(inside) => (inside, format!("@({inside})"), false),
        };
        match parser::parse(expression) {
            Ok(parsed) => {
                let new = changed(&parsed, change).to_string();
                let plain = is_identifier && new.chars().all(|c| c == '_' || c == '.' || c.is_alphanumeric());
                out.push_str(&if plain { format!("@{new}") } else { format!("@({new})") });
            }
            Err(error) => {
                out.push_str(&source);
                problems.push(Problem {
                    kind: ProblemKind::Error,
                    text: error.to_string(),
                    expression: source,
                });
            }
        }
    }
    (out, problems)
}

fn changed(expression: &Expression, change: &dyn Fn(&Vec<String>) -> Option<String>) -> Expression {
    let inner = |inner: &Expression| Box::new(changed(inner, change));
    if let Some(new) = expression.path().and_then(|path| change(&path)) {
        return Expression::Name(Name { name: new.into(), builtin: None, is_parameter: false });
    }
    match expression {
        Expression::Literal(value) => Expression::Literal(Value::clone(value)),
        Expression::Name(name) => Expression::Name(name.clone()),
        Expression::Property(container, key) => Expression::Property(inner(container), key.clone()),
        Expression::Index(container, key) => Expression::Index(inner(container), inner(key)),
        Expression::Group(group) => Expression::Group(inner(group)),
        Expression::Negate(number) => Expression::Negate(inner(number)),
        Expression::Chain(first, rest) => {
            let rest = rest.iter().map(|(operator, next)| (*operator, changed(next, change))).collect();
            Expression::Chain(inner(first), rest)
        }
        Expression::Call(function, arguments) => {
            Expression::Call(inner(function), arguments.iter().map(|a| changed(a, change)).collect())
        }
        Expression::Lambda(lambda) => Expression::Lambda(std::sync::Arc::new(Lambda {
            parameters: lambda.parameters.clone(),
            body: changed(&lambda.body, change),
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPS: &[&str] = &["contact", "results"];

    #[test]
    fn references_are_found_with_their_prefixes() {
        let found =
            references("Hi @contact.name @(boolean(results[\"age\"].value)) @(bad bob@example.org", TOPS);
        let found: Vec<String> = found.iter().map(|path| path.join(".")).collect();
        assert_eq!(found, ["contact", "contact.name", "results", "results.age", "results.age.value"]);
    }

    #[test]
    fn paths_are_renamed_where_the_context_is_meant() {
        let text =
            "@contact.tel @(BOOLEAN(contact.TEL)&\"contact.tel\") @((contact) => contact.tel) x@contact.telx";
        assert_eq!(
            rename(text, TOPS, "contact.tel", "urns.tel").0,
            "@urns.tel @(boolean(urns.tel) & \"contact.tel\") @((contact) => contact.tel) x@contact.telx"
        );
        let (text, problems) = canonicalise("@(1+) @(1+1)", TOPS);
        assert_eq!((text.as_str(), problems.len()), ("@(1+) @(1 + 1)", 1));
    }
}
