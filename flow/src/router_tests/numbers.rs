//! Tests of numbers: the first number anywhere in the text counts, in digits of any script.
use crate::excellent::functions::Arity::Exactly;
use crate::excellent::functions::Builtin;
use crate::excellent::{Decimal, Error, Scope, Value};
use crate::text::numbers;

use super::{Outcome, matched_if_some};

pub(super) const TESTS: &[Builtin] = &[
    Builtin::new("has_number", Exactly(1), |scope, v| Ok(matched_if_some(number(scope, v)?))),
    Builtin::new("has_number_lt", Exactly(2), |scope, v| compared(scope, v, |a, b| a < b)),
    Builtin::new("has_number_lte", Exactly(2), |scope, v| compared(scope, v, |a, b| a <= b)),
    Builtin::new("has_number_eq", Exactly(2), |scope, v| compared(scope, v, |a, b| a == b)),
    Builtin::new("has_number_gte", Exactly(2), |scope, v| compared(scope, v, |a, b| a >= b)),
    Builtin::new("has_number_gt", Exactly(2), |scope, v| compared(scope, v, |a, b| a > b)),
    Builtin::new("has_number_between", Exactly(3), between),
];

fn number(scope: &Scope<'_>, values: &[Value]) -> Result<Option<Decimal>, Error> {
    Ok(numbers::find(&values[0].to_text()?, &scope.env.number_format))
}

fn compared(scope: &Scope<'_>, values: &[Value], fits: fn(Decimal, Decimal) -> bool) -> Outcome {
    let number = number(scope, values)?;
    let other = values[1].to_number()?;
    Ok(matched_if_some(number.filter(|number| fits(*number, other))))
}

/// `has_number_between(text, least, most)`: both ends included.
fn between(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let number = number(scope, values)?;
    let (least, most) = (values[1].to_number()?, values[2].to_number()?);
    Ok(matched_if_some(number.filter(|number| (least..=most).contains(number))))
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn numbers() {
        check("@(has_number(\"we are 1,200\").match) @(has_number(\"many\"))", "1200 false");
        check(
            "@(has_number_lt(\"5\", 5)) @(has_number_lte(\"5\", 5)) @(has_number_eq(\"x5.0\", 5).match)",
            "false true 5",
        );
        check(
            "@(has_number_gt(\"۶\", 5)) @(has_number_gte(\"4\", 5)) @(has_number_between(\"12 y\", 12, 17).match)",
            "true false 12",
        );
        check(
            "@(has_number_lt(\"none\", \"x\"))",
            "!error calling has_number_lt(...): unable to convert \"x\" to a number",
        );
    }
}
