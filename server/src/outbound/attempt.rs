//! One attempt at one message: what is checked at the last moment, the request, and what its answer means.
use std::time::Duration;

use channels::{ErrorClass, Outgoing, Refused, Settled};
use flow::words::{Content, Urn};
use uuid::Uuid;

use super::call::{call, prepare};
use super::reports::stops_everything;
use super::sql::Leased;
use super::{Farewell, Lane, MessageState};
use crate::app::App;
use crate::calls;
use crate::contacts::Profile;
use crate::lines::{Channel, ChannelKind, Line, Link};
use crate::media;
use crate::smpp::Answered;
use crate::store::Ts;
use crate::vault::{Purpose, VaultError};

/// `contact.standing` of a person who wrote STOP, and of a blocked one.
const STOPPED: i64 = 1;
const BLOCKED: i64 = 2;
/// `contact.consent` of a person who has agreed.
const AGREED: i64 = 3;
/// How long a channel rests whose account was refused, until its stop is known everywhere in this process.
const STOPPING: Duration = Duration::from_secs(10);
/// How long a message waits that found no session with its message centre.
const NO_SESSION_PAUSE: Duration = Duration::from_secs(1);
/// How long a message waits for a file that is being made into what its channel takes.
const FILE_PAUSE: Duration = Duration::from_secs(1);
/// How long a message may wait in the queue; later it would come out of nowhere.
const MAX_QUEUED_SECONDS: i64 = 86_400;

/// How long a message waits for the end of a call that began before it was seen.
const IN_A_CALL: Duration = Duration::from_secs(10);

/// What became of one attempt.
pub(super) enum Outcome {
    Sent,
    /// A telephone call rings her, which will say it.
    Calling {
        external_id: String,
    },
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
    /// Addresses of hers that the provider told and that we did not know.
    pub identities: Vec<Urn>,
    /// Whether a reply token went out that works once.
    pub reply_used: bool,
}

impl Progress {
    /// Notes a part that was taken; gives back any other outcome.
    fn taken(&mut self, message: &Leased, settled: Settled) -> Result<(), Settled> {
        match settled {
            // A part without an id of the provider's still counts as sent, under ours.
            Settled::Sent { external_id, identities } => {
                let number = message.parts_sent + self.parts.len();
                let ours = || format!("{}/{number}", message.id);
                self.parts.push(if external_id.is_empty() { ours() } else { external_id });
                self.identities.extend(identities);
                Ok(())
            }
            settled => Err(settled),
        }
    }
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
    if let Some(refusal) = refused_at_last(line, channel, message, now) {
        return refusal;
    }
    let mut opened = match open(app, message).await {
        Ok(opened) => opened,
        Err(VaultError::Erased) => return ended(MessageState::Cancelled, "erased"),
        Err(error) => {
            tracing::error!(message = %message.id, %error, "a message cannot be opened");
            return ended(MessageState::Failed, "unreadable");
        }
    };
    if let Err(outcome) = fit_files(app, line, channel, message, &mut opened.content).await {
        return outcome;
    }
    let account = match &channel.link {
        // Our own page reads the row itself.
        Link::Own => return Outcome::Sent,
        Link::Smpp(account) => {
            let outgoing = outgoing(app, channel, message, opened);
            return by_smpp(app, channel, account, message, &outgoing, progress).await;
        }
        Link::Http(account) => account,
    };
    if channel.kind.window_closed(&opened.content, message.last_in_at, now) {
        return Outcome::Elsewhere { reason: "window_closed".to_owned() };
    }
    if channel.kind == ChannelKind::Voice {
        return ring(app, channel, message, opened).await;
    }
    if let Err(wait) = app.pace.charge_person(channel, message.contact_id, now) {
        return Outcome::Again { after: Some(wait), reason: "pair_rate".to_owned(), counted: false };
    }
    let known = opened.known.clone();
    let mut outgoing = outgoing(app, channel, message, opened);
    let account = match prepare(app, channel, account, &mut outgoing).await {
        Ok(account) => account,
        Err(outcome) => return outcome,
    };
    let rendering = match channels::request(&account, &outgoing) {
        Ok(rendering) => rendering,
        Err(refused) => return ended(MessageState::Failed, &format!("bad_request {refused}")),
    };
    if let Err(outcome) = announced(app, channel, message, &outgoing.content, rendering.requests.len()).await
    {
        return outcome;
    }
    let once = channels::reply_tokens(account.provider()).is_some_and(|tokens| tokens.once);
    progress.reply_used = once && outgoing.reply_token.is_some();
    let mut left = send_parts(app, &account, message, &rendering.requests, progress).await;
    let used_up = matches!(&left, Ok(Some(Settled::Refused { class: ErrorClass::WindowClosed, .. })));
    if used_up && progress.reply_used {
        outgoing.reply_token = None;
        let Ok(rendering) = channels::request(&account, &outgoing) else {
            return ended(MessageState::Failed, "bad_request");
        };
        left = send_parts(app, &account, message, &rendering.requests, progress).await;
    }
    progress.identities.retain(|urn| known.iter().all(|known| known.identity() != urn.identity()));
    concluded(app, channel, message, &outgoing.content, left)
}

/// What precedes the first request, whichever way they go: how many there are is written down, since what is reported
/// of one part before our own answer is written must not count for all; and the channel's budget is charged.
async fn announced(
    app: &App,
    channel: &Channel,
    message: &Leased,
    content: &Content,
    requests: usize,
) -> Result<(), Outcome> {
    let (id, count) = (message.id, i64::try_from(requests).unwrap_or(i64::MAX));
    if count > 1 && message.requests != Some(count) {
        app.store.write(move |tx| tx.message_requests(id, count)).await.map_err(|error| {
            tracing::error!(message = %id, %error, "the parts of a message could not be written down");
            Outcome::again("not_stored")
        })?;
    }
    // One was charged when the message was taken up.
    app.pace.charge(channel, cost(channel, content, requests).saturating_sub(1), app.now());
    Ok(())
}

/// What became of the attempt: all parts were taken, or what was said to the one that was not.
fn concluded(
    app: &App,
    channel: &Channel,
    message: &Leased,
    content: &Content,
    left: Result<Option<Settled>, Outcome>,
) -> Outcome {
    match left {
        Ok(None) => {
            app.pace.went_well(channel.id, app.now());
            Outcome::Sent
        }
        Ok(Some(settled)) => refused(app, channel, message, content, settled),
        Err(outcome) => outcome,
    }
}

/// The same to a message centre: part after part through the session.
async fn by_smpp(
    app: &App,
    channel: &Channel,
    account: &channels::smpp::Account,
    message: &Leased,
    outgoing: &Outgoing,
    progress: &mut Progress,
) -> Outcome {
    let parts = match channels::smpp::request(account, outgoing) {
        Ok((parts, _)) => parts,
        Err(refused) => return ended(MessageState::Failed, &format!("bad_request {refused}")),
    };
    if let Err(outcome) = announced(app, channel, message, &outgoing.content, parts.len()).await {
        return outcome;
    }
    let left = submit_parts(app, channel, account, message, parts, progress).await;
    concluded(app, channel, message, &outgoing.content, left)
}

/// Submits the parts that the message centre has not taken yet; what it said to the one that it did not take.
async fn submit_parts(
    app: &App,
    channel: &Channel,
    account: &channels::smpp::Account,
    message: &Leased,
    parts: Vec<channels::smpp::pdu::Sm>,
    progress: &mut Progress,
) -> Result<Option<Settled>, Outcome> {
    for part in parts.into_iter().skip(message.parts_sent) {
        let settled = match app.smpp.submit(channel.id, message.id, part).await {
            Answered::With { status, message_id } => channels::smpp::settle(account, status, &message_id),
            Answered::Lost => return Err(Outcome::Unknown { reason: "answer_lost" }),
            // Without another way it waits for the session, as long as a message may wait at all.
            Answered::NotBound => {
                let counted = !channel.delivery.fail_over.is_empty();
                let (after, reason) = (Some(NO_SESSION_PAUSE), "no_connection".to_owned());
                return Err(Outcome::Again { after, reason, counted });
            }
        };
        if let Err(settled) = progress.taken(message, settled) {
            return Ok(Some(settled));
        }
    }
    Ok(None)
}

/// Rings a person up, so that the call can say the message.
async fn ring(app: &App, channel: &Channel, message: &Leased, opened: Opened) -> Outcome {
    let now = app.now();
    let Some(account) = channel.account() else { return ended(MessageState::Failed, "channel_gone") };
    let Some(identity_id) = message.identity_id else { return ended(MessageState::Cancelled, "hung_up") };
    // Files without words: nobody is rung up to hear nothing.
    if opened.content.text.trim().is_empty() && opened.content.attachments.is_empty() {
        return Outcome::Elsewhere { reason: "on_a_call".to_owned() };
    }
    let outgoing = outgoing(app, channel, message, opened);
    let request = match channels::request(account, &outgoing) {
        Ok(rendering) => rendering.requests.into_iter().next(),
        Err(Refused::Scheme) => return Outcome::Elsewhere { reason: "unreachable hidden_number".to_owned() },
        Err(refused) => return ended(MessageState::Failed, &format!("bad_request {refused}")),
    };
    let Some(request) = request else { return ended(MessageState::Failed, "bad_request") };
    let new = calls::NewCall {
        line_id: message.line_id,
        channel_id: channel.id,
        contact_id: message.contact_id,
        identity_id,
        message_id: message.id,
    };
    let context = app.clone();
    // The call is a row before it is a request: she may pick up before the provider's answer is here.
    let placed = app.store.write(move |tx| calls::place(tx, &context, &new, now)).await;
    let call_id = match placed {
        Ok(Some(id)) => id,
        Ok(None) => {
            return Outcome::Again { after: Some(IN_A_CALL), reason: "in_a_call".to_owned(), counted: false };
        }
        Err(error) => {
            tracing::error!(message = %message.id, %error, "a call could not be written down");
            return Outcome::again("not_stored");
        }
    };
    let outcome = match call(app, &request).await {
        Ok(response) => match channels::settle(account, &response) {
            Settled::Sent { external_id, .. } => return Outcome::Calling { external_id },
            settled => refused(app, channel, message, &outgoing.content, settled),
        },
        Err(outcome) => outcome,
    };
    // Where nobody knows, it may ring all the same.
    if !matches!(outcome, Outcome::Unknown { .. })
        && let Err(error) = app.store.write(move |tx| tx.call_not_placed(call_id)).await
    {
        tracing::error!(message = %message.id, %error, "a call that was not placed could not be removed; it ends by itself");
    }
    outcome
}

/// Sends what the provider has not taken yet of a message, part by part; what it said to the one that it did not take.
async fn send_parts(
    app: &App,
    account: &channels::Account,
    message: &Leased,
    requests: &[channels::HttpRequest],
    progress: &mut Progress,
) -> Result<Option<Settled>, Outcome> {
    let taken = message.parts_sent + progress.parts.len();
    for (n, request) in requests.iter().skip(taken).enumerate() {
        if n > 0 {
            may_go_on(app, message).await?;
        }
        let settled = channels::settle(account, &call(app, request).await?);
        if let Err(settled) = progress.taken(message, settled) {
            return Ok(Some(settled));
        }
    }
    Ok(None)
}

/// The rest of a message stays here when she wrote STOP, was blocked or was erased while the part before it was sent.
async fn may_go_on(app: &App, message: &Leased) -> Result<(), Outcome> {
    let (id, now) = (message.id, app.now());
    let found = app.store.read(move |tx| tx.still_sending(id)).await.map_err(|error| {
        tracing::error!(message = %id, %error, "whether the rest of a message may leave could not be read");
        Outcome::again("not_stored")
    })?;
    let cancelled = |reason: &str| Err(ended(MessageState::Cancelled, reason));
    match found {
        None => cancelled("erased"),
        Some((BLOCKED, _)) => cancelled("blocked"),
        Some((STOPPED, Some(until))) if until <= now => cancelled("stopped"),
        Some(_) => Ok(()),
    }
}

/// Puts the message's files into what the channel takes; one that is being made ready holds up nobody else's message.
pub(super) async fn fit_files(
    app: &App,
    line: &Line,
    channel: &Channel,
    message: &Leased,
    content: &mut Content,
) -> Result<(), Outcome> {
    match media::fit(app, line, channel, message.contact_id, content).await {
        Ok(media::Fitted::Ready) => Ok(()),
        Ok(media::Fitted::Preparing) => {
            let (after, reason) = (Some(FILE_PAUSE), "preparing_file".to_owned());
            Err(Outcome::Again { after, reason, counted: false })
        }
        Ok(media::Fitted::Erased) => Err(ended(MessageState::Cancelled, "erased")),
        Err(error) => {
            tracing::error!(message = %message.id, %error, "a message's files could not be made ready");
            Err(Outcome::again("not_stored"))
        }
    }
}

pub(super) fn outgoing(app: &App, channel: &Channel, message: &Leased, opened: Opened) -> Outgoing {
    let mut outgoing = Outgoing::new(message.id, opened.to, opened.content);
    let tokens = channel.account().and_then(|account| channels::reply_tokens(account.provider()));
    let age = message.reply_at.map(|since| app.now().seconds_since(since));
    let works = tokens.zip(age).is_some_and(|(tokens, age)| {
        let lasts = tokens.lasts.map(|lasts| i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX));
        lasts.is_none_or(|lasts| age <= lasts)
    });
    outgoing.reply_token = opened.reply_token.filter(|_| works);
    outgoing.status_callback = Some(format!("{}/hooks/{}", app.config.public_url, channel.id));
    outgoing.high_priority = message.lane == Lane::Conversation;
    outgoing.at = jiff::Timestamp::from_microsecond(app.now().0).unwrap_or_default();
    outgoing
}

/// What a message costs of a channel's budget: SMS is counted in segments, all else in requests.
fn cost(channel: &Channel, content: &Content, requests: usize) -> usize {
    if channel.kind == ChannelKind::Sms {
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
fn refused_at_last(line: &Line, channel: &Channel, message: &Leased, now: Ts) -> Option<Outcome> {
    let cancelled = |reason: &str| Some(ended(MessageState::Cancelled, reason));
    if message.standing == BLOCKED {
        return cancelled("blocked");
    }
    if message.valid_until.is_some_and(|until| until <= now) {
        // What was being sent when she wrote STOP is not tried again.
        return cancelled(if message.standing == STOPPED { "stopped" } else { "answer_expired" });
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
    }
    // Nobody is rung up at night, whatever for.
    if message.lane == Lane::Bulk || channel.kind == ChannelKind::Voice {
        let over = line.content.quiet_hours.and_then(|quiet| quiet.over_at(&line.timezone, now))?;
        let wait = Duration::from_micros(u64::try_from(over.0 - now.0).unwrap_or(0));
        return Some(Outcome::Again { after: Some(wait), reason: "quiet_hours".to_owned(), counted: false });
    }
    None
}

/// A message that can be read.
pub(super) struct Opened {
    pub to: Urn,
    pub content: Content,
    /// What the provider wants back with an answer.
    pub reply_token: Option<String>,
    /// All of her addresses.
    pub known: Vec<Urn>,
}

/// Opens a message's content and the address that it goes to.
pub(super) async fn open(app: &App, message: &Leased) -> Result<Opened, VaultError> {
    let body = message.body.as_deref().ok_or(VaultError::Erased)?;
    if message.day != 0 {
        let farewell: Farewell = app.vault.day(message.day, app.now())?.open_json(Purpose::Message, body)?;
        let known = vec![farewell.to.clone()];
        return Ok(Opened { to: farewell.to, content: farewell.content, reply_token: None, known });
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
    let to = profile.urns.iter().find(|known| known.identity == identity).ok_or(VaultError::Damaged)?;
    let to = to.urn.clone();
    let reply_token = match &message.reply_token {
        Some(sealed) => String::from_utf8(key.open(Purpose::Contact, sealed)?).ok(),
        None => None,
    };
    let known = profile.urns.into_iter().map(|known| known.urn).collect();
    Ok(Opened { to, content, reply_token, known })
}
