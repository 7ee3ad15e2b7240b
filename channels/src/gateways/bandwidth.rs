//! Bandwidth (dev.bandwidth.com/docs/messaging): a list of events in, JSON out.
use url::Url;

use super::kit::*;

gateway_settings! {
    /// Settings of an application at Bandwidth.
    BandwidthSettings as "bandwidth" at Some("https://messaging.bandwidth.com"), {
        account_id: String,
        application_id: String,
        username: String,
        password: Secret,
    }
}

impl BandwidthSettings {
    fn authorized(&self) -> Headers {
        basic(&self.username, self.password.expose())
    }

    fn one(&self, account: &Account, event: &Value) -> Result<Incoming, Unparsable> {
        let id = needed(event, "/message/id")?;
        let kind = text(event, "/type").unwrap_or("");
        let status = match kind {
            "message-received" => {
                // How an MMS is to be laid out comes as a file beside the others.
                let is_layout = |url: &&str| url.split('?').next().unwrap_or("").ends_with(".smil");
                let files = list(event, "/message/media").iter().filter_map(Value::as_str);
                let files = files.filter(|url| !is_layout(url));
                let sent_at = text(event, "/message/time").and_then(at);
                return Ok(Text {
                    external_id: Some(id),
                    from: telephone(account, &needed(event, "/message/from")?),
                    text: text(event, "/message/text").unwrap_or("").to_owned(),
                    sent_at,
                    attachments: files.map(file_at).collect(),
                    ..Text::default()
                }
                .one());
            }
            "message-sending" => Status::Sent,
            "message-sent" => Status::Sent,
            "message-delivered" => Status::Delivered,
            "message-read" => Status::Read,
            "message-failed" if json::integer(event, "/errorCode") == Some(NO_RECEIPT) => Status::Sent,
            "message-failed" => {
                let code = json::code(event, "/errorCode");
                let class = json::integer(event, "/errorCode").map_or(ErrorClass::Unreachable, class);
                failed(class, code.as_deref(), text(event, "/description").unwrap_or(""))
            }
            _ => return Err(Unparsable::at("type")),
        };
        Ok(Incoming::Report(DeliveryReport::of(id, status)))
    }
}

/// Source: dev.bandwidth.com/docs/messaging/errors/codes.
const fn class(code: i64) -> ErrorClass {
    match code {
        // Not a number or none that takes messages, no route, a country that is closed, short codes barred by her network.
        4303
        | 4404
        | 4406
        | 4408
        | 4409
        | 4420
        | 4421
        | 4432..=4434
        | 4482
        | 4700..=4702
        | 4720
        | 4721
        | 4730
        | 4750
        | 4790 => ErrorClass::Unreachable,
        // She wrote STOP to the network's own list for this sender.
        4475 | 4775 => ErrorClass::OptedOut,
        // Taken for spam, or too much in a short time.
        4470 | 4770 | 4780 => ErrorClass::RefusedForNow,
        // The sender: not ours, not registered, not verified, or not allowed there.
        4001
        | 4302
        | 4401
        | 4403
        | 4405
        | 4407
        | 4431
        | 4451
        | 4452
        | 4476
        | 4481
        | 4493
        | 4740
        | 4791..=4793
        | 4795 => ErrorClass::AccountBroken,
        // A file that could not be fetched, and faults on the way.
        4410 | 5000..=5999 | 9999 => ErrorClass::Transient,
        _ => ErrorClass::BadRequest,
    }
}

/// No receipt came in time: nobody knows whether the message arrived.
const NO_RECEIPT: i64 = 9902;

impl Gateway for BandwidthSettings {
    const MAX_TEXT: usize = 2048;
    const FILES: Files = Files::WithFirst;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        let events =
            body.as_array().filter(|events| !events.is_empty()).ok_or_else(|| Unparsable::at("body"))?;
        let read: Vec<_> = events.iter().map(|event| self.one(account, event)).collect();
        if let [Err(unparsable)] = read.as_slice() {
            return Err(unparsable.clone());
        }
        let marked = |one: Result<Incoming, Unparsable>| {
            one.unwrap_or_else(|error| Incoming::Event(ChannelEvent::Unreadable { place: error.place }))
        };
        Ok(read.into_iter().map(marked).collect())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let mut letter = json!({
            "to": [part.to()], "from": part.from(), "text": part.text, "applicationId": self.application_id,
        });
        if !part.files.is_empty() {
            letter["media"] = part.files.iter().map(|file| file.url.as_str()).collect();
        }
        let url = format!("{}/api/v2/users/{}/messages", super::Common::base(self), self.account_id);
        Ok(post(url, self.authorized(), &letter))
    }

    fn probes(&self) -> Vec<Probe> {
        let url = format!("{}/api/v2/users/{}/media", super::Common::base(self), self.account_id);
        let headers = basic(&self.username, self.password.expose());
        vec![Probe::new(About::Account, ask(url, headers), Reads::default())]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        let body = json_body(response);
        match text(&body, "/type") {
            Some(kind) if !response.is_success() && response.status != 429 => {
                let why = text(&body, "/description").unwrap_or("");
                class_of_status(response.status).settle(Some(kind.to_owned()), why, retry_after(response))
            }
            _ => content_or_status(response, |_| Settled::taken(owned(&body, "/id"))),
        }
    }

    fn credentials(&self, _account: &Account, url: &Url) -> Headers {
        if crate::media::is_within(url, &["messaging.bandwidth.com"]) {
            self.authorized()
        } else {
            Headers::new()
        }
    }
}
