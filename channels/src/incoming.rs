//! What comes in from a provider, in words that all of them share. Nothing that a provider delivers is left out
//! without a mark: what has no better place becomes [`MessageKind::Unsupported`] or a [`ChannelEvent`].
use flow::words::{Attachment, Urn};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::outgoing::ErrorClass;

/// One thing out of a webhook call; a call may hold many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "incoming", rename_all = "snake_case")]
pub enum Incoming {
    /// A person wrote.
    Message(Box<Message>),
    /// What became of a message of ours.
    Report(DeliveryReport),
    /// Something about the account, a template or a person that is not a message.
    Event(ChannelEvent),
    /// A telephone call begins, goes on or ends.
    Call(Box<crate::voice::Heard>),
}

/// What a person sent.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The provider's id; the key by which a repeated delivery is recognised. Empty where the provider gives none:
    /// then each delivery is a message of its own, since people do write the same word twice.
    pub external_id: String,
    /// Every identity that the provider gave, the one to answer to first. Never empty. WhatsApp may give only a
    /// business-scoped user id (`whatsapp:EC.1a2B`) and no phone number.
    pub from: Vec<Urn>,
    /// The person's name as she shows it to the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the person sent it by the provider's clock; absent where the provider does not say (Twilio).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    pub kind: MessageKind,
    /// What was written, the caption of a file, or the title of the choice that was tapped.
    #[serde(default)]
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<IncomingAttachment>,
    /// The id of the button or list row that was tapped: [`crate::choice_id`] of the quick reply that was offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice_id: Option<String>,
    /// The filled-in fields of a provider's form (a WhatsApp Flow).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<serde_json::Value>,
    /// The provider's id of the message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The advertisement or link that brought the person; the first message only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    #[serde(default, skip_serializing_if = "Forwarded::is_no")]
    pub forwarded: Forwarded,
    /// The identity check's value where it is switched on: when it changes, the number may have changed hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_key: Option<String>,
    /// What the provider wants back with an answer, beside the address: LINE's reply token (once, within a minute),
    /// Firebase's registration token of the device (until it changes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_token: Option<String>,
    /// The provider's id of the earlier message that the person changed into this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<String>,
}

impl Message {
    /// A message with nothing in it yet.
    #[must_use]
    pub fn new(external_id: impl Into<String>, from: Vec<Urn>, kind: MessageKind) -> Self {
        Self {
            external_id: external_id.into(),
            from,
            name: None,
            sent_at: None,
            kind,
            text: String::new(),
            attachments: Vec::new(),
            choice_id: None,
            form: None,
            reply_to: None,
            referral: None,
            forwarded: Forwarded::No,
            identity_key: None,
            reply_token: None,
            edits: None,
        }
    }
}

/// What a person wrote must not reach a log by way of `{:?}`.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("from", &self.from)
            .field("kind", &self.kind.as_str())
            .field("text_bytes", &self.text.len())
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}

/// What a message that was taken back says it is.
pub const TAKEN_BACK: &str = "taken back";

/// What kind of message it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MessageKind {
    Text,
    Image,
    /// A sound file.
    Audio,
    /// A voice note, recorded on the spot.
    Voice,
    Video,
    Document,
    Sticker,
    Location,
    /// One or more visiting cards.
    Contacts,
    /// A tapped button or list row.
    Choice,
    /// A filled-in form of the provider's own.
    Form,
    /// An emoji put on a message of ours; an empty one takes it back.
    Reaction {
        emoji: String,
        /// The provider's id of the message that it was put on.
        on: String,
    },
    /// A shopping basket.
    Order,
    /// The person sent something that the provider or this adapter cannot pass on. She believes it arrived, so it
    /// must be shown.
    Unsupported {
        /// The provider's name for it.
        what: String,
    },
}

impl MessageKind {
    /// The kind's name as it is stored.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contacts => "contacts",
            Self::Choice => "choice",
            Self::Form => "form",
            Self::Reaction { .. } => "reaction",
            Self::Order => "order",
            Self::Unsupported { .. } => "unsupported",
        }
    }
}

/// A file, a place or a visiting card that came with a message. The message is stored first with this as the
/// placeholder; a job then fetches the file (see [`crate::media`]).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct IncomingAttachment {
    /// A media type such as `image/jpeg`, only its first half where the provider says no more, `geo` for a place,
    /// `text/vcard` for a visiting card. As the provider says it: the file itself must be looked at before trusting it.
    pub content_type: String,
    pub source: MediaSource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The SHA-256 of the file as the provider gave it: Meta's is base64 (older deliveries: hexadecimal).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl std::fmt::Debug for IncomingAttachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IncomingAttachment").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

/// Where an attachment's content is.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum MediaSource {
    /// A file to be fetched from an address.
    Url { url: String },
    /// A file that the provider gives an address for when asked for this id (WhatsApp: for 7 days).
    Id {
        id: String,
        /// The address, where the delivery already has one (WhatsApp since November 2025; valid for minutes).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// A place.
    Location {
        latitude: f64,
        longitude: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// The content itself, as text (a visiting card).
    Inline { text: String },
    /// The content itself in base64, which came with the call; empty where the provider did not have it.
    Encoded { base64: String },
}

/// The kind of source only: places and addresses of files are personal.
impl std::fmt::Debug for MediaSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Url { .. } => "Url",
            Self::Id { .. } => "Id",
            Self::Location { .. } => "Location",
            Self::Inline { .. } => "Inline",
            Self::Encoded { .. } => "Encoded",
        })
    }
}

impl IncomingAttachment {
    /// A file at an address.
    pub fn file(content_type: impl Into<String>, url: impl Into<String>) -> Self {
        Self::of(content_type, MediaSource::Url { url: url.into() })
    }

    /// A place.
    pub(crate) fn place(latitude: f64, longitude: f64) -> Self {
        Self::of("geo", MediaSource::Location { latitude, longitude, name: None, address: None })
    }

    pub(crate) fn of(content_type: impl Into<String>, source: MediaSource) -> Self {
        Self { content_type: content_type.into(), source, caption: None, filename: None, sha256: None }
    }

    /// The attachment as a flow knows it, when that can be said without fetching anything: a place becomes
    /// `geo:latitude,longitude`, a file with an address `content_type:url`.
    #[must_use]
    pub fn as_attachment(&self) -> Option<Attachment> {
        let url = match &self.source {
            MediaSource::Location { latitude, longitude, .. } => format!("{latitude:.6},{longitude:.6}"),
            MediaSource::Url { url } => url.clone(),
            MediaSource::Id { .. } | MediaSource::Inline { .. } | MediaSource::Encoded { .. } => return None,
        };
        Some(Attachment { content_type: self.content_type.clone(), url })
    }
}

/// What brought a person to write.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Referral {
    /// `ad`, `post` and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The provider's id of the click (`ctwa_clid`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
    /// What we put into the link ourselves (`m.me/page?ref=…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The provider's word for what happened (`OPEN_THREAD`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

/// Whether a message was passed on from elsewhere: a rumour often is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forwarded {
    #[default]
    No,
    Yes,
    /// Passed on many times already.
    Frequently,
}

impl Forwarded {
    const fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }
}

/// What became of a message of ours, as the provider reports it. Reports come unordered, repeated, and sometimes
/// before the answer to our own request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryReport {
    /// The provider's id of the message; ours where the provider reports under nothing else.
    pub external_id: String,
    /// Our own id of the message, where the provider gave back what we sent with it: this finds the message even
    /// when the answer to our request was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Uuid>,
    pub status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The identities of the receiver that the provider gave; may hold one that we did not know yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipient: Vec<Urn>,
    /// A short number that we sent with the message and that came back (SMPP). It is used again for others: together
    /// with the receiver it finds a message whose answer was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<u16>,
}

impl DeliveryReport {
    /// A report under the provider's id.
    pub(crate) fn of(external_id: impl Into<String>, status: Status) -> Self {
        Self {
            external_id: external_id.into(),
            attempt: None,
            status,
            at: None,
            recipient: Vec::new(),
            reference: None,
        }
    }

    /// A report under our own id of the message.
    pub(crate) fn of_attempt(attempt: Uuid, status: Status) -> Self {
        Self { attempt: Some(attempt), ..Self::of(attempt.to_string(), status) }
    }
}

/// How far a message of ours got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// The provider has it and has not passed it on yet.
    Accepted,
    Sent,
    Delivered,
    Read,
    Failed {
        class: ErrorClass,
        /// The provider's code as text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// The provider's words, runs of digits that may be a phone number blotted out.
        detail: String,
    },
}

/// Something that happened to the account, a template or a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ChannelEvent {
    /// The person may not be written to any more: she told the provider, or the provider blocks the pair.
    OptedOut {
        person: Vec<Urn>,
        /// What she does not want any more where it is less than everything, such as `marketing_messages`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// The person took an opt-out back at the provider.
    OptedIn {
        person: Vec<Urn>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// The person opened the conversation without writing: pressed "start" or "get started", subscribed, or came by a
    /// link or an advertisement.
    ConversationStarted {
        person: Vec<Urn>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        referral: Option<Referral>,
        /// What stands behind the button that was pressed, as we set it up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<String>,
        /// What the button said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// The person has a new number; the former one may soon belong to somebody else.
    IdentityChanged {
        from: Vec<Urn>,
        to: Vec<Urn>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// A template was approved, rejected, paused or disabled.
    TemplateStatus {
        name: String,
        language: String,
        /// The provider's word, lower case: `approved`, `rejected`, `paused`, `disabled`, `flagged` ...
        status: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The number's quality or its daily limit changed.
    Quality {
        /// The provider's word, lower case: `flagged`, `unflagged`, `upgrade`, `downgrade` ...
        change: String,
        /// The new limit, such as `tier_1k`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<String>,
    },
    /// What must go with the next answer to the person, as [`Message::reply_token`]: her device has a new name.
    ReplyToken { person: Vec<Urn>, token: String },
    /// What sends for us says how it is: a telephone with its battery.
    Health {
        condition: Condition,
        /// In plain words; may be empty.
        says: String,
        /// When, by its own clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// The provider restricted, banned or reinstated the account.
    Account {
        /// The provider's word, lower case.
        change: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// The provider reports an error that belongs to no message of ours.
    Error {
        class: ErrorClass,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        detail: String,
    },
    /// Part of the call is for another number under the same app; the server hands the call to that channel too.
    ForOtherAddress { address: String },
    /// A message came without anybody to answer to. The raw call is kept; the text is not taken out of it.
    NoSender {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
    },
    /// A message in a group: a line talks with persons, and answering would show it to all.
    GroupMessage { external_id: String },
    /// One part of the call could not be read; the others were.
    Unreadable {
        /// Where in the call, such as `entry[0].changes[0].value.messages[2].id`.
        place: String,
    },
    /// Something that this adapter has no word for.
    Other {
        /// The provider's name for it.
        what: String,
    },
}

/// How something that sends for us is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Good,
    /// It works, and somebody should look.
    Weak,
    Bad,
}

impl Condition {
    /// The name as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Weak => "weak",
            Self::Bad => "bad",
        }
    }
}

/// A webhook call was not what the provider documents. Names the place, never the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the call cannot be read at {place}")]
pub struct Unparsable {
    /// A path in the JSON (`entry[0].changes`) or the name of a form field; `body` for the whole.
    pub place: String,
}

impl Unparsable {
    pub(crate) fn at(place: impl Into<String>) -> Self {
        Self { place: place.into() }
    }
}

/// Why a webhook call was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("the call carries no signature")]
    Unsigned,
    #[error("the signature is not in the provider's form")]
    Malformed,
    #[error("the signature was not made with this channel's secret over these bytes")]
    Mismatch,
    #[error("the signature is good, but it is too old or of a time to come")]
    Stale,
}

impl Denied {
    /// What to answer: 401 without a usable signature, 403 with a wrong one or one of another time.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Unsigned | Self::Malformed => 401,
            Self::Mismatch | Self::Stale => 403,
        }
    }
}
