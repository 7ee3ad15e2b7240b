//! Addresses and attachments.
use crate::excellent::eval::Scope;
use crate::excellent::value::{Error, Object, Value};
use crate::text::urns;

use super::Arity::Exactly;
use super::Builtin;

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin::new("urn_parts", Exactly(1), urn_parts),
    Builtin::new("format_urn", Exactly(1), format_urn),
    Builtin::new("attachment_parts", Exactly(1), attachment_parts),
];

type Outcome = Result<Value, Error>;

fn parts(text: &str) -> Result<urns::Parts, Error> {
    urns::Parts::parse(text).map_err(|error| Error::new(format!("{text} is not a valid URN: {error}")))
}

/// `urn_parts(urn)`: scheme, path and display.
fn urn_parts(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let parts = parts(&values[0].to_text()?)?;
    Ok(Object::new([
        ("scheme", Value::from(parts.scheme)),
        ("path", Value::from(parts.path)),
        ("display", Value::from(parts.display)),
    ])
    .into())
}

/// `format_urn(urn)`: as a person would write it.
fn format_urn(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let urn = values[0].to_text()?;
    if let Some(shown) = scope.root.shown_urn(&urn) {
        return Ok(shown.into());
    }
    Ok(parts(&urn)?.format().into())
}

/// `attachment_parts(attachment)`: media type and address.
fn attachment_parts(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let (content_type, url) = crate::text::attachment_parts(&text);
    Ok(Object::new([("content_type", Value::from(content_type)), ("url", Value::from(url))]).into())
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn addresses() {
        check("@(urn_parts(\"telegram:77#amina\"))", "{display: amina, path: 77, scheme: telegram}");
        check(
            "@(format_urn(\"tel:+593991234567\")) @(format_urn(\"telegram:77#amina\"))",
            "099 123 4567 amina",
        );
        check(
            "@(format_urn(\"tel\"))",
            "!error calling format_urn(...): tel is not a valid URN: path cannot be empty",
        );
        check("@(attachment_parts(\"image/png:https://x.org/a.png\").url)", "https://x.org/a.png");
    }
}
