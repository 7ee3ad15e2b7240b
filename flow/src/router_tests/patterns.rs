//! Tests of the shape of texts: patterns, e-mail addresses, phone numbers.
use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::excellent::functions::Arity::{Between, Exactly};
use crate::excellent::functions::{Builtin, compile_pattern};
use crate::excellent::{Error, Object, Scope, Value};
use crate::text::phones;

use super::{Outcome, matched, matched_if_some, matched_with, unmatched};

pub(super) const TESTS: &[Builtin] = &[
    Builtin::new("has_pattern", Exactly(2), has_pattern),
    Builtin::new("has_email", Exactly(1), has_email),
    Builtin::new("has_phone", Between(1, 2), has_phone),
];

/// `has_pattern(text, pattern)`: the match is what the pattern found, its groups are the extra. Case does not count.
fn has_pattern(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (text, pattern) = (values[0].to_text()?, values[1].to_text()?);
    let regex = compile_pattern(&pattern)?;
    let Some(found) = regex.captures(&text) else { return Ok(unmatched()) };
    let group = |at: usize| found.get(at).map_or("", |group| group.as_str());
    let groups = (0..found.len()).map(|at| (Arc::<str>::from(at.to_string()), Value::from(group(at))));
    Ok(matched_with(group(0), Object::new(groups)))
}

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a fixed pattern, tried by this file's tests")]
    Regex::new(r"[\pL\pN_.!#$%&'*+/=?^`{|}~-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+").expect("a valid pattern")
});

/// `has_email(text)`
fn has_email(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    Ok(EMAIL.find(&text).map_or_else(unmatched, |found| matched(found.as_str())))
}

/// `has_phone(text, country?)`: a phone number of the country (the environment's unless given), or with country code.
fn has_phone(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let country = match values.get(1) {
        Some(country) => {
            let country = country.to_text()?;
            (!country.is_empty())
                .then(|| {
                    country.parse().map_err(|_| Error::new(format!("{country} is not a valid country code")))
                })
                .transpose()?
        }
        None => scope.env.country,
    };
    Ok(matched_if_some(phones::find(&text, country).into_iter().next()))
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn shapes() {
        check("@(has_pattern(\"Case AB-12\", \"([a-z]+)-(\\d+)\"))", "true");
        check("@(has_pattern(\"Case AB-12\", \"([a-z]+)-(\\d+)\").extra)", "{0: AB-12, 1: AB, 2: 12}");
        check(
            "@(has_pattern(\"x\", \"[\"))",
            "!error calling has_pattern(...): must be called with a valid regular expression",
        );
        check(
            "@(has_email(\"write to <ana.p+1@correo.example.org>.\").match) @(has_email(\"ana@org\"))",
            "ana.p+1@correo.example.org false",
        );
        check(
            "@(has_phone(\"mine is 0991234567\").match) @(has_phone(\"+250788383383\").match)",
            "+593991234567 +250788383383",
        );
        check("@(has_phone(\"0788 383 383\", \"RW\").match) @(has_phone(\"123\"))", "+250788383383 false");
    }
}
