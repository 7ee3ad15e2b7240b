//! The loop of one sprint. The order in which it asks for times and ids is goflow's, so that a replay with the
//! same source gives the same events.
use std::borrow::Cow;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::choice::chosen_text;
use super::turn::{Chosen, Turn};
use super::{Call, Next, Segment, Sprint};
use crate::actions::{Answered, Outcome};
use crate::asks::{Ask, AskAnswer, AskId, AskKind};
use crate::assets::ChannelRole;
use crate::contact::Contact;
use crate::definition::{Flow, FlowType};
use crate::env::Environment;
use crate::events::{Event, EventKind, MsgIn};
use crate::modifiers::{Change, reevaluate_groups};
use crate::moment::Moment;
use crate::refs::FlowRef;
use crate::resumes::Resume;
use crate::run::{Run, RunResults, RunStatus, Step};
use crate::session::{Asking, Input, Pushed, Session};
use crate::triggers::Trigger;
use crate::waits::Wait;
use crate::words::Language;

/// Seconds that a dialled call may take beyond its limits before it is given up.
const DIAL_GRACE_SECONDS: i64 = 30;
/// What most sprints come to.
const USUAL_EVENTS: usize = 8;
const USUAL_SEGMENTS: usize = 4;

/// The languages to translate into: the contact's and the workspace's.
pub(crate) type Languages = SmallVec<[Language; 2]>;

/// A sprint under way.
pub(crate) struct Engine<'c> {
    pub(crate) call: Call<'c>,
    pub(crate) session: Session,
    /// Shared with values that expressions hold; changed in place when nobody else does.
    pub(crate) contact: Arc<Contact>,
    /// The workspace's environment with the contact's time zone and country.
    pub(crate) env: Cow<'c, Environment>,
    /// The languages to translate into, best first.
    pub(crate) languages: Languages,
    pub(crate) events: Vec<Event>,
    pub(crate) pushed: Option<Pushed>,
    /// What woke the session, for `@resume`.
    pub(crate) resumed: Option<Resumed>,
    /// The choice that the contact's answer stands for, in the flow's base language.
    pub(crate) choice: Option<String>,
    /// See [`Change::groups_current`].
    groups_current: bool,
    segments: Vec<Segment>,
    steps: u32,
    /// The node that was visited last, in whatever flow.
    last_node: Option<uuid::Uuid>,
}

/// What `@resume` shows.
pub(crate) struct Resumed {
    pub(crate) kind: &'static str,
    pub(crate) dial: Option<crate::events::Dial>,
}

/// Where a run goes after a node.
enum After {
    Goes(Option<usize>),
    /// The sprint is over: the session waits or asks.
    Stops,
}

impl<'c> Engine<'c> {
    fn new(call: Call<'c>, session: Session) -> Self {
        let contact = Arc::new(std::mem::take(call.contact));
        let env = Cow::Borrowed(call.env);
        let mut engine = Self {
            call,
            session,
            contact,
            env,
            languages: Languages::new(),
            events: Vec::with_capacity(USUAL_EVENTS),
            pushed: None,
            resumed: None,
            choice: None,
            groups_current: false,
            segments: Vec::with_capacity(USUAL_SEGMENTS),
            steps: 0,
            last_node: None,
        };
        engine.merge_environment();
        engine
    }

    pub(super) fn begin(mut call: Call<'c>, trigger: Trigger) -> Sprint {
        let uuid = call.source.uuid_v7();
        let created_on: Moment = call.source.now().into();
        let flow = call.assets.flow(trigger.flow.uuid).cloned();
        let session = Session {
            uuid,
            kind: flow.as_ref().map_or(FlowType::Messaging, |flow| flow.kind),
            created_on,
            contact_uuid: call.contact.uuid,
            runs: Vec::new(),
            status: RunStatus::Active,
            input: None,
            sprints: 1,
            call: call.phone_call.take().or_else(|| trigger.phone_call().cloned()),
            offered: Vec::new(),
            asking: None,
            asked: 0,
            trigger: Arc::new(trigger),
        };
        let mut engine = Self::new(call, session);
        let _sprint = engine.call.source.uuid_v4();
        let trigger = engine.session.trigger.clone();
        if let Some((event, msg)) = trigger.message() {
            engine.set_input(event.uuid, event.created_on, msg);
        }
        engine.begin_groups();
        match flow {
            Some(flow) => {
                engine.pushed = Some(Pushed { flow: flow.to_ref(), parent: None, terminal: false });
                engine.cycle(0, None);
            }
            None => {
                let text = format!("Unable to find flow '{}'", trigger.flow.name);
                engine.log(EventKind::Failure { text });
                engine.session.status = RunStatus::Failed;
            }
        }
        engine.finish()
    }

    pub(super) fn go_on(call: Call<'c>, session: Session, resume: Resume) -> Sprint {
        if let Some(refused) = refusal(&call, &session, &resume) {
            let next = next_of(&call, &session, None);
            return Sprint {
                session,
                events: Vec::new(),
                segments: Vec::new(),
                next,
                refused: Some(refused),
            };
        }
        let mut engine = Self::new(call, session);
        match resume {
            Resume::Answer(_, answer) => engine.go_on_with_answer(answer),
            other => engine.go_on_waiting(other),
        }
        engine.finish()
    }

    pub(super) fn evaluate(call: Call<'c>, session: Session, text: &str) -> (String, Vec<Event>) {
        let mut engine = Self::new(call, session);
        let run = engine.session.waiting_run().unwrap_or(0);
        if engine.session.runs.is_empty() {
            return (String::new(), Vec::new());
        }
        if engine.session.sprints > 1 && engine.session.input.is_some() {
            engine.resumed = Some(Resumed { kind: "msg", dial: None });
        }
        let out = engine.eval_in(run, &crate::definition::Text::new(text));
        (out, engine.events)
    }

    fn go_on_with_answer(&mut self, answer: AskAnswer) {
        let Some(asking) = self.session.asking.take() else { return };
        let asking = *asking;
        self.steps = asking.steps;
        self.pushed = asking.pushed.clone();
        let run = asking.run;
        let Some((flow, node)) = self.place_of(run) else { return };
        let first = asking.action;
        let answered = Answered { kind: asking.kind, answer, round: asking.round, kept: asking.kept };
        match self.perform(run, &flow, node, first, Some(answered)) {
            After::Goes(to) => self.cycle(run, to),
            After::Stops => {}
        }
    }

    fn go_on_waiting(&mut self, resume: Resume) {
        self.session.sprints += 1;
        let _sprint = self.call.source.uuid_v4();
        let Some(run) = self.session.waiting_run() else { return };
        self.resumed = Some(Resumed { kind: resume.type_name(), dial: None });
        if self.session.sprints > self.call.limits.sprints {
            let limit = self.call.limits.sprints;
            self.fail_run(run, format!("Reached maximum number of sprints per session ({limit})"));
            return self.cycle(run, None);
        }
        let timed_out = matches!(resume, Resume::Timeout(_));
        match resume {
            Resume::Msg { uuid, received_on, msg } => {
                self.choice = chosen_text(&self.session, &msg);
                self.set_input(uuid, received_on, &msg);
                self.note_input(run);
            }
            Resume::Timeout(_) => self.session.input = None,
            Resume::Dial(dial) => {
                self.resumed = Some(Resumed { kind: "dial", dial: Some(dial) });
            }
            Resume::Expiration(_) => {
                self.end_run(run, RunStatus::Expired);
                self.change(reevaluate_groups);
                return self.cycle(run, None);
            }
            Resume::Answer(..) => {}
        }
        self.session.offered = Vec::new();
        self.session.status = RunStatus::Active;
        self.set_run_status(run, RunStatus::Active);
        self.begin_groups();
        let to = match self.place_of(run) {
            Some((flow, node)) => self.leave(run, &flow, node, timed_out),
            None => None,
        };
        self.cycle(run, to);
    }

    /// The flow and node that a run is at. A run whose flow or node has vanished fails.
    fn place_of(&mut self, run: usize) -> Option<(Arc<Flow>, usize)> {
        let state = &self.session.runs[run];
        let flow = self.call.assets.flow(state.flow.uuid).cloned();
        let at = state.path.last().map(|step| step.node_uuid);
        let found = flow.and_then(|flow| {
            let node = flow.node_index(at?)?;
            Some((flow, node))
        });
        if found.is_none() {
            let name = state.flow.name.clone();
            self.fail_run(run, format!("Can't resume run: flow '{name}' or its node no longer exists"));
        }
        found
    }

    /// Visits nodes until the session waits, asks or ends.
    fn cycle(&mut self, mut run: usize, mut to: Option<usize>) {
        loop {
            if let Some(pushed) = self.pushed.take() {
                match self.enter(pushed) {
                    Some((entered, first)) => (run, to) = (entered, first),
                    None => to = None,
                }
            }
            let Some(node) = to.take() else {
                match self.climb(run) {
                    Some((parent, next)) => (run, to) = (parent, next),
                    None => return,
                }
                continue;
            };
            if self.steps >= self.call.limits.steps_per_sprint {
                let limit = self.call.limits.steps_per_sprint;
                self.fail_run(run, format!("Reached maximum number of steps per sprint ({limit})"));
                continue;
            }
            self.steps += 1;
            let Some(flow) = self.call.assets.flow(self.session.runs[run].flow.uuid).cloned() else { return };
            match self.visit(run, &flow, node) {
                After::Goes(next) => to = next,
                After::Stops => return,
            }
        }
    }

    /// Begins a run in a flow that was asked for.
    fn enter(&mut self, pushed: Pushed) -> Option<(usize, Option<usize>)> {
        if pushed.terminal {
            for run in (0..self.session.runs.len()).rev() {
                if !self.session.runs[run].is_over() {
                    self.end_run(run, RunStatus::Completed);
                }
            }
        }
        let flow = self.call.assets.flow(pushed.flow.uuid).cloned()?;
        let parent = pushed.parent.map(|parent| self.session.runs[parent].uuid);
        if self.session.runs.len() >= self.call.limits.runs {
            let limit = self.call.limits.runs;
            let parent = pushed.parent?;
            self.fail_run(parent, format!("Reached maximum number of runs per session ({limit})"));
            return None;
        }
        let created_on: Moment = self.call.source.now().into();
        let uuid = self.call.source.uuid_v7();
        let run = Run {
            uuid,
            flow: flow.to_ref(),
            path: Vec::new(),
            results: RunResults::default(),
            locals: std::collections::BTreeMap::new(),
            status: RunStatus::Active,
            had_input: false,
            webhook: None,
            parent_uuid: parent,
            created_on,
            modified_on: created_on,
            exited_on: None,
        };
        // a session that another one started tells whose run it came from
        let summary = self.session.trigger.run_summary.as_ref().map(|summary| summary.uuid);
        let parent_uuid = parent.or(summary);
        self.session.runs.push(Arc::new(run));
        self.log(EventKind::RunStarted {
            flow: flow.to_ref(),
            run_uuid: uuid,
            parent_uuid,
            terminal: pushed.terminal,
        });
        let first = (!flow.nodes.is_empty()).then_some(0);
        Some((self.session.runs.len() - 1, first))
    }

    /// The run has nowhere to go: ends it, and goes on with its parent where there is one.
    fn climb(&mut self, run: usize) -> Option<(usize, Option<usize>)> {
        if !self.session.runs[run].is_over() {
            self.end_run(run, RunStatus::Completed);
        }
        let status = self.session.runs[run].status;
        let parent = self.session.runs[run].parent_uuid;
        let parent = parent.and_then(|uuid| self.session.runs.iter().position(|run| run.uuid == uuid));
        let Some(parent) = parent else {
            self.session.status = if status == RunStatus::Failed { status } else { RunStatus::Completed };
            return None;
        };
        if self.session.runs[parent].is_over() {
            return Some((parent, None));
        }
        if status == RunStatus::Failed {
            self.end_run(parent, RunStatus::Failed);
            return Some((parent, None));
        }
        let to = match self.place_of(parent) {
            Some((flow, node)) => self.leave(parent, &flow, node, false),
            None => None,
        };
        Some((parent, to))
    }

    fn visit(&mut self, run: usize, flow: &Arc<Flow>, node: usize) -> After {
        let arrived_on: Moment = self.call.source.now().into();
        self.last_node = Some(flow.nodes[node].uuid);
        let state = Arc::make_mut(&mut self.session.runs[run]);
        state.path.push(Step { node_uuid: flow.nodes[node].uuid, arrived_on });
        state.modified_on = arrived_on;
        if self.session.sprints == 1
            && run == 0
            && state.path.len() == 1
            && self.session.trigger.message().is_some()
        {
            self.note_input(run);
        }
        self.perform(run, flow, node, 0, None)
    }

    /// Performs a node's actions from the given one on (which may have been answered), then waits or leaves.
    fn perform(
        &mut self,
        run: usize,
        flow: &Arc<Flow>,
        node: usize,
        first: usize,
        mut answered: Option<Answered>,
    ) -> After {
        let place = &flow.nodes[node];
        for (at, action) in place.actions.iter().enumerate().skip(first) {
            let round = answered.as_ref().map_or(0, |answered| answered.round + 1);
            let mut turn = Turn { engine: self, flow, run, node: place.uuid };
            match action.run(&mut turn, answered.take()) {
                Outcome::Done => {}
                Outcome::Ask(kind, kept) => {
                    self.session.asked += 1;
                    let id = AskId(self.session.asked);
                    let pushed = self.pushed.take();
                    let steps = self.steps;
                    let asking = Asking { id, kind, run, action: at, steps, round, kept, pushed };
                    self.session.asking = Some(Box::new(asking));
                    return After::Stops;
                }
            }
            if self.session.runs[run].is_over() {
                return After::Goes(None);
            }
        }
        if self.pushed.is_some() {
            return After::Goes(None);
        }
        if let Some(wait) = place.router.as_ref().and_then(|router| router.wait.as_ref())
            && self.begin_wait(run, flow, wait)
        {
            self.session.status = RunStatus::Waiting;
            self.set_run_status(run, RunStatus::Waiting);
            return After::Stops;
        }
        After::Goes(self.leave(run, flow, node, false))
    }

    /// Starts to wait; `false` when there is no need to.
    fn begin_wait(&mut self, run: usize, flow: &Arc<Flow>, wait: &Wait) -> bool {
        match wait {
            Wait::Msg { timeout, hint } => {
                let first_node =
                    run == 0 && self.session.runs[run].path.len() == 1 && self.session.sprints == 1;
                if first_node && self.session.trigger.message().is_some() {
                    // the message that started the session is the answer
                    return false;
                }
                let expires_on = self.expiry(flow);
                let timeout_seconds = timeout.as_ref().map(|timeout| timeout.seconds);
                self.log(EventKind::MsgWait {
                    timeout_seconds,
                    expires_on: expires_on.into(),
                    hint: hint.clone(),
                });
                true
            }
            Wait::Dial { phone, dial_limit_seconds, call_limit_seconds } => {
                let node = self.session.runs[run].path.last().map(|step| step.node_uuid).unwrap_or_default();
                let mut turn = Turn { engine: self, flow, run, node };
                let phone = turn.eval(phone);
                let number = crate::tel::normalize(&phone, self.env.country);
                let Ok(urn) = crate::words::Urn::new("tel", &number) else {
                    self.log(EventKind::error("Dial phone number evaluated to an invalid number"));
                    return false;
                };
                let limit = i64::from(dial_limit_seconds + call_limit_seconds) + DIAL_GRACE_SECONDS;
                let expires_on = later(self.call.source.now(), limit);
                self.log(EventKind::DialWait {
                    urn,
                    dial_limit_seconds: *dial_limit_seconds,
                    call_limit_seconds: *call_limit_seconds,
                    expires_on: expires_on.into(),
                });
                true
            }
        }
    }

    fn expiry(&mut self, flow: &Flow) -> Timestamp {
        later(self.call.source.now(), i64::from(flow.expire_after_minutes) * 60)
    }

    /// Chooses the way out of a node; gives the node it leads to.
    fn leave(&mut self, run: usize, flow: &Arc<Flow>, node: usize, timed_out: bool) -> Option<usize> {
        let place = &flow.nodes[node];
        let chosen = match &place.router {
            None => Chosen { exit: 0, operand: SmolStr::default() },
            Some(router) => {
                let mut turn = Turn { engine: self, flow, run, node: place.uuid };
                let timeout = match &router.wait {
                    Some(Wait::Msg { timeout: Some(timeout), .. }) if timed_out => Some(timeout.category),
                    _ => None,
                };
                match timeout {
                    Some(category) => router.time_out(&mut turn, category)?,
                    None => router.route(&mut turn)?,
                }
            }
        };
        let exit = place.exits.get(chosen.exit)?;
        let to = exit.to?;
        let time = self.call.source.now();
        self.segments.push(Segment {
            flow_uuid: flow.uuid,
            node_uuid: self.last_node.unwrap_or(place.uuid),
            exit_uuid: exit.uuid,
            operand: chosen.operand,
            destination_uuid: flow.nodes[to].uuid,
            time,
        });
        Some(to)
    }

    pub(crate) fn log(&mut self, kind: EventKind) {
        let event = Event::new(self.call.source, kind);
        self.events.push(event);
    }

    pub(crate) fn run_mut(&mut self, run: usize) -> &mut Run {
        Arc::make_mut(&mut self.session.runs[run])
    }

    /// Marks the run as changed now.
    pub(crate) fn touch(&mut self, run: usize) {
        let now: Moment = self.call.source.now().into();
        self.run_mut(run).modified_on = now;
    }

    fn set_run_status(&mut self, run: usize, status: RunStatus) {
        self.run_mut(run).status = status;
        self.touch(run);
    }

    fn note_input(&mut self, run: usize) {
        if !self.session.runs[run].had_input {
            self.run_mut(run).had_input = true;
            self.touch(run);
        }
    }

    fn end_run(&mut self, run: usize, status: RunStatus) {
        let now: Moment = self.call.source.now().into();
        let state = self.run_mut(run);
        state.status = status;
        state.exited_on = Some(now);
        state.modified_on = now;
        let (run_uuid, flow): (_, FlowRef) = (state.uuid, state.flow.clone());
        self.log(EventKind::RunEnded { run_uuid, flow, status });
    }

    /// Ends a run because of a mistake that it cannot go on from.
    pub(crate) fn fail_run(&mut self, run: usize, text: String) {
        self.log(EventKind::Failure { text });
        if !self.session.runs[run].is_over() {
            self.end_run(run, RunStatus::Failed);
        }
    }

    fn set_input(&mut self, uuid: uuid::Uuid, created_on: Moment, msg: &MsgIn) {
        let channel = msg.channel.as_ref().and_then(|channel| self.call.assets.channel(channel.uuid));
        Arc::make_mut(&mut self.contact).last_seen_on = Some(created_on);
        self.session.input = Some(Arc::new(Input {
            uuid,
            created_on,
            channel: channel.map(crate::assets::Channel::to_ref),
            urn: msg.urn.as_ref().map(crate::words::Urn::bare),
            text: msg.text.as_str().into(),
            attachments: msg.attachments.clone(),
            external_id: msg.external_id.clone(),
        }));
    }

    /// Changes the contact, then brings the environment up to date.
    pub(crate) fn change<T>(&mut self, apply: impl FnOnce(&mut Change<'_>) -> T) -> T {
        let events_before = self.events.len();
        let mut change = Change {
            assets: self.call.assets,
            env: &self.env,
            limits: self.call.limits,
            groups_current: self.groups_current,
            contact: Arc::make_mut(&mut self.contact),
            source: self.call.source,
            claim: &mut |_| true,
            events: &mut self.events,
        };
        let result = apply(&mut change);
        if self.events[events_before..].iter().any(|event| changes_environment(&event.kind)) {
            self.merge_environment();
            self.groups_current = false;
        }
        result
    }

    /// Has the contact belong to the groups that her queries say; from here on each change keeps it so.
    fn begin_groups(&mut self) {
        self.change(reevaluate_groups);
        self.groups_current = true;
    }

    /// The workspace's environment with what the contact brings along: her time zone, the country of her channel
    /// or number, and her language if the workspace has it.
    fn merge_environment(&mut self) {
        let base = self.call.env;
        let contact = &*self.contact;
        let wanted = contact.timezone.as_deref().filter(|name| *name != base.timezone_name());
        let zone = wanted.and_then(|name| crate::text::zone(name).ok());
        let country = self.contact_country().or(base.country);
        // most people live where their line is: then nothing is copied
        if zone.is_none() && country == base.country {
            self.env = Cow::Borrowed(base);
        } else {
            let env = self.env.to_mut();
            env.timezone = zone.unwrap_or_else(|| base.timezone.clone());
            env.country = country;
        }
        self.languages.clear();
        let own = contact.language.filter(|language| base.allowed_languages.contains(language));
        self.languages.extend(own);
        if let Some(default) = base.default_language()
            && own != Some(default)
        {
            self.languages.push(default);
        }
    }

    /// Language and country as templates are looked up by, best first.
    pub(crate) fn locales(&self) -> Vec<String> {
        let with_country = |language: &Language| match self.env.country {
            Some(country) => format!("{language}-{country}"),
            None => language.to_string(),
        };
        self.languages.iter().map(with_country).collect()
    }

    fn contact_country(&self) -> Option<crate::env::Country> {
        for urn in &self.contact.urns {
            let channel = self.call.assets.channel_of(urn, ChannelRole::Send);
            if let Some(country) = channel.and_then(|channel| channel.country) {
                return Some(country);
            }
            if let Some(country) = urn.country() {
                return Some(country);
            }
        }
        None
    }

    fn finish(self) -> Sprint {
        let next = next_of(&self.call, &self.session, self.events.last());
        *self.call.contact = Arc::unwrap_or_clone(self.contact);
        Sprint { session: self.session, events: self.events, segments: self.segments, next, refused: None }
    }
}

fn later(from: Timestamp, seconds: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// Whether what happened to the contact can change how texts are read and written for her.
fn changes_environment(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::ContactLanguageChanged { .. }
            | EventKind::ContactTimezoneChanged { .. }
            | EventKind::ContactUrnsChanged { .. }
    )
}

/// Why a resume does not fit, if it does not.
fn refusal(call: &Call<'_>, session: &Session, resume: &Resume) -> Option<String> {
    if session.contact_uuid != call.contact.uuid {
        return Some("the session is another contact's".to_owned());
    }
    if let Some(asking) = &session.asking {
        return match resume {
            Resume::Answer(id, answer) if *id == asking.id && asking.kind.takes(answer) => None,
            Resume::Answer(..) => Some("the answer is to another question".to_owned()),
            _ => Some("the session waits for an answer from the server".to_owned()),
        };
    }
    if session.status != RunStatus::Waiting {
        return Some("only waiting sessions can be resumed".to_owned());
    }
    let Some(run) = session.waiting_run() else { return Some("no run of the session waits".to_owned()) };
    let name = resume.type_name();
    match resume {
        Resume::Answer(..) => return Some("the session has asked nothing".to_owned()),
        Resume::Timeout(id) | Resume::Expiration(id) if *id != session.wait_id() => {
            return Some(format!("resume of type {name} is for an earlier wait"));
        }
        _ => {}
    }
    // when the flow has vanished the run fails, which only a resume can bring about
    let wait = wait_of(call, session, run)?.0;
    let accepted = match (&wait, resume) {
        (WaitKind::Msg { .. }, Resume::Msg { .. } | Resume::Expiration(_)) => true,
        (WaitKind::Msg { timeout_seconds }, Resume::Timeout(_)) => timeout_seconds.is_some(),
        (WaitKind::Dial, Resume::Dial(_) | Resume::Expiration(_)) => true,
        _ => false,
    };
    let kind = if matches!(wait, WaitKind::Dial) { "dial" } else { "msg" };
    (!accepted).then(|| format!("resume of type {name} not accepted by wait of type {kind}"))
}

enum WaitKind {
    Msg { timeout_seconds: Option<u32> },
    Dial,
}

/// What a run waits for, and the minutes after which it expires.
fn wait_of(call: &Call<'_>, session: &Session, run: usize) -> Option<(WaitKind, u32)> {
    let run = &session.runs[run];
    let flow = call.assets.flow(run.flow.uuid)?;
    let node = flow.node_index(run.path.last()?.node_uuid)?;
    let kind = match flow.nodes[node].router.as_ref()?.wait.as_ref()? {
        Wait::Msg { timeout, .. } => WaitKind::Msg { timeout_seconds: timeout.as_ref().map(|t| t.seconds) },
        Wait::Dial { .. } => WaitKind::Dial,
    };
    Some((kind, flow.expire_after_minutes))
}

/// How the session goes on, seen from its state and its last event.
fn next_of(call: &Call<'_>, session: &Session, last: Option<&Event>) -> Next {
    if let Some(asking) = &session.asking {
        return Next::Ask(Ask { id: asking.id, kind: asking.kind.clone() });
    }
    let Some(run) = session.waiting_run().filter(|_| session.status == RunStatus::Waiting) else {
        return Next::Ended;
    };
    let id = session.wait_id();
    match last.map(|event| (event.created_on.at, &event.kind)) {
        Some((at, EventKind::MsgWait { timeout_seconds, expires_on, .. })) => {
            let timeout_at = timeout_seconds.map(|seconds| later(at, i64::from(seconds)));
            Next::Wait { id, timeout_at, expires_at: expires_on.at, dial: false }
        }
        Some((_, EventKind::DialWait { expires_on, .. })) => {
            Next::Wait { id, timeout_at: None, expires_at: expires_on.at, dial: true }
        }
        _ => {
            // a refused resume: from the moment that the run began to wait
            let since = session.runs[run].modified_on.at;
            let (timeout, minutes, dial) = match wait_of(call, session, run) {
                Some((kind, minutes)) => match kind {
                    WaitKind::Msg { timeout_seconds } => (timeout_seconds, minutes, false),
                    WaitKind::Dial => (None, minutes, true),
                },
                None => (None, 0, false),
            };
            let timeout_at = timeout.map(|seconds| later(since, i64::from(seconds)));
            Next::Wait { id, timeout_at, expires_at: later(since, i64::from(minutes) * 60), dial }
        }
    }
}

/// What an action asked for is kept in the session.
impl AskKind {
    /// A name for logs, without content.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Llm { .. } => "llm",
            Self::Airtime { .. } => "airtime",
            Self::Email { .. } => "email",
            Self::ClaimUrn { .. } => "claim_urn",
        }
    }
}
