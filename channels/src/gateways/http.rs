//! Any provider that can be told by templates how to be called (RapidPro's "external" channel): field names for what
//! comes in, an address and a body with `{{to}}`, `{{text}}`, `{{from}}` … for what goes out.
use std::collections::BTreeMap;

use flow::words::{QuickReply, QuickReplyKind, Urn};
use serde::Deserialize;
use url::Url;

use super::kit::*;
use crate::xml::{Xml, escaped};

gateway_settings! {
    /// Settings of a provider that is called by templates; `base_url` is the address, which may hold the same
    /// `{{…}}` as the body: `to`, `to_no_plus`, `from`, `from_no_plus`, `text`, `quick_replies`, `id`, `channel`.
    HttpSettings as "http" at None, {
        /// What reaches people here: `tel` when absent.
        #[serde(default)]
        scheme: Option<String>,
        #[serde(default)]
        method: Method,
        /// How values are written into the body.
        #[serde(default)]
        content_type: BodyType,
        /// The header field itself, where the provider wants it otherwise than `content_type` says.
        #[serde(default)]
        content_type_header: Option<String>,
        #[serde(default)]
        body: Option<String>,
        #[serde(default)]
        headers: BTreeMap<String, Secret>,
        /// The value of the `Authorization` field.
        #[serde(default)]
        authorization: Option<Secret>,
        /// What the answer holds when the message was taken; any success will do when absent.
        #[serde(default)]
        response_check: Option<String>,
        /// Whether typographic marks are written as plain ones where that saves money.
        #[serde(default)]
        plain_punctuation: bool,
        /// Whether receivers are written without their country code.
        #[serde(default)]
        use_national: bool,
        /// Names of the fields of a message that comes in, as a form, in the address, or at the top of a JSON body; one
        /// further in is named by its path (`/message/from`).
        #[serde(default)]
        from_field: Option<String>,
        #[serde(default)]
        text_field: Option<String>,
        #[serde(default)]
        date_field: Option<String>,
        /// Names of the elements, for messages that come as XML.
        #[serde(default)]
        from_element: Option<String>,
        #[serde(default)]
        text_element: Option<String>,
        /// What is answered to a message that was taken.
        #[serde(default)]
        answer: Option<String>,
        #[serde(default)]
        answer_content_type: Option<String>,
    }
}

/// How the provider is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    #[default]
    Post,
    Put,
}

impl Method {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// How values are written into a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyType {
    #[default]
    Form,
    Json,
    Xml,
}

impl BodyType {
    const fn header(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
            Self::Xml => "text/xml; charset=utf-8",
        }
    }

    fn write(self, value: &str) -> String {
        match self {
            Self::Form => url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
            Self::Json => Value::from(value).to_string(),
            Self::Xml => escaped(value),
        }
    }

    /// The choices of a message: repeated fields, a list, elements.
    fn write_choices(self, choices: &[&str]) -> String {
        match self {
            Self::Form => {
                choices.iter().map(|choice| format!("&quick_reply={}", self.write(choice))).collect()
            }
            Self::Json => json!(choices).to_string(),
            Self::Xml => choices.iter().map(|choice| format!("<item>{}</item>", escaped(choice))).collect(),
        }
    }
}

/// The longest text of one message when the settings say nothing else.
const MAX_TEXT: usize = 160;
/// The longest that the settings may say.
const MOST_TEXT: usize = 10_000;

impl HttpSettings {
    fn identity(&self, account: &Account, address: &str) -> Option<Urn> {
        match Gateway::scheme(self) {
            "tel" => telephone(account, address),
            scheme => Urn::new(scheme, address.trim()).ok(),
        }
    }

    /// Whether the templates have a place for choices of their own.
    fn places_choices(&self) -> bool {
        [self.base_url.as_deref(), self.body.as_deref()]
            .into_iter()
            .flatten()
            .any(|t| t.contains("{{quick_replies}}"))
    }

    fn said_in_xml(&self, account: &Account, xml: &Xml) -> Result<Text, Unparsable> {
        let from = self.from_element.as_deref().unwrap_or("from");
        let text = self.text_element.as_deref().unwrap_or("text");
        Ok(Text {
            from: self.identity(account, xml.text(from).ok_or_else(|| Unparsable::at(from))?),
            text: xml.text(text).unwrap_or("").to_owned(),
            ..Text::default()
        })
    }

    fn said(&self, account: &Account, call: &Call) -> Result<Text, Unparsable> {
        if self.from_element.is_some() {
            return self.said_in_xml(account, &call.xml()?);
        }
        let body = call.json().unwrap_or(Value::Null);
        let own = |field: &Option<String>, usual: &[&'static str]| match field {
            Some(field) if field.starts_with('/') => json::code(&body, field),
            Some(field) => call.get(field).map(str::to_owned),
            None => call.any(usual).map(str::to_owned),
        };
        let from = own(&self.from_field, &["from", "sender"]).ok_or_else(|| Unparsable::at("from"))?;
        Ok(Text {
            external_id: call.owned("id"),
            from: self.identity(account, &from),
            text: own(&self.text_field, &["text"]).unwrap_or_default(),
            sent_at: own(&self.date_field, &["date", "time"]).as_deref().and_then(at),
            ..Text::default()
        })
    }
}

impl Gateway for HttpSettings {
    const MAX_TEXT: usize = MOST_TEXT;

    fn limit(&self) -> usize {
        self.max_text_length.unwrap_or(MAX_TEXT)
    }

    fn scheme(&self) -> &str {
        self.scheme.as_deref().unwrap_or("tel")
    }

    fn lettering(&self, text: String) -> String {
        if self.plain_punctuation { smart(text) } else { text }
    }

    fn own_choices(&self) -> bool {
        self.places_choices()
    }

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let call = &call.with(call.fields_and_json());
        let about = call.get("event").unwrap_or_else(|| call.about());
        let status = match about {
            "sent" => Status::Sent,
            "delivered" => Status::Delivered,
            "failed" => undelivered("failed"),
            "stopped" => {
                let field = self.from_field.as_deref();
                let from = field.map_or_else(|| call.any(&["from", "sender"]), |field| call.get(field));
                let person = self.identity(account, from.ok_or_else(|| Unparsable::at("from"))?);
                let person = person.ok_or_else(|| Unparsable::at("from"))?;
                let event = ChannelEvent::OptedOut { person: vec![person], about: None, at: None };
                return Ok(vec![Incoming::Event(event)]);
            }
            _ => return Ok(self.said(account, call)?.incoming()),
        };
        match own_id(call, "id") {
            Ok(id) => Ok(report(DeliveryReport::of_attempt(id, status))),
            Err(_) => Ok(report(DeliveryReport::of(call.required("id")?, status))),
        }
    }

    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        let media_type = self.answer_content_type.as_deref().unwrap_or("text/plain; charset=utf-8");
        HttpResponse::new(200, media_type, self.answer.as_deref().unwrap_or("ok"))
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = if self.use_national { super::national_digits(&part.to()) } else { part.to() };
        let offered: Vec<&str> = part.outgoing.content.quick_replies.iter().filter_map(shown).collect();
        let choices = if part.last { offered.as_slice() } else { &[] };
        let id = part.id();
        let values = [
            ("to_no_plus", to.trim_start_matches('+')),
            ("to", &to),
            ("from_no_plus", part.from().trim_start_matches('+')),
            ("from", part.from()),
            ("text", part.text),
            ("id", &id),
            ("channel", part.from()),
        ];
        let fill = |template: &str, kind: BodyType| {
            let filled = filled(template, &values, kind);
            filled.replace("\u{0}quick_replies\u{0}", &kind.write_choices(choices))
        };
        let template = self.base_url.as_deref().unwrap_or("");
        let url = Url::parse(&fill(template, BodyType::Form)).map_err(|_| Refused::Address)?;
        let kind = self.content_type_header.as_deref().unwrap_or_else(|| self.content_type.header());
        let mut headers = Headers::new().with("Content-Type", kind);
        if let Some(authorization) = &self.authorization {
            headers.append("Authorization", authorization.expose());
        }
        for (name, value) in &self.headers {
            headers.append(name, value.expose());
        }
        let body = match (self.method, &self.body) {
            (Method::Get, _) | (_, None) => Vec::new(),
            (_, Some(body)) => fill(body, self.content_type).into_bytes(),
        };
        Ok(HttpRequest { method: self.method.as_str().into(), url: url.into(), headers, body })
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        match &self.response_check {
            Some(wanted) => accepted_by(response, wanted),
            None => content_or_status(response, |_| Settled::taken_without_id()),
        }
    }
}

fn shown(reply: &QuickReply) -> Option<&str> {
    (reply.kind == QuickReplyKind::Text).then_some(reply.text.trim()).filter(|text| !text.is_empty())
}

/// The template with its values, in one pass: what a person wrote must not be read as a template. Choices are marked.
fn filled(template: &str, values: &[(&str, &str)], kind: BodyType) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            continue;
        };
        match values.iter().find(|(known, _)| *known == name.trim()) {
            Some((_, value)) => out.push_str(&kind.write(&value.replace('\u{0}', ""))),
            None if name.trim() == "quick_replies" => out.push_str("\u{0}quick_replies\u{0}"),
            None => {}
        }
        rest = tail;
    }
    out + rest
}
