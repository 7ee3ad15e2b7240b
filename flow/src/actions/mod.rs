//! What a node does when it is visited: one file per type of action.
mod add_contact_groups;
mod add_contact_urn;
mod add_input_labels;
mod call_classifier;
mod call_llm;
mod call_resthook;
mod call_webhook;
mod enter_flow;
mod open_ticket;
mod play_audio;
mod recipients;
mod remove_contact_groups;
mod request_optin;
mod say_msg;
mod send_broadcast;
mod send_email;
mod send_msg;
mod set_contact_channel;
mod set_contact_field;
mod set_contact_language;
mod set_contact_name;
mod set_contact_status;
mod set_contact_timezone;
mod set_run_local;
mod set_run_result;
mod start_session;
mod transfer_airtime;

use uuid::Uuid;

pub(crate) use call_webhook::KeptReply;
pub use call_webhook::extract_json;
pub use send_msg::{parse_quick_reply, quick_reply_text};

use crate::asks::{AskAnswer, AskKind};
use crate::definition::{FlowType, Json, Reader};
use crate::engine::Turn;
use crate::inspect::Visitor;

/// An action of a node.
#[derive(Debug)]
pub struct Action {
    pub uuid: Uuid,
    pub kind: ActionKind,
}

/// How an action's turn ended.
pub(crate) enum Outcome {
    Done,
    /// The server has to do something first; the second part is kept for the action's next round.
    Ask(AskKind, Option<KeptReply>),
}

/// What an action had asked for, and the answer.
pub(crate) struct Answered {
    pub(crate) kind: AskKind,
    pub(crate) answer: AskAnswer,
    /// 0 for the action's first answer.
    pub(crate) round: u32,
    pub(crate) kept: Option<KeptReply>,
}

/// What every type of action brings along.
pub(crate) trait Act: Sized {
    /// The type's name in definitions.
    const TYPE: &'static str;
    fn read(r: &mut Reader<'_, '_>) -> Self;
    /// Does it, or goes on after an answer.
    fn run(&self, uuid: Uuid, turn: &mut Turn<'_, '_>, answered: Option<Answered>) -> Outcome;
    /// Shows its texts, translations, dependencies and results.
    fn visit(&self, uuid: Uuid, visitor: &mut dyn Visitor) {
        let _ = (uuid, visitor);
    }
    fn allowed_in(kind: FlowType) -> bool {
        let _ = kind;
        true
    }
    /// What is wrong beyond the shape of its fields.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Online flows can reach the server.
fn online(kind: FlowType) -> bool {
    kind != FlowType::MessagingOffline
}

macro_rules! action_kinds {
    ($($kind:ident => $module:ident),* $(,)?) => {
        /// The types of action.
        #[derive(Debug)]
        pub enum ActionKind {
            $($kind($module::$kind),)*
        }

        impl ActionKind {
            fn read(name: &str, r: &mut Reader<'_, '_>) -> Option<Self> {
                match name {
                    $(<$module::$kind as Act>::TYPE => Some(Self::$kind(Act::read(r))),)*
                    _ => None,
                }
            }

            /// The type's name in definitions.
            #[must_use]
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => <$module::$kind as Act>::TYPE,)*
                }
            }

            pub(crate) fn allowed_in(&self, kind: FlowType) -> bool {
                match self {
                    $(Self::$kind(_) => <$module::$kind as Act>::allowed_in(kind),)*
                }
            }

            pub(crate) fn check(&self) -> Result<(), String> {
                match self {
                    $(Self::$kind(action) => action.check(),)*
                }
            }

            fn run(&self, uuid: Uuid, turn: &mut Turn<'_, '_>, answered: Option<Answered>) -> Outcome {
                match self {
                    $(Self::$kind(action) => action.run(uuid, turn, answered),)*
                }
            }

            fn visit(&self, uuid: Uuid, visitor: &mut dyn Visitor) {
                match self {
                    $(Self::$kind(action) => action.visit(uuid, visitor),)*
                }
            }
        }
    };
}

action_kinds! {
    AddContactGroups => add_contact_groups,
    AddContactUrn => add_contact_urn,
    AddInputLabels => add_input_labels,
    CallClassifier => call_classifier,
    CallLlm => call_llm,
    CallResthook => call_resthook,
    CallWebhook => call_webhook,
    EnterFlow => enter_flow,
    OpenTicket => open_ticket,
    PlayAudio => play_audio,
    RemoveContactGroups => remove_contact_groups,
    RequestOptin => request_optin,
    SayMsg => say_msg,
    SendBroadcast => send_broadcast,
    SendEmail => send_email,
    SendMsg => send_msg,
    SetContactChannel => set_contact_channel,
    SetContactField => set_contact_field,
    SetContactLanguage => set_contact_language,
    SetContactName => set_contact_name,
    SetContactStatus => set_contact_status,
    SetContactTimezone => set_contact_timezone,
    SetRunLocal => set_run_local,
    SetRunResult => set_run_result,
    StartSession => start_session,
    TransferAirtime => transfer_airtime,
}

impl Action {
    pub(crate) fn read(raw: &Json<'_>) -> Result<Self, String> {
        let Some(map) = raw.as_object() else { return Err("field 'type' is required".to_owned()) };
        let mut wrong = Vec::new();
        let mut r = Reader::new(map, &mut wrong);
        let name = r.required("type");
        if name.is_empty() {
            return Err(wrong.join(", "));
        }
        let uuid = r.required_uuid("uuid");
        let kind = ActionKind::read(name, &mut r);
        match kind {
            None => Err(format!("unknown type: '{name}'")),
            Some(_) if !wrong.is_empty() => Err(wrong.join(", ")),
            Some(kind) => Ok(Self { uuid, kind }),
        }
    }

    pub(crate) fn run(&self, turn: &mut Turn<'_, '_>, answered: Option<Answered>) -> Outcome {
        self.kind.run(self.uuid, turn, answered)
    }

    pub(crate) fn visit(&self, visitor: &mut dyn Visitor) {
        self.kind.visit(self.uuid, visitor);
    }
}
