//! A fake Viber bot API: takes what a bot sends as Viber does (same calls, checks, limits and status codes), keeps it on
//! people's phones, reports what became of it, and brings what people do to the bot's webhook, signed. A lost answer
//! cannot be looked up.
//!
//! Facts are from developers.viber.com/docs/api/rest-bot-api, as collected in design/channels.md.
mod check;
mod event;
mod http;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::clock::Clock;
use crate::delivery::{Carrier, Delivered, Webhook};
use crate::fault::{Faults, Reports};
use crate::serve::{Serving, serve};
use crate::sign;
use crate::thread::{Bubble, Media, Progress, Side, Tap, Thread};

/// Viber repeats a webhook for about an hour; a fake gives up after about a minute.
const WEBHOOK_TRIES: u32 = 36;
/// How many webhook bodies that were reported late are held at most.
const MAX_HELD: usize = 10_000;
/// How many of the newest requests are remembered for tests to look at.
const MAX_REMEMBERED: usize = 2_000;
/// To somebody who does not answer go a hundred messages an hour; more get status 12.
const SILENT_LIMIT: usize = 100;
const SILENT_HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A bot, as made in Viber's admin panel.
#[derive(Debug, Clone)]
pub struct Bot {
    /// What requests carry and webhooks are signed with.
    pub token: String,
    pub name: String,
}

/// A person on Viber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Human {
    /// Her id for this bot only, such as `01234567890A=`. There is no phone number.
    pub id: String,
    pub name: String,
}

/// What a person can do in her chat with the bot.
#[derive(Debug, Clone)]
pub enum Said {
    Text(String),
    /// A picture, a video or another file.
    File {
        /// `picture`, `video` or `file`.
        kind: &'static str,
        content_type: String,
        bytes: Bytes,
        caption: Option<String>,
    },
    Location {
        latitude: f64,
        longitude: f64,
    },
    Contact {
        name: String,
        phone: String,
    },
    Sticker(u32),
    Url(String),
    /// She opens the chat for the first time or by a link with a `context`; she has written nothing.
    Opens(Option<String>),
    Subscribes,
    Unsubscribes,
}

impl Said {
    /// A file without words; `kind` is a word of Viber's or of WhatsApp's.
    #[must_use]
    pub fn file(kind: &'static str, content_type: &str, bytes: Bytes) -> Self {
        let kind = match kind {
            "image" | "picture" => "picture",
            "video" => "video",
            _ => "file",
        };
        Self::File { kind, content_type: content_type.to_owned(), bytes, caption: None }
    }
}

/// A call that the fake received.
#[derive(Debug, Clone)]
pub struct Received {
    /// `send_message` and the like.
    pub method: String,
    pub body: Value,
    /// The status code in the answer's body; `None` when the answer was lost on purpose, or was no 200.
    pub status: Option<u8>,
}

/// The fake; clones are the same one. It stops when the last clone is dropped.
#[derive(Clone)]
pub struct Viber {
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
    /// By token.
    bots: HashMap<String, Known>,
    phones: HashMap<PhoneKey, Phone>,
    files: HashMap<String, (String, Bytes)>,
    received: VecDeque<Received>,
    reports: Reports,
    held: Vec<(Arc<Bot>, Value)>,
}

struct Known {
    bot: Arc<Bot>,
    webhook_url: Option<String>,
    /// What `set_webhook` asked for; everything when empty.
    event_types: Vec<String>,
}

/// The bot's token and the person's id.
type PhoneKey = (String, String);

#[derive(Clone)]
struct Phone {
    human: Arc<Human>,
    thread: Thread,
    subscribed: bool,
    /// When she was written to since she last answered; an hour back.
    unanswered: VecDeque<Timestamp>,
    /// Brings what one person does in the order in which she did it.
    order: Arc<tokio::sync::Mutex<()>>,
}

impl Viber {
    /// Starts the fake on `addr` (port 0 takes a free one).
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(addr: SocketAddr, clock: Clock) -> anyhow::Result<Self> {
        // Viber's tokens are numbers of 63 bits, more than a floating-point number can tell apart.
        let started = u64::try_from(clock.now().as_microsecond()).unwrap_or_default() * 3 % (1 << 62);
        let inner = Arc::new(Inner {
            clock,
            base_url: std::sync::OnceLock::new(),
            carrier: Carrier::new()?,
            faults: Faults::default(),
            serial: AtomicU64::new(started | (1 << 61)),
            state: Mutex::default(),
        });
        let serving = serve(addr, http::routes(inner.clone())).await?;
        let _ = inner.base_url.set(format!("http://{}", serving.addr));
        Ok(Self { inner, serving: Arc::new(serving) })
    }

    /// What a channel's requests go to instead of `https://chatapi.viber.com/pa`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/pa", self.serving.addr)
    }

    /// Makes a bot, or replaces it.
    pub fn add_bot(&self, bot: Bot) {
        let known = Known { bot: Arc::new(bot.clone()), webhook_url: None, event_types: Vec::new() };
        self.inner.state().bots.insert(bot.token, known);
    }

    /// Sets the bot's webhook without asking it, for everything.
    pub fn set_hook(&self, token: &str, url: &str) {
        if let Some(known) = self.inner.state().bots.get_mut(token) {
            known.webhook_url = Some(url.to_owned());
            known.event_types.clear();
        }
    }

    /// The bot's webhook.
    #[must_use]
    pub fn hook(&self, token: &str) -> Option<String> {
        self.inner.state().bots.get(token).and_then(|known| known.webhook_url.clone())
    }

    /// What the next messages will meet; other calls meet nothing.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Chooses how messages are reported from now on.
    pub fn set_reports(&self, reports: Reports) {
        self.inner.state().reports = reports;
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
        for (bot, event) in held {
            self.inner.bring(&bot, &event).await;
        }
    }

    /// The calls received so far (the newest two thousand), oldest first.
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

    /// A person's phone with her chat with this bot; the conversation goes on in `thread`.
    ///
    /// # Panics
    /// When the bot was never made.
    #[must_use]
    pub fn phone(&self, token: &str, human: Human, thread: Thread) -> Handset {
        let mut state = self.inner.state();
        let bot = state.bots.get(token).map(|known| known.bot.clone());
        let bot = bot.unwrap_or_else(|| panic!("no Viber bot with this token was made"));
        let key = (token.to_owned(), human.id.clone());
        let subscribed = !thread.is_empty();
        let (unanswered, order) = (VecDeque::new(), Arc::default());
        let phone = Phone { human: Arc::new(human), thread, subscribed, unanswered, order };
        state.phones.insert(key.clone(), phone.clone());
        Handset { inner: self.inner.clone(), bot, key, phone }
    }

    /// Posts `body` to the bot's webhook with the given signature (or none), once, and says how it was answered. For
    /// what nobody should send.
    pub async fn post_raw(&self, token: &str, body: &[u8], signature: Option<String>) -> Delivered {
        let Some(url) = self.hook(token) else { return Delivered { status: None, attempts: 0 } };
        let webhook = webhook(&url, signature, Bytes::copy_from_slice(body));
        self.inner.carrier.bring(&webhook, 1).await
    }
}

/// One person's phone, with her chat with one bot.
#[derive(Clone)]
pub struct Handset {
    inner: Arc<Inner>,
    bot: Arc<Bot>,
    key: PhoneKey,
    phone: Phone,
}

impl Handset {
    /// What this phone shows.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.phone.thread
    }

    /// Does something in the chat; returns when the line's webhook has taken it or the fake has given up.
    pub async fn say(&self, said: Said) -> Delivered {
        self.send(said, 1).await
    }

    /// Does something that Viber brings twice under the same message token.
    pub async fn say_twice(&self, said: Said) -> Delivered {
        self.send(said, 2).await
    }

    /// What tapping the key `wanted` (its id or title) of the message `message` does; `None` when there is no such key,
    /// or it opens a page.
    #[must_use]
    pub fn tap(&self, message: &str, wanted: &str) -> Option<Said> {
        let bubble = self.phone.thread.bubble(message)?;
        let key = bubble.keyboard.as_ref()?.key(wanted)?;
        Some(match key.tap {
            Tap::Say | Tap::CallBack => Said::Text(key.id.clone()),
            Tap::ShareLocation => Said::Location { latitude: -0.1807, longitude: -78.4678 },
            Tap::ShareContact => {
                Said::Contact { name: self.phone.human.name.clone(), phone: "593990000000".to_owned() }
            }
            Tap::Open => return None,
        })
    }

    async fn send(&self, said: Said, times: usize) -> Delivered {
        let now = self.inner.clock.now();
        let token = self.inner.next();
        let media = match &said {
            Said::File { content_type, bytes, .. } => Some(self.inner.keep_file(content_type, bytes)),
            _ => None,
        };
        let is_shown = self.show(token, now, &said, media.as_deref());
        self.inner.stands(&self.key, &said);
        let event = event::deed(&self.phone.human, token, now, &said, media.as_deref());
        let _in_order = self.phone.order.lock().await;
        let mut delivered = Delivered { status: None, attempts: 0 };
        let mut answer = Bytes::new();
        for _ in 0..times {
            (delivered, answer) = self.inner.bring(&self.bot, &event).await;
        }
        if is_shown {
            let (status, reason) = match delivered.taken() {
                true => (Progress::Delivered, None),
                false => (Progress::Failed, Some("the line did not take the message".to_owned())),
            };
            self.phone.thread.progress(&token.to_string(), status, reason);
        }
        if let Said::Opens(_) = said {
            self.welcome(&answer);
        }
        delivered
    }

    /// The answer to `conversation_started` may be a message, the only one that she gets without having written.
    fn welcome(&self, answer: &[u8]) {
        let Ok(message) = serde_json::from_slice::<Value>(answer) else { return };
        if let Ok(mut bubble) = check::message(&message) {
            bubble.id = self.inner.next().to_string();
            bubble.at = self.inner.clock.now();
            bubble.status = Progress::Delivered;
            self.phone.thread.put(bubble);
        }
    }

    /// Shows what she did on her own phone; `false` when it shows nothing.
    fn show(&self, token: u64, at: Timestamp, said: &Said, media: Option<&str>) -> bool {
        let mut bubble = Bubble::text(token.to_string(), at, Side::Me, "");
        match said {
            Said::Text(text) | Said::Url(text) => bubble.text.clone_from(text),
            Said::File { kind, content_type, bytes, caption } => {
                (*kind).clone_into(&mut bubble.kind);
                bubble.text = caption.clone().unwrap_or_default();
                let url = media.unwrap_or_default().to_owned();
                bubble.media.push(Media { content_type: content_type.clone(), url, size: Some(bytes.len()) });
            }
            Said::Location { latitude, longitude } => {
                "location".clone_into(&mut bubble.kind);
                bubble.text = format!("{latitude}, {longitude}");
            }
            Said::Contact { name, phone } => {
                "contact".clone_into(&mut bubble.kind);
                bubble.text = format!("{name}: {phone}");
            }
            Said::Sticker(number) => {
                "sticker".clone_into(&mut bubble.kind);
                bubble.text = format!("(sticker {number})");
            }
            Said::Opens(_) | Said::Subscribes | Said::Unsubscribes => return false,
        }
        self.phone.thread.put(bubble);
        true
    }
}

fn webhook(url: &str, signature: Option<String>, body: Bytes) -> Webhook {
    let mut headers = vec![("content-type", "application/json".to_owned())];
    headers.extend(signature.map(|signature| ("x-viber-content-signature", signature)));
    Webhook { url: url.to_owned(), headers, body }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::SeqCst)
    }

    fn keep_file(&self, content_type: &str, bytes: &Bytes) -> String {
        let id = self.next().to_string();
        self.state().files.insert(id.clone(), (content_type.to_owned(), bytes.clone()));
        format!("{}/files/{id}", self.base_url.get().map_or("", String::as_str))
    }

    /// Notes what a deed changes between her and the bot.
    fn stands(&self, key: &PhoneKey, said: &Said) {
        if let Some(phone) = self.state().phones.get_mut(key) {
            match said {
                Said::Opens(_) => {}
                Said::Unsubscribes => phone.subscribed = false,
                // Whoever writes is subscribed by that.
                _ => {
                    phone.subscribed = true;
                    phone.unanswered.clear();
                }
            }
        }
    }

    /// Signs an event and brings it to the bot's webhook, unless the bot has none or did not ask for this kind. Messages
    /// always come.
    async fn bring(&self, bot: &Bot, event: &Value) -> (Delivered, Bytes) {
        let kind = event["event"].as_str().unwrap_or("");
        let url = {
            let state = self.state();
            let known = state.bots.get(&bot.token);
            let wants = |known: &&Known| {
                kind == "message"
                    || known.event_types.is_empty()
                    || known.event_types.iter().any(|wanted| wanted == kind)
            };
            known.filter(wants).and_then(|known| known.webhook_url.clone())
        };
        let Some(url) = url else { return (Delivered { status: Some(200), attempts: 0 }, Bytes::new()) };
        let body = event.to_string();
        let signature = sign::viber(&bot.token, body.as_bytes());
        self.carrier.bring_and_read(&webhook(&url, Some(signature), body.into()), WEBHOOK_TRIES).await
    }
}

#[cfg(test)]
mod tests;
