//! Reading a kept request again after a fix, and giving a set-aside event another chance.
use std::panic::{AssertUnwindSafe, catch_unwind};

use channels::{Headers, HttpRequest, Incoming};
use uuid::Uuid;

use super::accept::{KeptRequest, MAX_EVENTS, inbound_row, insert_events};
use crate::app::App;
use crate::lines::{Channel, Line, Link};
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::{Purpose, VaultError};

/// What became of a second reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// So many things were taken out of it and wait to be handled.
    Taken(usize),
    /// It still cannot be read; the reason.
    StillUnreadable(String),
    /// Its key was destroyed on time, after eight days.
    Gone,
}

/// Reads a kept request again. What it holds joins the queue in the transaction that marks it as replayed;
/// things that were taken out of it before are left out as duplicates.
///
/// # Errors
/// When the store refuses, or the row is not there or not waiting.
pub fn raw_request(
    tx: &mut Tx<'_>,
    app: &App,
    line: &Line,
    channel: &Channel,
    id: Uuid,
    now: Ts,
) -> Result<Replayed> {
    let missing = || StoreError::Shape("a kept request that is not waiting".into());
    let (sealed, day) = tx.kept_request(id, channel.id)?.ok_or_else(missing)?;
    let key = match app.vault.day(day, now) {
        Ok(key) => key,
        Err(VaultError::Erased) => return Ok(Replayed::Gone),
        Err(error) => return Err(error.into()),
    };
    let kept: KeptRequest = key.open_json(Purpose::Raw, &sealed)?;
    if let Link::Smpp(account) = &channel.link {
        let Some(incoming) = crate::smpp::read_again(account, &kept.body) else {
            return Ok(Replayed::StillUnreadable("the unit cannot be read".into()));
        };
        insert_events(tx, vec![inbound_row(app, line, channel, &incoming)?])?;
        tx.mark_kept_request(id, 1)?;
        return Ok(Replayed::Taken(1));
    }
    let account = channel.account().ok_or_else(missing)?;
    let mut headers = Headers::default();
    for (name, value) in kept.headers {
        headers.append(name, value);
    }
    let request = HttpRequest { method: kept.method, url: kept.url, headers, body: kept.body };
    let read = catch_unwind(AssertUnwindSafe(|| channels::receive(account, &request)));
    let events: Vec<Incoming> = match read {
        Ok(Ok(events)) if events.len() <= MAX_EVENTS => events,
        Ok(Ok(_)) => return Ok(Replayed::StillUnreadable("the call holds too much".into())),
        Ok(Err(unparsable)) => return Ok(Replayed::StillUnreadable(unparsable.to_string())),
        Err(_) => return Ok(Replayed::StillUnreadable("the adapter failed on this call".into())),
    };
    if let Some(problem) = events.iter().find_map(super::accept::kept_raw_because) {
        return Ok(Replayed::StillUnreadable(problem));
    }
    let rows =
        events.iter().map(|event| inbound_row(app, line, channel, event)).collect::<Result<Vec<_>>>()?;
    let count = rows.len();
    insert_events(tx, rows)?;
    tx.mark_kept_request(id, 1)?;
    Ok(Replayed::Taken(count))
}
