//! Tests of what a flow has collected: groups and results.
use crate::excellent::functions::Arity::{AtLeast, Between, Exactly};
use crate::excellent::functions::Builtin;
use crate::excellent::{Error, Scope, Value};

use super::{Outcome, matched, unmatched};

pub(super) const TESTS: &[Builtin] = &[
    Builtin::new("has_group", Between(2, 3), has_group),
    Builtin::new("has_category", AtLeast(2), has_category),
    Builtin::new("has_intent", Exactly(3), has_intent),
    Builtin::new("has_top_intent", Exactly(3), has_intent),
];

/// `has_group(groups, uuid, name?)`: the match is the group.
fn has_group(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let groups = values[0].to_array()?;
    let uuid = values[1].to_text()?;
    for group in groups.iter() {
        let properties = group.to_object()?;
        let found = properties.get("uuid").map(|uuid| uuid.to_text()).transpose()?;
        if found.is_some_and(|found| found == uuid) {
            return Ok(matched(group.clone()));
        }
    }
    Ok(unmatched())
}

/// `has_category(result, categories...)`: whether the result has one of them.
fn has_category(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let result = values[0].to_object()?;
    let category = result.get("category").unwrap_or_default().to_text()?;
    let mut wanted = Vec::with_capacity(values.len() - 1);
    for category in &values[1..] {
        wanted.push(category.to_text()?);
    }
    Ok(if wanted.contains(&category) { matched(Value::Text(category)) } else { unmatched() })
}

/// `has_intent(result, name, confidence)` and `has_top_intent`: classifiers are gone, so nothing matches.
fn has_intent(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    match values.iter().find(|value| value.is_error()) {
        Some(Value::Error(error)) => Err(Error::clone(error)),
        _ => Ok(unmatched()),
    }
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn results() {
        let groups = "array(object(\"uuid\", \"g1\", \"name\", \"Women\"))";
        check(
            &format!("@(has_group({groups}, \"g1\").match) @(has_group({groups}, \"g2\"))"),
            "{name: Women, uuid: g1} false",
        );
        let result = "object(\"category\", \"Yes\")";
        check(
            &format!("@(has_category({result}, \"No\", \"Yes\").match) @(has_category({result}, \"yes\"))"),
            "Yes false",
        );
        check("@(has_intent(object(), \"x\", 0.5))", "false");
    }
}
