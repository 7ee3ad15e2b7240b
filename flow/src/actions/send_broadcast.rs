//! Has a message sent to other people, in every language that the flow is translated into.
use std::collections::BTreeMap;

use uuid::Uuid;

use super::recipients::Recipients;
use super::send_msg::MsgParts;
use super::{Act, Answered, Outcome, online};
use crate::definition::{FlowType, Reader, Translations};
use crate::engine::Turn;
use crate::events::{BroadcastContent, EventKind};
use crate::inspect::Visitor;
use crate::words::{Content, Language};

/// See the module.
#[derive(Debug)]
pub struct SendBroadcast {
    recipients: Recipients,
    parts: MsgParts,
}

impl SendBroadcast {
    pub(crate) fn written(&self, translations: &Translations<'_>) -> Content {
        self.parts.written(translations)
    }
}

impl Act for SendBroadcast {
    const TYPE: &'static str = "send_broadcast";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { recipients: Recipients::read(r), parts: MsgParts::read(r) }
    }

    fn allowed_in(kind: FlowType) -> bool {
        online(kind)
    }

    fn run(&self, uuid: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let to = self.recipients.resolve(turn);
        if to.is_empty() {
            return Outcome::Done;
        }
        if turn.engine.session.trigger.batch && to.is_open_ended() {
            turn.error("Can't send broadcasts to groups during batch starts");
            return Outcome::Done;
        }
        let mut translations = BTreeMap::new();
        let base = turn.flow.language;
        let languages: Vec<Language> =
            std::iter::once(base).chain(turn.flow.localization.languages().filter(|l| *l != base)).collect();
        for language in languages {
            let said = self.parts.evaluate(uuid, turn, &[language]);
            let (text, attachments) = (said.text, said.attachments);
            let quick_replies = said.quick_replies.into_iter().map(|offered| offered.shown).collect();
            translations.insert(language, BroadcastContent { text, attachments, quick_replies });
        }
        let template = self.parts.template.as_ref().and_then(|t| turn.engine.call.assets.template(t.uuid));
        let template = template.map(crate::assets::MsgTemplate::to_ref);
        let template_variables = match template {
            Some(_) => self.parts.template_variables(uuid, turn, &[base]),
            None => Vec::new(),
        };
        turn.log(EventKind::BroadcastCreated {
            translations,
            base_language: base,
            groups: to.groups,
            contacts: to.contacts,
            contact_query: to.query,
            urns: to.urns,
            template,
            template_variables,
        });
        Outcome::Done
    }

    fn visit(&self, uuid: Uuid, visitor: &mut dyn Visitor) {
        self.recipients.visit(visitor);
        self.parts.visit(uuid, visitor);
    }
}
