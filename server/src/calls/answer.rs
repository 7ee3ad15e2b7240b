//! The answer to a provider that asks what to say: once what she did is handled, everything that was queued for her.
use std::time::Duration;

use channels::HttpResponse;
use channels::voice::{Heard, Place, Script, Step, render};
use flow::words::{Content, Language};
use uuid::Uuid;

use super::script::{Setting, Then, later};
use super::sql::{CallRow, Waiting};
use super::{Asked, CallState, Direction, MAX_MISSES, TakenBy, Talk, Waits};
use crate::app::App;
use crate::contacts::{self, ConsentState, Contact, Standing};
use crate::inbox;
use crate::lines::{Channel, Line};
use crate::outbound::Farewell;
use crate::store::{Result, Ts, Tx};
use crate::vault::Purpose;

/// How long a provider's request is kept waiting for its answer; Twilio gives up after 15 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// How often the store is asked meanwhile, when nobody tells that there is something.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long a call may last after what we say last in it.
const HANGING_UP_SECONDS: i64 = 120;
/// How often the provider is told to ask again before the call is ended with an apology.
const MAX_POLLS: u32 = 10;

/// What became of looking for an answer.
enum Found {
    Script(Script, bool),
    /// What she did is not handled yet, or a flow waits for somebody else.
    NotYet,
}

/// Answers a provider's request. The same request again gets the same answer, and says nothing twice.
pub async fn answer(app: &App, line: &Line, channel: &Channel, heard: &Heard) -> HttpResponse {
    let Some(account) = channel.account() else { return HttpResponse::new(404, "text/plain", "") };
    let script = match tokio::time::timeout(ANSWER_WITHIN, found(app, line, channel, heard)).await {
        Ok(script) => script,
        Err(_) => not_ready(app, line, channel, heard),
    };
    let spoken = render(account, &script).or_else(|refused| {
        tracing::error!(channel = %channel.id, %refused, "what should be said in a call cannot be written");
        let setting = setting(app, line, channel, None, heard.place.step);
        render(account, &setting.trouble().script)
    });
    match spoken {
        Ok(spoken) => {
            for degraded in &spoken.degraded {
                tracing::debug!(channel = %channel.id, why = %degraded.why, "less is said or asked than was written");
            }
            spoken.response
        }
        Err(refused) => {
            tracing::error!(channel = %channel.id, %refused, "a call cannot be answered");
            HttpResponse::new(500, "text/plain; charset=utf-8", "")
        }
    }
}

/// Waits until there is an answer.
async fn found(app: &App, line: &Line, channel: &Channel, heard: &Heard) -> Script {
    loop {
        let woken = app.signals.outbound.notified();
        match look(app, line, channel, heard).await {
            Ok(Found::Script(script, is_news)) => {
                if is_news {
                    app.signals.touch_live();
                }
                return script;
            }
            Ok(Found::NotYet) => {}
            Err(error) => {
                tracing::error!(channel = %channel.id, %error, "the answer to a call could not be made")
            }
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn look(app: &App, line: &Line, channel: &Channel, heard: &Heard) -> Result<Found> {
    let (channel_id, hash, step) =
        (channel.id, super::hash(app, channel.id, &heard.call.id), i64::from(heard.place.step));
    // Most looks find nothing to do: they need no writer.
    let call = app.store.read(move |tx| tx.call_by_hash(channel_id, hash.clone())).await?;
    let Some(call) = call.filter(|call| call.heard >= step) else { return Ok(Found::NotYet) };
    let lines = app.lines();
    let Some((line, channel)) = lines.channel(channel_id).cloned() else {
        let talk = setting(app, line, channel, None, heard.place.step).trouble();
        return Ok(Found::Script(talk.script, false));
    };
    let context = app.clone();
    app.store
        .write(move |tx| Answering { app: &context, line: &line, channel: &channel, step }.give(tx, call.id))
        .await
}

/// Tells the provider to ask again, so often and no more.
fn not_ready(app: &App, line: &Line, channel: &Channel, heard: &Heard) -> Script {
    let poll = heard.place.poll + 1;
    let place = Place { poll, ..heard.place };
    match place.address(&hook(app, channel), "next") {
        Some(address) if poll <= MAX_POLLS => later(address),
        _ => setting(app, line, channel, None, heard.place.step).trouble().script,
    }
}

fn hook(app: &App, channel: &Channel) -> String {
    format!("{}/hooks/{}", app.config.public_url, channel.id)
}

fn setting<'a>(
    app: &App,
    line: &'a Line,
    channel: &Channel,
    language: Option<Language>,
    step: u32,
) -> Setting<'a> {
    let place = Place { step: step.saturating_add(1), ..Place::default() };
    Setting {
        line: &line.content,
        language: line.content.language(language),
        speech: channel.account().is_some_and(channels::voice::understands_speech),
        next: place.address(&hook(app, channel), "next").unwrap_or_default(),
    }
}

struct Answering<'a> {
    app: &'a App,
    line: &'a Line,
    channel: &'a Channel,
    step: i64,
}

/// What is said, opened, with its rows.
struct Collected {
    ids: Vec<Uuid>,
    contents: Vec<Content>,
    conversations: Vec<(Uuid, Uuid)>,
}

impl Answering<'_> {
    fn give(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<Found> {
        let now = self.app.now();
        // The person first, then her call: everybody locks in this order.
        let Some(contact_id) = tx.contact_of_call(id)? else { return Ok(Found::NotYet) };
        let contact = contacts::get_locked(tx, self.app, contact_id)?;
        let Some(call) = tx.call_locked(id)? else { return Ok(Found::NotYet) };
        if call.state == CallState::Over {
            return Ok(Found::Script(Script { steps: vec![Step::Hangup] }, false));
        }
        let former = call.talk(self.app, now)?;
        // Asked for again: nothing is said twice, and nothing moves on.
        if call.step > self.step && !former.script.steps.is_empty() {
            return Ok(Found::Script(former.script, false));
        }
        let is_asking = contact.as_ref().is_some_and(|c| c.session.is_some() && c.session_until.is_none());
        if is_asking && call.passed && call.misses == 0 {
            return Ok(Found::NotYet);
        }
        let (talk, conversations) = self.next(tx, &call, contact.as_ref(), &former, now)?;
        let waits = contact.as_ref().map(|contact| call.flow_waits(contact)).transpose()?.flatten();
        let sealed = self.app.vault.day(now.day(), now)?.seal_json(Purpose::Call, &talk)?;
        // Where we hang up, the report of the end follows at once.
        let until = match talk.script.steps.last() {
            Some(Step::Hangup | Step::Reject) => now.plus_seconds(HANGING_UP_SECONDS),
            _ => super::patience(now, waits.as_ref()),
        };
        tx.messages_were_said(talk.said.clone())?;
        tx.call_said(call.id, self.step + 1, sealed, now.day(), until)?;
        for (message, conversation) in &conversations {
            inbox::status_changed(tx, self.app, *message, *conversation, call.line_id, now)?;
        }
        Ok(Found::Script(talk.script, !conversations.is_empty()))
    }

    /// What is said next, and which conversations show something of it.
    fn next(
        &self,
        tx: &mut Tx<'_>,
        call: &CallRow,
        contact: Option<&Contact>,
        former: &Talk,
        now: Ts,
    ) -> Result<(Talk, Vec<(Uuid, Uuid)>)> {
        let language = contact.and_then(|contact| contact.language);
        let step = u32::try_from(self.step).unwrap_or(0);
        let setting = setting(self.app, self.line, self.channel, language, step);
        let is_blocked = contact.is_some_and(|contact| contact.standing == Standing::Blocked);
        if is_blocked && call.direction == Direction::In && self.step == 0 {
            return Ok((setting.reject(), Vec::new()));
        }
        if call.direction == Direction::Out && !call.passed {
            let talk = match call.answered_by {
                TakenBy::Machine => setting.machine(),
                _ if call.misses >= MAX_MISSES || is_blocked => setting.goodbye(&[]),
                // She has it by another way meanwhile, or it was called off: nobody is asked to press anything.
                _ if tx.messages_to_say(call)?.is_empty() => setting.goodbye(&[]),
                TakenBy::Person | TakenBy::NobodyKnows => setting.gate(call.misses > 0),
            };
            return Ok((talk, Vec::new()));
        }
        let collected = self.collect(tx, call, contact, is_blocked, now)?;
        let was_wrong = call.misses > 0;
        let asks_again = collected.contents.is_empty() && former.asked != Asked::Nothing;
        let mut talk = if is_blocked || call.misses >= MAX_MISSES {
            setting.goodbye(&collected.contents)
        } else if asks_again && (was_wrong || is_still_asked(contact)) {
            setting.again(former, was_wrong)
        } else {
            setting.say(&collected.contents, &then(call, contact)?)
        };
        talk.said = collected.ids;
        Ok((talk, collected.conversations))
    }

    /// Takes what waits to be said. What may not go out any more is called off here, at the last moment.
    fn collect(
        &self,
        tx: &mut Tx<'_>,
        call: &CallRow,
        contact: Option<&Contact>,
        is_blocked: bool,
        now: Ts,
    ) -> Result<Collected> {
        let mut collected = Collected { ids: Vec::new(), contents: Vec::new(), conversations: Vec::new() };
        for waiting in tx.messages_to_say(call)? {
            let reason = match waiting.valid_until {
                _ if is_blocked => Some("blocked"),
                Some(until) if until <= now => Some("answer_expired"),
                _ => None,
            };
            if let Some(reason) = reason {
                tx.message_not_said(waiting.id, reason)?;
                continue;
            }
            let Some(mut content) = self.open(&waiting, contact, now)? else {
                tx.message_not_said(waiting.id, "erased")?;
                continue;
            };
            as_telephones_play(&self.app.config.public_url, self.line, &mut content);
            collected.ids.push(waiting.id);
            collected.contents.push(content);
            collected.conversations.extend(waiting.conversation_id.map(|id| (waiting.id, id)));
        }
        Ok(collected)
    }

    fn open(&self, waiting: &Waiting, contact: Option<&Contact>, now: Ts) -> Result<Option<Content>> {
        if waiting.day != 0 {
            let farewell: Farewell =
                self.app.vault.day(waiting.day, now)?.open_json(Purpose::Message, &waiting.body)?;
            return Ok(Some(farewell.content));
        }
        match contact {
            Some(contact) => Ok(Some(contact.key.open_json(Purpose::Message, &waiting.body)?)),
            None => Ok(None),
        }
    }
}

/// Puts the line's own recordings for telephones in the place of those for chats: `audio/a.mp3` beside `audio/a.ogg`.
fn as_telephones_play(base: &str, line: &Line, content: &mut Content) {
    for attachment in &mut content.attachments {
        let Some((path, _)) = line.file_at(base, &attachment.url) else { continue };
        let Some(stem) = path.strip_suffix(".ogg") else { continue };
        if let Some(file) = line.files.get(&format!("{stem}.mp3")) {
            attachment.url = format!("{base}/media/{}", file.name);
            file.content_type.clone_into(&mut attachment.content_type);
        }
    }
}

/// Whether the question of before is still open, although nothing new is to be said.
fn is_still_asked(contact: Option<&Contact>) -> bool {
    contact.is_some_and(|contact| {
        contact.session.is_some()
            || (contact.conversation_id.is_none()
                && matches!(contact.consent, ConsentState::LanguageAsked | ConsentState::NoticeShown))
    })
}

/// What follows when everything was said.
fn then(call: &CallRow, contact: Option<&Contact>) -> Result<Then> {
    let Some(contact) = contact else { return Ok(Then::Goodbye) };
    if contact.session.is_some() {
        return Ok(Then::Flow(call.flow_waits(contact)?.unwrap_or(Waits::Input { hint: None })));
    }
    Ok(if contact.conversation_id.is_some() { Then::Leave } else { Then::Goodbye })
}
