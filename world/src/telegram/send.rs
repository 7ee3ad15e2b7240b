//! What a bot sends: the checks in Telegram's words, and how it gets onto the phone.
use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    BOT_BURST, BOT_PER_SECOND, Bot, CHAT_BURST, CHAT_PER_SECOND, Inner, Phone, PhoneKey, markdown, markup,
    update,
};
use crate::thread::{Bubble, Media, Progress, Side};

/// The longest text and caption, in characters.
const MAX_TEXT: usize = 4096;
const MAX_CAPTION: usize = 1024;
/// What Telegram fetches from a link.
const MAX_PHOTO_BYTES: usize = 5 * 1024 * 1024;
const MAX_LINKED_BYTES: usize = 20 * 1024 * 1024;

/// The parameters of a call, from query, form or JSON.
pub(super) type Parameters = HashMap<String, Value>;

/// Why a call is refused, in Telegram's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: u16,
    pub description: String,
    /// Seconds, with 429.
    pub retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn bad(why: &str) -> Self {
        Self { code: 400, description: format!("Bad Request: {why}"), retry_after: None }
    }

    pub(super) fn forbidden(why: &str) -> Self {
        Self { code: 403, description: format!("Forbidden: {why}"), retry_after: None }
    }

    pub(super) fn too_many(seconds: u64) -> Self {
        let description = format!("Too Many Requests: retry after {seconds}");
        Self { code: 429, description, retry_after: Some(seconds) }
    }
}

pub(super) fn word(parameters: &Parameters, name: &str) -> Option<String> {
    match parameters.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

pub(super) fn object(parameters: &Parameters, name: &str) -> Result<Option<Value>, Refusal> {
    match parameters.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => serde_json::from_str(text)
            .map(Some)
            .map_err(|_| Refusal::bad(&format!("can't parse {} JSON object", name.replace('_', " ")))),
        Some(value) => Ok(Some(value.clone())),
    }
}

/// The kind of file that a call sends, and the field that it is in.
fn kind(method: &str) -> Option<&'static str> {
    Some(match method {
        "sendPhoto" => "photo",
        "sendVideo" => "video",
        "sendAudio" => "audio",
        "sendVoice" => "voice",
        "sendDocument" => "document",
        "sendSticker" => "sticker",
        "sendAnimation" => "animation",
        _ => return None,
    })
}

/// Whether the fake knows a call that sends.
pub(super) fn sends(method: &str) -> bool {
    matches!(method, "sendMessage" | "sendLocation" | "sendContact") || kind(method).is_some()
}

/// A message that passed all checks.
struct Draft {
    bubble: Bubble,
    /// What its answer holds besides the envelope.
    shown: Value,
}

/// Takes a message: shows it on the phone and gives the answer's `result`.
pub(super) async fn send(
    inner: &Inner,
    bot: &Bot,
    method: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let (key, phone) = chat(inner, bot, parameters)?;
    let mut draft = draft(inner, method, parameters).await?;
    draft.bubble.keyboard = markup::keyboard(object(parameters, "reply_markup")?)?;
    if let Some(keyboard) = &draft.bubble.keyboard {
        draft.bubble.choices = keyboard.choices();
    }
    let reply_to = word(parameters, "reply_to_message_id")
        .or(object(parameters, "reply_parameters")?.map(|reply| reply["message_id"].to_string()));
    let anyhow = word(parameters, "allow_sending_without_reply").is_some_and(|word| word == "true");
    if reply_to.is_some_and(|id| phone.thread.bubble(&id).is_none()) && !anyhow {
        return Err(Refusal::bad("message to be replied not found"));
    }
    inner.charge(bot, &key)?;
    let (id, now) = (inner.next(), inner.clock.now());
    draft.bubble.id = id.to_string();
    draft.bubble.at = now;
    // Telegram tells nobody when a message was read.
    draft.bubble.status = Progress::Delivered;
    phone.thread.put(draft.bubble);
    let mut message = json!({
        "message_id": id, "from": update::bot_user(bot), "chat": update::chat(&phone.human),
        "date": now.as_second(),
    });
    if let (Some(message), Value::Object(shown)) = (message.as_object_mut(), draft.shown) {
        message.extend(shown);
    }
    Ok(message)
}

/// `editMessageText`: other words, other keys.
pub(super) fn edit(inner: &Inner, bot: &Bot, parameters: &Parameters) -> Result<Value, Refusal> {
    let (_, phone) = chat(inner, bot, parameters)?;
    let id =
        word(parameters, "message_id").ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
    let old = phone.thread.bubble(&id).filter(|bubble| bubble.from == Side::Line);
    let old = old.ok_or_else(|| Refusal::bad("message to edit not found"))?;
    let text = words(parameters, "text", MAX_TEXT)?.ok_or_else(|| Refusal::bad("message text is empty"))?;
    let keyboard = markup::keyboard(object(parameters, "reply_markup")?)?;
    if old.text == text && old.keyboard == keyboard {
        return Err(Refusal::bad("message is not modified"));
    }
    phone.thread.change(&id, |bubble| {
        bubble.text.clone_from(&text);
        bubble.choices = keyboard.as_ref().map(|keyboard| keyboard.choices()).unwrap_or_default();
        bubble.keyboard = keyboard;
        bubble.edited = true;
    });
    Ok(json!({
        "message_id": id.parse::<i64>().unwrap_or_default(), "chat": update::chat(&phone.human),
        "date": old.at.as_second(), "edit_date": inner.clock.now().as_second(), "text": text,
    }))
}

/// The phone behind `chat_id`, if the bot may write to it.
fn chat(inner: &Inner, bot: &Bot, parameters: &Parameters) -> Result<(PhoneKey, Phone), Refusal> {
    let id = word(parameters, "chat_id").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Refusal::bad("chat_id is empty"))?;
    let not_found = || Refusal::bad("chat not found");
    let key = (bot.token.clone(), id.parse().map_err(|_| not_found())?);
    let phone = inner.state().phones.get(&key).cloned().ok_or_else(not_found)?;
    if phone.blocked {
        return Err(Refusal::forbidden("bot was blocked by the user"));
    }
    if !phone.started {
        return Err(Refusal::forbidden("bot can't initiate conversation with a user"));
    }
    Ok((key, phone))
}

impl Inner {
    /// Charges the bot's budget and the chat's.
    fn charge(&self, bot: &Bot, key: &PhoneKey) -> Result<(), Refusal> {
        let now = self.clock.now();
        let mut state = self.state();
        if let Some(known) = state.bots.get_mut(&bot.token) {
            known.flood.take(BOT_PER_SECOND, BOT_BURST, now).map_err(Refusal::too_many)?;
        }
        if let Some(phone) = state.phones.get_mut(key) {
            phone.flood.take(CHAT_PER_SECOND, CHAT_BURST, now).map_err(Refusal::too_many)?;
        }
        Ok(())
    }
}

/// A text without its marks; `None` when it is empty.
fn words(parameters: &Parameters, name: &str, limit: usize) -> Result<Option<String>, Refusal> {
    let raw = word(parameters, name).unwrap_or_default();
    let text = match word(parameters, "parse_mode").unwrap_or_default().to_ascii_lowercase().as_str() {
        "" => raw,
        "markdown" => markdown::plain(&raw).map_err(|at| {
            let why = "can't parse entities: Can't find end of the entity starting at byte offset";
            Refusal::bad(&format!("{why} {at}"))
        })?,
        _ => return Err(Refusal::bad("unsupported parse_mode")),
    };
    let text = text.trim();
    if text.encode_utf16().count() > limit {
        let what = if name == "caption" { "message caption is too long" } else { "message is too long" };
        return Err(Refusal::bad(what));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

async fn draft(inner: &Inner, method: &str, parameters: &Parameters) -> Result<Draft, Refusal> {
    let mut bubble = Bubble::text(String::new(), inner.clock.now(), Side::Line, "");
    if let Some(kind) = kind(method) {
        let link = word(parameters, kind).filter(|link| !link.is_empty());
        let link = link.ok_or_else(|| Refusal::bad(&format!("there is no {kind} in the request")))?;
        bubble.text = words(parameters, "caption", MAX_CAPTION)?.unwrap_or_default();
        let size = fetched(inner, kind, &link).await?;
        kind.clone_into(&mut bubble.kind);
        let content_type = match kind {
            "photo" => "image/jpeg",
            "voice" | "audio" => "audio",
            "video" | "animation" => "video",
            _ => "file",
        };
        let content_type = content_type.to_owned();
        bubble.media.push(Media { content_type, url: link, size: Some(size) });
        let file =
            json!({ "file_id": format!("BQ{}", inner.next()), "file_unique_id": "u", "file_size": size });
        let file = if kind == "photo" { json!([file]) } else { file };
        let shown = json!({ kind: file, "caption": bubble.text });
        return Ok(Draft { bubble, shown });
    }
    match method {
        "sendLocation" => {
            let degrees = |name: &str| {
                let number = word(parameters, name).and_then(|text| text.parse::<f64>().ok());
                number.ok_or_else(|| Refusal::bad(&format!("{name} is empty")))
            };
            let (latitude, longitude) = (degrees("latitude")?, degrees("longitude")?);
            if latitude.abs() > 90.0 || longitude.abs() > 180.0 {
                return Err(Refusal::bad("wrong HTTP URL specified"));
            }
            "location".clone_into(&mut bubble.kind);
            bubble.text = format!("{latitude}, {longitude}");
            let shown = json!({ "location": { "latitude": latitude, "longitude": longitude } });
            Ok(Draft { bubble, shown })
        }
        "sendContact" => {
            let phone = word(parameters, "phone_number").unwrap_or_default();
            let name = word(parameters, "first_name").unwrap_or_default();
            if phone.is_empty() || name.is_empty() {
                return Err(Refusal::bad("contact phone number and first name must be non-empty"));
            }
            "contact".clone_into(&mut bubble.kind);
            bubble.text = format!("{name}: {phone}");
            let shown = json!({ "contact": { "phone_number": phone, "first_name": name } });
            Ok(Draft { bubble, shown })
        }
        _ => {
            let text = words(parameters, "text", MAX_TEXT)?;
            bubble.text = text.ok_or_else(|| Refusal::bad("message text is empty"))?;
            let shown = json!({ "text": bubble.text });
            Ok(Draft { bubble, shown })
        }
    }
}

/// Fetches a link before the message is taken, as Telegram does; gives the file's size.
async fn fetched(inner: &Inner, kind: &str, link: &str) -> Result<usize, Refusal> {
    if !link.starts_with("http://") && !link.starts_with("https://") {
        return Err(Refusal::bad("wrong file identifier/HTTP URL specified"));
    }
    let limit = if kind == "photo" { MAX_PHOTO_BYTES } else { MAX_LINKED_BYTES };
    let bytes = inner.carrier.fetch(link, limit).await;
    let bytes = bytes.ok_or_else(|| Refusal::bad("failed to get HTTP URL content"))?;
    let picture = [&b"\xff\xd8\xff"[..], b"\x89PNG", b"GIF8", b"RIFF"];
    if kind == "photo" && !picture.iter().any(|start| bytes.starts_with(start)) {
        return Err(Refusal::bad("wrong type of the web page content"));
    }
    Ok(bytes.len())
}
