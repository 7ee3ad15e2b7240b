//! One line's definitions, compiled once and shared by all its sessions.
mod channel;
mod field;
mod group;
mod template;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

pub use channel::{Channel, ChannelRole};
pub use field::{Field, FieldKind};
pub use group::Group;
pub use template::{MsgTemplate, Preview, TemplateTranslation};

use crate::contact::ContactUrn;
use crate::definition::{Arena, Flow, Json, Problem};
use crate::env::Environment;
use crate::refs::Ref;
use crate::text::locations::{Hierarchy, Place};
use crate::words::Urn;

/// The most nesting of JSON that definitions may have is serde_json's (128); this is the most flows of one line.
const MAX_FLOWS: usize = 10_000;

/// Everything that flows of a line can point at. Read it once, keep it in an `Arc`.
#[derive(Default)]
pub struct Assets {
    /// Sorted by their ids.
    flows: Vec<Arc<Flow>>,
    channels: Vec<Channel>,
    fields: BTreeMap<Arc<str>, Field>,
    groups: Vec<Group>,
    globals: BTreeMap<Arc<str>, Global>,
    labels: Vec<Ref>,
    topics: Vec<Ref>,
    users: Vec<User>,
    templates: Vec<MsgTemplate>,
    llms: Vec<Ref>,
    resthooks: Vec<Resthook>,
    campaigns: Vec<Ref>,
    optins: Vec<Ref>,
    locations: Option<Arc<Hierarchy>>,
}

/// Somebody of the staff.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    pub uuid: Uuid,
    #[serde(default)]
    pub name: Arc<str>,
    #[serde(default)]
    pub email: Arc<str>,
}

impl User {
    /// A pointer to this user.
    #[must_use]
    pub fn to_ref(&self) -> Ref {
        Ref { uuid: self.uuid, name: self.name.clone() }
    }
}

/// Addresses that are called when a flow says so.
#[derive(Debug, Clone, Deserialize)]
pub struct Resthook {
    pub slug: Arc<str>,
    #[serde(default)]
    pub subscribers: Vec<String>,
}

/// A value that all flows of a line share.
#[derive(Debug, Clone, Deserialize)]
pub struct Global {
    /// In lower case.
    pub key: Arc<str>,
    #[serde(default)]
    pub name: Arc<str>,
    #[serde(default)]
    pub value: Arc<str>,
}

impl Assets {
    /// Reads RapidPro's assets, or an export (`{version, flows, fields, groups, ...}`); definitions older than
    /// the present spec version are migrated first, and what they name by a relative address is looked for under
    /// `/media` of the export's `site`. Group queries are read with a default environment; see
    /// [`Assets::read_in`].
    ///
    /// # Errors
    /// Everything that is wrong with the flows, each with flow, node and place. Lists that are no lists and
    /// items without what they need are problems too.
    pub fn read(json: &Value) -> Result<Self, Vec<Problem>> {
        Self::read_in(json, &Environment::default())
    }

    /// Like [`Assets::read`], from the JSON text.
    ///
    /// # Errors
    /// As for [`Assets::read`], or the one problem that the text is no JSON.
    pub fn from_json(text: &[u8]) -> Result<Self, Vec<Problem>> {
        let arena = Arena::default();
        let json =
            Json::parse(text, &arena).map_err(|error| vec![problem("", format!("no JSON: {error}"))])?;
        let (assets, problems) = Self::read_json(&json, &Environment::default());
        if problems.is_empty() { Ok(assets) } else { Err(problems) }
    }

    /// Like [`Assets::read`], for a workspace whose environment decides how dates and numbers in group queries
    /// are read.
    ///
    /// # Errors
    /// As for [`Assets::read`].
    pub fn read_in(json: &Value, env: &Environment) -> Result<Self, Vec<Problem>> {
        let (assets, problems) = Self::read_what_is_good(json, env);
        if problems.is_empty() { Ok(assets) } else { Err(problems) }
    }

    /// Reads what can be read and says what cannot: a line whose flow was broken by hand still serves its other
    /// flows.
    #[must_use]
    pub fn read_what_is_good(json: &Value, env: &Environment) -> (Self, Vec<Problem>) {
        Self::read_json(&Json::of(json, &Arena::default()), env)
    }

    fn read_json(json: &Json<'_>, env: &Environment) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut assets = Self::default();
        let flows = json.get("flows").and_then(Json::as_array).unwrap_or_default();
        if flows.len() > MAX_FLOWS {
            problems.push(problem("flows", format!("more than {MAX_FLOWS} flows")));
        }
        let media = crate::migrations::media_under(json.get("site").and_then(Json::as_str));
        for raw in flows.iter().take(MAX_FLOWS) {
            match crate::migrations::migrate_and_read_json(raw, &media) {
                Ok(flow) => assets.flows.push(Arc::new(flow)),
                Err(found) => problems.extend(found),
            }
        }
        // of the same flow twice the last one counts
        assets.flows.reverse();
        assets.flows.sort_by_key(|flow| flow.uuid);
        assets.flows.dedup_by_key(|flow| flow.uuid);
        assets.channels = list(json, "channels", &mut problems);
        let fields: Vec<Field> = list(json, "fields", &mut problems);
        assets.fields = fields.into_iter().map(|field| (field.key.clone(), field)).collect();
        assets.labels = list(json, "labels", &mut problems);
        assets.topics = list(json, "topics", &mut problems);
        assets.users = list(json, "users", &mut problems);
        assets.templates = list(json, "templates", &mut problems);
        assets.llms = list(json, "llms", &mut problems);
        assets.resthooks = list(json, "resthooks", &mut problems);
        assets.campaigns = list(json, "campaigns", &mut problems);
        assets.optins = list(json, "optins", &mut problems);
        let globals: Vec<Global> = list(json, "globals", &mut problems);
        assets.globals =
            globals.into_iter().map(|global| (global.key.to_lowercase().into(), global)).collect();
        assets.locations = json
            .get("locations")
            .and_then(|roots| roots.as_array()?.first())
            .and_then(|root| Place::deserialize(root).ok())
            .map(|root| Arc::new(Hierarchy::new(&root)));
        let groups: Vec<group::RawGroup> = list(json, "groups", &mut problems);
        assets.groups = groups.into_iter().map(|raw| Group::compile(raw, env, &assets.fields)).collect();
        (assets, problems)
    }

    /// The flow of that id.
    #[must_use]
    pub fn flow(&self, uuid: Uuid) -> Option<&Arc<Flow>> {
        self.flows
            .binary_search_by_key(&uuid.as_u128(), |flow| flow.uuid.as_u128())
            .ok()
            .map(|at| &self.flows[at])
    }

    /// All flows, by id.
    pub fn flows(&self) -> impl Iterator<Item = &Arc<Flow>> {
        self.flows.iter()
    }

    #[must_use]
    pub fn channel(&self, uuid: Uuid) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.uuid == uuid)
    }

    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.get(key)
    }

    /// All fields, by key.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.values()
    }

    #[must_use]
    pub fn group(&self, uuid: Uuid) -> Option<&Group> {
        self.groups.iter().find(|group| group.uuid == uuid)
    }

    /// All groups, in the line's order.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter()
    }

    /// The group of that name; the case of letters does not count.
    #[must_use]
    pub fn group_by_name(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| same_name(&group.name, name))
    }

    /// The groups that follow from a query, also those whose query cannot be read (nobody belongs to them).
    pub fn query_groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| group.query.is_some())
    }

    #[must_use]
    pub fn global(&self, key: &str) -> Option<&Global> {
        self.globals.get(key)
    }

    /// All globals, by key.
    pub fn globals(&self) -> impl Iterator<Item = &Global> {
        self.globals.values()
    }

    #[must_use]
    pub fn label(&self, uuid: Uuid) -> Option<&Ref> {
        self.labels.iter().find(|label| label.uuid == uuid)
    }

    #[must_use]
    pub fn label_by_name(&self, name: &str) -> Option<&Ref> {
        self.labels.iter().find(|label| same_name(&label.name, name))
    }

    #[must_use]
    pub fn topic(&self, uuid: Uuid) -> Option<&Ref> {
        self.topics.iter().find(|topic| topic.uuid == uuid)
    }

    /// The topic of tickets that are opened without one.
    #[must_use]
    pub fn default_topic(&self) -> Option<&Ref> {
        self.topics.iter().find(|topic| &*topic.name == "General").or_else(|| self.topics.first())
    }

    #[must_use]
    pub fn user(&self, uuid: Uuid) -> Option<&User> {
        self.users.iter().find(|user| user.uuid == uuid)
    }

    #[must_use]
    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email.eq_ignore_ascii_case(email))
    }

    #[must_use]
    pub fn template(&self, uuid: Uuid) -> Option<&MsgTemplate> {
        self.templates.iter().find(|template| template.uuid == uuid)
    }

    #[must_use]
    pub fn llm(&self, uuid: Uuid) -> Option<&Ref> {
        self.llms.iter().find(|llm| llm.uuid == uuid)
    }

    #[must_use]
    pub fn resthook(&self, slug: &str) -> Option<&Resthook> {
        self.resthooks.iter().find(|resthook| &*resthook.slug == slug)
    }

    #[must_use]
    pub fn campaign(&self, uuid: Uuid) -> Option<&Ref> {
        self.campaigns.iter().find(|campaign| campaign.uuid == uuid)
    }

    #[must_use]
    pub fn optin(&self, uuid: Uuid) -> Option<&Ref> {
        self.optins.iter().find(|optin| optin.uuid == uuid)
    }

    /// The country's places, where the line has them.
    #[must_use]
    pub fn locations(&self) -> Option<&Arc<Hierarchy>> {
        self.locations.as_ref()
    }

    /// The channel to use for an address: the preferred one if it can, else the one that fits best.
    #[must_use]
    pub fn channel_for(&self, urn: &Urn, preferred: Option<Uuid>, role: ChannelRole) -> Option<&Channel> {
        channel::choose(&self.channels, urn, preferred, role, &|| crate::tel::country_of(&urn.path()))
    }

    /// The channel to use for a contact's address.
    #[must_use]
    pub fn channel_of(&self, address: &ContactUrn, role: ChannelRole) -> Option<&Channel> {
        channel::choose(&self.channels, address.urn(), address.channel, role, &|| address.country())
    }
}

fn same_name(held: &str, wanted: &str) -> bool {
    held == wanted || held.to_lowercase() == wanted.to_lowercase()
}

fn problem(place: &str, text: String) -> Problem {
    Problem { flow: String::new(), node: None, place: place.to_owned(), text }
}

/// Reads each item of a list; what cannot be read is a problem.
fn list<T: for<'de> Deserialize<'de>>(json: &Json<'_>, key: &str, problems: &mut Vec<Problem>) -> Vec<T> {
    let mut out = Vec::new();
    match json.get(key) {
        Some(Json::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                match T::deserialize(item) {
                    Ok(item) => out.push(item),
                    Err(error) => problems.push(problem(&format!("{key}[{at}]"), error.to_string())),
                }
            }
        }
        None | Some(Json::Null) => {}
        Some(_) => problems.push(problem(key, "must be a list".to_owned())),
    }
    out
}
