//! Why a session starts.
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::contact::Ticket;
use crate::events::{Event, EventKind, History, MsgIn, PhoneCall};
use crate::moment::Moment;
use crate::refs::{FlowRef, Ref};
use crate::run::RunSummary;

/// What starts a session, in RapidPro's JSON form. Make one with [`Trigger::manual`], [`Trigger::msg`] and the
/// like, or read one with [`Trigger::read`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    #[serde(rename = "type")]
    pub kind: TriggerKind,
    /// What happened, for the kinds that come of an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<TriggerEvent>,
    pub flow: FlowRef,
    /// Whether many contacts are started at once; some actions are then refused.
    #[serde(default, skip_serializing_if = "crate::refs::is_false")]
    pub batch: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    pub triggered_on: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyword_match: Option<KeywordMatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Ref>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// The run that started this session by a `start_session` action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_summary: Option<Arc<RunSummary>>,
}

/// The kinds of trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// A call came in, went out or was missed.
    Call,
    /// A point of a campaign is due.
    Campaign,
    /// A channel reports something else than a message.
    Channel,
    /// The contact opened a chat.
    Chat,
    /// Another session's `start_session`.
    FlowAction,
    /// A user or the API.
    Manual,
    /// A message, by keyword or as a catch-all.
    Msg,
    /// A ticket was closed.
    Ticket,
}

impl TriggerKind {
    /// As expressions see it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Campaign => "campaign",
            Self::Channel => "channel",
            Self::Chat => "chat",
            Self::FlowAction => "flow_action",
            Self::Manual => "manual",
            Self::Msg => "msg",
            Self::Ticket => "ticket",
        }
    }
}

/// The event behind a trigger. `Other` keeps what the engine has no use for (events of channels).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TriggerEvent {
    Known(Box<Event>),
    Other(Json),
}

/// How a message matched a keyword.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeywordMatch {
    #[serde(rename = "type")]
    pub kind: KeywordMatchKind,
    pub keyword: String,
}

/// Which part of the message was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeywordMatchKind {
    FirstWord,
    OnlyWord,
}

impl Trigger {
    fn new(kind: TriggerKind, flow: FlowRef, triggered_on: Moment) -> Self {
        Self {
            kind,
            event: None,
            flow,
            batch: false,
            params: None,
            history: None,
            triggered_on,
            keyword_match: None,
            ticket: None,
            user: None,
            origin: String::new(),
            run_summary: None,
        }
    }

    fn of_event(kind: TriggerKind, flow: FlowRef, event: Event) -> Self {
        let mut trigger = Self::new(kind, flow, event.created_on);
        trigger.event = Some(TriggerEvent::Known(Box::new(event)));
        trigger
    }

    /// Started by a user, the API or a broadcast. `origin` is `ui`, `api` or empty.
    #[must_use]
    pub fn manual(flow: FlowRef, triggered_on: Moment, user: Option<Ref>, origin: &str) -> Self {
        Self { user, origin: origin.to_owned(), ..Self::new(TriggerKind::Manual, flow, triggered_on) }
    }

    /// Started by a message (whose id is `uuid`), which is then the first input.
    #[must_use]
    pub fn msg(
        flow: FlowRef,
        uuid: Uuid,
        received_on: Moment,
        msg: MsgIn,
        keyword: Option<KeywordMatch>,
    ) -> Self {
        let kind = EventKind::MsgReceived { msg, ticket_uuid: None };
        let event = Event { uuid, created_on: received_on, kind };
        Self { keyword_match: keyword, ..Self::of_event(TriggerKind::Msg, flow, event) }
    }

    /// Started because a ticket was closed.
    #[must_use]
    pub fn ticket_closed(flow: FlowRef, event_uuid: Uuid, closed_on: Moment, ticket: Ticket) -> Self {
        let kind = EventKind::TicketClosed { ticket_uuid: ticket.uuid };
        let event = Event { uuid: event_uuid, created_on: closed_on, kind };
        Self { ticket: Some(ticket), ..Self::of_event(TriggerKind::Ticket, flow, event) }
    }

    /// Started by any other event: a call, a chat, a campaign's point.
    #[must_use]
    pub fn event(kind: TriggerKind, flow: FlowRef, event: Event) -> Self {
        Self::of_event(kind, flow, event)
    }

    /// Started by another session.
    #[must_use]
    pub fn flow_action(flow: FlowRef, triggered_on: Moment, history: History, summary: RunSummary) -> Self {
        let base = Self::new(TriggerKind::FlowAction, flow, triggered_on);
        Self { history: Some(history), run_summary: Some(Arc::new(summary)), ..base }
    }

    /// Reads a trigger from RapidPro's JSON.
    ///
    /// # Errors
    /// When something required is missing or has the wrong shape, in words that name the field.
    pub fn read(json: &Json) -> Result<Self, String> {
        let absent = |key: &str| json.get(key).is_none_or(Json::is_null);
        let kind = json.get("type").and_then(Json::as_str).unwrap_or("");
        let mut wrong = Vec::new();
        let mut need = |key: &str| {
            if absent(key) {
                wrong.push(format!("field '{key}' is required"));
            }
        };
        need("flow");
        match kind {
            "channel" => need("event"),
            "ticket" => need("ticket"),
            "flow_action" => need("run_summary"),
            _ => {}
        }
        if let Some(matched) = json.get("keyword_match").filter(|m| !m.is_null()) {
            for key in ["type", "keyword"] {
                if matched.get(key).is_none_or(Json::is_null) {
                    wrong.push(format!("field 'keyword_match.{key}' is required"));
                }
            }
        }
        if !wrong.is_empty() {
            return Err(wrong.join(", "));
        }
        let trigger: Self = serde_json::from_value(json.clone()).map_err(|e| e.to_string())?;
        let event = match &trigger.event {
            Some(TriggerEvent::Known(event)) => Some(&event.kind),
            _ => None,
        };
        let (fits, wanted) = match trigger.kind {
            TriggerKind::Campaign => {
                (matches!(event, Some(EventKind::CampaignFired { .. })), "campaign_fired")
            }
            TriggerKind::Msg => (matches!(event, Some(EventKind::MsgReceived { .. })), "msg_received"),
            TriggerKind::Chat => (matches!(event, Some(EventKind::ChatStarted { .. })), "chat_started"),
            TriggerKind::Ticket => (matches!(event, Some(EventKind::TicketClosed { .. })), "ticket_closed"),
            _ => (true, ""),
        };
        if fits { Ok(trigger) } else { Err(format!("{kind} trigger event must be of type {wanted}")) }
    }

    /// The message that started the session.
    #[must_use]
    pub fn message(&self) -> Option<(&Event, &MsgIn)> {
        match &self.event {
            Some(TriggerEvent::Known(event)) => match &event.kind {
                EventKind::MsgReceived { msg, .. } => Some((event, msg)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The call that started the session.
    #[must_use]
    pub fn phone_call(&self) -> Option<&PhoneCall> {
        match &self.event {
            Some(TriggerEvent::Known(event)) => match &event.kind {
                EventKind::CallReceived { call } | EventKind::CallCreated { call } => Some(call),
                _ => None,
            },
            _ => None,
        }
    }
}
