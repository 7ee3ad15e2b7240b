//! What staff see of conversations: rows, whole conversations, and what was said.
use std::collections::HashMap;

use flow::words::{Attachment, Content};
use serde::Serialize;
use uuid::Uuid;

use super::{Conversation, EntryEvent, Learnt, State};
use crate::app::App;
use crate::contacts::{Contact, KnownUrn, Profile, is_whatsapp_user_id, masked};
use crate::lines::{ChannelKind, Line};
use crate::media::{self, MediaState};
use crate::outbound::MessageState;
use crate::store::Ts;

/// Says that a message came of which nothing may be kept.
const NOT_KEPT: &str = "(not kept: no consent)";

/// Somebody of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Named {
    pub id: Uuid,
    pub name: String,
}

/// What a conversation can be about, in the line's first language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TopicName {
    pub key: String,
    pub name: String,
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RowPerson {
    pub name: Option<String>,
    /// `+59…4567`, or `Web chat`.
    pub masked: String,
}

/// A conversation in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ConversationRow {
    pub id: Uuid,
    pub person: RowPerson,
    pub last_words: Option<String>,
    pub last_at: String,
    /// Since when the person has had no answer.
    pub waiting_since: Option<String>,
    pub topic: Option<TopicName>,
    pub urgent: bool,
    /// Exists for protection focal points only.
    pub restricted: bool,
    /// The kind of danger.
    pub triage: Option<String>,
    /// `waiting`, `assigned`, `snoozed` or `closed`.
    pub status: &'static str,
    pub snoozed_until: Option<String>,
    pub assignee: Option<Named>,
    /// Who is writing.
    pub answering: Vec<Named>,
    /// `whatsapp`, `sms` or `webchat`.
    pub channel: &'static str,
    /// Messages since staff last looked.
    pub unread: i64,
}

/// One of a person's addresses.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct IdentityView {
    pub id: Uuid,
    pub kind: String,
    pub masked: String,
}

/// What the person agreed to.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ConsentView {
    /// `given`, `declined`, `not_asked` or `vital_interest`.
    pub state: &'static str,
    pub notice_version: Option<String>,
    pub at: Option<String>,
    pub channel: Option<String>,
    /// What she wrote or pressed.
    pub words: Option<String>,
}

/// An earlier or later conversation of the same person.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Earlier {
    pub id: Uuid,
    pub topic: Option<TopicName>,
    pub opened_at: String,
    pub status: &'static str,
}

/// The person of a conversation.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PersonView {
    pub id: Uuid,
    pub name: Option<String>,
    pub masked: String,
    /// ISO 639-3: hers, or the line's first.
    pub language: String,
    pub language_chosen: bool,
    pub identities: Vec<IdentityView>,
    pub consent: ConsentView,
    pub fields: Vec<Learnt>,
    pub earlier: Vec<Earlier>,
}

/// Whether the channel takes a free text now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Window {
    /// `open`, `closed`, or `none` when the channel has no window.
    pub kind: &'static str,
    pub closes_at: Option<String>,
}

/// A reply that is being written.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DraftView {
    pub text: String,
}

/// A whole conversation.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ConversationView {
    pub id: Uuid,
    pub person: PersonView,
    pub last_words: Option<String>,
    pub last_at: String,
    pub waiting_since: Option<String>,
    pub topic: Option<TopicName>,
    pub urgent: bool,
    pub restricted: bool,
    pub triage: Option<String>,
    pub status: &'static str,
    pub snoozed_until: Option<String>,
    pub assignee: Option<Named>,
    pub answering: Vec<Named>,
    pub channel: &'static str,
    pub unread: i64,
    pub opened_at: String,
    pub closed_at: Option<String>,
    /// What the bot learnt before it handed over.
    pub learnt: Vec<Learnt>,
    pub window: Window,
    /// Who is looking at it.
    pub readers: Vec<Named>,
    /// One's own.
    pub draft: Option<DraftView>,
    pub last_entry_id: Option<Uuid>,
    /// The verbs that one may use on it now.
    pub may: Vec<&'static str>,
}

/// Who said something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Author {
    /// `person`, `bot` or `staff`.
    pub kind: &'static str,
    pub id: Option<Uuid>,
    pub name: Option<String>,
}

/// A file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AttachmentView {
    pub content_type: String,
    pub name: Option<String>,
    /// Bytes.
    pub size: Option<i64>,
    pub url: Option<String>,
    /// Words in place of a file that cannot be shown.
    pub placeholder: Option<String>,
    /// A file that a person or staff sent: `waiting` (it is being fetched), `here`, or `given_up`.
    pub state: Option<&'static str>,
    /// Its id, for fetching it again.
    pub media: Option<Uuid>,
    /// What staff said is in it.
    pub description: Option<String>,
}

/// A message, a note or an event.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Entry {
    pub id: Uuid,
    pub at: String,
    /// `message_in`, `message_out`, `note` or `event`.
    pub kind: &'static str,
    pub author: Author,
    pub text: String,
    pub attachments: Vec<AttachmentView>,
    pub choices: Vec<String>,
    /// Of an outgoing message: `queued`, `sending`, `sent`, `delivered`, `read`, `failed`, `unknown` or
    /// `cancelled`.
    pub status: Option<&'static str>,
    /// Why it failed, in words.
    pub reason: Option<String>,
    /// `{"type": "taken" …}`
    pub event: Option<serde_json::Value>,
    /// When the person changed her message afterwards.
    pub edited_at: Option<String>,
    /// What she wrote first; absent when she took it back.
    pub before: Option<String>,
}

/// Who is looking and writing, by conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    pub readers: Vec<Uuid>,
    pub writers: Vec<Uuid>,
}

/// Names of staff by id.
pub type Names = HashMap<Uuid, String>;

/// Somebody by id; who is not there any more has a name that says so.
#[must_use]
pub fn named(names: &Names, id: Uuid) -> Named {
    let name = names.get(&id).cloned().unwrap_or_else(|| "former colleague".to_owned());
    Named { id, name }
}

/// A topic of the line.
#[must_use]
pub fn topic_name(line: &Line, key: Option<&str>) -> Option<TopicName> {
    let key = key?;
    let name = line.topic_name(key, None).unwrap_or(key).to_owned();
    Some(TopicName { key: key.to_owned(), name })
}

impl State {
    /// As the API says it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Assigned { .. } => "assigned",
            Self::Snoozed { .. } => "snoozed",
            Self::Closed { .. } => "closed",
        }
    }
}

fn time(at: Option<Ts>) -> Option<String> {
    at.map(Ts::to_rfc3339)
}

/// The address that a conversation goes on under: of its channel, else the one written from last.
fn address(profile: &Profile, channel_id: Uuid) -> Option<&KnownUrn> {
    profile.urns.iter().find(|known| known.channel == channel_id).or_else(|| profile.urns.first())
}

/// The kind of a channel, even of one that was removed.
pub(super) fn channel_kind(line: &Line, profile: &Profile, channel_id: Uuid) -> ChannelKind {
    let known = line.channels.iter().find(|channel| channel.id == channel_id).map(|channel| channel.kind);
    known.unwrap_or_else(|| {
        address(profile, channel_id)
            .map_or(ChannelKind::Other, |known| ChannelKind::of_scheme(known.urn.scheme()))
    })
}

/// A row of the queue.
#[must_use]
pub fn row(
    line: &Line,
    conversation: &Conversation,
    profile: &Profile,
    last_words: Option<String>,
    names: &Names,
    present: &Present,
) -> ConversationRow {
    let c = conversation;
    let masked = address(profile, c.channel_id).map_or_else(|| "…".to_owned(), |known| masked(&known.urn));
    ConversationRow {
        id: c.id,
        person: RowPerson { name: profile.name.clone(), masked },
        last_words,
        last_at: c.last_at.to_rfc3339(),
        waiting_since: time(c.state.waiting_since()),
        topic: topic_name(line, c.topic.as_deref()),
        urgent: c.urgent,
        restricted: c.restricted,
        triage: c.triage.clone(),
        status: c.state.label(),
        snoozed_until: match c.state {
            State::Snoozed { until, .. } => time(until),
            _ => None,
        },
        assignee: c.state.assignee().map(|id| named(names, id)),
        answering: present.writers.iter().map(|id| named(names, *id)).collect(),
        channel: channel_kind(line, profile, c.channel_id).as_str(),
        unread: c.unread,
    }
}

/// What is told of a conversation that is no longer visible: its id and nothing else.
#[must_use]
pub fn gone_row(id: Uuid, at: Ts) -> ConversationRow {
    ConversationRow {
        id,
        person: RowPerson { name: None, masked: String::new() },
        last_words: None,
        last_at: at.to_rfc3339(),
        waiting_since: None,
        topic: None,
        urgent: false,
        restricted: false,
        triage: None,
        status: "closed",
        snoozed_until: None,
        assignee: None,
        answering: Vec::new(),
        channel: "webchat",
        unread: 0,
    }
}

/// The parts of a conversation that need reading beside its row.
pub struct Parts {
    pub row: ConversationRow,
    pub learnt: Vec<Learnt>,
    pub consent: ConsentView,
    pub earlier: Vec<Earlier>,
    pub window: Window,
    pub readers: Vec<Named>,
    pub draft: Option<DraftView>,
    pub last_entry_id: Option<Uuid>,
    pub may: Vec<&'static str>,
}

/// A whole conversation.
#[must_use]
pub fn conversation(
    line: &Line,
    contact: &Contact,
    conversation: &Conversation,
    parts: Parts,
) -> ConversationView {
    let row = parts.row;
    let identities = contact.profile.urns.iter().map(|known| IdentityView {
        id: known.identity,
        kind: if is_whatsapp_user_id(&known.urn) { "bsuid" } else { known.urn.scheme() }.to_owned(),
        masked: masked(&known.urn),
    });
    ConversationView {
        person: PersonView {
            id: contact.id,
            name: row.person.name,
            masked: row.person.masked,
            language: line.content.language(contact.language).to_string(),
            language_chosen: contact.language.is_some(),
            identities: identities.collect(),
            consent: parts.consent,
            fields: fields(&contact.profile),
            earlier: parts.earlier,
        },
        id: row.id,
        last_words: row.last_words,
        last_at: row.last_at,
        waiting_since: row.waiting_since,
        topic: row.topic,
        urgent: row.urgent,
        restricted: row.restricted,
        triage: row.triage,
        status: row.status,
        snoozed_until: row.snoozed_until,
        assignee: row.assignee,
        answering: row.answering,
        channel: row.channel,
        unread: row.unread,
        opened_at: conversation.opened_at.to_rfc3339(),
        closed_at: match conversation.state {
            State::Closed { at, .. } => Some(at.to_rfc3339()),
            _ => None,
        },
        learnt: parts.learnt,
        window: parts.window,
        readers: parts.readers,
        draft: parts.draft,
        last_entry_id: parts.last_entry_id,
        may: parts.may,
    }
}

fn fields(profile: &Profile) -> Vec<Learnt> {
    let shown = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Object(parts) => parts.get("text").and_then(|v| v.as_str()).map(str::to_owned),
        serde_json::Value::Null => None,
        other => Some(other.to_string()),
    };
    profile
        .fields
        .iter()
        .filter_map(|(key, value)| Some(Learnt { label: key.clone(), value: shown(value)? }))
        .collect()
}

/// What is needed to show a message.
pub struct MessageParts {
    pub id: Uuid,
    pub incoming: bool,
    pub author: Option<Uuid>,
    pub state: MessageState,
    /// `None` when nothing was kept.
    pub content: Option<Content>,
    pub reason: Option<String>,
    pub at: Ts,
    pub edited_at: Option<Ts>,
    pub before: Option<String>,
}

/// A message as staff see it.
#[must_use]
pub fn message(app: &App, parts: MessageParts, files: &Files<'_>, names: &Names) -> Entry {
    let author = match (parts.incoming, parts.author) {
        (true, _) => Author { kind: "person", id: None, name: None },
        (false, None) => Author { kind: "bot", id: None, name: None },
        (false, Some(id)) => Author { kind: "staff", id: Some(id), name: Some(named(names, id).name) },
    };
    let content =
        parts.content.unwrap_or_else(|| Content { text: NOT_KEPT.to_owned(), ..Content::default() });
    let failed =
        matches!(parts.state, MessageState::Failed | MessageState::Unknown | MessageState::Cancelled);
    Entry {
        id: parts.id,
        at: parts.at.to_rfc3339(),
        kind: if parts.incoming { "message_in" } else { "message_out" },
        author,
        attachments: content.attachments.iter().map(|file| attachment(app, file, files)).collect(),
        choices: content.quick_replies.into_iter().map(|choice| choice.text).collect(),
        text: content.text,
        status: parts.state.label(),
        reason: parts.reason.filter(|_| failed).map(|label| reason_words(&label)),
        event: None,
        edited_at: time(parts.edited_at),
        before: parts.before,
    }
}

/// Files that came with messages of a thread, and where the thread is.
pub struct Files<'a> {
    pub line: Uuid,
    pub conversation: Uuid,
    pub shown: &'a HashMap<Uuid, media::Shown>,
    /// Names and descriptions of those that staff sent.
    pub labels: &'a HashMap<Uuid, media::out::Label>,
}

impl Files<'_> {
    /// A file that a person or staff sent; one that retention has removed is named only.
    fn view(&self, id: Uuid, said: &str) -> AttachmentView {
        let shown = self.shown.get(&id);
        let here = shown.filter(|shown| shown.state == MediaState::Here);
        let url = format!(
            "{}/lines/{}/conversations/{}/media/{id}",
            crate::api::PREFIX,
            self.line,
            self.conversation
        );
        let label = self.labels.get(&id);
        let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        AttachmentView {
            content_type: shown
                .and_then(|shown| shown.content_type.clone())
                .unwrap_or_else(|| said.to_owned()),
            name: label.and_then(|label| filled(&label.name)),
            size: shown.and_then(|shown| shown.size),
            url: here.map(|_| url),
            placeholder: None,
            state: shown.map(|shown| shown.state.as_str()),
            media: shown.map(|_| id),
            description: label.and_then(|label| filled(&label.description)),
        }
    }
}

/// A file: our own ones can be opened; what lies at a provider is named only.
fn attachment(app: &App, file: &Attachment, files: &Files<'_>) -> AttachmentView {
    if let Some(id) = media::id_of(&file.url) {
        return files.view(id, &file.content_type);
    }
    let ours = file.url.starts_with(&format!("{}/", app.config.public_url));
    let name = if ours { file.url.rsplit('/').next().map(str::to_owned) } else { None };
    AttachmentView {
        content_type: file.content_type.clone(),
        name,
        size: None,
        url: if ours { Some(file.url.clone()) } else { None },
        placeholder: match (ours, file.content_type.as_str()) {
            (true, _) => None,
            (false, "geo") => Some(file.url.clone()),
            (false, kind) => Some(kind.to_owned()),
        },
        state: None,
        media: None,
        description: None,
    }
}

/// Why a message failed, in words that say what happened; the provider's code goes behind.
#[must_use]
pub fn reason_words(label: &str) -> String {
    let given_up = label.strip_prefix("gave_up ");
    let (class, code) = given_up.unwrap_or(label).split_once(' ').unwrap_or((given_up.unwrap_or(label), ""));
    let words = match class {
        "window_closed" => "The time to answer freely is over.",
        "unreachable" => "The person cannot be reached on this channel.",
        "opted_out" => "The person does not want messages from this line on this channel.",
        "refused_for_now" => "The provider does not take this message today.",
        "throttled" | "throttled_person" => "The provider took no more messages for too long.",
        "transient" => "The provider had a fault for too long.",
        "template_broken" => "The template is not usable.",
        "account_broken" => "The channel's account has a problem. Tell the administrator.",
        "bad_request" => "The provider could not read the message.",
        "no_connection" => "The provider could not be reached.",
        "answer_lost" | "answer_too_large" | "answer_unreadable" => {
            "The provider's answer was lost. It may have been sent."
        }
        "blocked" => "The person is blocked.",
        "stopped" => "The person wrote STOP.",
        "erased" => "The person was erased.",
        "answer_expired" => "The answer was no longer valid.",
        "channel_gone" => "The channel does not exist any more.",
        "on_a_call" => "A telephone call cannot carry this file.",
        "unreadable" => "The message could not be opened.",
        _ => "The provider did not deliver the message.",
    };
    // Codes are short and have digits; anything else is the provider's prose, which may quote the message.
    let is_code = code.len() <= 12
        && code.chars().all(|c| c.is_ascii_alphanumeric())
        && code.chars().any(|c| c.is_ascii_digit());
    if is_code { format!("{words} ({code})") } else { words.to_owned() }
}

/// What is needed to show a note or an event.
pub struct EntryParts {
    pub id: Uuid,
    pub author: Option<Uuid>,
    /// A note's text, or the reason of an event.
    pub text: Option<String>,
    pub event: Option<EntryEvent>,
    pub at: Ts,
}

/// A note or an event as staff see it.
#[must_use]
pub fn entry(line: &Line, parts: EntryParts, names: &Names) -> Entry {
    let author = match parts.author {
        None => Author { kind: "bot", id: None, name: None },
        Some(id) => Author { kind: "staff", id: Some(id), name: Some(named(names, id).name) },
    };
    let text = match &parts.event {
        Some(EntryEvent::Topic { topic }) => topic_name(line, Some(topic)).map(|topic| topic.name),
        Some(EntryEvent::Assigned { to }) => Some(named(names, *to).name),
        _ => None,
    };
    Entry {
        id: parts.id,
        at: parts.at.to_rfc3339(),
        kind: if parts.event.is_some() { "event" } else { "note" },
        author,
        text: parts.text.or(text).unwrap_or_default(),
        attachments: Vec::new(),
        choices: Vec::new(),
        status: None,
        reason: None,
        event: parts.event.map(|event| event_json(&event, names)),
        edited_at: None,
        before: None,
    }
}

/// An event with names beside the ids, and times as the API writes them.
fn event_json(event: &EntryEvent, names: &Names) -> serde_json::Value {
    let mut json = serde_json::to_value(event).unwrap_or_default();
    match event {
        EntryEvent::Assigned { to } => json["to"] = serde_json::json!(named(names, *to)),
        EntryEvent::Taken { from: Some(from) } => json["from"] = serde_json::json!(named(names, *from)),
        EntryEvent::Snoozed { until: Some(until) } => json["until"] = Ts(*until).to_rfc3339().into(),
        _ => {}
    }
    json
}

impl EntryEvent {
    /// The members of staff that an event names.
    #[must_use]
    pub fn names_staff(&self) -> Option<Uuid> {
        match self {
            Self::Assigned { to } => Some(*to),
            Self::Taken { from } => *from,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_what_happened_and_never_repeats_prose() {
        for (label, words) in [
            ("window_closed 131047", "The time to answer freely is over. (131047)"),
            ("gave_up throttled 80007", "The provider took no more messages for too long. (80007)"),
            ("bad_request the text 'Hola' is too long", "The provider could not read the message."),
            ("answer_lost", "The provider's answer was lost. It may have been sent."),
            ("something new", "The provider did not deliver the message."),
        ] {
            assert_eq!(reason_words(label), words, "{label}");
        }
    }
}
