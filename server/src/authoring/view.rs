//! What the console is shown of flows, and what it sends.
use std::collections::BTreeMap;

use flow::saved::{SavedAnswer, SavedConversation, Silence};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::inbox::view::Named;
pub use crate::lines::checks::{FlowName, FlowProblem, Severity};
pub use crate::lines::conversations::{TestMismatch, TestRun, TestedConversation};
use crate::tariffs::PriceView;

/// A line's flows: what runs, what is being prepared, what went wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LineFlows {
    pub published: Published,
    pub draft: Option<Draft>,
    /// Mistakes of running flows, those that stopped a flow first, then the latest first.
    pub trouble: Vec<Trouble>,
}

/// The flows that answer people now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Published {
    /// Changes with everything that changes the line; publishing names the version that its author saw.
    pub version: i64,
    pub flows: Vec<FlowLine>,
}

/// How a draft's flow stands to the published one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowChange {
    New,
    Changed,
    Same,
}

/// One flow in a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FlowLine {
    pub uuid: Uuid,
    pub name: String,
    /// `messaging`, `messaging_background`, `messaging_offline` or `voice`.
    pub r#type: String,
    /// The language that its texts are written in.
    pub language: String,
    /// The languages that it is translated into.
    pub languages: Vec<String>,
    pub nodes: usize,
    /// How many things are wrong with it.
    pub problems: usize,
    /// Only in drafts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<FlowChange>,
}

/// Flows that were imported and are not published yet, laid over those that are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Draft {
    pub id: Uuid,
    pub file_name: String,
    pub made_at: String,
    pub made_by: Named,
    pub flows: Vec<FlowLine>,
    pub problems: Vec<FlowProblem>,
    pub report: Report,
    /// The last run of the saved conversations on this draft.
    pub tests: Option<TestRun>,
}

/// A mistake that running flows made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Trouble {
    /// The flow's name.
    pub flow: String,
    /// What went wrong, without anything that a person wrote.
    pub text: String,
    pub last_at: String,
    pub count: i64,
    /// Whether it ended the flow for whoever was in it.
    pub stopped: bool,
    /// The limit that stopped it: `steps`, `sprints`, `runs` or `calls`; null for everything else.
    pub limit: Option<&'static str>,
}

/// What became of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Report {
    /// What is now in the draft.
    pub taken: Vec<ReportItem>,
    /// What flows name and the line does not have.
    pub missing: Vec<ReportItem>,
    /// What will be otherwise here than in RapidPro.
    pub differs: Vec<ReportItem>,
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportItem {
    /// `flow`, `group`, `field`, `global`, `label`, `trigger`, `campaign`, `template`, `channel`, `topic`, `user`,
    /// `classifier`, `llm`, `optin`, `version` and the like.
    pub kind: String,
    pub name: String,
    /// The name of the flow that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// What was done, or what is to be done, in English.
    pub text: String,
    /// The same by codes, for other languages; empty in reports of earlier releases.
    #[serde(default)]
    pub says: Vec<Says>,
}

/// One thing that a report says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Says {
    /// Such as `flow-migrated`.
    pub code: String,
    /// What it names, such as `version`.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

/// A saved conversation in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConversationLine {
    pub slug: String,
    pub name: String,
    /// The flow's name or id, as the conversation says it.
    pub flow: String,
    pub steps: usize,
    /// The file in the line's content folder.
    pub file: String,
}

/// Which definitions are talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Draft,
    Published,
}

/// Which channel's look a simulated conversation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    Whatsapp,
    Sms,
    Webchat,
    /// Said by telephone: choices are keys.
    Voice,
}

/// Who talks in a simulation.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SimulatedContact {
    pub name: Option<String>,
    /// ISO 639-3.
    pub language: Option<String>,
    /// Contact fields by key, as text.
    pub fields: BTreeMap<String, String>,
}

/// One thing that happens in a simulation.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SimulatedStep {
    /// She writes this.
    Says(String),
    /// She taps the choice of this text or id.
    Taps(String),
    /// She sends files, `content_type:url` each.
    Sends(Vec<String>),
    /// She says nothing until the wait comes to this end.
    #[schema(value_type = String, example = "timeout")]
    SilentUntil(Silence),
    /// What the call that the flow waits for comes to, as in saved conversations.
    #[schema(value_type = Object)]
    Answers(SavedAnswer),
}

/// A conversation to be played from its beginning.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Simulate {
    pub source: Source,
    pub flow: Uuid,
    pub look: Look,
    #[serde(default)]
    pub contact: SimulatedContact,
    /// At most 200.
    #[serde(default)]
    pub steps: Vec<SimulatedStep>,
    /// When it begins (RFC 3339); absent: as saved conversations begin.
    #[serde(default)]
    pub begins_on: Option<String>,
}

/// What a simulation came to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Simulation {
    /// The start, then one for each step.
    pub turns: Vec<SimulatedTurn>,
    /// Null when nothing is waited for.
    pub waiting: Option<Waiting>,
    /// Whether the flow is over.
    pub ended: bool,
    pub contact: ContactNow,
    pub results: Vec<ResultNow>,
    /// What everything that the line said costs, by currency.
    pub costs: Vec<Cost>,
}

/// A sum.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Cost {
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

/// What one step led to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SimulatedTurn {
    /// BubbleFrom 0 on; null for the start.
    pub step: Option<usize>,
    pub bubbles: Vec<Bubble>,
    pub notes: Vec<Note>,
}

/// Who a bubble is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BubbleFrom {
    Person,
    Line,
}

/// How choices are shown on a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceStyle {
    Buttons,
    List,
    Numbered,
    None,
}

/// A message as it looks on the channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Bubble {
    pub from: BubbleFrom,
    pub text: String,
    /// The texts that leave on this look, one a message.
    pub parts: Vec<String>,
    pub choices: Vec<BubbleChoice>,
    pub choice_style: ChoiceStyle,
    pub attachments: Vec<BubbleAttachment>,
    /// What the look cannot show as it was written.
    pub degraded: Vec<Degraded>,
    /// Only on SMS.
    pub segments: Option<Segments>,
    /// What it costs today to a number of the line's own country; absent when the table of prices does not say.
    pub price: Option<PriceView>,
}

/// A quick reply.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BubbleChoice {
    pub id: String,
    pub text: String,
}

/// A file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BubbleAttachment {
    pub content_type: String,
    pub url: String,
}

/// Something that a look shows otherwise than it was written.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Degraded {
    pub what: String,
    pub why: String,
}

/// What a text costs on SMS.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Segments {
    pub count: usize,
    /// `gsm7` or `ucs2`.
    pub encoding: &'static str,
    pub characters: usize,
}

impl Segments {
    /// As the channels count them.
    #[must_use]
    pub fn of(segments: channels::Segments) -> Self {
        let channels::Segments { count, encoding, characters, .. } = segments;
        Self { count, encoding: encoding.as_str(), characters }
    }
}

/// What else happened, for the flow's author.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Note {
    /// `result`, `group`, `field`, `name`, `language`, `flow`, `hand_over`, `call`, `error`, `stopped`, `line` and the
    /// like.
    pub kind: String,
    pub text: String,
    /// The node's id, where it is known.
    pub node: Option<Uuid>,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitKind {
    /// She writes.
    Message,
    /// A call ends.
    Dial,
    /// A call to the outside is answered: `{answers: …}`.
    Answer,
}

/// A wait.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Waiting {
    pub kind: WaitKind,
    /// What the call is, such as `webhook GET https://…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
}

/// The simulated person as she is now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContactNow {
    pub name: String,
    pub language: Option<String>,
    pub fields: BTreeMap<String, String>,
    /// Names of groups.
    pub groups: Vec<String>,
}

/// A result as it is now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ResultNow {
    pub key: String,
    pub name: String,
    pub value: String,
    pub category: String,
}

/// A simulation, to be kept as a saved conversation.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveSimulation {
    pub name: String,
    /// The file's name without its ending; absent: made from the name.
    #[serde(default)]
    pub slug: Option<String>,
    pub simulation: Simulate,
}

/// A saved conversation that was kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeptConversation {
    pub slug: String,
    #[schema(value_type = Object)]
    pub conversation: SavedConversation,
}

/// Which version the author saw.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    pub version: i64,
}

/// The version that is published now.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct PublishedVersion {
    pub version: i64,
}

/// The name of the file that is imported.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    pub file: Option<String>,
}
