//! A member of staff at her desk: the console's API with cookie, CSRF token and event stream, in a story's words.
//!
//! As with people, what goes wrong panics.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long staff waits for something to appear before the story fails, in real time.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often a list is looked at again while waiting.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// How many events are remembered.
const MAX_HEARD: usize = 10_000;

/// One event of the stream.
#[derive(Debug, Clone)]
pub struct Heard {
    /// What a reconnect would resume after.
    pub id: Option<String>,
    /// `conversation`, `entry`, `entry_status`, `counts`, `presence` or `reset`.
    pub kind: String,
    pub data: Value,
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// Null when the body is empty or no JSON.
    pub body: Value,
}

impl Answer {
    /// The body of a 2xx answer.
    ///
    /// # Panics
    /// When it is another answer.
    #[must_use]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "the API answered {} {}", self.status, self.body);
        self.body
    }
}

/// A signed-in member of staff, working on one line.
pub struct Staff {
    http: reqwest::Client,
    api: String,
    cookie: String,
    csrf: String,
    /// What signing in answered: user, roles, lines.
    pub session: Value,
    line: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    /// How many events were heard.
    news: watch::Sender<usize>,
    listened: Mutex<usize>,
    stream: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Staff {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take() {
            stream.abort();
        }
    }
}

impl Staff {
    /// Signs in at the server `base` (such as `http://127.0.0.1:8080`) and opens the event stream of the first
    /// line, if she has one.
    ///
    /// # Panics
    /// When the server says no.
    pub async fn sign_in(base: &str, email: &str, password: &str) -> Self {
        Self::try_sign_in(base, email, password)
            .await
            .unwrap_or_else(|answer| panic!("{email} cannot sign in: {} {}", answer.status, answer.body))
    }

    /// As [`sign_in`](Self::sign_in), but a refusal comes back as it was answered.
    ///
    /// # Errors
    /// When the server says no.
    ///
    /// # Panics
    /// When the server does not answer at all.
    pub async fn try_sign_in(base: &str, email: &str, password: &str) -> Result<Self, Answer> {
        let http = crate::delivery::client().expect("an HTTP client can be built");
        let api = format!("{base}/api/v1");
        let body = json!({ "email": email, "password": password }).to_string();
        let request =
            http.post(format!("{api}/session")).header("content-type", "application/json").body(body);
        let response = request.send().await.expect("the server answers");
        let cookie = response.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).unwrap_or_default().to_owned();
        let answer = read(response).await;
        if answer.status != 200 && answer.status != 201 {
            return Err(answer);
        }
        let session = answer.body;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let staff = Self {
            http,
            api,
            cookie,
            csrf: text(&session["csrf"]),
            line: text(&session["lines"][0]["id"]),
            session,
            heard: Arc::default(),
            news: watch::Sender::new(0),
            listened: Mutex::new(0),
            stream: Mutex::default(),
        };
        if !staff.line.is_empty() {
            staff.listen(None).await;
        }
        Ok(staff)
    }

    /// The id of the line that she works on.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Her own id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.session["user"]["id"].as_str().unwrap_or_default()
    }

    /// Any request to the API, below `/api/v1`, with her cookie and CSRF token.
    ///
    /// # Panics
    /// When the server does not answer, or the verb is none.
    pub async fn request(&self, verb: &str, path: &str, body: Option<Value>) -> Answer {
        let method = verb.parse().expect("a verb of HTTP");
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.api))
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        read(request.send().await.expect("the server answers")).await
    }

    /// Opens a file by its address on the server: its type and its bytes.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn opens(&self, path: &str) -> (String, bytes::Bytes) {
        let root = self.api.strip_suffix("/api/v1").unwrap_or(&self.api);
        let request = self.http.get(format!("{root}{path}")).header("cookie", &self.cookie);
        let answer = request.send().await.expect("the server answers");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        let content_type = answer.headers()["content-type"].to_str().expect("a type").to_owned();
        (content_type, answer.bytes().await.expect("a whole file"))
    }

    /// `GET` below the line's part of the API.
    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", &format!("/lines/{}{path}", self.line), None).await
    }

    /// `POST` below the line's part of the API.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request("POST", &format!("/lines/{}{path}", self.line), Some(body)).await
    }

    /// The conversations of a view: `mine`, `waiting`, `all`, `urgent` or `closed`.
    pub async fn conversations(&self, view: &str) -> Vec<Value> {
        let page = self.get(&format!("/conversations?view={view}")).await.ok();
        page["items"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until a view holds a conversation whose row, as JSON, contains `words`; gives the row.
    ///
    /// # Panics
    /// When it does not come in time.
    pub async fn finds(&self, view: &str, words: &str) -> Value {
        let search = async {
            loop {
                let rows = self.conversations(view).await;
                if let Some(row) = rows.into_iter().find(|row| row.to_string().contains(words)) {
                    return row;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        match found {
            Ok(row) => row,
            Err(_) => panic!("no {words:?} among {view}: {:#?}", self.conversations(view).await),
        }
    }

    /// One conversation in full.
    pub async fn conversation(&self, id: &str) -> Value {
        self.get(&format!("/conversations/{id}")).await.ok()
    }

    /// The newest entries of a conversation, oldest first.
    pub async fn entries(&self, id: &str) -> Vec<Value> {
        let page = self.get(&format!("/conversations/{id}/messages")).await.ok();
        page["items"].as_array().cloned().unwrap_or_default()
    }

    /// Any verb on a conversation: `take`, `close`, `topic` and the like.
    pub async fn does(&self, id: &str, verb: &str, body: Value) -> Answer {
        self.post(&format!("/conversations/{id}/{verb}"), body).await
    }

    /// Takes a conversation.
    pub async fn takes(&self, id: &str) -> Value {
        self.does(id, "take", json!({})).await.ok()
    }

    /// Answers the person, having read all that there is; gives the new entry.
    pub async fn replies(&self, id: &str, text: &str) -> Value {
        let last = self.conversation(id).await["last_entry_id"].clone();
        let body = json!({ "text": text, "expected_last_id": last, "client_id": fresh_id() });
        self.does(id, "reply", body).await.ok()
    }

    /// Brings a file for the next reply, as the browser does.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn brings(&self, id: &str, name: &str, bytes: impl Into<bytes::Bytes>) -> Answer {
        let url = format!("{}/lines/{}/conversations/{id}/files", self.api, self.line);
        let request = self
            .http
            .post(url)
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .header("x-file-name", name)
            .body(bytes.into());
        read(request.send().await.expect("the server answers")).await
    }

    /// As [`replies`](Self::replies), with files that were brought before, each with what is said about it.
    pub async fn replies_with(&self, id: &str, text: &str, files: &[(&str, &str)]) -> Answer {
        let last = self.conversation(id).await["last_entry_id"].clone();
        let files: Vec<Value> =
            files.iter().map(|(id, said)| json!({ "id": id, "description": said })).collect();
        let body = json!({ "text": text, "expected_last_id": last, "client_id": fresh_id(), "files": files });
        self.does(id, "reply", body).await
    }

    /// Adds a note that only staff sees.
    pub async fn notes(&self, id: &str, text: &str) -> Value {
        self.does(id, "note", json!({ "text": text, "client_id": fresh_id() })).await.ok()
    }

    /// Closes a conversation.
    pub async fn closes(&self, id: &str) -> Value {
        self.does(id, "close", json!({})).await.ok()
    }

    /// Waits for an event of this kind whose data, as JSON, contains `words`, and that was not waited for yet.
    ///
    /// # Panics
    /// When it does not come in time.
    pub async fn hears(&self, kind: &str, words: &str) -> Value {
        let mut news = self.news.subscribe();
        let search = async {
            loop {
                news.mark_unchanged();
                if let Some(data) = self.unheard(kind, words) {
                    return data;
                }
                let _ = news.changed().await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        match found {
            Ok(data) => data,
            Err(_) => panic!("no event {kind} with {words:?} was heard; heard were {:#?}", self.heard()),
        }
    }

    /// Everything heard so far, oldest first.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Closes the event stream and opens it again after the event `after`, as a browser does when its connection
    /// was lost.
    pub async fn reconnects(&self, after: Option<&str>) {
        self.listen(after).await;
    }

    fn unheard(&self, kind: &str, words: &str) -> Option<Value> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut listened = self.listened.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |event: &Heard| event.kind == kind && event.data.to_string().contains(words);
        let found = heard.iter().skip(*listened).position(wanted)?;
        *listened += found + 1;
        heard.get(*listened - 1).map(|event| event.data.clone())
    }

    async fn listen(&self, after: Option<&str>) {
        let mut request = self
            .http
            .get(format!("{}/events?line={}", self.api, self.line))
            .header("cookie", &self.cookie)
            .header("accept", "text/event-stream");
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), 200, "the event stream is refused");
        let (heard, news) = (self.heard.clone(), self.news.clone());
        let task = tokio::spawn(follow(response, heard, news));
        let old = self.stream.lock().unwrap_or_else(PoisonError::into_inner).replace(task);
        if let Some(old) = old {
            old.abort();
        }
    }
}

/// A random id for a request that may be sent twice.
fn fresh_id() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let random = || RandomState::new().hash_one(0u8);
    let (a, b) = (random(), random());
    let hex = format!("{a:016x}{b:016x}");
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

async fn read(response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    let bytes = response.bytes().await.unwrap_or_default();
    Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}

async fn follow(mut response: reqwest::Response, heard: Arc<Mutex<Vec<Heard>>>, news: watch::Sender<usize>) {
    let mut buffer = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        buffer.extend_from_slice(&chunk);
        while let Some(end) = buffer.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = buffer.drain(..end + 2).collect();
            let Some(event) = parse(&String::from_utf8_lossy(&block)) else { continue };
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            if heard.len() < MAX_HEARD {
                heard.push(event);
            }
            news.send_replace(heard.len());
        }
    }
}

/// One block of a stream; `None` for a comment.
fn parse(block: &str) -> Option<Heard> {
    let mut event = Heard { id: None, kind: "message".to_owned(), data: Value::Null };
    let mut data = String::new();
    for line in block.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => event.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut event.kind),
            "data" => data.push_str(value),
            _ => {}
        }
    }
    if data.is_empty() {
        return None;
    }
    event.data = serde_json::from_str(&data).unwrap_or(Value::Null);
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_the_stream_is_read() {
        let event = parse("id: 7\nevent: entry\ndata: {\"a\":1}\n\n").unwrap();
        assert_eq!(
            (event.id.as_deref(), event.kind.as_str(), &event.data["a"]),
            (Some("7"), "entry", &json!(1))
        );
        assert!(parse(": still here\n\n").is_none());
    }

    #[test]
    fn a_fresh_id_is_a_uuid() {
        let id = fresh_id();
        assert_eq!(id.len(), 36);
        assert_eq!(id.matches('-').count(), 4);
        assert_ne!(id, fresh_id());
    }
}
