//! JustCall (justcall.io/developer-docs, v1): JSON both ways.
use super::kit::*;

gateway_settings! {
    /// Settings of a number at JustCall.
    JustCallSettings as "justcall" at Some("https://api.justcall.io"), {
        api_key: Secret,
        secret: Secret,
    }
}

impl Gateway for JustCallSettings {
    const MAX_TEXT: usize = 1600;
    const FILES: Files = Files::WithFirst;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        let data = body.get("data").ok_or_else(|| Unparsable::at("data"))?;
        let id = needed(data, "/messageid")?;
        match (text(data, "/direction"), call.about()) {
            (Some("I"), "status") | (Some("O"), "receive") => Ok(nothing("a call about the other direction")),
            (Some("O"), _) => {
                let word = text(data, "/delivery_status").unwrap_or("");
                let status = match word {
                    "delivered" => Some(Status::Delivered),
                    "sent" => Some(Status::Sent),
                    "undelivered" => Some(failed(ErrorClass::Transient, None, word)),
                    "failed" => Some(undelivered(word)),
                    _ => None,
                };
                reported(id, status, "data.delivery_status")
            }
            (Some("I"), _) => {
                let files = list(data, "/mms").iter().filter_map(|file| {
                    let content_type = text(file, "/content_type").unwrap_or("application/octet-stream");
                    Some(IncomingAttachment::file(content_type, text(file, "/media_url")?))
                });
                Ok(Text {
                    external_id: Some(id),
                    from: telephone(account, &needed(data, "/contact_number")?),
                    text: text(data, "/content").unwrap_or("").to_owned(),
                    name: owned(data, "/contact_name"),
                    sent_at: text(data, "/datetime").and_then(at),
                    attachments: files.collect(),
                }
                .incoming())
            }
            _ => Err(Unparsable::at("data.direction")),
        }
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let mut letter = json!({"from": part.from(), "to": part.to(), "body": part.text});
        if !part.files.is_empty() {
            let urls: Vec<&str> = part.files.iter().map(|file| file.url.as_str()).collect();
            letter["media_url"] = json!(urls.join(","));
        }
        let key = format!("{}:{}", self.api_key.expose(), self.secret.expose());
        let headers = Headers::new().with("Authorization", key);
        Ok(post(format!("{}/v1/texts/new", super::Common::base(self)), headers, &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match text(&body, "/status") {
                Some("fail" | "failed" | "error") => {
                    refused(ErrorClass::BadRequest, None, text(&body, "/message").unwrap_or(""))
                }
                _ => Settled::taken(json::code(&body, "/id")),
            }
        })
    }
}
