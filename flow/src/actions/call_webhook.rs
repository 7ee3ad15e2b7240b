//! Calls a web address; `@webhook` shows what came back.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use smol_str::{SmolStr, format_smolstr};
use uuid::Uuid;

use super::{Act, Answered, Outcome, online};
use crate::asks::{AskAnswer, AskKind, WebhookReply};
use crate::definition::{FlowType, Reader, ResultName, Text};
use crate::engine::{NewResult, Turn};
use crate::events::{EventKind, WebhookCalled, WebhookStatus};
use crate::inspect::Visitor;
use crate::run::RunWebhook;

/// The longest address in a definition, in characters.
const MAX_URL_TEMPLATE_CHARS: usize = 8192;
/// The longest address once evaluated, in bytes.
pub(super) const MAX_URL_BYTES: usize = 2048;
/// The longest body in a definition, in characters.
const MAX_BODY_CHARS: usize = 20_000;
/// The most headers.
const MAX_HEADERS: usize = 10;
/// The longest response that is kept as the result's extra, in bytes.
const MAX_EXTRA_BYTES: usize = 10_000;
/// The longest request and response that an event shows, in characters.
const MAX_TRACE_CHARS: usize = 10_000;
/// What a request takes beside its method, address, headers and body, in bytes.
const REQUEST_OVERHEAD_BYTES: usize = 14;
/// How much of a wrong address an event shows, in characters.
const MAX_SHOWN_URL_CHARS: usize = 255;

/// See the module.
#[derive(Debug)]
pub struct CallWebhook {
    method: String,
    url: Text,
    headers: Vec<(String, Text)>,
    body: Text,
    result_name: ResultName,
}

impl Act for CallWebhook {
    const TYPE: &'static str = "call_webhook";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let method = r.required("method").to_owned();
        if !method.is_empty() && !["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(&method.as_str())
        {
            r.wrong("method", "is not a valid HTTP method");
        }
        let url = r.required("url");
        r.at_most("url", url, MAX_URL_TEMPLATE_CHARS);
        let headers: Vec<(String, Text)> =
            r.text_map("headers").into_iter().map(|(name, value)| (name, Text::new(&value))).collect();
        if headers.len() > MAX_HEADERS {
            r.wrong("headers", &format!("must be less than or equal to {MAX_HEADERS}"));
        }
        let body = r.text("body");
        r.at_most("body", body, MAX_BODY_CHARS);
        Self {
            method,
            url: Text::new(url),
            headers,
            body: Text::new(body),
            result_name: r.result_name(false),
        }
    }

    fn allowed_in(kind: FlowType) -> bool {
        online(kind)
    }

    fn check(&self) -> Result<(), String> {
        match self.headers.iter().find(|(name, _)| !is_header_name(name)) {
            Some((name, _)) => Err(format!("header '{name}' is not a valid HTTP header")),
            None => Ok(()),
        }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, answered: Option<Answered>) -> Outcome {
        if let Some(Answered { kind, answer: AskAnswer::Webhook(reply), .. }) = answered {
            let kept = log_call(turn, &kind, reply);
            keep(turn, kept, &self.result_name);
            return Outcome::Done;
        }
        match self.request(turn) {
            Some(ask) => Outcome::Ask(ask, None),
            None => Outcome::Done,
        }
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.template("url", &self.url);
        for (_, value) in &self.headers {
            visitor.template("headers", value);
        }
        visitor.template("body", &self.body);
        if !self.result_name.is_empty() {
            visitor.result(&self.result_name.name, vec!["Success".to_owned(), "Failure".to_owned()]);
        }
    }
}

impl CallWebhook {
    fn request(&self, turn: &mut Turn<'_, '_>) -> Option<AskKind> {
        let url = turn.eval_whole(&self.url).0;
        let url = url.trim();
        if url.is_empty() {
            turn.error("Webhook URL evaluated to empty string");
            return None;
        }
        let host = host_of(url).filter(|_| url.len() <= MAX_URL_BYTES);
        let Some(host) = host else {
            let shown = shorten(url, MAX_SHOWN_URL_CHARS);
            let text = format!("Webhook URL evaluated to an invalid URL: '{shown}'");
            turn.log(EventKind::coded(text, "url:invalid", &[("url", &shown)]));
            return None;
        };
        if turn.engine.call.limits.blocked_hosts.iter().any(|blocked| is_within(host, blocked)) {
            let text = format!("Webhook calls to {host} are not allowed");
            turn.log(EventKind::coded(text, "url:blocked", &[("hostname", host)]));
            return None;
        }
        let headers: BTreeMap<String, String> =
            self.headers.iter().map(|(name, value)| (name.clone(), turn.eval(value))).collect();
        let body = turn.eval_whole(&self.body).0;
        let of_headers: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let size = self.method.len() + url.len() + of_headers + body.len() + REQUEST_OVERHEAD_BYTES;
        let limit = turn.engine.call.limits.webhook_request_bytes;
        if size > limit {
            let text = format!("Webhook request evaluated to {size} bytes, exceeding the limit of {limit}");
            let (limit, size) = (limit.to_string(), size.to_string());
            turn.log(EventKind::coded(text, "webhook:request_size", &[("limit", &limit), ("size", &size)]));
            return None;
        }
        let (method, url) = (self.method.clone(), url.to_owned());
        Some(AskKind::Webhook { method, url, headers, body, resthook: String::new() })
    }
}

/// What of a web call is kept for `@webhook` and the result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptReply {
    pub(super) webhook: Arc<RunWebhook>,
    pub(super) succeeded: bool,
    /// Whether the response is small enough to be a result's extra.
    pub(super) small: bool,
}

/// Logs a call that was made.
pub(super) fn log_call(turn: &mut Turn<'_, '_>, ask: &AskKind, reply: WebhookReply) -> KeptReply {
    let (method, url, resthook) = match ask {
        AskKind::Webhook { method, url, resthook, .. } => (method.clone(), url.clone(), resthook.clone()),
        _ => Default::default(),
    };
    let status = reply.status.unwrap_or(match reply.status_code {
        0 => WebhookStatus::ConnectionError,
        410 if !resthook.is_empty() => WebhookStatus::SubscriberGone,
        200..=299 => WebhookStatus::Success,
        _ => WebhookStatus::ResponseError,
    });
    turn.log(EventKind::WebhookCalled(WebhookCalled {
        url: url.clone(),
        status_code: reply.status_code,
        request: shorten(&reply.request, MAX_TRACE_CHARS),
        response: shorten(&reply.response, MAX_TRACE_CHARS),
        elapsed_ms: reply.elapsed_ms,
        retries: reply.retries,
        sizes: reply.sizes,
        status,
        resthook,
    }));
    let json = extract_json(&reply.body);
    let small = json.as_ref().is_some_and(|text| text.len() < MAX_EXTRA_BYTES);
    let json = json.and_then(|text| serde_json::from_str(&text).ok());
    let headers = (reply.status_code != 0).then_some(reply.headers);
    KeptReply {
        webhook: Arc::new(RunWebhook { method, url, status: reply.status_code, headers, json }),
        succeeded: status == WebhookStatus::Success,
        small,
    }
}

/// Makes a call the run's `@webhook`, and a result where the action has one.
pub(super) fn keep(turn: &mut Turn<'_, '_>, kept: KeptReply, result_name: &ResultName) {
    let run = turn.run;
    turn.engine.run_mut(run).webhook = Some(kept.webhook.clone());
    if result_name.is_empty() {
        return;
    }
    let webhook = &kept.webhook;
    turn.save_result(NewResult {
        name: result_name,
        value: format_smolstr!("{}", webhook.status),
        category: if kept.succeeded { "Success" } else { "Failure" }.into(),
        category_localized: SmolStr::default(),
        input: format_smolstr!("{} {}", webhook.method, webhook.url),
        extra: webhook.json.clone().filter(|_| kept.small),
    });
}

/// The JSON text in a response, tidied of what databases refuse: bytes that are no UTF-8 and NUL characters.
#[must_use]
pub fn extract_json(body: &[u8]) -> Option<String> {
    let text: String = body.utf8_chunks().map(|chunk| chunk.valid()).collect();
    let text = without_escaped_nul(&text.replace('\0', ""));
    serde_json::from_str::<Json>(&text).is_ok().then_some(text)
}

/// Takes out `\u0000`, but not the escaped backslash followed by the letters `u0000`.
fn without_escaped_nul(text: &str) -> String {
    if !text.contains("\\u0000") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("\\u0000") {
            rest = after;
            continue;
        }
        let pair = rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end);
        out.push_str(&rest[..pair]);
        rest = &rest[pair..];
    }
    out.push_str(rest);
    out
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// The host of an http address; `None` when it is none.
pub(super) fn host_of(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next()?,
        None => host.split(':').next()?,
    };
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    (!host.is_empty() && url.chars().all(plain)).then_some(host)
}

/// Whether a host is a blocked one or below it.
fn is_within(host: &str, blocked: &str) -> bool {
    let (host, blocked) = (host.to_ascii_lowercase(), blocked.to_ascii_lowercase());
    host == blocked || host.strip_suffix(&blocked).is_some_and(|rest| rest.ends_with('.'))
}

fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    format!("{}...", crate::modifiers::cut(text, max - 3))
}
