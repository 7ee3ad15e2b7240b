//! What each provider demands, one module a provider, as pure functions: HTTP request -> what came in, what to
//! send -> HTTP request, HTTP response -> what became of it. No I/O, no clock, no random numbers.
//!
//! The server's order for a webhook call: [`challenge`] (set-up), [`verify`], keep the raw call, answer [`accepted`],
//! and only then [`receive`]. For a message to send: [`request`], then for each of its requests HTTP and [`settle`].
//!
//! ```
//! use channels::{Account, Outgoing, Provider, Settled, HttpResponse};
//!
//! let settings = serde_json::json!({"access_token": "…", "app_secret": "…", "verify_token": "…"});
//! let account = Account::new(Provider::WhatsappCloud, "1055512345", None, &settings)?;
//! let content = flow::words::Content { text: "Hola".into(), ..Default::default() };
//! let message = Outgoing::new(uuid::Uuid::nil(), "whatsapp:593991234567".parse()?, content);
//! let rendering = channels::request(&account, &message)?;
//! assert_eq!(rendering.requests.len(), 1);
//! let answer = HttpResponse::new(200, "application/json", r#"{"messages": [{"id": "wamid.1"}]}"#);
//! assert!(matches!(channels::settle(&account, &answer), Settled::Sent { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
mod account;
mod adapter;
mod africas_talking_voice;
mod answers;
mod called;
mod choices;
mod dialog360;
mod fit;
mod gateways;
mod guard;
mod http;
mod incoming;
mod json;
mod line;
pub mod media;
mod messenger;
mod outgoing;
mod plain;
mod preview;
mod probe;
mod rates;
mod registry;
mod rsa;
pub mod segments;
mod signing;
pub mod smpp;
pub mod tariff;
mod telegram;
mod text;
mod turn;
pub mod twilio;
mod viber;
mod vk;
pub mod voice;
pub mod whatsapp_cloud;
mod xml;

pub use africas_talking_voice::AfricasTalkingVoiceSettings;
pub use dialog360::Dialog360Settings;
pub use fit::{Fit, Taken, fit, most_bytes, takes};
pub use gateways::settings::*;
pub use line::LineSettings;
pub use messenger::{InstagramSettings, MessengerSettings, MetaSettings};
pub use telegram::TelegramSettings;
pub use turn::TurnSettings;
pub use twilio::{Transport, TwilioSettings, TwilioVoiceSettings};
pub use viber::{ButtonLayout, ViberSettings};
pub use vk::VkSettings;
pub use whatsapp_cloud::WhatsappCloudSettings;

pub use account::{Account, MIN_TEXT_LENGTH, Provider, Secret, Settings, SettingsError};
pub use adapter::{Preparation, Token};
pub use choices::{NumberedChoice, choice_id, choices_numbered, chosen};
pub use http::{Headers, HttpRequest, HttpResponse};
pub use incoming::{
    ChannelEvent, Condition, DeliveryReport, Denied, Forwarded, Incoming, IncomingAttachment, MediaSource,
    Message, MessageKind, Referral, Status, TAKEN_BACK, Unparsable,
};
pub use outgoing::{
    Candidate, Degraded, ErrorClass, Feature, Inquiry, Outgoing, Refused, Rendering, ReplyTokens, Settled,
    reply_tokens,
};
pub use preview::{ChoiceStyle, Look, Preview, Segments, ShownChoice, ShownFile, preview, preview_on};
pub use probe::{
    About, Balance, Probe, Probed, probed, probes, register_webhooks, registered, webhook_address,
};
pub use rates::{PersonRate, Rates, rates};
pub use registry::{AddressInfo, Field, FieldKind, ProviderInfo, provider_info, providers};
pub use signing::{META_HEADER, TWILIO_HEADER, sign_meta, sign_token, sign_twilio, twilio_body_sha256};
pub use tariff::{Price, RowError, Tariff, TariffError, TariffRow, Tariffs, amount, price};

use flow::words::Urn;
use jiff::Timestamp;
use serde_json::Value;

/// How far a signature's time may be from ours. Wide, since a clock that is wrong must not lose a message.
pub const MAX_SKEW: std::time::Duration = std::time::Duration::from_secs(60 * 60);

/// The largest webhook call that is read; Meta's reach 3 MB.
pub const MAX_CALL_BYTES: usize = 3 * 1024 * 1024;
/// The longest address of a webhook call that is read, its parameters included.
pub const MAX_ADDRESS_BYTES: usize = 64 * 1024;

/// The most requests that one message may become.
pub const MAX_PARTS: usize = 20;

/// The scheme of the addresses that an account reaches: `tel`, `whatsapp`, `telegram` …
#[must_use]
pub fn scheme(account: &Account) -> &str {
    account.settings.adapter().scheme()
}

/// Checks that a call was signed by the provider for this channel, over the raw bytes and in constant time.
///
/// # Errors
/// When there is no signature, or none that this channel's secret (or its predecessor) made.
pub fn verify(account: &Account, request: &HttpRequest) -> Result<(), Denied> {
    account.settings.adapter().verify(request)
}

/// As [`verify`], and the signature is of now where it says of when it is: one that was caught on the way cannot be used
/// again for ever. Clocks may differ by [`MAX_SKEW`]; within it a repeated call is known by its message's id.
///
/// # Errors
/// As [`verify`], and [`Denied::Stale`].
pub fn verify_at(account: &Account, request: &HttpRequest, now: Timestamp) -> Result<(), Denied> {
    let adapter = account.settings.adapter();
    adapter.verify(request)?;
    let Some((from, until)) = adapter.signed_for(request) else { return Ok(()) };
    let skew = jiff::SignedDuration::try_from(MAX_SKEW).unwrap_or_default();
    if now.duration_until(from) > skew || until.duration_until(now) > skew {
        return Err(Denied::Stale);
    }
    Ok(())
}

/// The answer to a provider's test call when the webhook is being set up; `None` for every other call.
#[must_use]
pub fn challenge(account: &Account, request: &HttpRequest) -> Option<HttpResponse> {
    account.settings.adapter().challenge(request)
}

/// Which addresses a call is for. One webhook address may serve several channels (one app at Meta, all its numbers):
/// the server hands the call to each channel that has one of these, and [`receive`] takes only its own part. Empty
/// when the call names none; it then concerns every channel that shares the webhook address.
#[must_use]
pub fn addressees(provider: Provider, request: &HttpRequest) -> Vec<String> {
    provider.addressees(request)
}

/// What a call says. Never panics, whatever the bytes. One part that cannot be read does not hide the others: it
/// becomes [`ChannelEvent::Unreadable`].
///
/// # Errors
/// When nothing in the call can be read at all.
pub fn receive(account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
    readable(request)?;
    account.settings.adapter().receive(account, request)
}

/// Whether a call is of a size that some provider sends.
fn readable(request: &HttpRequest) -> Result<(), Unparsable> {
    if request.body.len() > MAX_CALL_BYTES || request.url.len() > MAX_ADDRESS_BYTES {
        return Err(Unparsable::at("size"));
    }
    Ok(())
}

/// What the provider wants to hear when this call of its was taken.
#[must_use]
pub fn accepted(account: &Account, request: &HttpRequest) -> HttpResponse {
    account.settings.adapter().accepted(request)
}

/// What must be asked before this message can be written: ask again with the answer until there is nothing more.
/// Most providers need nothing.
///
/// # Errors
/// When the message cannot be sent on this channel at all.
pub fn prepare(account: &Account, outgoing: &Outgoing) -> Result<Option<Preparation>, Refused> {
    account.settings.adapter().prepare(account, outgoing)
}

/// The token in the answer to a [`Preparation::Token`]; `None` when the provider gave none.
#[must_use]
pub fn token(account: &Account, response: &HttpResponse) -> Option<Token> {
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    response.is_success().then(|| account.settings.adapter().token(&body)).flatten()
}

/// A message as this channel needs it: split by its limits, and degraded by rule where the channel cannot do what was
/// written (buttons -> list -> numbered text, file -> link).
///
/// # Errors
/// When the message cannot be sent on this channel at all.
pub fn request(account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
    let rendering = account.settings.adapter().request(account, outgoing)?;
    match rendering.requests.len() {
        0 => Err(Refused::Empty),
        1..=MAX_PARTS => Ok(rendering),
        _ => Err(Refused::TooLong),
    }
}

/// What became of one request by the provider's answer to it. When there was no answer (time-out, cut connection
/// after the request was written) the outcome is [`Settled::Unknown`] and this is not called.
#[must_use]
pub fn settle(account: &Account, response: &HttpResponse) -> Settled {
    account.settings.adapter().settle(response)
}

/// The question whether a request was taken whose answer got lost, sent at or after `since`; `None` where the provider
/// cannot be asked, and only a report will tell.
#[must_use]
pub fn inquire(account: &Account, sent: &HttpRequest, since: Timestamp) -> Option<HttpRequest> {
    account.settings.adapter().inquire(sent, since)
}

/// The answer to [`inquire`].
#[must_use]
pub fn inquired(account: &Account, sent: &HttpRequest, answer: &HttpResponse, since: Timestamp) -> Inquiry {
    account.settings.adapter().inquired(sent, answer, since)
}

/// The question to the provider for a person's name, where webhooks do not tell it.
#[must_use]
pub fn profile(account: &Account, urn: &Urn) -> Option<HttpRequest> {
    account.settings.adapter().profile(account, urn)
}

/// The name in the answer to [`profile`].
#[must_use]
pub fn profile_name(account: &Account, response: &HttpResponse) -> Option<String> {
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    let name = response.is_success().then(|| account.settings.adapter().profile_name(&body)).flatten()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Whether a provider tells when a person changed a message afterwards.
#[must_use]
pub const fn tells_edits(provider: Provider) -> bool {
    matches!(
        provider,
        Provider::Telegram
            | Provider::WhatsappCloud
            | Provider::Dialog360
            | Provider::Turn
            | Provider::Kaleyra
            | Provider::Messenger
            | Provider::Instagram
            | Provider::Line
    )
}

/// What a person does not want any more by an error of the class [`ErrorClass::OptedOut`]: `None` is everything, else
/// the provider's name for a kind of message (WhatsApp lets a person switch off marketing alone, and answering her
/// goes on).
#[must_use]
pub fn opted_out_of(provider: Provider, code: Option<&str>) -> Option<&'static str> {
    match (provider, code) {
        (Provider::WhatsappCloud | Provider::Dialog360 | Provider::Turn, Some("131050"))
        | (Provider::Twilio, Some("63033")) => Some(whatsapp_cloud::MARKETING),
        _ => None,
    }
}
