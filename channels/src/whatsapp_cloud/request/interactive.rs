//! What can be tapped: buttons, a list, or one button that asks for a place, opens a form or a link. What does not
//! fit degrades by rule to numbered lines in the text; no choice is ever left out.
use std::collections::HashSet;

use flow::words::{Content, QuickReply, QuickReplyKind};
use serde_json::{Value, json};

use super::super::labels::labels;
use crate::choices::{NumberedChoice, choice_id, choices_numbered};
use crate::media::web_address;
use crate::outgoing::{Degraded, Feature};
use crate::text::{length, truncate};

const MAX_BUTTONS: usize = 3;
const MAX_BUTTON_TITLE: usize = 20;
const MAX_BUTTON_ID: usize = 256;
const MAX_ROWS: usize = 10;
const MAX_ROW_TITLE: usize = 24;
const MAX_ROW_DESCRIPTION: usize = 72;
const MAX_ROW_ID: usize = 200;
const MAX_FORM_LABEL: usize = 30;
const MAX_LINK_LABEL: usize = 20;
/// The longest body of everything that can be tapped, a list aside.
const MAX_BODY: usize = 1024;
const MAX_LIST_BODY: usize = 4096;
/// The version of Meta's protocol for forms.
const FORM_MESSAGE_VERSION: &str = "3";

/// How the quick replies of a message are shown.
pub(super) struct Plan {
    pub(super) interactive: Option<Interactive>,
    /// Choices that go into the text as numbered lines.
    pub(super) numbered: Vec<NumberedChoice>,
    /// Links that go into the text as lines.
    pub(super) links: Vec<String>,
}

/// One interactive message.
pub(super) enum Interactive {
    Buttons(Vec<Row>),
    List { rows: Vec<Row>, label: &'static str },
    Location,
    Form { id: String, label: String },
    Link { url: String, label: String },
}

/// A button or a row of a list.
pub(super) struct Row {
    id: String,
    title: String,
    description: Option<String>,
}

impl Interactive {
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Buttons(_) => "button",
            Self::List { .. } => "list",
            Self::Location => "location_request_message",
            Self::Form { .. } => "flow",
            Self::Link { .. } => "cta_url",
        }
    }

    pub(super) const fn max_body(&self) -> usize {
        match self {
            Self::List { .. } => MAX_LIST_BODY,
            Self::Buttons(_) | Self::Location | Self::Form { .. } | Self::Link { .. } => MAX_BODY,
        }
    }

    pub(super) const fn takes_header(&self) -> bool {
        matches!(self, Self::Buttons(_) | Self::Link { .. })
    }

    /// WhatsApp refuses an empty body; choices without a text never get here.
    pub(super) fn body_without_text(&self) -> &str {
        match self {
            Self::Location => "📍",
            Self::Form { label, .. } | Self::Link { label, .. } => label,
            Self::Buttons(_) | Self::List { .. } => "…",
        }
    }

    pub(super) fn action(&self) -> Value {
        match self {
            Self::Buttons(rows) => {
                let button =
                    |row: &Row| json!({"type": "reply", "reply": {"id": row.id, "title": row.title}});
                json!({"buttons": rows.iter().map(button).collect::<Vec<_>>()})
            }
            Self::List { rows, label } => {
                let row = |row: &Row| {
                    let mut value = json!({"id": row.id, "title": row.title});
                    if let Some(description) = &row.description {
                        value["description"] = json!(description);
                    }
                    value
                };
                json!({"button": label, "sections": [{"rows": rows.iter().map(row).collect::<Vec<_>>()}]})
            }
            Self::Location => json!({"name": "send_location"}),
            Self::Form { id, label } => json!({"name": "flow", "parameters": {
                "flow_message_version": FORM_MESSAGE_VERSION, "flow_id": id, "flow_cta": label,
            }}),
            Self::Link { url, label } => {
                json!({"name": "cta_url", "parameters": {"display_text": label, "url": url}})
            }
        }
    }
}

/// Decides how a message's quick replies are shown.
pub(super) fn plan(content: &Content, degraded: &mut Vec<Degraded>) -> Plan {
    let mut plan = Plan { interactive: None, numbered: Vec::new(), links: Vec::new() };
    for reply in &content.quick_replies {
        if let Some(single) = single(reply, &content.locale, degraded) {
            if plan.interactive.is_none() {
                plan.interactive = Some(single);
            } else {
                beside_another(single, &mut plan.links, degraded);
            }
        }
    }
    let choices = choices_numbered(&content.quick_replies);
    if choices.is_empty() {
        return plan;
    }
    let offered: Vec<&QuickReply> = content
        .quick_replies
        .iter()
        .filter(|r| r.kind == QuickReplyKind::Text && !r.text.trim().is_empty())
        .collect();
    let fitting = match &plan.interactive {
        Some(_) => {
            Err("choices cannot stand beside a location request, a form or a link; they are numbered lines")
        }
        None if content.text.trim().is_empty() => {
            Err("WhatsApp shows no choices without a text; they are numbered lines")
        }
        None => buttons(&offered).map_or_else(|| list(&offered, &content.locale, degraded), Ok),
    };
    match fitting {
        Ok(interactive) => plan.interactive = Some(interactive),
        Err(why) => {
            degraded.push(Degraded::new(Feature::QuickReplies, why));
            plan.numbered = choices;
        }
    }
    plan
}

/// The quick replies that make an interactive message of their own.
fn single(reply: &QuickReply, locale: &str, degraded: &mut Vec<Degraded>) -> Option<Interactive> {
    let extra = reply.extra.as_deref().unwrap_or("").trim();
    let label = |most: usize, otherwise: &str| match reply.text.trim() {
        "" => otherwise.to_owned(),
        text => truncate(text, most),
    };
    match reply.kind {
        QuickReplyKind::Text => None,
        QuickReplyKind::Location => Some(Interactive::Location),
        QuickReplyKind::Form if extra.is_empty() => {
            degraded.push(Degraded::new(Feature::Form, "the form has no id; it is left out"));
            None
        }
        QuickReplyKind::Form => Some(Interactive::Form {
            id: extra.to_owned(),
            label: label(MAX_FORM_LABEL, labels(locale).form),
        }),
        QuickReplyKind::Url if web_address(extra).is_none() => {
            degraded.push(Degraded::new(Feature::Link, "the link leads nowhere; it is left out"));
            None
        }
        QuickReplyKind::Url => Some(Interactive::Link {
            url: extra.to_owned(),
            label: label(MAX_LINK_LABEL, labels(locale).link),
        }),
    }
}

/// A second location request, form or link in one message.
fn beside_another(second: Interactive, links: &mut Vec<String>, degraded: &mut Vec<Degraded>) {
    degraded.push(match second {
        Interactive::Link { url, label } => {
            links.push(format!("{label}: {url}"));
            Degraded::new(
                Feature::Link,
                "a message has one button of this kind; the link is a line of the text",
            )
        }
        Interactive::Form { .. } => {
            Degraded::new(Feature::Form, "a message has one button of this kind; the form is left out")
        }
        Interactive::Location | Interactive::Buttons(_) | Interactive::List { .. } => Degraded::new(
            Feature::LocationRequest,
            "a message has one button of this kind; the request is left out",
        ),
    });
}

/// Up to three short choices without descriptions.
fn buttons(offered: &[&QuickReply]) -> Option<Interactive> {
    let mut titles = HashSet::new();
    let fit = offered.len() <= MAX_BUTTONS
        && distinct_ids(offered, MAX_BUTTON_ID)
        && offered.iter().all(|reply| {
            let title = reply.text.trim();
            extra(reply).is_none() && length(title) <= MAX_BUTTON_TITLE && titles.insert(title)
        });
    let button = |reply: &&QuickReply| Row {
        id: choice_id(reply).to_owned(),
        title: reply.text.trim().to_owned(),
        description: None,
    };
    fit.then(|| Interactive::Buttons(offered.iter().map(button).collect()))
}

/// Up to ten choices. A long one is cut in its title and stands whole in the description.
fn list(
    offered: &[&QuickReply],
    locale: &str,
    degraded: &mut Vec<Degraded>,
) -> Result<Interactive, &'static str> {
    if offered.len() > MAX_ROWS {
        return Err("WhatsApp lists hold ten choices; they are numbered lines");
    }
    if !distinct_ids(offered, MAX_ROW_ID) {
        return Err("two choices have the same id, or one is too long for an id; they are numbered lines");
    }
    let too_long = |reply: &&QuickReply| {
        let title = length(reply.text.trim());
        title > MAX_ROW_TITLE && (extra(reply).is_some() || title > MAX_ROW_DESCRIPTION)
    };
    if offered.iter().any(too_long) {
        return Err("a choice is longer than a row of a list; they are numbered lines");
    }
    let mut rows = Vec::new();
    for reply in offered {
        let title = reply.text.trim();
        let description = match extra(reply) {
            None if length(title) > MAX_ROW_TITLE => Some(title.to_owned()),
            None => None,
            Some(extra) => {
                if length(extra) > MAX_ROW_DESCRIPTION {
                    let why = "a description is longer than WhatsApp shows; it is cut";
                    degraded.push(Degraded::new(Feature::QuickReplies, why));
                }
                Some(truncate(extra, MAX_ROW_DESCRIPTION))
            }
        };
        rows.push(Row {
            id: choice_id(reply).to_owned(),
            title: truncate(title, MAX_ROW_TITLE),
            description,
        });
    }
    Ok(Interactive::List { rows, label: labels(locale).list })
}

fn extra(reply: &QuickReply) -> Option<&str> {
    reply.extra.as_deref().map(str::trim).filter(|extra| !extra.is_empty())
}

/// WhatsApp refuses a message in which two choices have one id.
fn distinct_ids(offered: &[&QuickReply], longest: usize) -> bool {
    let mut ids = HashSet::new();
    offered.iter().all(|reply| length(choice_id(reply)) <= longest && ids.insert(choice_id(reply)))
}
