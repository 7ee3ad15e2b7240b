//! What a query depends on, and whether a group can be made of it.
use std::collections::BTreeSet;

use serde::Serialize;

use super::{Attribute, Property, Query, QueryNode, Resolver};
use crate::refs::{FieldRef, Ref};

/// What a query names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueryInspection {
    pub attributes: Vec<String>,
    pub schemes: Vec<String>,
    pub fields: Vec<FieldRef>,
    pub groups: Vec<GroupPointer>,
    /// Whether its answer depends on the contact alone, so that a group can follow from it.
    pub allow_as_group: bool,
}

/// A group that a query names.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum GroupPointer {
    Known(Ref),
    Named { name_match: String },
}

impl Query {
    /// Lists what the query names, each thing once, sorted.
    #[must_use]
    pub fn inspect(&self, resolver: Option<&dyn Resolver>) -> QueryInspection {
        let mut found = Found::default();
        walk(&self.root, resolver, &mut found);
        let not_in_groups =
            [Attribute::Id, Attribute::Ref, Attribute::Group, Attribute::Flow, Attribute::History];
        QueryInspection {
            allow_as_group: !not_in_groups.iter().any(|attribute| found.attributes.contains(attribute)),
            attributes: found.attributes.iter().map(|attribute| attribute.as_str().to_owned()).collect(),
            schemes: found.schemes.into_iter().collect(),
            fields: found.fields,
            groups: found.groups,
        }
    }
}

#[derive(Default)]
struct Found {
    attributes: BTreeSet<Attribute>,
    schemes: BTreeSet<String>,
    fields: Vec<FieldRef>,
    groups: Vec<GroupPointer>,
}

fn walk(node: &QueryNode, resolver: Option<&dyn Resolver>, found: &mut Found) {
    let condition = match node {
        QueryNode::And(parts) | QueryNode::Or(parts) => {
            return parts.iter().for_each(|part| walk(part, resolver, found));
        }
        QueryNode::Condition(condition) => condition,
    };
    match &condition.property {
        Property::Attribute(attribute) => {
            found.attributes.insert(*attribute);
            if *attribute == Attribute::Group && !condition.value.is_empty() {
                let known = resolver.and_then(|resolver| resolver.group(&condition.value));
                let pointer = match known {
                    Some(group) => GroupPointer::Known(group),
                    None => GroupPointer::Named { name_match: condition.value.clone() },
                };
                if !found.groups.contains(&pointer) {
                    found.groups.push(pointer);
                }
            }
        }
        Property::Scheme(scheme) => {
            found.schemes.insert(scheme.clone());
        }
        Property::Field { key, .. } => {
            let known = resolver.and_then(|resolver| resolver.field(key));
            let name = known.map(|field| field.name.clone()).unwrap_or_default();
            let field = FieldRef { key: key.clone(), name };
            if !found.fields.contains(&field) {
                found.fields.push(field);
            }
        }
    }
}
