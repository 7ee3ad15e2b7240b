//! The parts of a session as bytes. The order of the fields is the format: a change of it is a new version.
use super::bytes::{Bytes, Damaged, Kept, USUAL_ITEMS, Written, keep_json, take_json};
use crate::contact::Ticket;
use crate::definition::FlowType;
use crate::events::{Event, EventKind, History, MsgIn, PhoneCall};
use crate::refs::{FlowRef, Ref};
use crate::run::{Run, RunResult, RunResults, RunStatus, RunSummary, RunWebhook, Step};
use crate::session::{Asking, Input, Offered, Session};
use crate::triggers::{KeywordMatch, Trigger, TriggerEvent, TriggerKind};
use crate::words::{QuickReply, QuickReplyKind, Urn};

/// One field after the other. Both directions name every field, so that a new one is not forgotten.
macro_rules! kept_struct {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl Kept for $name {
            fn keep(&self, out: &mut Written) {
                let Self { $($field),* } = self;
                $($field.keep(out);)*
            }
            fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
                Ok(Self { $($field: Kept::take(from)?),* })
            }
        }
    };
}

/// A number for each variant; numbers are never used again for something else.
macro_rules! kept_enum {
    ($name:ident { $($variant:ident = $number:literal),* $(,)? }) => {
        impl Kept for $name {
            fn keep(&self, out: &mut Written) {
                out.byte(match self { $(Self::$variant => $number),* });
            }
            fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
                Ok(match u64::take(from)? { $($number => Self::$variant,)* _ => return Err(Damaged) })
            }
        }
    };
}

macro_rules! kept_as_json {
    ($($name:ident),*) => {$(
        impl Kept for $name {
            fn keep(&self, out: &mut Written) {
                keep_json(self, out);
            }
            fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
                take_json(from)
            }
        }
    )*};
}

kept_struct!(Session {
    uuid,
    kind,
    created_on,
    trigger,
    contact_uuid,
    runs,
    status,
    input,
    sprints,
    call,
    offered,
    asking,
    asked,
});
kept_struct!(Input { uuid, created_on, channel, urn, text, attachments, external_id });
kept_struct!(Offered { shown, base });
kept_struct!(QuickReply { kind, id, text, extra });
kept_struct!(Step { node_uuid, arrived_on });
kept_struct!(RunResult { name, value, category, category_localized, node_uuid, input, extra, created_on });
kept_struct!(Ref { uuid, name });
kept_struct!(FlowRef { uuid, name, revision });
kept_struct!(PhoneCall { uuid, channel, urn });
kept_struct!(History { parent_uuid, ancestors, ancestors_since_input });
kept_struct!(MsgIn { urn, channel, text, attachments, external_id, choice_id });
kept_struct!(Trigger {
    kind,
    event,
    flow,
    batch,
    params,
    history,
    triggered_on,
    keyword_match,
    ticket,
    user,
    origin,
    run_summary,
});

kept_enum!(FlowType { Messaging = 0, MessagingBackground = 1, MessagingOffline = 2, Voice = 3 });
kept_enum!(RunStatus { Active = 0, Waiting = 1, Completed = 2, Failed = 3, Expired = 4, Interrupted = 5 });
kept_enum!(QuickReplyKind { Text = 0, Location = 1, Form = 2, Url = 3 });
kept_enum!(TriggerKind {
    Call = 0,
    Campaign = 1,
    Channel = 2,
    Chat = 3,
    FlowAction = 4,
    Manual = 5,
    Msg = 6,
    Ticket = 7,
});

kept_as_json!(Asking, KeywordMatch, RunSummary, RunWebhook, Ticket);

impl Kept for Urn {
    fn keep(&self, out: &mut Written) {
        out.text(self.as_str());
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        from.text()?.parse().map_err(|_| Damaged)
    }
}

/// Messages, which start most sessions, field by field; other events as JSON.
impl Kept for TriggerEvent {
    fn keep(&self, out: &mut Written) {
        if let Self::Known(event) = self
            && let EventKind::MsgReceived { msg, ticket_uuid } = &event.kind
        {
            out.byte(1);
            event.uuid.keep(out);
            event.created_on.keep(out);
            msg.keep(out);
            ticket_uuid.keep(out);
        } else {
            out.byte(0);
            keep_json(self, out);
        }
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        if !bool::take(from)? {
            return take_json(from);
        }
        let (uuid, created_on) = (Kept::take(from)?, Kept::take(from)?);
        let kind = EventKind::MsgReceived { msg: Kept::take(from)?, ticket_uuid: Kept::take(from)? };
        Ok(Self::Known(Box::new(Event { uuid, created_on, kind })))
    }
}

/// Sorted by their keys, as they are in memory.
impl Kept for RunResults {
    fn keep(&self, out: &mut Written) {
        self.len().keep(out);
        for (key, result) in self {
            key.keep(out);
            result.keep(out);
        }
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        let count = from.count()?;
        let mut results = Self::with_capacity(count.min(USUAL_ITEMS));
        for _ in 0..count {
            if !results.push_last(Kept::take(from)?, Kept::take(from)?) {
                return Err(Damaged);
            }
        }
        Ok(results)
    }
}

/// What nobody needs of a run is not kept: see [`Session::compact`].
impl Kept for Run {
    fn keep(&self, out: &mut Written) {
        let Self {
            uuid,
            flow,
            path,
            results,
            locals,
            status,
            had_input,
            webhook,
            parent_uuid,
            created_on,
            modified_on,
            exited_on,
        } = self;
        uuid.keep(out);
        flow.keep(out);
        results.keep(out);
        status.keep(out);
        had_input.keep(out);
        parent_uuid.keep(out);
        created_on.keep(out);
        modified_on.keep(out);
        exited_on.keep(out);
        if self.is_over() {
            return;
        }
        path.keep(out);
        locals.keep(out);
        webhook.as_ref().filter(|webhook| webhook.is_small()).cloned().keep(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        let mut run = Self {
            uuid: Kept::take(from)?,
            flow: Kept::take(from)?,
            results: Kept::take(from)?,
            status: Kept::take(from)?,
            had_input: Kept::take(from)?,
            parent_uuid: Kept::take(from)?,
            created_on: Kept::take(from)?,
            modified_on: Kept::take(from)?,
            exited_on: Kept::take(from)?,
            path: Vec::new(),
            locals: std::collections::BTreeMap::new(),
            webhook: None,
        };
        if !run.is_over() {
            run.path = Kept::take(from)?;
            run.locals = Kept::take(from)?;
            run.webhook = Kept::take(from)?;
        }
        Ok(run)
    }
}
