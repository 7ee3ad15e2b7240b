//! One connection to a message centre: bind, send within the window, answer what comes in once it is on disk, ask
//! whether the link is alive, unbind. When it is cut it is made again, after a pause that doubles.
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use channels::smpp::pdu::{BindMode, Body, Pdu};
use channels::smpp::{Account, Bind, refuses_account};
use channels::{DeliveryReport, Status};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::intake::{self, Arrived, Thing};
use super::wire::{self, Reader, Writer};
use super::{Answered, Shared, Submit};
use crate::app::App;
use crate::lines;
use crate::store::Ts;

/// The pause before the second try to connect; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long the centre may take to answer a bind.
const BIND_WITHIN: Duration = Duration::from_secs(15);
/// A connection that lasted so long was a good one: the pauses begin anew.
const STEADY: Duration = Duration::from_secs(10);
/// How long the centre may take to say goodbye.
const UNBIND_WITHIN: Duration = Duration::from_millis(700);
/// An answer that comes so late still tells what became of its message.
const LATE_WITHIN: Duration = Duration::from_secs(600);
/// How long a session that is to end waits for answers.
const END_WITHIN: Duration = Duration::from_secs(3);
/// A session that is to end may be sent another part for so long: messages in several parts are finished.
const END_QUIET: Duration = Duration::from_millis(200);
/// How many messages that came in share one transaction, and how many may wait for theirs.
const STORE_BATCH: usize = 64;
const MAX_ARRIVED: usize = 256;
/// How often time-outs are looked at.
const TICK: Duration = Duration::from_millis(100);
/// Answered when something could not be stored: the centre tries again (ESME_RX_T_APPN).
const TRY_AGAIN: u32 = 0x64;
/// Answered to a command that is not known here (ESME_RINVCMDID).
const BAD_COMMAND: u32 = 0x03;

/// Why a session ended.
enum Ended {
    /// We wanted it.
    Stopped,
    /// The centre unbound or the connection broke: in words without anything personal.
    Cut(String),
    /// The centre refuses the account.
    Refused(u32),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Cut(error.to_string())
    }
}

/// Keeps a connection until it is told to stop, or the centre refuses the account.
pub(super) async fn keep(
    app: App,
    shared: Arc<Shared>,
    mode: BindMode,
    mut submits: Option<mpsc::Receiver<Submit>>,
) {
    let mut stop = shared.stop.subscribe();
    let mut pause = FIRST_PAUSE;
    let mut sure: Option<Ts> = None;
    loop {
        let ended = tokio::select! {
            opened = open(&shared.account, mode) => match opened {
                Ok((reader, writer)) => {
                    tracing::info!(channel = %shared.channel_id, ?mode, "the message centre is connected");
                    shared.up.fetch_add(1, Ordering::SeqCst);
                    shared.tell(&app, Ok(())).await;
                    let since = Instant::now();
                    let mut session = Session::new(&app, &shared, mode, reader, writer, sure);
                    let ended = session.run(submits.as_mut()).await;
                    sure = Some(session.sure);
                    shared.up.fetch_sub(1, Ordering::SeqCst);
                    // One that carried something was a good one, whatever ended it.
                    if since.elapsed() > STEADY || session.carried {
                        pause = FIRST_PAUSE;
                    }
                    ended
                }
                Err(ended) => ended,
            },
            () = told_to_stop(&mut stop) => Ended::Stopped,
        };
        match ended {
            Ended::Stopped => return,
            Ended::Refused(status) => {
                refused(&app, &shared, status).await;
                return;
            }
            Ended::Cut(reason) => {
                tracing::warn!(channel = %shared.channel_id, ?mode, %reason, "the message centre is not connected");
                shared.tell(&app, Err(format!("the message centre is not connected: {reason}"))).await;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = told_to_stop(&mut stop) => return,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The account is refused: the channel stops, for somebody to look.
async fn refused(app: &App, shared: &Shared, status: u32) {
    let (id, now) = (shared.channel_id, app.now());
    let reason = format!("account_broken {status:#04x}");
    tracing::error!(channel = %id, %reason, "the message centre refuses the account: the channel is stopped until somebody has looked");
    let context = app.clone();
    let stopped = app
        .store
        .write(move |tx| match context.lines().channel(id) {
            Some((_, channel)) => lines::stop_channel(tx, channel, &reason, now),
            None => Ok(false),
        })
        .await;
    let done = match stopped {
        Ok(_) => lines::refresh(app).await,
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        tracing::error!(channel = %id, %error, "the channel could not be stopped");
    }
}

/// Connects and binds.
async fn open(account: &Account, mode: BindMode) -> Result<(Reader, Writer), Ended> {
    let (mut reader, mut writer) = wire::connect(&account.settings).await?;
    writer.write(&Pdu::new(1, account.bind(mode))).await?;
    let answer = async {
        loop {
            if let Some((unit, _)) = reader.next()? {
                return Ok::<Pdu, io::Error>(unit);
            }
            reader.fill().await?;
        }
    };
    let answer = tokio::time::timeout(BIND_WITHIN, answer).await.map_err(io::Error::other)??;
    match (answer.body, answer.status) {
        (Body::BindResp { .. }, 0) => Ok((reader, writer)),
        (_, status) if refuses_account(status) => Err(Ended::Refused(status)),
        (_, status) => Err(Ended::Cut(format!("the bind was answered with {status:#04x}"))),
    }
}

/// Binds and unbinds, nothing else.
///
/// # Errors
/// In plain words, when the centre cannot be reached or refuses the account.
pub(crate) async fn try_out(account: &Account) -> Result<(), String> {
    let mode = match account.settings.bind {
        Bind::Transceiver => BindMode::Transceiver,
        Bind::Separate => BindMode::Transmitter,
    };
    match open(account, mode).await {
        Ok((_, mut writer)) => {
            // The centre notices by itself if this does not reach it.
            drop(writer.write(&Pdu::new(2, Body::Unbind)).await);
            Ok(())
        }
        Err(Ended::Refused(status)) => Err(format!(
            "the message centre refuses the account ({status:#04x}): system id, password or type"
        )),
        Err(Ended::Cut(reason)) => Err(format!("the message centre cannot be reached: {reason}")),
        Err(Ended::Stopped) => Err("the message centre cannot be reached".to_owned()),
    }
}

/// A message that was written and not answered.
struct Waiting {
    message: Uuid,
    since: Instant,
    /// What came in before was answered when this was written.
    covers: Ts,
    /// Absent when nobody waits any more.
    reply: Option<oneshot::Sender<Answered>>,
}

/// A transaction under way: which units it stores, and whether it succeeded.
type Storing = Pin<Box<dyn Future<Output = (Vec<u32>, bool)> + Send>>;

struct Session<'a> {
    app: &'a App,
    shared: &'a Shared,
    mode: BindMode,
    reader: Reader,
    writer: Writer,
    sequence: u32,
    waiting: HashMap<u32, Waiting>,
    arrived: Vec<Arrived>,
    storing: Option<Storing>,
    /// What a redelivery is told by.
    since: intake::Since,
    /// What was stored before this moment was answered, and the centre has the answers: it has said something about
    /// what was written after them. It brings none of that again.
    sure: Ts,
    /// Since when something waits to be stored and answered.
    unanswered_since: Option<Ts>,
    heard: Instant,
    /// When the link was asked whether it is alive; then what that question covers.
    asked: Option<Instant>,
    asked_covers: Option<Ts>,
    /// Since when it is to end, and since when the centre knows.
    ending: Option<Instant>,
    unbinding: Option<Instant>,
    /// When something was last asked of the centre.
    wrote: Instant,
    /// Whether a message went one way or the other.
    carried: bool,
}

impl<'a> Session<'a> {
    fn new(
        app: &'a App,
        shared: &'a Shared,
        mode: BindMode,
        reader: Reader,
        writer: Writer,
        sure_before: Option<Ts>,
    ) -> Self {
        let (now, bound_at) = (Instant::now(), app.now());
        Self {
            app,
            shared,
            mode,
            reader,
            writer,
            sequence: 1,
            waiting: HashMap::new(),
            arrived: Vec::new(),
            storing: None,
            since: intake::Since { session: app.id(), bound_at, sure_before },
            sure: bound_at,
            unanswered_since: None,
            heard: now,
            asked: None,
            asked_covers: None,
            ending: None,
            unbinding: None,
            wrote: now,
            carried: false,
        }
    }

    fn sends(&self) -> bool {
        self.mode != BindMode::Receiver
    }

    /// Runs until it ends. Whatever waited for an answer then is told that there will be none.
    async fn run(&mut self, mut submits: Option<&mut mpsc::Receiver<Submit>>) -> Ended {
        if self.sends() {
            self.shared.bound.send_replace(true);
            self.app.signals.outbound.notify_waiters();
        }
        let ended = self.work(submits.as_deref_mut()).await;
        if self.sends() {
            *self.shared.unbound_since.lock().unwrap_or_else(PoisonError::into_inner) = self.app.now();
            self.shared.bound.send_replace(false);
        }
        for (_, waiting) in self.waiting.drain() {
            if let Some(reply) = waiting.reply {
                drop(reply.send(Answered::Lost));
            }
        }
        while let Some(submit) = submits.as_mut().and_then(|submits| submits.try_recv().ok()) {
            drop(submit.reply.send(Answered::NotBound));
        }
        // What came in is stored even so; the centre will bring it again, and is not believed then.
        if let Some(storing) = self.storing.take() {
            storing.await;
        }
        ended
    }

    /// The moment before which everything that came in has been answered.
    fn covered(&self) -> Ts {
        self.unanswered_since.unwrap_or_else(|| self.app.now())
    }

    async fn work(&mut self, mut submits: Option<&mut mpsc::Receiver<Submit>>) -> Ended {
        let mut stop: watch::Receiver<bool> = self.shared.stop.subscribe();
        let mut tick = tokio::time::interval(TICK);
        loop {
            let step = tokio::select! {
                filled = self.reader.fill(), if self.arrived.len() < MAX_ARRIVED => match filled {
                    Ok(()) => self.read().await,
                    Err(error) => Err(error.into()),
                },
                (sequences, stored) = finished(&mut self.storing) => self.stored(sequences, stored).await,
                submit = next_submit(&mut submits), if self.has_room() => match submit {
                    Some(submit) => self.submit(submit).await,
                    None => Err(Ended::Stopped),
                },
                () = told_to_stop(&mut stop), if self.ending.is_none() => {
                    self.ending = Some(Instant::now());
                    Ok(())
                }
                _ = tick.tick() => self.tick().await,
            };
            if let Err(ended) = step {
                return ended;
            }
            self.store();
        }
    }

    fn has_room(&self) -> bool {
        let open = self.waiting.values().filter(|waiting| waiting.reply.is_some()).count();
        let is_leaving = self.unbinding.is_some();
        self.sends() && !is_leaving && open < usize::from(self.shared.account.settings.window)
    }

    fn next_sequence(&mut self) -> u32 {
        // 1 to 0x7FFFFFFF (3.2).
        self.sequence = if self.sequence >= 0x7fff_ffff { 1 } else { self.sequence + 1 };
        self.sequence
    }

    async fn submit(&mut self, submit: Submit) -> Result<(), Ended> {
        // Nobody waits any more: it counts as lost already and must not leave now.
        if submit.reply.is_closed() {
            return Ok(());
        }
        let sequence = self.next_sequence();
        let covers = self.covered();
        let (message, reply) = (submit.message, Some(submit.reply));
        let waiting = Waiting { message, since: Instant::now(), covers, reply };
        // Noted first: once a byte is written nobody knows.
        self.waiting.insert(sequence, waiting);
        self.wrote = Instant::now();
        Ok(self.writer.write(&Pdu::new(sequence, Body::SubmitSm(submit.sm))).await?)
    }

    /// Takes in what has come whole.
    async fn read(&mut self) -> Result<(), Ended> {
        self.heard = Instant::now();
        self.asked = None;
        while let Some((unit, bytes)) = self.reader.next()? {
            let sequence = unit.sequence;
            match unit.body {
                Body::SubmitSmResp { message_id } => self.answered(sequence, unit.status, message_id),
                Body::GenericNack => self.answered(sequence, unit.status.max(1), String::new()),
                Body::DeliverSm(sm) => {
                    self.arrived(Arrived { sequence: Some(sequence), thing: Thing::Sm(sm, bytes) });
                }
                Body::EnquireLink => {
                    self.writer.write(&Pdu::new(sequence, Body::EnquireLinkResp)).await?;
                }
                Body::Unbind => {
                    self.writer.write(&Pdu::new(sequence, Body::UnbindResp)).await?;
                    return Err(Ended::Cut("the message centre has unbound".to_owned()));
                }
                // A deliver_sm whose body cannot be read is kept whole.
                Body::Other { command: 0x05 } => {
                    self.arrived(Arrived { sequence: Some(sequence), thing: Thing::Unreadable(bytes) });
                }
                Body::Other { command } if command & 0x8000_0000 == 0 => {
                    let nack = Pdu { status: BAD_COMMAND, sequence, body: Body::GenericNack };
                    self.writer.write(&nack).await?;
                }
                Body::EnquireLinkResp => {
                    if let Some(covers) = self.asked_covers.take() {
                        self.sure = self.sure.max(covers);
                    }
                }
                Body::UnbindResp if self.unbinding.is_some() => {
                    self.goodbye().await;
                    return Err(Ended::Stopped);
                }
                Body::UnbindResp
                | Body::BindResp { .. }
                | Body::DeliverSmResp
                | Body::Bind { .. }
                | Body::SubmitSm(_)
                | Body::Other { .. } => {}
            }
        }
        Ok(())
    }

    fn arrived(&mut self, arrived: Arrived) {
        self.carried = true;
        if self.unanswered_since.is_none() {
            self.unanswered_since = Some(self.app.now());
        }
        self.arrived.push(arrived);
    }

    /// The centre has taken leave, so it has all answers and brings nothing again: the same words said later are new.
    async fn goodbye(&mut self) {
        if self.unanswered_since.is_none()
            && let Err(error) = intake::forget(self.app, self.shared.channel_id, self.since).await
        {
            tracing::warn!(%error, "what the message centre brought could not be forgotten");
        }
    }

    fn answered(&mut self, sequence: u32, status: u32, message_id: String) {
        let Some(waiting) = self.waiting.remove(&sequence) else { return };
        self.sure = self.sure.max(waiting.covers);
        self.carried |= status == 0;
        let answered = Answered::With { status, message_id };
        let answered = match waiting.reply {
            Some(reply) => match reply.send(answered) {
                Ok(()) => return,
                Err(answered) => answered,
            },
            None => answered,
        };
        // Nobody waited any more; the message is held for unknown and this tells.
        if let Answered::With { status: 0, message_id } = answered {
            let settled = channels::smpp::settle(&self.shared.account, 0, &message_id);
            if let channels::Settled::Sent { external_id, .. } = settled {
                let report = DeliveryReport {
                    external_id,
                    attempt: Some(waiting.message),
                    status: Status::Sent,
                    at: None,
                    recipient: Vec::new(),
                    reference: None,
                };
                self.arrived(Arrived { sequence: None, thing: Thing::Report(report) });
            }
        }
    }

    /// Begins to store what has arrived, one transaction at a time so that nothing is overtaken.
    fn store(&mut self) {
        if self.storing.is_some() || self.arrived.is_empty() {
            return;
        }
        let count = self.arrived.len().min(STORE_BATCH);
        let batch: Vec<Arrived> = self.arrived.drain(..count).collect();
        let (app, id, since) = (self.app.clone(), self.shared.channel_id, self.since);
        self.storing = Some(Box::pin(async move {
            let sequences = batch.iter().filter_map(|arrived| arrived.sequence).collect();
            let stored = intake::store(&app, id, since, batch).await;
            if let Err(error) = &stored {
                tracing::error!(channel = %id, %error, "messages from the message centre could not be stored");
            }
            (sequences, stored.is_ok())
        }));
    }

    /// What was stored is answered.
    async fn stored(&mut self, sequences: Vec<u32>, stored: bool) -> Result<(), Ended> {
        self.storing = None;
        let status = if stored { 0 } else { TRY_AGAIN };
        for sequence in sequences {
            self.writer.write(&Pdu { status, sequence, body: Body::DeliverSmResp }).await?;
        }
        if self.arrived.is_empty() {
            self.unanswered_since = None;
        }
        Ok(())
    }

    async fn tick(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        let settings = &self.shared.account.settings;
        let answer_within = Duration::from_secs(u64::from(settings.answer_seconds));
        let silence = Duration::from_secs(u64::from(settings.enquire_link_seconds));
        for waiting in self.waiting.values_mut().filter(|waiting| now - waiting.since > answer_within) {
            if let Some(reply) = waiting.reply.take() {
                drop(reply.send(Answered::Lost));
            }
        }
        self.waiting.retain(|_, waiting| now - waiting.since < LATE_WITHIN);
        if self.asked.is_some_and(|asked| now - asked > answer_within) {
            return Err(Ended::Cut("the link is dead".to_owned()));
        }
        // Also while messages come in: their answers are known to have arrived only by an answer to something later.
        if self.asked.is_none() && now - self.heard.min(self.wrote) > silence {
            self.asked = Some(now);
            self.asked_covers = Some(self.covered());
            self.wrote = now;
            let sequence = self.next_sequence();
            self.writer.write(&Pdu::new(sequence, Body::EnquireLink)).await?;
        }
        self.end(now).await
    }

    /// Takes leave of the centre when the session is to end and nothing is under way.
    async fn end(&mut self, now: Instant) -> Result<(), Ended> {
        let Some(ending) = self.ending else { return Ok(()) };
        if let Some(unbinding) = self.unbinding {
            return if now - unbinding > UNBIND_WITHIN { Err(Ended::Stopped) } else { Ok(()) };
        }
        let open = self.waiting.values().any(|waiting| waiting.reply.is_some());
        let busy = open || self.unanswered_since.is_some() || now - self.wrote.max(ending) < END_QUIET;
        if !busy || now - ending > END_WITHIN {
            self.unbinding = Some(now);
            let sequence = self.next_sequence();
            self.writer.write(&Pdu::new(sequence, Body::Unbind)).await?;
        }
        Ok(())
    }
}

/// Waits until the session is to end.
async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

async fn finished(storing: &mut Option<Storing>) -> (Vec<u32>, bool) {
    match storing {
        Some(storing) => storing.await,
        None => std::future::pending().await,
    }
}

async fn next_submit(submits: &mut Option<&mut mpsc::Receiver<Submit>>) -> Option<Submit> {
    match submits {
        Some(submits) => submits.recv().await,
        None => std::future::pending().await,
    }
}
