//! Who may do what: staff, their roles, sign-in, the audit.
//!
//! Verbs demand a proof ([`LineAccess`], [`Held`] and the like) that only the access function of their noun can
//! make. What somebody may not see looks to her as if it did not exist.
pub mod audit;
mod gate;
pub mod http;
mod password;
mod session;
mod sql;
pub mod staff;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::{Result, StoreError, Tx};

pub use gate::{
    AuditAccess, FlowAccess, Held, InstallationAccess, LineAccess, OperatorAccess, access_audit,
    access_conversation, access_conversation_if, access_conversation_locked, access_flows,
    access_installation, access_line, access_operator,
};
pub use password::MIN_PASSWORD_CHARS;
pub use session::{
    ABSOLUTE_SECONDS, FAILURE_WINDOW_SECONDS, IDLE_SECONDS, MAX_FAILURES_PER_ADDRESS, MAX_FAILURES_PER_EMAIL,
    NewSession, Staff, cookie_name, session, sign_in, sign_out, still,
};
pub use staff::{Grant, User, create_staff};

/// What a member of staff may do on a line (the administrator: in the whole installation).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Agent,
    LineManager,
    FlowAuthor,
    CashReviewer,
    ProtectionFocalPoint,
    DataProtectionOfficer,
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Agent,
        Self::LineManager,
        Self::FlowAuthor,
        Self::CashReviewer,
        Self::ProtectionFocalPoint,
        Self::DataProtectionOfficer,
        Self::Administrator,
    ];

    /// As stored and as the API says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::LineManager => "line_manager",
            Self::FlowAuthor => "flow_author",
            Self::CashReviewer => "cash_reviewer",
            Self::ProtectionFocalPoint => "protection_focal_point",
            Self::DataProtectionOfficer => "data_protection_officer",
            Self::Administrator => "administrator",
        }
    }

    /// Whether the role sees people's conversations on its line.
    #[must_use]
    pub fn sees_inbox(self) -> bool {
        matches!(self, Self::Agent | Self::LineManager | Self::ProtectionFocalPoint)
    }

    /// # Errors
    /// When the text is none of a role.
    pub fn from_text(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| StoreError::Shape("staff_role.role is unknown".into()))
    }
}

/// Whether a member of staff is an active protection focal point of a line.
///
/// # Errors
/// When the store refuses.
pub fn is_focal_point(tx: &mut Tx<'_>, staff: Uuid, line_id: Uuid) -> Result<bool> {
    tx.has_role(staff, line_id, Role::ProtectionFocalPoint)
}

/// Whether a member of staff is active and sees a line's conversations (the restricted ones, when so asked).
///
/// # Errors
/// When the store refuses.
pub fn answers(tx: &mut Tx<'_>, staff: Uuid, line_id: Uuid, restricted: bool) -> Result<bool> {
    for role in Role::ALL.into_iter().filter(|role| role.sees_inbox()) {
        if (!restricted || role == Role::ProtectionFocalPoint) && tx.has_role(staff, line_id, role)? {
            return Ok(true);
        }
    }
    Ok(false)
}
