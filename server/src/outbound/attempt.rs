//! One attempt at one message: what is checked at the last moment, the request, and what its answer means.
use std::time::Duration;

use channels::{ErrorClass, Outgoing, Settled};
use flow::words::{Content, Urn};
use uuid::Uuid;

use super::call::{call, prepare};
use super::reports::stops_everything;
use super::sql::Leased;
use super::{Farewell, Lane, MessageState};
use crate::app::App;
use crate::contacts::Profile;
use crate::lines::{Channel, Line};
use crate::store::Ts;
use crate::vault::{Purpose, VaultError};

/// `contact.standing` of a person who wrote STOP, and of a blocked one.
const STOPPED: i64 = 1;
const BLOCKED: i64 = 2;
/// `contact.consent` of a person who has agreed.
const AGREED: i64 = 3;
/// How long a channel rests whose account was refused, until its stop is known everywhere in this process.
const STOPPING: Duration = Duration::from_secs(10);
/// How long a message may wait in the queue; later it would come out of nowhere.
const MAX_QUEUED_SECONDS: i64 = 86_400;

/// What became of one attempt.
pub(super) enum Outcome {
    Sent,
    /// It was certainly not sent and is tried again.
    Again {
        after: Option<Duration>,
        reason: String,
        /// Whether the message is to blame: then the attempt counts towards giving it up.
        counted: bool,
    },
    Ended {
        state: MessageState,
        reason: String,
    },
    /// This channel cannot reach her: another may.
    Elsewhere {
        reason: String,
    },
    /// The provider sends her nothing any more: she said STOP to it.
    OptedOut {
        reason: String,
    },
    /// The template is paused, gone or not as approved: whatever uses it must stop.
    TemplateBroken {
        reason: String,
        name: String,
        language: String,
    },
    /// The provider refuses the account: the channel must stop.
    AccountBroken {
        reason: String,
    },
    Unknown {
        reason: &'static str,
    },
}

impl Outcome {
    pub(super) fn again(reason: &str) -> Self {
        Self::Again { after: None, reason: reason.to_owned(), counted: true }
    }
}

pub(super) fn ended(state: MessageState, reason: &str) -> Outcome {
    Outcome::Ended { state, reason: reason.to_owned() }
}

/// How far an attempt got.
#[derive(Default)]
pub(super) struct Progress {
    /// The provider's ids of the parts that it has taken.
    pub parts: Vec<String>,
    /// How many requests the message needs over all; 0 when it did not come to that.
    pub requests: usize,
}

/// Sends what is left of a message.
pub(super) async fn attempt(
    app: &App,
    line: &Line,
    channel: &Channel,
    message: &Leased,
    progress: &mut Progress,
) -> Outcome {
    let now = app.now();
    if let Some(refusal) = refused_at_last(line, message, now) {
        return refusal;
    }
    let (to, content) = match open(app, message).await {
        Ok(opened) => opened,
        Err(VaultError::Erased) => return ended(MessageState::Cancelled, "erased"),
        Err(error) => {
            tracing::error!(message = %message.id, %error, "a message cannot be opened");
            return ended(MessageState::Failed, "unreadable");
        }
    };
    // Our own page reads the row itself.
    let Some(account) = &channel.account else { return Outcome::Sent };
    if channel.kind.window_closed(&content, message.last_in_at, now) {
        return Outcome::Elsewhere { reason: "window_closed".to_owned() };
    }
    if let Err(wait) = app.pace.charge_person(channel, message.contact_id, now) {
        return Outcome::Again { after: Some(wait), reason: "pair_rate".to_owned(), counted: false };
    }
    let mut outgoing = outgoing(app, channel, message, to, content);
    let account = match prepare(app, channel, account, &mut outgoing).await {
        Ok(account) => account,
        Err(outcome) => return outcome,
    };
    let rendering = match channels::request(&account, &outgoing) {
        Ok(rendering) => rendering,
        Err(refused) => return ended(MessageState::Failed, &format!("bad_request {refused}")),
    };
    progress.requests = rendering.requests.len();
    // One was charged when the message was taken up.
    let cost = cost(channel, &outgoing.content, rendering.requests.len());
    app.pace.charge(channel, cost.saturating_sub(1), now);
    for request in rendering.requests.iter().skip(message.parts_sent) {
        let settled = match call(app, request).await {
            Ok(response) => channels::settle(&account, &response),
            Err(outcome) => return outcome,
        };
        match settled {
            // A part without an id of the provider's still counts as sent, under ours.
            Settled::Sent { external_id, .. } if external_id.is_empty() => {
                let number = message.parts_sent + progress.parts.len();
                progress.parts.push(format!("{}/{number}", message.id));
            }
            Settled::Sent { external_id, .. } => progress.parts.push(external_id),
            settled => return refused(app, channel, message, &outgoing.content, settled),
        }
    }
    app.pace.went_well(channel.id, app.now());
    Outcome::Sent
}

pub(super) fn outgoing(
    app: &App,
    channel: &Channel,
    message: &Leased,
    to: Urn,
    content: Content,
) -> Outgoing {
    let mut outgoing = Outgoing::new(message.id, to, content);
    outgoing.status_callback = Some(format!("{}/hooks/{}", app.config.public_url, channel.id));
    outgoing.high_priority = message.lane == Lane::Conversation;
    outgoing.at = jiff::Timestamp::from_microsecond(app.now().0).unwrap_or_default();
    outgoing
}

/// What a message costs of a channel's budget: SMS is counted in segments, all else in requests.
fn cost(channel: &Channel, content: &Content, requests: usize) -> usize {
    if channel.kind == crate::lines::ChannelKind::Sms {
        requests.max(channels::segments::count(&content.text).parts)
    } else {
        requests
    }
}

/// What an answer that is no success means for the message, the person and the channel.
fn refused(app: &App, channel: &Channel, message: &Leased, content: &Content, settled: Settled) -> Outcome {
    match settled {
        Settled::Sent { .. } | Settled::Unknown => Outcome::Unknown { reason: "answer_unreadable" },
        Settled::Retry { class, after, code, .. } => {
            let throttled = class == ErrorClass::Throttled;
            if throttled {
                app.pace.too_fast(channel.id, after, app.now());
            }
            Outcome::Again { after, reason: label(class, code.as_deref()), counted: !throttled }
        }
        Settled::Refused { class, code, why } => {
            tracing::warn!(message = %message.id, class = class.as_str(), code = code.as_deref(), %why, "the provider refused a message");
            let reason = label(class, code.as_deref());
            match class {
                ErrorClass::OptedOut if stops_everything(channel, code.as_deref()) => {
                    Outcome::OptedOut { reason }
                }
                ErrorClass::WindowClosed
                | ErrorClass::Unreachable
                | ErrorClass::RefusedForNow
                | ErrorClass::OptedOut => Outcome::Elsewhere { reason },
                ErrorClass::TemplateBroken => match &content.templating {
                    Some(template) => Outcome::TemplateBroken {
                        reason,
                        name: template.name.clone(),
                        language: template.locale.clone(),
                    },
                    None => Outcome::Elsewhere { reason },
                },
                // A token that we fetched may be over before its time: it is fetched again once.
                ErrorClass::AccountBroken if app.tokens.forget(channel.id) => Outcome::again(&reason),
                ErrorClass::AccountBroken => {
                    // Nothing more leaves before the stop is written down.
                    app.pace.too_fast(channel.id, Some(STOPPING), app.now());
                    Outcome::AccountBroken { reason }
                }
                ErrorClass::Throttled | ErrorClass::ThrottledPerson | ErrorClass::Transient => {
                    Outcome::again(&reason)
                }
                ErrorClass::BadRequest => ended(MessageState::Failed, &reason),
            }
        }
    }
}

/// An error as it is kept with a message: its class and the provider's code.
pub(super) fn label(class: ErrorClass, code: Option<&str>) -> String {
    format!("{} {}", class.as_str(), code.unwrap_or("")).trim().to_owned()
}

/// What is checked at the last moment, whatever was true when the row was written.
fn refused_at_last(line: &Line, message: &Leased, now: Ts) -> Option<Outcome> {
    let cancelled = |reason: &str| Some(ended(MessageState::Cancelled, reason));
    if message.standing == BLOCKED {
        return cancelled("blocked");
    }
    if message.valid_until.is_some_and(|until| until <= now) {
        return cancelled("answer_expired");
    }
    if now.seconds_since(message.queued_at) > MAX_QUEUED_SECONDS {
        return Some(ended(MessageState::Failed, "too_late"));
    }
    if message.lane == Lane::Bulk {
        if message.standing == STOPPED {
            return cancelled("stopped");
        }
        if message.consent != AGREED {
            return cancelled("no_consent");
        }
        if let Some(over) = line.content.quiet_hours.and_then(|quiet| quiet.over_at(&line.timezone, now)) {
            let wait = Duration::from_micros(u64::try_from(over.0 - now.0).unwrap_or(0));
            return Some(Outcome::Again {
                after: Some(wait),
                reason: "quiet_hours".to_owned(),
                counted: false,
            });
        }
    }
    None
}

/// Opens a message's content and the address that it goes to.
pub(super) async fn open(app: &App, message: &Leased) -> Result<(Urn, Content), VaultError> {
    let body = message.body.as_deref().ok_or(VaultError::Erased)?;
    if message.day != 0 {
        let farewell: Farewell = app.vault.day(message.day, app.now())?.open_json(Purpose::Message, body)?;
        return Ok((farewell.to, farewell.content));
    }
    let key_id = message.key_id.ok_or(VaultError::Erased)?;
    let key = match app.vault.person_cached(key_id) {
        Some(key) => key,
        None => {
            let vault = app.vault.clone();
            let read = tokio::task::spawn_blocking(move || vault.person(key_id)).await;
            read.map_err(|_| VaultError::Damaged)??
        }
    };
    let content: Content = key.open_json(Purpose::Message, body)?;
    let profile: Profile =
        key.open_json(Purpose::Contact, message.profile.as_deref().ok_or(VaultError::Erased)?)?;
    let identity = message.identity_id.unwrap_or(Uuid::nil());
    let known =
        profile.urns.into_iter().find(|known| known.identity == identity).ok_or(VaultError::Damaged)?;
    Ok((known.urn, content))
}
