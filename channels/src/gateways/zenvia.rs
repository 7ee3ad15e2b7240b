//! Zenvia (zenvia.github.io/zenvia-openapi-spec/v2): SMS and WhatsApp, JSON both ways; the parts of a long text are the
//! contents of one message.
use super::kit::*;
use crate::incoming::MessageKind;
use crate::text::split;
use crate::twilio::Transport;
use crate::whatsapp_cloud;

gateway_settings! {
    /// Settings of a number at Zenvia.
    ZenviaSettings as "zenvia" at Some("https://api.zenvia.com"), {
        api_key: Secret,
        #[serde(default)]
        transport: Transport,
    }
}

/// The longest content of a message.
const MAX_CONTENT: usize = 1152;
/// The most contents of a message.
const MAX_CONTENTS: usize = 10;

impl ZenviaSettings {
    fn identity(&self, account: &Account, number: &str) -> Option<flow::words::Urn> {
        match self.transport {
            Transport::Sms => telephone(account, number),
            Transport::Whatsapp => whatsapp_cloud::identity(number),
        }
    }
}

impl Gateway for ZenviaSettings {
    const MAX_TEXT: usize = MAX_CONTENT * MAX_CONTENTS;

    fn files(&self) -> Files {
        match self.transport {
            Transport::Sms => Files::Links,
            Transport::Whatsapp => Files::WithFirst,
        }
    }

    fn limit(&self) -> usize {
        Self::MAX_TEXT
    }

    fn scheme(&self) -> &str {
        match self.transport {
            Transport::Sms => "tel",
            Transport::Whatsapp => "whatsapp",
        }
    }

    fn reaches(&self, urn: &flow::words::Urn) -> bool {
        urn.scheme() == "tel" || (self.transport == Transport::Whatsapp && urn.scheme() == "whatsapp")
    }

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        if body.get("messageStatus").is_some() {
            let id = needed(&body, "/messageId")?;
            let word = needed(&body, "/messageStatus/code")?;
            let status = match word.as_str() {
                "SENT" => Status::Sent,
                "DELIVERED" => Status::Delivered,
                "READ" => Status::Read,
                "REJECTED" | "NOT_DELIVERED" => {
                    let code = json::code(&body, "/messageStatus/causes/0/channelErrorCode");
                    let why = text(&body, "/messageStatus/description").unwrap_or(&word);
                    failed(ErrorClass::Unreachable, code.as_deref(), why)
                }
                _ => return Ok(nothing("a state that has no word here")),
            };
            return Ok(report(DeliveryReport::of(id, status)));
        }
        let message = body.get("message").ok_or_else(|| Unparsable::at("message"))?;
        let mut read = Text {
            external_id: Some(needed(message, "/id")?),
            from: self.identity(account, &needed(message, "/from")?),
            name: owned(message, "/visitor/name"),
            sent_at: text(&body, "/timestamp").and_then(at),
            ..Text::default()
        };
        let mut unknown = None;
        for content in list(message, "/contents") {
            match text(content, "/type") {
                Some("file") => {
                    let content_type = text(content, "/fileMimeType").unwrap_or("application/octet-stream");
                    let file =
                        owned(content, "/fileUrl").map(|url| IncomingAttachment::file(content_type, url));
                    read.attachments.extend(file);
                    read.text = joined(read.text, text(content, "/fileCaption"));
                }
                Some("location") => {
                    let degrees = |name| json::number(content, name);
                    let place = degrees("/latitude").zip(degrees("/longitude"));
                    read.attachments.extend(place.map(|(lat, long)| IncomingAttachment::place(lat, long)));
                }
                Some("contacts") => {
                    for card in list(content, "/contacts") {
                        let name = ["/name/formattedName", "/name/firstName", "/formattedName"];
                        let name = name.into_iter().find_map(|pointer| text(card, pointer));
                        let phones = list(card, "/phones").iter().filter_map(|phone| text(phone, "/phone"));
                        let line: Vec<&str> = name.into_iter().chain(phones).collect();
                        read.text = joined(read.text, Some(&line.join(" ")));
                    }
                }
                kind => {
                    read.text = joined(read.text, text(content, "/text"));
                    unknown = unknown.or_else(|| kind.filter(|kind| *kind != "text").map(json::word));
                }
            }
        }
        let is_empty = read.text.is_empty() && read.attachments.is_empty();
        let mut incoming = read.one();
        if let (Incoming::Message(message), Some(what), true) = (&mut incoming, unknown, is_empty) {
            message.kind = MessageKind::Unsupported { what };
        }
        Ok(vec![incoming])
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let file = |file: &&flow::words::Attachment| json!({"type": "file", "fileUrl": file.url, "fileMimeType": file.content_type});
        let most = self.max_text_length.map_or(MAX_CONTENT, |most| most.min(MAX_CONTENT));
        let said = split(part.text, most).into_iter().map(|text| json!({"type": "text", "text": text}));
        let contents: Vec<Value> = part.files.iter().map(file).chain(said).collect();
        let letter = json!({
            "from": part.from().trim_start_matches('+'), "to": part.to_digits(), "contents": contents,
        });
        let kind = match self.transport {
            Transport::Sms => "sms",
            Transport::Whatsapp => "whatsapp",
        };
        let headers = Headers::new().with("X-API-TOKEN", self.api_key.expose());
        Ok(post(format!("{}/v2/channels/{kind}/messages", super::Common::base(self)), headers, &letter))
    }

    fn probes(&self) -> Vec<Probe> {
        let headers = Headers::new().with("X-API-TOKEN", self.api_key.expose());
        let url = format!("{}/v2/subscriptions", super::Common::base(self));
        vec![Probe::new(About::Account, ask(url, headers), Reads::default())]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match (json::code(&body, "/id"), json::code(&body, "/code")) {
                (Some(id), _) => Settled::taken(Some(id)),
                (None, Some(code)) => {
                    refused(ErrorClass::BadRequest, Some(code), text(&body, "/message").unwrap_or(""))
                }
                (None, None) => Settled::Unknown,
            }
        })
    }
}

fn joined(before: String, text: Option<&str>) -> String {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => crate::plain::add_line(before, text),
        None => before,
    }
}
