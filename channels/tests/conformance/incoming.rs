//! A webhook call of the data: what we make of it against what is expected.
use channels::media::{Fetch, fetch, located};
use channels::{
    Account, ChannelEvent, DeliveryReport, Headers, HttpRequest, HttpResponse, Incoming, IncomingAttachment,
    Message, Status,
};
use serde_json::{Value, json};

use crate::accounts::account;

pub fn check(data: &Value, case: &Value) -> Result<(), String> {
    let account = account(data, case, &case["channels"][0])?;
    let request = request(case);
    if let Some(answer) = channels::challenge(&account, &request) {
        return answered(case, answer.status, &answer.body);
    }
    if let Err(denied) = channels::verify(&account, &request) {
        // A refusal is a refusal, whichever of the codes 400 to 499 says it.
        let refused = case["outcome"] == "reject" && (400..500).contains(&denied.http_status());
        return if refused { Ok(()) } else { answered(case, denied.http_status(), b"") };
    }
    let accepted = channels::accepted(&account);
    // What cannot be read is kept and answered like the rest.
    let incoming = channels::receive(&account, &request).unwrap_or_default();
    let stored: Vec<Incoming> =
        serde_json::from_value(serde_json::to_value(&incoming).map_err(|e| e.to_string())?)
            .map_err(|e| e.to_string())?;
    same("what was stored", &json!(stored == incoming), &json!(true))?;
    contents(data, case, &account, &incoming)?;
    answered(case, accepted.status, &accepted.body)
}

fn request(case: &Value) -> HttpRequest {
    let headers: Headers = case["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or("").to_owned()))
        .collect();
    HttpRequest {
        method: case["method"].as_str().unwrap_or("").to_owned(),
        url: case["url"].as_str().unwrap_or("").to_owned(),
        headers,
        body: case["body"].as_str().unwrap_or("").as_bytes().to_vec(),
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
            Incoming::Event(ChannelEvent::Error { code: Some(code), .. }) => codes.push(code.clone()),
            Incoming::Event(_) => {}
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
    same("events", &json!(events), &case["expect_events"])?;
    for error in case["expect_log_errors"].as_array().into_iter().flatten() {
        if let Some(code) = error["ext_code"].as_str().filter(|code| !codes.iter().any(|c| c == code)) {
            return Err(format!("error code {code} is not told; told are {codes:?}"));
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
    same("text", &json!(message.text), &or(&expected["text"], json!("")))?;
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
    let attachments: Result<Vec<String>, String> =
        message.attachments.iter().map(|attachment| address(data, account, attachment)).collect();
    same("attachments", &json!(attachments?), &or(&expected["attachments"], json!([])))
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
            if request.headers.get("Authorization") != Some("Bearer a123") {
                return Err("the file is asked for without its token".into());
            }
            let routes = data["mock_services"]["routes"].as_array().ok_or("no mocks")?;
            let ending = |route: &Value| {
                let text = route["match"].as_str().unwrap_or("").to_owned();
                text.split('\'').nth(1).map(str::to_owned)
            };
            let route =
                routes.iter().find(|route| ending(route).is_none_or(|end| request.url.ends_with(&end)));
            let body = route.and_then(|route| route["body"].as_str()).ok_or("no mock for a file")?;
            let download = located(account, &HttpResponse::new(200, "application/json", body));
            Ok(download.map_err(|error| error.to_string())?.url)
        }
    }
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
