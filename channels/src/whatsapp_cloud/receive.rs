//! Meta's webhook calls: messages, reports, and news about templates and the account.
use std::collections::HashSet;

use flow::words::Urn;
use jiff::Timestamp;
use serde_json::Value;

use super::errors::MetaError;
use super::identity;
use crate::http::HttpRequest;
use crate::incoming::{ChannelEvent, DeliveryReport, Incoming, Message, MessageKind, Status, Unparsable};
use crate::json::{self, list, owned, text, word};
use crate::outgoing::{ErrorClass, without_numbers};

mod content;

/// The longest id of a message that is believed, in bytes; Meta's have about 60.
const MAX_EXTERNAL_ID_BYTES: usize = 512;

/// The phone number ids that a call is for, each once.
pub(crate) fn addressees(request: &HttpRequest) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(&request.body) else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for change in list(&body, "/entry").iter().flat_map(|entry| list(entry, "/changes")) {
        if let Some(address) = json::code(change, "/value/metadata/phone_number_id")
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

/// Reads a call in Meta's form. `own` is the phone number id that this channel is for; a partner that serves one
/// number a webhook gives none.
pub(crate) fn receive(own: Option<&str>, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
    let body: Value = serde_json::from_slice(&request.body).map_err(|_| Unparsable::at("body"))?;
    if text(&body, "/object") != Some("whatsapp_business_account") {
        return Err(Unparsable::at("object"));
    }
    let entries = body.get("entry").and_then(Value::as_array).ok_or_else(|| Unparsable::at("entry"))?;
    let mut call = Call { own, seen: HashSet::new(), out: Vec::new() };
    for (i, entry) in entries.iter().enumerate() {
        let Some(changes) = entry.get("changes").and_then(Value::as_array) else {
            call.unreadable(format!("entry[{i}].changes"));
            continue;
        };
        for (j, change) in changes.iter().enumerate() {
            call.change(change, &|| format!("entry[{i}].changes[{j}]"));
        }
    }
    Ok(call.out)
}

/// Reads what the former on-premises API sends: messages and reports without anything around them.
pub(crate) fn receive_bare(request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
    let body: Value = serde_json::from_slice(&request.body).map_err(|_| Unparsable::at("body"))?;
    let mut call = Call { own: None, seen: HashSet::new(), out: Vec::new() };
    call.conversation(&body, &|| "body".to_owned());
    match call.out.as_slice() {
        [Incoming::Event(ChannelEvent::Unreadable { place })] => Err(Unparsable::at(place.clone())),
        _ => Ok(call.out),
    }
}

/// Tells where something stands in a call, such as `entry[0].changes[0]`; asked for only where it cannot be read.
type Place<'a> = &'a dyn Fn() -> String;

/// A webhook call while it is being read.
struct Call<'a> {
    own: Option<&'a str>,
    /// Ids of messages already met: Meta may put one into a call twice.
    seen: HashSet<String>,
    out: Vec<Incoming>,
}

impl Call<'_> {
    fn event(&mut self, event: ChannelEvent) {
        self.out.push(Incoming::Event(event));
    }

    fn unreadable(&mut self, place: String) {
        self.event(ChannelEvent::Unreadable { place });
    }

    fn change(&mut self, change: &Value, place: Place<'_>) {
        let Some(value) = change.get("value").filter(|value| value.is_object()) else {
            return self.unreadable(format!("{}.value", place()));
        };
        if let Some(address) = json::code(value, "/metadata/phone_number_id")
            && self.own.is_some_and(|own| own != address)
        {
            return self.event(ChannelEvent::ForOtherAddress { address });
        }
        match text(change, "/field").unwrap_or("") {
            "messages" => self.conversation(value, &|| format!("{}.value", place())),
            "user_preferences" => self.preferences(value),
            "calls" => self.calls(value, &|| format!("{}.value", place())),
            field => self.event(account_event(field, value)),
        }
    }

    fn conversation(&mut self, value: &Value, place: Place<'_>) {
        let before = self.out.len();
        for error in list(value, "/errors") {
            let error = MetaError::read(error);
            self.event(ChannelEvent::Error {
                class: error.class.unwrap_or(ErrorClass::BadRequest),
                code: error.code,
                detail: without_numbers(&error.detail),
            });
        }
        let contacts = list(value, "/contacts");
        for (k, message) in list(value, "/messages").iter().enumerate() {
            self.message(message, contacts, &|| format!("{}.messages[{k}]", place()));
        }
        for (k, status) in list(value, "/statuses").iter().enumerate() {
            self.status(status, &|| format!("{}.statuses[{k}]", place()));
        }
        let listed = ["/errors", "/messages", "/statuses"].iter().any(|p| json::at(value, p).is_some());
        if self.out.len() == before && !listed {
            self.unreadable(place());
        }
    }

    fn message(&mut self, message: &Value, contacts: &[Value], place: Place<'_>) {
        let Some(external_id) = external_id(message) else {
            return self.unreadable(format!("{}.id", place()));
        };
        if !self.seen.insert(external_id.clone()) {
            return;
        }
        if message.get("group_id").is_some() {
            return self.event(ChannelEvent::GroupMessage { external_id });
        }
        // Turn also tells what was sent from its own console.
        if text(message, "/_vnd/v1/direction") == Some("outbound") {
            return self.event(ChannelEvent::Other { what: "message sent elsewhere".into() });
        }
        let contact = contact_of(message, contacts);
        let from = senders(message, contact);
        if text(message, "/type") == Some("system") {
            return self.event(system(message, from));
        }
        if from.is_empty() {
            return self.event(ChannelEvent::NoSender { external_id: Some(external_id) });
        }
        if text(message, "/type") == Some("request_welcome") {
            return self.event(opened(message, contact, from));
        }
        let mut read = Message {
            name: contact.and_then(|contact| owned(contact, "/profile/name")),
            sent_at: timestamp(message, "/timestamp"),
            reply_to: owned(message, "/context/id"),
            referral: content::referral(message),
            forwarded: content::forwarded(message),
            identity_key: contact.and_then(|contact| owned(contact, "/identity_key_hash")),
            ..Message::new(external_id, from, MessageKind::Text)
        };
        match text(message, "/type") {
            // Numbers that are also in WhatsApp's own app: a message that was changed, or deleted for everybody.
            Some("edit") => {
                read.edits = owned(message, "/edit/original_message_id");
                content::fill(&mut read, json::at(message, "/edit/message").unwrap_or(&Value::Null));
            }
            Some("revoke") => {
                read.edits = owned(message, "/revoke/original_message_id");
                read.kind = MessageKind::Unsupported { what: crate::TAKEN_BACK.to_owned() };
            }
            _ => content::fill(&mut read, message),
        }
        self.out.push(Incoming::Message(Box::new(read)));
    }

    fn status(&mut self, status: &Value, place: Place<'_>) {
        let Some(external_id) = external_id(status) else {
            return self.unreadable(format!("{}.id", place()));
        };
        let at = timestamp(status, "/timestamp");
        let recipient =
            identities(status, &["/recipient_id", "/recipient_user_id", "/parent_recipient_user_id"]);
        let reached = match text(status, "/status").unwrap_or("") {
            "sent" => Status::Sent,
            "delivered" => Status::Delivered,
            // A voice note that was listened to was also read.
            "read" | "played" => Status::Read,
            "failed" => {
                let failed = failure(status);
                if let Status::Failed { class: ErrorClass::OptedOut, .. } = failed {
                    let about = Some(super::MARKETING.to_owned());
                    self.event(ChannelEvent::OptedOut { person: recipient.clone(), about, at });
                }
                failed
            }
            "" => return self.unreadable(format!("{}.status", place())),
            other => return self.event(ChannelEvent::Other { what: format!("status {}", word(other)) }),
        };
        let attempt = text(status, "/biz_opaque_callback_data").and_then(|data| data.parse().ok());
        self.out.push(Incoming::Report(DeliveryReport {
            attempt,
            at,
            recipient,
            ..DeliveryReport::of(external_id, reached)
        }));
    }

    /// A person rings the line up, which takes no calls here: she believes that she reached somebody.
    fn calls(&mut self, value: &Value, place: Place<'_>) {
        let contacts = list(value, "/contacts");
        for (k, call) in list(value, "/calls").iter().enumerate() {
            let Some(external_id) = external_id(call) else {
                self.unreadable(format!("{}.calls[{k}].id", place()));
                continue;
            };
            let is =
                |pointer, word: &str| text(call, pointer).is_some_and(|it| it.eq_ignore_ascii_case(word));
            let from = senders(call, contact_of(call, contacts));
            if !is("/event", "connect") || is("/direction", "BUSINESS_INITIATED") || from.is_empty() {
                self.event(ChannelEvent::Other { what: "call".into() });
                continue;
            }
            let kind = MessageKind::Unsupported { what: "call".into() };
            let sent_at = timestamp(call, "/timestamp");
            let name = contact_of(call, contacts).and_then(|contact| owned(contact, "/profile/name"));
            let rang = Message { name, sent_at, ..Message::new(external_id, from, kind) };
            self.out.push(Incoming::Message(Box::new(rang)));
        }
    }

    /// A person switched one kind of message off or on in WhatsApp itself.
    fn preferences(&mut self, value: &Value) {
        for preference in list(value, "/user_preferences") {
            let person = identities(preference, &["/wa_id", "/user_id"]);
            let about = owned(preference, "/category");
            let at = timestamp(preference, "/timestamp");
            match text(preference, "/value").unwrap_or("") {
                "stop" => self.event(ChannelEvent::OptedOut { person, about, at }),
                "resume" => self.event(ChannelEvent::OptedIn { person, about, at }),
                other => self.event(ChannelEvent::Other { what: format!("user preference {}", word(other)) }),
            }
        }
    }
}

fn failure(status: &Value) -> Status {
    let error = json::at(status, "/errors/0").map(MetaError::read);
    match error {
        Some(error) => Status::Failed {
            class: error.class.unwrap_or(ErrorClass::BadRequest),
            code: error.code,
            detail: without_numbers(&error.detail),
        },
        None => Status::Failed { class: ErrorClass::BadRequest, code: None, detail: String::new() },
    }
}

fn external_id(value: &Value) -> Option<String> {
    owned(value, "/id").filter(|id| id.len() <= MAX_EXTERNAL_ID_BYTES)
}

/// The entry of `contacts` that belongs to a message; the only one there is when none matches.
fn contact_of<'a>(message: &Value, contacts: &'a [Value]) -> Option<&'a Value> {
    let matches = |contact: &&Value| {
        [("/from", "/wa_id"), ("/from_user_id", "/user_id")].iter().any(|(ours, theirs)| {
            text(message, ours).is_some_and(|id| !id.is_empty() && text(contact, theirs) == Some(id))
        })
    };
    match contacts {
        [only] => Some(only),
        several => several.iter().find(matches),
    }
}

/// Who wrote, the identity to answer to first. A message that names nobody takes over what its contact says.
fn senders(message: &Value, contact: Option<&Value>) -> Vec<Urn> {
    let mut from = identities(message, &["/from", "/from_user_id", "/from_bsuid", "/from_parent_user_id"]);
    // A sender that cannot be read must not become somebody else.
    let named =
        ["/from", "/from_user_id", "/from_bsuid"].iter().any(|pointer| json::at(message, pointer).is_some());
    if let Some(contact) = contact
        && (!named || !from.is_empty())
    {
        for urn in identities(contact, &["/wa_id", "/user_id", "/parent_user_id"]) {
            if !from.contains(&urn) {
                from.push(urn);
            }
        }
    }
    from
}

/// The identities at some places, each once, in order.
fn identities(value: &Value, pointers: &[&str]) -> Vec<Urn> {
    let mut found = Vec::new();
    for pointer in pointers {
        if let Some(urn) = text(value, pointer).and_then(identity)
            && !found.contains(&urn)
        {
            found.push(urn);
        }
    }
    found
}

/// Seconds since 1970, as text or number.
fn timestamp(value: &Value, pointer: &str) -> Option<Timestamp> {
    json::integer(value, pointer).and_then(|seconds| Timestamp::from_second(seconds).ok())
}

/// A person opened the chat for the first time, and has written nothing yet.
fn opened(message: &Value, contact: Option<&Value>, person: Vec<Urn>) -> ChannelEvent {
    ChannelEvent::ConversationStarted {
        person,
        name: contact.and_then(|contact| owned(contact, "/profile/name")),
        referral: content::referral(message),
        payload: None,
        title: None,
        at: timestamp(message, "/timestamp"),
    }
}

/// News about the person herself, sent in the form of a message.
fn system(message: &Value, from: Vec<Urn>) -> ChannelEvent {
    let to = identities(
        message,
        &["/system/wa_id", "/system/new_wa_id", "/system/user_id", "/system/parent_user_id"],
    );
    if to.is_empty() || to == from {
        let what = text(message, "/system/type").unwrap_or("without a type");
        return ChannelEvent::Other { what: format!("system message {}", word(what)) };
    }
    ChannelEvent::IdentityChanged { from, to, at: timestamp(message, "/timestamp") }
}

/// Changes that are about the account and not about a conversation.
fn account_event(field: &str, value: &Value) -> ChannelEvent {
    let lower = |pointer: &str| owned(value, pointer).map(|text| word(&text));
    match field {
        "message_template_status_update" => ChannelEvent::TemplateStatus {
            name: owned(value, "/message_template_name").unwrap_or_default(),
            language: owned(value, "/message_template_language").unwrap_or_default(),
            status: lower("/event").unwrap_or_default(),
            reason: owned(value, "/reason").filter(|reason| reason != "NONE"),
        },
        "phone_number_quality_update" => ChannelEvent::Quality {
            change: lower("/event").unwrap_or_default(),
            limit: lower("/current_limit"),
        },
        "account_update" => ChannelEvent::Account {
            change: lower("/event").unwrap_or_default(),
            detail: lower("/ban_info/waba_ban_state").or_else(|| lower("/violation_info/violation_type")),
        },
        "account_review_update" => {
            ChannelEvent::Account { change: "review".into(), detail: lower("/decision") }
        }
        "account_alerts" => ChannelEvent::Account { change: "alert".into(), detail: lower("/alert_type") },
        field => ChannelEvent::Other { what: format!("field {}", word(field)) },
    }
}
