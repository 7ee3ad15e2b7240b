//! Infobip (infobip.com/docs/api): SMS and MMS, JSON both ways.
use super::kit::*;

gateway_settings! {
    /// Settings of a number at Infobip.
    InfobipSettings as "infobip" at Some("https://api.infobip.com"), {
        /// With `password`, instead of `api_key`.
        #[serde(default)]
        username: Option<String>,
        #[serde(default)]
        password: Option<Secret>,
        #[serde(default)]
        api_key: Option<Secret>,
        /// Lets Infobip write letters in a way that costs less: `TURKISH`, `COLOMBIAN` …
        #[serde(default)]
        transliteration: Option<String>,
    }
}

impl InfobipSettings {
    fn authorized(&self) -> Headers {
        match (&self.api_key, &self.username, &self.password) {
            (Some(key), _, _) => Headers::new().with("Authorization", format!("App {}", key.expose())),
            (None, user, password) => {
                basic(user.as_deref().unwrap_or(""), password.as_ref().map_or("", Secret::expose))
            }
        }
    }
}

impl Gateway for InfobipSettings {
    const MAX_TEXT: usize = 1600;
    const FILES: Files = Files::WithFirst;

    fn check_own(&self) -> Result<(), SettingsError> {
        match (&self.api_key, &self.username, &self.password) {
            (Some(_), _, _) | (None, Some(_), Some(_)) => Ok(()),
            _ => Err(SettingsError::OneOf { these: "api_key, or username and password" }),
        }
    }

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        let results =
            body.get("results").and_then(Value::as_array).ok_or_else(|| Unparsable::at("results"))?;
        Ok(results.iter().map(|result| one(account, result)).collect())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let destinations = json!([{"to": part.to_digits(), "messageId": part.own_id()}]);
        let mut letter = json!({"destinations": destinations});
        let callback = part.callback(&[]);
        if !callback.is_empty() {
            letter["webhooks"] = json!({"delivery": {
                "url": callback, "intermediateReport": true, "contentType": "application/json",
            }});
        }
        let path = if part.files.is_empty() {
            letter["from"] = json!(part.from());
            letter["content"] = json!({"text": part.text});
            if let Some(transliteration) = &self.transliteration {
                letter["content"]["transliteration"] = json!(transliteration);
            }
            "sms/3"
        } else {
            letter["sender"] = json!(part.from());
            let said = (!part.text.is_empty()).then(|| json!({"type": "TEXT", "text": part.text}));
            let link = |file: &&flow::words::Attachment| json!({"type": "LINK", "contentType": file.content_type, "contentUrl": file.url});
            let segments: Vec<Value> = said.into_iter().chain(part.files.iter().map(link)).collect();
            letter["content"] = json!({"title": "", "messageSegments": segments});
            "mms/2"
        };
        let url = format!("{}/{path}/messages", super::Common::base(self));
        Ok(post(url, self.authorized(), &json!({"messages": [letter]})))
    }

    fn probes(&self) -> Vec<Probe> {
        let url = format!("{}/account/1/balance", super::Common::base(self));
        vec![balance_probe(ask(url, self.authorized()), "/balance", "/currency")]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        let body = json_body(response);
        if !response.is_success() {
            let error = "/requestError/serviceException";
            return match owned(&body, &format!("{error}/messageId")) {
                Some(code) => {
                    let class = if code == "UNAUTHORIZED" {
                        ErrorClass::AccountBroken
                    } else {
                        class_of_status(response.status)
                    };
                    let why = text(&body, &format!("{error}/text")).unwrap_or("").to_owned();
                    class.settle(Some(code), &why, retry_after(response))
                }
                None => settle_status(response),
            };
        }
        match json::integer(&body, "/messages/0/status/groupId") {
            Some(1 | 3) => Settled::taken(owned(&body, "/messages/0/messageId")),
            // The same id again: it was taken before.
            Some(_) if text(&body, "/messages/0/status/name") == Some("REJECTED_DUPLICATE_MESSAGE_ID") => {
                Settled::taken(owned(&body, "/messages/0/messageId"))
            }
            Some(group) => {
                let usual = if group == 5 { ErrorClass::BadRequest } else { ErrorClass::Unreachable };
                let class = class_of_name(text(&body, "/messages/0/status/name")).unwrap_or(usual);
                let code = json::code(&body, "/messages/0/status/id");
                refused(class, code, text(&body, "/messages/0/status/description").unwrap_or(""))
            }
            None => Settled::Unknown,
        }
    }
}

/// The groups of statuses, from the one with the number 1 on.
const GROUPS: [&str; 5] = ["PENDING", "UNDELIVERABLE", "DELIVERED", "EXPIRED", "REJECTED"];

fn one(account: &Account, result: &Value) -> Incoming {
    let Some(id) = json::code(result, "/messageId") else {
        return Incoming::Event(ChannelEvent::Unreadable { place: "results.messageId".into() });
    };
    if result.get("status").is_some() {
        // Its number says the same where the name is left out.
        let numbered = json::integer(result, "/status/groupId").and_then(|id| usize::try_from(id).ok());
        let numbered = numbered.and_then(|id| GROUPS.get(id.checked_sub(1)?).copied());
        let group = text(result, "/status/groupName").or(numbered);
        return match group.and_then(|group| status(group, result)) {
            Some(status) => Incoming::Report(DeliveryReport::of(id, status)),
            None => Incoming::Event(ChannelEvent::Unreadable { place: "results.status.groupName".into() }),
        };
    }
    let mut message = Text {
        external_id: Some(id),
        from: text(result, "/from").and_then(|from| telephone(account, from)),
        text: text(result, "/text").unwrap_or("").to_owned(),
        sent_at: text(result, "/receivedAt").and_then(at),
        ..Text::default()
    };
    for segment in list(result, "/message") {
        match (text(segment, "/value"), text(segment, "/url")) {
            (_, Some(url)) => {
                let content_type = text(segment, "/contentType").unwrap_or("application/octet-stream");
                message.attachments.push(IncomingAttachment::file(content_type, url));
            }
            (Some(value), None) => message.text = crate::plain::add_line(message.text, value),
            (None, None) => {}
        }
    }
    message.one()
}

/// What the name of a status says beyond its group; `None` where it says no more.
/// Source: infobip.com/docs/essentials/response-status-and-error-codes.
fn class_of_name(name: Option<&str>) -> Option<ErrorClass> {
    Some(match name? {
        "REJECTED_NOT_ENOUGH_CREDITS"
        | "REJECTED_PREPAID_PACKAGE_EXPIRED"
        | "REJECTED_SENDER"
        | "REJECTED_SOURCE" => ErrorClass::AccountBroken,
        "REJECTED_FLOODING_FILTER" => ErrorClass::RefusedForNow,
        "REJECTED_SYSTEM_ERROR" => ErrorClass::Transient,
        // The first: a national list of numbers that want no advertising, which says nothing of this line.
        "REJECTED_DND"
        | "REJECTED_NETWORK"
        | "REJECTED_DESTINATION"
        | "REJECTED_DESTINATION_NOT_REGISTERED"
        | "REJECTED_PREFIX_MISSING"
        | "REJECTED_ROUTE_NOT_AVAILABLE" => ErrorClass::Unreachable,
        _ => return None,
    })
}

fn status(group: &str, result: &Value) -> Option<Status> {
    let named =
        class_of_name(text(result, "/status/name")).or_else(|| class_of_name(text(result, "/error/name")));
    let code = json::code(result, "/error/id").filter(|code| code != "0");
    let detail = text(result, "/error/description").unwrap_or(group);
    Some(match group {
        "PENDING" | "ACCEPTED" => Status::Sent,
        "DELIVERED" => Status::Delivered,
        "UNDELIVERABLE" | "EXPIRED" => {
            failed(named.unwrap_or(ErrorClass::Unreachable), code.as_deref(), detail)
        }
        "REJECTED" => failed(named.unwrap_or(ErrorClass::BadRequest), code.as_deref(), detail),
        _ => return None,
    })
}
