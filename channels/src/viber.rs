//! Viber bots (developers.viber.com/docs/api/rest-bot-api): JSON both ways, signed with the bot's token. Viber wants the
//! size of a file before it takes it, so that is asked for first.
use flow::words::{Attachment, Content, QuickReply, QuickReplyKind, Urn};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::{Account, Secret, SettingsError, common};
use crate::adapter::{Adapter, Preparation};
use crate::answers::{class_of_status, retry_after, settle_status};
use crate::choices::{choices_numbered, with_numbers};
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{
    ChannelEvent, DeliveryReport, Denied, Incoming, IncomingAttachment, Message, MessageKind, Status,
    Unparsable,
};
use crate::json::{self, owned, text, word};
use crate::media::{filename, web_address};
use crate::outgoing::{
    Degraded, ErrorClass, Feature, Outgoing, Refused, Rendering, Settled, without_numbers,
};
use crate::plain::as_line;
use crate::preview::{Shown, read};
use crate::probe::{About, Good, Probe, Reads};
use crate::signing;
use crate::text::{length, split};

/// Where the API is when the settings say nothing else.
const DEFAULT_BASE_URL: &str = "https://chatapi.viber.com/pa";
/// Hexadecimal HMAC-SHA256 of the body under the bot's token.
const SIGNATURE_HEADER: &str = "X-Viber-Content-Signature";
/// The longest text of one message, and of a picture's caption.
const MAX_TEXT: usize = 7000;
const MAX_CAPTION: usize = 512;
/// The largest film and the largest other file; a larger film goes as a file, a larger file as a link.
const MAX_VIDEO_BYTES: u64 = 26 * 1024 * 1024;
const MAX_FILE_BYTES: u64 = 50 * 1024 * 1024;
/// Columns that a keyboard has, and the most rows of it.
const COLUMNS: usize = 6;
const MAX_ROWS: usize = 24;
/// Buttons beside one another in a row: more could not be read.
const MAX_PER_ROW: usize = 3;
/// What stands for a visible request where the author wrote nothing on the button.
const SEND_LOCATION: &str = "Send Location";

/// Settings of a bot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViberSettings {
    /// The bot's token: it goes with every call, and webhooks are signed with it.
    pub auth_token: Secret,
    /// What is answered when a person opens the chat for the first time.
    #[serde(default)]
    pub welcome_message: Option<String>,
    /// The name that is shown over each message, at most 28 letters.
    #[serde(default)]
    pub sender_name: Option<String>,
    /// How buttons look.
    #[serde(default)]
    pub button_layout: Option<ButtonLayout>,
    /// Where the API is; Viber's when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
    /// A lower limit for the length of a picture's caption than the provider's.
    #[serde(default)]
    pub max_caption_length: Option<usize>,
}

/// How buttons look.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ButtonLayout {
    /// `#rrggbb`.
    #[serde(default)]
    pub bg_color: Option<String>,
    /// HTML in which `*` stands for the button's words.
    #[serde(default)]
    pub text: Option<String>,
    /// `small`, `regular` or `large`.
    #[serde(default)]
    pub text_size: Option<String>,
}

/// What the webhook is called for.
const EVENTS: [&str; 6] =
    ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"];

impl ViberSettings {
    fn base(&self) -> &str {
        self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/')
    }

    fn call(&self, method: &str, mut letter: Value) -> HttpRequest {
        letter["auth_token"] = json!(self.auth_token.expose());
        HttpRequest::post_json(format!("{}/{method}", self.base()), Headers::new(), &letter)
    }
}

impl Adapter for ViberSettings {
    fn scheme(&self) -> &str {
        "viber"
    }

    fn check(&self, _address: &str) -> Result<(), SettingsError> {
        common(self.base_url.as_deref(), self.max_text_length)
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let header = request.headers.get(SIGNATURE_HEADER).ok_or(Denied::Unsigned)?;
        let signature = hex::decode(header.trim()).map_err(|_| Denied::Malformed)?;
        signing::must_match(&signing::hmac_sha256(self.auth_token.expose(), &request.body), &signature)
    }

    fn receive(&self, _account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        let body: Value = serde_json::from_slice(&request.body).map_err(|_| Unparsable::at("body"))?;
        event(&body, self.welcome_message.is_some())
    }

    /// The first opening of a chat is answered with the welcome.
    fn accepted(&self, request: &HttpRequest) -> HttpResponse {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let opened = text(&body, "/event") == Some("conversation_started");
        match self.welcome_message.as_ref().filter(|_| opened) {
            Some(welcome) => {
                let welcome =
                    json!({"auth_token": self.auth_token.expose(), "text": welcome, "type": "text"});
                HttpResponse::new(200, "application/json", welcome.to_string())
            }
            None => HttpResponse::new(200, "text/plain; charset=utf-8", "ok"),
        }
    }

    fn prepare(&self, _account: &Account, outgoing: &Outgoing) -> Result<Option<Preparation>, Refused> {
        let unknown = outgoing.content.attachments.iter().find(|file| {
            matches!(kind(file), Kind::Video | Kind::File) && !outgoing.answers.contains_key(&file.url)
        });
        let Some(file) = unknown else { return Ok(None) };
        web_address(&file.url).ok_or(Refused::Attachment)?;
        let request = HttpRequest { method: "HEAD".into(), ..HttpRequest::get(&file.url, Headers::new()) };
        Ok(Some(Preparation::Ask { key: file.url.clone(), request }))
    }

    fn request(&self, _account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        if outgoing.to.scheme() != "viber" {
            return Err(Refused::Scheme);
        }
        let mut letters = Letters { settings: self, outgoing, messages: Vec::new(), degraded: Vec::new() };
        letters.content(&outgoing.content)?;
        let url = format!(
            "{}/send_message",
            self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/')
        );
        let headers = Headers::new().with("Accept", "application/json");
        let requests = letters
            .messages
            .iter()
            .map(|message| HttpRequest::post_json(&url, headers.clone(), message))
            .collect();
        Ok(Rendering { requests, degraded: letters.degraded })
    }

    fn shown(&self, _outgoing: &Outgoing, request: &HttpRequest) -> Vec<Shown> {
        vec![read::viber(request)]
    }

    fn probes(&self, _account: &Account) -> Vec<Probe> {
        let reads =
            |name, webhook| Reads { ok: Some(("/status", Good::Zero)), name, webhook, ..Reads::default() };
        let ask = || self.call("get_account_info", json!({}));
        vec![
            Probe::new(About::Account, ask(), reads("/name", "")),
            Probe::new(About::Webhook, ask(), reads("", "/webhook")),
        ]
    }

    fn register_webhooks(&self, _account: &Account, url: &str) -> Vec<HttpRequest> {
        vec![self.call("set_webhook", json!({"url": url, "event_types": EVENTS, "send_name": true}))]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        settle(response)
    }
}

fn identity(body: &Value, pointer: &str) -> Result<Urn, Unparsable> {
    let place = || Unparsable::at(pointer.trim_start_matches('/').replace('/', "."));
    let id = text(body, pointer).ok_or_else(place)?;
    let fits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(&b));
    fits.then(|| Urn::new("viber", id).ok()).flatten().ok_or_else(place)
}

fn event(body: &Value, welcomes: bool) -> Result<Vec<Incoming>, Unparsable> {
    let at = json::integer(body, "/timestamp").and_then(|millis| Timestamp::from_millisecond(millis).ok());
    let id = || json::code(body, "/message_token").ok_or_else(|| Unparsable::at("message_token"));
    let one = |event: ChannelEvent| Ok(vec![Incoming::Event(event)]);
    let reported = |status: Status| {
        let recipient = identity(body, "/user_id").into_iter().collect();
        Ok(vec![Incoming::Report(DeliveryReport { at, recipient, ..DeliveryReport::of(id()?, status) })])
    };
    match text(body, "/event").unwrap_or("") {
        "webhook" => one(ChannelEvent::Other { what: "webhook".into() }),
        "subscribed" => {
            let person = vec![identity(body, "/user/id")?];
            let name = owned(body, "/user/name");
            one(ChannelEvent::ConversationStarted {
                person,
                name,
                referral: None,
                payload: None,
                title: None,
                at,
            })
        }
        "conversation_started" => {
            let person = vec![identity(body, "/user/id")?];
            if !welcomes {
                // She has only opened the chat; nothing may be sent before she writes.
                return one(ChannelEvent::Other { what: "conversation_started".into() });
            }
            let (name, payload) = (owned(body, "/user/name"), owned(body, "/context"));
            one(ChannelEvent::ConversationStarted { person, name, referral: None, payload, title: None, at })
        }
        "unsubscribed" => {
            one(ChannelEvent::OptedOut { person: vec![identity(body, "/user_id")?], about: None, at })
        }
        "failed" => {
            let detail = without_numbers(text(body, "/desc").unwrap_or("failed"));
            reported(Status::Failed { class: ErrorClass::Unreachable, code: None, detail })
        }
        "delivered" => reported(Status::Delivered),
        "seen" => reported(Status::Read),
        "message" => message(body, id()?, at),
        _ => Err(Unparsable::at("event")),
    }
}

fn message(body: &Value, id: String, at: Option<Timestamp>) -> Result<Vec<Incoming>, Unparsable> {
    let from = identity(body, "/sender/id")?;
    let raw = body.get("message").ok_or_else(|| Unparsable::at("message"))?;
    let said = || text(raw, "/text").unwrap_or("").to_owned();
    let media = || owned(raw, "/media").ok_or_else(|| Unparsable::at("message.media"));
    let mut message = Message {
        name: owned(body, "/sender/name"),
        sent_at: at,
        text: said(),
        ..Message::new(id, vec![from], MessageKind::Text)
    };
    let mut file = |kind: MessageKind, content_type: &str, url: String| {
        let mut attachment = IncomingAttachment::file(content_type, url);
        attachment.filename = owned(raw, "/file_name");
        message.attachments.push(attachment);
        message.kind = kind;
    };
    match text(raw, "/type").unwrap_or("") {
        "text" => {
            text(raw, "/text").ok_or_else(|| Unparsable::at("message.text"))?;
        }
        "picture" => file(MessageKind::Image, "image", media()?),
        "video" => file(MessageKind::Video, "video", media()?),
        "file" => file(MessageKind::Document, "application/octet-stream", media()?),
        "sticker" => {
            let sticker =
                json::code(raw, "/sticker_id").ok_or_else(|| Unparsable::at("message.sticker_id"))?;
            file(MessageKind::Sticker, "image/png", format!("{STICKERS}/{}.png", word(&sticker)));
        }
        "url" => message.text = media()?,
        "contact" => {
            let (name, phone) = (text(raw, "/contact/name"), text(raw, "/contact/phone_number"));
            message.text = [name, phone].into_iter().flatten().collect::<Vec<_>>().join(": ");
            message.kind = MessageKind::Contacts;
        }
        "location" => {
            let degrees = |name: &str| {
                json::number(raw, &format!("/location/{name}"))
                    .ok_or_else(|| Unparsable::at("message.location"))
            };
            message.attachments.push(IncomingAttachment::place(degrees("lat")?, degrees("lon")?));
            message.kind = MessageKind::Location;
        }
        other => message.kind = MessageKind::Unsupported { what: word(other) },
    }
    Ok(vec![Incoming::Message(Box::new(message))])
}

/// Where Viber shows its stickers, by number.
const STICKERS: &str = "https://viber.github.io/docs/img/stickers";

/// How a file goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picture,
    Video,
    File,
    Place,
}

fn kind(file: &Attachment) -> Kind {
    match file.content_type.split('/').next().unwrap_or("") {
        "geo" => Kind::Place,
        "image" => Kind::Picture,
        "video" => Kind::Video,
        _ => Kind::File,
    }
}

/// The messages of one message while they are being written.
struct Letters<'a> {
    settings: &'a ViberSettings,
    outgoing: &'a Outgoing,
    messages: Vec<Value>,
    degraded: Vec<Degraded>,
}

impl Letters<'_> {
    fn content(&mut self, content: &Content) -> Result<(), Refused> {
        let mut text = content.text.trim().to_owned();
        let keyboard = self.keyboard(content, &mut text);
        let limit = self.settings.max_text_length.map_or(MAX_TEXT, |most| most.min(MAX_TEXT));
        let most = self.settings.max_caption_length.map_or(MAX_CAPTION, |most| most.min(MAX_CAPTION));
        for (i, file) in content.attachments.iter().enumerate() {
            let message = match kind(file) {
                Kind::Place => self.place(file, &mut text)?,
                _ if web_address(&file.url).is_none() => return Err(Refused::Attachment),
                Kind::Picture => {
                    let caption = if i == 0 && length(&text) <= most {
                        std::mem::take(&mut text)
                    } else {
                        String::new()
                    };
                    let picture = json!({"type": "picture", "media": file.url});
                    Some(with(picture, "text", (!caption.is_empty()).then_some(caption)))
                }
                kind => match (kind, self.size(file)?) {
                    (Kind::Video, Some(size)) if size <= MAX_VIDEO_BYTES => {
                        Some(json!({"type": "video", "media": file.url, "size": size}))
                    }
                    (_, Some(size)) if size <= MAX_FILE_BYTES => {
                        let is_sound = file.content_type.starts_with("audio");
                        let name = if is_sound { "Audio".into() } else { filename(&file.url) };
                        Some(json!({"type": "file", "media": file.url, "size": size, "file_name": name}))
                    }
                    // Too large, or of a size that its server does not tell.
                    _ => {
                        text = as_line(text, file, &mut self.degraded)?;
                        None
                    }
                },
            };
            self.messages.extend(message);
        }
        self.messages
            .extend(split(&text, limit).into_iter().map(|part| json!({"type": "text", "text": part})));
        for message in &mut self.messages {
            message["auth_token"] = json!(self.settings.auth_token.expose());
            message["receiver"] = json!(self.outgoing.to.path());
            message["tracking_data"] = json!(self.outgoing.id.to_string());
            if let Some(name) = &self.settings.sender_name {
                message["sender"] = json!({"name": name});
            }
        }
        if let (Some(last), Some(keyboard)) = (self.messages.last_mut(), keyboard) {
            last["keyboard"] = keyboard;
        }
        Ok(())
    }

    fn place(&mut self, file: &Attachment, text: &mut String) -> Result<Option<Value>, Refused> {
        let degrees = |part: Option<&str>| part.and_then(|part| part.trim().parse::<f64>().ok());
        let mut parts = file.url.split(',');
        if let (Some(lat), Some(lon)) = (degrees(parts.next()), degrees(parts.next())) {
            return Ok(Some(json!({"type": "location", "location": {"lat": lat, "lon": lon}})));
        }
        *text = as_line(std::mem::take(text), file, &mut self.degraded)?;
        Ok(None)
    }

    /// The size of a file, as the server that holds it says; `None` where it does not say.
    fn size(&self, file: &Attachment) -> Result<Option<u64>, Refused> {
        let answer = self.outgoing.answers.get(&file.url).ok_or(Refused::Unprepared)?;
        if !answer.is_success() {
            return Err(Refused::FileGone);
        }
        let length = answer.headers.get_all("Content-Length").last();
        Ok(length.and_then(|length| length.trim().parse().ok()))
    }

    fn keyboard(&mut self, content: &Content, text: &mut String) -> Option<Value> {
        let mut buttons = Vec::new();
        for reply in &content.quick_replies {
            match self.button(reply) {
                Ok(button) => buttons.push(button),
                Err(degraded) => self.degraded.push(degraded),
            }
        }
        if buttons.len() > MAX_ROWS * MAX_PER_ROW {
            let why = "too many choices for a keyboard; they are numbered lines";
            self.degraded.push(Degraded::new(Feature::QuickReplies, why));
            *text = with_numbers(text, &choices_numbered(&content.quick_replies));
            return None;
        }
        let count = buttons.len();
        for (i, button) in buttons.iter_mut().enumerate() {
            button["Columns"] = json!(columns(i, count).to_string());
        }
        (count > 0).then(|| json!({"Type": "keyboard", "DefaultHeight": false, "Buttons": buttons}))
    }

    fn button(&self, reply: &QuickReply) -> Result<Value, Degraded> {
        let label = reply.text.trim();
        let extra = reply.extra.as_deref().map(str::trim).unwrap_or("");
        let (action, body, label) = match reply.kind {
            QuickReplyKind::Text if label.is_empty() => {
                return Err(Degraded::new(Feature::QuickReplies, "a choice without words is left out"));
            }
            // What a key sends stands in the chat as if the person had typed it, and comes in as any text: an id would
            // be shown to her, and nobody would know it again.
            QuickReplyKind::Text => ("reply", label, label),
            QuickReplyKind::Location if label.is_empty() => ("location-picker", "location", SEND_LOCATION),
            QuickReplyKind::Location => ("location-picker", "location", label),
            QuickReplyKind::Url if web_address(extra).is_none() => {
                return Err(Degraded::new(Feature::Link, "the link leads nowhere; it is left out"));
            }
            QuickReplyKind::Url => ("open-url", extra, if label.is_empty() { "Open Link" } else { label }),
            QuickReplyKind::Form => {
                return Err(Degraded::new(Feature::Form, "there are no forms here; the form is left out"));
            }
        };
        let layout = self.settings.button_layout.as_ref();
        let shown = layout.and_then(|layout| layout.text.as_deref());
        let shown = shown.map_or_else(|| label.to_owned(), |html| html.replacen('*', &escaped(label), 1));
        let size = layout.and_then(|layout| layout.text_size.as_deref()).unwrap_or("regular");
        let button = json!({"ActionType": action, "ActionBody": body, "Text": shown, "TextSize": size});
        Ok(with(button, "BgColor", layout.and_then(|layout| layout.bg_color.clone())))
    }
}

/// Words inside a layout's HTML.
fn escaped(label: &str) -> String {
    label.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn with(mut object: Value, name: &str, value: Option<String>) -> Value {
    if let Some(value) = value {
        object[name] = Value::from(value);
    }
    object
}

/// How wide the button at a place is: up to three share a row, and the last row is filled by what is left.
const fn columns(place: usize, count: usize) -> usize {
    let row_start = place - place % MAX_PER_ROW;
    let in_row = if count - row_start < MAX_PER_ROW { count - row_start } else { MAX_PER_ROW };
    COLUMNS / in_row
}

/// Source: developers.viber.com/docs/api/rest-bot-api/#error-codes.
fn class(code: i64) -> (ErrorClass, &'static str) {
    match code {
        1 => (ErrorClass::AccountBroken, "the address of the webhook is not valid"),
        2 => (ErrorClass::AccountBroken, "the token is not valid"),
        3 => (ErrorClass::BadRequest, "the request is not well-formed"),
        4 => (ErrorClass::BadRequest, "a part of the request is missing"),
        5 => (ErrorClass::Unreachable, "the receiver is not registered with Viber"),
        6 => (ErrorClass::OptedOut, "the receiver is not subscribed"),
        7 => (ErrorClass::AccountBroken, "the account is blocked"),
        8 => (ErrorClass::AccountBroken, "the account is not there"),
        9 => (ErrorClass::AccountBroken, "the account is suspended"),
        10 => (ErrorClass::AccountBroken, "no webhook is set"),
        11 => (ErrorClass::Unreachable, "the receiver's device cannot show it"),
        12 => (ErrorClass::Throttled, "too many requests"),
        13 | 14 => (ErrorClass::Unreachable, "the receiver's version of Viber cannot show it"),
        // Said of the account itself, and nothing of what the receiver wants.
        15 => (ErrorClass::AccountBroken, "the account is not authorised"),
        16..=20 => (ErrorClass::AccountBroken, "the account may not send this"),
        21 => (ErrorClass::Unreachable, "messages to the receiver's country are not supported"),
        22 => (ErrorClass::BadRequest, "the bot does not support payments"),
        23 => (ErrorClass::AccountBroken, "the free messages of this month are used up"),
        24 => (ErrorClass::AccountBroken, "the account's money is used up"),
        _ => (ErrorClass::BadRequest, ""),
    }
}

/// The last code that has a meaning of its own.
const LAST_CODE: i64 = 24;

fn settle(response: &HttpResponse) -> Settled {
    if !response.is_success() {
        return settle_status(response);
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    match json::integer(&body, "/status") {
        // Reports come under the token of the message.
        Some(0) => Settled::taken(json::code(&body, "/message_token")),
        Some(code) => {
            let (class, words) = class(code);
            let theirs = text(&body, "/status_message").unwrap_or("");
            let class = if code > LAST_CODE { class_of_status(response.status) } else { class };
            class.settle(
                Some(code.to_string()),
                if words.is_empty() { theirs } else { words },
                retry_after(response),
            )
        }
        None => Settled::Unknown,
    }
}
