//! Chooses any category, each as likely as the others.
use smol_str::format_smolstr;

use super::{Found, Router};
use crate::engine::{Chosen, Turn};

pub(super) fn route(router: &Router, turn: &mut Turn<'_, '_>) -> Option<Chosen> {
    let drawn = turn.source().random_unit();
    let count = router.categories.len();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..count")]
    #[expect(clippy::cast_precision_loss, reason = "a router has at most 100 categories")]
    let category = ((drawn * count as f64) as usize).min(count.saturating_sub(1));
    router.choose(
        turn,
        category,
        Found { operand: format_smolstr!("{drawn}"), value: format_smolstr!("{category}"), extra: None },
    )
}
