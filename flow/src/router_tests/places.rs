//! Tests of places: the workspace's own states, districts and wards, by name or alias, anywhere in the text.
use crate::excellent::functions::Arity::{Between, Exactly};
use crate::excellent::functions::Builtin;
use crate::excellent::{Error, Scope, Value};
use crate::text::locations::Hierarchy;

use super::{Outcome, matched_if_some};

pub(super) const TESTS: &[Builtin] = &[
    Builtin::new("has_state", Exactly(1), |scope, v| search(scope, v, 1)),
    Builtin::new("has_district", Between(1, 2), |scope, v| search(scope, v, 2)),
    Builtin::new("has_ward", Between(1, 3), |scope, v| search(scope, v, 3)),
];

/// Looks for a place of that level; the further arguments name the places that it lies in, the largest first.
fn search(scope: &mut Scope<'_>, values: &[Value], level: usize) -> Outcome {
    let mut texts = Vec::with_capacity(values.len());
    for value in values {
        texts.push(value.to_text()?);
    }
    let places: &Hierarchy = scope
        .root
        .locations()
        .ok_or_else(|| Error::new("can't find locations in environment which is not location enabled"))?;
    let mut within: Option<&str> = None;
    for (text, outer_level) in texts[1..].iter().zip(1..) {
        match places.find_in_text(text, outer_level, within) {
            Some(found) => within = Some(found),
            None => return Ok(super::unmatched()),
        }
    }
    Ok(matched_if_some(places.find_in_text(&texts[0], level, within)))
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn places() {
        check("@(has_state(\"I am in EL ORO now\").match) @(has_state(\"Lima\"))", "Ecuador > El Oro false");
        check(
            "@(has_district(\"uio\", \"pichincha\").match) @(has_district(\"uio\", \"oro\"))",
            "Ecuador > Pichincha > Quito false",
        );
        check(
            "@(has_ward(\"in Calderón!\", \"pichincha\", \"quito\").match)",
            "Ecuador > Pichincha > Quito > Calderón",
        );
        check("@(has_ward(\"calderón\").match)", "Ecuador > Pichincha > Quito > Calderón");
    }
}
