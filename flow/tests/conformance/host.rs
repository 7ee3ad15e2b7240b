//! The server's part: answers what sessions ask, in the way of the reference engine's mocked services.
use std::collections::BTreeMap;
use std::sync::Arc;

use flow::asks::{AirtimeReply, LlmReply, WebhookReply};
use flow::env::Environment;
use flow::events::{MsgOut, PhoneCall, Tokens, TraceSizes, Unsendable};
use flow::{
    Ask, AskAnswer, AskKind, Assets, Call, Contact, Event, Limits, Next, Policy, Resume, Segment, Session,
    Source, Sprint, Trigger,
};
use serde_json::{Value as Json, json};

use crate::common::Replay;

/// A session's world.
pub struct Host {
    pub assets: Arc<Assets>,
    pub env: Environment,
    pub contact: Contact,
    pub source: Replay,
    pub limits: Limits,
    pub phone_call: Option<PhoneCall>,
    pub smtp_error: Option<String>,
    mocks: BTreeMap<String, Vec<Json>>,
}

/// Some messages are not to be sent.
struct Forbidding;

impl Policy for Forbidding {
    fn refuses(&self, msg: &MsgOut) -> Option<Unsendable> {
        msg.text.contains("FORBIDDEN").then_some(Unsendable::ForbiddenContent)
    }
}

/// The reference engine's limits in its own tests.
pub fn limits(field_chars: usize) -> Limits {
    Limits {
        steps_per_sprint: 100,
        sprints: 500,
        runs: 500,
        field_chars,
        blocked_hosts: vec!["graph.facebook.com".to_owned()],
        ..Limits::default()
    }
}

impl Host {
    pub fn new(assets: Assets, env: Environment, contact: Contact) -> Self {
        Self {
            assets: Arc::new(assets),
            env,
            contact,
            source: Replay::new(),
            limits: limits(640),
            phone_call: None,
            smtp_error: None,
            mocks: BTreeMap::new(),
        }
    }

    pub fn mock(&mut self, mocks: &Json) {
        for (glob, responses) in mocks.as_object().into_iter().flatten() {
            self.mocks.insert(glob.clone(), responses.as_array().cloned().unwrap_or_default());
        }
    }

    fn call(&mut self) -> Call<'_> {
        Call {
            assets: &self.assets,
            env: &self.env,
            contact: &mut self.contact,
            source: &mut self.source,
            globals: None,
            policy: Some(&Forbidding),
            phone_call: self.phone_call.clone(),
            limits: &self.limits,
        }
    }

    pub fn start(&mut self, trigger: Trigger) -> Sprint {
        let sprint = flow::start(self.call(), trigger);
        self.answer_all(sprint)
    }

    pub fn resume(&mut self, session: Session, resume: Resume) -> Sprint {
        let sprint = flow::resume(self.call(), session, resume);
        self.answer_all(sprint)
    }

    /// Answers until the session waits or ends; gives everything as one sprint.
    fn answer_all(&mut self, mut sprint: Sprint) -> Sprint {
        let (mut events, mut segments): (Vec<Event>, Vec<Segment>) = (Vec::new(), Vec::new());
        while let Next::Ask(ask) = sprint.next {
            events.append(&mut sprint.events);
            segments.append(&mut sprint.segments);
            let answer = self.answer(&ask);
            // each step through the stored form, as a server does it
            let session = Session::from_stored(&sprint.session.to_stored()).unwrap();
            sprint = flow::resume(self.call(), session, Resume::Answer(ask.id, answer));
            assert_eq!(sprint.refused, None);
        }
        events.append(&mut sprint.events);
        segments.append(&mut sprint.segments);
        Sprint { events, segments, ..sprint }
    }

    fn answer(&mut self, ask: &Ask) -> AskAnswer {
        match &ask.kind {
            AskKind::Webhook { method, url, headers, body, .. } => {
                AskAnswer::Webhook(self.web_call(method, url, headers, body))
            }
            AskKind::Llm { instructions, input, .. } => {
                AskAnswer::Llm(self.language_model(instructions, input))
            }
            AskKind::Airtime { recipient, amounts, .. } => {
                AskAnswer::Airtime(self.airtime(recipient.as_str(), amounts))
            }
            AskKind::Email { .. } => AskAnswer::Email(self.smtp_error.clone().map_or(Ok(()), Err)),
            AskKind::ClaimUrn { urn } => AskAnswer::ClaimUrn(!urn.path().contains("taken")),
        }
    }

    fn web_call(
        &mut self,
        method: &str,
        url: &str,
        headers: &BTreeMap<String, String>,
        body: &str,
    ) -> WebhookReply {
        let request = request_text(method, url, headers, body);
        self.source.now();
        let mock = self.next_mock(url);
        self.source.now();
        let status_code = mock["status"].as_u64().unwrap() as u16;
        let sent = request.len() as u64;
        let reply = WebhookReply { request, elapsed_ms: 1000, ..WebhookReply::default() };
        if status_code == 0 {
            return WebhookReply { sizes: TraceSizes { request: sent, response: 0 }, ..reply };
        }
        let mut content = match &mock["body"] {
            Json::String(text) => text.clone(),
            Json::Null => String::new(),
            other => other.to_string(),
        };
        if let Some(times) = mock["body_repeat"].as_u64().filter(|times| *times > 1) {
            content = content.repeat(times as usize);
        }
        let mut response_headers = BTreeMap::new();
        for (name, value) in mock["headers"].as_object().into_iter().flatten() {
            response_headers.insert(name.clone(), value.as_str().unwrap().to_owned());
        }
        let mut response = format!(
            "HTTP/1.0 {status_code} {}\r\nContent-Length: {}\r\n",
            reason(status_code),
            content.len()
        );
        for (name, value) in &response_headers {
            response.push_str(&format!("{name}: {value}\r\n"));
        }
        response.push_str("\r\n");
        response.push_str(&content);
        WebhookReply {
            status_code,
            sizes: TraceSizes { request: sent, response: response.len() as u64 },
            response,
            headers: response_headers,
            body: content.into_bytes(),
            ..reply
        }
    }

    fn next_mock(&mut self, url: &str) -> Json {
        let fits = |glob: &str| {
            let mut rest = url;
            let mut parts = glob.split('*');
            let first = parts.next().unwrap_or("");
            let Some(after) = rest.strip_prefix(first) else { return false };
            rest = after;
            let mut open_end = false;
            for part in parts {
                open_end = part.is_empty();
                let Some(at) = rest.find(part) else { return false };
                rest = &rest[at + part.len()..];
            }
            rest.is_empty() || open_end
        };
        let found = self
            .mocks
            .iter()
            .filter(|(glob, responses)| fits(glob) && !responses.is_empty())
            .max_by_key(|(glob, _)| glob.len())
            .map(|(glob, _)| glob.clone());
        match found {
            Some(glob) => self.mocks.get_mut(&glob).unwrap().remove(0),
            None => json!({"status": 0}),
        }
    }

    fn language_model(&mut self, instructions: &str, input: &str) -> Result<LlmReply, String> {
        self.source.now();
        self.source.now();
        let output = if let Some(error) = input.strip_prefix("\\error ") {
            return Err(error.to_owned());
        } else if let Some(output) = input.strip_prefix("\\return ") {
            output.to_owned()
        } else if instructions.starts_with("Categorize") {
            instructions.split_whitespace().last().unwrap_or("").replace(']', "")
        } else {
            format!("You asked:\n\n{instructions}\n\n{input}")
        };
        Ok(LlmReply { output, tokens: Tokens { input: 45, output: 78 }, elapsed_ms: 1000 })
    }

    fn airtime(
        &mut self,
        recipient: &str,
        amounts: &BTreeMap<String, serde_json::Number>,
    ) -> Result<AirtimeReply, String> {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        if recipient.contains("666") {
            return Err("invalid recipient number".to_owned());
        }
        let Some(amount) = amounts.get("RWF") else {
            return Err("no amount configured for transfers in RWF".to_owned());
        };
        let letter =
            |source: &mut Replay| char::from(LETTERS[source.random_below(LETTERS.len() as u64) as usize]);
        let external_id = (0..10).map(|_| letter(&mut self.source)).collect();
        let log = json!({
            "created_on": "2019-10-16T13:59:30.123456789Z", "elapsed_ms": 0, "retries": 0, "status": "success",
            "status_code": 200, "url": "http://send.airtime.com", "sizes": {"request": 0, "response": 0},
            "request": "GET / HTTP/1.1\r\nHost: send.airtime.com\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n\r\n",
            "response": "HTTP/1.0 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}",
        });
        let currency = "RWF".to_owned();
        Ok(AirtimeReply { external_id, currency, amount: amount.clone(), http_logs: vec![log] })
    }
}

/// The request as it goes over the wire.
fn request_text(method: &str, url: &str, headers: &BTreeMap<String, String>, body: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(at);
    let path = if path.is_empty() {
        "/".to_owned()
    } else if path.starts_with('?') {
        format!("/{path}")
    } else {
        path.to_owned()
    };
    let mut out = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: goflow-testing\r\n");
    if !body.is_empty() || ["POST", "PUT", "PATCH"].contains(&method) {
        out.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    out.push_str("Accept-Encoding: gzip\r\n\r\n");
    out.push_str(body);
    out
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        404 => "Not Found",
        410 => "Gone",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}
