//! Tells everybody who subscribed to a resthook about the contact, one web call each.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value as Json;
use uuid::Uuid;

use super::call_webhook::{KeptReply, keep, log_call};
use super::{Act, Answered, Outcome, online};
use crate::asks::{AskAnswer, AskKind};
use crate::definition::{FlowType, Reader, ResultName, Text};
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::Visitor;

/// What is sent, in the shape that subscribers of RapidPro know.
static PAYLOAD: LazyLock<Text> = LazyLock::new(|| {
    let contact = r#"object("uuid", contact.uuid, "name", contact.name, "urn", contact.urn, "language", contact.language)"#;
    let results = r#"foreach_value(results, extract_object, "value", "category", "category_localized", "name", "node_uuid", "input", "created_on")"#;
    let urn = r#"if(input.urn, object("scheme", urn_parts(input.urn).scheme, "path", urn_parts(input.urn).path, "display", format_urn(input.urn)), null)"#;
    let input = format!(
        r#"if(input, object("attachments", foreach(input.attachments, attachment_parts), "channel", input.channel, "created_on", input.created_on, "text", input.text, "type", input.type, "urn", {urn}, "uuid", input.uuid), null)"#
    );
    Text::new(&format!(
        r#"@(json(object("contact", {contact}, "flow", run.flow, "path", run.path, "results", {results}, "run", object("uuid", run.uuid, "created_on", run.created_on), "input", {input}, "channel", if(input, input.channel, null))))"#
    ))
});

/// See the module.
#[derive(Debug)]
pub struct CallResthook {
    resthook: String,
    result_name: ResultName,
}

impl Act for CallResthook {
    const TYPE: &'static str = "call_resthook";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { resthook: r.required("resthook").to_owned(), result_name: r.result_name(false) }
    }

    fn allowed_in(kind: FlowType) -> bool {
        online(kind)
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, answered: Option<Answered>) -> Outcome {
        let Some(resthook) = turn.engine.call.assets.resthook(&self.resthook).cloned() else {
            return Outcome::Done;
        };
        let (done, kept, body) = match answered {
            Some(Answered { kind, answer: AskAnswer::Webhook(reply), round, kept }) => {
                let new = log_call(turn, &kind, reply);
                let body = match kind {
                    AskKind::Webhook { body, .. } => body,
                    _ => String::new(),
                };
                (round as usize + 1, Some(worse(kept, new)), body)
            }
            _ => {
                let body = turn.eval_whole(&PAYLOAD).0;
                let payload: Json = serde_json::from_str(&body).unwrap_or_default();
                turn.log(EventKind::ResthookCalled { resthook: self.resthook.clone(), payload });
                (0, None, body)
            }
        };
        if let Some(url) = resthook.subscribers.get(done) {
            let headers = BTreeMap::from([("Content-Type".to_owned(), "application/json".to_owned())]);
            let ask = AskKind::Webhook {
                method: "POST".to_owned(),
                url: url.clone(),
                headers,
                body,
                resthook: self.resthook.clone(),
            };
            return Outcome::Ask(ask, kept);
        }
        if let Some(kept) = kept
            && !self.result_name.is_empty()
        {
            keep(turn, kept, &self.result_name);
        }
        Outcome::Done
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        if !self.result_name.is_empty() {
            visitor.result(&self.result_name.name, vec!["Success".to_owned(), "Failure".to_owned()]);
        }
    }
}

/// The call that the result tells of: the last that failed, else the last.
fn worse(before: Option<KeptReply>, new: KeptReply) -> KeptReply {
    match before {
        Some(before) if !before.succeeded && new.succeeded => before,
        _ => new,
    }
}
