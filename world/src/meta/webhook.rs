//! The JSON that Meta's webhooks carry.
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Account, Human, Said};

/// Wraps one change as Meta does.
pub(super) fn envelope(account: &Account, value: Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{
            "id": account.business_account_id,
            "changes": [{ "value": value, "field": "messages" }],
        }],
    })
}

fn metadata(account: &Account) -> Value {
    let digits: String = account.display_phone_number.chars().filter(char::is_ascii_digit).collect();
    json!({ "display_phone_number": digits, "phone_number_id": account.phone_number_id })
}

fn contact(human: &Human) -> Value {
    let mut contact = json!({ "profile": { "name": human.name } });
    if let Some(wa_id) = &human.wa_id {
        contact["wa_id"] = json!(wa_id);
    }
    if let Some(user_id) = &human.user_id {
        contact["user_id"] = json!(user_id);
    }
    contact
}

/// A change that brings one message.
pub(super) fn messages(account: &Account, human: &Human, message: Value) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "metadata": metadata(account),
        "contacts": [contact(human)],
        "messages": [message],
    })
}

/// One message; `file` is the media id of what was uploaded with it.
pub(super) fn message(human: &Human, id: &str, at: Timestamp, said: &Said, file: Option<&str>) -> Value {
    let mut message = json!({ "id": id, "timestamp": at.as_second().to_string() });
    if let Some(wa_id) = &human.wa_id {
        message["from"] = json!(wa_id);
    }
    if let Some(user_id) = &human.user_id {
        message["from_user_id"] = json!(user_id);
    }
    let (kind, body) = body(said, file);
    message["type"] = json!(kind);
    if let Said::Button { context, .. } | Said::Row { context, .. } | Said::TemplateButton { context, .. } =
        said
    {
        message["context"] = json!({ "id": context });
    }
    match said {
        Said::Unsupported => {
            message["errors"] = json!([{
                "code": 131_051,
                "title": "Message type unknown",
                "message": "Message type unknown",
                "error_data": { "details": "Message type is currently not supported." },
            }]);
        }
        _ => message[kind] = body,
    }
    message
}

fn body(said: &Said, file: Option<&str>) -> (&'static str, Value) {
    match said {
        Said::Text(text) => ("text", json!({ "body": text })),
        Said::Button { choice, .. } => (
            "interactive",
            json!({ "type": "button_reply", "button_reply": { "id": choice.id, "title": choice.title } }),
        ),
        Said::Row { choice, .. } => {
            let mut row = json!({ "id": choice.id, "title": choice.title });
            if let Some(description) = &choice.description {
                row["description"] = json!(description);
            }
            ("interactive", json!({ "type": "list_reply", "list_reply": row }))
        }
        Said::TemplateButton { text, payload, .. } => ("button", json!({ "text": text, "payload": payload })),
        Said::File { kind, content_type, bytes, caption } => {
            let mut body = json!({ "id": file, "mime_type": content_type, "sha256": sha256_base64(bytes) });
            if let Some(caption) = caption {
                body["caption"] = json!(caption);
            }
            if *kind == "audio" {
                body["voice"] = json!(true);
            }
            (*kind, body)
        }
        Said::Location { latitude, longitude } => {
            ("location", json!({ "latitude": latitude, "longitude": longitude }))
        }
        Said::Reaction { emoji, to } => ("reaction", json!({ "message_id": to, "emoji": emoji })),
        Said::Unsupported => ("unsupported", Value::Null),
    }
}

fn sha256_base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(bytes))
}

/// Why a message failed, as Meta reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    pub code: u32,
    pub title: &'static str,
    pub details: &'static str,
}

/// The person is not on WhatsApp, or cannot get messages.
pub(super) const UNDELIVERABLE: Failure =
    Failure { code: 131_026, title: "Message undeliverable", details: "Message undeliverable." };
/// Free text after the customer service window has closed.
pub(super) const RE_ENGAGEMENT: Failure = Failure {
    code: 131_047,
    title: "Re-engagement message",
    details: "Message failed to send because more than 24 hours have passed since the customer last replied to \
              this number.",
};
/// The link of a media message could not be fetched.
pub(super) const MEDIA_UPLOAD: Failure = Failure {
    code: 131_053,
    title: "Media upload error",
    details: "Unable to download the media from the link that was given.",
};

/// A change that reports what became of the message `id`.
pub(super) fn status(
    account: &Account,
    human: &Human,
    (id, opaque): (&str, Option<&Value>),
    at: Timestamp,
    status: &str,
    failure: Option<Failure>,
) -> Value {
    let mut report = json!({ "id": id, "status": status, "timestamp": at.as_second().to_string() });
    if let Some(wa_id) = &human.wa_id {
        report["recipient_id"] = json!(wa_id);
    }
    if let Some(user_id) = &human.user_id {
        report["recipient_user_id"] = json!(user_id);
    }
    if let Some(opaque) = opaque {
        report["biz_opaque_callback_data"] = opaque.clone();
    }
    match failure {
        Some(Failure { code, title, details }) => {
            report["errors"] = json!([{
                "code": code, "title": title, "message": title, "error_data": { "details": details },
                "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
            }]);
        }
        None => {
            report["pricing"] = json!({
                "billable": false, "pricing_model": "PMP", "category": "service",
                "type": "free_customer_service",
            });
        }
    }
    json!({
        "messaging_product": "whatsapp",
        "metadata": metadata(account),
        "statuses": [report],
    })
}
