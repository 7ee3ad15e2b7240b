//! One phone of the page, whichever provider it hangs on.
use bytes::Bytes;

use super::{Inner, Kind, Owner};
use crate::delivery::Delivered;
use crate::meta::Human;
use crate::thread::{Bubble, Side, Thread};
use crate::{meta, smsc, telegram, twilio, viber};

/// Where somebody is who shares her place: in Quito.
const PLACE: (f64, f64) = (-0.1807, -78.4678);

/// What the visitor of the page does with a phone.
pub(super) enum Deed {
    Text(String),
    /// A choice, by its id, of the message with this id; of the newest that offers it when there is none.
    Choice {
        id: String,
        message: Option<String>,
    },
    /// A file: `kind` is image, audio, video or document.
    File {
        kind: &'static str,
        content_type: String,
        bytes: Bytes,
    },
    /// She shares where she is.
    Location,
    /// Other words for a message of hers.
    Edit {
        message: String,
        text: String,
    },
    /// She opens the chat without writing: Telegram's START, Viber's first opening.
    Start,
    /// She wants nothing more from the line, or takes that back, by the app's own means.
    Block,
    Unblock,
    /// Something that is done with a telephone.
    Call(Calling),
}

/// What is done with a telephone.
pub(super) enum Calling {
    Begin,
    PickUp,
    Machine,
    Decline,
    /// Whatever the line waits for, it waits in vain.
    Silence,
    HangUp,
    Keys(String),
    Speak(String),
    Record(Bytes),
}

/// How long a recording counts as being; nobody looks into the file.
const RECORDED_SECONDS: u64 = 10;

/// What the phone makes of a deed, ready to be sent.
pub(super) enum Ready {
    WhatsApp(meta::Said),
    Sms(String, Option<(String, Bytes)>),
    Telegram(telegram::Said),
    Viber(viber::Said),
    Voice(Calling),
}

#[derive(Clone)]
pub(super) enum Handset {
    WhatsApp(meta::Handset),
    Sms(twilio::Handset),
    Telegram(telegram::Handset),
    Viber(viber::Handset),
    Voice(twilio::voice::Telephone),
    /// SMS by a network's own message centre.
    Centre(smsc::Handset),
}

impl Handset {
    pub(super) fn connect(inner: &Inner, owner: &Owner, thread: Thread) -> Self {
        let digits = || owner.number.as_ref().map(|number| number.trim_start_matches('+').to_owned());
        let (providers, name) = (&inner.providers, owner.name.clone());
        match owner.kind {
            Kind::WhatsApp => {
                let human = Human { wa_id: digits(), user_id: owner.user_id.clone(), name };
                Self::WhatsApp(providers.meta.phone(&inner.line.phone_number_id, human, thread))
            }
            Kind::Sms => {
                let number = owner.number.clone().unwrap_or_default();
                Self::Sms(providers.twilio.phone(&inner.line.account_sid, &number, thread))
            }
            Kind::Smpp => {
                let number = owner.number.clone().unwrap_or_default();
                match &inner.centre {
                    Some(centre) => Self::Centre(centre.phone_with(&number, thread)),
                    None => Self::Sms(providers.twilio.phone(&inner.line.account_sid, &number, thread)),
                }
            }
            Kind::Telegram => {
                let id = owner.user_id.as_ref().and_then(|id| id.parse().ok()).unwrap_or_default();
                let human = telegram::Human { id, name, username: None, phone: digits() };
                Self::Telegram(providers.telegram.phone(&inner.line.telegram_token, human, thread))
            }
            Kind::Viber => {
                let human = viber::Human { id: owner.user_id.clone().unwrap_or_default(), name };
                Self::Viber(providers.viber.phone(&inner.line.viber_token, human, thread))
            }
            Kind::Voice => {
                let number = owner.number.clone().unwrap_or_default();
                Self::Voice(providers.twilio.telephone(&inner.line.account_sid, &number, thread))
            }
        }
    }

    pub(super) fn thread(&self) -> &Thread {
        match self {
            Self::WhatsApp(phone) => phone.thread(),
            Self::Sms(phone) => phone.thread(),
            Self::Telegram(phone) => phone.thread(),
            Self::Viber(phone) => phone.thread(),
            Self::Voice(phone) => phone.thread(),
            Self::Centre(phone) => phone.thread(),
        }
    }

    /// What `deed` is on this phone.
    ///
    /// # Errors
    /// In words for the visitor, when this phone cannot do it.
    pub(super) fn ready(&self, deed: Deed) -> Result<Ready, &'static str> {
        match self {
            Self::WhatsApp(phone) => on_whatsapp(phone.thread(), deed).map(Ready::WhatsApp),
            Self::Sms(phone) => by_sms(phone.thread(), deed),
            Self::Telegram(phone) => on_telegram(phone, deed).map(Ready::Telegram),
            Self::Viber(phone) => on_viber(phone, deed).map(Ready::Viber),
            Self::Voice(_) => by_telephone(deed).map(Ready::Voice),
            Self::Centre(_) if matches!(deed, Deed::File { .. }) => Err(NOT_HERE),
            Self::Centre(phone) => by_sms(phone.thread(), deed),
        }
    }

    pub(super) async fn send(&self, ready: Ready) -> Delivered {
        match (self, ready) {
            (Self::WhatsApp(phone), Ready::WhatsApp(said)) => phone.say(said).await,
            (Self::Sms(phone), Ready::Sms(text, None)) => phone.say(&text).await,
            (Self::Sms(phone), Ready::Sms(text, Some((content_type, bytes)))) => {
                phone.say_file(&text, &content_type, bytes).await
            }
            (Self::Telegram(phone), Ready::Telegram(said)) => phone.say(said).await,
            (Self::Viber(phone), Ready::Viber(said)) => phone.say(said).await,
            (Self::Centre(phone), Ready::Sms(text, None)) => {
                let taken = phone.say(&text).await;
                Delivered { status: taken.then_some(200), attempts: 1 }
            }
            (Self::Voice(phone), Ready::Voice(calling)) => {
                telephone(phone, calling);
                Delivered { status: Some(200), attempts: 1 }
            }
            _ => Delivered { status: None, attempts: 0 },
        }
    }
}

const NOT_OFFERED: &str = "Nobody offered this choice.";
const NOT_HERE: &str = "This phone cannot do that.";

/// The message that offers a choice, the newest first.
fn offer(thread: &Thread, choice: &str, message: Option<&str>) -> Option<Bubble> {
    let mut offers = thread.bubbles().into_iter().rev().filter(|bubble| bubble.from == Side::Line);
    offers.find(|bubble| {
        let is_meant = message.is_none_or(|message| message == bubble.id);
        is_meant && bubble.choices.iter().any(|offered| offered.id == choice)
    })
}

fn on_whatsapp(thread: &Thread, deed: Deed) -> Result<meta::Said, &'static str> {
    Ok(match deed {
        Deed::Text(text) => meta::Said::Text(text),
        Deed::Choice { id, message } => {
            let bubble = offer(thread, &id, message.as_deref()).ok_or(NOT_OFFERED)?;
            let context = bubble.id.clone();
            let choice = bubble.choices.into_iter().find(|choice| choice.id == id).ok_or(NOT_OFFERED)?;
            match bubble.kind.as_str() {
                "list" => meta::Said::Row { choice, context },
                _ => meta::Said::Button { choice, context },
            }
        }
        Deed::File { kind, content_type, bytes } => {
            meta::Said::File { kind, content_type, bytes, caption: None }
        }
        Deed::Location => meta::Said::Location { latitude: PLACE.0, longitude: PLACE.1 },
        Deed::Edit { .. } | Deed::Start | Deed::Block | Deed::Unblock | Deed::Call(_) => {
            return Err(NOT_HERE);
        }
    })
}

fn by_sms(thread: &Thread, deed: Deed) -> Result<Ready, &'static str> {
    Ok(match deed {
        Deed::Text(text) => Ready::Sms(text, None),
        Deed::Choice { id, message } => {
            let bubble = offer(thread, &id, message.as_deref()).ok_or(NOT_OFFERED)?;
            let choice = bubble.choices.into_iter().find(|choice| choice.id == id).ok_or(NOT_OFFERED)?;
            Ready::Sms(choice.title, None)
        }
        Deed::File { content_type, bytes, .. } => Ready::Sms(String::new(), Some((content_type, bytes))),
        _ => return Err(NOT_HERE),
    })
}

fn on_telegram(phone: &telegram::Handset, deed: Deed) -> Result<telegram::Said, &'static str> {
    Ok(match deed {
        Deed::Text(text) if text == "/start" => telegram::Said::Start(None),
        Deed::Text(text) => telegram::Said::Text(text),
        Deed::Choice { id, message } => {
            let bubble = offer(phone.thread(), &id, message.as_deref()).ok_or(NOT_OFFERED)?;
            phone.tap(&bubble.id, &id).ok_or(NOT_OFFERED)?
        }
        Deed::File { kind, content_type, bytes } => telegram::Said::file(kind, &content_type, bytes),
        Deed::Location => telegram::Said::Location { latitude: PLACE.0, longitude: PLACE.1 },
        Deed::Edit { message, text } => match phone.thread().bubble(&message) {
            Some(bubble) if bubble.from == Side::Me && bubble.kind == "text" => {
                telegram::Said::Edit { message, text }
            }
            _ => return Err("Only a text of one's own can be changed."),
        },
        Deed::Start => telegram::Said::Start(None),
        Deed::Block => telegram::Said::Block,
        Deed::Unblock => telegram::Said::Unblock,
        Deed::Call(_) => return Err(NOT_HERE),
    })
}

fn on_viber(phone: &viber::Handset, deed: Deed) -> Result<viber::Said, &'static str> {
    Ok(match deed {
        Deed::Text(text) => viber::Said::Text(text),
        Deed::Choice { id, message } => {
            let bubble = offer(phone.thread(), &id, message.as_deref()).ok_or(NOT_OFFERED)?;
            phone.tap(&bubble.id, &id).ok_or(NOT_OFFERED)?
        }
        Deed::File { kind, content_type, bytes } => viber::Said::file(kind, &content_type, bytes),
        Deed::Location => viber::Said::Location { latitude: PLACE.0, longitude: PLACE.1 },
        Deed::Start => viber::Said::Subscribes,
        Deed::Block => viber::Said::Unsubscribes,
        Deed::Unblock => viber::Said::Subscribes,
        Deed::Edit { .. } | Deed::Call(_) => return Err(NOT_HERE),
    })
}

fn by_telephone(deed: Deed) -> Result<Calling, &'static str> {
    Ok(match deed {
        Deed::Call(calling) => calling,
        Deed::Text(words) => Calling::Speak(words),
        Deed::File { kind: "audio", bytes, .. } => Calling::Record(bytes),
        _ => return Err(NOT_HERE),
    })
}

fn telephone(phone: &twilio::voice::Telephone, calling: Calling) {
    match calling {
        Calling::Begin => phone.calls(),
        Calling::PickUp => phone.picks_up(),
        Calling::Machine => phone.machine_picks_up(),
        Calling::Decline => phone.declines(),
        Calling::Silence => phone.stays_silent(),
        Calling::HangUp => phone.hangs_up(),
        Calling::Keys(keys) => phone.presses(&keys),
        Calling::Speak(words) => phone.speaks(&words),
        Calling::Record(bytes) => phone.records(bytes, RECORDED_SECONDS),
    }
}
