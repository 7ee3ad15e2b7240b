//! MessageBird, now Bird (developers.messagebird.com/api/sms-messaging): form in, JSON out. A call is signed by a token
//! that holds the hash of its body.
use jiff::Timestamp;

use super::kit::*;
use crate::called::urls_as_called;
use crate::signing;

/// The signed token (JWT, HS256).
const SIGNATURE_HEADER: &str = "Messagebird-Signature-Jwt";

gateway_settings! {
    /// Settings of a number at MessageBird.
    MessageBirdSettings as "messagebird" at Some("https://rest.messagebird.com"), {
        /// The access key.
        auth_token: Secret,
        /// The signing key: calls are signed with it.
        #[serde(default)]
        signing_key: Option<Secret>,
    }
}

impl Gateway for MessageBirdSettings {
    const MAX_TEXT: usize = 1600;
    const FILES: Files = Files::WithFirst;

    fn signs(&self) -> bool {
        self.signing_key.is_some()
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        match &self.signing_key {
            Some(key) => signed(key, request),
            None => super::Common::guard(self).verify(request),
        }
    }

    fn signed_for(&self, request: &HttpRequest) -> Option<(Timestamp, Timestamp)> {
        let token = request.headers.get(SIGNATURE_HEADER)?;
        signing::jwt_times(&signing::jwt_claims(token, self.signing_key.as_ref()?.expose()).ok()?)
    }

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if let Some(word) = call.get("status") {
            let status = match word {
                "scheduled" | "buffered" => Status::Accepted,
                "sent" => Status::Sent,
                "delivered" => Status::Delivered,
                "expired" | "delivery_failed" => failed(
                    undelivered(call.get("statusErrorCode"), call.get("statusReason")),
                    call.get("statusErrorCode"),
                    call.get("statusReason").unwrap_or(word),
                ),
                _ => return Err(Unparsable::at("status")),
            };
            let mut report_of = DeliveryReport::of_attempt(own_id(call, "reference")?, status);
            if let Some(id) = call.get("id") {
                report_of.external_id = id.to_owned();
            }
            return Ok(report(report_of));
        }
        // MMS come as JSON, or as a form of their own.
        let body = call.json().unwrap_or(Value::Null);
        let field = |name: &str| call.owned(name).or_else(|| owned(&body, &format!("/{name}")));
        let from = field("originator").ok_or_else(|| Unparsable::at("originator"))?;
        let mut attachments: Vec<IncomingAttachment> =
            list(&body, "/mediaURLs").iter().filter_map(Value::as_str).map(file_at).collect();
        attachments.extend(call.get("mediaURLs").map(file_at));
        let date = ["CreatedDatetime", "createdDatetime", "date"].into_iter().find_map(field);
        Ok(Text {
            external_id: field("message_id").or_else(|| field("id")),
            from: telephone(account, &from),
            text: field("body").or_else(|| field("message")).unwrap_or_default(),
            sent_at: date.and_then(|date| at(&date).or_else(|| seconds(&date))),
            attachments,
            ..Text::default()
        }
        .incoming())
    }

    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::new(200, "text/plain; charset=utf-8", "OK")
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let mut letter = json!({
            "originator": part.from(), "recipients": [part.to_digits()], "reference": part.id(),
        });
        if !part.text.is_empty() {
            letter["body"] = json!(part.text);
        }
        let kind = if part.files.is_empty() {
            "messages"
        } else {
            letter["mediaUrls"] = part.files.iter().map(|file| file.url.as_str()).collect();
            "mms"
        };
        let headers = Headers::new().with("Authorization", format!("AccessKey {}", self.auth_token.expose()));
        Ok(post(format!("{}/{kind}", super::Common::base(self)), headers, &letter))
    }

    fn probes(&self) -> Vec<Probe> {
        let headers = Headers::new().with("Authorization", format!("AccessKey {}", self.auth_token.expose()));
        let url = format!("{}/balance", super::Common::base(self));
        vec![balance_probe(ask(url, headers), "/amount", "/type")]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        let body = json_body(response);
        if let Some(code) = json::integer(&body, "/errors/0/code").filter(|_| !response.is_success()) {
            let class = match code {
                2 | 101 | 103 => ErrorClass::AccountBroken,
                25 => ErrorClass::AccountBroken,
                9 | 10 | 20 | 21 => ErrorClass::BadRequest,
                98 | 99 => ErrorClass::Transient,
                _ => class_of_status(response.status),
            };
            let why = text(&body, "/errors/0/description").unwrap_or("");
            return class.settle(Some(code.to_string()), why, retry_after(response));
        }
        content_or_status(response, |_| Settled::taken(owned(&body, "/id")))
    }
}

/// Why a message did not arrive. Source: developers.messagebird.com/api/sms-messaging, "SMS statuses and errors".
fn undelivered(code: Option<&str>, reason: Option<&str>) -> ErrorClass {
    match (code, reason.unwrap_or("").replace('_', " ").as_str()) {
        (Some("103"), _) | (_, "opted out" | "recipient opted out") => ErrorClass::OptedOut,
        (_, "insufficient balance") => ErrorClass::AccountBroken,
        (_, "carrier rejected" | "capacity limit reached") => ErrorClass::RefusedForNow,
        _ => ErrorClass::Unreachable,
    }
}

/// Checks the token's signature, and that it was made for this body; for a call without one, that it was made for this
/// address, since everything such a call says is there.
fn signed(key: &Secret, request: &HttpRequest) -> Result<(), Denied> {
    let token = request.headers.get(SIGNATURE_HEADER).ok_or(Denied::Unsigned)?;
    let claims = signing::jwt_claims(token, key.expose())?;
    if !request.body.is_empty() {
        let hash = text(&claims, "/payload_hash").ok_or(Denied::Mismatch)?;
        return signing::must_be_hash_of(&request.body, hash);
    }
    let hash = text(&claims, "/url_hash").ok_or(Denied::Mismatch)?;
    let mut urls = urls_as_called(request).into_iter();
    if urls.any(|url| signing::must_be_hash_of(url.as_bytes(), hash).is_ok()) {
        Ok(())
    } else {
        Err(Denied::Mismatch)
    }
}
