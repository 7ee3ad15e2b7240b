//! What nearly every gateway module uses.
pub(super) use serde_json::{Value, json};
use url::Url;

pub(super) use super::call::needed;
pub(super) use super::{
    Call, Files, Gateway, Part, Text, accepted_by, at, content_or_status, failed, file_at, gateway_settings,
    json_body, local, millis, nothing, refused, report, seconds, statuses, telephone, undelivered,
};
pub(super) use crate::account::{Account, Secret, SettingsError};
pub(super) use crate::answers::{class_of_status, retry_after, settle_status};
pub(super) use crate::http::{Headers, HttpRequest, HttpResponse};
pub(super) use crate::incoming::{
    ChannelEvent, DeliveryReport, Denied, Incoming, IncomingAttachment, Status, Unparsable,
};
pub(super) use crate::json::{self, list, owned, text};
pub(super) use crate::media::basic;
pub(super) use crate::outgoing::{ErrorClass, Outgoing, Refused, Settled};
pub(super) use crate::probe::{About, Good, Probe, Reads};

/// A GET with these parameters besides those that the address has already.
pub(super) fn get(url: &str, parameters: &[(&str, &str)]) -> Result<HttpRequest, Refused> {
    let mut url = Url::parse(url).map_err(|_| Refused::Address)?;
    url.query_pairs_mut().extend_pairs(parameters);
    Ok(HttpRequest::get(url, Headers::new()))
}

/// A POST of JSON that wants JSON back.
pub(super) fn post(url: String, headers: Headers, body: &Value) -> HttpRequest {
    HttpRequest::post_json(url, headers.with("Accept", "application/json"), body)
}

/// The question for what is left to spend.
pub(super) fn balance_probe(request: HttpRequest, balance: &'static str, currency: &'static str) -> Probe {
    let ok = Some((balance, Good::There));
    Probe::new(About::Balance, request, Reads { ok, balance, currency, ..Reads::default() })
}

/// A GET that wants JSON back.
pub(super) fn ask(url: String, headers: Headers) -> HttpRequest {
    HttpRequest::get(url, headers.with("Accept", "application/json"))
}

/// Our own id of a message, as we gave it along.
pub(super) fn own_id(call: &Call, field: &str) -> Result<uuid::Uuid, Unparsable> {
    call.required(field)?.parse().map_err(|_| Unparsable::at(field))
}

/// A report that the call's words make, or a call that cannot be read.
pub(super) fn reported(id: String, status: Option<Status>, field: &str) -> Result<Vec<Incoming>, Unparsable> {
    let status = status.ok_or_else(|| Unparsable::at(field))?;
    Ok(report(DeliveryReport::of(id, status)))
}

/// Typographic marks as plain ones when that saves the text from being sent in 16 bits a letter.
pub(super) fn smart(text: String) -> String {
    use crate::segments::{Encoding, encoding, plain_punctuation};
    if encoding(&text) == Encoding::Gsm7 {
        return text;
    }
    let plain = plain_punctuation(&text);
    if encoding(&plain) == Encoding::Gsm7 { plain } else { text }
}

/// Whether a text needs 16 bits a letter.
pub(super) fn is_unicode(text: &str) -> bool {
    crate::segments::encoding(text) == crate::segments::Encoding::Ucs2
}
