//! A browser without JavaScript on the public web chat: loads the page, keeps the cookie, fills in the form, and
//! presses buttons, as a person with an old phone does.
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, bail};

use crate::clock::Clock;
use crate::html::{self, Form, Page};
use crate::thread::{Bubble, Choice, Media, Progress, Side, Thread};

/// A page that redirects more often is broken.
const MAX_REDIRECTS: u32 = 5;

/// A browser with one tab open.
pub struct Browser {
    http: reqwest::Client,
    origin: String,
    /// Path of the chat page.
    path: String,
    clock: Clock,
    thread: Thread,
    state: Mutex<State>,
    /// One request after another, as one tab makes them.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Cookies by name, for this one origin.
    cookies: Vec<(String, String)>,
    page: Page,
}

impl Browser {
    /// Opens the chat page of the line `slug` at `origin`.
    ///
    /// # Errors
    /// When the page cannot be loaded or holds no form to write in.
    pub async fn open(origin: &str, slug: &str, clock: Clock) -> anyhow::Result<Self> {
        let browser = Self {
            http: crate::delivery::client()?,
            origin: origin.to_owned(),
            path: format!("/chat/{slug}"),
            clock,
            thread: Thread::default(),
            state: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        };
        browser.reload().await?;
        let writable = browser.state().page.forms.iter().any(|form| form.text_field.is_some());
        anyhow::ensure!(writable, "the page has no form to write in");
        Ok(browser)
    }

    /// What the page has shown so far.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// The page as it is now, for tests of its own words.
    #[must_use]
    pub fn source(&self) -> String {
        self.state().page.source.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn reload(&self) -> anyhow::Result<()> {
        let _turn = self.turn.lock().await;
        self.load("GET", &self.path, None).await
    }

    /// Writes into the form and sends it.
    ///
    /// # Errors
    /// When the page has no such form, or the server refuses.
    pub async fn say(&self, text: &str) -> anyhow::Result<()> {
        let form = self.state().page.forms.iter().find(|form| form.text_field.is_some()).cloned();
        let form = form.context("the page has no form to write in")?;
        let mut fields = form.fields.clone();
        if let Some(name) = &form.text_field {
            fields.push((name.clone(), text.to_owned()));
        }
        // "Send" is the button without a name; a page without one is sent by its first.
        let send = form.buttons.iter().find(|button| button.name.is_empty()).or(form.buttons.first());
        if let Some(button) = send.filter(|button| !button.name.is_empty()) {
            fields.push((button.name.clone(), button.value.clone()));
        }
        self.submit(&form, &fields).await
    }

    /// Presses the submit button with this label or value; `false` when the page has none.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn tap(&self, choice: &str) -> anyhow::Result<bool> {
        let pressed = self.state().page.forms.iter().rev().find_map(|form| {
            let button =
                form.buttons.iter().find(|button| button.label == choice || button.value == choice)?;
            Some((form.clone(), button.clone()))
        });
        let Some((form, button)) = pressed else { return Ok(false) };
        let mut fields = form.fields.clone();
        if !button.name.is_empty() {
            fields.push((button.name, button.value));
        }
        self.submit(&form, &fields).await?;
        Ok(true)
    }

    async fn submit(&self, form: &Form, fields: &[(String, String)]) -> anyhow::Result<()> {
        let _turn = self.turn.lock().await;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let action = if form.action.is_empty() { self.path.clone() } else { form.action.clone() };
        if form.post {
            return self.load("POST", &action, Some(body)).await;
        }
        self.load("GET", &format!("{action}?{body}"), None).await
    }

    /// Makes one request and follows redirects, keeping cookies.
    async fn load(&self, verb: &str, path: &str, body: Option<String>) -> anyhow::Result<()> {
        let (mut verb, mut path, mut body) = (verb.to_owned(), path.to_owned(), body);
        for _ in 0..MAX_REDIRECTS {
            let response = self.request(&verb, &path, body.take()).await?;
            let status = response.status();
            let location = response.headers().get("location").and_then(|value| value.to_str().ok());
            if let Some(location) = location.filter(|_| status.is_redirection()) {
                verb = "GET".to_owned();
                path = location.strip_prefix(&self.origin).unwrap_or(location).to_owned();
                continue;
            }
            let text = response.text().await?;
            if !status.is_success() {
                bail!("{verb} {path} was answered with {status}");
            }
            self.show(html::read(&text));
            return Ok(());
        }
        bail!("{path} redirects without end")
    }

    async fn request(
        &self,
        verb: &str,
        path: &str,
        body: Option<String>,
    ) -> anyhow::Result<reqwest::Response> {
        let mut request = self.http.request(verb.parse()?, format!("{}{path}", self.origin));
        let cookies: Vec<String> =
            self.state().cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .header("origin", &self.origin)
                .body(body);
        }
        let response = request.send().await?;
        let mut state = self.state();
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                state.cookies.retain(|(known, _)| known != name);
                state.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        drop(state);
        Ok(response)
    }

    /// Takes over what the page shows.
    fn show(&self, page: Page) {
        let known = self.thread.bubbles();
        let newest = page.messages.iter().rposition(|message| !message.from_me);
        // The page offers the choices of its newest message in the form below, not in the message itself.
        let offered: Vec<_> =
            page.forms.iter().flat_map(|form| &form.buttons).filter(|b| b.name == "choice").collect();
        for (index, message) in page.messages.iter().enumerate() {
            let id = if message.id.is_empty() { format!("place-{index}") } else { message.id.clone() };
            let from = if message.from_me { Side::Me } else { Side::Line };
            let old = known.iter().find(|bubble| bubble.id == id);
            let at = old.map_or_else(|| self.clock.now(), |bubble| bubble.at);
            let mut bubble = Bubble::text(id, at, from, &message.text);
            bubble.status = Progress::Delivered;
            let below = offered.iter().copied().filter(|_| newest == Some(index));
            bubble.choices = message
                .buttons
                .iter()
                .chain(below)
                .map(|button| Choice {
                    id: button.value.clone(),
                    title: button.label.clone(),
                    description: None,
                })
                .collect();
            bubble.media = message
                .files
                .iter()
                .map(|(kind, url)| Media { content_type: kind.clone(), url: url.clone(), size: None })
                .collect();
            if old != Some(&bubble) {
                self.thread.put(bubble);
            }
        }
        self.state().page = page;
    }
}
