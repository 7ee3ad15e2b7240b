//! One access function per noun, and the proofs that they give.
use std::sync::Arc;

use uuid::Uuid;

use super::{Role, Staff};
use crate::api::Problem;
use crate::app::App;
use crate::contacts::{self, Contact};
use crate::inbox::Conversation;
use crate::lines::Line;
use crate::store::{Result, Tx};

/// Proof that somebody may work in a line's inbox.
#[derive(Clone)]
pub struct LineAccess {
    line: Arc<Line>,
    staff: Uuid,
    sees_restricted: bool,
}

impl LineAccess {
    #[must_use]
    pub fn line(&self) -> &Line {
        &self.line
    }
    /// Who it is.
    #[must_use]
    pub fn staff(&self) -> Uuid {
        self.staff
    }
    /// Whether restricted conversations exist for her: she is a protection focal point of the line.
    #[must_use]
    pub fn sees_restricted(&self) -> bool {
        self.sees_restricted
    }
    /// Whether a conversation of this line exists for her.
    #[must_use]
    pub fn sees(&self, conversation: &Conversation) -> bool {
        conversation.line_id == self.line.id && (self.sees_restricted || !conversation.restricted)
    }
}

/// Proof that somebody may see how a line's channels and its set-aside events are.
pub struct OperatorAccess {
    line: Arc<Line>,
}

impl OperatorAccess {
    #[must_use]
    pub fn line(&self) -> &Arc<Line> {
        &self.line
    }
}

/// Proof that somebody may author a line's flows.
#[derive(Clone)]
pub struct FlowAccess {
    line: Arc<Line>,
    staff: Uuid,
}

impl FlowAccess {
    #[must_use]
    pub fn line(&self) -> &Arc<Line> {
        &self.line
    }
    /// Who it is.
    #[must_use]
    pub fn staff(&self) -> Uuid {
        self.staff
    }
}

/// Proof that somebody may read a line's audit.
pub struct AuditAccess {
    line_id: Uuid,
    with_restricted: bool,
}

impl AuditAccess {
    #[must_use]
    pub fn line_id(&self) -> Uuid {
        self.line_id
    }
    /// Whether lines about restricted conversations are shown.
    #[must_use]
    pub fn with_restricted(&self) -> bool {
        self.with_restricted
    }
}

/// Proof that somebody runs the installation.
pub struct InstallationAccess(());

/// Proof that a conversation exists for somebody, with its person.
pub struct Held {
    pub(crate) contact: Contact,
    pub(crate) conversation: Conversation,
    pub(crate) access: LineAccess,
}

impl Held {
    #[must_use]
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }
    #[must_use]
    pub fn contact(&self) -> &Contact {
        &self.contact
    }
    #[must_use]
    pub fn access(&self) -> &LineAccess {
        &self.access
    }
}

fn line(app: &App, line: Uuid) -> Result<Arc<Line>, Problem> {
    app.lines().get(line).cloned().ok_or_else(Problem::not_found)
}

/// A line's inbox.
///
/// # Errors
/// Not found, unless she answers people there.
pub fn access_line(app: &App, staff: &Staff, line_id: Uuid) -> Result<LineAccess, Problem> {
    let line = line(app, line_id)?;
    let roles = staff.roles_on(line_id);
    if !roles.iter().any(|role| role.sees_inbox()) {
        return Err(Problem::not_found());
    }
    let sees_restricted = roles.contains(&Role::ProtectionFocalPoint);
    Ok(LineAccess { line, staff: staff.id, sees_restricted })
}

/// A line's channels and set-aside events.
///
/// # Errors
/// Not found, unless she manages the line or runs the installation.
pub fn access_operator(app: &App, staff: &Staff, line_id: Uuid) -> Result<OperatorAccess, Problem> {
    let line = line(app, line_id)?;
    if staff.is_administrator() || staff.roles_on(line_id).contains(&Role::LineManager) {
        return Ok(OperatorAccess { line });
    }
    Err(Problem::not_found())
}

/// A line's flows.
///
/// # Errors
/// Not found, unless she is one of its flow authors or runs the installation.
pub fn access_flows(app: &App, staff: &Staff, line_id: Uuid) -> Result<FlowAccess, Problem> {
    let line = line(app, line_id)?;
    if staff.is_administrator() || staff.roles_on(line_id).contains(&Role::FlowAuthor) {
        return Ok(FlowAccess { line, staff: staff.id });
    }
    Err(Problem::not_found())
}

/// A line's audit.
///
/// # Errors
/// Not found, unless she is its data protection officer or runs the installation.
pub fn access_audit(app: &App, staff: &Staff, line_id: Uuid) -> Result<AuditAccess, Problem> {
    line(app, line_id)?;
    let officer = staff.roles_on(line_id).contains(&Role::DataProtectionOfficer);
    if officer || staff.is_administrator() {
        return Ok(AuditAccess { line_id, with_restricted: officer });
    }
    Err(Problem::not_found())
}

/// The installation and its staff.
///
/// # Errors
/// Not found, unless she runs it.
pub fn access_installation(staff: &Staff) -> Result<InstallationAccess, Problem> {
    if staff.is_administrator() { Ok(InstallationAccess(())) } else { Err(Problem::not_found()) }
}

/// A conversation, to look at.
///
/// # Errors
/// Not found, when it is not there or not for her; or when the store refuses.
pub fn access_conversation(tx: &mut Tx<'_>, app: &App, access: &LineAccess, id: Uuid) -> Result<Held> {
    Ok(access_conversation_if(tx, app, access, id)?.ok_or_else(Problem::not_found)?)
}

/// A conversation, to look at; `None` where [`access_conversation`] says that there is none.
///
/// # Errors
/// When the store refuses.
pub fn access_conversation_if(
    tx: &mut Tx<'_>,
    app: &App,
    access: &LineAccess,
    id: Uuid,
) -> Result<Option<Held>> {
    let Some(conversation) = tx.conversation(id)?.filter(|conversation| access.sees(conversation)) else {
        return Ok(None);
    };
    let contact = contacts::get(tx, app, conversation.contact_id)?;
    Ok(contact.map(|contact| Held { contact, conversation, access: access.clone() }))
}

/// A conversation, to change it: its person's row is locked first, then it is read.
///
/// # Errors
/// As [`access_conversation`].
pub fn access_conversation_locked(tx: &mut Tx<'_>, app: &App, access: &LineAccess, id: Uuid) -> Result<Held> {
    let contact_id = seen(tx, access, id)?.contact_id;
    let contact = contacts::get_locked(tx, app, contact_id)?.ok_or_else(Problem::not_found)?;
    let conversation = seen(tx, access, id)?;
    Ok(Held { contact, conversation, access: access.clone() })
}

fn seen(tx: &mut Tx<'_>, access: &LineAccess, id: Uuid) -> Result<Conversation> {
    let conversation = tx.conversation(id)?.filter(|conversation| access.sees(conversation));
    Ok(conversation.ok_or_else(Problem::not_found)?)
}
