//! The JSON of callbacks.
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Human, Said};

fn user(human: &Human) -> Value {
    json!({
        "id": human.id, "name": human.name, "language": "es", "country": "EC", "api_version": 10,
    })
}

/// The callback that tells the bot of a deed; `media` is where its file is.
pub(super) fn deed(human: &Human, token: u64, at: Timestamp, said: &Said, media: Option<&str>) -> Value {
    let event = |kind: &str| json!({ "event": kind, "timestamp": at.as_millisecond(), "message_token": token, "chat_hostname": "SN-CHAT" });
    let mut callback;
    match said {
        Said::Opens(context) => {
            callback = event("conversation_started");
            callback["type"] = json!("open");
            callback["user"] = user(human);
            callback["subscribed"] = json!(false);
            if let Some(context) = context {
                callback["context"] = json!(context);
            }
        }
        Said::Subscribes => {
            callback = event("subscribed");
            callback["user"] = user(human);
        }
        Said::Unsubscribes => {
            callback = event("unsubscribed");
            callback["user_id"] = json!(human.id);
        }
        _ => {
            callback = event("message");
            callback["sender"] = user(human);
            callback["message"] = message(said, media);
            callback["silent"] = json!(false);
        }
    }
    callback
}

fn message(said: &Said, media: Option<&str>) -> Value {
    match said {
        Said::Text(text) => json!({ "type": "text", "text": text }),
        Said::Url(url) => json!({ "type": "url", "media": url }),
        Said::File { kind, bytes, caption, .. } => {
            let mut message =
                json!({ "type": kind, "media": media, "size": bytes.len(), "file_name": "file" });
            if let Some(caption) = caption {
                message["text"] = json!(caption);
            }
            if *kind == "picture" {
                message["thumbnail"] = json!(media);
            }
            message
        }
        Said::Location { latitude, longitude } => {
            json!({ "type": "location", "location": { "lat": latitude, "lon": longitude } })
        }
        Said::Contact { name, phone } => {
            json!({ "type": "contact", "contact": { "name": name, "phone_number": phone } })
        }
        Said::Sticker(number) => json!({ "type": "sticker", "sticker_id": number }),
        Said::Opens(_) | Said::Subscribes | Said::Unsubscribes => Value::Null,
    }
}

/// The callback that reports what became of a message of the bot's: delivered, seen or failed.
pub(super) fn report(human: &Human, token: u64, at: Timestamp, kind: &str, why: Option<&str>) -> Value {
    let mut callback = json!({
        "event": kind, "timestamp": at.as_millisecond(), "message_token": token, "user_id": human.id,
        "chat_hostname": "SN-CHAT",
    });
    if let Some(why) = why {
        callback["desc"] = json!(why);
    }
    callback
}

/// The callback by which `set_webhook` asks an address whether it is there.
pub(super) fn webhook(token: u64, at: Timestamp) -> Value {
    json!({
        "event": "webhook", "timestamp": at.as_millisecond(), "message_token": token, "chat_hostname": "SN-CHAT",
    })
}
