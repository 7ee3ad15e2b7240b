//! A message of the data: the requests we make, and what we make of the answers.
use std::collections::BTreeMap;

use channels::{Account, ErrorClass, Headers, HttpRequest, HttpResponse, Outgoing, Preparation, Settled};
use flow::words::{Attachment, Content, QuickReply, Templating, Urn};
use serde_json::{Value, json};

use crate::Fit;
use crate::accounts::account;
use crate::incoming::same;

pub fn check(data: &Value, case: &Value) -> Result<Fit, String> {
    let early =
        ["channel_config", "message_invalid"].contains(&case["expect_error"]["code"].as_str().unwrap_or(""));
    let account = match account(data, case, &case["channel"]) {
        // Settings that cannot work are refused when the channel is made.
        Err(_) if early => return Ok(Fit::Same),
        account => account?,
    };
    let mut outgoing = message(data, case)?;
    let mut mocks = Mocks::of(data, case);
    let asked = prepare(&account, &mut outgoing, &mut mocks)?;
    let rendering = match channels::request(&account, &outgoing) {
        Ok(rendering) => rendering,
        Err(refused) => {
            let code = case["expect_error"]["code"].as_str().unwrap_or("none");
            return if early && case["expect_requests"].is_null() {
                Ok(Fit::Same)
            } else {
                Err(format!("refused ({refused}) where {code} was expected"))
            };
        }
    };
    let mut shown = format!("{rendering:?}");
    // Names of header fields are the provider's, whatever they have in common with a token of the data.
    for (name, _) in rendering.requests.iter().flat_map(|request| request.headers.iter()) {
        shown = shown.replace(name, "");
    }
    if let Some(secret) = strings(&case["redact"]).iter().find(|secret| shown.contains(*secret)) {
        return Err(format!("{secret} is shown"));
    }
    let mut rendering = rendering;
    let (mut sent, mut ids, mut learned, mut failure) = (Vec::new(), Vec::new(), Vec::new(), None);
    let mut waiting: Vec<HttpRequest> = rendering.requests.drain(..).rev().collect();
    while let Some(request) = waiting.pop() {
        let settled = match mocks.answer(&request.url)? {
            Some(response) => channels::settle(&account, &response),
            None => Settled::Unknown,
        };
        sent.push(request);
        match settled {
            Settled::Sent { external_id, identities } => {
                ids.extend(Some(external_id).filter(|id| !id.is_empty()));
                learned.extend(identities);
            }
            // What the caller does when a token for answers is used up.
            Settled::Refused { class: ErrorClass::WindowClosed, .. } if outgoing.reply_token.is_some() => {
                outgoing.reply_token = None;
                let again = channels::request(&account, &outgoing).map_err(|error| error.to_string())?;
                waiting = again.requests.into_iter().rev().collect();
            }
            other => {
                failure = Some(other);
                break;
            }
        }
    }
    mocks.all_used()?;
    requests(case, &outgoing, &asked, &sent)?;
    // RapidPro forgets Viber's token of a message, though reports come under it; we keep it.
    if data["handler"] != "viber" {
        same("ids", &json!(ids), &case["expect_external_ids"])?;
    }
    error(case, failure.as_ref())?;
    learnt(case, &outgoing, &learned)?;
    let dropped =
        case["expect_log_errors"].as_array().is_some_and(|errors| errors.iter().any(|e| e["code"].is_null()));
    if dropped && failure.is_none() && rendering.degraded.is_empty() {
        return Err("nothing says what was left out".into());
    }
    Ok(Fit::Same)
}

/// Asks what the adapter wants to know first.
fn prepare(
    account: &Account,
    outgoing: &mut Outgoing,
    mocks: &mut Mocks,
) -> Result<Vec<HttpRequest>, String> {
    let mut asked = Vec::new();
    while let Ok(Some(Preparation::Ask { key, request })) = channels::prepare(account, outgoing) {
        if asked.len() > MAX_QUESTIONS {
            return Err("it asks and asks".into());
        }
        let answer = mocks.answer(&request.url)?.ok_or("no answer")?;
        outgoing.answers.insert(key, answer);
        asked.push(request);
    }
    Ok(asked)
}

/// The most questions before a message.
const MAX_QUESTIONS: usize = 20;

fn message(data: &Value, case: &Value) -> Result<Outgoing, String> {
    let msg = &case["msg"];
    let handler = data["handler"].as_str().unwrap_or("");
    let meta_kind = case["handler_args"][0].as_str().unwrap_or("");
    let whatsapp = ["dialog360", "turn"].contains(&handler) || meta_kind == "WAC";
    let mut quick_replies = Vec::new();
    for (index, reply) in msg["quick_replies"].as_array().into_iter().flatten().enumerate() {
        let mut reply: QuickReply =
            serde_json::from_value(reply.clone()).map_err(|error| error.to_string())?;
        if whatsapp {
            reply.id = Some(index.to_string());
        }
        quick_replies.push(reply);
    }
    let content = Content {
        text: msg["text"].as_str().unwrap_or("").to_owned(),
        attachments: strings(&msg["attachments"]).iter().filter_map(|text| Attachment::parse(text)).collect(),
        quick_replies,
        templating: templating(handler, &msg["templating"])?,
        locale: msg["locale"].as_str().unwrap_or("").to_owned(),
    };
    let id = msg["uuid"].as_str().and_then(|id| id.parse().ok()).ok_or("no uuid")?;
    let to: Urn = msg["urn"].as_str().and_then(|urn| urn.parse().ok()).ok_or("no address")?;
    let kind = case["channel"]["channel_type"].as_str().unwrap_or("").to_lowercase();
    let kind = if handler == "twiml" { meta_kind.to_lowercase() } else { kind };
    let channel = case["channel"]["uuid"].as_str().unwrap_or("");
    let mut outgoing = Outgoing::new(id, to, content);
    let about = if handler == "infobip" { "delivered" } else { "status" };
    outgoing.status_callback = Some(format!("https://localhost/c/{kind}/{channel}/{about}"));
    let answers = msg["response_to_external_id"].as_str().map(str::to_owned);
    outgoing.reply_to = answers.clone().filter(|_| handler == "meta");
    outgoing.reply_token =
        msg["urn_auth"].as_str().map(str::to_owned).or(answers.filter(|_| handler == "line"));
    outgoing.high_priority = msg["high_priority"] == true;
    if let Some(clock) = case["handler_overrides"]["clock"].as_str() {
        outgoing.at = clock.parse().map_err(|_| "the clock cannot be read")?;
    }
    Ok(outgoing)
}

fn templating(handler: &str, value: &Value) -> Result<Option<Templating>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let or_empty_text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let or_empty = |value: &Value| if value.is_null() { json!([]) } else { value.clone() };
    let ours = json!({
        "name": value["template"]["name"],
        "external_id": if handler == "turn" { &value["namespace"] } else { &value["external_id"] },
        // RapidPro's handler for Turn goes by the message's language and not by the template's.
        "locale": or_empty_text(if handler == "turn" { &Value::Null } else { &value["language"] }),
        "components": or_empty(&value["components"]),
        "variables": or_empty(&value["variables"]),
    });
    serde_json::from_value(ours).map(Some).map_err(|error| error.to_string())
}

/// Answers in the order that the case lists them, by address; the longest pattern that fits wins.
struct Mocks {
    answers: BTreeMap<String, Vec<Value>>,
    /// Whether any file has the size that the data's note says.
    sizes: bool,
}

impl Mocks {
    fn of(data: &Value, case: &Value) -> Self {
        let answers =
            |(glob, list): (&String, &Value)| (glob.clone(), list.as_array().cloned().unwrap_or_default());
        Self {
            answers: case["mock_responses"].as_object().into_iter().flatten().map(answers).collect(),
            sizes: data["handler"] == "viber",
        }
    }

    /// `None` for a connection that breaks.
    fn answer(&mut self, url: &str) -> Result<Option<HttpResponse>, String> {
        let fits = |glob: &str| match glob.strip_prefix('*') {
            Some(end) => url.ends_with(end),
            None => url == glob || glob.strip_suffix('*').is_some_and(|start| url.starts_with(start)),
        };
        let list = self.answers.iter_mut().filter(|(glob, _)| fits(glob)).max_by_key(|(glob, _)| glob.len());
        if list.is_none() && self.sizes {
            let headers = Headers::new().with("Content-Length", "123456");
            return Ok(Some(HttpResponse { status: 200, headers, body: Vec::new() }));
        }
        let (_, list) = list.ok_or_else(|| format!("no answer is laid out for {url}"))?;
        if list.is_empty() {
            return Err("more requests than answers".into());
        }
        let answer = list.remove(0);
        if !answer["connection_error"].is_null() {
            return Ok(None);
        }
        let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
        let mut response =
            HttpResponse::new(status, "application/json", answer["body"].as_str().unwrap_or(""));
        for (name, value) in answer["headers"].as_object().into_iter().flatten() {
            response.headers.append(name, value.as_str().unwrap_or(""));
        }
        Ok(Some(response))
    }

    fn all_used(&self) -> Result<(), String> {
        let left: usize = self.answers.values().map(Vec::len).sum();
        if left == 0 { Ok(()) } else { Err(format!("{left} answers were not asked for")) }
    }
}

/// The requests of the data against ours: sends in their order, and among them, anywhere, the questions before them.
fn requests(
    case: &Value,
    outgoing: &Outgoing,
    asked: &[HttpRequest],
    sent: &[HttpRequest],
) -> Result<(), String> {
    let Some(expected) = case["expect_requests"].as_array() else { return Ok(()) };
    let mut asked: Vec<&HttpRequest> = asked.iter().collect();
    let mut sent = sent.iter();
    // Questions that the data does not list are those of which its note tells.
    asked.truncate(expected.len().saturating_sub(sent.len()));
    same("number of requests", &json!(sent.len() + asked.len()), &json!(expected.len()))?;
    for expected in expected {
        let question = asked.iter().position(|question| one_request(outgoing, question, expected).is_ok());
        match question {
            Some(at) => {
                asked.remove(at);
            }
            None => one_request(outgoing, sent.next().ok_or("a request is missing")?, expected)?,
        }
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
        if let Some(echo) = echo {
            same("our id", &echo, &json!(outgoing.id.to_string()))?;
        }
        // RapidPro's own name, where a provider asks who calls.
        let expected =
            expected["json"].to_string().replace(r#""source":"courier""#, r#""source":"openline""#);
        // Meta withdrew this type of messages; what was sent by it is an update today.
        let expected = expected.replace("NON_PROMOTIONAL_SUBSCRIPTION", "UPDATE");
        same("body", &json, &serde_json::from_str(&expected).map_err(|error| error.to_string())?)?;
    }
    if let (Some(body), true) = (expected["body"].as_str(), expected["json"].is_null()) {
        let decoded = |body: &[u8]| url::form_urlencoded::parse(body).into_owned().collect::<Vec<_>>();
        if request.is_of_type("application/x-www-form-urlencoded") {
            same("form", &multiset(decoded(&request.body)), &multiset(decoded(body.as_bytes())))?;
        } else {
            same("body", &json!(String::from_utf8_lossy(&request.body)), &json!(body))?;
        }
    }
    if !expected["form"].is_null() {
        same("form", &multiset(request.form()), &multiset(expected_form(&expected["form"])))?;
    }
    if !expected["params"].is_null() {
        let mut query = request.query();
        // VK wants a whole number made of our id, where RapidPro gives the id itself.
        for (name, value) in &mut query {
            if name == "random_id" && value.bytes().all(|b| b.is_ascii_digit()) {
                *value = outgoing.id.to_string();
            }
        }
        same("query", &multiset(query), &multiset(expected_form(&expected["params"])))?;
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
        // The provider took the call and says no.
        "response_content" | "response_unexpected" => true,
        "rejected_with_reason" => {
            let answer = case["mock_responses"].to_string();
            // Words that are not in the answer are RapidPro's own.
            let reason = expected["reason"].as_str().filter(|reason| answer.contains(*reason));
            let told = expected["ext_code"].as_str().map(|code| code.rsplit(':').next().unwrap_or(code));
            code.as_deref() == told && reason.is_none_or(|reason| reason == why)
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
