//! What staff do with a conversation. Every verb takes the proof that it exists for them, made under the lock
//! of its person's row, and leaves a line in the audit.
use flow::words::Content;
use serde_json::{Value, json};
use uuid::Uuid;

use super::presence::Presence;
use super::read::{self, Reader};
use super::sql::EntryRow;
use super::view::Entry;
use super::{EntryEvent, State, add_event, restrict, save, sealed_words};
use crate::access::Held;
use crate::access::audit::{Noun, audit};
use crate::api::Problem;
use crate::app::{App, Ctx};
use crate::contacts::{self, Standing};
use crate::lines::TriageKind;
use crate::live::{self, LiveKind};
use crate::media;
use crate::outbound::{self, NewMessage, Origin};
use crate::store::{Result, Ts, Tx};
use crate::vault::Purpose;

/// Longest reply, note, draft and reason, in characters. A reply of this length fits every channel (longer ones
/// are split where the channel's own limit is lower).
pub const MAX_REPLY_CHARS: usize = 4_096;
pub const MAX_NOTE_CHARS: usize = 8_000;
pub const MAX_DRAFT_CHARS: usize = 8_000;
/// What a queue shows of a reply that is files only.
const FILE_WORDS: &str = "📎";
pub const MIN_REASON_CHARS: usize = 3;
pub const MAX_REASON_CHARS: usize = 500;
/// For how long a revealed address may be shown.
pub const REVEAL_SECONDS: i64 = 5 * 60;
/// Farthest end of a snooze.
pub const MAX_SNOOZE_SECONDS: i64 = 90 * 86_400;

/// What a verb works with.
pub struct Desk<'a> {
    pub app: &'a App,
    pub ctx: Ctx,
    pub presence: &'a Presence,
}

/// A reply as the console sends it.
#[derive(Debug, Clone)]
pub struct Reply {
    pub text: String,
    /// The newest entry that its author had seen.
    pub expected_last_id: Option<Uuid>,
    pub client_id: Uuid,
    /// Files that were brought before, each with what is said about it.
    pub files: Vec<(Uuid, String)>,
}

/// What leaves as text: the reply, and what is said about its files.
#[must_use]
pub fn words_of(text: &str, files: &[(Uuid, String)]) -> String {
    let said = files.iter().map(|(_, said)| said.as_str());
    let parts: Vec<&str> = std::iter::once(text).chain(said).filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// A text within limits, without white space around it.
///
/// # Errors
/// A [`Problem`] that names the field.
pub fn checked_text(field: &'static str, text: &str, most: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::field(field, "Nothing is written."));
    }
    if text.chars().count() > most {
        return Err(Problem::field(field, format!("This is longer than {most} characters.")));
    }
    if text.contains('\0') {
        return Err(Problem::field(field, "This holds a character that cannot be sent."));
    }
    Ok(text.to_owned())
}

impl Desk<'_> {
    fn reader<'b>(&'b self, held: &'b Held) -> Reader<'b> {
        Reader { app: self.app, presence: self.presence, access: &held.access, now: self.ctx.now }
    }

    fn audit(&self, tx: &mut Tx<'_>, held: &Held, verb: &str, detail: &Value) -> Result<()> {
        let conversation = &held.conversation;
        let noun = Noun {
            line_id: Some(conversation.line_id),
            kind: "conversation",
            id: conversation.id,
            restricted: conversation.restricted,
        };
        audit(tx, self.app, self.ctx, verb, noun, detail)
    }

    /// Writes the changed conversation, its event and the audit line.
    fn done(
        &self,
        tx: &mut Tx<'_>,
        held: &Held,
        verb: &str,
        event: EntryEvent,
        detail: &Value,
    ) -> Result<()> {
        let me = held.access.staff();
        add_event(tx, self.app, &held.conversation, Some(me), event, self.ctx.now)?;
        save(tx, self.app, &held.conversation, self.ctx.now)?;
        self.audit(tx, held, verb, detail)
    }

    /// Takes a conversation, also from somebody else. Nothing happens when it is one's own already.
    ///
    /// # Errors
    /// A [`Problem`] when it is closed.
    pub fn take(&self, tx: &mut Tx<'_>, held: &mut Held) -> Result<()> {
        let me = held.access.staff();
        let from = held.conversation.state.assignee();
        let before = held.conversation.state;
        held.conversation.state = before.take(me)?;
        if held.conversation.state == before {
            return Ok(());
        }
        held.conversation.unread = 0;
        self.done(tx, held, "take", EntryEvent::Taken { from: from.filter(|id| *id != me) }, &json!({}))
    }

    /// Gives a conversation to a colleague who may see it, or back into the queue.
    ///
    /// # Errors
    /// A [`Problem`] when it is closed or the colleague cannot see it.
    pub fn assign(&self, tx: &mut Tx<'_>, held: &mut Held, to: Option<Uuid>) -> Result<()> {
        if let Some(to) = to
            && !crate::access::answers(tx, to, held.conversation.line_id, held.conversation.restricted)?
        {
            return Err(Problem::field("user", "This colleague cannot see the conversation.").into());
        }
        let before = held.conversation.state;
        held.conversation.state = before.assign(to, self.ctx.now)?;
        if held.conversation.state == before {
            return Ok(());
        }
        let event = to.map_or(EntryEvent::Unassigned, |to| EntryEvent::Assigned { to });
        self.done(tx, held, "assign", event, &json!({ "to": to }))
    }

    /// Answers the person. The same `client_id` again gives the same entry and sends nothing.
    ///
    /// # Errors
    /// A [`Problem`]: `thread-moved-on` with what came since, `window-closed`, `taken-by-other`,
    /// `conversation-closed`, `no-address`, `person-blocked`.
    pub fn reply(&self, tx: &mut Tx<'_>, held: &mut Held, reply: &Reply) -> Result<Entry> {
        let me = held.access.staff();
        let known = tx.message_by_client(reply.client_id)?;
        if let Some(id) = repeated(known, held)? {
            return Ok(self.reader(held).entry(tx, held, id)?.ok_or_else(Problem::not_found)?);
        }
        let was_waiting = held.conversation.state.assignee().is_none();
        let replied = held.conversation.state.replied(me)?;
        let missed = self.reader(held).missed(tx, held, reply.expected_last_id)?;
        if !missed.is_empty() {
            let problem = Problem::conflict("thread-moved-on", "Somebody wrote in the meantime.");
            return Err(problem.with("entries", json!(missed)).into());
        }
        let to = answerable(tx, held, self.ctx.now)?;
        let mut files = Vec::with_capacity(reply.files.len());
        for (id, said) in &reply.files {
            files.push((media::out::unsent(tx, held, *id)?, said.clone()));
        }
        if was_waiting {
            let event = EntryEvent::Taken { from: None };
            add_event(tx, self.app, &held.conversation, Some(me), event, self.ctx.now)?;
        }
        let text = words_of(&reply.text, &reply.files);
        let last_words = if text.is_empty() { FILE_WORDS } else { text.as_str() };
        held.conversation.last_words = Some(sealed_words(&held.contact, last_words)?);
        let content = Content {
            text,
            attachments: media::out::attachments(&files),
            locale: held.contact.language.map(|language| language.to_string()).unwrap_or_default(),
            ..Content::default()
        };
        let id = outbound::enqueue(
            tx,
            self.app,
            &NewMessage {
                contact: &held.contact,
                identity_id: to.id,
                channel_id: to.channel_id,
                conversation_id: Some(held.conversation.id),
                origin: Origin::Staff(me),
                content,
                client_id: Some(reply.client_id),
                valid_until: None,
                bulk_id: None,
            },
            self.ctx.now,
        )?;
        held.conversation.state = replied;
        held.conversation.unread = 0;
        held.conversation.last_at = self.ctx.now;
        media::out::attach(tx, held, id, &files)?;
        tx.put_draft(&held.conversation, me, None, self.ctx.now)?;
        self.spoke(tx, held, id)?;
        let sent: Vec<Uuid> = files.iter().map(|(row, _)| row.id).collect();
        let detail =
            if sent.is_empty() { json!({ "message": id }) } else { json!({ "message": id, "files": sent }) };
        self.audit(tx, held, "reply", &detail)?;
        Ok(self.reader(held).entry(tx, held, id)?.ok_or_else(Problem::not_found)?)
    }

    /// Takes a file in that goes out with the next reply.
    ///
    /// # Errors
    /// A [`Problem`], as for a reply; `too-many-files`.
    pub fn bring(&self, tx: &mut Tx<'_>, held: &Held, upload: &media::out::Upload) -> Result<Uuid> {
        held.conversation.state.replied(held.access.staff())?;
        let to = answerable(tx, held, self.ctx.now)?;
        let id = media::out::put(tx, self.app, held, to.channel_id, upload, self.ctx.now)?;
        self.audit(tx, held, "bring_file", &json!({ "file": id, "type": upload.content_type }))?;
        Ok(id)
    }

    /// Takes a file back that was not sent.
    ///
    /// # Errors
    /// A [`Problem`] when it is not one's own, or was sent.
    pub fn take_back(&self, tx: &mut Tx<'_>, held: &Held, id: Uuid) -> Result<()> {
        media::out::discard(tx, held, id)?;
        self.audit(tx, held, "take_back_file", &json!({ "file": id }))
    }

    fn spoke(&self, tx: &mut Tx<'_>, held: &Held, id: Uuid) -> Result<()> {
        let c = &held.conversation;
        live::record(tx, self.app, c.line_id, LiveKind::Entry, c.id, id, self.ctx.now)?;
        save(tx, self.app, c, self.ctx.now)
    }

    /// Writes a note that only staff see. The same `client_id` again gives the same entry.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn note(&self, tx: &mut Tx<'_>, held: &Held, text: &str, client_id: Option<Uuid>) -> Result<Entry> {
        if let Some(client_id) = client_id {
            let known = tx.entry_by_client(client_id)?;
            if let Some(id) = repeated(known, held)? {
                return Ok(self.reader(held).entry(tx, held, id)?.ok_or_else(Problem::not_found)?);
            }
        }
        let id = self.write_entry(tx, held, text, None, client_id)?;
        self.audit(tx, held, "note", &json!({ "entry": id }))?;
        Ok(self.reader(held).entry(tx, held, id)?.ok_or_else(Problem::not_found)?)
    }

    fn write_entry(
        &self,
        tx: &mut Tx<'_>,
        held: &Held,
        text: &str,
        event: Option<EntryEvent>,
        client_id: Option<Uuid>,
    ) -> Result<Uuid> {
        let c = &held.conversation;
        let id = self.app.id();
        tx.insert_entry(&EntryRow {
            id,
            conversation_id: c.id,
            contact_id: c.contact_id,
            author: Some(held.access.staff()),
            body: Some(held.contact.key.seal(Purpose::Note, text.as_bytes())?),
            event,
            client_id,
            at: self.ctx.now,
        })?;
        live::record(tx, self.app, c.line_id, LiveKind::Entry, c.id, id, self.ctx.now)?;
        Ok(id)
    }

    /// Closes: the bot speaks again, and asks its question when the time to take it back is over.
    ///
    /// # Errors
    /// A [`Problem`] when it is closed already.
    pub fn close(&self, tx: &mut Tx<'_>, held: &mut Held) -> Result<()> {
        let me = held.access.staff();
        held.conversation.state = held.conversation.state.close(Some(me), self.ctx.now)?;
        held.conversation.unread = 0;
        let asks = held.access.line().content.after_close_flow.is_some();
        held.conversation.after_close_at =
            if asks { Some(self.ctx.now.plus_seconds(super::UNDO_SECONDS)) } else { None };
        if held.contact.conversation_id == Some(held.conversation.id) {
            held.contact.conversation_id = None;
            tx.set_contact_conversation(held.contact.id, None)?;
        }
        self.done(tx, held, "close", EntryEvent::Closed, &json!({}))
    }

    /// Takes a close or a snooze back.
    ///
    /// # Errors
    /// A [`Problem`] when it is neither, or the person has another conversation by now.
    pub fn reopen(&self, tx: &mut Tx<'_>, held: &mut Held) -> Result<()> {
        let me = held.access.staff();
        if held.contact.conversation_id.is_some_and(|other| other != held.conversation.id) {
            let words = "This person has another conversation by now.";
            return Err(Problem::conflict("another-open", words).into());
        }
        let mut state = held.conversation.state.reopen(me, self.ctx.now)?;
        // Whoever had it may have left or lost sight of it meanwhile.
        if let Some(staff) = state.assignee()
            && !crate::access::answers(tx, staff, held.conversation.line_id, held.conversation.restricted)?
        {
            state = state.released(self.ctx.now);
        }
        held.conversation.state = state;
        held.conversation.after_close_at = None;
        if held.contact.conversation_id.is_none() {
            held.contact.conversation_id = Some(held.conversation.id);
            tx.set_contact_conversation(held.contact.id, held.contact.conversation_id)?;
        }
        self.done(tx, held, "reopen", EntryEvent::Reopened, &json!({}))
    }

    /// Puts it out of sight until a time, or until the person writes.
    ///
    /// # Errors
    /// A [`Problem`] when it is closed or the time cannot be used.
    pub fn snooze(&self, tx: &mut Tx<'_>, held: &mut Held, until: Option<Ts>) -> Result<()> {
        let now = self.ctx.now;
        if until.is_some_and(|until| until <= now || until > now.plus_seconds(MAX_SNOOZE_SECONDS)) {
            let words = "The time must lie in the future, within 90 days.";
            return Err(Problem::field("until", words).into());
        }
        held.conversation.state = held.conversation.state.snooze(until)?;
        let event = EntryEvent::Snoozed { until: until.map(|until| until.0) };
        self.done(tx, held, "snooze", event, &json!({ "until": until.map(Ts::to_rfc3339) }))
    }

    /// Says what it is about.
    ///
    /// # Errors
    /// A [`Problem`] when the line has no such topic, or it is closed.
    pub fn topic(&self, tx: &mut Tx<'_>, held: &mut Held, key: &str) -> Result<()> {
        if held.access.line().content.topics.iter().all(|topic| topic.key != key) {
            return Err(Problem::field("topic", "The line has no such topic.").into());
        }
        if held.conversation.state.is_closed() {
            return Err(super::state::Refused::IsClosed.into());
        }
        if held.conversation.topic.as_deref() == Some(key) {
            return Ok(());
        }
        held.conversation.topic = Some(key.to_owned());
        self.done(tx, held, "topic", EntryEvent::Topic { topic: key.to_owned() }, &json!({ "topic": key }))
    }

    /// Gives it to the protection focal points, for whom alone it exists from then on.
    ///
    /// # Errors
    /// A [`Problem`] when it is closed.
    pub fn refer(&self, tx: &mut Tx<'_>, held: &mut Held, kind: TriageKind, note: &str) -> Result<()> {
        if held.conversation.state.is_closed() {
            return Err(super::state::Refused::IsClosed.into());
        }
        if let State::Snoozed { .. } = held.conversation.state {
            held.conversation.state = held.conversation.state.reopen(held.access.staff(), self.ctx.now)?;
        }
        restrict(tx, self.app, &mut held.conversation, kind.as_str(), self.ctx.now)?;
        if !note.is_empty() {
            self.write_entry(tx, held, note, None, None)?;
        }
        let event = EntryEvent::Referred { kind: kind.as_str().to_owned() };
        self.done(tx, held, "refer", event, &json!({ "kind": kind.as_str() }))
    }

    /// Keeps what somebody is writing; an empty text forgets it.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn draft(&self, tx: &mut Tx<'_>, held: &Held, text: &str) -> Result<()> {
        let body = match text.is_empty() {
            true => None,
            false => Some(held.contact.key.seal(Purpose::Draft, text.as_bytes())?),
        };
        tx.put_draft(&held.conversation, held.access.staff(), body, self.ctx.now)
    }

    /// Shows an address for some minutes. The reason is kept, sealed, in the thread.
    ///
    /// # Errors
    /// A [`Problem`] when the identity is none of this person's.
    pub fn reveal(&self, tx: &mut Tx<'_>, held: &Held, identity: Uuid, reason: &str) -> Result<String> {
        let known = held.contact.urn(identity).ok_or_else(Problem::not_found)?;
        let value = match known.urn.scheme() {
            "whatsapp" if known.urn.path().starts_with(|c: char| c.is_ascii_digit()) => {
                format!("+{}", known.urn.path())
            }
            _ => known.urn.path(),
        };
        let event = EntryEvent::Revealed { scheme: known.urn.scheme().to_owned() };
        let entry = self.write_entry(tx, held, reason, Some(event), None)?;
        self.audit_look(tx, held, "reveal", json!({ "conversation": held.conversation.id, "entry": entry }))?;
        Ok(value)
    }

    /// A look is written down under the person: she may ask how often somebody looked.
    fn audit_look(&self, tx: &mut Tx<'_>, held: &Held, verb: &str, detail: Value) -> Result<()> {
        let conversation = &held.conversation;
        let noun = Noun {
            line_id: Some(conversation.line_id),
            kind: "contact",
            id: conversation.contact_id,
            restricted: conversation.restricted,
        };
        audit(tx, self.app, self.ctx, verb, noun, &detail)
    }

    /// Somebody looked at what was said.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn looked(&self, tx: &mut Tx<'_>, held: &Held) -> Result<()> {
        self.audit_look(tx, held, "read", json!({ "conversation": held.conversation.id }))
    }

    /// Whoever has it, or could take it, has seen the person's messages.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn seen(&self, tx: &mut Tx<'_>, held: &mut Held) -> Result<()> {
        let assignee = held.conversation.state.assignee();
        if held.conversation.unread == 0 || assignee.is_some_and(|to| to != held.access.staff()) {
            return Ok(());
        }
        held.conversation.unread = 0;
        save(tx, self.app, &held.conversation, self.ctx.now)
    }
}

/// Where an answer to the person would go now.
///
/// # Errors
/// A [`Problem`]: `person-blocked`, `no-address`, `window-closed`.
pub fn answerable(tx: &mut Tx<'_>, held: &Held, now: Ts) -> Result<contacts::Identity> {
    if held.contact.standing == Standing::Blocked {
        return Err(Problem::conflict("person-blocked", "This person is blocked.").into());
    }
    let to = read::address(tx, held)?;
    if read::window(tx, held, now)?.kind == "closed" {
        let words = "The time to answer freely is over. You can answer again when the person writes.";
        return Err(Problem::conflict("window-closed", words).into());
    }
    Ok(to)
}

/// The row that a client's id made before: only its own author's, in its own conversation.
fn repeated(known: Option<(Uuid, Option<Uuid>, Option<Uuid>)>, held: &Held) -> Result<Option<Uuid>> {
    match known {
        None => Ok(None),
        Some((id, Some(conversation), Some(author)))
            if conversation == held.conversation.id && author == held.access.staff() =>
        {
            Ok(Some(id))
        }
        Some(_) => Err(Problem::field("client_id", "This id was used for something else.").into()),
    }
}
