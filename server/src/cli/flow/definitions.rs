//! Files of definitions.
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value as Json, json};

/// Definitions as they were found.
pub struct Definitions {
    /// RapidPro's assets: `{flows, fields, groups, …}`.
    pub assets: Json,
    /// Whether the file is one flow without anything around it, so that nobody knows which fields there are.
    pub is_bare_flow: bool,
}

/// Reads any JSON file.
pub fn read_json(path: &Path) -> anyhow::Result<Json> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
}

/// Reads an export, assets, a list of flows or one flow.
pub fn read(path: &Path) -> anyhow::Result<Definitions> {
    let json = read_json(path)?;
    Ok(match json {
        Json::Array(flows) => Definitions { assets: json!({"flows": flows}), is_bare_flow: true },
        Json::Object(map) if map.contains_key("flows") => {
            Definitions { assets: Json::Object(map), is_bare_flow: false }
        }
        Json::Object(flow) if flow.contains_key("nodes") || flow.contains_key("action_sets") => {
            Definitions { assets: json!({"flows": [flow]}), is_bare_flow: true }
        }
        _ => anyhow::bail!("{} holds no flow definitions", path.display()),
    })
}
