//! Statements over `staff`, `staff_role`, `staff_session`, `sign_in_failure` and `audit`.
use uuid::Uuid;

use super::Role;
use crate::args;
use crate::store::{Result, Sql, Tx};

const HAS_ROLE: Sql = crate::sql!(
    "SELECT count(*) FROM staff_role r JOIN staff s ON s.id = r.staff_id \
     WHERE r.staff_id = $1 AND r.line_id = $2 AND r.role = $3 AND s.active = {true}"
);

impl Tx<'_> {
    pub(super) fn has_role(&mut self, staff: Uuid, line_id: Uuid, role: Role) -> Result<bool> {
        Ok(self.one(HAS_ROLE, args![staff, line_id, role.as_str()])?.get::<i64>(0)? > 0)
    }
}
