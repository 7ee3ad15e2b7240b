//! Testing and publishing a draft: only what is green, and only over what its author saw.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::desk::{Desk, Looked};
use super::drafts::{noun, told};
use super::lay::Laid;
use super::view::{FlowProblem, Severity, TestRun};
use crate::access::FlowAccess;
use crate::access::audit::audit;
use crate::api::Problem;
use crate::app::{App, Ctx};
use crate::lines::{self, conversations};
use crate::store::{Result, StoreError, Ts};

/// Files by path.
type Files = BTreeMap<String, Vec<u8>>;

async fn files(app: &App, line_id: Uuid) -> Result<Files, Problem> {
    let files = app.store.read(move |tx| tx.conversation_files(line_id)).await?;
    Ok(files.into_iter().collect())
}

fn run(looked: &Looked, laid: &Laid, files: &Files, now: Ts) -> Result<TestRun, Problem> {
    let saved = conversations::among(files).map_err(|why| Problem::conflict("red-tests", why.join("\n")))?;
    Ok(conversations::run(&looked.line.content, &laid.assets, &saved, now.to_rfc3339()))
}

/// Runs the saved conversations on the draft and keeps how they went.
///
/// # Errors
/// When there is no draft, or the store refuses.
pub async fn test(app: &App, desk: &Arc<Desk>, access: &FlowAccess, ctx: Ctx) -> Result<TestRun, Problem> {
    let line_id = access.line().id;
    let looked = desk.look(app, line_id).await?;
    let draft = looked.draft()?.0.id;
    let files = files(app, line_id).await?;
    let tests = desk.work(move || run(&looked, &looked.draft()?.1, &files, ctx.now)).await?;
    keep(app, line_id, draft, &tests).await?;
    Ok(tests)
}

/// Runs the saved conversations on what is published.
///
/// # Errors
/// When the store refuses.
pub async fn test_published(
    app: &App,
    desk: &Arc<Desk>,
    access: &FlowAccess,
    ctx: Ctx,
) -> Result<TestRun, Problem> {
    let line_id = access.line().id;
    let looked = desk.look(app, line_id).await?;
    let files = files(app, line_id).await?;
    desk.work(move || run(&looked, &looked.published, &files, ctx.now)).await
}

async fn keep(app: &App, line_id: Uuid, draft: Uuid, tests: &TestRun) -> Result<(), Problem> {
    let json = serde_json::to_string(tests).map_err(|error| StoreError::Shape(error.to_string()))?;
    Ok(app.store.write(move |tx| tx.put_draft_tests(line_id, draft, &json)).await?)
}

/// `version`: the one that is published now.
fn changed(version: Option<i64>) -> Problem {
    let detail = "The line, its saved conversations or the draft changed meanwhile. Look at the draft again.";
    Problem::conflict("changed-meanwhile", detail).with("version", json!(version))
}

/// Makes the draft the line's flows; gives their version.
///
/// # Errors
/// `no-draft`; `changed-meanwhile` when the line is not the version that was seen; `errors` and `red-tests`, with what
/// is wrong; or when the store refuses. Nothing has changed then.
pub async fn publish(
    app: &App,
    desk: &Arc<Desk>,
    access: &FlowAccess,
    ctx: Ctx,
    seen: i64,
) -> Result<i64, Problem> {
    let line_id = access.line().id;
    let looked = desk.look(app, line_id).await?;
    let (draft, laid) = looked.draft()?.clone();
    if looked.version != seen {
        return Err(changed(Some(looked.version)));
    }
    let errors: Vec<FlowProblem> =
        laid.problems.iter().filter(|problem| problem.severity == Severity::Error).cloned().collect();
    if !errors.is_empty() {
        let detail = "Something is wrong with the flows of the draft.";
        return Err(Problem::conflict("errors", detail).with("problems", json!(told(&errors))));
    }
    let files = files(app, line_id).await?;
    let tested = files.clone();
    let tests = desk.work(move || run(&looked, &looked.draft()?.1, &tested, ctx.now)).await?;
    if tests.red > 0 {
        keep(app, line_id, draft.id, &tests).await?;
        let detail = "Saved conversations come otherwise than expected.";
        return Err(Problem::conflict("red-tests", detail).with("tests", json!(tests)));
    }
    let definitions = serde_json::to_vec(&laid.definitions).map_err(|_| Problem::internal())?;
    let (shared, access, green) = (app.clone(), access.clone(), tests.green);
    let write = app.store.write(move |tx| {
        if !tx.publish_definitions(line_id, seen, draft.id, &definitions)?
            || tx.conversation_files(line_id)?.into_iter().collect::<Files>() != files
        {
            return Err(changed(tx.content_version(line_id)?).into());
        }
        let detail = json!({"version": seen + 1, "conversations": green});
        audit(tx, &shared, ctx, "publish", noun(&access, draft.id), &detail)
    });
    write.await?;
    lines::refresh(app).await?;
    Ok(seen + 1)
}
