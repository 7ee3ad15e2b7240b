//! Lays an import over the flows that are published, and reads what comes of it.
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use flow::Flow;
use flow::assets::Assets;
use flow::env::Environment;
use flow::migrations::{PRESENT, migrate, steady_ids};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::export::{Export, name_of, uuid_of};
use super::view::{FlowChange, FlowLine};
use crate::lines::checks::{self, FlowProblem};
use crate::lines::{Line, channel_asset, channel_assets, compile, keywords_of, words};

/// The largest definitions that are published: more would not come in again as a content folder.
pub const MAX_DEFINITIONS_BYTES: usize = 20 * 1_024 * 1_024;

/// The addresses of simulated people, by look.
const SIMULATED_SCHEMES: [&str; 3] = ["whatsapp", "tel", "webchat"];

/// Definitions that were read, ready to be shown, talked to, tested and published.
pub struct Laid {
    /// The export, as `flows.json` has it.
    pub definitions: Json,
    /// Compiled with the line's channels, and with one of each kind that the line lacks: a simulator may look like any.
    pub assets: Arc<Assets>,
    pub env: Environment,
    pub flows: Vec<FlowLine>,
    pub problems: Vec<FlowProblem>,
}

/// Reads definitions for a line. `before`: what they are compared with.
///
/// # Errors
/// When they are no object.
pub fn read(line: &Line, mut definitions: Json, before: Option<&Json>) -> Result<Laid, String> {
    let content = &line.content;
    let mut channels = channel_assets(content, &line.channels);
    for (number, scheme) in SIMULATED_SCHEMES.into_iter().enumerate() {
        if !line.channels.iter().any(|channel| channel.scheme() == scheme) {
            let id = Uuid::from_u128(0x0b5e_0000_0000_4000_8000_0000_0000_0000 + number as u128);
            channels.push(channel_asset(content, id, scheme, scheme, ""));
        }
    }
    let compiled = compile(content, &mut definitions, channels)?;
    let assets = compiled.assets;
    let mut problems = compiled.problems;
    problems.extend(twice(&assets));
    problems.extend(checks::of_flows(&assets, Some(&assets), &|key| checks::is_answer(content, key)));
    let before = before.map(by_uuid);
    let now = by_uuid(&definitions);
    let mut flows: Vec<FlowLine> = assets.flows().map(|flow| line_of(flow, &problems)).collect();
    for flow in &mut flows {
        flow.change = before.as_ref().map(|before| match (before.get(&flow.uuid), now.get(&flow.uuid)) {
            (None, _) => FlowChange::New,
            (Some(before), Some(now)) if same(before, now) => FlowChange::Same,
            _ => FlowChange::Changed,
        });
    }
    flows.sort_by(|a, b| (&a.name, a.uuid).cmp(&(&b.name, b.uuid)));
    Ok(Laid { definitions, assets, env: compiled.env, flows, problems })
}

fn line_of(flow: &Flow, problems: &[FlowProblem]) -> FlowLine {
    let of_it = |problem: &&FlowProblem| problem.flow.as_ref().is_some_and(|named| named.uuid == flow.uuid);
    let mut languages: Vec<String> =
        flow.localization.languages().map(|language| language.to_string()).collect();
    languages.sort();
    FlowLine {
        uuid: flow.uuid,
        name: flow.name.to_string(),
        r#type: flow.kind.as_str().to_owned(),
        language: flow.language.to_string(),
        languages,
        nodes: flow.nodes.len(),
        problems: problems.iter().filter(of_it).count(),
        change: None,
    }
}

/// Flows are started by name, so a name must be one flow's.
fn twice(assets: &Assets) -> Vec<FlowProblem> {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for flow in assets.flows() {
        *names.entry(&flow.name).or_default() += 1;
    }
    let names = names.into_iter().filter(|(_, count)| *count > 1);
    names.map(|(name, count)| FlowProblem::of_all(format!("{count} flows are called '{name}'"))).collect()
}

fn by_uuid(definitions: &Json) -> HashMap<Uuid, &Json> {
    let flows = definitions["flows"].as_array().map_or(&[][..], Vec::as_slice);
    flows.iter().filter_map(|flow| Some((uuid_of(flow)?, flow))).collect()
}

/// Whether two definitions say the same; where their nodes are drawn does not count.
fn same(before: &Json, now: &Json) -> bool {
    let plain = |flow: &Json| {
        let mut new_uuid = steady_ids(flow);
        let mut flow = migrate(flow.clone(), PRESENT, &mut new_uuid).unwrap_or_default();
        if let Some(flow) = flow.as_object_mut() {
            for key in ["_ui", "revision", "spec_version"] {
                flow.remove(key);
            }
        }
        flow
    };
    before == now || plain(before) == plain(now)
}

/// Gives flows and groups of an import the ids of the line's own that have the same name, as RapidPro does it: else
/// there would be two of each. Says which, by kind and name.
pub fn take_the_lines_ids(export: &mut Export, published: &Json) -> Vec<(&'static str, String)> {
    let mut ids: HashMap<String, String> = HashMap::new();
    let mut renamed = Vec::new();
    for (kind, list, items) in [("flow", "flows", &export.flows), ("group", "groups", &export.groups)] {
        let held = published[list].as_array().map_or(&[][..], Vec::as_slice);
        for item in items {
            let (Some(uuid), name) = (uuid_of(item), name_of(item)) else { continue };
            if held.iter().any(|held| uuid_of(held) == Some(uuid)) {
                continue;
            }
            let same = held.iter().find(|held| !name.is_empty() && name_of(held) == name);
            if let Some(id) = same.and_then(uuid_of) {
                ids.insert(uuid.to_string(), id.to_string());
                renamed.push((kind, name.to_owned()));
            }
        }
    }
    if !ids.is_empty() {
        for list in [&mut export.flows, &mut export.groups, &mut export.triggers] {
            list.iter_mut().for_each(|item| replace_ids(item, &ids));
        }
        for (from, to) in &ids {
            let known = from.parse().ok().and_then(|from: Uuid| export.versions.remove(&from));
            if let (Some(version), Ok(to)) = (known, to.parse()) {
                export.versions.insert(to, version);
            }
        }
    }
    renamed
}

/// The depth is limited by what reads JSON.
fn replace_ids(json: &mut Json, ids: &HashMap<String, String>) {
    match json {
        Json::String(text) => {
            if let Some(id) = ids.get(text.as_str()) {
                text.clone_from(id);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| replace_ids(item, ids)),
        Json::Object(map) => map.values_mut().for_each(|item| replace_ids(item, ids)),
        _ => {}
    }
}

/// The published definitions with an import's laid over: flows and groups by id, fields and globals by key, keywords
/// by word.
#[must_use]
pub fn over(published: &Json, export: &Export) -> Json {
    let mut laid = match published {
        Json::Object(_) => published.clone(),
        _ => json!({}),
    };
    let list = |laid: &mut Json, name: &str| match laid[name].take() {
        Json::Array(items) => items,
        _ => Vec::new(),
    };
    for (name, items) in [("flows", &export.flows), ("groups", &export.groups)] {
        let mut all = list(&mut laid, name);
        for item in items {
            put(&mut all, item, |held| uuid_of(held).is_some() && uuid_of(held) == uuid_of(item));
        }
        laid[name] = Json::Array(all);
    }
    for (name, items) in [("fields", &export.fields), ("globals", &export.globals)] {
        let mut all = list(&mut laid, name);
        for item in items {
            put(&mut all, item, |held| held["key"].is_string() && held["key"] == item["key"]);
        }
        laid[name] = Json::Array(all);
    }
    let mut triggers = list(&mut laid, "triggers");
    let taken: Vec<&Json> = export.triggers.iter().filter(|trigger| trigger["trigger_type"] == "K").collect();
    let now: Vec<String> = taken.iter().flat_map(|trigger| keywords_of(trigger)).map(words::fold).collect();
    triggers.iter_mut().for_each(|held| without_keywords(held, &now));
    triggers.retain(|held| held["trigger_type"] != "K" || keywords_of(held).next().is_some());
    triggers.extend(taken.into_iter().cloned());
    laid["triggers"] = Json::Array(triggers);
    laid
}

fn put(all: &mut Vec<Json>, item: &Json, is_it: impl Fn(&Json) -> bool) {
    match all.iter_mut().find(|held| is_it(held)) {
        Some(held) => held.clone_from(item),
        None => all.push(item.clone()),
    }
}

/// A keyword starts one flow: the one that was imported last.
fn without_keywords(trigger: &mut Json, taken: &[String]) {
    if trigger["trigger_type"] != "K" {
        return;
    }
    let left: Vec<String> =
        keywords_of(trigger).filter(|word| !taken.contains(&words::fold(word))).map(str::to_owned).collect();
    if let Some(trigger) = trigger.as_object_mut() {
        trigger.remove("keyword");
        trigger.insert("keywords".to_owned(), json!(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> String {
        format!("50000000-0000-4000-8000-{number:012}")
    }

    #[test]
    fn an_import_lies_over_what_is_published() {
        let published = json!({
            "flows": [{"uuid": id(1), "name": "menu"}, {"uuid": id(2), "name": "person"}],
            "groups": [{"uuid": id(3), "name": "Staff"}],
            "triggers": [{"trigger_type": "K", "keywords": ["menú", "inicio"], "flow": {"uuid": id(1)}}],
            "site": "kept",
        });
        let mut export = Export {
            flows: vec![
                json!({"uuid": id(8), "name": "menu", "nodes": [{"groups": [{"uuid": id(9), "name": "Staff"}]}]}),
                json!({"uuid": id(4), "name": "shelter"}),
            ],
            groups: vec![json!({"uuid": id(9), "name": "Staff"})],
            fields: vec![json!({"key": "age", "name": "Age"})],
            triggers: vec![
                json!({"trigger_type": "K", "keyword": "INICIO", "flow": {"uuid": id(4)}}),
                json!({"trigger_type": "S", "flow": {"uuid": id(4)}}),
            ],
            ..Export::default()
        };
        let renamed = take_the_lines_ids(&mut export, &published);
        assert_eq!(renamed, [("flow", "menu".to_owned()), ("group", "Staff".to_owned())]);
        let laid = over(&published, &export);
        let ids = |list: &str| -> Vec<String> {
            laid[list]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["uuid"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(ids("flows"), [id(1), id(2), id(4)]);
        assert_eq!(laid["flows"][0]["nodes"][0]["groups"][0]["uuid"], json!(id(3)));
        assert_eq!(ids("groups"), [id(3)]);
        assert_eq!(laid["triggers"][0]["keywords"], json!(["menú"]));
        assert_eq!(laid["triggers"].as_array().unwrap().len(), 2);
        assert_eq!(laid["site"], "kept");
    }
}
