//! Which process handles which people. Everybody belongs to one of a fixed number of parts; a process leases
//! parts and renews them, a dead one's parts are taken over when the lease ends. Within a process each part is
//! handled by one worker, so one person is never handled twice at once and her messages keep their order.
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::app::App;
use crate::args;
use crate::contacts::PARTS;
use crate::store::{Result, Sql, Ts, Tx};

/// How long a lease lasts without being renewed.
pub const LEASE_SECONDS: i64 = 10;
/// How often leases are renewed.
pub const RENEW_SECONDS: i64 = 3;

const SEEN: Sql = crate::sql!(
    "INSERT INTO process (id, seen_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"
);
const GONE: Sql = crate::sql!("DELETE FROM process WHERE seen_at <= $1");
const LEAVE: Sql = crate::sql!("DELETE FROM process WHERE id = $1");
const COUNT: Sql = crate::sql!("SELECT count(*) FROM process");
const MAKE_PART: Sql = crate::sql!(
    "INSERT INTO part_lease (part, owner, until) VALUES ($1, NULL, 0) ON CONFLICT (part) DO NOTHING"
);
const PARTS_NOW: Sql = crate::sql!("SELECT part, owner, until FROM part_lease ORDER BY part {for_update}");
const TAKE: Sql = crate::sql!("UPDATE part_lease SET owner = $2, until = $3 WHERE part = $1");
const ABANDONED: Sql = crate::sql!(
    "UPDATE message SET state = 3, owner = NULL, reason = 'process_lost', look_at = 0 \
     WHERE state = 2 AND (owner IS NULL OR (owner <> $1 AND owner NOT IN (SELECT id FROM process)))"
);

const INTERRUPTED: Sql = crate::sql!(
    "UPDATE message SET state = 3, owner = NULL, reason = 'process_lost', look_at = 0 \
     WHERE state = 2 AND owner = $1"
);

/// The parts that this process holds at the moment.
#[derive(Debug, Default)]
pub struct Leases(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    parts: Vec<i64>,
    until: Ts,
}

impl Leases {
    /// The parts held, those of one worker out of `workers`; empty when the leases have run out.
    #[must_use]
    pub fn of_worker(&self, worker: i64, workers: i64, now: Ts) -> Vec<i64> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.until <= now {
            return Vec::new();
        }
        held.parts.iter().copied().filter(|part| part % workers == worker).collect()
    }

    /// Whether a part was held when leases were last renewed, be it over since or not.
    #[must_use]
    pub fn lists(&self, part: i64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).parts.contains(&part)
    }

    /// Whether a part is held.
    #[must_use]
    pub fn holds(&self, part: i64, now: Ts) -> bool {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.until > now && held.parts.contains(&part)
    }
}

/// Renews what is held, takes what is free, gives back what is more than a fair share. Messages that a lost
/// process was just sending become `unknown`: nobody can tell whether they left.
///
/// # Errors
/// When the store refuses.
pub async fn renew(app: &App) -> Result<()> {
    let (me, now) = (app.process, app.now());
    let (held, taken) = app.store.write(move |tx| renew_in(tx, me, now)).await?;
    let mut mine = app.leases.0.lock().unwrap_or_else(PoisonError::into_inner);
    mine.parts = held;
    mine.until = now.plus_seconds(LEASE_SECONDS);
    drop(mine);
    if taken > 0 {
        app.signals.inbound.notify_waiters();
        app.signals.outbound.notify_waiters();
    }
    Ok(())
}

fn renew_in(tx: &mut Tx<'_>, me: Uuid, now: Ts) -> Result<(Vec<i64>, usize)> {
    tx.run(SEEN, args![me, now])?;
    let gone = tx.run(GONE, args![now.plus_seconds(-LEASE_SECONDS)])?;
    let processes: i64 = tx.one(COUNT, args![])?.get(0)?;
    let fair = (PARTS + processes - 1) / processes.max(1);
    let mut rows = tx.rows(PARTS_NOW, args![])?;
    if rows.len() < usize::try_from(PARTS).unwrap_or(usize::MAX) {
        for part in 0..PARTS {
            tx.run(MAKE_PART, args![part])?;
        }
        rows = tx.rows(PARTS_NOW, args![])?;
    }
    let mut held = Vec::new();
    let mut free = Vec::new();
    for row in rows {
        let (part, owner, until): (i64, Option<Uuid>, Ts) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if owner == Some(me) {
            held.push(part);
        } else if until <= now {
            free.push(part);
        }
    }
    let mine_before: BTreeSet<i64> = held.iter().copied().collect();
    while i64::try_from(held.len()).unwrap_or(i64::MAX) > fair {
        if let Some(part) = held.pop() {
            tx.run(TAKE, args![part, None::<Uuid>, Ts(0)])?;
        }
    }
    for part in free {
        if i64::try_from(held.len()).unwrap_or(i64::MAX) < fair {
            held.push(part);
        }
    }
    for part in &held {
        tx.run(TAKE, args![*part, Some(me), now.plus_seconds(LEASE_SECONDS)])?;
    }
    let new: Vec<i64> = held.iter().copied().filter(|part| !mine_before.contains(part)).collect();
    if gone > 0 || !new.is_empty() {
        // Whatever part they are of: the process that is connected to a message centre sends for people of all parts.
        // A process that lives writes down itself what became of its messages, also of parts that it has given away.
        tx.run(ABANDONED, args![me])?;
    }
    Ok((held, new.len()))
}

/// At a start: what this process was sending when it was killed is `unknown` now.
///
/// # Errors
/// When the store refuses.
pub async fn reclaim(app: &App) -> Result<()> {
    let me = app.process;
    app.store.write(move |tx| tx.run(INTERRUPTED, args![me])).await.map(drop)
}

/// Gives everything back at a clean stop, so that others need not wait for the leases to end.
///
/// # Errors
/// When the store refuses.
pub async fn give_back(app: &App) -> Result<()> {
    let me = app.process;
    app.store
        .write(move |tx| {
            tx.run(LEAVE, args![me])?;
            for row in tx.rows(PARTS_NOW, args![])? {
                if row.get::<Option<Uuid>>(1)? == Some(me) {
                    tx.run(TAKE, args![row.get::<i64>(0)?, None::<Uuid>, Ts(0)])?;
                }
            }
            Ok(())
        })
        .await
}
