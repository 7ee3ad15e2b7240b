//! Members of staff: who there is, what they may do.
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::audit::{Noun, audit};
use super::sql::StaffRow;
use super::{Role, password};
use crate::api::Problem;
use crate::app::{App, Ctx};
use crate::store::{Result, StoreError, Tx};
use crate::vault::Purpose;

/// Longest name and e-mail address, in bytes.
pub const MAX_NAME_BYTES: usize = 200;
pub const MAX_EMAIL_BYTES: usize = 254;
/// Most roles of one member of staff.
pub const MAX_ROLES: usize = 500;

/// The sealed part of a member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub email: String,
}

/// A role, and the line that it holds on; the administrator's holds everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Grant {
    pub line: Option<Uuid>,
    pub role: Role,
}

/// A member of staff as the administrator sees her.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct User {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    pub active: bool,
    pub roles: Vec<Grant>,
}

/// A member of a line's team.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Member {
    pub id: Uuid,
    pub name: String,
    pub roles: Vec<Role>,
    pub available: bool,
}

/// What can be changed of a member of staff; what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub name: Option<String>,
    pub email: Option<String>,
    pub password: Option<String>,
    pub active: Option<bool>,
    pub roles: Option<Vec<Grant>>,
}

/// The keyed hash under which a member of staff is found.
pub(super) fn email_hash(app: &App, email: &str) -> Vec<u8> {
    app.vault.lookup_hash("staff", Uuid::nil(), &email.trim().to_lowercase())
}

fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
        return Err(Problem::field("name", format!("A name has 1 to {MAX_NAME_BYTES} bytes of plain text.")));
    }
    Ok(name.to_owned())
}

fn checked_email(email: &str) -> Result<String, Problem> {
    let email = email.trim();
    let shaped = email.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
    if !shaped || email.len() > MAX_EMAIL_BYTES || email.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        return Err(Problem::field("email", "This is no e-mail address."));
    }
    Ok(email.to_owned())
}

fn checked_password(password: &str) -> Result<(), Problem> {
    if password.chars().count() < password::MIN_PASSWORD_CHARS
        || password.len() > password::MAX_PASSWORD_BYTES
    {
        let least = password::MIN_PASSWORD_CHARS;
        return Err(Problem::field("password", format!("A password has at least {least} characters.")));
    }
    Ok(())
}

/// Grants as they are stored: known lines only, the administrator's for the whole installation, each once.
fn checked_roles(app: &App, roles: &[Grant]) -> Result<Vec<(Uuid, Role)>, Problem> {
    if roles.len() > MAX_ROLES {
        return Err(Problem::field("roles", format!("At most {MAX_ROLES} roles.")));
    }
    let lines = app.lines();
    let mut checked = Vec::with_capacity(roles.len());
    for grant in roles {
        checked.push(match (grant.role, grant.line) {
            (Role::Administrator, _) => (Uuid::nil(), Role::Administrator),
            (role, Some(line)) if lines.get(line).is_some() => (line, role),
            (_, Some(_)) => return Err(Problem::field("roles", "There is no such line.")),
            (_, None) => return Err(Problem::field("roles", "This role needs a line.")),
        });
    }
    checked.sort();
    checked.dedup();
    Ok(checked)
}

fn grants(roles: impl IntoIterator<Item = (Uuid, Role)>) -> Vec<Grant> {
    roles
        .into_iter()
        .map(|(line, role)| Grant { line: if line.is_nil() { None } else { Some(line) }, role })
        .collect()
}

pub(super) fn opened(app: &App, sealed: &[u8]) -> Result<Person> {
    Ok(app.vault.installation().open_json(Purpose::Staff, sealed)?)
}

fn email_taken() -> Problem {
    Problem::field("email", "Somebody has this e-mail address already.")
}

/// Adds a member of staff.
///
/// # Errors
/// A [`Problem`] when a value cannot be used or the e-mail address is taken.
pub async fn create_staff(
    app: &App,
    ctx: Ctx,
    name: &str,
    email: &str,
    password: &str,
    roles: &[Grant],
) -> Result<User, Problem> {
    let person = Person { name: checked_name(name)?, email: checked_email(email)? };
    checked_password(password)?;
    let roles = checked_roles(app, roles)?;
    let row_password = password::hash(password).await.map_err(StoreError::Other)?;
    let sealed = app.vault.installation().seal_json(Purpose::Staff, &person)?;
    let id = app.id();
    let hash = email_hash(app, &person.email);
    let inner = app.clone();
    let stored = roles.clone();
    app.store
        .write(move |tx| {
            if tx.staff_by_email(&hash)?.is_some() {
                return Err(email_taken().into());
            }
            let row = StaffRow {
                id,
                email_hash: hash.clone(),
                sealed: sealed.clone(),
                password: row_password.clone(),
                active: true,
                available: false,
            };
            tx.insert_staff(&row, ctx.now)?;
            tx.replace_roles(id, &stored)?;
            audit_roles(tx, &inner, ctx, "create", id, &stored)
        })
        .await?;
    Ok(User { id, name: person.name, email: person.email, active: true, roles: grants(roles) })
}

/// One audit line for the installation and one for each line concerned, so that each line's officer sees it.
fn audit_roles(
    tx: &mut Tx<'_>,
    app: &App,
    ctx: Ctx,
    verb: &str,
    id: Uuid,
    roles: &[(Uuid, Role)],
) -> Result<()> {
    let mut by_line: BTreeMap<Uuid, Vec<&str>> = BTreeMap::new();
    by_line.insert(Uuid::nil(), Vec::new());
    for (line, role) in roles {
        by_line.entry(*line).or_default().push(role.as_str());
    }
    for (line, roles) in by_line {
        let line_id = if line.is_nil() { None } else { Some(line) };
        let noun = Noun { line_id, kind: "user", id, restricted: false };
        audit(tx, app, ctx, verb, noun, &json!({ "roles": roles }))?;
    }
    Ok(())
}

/// Changes a member of staff. Whoever is deactivated or gets another password is signed out everywhere. The
/// last active administrator cannot be taken away.
///
/// # Errors
/// A [`Problem`] when there is nobody of this id or a value cannot be used.
pub async fn change_staff(app: &App, ctx: Ctx, id: Uuid, change: Change) -> Result<User, Problem> {
    let name = change.name.as_deref().map(checked_name).transpose()?;
    let email = change.email.as_deref().map(checked_email).transpose()?;
    let roles = change.roles.as_deref().map(|roles| checked_roles(app, roles)).transpose()?;
    let new_password = match &change.password {
        Some(password) => {
            checked_password(password)?;
            Some(password::hash(password).await.map_err(StoreError::Other)?)
        }
        None => None,
    };
    let inner = app.clone();
    let user = app
        .store
        .write(move |tx| {
            let administrators = tx.lock_administrators()?;
            let mut row = tx.staff_by_id(id)?.ok_or_else(Problem::not_found)?;
            let old_roles = tx.staff_roles(id)?;
            let new_roles = roles.clone().unwrap_or_else(|| old_roles.clone());
            row.active = change.active.unwrap_or(row.active);
            let stays = row.active && new_roles.contains(&(Uuid::nil(), Role::Administrator));
            if !stays && administrators == [id] {
                return Err(
                    Problem::conflict("last-administrator", "Name another administrator first.").into()
                );
            }
            let mut person = opened(&inner, &row.sealed)?;
            if let Some(name) = &name {
                person.name.clone_from(name);
            }
            if let Some(email) = &email {
                person.email.clone_from(email);
                row.email_hash = email_hash(&inner, email);
                if tx.staff_by_email(&row.email_hash)?.is_some_and(|other| other.id != id) {
                    return Err(email_taken().into());
                }
            }
            row.sealed = inner.vault.installation().seal_json(Purpose::Staff, &person)?;
            if let Some(password) = &new_password {
                row.password.clone_from(password);
            }
            if new_password.is_some() || !row.active {
                tx.delete_sessions(id)?;
            }
            tx.update_staff(&row)?;
            tx.replace_roles(id, &new_roles)?;
            let all: Vec<_> = old_roles.iter().chain(&new_roles).copied().collect();
            audit_roles(tx, &inner, ctx, "change", id, &all)?;
            Ok(User {
                id,
                name: person.name,
                email: person.email,
                active: row.active,
                roles: grants(new_roles),
            })
        })
        .await?;
    Ok(user)
}

/// Everybody, in the order in which they came.
///
/// # Errors
/// When the store refuses.
pub fn all(tx: &mut Tx<'_>, app: &App) -> Result<Vec<User>> {
    let mut roles: HashMap<Uuid, Vec<(Uuid, Role)>> = HashMap::new();
    for (staff, line, role) in tx.all_roles()? {
        roles.entry(staff).or_default().push((line, role));
    }
    tx.all_staff()?
        .into_iter()
        .map(|row| {
            let person = opened(app, &row.sealed)?;
            let roles = grants(roles.remove(&row.id).unwrap_or_default());
            Ok(User { id: row.id, name: person.name, email: person.email, active: row.active, roles })
        })
        .collect()
}

/// The active staff who may answer people on a line, by name.
///
/// # Errors
/// When the store refuses.
pub fn team(tx: &mut Tx<'_>, app: &App, line_id: Uuid) -> Result<Vec<Member>> {
    let mut roles: HashMap<Uuid, Vec<Role>> = HashMap::new();
    for (staff, line, role) in tx.all_roles()? {
        if line == line_id {
            roles.entry(staff).or_default().push(role);
        }
    }
    let mut members = Vec::new();
    for row in tx.all_staff()? {
        let Some(roles) = roles.remove(&row.id) else { continue };
        if row.active && roles.iter().any(|role| role.sees_inbox()) {
            let name = opened(app, &row.sealed)?.name;
            members.push(Member { id: row.id, name, roles, available: row.available });
        }
    }
    members.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    Ok(members)
}

/// Names of some members of staff.
///
/// # Errors
/// When the store refuses.
pub fn names(tx: &mut Tx<'_>, app: &App, mut ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>> {
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    tx.some_staff(ids)?.into_iter().map(|row| Ok((row.id, opened(app, &row.sealed)?.name))).collect()
}
