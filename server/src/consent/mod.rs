//! Consent and data rights: the notice, the ledger, the words STOP, START, INFO, FORGET and HELP, erasure.
mod erase;
mod sql;

use std::sync::Arc;

use flow::words::{Attachment, Content, Language, QuickReply};
use uuid::Uuid;

use crate::app::App;
use crate::contacts::{self, ConsentState, Contact, Pending, Standing};
use crate::flows::Route;
use crate::inbound::Effects;
use crate::inbox::{self, Learnt, Opening};
use crate::lines::{Channel, Command, Line, TriageKind};
use crate::outbound::{self, NewMessage, Origin};
use crate::store::{Result, Ts, Tx};
use crate::vault::Purpose;

pub use erase::{Receipt, erase, receipt};
pub use sql::{Held, LedgerEntry};

/// Ids of the buttons of the server's own questions; they stay the same in every language.
const AGREE: &str = "consent:agree";
const DECLINE: &str = "consent:decline";
const LANGUAGE: &str = "language:";
/// Words for yes that everybody writes instead of the button's text.
const YES: [&str; 6] = ["si", "yes", "ok", "sí acepto", "acepto", "i agree"];
const NO: [&str; 2] = ["no", "no acepto"];

/// What a person's decision was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Given,
    Declined,
    Withdrawn,
    Stopped,
    Started,
}

impl Decision {
    /// As the ledger writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Stopped => "stopped",
            Self::Started => "started",
        }
    }
}

/// Sends one of the server's own messages, where the person wrote from.
///
/// # Errors
/// When the store refuses.
pub fn say(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &Contact,
    content: Content,
    now: Ts,
) -> Result<Effects> {
    let new = NewMessage {
        contact,
        identity_id: route.identity,
        channel_id: route.channel.id,
        conversation_id: None,
        origin: Origin::Bot,
        content,
        client_id: None,
        valid_until: None,
        bulk_id: None,
    };
    outbound::enqueue(tx, app, &new, now)?;
    Ok(Effects { outbound: true, ..Effects::default() })
}

/// One of the server's own sentences with its gaps filled: `{line}` the line's name, `{emergency}` its emergency
/// number, `{word}` the word that undoes a STOP.
#[must_use]
pub fn sentence(line: &Line, language: Option<Language>, text: &str) -> Content {
    let language = line.content.language(language);
    let word = line.content.words[&language].start.first().map_or("", String::as_str);
    let text = text
        .replace("{line}", &line.content.name[&language])
        .replace("{emergency}", &line.content.emergency_number)
        .replace("{word}", word);
    Content { text, locale: language.to_string(), ..Content::default() }
}

fn button(id: &str, text: &str) -> QuickReply {
    QuickReply { id: Some(id.to_owned()), text: text.to_owned(), ..QuickReply::default() }
}

/// The very first question, in all languages at once; a line with one language has none.
///
/// # Errors
/// When the store refuses.
pub fn ask_language(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    now: Ts,
) -> Result<Effects> {
    let content = &route.line.content;
    if let [only] = content.languages.as_slice() {
        contact.language = Some(*only);
        return show_notice(tx, app, route, contact, None, now);
    }
    contact.consent = ConsentState::LanguageAsked;
    let question = Content {
        text: content.language_question.text.clone(),
        quick_replies: language_buttons(route.line),
        ..Content::default()
    };
    say(tx, app, route, contact, question, now)
}

/// The language that a choice of the language question stands for.
#[must_use]
pub fn language_of(choice_id: &str) -> Option<Language> {
    choice_id.strip_prefix(LANGUAGE)?.parse().ok()
}

fn language_buttons(line: &Line) -> Vec<QuickReply> {
    let languages = line.content.languages.iter();
    languages
        .map(|language| button(&format!("{LANGUAGE}{language}"), &line.content.language_names[language]))
        .collect()
}

/// Takes the answer to the language question: a button, a number, a name, a code. Somebody who writes
/// something else is asked once more and then served in the line's first language: nobody gets stuck here.
///
/// # Errors
/// When the store refuses.
pub fn language_answered(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    wrote: &crate::flows::Wrote,
    now: Ts,
) -> Result<Effects> {
    let buttons = language_buttons(route.line);
    let chosen = chosen(&buttons, wrote).and_then(|id| language_of(&id));
    match chosen {
        Some(language) => contact.language = Some(language),
        None if contact.pending != Some(Pending::LanguageAskedAgain) => {
            contact.pending = Some(Pending::LanguageAskedAgain);
            return ask_language(tx, app, route, contact, now);
        }
        None => contact.language = Some(route.line.content.languages[0]),
    }
    contact.pending = None;
    show_notice(tx, app, route, contact, None, now)
}

/// Which of the buttons was meant: by id, number or words.
fn chosen(buttons: &[QuickReply], wrote: &crate::flows::Wrote) -> Option<String> {
    if let Some(id) = &wrote.choice_id {
        return buttons.iter().any(|button| button.id.as_ref() == Some(id)).then(|| id.clone());
    }
    let numbered = channels::choices_numbered(buttons);
    channels::chosen(&numbered, &wrote.text).map(|choice| choice.id.clone())
}

/// Sends the notice with its choice, after `first` when there is something to say before.
///
/// # Errors
/// When the store refuses.
pub fn show_notice(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    first: Option<&str>,
    now: Ts,
) -> Result<Effects> {
    let line = route.line;
    let notice = &line.content.notice.texts[&line.content.language(contact.language)];
    let mut effects = Effects::default();
    if let Some(first) = first {
        effects.add(say(tx, app, route, contact, sentence(line, contact.language, first), now)?);
    }
    let audio = notice.audio.as_ref().and_then(|path| line.files.get(path)).map(|file| Attachment {
        content_type: file.content_type.to_owned(),
        url: format!("{}/media/{}", app.config.public_url, file.name),
    });
    contact.consent = ConsentState::NoticeShown;
    let content = Content {
        text: notice.text.clone(),
        attachments: audio.into_iter().collect(),
        quick_replies: notice_buttons(line, contact.language),
        ..Content::default()
    };
    effects.add(say(tx, app, route, contact, content, now)?);
    Ok(effects)
}

fn notice_buttons(line: &Line, language: Option<Language>) -> Vec<QuickReply> {
    let notice = &line.content.notice.texts[&line.content.language(language)];
    vec![button(AGREE, &notice.agree), button(DECLINE, &notice.decline)]
}

/// Takes the answer to the notice. `None` when the person wrote something else: she is then answered without
/// having agreed, and can agree at any later time.
///
/// # Errors
/// When the store refuses.
pub fn notice_answered(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    wrote: &crate::flows::Wrote,
    name: Option<&str>,
    now: Ts,
) -> Result<Option<Effects>> {
    let buttons = notice_buttons(route.line, contact.language);
    let folded = crate::lines::words::fold(&wrote.text);
    let agreed = match chosen(&buttons, wrote).as_deref() {
        Some(AGREE) => true,
        Some(_) => false,
        None if wrote.choice_id.is_none()
            && YES.iter().any(|yes| crate::lines::words::fold(yes) == folded) =>
        {
            true
        }
        None if wrote.choice_id.is_none() && NO.contains(&folded.as_str()) => false,
        None => return Ok(None),
    };
    let decision = if agreed { Decision::Given } else { Decision::Declined };
    contact.consent = if agreed { ConsentState::Given } else { ConsentState::Declined };
    record(
        tx,
        app,
        route,
        contact,
        decision,
        "service",
        "consent",
        agreed.then_some(wrote.text.as_str()),
        now,
    )?;
    let pending = contact.pending.take();
    if agreed {
        if let Some(name) = name {
            contact.profile.name = Some(name.to_owned());
        }
        contacts::save_profile(tx, contact)?;
    }
    let sentences = route.line.content.sentences(contact.language);
    let answer = if agreed { &sentences.consent_thanks } else { &sentences.consent_declined };
    let mut effects = say(tx, app, route, contact, sentence(route.line, contact.language, answer), now)?;
    match pending {
        Some(Pending::HandOver { topic }) if agreed => {
            effects.add(hand_over(tx, app, route, contact, topic, Vec::new(), now)?);
            let handed_over = sentence(route.line, contact.language, &sentences.handed_over);
            effects.add(say(tx, app, route, contact, handed_over, now)?);
        }
        _ => effects.add(crate::flows::start_main(tx, app, route, contact, now)?),
    }
    Ok(Some(effects))
}

/// Writes a line into the ledger. The words are sealed with the person's key.
#[expect(clippy::too_many_arguments, reason = "everything that the ledger must hold")]
fn record(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &Contact,
    decision: Decision,
    purpose: &str,
    basis: &str,
    words: Option<&str>,
    now: Ts,
) -> Result<()> {
    let words = words.map(|words| contact.key.seal(Purpose::Words, words.as_bytes())).transpose()?;
    tx.insert_consent(&LedgerEntry {
        id: app.id(),
        contact_id: contact.id,
        purpose: purpose.to_owned(),
        basis: basis.to_owned(),
        decision: decision.as_str().to_owned(),
        notice_version: route.line.content.notice.version.clone(),
        channel: route.channel.kind.as_str().to_owned(),
        language: contact.language.map(|language| language.to_string()),
        words,
        at: now,
    })
}

/// The provider refuses everything to this person because she said STOP to it: she is stopped here too.
///
/// # Errors
/// When the store refuses.
pub fn stopped_by_provider(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Arc<Line>,
    channel: &Channel,
    contact_id: Uuid,
    now: Ts,
) -> Result<()> {
    let Some(mut contact) = contacts::get_locked(tx, app, contact_id)? else { return Ok(()) };
    if contact.standing != Standing::Active {
        return Ok(());
    }
    contact.standing = Standing::Stopped;
    tx.cancel_queued(contact.id, "stopped", now)?;
    let route = Route { line, channel, identity: Uuid::nil() };
    standing_changed(tx, app, route, &contact, now)?;
    contacts::save_state(tx, &contact)
}

/// Notes in the ledger that the provider told us of a STOP or START.
///
/// # Errors
/// When the store refuses.
pub fn standing_changed(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &Contact,
    now: Ts,
) -> Result<()> {
    let decision = if contact.standing == Standing::Stopped { Decision::Stopped } else { Decision::Started };
    record(tx, app, route, contact, decision, "messages", "consent", None, now)
}

/// Brings a person to staff; the flow that asked for it says so itself. Without her consent nothing that she writes could be kept for them, so she is
/// asked first and brought over when she agrees.
///
/// # Errors
/// When the store refuses.
pub fn hand_over(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    topic: Option<String>,
    learnt: Vec<Learnt>,
    now: Ts,
) -> Result<Effects> {
    crate::flows::drop_session(contact);
    let sentences = route.line.content.sentences(contact.language);
    if !contact.has_agreed() {
        contact.pending = Some(Pending::HandOver { topic });
        contact.consent = ConsentState::NoticeShown;
        let content = Content {
            text: sentences.consent_needed_for_person.clone(),
            quick_replies: notice_buttons(route.line, contact.language),
            ..Content::default()
        };
        return say(tx, app, route, contact, content, now);
    }
    let words = learnt.last().map(|last| last.value.clone()).unwrap_or_default();
    let opening =
        Opening { contact, channel_id: route.channel.id, topic, triage: None, learnt, words: &words };
    inbox::open(tx, app, route.line, opening, now)?;
    Ok(Effects { live: true, ..Effects::default() })
}

/// Brings a person to staff and tells her so: she asked for it, or a flow has let her down.
///
/// # Errors
/// When the store refuses.
pub fn to_staff(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    words: &str,
    now: Ts,
) -> Result<Effects> {
    let learnt = vec![Learnt { label: "HELP".to_owned(), value: words.to_owned() }];
    if !contact.has_agreed() {
        return hand_over(tx, app, route, contact, None, learnt, now);
    }
    crate::flows::drop_session(contact);
    let opening = Opening { contact, channel_id: route.channel.id, topic: None, triage: None, learnt, words };
    inbox::open(tx, app, route.line, opening, now)?;
    let help = &route.line.content.sentences(contact.language).help;
    let mut effects = say(tx, app, route, contact, sentence(route.line, contact.language, help), now)?;
    effects.live = true;
    Ok(effects)
}

/// A message that speaks of danger: to the protection focal points, on the basis of vital interest, whatever
/// the person has agreed to. She gets a short reply that is safe when somebody else reads it.
///
/// # Errors
/// When the store refuses.
#[expect(clippy::too_many_arguments, reason = "the parts of one handling")]
pub fn refer_urgently(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    kind: TriageKind,
    spoken: Language,
    words: &str,
    now: Ts,
) -> Result<Effects> {
    crate::flows::drop_session(contact);
    record(tx, app, route, contact, Decision::Given, "protection", "vital_interest", None, now)?;
    let opening = Opening {
        contact,
        channel_id: route.channel.id,
        topic: None,
        triage: Some(kind),
        learnt: Vec::new(),
        words,
    };
    inbox::open(tx, app, route.line, opening, now)?;
    let reply = route.line.triage_reply(kind, contact.language.or(Some(spoken))).to_owned();
    let mut effects = say(tx, app, route, contact, sentence(route.line, contact.language, &reply), now)?;
    effects.live = true;
    Ok(effects)
}

/// Carries out one of the words that a person can always write.
///
/// # Errors
/// When the store refuses.
pub fn command(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    command: Command,
    words: &str,
    now: Ts,
) -> Result<Effects> {
    let sentences = route.line.content.sentences(contact.language);
    match command {
        Command::Stop => {
            contact.standing = Standing::Stopped;
            crate::flows::drop_session(contact);
            // Whatever was on its way to her is called off; the answer to her STOP is all that she still gets.
            tx.cancel_queued(contact.id, "stopped", now)?;
            record(tx, app, route, contact, Decision::Stopped, "messages", "consent", None, now)?;
            say(tx, app, route, contact, sentence(route.line, contact.language, &sentences.stopped), now)
        }
        Command::Start => {
            contact.standing = Standing::Active;
            record(tx, app, route, contact, Decision::Started, "messages", "consent", None, now)?;
            say(tx, app, route, contact, sentence(route.line, contact.language, &sentences.started), now)
        }
        Command::Info => {
            let held = tx.held(contact.id)?;
            say(
                tx,
                app,
                route,
                contact,
                sentence(route.line, contact.language, &info(route.line, contact, &held)),
                now,
            )
        }
        Command::Forget => erase::on_request(tx, app, route, contact, now),
        Command::Help => to_staff(tx, app, route, contact, words, now),
    }
}

/// The answer to INFO: what is held, and how often staff looked at it.
fn info(line: &Line, contact: &Contact, held: &Held) -> String {
    let sentences = line.content.sentences(contact.language);
    let names = &sentences.info_names;
    let rows = [
        (&names.messages, held.messages),
        (&names.conversations, held.conversations),
        (&names.decisions, held.decisions),
        (
            &names.details,
            i64::try_from(contact.profile.fields.len()).unwrap_or(i64::MAX)
                + i64::from(contact.profile.name.is_some()),
        ),
        (&names.addresses, i64::try_from(contact.profile.urns.len()).unwrap_or(i64::MAX)),
        (&names.looks, held.looks),
    ];
    let lines: Vec<String> = rows
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| {
            sentences.info_line.replace("{what}", what).replace("{count}", &count.to_string())
        })
        .collect();
    if !contact.has_agreed() && held.messages == 0 && held.conversations == 0 {
        return sentences.info_nothing.clone();
    }
    format!("{}\n{}", sentences.info_intro, lines.join("\n"))
}
