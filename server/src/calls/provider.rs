//! What a provider is told of calls besides what to say: that one need not ring any more, and that a recording may go once it
//! is sealed here.
use std::time::Duration;

use channels::voice;
use uuid::Uuid;

use super::CallRow;
use crate::app::App;
use crate::jobs::{self, Job};
use crate::media::MediaState;
use crate::outbound;
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::Purpose;

/// How long after a recording came it is first looked whether it is here.
const FIRST_LOOK: Duration = Duration::from_secs(30);
/// Seconds before each further try to delete a recording; the last of them for all that follow.
const RETRY_SECONDS: [i64; 5] = [60, 600, 3_600, 21_600, 86_400];
/// How often the provider is asked to delete a recording, and how often it is looked whether it is here: a month.
const MAX_TRIES: usize = 34;
/// From this try on the operator sees that recordings stay at the provider.
const VISIBLE_FROM: usize = 2;

/// She has the message by another way: a call about it that still rings is stopped, where the provider can be asked to.
/// Answers whether there is work to do.
///
/// # Errors
/// When the store refuses.
pub fn not_needed(tx: &mut Tx<'_>, app: &App, message: Uuid, now: Ts) -> Result<bool> {
    let Some((call, line)) = tx.ringing_call_about(message)? else { return Ok(false) };
    jobs::add(tx, app, Some(line), &Job::CancelCall { call }, now)?;
    Ok(true)
}

/// Stops a call that rings. One that was taken meanwhile goes on: whoever took it hears what there is to hear.
///
/// # Errors
/// When the store refuses, or the provider gave no answer.
pub async fn cancel(app: &App, call: Uuid, job: Uuid) -> Result<()> {
    let context = app.clone();
    let known = app
        .store
        .read(move |tx| {
            let Some((channel, sealed, day)) = tx.ringing_call(call)? else { return Ok(None) };
            let sid: String = context.vault.day(day, context.now())?.open_json(Purpose::Call, &sealed)?;
            Ok(Some((channel, sid)))
        })
        .await?;
    let lines = app.lines();
    let request = known.and_then(|(channel, sid)| {
        let (_, channel) = lines.channel(channel)?;
        voice::cancel(channel.account()?, &sid)
    });
    if let Some(request) = request {
        let answer = outbound::ask(app, &request).await;
        if !answer.is_some_and(|answer| voice::cancelled(&answer)) {
            return Err(StoreError::Other(anyhow::anyhow!(
                "the provider did not say that the call was stopped"
            )));
        }
    }
    app.store.write(move |tx| tx.job_done(job)).await.map(drop)
}

/// A recording came with what was just handled: once it is sealed here, or when nothing of it is kept, it goes at the
/// provider.
///
/// # Errors
/// When the store refuses.
pub fn recorded(tx: &mut Tx<'_>, app: &App, call: &CallRow, url: &str, now: Ts) -> Result<()> {
    let lines = app.lines();
    let account = lines.channel(call.channel_id).and_then(|(_, channel)| channel.account());
    if account.and_then(|account| voice::forget_recording(account, url)).is_none() {
        return Ok(());
    }
    let media = tx.newest_file(call.contact_id, call.channel_id, now)?;
    let job = Job::ForgetRecording { channel: call.channel_id, media, url: url.to_owned(), tries: 0 };
    let due = now.plus_seconds(i64::try_from(FIRST_LOOK.as_secs()).unwrap_or(0));
    jobs::add(tx, app, Some(call.line_id), &job, due)
}

/// Deletes a recording at its provider once it is sealed here, or not kept (any more).
///
/// # Errors
/// When the store refuses.
pub async fn forget_recording(
    app: &App,
    job: Uuid,
    channel_id: Uuid,
    media: Option<Uuid>,
    url: String,
    tries: usize,
) -> Result<()> {
    let lines = app.lines();
    let place = lines.channel(channel_id);
    let request = place
        .and_then(|(_, channel)| channel.account())
        .and_then(|account| voice::forget_recording(account, &url));
    let (Some((line, _)), Some(request)) = (place, request) else {
        return app.store.write(move |tx| tx.job_done(job)).await.map(drop);
    };
    let state = match media {
        Some(media) => app.store.read(move |tx| tx.file_state(media)).await?,
        None => None,
    };
    // What could not be fetched stays where staff may have it fetched again.
    let may_go = state.is_none_or(|state| state == MediaState::Here as i64);
    let is_gone =
        may_go && outbound::ask(app, &request).await.is_some_and(|answer| voice::forgotten(&answer));
    let (context, line_id, tries) = (app.clone(), line.id, tries + 1);
    app.store
        .write(move |tx| {
            let now = context.now();
            if !tx.job_done(job)? {
                return Ok(());
            }
            let others = tx.other_recordings_to_forget(line_id, job)?;
            if is_gone {
                // Whatever was wrong is over with the last of them.
                if others == 0 && tx.channel_health(channel_id)?.is_some() {
                    tx.put_channel_health(
                        channel_id,
                        "good",
                        "Recordings are deleted at the provider.",
                        now,
                    )?;
                }
                return Ok(());
            }
            if tries >= VISIBLE_FROM {
                tx.put_channel_health(channel_id, "weak", &still_there(others + 1, may_go), now)?;
            }
            if tries >= MAX_TRIES {
                tracing::error!(channel = %channel_id, "a recording stays at its provider: delete it there");
                return Ok(());
            }
            let pause = RETRY_SECONDS.get(tries - 1).or(RETRY_SECONDS.last()).copied().unwrap_or(0);
            let again = Job::ForgetRecording { channel: channel_id, media, url: url.clone(), tries };
            jobs::add(tx, &context, Some(line_id), &again, now.plus_seconds(pause))
        })
        .await
}

/// What the operator reads under Health.
fn still_there(count: i64, is_here: bool) -> String {
    match is_here {
        true => format!(
            "Recordings that could not be deleted at the provider yet: {count}. It is tried for a month."
        ),
        false => {
            format!("Recordings that are still at the provider because they could not be fetched: {count}.")
        }
    }
}
