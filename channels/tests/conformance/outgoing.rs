//! A message of the data: the requests we make, and what we make of the answers.
use std::collections::BTreeMap;

use channels::{ErrorClass, HttpRequest, HttpResponse, Outgoing, Settled};
use flow::words::{Attachment, Content, QuickReply, Templating, Urn};
use serde_json::{Value, json};

use crate::accounts::account;
use crate::incoming::same;

pub fn check(data: &Value, case: &Value) -> Result<(), String> {
    let account = account(data, case, &case["channel"])?;
    let outgoing = message(case)?;
    let rendering = match channels::request(&account, &outgoing) {
        Ok(rendering) => rendering,
        Err(refused) => {
            let code = case["expect_error"]["code"].as_str().unwrap_or("none");
            let early =
                ["channel_config", "message_invalid"].contains(&code) && case["expect_requests"].is_null();
            return if early {
                Ok(())
            } else {
                Err(format!("refused ({refused}) where {code} was expected"))
            };
        }
    };
    let shown = format!("{rendering:?}");
    if let Some(secret) = strings(&case["redact"]).iter().find(|secret| shown.contains(*secret)) {
        return Err(format!("{secret} is shown"));
    }
    let mut mocks = Mocks::of(case);
    let (mut sent, mut ids, mut learned, mut failure) = (Vec::new(), Vec::new(), Vec::new(), None);
    for request in &rendering.requests {
        sent.push(request);
        let settled = match mocks.answer(&request.url)? {
            Some(response) => channels::settle(&account, &response),
            None => Settled::Unknown,
        };
        match settled {
            Settled::Sent { external_id, identities } => {
                ids.push(external_id);
                learned.extend(identities);
            }
            other => {
                failure = Some(other);
                break;
            }
        }
    }
    mocks.all_used()?;
    requests(case, &outgoing, &sent)?;
    same("ids", &json!(ids), &case["expect_external_ids"])?;
    error(case, failure.as_ref())?;
    learnt(case, &outgoing, &learned)?;
    let dropped =
        case["expect_log_errors"].as_array().is_some_and(|errors| errors.iter().any(|e| e["code"].is_null()));
    if dropped && rendering.degraded.is_empty() {
        return Err("nothing says what was left out".into());
    }
    Ok(())
}

fn message(case: &Value) -> Result<Outgoing, String> {
    let msg = &case["msg"];
    let mut quick_replies = Vec::new();
    for (index, reply) in msg["quick_replies"].as_array().into_iter().flatten().enumerate() {
        let mut reply: QuickReply =
            serde_json::from_value(reply.clone()).map_err(|error| error.to_string())?;
        reply.id = Some(index.to_string());
        quick_replies.push(reply);
    }
    let content = Content {
        text: msg["text"].as_str().unwrap_or("").to_owned(),
        attachments: strings(&msg["attachments"]).iter().filter_map(|text| Attachment::parse(text)).collect(),
        quick_replies,
        templating: templating(&msg["templating"])?,
        locale: msg["locale"].as_str().unwrap_or("").to_owned(),
    };
    let id = msg["uuid"].as_str().and_then(|id| id.parse().ok()).ok_or("no uuid")?;
    let to: Urn = msg["urn"].as_str().and_then(|urn| urn.parse().ok()).ok_or("no address")?;
    let kind = case["handler_args"][0].as_str().unwrap_or("").to_lowercase();
    let channel = case["channel"]["uuid"].as_str().unwrap_or("");
    let mut outgoing = Outgoing::new(id, to, content);
    outgoing.status_callback = Some(format!("https://localhost/c/{kind}/{channel}/status"));
    outgoing.reply_to = msg["response_to_external_id"].as_str().filter(|_| kind == "wac").map(str::to_owned);
    Ok(outgoing)
}

fn templating(value: &Value) -> Result<Option<Templating>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let or_empty = |value: &Value| if value.is_null() { json!([]) } else { value.clone() };
    let ours = json!({
        "name": value["template"]["name"],
        "external_id": value["external_id"],
        "locale": value["language"],
        "components": or_empty(&value["components"]),
        "variables": or_empty(&value["variables"]),
    });
    serde_json::from_value(ours).map(Some).map_err(|error| error.to_string())
}

/// Answers in the order that the case lists them, by address; the longest pattern that fits wins.
struct Mocks(BTreeMap<String, Vec<Value>>);

impl Mocks {
    fn of(case: &Value) -> Self {
        let answers =
            |(glob, list): (&String, &Value)| (glob.clone(), list.as_array().cloned().unwrap_or_default());
        Self(case["mock_responses"].as_object().into_iter().flatten().map(answers).collect())
    }

    /// `None` for a connection that breaks.
    fn answer(&mut self, url: &str) -> Result<Option<HttpResponse>, String> {
        let fits = |glob: &str| match glob.strip_prefix('*') {
            Some(end) => url.ends_with(end),
            None => url == glob || glob.strip_suffix('*').is_some_and(|start| url.starts_with(start)),
        };
        let list = self.0.iter_mut().filter(|(glob, _)| fits(glob)).max_by_key(|(glob, _)| glob.len());
        let (_, list) = list.ok_or_else(|| format!("no answer is laid out for {url}"))?;
        if list.is_empty() {
            return Err("more requests than answers".into());
        }
        let answer = list.remove(0);
        if !answer["connection_error"].is_null() {
            return Ok(None);
        }
        let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
        Ok(Some(HttpResponse::new(status, "application/json", answer["body"].as_str().unwrap_or(""))))
    }

    fn all_used(&self) -> Result<(), String> {
        let left: usize = self.0.values().map(Vec::len).sum();
        if left == 0 { Ok(()) } else { Err(format!("{left} answers were not asked for")) }
    }
}

fn requests(case: &Value, outgoing: &Outgoing, sent: &[&HttpRequest]) -> Result<(), String> {
    let Some(expected) = case["expect_requests"].as_array() else { return Ok(()) };
    same("number of requests", &json!(sent.len()), &json!(expected.len()))?;
    for (request, expected) in sent.iter().zip(expected) {
        one_request(outgoing, request, expected)?;
    }
    Ok(())
}

fn one_request(outgoing: &Outgoing, request: &HttpRequest, expected: &Value) -> Result<(), String> {
    let url = url::Url::parse(&request.url).map_err(|error| error.to_string())?;
    if let Some(path) = expected["path"].as_str() {
        same("path", &json!(url.path()), &json!(path))?;
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        same(name, &json!(request.headers.get(name)), value)?;
    }
    if !expected["json"].is_null() {
        let mut json: Value = serde_json::from_slice(&request.body).map_err(|error| error.to_string())?;
        let echo = json.as_object_mut().and_then(|object| object.remove("biz_opaque_callback_data"));
        same("our id", &json!(echo), &json!(outgoing.id.to_string()))?;
        same("body", &json, &expected["json"])?;
    }
    if !expected["form"].is_null() {
        same("form", &multiset(request.form()), &multiset(expected_form(&expected["form"])))?;
    }
    if !expected["params"].is_null() {
        same("query", &multiset(request.query()), &multiset(expected_form(&expected["params"])))?;
    }
    if let Some(part) = expected["body_contains"].as_str()
        && !String::from_utf8_lossy(&request.body).contains(part)
    {
        return Err(format!("the body does not hold {part}"));
    }
    Ok(())
}

/// `{"name": ["value", …]}` as pairs; the address for reports without the parameter that only RapidPro needs.
fn expected_form(form: &Value) -> Vec<(String, String)> {
    let fields = form.as_object().into_iter().flatten();
    fields
        .flat_map(|(name, values)| strings(values).into_iter().map(move |value| (name.clone(), value)))
        .map(|(name, value)| {
            let value = if name == "StatusCallback" { value.replace("&action=callback", "") } else { value };
            (name, value)
        })
        .collect()
}

fn multiset(mut pairs: Vec<(String, String)>) -> Value {
    pairs.sort();
    json!(pairs)
}

fn error(case: &Value, failure: Option<&Settled>) -> Result<(), String> {
    let expected = &case["expect_error"];
    let wrong = || Err(format!("settled as {failure:?} and not as {expected}"));
    let (code, why, class, retry) = match failure {
        None if expected.is_null() => return Ok(()),
        None => return wrong(),
        // Taken without an id: RapidPro believes it was sent; we wait for the report.
        Some(Settled::Unknown) => {
            let unread =
                ["connection_failed", "response_unparseable", "response_unexpected", "response_content"];
            let fits = expected["code"].as_str().is_none_or(|code| unread.contains(&code));
            return if fits { Ok(()) } else { wrong() };
        }
        Some(Settled::Sent { .. }) => return wrong(),
        Some(Settled::Retry { class, code, why, .. }) => (code, why, *class, true),
        Some(Settled::Refused { class, code, why }) => (code, why, *class, false),
    };
    if expected["retryable"] != retry {
        return wrong();
    }
    let fits = match expected["code"].as_str().unwrap_or("") {
        "connection_throttled" => matches!(class, ErrorClass::Throttled | ErrorClass::ThrottledPerson),
        "connection_failed" => class == ErrorClass::Transient,
        "contact_stopped" => class == ErrorClass::OptedOut,
        "response_status" | "response_unparseable" => code.is_none(),
        "rejected_with_reason" => {
            let answer = case["mock_responses"].to_string();
            // Words that are not in the answer are RapidPro's own.
            let reason = expected["reason"].as_str().filter(|reason| answer.contains(*reason));
            code.as_deref() == expected["ext_code"].as_str() && reason.is_none_or(|reason| reason == why)
        }
        _ => false,
    };
    if fits { Ok(()) } else { wrong() }
}

/// Addresses that the answer told and that the person did not have yet.
fn learnt(case: &Value, outgoing: &Outgoing, learned: &[Urn]) -> Result<(), String> {
    let known = strings(&case["msg"]["contact_other_urns"]);
    let new: Vec<&str> = learned
        .iter()
        .map(Urn::as_str)
        .filter(|urn| *urn != outgoing.to.as_str() && !known.iter().any(|other| other == urn))
        .collect();
    same("new address", &json!(new.first()), &case["expect_new_urn"])
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}
