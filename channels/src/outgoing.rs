//! What goes out, what it was turned into for the channel, and what became of one request.
use std::collections::BTreeMap;
use std::time::Duration;

use flow::words::{Content, Urn};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::Provider;
use crate::http::{HttpRequest, HttpResponse};

/// What becomes of a [`crate::Message::reply_token`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyTokens {
    /// It works for one message only.
    pub once: bool,
    /// How long it works; `None`: until another one comes.
    pub lasts: Option<Duration>,
}

/// LINE takes a reply token for about a minute (developers.line.biz, "Send reply messages"); we stop a little before.
const LINE_REPLY_LASTS: Duration = Duration::from_secs(50);

/// How a provider's reply tokens are used; `None` where it has none.
#[must_use]
pub const fn reply_tokens(provider: Provider) -> Option<ReplyTokens> {
    match provider {
        Provider::Line => Some(ReplyTokens { once: true, lasts: Some(LINE_REPLY_LASTS) }),
        Provider::Firebase => Some(ReplyTokens { once: false, lasts: None }),
        _ => None,
    }
}

/// One message to one person.
#[derive(Clone, PartialEq)]
pub struct Outgoing {
    /// Our id of the message; the provider gives it back in its reports.
    pub id: Uuid,
    pub to: Urn,
    pub content: Content,
    /// The provider's id of the message that this one answers.
    pub reply_to: Option<String>,
    /// Where the provider may report to, without our id: the adapter adds `uuid=…` to the query. Used by Twilio.
    pub status_callback: Option<String>,
    /// An answer in a conversation and not part of a bulk sending. For providers that have lanes.
    pub high_priority: bool,
    /// What came with the person's message as [`crate::Message::reply_token`]. When it is used up, the outcome is
    /// [`ErrorClass::WindowClosed`]: send again without it.
    pub reply_token: Option<String>,
    /// The time of sending, for providers that want it said; 1970 when nobody set it.
    pub at: Timestamp,
    /// The answers to what [`crate::prepare`] wanted to ask, by key.
    pub answers: BTreeMap<String, HttpResponse>,
}

impl Outgoing {
    /// A message with nothing but its content.
    #[must_use]
    pub const fn new(id: Uuid, to: Urn, content: Content) -> Self {
        Self {
            id,
            to,
            content,
            reply_to: None,
            status_callback: None,
            high_priority: false,
            reply_token: None,
            at: Timestamp::UNIX_EPOCH,
            answers: BTreeMap::new(),
        }
    }
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing").field("id", &self.id).field("to", &self.to).finish_non_exhaustive()
    }
}

/// A message as the channel needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendering {
    /// To be sent in this order, each after the former one was settled as sent. Never empty.
    pub requests: Vec<HttpRequest>,
    /// What the channel could not do as it was written, and what was done instead.
    pub degraded: Vec<Degraded>,
}

/// One thing that was written and that this channel cannot do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degraded {
    pub what: Feature,
    /// In plain words: why, and what was done instead. Holds nothing of the content.
    pub why: String,
}

impl Degraded {
    pub(crate) fn new(what: Feature, why: impl Into<String>) -> Self {
        Self { what, why: why.into() }
    }
}

/// A part of a message that can degrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    Text,
    QuickReplies,
    LocationRequest,
    Form,
    Link,
    Media,
    Caption,
    /// How something is said or asked by telephone.
    Voice,
}

/// Why a message cannot be sent on this channel at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("this channel cannot reach an address of this scheme")]
    Scheme,
    #[error("the address is not one that the provider could know")]
    Address,
    #[error("there is nothing to send: no text, no file, no template")]
    Empty,
    #[error("the template has no id at the provider")]
    TemplateId,
    #[error("the template names a variable that it was not given")]
    TemplateVariable,
    #[error("an attachment is not a file that the provider could fetch")]
    Attachment,
    #[error("the address for reports is not an absolute http or https address")]
    StatusCallback,
    #[error("this channel needs a token that was not fetched: see prepare")]
    Token,
    #[error("the key in the settings cannot be read")]
    Key,
    #[error("this channel makes no telephone calls")]
    Voice,
    #[error("the size of a file must be asked for first: see prepare")]
    Unprepared,
    #[error("a file cannot be had from its address")]
    FileGone,
    #[error("the message would need more than {max} requests", max = crate::MAX_PARTS)]
    TooLong,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The provider took it.
    Sent {
        /// The provider's id of it; empty where the provider gives none and reports, if it does, under ours.
        external_id: String,
        /// Identities of the receiver that the provider told in its answer.
        identities: Vec<Urn>,
    },
    /// It was certainly not sent; sending again later may work.
    Retry {
        class: ErrorClass,
        /// How long the provider asks to wait.
        after: Option<Duration>,
        code: Option<String>,
        /// The provider's words, runs of digits that may be a phone number blotted out.
        why: String,
    },
    /// It was certainly not sent, and sending it again as it is would not help.
    Refused {
        class: ErrorClass,
        code: Option<String>,
        /// The provider's words, runs of digits that may be a phone number blotted out.
        why: String,
    },
    /// Nobody knows whether it was sent: to be reconciled by its report before anything is sent again.
    Unknown,
}

impl Settled {
    /// Taken under an id; without one nobody knows, and the report will tell.
    pub(crate) fn taken(external_id: Option<String>) -> Self {
        external_id.map_or(Self::Unknown, |external_id| Self::Sent { external_id, identities: Vec::new() })
    }

    /// Taken by a provider that gives no ids.
    pub(crate) const fn taken_without_id() -> Self {
        Self::Sent { external_id: String::new(), identities: Vec::new() }
    }
}

/// What a provider answers when it is asked for a message whose answer got lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inquiry {
    /// Messages like the one that was being sent, since then; none: it was not taken. The same words may have been sent
    /// before, so what is known already must be left out.
    Found(Vec<Candidate>),
    /// The answer says nothing: ask again.
    Unclear,
}

/// A message that the provider has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The provider's id of it.
    pub external_id: String,
}

/// What a provider's error means for what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The channel sends too fast: slow it down, try again.
    Throttled,
    /// Too much to this one person: slow down for her only.
    ThrottledPerson,
    /// A passing fault: try again later.
    Transient,
    /// The time for free text is over: use a template, or another channel.
    WindowClosed,
    /// The person cannot be reached on this channel: try another.
    Unreachable,
    /// The person does not want it: record it, and do not try again.
    OptedOut,
    /// The provider will not take it today (its own limits per person, suspicion of spam): not before tomorrow.
    RefusedForNow,
    /// The template is missing, paused, or not filled in as approved: stop what uses it.
    TemplateBroken,
    /// Token, payment, or account: stop the channel and raise the alarm.
    AccountBroken,
    /// The provider does not understand the request: a fault of this adapter or of the content.
    BadRequest,
}

impl ErrorClass {
    /// Whether the same request can work some minutes later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled | Self::ThrottledPerson | Self::Transient)
    }

    /// The name as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::ThrottledPerson => "throttled_person",
            Self::Transient => "transient",
            Self::WindowClosed => "window_closed",
            Self::Unreachable => "unreachable",
            Self::OptedOut => "opted_out",
            Self::RefusedForNow => "refused_for_now",
            Self::TemplateBroken => "template_broken",
            Self::AccountBroken => "account_broken",
            Self::BadRequest => "bad_request",
        }
    }

    /// The outcome of a request that the provider answered with an error of this class.
    pub(crate) fn settle(self, code: Option<String>, why: &str, after: Option<Duration>) -> Settled {
        let why = without_numbers(why);
        if self.is_retryable() {
            Settled::Retry { class: self, after, code, why }
        } else {
            Settled::Refused { class: self, code, why }
        }
    }
}

/// The longest run of digits in a provider's words that is left standing; phone numbers are longer, error codes not.
const MAX_DIGITS_SHOWN: usize = 6;
/// The longest detail of an error that is kept, in characters.
const MAX_DETAIL_CHARS: usize = 300;

/// A provider's words without anything that may be a phone number, cut to a sensible length.
pub(crate) fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    let flush = |digits: &mut String, out: &mut String| {
        if digits.len() > MAX_DIGITS_SHOWN {
            out.push('…')
        } else {
            out.push_str(digits)
        }
        digits.clear();
    };
    for c in text.chars().take(MAX_DETAIL_CHARS) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut digits, &mut out);
            out.push(c);
        }
    }
    flush(&mut digits, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_blotted_out_of_errors() {
        assert_eq!(without_numbers("(#131056) to +593991234567 too fast"), "(#131056) to +… too fast");
        assert_eq!(without_numbers("593991234567"), "…");
        assert_eq!(without_numbers("").as_str(), "");
        assert_eq!(without_numbers(&"ñ".repeat(1000)).chars().count(), MAX_DETAIL_CHARS);
    }

    #[test]
    fn only_passing_faults_are_tried_again() {
        assert!(matches!(ErrorClass::Throttled.settle(None, "", None), Settled::Retry { .. }));
        assert!(matches!(ErrorClass::OptedOut.settle(None, "", None), Settled::Refused { .. }));
    }
}
