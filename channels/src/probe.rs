//! Does the account work? Harmless questions to the provider that its credentials must answer, what an answer says, and
//! telling the provider where its calls go.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::Account;
use crate::adapter::Preparation;
use crate::answers::class_of_status;
use crate::guard::TOKEN_PARAMETER;
use crate::http::{HttpRequest, HttpResponse};
use crate::json::{self, text};
use crate::media::web_address;
use crate::outgoing::{ErrorClass, Outgoing, without_numbers};

/// What a question is about. An account has at most one question of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Whether the credentials are good, and whose they are.
    Account,
    /// What is left to spend.
    Balance,
    /// Where the provider calls.
    Webhook,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub about: About,
    pub request: HttpRequest,
    pub(crate) reads: Reads,
}

/// Where in an answer things stand, as JSON pointers; an empty one stands for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reads {
    /// A success must have this there: providers that answer 200 to everything.
    pub(crate) ok: Option<(&'static str, Good)>,
    pub(crate) name: &'static str,
    /// What the provider calls the sender: a number, a user name.
    pub(crate) sender: &'static str,
    pub(crate) quality: &'static str,
    pub(crate) balance: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) webhook: &'static str,
    pub(crate) warning: &'static str,
}

/// What a good answer says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Good {
    True,
    Zero,
    /// Something, whatever it is.
    There,
}

impl Probe {
    pub(crate) const fn new(about: About, request: HttpRequest, reads: Reads) -> Self {
        Self { about, request, reads }
    }
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    pub ok: bool,
    /// In plain words.
    pub says: String,
    /// Why not, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<ErrorClass>,
    /// The provider's word for how good the number's standing is, lower case: `green`, `yellow`, `red`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Balance>,
    /// Where the provider calls; empty when it calls nobody yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// What the provider complains about although all is well: its last failure to call us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

impl Probed {
    /// What is known before anybody has answered.
    #[must_use]
    pub const fn nothing() -> Self {
        let (class, quality, balance, webhook, warning) = (None, None, None, None, None);
        Self { ok: false, says: String::new(), class, quality, balance, webhook, warning }
    }
}

/// What is left to spend, as the provider writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    pub amount: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// The questions that tell whether an account works, asked now (some are signed with their time); none where the provider answers nothing without sending.
#[must_use]
pub fn probes(account: &Account, now: Timestamp) -> Vec<Probe> {
    let adapter = account.settings.adapter();
    let probes = adapter.probes(account);
    if !probes.is_empty() {
        return probes;
    }
    // Who gives out tokens shows by it that the credentials are good.
    let urn = flow::words::Urn::new(adapter.scheme(), "1");
    let sample = urn.map(|to| Outgoing {
        at: now,
        ..Outgoing::new(uuid::Uuid::nil(), to, flow::words::Content::default())
    });
    match sample.map(|sample| adapter.prepare(&Account { token: None, ..account.clone() }, &sample)) {
        Ok(Ok(Some(Preparation::Token(request)))) => {
            let reads = Reads { ok: Some(("/access_token", Good::There)), ..Reads::default() };
            vec![Probe::new(About::Account, request, reads)]
        }
        _ => Vec::new(),
    }
}

/// What the answer to one of [`probes`] says.
#[must_use]
pub fn probed(account: &Account, about: About, response: &HttpResponse) -> Probed {
    let reads = probes(account, Timestamp::UNIX_EPOCH)
        .into_iter()
        .find(|probe| probe.about == about)
        .map(|probe| probe.reads);
    read(reads.unwrap_or_default(), about, response)
}

/// The requests that tell the provider to call this address (see [`webhook_address`]), all of which must go well; none
/// where a person must do it at the provider's own site, or where the address is none.
#[must_use]
pub fn register_webhooks(account: &Account, public_url: &str) -> Vec<HttpRequest> {
    match web_address(public_url) {
        Some(_) => {
            account.settings.adapter().register_webhooks(account, &webhook_address(account, public_url))
        }
        None => Vec::new(),
    }
}

/// What the answer to one of [`register_webhooks`] says.
#[must_use]
pub fn registered(account: &Account, response: &HttpResponse) -> Probed {
    let probes = probes(account, Timestamp::UNIX_EPOCH);
    let verdict = |probe: &Probe| probe.reads.ok.filter(|(_, good)| *good != Good::There);
    let ok = probes.iter().find_map(verdict);
    let mut probed = read(Reads { ok, ..Reads::default() }, About::Webhook, response);
    if probed.ok {
        probed.says = "the provider calls this address from now on".to_owned();
        probed.webhook = None;
    }
    probed
}

/// The address that a provider must call for this account: the public one, with the token in it where the provider
/// signs nothing.
#[must_use]
pub fn webhook_address(account: &Account, public_url: &str) -> String {
    let token = account.settings.adapter().webhook_token();
    match (web_address(public_url), token) {
        (Some(url), Some(_)) if url.query_pairs().any(|(name, _)| name == TOKEN_PARAMETER) => url.into(),
        (Some(mut url), Some(token)) => {
            url.query_pairs_mut().append_pair(TOKEN_PARAMETER, token);
            url.into()
        }
        _ => public_url.to_owned(),
    }
}

/// The longest words of a provider's that are shown, in characters.
const MAX_WORDS: usize = 120;

/// A provider's name for something, harmless to show: bounded, in one line.
fn shown(body: &Value, pointer: &str) -> Option<String> {
    if pointer.is_empty() {
        return None;
    }
    let raw = json::code(body, pointer)?;
    let clean: String = raw.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
    Some(clean.trim().to_owned()).filter(|text| !text.is_empty())
}

fn read(reads: Reads, about: About, response: &HttpResponse) -> Probed {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    let good = match reads.ok {
        None => true,
        Some((pointer, Good::True)) => json::at(&body, pointer) == Some(&Value::Bool(true)),
        Some((pointer, Good::Zero)) => json::integer(&body, pointer) == Some(0),
        Some((pointer, Good::There)) => json::at(&body, pointer).is_some_and(|value| !value.is_null()),
    };
    if !response.is_success() || !good {
        return refused(&body, response);
    }
    let webhook = (about == About::Webhook).then(|| shown(&body, reads.webhook).unwrap_or_default());
    let names = [shown(&body, reads.name), shown(&body, reads.sender)];
    let names: Vec<String> = names.into_iter().flatten().collect();
    let says = match (about, names.as_slice(), webhook.as_deref()) {
        (_, _, Some("")) => "the provider calls no address yet".to_owned(),
        (_, _, Some(_)) => "the provider calls this address".to_owned(),
        (About::Balance, _, _) => "the provider tells the balance".to_owned(),
        (_, [], _) => "the provider takes the credentials".to_owned(),
        (_, names, _) => format!("the provider knows this account as {}", names.join(", ")),
    };
    Probed {
        ok: true,
        says,
        class: None,
        quality: shown(&body, reads.quality).map(|quality| quality.to_lowercase()),
        balance: shown(&body, reads.balance).and_then(|raw| balance(&raw, shown(&body, reads.currency))),
        webhook,
        warning: shown(&body, reads.warning),
    }
}

/// Where providers put their words for an error.
const WORDS: [&str; 9] = [
    "/error/message",
    "/requestError/serviceException/text",
    "/errors/0/description",
    "/errors/0/message",
    "/message",
    "/description",
    "/status_message",
    "/error_description",
    "/error",
];

fn refused(body: &Value, response: &HttpResponse) -> Probed {
    // A success that says no by its content is about the credentials: nothing else was asked.
    let class =
        if response.is_success() { ErrorClass::AccountBroken } else { class_of_status(response.status) };
    let what = match class {
        ErrorClass::AccountBroken | ErrorClass::BadRequest => "the provider does not take the credentials",
        ErrorClass::Throttled => "the provider was asked too often; try again in a minute",
        _ => "the provider does not answer now; try again in a minute",
    };
    let words = WORDS.into_iter().find_map(|pointer| text(body, pointer)).map(without_numbers);
    let says = match words.filter(|words| !words.trim().is_empty()) {
        Some(words) => format!("{what}: {}", words.trim()),
        None => format!("{what} (HTTP status {})", response.status),
    };
    Probed { ok: false, says, class: Some(class), quality: None, balance: None, webhook: None, warning: None }
}

/// `12.5`, or `KES 12.5`.
fn balance(raw: &str, currency: Option<String>) -> Option<Balance> {
    let (first, second) = raw.split_once(' ').map_or((None, raw), |(first, second)| (Some(first), second));
    let amount = second.trim();
    let fits = !amount.is_empty() && amount.bytes().all(|b| b.is_ascii_digit() || b"+-.,eE".contains(&b));
    fits.then(|| Balance { amount: amount.to_owned(), currency: first.map(str::to_owned).or(currency) })
}
