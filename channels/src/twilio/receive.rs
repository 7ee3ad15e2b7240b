//! Twilio's webhook calls: a message of a person, or a report about one of ours.
use std::collections::HashMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flow::words::Urn;
use serde_json::Value;

use super::{ATTEMPT_PARAMETER, class, identity};
use super::{Transport, TwilioSettings};
use crate::account::Provider;
use crate::http::HttpRequest;
use crate::incoming::{
    ChannelEvent, DeliveryReport, Forwarded, Incoming, IncomingAttachment, MediaSource, Message, MessageKind,
    Referral, Status, Unparsable,
};
use crate::json;
use crate::outgoing::{ErrorClass, without_numbers};

/// The most files that are read from one message; Twilio sends up to 10.
const MAX_FILES: usize = 20;
/// The longest id of a message that is believed, in bytes; Twilio's have 34.
const MAX_EXTERNAL_ID_BYTES: usize = 128;

pub(crate) fn receive(settings: &TwilioSettings, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
    let pairs = if request.method == "GET" { request.query() } else { request.form() };
    let fields = Fields(pairs.into_iter().collect());
    let external_id = ["MessageSid", "SmsMessageSid", "SmsSid"]
        .into_iter()
        .find_map(|name| fields.get(name))
        .filter(|id| id.len() <= MAX_EXTERNAL_ID_BYTES)
        .ok_or_else(|| Unparsable::at("MessageSid"))?
        .to_owned();
    let status = ["MessageStatus", "SmsStatus"].into_iter().find_map(|name| fields.get(name));
    match status {
        Some(status) if !matches!(status, "received" | "receiving") => {
            Ok(report(settings, request, &fields, external_id, status))
        }
        _ if fields.get("From").is_none() && fields.get("ExternalUserId").is_none() => {
            Err(Unparsable::at("From"))
        }
        _ => Ok(message(settings, &fields, external_id)),
    }
}

/// The fields of one call; empty ones count as absent, since Twilio sends many.
struct Fields(HashMap<String, String>);

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn is(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn identities(&self, transport: Transport, names: &[&str]) -> Vec<Urn> {
        let mut found = Vec::new();
        for name in names {
            if let Some(urn) = self.get(name).and_then(|address| identity(transport, address))
                && !found.contains(&urn)
            {
                found.push(urn);
            }
        }
        found
    }
}

fn message(settings: &TwilioSettings, fields: &Fields, external_id: String) -> Vec<Incoming> {
    let from = fields.identities(settings.transport, &["From", "ExternalUserId"]);
    if from.is_empty() {
        return vec![Incoming::Event(ChannelEvent::NoSender { external_id: Some(external_id) })];
    }
    let consent = fields.get("OptOutType").and_then(|kind| opt_out(kind, from.clone()));
    let attachments = files(fields).chain(place(fields)).collect::<Vec<_>>();
    let body = fields.get("Body").map(|body| from_base64(body).unwrap_or_else(|| body.to_owned()));
    let tapped = fields.get("ButtonText").or_else(|| fields.get("ListTitle"));
    let message = Message {
        external_id,
        from,
        name: fields.owned("ProfileName"),
        sent_at: None,
        kind: kind(fields, &attachments),
        text: tapped.map(str::to_owned).or(body).unwrap_or_default(),
        attachments,
        choice_id: fields.owned("ButtonPayload").or_else(|| fields.owned("ListId")),
        form: fields
            .get("InteractiveData")
            .and_then(|fields| serde_json::from_str(fields).ok())
            .filter(Value::is_object),
        reply_to: fields.owned("OriginalRepliedMessageSid"),
        referral: referral(fields),
        forwarded: match (fields.is("FrequentlyForwarded"), fields.is("Forwarded")) {
            (true, _) => Forwarded::Frequently,
            (false, true) => Forwarded::Yes,
            (false, false) => Forwarded::No,
        },
        identity_key: None,
        reply_token: None,
        edits: None,
    };
    std::iter::once(Incoming::Message(Box::new(message))).chain(consent.map(Incoming::Event)).collect()
}

/// Twilio itself took the message for a wish about all messages, and acts on it.
fn opt_out(kind: &str, person: Vec<Urn>) -> Option<ChannelEvent> {
    match kind {
        "STOP" => Some(ChannelEvent::OptedOut { person, about: None, at: None }),
        "START" => Some(ChannelEvent::OptedIn { person, about: None, at: None }),
        _ => None,
    }
}

fn files(fields: &Fields) -> impl Iterator<Item = IncomingAttachment> {
    let declared = fields.get("NumMedia").and_then(|number| number.parse().ok()).unwrap_or(0_usize);
    (0..declared.min(MAX_FILES)).filter_map(|i| {
        Some(IncomingAttachment {
            content_type: fields
                .owned(&format!("MediaContentType{i}"))
                .unwrap_or_else(|| "application/octet-stream".to_owned()),
            source: MediaSource::Url { url: fields.owned(&format!("MediaUrl{i}"))? },
            caption: None,
            filename: None,
            sha256: None,
        })
    })
}

fn place(fields: &Fields) -> Option<IncomingAttachment> {
    let degrees =
        |name| fields.get(name).and_then(|text| text.parse().ok()).filter(|number: &f64| number.is_finite());
    Some(IncomingAttachment {
        content_type: "geo".to_owned(),
        source: MediaSource::Location {
            latitude: degrees("Latitude")?,
            longitude: degrees("Longitude")?,
            name: fields.owned("Label"),
            address: fields.owned("Address"),
        },
        caption: None,
        filename: None,
        sha256: None,
    })
}

fn kind(fields: &Fields, attachments: &[IncomingAttachment]) -> MessageKind {
    if ["ButtonText", "ButtonPayload", "ListId"].iter().any(|name| fields.get(name).is_some()) {
        return MessageKind::Choice;
    }
    if fields.get("InteractiveData").is_some() {
        return MessageKind::Form;
    }
    let Some(first) = attachments.first() else {
        // Files were announced and none can be had, or there is nothing at all: the person believes it arrived.
        let announced = fields.get("NumMedia").is_some_and(|number| number != "0");
        return match (announced, fields.get("Body")) {
            (true, _) => MessageKind::Unsupported { what: "file without an address".to_owned() },
            (false, None) => {
                let named = fields.get("MessageType").map(json::word).filter(|kind| kind != "text");
                MessageKind::Unsupported {
                    what: named.unwrap_or_else(|| "message without content".to_owned()),
                }
            }
            (false, Some(_)) => MessageKind::Text,
        };
    };
    match first.content_type.split('/').next().unwrap_or("") {
        "image" if fields.get("MessageType") == Some("sticker") => MessageKind::Sticker,
        "geo" => MessageKind::Location,
        "image" => MessageKind::Image,
        "audio" => MessageKind::Audio,
        "video" => MessageKind::Video,
        "text" if first.content_type.contains("vcard") => MessageKind::Contacts,
        _ => MessageKind::Document,
    }
}

fn referral(fields: &Fields) -> Option<Referral> {
    let referral = Referral {
        source_type: fields.owned("ReferralSourceType"),
        source_id: fields.owned("ReferralSourceId"),
        source_url: fields.owned("ReferralSourceUrl"),
        headline: fields.owned("ReferralHeadline"),
        body: fields.owned("ReferralBody"),
        click_id: fields.owned("ReferralCtwaClid"),
        ..Referral::default()
    };
    (referral != Referral::default()).then_some(referral)
}

fn report(
    settings: &TwilioSettings,
    request: &HttpRequest,
    fields: &Fields,
    external_id: String,
    status: &str,
) -> Vec<Incoming> {
    let recipient = fields.identities(settings.transport, &["To", "ExternalUserId"]);
    let reached = match status {
        "accepted" | "scheduled" | "queued" | "sending" => Status::Accepted,
        "sent" => Status::Sent,
        "delivered" => Status::Delivered,
        "read" => Status::Read,
        "failed" | "undelivered" | "canceled" => failure(fields, status),
        _ => {
            let what = format!("status {}", without_numbers(status));
            return vec![Incoming::Event(ChannelEvent::Other { what })];
        }
    };
    let blocked =
        matches!(reached, Status::Failed { class: ErrorClass::OptedOut, .. }) && !recipient.is_empty();
    let about = crate::opted_out_of(Provider::Twilio, fields.get("ErrorCode")).map(str::to_owned);
    let consent = blocked.then(|| ChannelEvent::OptedOut { person: recipient.clone(), about, at: None });
    let attempt = request.query_value(ATTEMPT_PARAMETER).and_then(|id| id.parse().ok());
    let report = DeliveryReport { attempt, recipient, ..DeliveryReport::of(external_id, reached) };
    std::iter::once(Incoming::Report(report)).chain(consent.map(Incoming::Event)).collect()
}

fn failure(fields: &Fields, status: &str) -> Status {
    let code = fields.get("ErrorCode").filter(|code| *code != "0");
    let known = code.and_then(|code| code.parse().ok()).and_then(class);
    let class = known.unwrap_or(if status == "undelivered" {
        ErrorClass::Unreachable
    } else {
        ErrorClass::BadRequest
    });
    let detail = fields.get("ErrorMessage").or_else(|| fields.get("ChannelStatusMessage")).unwrap_or(status);
    Status::Failed { class, code: code.map(str::to_owned), detail: without_numbers(detail) }
}

/// The shortest text that is looked at as base64: shorter ones are words too often.
const MIN_BASE64: usize = 60;

/// Some carriers hand long messages to Twilio as base64, cut anywhere. Such a text is undone only when it is long, has
/// no blank, and decodes to readable text that has one; the raw call is kept in any case.
fn from_base64(body: &str) -> Option<String> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    if body.len() < MIN_BASE64 || !body.is_ascii() {
        return None;
    }
    // A single letter left over at a cut holds no whole byte.
    let whole = if body.len() % 4 == 1 { body.get(..body.len() - 1)? } else { body };
    let bytes = LENIENT.decode(whole).ok()?;
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        // The cut fell into the last character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let readable = text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    (readable && text.contains(char::is_whitespace)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn base64_is_undone_only_when_it_is_certain() {
        let text = "Buenos días, ¿cómo puedo pedir una cita en la oficina de Quito?";
        let encoded = STANDARD.encode(text);
        assert_eq!(from_base64(&encoded).as_deref(), Some(text));
        let cut = encoded.get(..61).unwrap();
        assert!(text.starts_with(from_base64(cut).unwrap().as_str()));
        for plain in [
            "hola",
            &"a".repeat(200),
            "https://line.example.org/a/very/long/link/without/any/blank/at/all/and/more",
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        ] {
            assert_eq!(from_base64(plain), None, "{plain}");
        }
    }
}
