//! Numbers: arithmetic, rounding, chance.
use crate::excellent::decimal::{Decimal, Rounding};
use crate::excellent::eval::Scope;
use crate::excellent::value::{Error, Value};

use super::Arity::{AtLeast, Between, Exactly};
use super::Builtin;

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin::new("number", Exactly(1), |_, v| Ok(v[0].to_number()?.into())),
    Builtin::new("abs", Exactly(1), |_, v| Ok(v[0].to_number()?.abs().into())),
    Builtin::new("round", Between(1, 2), |_, v| round(v, Rounding::HalfAway)),
    Builtin::new("round_up", Between(1, 2), |_, v| round(v, Rounding::Up)),
    Builtin::new("round_down", Between(1, 2), |_, v| round(v, Rounding::Down)),
    Builtin::new("max", AtLeast(1), |_, v| fold(v, |a, b| Ok(a.max(b)))),
    Builtin::new("min", AtLeast(1), |_, v| fold(v, |a, b| Ok(a.min(b)))),
    Builtin::new("mean", AtLeast(1), mean),
    Builtin::new("mod", Exactly(2), modulo),
    Builtin::new("rand", Exactly(0), rand),
    Builtin::new("rand_between", Exactly(2), rand_between),
];

type Outcome = Result<Value, Error>;

fn fold(values: &[Value], step: impl Fn(Decimal, Decimal) -> Result<Decimal, Error>) -> Outcome {
    let mut result = values[0].to_number()?;
    for value in &values[1..] {
        result = step(result, value.to_number()?)?;
    }
    Ok(result.into())
}

/// `round(number, places?)`
fn round(values: &[Value], rounding: Rounding) -> Outcome {
    let number = values[0].to_number()?;
    let places = values.get(1).map_or(Ok(0), Value::to_integer)?;
    let places = i32::try_from(places).unwrap_or(if places < 0 { i32::MIN } else { i32::MAX });
    Ok(number.rounded(places, rounding).into())
}

/// `mean(numbers...)`
fn mean(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let mut sum = Decimal::ZERO;
    for value in values {
        sum = sum.plus(value.to_number()?)?;
    }
    Ok(sum.over(values.len().into())?.into())
}

/// `mod(dividend, divisor)`: what is left, with the divisor's sign.
fn modulo(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (dividend, divisor) = (values[0].to_number()?, values[1].to_number()?);
    if divisor.is_zero() {
        return Err(Error::new("division by zero"));
    }
    Ok(dividend.modulo(divisor)?.into())
}

/// `rand()`: at least 0, below 1.
fn rand(scope: &mut Scope<'_>, _: &[Value]) -> Outcome {
    Ok(unit(scope).into())
}

fn unit(scope: &mut Scope<'_>) -> Decimal {
    // The shortest digits that mean the same floating point number, which has at most 17.
    scope.source.random_unit().to_string().parse().unwrap_or(Decimal::ZERO)
}

/// `rand_between(least, most)`: a whole number, both ends included.
fn rand_between(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (least, most) = (values[0].to_number()?, values[1].to_number()?);
    let span = most.minus(least)?.plus(Decimal::ONE)?;
    let offset = unit(scope).times(span)?.rounded(0, Rounding::Down);
    Ok(least.plus(offset)?.into())
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn numbers() {
        check("@(number(\" 12.50 \")) @(abs(-3)) @(max(1, \"7\", 3)) @(min(4, 2.5))", "12.5 3 7 2.5");
        check(
            "@(round(2.345, 2)) @(round_up(2.01)) @(round_down(-2.01)) @(round(1234, -2))",
            "2.35 3 -3 1200",
        );
        check("@(mean(1, 2, 4)) @(mod(-7, 3)) @(mod(7.5, 2))", "2.3333333333333333 2 1.5");
        check("@(mod(1, 0))", "!error calling mod(...): division by zero");
        check("@(rand()) @(rand_between(1, 4))", "0.25 2");
        check("@(round_up(5, -3000000000)) @(round(5, -3000000000)) @(round_up(0, -40))", "5 0 0");
        check("@(number(\"1,000\"))", "!error calling number(...): unable to convert \"1,000\" to a number");
    }
}
