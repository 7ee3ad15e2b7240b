//! Telegram bots (core.telegram.org/bots/api). Webhooks carry the secret token that was given at set-up; texts are
//! Markdown of the simple kind, as RapidPro's lines are written.
use flow::words::{Attachment, Content, QuickReply, QuickReplyKind, Urn};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::account::{Account, Secret, SettingsError, common};
use crate::adapter::Adapter;
use crate::answers::{class_of_status, settle_status};
use crate::choices::{choices_numbered, with_numbers};
use crate::guard::Guard;
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

/// Where the Bot API is when the settings say nothing else.
const DEFAULT_BASE_URL: &str = "https://api.telegram.org";
/// The header of a webhook call that holds the secret token.
const TOKEN_HEADER: &str = "X-Telegram-Bot-Api-Secret-Token";
/// The longest text of one message, and of a file's caption.
const MAX_TEXT: usize = 4096;
const MAX_CAPTION: usize = 1024;
/// The most rows of a keyboard, and of buttons in one.
const MAX_ROWS: usize = 25;
const MAX_COLUMNS: usize = 8;
/// What stands for a visible request where the author wrote nothing on the button.
const SEND_LOCATION: &str = "Send Location";
/// The longest wait that Telegram is believed to ask for, in seconds.
const MAX_WAIT_SECONDS: u64 = 24 * 60 * 60;
/// Buttons of up to this length stand side by side.
const MAX_SHORT_BUTTON: usize = 12;

/// What the webhook is called for; reactions come only when they are named.
const UPDATES: [&str; 5] =
    ["message", "edited_message", "callback_query", "my_chat_member", "message_reaction"];

/// Settings of a bot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelegramSettings {
    /// The bot's token; it is part of every address.
    pub bot_token: Secret,
    /// What was given to `setWebhook` as `secret_token`: 1 to 256 letters, digits, `_` and `-`.
    #[serde(default)]
    pub secret_token: Option<Secret>,
    /// Lets calls in without the secret token; the webhook's address must then be kept secret.
    #[serde(default)]
    pub unsigned_webhooks: bool,
    /// Where the Bot API is; Telegram's when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
}

impl TelegramSettings {
    fn base(&self) -> &str {
        self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/')
    }

    fn method(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.base(), self.bot_token.expose())
    }
}

impl Adapter for TelegramSettings {
    fn scheme(&self) -> &str {
        "telegram"
    }

    fn check(&self, _address: &str) -> Result<(), SettingsError> {
        Guard::new(self.secret_token.as_ref(), self.unsigned_webhooks).check("telegram")?;
        common(self.base_url.as_deref(), self.max_text_length)
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let Some(secret) = &self.secret_token else {
            return if self.unsigned_webhooks { Ok(()) } else { Err(Denied::Unsigned) };
        };
        let given = request.headers.get(TOKEN_HEADER).ok_or(Denied::Unsigned)?;
        signing::must_match(secret.expose().as_bytes(), given.as_bytes())
    }

    fn receive(&self, _account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        let body: Value = serde_json::from_slice(&request.body).map_err(|_| Unparsable::at("body"))?;
        json::integer(&body, "/update_id").ok_or_else(|| Unparsable::at("update_id"))?;
        Ok(vec![update(&body)])
    }

    fn request(&self, _account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        if outgoing.to.scheme() != "telegram" {
            return Err(Refused::Scheme);
        }
        let mut letters = Letters { settings: self, outgoing, requests: Vec::new(), degraded: Vec::new() };
        letters.content(&outgoing.content)?;
        Ok(Rendering { requests: letters.requests, degraded: letters.degraded })
    }

    fn shown(&self, _outgoing: &Outgoing, request: &HttpRequest) -> Vec<Shown> {
        vec![read::telegram(request)]
    }

    fn probes(&self, _account: &Account) -> Vec<Probe> {
        let ok = Some(("/ok", Good::True));
        let account =
            Reads { ok, name: "/result/first_name", sender: "/result/username", ..Reads::default() };
        let webhook =
            Reads { ok, webhook: "/result/url", warning: "/result/last_error_message", ..Reads::default() };
        let ask = |method: &str| HttpRequest::get(self.method(method), Headers::new());
        vec![
            Probe::new(About::Account, ask("getMe"), account),
            Probe::new(About::Webhook, ask("getWebhookInfo"), webhook),
        ]
    }

    fn register_webhooks(&self, _account: &Account, url: &str) -> Vec<HttpRequest> {
        let mut letter = json!({"url": url, "allowed_updates": UPDATES});
        if let Some(secret) = &self.secret_token {
            letter["secret_token"] = json!(secret.expose());
        }
        vec![HttpRequest::post_json(self.method("setWebhook"), Headers::new(), &letter)]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        settle(response)
    }

    fn locate(&self, _account: &Account, id: &str) -> Option<HttpRequest> {
        Some(HttpRequest::post_form(self.method("getFile"), Headers::new(), [("file_id", id)]))
    }

    fn located(&self, body: &Value) -> Option<String> {
        if body.get("ok").and_then(Value::as_bool) != Some(true) {
            return None;
        }
        let path = text(body, "/result/file_path").filter(|path| !path.is_empty())?;
        let mut url = Url::parse(&format!("{}/file/bot{}", self.base(), self.bot_token.expose())).ok()?;
        url.path_segments_mut()
            .ok()?
            .extend(path.split('/').filter(|part| !matches!(*part, "" | "." | "..")));
        Some(url.into())
    }

    /// The token is in the address itself.
    fn credentials(&self, _account: &Account, url: &Url) -> Headers {
        debug_assert!(same_origin(url, Some(self.base())) || !url.as_str().contains(self.bot_token.expose()));
        Headers::new()
    }
}

fn update(body: &Value) -> Incoming {
    for (key, is_edit) in [("message", false), ("edited_message", true)] {
        if let Some(raw) = body.get(key) {
            return message(raw, is_edit);
        }
    }
    if let Some(query) = body.get("callback_query") {
        return tapped(query);
    }
    if let Some(change) = body.get("my_chat_member") {
        return membership(change);
    }
    if let Some(reaction) = body.get("message_reaction") {
        return reacted(body, reaction);
    }
    let keys = body.as_object().into_iter().flat_map(|body| body.keys());
    let what = keys.map(String::as_str).find(|key| *key != "update_id").unwrap_or("update");
    Incoming::Event(ChannelEvent::Other { what: word(what) })
}

/// A person as Telegram names her: by the number of her chat, with her user name to be shown.
fn person(user: &Value) -> Option<Urn> {
    let id = json::integer(user, "/id").filter(|id| *id > 0)?;
    match text(user, "/username").filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
    {
        Some(name) if !name.is_empty() => format!("telegram:{id}#{}", name.to_lowercase()).parse().ok(),
        _ => Urn::new("telegram", &id.to_string()).ok(),
    }
}

fn name_of(user: &Value) -> Option<String> {
    let parts = [text(user, "/first_name"), text(user, "/last_name")];
    let name = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    Some(name).filter(|name| !name.is_empty())
}

fn date(value: &Value, pointer: &str) -> Option<Timestamp> {
    json::integer(value, pointer).and_then(|seconds| Timestamp::from_second(seconds).ok())
}

fn message(raw: &Value, is_edit: bool) -> Incoming {
    let Some(id) = json::code(raw, "/message_id") else {
        return Incoming::Event(ChannelEvent::Unreadable { place: "message.message_id".into() });
    };
    let kind = text(raw, "/chat/type").unwrap_or("private");
    if kind != "private" {
        return Incoming::Event(ChannelEvent::GroupMessage { external_id: id });
    }
    let Some(from) = raw.get("from").and_then(person) else {
        return Incoming::Event(ChannelEvent::NoSender { external_id: Some(id) });
    };
    if let Some(service) = SERVICE.into_iter().find(|key| raw.get(key).is_some()) {
        return Incoming::Event(ChannelEvent::Other { what: service.into() });
    }
    let name = raw.get("from").and_then(name_of);
    let said = text(raw, "/text").or_else(|| text(raw, "/caption")).unwrap_or("");
    let is_start = |rest: &&str| rest.is_empty() || rest.starts_with([' ', '@']);
    if let Some(rest) = said.strip_prefix("/start").filter(is_start) {
        // The bot's own name may stand at it.
        let payload =
            if rest.starts_with('@') { rest.split_once(' ').map_or("", |(_, rest)| rest) } else { rest };
        let payload = Some(payload.trim().to_owned()).filter(|payload| !payload.is_empty());
        return Incoming::Event(ChannelEvent::ConversationStarted {
            person: vec![from],
            name,
            referral: None,
            payload,
            title: None,
            at: date(raw, "/date"),
        });
    }
    let mut message = Message {
        name,
        sent_at: date(raw, if is_edit { "/edit_date" } else { "/date" }),
        text: said.to_owned(),
        reply_to: json::code(raw, "/reply_to_message/message_id"),
        ..Message::new(id.clone(), vec![from], MessageKind::Text)
    };
    if raw.get("forward_origin").or_else(|| raw.get("forward_date")).is_some() {
        message.forwarded = crate::incoming::Forwarded::Yes;
    }
    if is_edit {
        let edited = json::integer(raw, "/edit_date").unwrap_or_default();
        message.external_id = format!("{id}/{edited}");
        message.edits = Some(id);
    }
    fill(&mut message, raw);
    Incoming::Message(Box::new(message))
}

/// Puts in what came besides text.
fn fill(message: &mut Message, raw: &Value) {
    if let Some(sizes) = raw.get("photo").and_then(Value::as_array) {
        // The largest that is still below what a person's data plan bears: Telegram lists them by size.
        let file =
            sizes.iter().rev().find(|size| json::integer(size, "/file_size").unwrap_or(0) <= MAX_PHOTO_BYTES);
        attach(message, file.or(sizes.first()), "image/jpeg", MessageKind::Image);
    } else if let Some(sticker) = raw.get("sticker") {
        // Stickers themselves may be moving pictures of Telegram's own kind; the preview can always be shown.
        let still = sticker.get("thumbnail").or_else(|| sticker.get("thumb"));
        attach(message, still.or(Some(sticker)), "image", MessageKind::Sticker);
        if message.text.is_empty() {
            message.text = text(sticker, "/emoji").unwrap_or("").to_owned();
        }
    } else if let Some(place) = json::at(raw, "/venue/location").or_else(|| raw.get("location")) {
        if let (Some(latitude), Some(longitude)) =
            (json::number(place, "/latitude"), json::number(place, "/longitude"))
        {
            let (name, address) = (owned(raw, "/venue/title"), owned(raw, "/venue/address"));
            let words =
                [name.as_deref(), address.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ");
            message.text = if message.text.is_empty() { words } else { std::mem::take(&mut message.text) };
            let source = MediaSource::Location { latitude, longitude, name, address };
            message.attachments.push(IncomingAttachment::of("geo", source));
            message.kind = MessageKind::Location;
        }
    } else if let Some(card) = raw.get("contact") {
        let phone = text(card, "/phone_number").unwrap_or("");
        message.text = match name_of(card) {
            Some(name) => format!("{name} ({phone})"),
            None => phone.to_owned(),
        };
        message.kind = MessageKind::Contacts;
    } else if let Some(data) = raw.get("web_app_data") {
        message.text = text(data, "/data").unwrap_or("").to_owned();
        message.form = serde_json::from_str(&message.text).ok().filter(Value::is_object);
        if message.form.is_some() {
            message.text = text(data, "/button_text").unwrap_or("").to_owned();
        }
        message.kind = MessageKind::Form;
    } else {
        let kinds = [
            ("voice", "audio/ogg", MessageKind::Voice),
            ("audio", "audio/mpeg", MessageKind::Audio),
            ("video", "video/mp4", MessageKind::Video),
            ("video_note", "video/mp4", MessageKind::Video),
            ("animation", "video/mp4", MessageKind::Video),
            ("document", "application/octet-stream", MessageKind::Document),
        ];
        if let Some((key, content_type, kind)) = kinds.into_iter().find(|(key, _, _)| raw.get(key).is_some())
        {
            attach(message, raw.get(key), content_type, kind);
        } else if let Some(poll) = raw.get("poll") {
            let options = list(poll, "/options").iter().filter_map(|option| text(option, "/text"));
            let question = text(poll, "/question").unwrap_or("").to_owned();
            message.text = options.fold(question, |text, option| add_line(text, &format!("- {option}")));
            message.kind = MessageKind::Unsupported { what: "poll".into() };
        } else if message.text.is_empty() {
            let keys = raw.as_object().into_iter().flat_map(|raw| raw.keys());
            let what = keys.map(String::as_str).find(|key| !ENVELOPE.contains(key));
            message.kind = MessageKind::Unsupported { what: word(what.unwrap_or("message without content")) };
        } else if let Some(what) = BESIDE_TEXT.into_iter().find(|key| raw.get(key).is_some()) {
            // Its words are kept, and what they were written beneath is named.
            message.kind = MessageKind::Unsupported { what: what.into() };
        }
    }
}

/// What stands around every message's content.
const ENVELOPE: [&str; 20] = [
    "message_id",
    "from",
    "chat",
    "date",
    "edit_date",
    "reply_to_message",
    "external_reply",
    "quote",
    "reply_to_story",
    "forward_origin",
    "forward_date",
    "forward_from",
    "forward_from_chat",
    "forward_from_message_id",
    "forward_sender_name",
    "entities",
    "caption_entities",
    "has_protected_content",
    "link_preview_options",
    "via_bot",
];
/// What can stand above words and is not passed on.
const BESIDE_TEXT: [&str; 3] = ["paid_media", "game", "story"];
/// What Telegram tells in the form of a message and nobody wrote.
const SERVICE: [&str; 6] = [
    "write_access_allowed",
    "pinned_message",
    "message_auto_delete_timer_changed",
    "chat_background_set",
    "connected_website",
    "proximity_alert_triggered",
];

/// The largest photograph that is taken where there is a choice.
const MAX_PHOTO_BYTES: i64 = 100_000;

fn attach(message: &mut Message, file: Option<&Value>, content_type: &str, kind: MessageKind) {
    let Some(id) = file.and_then(|file| owned(file, "/file_id")) else {
        message.kind = MessageKind::Unsupported { what: "file without an id".into() };
        return;
    };
    let file = file.unwrap_or(&Value::Null);
    let content_type = text(file, "/mime_type").unwrap_or(content_type);
    let mut attachment = IncomingAttachment::of(content_type, MediaSource::Id { id, url: None });
    attachment.filename = owned(file, "/file_name");
    message.attachments.push(attachment);
    message.kind = kind;
}

/// A button under a message of ours.
fn tapped(query: &Value) -> Incoming {
    let Some(id) = json::code(query, "/id") else {
        return Incoming::Event(ChannelEvent::Unreadable { place: "callback_query.id".into() });
    };
    let Some(from) = query.get("from").and_then(person) else {
        return Incoming::Event(ChannelEvent::NoSender { external_id: Some(id) });
    };
    let data = owned(query, "/data");
    let rows = list(query, "/message/reply_markup/inline_keyboard").iter();
    let mut buttons = rows.filter_map(Value::as_array).flatten();
    let shown = buttons.find(|button| data.is_some() && owned(button, "/callback_data") == data);
    let title = shown.and_then(|button| owned(button, "/text"));
    Incoming::Message(Box::new(Message {
        name: query.get("from").and_then(name_of),
        text: title.or_else(|| data.clone()).unwrap_or_default(),
        choice_id: data,
        reply_to: json::code(query, "/message/message_id"),
        ..Message::new(id, vec![from], MessageKind::Choice)
    }))
}

/// The person blocked the bot, or took that back.
fn membership(change: &Value) -> Incoming {
    let person: Vec<Urn> = change.get("from").and_then(person).into_iter().collect();
    let at = date(change, "/date");
    let private = text(change, "/chat/type") == Some("private") && !person.is_empty();
    Incoming::Event(match text(change, "/new_chat_member/status") {
        Some("kicked") if private => ChannelEvent::OptedOut { person, about: None, at },
        Some("member") if private => ChannelEvent::OptedIn { person, about: None, at },
        status => ChannelEvent::Other { what: format!("membership {}", word(status.unwrap_or(""))) },
    })
}

fn reacted(body: &Value, reaction: &Value) -> Incoming {
    let (Some(on), Some(from)) = (json::code(reaction, "/message_id"), reaction.get("user").and_then(person))
    else {
        return Incoming::Event(ChannelEvent::Other { what: "message_reaction".into() });
    };
    // Only an empty list takes a reaction back; those of Telegram's own have no letter.
    let emoji: String = list(reaction, "/new_reaction")
        .iter()
        .map(|one| match text(one, "/type") {
            Some("paid") => "⭐",
            _ => text(one, "/emoji").unwrap_or("❔"),
        })
        .collect();
    let id = format!("update {}", json::integer(body, "/update_id").unwrap_or_default());
    let kind = MessageKind::Reaction { emoji, on };
    let message = Message { sent_at: date(reaction, "/date"), ..Message::new(id, vec![from], kind) };
    Incoming::Message(Box::new(message))
}

/// The calls of one message while they are being written.
struct Letters<'a> {
    settings: &'a TelegramSettings,
    outgoing: &'a Outgoing,
    requests: Vec<HttpRequest>,
    degraded: Vec<Degraded>,
}

impl Letters<'_> {
    fn content(&mut self, content: &Content) -> Result<(), Refused> {
        let (markup, lines) = markup(content, &mut self.degraded);
        let mut text = content.text.trim().to_owned();
        if let Some(lines) = lines {
            text = lines(&text);
        }
        let mut files = Vec::new();
        for attachment in &content.attachments {
            match method(attachment) {
                Some(_) if attachment.content_type == "geo" => files.push(attachment),
                Some(_) if web_address(&attachment.url).is_some() => files.push(attachment),
                Some(_) => return Err(Refused::Attachment),
                None => text = as_line(text, attachment, &mut self.degraded)?,
            }
        }
        let limit = self.settings.max_text_length.map_or(MAX_TEXT, |most| most.min(MAX_TEXT));
        // A short text is the caption of the only file.
        let caption = match files.as_slice() {
            [file] if file.content_type != "geo" && length(&text) <= MAX_CAPTION.min(limit) => {
                std::mem::take(&mut text)
            }
            _ => String::new(),
        };
        let parts: Vec<String> = split(&text, limit).into_iter().map(str::to_owned).collect();
        let total = files.len() + parts.len();
        for (i, file) in files.iter().enumerate() {
            self.file(file, &caption, (i + 1 == total).then_some(&markup));
        }
        for (i, part) in parts.iter().enumerate() {
            let last = files.len() + i + 1 == total;
            self.call("sendMessage", &[("text", part)], last.then_some(&markup));
        }
        Ok(())
    }

    fn file(&mut self, file: &Attachment, caption: &str, markup: Option<&Value>) {
        let Some((method, field)) = method(file) else { return };
        match file.url.split_once(',').filter(|_| file.content_type == "geo") {
            Some((latitude, longitude)) => {
                self.call(method, &[("latitude", latitude.trim()), ("longitude", longitude.trim())], markup);
            }
            None => self.call(method, &[(field, &file.url), ("caption", caption)], markup),
        }
    }

    fn call(&mut self, method: &str, fields: &[(&str, &str)], markup: Option<&Value>) {
        let to = self.outgoing.to.path();
        let markup = markup.map(Value::to_string);
        let mut all = vec![("chat_id", to.as_str())];
        all.extend(fields.iter().filter(|(_, value)| !value.is_empty()));
        let mut words = fields.iter().filter(|(name, _)| matches!(*name, "text" | "caption"));
        if method != "sendLocation" && words.all(|(_, words)| marks_pair_up(words)) {
            all.push(("parse_mode", "Markdown"));
        }
        if let Some(reply_to) = self.outgoing.reply_to.as_deref().filter(|_| self.requests.is_empty()) {
            // She may have deleted it since: the answer goes all the same.
            all.extend([("reply_to_message_id", reply_to), ("allow_sending_without_reply", "true")]);
        }
        if let Some(markup) = &markup {
            all.push(("reply_markup", markup));
        }
        self.requests.push(HttpRequest::post_form(self.settings.method(method), Headers::new(), all));
    }
}

/// Whether Telegram can read the words as its simple Markdown: it refuses a message in which a mark has no partner, such
/// as the underscore of an address (`ana_maria@casa.org`). Such words go as they are.
fn marks_pair_up(words: &str) -> bool {
    let mut rest = words;
    while let Some(at) = rest.find(['\\', '_', '*', '`', '[']) {
        let from = &rest[at..];
        let (mark, partner) = match from.as_bytes() {
            [b'\\', b'_' | b'*' | b'`' | b'[', ..] => {
                rest = &from[2..];
                continue;
            }
            [b'\\', ..] => {
                rest = &from[1..];
                continue;
            }
            [b'`', b'`', b'`', ..] => ("```", "```"),
            [b'`', ..] => ("`", "`"),
            [b'_', ..] => ("_", "_"),
            [b'*', ..] => ("*", "*"),
            _ => ("[", "]"),
        };
        let inside = &from[mark.len()..];
        let Some(end) = inside.find(partner) else { return false };
        rest = &inside[end + partner.len()..];
        if let Some(address) = rest.strip_prefix('(').filter(|_| mark == "[") {
            rest = address.split_once(')').map_or("", |(_, after)| after);
        }
    }
    true
}

/// Telegram's call for a kind of file, and the field that it goes in.
fn method(attachment: &Attachment) -> Option<(&'static str, &'static str)> {
    let content_type = attachment.content_type.to_ascii_lowercase();
    let (sort, subtype) = content_type.split_once('/').unwrap_or((&content_type, ""));
    Some(match sort {
        "image" => ("sendPhoto", "photo"),
        "video" => ("sendVideo", "video"),
        // Telegram plays no others as a piece of music.
        "audio" if subtype.starts_with("ogg") || subtype.starts_with("opus") => ("sendVoice", "voice"),
        "audio" => ("sendAudio", "audio"),
        "application" | "document" | "text" if by_address(subtype, &attachment.url) => {
            ("sendDocument", "document")
        }
        "geo" => ("sendLocation", "latitude"),
        _ => return None,
    })
}

/// Whether Telegram fetches a document of this kind from an address ("Sending files": PDF and ZIP, and pictures that
/// move). It refuses every other kind with the whole message, so those are links.
fn by_address(subtype: &str, url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or("").to_ascii_lowercase();
    let ending = || path.ends_with(".pdf") || path.ends_with(".zip");
    matches!(subtype, "pdf" | "zip" | "x-zip-compressed")
        || (matches!(subtype, "" | "octet-stream") && ending())
}

/// What the text becomes where there are too many choices for a keyboard.
type Lines = Box<dyn Fn(&str) -> String>;

/// The keyboard of a message; one without any takes a former one away. Links make a keyboard of another kind, under
/// the message, which cannot stand beside the one for choices: then they become lines.
fn markup(content: &Content, degraded: &mut Vec<Degraded>) -> (Value, Option<Lines>) {
    let mut keys = Vec::new();
    let mut links = Vec::new();
    let mut plain_links = Vec::new();
    let mut one_time = true;
    for reply in &content.quick_replies {
        match key(reply) {
            Ok(Key::Link { label, url }) => links.push((label, url)),
            Ok(Key::Reply { button, stays }) => {
                one_time &= !stays;
                keys.push((button, length(reply.text.trim())));
            }
            Err(left_out) => degraded.push(left_out),
        }
    }
    let too_many = keys.len() > MAX_ROWS * MAX_COLUMNS;
    if !keys.is_empty() && !links.is_empty() {
        for (label, url) in links.drain(..) {
            let why = "a link cannot stand beside other choices here; it is a line of the text";
            degraded.push(Degraded::new(Feature::Link, why));
            plain_links.push(format!("{label}: {url}"));
        }
    }
    let numbered = if too_many { choices_numbered(&content.quick_replies) } else { Vec::new() };
    if too_many {
        degraded.push(Degraded::new(
            Feature::QuickReplies,
            "too many choices for a keyboard; they are numbered lines",
        ));
        keys.clear();
    }
    let lines: Option<Lines> = (!plain_links.is_empty() || !numbered.is_empty()).then(|| {
        let lines: Lines = Box::new(move |text: &str| {
            plain_links.iter().fold(with_numbers(text, &numbered), |text, line| add_line(text, line))
        });
        lines
    });
    if !links.is_empty() {
        let rows: Vec<Value> =
            links.iter().map(|(label, url)| json!([{"text": label, "url": url}])).collect();
        return (json!({"inline_keyboard": rows}), lines);
    }
    if keys.is_empty() {
        return (json!({"remove_keyboard": true}), lines);
    }
    (json!({"keyboard": rows(keys), "resize_keyboard": true, "one_time_keyboard": one_time}), lines)
}

/// Short buttons stand in one row; otherwise each has its own, so that no label is cut on a narrow phone.
fn rows(keys: Vec<(Value, usize)>) -> Vec<Vec<Value>> {
    let side_by_side = keys.len() <= MAX_COLUMNS
        && keys.iter().all(|(_, length)| *length <= 2 * MAX_SHORT_BUTTON)
        && keys.iter().map(|(_, length)| length).sum::<usize>() <= 2 * MAX_SHORT_BUTTON + MAX_SHORT_BUTTON;
    let buttons = keys.into_iter().map(|(button, _)| button);
    if side_by_side { vec![buttons.collect()] } else { buttons.map(|button| vec![button]).collect() }
}

enum Key {
    Link {
        label: String,
        url: String,
    },
    /// `stays`: the keyboard must be there still when the person comes back from what the button opens.
    Reply {
        button: Value,
        stays: bool,
    },
}

fn key(reply: &QuickReply) -> Result<Key, Degraded> {
    let label = reply.text.trim();
    let extra = reply.extra.as_deref().map(str::trim).unwrap_or("");
    let public = |url: &str| {
        let host = Url::parse(url).ok().filter(|_| !url.contains(char::is_whitespace)).and_then(|url| {
            let web = matches!(url.scheme(), "http" | "https");
            url.host_str().filter(|_| web).map(str::to_owned)
        });
        host.is_some_and(|host| host.contains('.'))
    };
    match reply.kind {
        QuickReplyKind::Text if label.is_empty() => {
            Err(Degraded::new(Feature::QuickReplies, "a choice without words is left out"))
        }
        QuickReplyKind::Text => Ok(Key::Reply { button: json!({"text": label}), stays: false }),
        QuickReplyKind::Location => {
            let label = if label.is_empty() { SEND_LOCATION } else { label };
            Ok(Key::Reply { button: json!({"text": label, "request_location": true}), stays: true })
        }
        QuickReplyKind::Form if !extra.starts_with("https://") || !public(extra) => {
            Err(Degraded::new(Feature::Form, "the form has no https address; it is left out"))
        }
        QuickReplyKind::Form => {
            let label = if label.is_empty() { "Open Form" } else { label };
            Ok(Key::Reply { button: json!({"text": label, "web_app": {"url": extra}}), stays: true })
        }
        QuickReplyKind::Url if !public(extra) => Err(Degraded::new(
            Feature::Link,
            "the link leads nowhere that Telegram would open; it is left out",
        )),
        QuickReplyKind::Url => {
            let label = if label.is_empty() { "Open Link" } else { label };
            Ok(Key::Link { label: label.to_owned(), url: extra.to_owned() })
        }
    }
}

fn settle(response: &HttpResponse) -> Settled {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    match body.get("ok").and_then(Value::as_bool) {
        Some(true) => Settled::taken(json::code(&body, "/result/message_id").filter(|id| id != "0")),
        Some(false) => {
            let code = json::integer(&body, "/error_code").unwrap_or_else(|| i64::from(response.status));
            let why = text(&body, "/description").unwrap_or("");
            let seconds =
                json::integer(&body, "/parameters/retry_after").and_then(|wait| u64::try_from(wait).ok());
            let after = seconds.map(|seconds| std::time::Duration::from_secs(seconds.min(MAX_WAIT_SECONDS)));
            class(code, why).settle(Some(code.to_string()), why, after)
        }
        None => match settle_status(response) {
            Settled::Refused { .. } if response.is_success() => Settled::Unknown,
            settled => settled,
        },
    }
}

/// Telegram tells faults of one code apart by words only.
fn class(code: i64, why: &str) -> ErrorClass {
    let why = why.to_ascii_lowercase();
    let says = |words: &str| why.contains(words);
    match code {
        429 => ErrorClass::Throttled,
        // She never began a chat, left Telegram, or is a bot: none of it is a wish of hers.
        403 if says("deactivated") || says("initiate conversation") || says("to bots") => {
            ErrorClass::Unreachable
        }
        403 => ErrorClass::OptedOut,
        401 | 404 => ErrorClass::AccountBroken,
        400 if says("chat not found") || says("user not found") || says("peer_id_invalid") => {
            ErrorClass::Unreachable
        }
        400 if says("user is deactivated") => ErrorClass::Unreachable,
        400 if says("failed to get http url content") => ErrorClass::Transient,
        409 => ErrorClass::Transient,
        _ => class_of_status(u16::try_from(code).unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::marks_pair_up;

    #[test]
    fn a_mark_without_its_partner_is_found() {
        for text in [
            "",
            "hola",
            "*sí* y _no_",
            "`a_b` ```c`d```",
            "\\_x",
            "[aquí](https://a.org/b_c) ya",
            "\\",
            "a\\b",
        ] {
            assert!(marks_pair_up(text), "{text}");
        }
        for text in ["ana_maria@casa.org", "2 * 3", "`", "```a``", "[x", "*a* _b"] {
            assert!(!marks_pair_up(text), "{text}");
        }
    }
}
