//! What one message of a person says, by its type.
use serde_json::Value;

use crate::incoming::{Forwarded, IncomingAttachment, MediaSource, Message, MessageKind, Referral};
use crate::json::{self, list, owned, text, word};

/// Puts kind, text, attachments and choice of Meta's message into ours. A type without a place of its own, or one
/// whose content is missing, becomes [`MessageKind::Unsupported`]; any text that it has is kept.
pub(super) fn fill(message: &mut Message, raw: &Value) {
    let kind = text(raw, "/type").unwrap_or("");
    let read = match kind {
        "text" => body(message, raw),
        "image" => file(message, raw, kind, MessageKind::Image),
        "audio" if json::at(raw, "/audio/voice").and_then(Value::as_bool) == Some(true) => {
            file(message, raw, kind, MessageKind::Voice)
        }
        "audio" => file(message, raw, kind, MessageKind::Audio),
        "voice" => file(message, raw, kind, MessageKind::Voice),
        "video" => file(message, raw, kind, MessageKind::Video),
        "document" => file(message, raw, kind, MessageKind::Document),
        "sticker" => file(message, raw, kind, MessageKind::Sticker),
        "location" => location(message, raw),
        "contacts" => cards(message, raw),
        "button" => template_button(message, raw),
        "interactive" => interactive(message, raw),
        "reaction" => reaction(message, raw),
        "order" => order(message, raw),
        _ => None,
    };
    if read.is_none() {
        let caption = || owned(raw, &format!("/{kind}/caption"));
        let form = || owned(raw, "/interactive/nfm_reply/body");
        message.text = owned(raw, "/text/body").or_else(caption).or_else(form).unwrap_or_default();
        message.kind = MessageKind::Unsupported { what: unsupported(raw, kind) };
    }
}

/// The provider's name for what could not be passed on.
fn unsupported(raw: &Value, kind: &str) -> String {
    let exact = match kind {
        "unsupported" => text(raw, "/unsupported/type"),
        "interactive" => text(raw, "/interactive/type"),
        _ => None,
    };
    match exact.unwrap_or(kind) {
        "" => "message without a type".to_owned(),
        name => word(name),
    }
}

fn body(message: &mut Message, raw: &Value) -> Option<()> {
    message.text = text(raw, "/text/body")?.to_owned();
    message.kind = MessageKind::Text;
    Some(())
}

fn file(message: &mut Message, raw: &Value, name: &str, kind: MessageKind) -> Option<()> {
    let file = raw.get(name)?;
    let url = owned(file, "/url").or_else(|| owned(file, "/link"));
    let source = match (owned(file, "/id"), url) {
        (Some(id), url) => MediaSource::Id { id, url },
        (None, Some(url)) => MediaSource::Url { url },
        (None, None) => return None,
    };
    let caption = owned(file, "/caption");
    message.text = caption.clone().unwrap_or_default();
    message.kind = kind;
    message.attachments.push(IncomingAttachment {
        content_type: owned(file, "/mime_type").unwrap_or_else(|| name.to_owned()),
        source,
        caption,
        filename: owned(file, "/filename"),
        sha256: owned(file, "/sha256"),
    });
    Some(())
}

fn location(message: &mut Message, raw: &Value) -> Option<()> {
    let place = raw.get("location")?;
    let source = MediaSource::Location {
        latitude: json::number(place, "/latitude")?,
        longitude: json::number(place, "/longitude")?,
        name: owned(place, "/name"),
        address: owned(place, "/address"),
    };
    message.kind = MessageKind::Location;
    message.attachments.push(IncomingAttachment::of("geo", source));
    Some(())
}

/// Visiting cards: one attachment each, and what is written on them as text, so that they can be read without opening it.
fn cards(message: &mut Message, raw: &Value) -> Option<()> {
    let cards = list(raw, "/contacts");
    if cards.is_empty() {
        return None;
    }
    let mut lines = Vec::new();
    for card in cards {
        let card = Card::of(card);
        lines.push(card.line());
        let source = MediaSource::Inline { text: card.vcard() };
        message.attachments.push(IncomingAttachment::of("text/vcard", source));
    }
    message.text = lines.join("\n");
    message.kind = MessageKind::Contacts;
    Some(())
}

/// What is written on a visiting card: Meta's fields, each with the property of RFC 6350 that it becomes.
struct Card(Vec<(&'static str, String)>);

impl Card {
    fn of(card: &Value) -> Self {
        let parts = ["/name/first_name", "/name/middle_name", "/name/last_name"];
        let name = owned(card, "/name/formatted_name").unwrap_or_else(|| joined(card, &parts, " "));
        let mut fields = vec![("FN", name)];
        let mut add = |property, value: String| {
            if !value.is_empty() {
                fields.push((property, value));
            }
        };
        add("ORG", joined(card, &["/org/company", "/org/department", "/org/title"], ", "));
        for phone in list(card, "/phones") {
            let number = owned(phone, "/phone").or_else(|| owned(phone, "/wa_id").map(|id| format!("+{id}")));
            add("TEL", number.unwrap_or_default());
        }
        for email in list(card, "/emails") {
            add("EMAIL", owned(email, "/email").unwrap_or_default());
        }
        for address in list(card, "/addresses") {
            add("ADR", joined(address, &["/street", "/city", "/zip", "/state", "/country"], ", "));
        }
        for url in list(card, "/urls") {
            add("URL", owned(url, "/url").unwrap_or_default());
        }
        add("BDAY", owned(card, "/birthday").unwrap_or_default());
        Self(fields)
    }

    fn line(&self) -> String {
        let written: Vec<&str> =
            self.0.iter().map(|(_, value)| value.as_str()).filter(|value| !value.is_empty()).collect();
        written.join(" ")
    }

    fn vcard(&self) -> String {
        let escape = |text: &str| {
            text.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;").replace(['\r', '\n'], "\\n")
        };
        let mut card = "BEGIN:VCARD\r\nVERSION:4.0\r\n".to_owned();
        for (property, value) in &self.0 {
            // The parts of an address have places of their own; ours stand together in that of the street.
            let before = if *property == "ADR" { ";;" } else { "" };
            card.push_str(&format!("{property}:{before}{}\r\n", escape(value)));
        }
        card.push_str("END:VCARD\r\n");
        card
    }
}

/// The texts at some places that are not empty, run together.
fn joined(value: &Value, pointers: &[&str], between: &str) -> String {
    let parts = pointers.iter().filter_map(|pointer| text(value, pointer)).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(between)
}

/// A tapped quick reply of a template.
fn template_button(message: &mut Message, raw: &Value) -> Option<()> {
    message.text = text(raw, "/button/text")?.to_owned();
    message.choice_id = owned(raw, "/button/payload");
    message.kind = MessageKind::Choice;
    Some(())
}

fn interactive(message: &mut Message, raw: &Value) -> Option<()> {
    match text(raw, "/interactive/type")? {
        kind @ ("button_reply" | "list_reply") => {
            let reply = json::at(raw, &format!("/interactive/{kind}"))?;
            message.text = text(reply, "/title")?.to_owned();
            message.choice_id = json::code(reply, "/id");
            message.kind = MessageKind::Choice;
        }
        "nfm_reply" => {
            let reply = json::at(raw, "/interactive/nfm_reply")?;
            let fields = text(reply, "/response_json")?;
            message.form = Some(serde_json::from_str(fields).ok().filter(Value::is_object)?);
            message.text = owned(reply, "/body").unwrap_or_default();
            message.kind = MessageKind::Form;
        }
        _ => return None,
    }
    Some(())
}

fn reaction(message: &mut Message, raw: &Value) -> Option<()> {
    let on = owned(raw, "/reaction/message_id")?;
    message.kind = MessageKind::Reaction { emoji: owned(raw, "/reaction/emoji").unwrap_or_default(), on };
    Some(())
}

fn order(message: &mut Message, raw: &Value) -> Option<()> {
    let order = raw.get("order").filter(|order| order.is_object())?;
    message.text = owned(order, "/text").unwrap_or_default();
    message.form = Some(order.clone());
    message.kind = MessageKind::Order;
    Some(())
}

pub(super) fn referral(raw: &Value) -> Option<Referral> {
    let referral = raw.get("referral").filter(|referral| referral.is_object())?;
    Some(Referral {
        source_type: owned(referral, "/source_type"),
        source_id: owned(referral, "/source_id"),
        source_url: owned(referral, "/source_url"),
        headline: owned(referral, "/headline"),
        body: owned(referral, "/body"),
        click_id: owned(referral, "/ctwa_clid"),
        ..Referral::default()
    })
}

pub(super) fn forwarded(raw: &Value) -> Forwarded {
    let is = |pointer| json::at(raw, pointer).and_then(Value::as_bool) == Some(true);
    if is("/context/frequently_forwarded") {
        Forwarded::Frequently
    } else if is("/context/forwarded") {
        Forwarded::Yes
    } else {
        Forwarded::No
    }
}
