//! Bringing about what a sprint says: one exhaustive match, all in the transaction of the message.
use flow::asks::{Ask, AskAnswer, AskKind};
use flow::events::{Event, EventKind, MsgOut, WebhookCalled};
use flow::session::Session;
use flow::triggers::TriggerKind;
use flow::words::{Attachment, Content, Templating};

use super::Route;
use crate::answers::AnswerGlobals;
use crate::app::App;
use crate::calls::{self, Waits};
use crate::consent;
use crate::contacts::{self, Contact};
use crate::inbound::Effects;
use crate::inbox::{self, Learnt};
use crate::jobs;
use crate::lines::ChannelKind;
use crate::outbound::{self, NewMessage, Origin};
use crate::store::{Result, StoreError, Ts, Tx};

/// The most messages that one sprint may send to one person.
const MAX_MESSAGES: usize = 20;

/// What the events of one handling have changed so far.
#[derive(Default)]
pub struct Applied {
    pub effects: Effects,
    profile_changed: bool,
    messages: usize,
    hand_over: Option<HandOver>,
}

struct HandOver {
    topic: Option<String>,
    learnt: Vec<Learnt>,
}

/// Brings about the events of one sprint.
#[expect(clippy::too_many_arguments, reason = "the parts of one handling")]
pub fn events(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    session: &Session,
    events: &[Event],
    globals: &AnswerGlobals,
    applied: &mut Applied,
    now: Ts,
) -> Result<()> {
    let flow_name = session.trigger.flow.name.clone();
    let mut apply = Apply { tx, app, route, contact, session, flow_name: &flow_name, globals, applied, now };
    for event in events {
        apply.event(&event.kind)?;
    }
    Ok(())
}

struct Apply<'a, 'b> {
    tx: &'a mut Tx<'b>,
    app: &'a App,
    route: Route<'a>,
    contact: &'a mut Contact,
    session: &'a Session,
    flow_name: &'a str,
    globals: &'a AnswerGlobals,
    applied: &'a mut Applied,
    now: Ts,
}

impl Apply<'_, '_> {
    fn event(&mut self, kind: &EventKind) -> Result<()> {
        match kind {
            EventKind::MsgCreated { msg, .. } | EventKind::IvrCreated { msg } => self.message(msg),
            EventKind::ContactLanguageChanged { language } => {
                self.contact.language = language.parse().ok();
                Ok(())
            }
            EventKind::ContactNameChanged { name } => self.personal("name", |profile| {
                profile.name = (!name.is_empty()).then(|| name.clone());
            }),
            EventKind::ContactFieldChanged { field, value } => {
                let json = value.as_ref().map(serde_json::to_value).transpose();
                let json = json.map_err(|_| StoreError::Shape("a field's value".into()))?;
                self.personal("field", |profile| match json {
                    Some(json) => drop(profile.fields.insert(field.key.to_string(), json)),
                    None => drop(profile.fields.remove(&*field.key)),
                })
            }
            EventKind::ContactGroupsChanged { groups_added, groups_removed } => {
                self.personal("group", |profile| {
                    profile.groups.retain(|id| !groups_removed.iter().any(|group| group.uuid == *id));
                    for group in groups_added {
                        if !profile.groups.contains(&group.uuid) {
                            profile.groups.push(group.uuid);
                        }
                    }
                })
            }
            EventKind::RunResultChanged { name, category, .. } => self.result(name, category),
            EventKind::TicketOpened { ticket } => {
                let topic = ticket.topic.as_ref().and_then(|topic| self.route.line.topic_key(&topic.name));
                let learnt =
                    std::mem::take(&mut self.applied.hand_over).map_or_else(Vec::new, |had| had.learnt);
                self.applied.hand_over = Some(HandOver { topic, learnt });
                Ok(())
            }
            EventKind::TicketNoteAdded { note, .. } => {
                let learnt = note.lines().filter_map(learnt_line);
                let hand_over =
                    self.applied.hand_over.get_or_insert(HandOver { topic: None, learnt: vec![] });
                hand_over.learnt.extend(learnt);
                Ok(())
            }
            EventKind::Error { text, .. } | EventKind::Warning { text, .. } => self.problem(text),
            EventKind::Failure { text } => {
                self.tx.note_problem(self.route.line.id, self.flow_name, text, true, self.now)
            }
            EventKind::WebhookCalled(called) => match interruption(called) {
                Some(text) => self.problem(&text),
                None => Ok(()),
            },
            EventKind::ContactStatusChanged { .. }
            | EventKind::ContactTimezoneChanged { .. }
            | EventKind::ContactUrnsChanged { .. }
            | EventKind::BroadcastCreated { .. }
            | EventKind::SessionTriggered { .. }
            | EventKind::OptinRequested { .. }
            | EventKind::InputLabelsAdded { .. }
            | EventKind::AirtimeCreated { .. }
            | EventKind::EmailSent { .. } => self.not_here_yet(kind),
            EventKind::MsgWait { hint, .. } => self.waits(&Waits::Input { hint: hint.clone() }),
            EventKind::DialWait { urn, dial_limit_seconds, call_limit_seconds, .. } => {
                self.waits(&Waits::Dial {
                    number: urn.path(),
                    ringing_seconds: *dial_limit_seconds,
                    longest_seconds: *call_limit_seconds,
                })
            }
            // What the engine tells about its own course, and what only triggers carry: nothing to bring about.
            EventKind::RunStarted { .. }
            | EventKind::RunEnded { .. }
            | EventKind::MsgReceived { .. }
            | EventKind::MsgDeleted { .. }
            | EventKind::MsgStatusChanged { .. }
            | EventKind::WaitTimedOut { .. }
            | EventKind::WaitExpired { .. }
            | EventKind::ResthookCalled { .. }
            | EventKind::LlmCalled { .. }
            | EventKind::ContactFlowChanged { .. }
            | EventKind::ContactLastSeenChanged { .. }
            | EventKind::CallCreated { .. }
            | EventKind::CallMissed { .. }
            | EventKind::CallReceived { .. }
            | EventKind::CampaignFired { .. }
            | EventKind::ChatStarted { .. }
            | EventKind::DialEnded { .. }
            | EventKind::OptinStarted { .. }
            | EventKind::OptinStopped { .. }
            | EventKind::TicketAssigneeChanged { .. }
            | EventKind::TicketClosed { .. }
            | EventKind::TicketReopened { .. }
            | EventKind::TicketTopicChanged { .. }
            | EventKind::TypingStarted(_)
            | EventKind::TypingStopped(_) => Ok(()),
        }
    }

    fn message(&mut self, msg: &MsgOut) -> Result<()> {
        if msg.unsendable_reason.is_some() {
            let text = "a message had no way to the person and was not sent";
            return self.problem(text);
        }
        self.applied.messages += 1;
        if self.applied.messages > MAX_MESSAGES {
            let text = format!("more than {MAX_MESSAGES} messages at once; the rest was not sent");
            return self.problem(&text);
        }
        let content = content_of(msg);
        let new = NewMessage {
            contact: self.contact,
            identity_id: self.route.identity,
            channel_id: self.route.channel.id,
            conversation_id: None,
            origin: Origin::Bot,
            content,
            client_id: None,
            valid_until: self.globals.earliest_end(),
            bulk_id: None,
        };
        outbound::enqueue(self.tx, self.app, &new, self.now)?;
        self.applied.effects.outbound = true;
        Ok(())
    }

    /// A change of what is known about the person; without her consent it is skipped and the reason kept.
    fn personal(&mut self, what: &str, change: impl FnOnce(&mut contacts::Profile)) -> Result<()> {
        if !self.contact.has_agreed() {
            let text = format!("a {what} was not kept: the person has not agreed");
            return self.problem(&text);
        }
        change(&mut self.contact.profile);
        self.applied.profile_changed = true;
        Ok(())
    }

    /// Tells the telephone call that she is in what to ask for.
    fn waits(&mut self, waits: &Waits) -> Result<()> {
        if self.route.channel.kind == ChannelKind::Voice {
            calls::waits_for(self.tx, self.route, self.contact, waits)?;
        }
        Ok(())
    }

    fn result(&mut self, name: &str, category: &str) -> Result<()> {
        if !category.is_empty() {
            let line = self.route.line.id;
            self.tx.count_result(self.app.id(), line, self.flow_name, name, category, self.now.day())?;
        }
        let of_ticket = self.session.trigger.kind == TriggerKind::Ticket;
        if of_ticket
            && name.eq_ignore_ascii_case("satisfaction")
            && let Some(ticket) = &self.session.trigger.ticket
        {
            inbox::record_satisfaction(self.tx, self.app, self.contact, ticket.uuid, category, self.now)?;
        }
        Ok(())
    }

    fn not_here_yet(&mut self, kind: &EventKind) -> Result<()> {
        let name = serde_json::to_value(kind).ok().and_then(|json| json["type"].as_str().map(str::to_owned));
        let text = format!("{} is not available in this installation", name.unwrap_or_default());
        self.problem(&text)
    }

    /// Something for the flow's author, after which the flow went on.
    fn problem(&mut self, text: &str) -> Result<()> {
        self.tx.note_problem(self.route.line.id, self.flow_name, text, false, self.now)
    }
}

/// A flow's message as it is written for channels.
#[must_use]
pub fn content_of(msg: &MsgOut) -> Content {
    Content {
        text: msg.text.clone(),
        attachments: msg.attachments.iter().filter_map(|text| Attachment::parse(text)).collect(),
        quick_replies: msg.quick_replies.clone(),
        templating: msg.templating.as_ref().map(|templating| Templating {
            name: templating.template.name.to_string(),
            external_id: None,
            locale: msg.locale.clone(),
            components: templating.components.clone(),
            variables: templating.variables.clone(),
        }),
        locale: msg.locale.clone(),
    }
}

/// What the flow's author should know of a web call that was interrupted: whoever was called may have got it twice, or
/// the flow goes on as if there had been no answer. Of the address only the host is said: the rest may be a person's.
fn interruption(called: &WebhookCalled) -> Option<String> {
    let method = called.request.split(' ').next().unwrap_or_default();
    let address = called.url.parse::<reqwest::Url>().ok();
    let host = address.as_ref().and_then(reqwest::Url::host_str).unwrap_or("an address");
    match called.retries {
        0 => None,
        1 => Some(format!("web call {method} to {host} was interrupted and made once more")),
        _ => Some(format!("web call {method} to {host} was interrupted twice and given up")),
    }
}

/// `Label: value` of a note's line.
fn learnt_line(line: &str) -> Option<Learnt> {
    let (label, value) = line.split_once(':')?;
    let (label, value) = (label.trim(), value.trim());
    (!label.is_empty() && !value.is_empty())
        .then(|| Learnt { label: label.to_owned(), value: value.to_owned() })
}

impl Applied {
    /// Whether the person hears nothing of it: no message, and nobody takes over.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.messages == 0 && self.hand_over.is_none()
    }

    /// What can only be done when the whole handling is known: the hand-over, and the profile.
    pub fn finish(
        mut self,
        tx: &mut Tx<'_>,
        app: &App,
        route: Route<'_>,
        contact: &mut Contact,
        now: Ts,
    ) -> Result<Effects> {
        if let Some(hand_over) = self.hand_over.take() {
            let effects =
                consent::hand_over(tx, app, route, contact, hand_over.topic, hand_over.learnt, now)?;
            self.effects.add(effects);
        }
        if self.profile_changed {
            contacts::save_profile(tx, contact)?;
        }
        Ok(self.effects)
    }
}

/// Answers that need no call to the outside; `None` for those that do.
pub fn answer_now(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &Contact,
    ask: &Ask,
) -> Result<Option<AskAnswer>> {
    let missing = |what: &str| format!("{what} is not connected to this installation");
    Ok(match &ask.kind {
        AskKind::Webhook { .. } => None,
        AskKind::ClaimUrn { urn } => {
            Some(AskAnswer::ClaimUrn(contacts::may_claim(tx, app, route.line.id, contact, urn)?))
        }
        AskKind::Llm { .. } => Some(AskAnswer::Llm(Err(missing("a language model")))),
        AskKind::Airtime { .. } => Some(AskAnswer::Airtime(Err(missing("an airtime service")))),
        AskKind::Email { .. } => Some(AskAnswer::Email(Err(missing("e-mail")))),
    })
}

/// Keeps a call to the outside as a job; its answer resumes the session at the same place.
pub fn store_ask(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &Contact,
    ask: &Ask,
    now: Ts,
) -> Result<()> {
    let job = jobs::Job::FlowAsk { identity: route.identity, channel: route.channel.id, ask: ask.clone() };
    jobs::add_for_contact(tx, app, contact, &job, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_call_is_told_without_what_a_person_wrote() {
        let called = |retries: u32| WebhookCalled {
            url: "https://beds.example.org/ana?q=private".into(),
            status_code: 0,
            request: "POST https://beds.example.org/ana?q=private".into(),
            response: String::new(),
            elapsed_ms: 0,
            retries,
            sizes: flow::events::TraceSizes::default(),
            status: flow::events::WebhookStatus::ConnectionError,
            resthook: String::new(),
        };
        assert_eq!(interruption(&called(0)), None);
        for (retries, end) in [(1, "made once more"), (2, "twice and given up")] {
            let text = interruption(&called(retries)).unwrap();
            assert!(
                text.starts_with("web call POST to beds.example.org was interrupted") && text.ends_with(end)
            );
        }
    }

    #[test]
    fn a_note_tells_what_the_bot_learnt() {
        let learnt: Vec<Learnt> = "Motivo: pidió una persona\nsin dos puntos\n: leer\nTema: Papeles: visa"
            .lines()
            .filter_map(learnt_line)
            .collect();
        assert_eq!(learnt.len(), 2);
        assert_eq!(learnt[1].label, "Tema");
        assert_eq!(learnt[1].value, "Papeles: visa");
    }
}
