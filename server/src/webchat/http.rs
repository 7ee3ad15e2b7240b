//! The page's requests.
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, FromRequestParts, Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use flow::words::{Content, QuickReplyKind};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use uuid::Uuid;

use super::limits::Limit;
use super::page::{self, MAX_TEXT_CHARS, NEUTRAL_PAGE, Status, View};
use super::session::{self, Session};
use super::sql::Owner;
use super::thread::{self, Thread};
use super::words::{self, Chosen};
use super::{Chat, limits};
use crate::inbound::accept_webchat;
use crate::lines::{Channel, ChannelKind, Line};
use crate::store::StoreError;

/// How long a send of the plain form waits for its answer before the page is shown.
const ANSWER_WAIT: Duration = Duration::from_millis(2_500);
/// How often it looks meanwhile, when no signal comes (another process answers).
const ANSWER_LOOK: Duration = Duration::from_millis(200);
/// What a browser is told to wait after too many requests, in seconds.
const RETRY_SECONDS: &str = "60";
/// Files are named by what is in them.
const MEDIA_CACHE: &str = "public, max-age=31536000, immutable";

/// Why a request gets no page.
#[derive(Debug)]
pub enum Problem {
    NotFound,
    NotFromHere,
    TooFast,
    BadForm,
    Store(StoreError),
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let plain = |status: StatusCode, text: &'static str| (status, text).into_response();
        match self {
            Self::NotFound => plain(StatusCode::NOT_FOUND, "There is no such page."),
            Self::NotFromHere => plain(StatusCode::FORBIDDEN, "This request did not come from our page."),
            Self::TooFast => {
                let mut response = plain(StatusCode::TOO_MANY_REQUESTS, "Too many requests. Wait a minute.");
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
                response
            }
            Self::BadForm => plain(StatusCode::BAD_REQUEST, "The form could not be read."),
            Self::Store(error) => {
                tracing::error!(%error, "the chat page could not be made");
                plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Something went wrong on our side. Try again in a minute.",
                )
            }
        }
    }
}

/// What a link carries.
#[derive(Debug, Default, Deserialize)]
pub struct Link {
    lang: Option<String>,
    before: Option<Uuid>,
    after: Option<Uuid>,
    /// Set when a send came back without an answer.
    sent: Option<String>,
}

impl Link {
    /// The newest message that the browser has.
    pub fn after(&self, headers: &HeaderMap) -> Uuid {
        let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
        resumed.or(self.after).unwrap_or(Uuid::nil())
    }
}

/// A request to a line's page: which line, who, from where, in which language.
pub struct Visit {
    pub line: Arc<Line>,
    pub channel: Arc<Channel>,
    pub session: Option<Session>,
    pub link: Link,
    pub headers: HeaderMap,
    /// See [`limits::address_key`].
    pub address: String,
}

impl FromRequestParts<Chat> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, chat: &Chat) -> Result<Self, Problem> {
        let Path(slug) =
            Path::<String>::from_request_parts(parts, chat).await.map_err(|_| Problem::NotFound)?;
        let link = Query::<Link>::from_request_parts(parts, chat).await.map(|query| query.0);
        let lines = chat.app.lines();
        let line = lines.by_slug(&slug).ok_or(Problem::NotFound)?.clone();
        let channel = line.channels.iter().find(|channel| channel.kind == ChannelKind::Webchat);
        let channel = channel.ok_or(Problem::NotFound)?.clone();
        let address = address_of(parts, chat.app.config.behind_proxy);
        if !chat.limits.take(Limit::AddressReads, &address, chat.app.now()) {
            return Err(Problem::TooFast);
        }
        Ok(Self {
            session: Session::read(&parts.headers, &chat.app.config),
            line,
            channel,
            // A broken link shows the page as it is without it.
            link: link.unwrap_or_default(),
            headers: parts.headers.clone(),
            address,
        })
    }
}

/// Where a request comes from. The last address of `X-Forwarded-For` is the one that our own proxy saw; the
/// others are whatever the client claims.
fn address_of(parts: &Parts, behind_proxy: bool) -> String {
    let forwarded = || {
        let value = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        value.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    };
    let direct = || Some(parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip());
    let address = if behind_proxy { forwarded().or_else(direct) } else { direct() };
    address.map_or_else(String::new, limits::address_key)
}

impl Visit {
    /// The page's language, given what the person told the line.
    pub fn chosen(&self, person: Option<flow::words::Language>) -> Chosen {
        let browser = self.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        words::choose(&self.line, self.link.lang.as_deref(), person, browser)
    }

    fn is_script(&self) -> bool {
        self.headers.contains_key("x-chat")
    }
}

impl Chat {
    /// Whose thread a session's is; see [`Chat`]'s `known` for who was erased.
    pub async fn owner(&self, visit: &Visit) -> Result<Option<Owner>, StoreError> {
        let Some(session) = &visit.session else { return Ok(None) };
        let (app, line, urn) = (self.app.clone(), visit.line.id, session.urn.clone());
        let owner = self.app.store.read(move |tx| thread::owner(tx, &app, line, &urn)).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (line, session.urn.clone());
        Ok(match owner {
            Some(owner) => {
                known.put(key, owner.clone());
                Some(owner)
            }
            None => known.get(&key).map(|owner| Owner { key_id: None, ..owner.clone() }),
        })
    }

    async fn thread(&self, visit: &Visit, before: Option<Uuid>) -> Result<Thread, StoreError> {
        let Some(owner) = self.owner(visit).await? else { return Ok(Thread::default()) };
        let app = self.app.clone();
        self.app.store.read(move |tx| thread::page(tx, &app, owner.clone(), before)).await
    }

    /// Renders a page and notes what it shows as delivered.
    async fn page(
        &self,
        visit: &Visit,
        thread: &Thread,
        draft: &str,
        status: Option<Status>,
    ) -> Result<Html<String>, StoreError> {
        let view = View {
            line: &visit.line,
            chosen: visit.chosen(thread.language()),
            thread,
            is_earlier: visit.link.before.is_some(),
            draft,
            status,
            form_id: self.app.id(),
            tag: visit.session.as_ref().map_or_else(String::new, Session::tag),
        };
        let html = view.render();
        thread::mark_shown(&self.app, visit.line.id, &thread.bubbles).await?;
        Ok(Html(html))
    }
}

/// `GET /chat/{slug}`: the page.
pub async fn show(State(chat): State<Chat>, visit: Visit) -> Result<Response, Problem> {
    let thread = chat.thread(&visit, visit.link.before).await?;
    let status = visit.link.sent.as_ref().map(|_| Status::Received);
    Ok(chat.page(&visit, &thread, "", status).await?.into_response())
}

/// The page's form. The text is the person's, whatever button she pressed.
#[derive(Deserialize)]
pub struct Compose {
    #[serde(default)]
    id: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    choice: Option<String>,
    #[serde(default)]
    refresh: Option<String>,
}

/// `POST /chat/{slug}`: a text, a choice, or a look for new messages that keeps what is half written.
pub async fn send(
    State(chat): State<Chat>,
    mut visit: Visit,
    form: Result<Form<Compose>, FormRejection>,
) -> Result<Response, Problem> {
    if !session::is_own_page(&visit.headers, &chat.app.config) {
        return Err(Problem::NotFromHere);
    }
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return refuse(&chat, &visit, Status::TooLong, "").await;
        }
        Err(_) => return Err(Problem::BadForm),
    };
    let draft = clean(&form.text);
    if form.refresh.is_some() {
        let thread = chat.thread(&visit, None).await?;
        return Ok(chat.page(&visit, &thread, &draft, None).await?.into_response());
    }
    let choice = form.choice.as_deref().map(clean).filter(|choice| !choice.is_empty());
    if choice.is_none() && draft.is_empty() {
        return Ok(see(&page::address(&visit.line, "", visit.chosen(None))));
    }
    let written = choice.as_deref().unwrap_or(&draft);
    if written.chars().count() > MAX_TEXT_CHARS {
        return refuse(&chat, &visit, Status::TooLong, &draft).await;
    }
    let Some(session) = admit(&chat, &visit)? else {
        return refuse(&chat, &visit, Status::TooFast, &draft).await;
    };
    visit.session = Some(session.clone());
    let before = chat.thread(&visit, None).await?;
    let last_before = match &before.owner {
        Some(owner) => progress(&chat, owner.contact_id).await?.0,
        None => Uuid::nil(),
    };
    let (text, choice_id) = match &choice {
        Some(value) => chosen_reply(&before, value),
        None => (draft.clone(), None),
    };
    let id = session.message_id(&form.id, &draft, choice.as_deref().unwrap_or(""));
    let from = session.urn.clone();
    let taken = accept_webchat(&chat.app, &visit.line, &visit.channel, from, id, text, choice_id).await;
    let cookie = session.cookie(&chat.app.config);
    let mut response = match taken {
        Err(error) => {
            tracing::error!(%error, "a text of the web chat could not be stored");
            refuse(&chat, &visit, Status::Failed, &draft).await?
        }
        Ok(()) if visit.is_script() => (StatusCode::ACCEPTED, session.tag()).into_response(),
        // What was half written beside the choice comes back.
        Ok(()) => answered(&chat, &visit, last_before, if choice.is_some() { &draft } else { "" }).await?,
    };
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The session to write under, a new one where there is none; `None` when it goes too fast.
fn admit(chat: &Chat, visit: &Visit) -> Result<Option<Session>, Problem> {
    let now = chat.app.now();
    if !chat.limits.take(Limit::AddressSends, &visit.address, now) {
        return Ok(None);
    }
    match &visit.session {
        Some(session) => {
            let may = chat.limits.take(Limit::SessionSends, session.urn.as_str(), now);
            Ok(may.then(|| session.clone()))
        }
        None if !chat.limits.take(Limit::AddressSessions, &visit.address, now) => Ok(None),
        None => Ok(Some(Session::new().map_err(StoreError::from)?)),
    }
}

/// Line ends as one character, and none of the characters that nobody types.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    text.trim().to_owned()
}

/// What a pressed button says and its id. A button of a message that is not on the page any more counts as its
/// value typed.
fn chosen_reply(thread: &Thread, value: &str) -> (String, Option<String>) {
    let contents = thread.bubbles.iter().rev().filter_map(|bubble| bubble.content.as_ref());
    let mut replies = contents.flat_map(|content: &Content| &content.quick_replies);
    let found = replies.find(|reply| {
        reply.kind == QuickReplyKind::Text && reply.id.as_deref().unwrap_or(&reply.text) == value
    });
    match found {
        Some(reply) => (reply.text.clone(), reply.id.clone()),
        None => (value.to_owned(), None),
    }
}

/// Says no, with what was written kept in the box.
async fn refuse(chat: &Chat, visit: &Visit, status: Status, draft: &str) -> Result<Response, Problem> {
    let code = match status {
        Status::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        Status::TooFast => StatusCode::TOO_MANY_REQUESTS,
        Status::Failed | Status::Received => StatusCode::SERVICE_UNAVAILABLE,
    };
    if visit.is_script() {
        return Ok(code.into_response());
    }
    let thread = chat.thread(visit, None).await?;
    let page = chat.page(visit, &thread, draft, Some(status)).await?;
    Ok((code, page).into_response())
}

/// The page after a send of the plain form: with the answer, when it comes soon.
async fn answered(chat: &Chat, visit: &Visit, last_before: Uuid, draft: &str) -> Result<Response, Problem> {
    let waited = tokio::time::timeout(ANSWER_WAIT, wait_for_answer(chat, visit, last_before)).await;
    let has_answer = waited.is_ok();
    waited.unwrap_or(Ok(()))?;
    let status = (!has_answer).then_some(Status::Received);
    if !draft.is_empty() {
        let thread = chat.thread(visit, None).await?;
        return Ok(chat.page(visit, &thread, draft, status).await?.into_response());
    }
    let mut address = page::address(&visit.line, "", visit.chosen(None));
    if !has_answer {
        address.push_str(if address.contains('?') { "&sent=1" } else { "?sent=1" });
    }
    Ok(see(&format!("{address}#end")))
}

/// Waits until the text was handled and nothing is on its way to the person any more. `last_before` is her
/// newest message before the text.
async fn wait_for_answer(chat: &Chat, visit: &Visit, last_before: Uuid) -> Result<(), StoreError> {
    let mut live = chat.app.signals.live.subscribe();
    loop {
        if let Some(owner) = chat.owner(visit).await? {
            let (last, is_under_way) = progress(chat, owner.contact_id).await?;
            if last != last_before && !is_under_way {
                return Ok(());
            }
        }
        // A lost signal costs one look.
        drop(tokio::time::timeout(ANSWER_LOOK, live.changed()).await);
    }
}

async fn progress(chat: &Chat, contact_id: Uuid) -> Result<(Uuid, bool), StoreError> {
    chat.app.store.read(move |tx| tx.chat_progress(contact_id)).await
}

/// After a POST the browser fetches the page, so that loading it again sends nothing twice.
fn see(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
}

/// `POST /chat/{slug}/leave`: the session ends and the browser goes to a page that means nothing.
pub async fn leave(State(chat): State<Chat>, visit: Visit) -> Result<Response, Problem> {
    if !session::is_own_page(&visit.headers, &chat.app.config) {
        return Err(Problem::NotFromHere);
    }
    let mut response = see(NEUTRAL_PAGE);
    if let Some(cookie) = session::farewell_cookie(&chat.app.config) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `GET /chat/{slug}/notice`: what the line keeps and why.
pub async fn notice(State(chat): State<Chat>, visit: Visit) -> Result<Html<String>, Problem> {
    let owner = chat.owner(&visit).await?;
    let chosen = visit.chosen(owner.and_then(|owner| owner.language));
    Ok(Html(page::notice(&visit.line, chosen)))
}

/// `GET /chat/{slug}/new`: the strip that says whether there are new messages.
pub async fn strip(State(chat): State<Chat>, visit: Visit) -> Result<Html<String>, Problem> {
    let after = visit.link.after(&visit.headers);
    let owner = chat.owner(&visit).await?;
    let language = visit.chosen(owner.as_ref().and_then(|owner| owner.language)).language;
    let has_news = match owner {
        Some(owner) => {
            let app = chat.app.clone();
            !chat.app.store.read(move |tx| thread::news(tx, &app, &owner, after)).await?.is_empty()
        }
        None => false,
    };
    Ok(Html(page::strip(language, has_news)))
}

/// `GET /media/{name}`: a line's public file, for everybody and for ever.
pub async fn media(State(chat): State<Chat>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let lines = chat.app.lines();
    let Some(file) = lines.iter().flat_map(|line| line.files.values()).find(|file| file.name == name) else {
        return Problem::NotFound.into_response();
    };
    let tag = format!("\"{name}\"");
    let fixed = [
        (header::CACHE_CONTROL, MEDIA_CACHE),
        (header::ETAG, tag.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    (fixed, [(header::CONTENT_TYPE, file.content_type)], file.body.clone()).into_response()
}

/// What every answer of the chat carries: nothing is kept by the browser or told to other sites.
pub async fn protect(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 3] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not no-referrer: with it browsers say "Origin: null" for our own forms.
        (header::REFERRER_POLICY, "same-origin"),
    ];
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&page::POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
