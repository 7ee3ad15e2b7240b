//! Everything that a sprint can bring about, as one closed enum. The JSON is RapidPro's event format, so that
//! history, webhooks and the conformance data share it; the server matches the enum exhaustively.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use smol_str::SmolStr;
use uuid::Uuid;

use crate::contact::{ContactStatus, FieldValue, Ticket};
use crate::moment::Moment;
use crate::refs::{FieldRef, FlowRef, Ref};
use crate::run::{RunStatus, RunSummary};
use crate::words::{Language, QuickReply, TemplateComponent, TemplateVariable, Urn};

/// One thing that happened, or that the server is asked to make happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Time-ordered; a `msg_created` event's id is the message's id.
    pub uuid: Uuid,
    pub created_on: Moment,
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// Airtime was sent; the server has the provider's log.
    AirtimeCreated {
        external_id: String,
        sender: String,
        recipient: Urn,
        currency: String,
        amount: serde_json::Number,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        http_logs: Vec<Json>,
    },
    /// A message to several people is to be made and sent.
    BroadcastCreated {
        translations: BTreeMap<Language, BroadcastContent>,
        base_language: Language,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<Ref>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contacts: Vec<Ref>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        contact_query: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        urns: Vec<Urn>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<Ref>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        template_variables: Vec<String>,
    },
    CallCreated {
        call: PhoneCall,
    },
    CallMissed {
        channel: Ref,
    },
    CallReceived {
        call: PhoneCall,
    },
    CampaignFired {
        campaign: Ref,
        point_uuid: Uuid,
    },
    ChatStarted {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Ref>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        params: Option<BTreeMap<String, String>>,
    },
    /// `value` is `None` when the field was cleared.
    ContactFieldChanged {
        field: FieldRef,
        value: Option<FieldValue>,
    },
    /// The flow that the contact is now in; `None` when she is in none.
    ContactFlowChanged {
        flow: Option<FlowRef>,
    },
    ContactGroupsChanged {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups_added: Vec<Ref>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups_removed: Vec<Ref>,
    },
    /// An empty text when the language was cleared.
    ContactLanguageChanged {
        language: String,
    },
    ContactLastSeenChanged {
        last_seen_on: Moment,
    },
    ContactNameChanged {
        name: String,
    },
    ContactStatusChanged {
        status: ContactStatus,
    },
    /// An IANA name, or an empty text when the time zone was cleared.
    ContactTimezoneChanged {
        timezone: String,
    },
    /// All of the contact's addresses in their new order, each with its channel as `?channel=uuid`.
    ContactUrnsChanged {
        urns: Vec<String>,
    },
    DialEnded {
        dial: Dial,
    },
    DialWait {
        urn: Urn,
        #[serde(default, skip_serializing_if = "is_zero")]
        dial_limit_seconds: u32,
        #[serde(default, skip_serializing_if = "is_zero")]
        call_limit_seconds: u32,
        expires_on: Moment,
    },
    EmailSent {
        to: Vec<String>,
        subject: String,
        body: String,
    },
    /// A mistake in the flow, for its author; the run goes on.
    Error {
        text: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        code: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        extra: BTreeMap<String, String>,
    },
    /// A mistake after which the run cannot go on.
    Failure {
        text: String,
    },
    InputLabelsAdded {
        input_uuid: Uuid,
        labels: Vec<Ref>,
    },
    /// Something to be spoken or played on the current call.
    IvrCreated {
        msg: MsgOut,
    },
    LlmCalled {
        llm: Ref,
        instructions: String,
        input: String,
        output: String,
        tokens: Tokens,
        elapsed_ms: u64,
    },
    /// A message to be sent; its id is the event's.
    MsgCreated {
        msg: MsgOut,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        broadcast_uuid: Option<Uuid>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket_uuid: Option<Uuid>,
    },
    MsgDeleted {
        msg_uuid: Uuid,
        #[serde(default, skip_serializing_if = "crate::refs::is_false")]
        by_contact: bool,
    },
    MsgReceived {
        msg: MsgIn,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket_uuid: Option<Uuid>,
    },
    MsgStatusChanged {
        msg_uuid: Uuid,
        status: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The session now waits for a message.
    MsgWait {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_seconds: Option<u32>,
        expires_on: Moment,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<Hint>,
    },
    OptinRequested {
        optin: Ref,
        channel: Ref,
        urn: Urn,
    },
    OptinStarted {
        optin: Ref,
        channel: Ref,
    },
    OptinStopped {
        optin: Ref,
        channel: Ref,
    },
    ResthookCalled {
        resthook: String,
        payload: Json,
    },
    RunEnded {
        run_uuid: Uuid,
        flow: FlowRef,
        status: RunStatus,
    },
    RunResultChanged {
        name: SmolStr,
        value: SmolStr,
        category: SmolStr,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<PreviousResult>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        extra: Option<Json>,
    },
    RunStarted {
        flow: FlowRef,
        run_uuid: Uuid,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent_uuid: Option<Uuid>,
        #[serde(default, skip_serializing_if = "crate::refs::is_false")]
        terminal: bool,
    },
    /// Sessions are to be started for other contacts.
    SessionTriggered {
        flow: FlowRef,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<Ref>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contacts: Vec<Ref>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        contact_query: String,
        exclusions: Exclusions,
        #[serde(default, skip_serializing_if = "crate::refs::is_false")]
        create_contact: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        urns: Vec<Urn>,
        run_summary: RunSummary,
        history: History,
    },
    TicketAssigneeChanged {
        ticket_uuid: Uuid,
        assignee: Option<Ref>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<Ref>,
    },
    TicketClosed {
        ticket_uuid: Uuid,
    },
    TicketNoteAdded {
        ticket_uuid: Uuid,
        note: String,
    },
    TicketOpened {
        ticket: Ticket,
    },
    TicketReopened {
        ticket_uuid: Uuid,
    },
    TicketTopicChanged {
        ticket_uuid: Uuid,
        topic: Ref,
    },
    TypingStarted(Typing),
    TypingStopped(Typing),
    WaitExpired {},
    WaitTimedOut {},
    /// Something that works but should be written otherwise.
    Warning {
        text: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        code: String,
    },
    WebhookCalled(WebhookCalled),
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A call on a voice channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneCall {
    pub uuid: Uuid,
    pub channel: Ref,
    pub urn: Urn,
}

/// How a dialled leg of a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dial {
    pub status: DialStatus,
    /// Seconds that the two spoke.
    pub duration: u32,
}

/// Whether the other side took the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DialStatus {
    Answered,
    NoAnswer,
    Busy,
    Failed,
}

impl DialStatus {
    /// As routers see it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Failed => "failed",
        }
    }
}

/// One language's content of a broadcast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct BroadcastContent {
    pub text: String,
    /// `content_type:url` each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quick_replies: Vec<QuickReply>,
}

/// A message that a flow makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct MsgOut {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urn: Option<Urn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Ref>,
    #[serde(default)]
    pub text: String,
    /// `content_type:url` each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quick_replies: Vec<QuickReply>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templating: Option<MsgTemplating>,
    /// The text's language and the channel's country, such as `spa-EC`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub locale: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsendable_reason: Option<Unsendable>,
}

/// Why a message that a flow made cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsendable {
    /// No channel reaches any address of the contact.
    NoRoute,
    ContactBlocked,
    ContactStopped,
    ContactArchived,
    /// The host's check refused the content.
    ForbiddenContent,
}

/// The approved template that a message uses, and what fills its gaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MsgTemplating {
    pub template: Ref,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<TemplateComponent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<TemplateVariable>,
}

/// A message from the contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct MsgIn {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urn: Option<Urn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Ref>,
    #[serde(default)]
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub external_id: String,
    /// The stable id (or, written as a number from 0, the place) of the offered quick reply that was tapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice_id: Option<String>,
}

/// What kind of answer a wait would like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Hint {
    Audio,
    Image,
    Video,
    Location,
    /// A fixed number of digits, or digits up to a terminating key.
    Digits {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u32>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        terminated_by: String,
    },
}

/// What a result was before it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousResult {
    pub value: SmolStr,
    pub category: SmolStr,
}

/// Whom a triggered session leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exclusions {
    /// Contacts who are in a flow now.
    #[serde(default, skip_serializing_if = "crate::refs::is_false")]
    pub in_a_flow: bool,
}

/// Which sessions led to this one; it stops flows that start each other without end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    pub parent_uuid: Uuid,
    pub ancestors: u32,
    /// Of those, how many since a person last wrote.
    pub ancestors_since_input: u32,
}

/// Words that a language model read and wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
}

/// Somebody types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    pub direction: TypingDirection,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Ref>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urn: Option<Urn>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub msg_external_id: String,
}

/// Who types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TypingDirection {
    Incoming,
    Outgoing,
}

/// A web call and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookCalled {
    pub url: String,
    /// 0 when there was no response.
    #[serde(default, skip_serializing_if = "is_no_status")]
    pub status_code: u16,
    /// The request as it went out.
    pub request: String,
    /// The response as it came in; empty when there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub response: String,
    pub elapsed_ms: u64,
    pub retries: u32,
    pub sizes: TraceSizes,
    pub status: WebhookStatus,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resthook: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a function of a reference")]
fn is_no_status(code: &u16) -> bool {
    *code == 0
}

/// Bytes that went out and came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TraceSizes {
    pub request: u64,
    pub response: u64,
}

/// How a web call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookStatus {
    Success,
    ConnectionError,
    ResponseError,
    /// A resthook's subscriber answered 410.
    SubscriberGone,
}

impl EventKind {
    /// An error without a code.
    #[must_use]
    pub fn error(text: impl Into<String>) -> Self {
        Self::Error { text: text.into(), code: String::new(), extra: BTreeMap::new() }
    }

    /// An error with a code and what it is about.
    #[must_use]
    pub fn coded(text: impl Into<String>, code: &str, extra: &[(&str, &str)]) -> Self {
        let extra = extra.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self::Error { text: text.into(), code: code.to_owned(), extra }
    }

    /// An error because `kind` (group, field, flow ...) no longer exists.
    #[must_use]
    pub fn missing(kind: &str, identity: &str, shown: &str) -> Self {
        Self::coded(
            format!("Missing dependency: {kind}{shown}"),
            "dependency:missing",
            &[("identity", identity), ("type", kind)],
        )
    }
}

impl Event {
    /// Makes the event with its own id and time, in that order.
    pub(crate) fn new(source: &mut dyn crate::source::Source, kind: EventKind) -> Self {
        let (uuid, created_on) = source.stamp();
        Self { uuid, created_on: created_on.into(), kind }
    }
}
