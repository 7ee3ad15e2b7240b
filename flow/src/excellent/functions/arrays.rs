//! Arrays.
use std::cmp::Ordering;

use smol_str::SmolStr;

use crate::excellent::MAX_ARRAY_ITEMS;
use crate::excellent::decimal::Decimal;
use crate::excellent::eval::Scope;
use crate::excellent::value::{Error, Value};

use super::Arity::{AtLeast, Between, Exactly};
use super::Builtin;
use super::texts::slice_bounds;

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin::new("array", AtLeast(0), array),
    Builtin::new("concat", Exactly(2), concat),
    Builtin::new("contains", Exactly(2), contains),
    Builtin::new("count", Exactly(1), count),
    Builtin::new("filter", Exactly(2), filter),
    Builtin::new("foreach", AtLeast(2), foreach),
    Builtin::new("join", Exactly(2), join),
    Builtin::new("reverse", Exactly(1), reverse),
    Builtin::new("slice", Between(2, 3), slice),
    Builtin::new("sort", Exactly(1), sort),
    Builtin::new("sum", Exactly(1), sum),
    Builtin::new("unique", Exactly(1), unique),
];

type Outcome = Result<Value, Error>;

/// An array, if it is not too long.
pub(super) fn limited(items: Vec<Value>) -> Outcome {
    if items.len() > MAX_ARRAY_ITEMS {
        return Err(Error::new(format!("cannot build an array with more than {MAX_ARRAY_ITEMS} items")));
    }
    Ok(items.into())
}

fn first_error(values: &[Value]) -> Result<(), Error> {
    match values.iter().find(|value| value.is_error()) {
        Some(Value::Error(error)) => Err(error.clone()),
        _ => Ok(()),
    }
}

/// `array(items...)`
fn array(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    first_error(values)?;
    limited(values.to_vec())
}

/// `concat(a, b)`
fn concat(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (a, b) = (values[0].to_array()?, values[1].to_array()?);
    limited(a.iter().chain(b.iter()).cloned().collect())
}

/// `contains(array, value)`: whether an item has the same type and value.
fn contains(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let items = values[0].to_array()?;
    first_error(&values[1..])?;
    Ok(items.iter().any(|item| item.equals(&values[1])).into())
}

/// `count(value)`: the items of an array, the properties of an object.
fn count(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let count = match &values[0] {
        Value::Array(items) => items.len(),
        Value::Object(object) => object.keys().len(),
        _ => return Err(Error::new("value isn't countable")),
    };
    Ok(Value::Number(count.into()))
}

/// `filter(array, function)`: the items for which the function is true.
fn filter(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let items = values[0].to_array()?;
    let function = values[1].to_function()?;
    let mut kept = Vec::new();
    for item in items.iter() {
        if scope.call(&function, std::slice::from_ref(item)).to_boolean()? {
            kept.push(item.clone());
        }
    }
    Ok(kept.into())
}

/// `foreach(array, function, more...)`: what the function makes of each item (and the further arguments).
fn foreach(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let items = values[0].to_array()?;
    let function = values[1].to_function()?;
    let mut results = Vec::with_capacity(items.len());
    for item in items.iter() {
        let arguments: Vec<Value> = std::iter::once(item).chain(&values[2..]).cloned().collect();
        match scope.call(&function, &arguments) {
            Value::Error(error) => return Err(error),
            result => results.push(result),
        }
    }
    Ok(results.into())
}

/// `join(array, separator)`
fn join(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let items = values[0].to_array()?;
    let separator = values[1].to_text()?;
    let texts: Result<Vec<SmolStr>, Error> = items.iter().map(Value::to_text).collect();
    Ok(texts?.join(&separator).into())
}

/// `reverse(array)`
fn reverse(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    Ok(Value::array(values[0].to_array()?.iter().rev().cloned()))
}

/// `slice(array, start, end?)`: negative indexes count from the end.
fn slice(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let items = values[0].to_array()?;
    let start = values[1].to_integer()?;
    let end = values.get(2).map(Value::to_integer).transpose()?;
    let (start, end) = slice_bounds(items.len(), start, end);
    Ok(Value::array(items.get(start..end).unwrap_or_default().iter().cloned()))
}

/// `sort(array)`: numbers, texts, dates or times, all of the same type.
fn sort(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let mut items = values[0].to_array()?.to_vec();
    first_error(&items)?;
    for item in &items {
        match (&items[0], item) {
            (first, item) if std::mem::discriminant(first) != std::mem::discriminant(item) => {
                return Err(Error::new("can't sort array of different types"));
            }
            (_, item) if compare(item, item).is_none() => {
                return Err(Error::new(format!("{} isn't a sortable type", item.describe())));
            }
            _ => {}
        }
    }
    items.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
    Ok(items.into())
}

fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    Some(match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.timestamp().cmp(&b.timestamp()),
        _ => return None,
    })
}

/// `sum(array)`
fn sum(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let mut sum = Decimal::ZERO;
    for item in values[0].to_array()?.iter() {
        sum = sum.plus(item.to_number()?)?;
    }
    Ok(sum.into())
}

/// `unique(array)`: each value once, where it first stands.
fn unique(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let mut kept: Vec<Value> = Vec::new();
    for item in values[0].to_array()?.iter() {
        // Comparing with all kept ones is what makes this costly.
        scope.spend_many(kept.len() as u64);
        if !kept.iter().any(|other| other.equals(item)) {
            kept.push(item.clone());
        }
    }
    Ok(kept.into())
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn arrays() {
        check("@(array()) @(array(1, \"x\", true))", "[] [1, x, true]");
        check(
            "@(concat(list, array(1))) @(contains(list, \"b\")) @(contains(list, \"z\"))",
            "[a, b, c, 1] true false",
        );
        check("@(count(list)) @(count(person)) @(count(array()))", "3 3 0");
        check(
            "@(filter(list, (x) => x != \"b\")) @(foreach(list, upper)) @(foreach(list, (x, y) => y & x, 9))",
            "[a, c] [A, B, C] [9a, 9b, 9c]",
        );
        check("@(join(reverse(list), \"+\")) @(slice(list, 1)) @(slice(list, -2, -1))", "c+b+a [b, c] [b]");
        check(
            "@(sort(array(3, 1, 2))) @(sum(array(1, \"2.5\"))) @(unique(array(1, 2, 1)))",
            "[1, 2, 3] 3.5 [1, 2]",
        );
        check("@(sort(array(1, \"a\")))", "!error calling sort(...): can't sort array of different types");
        check("@(foreach(list, 3))", "!error calling foreach(...): 3 is not a function");
        check(
            "@(foreach(list, abs))",
            "!error calling foreach(...): error calling abs(...): unable to convert \"a\" to a number",
        );
    }
}
