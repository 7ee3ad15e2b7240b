//! LINE official accounts (developers.line.biz/en/reference/messaging-api): JSON both ways, signed with the channel's
//! secret. An answer by reply token is free of charge; it works once, within a minute.
use flow::words::{Attachment, Content, QuickReply, QuickReplyKind, Urn};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::account::{Account, Secret, SettingsError, common};
use crate::adapter::Adapter;
use crate::answers::{class_of_status, retry_after, settle_status};
use crate::choices::{choices_numbered, with_numbers};
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{
    ChannelEvent, Denied, Incoming, IncomingAttachment, MediaSource, Message, MessageKind, Unparsable,
};
use crate::json::{self, list, owned, text, word};
use crate::media::{same_origin, web_address};
use crate::outgoing::{Degraded, ErrorClass, Feature, Outgoing, Refused, Rendering, Settled};
use crate::plain::{add_line, as_line};
use crate::preview::{Shown, read};
use crate::probe::{About, Good, Probe, Reads};
use crate::signing;
use crate::text::{length, split};

/// Where the API is, and where files are, when the settings say nothing else.
const DEFAULT_BASE_URL: &str = "https://api.line.me";
const DATA_URL: &str = "https://api-data.line.me";
/// Base64 HMAC-SHA256 of the body under the channel's secret.
const SIGNATURE_HEADER: &str = "X-Line-Signature";
/// The longest text of one message.
const MAX_TEXT: usize = 5000;
/// The most messages of one call.
const MAX_MESSAGES: usize = 5;
/// The most quick replies, and the longest label of one.
const MAX_QUICK_REPLIES: usize = 13;
const MAX_LABEL: usize = 20;
/// The longest text behind a quick reply.
const MAX_ACTION_TEXT: usize = 300;

/// Settings of an official account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineSettings {
    /// The channel access token: a bearer token that goes with every call.
    pub access_token: Secret,
    /// Webhooks are signed with it.
    pub channel_secret: Secret,
    /// Where the API is; LINE's when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
}

impl LineSettings {
    fn base(&self) -> &str {
        self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/')
    }

    fn authorized(&self) -> Headers {
        Headers::new().with("Authorization", format!("Bearer {}", self.access_token.expose()))
    }
}

impl Adapter for LineSettings {
    fn scheme(&self) -> &str {
        "line"
    }

    fn check(&self, _address: &str) -> Result<(), SettingsError> {
        common(self.base_url.as_deref(), self.max_text_length)
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let header = request.headers.get(SIGNATURE_HEADER).ok_or(Denied::Unsigned)?;
        let signature = STANDARD.decode(header.trim()).map_err(|_| Denied::Malformed)?;
        signing::must_match(&signing::hmac_sha256(self.channel_secret.expose(), &request.body), &signature)
    }

    fn receive(&self, _account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        let body: Value = serde_json::from_slice(&request.body).map_err(|_| Unparsable::at("body"))?;
        let events = body.get("events").and_then(Value::as_array).ok_or_else(|| Unparsable::at("events"))?;
        Ok(events
            .iter()
            .enumerate()
            .flat_map(|(i, raw)| unblocked(raw).into_iter().chain([event(raw, i)]))
            .collect())
    }

    fn request(&self, _account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        if outgoing.to.scheme() != "line" {
            return Err(Refused::Scheme);
        }
        let mut degraded = Vec::new();
        let limit = self.max_text_length.map_or(MAX_TEXT, |most| most.min(MAX_TEXT));
        let messages = messages(&outgoing.content, limit, &mut degraded)?;
        let headers = self.authorized().with("Accept", "application/json");
        let mut requests = Vec::new();
        for (i, batch) in messages.chunks(MAX_MESSAGES).enumerate() {
            // The token for a reply works once.
            let (kind, letter) = match outgoing.reply_token.as_ref().filter(|_| i == 0) {
                Some(token) => ("reply", json!({"replyToken": token, "messages": batch})),
                None => ("push", json!({"to": outgoing.to.path(), "messages": batch})),
            };
            let url = format!("{}/v2/bot/message/{kind}", self.base());
            let mut headers = headers.clone();
            if kind == "push" {
                // The same key makes LINE take a repeated push once. It must be a UUID.
                let key =
                    uuid::Uuid::from_u128(outgoing.id.as_u128() ^ u128::try_from(i).unwrap_or_default());
                headers.append("X-Line-Retry-Key", key.to_string());
            }
            requests.push(HttpRequest::post_json(url, headers, &letter));
        }
        Ok(Rendering { requests, degraded })
    }

    fn shown(&self, _outgoing: &Outgoing, request: &HttpRequest) -> Vec<Shown> {
        read::line(request)
    }

    fn probes(&self, _account: &Account) -> Vec<Probe> {
        let ask = |path: &str| HttpRequest::get(format!("{}/v2/bot/{path}", self.base()), self.authorized());
        let account = Reads {
            ok: Some(("/userId", Good::There)),
            name: "/displayName",
            sender: "/basicId",
            ..Reads::default()
        };
        let webhook = Reads { webhook: "/endpoint", ..Reads::default() };
        vec![
            Probe::new(About::Account, ask("info"), account),
            Probe::new(About::Webhook, ask("channel/webhook/endpoint"), webhook),
        ]
    }

    fn register_webhooks(&self, _account: &Account, url: &str) -> Vec<HttpRequest> {
        let at = format!("{}/v2/bot/channel/webhook/endpoint", self.base());
        let request = HttpRequest::post_json(at, self.authorized(), &json!({"endpoint": url}));
        vec![HttpRequest { method: "PUT".into(), ..request }]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        settle(response)
    }

    fn credentials(&self, _account: &Account, url: &Url) -> Headers {
        let own = [Some(DATA_URL), Some(self.base())];
        if own.into_iter().any(|base| same_origin(url, base)) { self.authorized() } else { Headers::new() }
    }

    fn profile(&self, _account: &Account, urn: &Urn) -> Option<HttpRequest> {
        let url = crate::whatsapp_cloud::below(&format!("{}/v2/bot/profile", self.base()), &urn.path())?;
        Some(HttpRequest::get(url, self.authorized()))
    }

    fn profile_name(&self, body: &Value) -> Option<String> {
        owned(body, "/displayName")
    }
}

/// A person who had blocked the account took that back: what was recorded when she did so is over.
fn unblocked(raw: &Value) -> Option<Incoming> {
    let is_unblocked = json::at(raw, "/follow/isUnblocked").and_then(Value::as_bool) == Some(true);
    let person = vec![Urn::new("line", text(raw, "/source/userId")?).ok()?];
    let at = json::integer(raw, "/timestamp").and_then(|millis| Timestamp::from_millisecond(millis).ok());
    is_unblocked.then_some(Incoming::Event(ChannelEvent::OptedIn { person, about: None, at }))
}

fn event(raw: &Value, place: usize) -> Incoming {
    let at = json::integer(raw, "/timestamp").and_then(|millis| Timestamp::from_millisecond(millis).ok());
    let kind = text(raw, "/type").unwrap_or("");
    let external_id = owned(raw, "/message/id");
    match text(raw, "/source/type") {
        Some("user") | None => {}
        Some(_) => {
            let external_id = external_id.unwrap_or_default();
            return Incoming::Event(ChannelEvent::GroupMessage { external_id });
        }
    }
    let Some(from) = text(raw, "/source/userId").and_then(|id| Urn::new("line", id).ok()) else {
        return Incoming::Event(ChannelEvent::NoSender { external_id });
    };
    Incoming::Event(match kind {
        "message" => {
            let Some(id) = external_id else {
                let place = format!("events[{place}].message.id");
                return Incoming::Event(ChannelEvent::Unreadable { place });
            };
            return message(raw, id, from, at);
        }
        "unsend" => {
            let Some(former) = owned(raw, "/unsend/messageId") else {
                let place = format!("events[{place}].unsend.messageId");
                return Incoming::Event(ChannelEvent::Unreadable { place });
            };
            let kind = MessageKind::Unsupported { what: crate::TAKEN_BACK.to_owned() };
            let back = Message::new(format!("{former}/taken back"), vec![from], kind);
            return Incoming::Message(Box::new(Message { sent_at: at, edits: Some(former), ..back }));
        }
        "postback" => {
            let message = Message {
                sent_at: at,
                text: text(raw, "/postback/data").unwrap_or("").to_owned(),
                choice_id: owned(raw, "/postback/data"),
                reply_token: owned(raw, "/replyToken"),
                ..Message::new(
                    owned(raw, "/webhookEventId").unwrap_or_default(),
                    vec![from],
                    MessageKind::Choice,
                )
            };
            return Incoming::Message(Box::new(message));
        }
        "follow" => ChannelEvent::ConversationStarted {
            person: vec![from],
            name: None,
            referral: None,
            payload: None,
            title: None,
            at,
        },
        "unfollow" => ChannelEvent::OptedOut { person: vec![from], about: None, at },
        other => ChannelEvent::Other { what: word(other) },
    })
}

fn message(raw: &Value, id: String, from: Urn, at: Option<Timestamp>) -> Incoming {
    let content = raw.get("message").unwrap_or(&Value::Null);
    let mut message = Message {
        sent_at: at,
        text: text(content, "/text").unwrap_or("").to_owned(),
        reply_to: owned(content, "/quotedMessageId"),
        reply_token: owned(raw, "/replyToken"),
        ..Message::new(id.clone(), vec![from], MessageKind::Text)
    };
    let elsewhere = owned(content, "/contentProvider/originalContentUrl");
    let url = elsewhere.unwrap_or_else(|| format!("{DATA_URL}/v2/bot/message/{id}/content"));
    let mut file = |kind: MessageKind, content_type: &str| {
        let mut attachment = IncomingAttachment::file(content_type, url.clone());
        attachment.filename = owned(content, "/fileName");
        message.attachments.push(attachment);
        message.kind = kind;
    };
    match text(content, "/type").unwrap_or("") {
        "text" => {}
        "image" => file(MessageKind::Image, "image"),
        "video" => file(MessageKind::Video, "video"),
        "audio" => file(MessageKind::Audio, "audio"),
        "file" => file(MessageKind::Document, "application/octet-stream"),
        "location" => {
            if let (Some(latitude), Some(longitude)) =
                (json::number(content, "/latitude"), json::number(content, "/longitude"))
            {
                let (name, address) = (owned(content, "/title"), owned(content, "/address"));
                let words = [name.as_deref(), address.as_deref().filter(|_| name.is_none())];
                message.text = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
                let source = MediaSource::Location { latitude, longitude, name, address };
                message.attachments.push(IncomingAttachment::of("geo", source));
            }
            message.kind = MessageKind::Location;
        }
        "sticker" => {
            // Its words, where LINE tells them, are what she meant.
            let words = list(content, "/keywords").iter().filter_map(Value::as_str).take(3);
            message.text = words.collect::<Vec<_>>().join(", ");
            message.kind = MessageKind::Sticker;
        }
        other => message.kind = MessageKind::Unsupported { what: word(other) },
    }
    Incoming::Message(Box::new(message))
}

/// A message as LINE's messages, files first.
fn messages(content: &Content, limit: usize, degraded: &mut Vec<Degraded>) -> Result<Vec<Value>, Refused> {
    let mut text = content.text.trim().to_owned();
    let mut items = Vec::new();
    for reply in &content.quick_replies {
        match item(reply) {
            Ok(item) => items.push(item),
            Err(left_out) => degraded.push(left_out),
        }
    }
    let too_long = |reply: &QuickReply| {
        reply.kind == QuickReplyKind::Text
            && (length(reply.text.trim()) > MAX_LABEL || length(reply.text.trim()) > MAX_ACTION_TEXT)
    };
    if items.len() > MAX_QUICK_REPLIES || content.quick_replies.iter().any(too_long) {
        let why = "a quick reply is longer than LINE shows, or there are too many; they are numbered lines";
        degraded.push(Degraded::new(Feature::QuickReplies, why));
        text = with_numbers(&text, &choices_numbered(&content.quick_replies));
        for reply in content.quick_replies.iter().filter(|reply| reply.kind == QuickReplyKind::Url) {
            text = add_line(text, reply.extra.as_deref().unwrap_or(""));
        }
        items.clear();
    }
    let mut messages = Vec::new();
    for file in &content.attachments {
        messages.push(attachment(file, degraded)?);
    }
    messages.extend(split(&text, limit).into_iter().map(|part| json!({"type": "text", "text": part})));
    if let Some(last) = messages.last_mut().filter(|_| !items.is_empty()) {
        last["quickReply"] = json!({"items": items});
    }
    Ok(messages)
}

fn attachment(file: &Attachment, degraded: &mut Vec<Degraded>) -> Result<Value, Refused> {
    let url = web_address(&file.url).map(|_| file.url.as_str());
    let content_type = file.content_type.to_ascii_lowercase();
    if let (Some(url), "image/jpeg" | "image/jpg" | "image/png") = (url, content_type.as_str()) {
        return Ok(json!({"type": "image", "originalContentUrl": url, "previewImageUrl": url}));
    }
    // LINE wants to be told how long a sound is, and the picture that stands for a film: neither is known here.
    Ok(json!({"type": "text", "text": as_line(String::new(), file, degraded)?}))
}

fn item(reply: &QuickReply) -> Result<Value, Degraded> {
    let label = reply.text.trim();
    let extra = reply.extra.as_deref().map(str::trim).unwrap_or("");
    let action = match reply.kind {
        QuickReplyKind::Text if label.is_empty() => {
            return Err(Degraded::new(Feature::QuickReplies, "a choice without words is left out"));
        }
        QuickReplyKind::Text => json!({"type": "message", "label": label, "text": label}),
        QuickReplyKind::Location => {
            json!({"type": "location", "label": if label.is_empty() { "Send Location" } else { label }})
        }
        QuickReplyKind::Url if web_address(extra).is_none() => {
            return Err(Degraded::new(Feature::Link, "the link leads nowhere; it is left out"));
        }
        QuickReplyKind::Url => {
            json!({"type": "uri", "label": if label.is_empty() { "Open Link" } else { label }, "uri": extra})
        }
        QuickReplyKind::Form => {
            return Err(Degraded::new(Feature::Form, "there are no forms here; the form is left out"));
        }
    };
    Ok(json!({"type": "action", "action": action}))
}

fn settle(response: &HttpResponse) -> Settled {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    if response.is_success() {
        return match (json::code(&body, "/sentMessages/0/id"), body.is_object()) {
            (Some(id), _) => Settled::taken(Some(id)),
            (None, true) => Settled::taken_without_id(),
            (None, false) => Settled::Unknown,
        };
    }
    // The same retry key again: it was taken before.
    if response.status == 409 {
        return Settled::taken_without_id();
    }
    match text(&body, "/message") {
        Some("Invalid reply token") => {
            ErrorClass::WindowClosed.settle(None, "the reply token is used up", None)
        }
        Some(why) if response.status < 500 => {
            let limit = why.to_ascii_lowercase().contains("monthly limit");
            let class = match response.status {
                429 if limit => ErrorClass::Throttled,
                403 => ErrorClass::AccountBroken,
                400 if why.contains("Failed to send messages") => ErrorClass::Unreachable,
                status => class_of_status(status),
            };
            class.settle(None, why, retry_after(response))
        }
        _ => settle_status(response),
    }
}
