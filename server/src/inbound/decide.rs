//! One message, one visible decision: who must answer it.
use std::sync::Arc;

use channels::{ChannelEvent, Message, MessageKind};
use flow::words::{Attachment, Content};

use super::Effects;
use crate::app::App;
use crate::bulk;
use crate::consent;
use crate::contacts::{self, Ahead, ConsentState, Contact, Standing};
use crate::flows::{self, Route, Wrote};
use crate::inbox;
use crate::lines::{Channel, Command, Line, TriageKind};
use crate::outbound::{self, MessageRow, MessageState};
use crate::store::{Result, Ts, Tx};
use crate::vault::Purpose;

/// The longest text of one message that is taken up, in characters; what is longer is cut and marked.
pub const MAX_TEXT_CHARS: usize = 8_000;

/// Who must answer a message.
enum Answerer {
    /// Blocked: it is kept if it may be, and nobody answers.
    Nobody,
    Command(Command),
    Triage(TriageKind, flow::words::Language),
    Staff,
    LanguageQuestion,
    LanguageAnswer,
    /// Notice shown; anything but a clear answer goes on to the flow.
    NoticeAnswer,
    Flow,
}

fn answerer(line: &Line, contact: &Contact, text: &str) -> Answerer {
    if contact.standing == Standing::Blocked {
        return Answerer::Nobody;
    }
    let command = line.command(text);
    if let Some(command @ (Command::Stop | Command::Forget | Command::Info)) = command {
        return Answerer::Command(command);
    }
    if let Some((kind, language)) = line.triage(text) {
        return Answerer::Triage(kind, language);
    }
    if contact.conversation_id.is_some() {
        return Answerer::Staff;
    }
    match (command, contact.consent) {
        (_, ConsentState::New) => Answerer::LanguageQuestion,
        (Some(command), _) => Answerer::Command(command),
        (None, ConsentState::LanguageAsked) => Answerer::LanguageAnswer,
        (None, ConsentState::NoticeShown) => Answerer::NoticeAnswer,
        (None, ConsentState::Given | ConsentState::Declined | ConsentState::Withdrawn) => Answerer::Flow,
    }
}

/// Handles one message of a person, in the transaction that marks it handled. Who is behind its address may have been
/// read `ahead`.
///
/// # Errors
/// When the store refuses; the whole handling is then undone and tried again.
pub fn message(
    tx: &mut Tx<'_>,
    app: &App,
    ahead: &mut Ahead,
    line: &Arc<Line>,
    channel: &Channel,
    message: &Message,
    now: Ts,
) -> Result<Effects> {
    let (mut contact, identity, _) =
        contacts::find_or_make_ahead(tx, app, ahead, line.id, channel.id, &message.from, now)?;
    let route = Route { line, channel, identity };
    tx.touch_identity(identity, channel.id, now)?;
    contact.last_in_at = Some(now);
    if let Some(token) = &message.reply_token {
        contacts::keep_reply_token(tx, &contact, identity, token, now)?;
    }
    if let Some(effects) = edited(tx, app, route, &contact, message, now)? {
        contacts::save_state(tx, &contact)?;
        return Ok(effects);
    }
    if matches!(message.kind, MessageKind::Reaction { .. }) {
        // A reaction asks for nothing; it is kept with the conversation that it belongs to, if there is one.
        if contact.conversation_id.is_some() {
            keep(tx, app, &contact, route, message, app.id(), now)?;
        }
        contacts::save_state(tx, &contact)?;
        return Ok(Effects::default());
    }
    let wrote = Wrote {
        message_id: app.id(),
        text: message.text.chars().take(MAX_TEXT_CHARS).collect(),
        choice_id: message.choice_id.clone(),
        attachments: message
            .attachments
            .iter()
            .filter_map(|a| a.as_attachment().map(|a| a.to_string()))
            .collect(),
    };
    let answerer = answerer(line, &contact, &wrote.text);
    let effects = answer(tx, app, route, &mut contact, message, &wrote, answerer, now)?;
    if contact.standing != Standing::Erased {
        keep(tx, app, &contact, route, message, wrote.message_id, now)?;
        if let Some(conversation) = contact.conversation_id {
            inbox::message_arrived(tx, app, &contact, conversation, wrote.message_id, &wrote.text, now)?;
        }
        contacts::save_state(tx, &contact)?;
    }
    let jobs = effects.jobs || !message.attachments.is_empty();
    Ok(Effects { live: effects.live || contact.conversation_id.is_some(), jobs, ..effects })
}

/// A message that changes an earlier one is shown in its place, and nobody is answered twice. `None` when it must be
/// handled like a new one: the earlier one never came here, or the new words are of danger, or are STOP and the like.
fn edited(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &Contact,
    message: &Message,
    now: Ts,
) -> Result<Option<Effects>> {
    let Some(former) = &message.edits else { return Ok(None) };
    let hash = outbound::part_hash(app, route.channel.id, former);
    let Some(id) = tx.message_by_part(route.channel.id, hash)? else { return Ok(None) };
    let Some((conversation, body)) = tx.incoming_message(id, contact.id)? else { return Ok(None) };
    let text: String = message.text.chars().take(MAX_TEXT_CHARS).collect();
    let command = route.line.command(&text);
    let heard = matches!(command, Some(Command::Stop | Command::Forget | Command::Info));
    if contact.standing != Standing::Blocked && (heard || route.line.triage(&text).is_some()) {
        return Ok(None);
    }
    // Nothing was kept of it, so there is nothing to change.
    let Some(body) = body else { return Ok(Some(Effects::default())) };
    let taken_back =
        matches!(&message.kind, MessageKind::Unsupported { what } if what == channels::TAKEN_BACK);
    let mut content: Content = contact.key.open_json(Purpose::Message, &body)?;
    content.text = content_of(message, Vec::new()).text;
    if taken_back {
        content.attachments.clear();
    }
    tx.message_edited(id, contact.key.seal_json(Purpose::Message, &content)?, taken_back, now)?;
    let Some(conversation) = conversation else { return Ok(Some(Effects::default())) };
    inbox::message_changed(tx, app, contact.line_id, conversation, id, now)?;
    Ok(Some(Effects { live: true, ..Effects::default() }))
}

#[expect(clippy::too_many_arguments, reason = "the parts of one handling")]
fn answer(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    message: &Message,
    wrote: &Wrote,
    answerer: Answerer,
    now: Ts,
) -> Result<Effects> {
    match answerer {
        Answerer::Nobody => Ok(Effects::default()),
        Answerer::Command(command) => consent::command(tx, app, route, contact, command, &wrote.text, now),
        Answerer::Triage(kind, spoken) => {
            consent::refer_urgently(tx, app, route, contact, kind, spoken, &wrote.text, now)
        }
        // The bot is silent while a human has it.
        Answerer::Staff => Ok(Effects { live: true, ..Effects::default() }),
        Answerer::LanguageQuestion => consent::ask_language(tx, app, route, contact, now),
        Answerer::LanguageAnswer => consent::language_answered(tx, app, route, contact, wrote, now),
        Answerer::NoticeAnswer => {
            let name = message.name.as_deref();
            match consent::notice_answered(tx, app, route, contact, wrote, name, now)? {
                Some(effects) => Ok(effects),
                None => to_flow(tx, app, route, contact, message, wrote, now),
            }
        }
        Answerer::Flow => to_flow(tx, app, route, contact, message, wrote, now),
    }
}

fn to_flow(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    message: &Message,
    wrote: &Wrote,
    now: Ts,
) -> Result<Effects> {
    if let MessageKind::Unsupported { .. } = message.kind {
        let text = route.line.content.sentences(contact.language).unsupported.clone();
        return consent::say(tx, app, route, contact, Content { text, ..Content::default() }, now);
    }
    match flows::resume_with(tx, app, route, contact, wrote, now)? {
        Some(effects) => Ok(effects),
        None => flows::start_with(tx, app, route, contact, wrote, now),
    }
}

/// Writes the message down. Its content is kept only where the person has agreed, or staff has to read it; else
/// only that something came and when.
fn keep(
    tx: &mut Tx<'_>,
    app: &App,
    contact: &Contact,
    route: Route<'_>,
    message: &Message,
    id: uuid::Uuid,
    now: Ts,
) -> Result<()> {
    let may_keep = contact.has_agreed() || contact.conversation_id.is_some();
    let body = if may_keep {
        let files = crate::media::keep(tx, app, contact, route.channel.id, id, &message.attachments, now)?;
        Some(contact.key.seal_json(Purpose::Message, &content_of(message, files))?)
    } else {
        None
    };
    let tells_edits =
        route.channel.account().is_some_and(|account| channels::tells_edits(account.provider()));
    if tells_edits && !message.external_id.is_empty() {
        let hash = outbound::part_hash(app, route.channel.id, &message.external_id);
        tx.insert_part(id, route.channel.id, hash)?;
    }
    tx.insert_message(&MessageRow {
        id,
        line_id: contact.line_id,
        contact_id: contact.id,
        conversation_id: contact.conversation_id,
        channel_id: route.channel.id,
        identity_id: Some(route.identity),
        incoming: true,
        author: None,
        state: MessageState::Received,
        part: contact.part,
        body,
        day: 0,
        valid_until: None,
        keep: may_keep,
        client_id: None,
        bulk_id: None,
        due_at: None,
        at: now,
    })
}

/// What a person sent, in the shape in which messages are kept.
fn content_of(message: &Message, attachments: Vec<Attachment>) -> Content {
    let mut text: String = message.text.chars().take(MAX_TEXT_CHARS).collect();
    if message.text.chars().nth(MAX_TEXT_CHARS).is_some() {
        text.push('…');
    }
    match &message.kind {
        MessageKind::Reaction { emoji, .. } => text = emoji.clone(),
        MessageKind::Unsupported { what } if text.is_empty() => text = format!("[{what}]"),
        _ => {}
    }
    Content { text, attachments, ..Content::default() }
}

/// Something about the account or a person that is no message.
///
/// # Errors
/// When the store refuses.
pub fn channel_event(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Arc<Line>,
    channel: &Channel,
    event: &ChannelEvent,
    now: Ts,
) -> Result<Effects> {
    match event {
        ChannelEvent::OptedOut { person, about, .. } if !person.is_empty() => {
            let standing = if about.is_none() { Some(Standing::Stopped) } else { None };
            provider_standing(tx, app, line, channel, person, standing, now)
        }
        // Who wants messages about one matter again has not taken back a STOP.
        ChannelEvent::OptedIn { person, about, .. } if !person.is_empty() => {
            let standing = if about.is_none() { Some(Standing::Active) } else { None };
            provider_standing(tx, app, line, channel, person, standing, now)
        }
        ChannelEvent::ConversationStarted { person, .. } if !person.is_empty() => {
            conversation_started(tx, app, line, channel, person, now)
        }
        ChannelEvent::IdentityChanged { from, to, .. } => {
            identity_changed(tx, app, line, channel, from, to, now)
        }
        ChannelEvent::OptedOut { .. }
        | ChannelEvent::OptedIn { .. }
        | ChannelEvent::ConversationStarted { .. }
        | ChannelEvent::ForOtherAddress { .. }
        | ChannelEvent::GroupMessage { .. }
        | ChannelEvent::NoSender { .. }
        | ChannelEvent::Unreadable { .. } => Ok(Effects::default()),
        ChannelEvent::ReplyToken { person, token } => {
            contacts::reply_token_told(tx, app, line.id, person, token, now)?;
            Ok(Effects::default())
        }
        ChannelEvent::Health { condition, says, at } => {
            // Its own clock may be wrong: it never says more than that it spoke before now.
            let at = at.map_or(now, |at| Ts(at.as_microsecond())).min(now);
            tx.put_channel_health(channel.id, condition.as_str(), says, at)?;
            Ok(Effects::default())
        }
        ChannelEvent::TemplateStatus { name, language, status, reason } => {
            bulk::template_reported(tx, line.id, name, language, status, reason.as_deref(), now)?;
            Ok(Effects::default())
        }
        ChannelEvent::Quality { .. }
        | ChannelEvent::Account { .. }
        | ChannelEvent::Error { .. }
        | ChannelEvent::Other { .. } => {
            tracing::warn!(channel = %channel.id, event = ?event, "the provider reports about the channel");
            Ok(Effects::default())
        }
    }
}

/// She opened the chat without writing: whoever is new is greeted with the first question, whoever is known with the
/// menu. Nobody who is talking is interrupted.
fn conversation_started(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Arc<Line>,
    channel: &Channel,
    person: &[flow::words::Urn],
    now: Ts,
) -> Result<Effects> {
    let (mut contact, identity, _) = contacts::find_or_make(tx, app, line.id, channel.id, person, now)?;
    let route = Route { line, channel, identity };
    tx.touch_identity(identity, channel.id, now)?;
    contact.last_in_at = Some(now);
    let is_busy = contact.conversation_id.is_some() || contact.session.is_some();
    let effects = match (contact.standing, contact.consent) {
        (Standing::Active, ConsentState::New) => consent::ask_language(tx, app, route, &mut contact, now)?,
        (Standing::Active, ConsentState::Given) if !is_busy => {
            let wrote =
                Wrote { message_id: app.id(), text: String::new(), choice_id: None, attachments: vec![] };
            flows::start_with(tx, app, route, &mut contact, &wrote, now)?
        }
        _ => Effects::default(),
    };
    contacts::save_state(tx, &contact)?;
    Ok(effects)
}

/// She has a new address. The former one may soon be somebody else's, who must not be taken for her.
fn identity_changed(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Arc<Line>,
    channel: &Channel,
    from: &[flow::words::Urn],
    to: &[flow::words::Urn],
    now: Ts,
) -> Result<Effects> {
    if from.is_empty() || to.is_empty() {
        return Ok(Effects::default());
    }
    let both: Vec<flow::words::Urn> = from.iter().chain(to).cloned().collect();
    let (mut contact, _, _) = contacts::find_or_make(tx, app, line.id, channel.id, &both, now)?;
    contacts::drop_identities(tx, app, &mut contact, from)?;
    Ok(Effects::default())
}

fn provider_standing(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Arc<Line>,
    channel: &Channel,
    person: &[flow::words::Urn],
    standing: Option<Standing>,
    now: Ts,
) -> Result<Effects> {
    let (mut contact, identity, _) = contacts::find_or_make(tx, app, line.id, channel.id, person, now)?;
    if let Some(standing) = standing
        && contact.standing != Standing::Blocked
    {
        // Of what she wrote herself the answer is on its way already: that one she gets.
        if standing == Standing::Stopped && contact.standing != Standing::Stopped {
            tx.cancel_queued(contact.id, "stopped", now)?;
        }
        contact.standing = standing;
        consent::standing_changed(tx, app, Route { line, channel, identity }, &contact, now)?;
        contacts::save_state(tx, &contact)?;
    }
    Ok(Effects::default())
}
