//! What comes in of a telephone call, brought to whoever answers messages: a key that stands for a choice is that
//! choice, a spoken word is a text, a recording is a file.
use std::sync::Arc;

use channels::voice::{AnsweredBy, CallStatus, DialEnd, Heard, Input};
use channels::{IncomingAttachment, Message, MessageKind, NumberedChoice};
use flow::events::{Dial, DialStatus};
use flow::resumes::Resume;

use super::{Effects, decide};
use crate::app::App;
use crate::calls::{self, Asked, CallRow, CallState, Direction, Ending, MAX_MISSES, TakenBy};
use crate::consent;
use crate::contacts::{self, Ahead, ConsentState, Contact, Standing};
use crate::flows::{self, Route, StoredSession, Wrote};
use crate::inbox;
use crate::lines::{Channel, Line};
use crate::store::{Result, Ts, Tx};

/// The key that brings a person of the team, wherever choices are offered.
const PERSON_KEY: &str = "0";
/// The key that says the choices once more.
const REPEAT_KEY: &str = "*";
/// The keys at the beginning of a call of ours: to hear the message, and never to be called again.
const HEAR_KEY: &str = "1";
const STOP_KEY: &str = "9";
/// What Twilio and Africa's Talking record as when they do not say.
const RECORDED_AS: &str = "audio/x-wav";

/// Handles one thing of a call, in the transaction that marks it handled. The provider's request is answered afterwards
/// ([`calls::answer`]).
///
/// # Errors
/// When the store refuses; the whole handling is then undone and tried again.
pub fn heard(
    tx: &mut Tx<'_>,
    app: &App,
    ahead: &mut Ahead,
    line: &Arc<Line>,
    channel: &Channel,
    heard: &Heard,
    now: Ts,
) -> Result<Effects> {
    let effects = match calls::find(tx, app, channel, heard)? {
        Some(call) if heard.call.is_report => {
            Going { app, line, channel, heard, now }.is_reported(tx, ahead, &call)?
        }
        Some(call) if i64::from(heard.place.step) <= call.heard => Effects::default(),
        // What she said before she hung up may come after the report of that.
        Some(call) if call.state == CallState::Over => {
            Going { app, line, channel, heard, now }.last_words(tx, ahead, &call)?
        }
        Some(call) => Going { app, line, channel, heard, now }.goes_on(tx, ahead, call)?,
        // Of a call that we never heard of only its beginning is news.
        None if heard.call.is_report || heard.place.step > 0 => Effects::default(),
        None if heard.call.direction == channels::voice::Direction::Out => Effects::default(),
        None => begins(tx, app, ahead, line, channel, heard, now)?,
    };
    // Whoever answers the provider waits for this.
    Ok(Effects { outbound: true, ..effects })
}

/// A person calls: she is greeted as in a chat. What a flow waited for in an earlier call is not asked again.
fn begins(
    tx: &mut Tx<'_>,
    app: &App,
    ahead: &mut Ahead,
    line: &Arc<Line>,
    channel: &Channel,
    heard: &Heard,
    now: Ts,
) -> Result<Effects> {
    let from = [calls::person(app, channel, heard)?];
    let (mut contact, identity, _) =
        contacts::find_or_make_ahead(tx, app, ahead, line.id, channel.id, &from, now)?;
    let route = Route { line, channel, identity };
    tx.touch_identity(identity, channel.id, now)?;
    contact.last_in_at = Some(now);
    calls::began(tx, app, route, &mut contact, &heard.call.id, now)?;
    let effects = match (contact.standing, contact.conversation_id, contact.consent) {
        // Staff has it, or nobody answers her: what she hears then is said without a message.
        (Standing::Blocked, _, _) | (_, Some(_), _) => Effects::default(),
        (_, None, ConsentState::New | ConsentState::LanguageAsked) => {
            consent::ask_language(tx, app, route, &mut contact, now)?
        }
        (_, None, ConsentState::NoticeShown) => {
            consent::show_notice(tx, app, route, &mut contact, None, now)?
        }
        (_, None, ConsentState::Given | ConsentState::Declined | ConsentState::Withdrawn) => {
            flows::drop_session(&mut contact);
            let wrote =
                Wrote { message_id: app.id(), text: String::new(), choice_id: None, attachments: vec![] };
            flows::start_with(tx, app, route, &mut contact, &wrote, now)?
        }
    };
    contacts::save_state(tx, &contact)?;
    Ok(effects)
}

/// A call that goes on.
struct Going<'a> {
    app: &'a App,
    line: &'a Arc<Line>,
    channel: &'a Channel,
    heard: &'a Heard,
    now: Ts,
}

/// What she meant by what she did.
enum Meant {
    Message(Box<Message>),
    /// Nothing that we know: she is asked again.
    Miss,
    /// To hear it once more, or that somebody is there: nothing for the line to answer.
    GoOn,
    /// There is nothing more to ask.
    End,
    /// She did not answer a flow that has a way on for that.
    TimedOut,
    Dialled(DialEnd),
}

impl Going<'_> {
    /// The provider tells how a call goes. Its last word may hold what she said before she hung up, and how putting her
    /// through ended.
    fn is_reported(&self, tx: &mut Tx<'_>, ahead: &mut Ahead, call: &CallRow) -> Result<Effects> {
        if call.state == CallState::Over {
            return Ok(Effects::default());
        }
        let ending = match self.heard.call.status {
            CallStatus::Queued | CallStatus::Ringing | CallStatus::Active => {
                // There is a call: a message of which nobody knew whether it had become one waits for it.
                if let Some(message) = call.message_id.filter(|_| call.state < CallState::Talking) {
                    tx.message_calling(message)?;
                }
                return Ok(Effects::default());
            }
            CallStatus::Completed => Ending::Completed,
            CallStatus::Busy => Ending::Busy,
            CallStatus::NoAnswer => Ending::NoAnswer,
            CallStatus::Failed => Ending::Failed,
            CallStatus::Cancelled => Ending::Cancelled,
        };
        let asked = call.talk(self.app, self.now)?.asked;
        let mut effects = match asked {
            Asked::Leave | Asked::Recording => self.last_words(tx, ahead, call)?,
            Asked::Dial => match self.heard.call.dialled {
                Some(end) => self.dialled(tx, ahead, call, end)?,
                None => Effects::default(),
            },
            Asked::Nothing | Asked::Gate | Asked::Choices { .. } | Asked::Words => Effects::default(),
        };
        let contact = ahead.contact_locked(tx, self.app, call.contact_id)?;
        effects.add(calls::over(tx, self.app, call, contact, ending, self.now)?);
        Ok(effects)
    }

    /// A recording that she ended by hanging up.
    fn last_words(&self, tx: &mut Tx<'_>, ahead: &mut Ahead, call: &CallRow) -> Result<Effects> {
        match &self.heard.call.input {
            Some(Input::Recording { url, .. }) if call.passed => {
                self.is_told(tx, ahead, call, &self.recording(url))
            }
            _ => Ok(Effects::default()),
        }
    }

    /// Brings what she said, pressed or recorded to whoever answers messages.
    fn is_told(
        &self,
        tx: &mut Tx<'_>,
        ahead: &mut Ahead,
        call: &CallRow,
        message: &Message,
    ) -> Result<Effects> {
        let effects = decide::message(tx, self.app, ahead, self.line, self.channel, message, self.now)?;
        if let Some(Input::Recording { url, .. }) = &self.heard.call.input {
            calls::recorded(tx, self.app, call, url, self.now)?;
        }
        Ok(effects)
    }

    fn dialled(&self, tx: &mut Tx<'_>, ahead: &mut Ahead, call: &CallRow, end: DialEnd) -> Result<Effects> {
        let dial = Dial { status: dial_status(end.status), duration: end.seconds };
        self.resumes(tx, ahead, call, |_| Some(Resume::Dial(dial.clone())))
    }

    fn goes_on(&self, tx: &mut Tx<'_>, ahead: &mut Ahead, mut call: CallRow) -> Result<Effects> {
        let talk = call.talk(self.app, self.now)?;
        let mut effects = Effects::default();
        for (message, conversation) in tx.messages_were_heard(talk.said.clone())? {
            if let Some(conversation) = conversation {
                inbox::status_changed(tx, self.app, message, conversation, self.line.id, self.now)?;
                effects.live = true;
            }
        }
        let is_first = call.heard < 0;
        call.heard = i64::from(self.heard.place.step);
        if is_first {
            self.was_taken(tx, &mut call)?;
            tx.call_heard(&call, self.now)?;
            return Ok(effects);
        }
        let meant = self.meant(&call, &talk.asked);
        call.misses = match &meant {
            Meant::Miss => call.misses + 1,
            Meant::End => MAX_MISSES,
            _ => 0,
        };
        call.passed |= talk.asked == Asked::Gate && matches!(meant, Meant::GoOn | Meant::Message(_));
        // What is said for staff ends the call.
        if talk.asked == Asked::Leave {
            call.misses = MAX_MISSES;
        }
        tx.call_heard(&call, self.now)?;
        match meant {
            Meant::Message(message) => effects.add(self.is_told(tx, ahead, &call, &message)?),
            Meant::Dialled(end) => effects.add(self.dialled(tx, ahead, &call, end)?),
            Meant::TimedOut => effects.add(self.times_out(tx, ahead, &mut call)?),
            Meant::Miss | Meant::GoOn | Meant::End => {}
        }
        Ok(effects)
    }

    /// Somebody, or something, has taken a call of ours.
    fn was_taken(&self, tx: &mut Tx<'_>, call: &mut CallRow) -> Result<()> {
        call.answered_by = match self.heard.call.answered_by {
            Some(AnsweredBy::Machine) => TakenBy::Machine,
            Some(AnsweredBy::Person) => TakenBy::Person,
            Some(AnsweredBy::Unknown) | None => TakenBy::NobodyKnows,
        };
        match call.message_id {
            Some(message) if call.direction == Direction::Out => tx.message_calling(message),
            _ => Ok(()),
        }
    }

    fn meant(&self, call: &CallRow, asked: &Asked) -> Meant {
        if let Some(end) = self.heard.call.dialled {
            return Meant::Dialled(end);
        }
        match (asked, &self.heard.call.input) {
            (Asked::Gate, Some(Input::Digits { digits })) if digits == HEAR_KEY => Meant::GoOn,
            (Asked::Gate, Some(Input::Digits { digits })) if digits == STOP_KEY => {
                self.word(|words| words.stop.first())
            }
            (Asked::Gate, Some(Input::Nothing) | None) => Meant::End,
            (Asked::Gate, Some(_)) => Meant::Miss,
            // A machine was there, or the call ends by itself.
            (_, _) if !call.passed => Meant::End,
            (Asked::Choices { choices }, Some(Input::Digits { digits })) => self.chose(choices, digits),
            (_, Some(Input::Digits { digits })) => self.text(digits.clone(), None, MessageKind::Text),
            (_, Some(Input::Speech { text, .. })) if text.trim().is_empty() => Meant::Miss,
            (_, Some(Input::Speech { text, .. })) => self.text(text.clone(), None, MessageKind::Text),
            (_, Some(Input::Recording { url, .. })) => Meant::Message(Box::new(self.recording(url))),
            (_, Some(Input::Nothing) | None) => Meant::TimedOut,
        }
    }

    fn chose(&self, choices: &[NumberedChoice], digits: &str) -> Meant {
        match digits.trim_end_matches('#') {
            PERSON_KEY => self.word(|words| words.help.first()),
            REPEAT_KEY => Meant::GoOn,
            digits => match choices.iter().find(|choice| choice.number.to_string() == digits) {
                Some(choice) => self.text(choice.text.clone(), Some(choice.id.clone()), MessageKind::Choice),
                None => Meant::Miss,
            },
        }
    }

    /// One of the words that a person can always write.
    fn word<'w>(&'w self, which: impl Fn(&'w crate::lines::Words) -> Option<&'w String>) -> Meant {
        let content = &self.line.content;
        let mut words = content.languages.iter().filter_map(|language| content.words.get(language));
        match words.find_map(which) {
            Some(word) => self.text(word.clone(), None, MessageKind::Text),
            None => Meant::Miss,
        }
    }

    fn text(&self, text: String, choice_id: Option<String>, kind: MessageKind) -> Meant {
        Meant::Message(Box::new(Message { choice_id, ..self.message(text, kind) }))
    }

    fn recording(&self, url: &str) -> Message {
        let mut message = self.message(String::new(), MessageKind::Audio);
        message.attachments.push(IncomingAttachment::file(RECORDED_AS, url.to_owned()));
        message
    }

    fn message(&self, text: String, kind: MessageKind) -> Message {
        let from = calls::person(self.app, self.channel, self.heard);
        Message { text, ..Message::new(self.heard.key(), from.into_iter().collect(), kind) }
    }

    /// She did not answer. A flow that says what to do then does it; else we take our leave.
    fn times_out(&self, tx: &mut Tx<'_>, ahead: &mut Ahead, call: &mut CallRow) -> Result<Effects> {
        let mut has_timeout = false;
        let effects = self.resumes(tx, ahead, call, |stored| {
            has_timeout = stored.timeout_at.is_some();
            has_timeout.then(|| Resume::Timeout(stored.session.wait_id()))
        })?;
        if !has_timeout {
            call.misses = MAX_MISSES;
            tx.call_heard(call, self.now)?;
        }
        Ok(effects)
    }

    fn resumes(
        &self,
        tx: &mut Tx<'_>,
        ahead: &mut Ahead,
        call: &CallRow,
        with: impl FnOnce(&StoredSession) -> Option<Resume>,
    ) -> Result<Effects> {
        let Some(mut contact) = ahead.contact_locked(tx, self.app, call.contact_id)? else {
            return Ok(Effects::default());
        };
        let Some(resume) = waiting(&contact)?.as_ref().and_then(with) else { return Ok(Effects::default()) };
        let route = Route { line: self.line, channel: self.channel, identity: call.identity_id };
        let effects = flows::resume_session(tx, self.app, route, &mut contact, resume, self.now)?;
        contacts::save_state(tx, &contact)?;
        Ok(effects)
    }
}

fn waiting(contact: &Contact) -> Result<Option<StoredSession>> {
    StoredSession::open(contact)
}

fn dial_status(status: CallStatus) -> DialStatus {
    match status {
        CallStatus::Completed | CallStatus::Active => DialStatus::Answered,
        CallStatus::Busy => DialStatus::Busy,
        CallStatus::NoAnswer | CallStatus::Cancelled | CallStatus::Queued | CallStatus::Ringing => {
            DialStatus::NoAnswer
        }
        CallStatus::Failed => DialStatus::Failed,
    }
}
