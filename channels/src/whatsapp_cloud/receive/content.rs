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
        message.text = owned(raw, "/text/body").or_else(caption).unwrap_or_default();
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
    let degrees = |pointer| json::at(place, pointer).and_then(Value::as_f64);
    message.kind = MessageKind::Location;
    message.attachments.push(IncomingAttachment {
        content_type: "geo".to_owned(),
        source: MediaSource::Location {
            latitude: degrees("/latitude")?,
            longitude: degrees("/longitude")?,
            name: owned(place, "/name"),
            address: owned(place, "/address"),
        },
        caption: None,
        filename: None,
        sha256: None,
    });
    Some(())
}

/// Visiting cards: one attachment each, and name and numbers as text, so that they can be read without opening it.
fn cards(message: &mut Message, raw: &Value) -> Option<()> {
    let cards = list(raw, "/contacts");
    if cards.is_empty() {
        return None;
    }
    let mut lines = Vec::new();
    for card in cards {
        let name = owned(card, "/name/formatted_name").unwrap_or_default();
        let phones: Vec<&str> =
            list(card, "/phones").iter().filter_map(|phone| text(phone, "/phone")).collect();
        let line = std::iter::once(name.as_str()).chain(phones.iter().copied());
        lines.push(line.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "));
        message.attachments.push(IncomingAttachment {
            content_type: "text/vcard".to_owned(),
            source: MediaSource::Inline { text: vcard(&name, &phones) },
            caption: None,
            filename: None,
            sha256: None,
        });
    }
    message.text = lines.join("\n");
    message.kind = MessageKind::Contacts;
    Some(())
}

/// A visiting card after RFC 6350.
fn vcard(name: &str, phones: &[&str]) -> String {
    let escape = |text: &str| {
        text.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;").replace(['\r', '\n'], "\\n")
    };
    let mut card = format!("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{}\r\n", escape(name));
    for phone in phones {
        card.push_str(&format!("TEL:{}\r\n", escape(phone)));
    }
    card.push_str("END:VCARD\r\n");
    card
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
