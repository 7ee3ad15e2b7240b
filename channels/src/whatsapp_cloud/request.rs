//! A message as calls to Meta's `/messages`.
use flow::words::{Content, Urn};
use serde_json::{Value, json};

use super::{OTHER_SCHEMES, SCHEME, is_phone, is_user_id, template};
use crate::choices::with_numbers;
use crate::http::{Headers, HttpRequest};
use crate::outgoing::{Degraded, Feature, Outgoing, Refused, Rendering};
use crate::text::{length, split};

mod files;
mod interactive;

use files::File;
use interactive::Interactive;

/// The longest text of a plain message.
const MAX_TEXT: usize = 4096;
/// The longest caption of a file.
const MAX_CAPTION: usize = 1024;

/// Where messages go and in which envelope: Meta's own API, or a partner's that speaks it.
pub(crate) struct Dialect {
    pub(crate) url: String,
    /// Authorization and whatever else goes with each call.
    pub(crate) headers: Headers,
    pub(crate) max_text_length: Option<usize>,
    pub(crate) envelope: Envelope,
}

/// What stands around a message.
pub(crate) enum Envelope {
    /// Meta's Cloud API. It also gives our id back in reports.
    Cloud,
    /// The former on-premises API, which Turn still speaks: templates are told apart by a namespace.
    OnPremises { namespace: Option<String> },
}

pub(crate) fn request(dialect: &Dialect, outgoing: &Outgoing) -> Result<Rendering, Refused> {
    let mut letters = Letters { dialect, outgoing, to: Recipient::of(&outgoing.to)?, requests: Vec::new() };
    if let Some(templating) = &outgoing.content.templating {
        let mut payload = template::payload(templating, &outgoing.content.locale)?;
        if let Envelope::OnPremises { namespace } = &dialect.envelope
            && let Some(namespace) = templating.external_id.as_ref().or(namespace.as_ref())
        {
            payload["namespace"] = json!(namespace);
        }
        letters.add("template", payload);
        return Ok(Rendering { requests: letters.requests, degraded: Vec::new() });
    }
    let degraded = letters.content(&outgoing.content)?;
    Ok(Rendering { requests: letters.requests, degraded })
}

/// A phone number is addressed in another field than a business-scoped user id.
enum Recipient {
    Phone(String),
    UserId(String),
}

impl Recipient {
    fn of(urn: &Urn) -> Result<Self, Refused> {
        if urn.scheme() != SCHEME && !OTHER_SCHEMES.contains(&urn.scheme()) {
            return Err(Refused::Scheme);
        }
        let path = urn.path();
        if is_user_id(&path) {
            return Ok(Self::UserId(path));
        }
        let digits = path.strip_prefix('+').unwrap_or(&path);
        if is_phone(digits) { Ok(Self::Phone(digits.to_owned())) } else { Err(Refused::Address) }
    }
}

/// The calls of one message while they are being written.
struct Letters<'a> {
    dialect: &'a Dialect,
    outgoing: &'a Outgoing,
    to: Recipient,
    requests: Vec<HttpRequest>,
}

impl Letters<'_> {
    /// Adds one call of a type, with its payload under the type's name.
    fn add(&mut self, kind: &str, mut payload: Value) {
        let mut letter = match self.dialect.envelope {
            Envelope::Cloud => json!({"messaging_product": "whatsapp", "recipient_type": "individual"}),
            Envelope::OnPremises { .. } => json!({}),
        };
        match &self.to {
            Recipient::Phone(number) => letter["to"] = json!(number),
            Recipient::UserId(id) => letter["recipient"] = json!(id),
        }
        // Only the first part quotes the message that is answered.
        if let Some(reply_to) = &self.outgoing.reply_to
            && self.requests.is_empty()
        {
            letter["context"] = json!({"message_id": reply_to});
        }
        letter["type"] = json!(kind);
        match self.dialect.envelope {
            Envelope::Cloud => letter["biz_opaque_callback_data"] = json!(self.outgoing.id.to_string()),
            // The preview is asked for outside the text there.
            Envelope::OnPremises { .. } => {
                let preview = payload.as_object_mut().and_then(|payload| payload.remove("preview_url"));
                if preview == Some(Value::Bool(true)) {
                    letter["preview_url"] = json!(true);
                }
            }
        }
        letter[kind] = payload;
        let (url, headers) = (self.dialect.url.clone(), self.dialect.headers.clone());
        self.requests.push(HttpRequest::post_json(url, headers, &letter));
    }

    fn limit(&self, most: usize) -> usize {
        self.dialect.max_text_length.map_or(most, |length| length.min(most))
    }

    fn content(&mut self, content: &Content) -> Result<Vec<Degraded>, Refused> {
        let mut degraded = Vec::new();
        let mut files = Vec::new();
        for attachment in &content.attachments {
            files.push(File::read(attachment, &mut degraded)?);
        }
        let plan = interactive::plan(content, &mut degraded);
        let mut text = with_numbers(&content.text, &plan.numbered);
        for line in &plan.links {
            text = if text.is_empty() { line.clone() } else { format!("{text}\n{line}") };
        }
        match plan.interactive {
            Some(interactive) => self.interactive(&interactive, &text, &files),
            None => self.plain(&text, &files, &mut degraded),
        }
        Ok(degraded)
    }

    /// Files and text without anything to tap: a short text is the first file's caption.
    fn plain(&mut self, text: &str, files: &[File], degraded: &mut Vec<Degraded>) {
        let text = text.trim();
        let mut caption = files.first().is_some_and(File::takes_caption).then_some(text);
        if !text.is_empty() && !files.is_empty() {
            let why = match caption {
                None => Some("this kind of file takes no caption; the text follows as a message of its own"),
                Some(text) if length(text) > self.limit(MAX_CAPTION) => {
                    Some("the text is longer than a caption may be; it follows as a message of its own")
                }
                Some(_) => None,
            };
            if let Some(why) = why {
                degraded.push(Degraded::new(Feature::Caption, why));
                caption = None;
            }
        }
        let captioned = caption.is_some();
        for file in files {
            self.add(file.kind(), file.payload(caption.take()));
        }
        if !captioned {
            self.texts(split(text, self.limit(MAX_TEXT)));
        }
    }

    fn texts(&mut self, parts: Vec<&str>) {
        for part in parts {
            let preview = part.contains("https://") || part.contains("http://");
            self.add("text", json!({"body": part, "preview_url": preview}));
        }
    }

    /// Files, the text's former parts, and the last part with what can be tapped.
    fn interactive(&mut self, interactive: &Interactive, text: &str, files: &[File]) {
        let header = match files {
            [file] if interactive.takes_header() => file.header(),
            _ => None,
        };
        if header.is_none() {
            for file in files {
                self.add(file.kind(), file.payload(None));
            }
        }
        let mut parts = split(text, self.limit(MAX_TEXT));
        if let Some(last) = parts.pop() {
            parts.extend(split(last, self.limit(interactive.max_body())));
        }
        let last = parts.pop().unwrap_or(interactive.body_without_text());
        self.texts(parts);
        let mut payload =
            json!({"type": interactive.kind(), "body": {"text": last}, "action": interactive.action()});
        if let Some(header) = header {
            payload["header"] = header;
        }
        self.add("interactive", payload);
    }
}
