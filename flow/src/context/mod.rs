//! What expressions see: `@contact`, `@fields`, `@results` and the rest. Nothing is built until it is asked for;
//! what is built shares the session's state.
mod contact;
mod input;
mod run;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::Value as Json;

pub(crate) use contact::ContactView;

use crate::assets::Assets;
use crate::contact::Contact;
use crate::definition::TOP_LEVELS;
use crate::engine::{Globals, Resumed};
use crate::env::{Environment, RedactionPolicy};
use crate::excellent::{Object, Properties, Root, Value};
use crate::moment::Moment;
use crate::session::Session;
use crate::text::locations::Hierarchy;
use crate::words::Urn;

/// What hidden parts of addresses look like.
const REDACTED: &str = "********";

/// The root of expressions for one run.
pub(crate) struct Context<'e> {
    pub(crate) assets: &'e Arc<Assets>,
    pub(crate) env: &'e Environment,
    pub(crate) session: &'e Session,
    pub(crate) contact: &'e Arc<Contact>,
    pub(crate) globals: Option<&'e Arc<dyn Globals>>,
    pub(crate) resumed: Option<&'e Resumed>,
    /// The run's place in the session.
    pub(crate) run: usize,
}

impl Context<'_> {
    fn view(&self) -> ContactView {
        ContactView::new(self.contact.clone(), self.assets.clone(), self.env)
    }

    fn run(&self) -> &Arc<crate::run::Run> {
        &self.session.runs[self.run]
    }

    fn related(&self, run: &Arc<crate::run::Run>) -> Value {
        let view = run::RelatedView {
            uuid: run.uuid,
            flow: Some(run.flow.clone()),
            contact: Some(self.view()),
            results: run::Results::OfRun(run.clone()),
            status: run.status,
        };
        Object::lazy(view).into()
    }

    fn parent(&self) -> Value {
        let parent = self.run().parent_uuid;
        if let Some(parent) = parent.and_then(|uuid| self.session.runs.iter().find(|run| run.uuid == uuid)) {
            return self.related(parent);
        }
        let Some(summary) = &self.session.trigger.run_summary else { return Value::Null };
        let contact = summary.contact.as_ref();
        let known =
            summary.flow.as_ref().and_then(|flow| self.assets.flow(flow.uuid)).map(|flow| flow.to_ref());
        let view = run::RelatedView {
            uuid: summary.uuid,
            flow: known.or_else(|| summary.flow.clone()),
            contact: contact.map(|contact| ContactView::new(contact.clone(), self.assets.clone(), self.env)),
            results: run::Results::OfSummary(summary.clone()),
            status: summary.status.unwrap_or(crate::run::RunStatus::Active),
        };
        Object::lazy(view).into()
    }

    fn child(&self) -> Value {
        let uuid = self.run().uuid;
        match self.session.runs.iter().rev().find(|run| run.parent_uuid == Some(uuid)) {
            Some(child) => self.related(child),
            None => Value::Null,
        }
    }

    fn node(&self) -> Value {
        let run = self.run();
        let Some(step) = run.path.last() else { return Value::Null };
        let visits = run.path.iter().filter(|other| other.node_uuid == step.node_uuid).count();
        let flow = self.assets.flow(run.flow.uuid);
        let node = flow.and_then(|flow| flow.node_index(step.node_uuid).map(|at| &flow.nodes[at]));
        let categories = node.and_then(|node| node.router.as_ref()).map(|router| {
            router.categories.iter().map(|category| Value::Text(category.name.clone())).collect::<Vec<_>>()
        });
        Object::new([
            ("uuid", Value::from(step.node_uuid.to_string())),
            ("visit_count", number(visits)),
            ("categories", Value::array(categories.unwrap_or_default())),
        ])
        .into()
    }

    fn resume(&self) -> Value {
        let Some(resumed) = self.resumed else { return Value::Null };
        let dial = resumed.dial.as_ref().map(|dial| {
            Object::new([
                ("status", Value::from(dial.status.as_str())),
                ("duration", number(dial.duration as usize)),
            ])
        });
        Object::new([("type", Value::from(resumed.kind)), ("dial", dial.into())]).into()
    }

    fn globals(&self) -> Value {
        Object::lazy(GlobalsView { assets: self.assets.clone(), host: self.globals.cloned() }).into()
    }

    fn locals(&self) -> Value {
        run::locals(self.run())
    }

    fn ticket(&self) -> Value {
        match self.contact.open_ticket() {
            Some(ticket) => contact::ticket(ticket, self.assets),
            None => Value::Null,
        }
    }
}

impl Root for Context<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        Some(match name {
            "contact" => Object::lazy(self.view()).into(),
            "fields" => self.view().fields(),
            "urns" => self.view().urns_by_scheme(),
            "results" => run::Results::OfRun(self.run().clone()).into(),
            "run" => Object::lazy(run::RunView { run: self.run().clone(), contact: self.view() }).into(),
            "input" => input::view(self.session.input.as_ref(), self.assets, self.env),
            "parent" => self.parent(),
            "child" => self.child(),
            "globals" => self.globals(),
            "locals" => self.locals(),
            "node" => self.node(),
            "resume" => self.resume(),
            "ticket" => self.ticket(),
            "trigger" => run::trigger(&self.session.trigger, self.assets),
            "webhook" => run::webhook(self.run()),
            "legacy_extra" => run::legacy_extra(self.run(), &self.session.trigger),
            _ => return None,
        })
    }

    fn property(&self, name: &str, key: &str) -> Option<Value> {
        match name {
            "contact" => contact::plain_property(self.contact, key),
            "fields" => contact::field(self.contact, self.assets, key),
            "input" => input::plain_property(self.session.input.as_ref()?, key),
            "results" => Some(run::Results::OfRun(self.run().clone()).get(&lower(key))?.into()),
            "locals" => self.run().locals.get(key).map(|text| text.as_str().into()),
            _ => None,
        }
    }

    fn inner_property(&self, name: &str, key: &str, inner: &str) -> Option<Value> {
        match (name, key) {
            ("results", key) => run::plain_property(self.run().results.get(&lower(key))?, inner),
            ("contact", "fields") => contact::field(self.contact, self.assets, inner),
            _ => None,
        }
    }

    fn has(&self, name: &str) -> bool {
        TOP_LEVELS.contains(&name)
    }

    fn deprecation(&self, name: &str) -> Option<Arc<str>> {
        (name == "legacy_extra").then(|| Arc::from("@legacy_extra is deprecated"))
    }

    fn shown_urn(&self, urn: &str) -> Option<String> {
        let held = self.contact.urns.iter().find(|held| held.urn().as_str() == urn)?;
        Some(held.phone()?.national())
    }

    fn locations(&self) -> Option<&Hierarchy> {
        self.assets.locations().map(|places| &**places)
    }

    fn prompt(&self, name: &str) -> Option<String> {
        (name == "categorize").then(|| CATEGORIZE_PROMPT.to_owned())
    }
}

/// The instruction of `prompt("categorize", ...)`, in the shape that RapidPro's flows expect.
const CATEGORIZE_PROMPT: &str = "Categorize the following text into one of the following categories and only \
    return that category or <CANT> if you can't: {{ .arg1 }}";

struct GlobalsView {
    assets: Arc<Assets>,
    host: Option<Arc<dyn Globals>>,
}

impl Properties for GlobalsView {
    fn get(&self, key: &str) -> Option<Value> {
        let key = lower(key);
        if let Some(text) = self.host.as_ref().and_then(|host| host.get(&key)) {
            return Some(text.into());
        }
        self.assets.global(&key).map(|global| Value::from(&global.value))
    }

    fn keys(&self) -> Vec<Arc<str>> {
        self.assets.globals().map(|global| global.key.clone()).collect()
    }

    fn default_value(&self) -> Option<Value> {
        let lines: Vec<String> =
            self.assets.globals().map(|global| format!("{}: {}", global.name, global.value)).collect();
        Some(lines.join("\n").into())
    }
}

/// Property names are the same in capitals.
pub(super) fn lower(key: &str) -> Cow<'_, str> {
    if !key.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) {
        return key.into();
    }
    if key.chars().any(char::is_uppercase) { key.to_lowercase().into() } else { key.into() }
}

pub(super) fn names(keys: &[&str]) -> Vec<Arc<str>> {
    keys.iter().map(|key| Arc::from(*key)).collect()
}

pub(super) fn number(count: usize) -> Value {
    crate::excellent::Decimal::from(i64::try_from(count).unwrap_or(i64::MAX)).into()
}

pub(super) fn datetime(moment: Moment) -> Value {
    let zone =
        if moment.offset == jiff::tz::Offset::UTC { TimeZone::UTC } else { TimeZone::fixed(moment.offset) };
    Value::datetime(moment.at.to_zoned(zone))
}

/// JSON as a value of expressions.
pub(super) fn from_json(json: &Json) -> Value {
    crate::excellent::parse_json(&json.to_string())
}

/// An address as flows may see it.
pub(super) fn shown_urn(urn: &Urn, redact: bool) -> Value {
    if redact { format!("{}:{REDACTED}", urn.scheme()).into() } else { urn.as_str().into() }
}

pub(super) fn redacts(env: &Environment) -> bool {
    env.redaction_policy == RedactionPolicy::Urns
}

pub(super) fn channel(channel: &crate::assets::Channel) -> Value {
    Object::with_default(
        Value::from(&channel.name),
        [
            ("uuid", Value::from(channel.uuid.to_string())),
            ("name", Value::from(&channel.name)),
            ("address", Value::from(&channel.address)),
        ],
    )
    .into()
}
