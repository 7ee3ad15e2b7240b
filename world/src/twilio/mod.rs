//! A fake Twilio Programmable Messaging: takes SMS as Twilio does, keeps them on people's phones, calls the
//! status callback of each message, brings what people write to the number's webhook, signed, and lists what it
//! sent so that a lost answer can be looked up.
mod http;
pub mod voice;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::delivery::{Carrier, Delivered, Webhook};
use crate::fault::{Faults, Reports};
use crate::serve::{Serving, serve};
use crate::sign;
use crate::thread::{Bubble, Media, Progress, Side, Thread};

/// Twilio tries a webhook again once unless its URL says otherwise (`#rc=5` is the most it grants).
const DEFAULT_RETRIES: u32 = 1;
const MAX_RETRIES: u32 = 5;
/// How many of the newest messages are kept for the list.
const MAX_KEPT: usize = 10_000;
/// How many callbacks that were reported late are held at most.
const MAX_HELD: usize = 10_000;

/// A Twilio account with one number, as set up in its console.
#[derive(Debug, Clone)]
pub struct Account {
    /// The account's id, `AC…`, also the user name of requests.
    pub sid: String,
    /// The auth token: the password of requests, and the key of signatures.
    pub token: String,
    /// The number in E.164, such as `+59325550100`.
    pub number: String,
    /// Where incoming messages go ("A message comes in" in Twilio's console); may end in `#rc=5`.
    pub webhook_url: String,
}

/// A message that the line sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub sid: String,
    pub account_sid: String,
    pub at: Timestamp,
    pub from: String,
    pub to: String,
    pub body: String,
    pub media: Vec<String>,
    pub status: &'static str,
    pub error_code: Option<u32>,
    /// Where its reports go.
    pub callback: Option<String>,
}

/// The fake; clones are the same one. It stops when the last clone is dropped.
#[derive(Clone)]
pub struct Twilio {
    inner: Arc<Inner>,
    serving: Arc<Serving>,
}

struct Inner {
    clock: Clock,
    base_url: std::sync::OnceLock<String>,
    carrier: Carrier,
    faults: Faults,
    serial: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    accounts: HashMap<String, Arc<Account>>,
    /// By the line's number and the person's.
    phones: HashMap<(String, String), Phone>,
    sent: std::collections::VecDeque<Sent>,
    received: usize,
    files: HashMap<String, (String, Bytes)>,
    reports: Reports,
    held: Vec<Callback>,
    exchange: voice::Exchange,
}

/// A report that is not brought yet: whose it is, the URL and the form.
type Callback = (Arc<Account>, String, Vec<(String, String)>);

#[derive(Clone)]
struct Phone {
    thread: Thread,
    order: Arc<tokio::sync::Mutex<()>>,
}

impl Twilio {
    /// Starts the fake on `addr` (port 0 takes a free one).
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(addr: SocketAddr, clock: Clock) -> anyhow::Result<Self> {
        let started = u64::try_from(clock.now().as_microsecond()).unwrap_or_default();
        let inner = Arc::new(Inner {
            clock,
            base_url: std::sync::OnceLock::new(),
            carrier: Carrier::new()?,
            faults: Faults::default(),
            serial: AtomicU64::new(started),
            state: Mutex::default(),
        });
        let serving = serve(addr, http::routes(inner.clone())).await?;
        let _ = inner.base_url.set(format!("http://{}", serving.addr));
        Ok(Self { inner, serving: Arc::new(serving) })
    }

    /// The root to which a channel's requests go instead of `https://api.twilio.com`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.serving.addr)
    }

    /// Sets up an account, or replaces it.
    pub fn add_account(&self, account: Account) {
        self.inner.state().accounts.insert(account.sid.clone(), Arc::new(account));
    }

    /// What the next requests will meet.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Chooses how messages are reported from now on; SMS is never reported as read.
    pub fn set_reports(&self, reports: Reports) {
        self.inner.state().reports = reports;
    }

    /// Brings the callbacks that were held, last first when they are to be reordered.
    pub async fn release_reports(&self) {
        let (mut held, reordered) = {
            let mut state = self.inner.state();
            (std::mem::take(&mut state.held), state.reports.reordered)
        };
        if reordered {
            held.reverse();
        }
        for (account, url, fields) in held {
            self.inner.bring(&account, &url, &fields).await;
        }
    }

    /// The messages that the line sent (the newest ten thousand), oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.inner.state().sent.iter().cloned().collect()
    }

    /// How many requests to send came in, refused ones included.
    #[must_use]
    pub fn received(&self) -> usize {
        self.inner.state().received
    }

    /// Waits until no webhook is under way.
    pub async fn idle(&self) {
        self.inner.carrier.idle().await;
    }

    /// Whether a webhook is under way.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.inner.carrier.busy()
    }

    /// The webhooks that the server never took.
    #[must_use]
    pub fn undelivered(&self) -> Vec<Webhook> {
        self.inner.carrier.undelivered()
    }

    /// A person's phone with number `person` (E.164), writing to the number of account `sid`.
    ///
    /// # Panics
    /// When the account was never set up.
    #[must_use]
    pub fn phone(&self, sid: &str, person: &str, thread: Thread) -> Handset {
        let mut state = self.inner.state();
        let account = state.accounts.get(sid).cloned();
        let account = account.unwrap_or_else(|| panic!("no Twilio account {sid} was set up"));
        let phone = Phone { thread, order: Arc::default() };
        state.phones.insert((account.number.clone(), person.to_owned()), phone.clone());
        Handset { inner: self.inner.clone(), account, number: person.to_owned(), phone }
    }

    /// Posts a form to the account's webhook with the given signature (or none), once, and says how it was
    /// answered. For what nobody should send.
    pub async fn post_raw(
        &self,
        sid: &str,
        fields: &[(String, String)],
        signature: Option<String>,
    ) -> Delivered {
        let Some(account) = self.inner.state().accounts.get(sid).cloned() else {
            return Delivered { status: None, attempts: 0 };
        };
        let (url, _) = split_retries(&account.webhook_url);
        self.inner.carrier.bring(&form(url, fields, signature), 1).await
    }
}

/// One person's phone, from which she sends SMS to one number of the line.
#[derive(Clone)]
pub struct Handset {
    inner: Arc<Inner>,
    account: Arc<Account>,
    number: String,
    phone: Phone,
}

impl Handset {
    /// What this phone shows.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.phone.thread
    }

    /// Sends an SMS; returns when the line's webhook has taken it or the fake has given up.
    pub async fn say(&self, text: &str) -> Delivered {
        self.send(text, None, 1).await
    }

    /// Sends an SMS that Twilio brings twice.
    pub async fn say_twice(&self, text: &str) -> Delivered {
        self.send(text, None, 2).await
    }

    /// Sends a picture or another file (MMS).
    pub async fn say_file(&self, text: &str, content_type: &str, bytes: Bytes) -> Delivered {
        self.send(text, Some((content_type, bytes)), 1).await
    }

    async fn send(&self, text: &str, file: Option<(&str, Bytes)>, times: usize) -> Delivered {
        let sid = self.inner.sid(if file.is_some() { "MM" } else { "SM" });
        let mut bubble = Bubble::text(sid.clone(), self.inner.clock.now(), Side::Me, text);
        let mut fields = incoming(&self.account, &sid, &self.number, text);
        if let Some((content_type, bytes)) = file {
            let media = self.inner.keep_file(&self.account, &sid, content_type, &bytes);
            fields.retain(|(name, _)| name != "NumMedia");
            fields.push(("NumMedia".into(), "1".into()));
            fields.push(("MediaUrl0".into(), media.clone()));
            fields.push(("MediaContentType0".into(), content_type.to_owned()));
            let size = Some(bytes.len());
            bubble.media.push(Media { content_type: content_type.to_owned(), url: media, size });
        }
        self.phone.thread.put(bubble);
        let _in_order = self.phone.order.lock().await;
        let mut delivered = Delivered { status: None, attempts: 0 };
        for _ in 0..times {
            delivered = self.inner.bring(&self.account, &self.account.webhook_url, &fields).await;
        }
        let (status, reason) = match delivered.taken() {
            true => (Progress::Delivered, None),
            false => (Progress::Failed, Some("the line did not take the message".to_owned())),
        };
        self.phone.thread.progress(&sid, status, reason);
        delivered
    }
}

/// The fields with which Twilio announces an incoming SMS.
fn incoming(account: &Account, sid: &str, from: &str, text: &str) -> Vec<(String, String)> {
    let segments = segments(text).to_string();
    [
        ("ToCountry", "EC"),
        ("ToState", ""),
        ("SmsMessageSid", sid),
        ("NumMedia", "0"),
        ("ToCity", ""),
        ("FromZip", ""),
        ("SmsSid", sid),
        ("FromState", ""),
        ("SmsStatus", "received"),
        ("FromCity", ""),
        ("Body", text),
        ("FromCountry", "EC"),
        ("To", &account.number),
        ("ToZip", ""),
        ("NumSegments", &segments),
        ("MessageSid", sid),
        ("AccountSid", &account.sid),
        ("From", from),
        ("ApiVersion", "2010-04-01"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// How many parts an SMS takes, near enough for a fake: plain ASCII 160 or 153 a part, the rest 70 or 67.
fn segments(text: &str) -> usize {
    let (length, single, part) =
        if text.is_ascii() { (text.len(), 160, 153) } else { (text.encode_utf16().count(), 70, 67) };
    if length <= single { 1 } else { length.div_ceil(part) }
}

/// The URL as it is called and signed, and how often a failed call is repeated.
fn split_retries(url: &str) -> (&str, u32) {
    let Some((url, fragment)) = url.split_once('#') else { return (url, DEFAULT_RETRIES) };
    let retries = fragment.split('&').find_map(|part| part.strip_prefix("rc=")?.parse().ok());
    (url, retries.unwrap_or(DEFAULT_RETRIES).min(MAX_RETRIES))
}

fn form(url: &str, fields: &[(String, String)], signature: Option<String>) -> Webhook {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut headers = vec![
        ("content-type", "application/x-www-form-urlencoded; charset=UTF-8".to_owned()),
        ("user-agent", "TwilioProxy/1.1".to_owned()),
    ];
    headers.extend(signature.map(|signature| ("x-twilio-signature", signature)));
    Webhook { url: url.to_owned(), headers, body: body.into() }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sid(&self, prefix: &str) -> String {
        format!("{prefix}{:032x}", self.serial.fetch_add(1, Ordering::SeqCst))
    }

    fn keep_file(&self, account: &Account, sid: &str, content_type: &str, bytes: &Bytes) -> String {
        let id = self.sid("ME");
        let base = self.base_url.get().map_or("", String::as_str);
        let url = format!("{base}/2010-04-01/Accounts/{}/Messages/{sid}/Media/{id}", account.sid);
        let mut state = self.state();
        state.files.insert(id, (content_type.to_owned(), bytes.clone()));
        url
    }

    /// Keeps a recording, and gives its address.
    fn keep_recording(&self, account: &Account, bytes: &Bytes) -> String {
        let id = self.sid("RE");
        let base = self.base_url.get().map_or("", String::as_str);
        let url = format!("{base}/2010-04-01/Accounts/{}/Recordings/{id}", account.sid);
        self.state().files.insert(id, ("audio/wav".to_owned(), bytes.clone()));
        url
    }

    /// Signs a form and brings it to `url`.
    async fn bring(&self, account: &Account, url: &str, fields: &[(String, String)]) -> Delivered {
        let (url, retries) = split_retries(url);
        let signature = sign::twilio(&account.token, url, fields);
        self.carrier.bring(&form(url, fields, Some(signature)), retries + 1).await
    }
}

#[cfg(test)]
mod tests;
