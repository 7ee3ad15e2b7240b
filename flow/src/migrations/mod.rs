//! Brings definitions of older spec versions to the present one.
use serde_json::Value as Json;

use crate::definition::{Flow, Problem};

/// Migrates a definition and reads it.
pub(crate) fn migrate_and_read(raw: &Json) -> Result<Flow, Vec<Problem>> {
    Flow::read(raw)
}
