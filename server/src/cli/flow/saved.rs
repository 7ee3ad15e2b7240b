//! `openline flow test`.
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use flow::Assets;
use flow::saved::{SavedConversation, play};

use super::definitions;

/// The name of the file with the definitions.
const FLOWS: &str = "flows.json";

pub fn run(folder: &Path, flows: Option<&Path>) -> anyhow::Result<ExitCode> {
    let flows = match flows {
        Some(path) => path.to_owned(),
        None => beside(folder).with_context(|| {
            format!("there is no {FLOWS} in {} or beside it: name it with --flows", folder.display())
        })?,
    };
    let assets = Assets::read(&definitions::read(&flows)?.assets).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}:\n{}", flows.display(), lines.join("\n"))
    })?;
    let assets = Arc::new(assets);
    let files = conversations(folder)?;
    anyhow::ensure!(!files.is_empty(), "there are no saved conversations in {}", folder.display());
    let mut red = 0;
    for file in &files {
        if !is_green(&assets, file) {
            red += 1;
        }
    }
    println!("{} conversation(s), {red} red.", files.len());
    Ok(if red == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn beside(folder: &Path) -> Option<PathBuf> {
    [folder.join(FLOWS), folder.join("..").join(FLOWS)].into_iter().find(|path| path.is_file())
}

fn conversations(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        if is_json && path.file_name().is_some_and(|name| name != FLOWS) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Plays one file and says how it went.
fn is_green(assets: &Arc<Assets>, file: &Path) -> bool {
    let saved =
        definitions::read_json(file).and_then(|json| Ok(serde_json::from_value::<SavedConversation>(json)?));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let outcome = saved.and_then(|saved| Ok((play(assets, &saved)?, saved.name)));
    match outcome {
        Ok((differences, title)) if differences.is_empty() => {
            println!("ok   {name}: {title}");
            true
        }
        Ok((differences, title)) => {
            println!("RED  {name}: {title}");
            for difference in differences {
                println!("{difference}");
            }
            false
        }
        Err(error) => {
            println!("RED  {name}: {error:#}");
            false
        }
    }
}
