//! SMS straight from a network's message centre by SMPP: one session a channel, held by one process at a time (the one
//! that leases the channel's part), opened again when it is cut. Sending goes by the sender's own loop
//! ([`crate::outbound`]), which hands each part to [`Hub::submit`]; what comes in is on disk before it is answered
//! ([`intake`]).
mod intake;
mod session;
mod sql;
mod wire;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use channels::smpp::pdu::{BindMode, Sm};
use channels::smpp::{Account, Bind};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::app::App;
use crate::contacts::part_of;
use crate::lines::setup::message_centre_said;
use crate::lines::{ChannelState, Link};
use crate::store::Ts;

pub(crate) use intake::read_again;
pub(crate) use session::try_out;

/// How often the loop looks which sessions there should be.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// So many looks in a row a lease may have run out before the session is closed: it is renewed meanwhile.
const LOOKS_BEFORE_CLOSING: u32 = 10;
/// How long a message may take altogether, waiting for its turn included.
const SUBMIT_WITHIN: Duration = Duration::from_secs(180);
/// After so long without a session, messages that have another way take it.
const UNBOUND_PATIENCE_SECONDS: i64 = 60;
/// How long a session has to end well.
const CLOSE_WITHIN: Duration = Duration::from_secs(4);
/// How often what has outlived its use is removed.
const TIDY_SECONDS: i64 = 600;

/// What became of one part that was to be sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Answered {
    /// The centre's answer: `command_status`, and the id that it gave.
    With { status: u32, message_id: String },
    /// It was written and no answer came: nobody knows.
    Lost,
    /// There is no session; it was certainly not sent.
    NotBound,
}

/// A part on its way to the session.
struct Submit {
    message: Uuid,
    sm: Box<Sm>,
    reply: oneshot::Sender<Answered>,
}

/// What the connections of one channel share with the rest.
struct Shared {
    channel_id: Uuid,
    account: Account,
    /// Whether messages can be sent now.
    bound: watch::Sender<bool>,
    /// Since when they cannot.
    unbound_since: Mutex<Ts>,
    stop: watch::Sender<bool>,
    /// How many of its connections there are.
    up: AtomicUsize,
    /// What the line's health was told last.
    told: Mutex<Option<std::result::Result<(), String>>>,
}

impl Shared {
    /// Tells the line's health whether the centre is connected, when that is news.
    async fn tell(&self, app: &App, state: std::result::Result<(), String>) {
        let wanted = match self.account.settings.bind {
            Bind::Transceiver => 1,
            Bind::Separate => 2,
        };
        if state.is_ok() && self.up.load(Ordering::SeqCst) < wanted {
            return;
        }
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.as_ref() == Some(&state) {
                return;
            }
            *told = Some(state.clone());
        }
        if let Err(error) = message_centre_said(app, self.channel_id, state).await {
            tracing::warn!(channel = %self.channel_id, %error, "the state of the message centre could not be kept");
        }
    }
}

struct Live {
    shared: Arc<Shared>,
    submits: mpsc::Sender<Submit>,
    tasks: Vec<JoinHandle<()>>,
    looks_without: u32,
}

/// The sessions of this process.
#[derive(Default)]
pub struct Hub(Mutex<HashMap<Uuid, Live>>);

impl Hub {
    /// Sends one part and waits for its answer.
    pub async fn submit(&self, channel: Uuid, message: Uuid, sm: Sm) -> Answered {
        let (reply, answer) = oneshot::channel();
        let submits = {
            let live = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match live.get(&channel).filter(|live| *live.shared.bound.borrow()) {
                Some(live) => live.submits.clone(),
                None => return Answered::NotBound,
            }
        };
        let submit = Submit { message, sm: Box::new(sm), reply };
        if submits.try_send(submit).is_err() {
            return Answered::NotBound;
        }
        match tokio::time::timeout(SUBMIT_WITHIN, answer).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) | Err(_) => Answered::Lost,
        }
    }

    /// How many more messages a channel may take up now, when `under_way` are. A channel without a session lets
    /// messages go after a while when they have another way to take.
    #[must_use]
    pub fn room(&self, channel: Uuid, under_way: usize, has_other_way: bool, now: Ts) -> usize {
        let live = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(live) = live.get(&channel).filter(|live| !*live.shared.stop.borrow()) else { return 0 };
        let since = *live.shared.unbound_since.lock().unwrap_or_else(PoisonError::into_inner);
        let gives_up = has_other_way && now.seconds_since(since) > UNBOUND_PATIENCE_SECONDS;
        let window = usize::from(live.shared.account.settings.window);
        if *live.shared.bound.borrow() || gives_up { window.saturating_sub(under_way) } else { 0 }
    }

    /// Whether a channel has a session in this process.
    #[must_use]
    pub fn is_bound(&self, channel: Uuid) -> bool {
        let live = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        live.get(&channel).is_some_and(|live| *live.shared.bound.borrow())
    }

    fn take(&self, channel: Uuid) -> Option<Live> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&channel)
    }
}

/// Keeps the sessions that this process should have until the server stops.
pub async fn run_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    let mut tidied = Ts(0);
    loop {
        look(&app).await;
        let now = app.now();
        let outlived = (now.seconds_since(tidied) > TIDY_SECONDS).then_some(now);
        if let Err(error) = intake::hand_on_overdue(&app, outlived).await {
            tracing::error!(%error, "messages of which a part is missing could not be handed on");
        } else if outlived.is_some() {
            tidied = now;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => break,
        }
    }
    let ids: Vec<Uuid> = app.smpp.0.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
    for id in ids {
        close(&app, id).await;
    }
}

/// Whether this process is to hold the session of a channel.
fn is_ours(app: &App, channel: Uuid) -> bool {
    app.leases.holds(part_of(channel.as_bytes()), app.now())
}

async fn look(app: &App) {
    let lines = app.lines();
    let mut wanted: HashMap<Uuid, &Account> = HashMap::new();
    for channel in lines.channels().filter(|channel| is_ours(app, channel.id)) {
        if let Link::Smpp(account) = &channel.link
            && !matches!(channel.state, ChannelState::Stopped { .. })
        {
            wanted.insert(channel.id, account);
        }
    }
    let mut over = Vec::new();
    {
        let mut live = app.smpp.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, session) in live.iter_mut() {
            // A connection ends by itself only when its account is refused.
            let has_ended = session.tasks.iter().any(JoinHandle::is_finished);
            match wanted.get(id) {
                _ if has_ended => over.push(*id),
                Some(account) if **account == session.shared.account => session.looks_without = 0,
                Some(_) => over.push(*id),
                None => {
                    session.looks_without += 1;
                    let given_away = !app.leases.lists(part_of(id.as_bytes()));
                    if given_away || session.looks_without > LOOKS_BEFORE_CLOSING {
                        over.push(*id);
                    }
                }
            }
        }
    }
    for id in over {
        close(app, id).await;
    }
    for (id, account) in wanted {
        let mut live = app.smpp.0.lock().unwrap_or_else(PoisonError::into_inner);
        live.entry(id).or_insert_with(|| open(app, id, account.clone()));
    }
}

fn open(app: &App, channel_id: Uuid, account: Account) -> Live {
    let (submits, waiting) = mpsc::channel(usize::from(account.settings.window) * 2);
    let bind = account.settings.bind;
    let shared = Arc::new(Shared {
        channel_id,
        account,
        bound: watch::Sender::new(false),
        unbound_since: Mutex::new(app.now()),
        stop: watch::Sender::new(false),
        up: AtomicUsize::new(0),
        told: Mutex::new(None),
    });
    let start = |mode, submits| tokio::spawn(session::keep(app.clone(), shared.clone(), mode, submits));
    let tasks = match bind {
        Bind::Transceiver => vec![start(BindMode::Transceiver, Some(waiting))],
        Bind::Separate => {
            vec![start(BindMode::Transmitter, Some(waiting)), start(BindMode::Receiver, None)]
        }
    };
    Live { shared, submits, tasks, looks_without: 0 }
}

/// Ends a session: what waits for an answer gets some time, then the centre is told.
async fn close(app: &App, id: Uuid) {
    // The session stays in the hub until it has ended: messages in several parts are finished.
    let tasks = {
        let mut live = app.smpp.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(live) = live.get_mut(&id) else { return };
        live.shared.stop.send_replace(true);
        std::mem::take(&mut live.tasks)
    };
    for mut task in tasks {
        if tokio::time::timeout(CLOSE_WITHIN, &mut task).await.is_err() {
            task.abort();
        }
    }
    drop(app.smpp.take(id));
}
