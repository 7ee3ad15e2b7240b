//! `@run`, `@results`, `@parent`, `@child`, `@trigger`, `@webhook`.
use std::sync::Arc;

use serde_json::Value as Json;
use smol_str::SmolStr;
use uuid::Uuid;

use super::{ContactView, datetime, from_json, lower, names, number};
use crate::assets::Assets;
use crate::events::EventKind;
use crate::excellent::{Object, Properties, Value};
use crate::refs::FlowRef;
use crate::run::{Run, RunResult, RunResults, RunStatus, RunSummary, RunWebhook};
use crate::triggers::{Trigger, TriggerEvent};

/// A run as expressions see their own.
pub(super) struct RunView {
    pub(super) run: Arc<Run>,
    pub(super) contact: ContactView,
}

const RUN_KEYS: [&str; 9] =
    ["contact", "created_on", "exited_on", "flow", "locals", "path", "results", "status", "uuid"];

fn flow(flow: &FlowRef) -> Value {
    let name = Value::from(&flow.name);
    let revision = number(usize::try_from(flow.revision).unwrap_or(usize::MAX));
    Object::with_default(
        name.clone(),
        [("uuid", Value::from(flow.uuid.to_string())), ("name", name), ("revision", revision)],
    )
    .into()
}

pub(super) fn locals(run: &Run) -> Value {
    Object::new(run.locals.iter().map(|(name, value)| (name.as_str(), Value::from(value.as_str())))).into()
}

impl Properties for RunView {
    fn get(&self, key: &str) -> Option<Value> {
        let run = &self.run;
        Some(match &*lower(key) {
            "contact" => Object::lazy(self.contact.clone()).into(),
            "created_on" => datetime(run.created_on),
            "exited_on" => run.exited_on.map(datetime).into(),
            "flow" => flow(&run.flow),
            "locals" => locals(run),
            "path" => Value::array(run.path.iter().map(|step| {
                let node = Value::from(step.node_uuid.to_string());
                Object::new([("node_uuid", node), ("arrived_on", datetime(step.arrived_on))]).into()
            })),
            "results" => Results::OfRun(run.clone()).into(),
            "status" => run.status.as_str().into(),
            "uuid" => run.uuid.to_string().into(),
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<Arc<str>> {
        names(&RUN_KEYS)
    }

    fn default_value(&self) -> Option<Value> {
        Some(format!("{}@{}", self.contact.title().render(), self.run.flow.name).into())
    }
}

/// A parent or child run as expressions see it.
pub(super) struct RelatedView {
    pub(super) uuid: Uuid,
    pub(super) flow: Option<FlowRef>,
    pub(super) contact: Option<ContactView>,
    pub(super) results: Results,
    pub(super) status: RunStatus,
}

const RELATED_KEYS: [&str; 8] = ["contact", "fields", "flow", "results", "run", "status", "urns", "uuid"];

impl Properties for RelatedView {
    fn get(&self, key: &str) -> Option<Value> {
        let contact = self.contact.as_ref();
        Some(match &*lower(key) {
            "contact" => contact.map(|contact| Object::lazy(contact.clone())).into(),
            "fields" => contact.map(ContactView::fields).into(),
            "flow" => self.flow.as_ref().map(flow).into(),
            "results" => self.results.clone().into(),
            "run" => Object::lazy(OldStatus(self.status)).into(),
            "status" => self.status.as_str().into(),
            "urns" => contact.map(ContactView::urns_by_scheme).into(),
            "uuid" => self.uuid.to_string().into(),
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<Arc<str>> {
        names(&RELATED_KEYS)
    }

    fn default_value(&self) -> Option<Value> {
        let contact = self.contact.as_ref().map(|contact| contact.title().render()).unwrap_or_default();
        let flow = self.flow.as_ref().map_or("", |flow| &*flow.name);
        Some(format!("{contact}@{flow}").into())
    }
}

/// `@child.run.status` of old flows.
struct OldStatus(RunStatus);

impl Properties for OldStatus {
    fn get(&self, key: &str) -> Option<Value> {
        (lower(key) == "status").then(|| self.0.as_str().into())
    }

    fn keys(&self) -> Vec<Arc<str>> {
        names(&["status"])
    }

    fn deprecation(&self, key: &str) -> Option<Arc<str>> {
        (key == "status").then(|| "@child.run.status is deprecated, use @child.status instead".into())
    }
}

/// `@results` of a run, of this session or another.
#[derive(Clone)]
pub(super) enum Results {
    OfRun(Arc<Run>),
    OfSummary(Arc<RunSummary>),
}

impl Results {
    /// One result, by its key in lower case.
    pub(super) fn get(self, key: &str) -> Option<Object> {
        let key = self.all().key(key)?.clone();
        Some(Object::lazy(ResultView { results: self, key }))
    }

    fn all(&self) -> &RunResults {
        static NONE: RunResults = RunResults::new();
        match self {
            Self::OfRun(run) => &run.results,
            Self::OfSummary(summary) => summary.results.as_ref().unwrap_or(&NONE),
        }
    }
}

impl From<Results> for Value {
    fn from(results: Results) -> Self {
        Object::lazy(results).into()
    }
}

impl Properties for Results {
    fn get(&self, key: &str) -> Option<Value> {
        Some(self.clone().get(&lower(key))?.into())
    }

    fn keys(&self) -> Vec<Arc<str>> {
        self.all().keys().map(|key| key.as_str().into()).collect()
    }

    fn default_value(&self) -> Option<Value> {
        let line = |result: &RunResult| format!("{}: {}", result.name, result.value);
        let lines: Vec<String> = self.all().values().map(line).collect();
        Some(lines.join("\n").into())
    }
}

/// One result.
struct ResultView {
    results: Results,
    key: SmolStr,
}

const RESULT_KEYS: [&str; 8] =
    ["category", "category_localized", "created_on", "extra", "input", "name", "node_uuid", "value"];

/// A property that is a text of the result; the others have to be made.
pub(super) fn plain_property(result: &RunResult, key: &str) -> Option<Value> {
    let text = match key {
        "name" => &result.name,
        "value" => &result.value,
        "category" => &result.category,
        "category_localized" if result.category_localized.is_empty() => &result.category,
        "category_localized" => &result.category_localized,
        "input" => &result.input,
        _ => return None,
    };
    Some(text.clone().into())
}

impl Properties for ResultView {
    fn get(&self, key: &str) -> Option<Value> {
        let result = self.results.all().get(&self.key)?;
        let key = lower(key);
        plain_property(result, &key).or_else(|| {
            Some(match &*key {
                "extra" => result.extra.as_ref().map(from_json).into(),
                "node_uuid" => result.node_uuid.to_string().into(),
                "created_on" => datetime(result.created_on),
                _ => return None,
            })
        })
    }

    fn keys(&self) -> Vec<Arc<str>> {
        names(&RESULT_KEYS)
    }

    fn default_value(&self) -> Option<Value> {
        self.get("value")
    }
}

/// `@webhook`: the run's last web call.
struct WebhookView(Arc<RunWebhook>);

pub(super) fn webhook(run: &Run) -> Value {
    run.webhook.as_ref().map(|webhook| Object::lazy(WebhookView(webhook.clone()))).into()
}

impl Properties for WebhookView {
    fn get(&self, key: &str) -> Option<Value> {
        Some(match &*lower(key) {
            "status" => number(usize::from(self.0.status)),
            "headers" => {
                let headers = self.0.headers.iter().flatten();
                Object::new(headers.map(|(name, value)| (name.as_str(), Value::from(value.as_str())))).into()
            }
            "json" => self.0.json.as_ref().map(from_json).into(),
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<Arc<str>> {
        names(&["headers", "json", "status"])
    }

    fn default_value(&self) -> Option<Value> {
        Some(format!("{} {}", self.0.method, self.0.url).into())
    }
}

pub(super) fn trigger(trigger: &Trigger, assets: &Assets) -> Value {
    let event = match &trigger.event {
        Some(TriggerEvent::Known(event)) => Some(&event.kind),
        _ => None,
    };
    let campaign = match event {
        Some(EventKind::CampaignFired { campaign, .. }) => Some(Object::new([
            ("uuid", Value::from(campaign.uuid.to_string())),
            ("name", Value::from(&campaign.name)),
        ])),
        _ => None,
    };
    let params = match (event, &trigger.params) {
        (Some(EventKind::ChatStarted { params: Some(params), .. }), None) => {
            Object::new(params.iter().map(|(key, value)| (key.as_str(), Value::from(value.as_str())))).into()
        }
        (_, Some(params)) => from_json(params),
        _ => Object::new::<&str>([]).into(),
    };
    let keyword = trigger.keyword_match.as_ref().map_or("", |matched| &*matched.keyword);
    Object::new([
        ("type", Value::from(trigger.kind.as_str())),
        ("params", params),
        ("keyword", keyword.into()),
        ("campaign", campaign.into()),
        ("origin", trigger.origin.as_str().into()),
        ("ticket", trigger.ticket.as_ref().map(|ticket| super::contact::ticket(ticket, assets)).into()),
        ("user", trigger.user.as_ref().map(|user| super::contact::user(user, assets)).into()),
    ])
    .into()
}

/// `@legacy_extra` of migrated flows: what the trigger brought, then what web calls answered.
pub(super) fn legacy_extra(run: &Run, trigger: &Trigger) -> Value {
    let mut all = serde_json::Map::new();
    if let Some(Json::Object(params)) = &trigger.params {
        all.extend(params.clone());
    }
    for (key, result) in &run.results {
        match &result.extra {
            Some(Json::Object(extra)) => {
                all.extend(extra.clone());
                all.insert(key.to_string(), Json::String(Json::Object(extra.clone()).to_string()));
            }
            Some(Json::Array(items)) => {
                all.extend(items.iter().enumerate().map(|(at, item)| (at.to_string(), item.clone())));
            }
            _ => {}
        }
    }
    from_json(&Json::Object(all))
}
