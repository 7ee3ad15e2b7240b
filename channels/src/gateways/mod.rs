//! SMS gateways and other services that take one text a call: what they share, and one module each for what they do
//! not. A gateway reads the fields of a call ([`Call`]), writes one request a part ([`Part`]), and says what an answer
//! means; splitting, numbered choices, links for files, the guard of its webhook and limits are the same for all.
use flow::words::phones::{self, Accept};
use flow::words::{Attachment, Content, Country, QuickReply, QuickReplyKind, Urn};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::account::{Account, SettingsError, common};
use crate::adapter::{Adapter, Preparation, Token};
use crate::guard::{Guard, TOKEN_PARAMETER};
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{
    ChannelEvent, DeliveryReport, Denied, Incoming, IncomingAttachment, Message, MessageKind, Status,
    Unparsable,
};
use crate::json;
use crate::media::web_address;
use crate::outgoing::{
    Degraded, ErrorClass, Inquiry, Outgoing, Refused, Rendering, Settled, without_numbers,
};
use crate::plain;
use crate::preview::{Shown, Tap, gateway_part};
use crate::probe::Probe;
use crate::text::split;

pub(crate) mod africas_talking;
pub(crate) mod android;
pub(crate) mod arabiacell;
pub(crate) mod bandwidth;
pub(crate) mod burst_sms;
mod call;
pub(crate) mod click_mobile;
pub(crate) mod click_send;
pub(crate) mod clickatell;
pub(crate) mod dart_media;
mod dates;
pub(crate) mod dmark;
pub(crate) mod firebase;
pub(crate) mod freshchat;
pub(crate) mod globe;
pub(crate) mod high_connection;
pub(crate) mod hormuud;
pub(crate) mod http;
pub(crate) mod i2sms;
pub(crate) mod infobip;
pub(crate) mod jasmin;
pub(crate) mod justcall;
pub(crate) mod kaleyra;
pub(crate) mod kannel;
mod kit;
pub(crate) mod m3tech;
pub(crate) mod macrokiosk;
pub(crate) mod mblox;
pub(crate) mod messagebird;
pub(crate) mod messangi;
pub(crate) mod mtarget;
pub(crate) mod mtn;
pub(crate) mod novo;
mod outcomes;
pub(crate) mod playmobile;
pub(crate) mod plivo;
pub(crate) mod rocket_chat;
pub(crate) mod slack;
pub(crate) mod sms_central;
pub(crate) mod start_mobile;
pub(crate) mod telesom;
pub(crate) mod thinq;
pub(crate) mod vonage;
pub(crate) mod wavy;
pub(crate) mod wechat;
pub(crate) mod yo;
pub(crate) mod zenvia;

pub(crate) use call::Call;
pub(crate) use dates::{at, local, millis, seconds};
pub(crate) use outcomes::{accepted_by, content_or_status, json_body, refused, statuses};

/// What every gateway's settings have.
pub(crate) trait Common {
    /// The provider's name as it is configured.
    const NAME: &'static str;
    /// Where the API is; `None` where every operator has an address of its own.
    const DEFAULT_BASE_URL: Option<&'static str>;

    fn guard(&self) -> Guard<'_>;
    fn base_url(&self) -> Option<&str>;
    fn max_text_length(&self) -> Option<usize>;

    /// Where the API is, without a slash at its end.
    fn base(&self) -> &str {
        self.base_url().or(Self::DEFAULT_BASE_URL).unwrap_or_default().trim_end_matches('/')
    }
}

/// Settings of a gateway: its own fields, and those that all have.
macro_rules! gateway_settings {
    (
        $(#[$meta:meta])*
        $settings:ident as $name:literal at $base:expr, {
            $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $settings {
            $($(#[$field_meta])* pub $field: $type,)*
            /// The webhook's address must hold it: `…?token=…`.
            #[serde(default)]
            pub webhook_token: Option<$crate::account::Secret>,
            /// Lets calls in that nobody signed; the webhook's address must then be kept secret.
            #[serde(default)]
            pub unsigned_webhooks: bool,
            /// Where the API is; the provider's own address when absent.
            #[serde(default)]
            pub base_url: Option<String>,
            /// A lower limit for the length of one text than the provider's, in UTF-16 units.
            #[serde(default)]
            pub max_text_length: Option<usize>,
        }

        impl $crate::gateways::Common for $settings {
            const NAME: &'static str = $name;
            const DEFAULT_BASE_URL: Option<&'static str> = $base;

            fn guard(&self) -> $crate::guard::Guard<'_> {
                $crate::guard::Guard::new(self.webhook_token.as_ref(), self.unsigned_webhooks)
            }

            fn base_url(&self) -> Option<&str> {
                self.base_url.as_deref()
            }

            fn max_text_length(&self) -> Option<usize> {
                self.max_text_length
            }
        }
    };
}
pub(crate) use gateway_settings;

/// Where the files of a message go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    /// As links in the text.
    Links,
    /// All with the first part, by their addresses.
    WithFirst,
    /// Each as a part of its own before the text.
    Alone,
}

/// One request's share of a message.
pub(crate) struct Part<'a> {
    pub(crate) account: &'a Account,
    pub(crate) outgoing: &'a Outgoing,
    pub(crate) text: &'a str,
    /// Files that go along; always empty with [`Files::Links`].
    pub(crate) files: &'a [&'a Attachment],
    /// Which part of the message it is, from 0.
    pub(crate) index: usize,
    /// Whether nothing follows it.
    pub(crate) last: bool,
    /// The guard's token, which reports must bring along too.
    guard: Option<&'a str>,
}

impl Part<'_> {
    /// The receiver as the provider of this scheme knows it: `+` and digits for a telephone.
    pub(crate) fn to(&self) -> String {
        self.outgoing.to.path()
    }

    /// The receiver's digits without the plus.
    pub(crate) fn to_digits(&self) -> String {
        self.to().trim_start_matches('+').to_owned()
    }

    pub(crate) fn from(&self) -> &str {
        &self.account.address
    }

    pub(crate) fn id(&self) -> String {
        self.outgoing.id.to_string()
    }

    /// An id of this part alone, for providers that take a repeated id for a repeated message and drop it.
    pub(crate) fn own_id(&self) -> String {
        let index = u128::try_from(self.index).unwrap_or_default();
        uuid::Uuid::from_u128(self.outgoing.id.as_u128() ^ index).to_string()
    }

    /// The address that the provider may report to, with more parameters; empty when the caller gave none.
    pub(crate) fn callback(&self, parameters: &[(&str, &str)]) -> String {
        let Some(mut url) = self.outgoing.status_callback.as_deref().and_then(|url| Url::parse(url).ok())
        else {
            return String::new();
        };
        for (name, value) in self.guard.map(|token| (TOKEN_PARAMETER, token)).iter().chain(parameters) {
            url.query_pairs_mut().append_pair(name, value);
        }
        url.into()
    }
}

/// What one gateway does in its own way.
pub(crate) trait Gateway: Common {
    /// The scheme of those that it reaches.
    const SCHEME: &'static str = "tel";
    /// The longest text of one part, in UTF-16 units.
    const MAX_TEXT: usize;
    const FILES: Files = Files::Links;

    /// What the call says.
    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable>;

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused>;

    fn settle(&self, response: &HttpResponse) -> Settled;

    /// What can be wrong with settings of its own.
    fn check_own(&self) -> Result<(), SettingsError> {
        Ok(())
    }

    /// For gateways that do sign.
    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        self.guard().verify(request)
    }

    /// From when until when a call's signature is good, where it says so.
    fn signed_for(&self, _request: &HttpRequest) -> Option<(Timestamp, Timestamp)> {
        None
    }

    /// Whether [`Gateway::verify`] has a secret of its own to check.
    fn signs(&self) -> bool {
        false
    }

    fn challenge(&self, _request: &HttpRequest) -> Option<HttpResponse> {
        None
    }

    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::new(200, "text/plain; charset=utf-8", "ok")
    }

    fn prepare(&self, _account: &Account, _outgoing: &Outgoing) -> Result<Option<Preparation>, Refused> {
        Ok(None)
    }

    fn token(&self, _body: &Value) -> Option<Token> {
        None
    }

    fn credentials(&self, _account: &Account, _url: &Url) -> Headers {
        Headers::new()
    }

    fn files(&self) -> Files {
        Self::FILES
    }

    fn limit(&self) -> usize {
        self.max_text_length().map_or(Self::MAX_TEXT, |most| most.min(Self::MAX_TEXT))
    }

    /// Whether [`Gateway::write`] has a place for the choices of a message, so that they are no lines of the text.
    fn own_choices(&self) -> bool {
        false
    }

    fn probes(&self) -> Vec<Probe> {
        Vec::new()
    }

    fn register_webhooks(&self, _account: &Account, _url: &str) -> Vec<HttpRequest> {
        Vec::new()
    }

    /// The question whether this request was taken whose answer got lost.
    fn inquire(&self, _sent: &HttpRequest) -> Option<HttpRequest> {
        None
    }

    fn inquired(&self, _answer: &HttpResponse) -> Inquiry {
        Inquiry::Unclear
    }

    fn profile(&self, _urn: &Urn) -> Option<HttpRequest> {
        None
    }

    fn profile_name(&self, body: &Value) -> Option<String> {
        json::owned(body, "/name")
    }

    fn scheme(&self) -> &str {
        Self::SCHEME
    }

    fn reaches(&self, urn: &Urn) -> bool {
        urn.scheme() == Gateway::scheme(self)
    }

    /// The text as this gateway's alphabet wants it.
    fn lettering(&self, text: String) -> String {
        text
    }
}

impl<G: Gateway> Adapter for G {
    fn scheme(&self) -> &str {
        Gateway::scheme(self)
    }

    fn check(&self, _address: &str) -> Result<(), SettingsError> {
        if !self.signs() {
            self.guard().check(G::NAME)?;
        }
        if self.base().is_empty() {
            return Err(SettingsError::Empty { field: "base_url".to_owned() });
        }
        self.check_own()?;
        common(self.base_url(), self.max_text_length())
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        Gateway::verify(self, request)
    }

    fn signed_for(&self, request: &HttpRequest) -> Option<(Timestamp, Timestamp)> {
        Gateway::signed_for(self, request)
    }

    fn challenge(&self, request: &HttpRequest) -> Option<HttpResponse> {
        Gateway::challenge(self, request)
    }

    fn receive(&self, account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        self.read(account, &Call::of(request))
    }

    fn accepted(&self, request: &HttpRequest) -> HttpResponse {
        Gateway::accepted(self, request)
    }

    fn prepare(&self, account: &Account, outgoing: &Outgoing) -> Result<Option<Preparation>, Refused> {
        Gateway::prepare(self, account, outgoing)
    }

    fn token(&self, body: &Value) -> Option<Token> {
        Gateway::token(self, body)
    }

    fn credentials(&self, account: &Account, url: &Url) -> Headers {
        Gateway::credentials(self, account, url)
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        Gateway::settle(self, response)
    }

    fn probes(&self, _account: &Account) -> Vec<Probe> {
        Gateway::probes(self)
    }

    fn register_webhooks(&self, account: &Account, url: &str) -> Vec<HttpRequest> {
        Gateway::register_webhooks(self, account, url)
    }

    fn inquire(&self, sent: &HttpRequest, _since: Timestamp) -> Option<HttpRequest> {
        Gateway::inquire(self, sent)
    }

    fn inquired(&self, _sent: &HttpRequest, answer: &HttpResponse, _since: Timestamp) -> Inquiry {
        Gateway::inquired(self, answer)
    }

    fn webhook_token(&self) -> Option<&str> {
        self.guard().token()
    }

    fn profile(&self, _account: &Account, urn: &Urn) -> Option<HttpRequest> {
        Gateway::profile(self, urn)
    }

    fn profile_name(&self, body: &Value) -> Option<String> {
        Gateway::profile_name(self, body)
    }

    fn request(&self, account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        if !self.reaches(&outgoing.to) {
            return Err(Refused::Scheme);
        }
        let sheet = sheet(self, &outgoing.content)?;
        let guard = self.guard().token();
        let parts = sheet.parts();
        let mut requests = Vec::new();
        for (i, (files, text)) in parts.iter().enumerate() {
            let last = i + 1 == parts.len();
            requests.push(self.write(&Part { account, outgoing, text, files, index: i, last, guard })?);
        }
        Ok(Rendering { requests, degraded: sheet.degraded })
    }

    fn layout(
        &self,
        _account: &Account,
        outgoing: &Outgoing,
    ) -> Result<(Vec<Shown>, Vec<Degraded>), Refused> {
        let sheet = sheet(self, &outgoing.content)?;
        let parts = sheet.parts();
        let choices = outgoing.content.quick_replies.iter();
        let choices = choices.filter(|reply| self.own_choices() && reply.kind == QuickReplyKind::Text);
        let tap = |reply: &QuickReply| Tap { text: reply.text.trim().to_owned(), ..Tap::default() };
        let mut taps: Vec<Tap> = choices.map(tap).filter(|tap| !tap.text.is_empty()).collect();
        let shown = parts.iter().enumerate().map(|(i, (files, text))| {
            let taps = if i + 1 == parts.len() { std::mem::take(&mut taps) } else { Vec::new() };
            gateway_part(text, files, taps)
        });
        Ok((shown.collect(), sheet.degraded))
    }
}

/// A message as a gateway takes it: its whole text, and the files that go beside it.
struct Sheet<'a> {
    text: String,
    limit: usize,
    files: Vec<&'a Attachment>,
    /// Whether each file is a part of its own.
    alone: bool,
    degraded: Vec<Degraded>,
}

fn sheet<'a, G: Gateway>(gateway: &G, content: &'a Content) -> Result<Sheet<'a>, Refused> {
    let mut degraded: Vec<Degraded> = Vec::new();
    let mut text = if gateway.own_choices() {
        plain::choices(&without_choices(content), &mut degraded)
    } else {
        plain::choices(content, &mut degraded)
    };
    let mut files: Vec<&Attachment> = Vec::new();
    for attachment in &content.attachments {
        let place = attachment.content_type.starts_with("geo");
        if gateway.files() == Files::Links || place {
            text = plain::as_line(text, attachment, &mut degraded)?;
        } else if web_address(&attachment.url).is_some() {
            files.push(attachment);
        } else {
            return Err(Refused::Attachment);
        }
    }
    let alone = gateway.files() == Files::Alone;
    Ok(Sheet { text: gateway.lettering(text), limit: gateway.limit(), files, alone, degraded })
}

impl<'a> Sheet<'a> {
    /// The files and the text of each part.
    fn parts(&self) -> Vec<(&[&'a Attachment], &str)> {
        let texts = split(&self.text, self.limit);
        let mut parts: Vec<(&[&Attachment], &str)> = Vec::new();
        if self.alone {
            parts.extend(self.files.chunks(1).map(|file| (file, "")));
            parts.extend(texts.iter().map(|text| (&[][..], *text)));
        } else {
            let first = texts.first().copied();
            if !self.files.is_empty() || first.is_some() {
                parts.push((&self.files, first.unwrap_or("")));
            }
            parts.extend(texts.iter().skip(1).map(|text| (&[][..], *text)));
        }
        parts
    }
}

/// A key that looks like one must be one: what was cut off in pasting is told at set-up and not by a call weeks later.
pub(crate) fn key_can_be_read(key: Option<&str>, is_key: impl Fn(&str) -> bool) -> Result<(), SettingsError> {
    match key.filter(|key| key.contains("-----BEGIN")) {
        Some(key) if !is_key(key) => Err(SettingsError::Key),
        _ => Ok(()),
    }
}

/// The content less the choices that can be written elsewhere than in the text.
fn without_choices(content: &Content) -> Content {
    let mut content = content.clone();
    content.quick_replies.retain(|reply| reply.kind != QuickReplyKind::Text);
    content
}

/// A receiver's digits without country code and trunk zero.
pub(crate) fn national_digits(number: &str) -> String {
    let national: String = phones::national(number).chars().filter(char::is_ascii_digit).collect();
    national.trim_start_matches('0').to_owned()
}

/// A sender's number as it is kept: with country code, or as it is when it is a short code. `None` for a name of
/// letters, which nobody can answer to.
pub(crate) fn telephone(account: &Account, number: &str) -> Option<Urn> {
    telephone_in(account.country.as_deref(), number)
}

/// As [`telephone`], with the country that numbers without a code belong to.
pub(crate) fn telephone_in(country: Option<&str>, number: &str) -> Option<Urn> {
    let number = number.trim();
    let number = number.strip_prefix("tel:").unwrap_or(number);
    let digits = number.strip_prefix('+').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit() || b"-(). ".contains(&b)) {
        return None;
    }
    let country: Option<Country> = country.and_then(|country| country.parse().ok());
    let accept = Accept { short: true, sender: false };
    let full = phones::parse(number, country, accept).ok();
    let digits: String = digits.bytes().filter(u8::is_ascii_digit).map(char::from).collect();
    let full =
        full.or_else(|| (1..=MAX_DIGITS).contains(&digits.len()).then(|| as_it_is(number, &digits)))?;
    Urn::new("tel", &full).ok()
}

/// The longest number in digits that is believed.
const MAX_DIGITS: usize = 20;
/// From so many digits on a number can only be one with country code.
const MIN_FULL_DIGITS: usize = 10;

/// A number that no plan knows: test numbers, numbers of ships, plans that have just changed.
fn as_it_is(number: &str, digits: &str) -> String {
    let plus = number.starts_with('+') || (digits.len() >= MIN_FULL_DIGITS && !digits.starts_with('0'));
    format!("{}{digits}", if plus { "+" } else { "" })
}

/// A text that came in, before it is a message.
#[derive(Default)]
pub(crate) struct Text {
    pub(crate) external_id: Option<String>,
    pub(crate) from: Option<Urn>,
    pub(crate) text: String,
    pub(crate) name: Option<String>,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) attachments: Vec<IncomingAttachment>,
}

impl Text {
    /// The one thing that the call says. Without a sender only a mark is left, and the raw call is kept.
    pub(crate) fn incoming(self) -> Vec<Incoming> {
        vec![self.one()]
    }

    pub(crate) fn one(self) -> Incoming {
        let Some(from) = self.from else {
            return Incoming::Event(ChannelEvent::NoSender { external_id: self.external_id });
        };
        let kind = match self.attachments.first() {
            Some(first) => kind_of(&first.content_type),
            None if self.text.is_empty() => {
                MessageKind::Unsupported { what: "message without content".to_owned() }
            }
            None => MessageKind::Text,
        };
        let message = Message {
            name: self.name.filter(|name| !name.is_empty()),
            sent_at: self.sent_at,
            text: self.text,
            attachments: self.attachments,
            ..Message::new(self.external_id.unwrap_or_default(), vec![from], kind)
        };
        Incoming::Message(Box::new(message))
    }
}

/// The kind of message that a file of this type makes.
pub(crate) fn kind_of(content_type: &str) -> MessageKind {
    match content_type.split('/').next().unwrap_or("") {
        "geo" => MessageKind::Location,
        "image" => MessageKind::Image,
        "audio" => MessageKind::Audio,
        "video" => MessageKind::Video,
        "text" if content_type.contains("vcard") => MessageKind::Contacts,
        _ => MessageKind::Document,
    }
}

/// A file whose type only its address tells.
pub(crate) fn file_at(url: impl Into<String>) -> IncomingAttachment {
    let url = url.into();
    let path = url.split(['?', '#']).next().unwrap_or("");
    let ending = path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    let content_type = match ending.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "mp3" => "audio/mpeg",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "m4a" | "aac" => "audio/mp4",
        "amr" => "audio/amr",
        "mp4" => "video/mp4",
        "3gp" => "video/3gpp",
        "pdf" => "application/pdf",
        "vcf" => "text/vcard",
        _ => "application/octet-stream",
    };
    IncomingAttachment::file(content_type, url)
}

/// A report as the only thing that a call says.
pub(crate) fn report(report: DeliveryReport) -> Vec<Incoming> {
    vec![Incoming::Report(report)]
}

/// A call that is about nothing we keep.
pub(crate) fn nothing(what: &str) -> Vec<Incoming> {
    vec![Incoming::Event(ChannelEvent::Other { what: what.to_owned() })]
}

/// A failure that a report tells of.
pub(crate) fn failed(class: ErrorClass, code: Option<&str>, detail: &str) -> Status {
    Status::Failed { class, code: code.map(str::to_owned), detail: without_numbers(detail) }
}

/// A failure of which nothing more is known than that the message did not arrive.
pub(crate) fn undelivered(word: &str) -> Status {
    failed(ErrorClass::Unreachable, None, word)
}

/// The settings of all gateways, by name.
pub mod settings {
    pub use super::africas_talking::AfricasTalkingSettings;
    pub use super::android::{AndroidSettings, SimCard};
    pub use super::arabiacell::ArabiaCellSettings;
    pub use super::bandwidth::BandwidthSettings;
    pub use super::burst_sms::BurstSmsSettings;
    pub use super::click_mobile::ClickMobileSettings;
    pub use super::click_send::ClickSendSettings;
    pub use super::clickatell::ClickatellSettings;
    pub use super::dart_media::DartMediaSettings;
    pub use super::dmark::DmarkSettings;
    pub use super::firebase::FirebaseSettings;
    pub use super::freshchat::FreshchatSettings;
    pub use super::globe::GlobeSettings;
    pub use super::high_connection::HighConnectionSettings;
    pub use super::hormuud::HormuudSettings;
    pub use super::http::HttpSettings;
    pub use super::http::{BodyType, Method};
    pub use super::i2sms::I2smsSettings;
    pub use super::infobip::InfobipSettings;
    pub use super::jasmin::JasminSettings;
    pub use super::justcall::JustCallSettings;
    pub use super::kaleyra::KaleyraSettings;
    pub use super::kannel::KannelEncoding;
    pub use super::kannel::KannelSettings;
    pub use super::m3tech::M3techSettings;
    pub use super::macrokiosk::MacrokioskSettings;
    pub use super::mblox::MbloxSettings;
    pub use super::messagebird::MessageBirdSettings;
    pub use super::messangi::MessangiSettings;
    pub use super::mtarget::MtargetSettings;
    pub use super::mtn::MtnSettings;
    pub use super::novo::NovoSettings;
    pub use super::playmobile::PlaymobileSettings;
    pub use super::plivo::PlivoSettings;
    pub use super::rocket_chat::RocketChatSettings;
    pub use super::slack::SlackSettings;
    pub use super::sms_central::SmsCentralSettings;
    pub use super::start_mobile::StartMobileSettings;
    pub use super::telesom::TelesomSettings;
    pub use super::thinq::ThinqSettings;
    pub use super::vonage::{SignatureMethod, VonageSettings};
    pub use super::wavy::WavySettings;
    pub use super::wechat::{JiochatSettings, WechatSettings};
    pub use super::yo::YoSettings;
    pub use super::zenvia::ZenviaSettings;
}
