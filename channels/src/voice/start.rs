//! Beginning a call, and what became of that.
use std::time::Duration;

use flow::words::Urn;
use uuid::Uuid;

use super::{MAX_RINGING, whole};
use crate::account::{Account, Secret, Settings};
use crate::gateways::africas_talking::AfricasTalkingSettings;
use crate::gateways::{content_or_status, json_body, refused};
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::json::{owned, text};
use crate::media::{basic, web_address};
use crate::outgoing::{ErrorClass, Refused, Settled};
use crate::twilio;

/// A call to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCall {
    /// Our id of the call; given along where the provider takes one.
    pub id: Uuid,
    pub to: Urn,
    /// What the provider asks what to say, once somebody answers. Africa's Talking asks the address that is set at the
    /// number instead.
    pub answer_url: String,
    /// Where the provider tells how the call goes.
    pub status_url: String,
    /// Whether the provider finds out if an answering machine took it, before it asks what to say.
    pub detect_machine: bool,
    /// How long it rings.
    pub ringing: Duration,
}

impl std::fmt::Debug for NewCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewCall").field("id", &self.id).field("to", &self.to).finish_non_exhaustive()
    }
}

/// The request that begins a call.
///
/// # Errors
/// When the provider makes no calls, or the person has no telephone number.
pub fn call(account: &Account, new: &NewCall) -> Result<HttpRequest, Refused> {
    if new.to.scheme() != "tel" {
        return Err(Refused::Scheme);
    }
    match &account.settings {
        Settings::Twilio(settings) => {
            twilio(account, new, &settings.account_sid, &settings.auth_token, settings.base_url.as_deref())
        }
        Settings::TwilioVoice(settings) => {
            twilio(account, new, &settings.account_sid, &settings.auth_token, settings.base_url.as_deref())
        }
        Settings::AfricasTalking(settings) => Ok(africas_talking(account, settings, new)),
        _ => Err(Refused::Voice),
    }
}

fn twilio(
    account: &Account,
    new: &NewCall,
    sid: &str,
    token: &Secret,
    base_url: Option<&str>,
) -> Result<HttpRequest, Refused> {
    if [&new.answer_url, &new.status_url].into_iter().any(|url| web_address(url).is_none()) {
        return Err(Refused::Address);
    }
    let base = base_url.unwrap_or(twilio::DEFAULT_BASE_URL).trim_end_matches('/');
    let url = format!("{base}/2010-04-01/Accounts/{sid}/Calls.json");
    let (to, ringing) = (new.to.path(), whole(new.ringing, MAX_RINGING).to_string());
    let mut fields = vec![
        ("To", to.as_str()),
        ("From", &account.address),
        ("Url", &new.answer_url),
        ("Method", "POST"),
        ("Timeout", &ringing),
        ("StatusCallback", &new.status_url),
        ("StatusCallbackMethod", "POST"),
    ];
    fields.extend(STATUS_EVENTS.map(|event| ("StatusCallbackEvent", event)));
    if new.detect_machine {
        fields.push(("MachineDetection", "Enable"));
    }
    let headers = basic(sid, token.expose());
    Ok(HttpRequest::post_form(url, headers, fields))
}

/// What Twilio tells of.
const STATUS_EVENTS: [&str; 3] = ["ringing", "answered", "completed"];

/// Where calls are begun when the settings say nothing else.
const AFRICAS_TALKING_URL: &str = "https://voice.africastalking.com";

fn africas_talking(account: &Account, settings: &AfricasTalkingSettings, new: &NewCall) -> HttpRequest {
    let base = match settings.base_url.as_deref() {
        None => AFRICAS_TALKING_URL.to_owned(),
        // The sandbox has its calls beside its messages.
        Some(base) => base.trim_end_matches('/').replacen("://api.", "://voice.", 1),
    };
    let (to, id) = (new.to.path(), new.id.to_string());
    let fields = [
        ("username", settings.username.as_str()),
        ("to", &to),
        ("from", &account.address),
        ("clientRequestId", &id),
    ];
    let headers = Headers::new().with("apiKey", settings.api_key.expose()).with("Accept", "application/json");
    HttpRequest::post_form(format!("{base}/call"), headers, fields)
}

/// What became of a [`call`] by the provider's answer; the id is that of the telephone call.
#[must_use]
pub fn settle(account: &Account, response: &HttpResponse) -> Settled {
    match &account.settings {
        Settings::AfricasTalking(_) => content_or_status(response, |response| {
            let body = json_body(response);
            match text(&body, "/entries/0/status") {
                Some("Queued") => {
                    Settled::taken(owned(&body, "/entries/0/sessionId").filter(|id| id != "None"))
                }
                Some(word) => refused(class(word), Some(word.to_owned()), word),
                None => match text(&body, "/errorMessage").filter(|word| *word != "None") {
                    Some(words) => refused(ErrorClass::BadRequest, None, words),
                    None => Settled::Unknown,
                },
            }
        }),
        _ => crate::settle(account, response),
    }
}

fn class(word: &str) -> ErrorClass {
    match word {
        "InvalidPhoneNumber" | "DestinationNotSupported" => ErrorClass::Unreachable,
        "InsufficientCredit" | "InvalidCallerId" => ErrorClass::AccountBroken,
        _ => ErrorClass::BadRequest,
    }
}
