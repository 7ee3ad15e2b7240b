//! How definitions, sessions and events point at things by uuid or key, together with the name that the thing
//! had when the pointer was written.
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A pointer by uuid: to a group, channel, label, topic, user, contact, template, language model or campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ref {
    pub uuid: Uuid,
    #[serde(default)]
    pub name: Arc<str>,
}

impl Ref {
    #[must_use]
    pub fn new(uuid: Uuid, name: impl Into<Arc<str>>) -> Self {
        Self { uuid, name: name.into() }
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[uuid={},name={}]", self.uuid, self.name)
    }
}

/// A pointer to a flow, with the revision that ran where it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRef {
    pub uuid: Uuid,
    #[serde(default)]
    pub name: Arc<str>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub revision: u64,
}

impl FlowRef {
    #[must_use]
    pub fn new(uuid: Uuid, name: impl Into<Arc<str>>) -> Self {
        Self { uuid, name: name.into(), revision: 0 }
    }
}

/// A pointer to a contact field by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRef {
    pub key: Arc<str>,
    #[serde(default)]
    pub name: Arc<str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a function of a reference")]
pub(crate) fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a function of a reference")]
pub(crate) fn is_false(flag: &bool) -> bool {
    !*flag
}
