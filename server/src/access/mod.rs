//! Who may do what: staff, their roles, sign-in.
use serde::{Deserialize, Serialize};

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
