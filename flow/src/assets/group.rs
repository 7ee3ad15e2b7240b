//! Groups of contacts.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use uuid::Uuid;

use super::Field;
use crate::contact::Contact;
use crate::contactql::Query;
use crate::env::Environment;
use crate::refs::Ref;

/// A set of contacts: put together by hand, or following from a query.
#[derive(Debug)]
pub struct Group {
    pub uuid: Uuid,
    pub name: Arc<str>,
    /// `None`: by hand. `Some(Err)`: by a query that cannot be read, so that nobody belongs.
    pub query: Option<Result<Query, String>>,
}

#[derive(Deserialize)]
pub(super) struct RawGroup {
    uuid: Uuid,
    #[serde(default)]
    name: Arc<str>,
    #[serde(default)]
    query: Option<String>,
}

impl Group {
    pub(super) fn compile(raw: RawGroup, env: &Environment, fields: &BTreeMap<Arc<str>, Field>) -> Self {
        let query = raw
            .query
            .filter(|query| !query.is_empty())
            .map(|query| Query::parse_for_group(env, &query, fields).map_err(|error| error.to_string()));
        Self { uuid: raw.uuid, name: raw.name, query }
    }

    /// A pointer to this group.
    #[must_use]
    pub fn to_ref(&self) -> Ref {
        Ref { uuid: self.uuid, name: self.name.clone() }
    }

    /// Whether the contact fits the query.
    #[must_use]
    pub fn matches(&self, env: &Environment, contact: &Contact) -> bool {
        match &self.query {
            Some(Ok(query)) => query.matches(env, contact),
            _ => false,
        }
    }
}
