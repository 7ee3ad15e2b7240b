//! A story's hold on the message centre's process, and the phones behind it.
use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;

use super::{Event, Fault, Order, Receipts, Say};
use crate::clock::Clock;
use crate::thread::{Bubble, Progress, Side, Thread};

/// How long the story waits for something of the centre, in real time.
const WITHIN: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Seen {
    port: Option<u16>,
    /// Sessions that are open.
    bound: usize,
    /// How often the line has bound, and the most sessions that were open at once.
    binds: usize,
    most: usize,
    /// How often the line has ended a session itself.
    goodbyes: usize,
    got: Vec<(String, String)>,
    taken: HashMap<String, usize>,
}

struct Inner {
    seen: Mutex<Seen>,
    changed: watch::Sender<u64>,
    phones: Mutex<HashMap<String, Thread>>,
    input: tokio::sync::Mutex<ChildStdin>,
    clock: Clock,
}

/// A message centre in a process of its own; it ends when this is dropped.
pub struct Smsc {
    inner: Arc<Inner>,
    port: u16,
    _child: Child,
}

impl Smsc {
    /// Starts the program `smsc`.
    ///
    /// # Errors
    /// When it cannot be run or does not listen.
    pub async fn start(program: &Path, password: &str, hex_ids: bool, clock: Clock) -> anyhow::Result<Self> {
        Self::start_as(Command::new(program), password, hex_ids, clock).await
    }

    /// As [`start`](Self::start), by a command that may have words already.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_as(
        mut command: Command,
        password: &str,
        hex_ids: bool,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let program = command.as_std().get_program().to_owned();
        command
            .args(["--password", password])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if hex_ids {
            command.arg("--hex-ids");
        }
        let mut child = command.spawn().with_context(|| format!("{} cannot be run", program.display()))?;
        let input = child.stdin.take().context("the centre has no input")?;
        let output = child.stdout.take().context("the centre has no output")?;
        let inner = Arc::new(Inner {
            seen: Mutex::default(),
            changed: watch::Sender::new(0),
            phones: Mutex::default(),
            input: tokio::sync::Mutex::new(input),
            clock,
        });
        let listening = inner.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Ok(event) = serde_json::from_str(&line) {
                    listening.note(event);
                }
            }
        });
        let port = inner.wait(|seen| seen.port).await.context("the centre does not listen")?;
        Ok(Self { inner, port, _child: child })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Tells it something.
    ///
    /// # Panics
    /// When its process has ended.
    pub async fn order(&self, order: &Order) {
        self.inner.order(order).await;
    }

    /// What goes wrong with the next messages.
    pub async fn faults(&self, faults: &[Fault]) {
        self.order(&Order::Faults(faults.to_vec())).await;
    }

    /// How receipts come from now on.
    pub async fn receipts(&self, receipts: Receipts) {
        self.order(&Order::Receipts(receipts)).await;
    }

    /// Waits until the line has bound so often over all, and still is.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn bound(&self, times: usize) {
        let bound = self.inner.wait(|seen| (seen.binds >= times && seen.bound > 0).then_some(())).await;
        assert!(bound.is_some(), "the line does not bind to the message centre");
    }

    /// How often the line has bound.
    #[must_use]
    pub fn binds(&self) -> usize {
        self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner).binds
    }

    /// The most sessions that were open at once.
    #[must_use]
    pub fn most_bound(&self) -> usize {
        self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner).most
    }

    /// Waits until no session is open.
    ///
    /// # Panics
    /// When that does not happen in time.
    pub async fn unbound(&self) {
        let unbound = self.inner.wait(|seen| (seen.bound == 0).then_some(())).await;
        assert!(unbound.is_some(), "the line is still bound to the message centre");
    }

    /// Waits until the line has said so often that it ends a session.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn left(&self, times: usize) {
        let left = self.inner.wait(|seen| (seen.goodbyes >= times).then_some(())).await;
        assert!(left.is_some(), "the line does not take leave of the message centre");
    }

    /// Everything that phones got, in order: number and text.
    #[must_use]
    pub fn got(&self) -> Vec<(String, String)> {
        self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner).got.clone()
    }

    /// A phone with this number (E.164).
    #[must_use]
    pub fn phone(&self, number: &str) -> Handset {
        self.phone_with(number, Thread::default())
    }

    /// A phone with this number (E.164) that shows this.
    #[must_use]
    pub fn phone_with(&self, number: &str, thread: Thread) -> Handset {
        let digits = number.trim_start_matches('+').to_owned();
        self.inner
            .phones
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(digits.clone(), thread.clone());
        Handset { inner: self.inner.clone(), number: digits, thread }
    }
}

impl Inner {
    async fn order(&self, order: &Order) {
        let line = serde_json::to_string(order).expect("an order is JSON");
        let mut input = self.input.lock().await;
        let written = input.write_all(format!("{line}\n").as_bytes()).await;
        written.expect("the message centre's process runs");
        input.flush().await.expect("the message centre's process runs");
    }

    fn note(&self, event: Event) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Listening { port } => seen.port = Some(port),
            Event::Bound { .. } => {
                seen.bound += 1;
                seen.binds += 1;
                seen.most = seen.most.max(seen.bound);
            }
            Event::Unbound { asked } => {
                seen.bound = seen.bound.saturating_sub(1);
                seen.goodbyes += usize::from(asked);
            }
            Event::Taken { from } => {
                let phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(thread) = phones.get(&from) {
                    thread.delivered_oldest();
                }
                *seen.taken.entry(from).or_default() += 1;
            }
            Event::Got { id, to, text } => {
                let phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(thread) = phones.get(&to) {
                    let at = self.clock.now();
                    let id = format!("{id}-{}", at.as_microsecond());
                    let mut bubble = Bubble::text(id, at, Side::Line, &text);
                    bubble.status = Progress::Delivered;
                    thread.put(bubble);
                }
                seen.got.push((to, text));
            }
        }
        drop(seen);
        self.changed.send_modify(|n| *n += 1);
    }

    async fn wait<T>(&self, wanted: impl Fn(&Seen) -> Option<T>) -> Option<T> {
        let mut changes = self.changed.subscribe();
        let search = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = wanted(&self.seen.lock().unwrap_or_else(PoisonError::into_inner)) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(WITHIN, search).await.ok().flatten()
    }
}

/// One person's phone behind the message centre.
#[derive(Clone)]
pub struct Handset {
    inner: Arc<Inner>,
    number: String,
    thread: Thread,
}

impl Handset {
    /// What this phone shows.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Its number, digits only.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Sends an SMS; `true` when the line has answered all its parts.
    pub async fn say(&self, text: &str) -> bool {
        let from = self.number.clone();
        self.send(Say { from, text: text.to_owned(), reversed: false, without: None, cut: false }).await
    }

    /// As [`say`](Self::say), with what may go wrong.
    pub async fn send(&self, say: Say) -> bool {
        let before = self.taken();
        let at = self.inner.clock.now();
        // A centre that starts anew counts from the beginning; a phone keeps what it shows.
        let id = format!("mo{}-{before}", at.as_microsecond());
        self.thread.put(Bubble::text(id, at, Side::Me, &say.text));
        self.inner.order(&Order::Say(say)).await;
        let taken = |seen: &Seen| (seen.taken.get(&self.number).copied().unwrap_or(0) > before).then_some(());
        self.inner.wait(taken).await.is_some()
    }

    fn taken(&self) -> usize {
        let seen = self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.taken.get(&self.number).copied().unwrap_or(0)
    }
}
