//! What the engine cannot do itself and asks the server for: calls to the outside world, made with no
//! transaction open. The answer goes back in with [`crate::resume`] and the sprint continues where it stopped.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::events::{Tokens, TraceSizes, WebhookStatus};
use crate::refs::Ref;
use crate::words::Urn;

/// Counts the questions of a session, so that an answer given twice or too late is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct AskId(pub u32);

/// One question and its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    pub id: AskId,
    pub kind: AskKind,
}

/// Everything needed to perform it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AskKind {
    /// Make a web call. Answer: [`AskAnswer::Webhook`].
    Webhook {
        method: String,
        url: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        body: String,
        /// The resthook whose subscriber is called; empty for a plain web call.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        resthook: String,
    },
    /// Put a text to a language model. Answer: [`AskAnswer::Llm`].
    Llm { llm: Ref, instructions: String, input: String },
    /// Send airtime; `amounts` by currency, the provider's currency decides. Answer: [`AskAnswer::Airtime`].
    Airtime { sender: String, recipient: Urn, amounts: BTreeMap<String, serde_json::Number> },
    /// Send an e-mail. Answer: [`AskAnswer::Email`].
    Email { to: Vec<String>, subject: String, body: String },
    /// Give an address to the contact unless somebody else has it; the server may answer at once, inside its
    /// transaction. Answer: [`AskAnswer::ClaimUrn`].
    ClaimUrn { urn: Urn },
}

/// How it went.
#[derive(Debug, Clone, PartialEq)]
pub enum AskAnswer {
    Webhook(WebhookReply),
    /// The output, or why there is none.
    Llm(Result<LlmReply, String>),
    Airtime(Result<AirtimeReply, String>),
    Email(Result<(), String>),
    /// Whether the address is now the contact's.
    ClaimUrn(bool),
}

/// A web call's end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WebhookReply {
    /// 0 when there was no response.
    pub status_code: u16,
    /// The request as it went out, for the log that the flow's author sees.
    pub request: String,
    /// The response as it came in, likewise.
    pub response: String,
    pub headers: BTreeMap<String, String>,
    /// Raw bytes; what is not JSON is not used.
    pub body: Vec<u8>,
    pub elapsed_ms: u64,
    pub retries: u32,
    pub sizes: TraceSizes,
    /// `None`: derived from the status code.
    pub status: Option<WebhookStatus>,
}

/// A language model's output.
#[derive(Debug, Clone, PartialEq)]
pub struct LlmReply {
    pub output: String,
    pub tokens: Tokens,
    pub elapsed_ms: u64,
}

/// Airtime that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct AirtimeReply {
    pub external_id: String,
    pub currency: String,
    pub amount: serde_json::Number,
    pub http_logs: Vec<Json>,
}

impl AskKind {
    /// The number of the answer that this takes, to tell a wrong one apart.
    pub(crate) fn takes(&self, answer: &AskAnswer) -> bool {
        matches!(
            (self, answer),
            (Self::Webhook { .. }, AskAnswer::Webhook(_))
                | (Self::Llm { .. }, AskAnswer::Llm(_))
                | (Self::Airtime { .. }, AskAnswer::Airtime(_))
                | (Self::Email { .. }, AskAnswer::Email(_))
                | (Self::ClaimUrn { .. }, AskAnswer::ClaimUrn(_))
        )
    }
}
