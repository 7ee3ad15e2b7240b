//! Beginning a call, and what became of that.
use std::time::Duration;

use flow::words::Urn;
use uuid::Uuid;

use super::{MAX_RINGING, whole};
use crate::account::{Account, Secret, Settings};
use crate::africas_talking_voice;
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
        Settings::AfricasTalking(settings) => {
            // Messages and calls have an address each.
            let base = match settings.base_url.as_deref() {
                None => africas_talking_voice::DEFAULT_BASE_URL.to_owned(),
                Some(base) => base.trim_end_matches('/').replacen("://api.", "://voice.", 1),
            };
            Ok(africas_talking(account, &settings.username, &settings.api_key, &base, new))
        }
        Settings::AfricasTalkingVoice(settings) => {
            Ok(africas_talking(account, &settings.username, &settings.api_key, settings.base(), new))
        }
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

fn africas_talking(
    account: &Account,
    username: &str,
    api_key: &Secret,
    base: &str,
    new: &NewCall,
) -> HttpRequest {
    let (to, id) = (new.to.path(), new.id.to_string());
    let fields = [("username", username), ("to", &to), ("from", &account.address), ("clientRequestId", &id)];
    let headers = Headers::new().with("apiKey", api_key.expose()).with("Accept", "application/json");
    HttpRequest::post_form(format!("{base}/call"), headers, fields)
}

/// What became of a [`call`] by the provider's answer; the id is that of the telephone call.
#[must_use]
pub fn settle(account: &Account, response: &HttpResponse) -> Settled {
    match &account.settings {
        Settings::AfricasTalking(_) => africas_talking_settled(response),
        _ => crate::settle(account, response),
    }
}

pub(crate) fn africas_talking_settled(response: &HttpResponse) -> Settled {
    content_or_status(response, |response| {
        let body = json_body(response);
        match text(&body, "/entries/0/status") {
            Some("Queued") => Settled::taken(owned(&body, "/entries/0/sessionId").filter(|id| id != "None")),
            Some(word) => refused(class(word), Some(word.to_owned()), word),
            None => match text(&body, "/errorMessage").filter(|word| *word != "None") {
                Some(words) => refused(class_of_words(words), None, words),
                None => Settled::Unknown,
            },
        }
    })
}

/// The request that stops a call from ringing; `None` where the provider cannot be asked to. One that somebody has taken
/// meanwhile goes on.
#[must_use]
pub fn cancel(account: &Account, external_id: &str) -> Option<HttpRequest> {
    let Settings::TwilioVoice(settings) = &account.settings else { return None };
    let is_id = !external_id.is_empty() && external_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let base = settings.base_url.as_deref().unwrap_or(twilio::DEFAULT_BASE_URL).trim_end_matches('/');
    let sid = &settings.account_sid;
    let url = format!("{base}/2010-04-01/Accounts/{sid}/Calls/{external_id}.json");
    is_id.then(|| {
        HttpRequest::post_form(url, basic(sid, settings.auth_token.expose()), [("Status", "canceled")])
    })
}

/// Whether a call does not ring any more by the provider's answer to [`cancel`]: it was stopped, has been taken, or is
/// over.
#[must_use]
pub fn cancelled(response: &HttpResponse) -> bool {
    response.is_success() || matches!(response.status, 400 | 404 | 409)
}

/// Africa's Talking's words for a number that is not called.
fn class(word: &str) -> ErrorClass {
    match word {
        "InvalidPhoneNumber" | "DestinationNotSupported" => ErrorClass::Unreachable,
        "InsufficientCredit" | "InvalidCallerId" => ErrorClass::AccountBroken,
        "Aborted" => ErrorClass::Transient,
        _ => ErrorClass::BadRequest,
    }
}

/// Its sentences for a request that was refused as a whole.
fn class_of_words(words: &str) -> ErrorClass {
    let words = words.to_ascii_lowercase();
    let has = |part: &str| words.contains(part);
    if has("credit") || has("callerid") || has("caller id") || has("authentication") || has("permission") {
        ErrorClass::AccountBroken
    } else {
        ErrorClass::BadRequest
    }
}
