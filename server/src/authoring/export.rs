//! Reads a RapidPro or TextIt export: flows brought to the present version, and what goes with them.
use std::collections::BTreeMap;

use flow::migrations::{PRESENT, media_of, migrate_from, steady_ids, version_of};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// The most flows, fields, groups, triggers and campaigns of an export, each.
const MAX_ITEMS: usize = 2_000;

/// What an export brings, with every flow that can be migrated in the present version.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Export {
    pub flows: Vec<Json>,
    pub fields: Vec<Json>,
    pub groups: Vec<Json>,
    pub globals: Vec<Json>,
    pub triggers: Vec<Json>,
    #[serde(skip)]
    pub campaigns: Vec<Json>,
    /// The version that each flow was written in, by its id.
    #[serde(skip)]
    pub versions: BTreeMap<Uuid, String>,
}

/// Why a file is no export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnExport {
    #[error("The file cannot be read as JSON{0}.")]
    NotJson(String),
    #[error(
        "The file holds no flows. Export them in RapidPro or TextIt (Settings, Exports) and give that file."
    )]
    NoFlows,
    #[error("The file holds more than {MAX_ITEMS} {0}.")]
    TooMuch(&'static str),
}

/// Reads an export, RapidPro's assets, a list of flows, or one flow.
///
/// # Errors
/// When it is none of these.
pub fn read(body: &[u8]) -> Result<Export, NotAnExport> {
    let json: Json = serde_json::from_slice(body).map_err(|error| {
        NotAnExport::NotJson(match error.line() {
            0 => String::new(),
            line => format!(" (line {line}, column {})", error.column()),
        })
    })?;
    let mut map = match json {
        Json::Array(flows) => Map::from_iter([("flows".to_owned(), Json::Array(flows))]),
        Json::Object(map) if map.get("flows").is_some_and(Json::is_array) => map,
        Json::Object(flow) if flow.contains_key("nodes") || flow.contains_key("action_sets") => {
            Map::from_iter([("flows".to_owned(), json!([flow]))])
        }
        _ => return Err(NotAnExport::NoFlows),
    };
    let media = map.get("site").map(|site| media_of(&json!({"site": site}))).unwrap_or_default();
    let mut list = |name: &'static str| match map.remove(name) {
        Some(Json::Array(items)) if items.len() > MAX_ITEMS => Err(NotAnExport::TooMuch(name)),
        Some(Json::Array(items)) => Ok(items.into_iter().filter(Json::is_object).collect()),
        _ => Ok(Vec::new()),
    };
    let raw: Vec<Json> = list("flows")?;
    let mut export = Export {
        fields: list("fields")?,
        groups: list("groups")?,
        globals: list("globals")?,
        triggers: list("triggers")?,
        campaigns: list("campaigns")?,
        ..Export::default()
    };
    if raw.is_empty() {
        return Err(NotAnExport::NoFlows);
    }
    for flow in raw {
        let from = version(&flow);
        let flow = migrated(flow, &media);
        if let (Some(uuid), Some(from)) = (uuid_of(&flow), from) {
            export.versions.insert(uuid, from);
        }
        export.flows.push(flow);
    }
    export.steady();
    Ok(export)
}

/// The flow in the present version; as it was where it cannot be migrated, so that its problem is found when it is
/// read.
fn migrated(flow: Json, media: &str) -> Json {
    let newer = version_of(&flow).is_some_and(|version| version > PRESENT);
    let mut new_uuid = steady_ids(&flow);
    if newer { flow } else { migrate_from(media, flow.clone(), PRESENT, &mut new_uuid).unwrap_or(flow) }
}

fn version(flow: &Json) -> Option<String> {
    let text = |key: &str| match &flow[key] {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    text("spec_version").or_else(|| text("version"))
}

/// A flow's (or group's) id.
#[must_use]
pub fn uuid_of(item: &Json) -> Option<Uuid> {
    let text = item["uuid"].as_str().or_else(|| item["metadata"]["uuid"].as_str())?;
    text.parse().ok()
}

/// A name as it is written.
#[must_use]
pub fn name_of(item: &Json) -> &str {
    item["name"].as_str().or_else(|| item["metadata"]["name"].as_str()).unwrap_or("")
}

/// All actions of a flow of the present version, each with its node's id.
pub fn actions(flow: &Json) -> impl Iterator<Item = (&Json, &Json)> {
    let nodes = flow["nodes"].as_array().map_or(&[][..], Vec::as_slice);
    nodes.iter().flat_map(|node| {
        let actions = node["actions"].as_array().map_or(&[][..], Vec::as_slice);
        actions.iter().map(move |action| (&node["uuid"], action))
    })
}

impl Export {
    /// Takes out what is counted anew at each saving, so that the same flow is the same text.
    fn steady(&mut self) {
        for flow in &mut self.flows {
            if let Some(flow) = flow.as_object_mut() {
                flow.remove("revision");
            }
        }
    }

    /// Groups and fields that flows name and the export does not list: RapidPro makes them, so they are made here.
    /// Gives their names.
    pub fn make_what_flows_name(&mut self) -> Vec<(&'static str, String)> {
        let mut made = Vec::new();
        let (mut groups, mut fields): (Vec<Json>, Vec<Json>) = (Vec::new(), Vec::new());
        for (_, action) in self.flows.iter().flat_map(actions) {
            let named = action["groups"].as_array().map_or(&[][..], Vec::as_slice);
            let named = named.iter().filter(|group| uuid_of(group).is_some() && !name_of(group).is_empty());
            groups.extend(named.cloned());
            if action["type"] == "set_contact_field" && action["field"]["key"].is_string() {
                fields.push(action["field"].clone());
            }
        }
        for flow in &self.flows {
            groups.extend(groups_tested(flow));
        }
        for group in groups {
            if !self.groups.iter().any(|held| uuid_of(held) == uuid_of(&group)) {
                made.push(("group", name_of(&group).to_owned()));
                self.groups.push(json!({"uuid": group["uuid"], "name": group["name"], "query": null}));
            }
        }
        for field in fields {
            if !self.fields.iter().any(|held| held["key"] == field["key"]) {
                made.push(("field", name_of(&field).to_owned()));
                self.fields.push(json!({"key": field["key"], "name": field["name"], "type": "text"}));
            }
        }
        made
    }
}

/// The groups that routers of a flow ask for.
fn groups_tested(flow: &Json) -> Vec<Json> {
    let nodes = flow["nodes"].as_array().map_or(&[][..], Vec::as_slice);
    let cases = nodes.iter().filter_map(|node| node["router"]["cases"].as_array()).flatten();
    let tests = cases.filter(|case| case["type"] == "has_group");
    let groups = tests.map(|case| json!({"uuid": case["arguments"][0], "name": case["arguments"][1]}));
    groups.filter(|group| uuid_of(group).is_some() && !name_of(group).is_empty()).collect()
}
