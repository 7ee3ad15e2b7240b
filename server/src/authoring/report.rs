//! What became of an import, in words: what was taken, what is missing, what will be otherwise here.
use std::collections::{BTreeMap, BTreeSet};

use flow::assets::Assets;
use flow::inspect::inspect;
use flow::migrations::PRESENT;
use serde_json::Value as Json;
use uuid::Uuid;

use super::export::{Export, actions, name_of, uuid_of};
use super::lay::Laid;
use super::sayings::{self, Saying};
use super::view::{FlowChange, Report, ReportItem, Says};
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

fn item(kind: &str, name: &str, flow: Option<&str>, says: impl Into<Vec<Says>>) -> ReportItem {
    let says = says.into();
    let text = sayings::english(&says);
    ReportItem { kind: kind.to_owned(), name: name.to_owned(), flow: flow.map(str::to_owned), text, says }
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
        let saying = match line.change {
            Some(FlowChange::New) => sayings::FLOW_NEW,
            Some(FlowChange::Same) => sayings::FLOW_SAME,
            _ if was_renamed("flow", &line.name) => sayings::FLOW_TAKES_PLACE_AND_ID,
            _ => sayings::FLOW_TAKES_PLACE,
        };
        let mut says = vec![saying.says()];
        if let Some(from) = done.export.versions.get(&line.uuid).filter(|from| **from != PRESENT.to_string())
        {
            says.push(sayings::FLOW_MIGRATED.with(&[("version", from)]));
        }
        taken.push(item("flow", &line.name, None, says));
    }
    for group in &done.export.groups {
        let name = name_of(group);
        let says = match group["query"].as_str().filter(|query| !query.is_empty()) {
            Some(query) => sayings::GROUP_BY_QUERY.with(&[("query", query)]),
            None if was_renamed("group", name) => sayings::GROUP_OF_THE_LINE.says(),
            None => sayings::GROUP_EMPTY.says(),
        };
        taken.push(item("group", name, None, [says]));
    }
    for field in &done.export.fields {
        let name = field["name"].as_str().or_else(|| field["key"].as_str()).unwrap_or("");
        let made = done.made.iter().any(|(kind, made)| *kind == "field" && made == name);
        let saying = if made { sayings::FIELD_MADE } else { sayings::FIELD_TAKEN };
        taken.push(item("field", name, None, [saying.says()]));
    }
    for global in &done.export.globals {
        let key = global["key"].as_str().unwrap_or("");
        taken.push(item("global", key, None, [sayings::GLOBAL_TAKEN.says()]));
    }
    for trigger in done.export.triggers.iter().filter(|trigger| trigger["trigger_type"] == "K") {
        let words: Vec<&str> = keywords_of(trigger).collect();
        let flow = trigger["flow"]["name"].as_str();
        let begins = trigger["match_type"] == "F";
        let saying = if begins { sayings::TRIGGER_BEGINS } else { sayings::TRIGGER_IS };
        taken.push(item("trigger", &words.join(", "), flow, [saying.says()]));
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
            let says = what_to_do(&dependency.kind).says();
            missing.push(item(&dependency.kind, &name, Some(&flow.name), [says]));
        }
    }
    for flow in &export.flows {
        let name = name_of(flow);
        for (_, action) in actions(flow) {
            let topic = action["topic"]["name"].as_str();
            if let Some(topic) = topic.filter(|topic| line.topic_key(topic).is_none()) {
                missing.push(item("topic", topic, Some(name), [sayings::MISSING_TOPIC.says()]));
            }
        }
    }
    missing
}

fn what_to_do(kind: &str) -> Saying {
    match kind {
        "flow" => sayings::MISSING_FLOW,
        "group" | "field" => sayings::MISSING_ASSET,
        "global" => sayings::MISSING_GLOBAL,
        "channel" => sayings::MISSING_CHANNEL,
        "template" => sayings::MISSING_TEMPLATE,
        "user" => sayings::MISSING_USER,
        "label" => sayings::MISSING_LABEL,
        "llm" => sayings::MISSING_LLM,
        "optin" => sayings::MISSING_OPTIN,
        "contact" => sayings::MISSING_CONTACT,
        _ => sayings::MISSING_OTHER,
    }
}

/// What the actions of a type come to, where it is not what they come to in RapidPro.
fn differing_action(kind: &str) -> Option<(&'static str, Saying)> {
    Some(match kind {
        "call_classifier" => ("classifier", sayings::DIFFERS_CLASSIFIER),
        "call_llm" => ("llm", sayings::MISSING_LLM),
        "transfer_airtime" => ("airtime", sayings::DIFFERS_AIRTIME),
        "send_email" => ("email", sayings::DIFFERS_EMAIL),
        "request_optin" => ("optin", sayings::MISSING_OPTIN),
        "send_broadcast" => ("broadcast", sayings::DIFFERS_BROADCAST),
        "start_session" => ("session", sayings::DIFFERS_SESSION),
        "add_input_labels" => ("label", sayings::MISSING_LABEL),
        "add_contact_urn" => ("urn", sayings::DIFFERS_URN),
        "set_contact_status" => ("status", sayings::DIFFERS_STATUS),
        "set_contact_timezone" => ("timezone", sayings::DIFFERS_TIMEZONE),
        "set_contact_channel" => ("channel", sayings::DIFFERS_CHANNEL),
        "call_resthook" => ("resthook", sayings::DIFFERS_RESTHOOK),
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
        let says = sayings::DIFFERS_CAMPAIGN.with(&[("points", &points.to_string())]);
        differs.push(item("campaign", name_of(campaign), None, [says]));
    }
    for trigger in &export.triggers {
        differs.extend(differing_trigger(trigger));
    }
    if export.flows.iter().any(changes_people) {
        differs.push(item("consent", "", None, [sayings::DIFFERS_CONSENT.says()]));
    }
    let place = [("timezone", line.content.timezone.as_str()), ("country", line.content.country.as_str())];
    differs.push(item("environment", "", None, [sayings::DIFFERS_ENVIRONMENT.with(&place)]));
    differs.push(item("line", "", None, [sayings::DIFFERS_LINE.says()]));
    differs
}

fn differs_in_flow(line: &Line, flow: &Json, differs: &mut Vec<ReportItem>) {
    let name = name_of(flow);
    let mut kinds: BTreeMap<&str, Saying> = BTreeMap::new();
    for (_, action) in actions(flow) {
        let kind = action["type"].as_str().unwrap_or("");
        kinds.extend(differing_action(kind));
        if kind == "call_webhook" {
            let url = action["url"].as_str().unwrap_or("");
            differs.push(item("webhook", &host(url), Some(name), [sayings::DIFFERS_WEBHOOK.says()]));
        }
        for attachment in action["attachments"].as_array().map_or(&[][..], Vec::as_slice) {
            let text = attachment.as_str().unwrap_or("");
            let path = text.split_once(':').map_or(text, |(_, path)| path);
            if !path.starts_with("http") && !path.starts_with('@') {
                differs.push(item("attachment", path, Some(name), [sayings::DIFFERS_ATTACHMENT.says()]));
            }
        }
    }
    differs.extend(kinds.into_iter().map(|(kind, saying)| item(kind, "", Some(name), [saying.says()])));
    match flow["type"].as_str() {
        Some("voice") if !line.channels.iter().any(|channel| channel.kind == ChannelKind::Voice) => {
            differs.push(item("voice", "", Some(name), [sayings::DIFFERS_VOICE.says()]));
        }
        Some("messaging_offline") => {
            differs.push(item("surveyor", "", Some(name), [sayings::DIFFERS_SURVEYOR.says()]));
        }
        _ => {}
    }
    let spoken: BTreeSet<String> = line.content.languages.iter().map(ToString::to_string).collect();
    let translated = flow["localization"].as_object().into_iter().flat_map(|languages| languages.keys());
    let of_flow: BTreeSet<String> =
        translated.cloned().chain(flow["language"].as_str().map(str::to_owned)).collect();
    for language in of_flow.difference(&spoken) {
        let says = sayings::LANGUAGE_NOT_SPOKEN.says();
        differs.push(item("language", language, Some(name), [says]));
    }
    for language in spoken.difference(&of_flow) {
        let says = sayings::LANGUAGE_NOT_TRANSLATED.says();
        differs.push(item("language", language, Some(name), [says]));
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
    let (name, saying) = match trigger["trigger_type"].as_str().unwrap_or("") {
        "K" => {
            let limited = ["groups", "exclude_groups", "contacts"];
            let limited =
                limited.iter().any(|key| trigger[*key].as_array().is_some_and(|list| !list.is_empty()))
                    || !trigger["channel"].is_null();
            if !limited {
                return None;
            }
            (words.join(", "), sayings::TRIGGER_UNLIMITED)
        }
        "C" => ("catch-all".to_owned(), sayings::TRIGGER_CATCH_ALL),
        "S" => ("schedule".to_owned(), sayings::TRIGGER_SCHEDULE),
        "V" => ("incoming call".to_owned(), sayings::TRIGGER_CALL),
        "M" => ("missed call".to_owned(), sayings::TRIGGER_MISSED_CALL),
        "N" => ("new conversation".to_owned(), sayings::TRIGGER_NEW_CONVERSATION),
        "R" => ("referral".to_owned(), sayings::TRIGGER_REFERRAL),
        "T" => ("closed conversation".to_owned(), sayings::TRIGGER_CLOSED),
        "I" | "O" => ("opt-in".to_owned(), sayings::TRIGGER_OPTIN),
        other => (other.to_owned(), sayings::TRIGGER_OTHER),
    };
    Some(item("trigger", &name, flow, [saying.says()]))
}

/// The flows of an export that cannot be read at all.
#[must_use]
pub fn unread(export: &Export, assets: &Assets) -> usize {
    let is_read = |uuid: Option<Uuid>| uuid.is_some_and(|uuid| assets.flow(uuid).is_some());
    export.flows.iter().filter(|flow| !is_read(uuid_of(flow))).count()
}
