//! A message as calls to Twilio's `Messages.json`.
use flow::words::{Attachment, Content, Templating, Urn};
use serde_json::{Map, Value};
use url::Url;

use super::{ATTEMPT_PARAMETER, DEFAULT_BASE_URL, Transport, TwilioSettings};
use crate::account::Account;
use crate::http::HttpRequest;
use crate::media::{basic, web_address};
use crate::outgoing::{Degraded, Feature, Outgoing, Refused, Rendering};
use crate::plain::{add_line, choices};
use crate::text::split;
use crate::whatsapp_cloud;

/// The longest text of one message, on SMS and WhatsApp alike.
const MAX_TEXT: usize = 1600;
/// The most files of one MMS.
const MAX_MMS_FILES: usize = 10;
/// Countries in which Twilio sends MMS (twilio.com/docs/messaging/channels/mms).
const MMS_COUNTRIES: [&str; 3] = ["US", "CA", "AU"];

pub(crate) fn request(
    account: &Account,
    settings: &TwilioSettings,
    outgoing: &Outgoing,
) -> Result<Rendering, Refused> {
    let base = settings.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/');
    let mut letters = Letters {
        url: format!("{base}/2010-04-01/Accounts/{}/Messages.json", settings.account_sid),
        settings,
        envelope: envelope(account, settings, outgoing)?,
        requests: Vec::new(),
    };
    let mut degraded = Vec::new();
    match &outgoing.content.templating {
        Some(templating) if templating.external_id.is_some() => letters.template(templating)?,
        // WhatsApp takes nothing but the approved template; the text of an SMS is what the template says anyway.
        Some(_) if settings.transport == Transport::Whatsapp => return Err(Refused::TemplateId),
        _ => letters.content(&outgoing.content, mms(account, settings), &mut degraded)?,
    }
    Ok(Rendering { requests: letters.requests, degraded })
}

/// The fields that every part has: receiver, sender, and where to report.
fn envelope(
    account: &Account,
    settings: &TwilioSettings,
    outgoing: &Outgoing,
) -> Result<Vec<(&'static str, String)>, Refused> {
    let mut fields = vec![("To", receiver(settings.transport, &outgoing.to)?)];
    if !account.address.is_empty() {
        let prefixed = account.address.contains(':') || settings.transport == Transport::Sms;
        let prefix = if prefixed { "" } else { "whatsapp:" };
        fields.push(("From", format!("{prefix}{}", account.address)));
    }
    if let Some(service) = &settings.messaging_service_sid {
        fields.push(("MessagingServiceSid", service.clone()));
    }
    if settings.shorten_urls {
        fields.push(("ShortenUrls", "true".to_owned()));
    }
    if let Some(callback) = &outgoing.status_callback {
        let mut callback = Url::parse(callback).map_err(|_| Refused::StatusCallback)?;
        if !matches!(callback.scheme(), "http" | "https") {
            return Err(Refused::StatusCallback);
        }
        callback.query_pairs_mut().append_pair(ATTEMPT_PARAMETER, &outgoing.id.to_string());
        fields.push(("StatusCallback", callback.into()));
    }
    Ok(fields)
}

fn receiver(transport: Transport, urn: &Urn) -> Result<String, Refused> {
    let path = urn.path();
    match (transport, urn.scheme()) {
        (Transport::Sms, "tel") => Ok(path),
        (Transport::Whatsapp, "whatsapp" | "tel" | "bsuid") => {
            let identity = whatsapp_cloud::identity(&path).ok_or(Refused::Address)?.path();
            let plus = if whatsapp_cloud::is_user_id(&identity) { "" } else { "+" };
            Ok(format!("whatsapp:{plus}{identity}"))
        }
        _ => Err(Refused::Scheme),
    }
}

fn mms(account: &Account, settings: &TwilioSettings) -> bool {
    let offered = || account.country.as_deref().is_some_and(|country| MMS_COUNTRIES.contains(&country));
    settings.mms.unwrap_or_else(offered)
}

/// The calls of one message while they are being written.
struct Letters<'a> {
    url: String,
    settings: &'a TwilioSettings,
    envelope: Vec<(&'static str, String)>,
    requests: Vec<HttpRequest>,
}

impl Letters<'_> {
    fn add(&mut self, fields: &[(&str, &str)]) {
        let headers = basic(&self.settings.account_sid, self.settings.auth_token.expose());
        let envelope = self.envelope.iter().map(|(name, value)| (*name, value.as_str()));
        let all = envelope.chain(fields.iter().copied());
        self.requests.push(HttpRequest::post_form(self.url.clone(), headers, all));
    }

    /// A template of the Content API, with its variables by number.
    fn template(&mut self, templating: &Templating) -> Result<(), Refused> {
        let mut named: Vec<(&str, &str)> = Vec::new();
        for (name, index) in templating.components.iter().flat_map(|component| &component.variables) {
            let variable = templating.variables.get(*index).ok_or(Refused::TemplateVariable)?;
            let file = matches!(variable.kind.as_str(), "image" | "video" | "document");
            let value = match variable.value.split_once(':') {
                Some((_, url)) if file && !url.starts_with("//") => url,
                _ => &variable.value,
            };
            named.push((name, value));
        }
        named.sort_by_key(|(name, _)| name.parse::<usize>().unwrap_or(usize::MAX));
        let variables: Map<String, Value> =
            named.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        let sid = templating.external_id.as_deref().unwrap_or("");
        let json = Value::Object(variables).to_string();
        if json == "{}" {
            self.add(&[("ContentSid", sid)]);
        } else {
            self.add(&[("ContentSid", sid), ("ContentVariables", &json)]);
        }
        Ok(())
    }

    fn content(&mut self, content: &Content, mms: bool, degraded: &mut Vec<Degraded>) -> Result<(), Refused> {
        let whatsapp = self.settings.transport == Transport::Whatsapp;
        let mut text = choices(content, degraded);
        let mut files: Vec<&Attachment> = Vec::new();
        for attachment in &content.attachments {
            let place = attachment.content_type == "geo";
            if !place && web_address(&attachment.url).is_none() {
                return Err(Refused::Attachment);
            }
            if place || !(whatsapp || mms) {
                let what = if place { "the place" } else { "the file" };
                degraded.push(Degraded::new(Feature::Media, format!("{what} is a line of the text")));
                text = add_line(text, &attachment.url);
            } else {
                files.push(attachment);
            }
        }
        let limit = self.settings.max_text_length.map_or(MAX_TEXT, |length| length.min(MAX_TEXT));
        let parts = split(&text, limit);
        if whatsapp {
            self.whatsapp(&parts, &files)
        } else {
            self.sms(&parts, &files)
        }
        Ok(())
    }

    /// All files go with the first part.
    fn sms(&mut self, parts: &[&str], files: &[&Attachment]) {
        let mut parts = parts.iter().copied();
        for chunk in files.chunks(MAX_MMS_FILES) {
            let mut fields = vec![("Body", parts.next().unwrap_or(""))];
            fields.extend(chunk.iter().map(|file| ("MediaUrl", file.url.as_str())));
            self.add(&fields);
        }
        for part in parts {
            self.add(&[("Body", part)]);
        }
    }

    /// One file a message; the first part is the first file's caption where the kind of file has one.
    fn whatsapp(&mut self, parts: &[&str], files: &[&Attachment]) {
        let mut parts = parts.iter().copied();
        for (i, file) in files.iter().enumerate() {
            let captioned =
                i == 0 && !file.content_type.starts_with("audio") && file.content_type != "image/webp";
            match captioned.then(|| parts.next()).flatten() {
                Some(caption) => self.add(&[("Body", caption), ("MediaUrl", &file.url)]),
                None => self.add(&[("MediaUrl", &file.url)]),
            }
        }
        for part in parts {
            self.add(&[("Body", part)]);
        }
    }
}
