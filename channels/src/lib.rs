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
mod answers;
mod choices;
mod http;
mod incoming;
mod json;
pub mod media;
mod outgoing;
pub mod segments;
mod signing;
mod text;
pub mod twilio;
pub mod whatsapp_cloud;

pub use account::{
    Account, MIN_TEXT_LENGTH, Provider, Secret, Settings, SettingsError, Transport, TwilioSettings,
    WhatsappCloudSettings,
};
pub use choices::{NumberedChoice, choice_id, choices_numbered, chosen};
pub use http::{Headers, HttpRequest, HttpResponse};
pub use incoming::{
    ChannelEvent, DeliveryReport, Denied, Forwarded, Incoming, IncomingAttachment, MediaSource, Message,
    MessageKind, Referral, Status, Unparsable,
};
pub use outgoing::{Degraded, ErrorClass, Feature, Outgoing, Refused, Rendering, Settled};
pub use signing::{META_HEADER, TWILIO_HEADER, sign_meta, sign_twilio, twilio_body_sha256};

use answers::{class_of_status, retry_after, settle_status};

/// The most requests that one message may become.
pub const MAX_PARTS: usize = 20;

/// Checks that a call was signed by the provider for this channel, over the raw bytes and in constant time.
///
/// # Errors
/// When there is no signature, or none that this channel's secret (or its predecessor) made.
pub fn verify(account: &Account, request: &HttpRequest) -> Result<(), Denied> {
    match &account.settings {
        Settings::WhatsappCloud(settings) => whatsapp_cloud::verify(settings, request),
        Settings::Twilio(settings) => twilio::verify(settings, request),
    }
}

/// The answer to a provider's test call when the webhook is being set up; `None` for every other call.
#[must_use]
pub fn challenge(account: &Account, request: &HttpRequest) -> Option<HttpResponse> {
    match &account.settings {
        Settings::WhatsappCloud(settings) => whatsapp_cloud::challenge(settings, request),
        Settings::Twilio(_) => None,
    }
}

/// Which addresses a call is for. One webhook address may serve several channels (one app at Meta, all its numbers):
/// the server hands the call to each channel that has one of these, and [`receive`] takes only its own part. Empty
/// when the call names none; it then concerns every channel that shares the webhook address.
#[must_use]
pub fn addressees(provider: Provider, request: &HttpRequest) -> Vec<String> {
    match provider {
        Provider::WhatsappCloud => whatsapp_cloud::addressees(request),
        Provider::Twilio => Vec::new(),
    }
}

/// What a call says. Never panics, whatever the bytes. One part that cannot be read does not hide the others: it
/// becomes [`ChannelEvent::Unreadable`].
///
/// # Errors
/// When nothing in the call can be read at all.
pub fn receive(account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
    match &account.settings {
        Settings::WhatsappCloud(_) => whatsapp_cloud::receive(account, request),
        Settings::Twilio(settings) => twilio::receive(settings, request),
    }
}

/// What the provider wants to hear when its call was taken.
#[must_use]
pub fn accepted(account: &Account) -> HttpResponse {
    match account.provider() {
        Provider::WhatsappCloud => HttpResponse::new(200, "text/plain; charset=utf-8", "ok"),
        Provider::Twilio => HttpResponse::new(
            200,
            "text/xml; charset=utf-8",
            r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#,
        ),
    }
}

/// A message as this channel needs it: split by its limits, and degraded by rule where the channel cannot do what was
/// written (buttons -> list -> numbered text, file -> link).
///
/// # Errors
/// When the message cannot be sent on this channel at all.
pub fn request(account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
    let rendering = match &account.settings {
        Settings::WhatsappCloud(settings) => whatsapp_cloud::request(account, settings, outgoing)?,
        Settings::Twilio(settings) => twilio::request(account, settings, outgoing)?,
    };
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
    match account.provider() {
        Provider::WhatsappCloud => whatsapp_cloud::settle(response),
        Provider::Twilio => twilio::settle(response),
    }
}

/// What a person does not want any more by an error of the class [`ErrorClass::OptedOut`]: `None` is everything, else
/// the provider's name for a kind of message (WhatsApp lets a person switch off marketing alone, and answering her
/// goes on).
#[must_use]
pub fn opted_out_of(provider: Provider, code: Option<&str>) -> Option<&'static str> {
    match (provider, code) {
        (Provider::WhatsappCloud, Some("131050")) | (Provider::Twilio, Some("63033")) => {
            Some(whatsapp_cloud::MARKETING)
        }
        (Provider::WhatsappCloud | Provider::Twilio, _) => None,
    }
}
