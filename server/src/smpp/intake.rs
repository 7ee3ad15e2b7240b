//! What a message centre brings, on disk before it is answered: one row a message, receipts by the usual path, parts of
//! long messages until they are all there.
use channels::smpp::pdu::{Body, HEADER_BYTES, Pdu, Sm};
use channels::smpp::{Account, Delivered, Part, join, read};
use channels::{DeliveryReport, Incoming};
use uuid::Uuid;

use super::is_ours;
use super::sql::{NewPart, PartRow};
use crate::app::App;
use crate::inbound::accept::{inbound_row, insert_events, insert_raw, kept_unit};
use crate::lines::{Channel, Line, Link};
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::Purpose;

/// How long the parts of a message wait for each other. After that those that came are handed on, with a mark where
/// one is missing: somebody in need must not wait a day for a part that never comes.
const PARTS_WAIT_SECONDS: i64 = 600;
/// A centre brings again what it believes unanswered. Of a session that this process has seen end, that is what was taken
/// after [`Since::sure_before`]; when this process has just started, what was taken so long before it connected.
const UNANSWERED_BEFORE_START_SECONDS: i64 = 300;
/// So long after the connection was made anew what is brought may be something brought again.
const AGAIN_WITHIN_SECONDS: i64 = 120;
/// How long a session that another one replaces may bring what that one has taken.
const HAND_OVER_SECONDS: i64 = 10;
/// How long it is remembered what was taken.
const TAKEN_SECONDS: i64 = 86_400;

/// One thing to be stored.
#[derive(Clone)]
pub(super) struct Arrived {
    /// To be answered once it is stored.
    pub sequence: Option<u32>,
    pub thing: Thing,
}

#[derive(Clone)]
pub(super) enum Thing {
    /// A message or receipt, and the bytes of its body.
    Sm(Box<Sm>, Vec<u8>),
    /// A body that cannot be read.
    Unreadable(Vec<u8>),
    /// What we have found out ourselves.
    Report(DeliveryReport),
}

/// By what a message that is brought again after a cut is told from the same words written again.
#[derive(Clone, Copy)]
pub(super) struct Since {
    pub session: Uuid,
    pub bound_at: Ts,
    /// What was taken before this moment, in the session before, is known to have been answered.
    pub sure_before: Option<Ts>,
}

impl Since {
    fn is_redelivery(&self, (session, at): (Uuid, Ts), now: Ts) -> bool {
        let unsure_from =
            self.sure_before.unwrap_or_else(|| self.bound_at.plus_seconds(-UNANSWERED_BEFORE_START_SECONDS));
        let after_cut = at >= unsure_from && now.seconds_since(self.bound_at) <= AGAIN_WITHIN_SECONDS;
        // Two sessions at once, while one process hands over to the other.
        let beside = at >= self.bound_at && now.seconds_since(at) <= HAND_OVER_SECONDS;
        session != self.session && (after_cut || beside)
    }
}

/// Forgets what a session has brought: it ended well, nothing of it will be brought again.
pub(super) async fn forget(app: &App, channel_id: Uuid, since: Since) -> Result<()> {
    app.store.write(move |tx| tx.forget_smpp_taken(channel_id, since.session)).await
}

/// Stores what has arrived, in its order, in one transaction.
pub(super) async fn store(app: &App, channel_id: Uuid, since: Since, batch: Vec<Arrived>) -> Result<()> {
    let context = app.clone();
    app.store
        .write(move |tx| {
            let lines = context.lines();
            let (line, channel) = lines.channel(channel_id).ok_or_else(gone)?;
            let taking = Taking { app: &context, line, channel, account: account(channel)?, since };
            for arrived in &batch {
                taking.take(tx, &arrived.thing)?;
            }
            Ok(())
        })
        .await?;
    app.signals.inbound.notify_waiters();
    Ok(())
}

fn gone() -> StoreError {
    StoreError::Shape("the channel is not set up any more".into())
}

fn account(channel: &Channel) -> Result<&Account> {
    match &channel.link {
        Link::Smpp(account) => Ok(account),
        Link::Own | Link::Http(_) => Err(gone()),
    }
}

struct Taking<'a> {
    app: &'a App,
    line: &'a Line,
    channel: &'a Channel,
    account: &'a Account,
    since: Since,
}

impl Taking<'_> {
    fn take(&self, tx: &mut Tx<'_>, thing: &Thing) -> Result<()> {
        let (sm, body) = match thing {
            Thing::Report(report) => return self.insert(tx, &Incoming::Report(report.clone())),
            Thing::Unreadable(body) => return self.keep_raw(tx, body, "deliver_sm"),
            Thing::Sm(sm, body) => (sm, body),
        };
        match read(self.account, sm) {
            // Receipts have ids; one that comes again is known by them.
            Delivered::Report(report) => self.insert(tx, &Incoming::Report(report)),
            Delivered::Unreadable(place) => self.keep_raw(tx, body, place),
            Delivered::Whole(message) => match self.is_new(tx, body)? {
                Some(_) => self.insert(tx, &Incoming::Message(message)),
                None => Ok(()),
            },
            Delivered::Part(part) => match self.is_new(tx, body)? {
                Some(fingerprint) => self.part(tx, &part, &fingerprint),
                None => Ok(()),
            },
        }
    }

    fn insert(&self, tx: &mut Tx<'_>, incoming: &Incoming) -> Result<()> {
        insert_events(tx, vec![inbound_row(self.app, self.line, self.channel, incoming)?])
    }

    fn keep_raw(&self, tx: &mut Tx<'_>, body: &[u8], place: &str) -> Result<()> {
        let problem = format!("the unit cannot be read at {place}");
        insert_raw(tx, kept_unit(self.app, self.channel, body, problem)?)
    }

    /// What the unit is known by; `None` when it was taken before the connection was cut and is brought again.
    fn is_new(&self, tx: &mut Tx<'_>, body: &[u8]) -> Result<Option<Vec<u8>>> {
        let (id, now) = (self.channel.id, self.app.now());
        let fingerprint = self.app.vault.lookup_hash("smpp_unit", id, &hex::encode(body));
        // Inserted before it is looked at: another process that takes the same unit at this moment is waited for.
        if tx.take_smpp(id, &fingerprint, self.since.session, now)? {
            return Ok(Some(fingerprint));
        }
        if let Some(known) = tx.smpp_taken(id, &fingerprint)?
            && self.since.is_redelivery(known, now)
        {
            return Ok(None);
        }
        tx.take_smpp_again(id, &fingerprint, self.since.session, now)?;
        Ok(Some(fingerprint))
    }

    fn part(&self, tx: &mut Tx<'_>, part: &Part, fingerprint: &[u8]) -> Result<()> {
        let now = self.app.now();
        let name = format!("{} {} {}", part.from, part.reference, part.total);
        let bundle = self.app.vault.lookup_hash("smpp_bundle", self.channel.id, &name);
        let mut there = tx.smpp_parts(&bundle)?;
        if let Some(same) = there.iter().find(|row| row.number == i64::from(part.number)) {
            if same.fingerprint == fingerprint {
                return Ok(());
            }
            // References are used again: what waits is of an older message that will not become whole.
            self.hand_on(tx, &bundle, &there, None)?;
            there.clear();
        }
        if there.len() + 1 == usize::from(part.total) {
            return self.hand_on(tx, &bundle, &there, Some(part));
        }
        let payload = self.app.vault.day(now.day(), now)?.seal_json(Purpose::Inbound, part)?;
        tx.keep_smpp_part(&NewPart {
            bundle: &bundle,
            number: i64::from(part.number),
            channel_id: self.channel.id,
            fingerprint,
            payload: &payload,
            received_at: now,
            due_at: now.plus_seconds(PARTS_WAIT_SECONDS),
        })
    }

    /// Makes one message of the parts that are there.
    fn hand_on(&self, tx: &mut Tx<'_>, bundle: &[u8], there: &[PartRow], last: Option<&Part>) -> Result<()> {
        let now = self.app.now();
        let mut parts: Vec<Part> = last.cloned().into_iter().collect();
        for row in there {
            parts.push(self.app.vault.day(row.day, now)?.open_json(Purpose::Inbound, &row.payload)?);
        }
        tx.remove_smpp_parts(bundle)?;
        match join(self.account, &parts) {
            Some(message) => self.insert(tx, &Incoming::Message(Box::new(message))),
            None => Ok(()),
        }
    }
}

/// Hands on messages whose missing parts were waited for long enough, and forgets what has outlived its use when a
/// moment is given.
pub(super) async fn hand_on_overdue(app: &App, outlived: Option<Ts>) -> Result<()> {
    let now = app.now();
    let lines = app.lines();
    let ours = |channel: &&std::sync::Arc<Channel>| {
        matches!(channel.link, Link::Smpp(_)) && is_ours(app, channel.id)
    };
    let channels: Vec<Uuid> = lines.channels().filter(ours).map(|channel| channel.id).collect();
    if channels.is_empty() {
        return Ok(());
    }
    if let Some(now) = outlived {
        app.store.write(move |tx| tx.remove_old_smpp_taken(now.plus_seconds(-TAKEN_SECONDS))).await?;
    }
    let overdue = app.store.read(move |tx| tx.overdue_smpp_parts(now, &channels)).await?;
    for (bundle, channel_id) in overdue {
        let context = app.clone();
        let handed = move |tx: &mut Tx<'_>| {
            let lines = context.lines();
            let (line, channel) = lines.channel(channel_id).ok_or_else(gone)?;
            let since = Since { session: Uuid::nil(), bound_at: now, sure_before: None };
            let taking = Taking { app: &context, line, channel, account: account(channel)?, since };
            let there = tx.smpp_parts(&bundle)?;
            taking.hand_on(tx, &bundle, &there, None)
        };
        app.store.write(handed).await?;
        app.signals.inbound.notify_waiters();
    }
    Ok(())
}

/// Reads a kept unit again after a fix; `None` when it still cannot be read, or is a part of something longer.
pub(crate) fn read_again(account: &Account, body: &[u8]) -> Option<Incoming> {
    let length = u32::try_from(body.len() + HEADER_BYTES).ok()?;
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend([0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1]);
    bytes.extend(body);
    let Ok(Pdu { body: Body::DeliverSm(sm), .. }) = Pdu::decode(&bytes) else { return None };
    match read(account, &sm) {
        Delivered::Report(report) => Some(Incoming::Report(report)),
        Delivered::Whole(message) => Some(Incoming::Message(message)),
        Delivered::Part(part) => join(account, &[part]).map(|message| Incoming::Message(Box::new(message))),
        Delivered::Unreadable(_) => None,
    }
}
