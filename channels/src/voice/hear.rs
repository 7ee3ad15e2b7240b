//! What a provider's call to us says of a telephone call.
use flow::words::Urn;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{NOTHING_PARAMETER, person};
use crate::account::{Account, Settings};
use crate::gateways::Call as Fields;
use crate::http::HttpRequest;
use crate::incoming::Unparsable;

/// The longest id of a call that is believed, in bytes.
const MAX_ID_BYTES: usize = 128;
/// The most digits, and letters of speech, that are taken.
const MAX_DIGITS_HEARD: usize = 100;
const MAX_SPEECH_CHARS: usize = 2000;

/// What a provider's call to us says of one telephone call.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The provider's id of the call.
    pub id: String,
    pub direction: Direction,
    /// The person's number; absent when she hides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Urn>,
    /// Our end, as the provider writes it.
    pub line: String,
    pub status: CallStatus,
    /// Our own id of a call that we began, where the provider brings it back with the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<Uuid>,
    /// Who took the call, where the provider was asked to find out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<AnsweredBy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// How putting the call through ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialled: Option<DialEnd>,
    /// Seconds that the call took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Whether it only tells: nothing that is answered is said to anybody.
    pub is_report: bool,
}

/// What a person said, and her number, must not reach a log by way of `{:?}`.
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("direction", &self.direction)
            .field("status", &self.status)
            .field("is_report", &self.is_report)
            .finish_non_exhaustive()
    }
}

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The person called the line.
    In,
    Out,
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    Queued,
    Ringing,
    /// Somebody, or something, took it.
    Active,
    Completed,
    Busy,
    NoAnswer,
    Failed,
    Cancelled,
}

impl CallStatus {
    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Cancelled)
    }
}

/// Who took a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnsweredBy {
    Person,
    /// An answering machine or a fax: nothing of a case may be said.
    Machine,
    /// The provider could not tell: to be treated like a machine where a case is spoken of.
    Unknown,
}

/// What a person answered.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Input {
    Digits {
        digits: String,
    },
    Speech {
        text: String,
        /// 0 to 1, where the provider says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        confidence: Option<f64>,
    },
    Recording {
        url: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u32>,
    },
    /// Nothing at all, after all tries.
    Nothing,
}

/// How it was answered only: what she said must not reach a log.
impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Digits { .. } => "Digits",
            Self::Speech { .. } => "Speech",
            Self::Recording { .. } => "Recording",
            Self::Nothing => "Nothing",
        })
    }
}

/// How putting a call through ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialEnd {
    pub status: CallStatus,
    /// Seconds that the two spoke.
    pub seconds: u32,
}

/// What a call cost, as the provider writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    pub amount: String,
    pub currency: String,
}

/// What a provider's call to us says of a telephone call. Never panics, whatever the bytes.
///
/// # Errors
/// When it says nothing of a call, or the account's provider makes none.
pub fn hear(account: &Account, request: &HttpRequest) -> Result<Call, Unparsable> {
    crate::readable(request)?;
    let fields = Fields::of(request);
    match &account.settings {
        Settings::Twilio(_) | Settings::TwilioVoice(_) => twilio(account, &fields),
        Settings::AfricasTalking(_) | Settings::AfricasTalkingVoice(_) => africas_talking(account, &fields),
        _ => Err(Unparsable::at("provider")),
    }
}

fn id(fields: &Fields, name: &str) -> Result<String, Unparsable> {
    let id = fields.required(name)?;
    if id.len() > MAX_ID_BYTES { Err(Unparsable::at(name)) } else { Ok(id.to_owned()) }
}

fn number(fields: &Fields, name: &str) -> Option<u32> {
    fields
        .get(name)?
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|n| (0.0..4e9).contains(n))
        .and_then(|n| format!("{n:.0}").parse().ok())
}

fn digits(text: &str) -> Option<Input> {
    let digits: String = text
        .chars()
        .filter(|c| c.is_ascii_digit() || matches!(c, '#' | '*'))
        .take(MAX_DIGITS_HEARD)
        .collect();
    (!digits.is_empty()).then_some(Input::Digits { digits })
}

fn twilio(account: &Account, fields: &Fields) -> Result<Call, Unparsable> {
    let direction = match fields.get("Direction").unwrap_or("inbound") {
        "inbound" => Direction::In,
        _ => Direction::Out,
    };
    let (theirs, ours) = match direction {
        Direction::In => ("From", "To"),
        Direction::Out => ("To", "From"),
    };
    let status = twilio_status(fields.required("CallStatus")?).ok_or_else(|| Unparsable::at("CallStatus"))?;
    let input = twilio_input(fields);
    // What comes as a mere report says where it comes from. The end of a call is one in any case, but for a recording that
    // she ended by hanging up: that comes as an answer to our question, when the call is over.
    let is_report = fields.get("CallbackSource").is_some()
        || fields.get("SequenceNumber").is_some()
        || (status.is_over() && !matches!(input, Some(Input::Recording { .. })));
    let seconds = number(fields, "CallDuration");
    let dialled = fields
        .get("DialCallStatus")
        .and_then(twilio_status)
        .map(|status| DialEnd { status, seconds: number(fields, "DialCallDuration").unwrap_or(0) });
    Ok(Call {
        id: id(fields, "CallSid")?,
        direction,
        person: fields.get(theirs).and_then(|number| person(account, number)),
        line: fields.get(ours).unwrap_or("").to_owned(),
        status,
        ours: None,
        answered_by: fields.get("AnsweredBy").map(answered_by),
        input,
        dialled,
        seconds,
        cost: None,
        is_report,
    })
}

fn twilio_status(word: &str) -> Option<CallStatus> {
    Some(match word {
        "queued" | "initiated" => CallStatus::Queued,
        "ringing" => CallStatus::Ringing,
        "in-progress" | "answered" => CallStatus::Active,
        "completed" => CallStatus::Completed,
        "busy" => CallStatus::Busy,
        "no-answer" => CallStatus::NoAnswer,
        "failed" => CallStatus::Failed,
        "canceled" => CallStatus::Cancelled,
        _ => return None,
    })
}

fn answered_by(word: &str) -> AnsweredBy {
    match word {
        "human" => AnsweredBy::Person,
        "fax" => AnsweredBy::Machine,
        word if word.starts_with("machine") => AnsweredBy::Machine,
        _ => AnsweredBy::Unknown,
    }
}

fn twilio_input(fields: &Fields) -> Option<Input> {
    if let Some(url) = fields.get("RecordingUrl") {
        return Some(Input::Recording { url: url.to_owned(), seconds: number(fields, "RecordingDuration") });
    }
    if let Some(text) = fields.get("SpeechResult") {
        let confidence = fields.get("Confidence").and_then(|text| text.parse::<f64>().ok());
        return Some(Input::Speech {
            text: text.chars().take(MAX_SPEECH_CHARS).collect(),
            confidence: confidence.filter(|number| (0.0..=1.0).contains(number)),
        });
    }
    // Twilio says `hangup` for a recording that was ended so.
    let pressed = fields.get("Digits").filter(|text| *text != "hangup").and_then(digits);
    pressed.or_else(|| nothing(fields))
}

fn nothing(fields: &Fields) -> Option<Input> {
    fields.get(NOTHING_PARAMETER).map(|_| Input::Nothing)
}

fn africas_talking(account: &Account, fields: &Fields) -> Result<Call, Unparsable> {
    let active = fields.required("isActive")? == "1";
    let direction = match fields.get("direction") {
        Some(word) if word.eq_ignore_ascii_case("outbound") => Direction::Out,
        _ => Direction::In,
    };
    // Its documents do not agree on which end of a call of ours is the caller: the line's own number tells.
    let ends = [fields.get("callerNumber"), fields.get("destinationNumber")];
    let is_ours = |number: &str| {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        !account.address.is_empty() && digits(number) == digits(&account.address)
    };
    let (theirs, ours) = match ends {
        [Some(caller), other] if is_ours(caller) => (other, Some(caller)),
        [caller, other] => (caller, other),
    };
    let state = fields.get("callSessionState").unwrap_or("");
    let status = match (active, state) {
        (true, "Ringing") => CallStatus::Ringing,
        (true, _) => CallStatus::Active,
        (false, _) => ended(fields.get("hangupCause").or(fields.get("status")).unwrap_or(state)),
    };
    let pressed = fields.get("dtmfDigits").and_then(digits);
    let recorded = fields.get("recordingUrl").map(|url| Input::Recording {
        url: url.to_owned(),
        seconds: number(fields, "recordingDurationInSeconds"),
    });
    let dialled = fields.get("dialDurationInSeconds").map(|_| {
        let seconds = number(fields, "dialDurationInSeconds").unwrap_or(0);
        let status = if seconds > 0 { CallStatus::Completed } else { CallStatus::NoAnswer };
        DialEnd { status, seconds }
    });
    let cost = fields.get("amount").filter(|amount| amount.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    Ok(Call {
        id: id(fields, "sessionId")?,
        direction,
        person: theirs.and_then(|number| person(account, number)),
        line: ours.unwrap_or("").to_owned(),
        status,
        ours: fields.get("clientRequestId").and_then(|id| id.parse().ok()),
        answered_by: None,
        input: pressed.or(recorded).or_else(|| nothing(fields)),
        dialled,
        seconds: number(fields, "durationInSeconds"),
        cost: cost.map(|amount| Cost {
            amount: amount.to_owned(),
            currency: fields.get("currencyCode").unwrap_or("").chars().take(3).collect(),
        }),
        is_report: !active,
    })
}

/// Why a call is over, by Africa's Talking's words, which are those of the telephone network.
fn ended(cause: &str) -> CallStatus {
    match cause {
        "USER_BUSY" => CallStatus::Busy,
        "NO_ANSWER" | "NO_USER_RESPONSE" | "SUBSCRIBER_ABSENT" => CallStatus::NoAnswer,
        "CALL_REJECTED" | "ORIGINATOR_CANCEL" => CallStatus::Cancelled,
        "UNALLOCATED_NUMBER"
        | "NORMAL_TEMPORARY_FAILURE"
        | "SERVICE_UNAVAILABLE"
        | "RECOVERY_ON_TIMER_EXPIRE"
        | "USER_NOT_REGISTERED"
        | "UNSPECIFIED"
        | "Failed"
        | "Aborted" => CallStatus::Failed,
        _ => CallStatus::Completed,
    }
}
