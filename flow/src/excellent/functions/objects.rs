//! Objects and JSON.
use std::sync::Arc;

use crate::excellent::eval::Scope;
use crate::excellent::json;
use crate::excellent::value::{Error, Object, Value};

use super::Arity::{AtLeast, Exactly};
use super::Builtin;

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin::new("object", AtLeast(0), object),
    Builtin::new("keys", Exactly(1), keys),
    Builtin::new("extract", Exactly(2), extract),
    Builtin::new("extract_object", AtLeast(2), extract_object),
    Builtin::new("foreach_value", AtLeast(2), foreach_value),
    Builtin::new("json", Exactly(1), to_json),
    Builtin::new("parse_json", Exactly(1), parse_json),
];

type Outcome = Result<Value, Error>;

/// `object(key, value, key, value...)`
fn object(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    if !values.len().is_multiple_of(2) {
        return Err(Error::new("requires an even number of arguments"));
    }
    let mut properties: Vec<(Arc<str>, Value)> = Vec::with_capacity(values.len() / 2);
    for pair in values.chunks_exact(2) {
        if let Value::Error(error) = &pair[1] {
            return Err(error.clone());
        }
        properties.push((pair[0].to_text()?.into(), pair[1].clone()));
    }
    Ok(Object::new(properties).into())
}

/// `keys(object)`: sorted.
fn keys(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    Ok(Value::array(values[0].to_object()?.keys().into_iter().map(Value::from)))
}

/// `extract(object, key)`: nothing when there is no such property.
fn extract(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let object = values[0].to_object()?;
    Ok(object.get(&values[1].to_text()?).unwrap_or_default())
}

/// `extract_object(object, keys...)`: an object with only these properties.
fn extract_object(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let object = values[0].to_object()?;
    let mut properties: Vec<(Arc<str>, Value)> = Vec::with_capacity(values.len() - 1);
    for key in &values[1..] {
        let key = key.to_text()?;
        let value = object.get(&key).unwrap_or_default();
        properties.push((key.into(), value));
    }
    Ok(Object::new(properties).into())
}

/// `foreach_value(object, function, more...)`: what the function makes of each value (and the further arguments).
fn foreach_value(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let object = values[0].to_object()?;
    let function = values[1].to_function()?;
    let mut properties: Vec<(Arc<str>, Value)> = Vec::new();
    for (key, value) in object.entries() {
        let arguments: Vec<Value> = std::iter::once(&value).chain(&values[2..]).cloned().collect();
        match scope.call(&function, &arguments) {
            Value::Error(error) => return Err(error),
            result => properties.push((key, result)),
        }
    }
    Ok(Object::new(properties).into())
}

/// `json(value)`
fn to_json(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    match &values[0] {
        Value::Error(error) => Err(error.clone()),
        value => Ok(value.to_json().into()),
    }
}

/// `parse_json(text)`
fn parse_json(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    Ok(json::parse(&values[0].to_text()?))
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn objects() {
        check("@(object(\"b\", 2, \"a\", 1)) @(object(\"x\", list).X)", "{a: 1, b: 2} [a, b, c]");
        check("@(object(\"x\"))", "!error calling object(...): requires an even number of arguments");
        check(
            "@(keys(person)) @(extract(person, \"age\")) [@(extract(person, \"none\"))]",
            "[Town, age, phone] 34 []",
        );
        check("@(extract_object(person, \"age\", \"none\"))", "{age: 34, none: }");
        check("@(foreach_value(object(\"a\", \"x\"), (v, y) => v & y, 1))", "{a: x1}");
        check("@(json(person)) @(json(list))", r#"{"Town":"Goma","age":34,"phone":null} ["a","b","c"]"#);
        check("@(parse_json(\"{\\\"a\\\": [1, 2.50]}\").a[1])", "2.5");
        check("@(parse_json(\"{\"))", "!error calling parse_json(...): invalid JSON");
    }
}
