//! Sends a message to the contact.
use serde::Deserialize;
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::assets::ChannelRole;
use crate::contact::ContactStatus;
use crate::definition::{Json, Reader, Text, Translations};
use crate::engine::Turn;
use crate::env::Country;
use crate::events::{EventKind, MsgOut, Unsendable};
use crate::inspect::{Dependency, Visitor};
use crate::refs::Ref;
use crate::session::Offered;
use crate::words::{Attachment, Content, Language, QuickReply, QuickReplyKind};

/// The longest text in a definition, in characters.
const MAX_TEXT_CHARS: usize = 10_000;
/// The most attachments of a message.
const MAX_ATTACHMENTS: usize = 10;
/// The most quick replies of a message.
const MAX_QUICK_REPLIES: usize = 10;
/// The longest quick reply in a definition, in characters.
const MAX_QUICK_REPLY_CHARS: usize = 1000;
/// The longest attachment once evaluated, in characters.
const MAX_ATTACHMENT_CHARS: usize = 2048;

/// The bytes of `spa-EC`.
const LOCALE_BYTES: usize = 6;

/// See the module.
#[derive(Debug)]
pub struct SendMsg {
    parts: MsgParts,
}

/// What a message is made of, in a definition.
#[derive(Debug)]
pub(super) struct MsgParts {
    text: Text,
    attachments: Vec<Text>,
    /// In their text form, `<type>text<extra>more`.
    quick_replies: Vec<Text>,
    /// The stable ids of the quick replies, where they have one.
    ids: Vec<Option<String>>,
    pub(super) template: Option<Ref>,
    variables: Vec<Text>,
}

/// A message's content once evaluated.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) attachments: Vec<String>,
    pub(super) quick_replies: Vec<Offered>,
    /// The language of the text.
    language: Language,
}

impl MsgParts {
    pub(super) fn read(r: &mut Reader<'_, '_>) -> Self {
        let text = r.required("text");
        r.at_most("text", text, MAX_TEXT_CHARS);
        r.list_at_most("attachments", MAX_ATTACHMENTS);
        let mut ids = Vec::new();
        let mut quick_replies = Vec::new();
        for (at, raw) in r.list_at_most("quick_replies", MAX_QUICK_REPLIES).iter().enumerate() {
            let form = match raw {
                Json::String(text) => (*text).to_owned(),
                raw => match QuickReply::deserialize(raw) {
                    Ok(reply) => quick_reply_text(&reply),
                    Err(_) => {
                        r.wrong(&format!("quick_replies[{at}]"), "is not a quick reply");
                        continue;
                    }
                },
            };
            r.at_most(&format!("quick_replies[{at}]"), &form, MAX_QUICK_REPLY_CHARS);
            ids.push(raw.get("id").and_then(Json::as_str).map(str::to_owned));
            quick_replies.push(Text::new(&form));
        }
        Self {
            text: Text::new(text),
            attachments: r.texts("attachments"),
            quick_replies,
            ids,
            template: r.optional_ref("template"),
            variables: r.texts("template_variables"),
        }
    }

    /// Evaluates in the first of the languages that each property is translated into.
    pub(super) fn evaluate(&self, uuid: Uuid, turn: &mut Turn<'_, '_>, languages: &[Language]) -> Said {
        let translations = turn.flow.translations(languages, uuid);
        let (text, language) = translations.texts("text", std::slice::from_ref(&self.text));
        let text = text.first().map(|text| turn.eval(text)).unwrap_or_default();
        let (attachments, _) = translations.texts("attachments", &self.attachments);
        let attachments = attachments.iter().filter_map(|text| evaluate_attachment(turn, text)).collect();
        let (quick_replies, _) = translations.texts("quick_replies", &self.quick_replies);
        let mut offered = Vec::with_capacity(quick_replies.len());
        for (at, reply) in quick_replies.iter().enumerate() {
            let text = turn.eval(reply);
            if text.is_empty() {
                turn.error("Quick reply evaluated to empty string and will be ignored");
                continue;
            }
            let mut shown = parse_quick_reply(&text);
            shown.id = self.ids.get(at).cloned().flatten();
            let base = match self.quick_replies.get(at) {
                Some(base) if !std::ptr::eq(base, reply) => {
                    parse_quick_reply(&turn.eval_quietly(base.template())).text
                }
                _ => shown.text.clone(),
            };
            offered.push(Offered { shown, base });
        }
        Said { text, attachments, quick_replies: offered, language }
    }

    /// As it is written in one language, expressions and all.
    pub(super) fn written(&self, translations: &Translations<'_>) -> Content {
        let (text, _) = translations.texts("text", std::slice::from_ref(&self.text));
        let (attachments, _) = translations.texts("attachments", &self.attachments);
        let (quick_replies, _) = translations.texts("quick_replies", &self.quick_replies);
        let file = |text: &Text| Attachment::parse(&text.raw).filter(|file| !file.url.starts_with('@'));
        let reply = |(at, text): (usize, &Text)| {
            let id = self.ids.get(at).cloned().flatten();
            QuickReply { id, ..parse_quick_reply(&text.raw) }
        };
        Content {
            text: text.first().map(|text| text.raw.to_string()).unwrap_or_default(),
            attachments: attachments.iter().filter_map(file).collect(),
            quick_replies: quick_replies.iter().enumerate().map(reply).collect(),
            ..Content::default()
        }
    }

    /// The values for the template's gaps.
    pub(super) fn template_variables(
        &self,
        uuid: Uuid,
        turn: &mut Turn<'_, '_>,
        languages: &[Language],
    ) -> Vec<String> {
        let (texts, _) = turn.flow.translations(languages, uuid).texts("template_variables", &self.variables);
        texts.iter().map(|text| turn.eval(text)).collect()
    }

    pub(super) fn visit(&self, uuid: Uuid, visitor: &mut dyn Visitor) {
        visitor.both(uuid, "text", std::slice::from_ref(&self.text));
        visitor.both(uuid, "attachments", &self.attachments);
        visitor.both(uuid, "quick_replies", &self.quick_replies);
        if let Some(template) = &self.template {
            visitor.dependency(Dependency::Template(template.clone()));
            visitor.templates(uuid, "template_variables", &self.variables);
        }
    }
}

fn evaluate_attachment(turn: &mut Turn<'_, '_>, text: &Text) -> Option<String> {
    let (evaluated, _) = turn.eval_whole(text);
    let evaluated = evaluated.trim();
    if evaluated.chars().count() > MAX_ATTACHMENT_CHARS {
        turn.error(format!(
            "Evaluated attachment is longer than the {MAX_ATTACHMENT_CHARS} limit and will be ignored"
        ));
        return None;
    }
    if Attachment::parse(evaluated).is_none() {
        turn.error("Attachment evaluated to invalid value and will be ignored");
        return None;
    }
    Some(evaluated.to_owned())
}

impl SendMsg {
    pub(crate) fn written(&self, translations: &Translations<'_>) -> Content {
        self.parts.written(translations)
    }
}

impl Act for SendMsg {
    const TYPE: &'static str = "send_msg";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { parts: MsgParts::read(r) }
    }

    fn run(&self, uuid: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let languages = turn.engine.languages.clone();
        let said = self.parts.evaluate(uuid, turn, &languages);
        let mut msg = MsgOut { text: said.text, attachments: said.attachments, ..MsgOut::default() };
        msg.unsendable_reason = match turn.engine.contact.status {
            ContactStatus::Active => None,
            ContactStatus::Blocked => Some(Unsendable::ContactBlocked),
            ContactStatus::Stopped => Some(Unsendable::ContactStopped),
            ContactStatus::Archived => Some(Unsendable::ContactArchived),
        };
        let route = route(turn, &mut msg);
        if !route && msg.unsendable_reason.is_none() {
            msg.unsendable_reason = Some(Unsendable::NoRoute);
        }
        let assets = turn.engine.call.assets;
        let channel = msg.channel.as_ref().and_then(|channel| assets.channel(channel.uuid));
        let country = channel.map_or(turn.engine.env.country, |channel| channel.country);
        msg.locale = locale(said.language, country);
        let mut offered = said.quick_replies;
        if let (Some(channel), Some(wanted)) = (channel, &self.parts.template)
            && let Some(template) = assets.template(wanted.uuid)
        {
            let locales = turn.engine.locales();
            if let Some(translation) = template.find_translation(channel, &locales) {
                let values = self.parts.template_variables(uuid, turn, &languages);
                let templating = template.templating(translation, &values);
                let preview = translation.preview(&templating.variables);
                (msg.text, msg.attachments) = (preview.text, preview.attachments);
                offered = offer(preview.quick_replies);
                msg.locale.clone_from(&translation.locale);
                msg.templating = Some(templating);
            }
        }
        msg.quick_replies = offered.iter().map(|offered| offered.shown.clone()).collect();
        if let Some(policy) = turn.engine.call.policy.filter(|_| msg.unsendable_reason.is_none()) {
            msg.unsendable_reason = policy.refuses(&msg);
        }
        if !offered.is_empty() {
            turn.engine.session.offered = offered;
        }
        turn.log(EventKind::MsgCreated { msg, broadcast_uuid: None, ticket_uuid: None });
        Outcome::Done
    }

    fn visit(&self, uuid: Uuid, visitor: &mut dyn Visitor) {
        self.parts.visit(uuid, visitor);
    }
}

fn offer(replies: Vec<QuickReply>) -> Vec<Offered> {
    replies.into_iter().map(|shown| Offered { base: shown.text.clone(), shown }).collect()
}

/// Finds the contact's first address that a channel reaches.
fn route(turn: &Turn<'_, '_>, msg: &mut MsgOut) -> bool {
    let assets = turn.engine.call.assets;
    for urn in &turn.engine.contact.urns {
        if let Some(channel) = assets.channel_of(urn, ChannelRole::Send) {
            msg.urn = Some(urn.urn().bare());
            msg.channel = Some(channel.to_ref());
            return true;
        }
    }
    false
}

/// Language and country as `spa-EC`, or only the language.
pub(super) fn locale(language: Language, country: Option<Country>) -> String {
    let mut locale = String::with_capacity(LOCALE_BYTES);
    locale.push_str(language.as_str());
    if let Some(country) = country {
        locale.push('-');
        locale.push_str(country.as_str());
    }
    locale
}

/// Reads a quick reply from its text form: `Yes`, `Yes<extra>Really`, `<location>`,
/// `<url>Read more<extra>https://...`.
#[must_use]
pub fn parse_quick_reply(text: &str) -> QuickReply {
    let (kind, rest) = match text.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((name, rest)) => match QuickReplyKind::parse(name) {
            Some(kind) => (kind, rest),
            None => (QuickReplyKind::Text, text),
        },
        None => (QuickReplyKind::Text, text),
    };
    // few have a second line
    let halves = if rest.contains('<') { rest.split_once("<extra>") } else { None };
    let (text, extra) = match halves {
        Some((text, extra)) => (text, Some(extra.trim().to_owned()).filter(|extra| !extra.is_empty())),
        None => (rest, None),
    };
    QuickReply { kind, id: None, text: text.trim().to_owned(), extra }
}

/// Writes a quick reply in its text form.
#[must_use]
pub fn quick_reply_text(reply: &QuickReply) -> String {
    let mut out = match reply.kind {
        QuickReplyKind::Text => String::new(),
        kind => format!("<{}>", kind.as_str()),
    };
    out.push_str(&reply.text);
    if let Some(extra) = &reply.extra {
        out.push_str("<extra>");
        out.push_str(extra);
    }
    out
}
