//! A fake Telegram Bot API: takes what a bot sends as Telegram does (same calls, checks, limits and errors), keeps it on
//! people's phones, and brings what people do to the bot's webhook under its secret token. Telegram reports no
//! delivery, and a lost answer cannot be looked up.
//!
//! Facts are from core.telegram.org/bots/api and the bots' FAQ, as collected in design/channels.md.
mod file;
mod http;
mod markdown;
mod markup;
mod send;
mod update;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::clock::Clock;
use crate::delivery::{Carrier, Delivered, Webhook};
use crate::fault::Faults;
use crate::serve::{Serving, serve};
use crate::thread::{Bubble, Media, Progress, Side, Tap, Thread};

/// Telegram repeats an update for a day; a fake gives up after about a minute, which outlasts many power cuts.
const WEBHOOK_TRIES: u32 = 36;
/// How many of the newest requests are remembered for tests to look at.
const MAX_REMEMBERED: usize = 2_000;
/// The bots' FAQ: about one message a second in one chat, short bursts tolerated. How long a burst is nobody says.
const CHAT_PER_SECOND: f64 = 1.0;
const CHAT_BURST: f64 = 20.0;
/// The bots' FAQ: about 30 messages a second over all.
const BOT_PER_SECOND: f64 = 30.0;
const BOT_BURST: f64 = 60.0;
/// Message ids count from this moment on in tenths of a second, so that none comes twice after a restart and all stay
/// below 2^31 as Telegram's do.
const IDS_SINCE_SECOND: i64 = 1_700_000_000;

/// A bot, as made by BotFather.
#[derive(Debug, Clone)]
pub struct Bot {
    /// `123456:ABC…`: in the path of every request. What stands before the colon is the bot's id.
    pub token: String,
    /// Without the `@`.
    pub username: String,
    pub name: String,
}

/// What `setWebhook` was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    pub url: String,
    pub secret_token: Option<String>,
    /// The kinds of updates that come; Telegram's usual ones when empty.
    pub allowed_updates: Vec<String>,
}

/// A person on Telegram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Human {
    /// Her id, which is also the id of her chat with the bot.
    pub id: i64,
    pub name: String,
    /// Without the `@`; many people have none.
    pub username: Option<String>,
    /// Her phone number, which the bot learns only when she shares it.
    pub phone: Option<String>,
}

/// What a person can do in her chat with the bot.
#[derive(Debug, Clone)]
pub enum Said {
    Text(String),
    /// The START button, or a link with something behind `?start=`.
    Start(Option<String>),
    /// A key under the message `message`.
    CallBack {
        data: String,
        message: String,
    },
    /// A file: `kind` is photo, voice, audio, video, document or sticker.
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
    /// Her own visiting card, phone number included.
    Contact,
    /// Other words for the message `message` of hers.
    Edit {
        message: String,
        text: String,
    },
    Reaction {
        emoji: String,
        to: String,
    },
    /// Something that no line understands.
    Poll,
    /// She blocks the bot, or takes that back.
    Block,
    Unblock,
}

impl Said {
    /// A file without words; `kind` is a word of Telegram's or of WhatsApp's.
    #[must_use]
    pub fn file(kind: &'static str, content_type: &str, bytes: Bytes) -> Self {
        let kind = match kind {
            "image" => "photo",
            // Recorded on the spot, as most sounds are.
            "audio" => "voice",
            kind => kind,
        };
        Self::File { kind, content_type: content_type.to_owned(), bytes, caption: None }
    }
}

/// A call that the fake received.
#[derive(Debug, Clone)]
pub struct Received {
    /// `sendMessage` and the like.
    pub method: String,
    pub parameters: HashMap<String, Value>,
    /// The status that it was answered with; 0 when the answer was lost on purpose.
    pub answered: u16,
}

/// The fake; clones are the same one. It stops when the last clone is dropped.
#[derive(Clone)]
pub struct Telegram {
    inner: Arc<Inner>,
    serving: Arc<Serving>,
}

struct Inner {
    clock: Clock,
    base_url: std::sync::OnceLock<String>,
    carrier: Carrier,
    faults: Faults,
    serial: AtomicI64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By token.
    bots: HashMap<String, Known>,
    phones: HashMap<PhoneKey, Phone>,
    files: HashMap<String, File>,
    /// Callback queries that may still be answered.
    queries: HashSet<String>,
    received: VecDeque<Received>,
}

/// The bot's token and the chat's id.
type PhoneKey = (String, i64);

/// A bot and what it was told.
struct Known {
    bot: Arc<Bot>,
    hook: Option<Hook>,
    /// The moment and the words of the last update that nobody took.
    last_error: Option<(Timestamp, String)>,
    flood: Flood,
}

struct File {
    /// The token of the bot that it was sent to.
    bot: String,
    path: String,
    content_type: String,
    bytes: Bytes,
}

#[derive(Clone)]
struct Phone {
    human: Arc<Human>,
    thread: Thread,
    /// Whether she ever wrote or pressed START.
    started: bool,
    blocked: bool,
    flood: Flood,
    /// Brings what one person does in the order in which she did it.
    order: Arc<tokio::sync::Mutex<()>>,
}

/// How much may still be sent at this moment.
#[derive(Debug, Clone, Copy)]
struct Flood {
    level: f64,
    at: Option<Timestamp>,
}

impl Flood {
    const fn full(burst: f64) -> Self {
        Self { level: burst, at: None }
    }

    /// Takes one message, or says after how many seconds there is room for one.
    fn take(&mut self, per_second: f64, burst: f64, now: Timestamp) -> Result<(), u64> {
        let passed = self.at.map_or(0.0, |at| now.duration_since(at).as_secs_f64().max(0.0));
        self.level = (self.level + passed * per_second).min(burst);
        self.at = Some(now);
        if self.level < 1.0 {
            return Err((((1.0 - self.level) / per_second).ceil() as u64).max(1));
        }
        self.level -= 1.0;
        Ok(())
    }
}

impl Telegram {
    /// Starts the fake on `addr` (port 0 takes a free one).
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(addr: SocketAddr, clock: Clock) -> anyhow::Result<Self> {
        let started = (clock.now().as_millisecond() - IDS_SINCE_SECOND * 1_000).max(0) / 100;
        let inner = Arc::new(Inner {
            clock,
            base_url: std::sync::OnceLock::new(),
            carrier: Carrier::new()?,
            faults: Faults::default(),
            serial: AtomicI64::new(started),
            state: Mutex::default(),
        });
        let serving = serve(addr, http::routes(inner.clone())).await?;
        let _ = inner.base_url.set(format!("http://{}", serving.addr));
        Ok(Self { inner, serving: Arc::new(serving) })
    }

    /// The root to which a channel's requests go instead of `https://api.telegram.org`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.serving.addr)
    }

    /// Makes a bot, or replaces it. It has no webhook until [`set_hook`](Self::set_hook) or `setWebhook` is called.
    pub fn add_bot(&self, bot: Bot) {
        let flood = Flood::full(BOT_BURST);
        let known = Known { bot: Arc::new(bot.clone()), hook: None, last_error: None, flood };
        self.inner.state().bots.insert(bot.token, known);
    }

    /// Sets the bot's webhook as `setWebhook` does.
    pub fn set_hook(&self, token: &str, hook: Hook) {
        if let Some(known) = self.inner.state().bots.get_mut(token) {
            known.hook = Some(hook);
        }
    }

    /// The bot's webhook.
    #[must_use]
    pub fn hook(&self, token: &str) -> Option<Hook> {
        self.inner.state().bots.get(token).and_then(|known| known.hook.clone())
    }

    /// What the next messages will meet; other calls meet nothing.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
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
        let bot = bot.unwrap_or_else(|| panic!("no Telegram bot with this token was made"));
        let key = (token.to_owned(), human.id);
        let started = !thread.is_empty();
        let flood = Flood::full(CHAT_BURST);
        let order = Arc::default();
        let phone = Phone { human: Arc::new(human), thread, started, blocked: false, flood, order };
        state.phones.insert(key.clone(), phone.clone());
        Handset { inner: self.inner.clone(), bot, key, phone }
    }

    /// Posts `body` to the bot's webhook under the given secret token (or none), once, and says how it was answered.
    /// For what nobody should send.
    pub async fn post_raw(&self, token: &str, body: &[u8], secret_token: Option<String>) -> Delivered {
        let Some(hook) = self.hook(token) else { return Delivered { status: None, attempts: 0 } };
        let webhook = webhook(&hook, secret_token, Bytes::copy_from_slice(body));
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

    /// Does something that Telegram brings twice under the same update id, as after a slow answer.
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
            Tap::Say => Said::Text(key.title.clone()),
            Tap::CallBack => Said::CallBack { data: key.id.clone(), message: message.to_owned() },
            Tap::ShareLocation => Said::Location { latitude: -0.1807, longitude: -78.4678 },
            Tap::ShareContact => Said::Contact,
            Tap::Open => return None,
        })
    }

    async fn send(&self, said: Said, times: usize) -> Delivered {
        let now = self.inner.clock.now();
        let id = self.inner.next();
        let file = match &said {
            Said::File { kind, content_type, bytes, .. } => {
                Some(self.inner.keep_file(&self.bot, kind, content_type, bytes))
            }
            _ => None,
        };
        self.show(id, now, &said, file.as_ref());
        self.inner.stands(&self.key, &said);
        if let Said::CallBack { .. } = said {
            self.inner.state().queries.insert(id.to_string());
        }
        let body = update::update(&self.bot, &self.phone, id, now, &said, file.as_ref());
        let _in_order = self.phone.order.lock().await;
        let mut delivered = Delivered { status: None, attempts: 0 };
        for _ in 0..times {
            delivered = self.inner.bring(&self.bot, &body).await;
        }
        let (status, reason) = match delivered.taken() {
            true => (Progress::Delivered, None),
            false => (Progress::Failed, Some("the line did not take the message".to_owned())),
        };
        self.phone.thread.progress(&id.to_string(), status, reason);
        delivered
    }

    /// Shows what she did on her own phone.
    fn show(&self, id: i64, at: Timestamp, said: &Said, file: Option<&file::Kept>) {
        let mut bubble = Bubble::text(id.to_string(), at, Side::Me, "");
        match said {
            Said::Text(text) => bubble.text.clone_from(text),
            Said::Start(payload) => {
                bubble.text = format!("/start {}", payload.as_deref().unwrap_or("")).trim_end().to_owned();
            }
            Said::File { kind, content_type, bytes, caption } => {
                (*kind).clone_into(&mut bubble.kind);
                bubble.text = caption.clone().unwrap_or_default();
                let url = file.map(|file| self.inner.file_url(&self.bot, &file.path)).unwrap_or_default();
                bubble.media.push(Media { content_type: content_type.clone(), url, size: Some(bytes.len()) });
            }
            Said::Location { latitude, longitude } => {
                "location".clone_into(&mut bubble.kind);
                bubble.text = format!("{latitude}, {longitude}");
            }
            Said::Contact => {
                "contact".clone_into(&mut bubble.kind);
                bubble.text = self.phone.human.phone.clone().unwrap_or_default();
            }
            Said::Poll => "(a poll)".clone_into(&mut bubble.text),
            Said::Edit { message, text } => {
                return self.phone.thread.change(message, |bubble| {
                    bubble.text.clone_from(text);
                    bubble.edited = true;
                });
            }
            Said::Reaction { emoji, to } => {
                return self
                    .phone
                    .thread
                    .change(to, |bubble| bubble.text = format!("{} {emoji}", bubble.text));
            }
            Said::CallBack { .. } | Said::Block | Said::Unblock => return,
        }
        self.phone.thread.put(bubble);
    }
}

fn webhook(hook: &Hook, secret_token: Option<String>, body: Bytes) -> Webhook {
    let mut headers = vec![("content-type", "application/json".to_owned())];
    headers.extend(secret_token.map(|secret| ("x-telegram-bot-api-secret-token", secret)));
    Webhook { url: hook.url.clone(), headers, body }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> i64 {
        self.serial.fetch_add(1, Ordering::SeqCst)
    }

    /// Notes what a deed changes between her and the bot.
    fn stands(&self, key: &PhoneKey, said: &Said) {
        if let Some(phone) = self.state().phones.get_mut(key) {
            match said {
                Said::Block => phone.blocked = true,
                // Whoever writes has unblocked the bot before.
                _ => (phone.started, phone.blocked) = (true, false),
            }
        }
    }

    /// Brings an update to the bot's webhook, unless the bot has none or did not ask for this kind.
    async fn bring(&self, bot: &Bot, update: &Value) -> Delivered {
        let nobody = Delivered { status: Some(200), attempts: 0 };
        let hook = self.state().bots.get(&bot.token).and_then(|known| known.hook.clone());
        let Some(hook) = hook.filter(|hook| update::is_allowed(&hook.allowed_updates, update)) else {
            return nobody;
        };
        let webhook = webhook(&hook, hook.secret_token.clone(), update.to_string().into());
        let delivered = self.carrier.bring(&webhook, WEBHOOK_TRIES).await;
        if !delivered.taken()
            && let Some(known) = self.state().bots.get_mut(&bot.token)
        {
            let status = delivered.status.map_or("Connection failed".to_owned(), |status| {
                format!("Wrong response from the webhook: {status}")
            });
            known.last_error = Some((self.clock.now(), status));
        }
        delivered
    }
}

#[cfg(test)]
mod tests;
