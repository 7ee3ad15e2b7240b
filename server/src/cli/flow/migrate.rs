//! `openline flow migrate`.
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use flow::migrations::{PRESENT, media_of, migrate_from};
use serde_json::Value as Json;
use uuid::Uuid;

use super::definitions;

/// `media` is where files with relative addresses lie; absent: under `/media` of the site that the export names.
pub fn run(file: &Path, media: Option<&str>) -> anyhow::Result<ExitCode> {
    let mut assets = definitions::read(file)?.assets;
    let media = media.map_or_else(|| media_of(&assets), str::to_owned);
    let flows =
        assets.get_mut("flows").and_then(Json::as_array_mut).context("the file holds no list of flows")?;
    for flow in flows {
        let name = flow.get("name").and_then(Json::as_str).unwrap_or("without a name").to_owned();
        let old = std::mem::take(flow);
        *flow = migrate_from(&media, old, PRESENT, &mut new_uuid)
            .map_err(|error| anyhow::anyhow!("flow '{name}': {error}"))?;
    }
    println!("{}", serde_json::to_string_pretty(&assets)?);
    Ok(ExitCode::SUCCESS)
}

fn new_uuid() -> Uuid {
    let mut bytes = [0; 16];
    // without randomness the ids would only be less unlike each other than they should be
    if getrandom::fill(&mut bytes).is_err() {
        bytes = *b"openline migrate";
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
