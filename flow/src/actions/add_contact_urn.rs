//! Gives the contact another address.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::asks::{AskAnswer, AskKind};
use crate::contact::{normalize_urn, validate_urn};
use crate::definition::{Reader, Text};
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::Visitor;
use crate::modifiers::{Modifier, UrnsModification};
use crate::words::Urn;

/// Where the address that the contact now has is kept; empty when she has not.
const LOCAL: &str = "_has_urn";

/// See the module.
#[derive(Debug)]
pub struct AddContactUrn {
    scheme: String,
    path: Text,
}

impl Act for AddContactUrn {
    const TYPE: &'static str = "add_contact_urn";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let scheme = r.required("scheme").to_owned();
        if !scheme.is_empty() && !crate::contact::is_scheme(&scheme) {
            r.wrong("scheme", "is not a valid URN scheme");
        }
        Self { scheme, path: Text::new(r.required("path")) }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, answered: Option<Answered>) -> Outcome {
        if let Some(Answered { kind: AskKind::ClaimUrn { urn }, answer: AskAnswer::ClaimUrn(ours), .. }) =
            answered
        {
            finish(turn, &urn, ours);
            return Outcome::Done;
        }
        turn.set_local(LOCAL, String::new());
        let Some(path) = turn.eval_clean(&self.path) else { return Outcome::Done };
        let path = path.trim();
        if path.is_empty() {
            turn.error("Can't add URN with empty path");
            return Outcome::Done;
        }
        let shown = format!("{}:{path}", self.scheme);
        let country = turn.engine.env.country;
        let urn = Urn::new(&self.scheme, path).map(|urn| normalize_urn(&urn, country)).ok();
        let Some(urn) = urn.filter(validate_urn) else {
            turn.log(EventKind::coded(
                format!("'{shown}' is not valid URN"),
                "urn:invalid",
                &[("urn", shown.as_str())],
            ));
            return Outcome::Done;
        };
        let held = turn.engine.contact.urns.iter().any(|held| held.urn().identity() == urn.identity());
        if held || turn.engine.contact.urns.len() >= crate::contact::MAX_URNS {
            finish(turn, &urn, true);
            return Outcome::Done;
        }
        Outcome::Ask(AskKind::ClaimUrn { urn }, None)
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.template("path", &self.path);
        visitor.local(LOCAL);
    }
}

fn finish(turn: &mut Turn<'_, '_>, urn: &Urn, ours: bool) {
    if !ours {
        turn.log(EventKind::coded(
            "URN is taken by another contact",
            "urn:taken",
            &[("urn", urn.identity())],
        ));
        return;
    }
    turn.modify(&Modifier::Urns { urns: vec![urn.to_string()], modification: UrnsModification::Append });
    if turn.engine.contact.urns.iter().any(|held| held.urn().identity() == urn.identity()) {
        turn.set_local(LOCAL, urn.identity().to_owned());
    }
}
