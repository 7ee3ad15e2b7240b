//! What Meta demands of a message, and what a message that passes looks like on the phone.
//! Limits: design/channels.md section 3 (WhatsApp Cloud).
use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::thread::{Bubble, Choice, Media, Side};

const MAX_TEXT: usize = 4096;
const MAX_CAPTION: usize = 1024;
const MAX_BUTTON_BODY: usize = 1024;
const MAX_LIST_BODY: usize = 4096;
const MAX_HEADER_OR_FOOTER: usize = 60;
const MAX_BUTTONS: usize = 3;
const MAX_BUTTON_TITLE: usize = 20;
const MAX_BUTTON_ID: usize = 256;
const MAX_SECTIONS: usize = 10;
const MAX_ROWS: usize = 10;
const MAX_ROW_TITLE: usize = 24;
const MAX_ROW_DESCRIPTION: usize = 72;
const MAX_ROW_ID: usize = 200;
const MAX_OPAQUE: usize = 512;

/// Why a message is refused: Meta's code and the details it gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: u32,
    pub details: String,
}

fn missing(what: &str) -> Refusal {
    Refusal { code: 131_008, details: format!("The parameter {what} is required.") }
}

fn invalid(what: &str, why: &str) -> Refusal {
    Refusal { code: 131_009, details: format!("The parameter {what} {why}.") }
}

/// A message that may be sent.
#[derive(Debug)]
pub(super) struct Checked {
    /// `to` (digits of a phone number) or `recipient` (a business-scoped user id), and which of them it was.
    pub person: String,
    pub by_user_id: bool,
    pub kind: String,
    pub opaque: Option<Value>,
    bubble: Bubble,
}

impl Checked {
    /// What the phone shows.
    pub(super) fn bubble(&self, id: &str, at: Timestamp) -> Bubble {
        Bubble { id: id.to_owned(), at, ..self.bubble.clone() }
    }
}

/// Checks the body of a request to `/messages`.
pub(super) fn check(body: &Value) -> Result<Checked, Refusal> {
    if body.get("messaging_product").and_then(Value::as_str) != Some("whatsapp") {
        return Err(Refusal { code: 100, details: "messaging_product must be whatsapp.".to_owned() });
    }
    let (person, by_user_id) = recipient(body)?;
    let kind = body.get("type").and_then(Value::as_str).unwrap_or("text");
    if !KINDS.contains(&kind) {
        return Err(invalid("type", "is not one of the kinds of message"));
    }
    let opaque = body.get("biz_opaque_callback_data").cloned();
    if let Some(opaque) = &opaque {
        bounded("biz_opaque_callback_data", opaque.as_str(), MAX_OPAQUE)?;
    }
    let content = body.get(kind).ok_or_else(|| missing(kind))?;
    let mut bubble = Bubble::text(String::new(), Timestamp::UNIX_EPOCH, Side::Line, "");
    kind.clone_into(&mut bubble.kind);
    match kind {
        "text" => bubble.text = bounded("text.body", text(content, "body"), MAX_TEXT)?,
        "image" | "audio" | "video" | "document" | "sticker" => media(kind, content, &mut bubble)?,
        "interactive" => interactive(content, &mut bubble)?,
        "template" => template(content, &mut bubble)?,
        "location" => {
            let number = |key: &str| content.get(key).and_then(Value::as_f64).ok_or_else(|| missing(key));
            bubble.text = format!("{}, {}", number("latitude")?, number("longitude")?);
        }
        "reaction" => bubble.text = text(content, "emoji").unwrap_or_default().to_owned(),
        _ => bubble.text = format!("({kind})"),
    }
    Ok(Checked { person, by_user_id, kind: kind.to_owned(), opaque, bubble })
}

const KINDS: [&str; 11] = [
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "interactive",
    "template",
    "location",
    "reaction",
    "contacts",
];

fn recipient(body: &Value) -> Result<(String, bool), Refusal> {
    if let Some(kind) = body.get("recipient_type")
        && kind != "individual"
    {
        return Err(invalid("recipient_type", "must be individual"));
    }
    match (text(body, "to"), text(body, "recipient")) {
        (Some(to), _) if !to.is_empty() => {
            let digits: String = to.chars().filter(char::is_ascii_digit).collect();
            if digits.is_empty() || to.chars().any(|c| !c.is_ascii_digit() && !"+ -()".contains(c)) {
                return Err(invalid("to", "is not a phone number"));
            }
            Ok((digits, false))
        }
        (_, Some(id)) if id.split_once('.').is_some_and(|(cc, rest)| cc.len() == 2 && !rest.is_empty()) => {
            Ok((id.to_owned(), true))
        }
        (_, Some(_)) => Err(invalid("recipient", "is not a business-scoped user id")),
        _ => Err(missing("to")),
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// A text that is there, not empty and not longer than `limit` characters.
fn bounded(what: &str, text: Option<&str>, limit: usize) -> Result<String, Refusal> {
    let text = text.ok_or_else(|| missing(what))?;
    if text.is_empty() {
        return Err(invalid(what, "must not be empty"));
    }
    let length = text.chars().count();
    if length > limit {
        return Err(invalid(what, &format!("is {length} characters long, more than {limit}")));
    }
    Ok(text.to_owned())
}

/// As [`bounded`], for what may be absent.
fn optional(what: &str, text: Option<&str>, limit: usize) -> Result<Option<String>, Refusal> {
    text.map(|text| bounded(what, Some(text), limit)).transpose()
}

fn media(kind: &str, content: &Value, bubble: &mut Bubble) -> Result<(), Refusal> {
    let caption = optional("caption", text(content, "caption"), MAX_CAPTION)?;
    if caption.is_some() && matches!(kind, "audio" | "sticker") {
        return Err(invalid("caption", "is not allowed here"));
    }
    let url = match (text(content, "link"), text(content, "id")) {
        (Some(link), None) if link.starts_with("http://") || link.starts_with("https://") => link.to_owned(),
        (Some(_), None) => return Err(invalid("link", "is not a web address")),
        (None, Some(id)) => format!("media:{id}"),
        (Some(_), Some(_)) => return Err(invalid("link", "and id exclude each other")),
        (None, None) => return Err(missing("link")),
    };
    bubble.text = caption.unwrap_or_default();
    bubble.media.push(Media { content_type: kind.to_owned(), url, size: None });
    Ok(())
}

fn interactive(content: &Value, bubble: &mut Bubble) -> Result<(), Refusal> {
    let kind = text(content, "type").ok_or_else(|| missing("interactive.type"))?;
    let action = content.get("action").ok_or_else(|| missing("interactive.action"))?;
    let body = content.get("body").and_then(|body| text(body, "text"));
    match kind {
        "button" => {
            bubble.text = bounded("interactive.body.text", body, MAX_BUTTON_BODY)?;
            "buttons".clone_into(&mut bubble.kind);
            bubble.choices = buttons(action)?;
        }
        "list" => {
            bubble.text = bounded("interactive.body.text", body, MAX_LIST_BODY)?;
            "list".clone_into(&mut bubble.kind);
            bubble.list_label =
                Some(bounded("interactive.action.button", text(action, "button"), MAX_BUTTON_TITLE)?);
            bubble.choices = rows(action)?;
        }
        "location_request_message" => {
            bubble.text = bounded("interactive.body.text", body, MAX_BUTTON_BODY)?;
            "location_request".clone_into(&mut bubble.kind);
        }
        "cta_url" => {
            bubble.text = bounded("interactive.body.text", body, MAX_BUTTON_BODY)?;
            let parameters =
                action.get("parameters").ok_or_else(|| missing("interactive.action.parameters"))?;
            let label = bounded("display_text", text(parameters, "display_text"), MAX_BUTTON_TITLE)?;
            let url = text(parameters, "url").ok_or_else(|| missing("url"))?;
            bubble.text = format!("{}\n{label}: {url}", bubble.text);
        }
        _ => return Err(invalid("interactive.type", "is not one of the kinds of interactive message")),
    }
    if let Some(footer) = content.get("footer") {
        let footer = bounded("interactive.footer.text", text(footer, "text"), MAX_HEADER_OR_FOOTER)?;
        bubble.text = format!("{}\n{footer}", bubble.text);
    }
    content.get("header").map_or(Ok(()), |content| header(content, bubble))
}

fn header(content: &Value, bubble: &mut Bubble) -> Result<(), Refusal> {
    match text(content, "type") {
        Some("text") => {
            let header = bounded("interactive.header.text", text(content, "text"), MAX_HEADER_OR_FOOTER)?;
            bubble.text = format!("{header}\n{}", bubble.text);
            Ok(())
        }
        Some(kind @ ("image" | "video" | "document")) if bubble.kind == "buttons" => {
            let link = content.get(kind).and_then(|media| text(media, "link"));
            let url = link.ok_or_else(|| missing("interactive.header.link"))?.to_owned();
            bubble.media.push(Media { content_type: kind.to_owned(), url, size: None });
            Ok(())
        }
        _ => Err(invalid("interactive.header.type", "is not allowed here")),
    }
}

fn buttons(action: &Value) -> Result<Vec<Choice>, Refusal> {
    let buttons = action.get("buttons").and_then(Value::as_array).ok_or_else(|| missing("action.buttons"))?;
    if buttons.is_empty() || buttons.len() > MAX_BUTTONS {
        let why = format!("has {} buttons; allowed are 1 to {MAX_BUTTONS}", buttons.len());
        return Err(invalid("action.buttons", &why));
    }
    let mut choices = Vec::new();
    for button in buttons {
        let reply = button.get("reply").filter(|_| text(button, "type") == Some("reply"));
        let reply = reply.ok_or_else(|| invalid("action.buttons", "must be of type reply"))?;
        choices.push(Choice {
            id: bounded("reply.id", text(reply, "id"), MAX_BUTTON_ID)?,
            title: bounded("reply.title", text(reply, "title"), MAX_BUTTON_TITLE)?,
            description: None,
        });
    }
    distinct("button title", choices.iter().map(|choice| &choice.title))?;
    distinct("button id", choices.iter().map(|choice| &choice.id))?;
    Ok(choices)
}

fn rows(action: &Value) -> Result<Vec<Choice>, Refusal> {
    let sections = action.get("sections").and_then(Value::as_array).ok_or_else(|| missing("sections"))?;
    if sections.is_empty() || sections.len() > MAX_SECTIONS {
        return Err(invalid("action.sections", "must be 1 to 10"));
    }
    let mut choices = Vec::new();
    for section in sections {
        let title = optional("section.title", text(section, "title"), MAX_ROW_TITLE)?;
        if sections.len() > 1 && title.is_none() {
            return Err(missing("section.title"));
        }
        let rows = section.get("rows").and_then(Value::as_array).ok_or_else(|| missing("section.rows"))?;
        for row in rows {
            choices.push(Choice {
                id: bounded("row.id", text(row, "id"), MAX_ROW_ID)?,
                title: bounded("row.title", text(row, "title"), MAX_ROW_TITLE)?,
                description: optional("row.description", text(row, "description"), MAX_ROW_DESCRIPTION)?,
            });
        }
    }
    if choices.is_empty() || choices.len() > MAX_ROWS {
        let why = format!("have {} rows over all; allowed are 1 to {MAX_ROWS}", choices.len());
        return Err(invalid("action.sections", &why));
    }
    distinct("row id", choices.iter().map(|choice| &choice.id))?;
    Ok(choices)
}

fn distinct<'a>(what: &str, values: impl Iterator<Item = &'a String>) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    for value in values {
        if !seen.insert(value) {
            return Err(invalid(what, "is given twice"));
        }
    }
    Ok(())
}

fn template(content: &Value, bubble: &mut Bubble) -> Result<(), Refusal> {
    let name = bounded("template.name", text(content, "name"), 512)?;
    let language = content.get("language").and_then(|language| text(language, "code"));
    let language = bounded("template.language.code", language, 15)?;
    let components = content.get("components").and_then(Value::as_array);
    let mut words: Vec<&str> = Vec::new();
    for component in components.into_iter().flatten() {
        let parameters = component.get("parameters").and_then(Value::as_array);
        words.extend(parameters.into_iter().flatten().filter_map(|parameter| text(parameter, "text")));
    }
    bubble.text = format!("[{name}, {language}] {}", words.join(" · ")).trim_end().to_owned();
    Ok(())
}
