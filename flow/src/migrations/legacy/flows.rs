//! Whole old definitions.
use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::importer::{Importer, Object, list, text_of};
use super::{actions, rule_sets, ui};

/// The version that old definitions are rewritten as.
const REWRITTEN_AS: &str = "13.0.0";

/// Whether a definition is from before spec 13. Those say no spec version and have keys of their own.
#[must_use]
pub fn is_legacy(raw: &Json) -> bool {
    let keys = ["action_sets", "rule_sets", "flow_type", "base_language"];
    let raw = definition(raw);
    raw.get("spec_version").is_none() && keys.iter().any(|key| raw.get(key).is_some())
}

/// The definition itself: the oldest exports wrap it.
fn definition(raw: &Json) -> &Json {
    match &raw["definition"] {
        inner @ Json::Object(_) => inner,
        _ => raw,
    }
}

/// Rewrites an old definition as version 13.0. `media` is where files with relative addresses lie (empty: they stay
/// relative), `new_uuid` names parts that had no id.
///
/// # Errors
/// When it has an action, rule or rule set of an unknown type.
pub fn to_13(raw: &Json, media: &str, new_uuid: &mut dyn FnMut() -> Uuid) -> Result<Json, String> {
    let old = definition(raw);
    let metadata = &old["metadata"];
    let base = match text_of(old, "base_language") {
        "" => "base".to_owned(),
        language => language.to_owned(),
    };
    let mut importer = Importer { base, media, localization: Map::new(), new_uuid };
    let either = |key: &str| {
        let places = [metadata, old, raw];
        places.iter().map(|place| text_of(place, key)).find(|text| !text.is_empty()).unwrap_or("").to_owned()
    };
    let uuid = match either("uuid") {
        uuid if uuid.is_empty() => importer.uuid(),
        uuid => uuid,
    };
    let (nodes, drawn) = nodes(&mut importer, old)?;
    let mut stickies = Object::new();
    for note in list(metadata, "notes") {
        stickies.insert(importer.uuid(), ui::sticky(note));
    }
    let kind = match text_of(old, "flow_type") {
        "V" => "voice",
        "S" => "messaging_offline",
        _ => "messaging",
    };
    Ok(json!({
        "uuid": uuid,
        "name": either("name"),
        "spec_version": REWRITTEN_AS,
        "language": importer.base,
        "type": kind,
        "revision": metadata["revision"].as_u64().unwrap_or(0),
        "expire_after_minutes": metadata["expires"].as_u64().unwrap_or(0),
        "localization": importer.localization,
        "nodes": nodes,
        "_ui": {"nodes": drawn, "stickies": stickies},
    }))
}

/// The nodes, the entry first and the others as they are drawn from the top, and how they are drawn.
fn nodes(importer: &mut Importer<'_>, old: &Json) -> Result<(Vec<Json>, Object), String> {
    let sets = list(old, "action_sets").iter().chain(list(old, "rule_sets"));
    let known: BTreeSet<String> = sets.clone().map(|set| text_of(set, "uuid").to_owned()).collect();
    let mut nodes = Vec::new();
    for set in list(old, "action_sets") {
        nodes.push((ui::height(set), action_set(importer, set, &known)?));
    }
    for set in list(old, "rule_sets") {
        nodes.push((ui::height(set), rule_sets::rewrite(importer, set, &known)?));
    }
    let entry = text_of(old, "entry");
    nodes.sort_by(|(left, (a, _)), (right, (b, _))| {
        let later = |node: &Json| node["uuid"] != entry;
        later(a).cmp(&later(b)).then(left.total_cmp(right))
    });
    let drawn = nodes.iter().map(|(_, (node, ui))| (text_of(node, "uuid").to_owned(), ui.clone())).collect();
    Ok((nodes.into_iter().map(|(_, (node, _))| node).collect(), drawn))
}

fn action_set(
    importer: &mut Importer<'_>,
    old: &Json,
    nodes: &BTreeSet<String>,
) -> Result<(Json, Json), String> {
    let mut rewritten = Vec::new();
    for action in list(old, "actions") {
        rewritten.extend(actions::rewrite(importer, action)?);
    }
    let mut node = json!({"uuid": importer.uuid_of(old, "uuid")});
    if !rewritten.is_empty() {
        node["actions"] = rewritten.into();
    }
    let uuid = importer.uuid_of(old, "exit_uuid");
    node["exits"] = json!([exit(&uuid, &old["destination"], nodes)]);
    Ok((node, ui::node(old, "execute_actions", Object::new())))
}

/// An exit; a destination that is no node of the flow ends it.
pub(super) fn exit(uuid: &str, destination: &Json, nodes: &BTreeSet<String>) -> Json {
    let mut exit = json!({"uuid": uuid});
    if let Some(destination) = destination.as_str().filter(|destination| nodes.contains(*destination)) {
        exit["destination_uuid"] = destination.into();
    }
    exit
}
