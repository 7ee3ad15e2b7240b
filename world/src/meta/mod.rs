//! A fake WhatsApp Cloud API: takes messages as Meta does (same paths, checks, limits and errors), keeps them on
//! people's phones, reports what became of them, and brings what people write to the line's webhook, signed.
//!
//! Facts are from Meta's documents as collected in design/channels.md, sections 1 to 6.
mod check;
mod http;
mod webhook;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::clock::Clock;
use crate::delivery::{Carrier, Delivered, Webhook};
use crate::fault::{Faults, Reports};
use crate::serve::{Serving, serve};
use crate::sign;
use crate::thread::{Bubble, Choice, Media, Progress, Side, Thread};

/// Meta tries for days; a fake gives up after about a minute, which outlasts many power cuts on a busy machine.
const WEBHOOK_TRIES: u32 = 36;
/// How many webhook bodies that were reported late are held at most.
const MAX_HELD: usize = 10_000;
/// The customer service window: free text only within 24 hours of the person's last message.
const WINDOW: Duration = Duration::from_secs(24 * 3600);
/// How many of the newest requests are remembered for tests to look at.
const MAX_REMEMBERED: usize = 2_000;
/// The answer to a set-up challenge is the challenge, and nothing more.
const MAX_CHALLENGE_BYTES: usize = 1_000;
/// The largest file fetched from a link (Meta's limit for audio and video).
const MAX_LINKED_BYTES: usize = 16 * 1024 * 1024;

/// A WhatsApp business number and its app, as set up at Meta.
#[derive(Debug, Clone)]
pub struct Account {
    /// The id of the number, in the path of every request and in every webhook.
    pub phone_number_id: String,
    /// The number as people see it, such as `+593 2 555 0100`.
    pub display_phone_number: String,
    /// The id of the WhatsApp business account, `entry[].id` of webhooks.
    pub business_account_id: String,
    /// The access token that requests must bear.
    pub token: String,
    /// What webhooks are signed with.
    pub app_secret: String,
    /// Where webhooks go.
    pub webhook_url: String,
}

/// A person on WhatsApp. Since 2026 Meta may give a phone number, a business-scoped user id, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Human {
    /// The phone number as digits; `None` for a person who hides it.
    pub wa_id: Option<String>,
    /// The business-scoped user id, such as `EC.1234abcd`.
    pub user_id: Option<String>,
    /// The profile name.
    pub name: String,
}

/// What a person can send.
#[derive(Debug, Clone)]
pub enum Said {
    Text(String),
    /// A tapped reply button of the message `context`.
    Button {
        choice: Choice,
        context: String,
    },
    /// A row picked from the list of the message `context`.
    Row {
        choice: Choice,
        context: String,
    },
    /// The quick reply of a template.
    TemplateButton {
        text: String,
        payload: String,
        context: String,
    },
    /// A file: `kind` is image, audio, video, document or sticker.
    File {
        kind: &'static str,
        content_type: String,
        bytes: Bytes,
        caption: Option<String>,
    },
    Location {
        latitude: f64,
        longitude: f64,
    },
    Reaction {
        emoji: String,
        to: String,
    },
    /// Something that the API cannot show (a poll, for instance).
    Unsupported,
}

/// A request that the fake received.
#[derive(Debug, Clone)]
pub struct Received {
    pub phone_number_id: String,
    pub body: Value,
    /// The status that it was answered with; 0 when the answer was lost on purpose.
    pub answered: u16,
}

/// The fake; clones are the same one. It stops when the last clone is dropped.
#[derive(Clone)]
pub struct Meta {
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
    phones: HashMap<PhoneKey, Phone>,
    files: HashMap<String, File>,
    received: std::collections::VecDeque<Received>,
    reports: Reports,
    /// Files cannot be had at the moment.
    files_down: bool,
    held: Vec<(Arc<Account>, Value)>,
}

/// The number's id, and the person's wa_id or user id.
type PhoneKey = (String, String);

struct File {
    content_type: String,
    bytes: Bytes,
}

#[derive(Clone)]
struct Phone {
    human: Arc<Human>,
    thread: Thread,
    last_written: Option<Timestamp>,
    /// Brings one person's messages in the order in which she wrote them.
    order: Arc<tokio::sync::Mutex<()>>,
}

impl Meta {
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
            // Ids must not come twice, not even after a restart: the receiver remembers them.
            serial: AtomicU64::new(started),
            state: Mutex::default(),
        });
        let serving = serve(addr, http::routes(inner.clone())).await?;
        let _ = inner.base_url.set(format!("http://{}", serving.addr));
        Ok(Self { inner, serving: Arc::new(serving) })
    }

    /// The root to which a channel's requests go instead of `https://graph.facebook.com`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.serving.addr)
    }

    /// Sets up a business number, or replaces it.
    pub fn add_account(&self, account: Account) {
        self.inner.state().accounts.insert(account.phone_number_id.clone(), Arc::new(account));
    }

    /// What the next requests will meet.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Chooses how messages are reported from now on.
    pub fn set_reports(&self, reports: Reports) {
        self.inner.state().reports = reports;
    }

    /// Whether files that people sent can be had from now on.
    pub fn set_files(&self, up: bool) {
        self.inner.state().files_down = !up;
    }

    /// Brings the reports that were held, last first when they are to be reordered.
    pub async fn release_reports(&self) {
        let (mut held, reordered) = {
            let mut state = self.inner.state();
            (std::mem::take(&mut state.held), state.reports.reordered)
        };
        if reordered {
            held.reverse();
        }
        for (account, value) in held {
            self.inner.bring(&account, value).await;
        }
    }

    /// Brings the held reports of the message that was reported first, and holds the others back.
    pub async fn release_reports_of_first(&self) {
        let of = |value: &Value| value["statuses"][0]["id"].clone();
        let first: Vec<(Arc<Account>, Value)> = {
            let mut state = self.inner.state();
            let Some(id) = state.held.first().map(|(_, value)| of(value)) else { return };
            let (first, held) =
                std::mem::take(&mut state.held).into_iter().partition(|(_, value)| of(value) == id);
            state.held = held;
            first
        };
        for (account, value) in first {
            self.inner.bring(&account, value).await;
        }
    }

    /// The requests received so far (the newest two thousand), oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.inner.state().received.iter().cloned().collect()
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

    /// A person's phone on this number; her conversation goes on in `thread`.
    ///
    /// # Panics
    /// When the number was never set up, or the person has neither phone number nor user id.
    #[must_use]
    pub fn phone(&self, phone_number_id: &str, human: Human, thread: Thread) -> Handset {
        let mut state = self.inner.state();
        let account = state.accounts.get(phone_number_id).cloned();
        let account = account.unwrap_or_else(|| panic!("no WhatsApp number {phone_number_id} was set up"));
        let human = Arc::new(human);
        let last_written = thread.bubbles().iter().rev().find(|b| b.from == Side::Me).map(|b| b.at);
        let phone = Phone { human: human.clone(), thread, last_written, order: Arc::default() };
        let ids: Vec<&String> = human.wa_id.iter().chain(&human.user_id).collect();
        assert!(!ids.is_empty(), "{} has neither a phone number nor a user id", human.name);
        for id in ids {
            state.phones.insert((phone_number_id.to_owned(), id.clone()), phone.clone());
        }
        Handset { inner: self.inner.clone(), account, phone }
    }

    /// Asks the account's webhook whether it is ours, as Meta does when it is set up: whether it repeats the
    /// challenge to who knows `verify_token`.
    pub async fn verifies(&self, phone_number_id: &str, verify_token: &str) -> bool {
        let Some(account) = self.inner.state().accounts.get(phone_number_id).cloned() else { return false };
        let challenge = self.inner.serial.fetch_add(1, Ordering::SeqCst).to_string();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("hub.mode", "subscribe"), ("hub.challenge", &challenge)])
            .append_pair("hub.verify_token", verify_token)
            .finish();
        let url = format!("{}?{query}", account.webhook_url);
        let answer = self.inner.carrier.fetch(&url, MAX_CHALLENGE_BYTES).await;
        answer.is_some_and(|answer| answer == challenge.as_bytes())
    }

    /// Posts `body` to the account's webhook with the given signature (or none), once, and says how it was
    /// answered. For what nobody should send.
    pub async fn post_raw(&self, phone_number_id: &str, body: &[u8], signature: Option<String>) -> Delivered {
        let Some(account) = self.inner.state().accounts.get(phone_number_id).cloned() else {
            return Delivered { status: None, attempts: 0 };
        };
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(signature.map(|signature| ("x-hub-signature-256", signature)));
        let url = account.webhook_url.clone();
        self.inner.carrier.bring(&Webhook { url, headers, body: Bytes::copy_from_slice(body) }, 1).await
    }
}

/// One person's phone, from which she writes to one business number.
#[derive(Clone)]
pub struct Handset {
    inner: Arc<Inner>,
    account: Arc<Account>,
    phone: Phone,
}

impl Handset {
    /// What this phone shows.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.phone.thread
    }

    /// Sends something to the line; returns when the line's webhook has taken it or the fake has given up.
    pub async fn say(&self, said: Said) -> Delivered {
        self.send(said, 1).await
    }

    /// Sends something that Meta brings twice, as happens when an answer to it was slow.
    pub async fn say_twice(&self, said: Said) -> Delivered {
        self.send(said, 2).await
    }

    async fn send(&self, said: Said, times: usize) -> Delivered {
        let id = self.inner.wamid(&self.phone.human);
        let now = self.inner.clock.now();
        let file = match &said {
            Said::File { content_type, bytes, .. } => Some(self.inner.keep_file(content_type, bytes)),
            _ => None,
        };
        self.phone.thread.put(self.shown(&id, now, &said, file.as_deref()));
        self.inner.wrote(&self.account, &self.phone.human, now);
        let message = webhook::message(&self.phone.human, &id, now, &said, file.as_deref());
        let value = webhook::messages(&self.account, &self.phone.human, message);
        let _in_order = self.phone.order.lock().await;
        let mut delivered = Delivered { status: None, attempts: 0 };
        for _ in 0..times {
            delivered = self.inner.bring(&self.account, value.clone()).await;
        }
        let (status, reason) = match delivered.taken() {
            true => (Progress::Delivered, None),
            false => (Progress::Failed, Some("the line did not take the message".to_owned())),
        };
        self.phone.thread.progress(&id, status, reason);
        delivered
    }

    fn shown(&self, id: &str, at: Timestamp, said: &Said, file: Option<&str>) -> Bubble {
        let mut bubble = Bubble::text(id.to_owned(), at, Side::Me, "");
        match said {
            Said::Text(text) => bubble.text.clone_from(text),
            Said::Button { choice, .. } | Said::Row { choice, .. } => bubble.text.clone_from(&choice.title),
            Said::TemplateButton { text, .. } => bubble.text.clone_from(text),
            Said::File { kind, content_type, bytes, caption } => {
                (*kind).clone_into(&mut bubble.kind);
                bubble.text = caption.clone().unwrap_or_default();
                bubble.media.push(Media {
                    content_type: content_type.clone(),
                    url: format!("{}/files/{}", self.inner.base_url(), file.unwrap_or_default()),
                    size: Some(bytes.len()),
                });
            }
            Said::Location { latitude, longitude } => {
                "location".clone_into(&mut bubble.kind);
                bubble.text = format!("{latitude}, {longitude}");
            }
            Said::Reaction { emoji, .. } => bubble.text.clone_from(emoji),
            Said::Unsupported => "(a poll)".clone_into(&mut bubble.text),
        }
        bubble
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn base_url(&self) -> &str {
        self.base_url.get().map_or("", String::as_str)
    }

    /// A new message id in Meta's shape: `wamid.` and base64 of something that holds the person's id.
    fn wamid(&self, human: &Human) -> String {
        let serial = self.serial.fetch_add(1, Ordering::SeqCst);
        let person = human.wa_id.as_deref().or(human.user_id.as_deref()).unwrap_or("");
        format!("wamid.{}", STANDARD.encode(format!("HBg{person}{serial:016X}")))
    }

    fn keep_file(&self, content_type: &str, bytes: &Bytes) -> String {
        let id = self.serial.fetch_add(1, Ordering::SeqCst).to_string();
        let file = File { content_type: content_type.to_owned(), bytes: bytes.clone() };
        self.state().files.insert(id.clone(), file);
        id
    }

    fn wrote(&self, account: &Account, human: &Human, now: Timestamp) {
        let mut state = self.state();
        for id in human.wa_id.iter().chain(&human.user_id) {
            if let Some(phone) = state.phones.get_mut(&(account.phone_number_id.clone(), id.clone())) {
                phone.last_written = Some(now);
            }
        }
    }

    /// Signs a change and brings it to the account's webhook.
    async fn bring(&self, account: &Account, value: Value) -> Delivered {
        let body = webhook::envelope(account, value).to_string();
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-hub-signature-256", sign::meta(&account.app_secret, body.as_bytes())),
            ("user-agent", "facebookexternalua".to_owned()),
        ];
        let webhook = Webhook { url: account.webhook_url.clone(), headers, body: body.into() };
        self.carrier.bring(&webhook, WEBHOOK_TRIES).await
    }
}

#[cfg(test)]
mod tests;
