//! Saved conversations in the console: listed, kept, made from a simulation.
use std::sync::Arc;

use flow::events::{EventKind, MsgOut};
use flow::saved::{ExpectedMessage, SavedConversation, Step, play};
use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::desk::Looked;
use super::lay::Laid;
use super::simulate::{self, Played};
use super::view::{ConversationLine, KeptConversation, SaveSimulation, SimulatedStep, Source};
use crate::access::FlowAccess;
use crate::access::audit::{Noun, audit};
use crate::api::Problem;
use crate::app::{App, Ctx};
use crate::lines::conversations::{self, MAX_CONVERSATIONS, SavedFile, is_slug, path_of, slug_of};
use crate::lines::words;
use crate::store::{Result, StoreError, Tx};

/// The most steps of a saved conversation that is kept here.
const MAX_STEPS: usize = 1_000;
/// The longest name of a saved conversation, in characters.
const MAX_NAME_CHARS: usize = 200;

/// The line's saved conversations, by slug.
///
/// # Errors
/// When the store refuses.
pub async fn list(app: &App, access: &FlowAccess) -> Result<Vec<ConversationLine>, Problem> {
    let line_id = access.line().id;
    let files = app.store.read(move |tx| tx.conversation_files(line_id)).await?;
    let lines = files.iter().filter_map(|(path, body)| {
        let file = SavedFile::read(slug_of(path)?, body);
        let (flow, steps) =
            file.saved.as_ref().map_or((String::new(), 0), |saved| (saved.flow.clone(), saved.steps.len()));
        let name = file.name().to_owned();
        Some(ConversationLine { name, flow, steps, file: path.clone(), slug: file.slug })
    });
    Ok(lines.collect())
}

fn noun(access: &FlowAccess) -> Noun<'static> {
    let line_id = access.line().id;
    Noun { line_id: Some(line_id), kind: "saved_conversation", id: line_id, restricted: false }
}

/// Keeps a saved conversation. `new`: it must not take the place of another.
///
/// # Errors
/// When the slug cannot name a file, there are too many, or the name is taken; or the store refuses.
pub async fn put(
    app: &App,
    access: &FlowAccess,
    ctx: Ctx,
    slug: String,
    saved: SavedConversation,
    new: bool,
) -> Result<KeptConversation, Problem> {
    check(&slug, &saved)?;
    let body = serde_json::to_vec_pretty(&saved).map_err(|_| Problem::internal())?;
    let (shared, access, stored) = (app.clone(), access.clone(), slug.clone());
    let write = move |tx: &mut Tx<'_>| {
        let line_id = access.line().id;
        tx.lock_line(line_id)?;
        let held = tx.conversation_files(line_id)?;
        let path = path_of(&stored);
        let taken = held.iter().any(|(held, _)| *held == path);
        if taken && new {
            let words = "There is a saved conversation of this name. Give it another.";
            return Err(Problem::conflict("name-taken", words).into());
        }
        if !taken && held.len() >= MAX_CONVERSATIONS {
            let words = format!("At most {MAX_CONVERSATIONS} saved conversations.");
            return Err(StoreError::from(Problem::field("slug", words)));
        }
        tx.put_line_file(line_id, &path, &body)?;
        audit(tx, &shared, ctx, "save", noun(&access), &json!({"conversation": stored}))
    };
    app.store.write(write).await?;
    Ok(KeptConversation { slug, conversation: saved })
}

fn check(slug: &str, saved: &SavedConversation) -> Result<(), Problem> {
    if !is_slug(slug) {
        let words = "A name of a file has lower-case letters, digits and dashes, at most 64.";
        return Err(Problem::field("slug", words));
    }
    if saved.name.trim().is_empty() || saved.name.chars().count() > MAX_NAME_CHARS {
        return Err(Problem::field("name", format!("1 to {MAX_NAME_CHARS} letters.")));
    }
    if saved.steps.len() > MAX_STEPS {
        return Err(Problem::field("steps", format!("At most {MAX_STEPS} steps.")));
    }
    Ok(())
}

/// Throws a saved conversation away; nothing happens when there is none.
///
/// # Errors
/// When the store refuses.
pub async fn delete(app: &App, access: &FlowAccess, ctx: Ctx, slug: String) -> Result<(), Problem> {
    let (shared, access) = (app.clone(), access.clone());
    let write = move |tx: &mut Tx<'_>| {
        let line_id = access.line().id;
        tx.lock_line(line_id)?;
        if !tx.delete_line_file(line_id, &path_of(&slug))? {
            return Ok(());
        }
        audit(tx, &shared, ctx, "delete", noun(&access), &json!({"conversation": slug}))
    };
    Ok(app.store.write(write).await?)
}

/// The definitions that a simulation talks to.
///
/// # Errors
/// When it is a draft and there is none.
pub fn talked_to(looked: &Looked, source: Source) -> Result<Arc<Laid>, Problem> {
    match source {
        Source::Published => Ok(looked.published.clone()),
        Source::Draft => Ok(looked.draft()?.1.clone()),
    }
}

/// Makes a saved conversation of a simulation, and its slug.
///
/// # Errors
/// When the simulation cannot be played, or would not come out the same again.
pub fn from_simulation(
    app: &App,
    looked: &Looked,
    request: &SaveSimulation,
) -> Result<(String, SavedConversation), Problem> {
    let laid = talked_to(looked, request.simulation.source)?;
    let played = simulate::play(app, &looked.line, &laid, &request.simulation)?;
    let slug = request.slug.clone().unwrap_or_else(|| slug_from(&request.name));
    let saved = made(&played, &laid, request)?;
    check(&slug, &saved)?;
    let found =
        play(&laid.assets, &saved).map_err(|error| Problem::field("simulation", error.to_string()))?;
    match found.first() {
        None => Ok((slug, saved)),
        Some(first) => {
            let words =
                format!("Played again it would come otherwise (step {}, {}).", first.step, first.what);
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-repeatable", words))
        }
    }
}

fn made(played: &Played, laid: &Laid, request: &SaveSimulation) -> Result<SavedConversation, Problem> {
    let json = |value: serde_json::Result<serde_json::Value>| value.map_err(|_| Problem::internal());
    let mut saved = SavedConversation {
        name: request.name.clone(),
        flow: flow_name(laid, request.simulation.flow),
        contact: json(serde_json::to_value(&played.contact))?,
        environment: Some(json(serde_json::to_value(&laid.env))?),
        starts_with: None,
        begins_on: Some(played.begins_on),
        globals: played.answers_used(),
        answers: Vec::new(),
        steps: Vec::new(),
    };
    let mut seen: Vec<MsgOut> = messages(played, 0);
    for (at, step) in request.simulation.steps.iter().enumerate() {
        if let SimulatedStep::Answers(answer) = step {
            saved.answers.push(answer.clone());
        } else {
            saved.steps.push(expecting(&seen));
            saved.steps.push(doing(step));
            seen.clear();
        }
        seen.extend(messages(played, at + 1));
    }
    let mut last = expecting(&seen);
    let named = simulate::results(played).into_iter().map(|result| {
        let value = if result.category.is_empty() { result.value } else { result.category };
        (result.key, value)
    });
    last.results = named.collect();
    last.ended = Some(simulate::is_over(played));
    saved.steps.push(last);
    Ok(saved)
}

/// The flow's name, which survives another import; its id where the name says nothing.
fn flow_name(laid: &Laid, flow: Uuid) -> String {
    let name = laid.assets.flow(flow).map(|flow| flow.name.to_string()).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| flow.to_string())
}

fn messages(played: &Played, turn: usize) -> Vec<MsgOut> {
    let events = played.turns.get(turn).map_or(&[][..], |turn| turn.heard.events.as_slice());
    let messages = events.iter().filter_map(|event| match &event.kind {
        EventKind::MsgCreated { msg, .. } | EventKind::IvrCreated { msg } => Some(msg.clone()),
        _ => None,
    });
    messages.collect()
}

fn expecting(seen: &[MsgOut]) -> Step {
    let expected = seen.iter().map(|msg| {
        if msg.quick_replies.is_empty() && msg.attachments.is_empty() {
            return ExpectedMessage::Text(msg.text.clone());
        }
        ExpectedMessage::Full {
            text: msg.text.clone(),
            quick_replies: Some(msg.quick_replies.iter().map(|reply| reply.text.clone()).collect()),
            attachments: Some(msg.attachments.clone()).filter(|files| !files.is_empty()),
        }
    });
    Step { expects: Some(expected.collect()), ..Step::default() }
}

fn doing(step: &SimulatedStep) -> Step {
    let mut doing = Step::default();
    match step.clone() {
        SimulatedStep::Says(text) => doing.says = Some(text),
        SimulatedStep::Taps(choice) => doing.taps = Some(choice),
        SimulatedStep::Sends(files) => doing.sends = files,
        SimulatedStep::SilentUntil(silence) => doing.silent_until = Some(silence),
        SimulatedStep::Answers(_) => {}
    }
    doing
}

/// A file's name from a title: letters and digits of ASCII, the rest dashes.
fn slug_from(name: &str) -> String {
    let mut slug = String::new();
    for letter in words::fold(name).chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.truncate(conversations::MAX_SLUG_BYTES);
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "conversation".to_owned() } else { slug.to_owned() }
}
