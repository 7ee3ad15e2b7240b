//! Drafts: an import, what it came to, and its end.
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

use super::desk::{Desk, Looked};
use super::export::{self, Export};
use super::lay::{self, Laid};
use super::report::{self, Done};
use super::sql::DraftRow;
use super::view::{Draft, FlowProblem, LineFlows, Published, Report, Severity, TestRun, Trouble};
use crate::access::audit::{Noun, audit};
use crate::access::{FlowAccess, staff};
use crate::api::Problem;
use crate::app::{App, Ctx};
use crate::inbox::view::named;
use crate::store::{Result, StoreError};

/// The longest name of a file, in characters.
const MAX_FILE_NAME_CHARS: usize = 200;
/// The name of a file that has none.
const UNNAMED: &str = "export.json";
/// The most problems that are told of a draft.
const MAX_PROBLEMS: usize = 1_000;

/// The noun of a draft, for the audit.
pub fn noun(access: &FlowAccess, draft: uuid::Uuid) -> Noun<'static> {
    Noun { line_id: Some(access.line().id), kind: "flow_draft", id: draft, restricted: false }
}

/// A line's flows, its draft, and what went wrong in running flows.
///
/// # Errors
/// When the store refuses.
pub async fn look(app: &App, desk: &Arc<Desk>, access: &FlowAccess) -> Result<LineFlows, Problem> {
    let line_id = access.line().id;
    let looked = desk.look(app, line_id).await?;
    let (shared, made_by) = (app.clone(), looked.draft.as_ref().map(|(row, _)| row.made_by));
    let read = app.store.read(move |tx| {
        Ok((tx.troubles(line_id)?, staff::names(tx, &shared, made_by.into_iter().collect())?))
    });
    let (troubles, names) = read.await?;
    let trouble = troubles.into_iter().map(|row| Trouble {
        limit: limit(&row.text).filter(|_| row.stopped),
        flow: row.flow,
        text: row.text,
        last_at: row.last_at.to_rfc3339(),
        count: row.count,
        stopped: row.stopped,
    });
    let draft = match &looked.draft {
        Some((row, laid)) => Some(view(row, laid, &names)?),
        None => None,
    };
    let published = Published { version: looked.version, flows: looked.published.flows.clone() };
    Ok(LineFlows { published, draft, trouble: trouble.collect() })
}

fn view(row: &DraftRow, laid: &Laid, names: &crate::inbox::view::Names) -> Result<Draft, Problem> {
    let shape = |_| Problem::from(StoreError::Shape("flow_draft holds no JSON".into()));
    let tests: Option<TestRun> = row.tests.as_deref().map(serde_json::from_str).transpose().map_err(shape)?;
    Ok(Draft {
        id: row.id,
        file_name: row.file_name.clone(),
        made_at: row.made_at.to_rfc3339(),
        made_by: named(names, row.made_by),
        flows: laid.flows.clone(),
        problems: told(&laid.problems),
        report: serde_json::from_str::<Report>(&row.report).map_err(shape)?,
        tests,
    })
}

/// The limit that a mistake speaks of, as the engine words it.
fn limit(text: &str) -> Option<&'static str> {
    let limits = [
        ("steps per sprint", "steps"),
        ("sprints per session", "sprints"),
        ("runs per session", "runs"),
        ("questions to the server at once", "calls"),
    ];
    limits.iter().find(|(words, _)| text.contains(words)).map(|(_, limit)| *limit)
}

/// The worst problems first, and how many more there are.
pub fn told(problems: &[FlowProblem]) -> Vec<FlowProblem> {
    let mut told = problems.to_vec();
    told.sort_by_key(|problem| problem.severity);
    let more = told.len().saturating_sub(MAX_PROBLEMS);
    if more > 0 {
        told.truncate(MAX_PROBLEMS);
        let text = format!("{more} more problems are not shown.");
        told.push(FlowProblem { severity: Severity::Warning, ..FlowProblem::of_all(text) });
    }
    told
}

/// Makes the draft from an export.
///
/// # Errors
/// When it is no export, or none of its flows can be read; or the store refuses.
pub async fn import(
    app: &App,
    desk: &Arc<Desk>,
    access: &FlowAccess,
    ctx: Ctx,
    file: Option<String>,
    body: Bytes,
) -> Result<Draft, Problem> {
    let looked = desk.look(app, access.line().id).await?;
    let (line_id, version) = (looked.line.id, looked.version);
    let (laid, report, brought) = desk.work(move || read(&looked, &body)).await?;
    let file_name: String = file
        .unwrap_or_default()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(MAX_FILE_NAME_CHARS)
        .collect();
    let json = |error: serde_json::Error| Problem::from(StoreError::Shape(error.to_string()));
    let row = DraftRow {
        id: app.id(),
        file_name: if file_name.is_empty() { UNNAMED.to_owned() } else { file_name },
        made_at: ctx.now,
        made_by: access.staff(),
        report: serde_json::to_string(&report).map_err(json)?,
        tests: None,
    };
    let (shared, access, stored, flows) = (app.clone(), access.clone(), row.clone(), laid.flows.len());
    let write = app.store.write(move |tx| {
        tx.put_flow_draft(line_id, &stored, &brought)?;
        audit(tx, &shared, ctx, "import", noun(&access, stored.id), &json!({"flows": flows}))?;
        staff::names(tx, &shared, vec![stored.made_by])
    });
    let names = write.await?;
    desk.keep(line_id, version, row.id, &laid);
    view(&row, &laid, &names)
}

fn read(looked: &Looked, body: &[u8]) -> Result<(Arc<Laid>, Report, Vec<u8>), Problem> {
    let refused =
        |kind: &'static str, detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail);
    let mut export: Export =
        export::read(body).map_err(|error| refused("not-an-export", error.to_string()))?;
    let made = export.make_what_flows_name();
    let renamed = lay::take_the_lines_ids(&mut export, &looked.published.definitions);
    let definitions = lay::over(&looked.published.definitions, &export);
    let size = serde_json::to_vec(&definitions).map_or(usize::MAX, |text| text.len());
    if size > lay::MAX_DEFINITIONS_BYTES {
        let detail = format!(
            "With these flows the line would have more than {} MB.",
            lay::MAX_DEFINITIONS_BYTES >> 20
        );
        return Err(refused("too-large", detail));
    }
    let laid = lay::read(&looked.line, definitions, Some(&looked.published.definitions))
        .map_err(|why| refused("not-an-export", why))?;
    let unread = report::unread(&export, &laid.assets);
    if unread == export.flows.len() {
        let detail = "None of the file's flows can be read; `problems` says why.".to_owned();
        return Err(refused("no-flow-can-be-read", detail).with("problems", json!(told(&laid.problems))));
    }
    let report =
        report::report(&looked.line, &Done { export: &export, made: &made, renamed: &renamed }, &laid);
    let brought = serde_json::to_vec(&export).map_err(|_| Problem::internal())?;
    Ok((Arc::new(laid), report, brought))
}

/// Throws the draft away; nothing happens when there is none.
///
/// # Errors
/// When the store refuses.
pub async fn drop_draft(app: &App, access: &FlowAccess, ctx: Ctx) -> Result<(), Problem> {
    let (shared, access) = (app.clone(), access.clone());
    let write = app.store.write(move |tx| {
        let line_id = access.line().id;
        let Some(draft) = tx.flow_draft(line_id)? else { return Ok(()) };
        tx.drop_flow_draft(line_id)?;
        audit(tx, &shared, ctx, "discard", noun(&access, draft.id), &json!({}))
    });
    Ok(write.await?)
}
