//! The JSON of updates.
use jiff::Timestamp;
use serde_json::{Value, json};

use super::file::Kept;
use super::{Bot, Human, Phone, Said};

/// What comes when `allowed_updates` was not given: all but reactions and changes of other members.
const NOT_BY_DEFAULT: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// Whether a bot that asked for `allowed` gets this update.
pub(super) fn is_allowed(allowed: &[String], update: &Value) -> bool {
    let keys = update.as_object().into_iter().flat_map(|update| update.keys());
    let kind = keys.map(String::as_str).find(|key| *key != "update_id").unwrap_or("");
    match allowed {
        [] => !NOT_BY_DEFAULT.contains(&kind),
        allowed => allowed.iter().any(|allowed| allowed == kind),
    }
}

/// A person as updates name her.
pub(super) fn user(human: &Human) -> Value {
    let mut user =
        json!({ "id": human.id, "is_bot": false, "first_name": human.name, "language_code": "es" });
    if let Some(username) = &human.username {
        user["username"] = json!(username);
    }
    user
}

/// The chat between her and the bot.
pub(super) fn chat(human: &Human) -> Value {
    let mut chat = json!({ "id": human.id, "first_name": human.name, "type": "private" });
    if let Some(username) = &human.username {
        chat["username"] = json!(username);
    }
    chat
}

/// The bot as messages name it.
pub(super) fn bot_user(bot: &Bot) -> Value {
    let id: i64 = bot.token.split(':').next().and_then(|id| id.parse().ok()).unwrap_or_default();
    json!({ "id": id, "is_bot": true, "first_name": bot.name, "username": bot.username })
}

/// The update that tells the bot of a deed. `id` names it, the message included.
pub(super) fn update(
    bot: &Bot,
    phone: &Phone,
    id: i64,
    at: Timestamp,
    said: &Said,
    file: Option<&Kept>,
) -> Value {
    let human = &phone.human;
    let (kind, body) = match said {
        Said::CallBack { data, message } => ("callback_query", callback(bot, phone, id, data, message)),
        Said::Edit { message, text } => {
            let mut body = envelope(human, message.parse().unwrap_or_default(), at);
            body["edit_date"] = json!(at.as_second());
            body["text"] = json!(text);
            ("edited_message", body)
        }
        Said::Reaction { emoji, to } => (
            "message_reaction",
            json!({
                "chat": chat(human), "user": user(human), "date": at.as_second(),
                "message_id": to.parse::<i64>().unwrap_or_default(),
                "old_reaction": [], "new_reaction": [{ "type": "emoji", "emoji": emoji }],
            }),
        ),
        Said::Block => ("my_chat_member", membership(bot, human, at, ("member", "kicked"))),
        Said::Unblock => ("my_chat_member", membership(bot, human, at, ("kicked", "member"))),
        _ => ("message", message(phone, id, at, said, file)),
    };
    json!({ "update_id": id, kind: body })
}

fn envelope(human: &Human, id: i64, at: Timestamp) -> Value {
    json!({ "message_id": id, "from": user(human), "chat": chat(human), "date": at.as_second() })
}

fn message(phone: &Phone, id: i64, at: Timestamp, said: &Said, file: Option<&Kept>) -> Value {
    let human = &phone.human;
    let mut message = envelope(human, id, at);
    match said {
        Said::Text(text) => message["text"] = json!(text),
        Said::Start(payload) => {
            let text = format!("/start {}", payload.as_deref().unwrap_or(""));
            message["text"] = json!(text.trim_end());
            message["entities"] = json!([{ "type": "bot_command", "offset": 0, "length": 6 }]);
        }
        Said::File { kind, content_type, bytes, caption } => {
            let mut body = json!({ "file_size": bytes.len() });
            if let Some(file) = file {
                body["file_id"] = json!(file.id);
                body["file_unique_id"] = json!(format!("u{}", file.id));
            }
            if *kind == "photo" {
                (body["width"], body["height"]) = (json!(800), json!(600));
                body = json!([body]);
            } else if *kind == "sticker" {
                body["emoji"] = json!("👍");
            } else {
                body["mime_type"] = json!(content_type);
            }
            message[*kind] = body;
            if let Some(caption) = caption {
                message["caption"] = json!(caption);
            }
        }
        Said::Location { latitude, longitude } => {
            message["location"] = json!({ "latitude": latitude, "longitude": longitude });
        }
        Said::Contact => {
            message["contact"] = json!({
                "phone_number": human.phone, "first_name": human.name, "user_id": human.id,
            });
        }
        _ => message["poll"] = json!({ "id": id.to_string(), "question": "¿?", "options": [] }),
    }
    message
}

fn callback(bot: &Bot, phone: &Phone, id: i64, data: &str, message: &str) -> Value {
    let bubble = phone.thread.bubble(message);
    let mut under = json!({
        "message_id": message.parse::<i64>().unwrap_or_default(),
        "from": bot_user(bot),
        "chat": chat(&phone.human),
        "date": bubble.as_ref().map_or(0, |bubble| bubble.at.as_second()),
        "text": bubble.as_ref().map(|bubble| bubble.text.as_str()),
    });
    if let Some(keyboard) = bubble.and_then(|bubble| bubble.keyboard) {
        let rows = keyboard.rows.iter().map(|row| {
            let keys = row.iter().map(|key| json!({ "text": key.title, "callback_data": key.id }));
            keys.collect::<Vec<_>>()
        });
        under["reply_markup"] = json!({ "inline_keyboard": rows.collect::<Vec<_>>() });
    }
    json!({
        "id": id.to_string(), "from": user(&phone.human), "message": under,
        "chat_instance": phone.human.id.to_string(), "data": data,
    })
}

fn membership(bot: &Bot, human: &Human, at: Timestamp, (old, new): (&str, &str)) -> Value {
    let member = |status: &str| json!({ "user": bot_user(bot), "status": status, "until_date": 0 });
    json!({
        "chat": chat(human), "from": user(human), "date": at.as_second(),
        "old_chat_member": member(old), "new_chat_member": member(new),
    })
}
