//! What became of an import, in words: what was taken, what is missing, what will be otherwise here.
use std::collections::{BTreeMap, BTreeSet};

use flow::assets::Assets;
use flow::inspect::inspect;
use flow::migrations::PRESENT;
use serde_json::Value as Json;
use uuid::Uuid;

use super::export::{Export, actions, name_of, uuid_of};
use super::lay::Laid;
use super::view::{FlowChange, Report, ReportItem};
use crate::lines::{ChannelKind, Line, keywords_of};

/// The most lines of each part of a report.
const MAX_ITEMS: usize = 1_000;

/// What was done to an export before it was laid over the line's flows.
pub struct Done<'a> {
    pub export: &'a Export,
    /// Groups and fields that were made because flows name them.
    pub made: &'a [(&'static str, String)],
    /// Flows and groups that took the id of the line's own.
    pub renamed: &'a [(&'static str, String)],
}

fn item(kind: &str, name: &str, flow: Option<&str>, text: impl Into<String>) -> ReportItem {
    ReportItem {
        kind: kind.to_owned(),
        name: name.to_owned(),
        flow: flow.map(str::to_owned),
        text: text.into(),
    }
}

/// Tells what became of an import.
#[must_use]
pub fn report(line: &Line, done: &Done<'_>, laid: &Laid) -> Report {
    let mut report = Report {
        taken: taken(done, laid),
        missing: missing(line, done.export, &laid.assets),
        differs: differs(line, done.export),
    };
    for list in [&mut report.taken, &mut report.missing, &mut report.differs] {
        let mut seen = BTreeSet::new();
        list.retain(|item| seen.insert(item.clone()));
        list.truncate(MAX_ITEMS);
    }
    report
}

fn taken(done: &Done<'_>, laid: &Laid) -> Vec<ReportItem> {
    let mut taken = Vec::new();
    let was_renamed = |kind: &str, name: &str| done.renamed.iter().any(|(k, n)| *k == kind && n == name);
    for flow in &done.export.flows {
        let Some(line) = laid.flows.iter().find(|line| Some(line.uuid) == uuid_of(flow)) else { continue };
        let mut text = match line.change {
            Some(FlowChange::New) => "New".to_owned(),
            Some(FlowChange::Same) => "The same as the line's".to_owned(),
            _ if was_renamed("flow", &line.name) => {
                "Takes the place of the line's flow of this name, and its id".to_owned()
            }
            _ => "Takes the place of the line's".to_owned(),
        };
        match done.export.versions.get(&line.uuid) {
            Some(from) if *from != PRESENT.to_string() => text.push_str(&format!("; migrated from {from}.")),
            _ => text.push('.'),
        }
        taken.push(item("flow", &line.name, None, text));
    }
    for group in &done.export.groups {
        let name = name_of(group);
        let text = match group["query"].as_str().filter(|query| !query.is_empty()) {
            Some(query) => format!("Whoever fits {query}."),
            None if was_renamed("group", name) => "The line's group of this name.".to_owned(),
            None => "Empty at first: who was in it in RapidPro is not part of an export.".to_owned(),
        };
        taken.push(item("group", name, None, text));
    }
    for field in &done.export.fields {
        let name = field["name"].as_str().or_else(|| field["key"].as_str()).unwrap_or("");
        let made = done.made.iter().any(|(kind, made)| *kind == "field" && made == name);
        let text = if made { "Made, since a flow sets it." } else { "A field of people." };
        taken.push(item("field", name, None, text));
    }
    for global in &done.export.globals {
        taken.push(item("global", global["key"].as_str().unwrap_or(""), None, "With its value."));
    }
    for trigger in done.export.triggers.iter().filter(|trigger| trigger["trigger_type"] == "K") {
        let words: Vec<&str> = keywords_of(trigger).collect();
        let flow = trigger["flow"]["name"].as_str();
        let how = if trigger["match_type"] == "F" { "begins with" } else { "is" };
        taken.push(item(
            "trigger",
            &words.join(", "),
            flow,
            format!("A message that {how} this starts the flow."),
        ));
    }
    taken
}

/// What the export's flows name and the line does not have.
fn missing(line: &Line, export: &Export, assets: &Assets) -> Vec<ReportItem> {
    let mut missing = Vec::new();
    for flow in export.flows.iter().filter_map(|flow| assets.flow(uuid_of(flow)?)) {
        for dependency in inspect(flow, Some(assets)).dependencies.into_iter().filter(|found| found.missing) {
            let name = dependency.name.or(dependency.key).unwrap_or_default();
            let is_answer =
                dependency.kind == "global" && crate::lines::checks::is_answer(&line.content, &name);
            if is_answer {
                continue;
            }
            let text = what_to_do(&dependency.kind);
            missing.push(item(&dependency.kind, &name, Some(&flow.name), text));
        }
    }
    for flow in &export.flows {
        let name = name_of(flow);
        for (_, action) in actions(flow) {
            let topic = action["topic"]["name"].as_str();
            if let Some(topic) = topic.filter(|topic| line.topic_key(topic).is_none()) {
                let text =
                    "The line has no such topic, so conversations come without one: add it to line.toml.";
                missing.push(item("topic", topic, Some(name), text));
            }
        }
    }
    missing
}

fn what_to_do(kind: &str) -> &'static str {
    match kind {
        "flow" => "Export it together with this flow, or take the step out. Publishing waits for it.",
        "group" | "field" => "Export it together with the flow. Publishing waits for it.",
        "global" => {
            "An export has no values of globals: add it to globals in flows.json, as {\"key\", \"name\", \"value\"}."
        }
        "channel" => "The step is left out here: the line's own channels are used.",
        "template" => {
            "Without the template the flow's own text is sent, which WhatsApp refuses outside its 24 hours."
        }
        "user" => "The conversation comes to the whole team instead.",
        "label" => "Messages get no labels here; the step is left out.",
        "llm" => "No language model is connected; the flow takes its way for failures.",
        "optin" => "Opt-ins of channels are not asked for here; the step is left out.",
        "contact" => "People are not part of an export; the step reaches nobody.",
        _ => "The step is left out here.",
    }
}

/// What the actions of a type come to, where it is not what they come to in RapidPro.
fn differing_action(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        "call_classifier" => (
            "classifier",
            "Classifiers are not called any more, here as in RapidPro; the flow takes its way for failures.",
        ),
        "call_llm" => ("llm", "No language model is connected; the flow takes its way for failures."),
        "transfer_airtime" => (
            "airtime",
            "No airtime service is connected; nothing is sent and the flow takes its way for failures.",
        ),
        "send_email" => {
            ("email", "No mail service is connected; nothing is sent, and the author sees it here.")
        }
        "request_optin" => ("optin", "Opt-ins of channels are not asked for; the step is left out."),
        "send_broadcast" => {
            ("broadcast", "Messages to others are not sent from flows; the step is left out.")
        }
        "start_session" => ("session", "Flows are not started for others; the step is left out."),
        "add_input_labels" => ("label", "Messages get no labels; the step is left out."),
        "add_contact_urn" => ("urn", "Addresses that flows add are not kept."),
        "set_contact_status" => {
            ("status", "People are not blocked or archived by flows; the step is left out.")
        }
        "set_contact_timezone" => {
            ("timezone", "The line's time zone is used for everybody; the step is left out.")
        }
        "set_contact_channel" => {
            ("channel", "Answers go out on the channel that a person wrote on; the step is left out.")
        }
        "call_resthook" => ("resthook", "Resthooks have no subscribers unless flows.json lists them."),
        _ => return None,
    })
}

fn differs(line: &Line, export: &Export) -> Vec<ReportItem> {
    let mut differs = Vec::new();
    for flow in &export.flows {
        differs_in_flow(line, flow, &mut differs);
    }
    for campaign in &export.campaigns {
        let points = campaign["events"].as_array().map_or(0, Vec::len);
        let text =
            format!("Campaigns are not taken: nothing is sent or started at its {points} points in time.");
        differs.push(item("campaign", name_of(campaign), None, text));
    }
    for trigger in &export.triggers {
        differs.extend(differing_trigger(trigger));
    }
    if export.flows.iter().any(changes_people) {
        let text = "What flows write down of a person (name, fields, groups) is kept only if she has agreed to the notice.";
        differs.push(item("consent", "", None, text));
    }
    let content = &line.content;
    let text = format!(
        "Dates are read as day, month, year, in the time zone {}, numbers and phone numbers as in {}: the line's, \
         not those of the workspace that the export is from.",
        content.timezone, content.country
    );
    differs.push(item("environment", "", None, text));
    let text = "Messages that speak of danger, and the words for STOP, INFO, FORGET and HELP, never come to a flow: the \
                line answers them itself.";
    differs.push(item("line", "", None, text));
    differs
}

fn differs_in_flow(line: &Line, flow: &Json, differs: &mut Vec<ReportItem>) {
    let name = name_of(flow);
    let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, action) in actions(flow) {
        let kind = action["type"].as_str().unwrap_or("");
        kinds.extend(differing_action(kind));
        if kind == "call_webhook" {
            let url = action["url"].as_str().unwrap_or("");
            let text = "This server makes the call: whoever answers it must let it in, and may know what it is sent.";
            differs.push(item("webhook", &host(url), Some(name), text));
        }
        for attachment in action["attachments"].as_array().map_or(&[][..], Vec::as_slice) {
            let text = attachment.as_str().unwrap_or("");
            let path = text.split_once(':').map_or(text, |(_, path)| path);
            if !path.starts_with("http") && !path.starts_with('@') {
                let text = "The file is not part of an export: put it where it can be fetched, and write its whole address.";
                differs.push(item("attachment", path, Some(name), text));
            }
        }
    }
    differs.extend(kinds.into_iter().map(|(kind, text)| item(kind, "", Some(name), text)));
    match flow["type"].as_str() {
        Some("voice") if !line.channels.iter().any(|channel| channel.kind == ChannelKind::Voice) => {
            let text = "The line has no telephone channel: nobody hears this flow until it has one.";
            differs.push(item("voice", "", Some(name), text));
        }
        Some("messaging_offline") => {
            let text = "It was made for RapidPro's Surveyor app, which does not speak to this server.";
            differs.push(item("surveyor", "", Some(name), text));
        }
        _ => {}
    }
    let spoken: BTreeSet<String> = line.content.languages.iter().map(ToString::to_string).collect();
    let translated = flow["localization"].as_object().into_iter().flat_map(|languages| languages.keys());
    let of_flow: BTreeSet<String> =
        translated.cloned().chain(flow["language"].as_str().map(str::to_owned)).collect();
    for language in of_flow.difference(&spoken) {
        let text = "The line does not speak this language, so nobody sees these texts by choice.";
        differs.push(item("language", language, Some(name), text));
    }
    for language in spoken.difference(&of_flow) {
        let text = "The flow is not translated into this language of the line; its own language is shown.";
        differs.push(item("language", language, Some(name), text));
    }
}

fn changes_people(flow: &Json) -> bool {
    let kinds = ["set_contact_name", "set_contact_field", "add_contact_groups", "remove_contact_groups"];
    actions(flow).any(|(_, action)| kinds.iter().any(|kind| action["type"] == *kind))
}

/// The host of an address; what holds expressions is shown as it is.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest).to_owned()
}

fn differing_trigger(trigger: &Json) -> Option<ReportItem> {
    let flow = trigger["flow"]["name"].as_str();
    let words: Vec<&str> = keywords_of(trigger).collect();
    let (name, text) = match trigger["trigger_type"].as_str().unwrap_or("") {
        "K" => {
            let limited = ["groups", "exclude_groups", "contacts"];
            let limited =
                limited.iter().any(|key| trigger[*key].as_array().is_some_and(|list| !list.is_empty()))
                    || !trigger["channel"].is_null();
            if !limited {
                return None;
            }
            (
                words.join(", "),
                "The keyword works for everybody and on every channel; its limits are not taken.",
            )
        }
        "C" => (
            "catch-all".to_owned(),
            "Not taken: what nothing else answers goes to the line's main flow (main_flow in line.toml).",
        ),
        "S" => ("schedule".to_owned(), "Not taken: no flow is started by the clock."),
        "V" => (
            "incoming call".to_owned(),
            "Not taken: whoever calls is greeted like whoever writes, and then hears the line's main flow.",
        ),
        "M" => ("missed call".to_owned(), "Not taken: missed calls start no flow."),
        "N" => (
            "new conversation".to_owned(),
            "Not taken: the line greets people itself, with its language question and notice.",
        ),
        "R" => ("referral".to_owned(), "Not taken: referrals of channels start no flow."),
        "T" => (
            "closed conversation".to_owned(),
            "Not taken: the flow after a conversation is after_close_flow in line.toml.",
        ),
        "I" | "O" => ("opt-in".to_owned(), "Not taken: STOP and START are words of the line."),
        other => (other.to_owned(), "Not taken: this kind of trigger does not exist here."),
    };
    Some(item("trigger", &name, flow, text))
}

/// The flows of an export that cannot be read at all.
#[must_use]
pub fn unread(export: &Export, assets: &Assets) -> usize {
    let is_read = |uuid: Option<Uuid>| uuid.is_some_and(|uuid| assets.flow(uuid).is_some());
    export.flows.iter().filter(|flow| !is_read(uuid_of(flow))).count()
}
