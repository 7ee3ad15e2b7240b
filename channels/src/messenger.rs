//! Messenger and Instagram, through Meta's Send API (developers.facebook.com/docs/messenger-platform). One shape for
//! both: pages and Instagram accounts differ in the word `object` and the scheme of addresses.
use std::collections::HashSet;

use flow::words::{Attachment, Content, QuickReply, QuickReplyKind, Urn};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::account::{Account, Secret, SettingsError, address_needed, common};
use crate::adapter::Adapter;
use crate::answers::{class_of_status, retry_after, settle_status};
use crate::choices::{choice_id, choices_numbered, with_numbers};
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{
    ChannelEvent, DeliveryReport, Denied, Incoming, IncomingAttachment, Message, MessageKind, Referral,
    Status, Unparsable,
};
use crate::json::{self, list, owned, text, word};
use crate::media::web_address;
use crate::outgoing::{Degraded, ErrorClass, Feature, Outgoing, Refused, Rendering, Settled};
use crate::plain::{add_line, as_line};
use crate::preview::{Shown, read};
use crate::probe::{About, Good, Probe, Reads};
use crate::text::{length, split, split_bytes};
use crate::whatsapp_cloud::{meta_challenge, signed_by_meta};

/// Where the Graph API is when the settings say nothing else.
const DEFAULT_BASE_URL: &str = "https://graph.facebook.com/v25.0";
/// The longest text of one message, in UTF-16 units.
const MAX_TEXT: usize = 2000;
/// The longest text of one message on Instagram, in bytes of UTF-8.
const MAX_INSTAGRAM_BYTES: usize = 1000;
/// The most quick replies of one message, and the longest title of one.
const MAX_QUICK_REPLIES: usize = 13;
const MAX_TITLE: usize = 20;
/// The longest payload behind a quick reply.
const MAX_PAYLOAD: usize = 1000;
/// The longest id of a message that is believed, in bytes.
const MAX_EXTERNAL_ID_BYTES: usize = 512;
/// The stickers that Messenger's thumb button sends, small to large.
const THUMBS: [i64; 3] = [369_239_263_222_822, 369_239_343_222_814, 369_239_383_222_810];
/// Attachments that are no files but something to be looked at elsewhere, whose address belongs to what was said.
const SHARED: [&str; 6] = ["fallback", "share", "reel", "ig_reel", "post", "ig_post"];
/// Timestamps below this are seconds and not milliseconds: referrals come so.
const FIRST_MILLISECOND: i64 = 100_000_000_000;

/// Settings of a page on Messenger or of an account on Instagram; its address is the page's or the account's id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaSettings {
    /// The page's access token.
    pub access_token: Secret,
    /// The app's secret: webhooks are signed with it.
    pub app_secret: Secret,
    /// The app's former secret, accepted too while the secret is being changed.
    #[serde(default)]
    pub previous_app_secret: Option<Secret>,
    /// What we told Meta to repeat when it sets the webhook up.
    pub verify_token: Secret,
    /// Where the Graph API is, with its version; Meta's when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
}

/// Settings of a page on Messenger.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct MessengerSettings(pub MetaSettings);

/// Settings of an account on Instagram.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct InstagramSettings(pub MetaSettings);

/// In what the two differ.
struct Product {
    /// What a call names as its `object`.
    object: &'static str,
    scheme: &'static str,
    /// A limit of one text in bytes, beside that in letters.
    max_bytes: Option<usize>,
}

const MESSENGER: Product = Product { object: "page", scheme: "facebook", max_bytes: None };
const INSTAGRAM: Product =
    Product { object: "instagram", scheme: "instagram", max_bytes: Some(MAX_INSTAGRAM_BYTES) };

macro_rules! meta_adapter {
    ($settings:ty, $product:expr) => {
        impl Adapter for $settings {
            fn scheme(&self) -> &str {
                $product.scheme
            }

            fn check(&self, address: &str) -> Result<(), SettingsError> {
                address_needed(address)?;
                common(self.0.base_url.as_deref(), self.0.max_text_length)
            }

            fn addressees(request: &HttpRequest) -> Vec<String> {
                addressees(request)
            }

            fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
                let secrets = std::iter::once(&self.0.app_secret).chain(self.0.previous_app_secret.as_ref());
                signed_by_meta(secrets, request)
            }

            fn challenge(&self, request: &HttpRequest) -> Option<HttpResponse> {
                meta_challenge(&self.0.verify_token, request)
            }

            fn receive(&self, account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
                receive(&$product, &account.address, request)
            }

            fn request(&self, _account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
                request(&self.0, &$product, outgoing)
            }

            fn shown(&self, _outgoing: &Outgoing, request: &HttpRequest) -> Vec<Shown> {
                vec![read::messenger(request)]
            }

            fn probes(&self, _account: &Account) -> Vec<Probe> {
                let Some(mut url) = self.0.url("me") else { return Vec::new() };
                url.query_pairs_mut().append_pair("fields", "id,name");
                let reads = Reads { ok: Some(("/id", Good::There)), name: "/name", ..Reads::default() };
                vec![Probe::new(About::Account, HttpRequest::get(url, Headers::new()), reads)]
            }

            fn settle(&self, response: &HttpResponse) -> Settled {
                settle(response)
            }

            fn profile(&self, _account: &Account, urn: &Urn) -> Option<HttpRequest> {
                let mut url = self.0.url(&urn.path())?;
                let fields = if $product.scheme == "facebook" { "first_name,last_name" } else { "name" };
                url.query_pairs_mut().append_pair("fields", fields);
                Some(HttpRequest::get(url, Headers::new()))
            }

            fn profile_name(&self, body: &Value) -> Option<String> {
                let both = [text(body, "/first_name"), text(body, "/last_name")];
                let both = both.into_iter().flatten().collect::<Vec<_>>().join(" ");
                owned(body, "/name").or(Some(both))
            }
        }
    };
}

meta_adapter!(MessengerSettings, MESSENGER);
meta_adapter!(InstagramSettings, INSTAGRAM);

impl MetaSettings {
    /// An address of the Graph API, with the token that it wants in the query.
    fn url(&self, path: &str) -> Option<Url> {
        let base = self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/');
        let mut url = Url::parse(&format!("{base}/{path}")).ok()?;
        url.query_pairs_mut().append_pair("access_token", self.access_token.expose());
        Some(url)
    }
}

/// The page or account ids that a call is for, each once.
fn addressees(request: &HttpRequest) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(&request.body) else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for item in list(&body, "/entry").iter().flat_map(|entry| list(entry, "/messaging")) {
        if let Some(address) = json::code(item, "/recipient/id")
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

fn receive(product: &Product, own: &str, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
    let body: Value = serde_json::from_slice(&request.body).map_err(|_| Unparsable::at("body"))?;
    if text(&body, "/object") != Some(product.object) {
        return Err(Unparsable::at("object"));
    }
    let entries = body.get("entry").and_then(Value::as_array).ok_or_else(|| Unparsable::at("entry"))?;
    let mut call = Call { product, own, seen: HashSet::new(), out: Vec::new() };
    for (i, entry) in entries.iter().enumerate() {
        for (j, item) in list(entry, "/messaging").iter().enumerate() {
            call.item(item, &format!("entry[{i}].messaging[{j}]"));
        }
        // What persons write while another application on the page has the conversation.
        for item in list(entry, "/standby") {
            let what =
                if item.get("message").is_some() { "message to another application" } else { "standby" };
            call.event(ChannelEvent::Other { what: what.into() });
        }
        // What other applications on the page do, when this one stands by.
        for change in list(entry, "/changes") {
            let field = text(change, "/field").unwrap_or("");
            call.event(ChannelEvent::Other { what: format!("field {}", word(field)) });
        }
    }
    Ok(call.out)
}

/// A webhook call while it is being read.
struct Call<'a> {
    product: &'a Product,
    own: &'a str,
    /// Ids of messages already met: Meta may put one into a call twice.
    seen: HashSet<String>,
    out: Vec<Incoming>,
}

impl Call<'_> {
    fn event(&mut self, event: ChannelEvent) {
        self.out.push(Incoming::Event(event));
    }

    fn item(&mut self, item: &Value, place: &str) {
        // An echo of our own message comes with the roles changed.
        let ours = json::at(item, "/message/is_echo").and_then(Value::as_bool) == Some(true);
        if let Some(address) = json::code(item, "/recipient/id")
            && address != self.own
            && !ours
        {
            return self.event(ChannelEvent::ForOtherAddress { address });
        }
        if ours {
            return self.event(ChannelEvent::Other { what: "echo".into() });
        }
        let person: Vec<Urn> = json::code(item, "/sender/id")
            .and_then(|id| identity(self.product.scheme, &id))
            .into_iter()
            .collect();
        let at = timestamp(item);
        if item.get("message").is_some() {
            self.message(item, person, at, place);
        } else if let Some(edit) = item.get("message_edit") {
            self.edited(edit, person, at, place);
        } else if let Some(reaction) = item.get("reaction") {
            self.reaction(reaction, person, at, place);
        } else if ["postback", "optin", "referral"].iter().any(|kind| item.get(kind).is_some()) {
            self.started(item, person, at);
        } else if let Some(delivery) = item.get("delivery") {
            for id in list(delivery, "/mids").iter().filter_map(Value::as_str) {
                let report = DeliveryReport::of(id, Status::Delivered);
                self.out.push(Incoming::Report(DeliveryReport { at, recipient: person.clone(), ..report }));
            }
        } else if let Some(read) = item.get("read") {
            // Instagram names the message; Messenger says only until when everything was read.
            match owned(read, "/mid") {
                Some(id) => {
                    let report = DeliveryReport::of(id, Status::Read);
                    self.out.push(Incoming::Report(DeliveryReport { at, recipient: person, ..report }));
                }
                None => self.event(ChannelEvent::Other { what: "read".into() }),
            }
        } else {
            let what = item.as_object().into_iter().flat_map(|item| item.keys());
            let what =
                what.map(String::as_str).find(|key| !["sender", "recipient", "timestamp"].contains(key));
            self.event(ChannelEvent::Other { what: word(what.unwrap_or("messaging")) });
        }
    }

    fn message(&mut self, item: &Value, from: Vec<Urn>, at: Option<Timestamp>, place: &str) {
        let Some(raw) = item.get("message") else { return };
        let Some(id) = owned(raw, "/mid").filter(|id| id.len() <= MAX_EXTERNAL_ID_BYTES) else {
            return self.event(ChannelEvent::Unreadable { place: format!("{place}.message.mid") });
        };
        if !self.seen.insert(id.clone()) {
            return;
        }
        if from.is_empty() {
            return self.event(ChannelEvent::NoSender { external_id: Some(id) });
        }
        if raw.get("is_deleted").and_then(Value::as_bool) == Some(true) {
            let kind = MessageKind::Unsupported { what: crate::TAKEN_BACK.to_owned() };
            let back = Message::new(format!("{id}/taken back"), from, kind);
            let back = Message { sent_at: at, edits: Some(id), ..back };
            return self.out.push(Incoming::Message(Box::new(back)));
        }
        let mut message = Message {
            sent_at: at,
            text: text(raw, "/text").unwrap_or("").to_owned(),
            choice_id: owned(raw, "/quick_reply/payload"),
            reply_to: owned(raw, "/reply_to/mid"),
            referral: raw.get("referral").map(referral),
            ..Message::new(id, from, MessageKind::Text)
        };
        if message.choice_id.is_some() {
            message.kind = MessageKind::Choice;
        }
        for attachment in list(raw, "/attachments") {
            if let Err(left_out) = attach(&mut message, attachment) {
                self.event(ChannelEvent::Other { what: format!("attachment {left_out}") });
            }
        }
        if message.text.is_empty() && message.attachments.is_empty() && message.kind == MessageKind::Text {
            message.kind = MessageKind::Unsupported { what: "message without content".into() };
        }
        self.out.push(Incoming::Message(Box::new(message)));
    }

    /// The new words of a message; Meta counts how often it was changed.
    fn edited(&mut self, edit: &Value, from: Vec<Urn>, at: Option<Timestamp>, place: &str) {
        let (Some(former), Some(words), false) = (owned(edit, "/mid"), text(edit, "/text"), from.is_empty())
        else {
            return self.event(ChannelEvent::Unreadable { place: format!("{place}.message_edit") });
        };
        let id = format!("{former}/{}", json::integer(edit, "/num_edit").unwrap_or_default());
        let message = Message::new(id, from, MessageKind::Text);
        let message = Message { sent_at: at, text: words.to_owned(), edits: Some(former), ..message };
        self.out.push(Incoming::Message(Box::new(message)));
    }

    fn reaction(&mut self, reaction: &Value, from: Vec<Urn>, at: Option<Timestamp>, place: &str) {
        let (Some(on), false) = (owned(reaction, "/mid"), from.is_empty()) else {
            return self.event(ChannelEvent::Unreadable { place: format!("{place}.reaction") });
        };
        let taken_back = text(reaction, "/action") == Some("unreact");
        let emoji = owned(reaction, "/emoji").filter(|_| !taken_back).unwrap_or_default();
        let id = format!("{on}/{}", at.map(Timestamp::as_millisecond).unwrap_or_default());
        let message = Message { sent_at: at, ..Message::new(id, from, MessageKind::Reaction { emoji, on }) };
        self.out.push(Incoming::Message(Box::new(message)));
    }

    /// A button of the page, a link to it or an advertisement brought the person.
    fn started(&mut self, item: &Value, person: Vec<Urn>, at: Option<Timestamp>) {
        if person.is_empty() {
            return self.event(ChannelEvent::NoSender { external_id: owned(item, "/postback/mid") });
        }
        // She switched messages about one matter off or on, in Messenger itself.
        match text(item, "/optin/notification_messages_status").map(word).as_deref() {
            Some("stop_notifications") => {
                let about = owned(item, "/optin/title").or_else(|| Some("notification_messages".to_owned()));
                return self.event(ChannelEvent::OptedOut { person, about, at });
            }
            Some(other) => return self.event(ChannelEvent::Other { what: other.to_owned() }),
            None => {}
        }
        let referral = json::at(item, "/postback/referral")
            .or_else(|| item.get("referral"))
            .or_else(|| item.get("optin"))
            .map(referral);
        self.event(ChannelEvent::ConversationStarted {
            person,
            name: None,
            referral,
            payload: owned(item, "/postback/payload").or_else(|| owned(item, "/optin/payload")),
            title: owned(item, "/postback/title"),
            at,
        });
    }
}

/// Page-scoped ids are numbers.
fn identity(scheme: &str, id: &str) -> Option<Urn> {
    let fits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| Urn::new(scheme, id).ok()).flatten()
}

fn timestamp(item: &Value) -> Option<Timestamp> {
    let number = json::integer(item, "/timestamp")?;
    if number < FIRST_MILLISECOND {
        Timestamp::from_second(number).ok()
    } else {
        Timestamp::from_millisecond(number).ok()
    }
}

fn referral(raw: &Value) -> Referral {
    Referral {
        source_type: owned(raw, "/source"),
        source_id: owned(raw, "/ad_id"),
        source_url: owned(raw, "/referer_uri"),
        headline: owned(raw, "/ads_context_data/ad_title"),
        reference: owned(raw, "/ref"),
        action: owned(raw, "/type"),
        ..Referral::default()
    }
}

/// Takes one attachment over. What is not the person's own file (a shared post, a link) is written as a line where it has
/// an address.
///
/// # Errors
/// The kind of an attachment of which nothing could be kept beside the other parts of the message.
fn attach(message: &mut Message, raw: &Value) -> Result<(), String> {
    let kind = text(raw, "/type").unwrap_or("");
    let url = owned(raw, "/payload/url").filter(|url| web_address(url).is_some());
    if json::integer(raw, "/payload/sticker_id").is_some_and(|id| THUMBS.contains(&id)) {
        message.text.push('👍');
        return Ok(());
    }
    let coordinate = |name: &str| json::number(raw, &format!("/payload/coordinates/{name}"));
    if let (Some(latitude), Some(longitude)) = (coordinate("lat"), coordinate("long")) {
        message.attachments.push(IncomingAttachment::place(latitude, longitude));
        message.kind = MessageKind::Location;
        return Ok(());
    }
    let found = match (kind, &url) {
        ("image", Some(_)) if json::at(raw, "/payload/sticker_id").is_some() => MessageKind::Sticker,
        ("image", Some(_)) => MessageKind::Image,
        ("audio", Some(_)) => MessageKind::Audio,
        ("video", Some(_)) => MessageKind::Video,
        ("file", Some(_)) => MessageKind::Document,
        // A shared post, a reel, a story that mentions us: what is seen behind it is not the person's message.
        _ => MessageKind::Unsupported { what: word(if kind.is_empty() { "attachment" } else { kind }) },
    };
    let is_alone = message.kind == MessageKind::Text && message.text.is_empty();
    let name = word(if kind.is_empty() { "attachment" } else { kind });
    match (&found, url) {
        (MessageKind::Unsupported { .. }, url) => {
            let title = owned(raw, "/payload/title").or_else(|| owned(raw, "/title"));
            // The address of a story is one of a picture for a few hours, and no place to look at.
            let url = url.filter(|_| SHARED.contains(&kind));
            let lines: Vec<String> = [title, url].into_iter().flatten().collect();
            let unknown = lines.iter().filter(|line| !message.text.contains(line.as_str()));
            let text = unknown.fold(message.text.clone(), |text, line| add_line(text, line));
            message.text = text;
            if lines.is_empty() && !is_alone {
                return Err(name);
            }
        }
        (_, Some(url)) => message.attachments.push(IncomingAttachment::file(kind, url)),
        (_, None) => {}
    }
    if is_alone {
        message.kind = found;
    }
    Ok(())
}

fn request(settings: &MetaSettings, product: &Product, outgoing: &Outgoing) -> Result<Rendering, Refused> {
    if outgoing.to.scheme() != product.scheme {
        return Err(Refused::Scheme);
    }
    let recipient = match &outgoing.reply_token {
        Some(token) => json!({"notification_messages_token": token}),
        None => json!({"id": outgoing.to.path()}),
    };
    let url = settings.url("me/messages").ok_or(Refused::Address)?;
    // Inside the window an answer is a response; everything else an update.
    let kind = if outgoing.reply_to.is_some() { "RESPONSE" } else { "UPDATE" };
    let mut degraded = Vec::new();
    let mut messages = Vec::new();
    let (text, replies) = content(&outgoing.content, &mut messages, &mut degraded)?;
    let limit = settings.max_text_length.map_or(MAX_TEXT, |most| most.min(MAX_TEXT));
    let said = product.max_bytes.map_or_else(|| split(&text, limit), |most| split_bytes(&text, limit, most));
    let mut parts: Vec<Value> = said.into_iter().map(|part| json!({"text": part})).collect();
    match (parts.last_mut(), replies.is_empty()) {
        (_, true) => {}
        (Some(last), false) => last["quick_replies"] = Value::from(replies),
        // Quick replies hang on the last thing that is said, be it a file.
        (None, false) => {
            if let Some(last) = messages.last_mut() {
                last["quick_replies"] = Value::from(replies);
            }
        }
    }
    messages.append(&mut parts);
    let envelope =
        |message: Value| json!({"messaging_type": kind, "recipient": recipient, "message": message});
    let requests = messages
        .into_iter()
        .map(|message| HttpRequest::post_json(url.clone(), Headers::new(), &envelope(message)))
        .collect();
    Ok(Rendering { requests, degraded })
}

/// Files as messages of their own; what is left is text and quick replies.
fn content(
    content: &Content,
    files: &mut Vec<Value>,
    degraded: &mut Vec<Degraded>,
) -> Result<(String, Vec<Value>), Refused> {
    let offered: Vec<&QuickReply> = content
        .quick_replies
        .iter()
        .filter(|reply| reply.kind == QuickReplyKind::Text && !reply.text.trim().is_empty())
        .collect();
    let fits = |reply: &&QuickReply| {
        length(reply.text.trim()) <= MAX_TITLE && length(choice_id(reply)) <= MAX_PAYLOAD
    };
    let as_buttons = offered.len() <= MAX_QUICK_REPLIES && offered.iter().all(fits);
    let mut text = content.text.clone();
    let mut replies = Vec::new();
    if as_buttons {
        replies.extend(offered.iter().map(
            |reply| json!({"content_type": "text", "title": reply.text.trim(), "payload": choice_id(reply)}),
        ));
    } else {
        let why =
            "a quick reply is longer than Messenger shows, or there are too many; they are numbered lines";
        degraded.push(Degraded::new(Feature::QuickReplies, why));
        text = with_numbers(&text, &choices_numbered(&content.quick_replies));
    }
    let others = Content {
        quick_replies: content
            .quick_replies
            .iter()
            .filter(|reply| reply.kind != QuickReplyKind::Text)
            .cloned()
            .collect(),
        ..Content::default()
    };
    let lines = crate::plain::choices(&others, degraded);
    if !lines.is_empty() {
        text = add_line(text, &lines);
    }
    for attachment in &content.attachments {
        match file(attachment) {
            Some(file) => files.push(file),
            None => text = as_line(text, attachment, degraded)?,
        }
    }
    Ok((text, replies))
}

fn file(attachment: &Attachment) -> Option<Value> {
    web_address(&attachment.url)?;
    let kind = match attachment.content_type.split('/').next().unwrap_or("") {
        "geo" => return None,
        kind @ ("image" | "audio" | "video") => kind,
        _ => "file",
    };
    Some(json!({"attachment": {"type": kind, "payload": {"url": attachment.url, "is_reusable": true}}}))
}

/// The class of an error of the Send API; `None` for a code that this table does not know.
/// Source: developers.facebook.com/docs/messenger-platform/error-codes.
const fn class(code: i64, subcode: Option<i64>) -> Option<ErrorClass> {
    Some(match (code, subcode) {
        (4 | 17 | 32 | 80_002 | 80_006, _) | (613, _) => ErrorClass::Throttled,
        (-1 | 1 | 2 | 1200, _) => ErrorClass::Transient,
        // 2534022 is Instagram's word for it.
        (10, Some(2_018_278 | 2_018_065 | 2_534_022)) | (2_018_278, _) => ErrorClass::WindowClosed,
        // Not available to us, no matching user.
        (551, _) | (100, Some(2_018_001 | 2_534_001 | 2_534_014)) | (200, Some(1_545_041)) | (230, _) => {
            ErrorClass::Unreachable
        }
        (200, Some(2_018_108)) | (2_018_108, _) => ErrorClass::OptedOut,
        (368, _) => ErrorClass::RefusedForNow,
        (0 | 3 | 10 | 102 | 190 | 200..=299 | 459 | 460 | 463 | 464 | 467, _) => ErrorClass::AccountBroken,
        (100, _) => ErrorClass::BadRequest,
        _ => return None,
    })
}

fn settle(response: &HttpResponse) -> Settled {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    if let Some(error) = body.get("error").filter(|error| error.is_object()) {
        let known = json::integer(error, "/code")
            .and_then(|code| class(code, json::integer(error, "/error_subcode")));
        let transient = json::at(error, "/is_transient").and_then(Value::as_bool) == Some(true);
        let known = known.or(transient.then_some(ErrorClass::Transient));
        let class = known.unwrap_or_else(|| class_of_status(response.status));
        let class = if response.status == 429 { ErrorClass::Throttled } else { class };
        return class.settle(
            json::code(error, "/code"),
            text(error, "/message").unwrap_or(""),
            retry_after(response),
        );
    }
    if !response.is_success() {
        return settle_status(response);
    }
    Settled::taken(owned(&body, "/message_id"))
}
