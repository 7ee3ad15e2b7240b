//! One request to a provider, and the questions that come before a message.
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use channels::{HttpRequest, HttpResponse, Outgoing, Preparation, Secret};
use uuid::Uuid;

use super::MessageState;
use super::attempt::{Outcome, ended};
use crate::app::App;
use crate::lines::Channel;
use crate::store::Ts;

/// How long a provider may take to answer.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// The most questions that one message needs.
const MAX_QUESTIONS: usize = 20;

/// Short-lived tokens of channels, each until it is over.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<Uuid, (Secret, Ts)>>);

impl Tokens {
    fn get(&self, channel: Uuid, now: Ts) -> Option<Secret> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(&channel).filter(|(_, until)| now < *until).map(|(token, _)| token.clone())
    }

    fn put(&self, channel: Uuid, token: Secret, until: Ts) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(channel, (token, until));
    }

    /// The provider does not know the token any more.
    pub fn forget(&self, channel: Uuid) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&channel).is_some()
    }
}

/// One request. An error before the request can have left is tried again; any later one leaves the outcome unknown.
pub(super) async fn call(app: &App, request: &HttpRequest) -> Result<HttpResponse, Outcome> {
    let bad = || ended(MessageState::Failed, "bad_request");
    let method: reqwest::Method = request.method.parse().map_err(|_| bad())?;
    let mut builder = app.http.request(method, &request.url).timeout(PROVIDER_TIMEOUT);
    for (name, value) in request.headers.iter() {
        builder = builder.header(name, value);
    }
    let response = builder.body(request.body.clone()).send().await.map_err(|error| {
        if error.is_builder() {
            bad()
        } else if error.is_connect() {
            Outcome::again("no_connection")
        } else {
            Outcome::Unknown { reason: "answer_lost" }
        }
    })?;
    let status = response.status().as_u16();
    let mut headers = channels::Headers::default();
    for (name, value) in response.headers() {
        if let Ok(value) = value.to_str() {
            headers.append(name.as_str(), value);
        }
    }
    let lost = |_| Outcome::Unknown { reason: "answer_lost" };
    let mut response = response;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Outcome::Unknown { reason: "answer_too_large" });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse { status, headers, body })
}

/// A harmless question to a provider; `None` when no answer came.
pub async fn ask(app: &App, request: &HttpRequest) -> Option<HttpResponse> {
    call(app, request).await.ok()
}

/// Asks what the provider must be asked before a message can be written: a token, the size of a file. Nothing is sent
/// by that, so a question without an answer is asked again later. Tokens are kept for as long as they last.
pub(super) async fn prepare(
    app: &App,
    channel: &Channel,
    account: &channels::Account,
    outgoing: &mut Outgoing,
) -> Result<channels::Account, Outcome> {
    let again = || Outcome::again("not_prepared");
    let mut account = account.clone();
    if let Some(token) = app.tokens.get(channel.id, app.now()) {
        account = account.with_token(token);
    }
    for _ in 0..MAX_QUESTIONS {
        let question = channels::prepare(&account, outgoing)
            .map_err(|refused| ended(MessageState::Failed, &format!("bad_request {refused}")))?;
        match question {
            None => return Ok(account),
            Some(Preparation::Token(request)) => {
                let answer = call(app, &request).await.map_err(|_| again())?;
                let token = channels::token(&account, &answer).ok_or_else(again)?;
                let lasts = i64::try_from(token.lasts.as_secs()).unwrap_or(0);
                app.tokens.put(channel.id, token.token.clone(), app.now().plus_seconds(lasts));
                account = account.with_token(token.token);
            }
            Some(Preparation::Ask { key, request }) => {
                let answer = call(app, &request).await.map_err(|_| again())?;
                outgoing.answers.insert(key, answer);
            }
        }
    }
    Err(ended(MessageState::Failed, "bad_request"))
}
