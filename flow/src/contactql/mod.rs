//! Contact queries, such as `age > 18 AND language = spa`.
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::assets::Field;
use crate::contact::Contact;
use crate::env::Environment;

/// A query that has been read.
#[derive(Debug, Clone)]
pub struct Query;

/// Why a query could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct QueryError(String);

impl Query {
    /// Reads a query for a group.
    pub(crate) fn parse_for_group(
        _env: &Environment,
        _query: &str,
        _fields: &BTreeMap<Arc<str>, Field>,
    ) -> Result<Self, QueryError> {
        Err(QueryError("not yet".to_owned()))
    }

    /// Whether the contact fits.
    #[must_use]
    pub fn matches(&self, _env: &Environment, _contact: &Contact) -> bool {
        false
    }
}

/// A text as a literal of a query.
#[must_use]
pub fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
