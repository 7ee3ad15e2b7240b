//! The person that a session talks to, as the engine sees her: in memory, given by the caller and given back
//! changed. She is never part of a stored session.
mod field_value;
mod reference;
mod urns;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use field_value::{FieldNumber, FieldValue};
pub(crate) use reference::reference;
pub use urns::{ContactUrn, format_urn, is_scheme, normalize_urn, validate_urn};

use crate::moment::Moment;
use crate::refs::Ref;
use crate::words::Language;

/// The longest name that a contact may have, in characters; longer ones are cut.
pub const MAX_NAME_CHARS: usize = 128;
/// The most addresses that one contact may have.
pub const MAX_URNS: usize = 50;

/// A person, as a flow reads and changes her.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub uuid: Uuid,
    /// A number that people can say to each other; 0 when there is none.
    #[serde(default, skip_serializing_if = "crate::refs::is_zero")]
    pub id: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "empty_language")]
    pub language: Option<Language>,
    #[serde(default)]
    pub status: ContactStatus,
    /// An IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Arc<str>>,
    #[serde(default)]
    pub created_on: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_on: Option<Moment>,
    /// Addresses, the preferred one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urns: Vec<ContactUrn>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Ref>,
    /// Values by field key; a field without a value is absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "present_fields")]
    pub fields: BTreeMap<Arc<str>, FieldValue>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<Ticket>,
}

impl Default for Contact {
    fn default() -> Self {
        Self {
            uuid: Uuid::nil(),
            id: 0,
            name: String::new(),
            language: None,
            status: ContactStatus::Active,
            timezone: None,
            created_on: Moment::default(),
            last_seen_on: None,
            urns: Vec::new(),
            groups: Vec::new(),
            fields: BTreeMap::new(),
            tickets: Vec::new(),
        }
    }
}

/// Whether a contact may be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum ContactStatus {
    #[default]
    Active,
    Blocked,
    Stopped,
    Archived,
}

impl ContactStatus {
    /// As expressions and queries see it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Blocked => "blocked",
            Self::Stopped => "stopped",
            Self::Archived => "archived",
        }
    }
}

/// A matter between the contact and the line's staff (the product calls it a conversation).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub uuid: Uuid,
    #[serde(default)]
    pub status: TicketStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Ref>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Ref>,
}

/// Whether a ticket is still worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum TicketStatus {
    #[default]
    Open,
    Closed,
}

impl Contact {
    /// The first word of the name.
    #[must_use]
    pub fn first_name(&self) -> &str {
        self.name.split_whitespace().next().unwrap_or("")
    }

    /// Whether she is in the group.
    #[must_use]
    pub fn in_group(&self, group: Uuid) -> bool {
        self.groups.iter().any(|held| held.uuid == group)
    }

    /// The ticket that is open, if one is.
    #[must_use]
    pub fn open_ticket(&self) -> Option<&Ticket> {
        self.tickets.iter().rev().find(|ticket| ticket.status == TicketStatus::Open)
    }
}

/// RapidPro writes an absent language as an empty text in some places.
mod empty_language {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::words::Language;

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Language>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Language>, D::Error> {
        match Option::<String>::deserialize(deserializer)? {
            Some(text) if !text.is_empty() => text.parse().map(Some).map_err(D::Error::custom),
            _ => Ok(None),
        }
    }
}

/// A field without a value may be written as `null`.
mod present_fields {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::FieldValue;

    type Fields = BTreeMap<Arc<str>, FieldValue>;

    pub(super) fn serialize<S: Serializer>(fields: &Fields, serializer: S) -> Result<S::Ok, S::Error> {
        fields.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        let fields = Option::<BTreeMap<Arc<str>, Option<FieldValue>>>::deserialize(deserializer)?;
        Ok(fields.unwrap_or_default().into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }
}
