//! The loops behind jobs, waits that are over, conversations that were closed, and retention.
use std::time::Duration;

use flow::asks::{AskAnswer, AskKind, WebhookReply};
use flow::resumes::Resume;
use flow::triggers::Trigger;
use uuid::Uuid;

use super::Job;
use super::sql::Taken;
use crate::app::App;
use crate::calls;
use crate::consent;
use crate::contacts;
use crate::flows::{self, Route, StoredSession};
use crate::inbound::Effects;
use crate::inbox;
use crate::media;
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::{Purpose, VaultError};
use crate::webhook;

/// How often a job is tried before it is set aside.
const MAX_ATTEMPTS: i64 = 5;
/// How often the call behind one question of a flow is made: once, and once more when nobody knows how that ended,
/// because the server stopped or could not keep the answer.
const MAX_CALLS: i64 = 2;
/// Seconds before a failed job is tried again, times its number of attempts.
const RETRY_SECONDS: i64 = 10;
/// How long a job may take before another process may take it, in seconds.
const LEASE_SECONDS: i64 = 120;
/// How many jobs run at once in a process.
const AT_ONCE: i64 = 16;
/// How many waits that are over, or closed conversations, are handled in one round.
const ROUND: i64 = 200;
/// How long the loop sleeps when nothing wakes it.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How many counted results one transaction adds up.
const TALLY_ROUND: i64 = 5_000;
/// How often retention rules run, in seconds of the server's clock.
const HOUSEKEEPING_SECONDS: i64 = 600;
const DAY_SECONDS: i64 = 86_400;

/// Runs jobs, timers and the questions after closed conversations until the server stops.
pub async fn run_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    loop {
        let woken = app.signals.jobs.notified();
        let mut busy = false;
        for outcome in [run_due(&app).await, end_waits(&app).await, after_closing(&app).await] {
            match outcome {
                Ok(done) => busy |= done > 0,
                Err(error) => tracing::error!(%error, "waiting work could not be done"),
            }
        }
        if busy {
            continue;
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

async fn run_due(app: &App) -> Result<usize> {
    let now = app.now();
    let jobs =
        app.store.write(move |tx| tx.lease_jobs(now, now.plus_seconds(LEASE_SECONDS), AT_ONCE)).await?;
    let count = jobs.len();
    let mut running = tokio::task::JoinSet::new();
    for job in jobs {
        let app = app.clone();
        running.spawn(async move {
            if let Err(error) = perform(&app, &job).await {
                note_failure(&app, &job, &error).await;
            }
        });
    }
    while running.join_next().await.is_some() {}
    Ok(count)
}

async fn note_failure(app: &App, job: &Taken, error: &StoreError) {
    let (id, attempts, text, now) = (job.id, job.attempts + 1, error.to_string(), app.now());
    tracing::error!(job = %id, attempts, error = %text, "a job failed");
    let outcome = app
        .store
        .write(move |tx| {
            if attempts >= MAX_ATTEMPTS {
                tx.set_job_aside(id, &text)
            } else {
                tx.job_failed(id, &text, now.plus_seconds(RETRY_SECONDS * attempts))
            }
        })
        .await;
    if let Err(error) = outcome {
        tracing::error!(job = %id, %error, "the failure could not be noted; the job's lease will end by itself");
    }
}

async fn perform(app: &App, taken: &Taken) -> Result<()> {
    let Some(job) = open(app, taken).await? else {
        let id = taken.id;
        return app.store.write(move |tx| tx.job_done(id)).await.map(drop);
    };
    match job {
        Job::DestroyKey { key } => {
            app.vault.destroy_person(key).await?;
            let id = taken.id;
            app.store.write(move |tx| tx.job_done(id)).await.map(drop)
        }
        Job::FetchMedia { media } => crate::media::fetch(app, media, taken.id).await,
        Job::CancelCall { call } => calls::cancel(app, call, taken.id).await,
        Job::ForgetRecording { channel, media, url, tries } => {
            calls::forget_recording(app, taken.id, channel, media, url, tries).await
        }
        Job::FlowAsk { identity, channel, ask } => {
            let contact_id =
                taken.contact_id.ok_or_else(|| StoreError::Shape("a job without a contact".into()))?;
            let answer = answer(app, taken, &ask.kind).await;
            let (context, id, ask_id) = (app.clone(), taken.id, ask.id);
            let effects = app
                .store
                .write(move |tx| {
                    if !tx.job_done(id)? {
                        return Ok(Effects::default());
                    }
                    let resume = Resume::Answer(ask_id, answer.clone());
                    resume_contact(tx, &context, contact_id, Some((identity, channel)), resume, context.now())
                })
                .await?;
            effects.wake(app);
            Ok(())
        }
    }
}

/// Makes the call that a flow asked for, and says in the answer whether it was made before.
async fn answer(app: &App, taken: &Taken, kind: &AskKind) -> AskAnswer {
    let AskKind::Webhook { method, url, headers, body, .. } = kind else {
        return AskAnswer::Webhook(WebhookReply::default());
    };
    let made_before = taken.attempts.clamp(0, MAX_CALLS);
    let mut reply = if made_before < MAX_CALLS {
        webhook::call(app, taken.id, method, url, headers, body).await
    } else {
        WebhookReply {
            request: format!("{method} {url}"),
            response: format!("interrupted {MAX_CALLS} times and not made again"),
            ..WebhookReply::default()
        }
    };
    reply.retries = u32::try_from(made_before).unwrap_or(0);
    AskAnswer::Webhook(reply)
}

/// Opens a job's payload; `None` when the person was erased meanwhile.
async fn open(app: &App, taken: &Taken) -> Result<Option<Job>> {
    let Some(contact_id) = taken.contact_id else {
        return Ok(Some(app.vault.installation().open_json(Purpose::Job, &taken.payload)?));
    };
    let (context, payload) = (app.clone(), taken.payload.clone());
    app.store
        .read(move |tx| match contacts::get(tx, &context, contact_id) {
            Ok(Some(contact)) => Ok(Some(contact.key.open_json(Purpose::Job, &payload)?)),
            Ok(None) => Ok(None),
            Err(StoreError::Other(error))
                if matches!(error.downcast_ref::<VaultError>(), Some(VaultError::Erased)) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        })
        .await
}

/// Resumes a contact's session where she was last talked to.
fn resume_contact(
    tx: &mut Tx<'_>,
    app: &App,
    contact_id: Uuid,
    place: Option<(Uuid, Uuid)>,
    resume: Resume,
    now: Ts,
) -> Result<Effects> {
    let Some(mut contact) = contacts::get_locked(tx, app, contact_id)? else { return Ok(Effects::default()) };
    let place = place.or_else(|| contact.profile.urns.first().map(|known| (known.identity, known.channel)));
    let lines = app.lines();
    let Some((identity, (line, channel))) =
        place.and_then(|(identity, channel)| Some((identity, lines.channel(channel)?)))
    else {
        return Ok(Effects::default());
    };
    let route = Route { line, channel, identity };
    let effects = flows::resume_session(tx, app, route, &mut contact, resume, now)?;
    contacts::save_state(tx, &contact)?;
    Ok(effects)
}

/// Wakes sessions whose wait has timed out or expired.
async fn end_waits(app: &App) -> Result<usize> {
    let now = app.now();
    let over = app.store.read(move |tx| tx.waits_over(now, ROUND)).await?;
    for contact_id in &over {
        let (context, contact_id) = (app.clone(), *contact_id);
        let outcome = app.store.write(move |tx| end_wait(tx, &context, contact_id, now)).await;
        match outcome {
            Ok(effects) => effects.wake(app),
            Err(error) => {
                tracing::error!(contact = %contact_id, %error, "a wait could not be ended; its session is dropped");
                let context = app.clone();
                app.store.write(move |tx| drop_wait(tx, &context, contact_id)).await?;
            }
        }
    }
    Ok(over.len())
}

fn end_wait(tx: &mut Tx<'_>, app: &App, contact_id: Uuid, now: Ts) -> Result<Effects> {
    let Some(contact) = contacts::get_locked(tx, app, contact_id)? else { return Ok(Effects::default()) };
    if contact.session_until.is_none_or(|until| until > now) {
        return Ok(Effects::default());
    }
    let Some(stored) = StoredSession::open(&contact)? else {
        drop_wait(tx, app, contact_id)?;
        return Ok(Effects::default());
    };
    let wait = stored.session.wait_id();
    let timed_out = stored.timeout_at.is_some_and(|at| Ts::from(at) <= now);
    let resume = if timed_out { Resume::Timeout(wait) } else { Resume::Expiration(wait) };
    let effects = resume_contact(tx, app, contact_id, None, resume, now)?;
    // A session that did not move on would be woken for ever.
    if let Some(contact) = contacts::get_locked(tx, app, contact_id)?
        && contact.session_until.is_some_and(|until| until <= now)
    {
        drop_wait(tx, app, contact_id)?;
    }
    Ok(effects)
}

fn drop_wait(tx: &mut Tx<'_>, app: &App, contact_id: Uuid) -> Result<()> {
    if let Some(mut contact) = contacts::get_locked(tx, app, contact_id)? {
        flows::drop_session(&mut contact);
        contacts::save_state(tx, &contact)?;
    }
    Ok(())
}

/// Starts the line's after-close flow for conversations that stayed closed, and wakes snoozed ones.
async fn after_closing(app: &App) -> Result<usize> {
    let now = app.now();
    let (closed, snoozed) = app
        .store
        .read(move |tx| Ok((inbox::due_after_close(tx, now, ROUND)?, inbox::due_snoozed(tx, now, ROUND)?)))
        .await?;
    for (conversation, contact_id) in closed.iter().copied() {
        let context = app.clone();
        let effects =
            app.store.write(move |tx| after_close(tx, &context, conversation, contact_id, now)).await?;
        effects.wake(app);
    }
    for (conversation, contact_id) in snoozed.iter().copied() {
        let context = app.clone();
        app.store
            .write(move |tx| {
                contacts::get_locked(tx, &context, contact_id)?;
                inbox::wake(tx, &context, conversation, now)
            })
            .await?;
        app.signals.touch_live();
    }
    Ok(closed.len() + snoozed.len())
}

fn after_close(tx: &mut Tx<'_>, app: &App, conversation: Uuid, contact_id: Uuid, now: Ts) -> Result<Effects> {
    let Some(mut contact) = contacts::get_locked(tx, app, contact_id)? else { return Ok(Effects::default()) };
    if !inbox::claim_after_close(tx, conversation, now)? {
        return Ok(Effects::default());
    }
    let lines = app.lines();
    let place = tx.conversation(conversation)?.map(|row| row.channel_id);
    let found = place.and_then(|channel| lines.channel(channel));
    let Some((line, channel)) = found else { return Ok(Effects::default()) };
    let identity = contact.profile.urns.iter().find(|known| known.channel == channel.id);
    let identity = identity.or(contact.profile.urns.first()).map(|known| known.identity);
    // A person who has written again is in another conversation or flow already: she is not asked.
    let (Some(identity), Some(flow), None) =
        (identity, line.after_close_flow.clone(), contact.conversation_id)
    else {
        return Ok(Effects::default());
    };
    let ticket = flow::contact::Ticket {
        uuid: conversation,
        status: flow::contact::TicketStatus::Closed,
        topic: None,
        assignee: None,
    };
    let trigger = Trigger::ticket_closed(flow, app.id(), now.to_timestamp().into(), ticket);
    let route = Route { line, channel, identity };
    let effects = flows::start_flow(tx, app, route, &mut contact, trigger, now)?;
    contacts::save_state(tx, &contact)?;
    Ok(effects)
}

/// Applies retention rules now and then until the server stops.
pub async fn housekeeping_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    let mut last = Ts(0);
    loop {
        let now = app.now();
        if now.seconds_since(last) >= HOUSEKEEPING_SECONDS {
            last = now;
            if let Err(error) = keep_house(&app, now).await {
                tracing::error!(%error, "retention rules could not be applied");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

async fn keep_house(app: &App, now: Ts) -> Result<()> {
    let key_days = crate::vault::DAY_KEY_DAYS;
    app.vault.destroy_old_days(now).await?;
    let live = now.plus_seconds(-crate::live::KEPT_SECONDS);
    let raw = now.plus_seconds(-(key_days + 1) * DAY_SECONDS);
    let failures = now.plus_seconds(-DAY_SECONDS);
    app.store.write(move |tx| tx.remove_outlived(live, raw, failures)).await?;
    app.store.write(move |tx| tx.remove_old_calls(raw)).await?;
    let full = usize::try_from(TALLY_ROUND).unwrap_or(usize::MAX);
    while app.store.write(|tx| tx.add_up_results(TALLY_ROUND)).await? == full {}
    for line in app.lines().iter() {
        let (id, keep) = (line.id, line.content.retention_days);
        let messages = now.plus_seconds(-keep.messages * DAY_SECONDS);
        let audit = now.plus_seconds(-keep.audit * DAY_SECONDS);
        app.store.write(move |tx| tx.apply_retention(id, messages, audit)).await?;
        app.store.write(move |tx| media::out::discard_forgotten(tx, id, now)).await?;
        let silent = now.plus_seconds(-keep.unconsented * DAY_SECONDS);
        let persons = app.store.read(move |tx| tx.silent_unconsented(id, silent, ROUND)).await?;
        for contact_id in persons {
            let context = app.clone();
            let effects = app
                .store
                .write(move |tx| match contacts::get_locked(tx, &context, contact_id)? {
                    Some(contact) => Ok(consent::erase(tx, &context, &contact, now)?.1),
                    None => Ok(Effects::default()),
                })
                .await?;
            effects.wake(app);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;
    use crate::boot;
    use crate::config::Config;

    async fn server() -> (App, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_folder(
            folder.path().to_owned(),
            ([127, 0, 0, 1], 0).into(),
            "https://line.example.org".to_owned(),
        );
        config.allow_private_addresses = true;
        let (app, _) = boot::open(config).await.unwrap();
        (app, folder)
    }

    /// Somebody who is called; gives the address and the heads of the calls.
    async fn callee() -> (String, UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/beds", listener.local_addr().unwrap());
        let (heads, calls) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => break,
                    }
                }
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _ = stream.write_all(answer).await;
                let _ = heads.send(String::from_utf8_lossy(&head).to_lowercase());
            }
        });
        (address, calls)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_interrupted_call_is_made_once_more_and_never_again() {
        let ((app, _folder), (url, mut calls)) = (server().await, callee().await);
        let (id, now) = (app.id(), app.now());
        let sealed = app.vault.installation().seal_json(Purpose::Job, &Job::DestroyKey { key: id }).unwrap();
        app.store
            .write(move |tx| tx.insert_job(id, "flow_ask", None, None, 0, sealed.clone(), now))
            .await
            .unwrap();
        let mut keys = Vec::new();
        for attempt in 0..4_u32 {
            // each time the lease ends without an outcome, as when the process was killed
            let later = now.plus_seconds(i64::from(attempt) * 2 * LEASE_SECONDS);
            let until = later.plus_seconds(LEASE_SECONDS);
            let taken =
                app.store.write(move |tx| tx.lease_jobs(later, until, AT_ONCE)).await.unwrap().remove(0);
            let kind = AskKind::Webhook {
                method: "GET".to_owned(),
                url: url.clone(),
                headers: BTreeMap::new(),
                body: String::new(),
                resthook: String::new(),
            };
            let AskAnswer::Webhook(reply) = answer(&app, &taken, &kind).await else { panic!("a web call") };
            assert_eq!(reply.retries, attempt.min(2));
            assert_eq!(reply.status_code, if attempt < 2 { 200 } else { 0 });
            keys.extend(calls.try_recv().ok().and_then(|head| {
                head.lines().find(|line| line.starts_with("idempotency-key:")).map(str::to_owned)
            }));
        }
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[0], keys[1]);
    }
}
