//! A webhook call of the data: what we make of it against what is expected.
use channels::media::{Fetch, fetch, located};
use channels::{
    Account, ChannelEvent, DeliveryReport, Headers, HttpRequest, HttpResponse, Incoming, IncomingAttachment,
    Message, MessageKind, Status,
};
use serde_json::{Value, json};

use crate::Fit;
use crate::accounts::{SECRET, account};

pub fn check(data: &Value, case: &Value) -> Result<Fit, String> {
    let account = account(data, case, channel_of(case))?;
    let request = signed(data, request(case));
    if let Some(answer) = channels::challenge(&account, &request) {
        // A refusal is a refusal, whichever of the codes 400 to 499 says it.
        if case["outcome"] == "reject" && (400..500).contains(&answer.status) {
            return Ok(Fit::Same);
        }
        return answered(case, answer.status, &answer.body).map(|()| Fit::Same);
    }
    if let Err(denied) = channels::verify(&account, &request) {
        // A refusal is a refusal, whichever of the codes 400 to 499 says it.
        let refused = case["outcome"] == "reject" && (400..500).contains(&denied.http_status());
        return if refused {
            Ok(Fit::Same)
        } else {
            answered(case, denied.http_status(), b"").map(|()| Fit::Same)
        };
    }
    let accepted = channels::accepted(&account, &request);
    // What cannot be read is kept and answered like the rest.
    let incoming = channels::receive(&account, &request);
    let nothing_read = incoming.as_ref().is_ok_and(|incoming| {
        let marks = |one: &Incoming| matches!(one, Incoming::Event(event) if is_mark(event));
        !incoming.is_empty() && incoming.iter().all(marks)
    });
    if case["outcome"] == "reject" && (incoming.is_err() || nothing_read) {
        return Ok(Fit::Kept);
    }
    let incoming = incoming.unwrap_or_default();
    let stored: Vec<Incoming> =
        serde_json::from_value(serde_json::to_value(&incoming).map_err(|e| e.to_string())?)
            .map_err(|e| e.to_string())?;
    same("what was stored", &json!(stored == incoming), &json!(true))?;
    contents(data, case, &account, &incoming)?;
    answered(case, accepted.status, &accepted.body).map(|()| Fit::Same)
}

/// The channel that a call is addressed to.
fn channel_of(case: &Value) -> &Value {
    let url = case["url"].as_str().unwrap_or("");
    let channels = case["channels"].as_array().map_or(&[][..], Vec::as_slice);
    let named =
        channels.iter().find(|channel| channel["uuid"].as_str().is_some_and(|uuid| url.contains(uuid)));
    named.unwrap_or(&case["channels"][0])
}

/// Events that stand for something that came and could not be taken.
fn is_mark(event: &ChannelEvent) -> bool {
    matches!(
        event,
        ChannelEvent::NoSender { .. }
            | ChannelEvent::Unreadable { .. }
            | ChannelEvent::ForOtherAddress { .. }
    )
}

/// Whether a message only says that an earlier one is not to be read any more.
fn is_taken_back(message: &Message) -> bool {
    message.edits.is_some()
        && matches!(&message.kind, MessageKind::Unsupported { what } if what == channels::TAKEN_BACK)
}

/// A call with the signature that its provider puts on it today, where RapidPro does not look for one.
fn signed(data: &Value, mut request: HttpRequest) -> HttpRequest {
    match data["handler"].as_str() {
        Some("facebook_legacy") if request.method == "POST" => {
            request.headers.append(channels::META_HEADER, channels::sign_meta(SECRET, &request.body));
        }
        Some("slack") => {
            let signed = [b"v0:1700000000:".as_slice(), &request.body].concat();
            let signature = channels::sign_meta(SECRET, &signed).replace("sha256=", "v0=");
            request.headers.append("X-Slack-Request-Timestamp", "1700000000");
            request.headers.append("X-Slack-Signature", signature);
        }
        _ => {}
    }
    request
}

fn request(case: &Value) -> HttpRequest {
    let headers: Headers = case["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or("").to_owned()))
        .collect();
    let (headers, body) = match case["multipart_form"].as_object() {
        None => (headers, case["body"].as_str().unwrap_or("").as_bytes().to_vec()),
        Some(fields) => {
            let part = |(name, value): (&String, &Value)| {
                let value = value.as_str().unwrap_or("");
                format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            let body: String = fields.iter().map(part).collect();
            let headers = Headers::new().with("Content-Type", "multipart/form-data; boundary=xx");
            (headers, format!("{body}--xx--\r\n").into_bytes())
        }
    };
    HttpRequest {
        method: case["method"].as_str().unwrap_or("").to_owned(),
        url: case["url"].as_str().unwrap_or("").to_owned(),
        headers,
        body,
    }
}

fn answered(case: &Value, status: u16, body: &[u8]) -> Result<(), String> {
    same("status", &json!(status), &case["expect_status"])?;
    if case["expect_body_by"] == "provider" {
        let wanted = case["expect_body_contains"].as_str().unwrap_or("");
        let body = String::from_utf8_lossy(body);
        if !body.contains(wanted) {
            return Err(format!("the answer {body} does not hold {wanted}"));
        }
    }
    Ok(())
}

fn contents(data: &Value, case: &Value, account: &Account, incoming: &[Incoming]) -> Result<(), String> {
    let (mut messages, mut reports, mut events, mut codes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for one in incoming {
        match one {
            // RapidPro ignores that a message was taken back; we tell it, and it is no new message.
            Incoming::Message(message) if is_taken_back(message) => {}
            Incoming::Message(message) => messages.push(message.as_ref()),
            Incoming::Report(report) => {
                if let Status::Failed { code: Some(code), .. } = &report.status {
                    codes.push(code.clone());
                }
                reports.push(report);
            }
            Incoming::Event(ChannelEvent::OptedOut { person, about: None, .. }) => {
                events.push(json!({"type": "stop_contact", "urn": person[0].as_str()}));
            }
            Incoming::Event(ChannelEvent::ConversationStarted { .. }) => events.push(started(one)),
            Incoming::Event(ChannelEvent::Error { code: Some(code), .. }) => codes.push(code.clone()),
            Incoming::Event(_) | Incoming::Call(_) => {}
        }
    }
    let outcome =
        if messages.is_empty() && reports.is_empty() && events.is_empty() { "ignore" } else { "accept" };
    same("outcome", &json!(outcome), &case["outcome"])?;
    let expected = case["expect_msgs"].as_array().map_or(&[][..], Vec::as_slice);
    same("number of messages", &json!(messages.len()), &json!(expected.len()))?;
    for (message, expected) in messages.iter().zip(expected) {
        compare_message(data, account, message, expected)?;
    }
    let expected = case["expect_statuses"].as_array().map_or(&[][..], Vec::as_slice);
    same("number of reports", &json!(reports.len()), &json!(expected.len()))?;
    for (report, expected) in reports.iter().zip(expected) {
        compare_report(report, expected)?;
    }
    compare_events(case, &events)?;
    for error in case["expect_log_errors"].as_array().into_iter().flatten() {
        // RapidPro puts a word of its own before some codes.
        let code = error["ext_code"].as_str().map(|code| code.rsplit(':').next().unwrap_or(code));
        if let Some(code) = code.filter(|code| !codes.iter().any(|c| c == code)) {
            return Err(format!("error code {code} is not told; told are {codes:?}"));
        }
    }
    Ok(())
}

/// The beginning of a conversation in RapidPro's words.
fn started(one: &Incoming) -> Value {
    let Incoming::Event(ChannelEvent::ConversationStarted { person, referral, payload, title, at, .. }) = one
    else {
        return Value::Null;
    };
    let kind = if referral.is_some() { "referral" } else { "new_conversation" };
    let referral = referral.clone().unwrap_or_default();
    let extra: serde_json::Map<String, Value> = [
        ("referrer_id", referral.reference),
        ("source", referral.source_type),
        ("type", referral.action),
        ("ad_id", referral.source_id),
        ("payload", payload.clone()),
        ("title", title.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))))
    .collect();
    let mut event = json!({"type": kind, "urn": person[0].as_str(), "extra": extra});
    if let Some(at) = at {
        event["time"] = json!(at.to_string());
    }
    event
}

/// Only what the data gives is compared; a welcome is told as the beginning of a conversation here.
fn compare_events(case: &Value, events: &[Value]) -> Result<(), String> {
    let expected = case["expect_events"].as_array().map_or(&[][..], Vec::as_slice);
    same("number of events", &json!(events.len()), &json!(expected.len()))?;
    for (event, expected) in events.iter().zip(expected) {
        for (name, value) in expected.as_object().into_iter().flatten() {
            let value = if value == "welcome_message" { json!("new_conversation") } else { value.clone() };
            same(name, &event[name], &value)?;
        }
    }
    Ok(())
}

fn compare_message(
    data: &Value,
    account: &Account,
    message: &Message,
    expected: &Value,
) -> Result<(), String> {
    if !expected["text"].is_null() {
        same("text", &json!(message.text), &expected["text"])?;
    }
    same("address", &json!(message.from[0].as_str()), &expected["urn"])?;
    same("form", &json!(message.form), &expected["payload"])?;
    let mut others = message.from.iter().skip(1);
    same("second address", &json!(others.next().map(|urn| urn.as_str())), &expected["new_urn"]["value"])?;
    for (name, actual) in [
        ("external_id", json!(message.external_id)),
        ("name", json!(message.name)),
        ("date", json!(message.sent_at.map(|at| at.to_string()))),
    ] {
        if !expected[name].is_null() {
            same(name, &actual, &expected[name])?;
        }
    }
    let expected = or(&expected["attachments"], json!([]));
    same(
        "number of attachments",
        &json!(message.attachments.len()),
        &json!(expected.as_array().map_or(0, Vec::len)),
    )?;
    for (attachment, expected) in message.attachments.iter().zip(expected.as_array().into_iter().flatten()) {
        // Some are written with their type.
        let typed = attachment.as_attachment().map(|attachment| json!(attachment.to_string()));
        if typed.as_ref() != Some(expected) {
            same("attachment", &json!(address(data, account, attachment)?), expected)?;
        }
    }
    Ok(())
}

/// An attachment as the data writes it: a place as `geo:…`, a file by the address that it is fetched from.
fn address(data: &Value, account: &Account, attachment: &IncomingAttachment) -> Result<String, String> {
    if attachment.content_type == "geo" {
        return Ok(attachment.as_attachment().ok_or("a place without an attachment")?.to_string());
    }
    // Relative addresses in the data are no addresses; they are compared as they are.
    match fetch(account, attachment) {
        Err(_) => Ok(attachment.as_attachment().ok_or("a file without an address")?.url),
        Ok(Fetch::Download(request)) => Ok(request.url),
        Ok(Fetch::Nothing) => Err("nothing to fetch".into()),
        Ok(Fetch::Locate(request)) => {
            if data["handler"] == "meta" && request.headers.get("Authorization") != Some("Bearer a123") {
                return Err("the file is asked for without its token".into());
            }
            let body = mocked(data, &request).ok_or("no mock for a file")?;
            let download = located(account, &HttpResponse::new(200, "application/json", body));
            Ok(download.map_err(|error| error.to_string())?.url)
        }
    }
}

/// What the data's stand-in answers to a question for a file.
fn mocked(data: &Value, request: &HttpRequest) -> Option<String> {
    let routes = data["mock_services"]["routes"].as_array()?;
    let asked = format!("{} {}", request.url, String::from_utf8_lossy(&request.body));
    let fits = |route: &&Value| {
        let rule = route["match"].as_str().unwrap_or("");
        match data["handler"].as_str() {
            Some("telegram") => asked.ends_with(rule),
            Some("dialog360") => rule.contains(request.url.rsplit('/').next().unwrap_or("?")),
            _ => rule.split('\'').nth(1).is_none_or(|end| request.url.ends_with(end)),
        }
    };
    let body = routes.iter().find(fits)?["body"].as_str()?;
    let id = request.url.rsplit('/').next().unwrap_or("");
    Some(body.replace("<that id>", id))
}

fn compare_report(report: &DeliveryReport, expected: &Value) -> Result<(), String> {
    let status = match &report.status {
        Status::Accepted => "W",
        Status::Sent => "S",
        Status::Delivered => "D",
        Status::Read => "R",
        Status::Failed { class, .. } if class.is_retryable() => "E",
        Status::Failed { .. } => "F",
    };
    same("status of the report", &json!(status), &expected["status"])?;
    if expected["msg_uuid"].is_null() {
        same("id of the report", &json!(report.external_id), &expected["external_id"])
    } else {
        same("our id in the report", &json!(report.attempt), &expected["msg_uuid"])
    }
}

fn or(value: &Value, otherwise: Value) -> Value {
    if value.is_null() { otherwise } else { value.clone() }
}

pub fn same(what: &str, actual: &Value, expected: &Value) -> Result<(), String> {
    if actual == expected { Ok(()) } else { Err(format!("{what}: {actual} and not {expected}")) }
}
