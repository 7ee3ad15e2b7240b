//! The audit: a line for every verb, with ids only.
use serde_json::Value;
use uuid::Uuid;

use crate::app::{App, Ctx};
use crate::store::{Result, Ts, Tx};

/// A row of `audit`.
pub struct AuditRow {
    pub id: Uuid,
    pub line_id: Option<Uuid>,
    pub at: Ts,
    /// See [`crate::app::Actor::label`].
    pub actor: String,
    pub verb: String,
    pub noun: String,
    pub noun_id: String,
    /// JSON without personal data.
    pub detail: String,
}

/// What something was done to. `restricted` keeps the line from everybody who must not know that it exists.
#[derive(Debug, Clone, Copy)]
pub struct Noun<'a> {
    pub line_id: Option<Uuid>,
    pub kind: &'a str,
    pub id: Uuid,
    pub restricted: bool,
}

/// Writes a line of the audit in the transaction of the verb itself.
///
/// # Errors
/// When the store refuses.
pub fn audit(tx: &mut Tx<'_>, app: &App, ctx: Ctx, verb: &str, noun: Noun<'_>, detail: &Value) -> Result<()> {
    tx.insert_audit(&AuditRow {
        id: app.id(),
        line_id: noun.line_id,
        at: ctx.now,
        actor: ctx.actor.label(),
        verb: verb.to_owned(),
        noun: if noun.restricted { format!("restricted_{}", noun.kind) } else { noun.kind.to_owned() },
        noun_id: noun.id.to_string(),
        detail: detail.to_string(),
    })
}

/// A line's audit, newest first, of ids smaller than `before`.
///
/// # Errors
/// When the store refuses.
pub fn list(
    tx: &mut Tx<'_>,
    line_id: Uuid,
    before: Uuid,
    with_restricted: bool,
    limit: i64,
) -> Result<Vec<AuditRow>> {
    tx.audit_of_line(line_id, before, with_restricted, limit)
}
