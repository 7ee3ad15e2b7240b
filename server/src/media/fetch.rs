//! Fetching one file: locate, download with limits, look at what it is, seal.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::media::{Fetch, MediaError, fetch, located};
use channels::{HttpRequest, IncomingAttachment, MediaSource};
use uuid::Uuid;

use super::sql::MediaRow;
use super::{MAX_BYTES, MediaState};
use crate::app::App;
use crate::contacts;
use crate::inbox;
use crate::jobs::{self, Job};
use crate::outbound;
use crate::store::{Result, StoreError, Tx};
use crate::vault::Purpose;
use crate::webhook;

/// Seconds before each further try: over a day and a half, well within the week that WhatsApp keeps a file.
const RETRY_SECONDS: [i64; 8] = [10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400];

/// Why a file is not here.
enum Failure {
    /// Another try may help.
    Again(&'static str),
    Never(&'static str),
}

/// Fetches a file, or notes why it could not be had and tries again later. Running twice does no harm.
///
/// # Errors
/// When the store refuses.
pub async fn run(app: &App, id: Uuid, job: Uuid) -> Result<()> {
    let read = app.store.read({
        let app = app.clone();
        move |tx| {
            let Some(media) = tx.media(id)?.filter(|media| media.state == MediaState::Waiting) else {
                return Ok(None);
            };
            let Some(contact) = contacts::get(tx, &app, media.contact_id)? else { return Ok(None) };
            let Some(source) = &media.source else { return Ok(None) };
            let attachment: IncomingAttachment = contact.key.open_json(Purpose::Media, source)?;
            Ok(Some((media, contact.key, attachment)))
        }
    });
    let Some((media, key, attachment)) = read.await? else {
        return app.store.write(move |tx| tx.job_done(job)).await.map(drop);
    };
    let had = download(app, media.channel_id, &attachment).await;
    let outcome = match had {
        Ok(bytes) => {
            let content_type = sniffed(&bytes, &attachment.content_type);
            let hash = app.vault.lookup_hash("media", media.contact_id, &hex::encode(sha256(&bytes)));
            let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            Ok((content_type, size, hash, key.seal(Purpose::Media, &bytes)?))
        }
        Err(failure) => Err(failure),
    };
    let context = app.clone();
    let live = app
        .store
        .write(move |tx| {
            // Somebody erased her meanwhile, or another process was faster.
            if !tx.job_done(job)? || contacts::get_locked(tx, &context, media.contact_id)?.is_none() {
                return Ok(false);
            }
            match &outcome {
                Ok((content_type, size, hash, body)) => {
                    tx.media_here(&media, content_type, *size, hash, body)?;
                }
                Err(failure) => failed(tx, &context, &media, failure)?,
            }
            match media.conversation_id {
                Some(conversation) => {
                    let now = context.now();
                    inbox::status_changed(tx, &context, media.message_id, conversation, media.line_id, now)
                        .map(|()| true)
                }
                None => Ok(false),
            }
        })
        .await?;
    if live {
        app.signals.touch_live();
    }
    Ok(())
}

fn failed(tx: &mut Tx<'_>, app: &App, media: &MediaRow, failure: &Failure) -> Result<()> {
    let pause = usize::try_from(media.attempts).ok().and_then(|n| RETRY_SECONDS.get(n));
    match (failure, pause) {
        (Failure::Again(reason), Some(seconds)) => {
            tx.media_failed(media.id, MediaState::Waiting, reason)?;
            let contact = contacts::get_locked(tx, app, media.contact_id)?;
            let contact = contact.ok_or_else(|| StoreError::Other(anyhow::anyhow!("she was erased")))?;
            let due = app.now().plus_seconds(*seconds);
            jobs::add_for_contact(tx, app, &contact, &Job::FetchMedia { media: media.id }, due)
        }
        (Failure::Again(reason) | Failure::Never(reason), _) => {
            tracing::warn!(media = %media.id, reason, "a file that came with a message was given up");
            tx.media_failed(media.id, MediaState::GivenUp, reason)
        }
    }
}

async fn download(
    app: &App,
    channel_id: Uuid,
    attachment: &IncomingAttachment,
) -> std::result::Result<Vec<u8>, Failure> {
    match &attachment.source {
        MediaSource::Inline { text } => return Ok(text.clone().into_bytes()),
        MediaSource::Encoded { base64 } => {
            let bytes = STANDARD.decode(base64.as_bytes()).unwrap_or_default();
            return if bytes.is_empty() { Err(Failure::Never("gone")) } else { Ok(bytes) };
        }
        MediaSource::Url { .. } | MediaSource::Id { .. } | MediaSource::Location { .. } => {}
    }
    let lines = app.lines();
    let account = lines.channel(channel_id).and_then(|(_, channel)| channel.account());
    let account = account.ok_or(Failure::Never("channel_gone"))?;
    let error = |error: MediaError| match error {
        MediaError::Retry => Failure::Again("provider_busy"),
        MediaError::Gone => Failure::Never("gone"),
        MediaError::Address => Failure::Never("no_address"),
    };
    let request: HttpRequest = match fetch(account, attachment).map_err(error)? {
        Fetch::Nothing => return Err(Failure::Never("nothing_to_fetch")),
        Fetch::Download(request) => request,
        Fetch::Locate(question) => {
            let answer = outbound::ask(app, &question).await.ok_or(Failure::Again("no_answer"))?;
            located(account, &answer).map_err(error)?
        }
    };
    match webhook::download(app, &request, MAX_BYTES).await {
        Ok(bytes) => Ok(bytes),
        Err(webhook::NoDownload::Again) => Err(Failure::Again("no_answer")),
        Err(webhook::NoDownload::Gone) => Err(Failure::Never("gone")),
        Err(webhook::NoDownload::Inside) => Err(Failure::Never("inside_address")),
        Err(webhook::NoDownload::TooLarge) => Err(Failure::Never("too_large")),
    }
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

/// What a file is by its own bytes. What cannot be recognised keeps the provider's word only where a browser does
/// nothing with it but save it.
pub(super) fn sniffed(bytes: &[u8], said: &str) -> String {
    // Pages and scripts are text that somebody's browser would run: those stay bytes to be saved.
    if let Some(kind) = infer::get(bytes).filter(|kind| !kind.mime_type().starts_with("text/")) {
        return match kind.mime_type() {
            "audio/opus" => "audio/ogg",
            "audio/m4a" | "audio/x-m4a" => "audio/mp4",
            "audio/x-wav" => "audio/wav",
            other => other,
        }
        .to_owned();
    }
    match said.split(';').next().unwrap_or("").trim() {
        "text/vcard" => "text/vcard".to_owned(),
        "text/plain" if std::str::from_utf8(bytes).is_ok() => "text/plain".to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 16];
        assert_eq!(sniffed(&jpeg, "text/html"), "image/jpeg");
        assert_eq!(sniffed(b"OggS\0\x02 and a sound", "audio/ogg; codecs=opus"), "audio/ogg");
        assert_eq!(sniffed(b"<script>alert(1)</script>", "text/html"), "application/octet-stream");
        assert_eq!(sniffed(b"hola", "text/plain"), "text/plain");
        assert_eq!(sniffed(b"", "image/jpeg"), "application/octet-stream");
    }
}
