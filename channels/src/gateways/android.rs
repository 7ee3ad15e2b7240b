//! A telephone of one's own, through the open-source app SMS Gateway for Android (docs.sms-gate.app): JSON both ways. A
//! message is handed over under an id of ours, so that one whose answer got lost can be asked for, and is taken once.
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::kit::*;
use crate::incoming::{Condition, MediaSource, MessageKind};
use crate::outgoing::{Candidate, Inquiry};
use crate::signing;

/// The hexadecimal HMAC-SHA256 of the body followed by the time.
const SIGNATURE_HEADER: &str = "X-Signature";
/// Seconds since 1970 by the telephone's clock.
const TIME_HEADER: &str = "X-Timestamp";
/// The events that the app is asked for; each needs a registration of its own. `mms:received` is left out: it says of a
/// picture message only that there is one, and `mms:downloaded` follows with its content.
const EVENTS: [&str; 7] = [
    "sms:received",
    "sms:data-received",
    "mms:downloaded",
    "sms:sent",
    "sms:delivered",
    "sms:failed",
    "system:ping",
];
/// How long the telephone may try when the settings say nothing: later the message would come out of nowhere.
const DEFAULT_TTL_SECONDS: u32 = 24 * 60 * 60;
/// Answers go before bulk; from 100 on the telephone would pass over its own limits.
const PRIORITY_CONVERSATION: i32 = 10;
const PRIORITY_BULK: i32 = -10;
/// The length of our id without its dashes, with which an id of a part begins.
const ID_DIGITS: usize = 32;

gateway_settings! {
    /// Settings of a telephone with the app SMS Gateway; `base_url` is its server's API, where the server is one's own.
    AndroidSettings as "android" at Some("https://api.sms-gate.app/3rdparty/v1"), {
        #[serde(default)]
        username: Option<String>,
        #[serde(default)]
        password: Option<Secret>,
        /// A token of the API, instead of user and password.
        #[serde(default)]
        access_token: Option<Secret>,
        /// Calls are signed with it.
        #[serde(default)]
        signing_key: Option<Secret>,
        /// Which of the account's telephones sends; any of them when absent.
        #[serde(default)]
        device_id: Option<String>,
        /// Which of the telephone's cards; whichever it chooses when absent.
        #[serde(default)]
        sim_number: Option<SimCard>,
        /// How many seconds the telephone may try to send a message.
        #[serde(default)]
        ttl: Option<u32>,
        /// Whether the network is asked for delivery reports; it is when absent.
        #[serde(default)]
        delivery_reports: Option<bool>,
    }
}

/// One of a telephone's cards; it has at most three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub enum SimCard {
    #[serde(rename = "1")]
    First,
    #[serde(rename = "2")]
    Second,
    #[serde(rename = "3")]
    Third,
}

impl SimCard {
    const fn number(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
            Self::Third => 3,
        }
    }
}

impl AndroidSettings {
    fn authorized(&self) -> Headers {
        match (&self.access_token, &self.username, &self.password) {
            (Some(token), _, _) => Headers::new().with("Authorization", format!("Bearer {}", token.expose())),
            (None, Some(username), Some(password)) => basic(username, password.expose()),
            (None, _, _) => Headers::new(),
        }
    }

    /// A person's message by text: its own id is made from its words and not unique, so what makes it this one is the
    /// telephone, who wrote, when and what.
    fn message(&self, account: &Account, event: &Event, said: String) -> Result<Text, Unparsable> {
        let from = event.either("sender", "phoneNumber").ok_or_else(|| Unparsable::at("payload/sender"))?;
        let at_text = text(event.payload, "/receivedAt").unwrap_or("");
        let parts =
            [event.device, event.sim().unwrap_or_default().as_str(), from, at_text, said.as_str()].join("\n");
        Ok(Text {
            external_id: Some(hex::encode(Sha256::digest(parts.as_bytes()))),
            from: telephone(account, from),
            text: said,
            sent_at: at(at_text),
            ..Text::default()
        })
    }

    fn mms(&self, account: &Account, event: &Event) -> Result<Vec<Incoming>, Unparsable> {
        let lines = [text(event.payload, "/subject"), text(event.payload, "/body")];
        let said: Vec<&str> = lines.into_iter().flatten().filter(|line| !line.is_empty()).collect();
        let mut message = self.message(account, event, said.join("\n"))?;
        if let Some(id) = json::code(event.payload, "/messageId") {
            message.external_id = Some(format!("{}/mms/{id}", event.device));
        }
        let files = list(event.payload, "/attachments").iter().map(|file| {
            let content_type = text(file, "/contentType").unwrap_or("application/octet-stream");
            let base64 = text(file, "/data").unwrap_or("").to_owned();
            let mut read = IncomingAttachment::of(content_type, MediaSource::Encoded { base64 });
            read.filename = owned(file, "/name");
            read
        });
        message.attachments = files.collect();
        Ok(message.incoming())
    }

    /// Something that a person sent and that the telephone cannot pass on: shown as what it is.
    fn unsupported(&self, account: &Account, event: &Event, what: &str) -> Result<Vec<Incoming>, Unparsable> {
        let data = text(event.payload, "/data").or_else(|| text(event.payload, "/transactionId"));
        let mut message = self.message(account, event, data.unwrap_or("").to_owned())?;
        message.text = String::new();
        let mut incoming = message.one();
        if let Incoming::Message(message) = &mut incoming {
            message.kind = MessageKind::Unsupported { what: what.to_owned() };
        }
        Ok(vec![incoming])
    }
}

/// One call of the app.
struct Event<'a> {
    device: &'a str,
    payload: &'a Value,
}

impl<'a> Event<'a> {
    /// A text under its new name, or under the one of older versions of the app.
    fn either(&self, name: &str, former: &str) -> Option<&'a str> {
        let found = |name: &str| self.payload.get(name)?.as_str().filter(|text| !text.is_empty());
        found(name).or_else(|| found(former))
    }

    /// The card that it came by, where the telephone tells it.
    fn sim(&self) -> Option<String> {
        json::code(self.payload, "/simNumber")
    }

    fn report(&self, account: &Account, status: Status, date: &str) -> Result<Vec<Incoming>, Unparsable> {
        let id = needed(self.payload, "/messageId")?;
        let mut told = DeliveryReport::of(id.clone(), status);
        told.attempt = id.get(..ID_DIGITS).and_then(|digits| uuid::Uuid::try_parse(digits).ok());
        told.at = text(self.payload, date).and_then(at);
        let to = self.either("recipient", "phoneNumber");
        told.recipient = to.and_then(|to| telephone(account, to)).into_iter().collect();
        Ok(report(told))
    }
}

/// What the telephone's or the network's words for a failure mean (Android's SmsManager, and the app's own).
fn failure(reason: &str) -> Status {
    let class = if reason.contains("LIMIT_EXCEEDED") {
        ErrorClass::RefusedForNow
    } else if ["NO_SERVICE", "RADIO_OFF", "MODEM", "No SIMs", "DEFAULT_SMS_APP", "TTL", "xpired"]
        .iter()
        .any(|word| reason.contains(word))
    {
        ErrorClass::Transient
    } else {
        ErrorClass::Unreachable
    };
    failed(class, None, reason)
}

/// How the telephone says it is.
fn health(payload: &Value, time: Option<Timestamp>) -> Vec<Incoming> {
    let checks = |name: &str| {
        let check = json::at(payload, "/health/checks")?.get(name)?;
        Some((json::integer(check, "/observedValue")?, text(check, "/status").unwrap_or("pass")))
    };
    let condition = match text(payload, "/health/status") {
        Some("fail") => Condition::Bad,
        Some("warn") => Condition::Weak,
        _ => Condition::Good,
    };
    let mut says = Vec::new();
    if let Some((level, _)) = checks("battery:level") {
        says.push(format!("battery {} %", level.clamp(0, 100)));
    }
    if let Some((flags, _)) = checks("battery:charging") {
        says.push(if flags == 0 { "not charging" } else { "charging" }.to_owned());
    }
    if checks("connection:status").is_some_and(|(_, status)| status == "fail") {
        says.push("no Internet connection".to_owned());
    }
    if let Some((count, _)) = checks("messages:failed").filter(|(count, _)| *count > 0) {
        says.push(format!("{count} messages failed in the last hour"));
    }
    let says = says.join(", ");
    vec![Incoming::Event(ChannelEvent::Health { condition, says, at: time })]
}

impl Gateway for AndroidSettings {
    /// The app splits by itself; more in one message would be a mistake.
    const MAX_TEXT: usize = 1600;

    fn signs(&self) -> bool {
        self.signing_key.is_some()
    }

    fn check_own(&self) -> Result<(), SettingsError> {
        if self.access_token.is_none() && (self.username.is_none() || self.password.is_none()) {
            return Err(SettingsError::OneOf { these: "username and password, or access_token" });
        }
        if self.ttl == Some(0) {
            return Err(SettingsError::OneOf { these: "ttl to at least 1" });
        }
        Ok(())
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let Some(key) = &self.signing_key else { return super::Common::guard(self).verify(request) };
        let signature = request.headers.get(SIGNATURE_HEADER).ok_or(Denied::Unsigned)?;
        let time = request.headers.get(TIME_HEADER).ok_or(Denied::Unsigned)?;
        let signature = hex::decode(signature.trim()).map_err(|_| Denied::Malformed)?;
        let mut signed = request.body.clone();
        signed.extend_from_slice(time.as_bytes());
        signing::must_match(&signing::hmac_sha256(key.expose(), &signed), &signature)
    }

    fn signed_for(&self, request: &HttpRequest) -> Option<(Timestamp, Timestamp)> {
        self.signing_key.as_ref()?;
        let at = seconds(request.headers.get(TIME_HEADER)?)?;
        Some((at, at))
    }

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        let kind = text(&body, "/event").ok_or_else(|| Unparsable::at("event"))?;
        let payload = body.get("payload").unwrap_or(&Value::Null);
        let event = Event { device: text(&body, "/deviceId").unwrap_or(""), payload };
        // A telephone with several cards tells every channel of all of them.
        if let (Some(ours), Some(sim)) = (self.sim_number, event.sim())
            && sim != ours.number().to_string()
        {
            return Ok(nothing("something by another card"));
        }
        match kind {
            "sms:received" => {
                let said = text(payload, "/message").ok_or_else(|| Unparsable::at("payload/message"))?;
                Ok(self.message(account, &event, said.to_owned())?.incoming())
            }
            "mms:downloaded" => self.mms(account, &event),
            "mms:received" => self.unsupported(account, &event, "mms"),
            "sms:data-received" => self.unsupported(account, &event, "data message"),
            "sms:sent" => event.report(account, Status::Sent, "/sentAt"),
            "sms:delivered" => event.report(account, Status::Delivered, "/deliveredAt"),
            "sms:failed" => {
                event.report(account, failure(text(payload, "/reason").unwrap_or("")), "/failedAt")
            }
            "sms:cancelled" => {
                event.report(account, failed(ErrorClass::Transient, None, "cancelled"), "/cancelledAt")
            }
            "system:ping" => {
                let time = call.request.headers.get(TIME_HEADER).and_then(seconds);
                Ok(health(payload, time))
            }
            _ => Ok(nothing(&format!("event {}", json::word(kind)))),
        }
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let priority = if part.outgoing.high_priority { PRIORITY_CONVERSATION } else { PRIORITY_BULK };
        let mut letter = json!({
            "id": format!("{}-{}", part.outgoing.id.simple(), part.index),
            "textMessage": {"text": part.text},
            "phoneNumbers": [part.to()],
            "ttl": self.ttl.unwrap_or(DEFAULT_TTL_SECONDS),
            "withDeliveryReport": self.delivery_reports.unwrap_or(true),
            "priority": priority,
        });
        if let Some(device) = &self.device_id {
            letter["deviceId"] = json!(device);
        }
        if let Some(sim) = self.sim_number {
            letter["simNumber"] = json!(sim.number());
        }
        // Short codes and plans that the app does not know would be refused.
        let url = format!("{}/messages?skipPhoneValidation=true", super::Common::base(self));
        Ok(post(url, self.authorized(), &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        let body = json_body(response);
        let why = text(&body, "/message").unwrap_or("");
        match response.status {
            // It has a message with our id: the former answer was lost.
            409 => Settled::taken_without_id(),
            400 if why.contains("device") => ErrorClass::AccountBroken.settle(None, why, None),
            400 => ErrorClass::BadRequest.settle(None, why, None),
            _ => content_or_status(response, |_| Settled::taken(owned(&body, "/id"))),
        }
    }

    fn inquire(&self, sent: &HttpRequest) -> Option<HttpRequest> {
        let letter: Value = serde_json::from_slice(&sent.body).ok()?;
        let id = text(&letter, "/id")?;
        Some(ask(format!("{}/messages/{id}", super::Common::base(self)), self.authorized()))
    }

    fn inquired(&self, answer: &HttpResponse) -> Inquiry {
        match (answer.status, owned(&json_body(answer), "/id")) {
            (200..=299, Some(external_id)) => Inquiry::Found(vec![Candidate { external_id }]),
            (404, _) => Inquiry::Found(Vec::new()),
            _ => Inquiry::Unclear,
        }
    }

    fn probes(&self) -> Vec<Probe> {
        let base = super::Common::base(self);
        let question = |path: &str| ask(format!("{base}/{path}"), self.authorized());
        let account = Reads { name: "/0/name", sender: "/0/lastSeen", ..Reads::default() };
        let webhook = Reads { webhook: "/0/url", ..Reads::default() };
        vec![
            Probe::new(About::Account, question("devices"), account),
            Probe::new(About::Webhook, question("webhooks"), webhook),
        ]
    }

    fn register_webhooks(&self, _account: &Account, url: &str) -> Vec<HttpRequest> {
        let one = |event: &&str| {
            // The same id each time: saying it again replaces it.
            let id = hex::encode(Sha256::digest(format!("{url}\n{event}").as_bytes()));
            let mut letter = json!({"id": id.get(..ID_DIGITS), "url": url, "event": event});
            if let Some(device) = &self.device_id {
                letter["deviceId"] = json!(device);
            }
            post(format!("{}/webhooks", super::Common::base(self)), self.authorized(), &letter)
        };
        EVENTS.iter().map(one).collect()
    }
}
