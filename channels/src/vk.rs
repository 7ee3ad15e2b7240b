//! VK communities (dev.vk.com/api/callback, dev.vk.com/method/messages.send): JSON in, parameters out. A call carries
//! the community's secret in its body and is repeated until it is answered "ok".
use flow::words::{Content, QuickReply, QuickReplyKind, Urn};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::account::{Account, Secret, SettingsError, common};
use crate::adapter::Adapter;
use crate::answers::{retry_after, settle_status};
use crate::choices::{choice_id, choices_numbered, with_numbers};
use crate::guard::Guard;
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{ChannelEvent, Denied, Incoming, IncomingAttachment, Message, MessageKind, Unparsable};
use crate::json::{self, list, owned, text, word};
use crate::media::web_address;
use crate::outgoing::{Degraded, ErrorClass, Feature, Outgoing, Refused, Rendering, Settled};
use crate::plain::as_line;
use crate::preview::{Shown, read};
use crate::probe::{About, Good, Probe, Reads};
use crate::signing;
use crate::text::{length, split};

/// Where the API is when the settings say nothing else.
const DEFAULT_BASE_URL: &str = "https://api.vk.com/method";
/// The version of the API that answers are read by.
const VERSION: &str = "5.103";
/// The longest text of one message.
const MAX_TEXT: usize = 4096;
/// The most buttons of a keyboard, of a row, and rows.
const MAX_BUTTONS: usize = 40;
const MAX_COLUMNS: usize = 5;
const MAX_ROWS: usize = 10;
/// The longest label of a button.
const MAX_LABEL: usize = 40;
/// Buttons stand side by side while their labels together are not longer.
const MAX_ROW_LABELS: usize = 30;
/// What stands for a visible request where the author wrote nothing on the button.
const SEND_LOCATION: &str = "Send Location";
/// Conversations of several people have numbers from here on.
const FIRST_GROUP: i64 = 2_000_000_000;
/// The width of a sticker's picture that is taken where there is a choice.
const STICKER_WIDTH: i64 = 128;

/// Settings of a community.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VkSettings {
    /// The community's key, with the right to send messages.
    pub access_token: Secret,
    /// What VK wants to read when the server is confirmed.
    pub confirmation: String,
    /// The secret key of the Callback API: it comes with every call.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// Lets calls in without the secret; the webhook's address must then be kept secret.
    #[serde(default)]
    pub unsigned_webhooks: bool,
    /// Where the API is; VK's when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
}

impl VkSettings {
    /// A call of a method; VK wants its parameters, the token too, in the address.
    fn call(&self, method: &str, parameters: &[(&str, &str)]) -> Option<HttpRequest> {
        let base = self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/');
        let mut url = Url::parse(&format!("{base}/{method}.json")).ok()?;
        url.query_pairs_mut()
            .append_pair("access_token", self.access_token.expose())
            .append_pair("v", VERSION)
            .extend_pairs(parameters);
        Some(HttpRequest { method: "POST".into(), ..HttpRequest::get(url, Headers::new()) })
    }
}

impl Adapter for VkSettings {
    fn scheme(&self) -> &str {
        "vk"
    }

    fn check(&self, _address: &str) -> Result<(), SettingsError> {
        Guard::new(self.secret.as_ref(), self.unsigned_webhooks).check("vk")?;
        common(self.base_url.as_deref(), self.max_text_length)
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let Some(secret) = &self.secret else {
            return if self.unsigned_webhooks { Ok(()) } else { Err(Denied::Unsigned) };
        };
        let body: Value = serde_json::from_slice(&request.body).map_err(|_| Denied::Malformed)?;
        let given = text(&body, "/secret").ok_or(Denied::Unsigned)?;
        signing::must_match(secret.expose().as_bytes(), given.as_bytes())
    }

    fn challenge(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let body: Value = serde_json::from_slice(&request.body).ok()?;
        if text(&body, "/type") != Some("confirmation") {
            return None;
        }
        let plain = "text/plain; charset=utf-8";
        Some(match self.verify(request) {
            Ok(()) => HttpResponse::new(200, plain, self.confirmation.as_str()),
            Err(denied) => HttpResponse::new(denied.http_status(), plain, denied.to_string()),
        })
    }

    fn receive(&self, _account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        let body: Value = serde_json::from_slice(&request.body).map_err(|_| Unparsable::at("body"))?;
        event(&body).map(|one| vec![one])
    }

    fn request(&self, _account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        if outgoing.to.scheme() != "vk" {
            return Err(Refused::Scheme);
        }
        let mut degraded = Vec::new();
        let content = &outgoing.content;
        let (keyboard, mut text) = keyboard(content, &mut degraded);
        for file in &content.attachments {
            text = as_line(text, file, &mut degraded)?;
        }
        let limit = self.max_text_length.map_or(MAX_TEXT, |most| most.min(MAX_TEXT));
        let parts = split(&text, limit);
        let to = outgoing.to.path();
        let mut requests = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            let number = once(outgoing.id, i);
            let mut parameters =
                vec![("user_id", to.as_str()), ("random_id", &number), ("message", part), ("attachment", "")];
            if let Some(keyboard) = keyboard.as_deref().filter(|_| i + 1 == parts.len()) {
                parameters.push(("keyboard", keyboard));
            }
            requests.push(self.call("messages.send", &parameters).ok_or(Refused::Address)?);
        }
        Ok(Rendering { requests, degraded })
    }

    fn shown(&self, _outgoing: &Outgoing, request: &HttpRequest) -> Vec<Shown> {
        vec![read::vk(request)]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        settle(response)
    }

    fn probes(&self, _account: &Account) -> Vec<Probe> {
        let reads =
            Reads { ok: Some(("/response/0/id", Good::There)), name: "/response/0/name", ..Reads::default() };
        let request = self.call("groups.getById", &[]);
        request.into_iter().map(|request| Probe::new(About::Account, request, reads)).collect()
    }

    fn profile(&self, _account: &Account, urn: &Urn) -> Option<HttpRequest> {
        self.call("users.get", &[("user_ids", &urn.path())])
    }

    fn profile_name(&self, body: &Value) -> Option<String> {
        let both = [text(body, "/response/0/first_name"), text(body, "/response/0/last_name")];
        Some(both.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

/// The number by which VK knows that a message was sent already. It must be a whole number of 31 bits: of an UUID VK
/// would read the first digits only, which messages of one minute have in common, and would drop the second.
fn once(id: Uuid, part: usize) -> String {
    let low = (id.as_u128() ^ u128::try_from(part).unwrap_or_default()) & 0x7fff_ffff;
    low.to_string()
}

fn person(id: Option<i64>) -> Option<Urn> {
    Urn::new("vk", &id.filter(|id| *id > 0)?.to_string()).ok()
}

fn event(body: &Value) -> Result<Incoming, Unparsable> {
    let kind = text(body, "/type").ok_or_else(|| Unparsable::at("type"))?;
    let event = match kind {
        // Before version 5.103 the message was the object itself.
        "message_new" => {
            let object = body.get("object").ok_or_else(|| Unparsable::at("object"))?;
            return message(object.get("message").unwrap_or(object));
        }
        "message_allow" | "message_deny" => {
            let person = person(json::integer(body, "/object/user_id"))
                .ok_or_else(|| Unparsable::at("object.user_id"))?;
            let person = vec![person];
            match kind {
                "message_deny" => ChannelEvent::OptedOut { person, about: None, at: None },
                _ => ChannelEvent::OptedIn { person, about: None, at: None },
            }
        }
        other => ChannelEvent::Other { what: format!("event {}", word(other)) },
    };
    Ok(Incoming::Event(event))
}

fn message(raw: &Value) -> Result<Incoming, Unparsable> {
    let id = json::code(raw, "/id").ok_or_else(|| Unparsable::at("object.message.id"))?;
    if json::integer(raw, "/peer_id").is_some_and(|peer| peer > FIRST_GROUP) {
        return Ok(Incoming::Event(ChannelEvent::GroupMessage { external_id: id }));
    }
    let Some(from) = person(json::integer(raw, "/from_id")) else {
        return Ok(Incoming::Event(ChannelEvent::NoSender { external_id: Some(id) }));
    };
    let at = json::integer(raw, "/date").and_then(|seconds| Timestamp::from_second(seconds).ok());
    let payload = text(raw, "/payload").and_then(|payload| serde_json::from_str::<Value>(payload).ok());
    let mut message = Message {
        sent_at: at,
        text: text(raw, "/text").unwrap_or("").to_owned(),
        choice_id: payload.as_ref().and_then(Value::as_str).map(str::to_owned),
        reply_to: json::code(raw, "/reply_message/id"),
        ..Message::new(id, vec![from], MessageKind::Text)
    };
    if message.choice_id.is_some() {
        message.kind = MessageKind::Choice;
    }
    for attachment in list(raw, "/attachments") {
        attach(&mut message, attachment);
    }
    let degrees = |name: &str| json::number(raw, &format!("/geo/coordinates/{name}"));
    if let (Some(latitude), Some(longitude)) = (degrees("latitude"), degrees("longitude")) {
        message.attachments.push(IncomingAttachment::place(latitude, longitude));
        message.kind = MessageKind::Location;
    }
    if message.text.is_empty() && message.attachments.is_empty() && message.kind == MessageKind::Text {
        return Err(Unparsable::at("object.message.text"));
    }
    Ok(Incoming::Message(Box::new(message)))
}

fn attach(message: &mut Message, raw: &Value) {
    let kind = text(raw, "/type").unwrap_or("");
    let part = raw.get(kind).unwrap_or(&Value::Null);
    let (found, content_type, url) = match kind {
        "photo" => (MessageKind::Image, "image/jpeg", largest(list(part, "/sizes"))),
        "graffiti" => (MessageKind::Image, "image/png", owned(part, "/url")),
        "sticker" => (MessageKind::Sticker, "image/png", sticker(list(part, "/images"))),
        "audio" => (MessageKind::Audio, "audio/mpeg", owned(part, "/url")),
        "audio_message" => (MessageKind::Voice, "audio/mpeg", owned(part, "/link_mp3")),
        "doc" => (MessageKind::Document, "application/octet-stream", owned(part, "/url")),
        _ => (MessageKind::Unsupported { what: word(kind) }, "", None),
    };
    match url.filter(|url| web_address(url).is_some()) {
        Some(url) => {
            let mut file = IncomingAttachment::file(content_type, url);
            file.filename = owned(part, "/title").filter(|_| kind == "doc");
            message.attachments.push(file);
            if message.kind == MessageKind::Text && message.text.is_empty() {
                message.kind = found;
            }
        }
        // A film, a post, a shop's goods: VK gives no file of them.
        None if message.kind == MessageKind::Text && message.text.is_empty() => {
            message.kind = MessageKind::Unsupported { what: word(kind) };
        }
        None => {}
    }
}

fn largest(sizes: &[Value]) -> Option<String> {
    owned(sizes.iter().max_by_key(|size| json::integer(size, "/width"))?, "/url")
}

fn sticker(images: &[Value]) -> Option<String> {
    let distance = |image: &&Value| (json::integer(image, "/width").unwrap_or(0) - STICKER_WIDTH).abs();
    owned(images.iter().min_by_key(distance)?, "/url")
}

/// The keyboard as VK's JSON, and the text with what the keyboard cannot hold.
fn keyboard(content: &Content, degraded: &mut Vec<Degraded>) -> (Option<String>, String) {
    let mut buttons = Vec::new();
    for reply in &content.quick_replies {
        match button(reply) {
            Ok(button) => buttons.push(button),
            Err(left_out) => degraded.push(left_out),
        }
    }
    let rows = rows(buttons);
    let fit = rows.len() <= MAX_ROWS
        && rows.iter().map(Vec::len).sum::<usize>() <= MAX_BUTTONS
        && content.quick_replies.iter().all(|reply| length(reply.text.trim()) <= MAX_LABEL);
    if !fit {
        let why = "a choice is longer than a button of VK's, or there are too many; they are numbered lines";
        degraded.push(Degraded::new(Feature::QuickReplies, why));
        return (None, with_numbers(&content.text, &choices_numbered(&content.quick_replies)));
    }
    let shown = json!({"one_time": true, "buttons": rows, "inline": false});
    ((!rows.is_empty()).then(|| shown.to_string()), content.text.clone())
}

/// A button, and how much room it takes in a row; `None` takes a row of its own.
type Button = (Value, Option<usize>);

fn button(reply: &QuickReply) -> Result<Button, Degraded> {
    let label = reply.text.trim();
    let extra = reply.extra.as_deref().map(str::trim).unwrap_or("");
    let payload = |text: &str| Value::from(text).to_string();
    match reply.kind {
        QuickReplyKind::Text if label.is_empty() => {
            Err(Degraded::new(Feature::QuickReplies, "a choice without words is left out"))
        }
        QuickReplyKind::Text => {
            let action = json!({"type": "text", "label": label, "payload": payload(choice_id(reply))});
            Ok((json!({"action": action, "color": "primary"}), Some(length(label))))
        }
        QuickReplyKind::Location => {
            let label = if label.is_empty() { SEND_LOCATION } else { label };
            Ok((json!({"action": {"type": "location", "payload": payload(label)}}), None))
        }
        QuickReplyKind::Url if web_address(extra).is_none() => {
            Err(Degraded::new(Feature::Link, "the link leads nowhere; it is left out"))
        }
        QuickReplyKind::Url => {
            let label = if label.is_empty() { "Open Link" } else { label };
            let action =
                json!({"type": "open_link", "label": label, "link": extra, "payload": payload(label)});
            Ok((json!({"action": action, "color": "primary"}), None))
        }
        QuickReplyKind::Form => {
            Err(Degraded::new(Feature::Form, "there are no forms here; the form is left out"))
        }
    }
}

/// Choices side by side while they fit, each other button in a row of its own.
fn rows(buttons: Vec<Button>) -> Vec<Vec<Value>> {
    let mut rows: Vec<(Vec<Value>, usize)> = Vec::new();
    for (button, room) in buttons {
        match (rows.last_mut(), room) {
            (Some((row, filled)), Some(room))
                if row.len() < MAX_COLUMNS && *filled + room <= MAX_ROW_LABELS =>
            {
                row.push(button);
                *filled += room;
            }
            (_, room) => rows.push((vec![button], room.unwrap_or(MAX_ROW_LABELS + 1))),
        }
    }
    rows.into_iter().map(|(row, _)| row).collect()
}

/// Source: dev.vk.com/reference/errors and the errors of messages.send.
const fn class(code: i64) -> ErrorClass {
    match code {
        6 | 29 => ErrorClass::Throttled,
        9 => ErrorClass::ThrottledPerson,
        1 | 10 => ErrorClass::Transient,
        900..=902 => ErrorClass::OptedOut,
        15 | 18 | 30 | 113 | 936 => ErrorClass::Unreachable,
        5 | 7 | 17 | 20 | 27 | 28 | 203 | 912 => ErrorClass::AccountBroken,
        _ => ErrorClass::BadRequest,
    }
}

fn settle(response: &HttpResponse) -> Settled {
    if !response.is_success() {
        return settle_status(response);
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    match json::integer(&body, "/error/error_code") {
        Some(code) => {
            let why = text(&body, "/error/error_msg").unwrap_or("");
            class(code).settle(Some(code.to_string()), why, retry_after(response))
        }
        None => Settled::taken(json::code(&body, "/response")),
    }
}
