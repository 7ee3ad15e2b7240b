//! Plays the people against the server and measures.
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::people::{MARKER, Target, Webhook, person_of};
use super::report::Latencies;
use super::wire::{Wire, number_after};

/// An answer that takes longer counts as lost.
const LOST_AFTER: Duration = Duration::from_secs(30);
/// How long the opening of all conversations may take.
const OPEN_WITHIN: Duration = Duration::from_secs(300);
/// Play before the measurement begins.
const WARM_UP: Duration = Duration::from_secs(2);
/// How long answers are waited for after the last message.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);
/// Grain of the schedule of an open loop, and of the look-outs.
const TICK: Duration = Duration::from_millis(2);
/// Errors are shown in words up to this number.
const MAX_SHOWN: usize = 10;

/// What is played.
#[derive(Debug, Clone)]
pub struct Plan {
    pub target: Target,
    pub people: usize,
    pub seconds: u64,
    /// Interactions begun per second; as fast as possible when `None`.
    pub rate: Option<u32>,
    /// How many interactions may be under way at once.
    pub in_flight: usize,
    /// Connections to the server.
    pub connections: usize,
    /// Measures from webhook to 200 alone: nobody waits for answers.
    pub accept_only: bool,
    /// What a person writes before the measured play, one after each answer: a greeting, consent.
    pub opening: Vec<String>,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Outcome {
    pub seconds: f64,
    pub interactions: usize,
    pub accepted: usize,
    pub latencies: Latencies,
    pub errors: usize,
    /// The first errors in words.
    pub shown: Vec<String>,
    /// Messages of the line beside the answers (menus, notices).
    pub others: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Is to say the opening's word with this index.
    Opening(usize),
    /// Has said it, and waits for any answer.
    Opened(usize),
    /// Waits for the answer that repeats the number.
    Waiting(u64),
    Rested,
    /// An answer was lost; plays no more.
    Gone,
}

struct Person {
    step: Step,
    since: Instant,
    open: bool,
}

struct State {
    people: Vec<Person>,
    /// Who has something to say.
    ready: VecDeque<usize>,
    /// When the next interactions were to begin (open loop).
    due: VecDeque<Instant>,
    under_way: usize,
    serial: u64,
    opened: usize,
    measuring: bool,
    stopped: bool,
    outcome: Outcome,
}

struct Game {
    plan: Plan,
    state: RefCell<State>,
    wake: Notify,
    /// Unix seconds, read once a tick.
    second: std::cell::Cell<i64>,
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the real clock")]
fn tick() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "webhooks carry the real time")]
fn unix_second() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Plays `plan`; `provider` is where the server sends its messages. Needs a [`tokio::task::LocalSet`].
///
/// # Errors
/// When the server cannot be reached, or the opening of the conversations does not come to an end.
pub async fn play(plan: Plan, provider: TcpListener) -> anyhow::Result<Outcome> {
    let now = tick();
    let person = || Person { step: Step::Opening(0), since: now, open: false };
    let state = State {
        people: (0..plan.people).map(|_| person()).collect(),
        ready: (0..plan.people).collect(),
        due: VecDeque::new(),
        under_way: 0,
        serial: 0,
        opened: 0,
        measuring: false,
        stopped: false,
        outcome: Outcome::default(),
    };
    let (connections, seconds) = (plan.connections, Duration::from_secs(plan.seconds));
    let game = Rc::new(Game {
        plan,
        state: RefCell::new(state),
        wake: Notify::new(),
        second: std::cell::Cell::new(unix_second()),
    });
    tokio::task::spawn_local(accept(game.clone(), provider));
    for _ in 0..connections {
        let wire = game.connect().await?;
        tokio::task::spawn_local(worker(game.clone(), wire));
    }
    tokio::task::spawn_local(clockwork(game.clone()));
    if !game.plan.accept_only {
        game.open_all().await?;
    }
    tokio::time::sleep(WARM_UP).await;
    let start = tick();
    game.state.borrow_mut().measuring = true;
    tokio::time::sleep(seconds).await;
    {
        let mut state = game.state.borrow_mut();
        state.measuring = false;
        state.stopped = true;
        state.outcome.seconds = start.elapsed().as_secs_f64();
    }
    game.drain().await;
    Ok(std::mem::take(&mut game.state.borrow_mut().outcome))
}

impl Game {
    async fn connect(&self) -> anyhow::Result<Wire> {
        let host = &self.plan.target.host;
        Ok(Wire::new(TcpStream::connect(host).await.with_context(|| format!("cannot reach {host}"))?))
    }

    async fn open_all(&self) -> anyhow::Result<()> {
        let opening = async {
            while self.state.borrow().opened < self.plan.people {
                tokio::time::sleep(TICK).await;
            }
        };
        let done = tokio::time::timeout(OPEN_WITHIN, opening).await;
        let state = self.state.borrow();
        done.with_context(|| {
            let (opened, people) = (state.opened, self.plan.people);
            format!("only {opened} of {people} conversations opened: {:?}", state.outcome.shown)
        })
    }

    async fn drain(&self) {
        let empty = async {
            while self.state.borrow().under_way > 0 {
                tokio::time::sleep(TICK).await;
            }
        };
        if !self.plan.accept_only && tokio::time::timeout(DRAIN_WITHIN, empty).await.is_err() {
            let left = self.state.borrow().under_way;
            self.error(left, || format!("{left} answers did not come after the end"));
        }
    }

    fn error(&self, count: usize, words: impl FnOnce() -> String) {
        let mut state = self.state.borrow_mut();
        state.outcome.errors += count;
        if state.outcome.shown.len() < MAX_SHOWN {
            state.outcome.shown.push(words());
        }
    }

    /// Who speaks next, and what she says; `None` when everybody waits.
    fn next(&self, text: &mut String) -> Option<(usize, u64)> {
        let mut state = self.state.borrow_mut();
        let opening = state.opened < self.plan.people;
        let scheduled = self.plan.rate.is_some() && !opening;
        if state.stopped
            || (!self.plan.accept_only && !scheduled && state.under_way >= self.plan.in_flight)
            || (scheduled && (state.due.is_empty() || state.ready.is_empty()))
        {
            return None;
        }
        let index = state.ready.pop_front()?;
        let since = if scheduled { state.due.pop_front()? } else { tick() };
        state.serial += 1;
        let serial = state.serial;
        text.clear();
        if self.plan.accept_only {
            text.push_str("hola");
            state.ready.push_back(index);
            return Some((index, serial));
        }
        state.under_way += 1;
        let person = &mut state.people[index];
        person.since = since;
        match person.step {
            Step::Opening(said) if said < self.plan.opening.len() => {
                text.push_str(&self.plan.opening[said]);
                person.step = Step::Opened(said);
            }
            _ => {
                use std::fmt::Write as _;
                let _ = write!(text, "una pregunta #m{serial}");
                person.step = Step::Waiting(serial);
            }
        }
        Some((index, serial))
    }

    /// The provider has accepted a message.
    fn accepted(&self, body: &[u8]) {
        let to = number_after(body, b"\"to\":\"").and_then(person_of);
        let Some(index) = to.filter(|index| *index < self.plan.people) else {
            return self.error(1, || "a message to somebody who does not play".to_owned());
        };
        let repeated = number_after(body, MARKER);
        let mut state = self.state.borrow_mut();
        let person = &mut state.people[index];
        match (person.step, repeated) {
            (Step::Waiting(expected), Some(number)) if expected == number => {
                let latency = person.since.elapsed();
                let first = !std::mem::replace(&mut person.open, true);
                person.step = Step::Rested;
                state.opened += usize::from(first);
                if state.measuring {
                    state.outcome.interactions += 1;
                    state.outcome.latencies.add(latency);
                }
            }
            (Step::Opened(said), None) => person.step = Step::Opening(said + 1),
            (_, None) => {
                state.outcome.others += 1;
                return;
            }
            (_, Some(number)) => {
                drop(state);
                return self.error(1, || format!("answer {number} came twice, late or to the wrong person"));
            }
        }
        state.under_way = state.under_way.saturating_sub(1);
        state.ready.push_back(index);
        drop(state);
        self.wake.notify_one();
    }

    /// The server took a webhook, or did not.
    fn taken(&self, since: Instant, status: io::Result<u16>) -> bool {
        match status {
            Ok(200) => {
                let mut state = self.state.borrow_mut();
                if state.measuring {
                    state.outcome.accepted += 1;
                    if self.plan.accept_only {
                        state.outcome.latencies.add(since.elapsed());
                    }
                }
                true
            }
            Ok(status) => {
                self.error(1, || format!("a webhook was answered with {status}"));
                true
            }
            Err(error) => {
                self.error(1, || format!("a webhook was not answered: {error}"));
                false
            }
        }
    }

    fn give_up_lost(&self) {
        let mut lost = 0;
        {
            let mut state = self.state.borrow_mut();
            for person in &mut state.people {
                if matches!(person.step, Step::Waiting(_) | Step::Opened(_))
                    && person.since.elapsed() > LOST_AFTER
                {
                    person.step = Step::Gone;
                    lost += 1;
                }
            }
            state.under_way = state.under_way.saturating_sub(lost);
        }
        if lost > 0 {
            self.error(lost, || format!("{lost} answers did not come within {LOST_AFTER:?}"));
            self.wake.notify_waiters();
        }
    }
}

/// Brings one webhook after another over one connection.
async fn worker(game: Rc<Game>, mut wire: Wire) {
    let mut webhook = Webhook::default();
    let mut text = String::new();
    loop {
        let Some((person, serial)) = game.next(&mut text) else {
            game.wake.notified().await;
            continue;
        };
        webhook.write(&game.plan.target, person, serial, &text, game.second.get());
        let since = tick();
        let status = wire.post(&webhook.head, &webhook.body).await;
        if !game.taken(since, status) {
            match game.connect().await {
                Ok(again) => wire = again,
                Err(error) => return game.error(1, || error.to_string()),
            }
        }
    }
}

/// Reads the clock, begins what is due in an open loop, gives up what is lost.
async fn clockwork(game: Rc<Game>) {
    let mut interval = tokio::time::interval(TICK);
    let (mut begun, mut start) = (0u64, None);
    let mut look_out = tick();
    loop {
        interval.tick().await;
        game.second.set(unix_second());
        let now = tick();
        if now.duration_since(look_out) > Duration::from_secs(1) {
            look_out = now;
            game.give_up_lost();
        }
        let Some(rate) = game.plan.rate else { continue };
        let mut state = game.state.borrow_mut();
        if state.opened < game.plan.people || state.stopped {
            continue;
        }
        let start = *start.get_or_insert(now);
        let wanted =
            u64::try_from(now.duration_since(start).as_micros()).unwrap_or(0) * u64::from(rate) / 1_000_000;
        while begun < wanted {
            state.due.push_back(start + Duration::from_micros(begun * 1_000_000 / u64::from(rate)));
            begun += 1;
            game.wake.notify_one();
        }
    }
}

/// The fake provider: accepts every message.
async fn accept(game: Rc<Game>, listener: TcpListener) {
    let mut next_id = 0u64;
    while let Ok((stream, _)) = listener.accept().await {
        next_id += 1;
        tokio::task::spawn_local(provide(game.clone(), Wire::new(stream), next_id));
    }
}

async fn provide(game: Rc<Game>, mut wire: Wire, connection: u64) {
    use std::io::Write as _;
    let (mut head, mut body) = (Vec::new(), Vec::new());
    for serial in 0u64.. {
        let (start, whole) = match wire.receive().await {
            Ok(Some(lengths)) => lengths,
            Ok(None) => return,
            Err(error) => return game.error(1, || format!("the provider could not read a request: {error}")),
        };
        game.accepted(&wire.bytes()[start..whole]);
        wire.done(whole);
        head.clear();
        body.clear();
        let _ = write!(
            body,
            "{{\"messaging_product\":\"whatsapp\",\"contacts\":[],\"messages\":[{{\"id\":\
             \"wamid.OUT{connection:x}.{serial:x}\"}}]}}"
        );
        let _ = write!(
            head,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if wire.send(&head, &body).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
