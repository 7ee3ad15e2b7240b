//! New messages for a page with a script: an event stream that can resume, or a question now and then.
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::StatusCode;
use tokio::sync::watch;
use uuid::Uuid;

use super::Chat;
use super::http::{Problem, Visit};
use super::limits::Seat;
use super::page::News;
use super::sql::Owner;
use super::thread::{self, Bubble};
use crate::store::StoreError;

/// How often a stream looks by itself: what another process wrote gives no signal here.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a stream rests after a signal, so that many messages at once are one look.
const REST: Duration = Duration::from_millis(100);
/// A sign of life, often enough for the proxies that cut silent connections after a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(50);
/// A stream ends after this time and the browser opens it again.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How long the browser waits before it opens a lost stream again.
const RECONNECT: Duration = Duration::from_secs(3);

/// `GET /chat/{slug}/messages?after=`: what is new, or 204.
pub async fn messages(State(chat): State<Chat>, visit: Visit) -> Result<Response, Problem> {
    let after = visit.link.after(&visit.headers);
    let Some(owner) = chat.owner(&visit).await? else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let news = look(&chat, &visit, &owner, after).await?;
    Ok(match news {
        Some((_, news)) => Json(news).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// `GET /chat/{slug}/events?after=`: the stream. An event's id is the newest message in it.
pub async fn events(State(chat): State<Chat>, visit: Visit) -> Result<Response, Problem> {
    let Some(session) = &visit.session else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    // 204 tells the browser not to come back: the page then asks now and then instead.
    let Some(seat) = chat.limits.seat(session.urn.as_str(), &visit.address) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let watching = Watching {
        after: visit.link.after(&visit.headers),
        live: chat.app.signals.live.subscribe(),
        stopping: chat.app.signals.stopping.subscribe(),
        end: Box::pin(tokio::time::sleep(LIFETIME)),
        ready: VecDeque::from([Event::default().retry(RECONNECT)]),
        _seat: seat,
        chat,
        visit,
    };
    let events = stream::unfold(watching, |mut watching| async move {
        let event = watching.next().await?;
        Some((Ok::<_, Infallible>(event), watching))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE).text("")).into_response())
}

/// New messages, rendered, with the newest one's id; they count as shown.
async fn look(
    chat: &Chat,
    visit: &Visit,
    owner: &Owner,
    after: Uuid,
) -> Result<Option<(Uuid, News)>, StoreError> {
    let (app, reader) = (chat.app.clone(), owner.clone());
    let bubbles: Vec<Bubble> = chat.app.store.read(move |tx| thread::news(tx, &app, &reader, after)).await?;
    let Some(newest) = bubbles.iter().map(|bubble| bubble.id).max() else { return Ok(None) };
    let language = visit.chosen(owner.language).language;
    let news = News::new(&visit.line, language, &bubbles);
    thread::mark_shown(&chat.app, visit.line.id, &bubbles).await?;
    Ok(Some((newest.max(after), news)))
}

/// An open stream.
struct Watching {
    chat: Chat,
    visit: Visit,
    after: Uuid,
    live: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    end: std::pin::Pin<Box<tokio::time::Sleep>>,
    ready: VecDeque<Event>,
    _seat: Seat,
}

impl Watching {
    /// The next event; `None` ends the stream, and the browser opens another.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if *self.stopping.borrow() {
                return None;
            }
            self.live.mark_unchanged();
            match self.look().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "a chat page could not be told what is new");
                    return None;
                }
            }
            tokio::select! {
                () = self.end.as_mut() => return None,
                _ = self.stopping.changed() => return None,
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = self.live.changed() => tokio::time::sleep(REST).await,
            }
        }
    }

    async fn look(&mut self) -> Result<bool, StoreError> {
        let Some(owner) = self.chat.owner(&self.visit).await? else { return Ok(false) };
        let Some((newest, news)) = look(&self.chat, &self.visit, &owner, self.after).await? else {
            return Ok(false);
        };
        self.after = newest;
        let data = serde_json::to_string(&news).map_err(|_| StoreError::Shape("an event".into()))?;
        self.ready.push_back(Event::default().id(newest.to_string()).data(data));
        Ok(true)
    }
}
