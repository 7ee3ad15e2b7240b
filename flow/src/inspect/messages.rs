//! What a flow says, as it is written: for whoever wants to know what channels make of it before anybody hears it.
use uuid::Uuid;

use crate::actions::ActionKind;
use crate::definition::Flow;
use crate::words::{Content, Language};

/// A message of a flow in one language. Expressions stand in it as they are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub node: Uuid,
    pub action: Uuid,
    pub language: Language,
    /// Whether its text will have other letters, and another length, than what is written.
    pub has_expressions: bool,
    pub content: Content,
}

/// The messages of a flow, in the order of its nodes, each in the flow's language and in those that it is translated
/// into. Files whose address is an expression are left out, since nobody knows yet what they are.
#[must_use]
pub fn messages(flow: &Flow) -> Vec<Written> {
    let mut all = Vec::new();
    for node in &flow.nodes {
        for action in &node.actions {
            let translated = flow.localization.languages().filter(|language| {
                *language != flow.language && flow.localization.item(*language, action.uuid).is_some()
            });
            for language in std::iter::once(flow.language).chain(translated) {
                let translations = flow.translations(std::slice::from_ref(&language), action.uuid);
                let written = match &action.kind {
                    ActionKind::SendMsg(say) => say.written(&translations),
                    ActionKind::SendBroadcast(say) => say.written(&translations),
                    ActionKind::SayMsg(say) => say.written(&translations),
                    _ => continue,
                };
                let has_expressions = written.text.contains('@');
                let content = Content { locale: language.to_string(), ..written };
                all.push(Written {
                    node: node.uuid,
                    action: action.uuid,
                    language,
                    has_expressions,
                    content,
                });
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_come_in_each_language_with_choices_and_files() {
        let id = |n: u32| format!("00000000-0000-4000-8000-{n:012}");
        let flow = Flow::read(&json!({
            "uuid": id(1), "name": "Menu", "spec_version": "14.4.2", "type": "messaging", "language": "spa",
            "revision": 1, "expire_after_minutes": 60,
            "localization": {"eng": {id(3): {"text": ["Hello @contact.name"]}, id(9): {"text": ["Nobody"]}}},
            "nodes": [{
                "uuid": id(2),
                "actions": [
                    {"uuid": id(3), "type": "send_msg", "text": "Hola",
                     "attachments": ["image:https://line.example.org/a.jpg", "image:@fields.photo"],
                     "quick_replies": ["Sí", {"type": "text", "id": "no", "text": "No", "extra": "nada"}]},
                    {"uuid": id(4), "type": "set_contact_name", "name": "Ana"},
                ],
                "exits": [{"uuid": id(5)}],
            }],
        }))
        .unwrap();
        let written = messages(&flow);
        let said: Vec<(&str, &str, bool)> = written
            .iter()
            .map(|one| (one.content.locale.as_str(), one.content.text.as_str(), one.has_expressions))
            .collect();
        assert_eq!(said, [("spa", "Hola", false), ("eng", "Hello @contact.name", true)]);
        let content = &written[0].content;
        assert_eq!(content.attachments.len(), 1);
        let replies: Vec<_> =
            content.quick_replies.iter().map(|one| (one.id.as_deref(), one.text.as_str())).collect();
        assert_eq!(replies, [(None, "Sí"), (Some("no"), "No")]);
        assert_eq!(content.quick_replies[1].extra.as_deref(), Some("nada"));
        assert_eq!(written[1].content.quick_replies, content.quick_replies, "what is not translated stays");
    }
}
