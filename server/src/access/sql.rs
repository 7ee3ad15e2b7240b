//! Statements over `staff`, `staff_role`, `staff_session`, `sign_in_failure` and `audit`.
use uuid::Uuid;

use super::Role;
use super::audit::AuditRow;
use crate::args;
use crate::store::{Result, Row, Sql, Ts, Tx};

const HAS_ROLE: Sql = crate::sql!(
    "SELECT count(*) FROM staff_role r JOIN staff s ON s.id = r.staff_id \
     WHERE r.staff_id = $1 AND r.line_id = $2 AND r.role = $3 AND s.active = {true}"
);
const INSERT_STAFF: Sql = crate::sql!(
    "INSERT INTO staff (id, email_hash, sealed, password, active, available, created_at) \
     VALUES ($1, $2, $3, $4, {true}, {false}, $5)"
);
const STAFF_BY_EMAIL: Sql = crate::sql!(
    "SELECT id, email_hash, sealed, password, active, available FROM staff WHERE email_hash = $1"
);
const STAFF_BY_ID: Sql = crate::sql!(
    "SELECT id, email_hash, sealed, password, active, available FROM staff WHERE id = $1 {for_update}"
);
const ALL_STAFF: Sql =
    crate::sql!("SELECT id, email_hash, sealed, password, active, available FROM staff ORDER BY id");
const SOME_STAFF: Sql = crate::sql!(
    "SELECT id, email_hash, sealed, password, active, available FROM staff WHERE id {in_uuids:$1}"
);
const UPDATE_STAFF: Sql =
    crate::sql!("UPDATE staff SET email_hash = $2, sealed = $3, password = $4, active = $5 WHERE id = $1");
const SET_AVAILABLE: Sql = crate::sql!("UPDATE staff SET available = $2 WHERE id = $1");
const ROLES: Sql =
    crate::sql!("SELECT line_id, role FROM staff_role WHERE staff_id = $1 ORDER BY line_id, role");
const ALL_ROLES: Sql =
    crate::sql!("SELECT staff_id, line_id, role FROM staff_role ORDER BY staff_id, line_id, role");
const DELETE_ROLES: Sql = crate::sql!("DELETE FROM staff_role WHERE staff_id = $1");
const INSERT_ROLE: Sql = crate::sql!("INSERT INTO staff_role (staff_id, line_id, role) VALUES ($1, $2, $3)");
const LOCK_ADMINISTRATORS: Sql = crate::sql!(
    "SELECT r.staff_id FROM staff_role r JOIN staff s ON s.id = r.staff_id \
     WHERE r.role = 'administrator' AND s.active = {true} ORDER BY r.staff_id {for_update}"
);
const INSERT_SESSION: Sql = crate::sql!(
    "INSERT INTO staff_session (token_hash, staff_id, csrf, created_at, seen_at) VALUES ($1, $2, $3, $4, $4)"
);
const SESSION: Sql = crate::sql!(
    "SELECT x.staff_id, x.csrf, x.seen_at, s.sealed, s.available FROM staff_session x JOIN staff s ON s.id = x.staff_id \
     WHERE x.token_hash = $1 AND s.active = {true} AND x.seen_at > $2 AND x.created_at > $3"
);
const TOUCH_SESSION: Sql = crate::sql!("UPDATE staff_session SET seen_at = $2 WHERE token_hash = $1");
const DELETE_SESSION: Sql = crate::sql!("DELETE FROM staff_session WHERE token_hash = $1");
const DELETE_SESSIONS: Sql = crate::sql!("DELETE FROM staff_session WHERE staff_id = $1");
const OLD_SESSIONS: Sql = crate::sql!("DELETE FROM staff_session WHERE seen_at <= $1 OR created_at <= $2");
const FAILURES: Sql =
    crate::sql!("SELECT count(*), min(at) FROM sign_in_failure WHERE key_hash = $1 AND at > $2");
const INSERT_FAILURE: Sql = crate::sql!("INSERT INTO sign_in_failure (id, key_hash, at) VALUES ($1, $2, $3)");
const DELETE_FAILURES: Sql = crate::sql!("DELETE FROM sign_in_failure WHERE key_hash = $1");
const DELETE_FAILURE: Sql = crate::sql!("DELETE FROM sign_in_failure WHERE id = $1");
const OLD_FAILURES: Sql = crate::sql!("DELETE FROM sign_in_failure WHERE at < $1");
const SIGN_IN_LOCK: Sql = crate::sql!("UPDATE sign_in_failure SET at = at WHERE key_hash = $1");
const INSERT_AUDIT: Sql = crate::sql!(
    "INSERT INTO audit (id, line_id, at, actor, verb, noun, noun_id, detail) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
);
const AUDIT_OF_LINE: Sql = crate::sql!(
    "SELECT id, at, actor, verb, noun, noun_id, detail FROM audit WHERE line_id = $1 AND id < $2 \
     AND ($3 OR noun NOT LIKE 'restricted%') ORDER BY id DESC LIMIT $4"
);

/// A row of `staff`.
pub struct StaffRow {
    pub id: Uuid,
    pub email_hash: Vec<u8>,
    pub sealed: Vec<u8>,
    pub password: String,
    pub active: bool,
    pub available: bool,
}

/// A row of `staff_session` that is still good.
pub struct SessionRow {
    pub staff: Uuid,
    pub csrf: String,
    pub seen_at: Ts,
    pub sealed: Vec<u8>,
    pub available: bool,
}

fn staff_row(row: &Row) -> Result<StaffRow> {
    Ok(StaffRow {
        id: row.get(0)?,
        email_hash: row.get(1)?,
        sealed: row.get(2)?,
        password: row.get(3)?,
        active: row.get(4)?,
        available: row.get(5)?,
    })
}

impl Tx<'_> {
    pub(super) fn has_role(&mut self, staff: Uuid, line_id: Uuid, role: Role) -> Result<bool> {
        Ok(self.one(HAS_ROLE, args![staff, line_id, role.as_str()])?.get::<i64>(0)? > 0)
    }

    pub(super) fn insert_staff(&mut self, row: &StaffRow, now: Ts) -> Result<()> {
        let args = args![row.id, row.email_hash.clone(), row.sealed.clone(), row.password.clone(), now];
        self.run(INSERT_STAFF, args).map(drop)
    }

    pub(super) fn staff_by_email(&mut self, email_hash: &[u8]) -> Result<Option<StaffRow>> {
        self.row(STAFF_BY_EMAIL, args![email_hash])?.map(|row| staff_row(&row)).transpose()
    }

    /// Locks the row.
    pub(super) fn staff_by_id(&mut self, id: Uuid) -> Result<Option<StaffRow>> {
        self.row(STAFF_BY_ID, args![id])?.map(|row| staff_row(&row)).transpose()
    }

    pub(super) fn all_staff(&mut self) -> Result<Vec<StaffRow>> {
        self.rows(ALL_STAFF, args![])?.iter().map(staff_row).collect()
    }

    pub(super) fn some_staff(&mut self, ids: Vec<Uuid>) -> Result<Vec<StaffRow>> {
        self.rows(SOME_STAFF, args![ids])?.iter().map(staff_row).collect()
    }

    pub(super) fn update_staff(&mut self, row: &StaffRow) -> Result<()> {
        let args =
            args![row.id, row.email_hash.clone(), row.sealed.clone(), row.password.clone(), row.active];
        self.run(UPDATE_STAFF, args).map(drop)
    }

    pub(super) fn set_available(&mut self, staff: Uuid, available: bool) -> Result<()> {
        self.later(SET_AVAILABLE, args![staff, available])
    }

    /// Roles of one member of staff: (line, role); the nil line stands for the whole installation.
    pub(super) fn staff_roles(&mut self, staff: Uuid) -> Result<Vec<(Uuid, Role)>> {
        let rows = self.rows(ROLES, args![staff])?;
        rows.iter().map(|row| Ok((row.get(0)?, Role::from_text(&row.get::<String>(1)?)?))).collect()
    }

    /// Roles of everybody: (staff, line, role).
    pub(super) fn all_roles(&mut self) -> Result<Vec<(Uuid, Uuid, Role)>> {
        let rows = self.rows(ALL_ROLES, args![])?;
        rows.iter()
            .map(|row| Ok((row.get(0)?, row.get(1)?, Role::from_text(&row.get::<String>(2)?)?)))
            .collect()
    }

    pub(super) fn replace_roles(&mut self, staff: Uuid, roles: &[(Uuid, Role)]) -> Result<()> {
        self.later(DELETE_ROLES, args![staff])?;
        for (line, role) in roles {
            self.later(INSERT_ROLE, args![staff, *line, role.as_str()])?;
        }
        Ok(())
    }

    /// The active administrators, their rows locked so that two cannot remove each other at once.
    pub(super) fn lock_administrators(&mut self) -> Result<Vec<Uuid>> {
        self.rows(LOCK_ADMINISTRATORS, args![])?.iter().map(|row| row.get(0)).collect()
    }

    pub(super) fn insert_session(&mut self, hash: Vec<u8>, staff: Uuid, csrf: &str, now: Ts) -> Result<()> {
        self.run(INSERT_SESSION, args![hash, staff, csrf, now]).map(drop)
    }

    pub(super) fn session(&mut self, hash: &[u8], seen: Ts, created: Ts) -> Result<Option<SessionRow>> {
        self.row(SESSION, args![hash, seen, created])?
            .map(|row| {
                Ok(SessionRow {
                    staff: row.get(0)?,
                    csrf: row.get(1)?,
                    seen_at: row.get(2)?,
                    sealed: row.get(3)?,
                    available: row.get(4)?,
                })
            })
            .transpose()
    }

    pub(super) fn touch_session(&mut self, hash: &[u8], now: Ts) -> Result<()> {
        self.later(TOUCH_SESSION, args![hash, now])
    }

    pub(super) fn delete_session(&mut self, hash: &[u8]) -> Result<()> {
        self.later(DELETE_SESSION, args![hash])
    }

    pub(super) fn delete_sessions(&mut self, staff: Uuid) -> Result<()> {
        self.later(DELETE_SESSIONS, args![staff])
    }

    pub(super) fn delete_old_sessions(&mut self, seen: Ts, created: Ts) -> Result<u64> {
        self.run(OLD_SESSIONS, args![seen, created])
    }

    /// How often a key failed since a moment, and the first of these times.
    pub(super) fn sign_in_failures(&mut self, key: &[u8], since: Ts) -> Result<(i64, Option<Ts>)> {
        // Tries of the same key that come together wait for one another here (PostgreSQL; SQLite has one
        // writer), so that none of them counts before the other is written.
        self.run(SIGN_IN_LOCK, args![key])?;
        let row = self.one(FAILURES, args![key, since])?;
        Ok((row.get(0)?, row.get(1)?))
    }

    pub(super) fn insert_failure(&mut self, id: Uuid, key: &[u8], now: Ts) -> Result<()> {
        self.later(INSERT_FAILURE, args![id, key, now])
    }

    pub(super) fn delete_failures(&mut self, key: &[u8]) -> Result<()> {
        self.later(DELETE_FAILURES, args![key])
    }

    pub(super) fn delete_failure(&mut self, id: Uuid) -> Result<()> {
        self.later(DELETE_FAILURE, args![id])
    }

    pub(super) fn delete_old_failures(&mut self, before: Ts) -> Result<u64> {
        self.run(OLD_FAILURES, args![before])
    }

    pub(super) fn insert_audit(&mut self, row: &AuditRow) -> Result<()> {
        self.later(
            INSERT_AUDIT,
            args![
                row.id,
                row.line_id,
                row.at,
                row.actor.clone(),
                row.verb.clone(),
                row.noun.clone(),
                row.noun_id.clone(),
                row.detail.clone()
            ],
        )
    }

    /// A line's audit, newest first, of ids smaller than `before`.
    pub(super) fn audit_of_line(
        &mut self,
        line_id: Uuid,
        before: Uuid,
        with_restricted: bool,
        limit: i64,
    ) -> Result<Vec<AuditRow>> {
        let rows = self.rows(AUDIT_OF_LINE, args![line_id, before, with_restricted, limit])?;
        rows.iter()
            .map(|row| {
                Ok(AuditRow {
                    id: row.get(0)?,
                    line_id: Some(line_id),
                    at: row.get(1)?,
                    actor: row.get(2)?,
                    verb: row.get(3)?,
                    noun: row.get(4)?,
                    noun_id: row.get(5)?,
                    detail: row.get(6)?,
                })
            })
            .collect()
    }
}
