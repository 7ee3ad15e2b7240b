//! Old rule sets: nodes that wait or split.
use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::importer::{Importer, Object, as_text, list, template, text_of};
use super::rules::{self, Verdict};
use super::{ui, webhooks};

const SECONDS_PER_MINUTE: u64 = 60;

/// What a rule set is apart from its rules.
struct Split {
    action: Option<Object>,
    wait: Option<Json>,
    operand: String,
    /// What the editor calls it, and what it wants to know about it.
    ui: &'static str,
    config: Object,
    /// Whether the router saves the result, and not the action.
    saves: bool,
    random: bool,
}

/// The categories, cases and exits that rules come to.
#[derive(Default)]
struct Routes {
    categories: Vec<Json>,
    exits: Vec<Json>,
    cases: Vec<Json>,
    otherwise: String,
    /// Seconds, and the category.
    timeout: Option<(u64, String)>,
    /// What the editor shows for a case.
    shown: Object,
}

/// Rewrites a rule set; gives the node and how the editor draws it.
///
/// # Errors
/// When its type or the type of a rule is unknown.
pub(super) fn rewrite(
    importer: &mut Importer<'_>,
    old: &Json,
    nodes: &BTreeSet<String>,
) -> Result<(Json, Json), String> {
    let uuid = importer.uuid_of(old, "uuid");
    let routes = routes(importer, old, nodes)?;
    let mut split = split(importer, old)?;
    let label = text_of(old, "label");
    let mut router = Object::new();
    if let Some(mut wait) = split.wait {
        if let Some((seconds, category)) = routes.timeout {
            wait["timeout"] = json!({"seconds": seconds, "category_uuid": category});
        }
        router.insert("wait".to_owned(), wait);
    }
    if split.saves && !label.is_empty() {
        router.insert("result_name".to_owned(), label.into());
    }
    router.insert("categories".to_owned(), routes.categories.into());
    if split.random {
        router.insert("type".to_owned(), "random".into());
    } else {
        router.insert("type".to_owned(), "switch".into());
        router.insert("operand".to_owned(), split.operand.into());
        router.insert("cases".to_owned(), routes.cases.into());
        router.insert("default_category_uuid".to_owned(), routes.otherwise.into());
    }
    let mut node = json!({"uuid": uuid});
    if let Some(action) = split.action {
        node["actions"] = json!([action]);
    }
    node["router"] = Json::Object(router);
    node["exits"] = routes.exits.into();
    if !routes.shown.is_empty() {
        split.config.insert("cases".to_owned(), Json::Object(routes.shown));
    }
    Ok((node, ui::node(old, split.ui, split.config)))
}

fn routes(importer: &mut Importer<'_>, old: &Json, nodes: &BTreeSet<String>) -> Result<Routes, String> {
    let rules = list(old, "rules");
    let mut routes = Routes::default();
    // rules of the same category share its exit
    let mut names: Vec<(String, String)> = Vec::new();
    for rule in rules {
        let name = importer.base_text(&rule["category"]).to_owned();
        if names.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let uuid = importer.uuid();
        let exit = importer.uuid_of(rule, "uuid");
        importer.text(&uuid, "name", &rule["category"], str::to_owned);
        routes.categories.push(json!({"uuid": uuid, "name": name, "exit_uuid": exit}));
        routes.exits.push(super::flows::exit(&exit, &rule["destination"], nodes));
        names.push((name, uuid));
    }
    for rule in rules {
        let name = importer.base_text(&rule["category"]);
        let category = names.iter().find(|(known, _)| known == name).map(|(_, uuid)| uuid.clone());
        route(importer, &mut routes, &rule["test"], category.unwrap_or_default())?;
    }
    Ok(routes)
}

fn route(
    importer: &mut Importer<'_>,
    routes: &mut Routes,
    test: &Json,
    category: String,
) -> Result<(), String> {
    let uuid = match text_of(test, "type") {
        "true" | "timeout" => String::new(),
        _ => importer.uuid(),
    };
    let verdict = rules::verdict(importer, test, &uuid)?;
    if let Verdict::CaseAndOtherwise { .. } | Verdict::Otherwise | Verdict::OtherwiseOnly = &verdict {
        routes.otherwise.clone_from(&category);
    }
    match verdict {
        Verdict::Case { test: name, arguments } | Verdict::CaseAndOtherwise { test: name, arguments } => {
            if let Some(days) = rules::days_from_today(test) {
                routes.shown.insert(uuid.clone(), json!({"arguments": [days]}));
            }
            let mut case = json!({"uuid": uuid, "type": name, "category_uuid": category});
            if !arguments.is_empty() {
                case["arguments"] = arguments.into();
            }
            routes.cases.push(case);
        }
        Verdict::Timeout(minutes) => {
            routes.timeout = Some((minutes.saturating_mul(SECONDS_PER_MINUTE), category));
        }
        Verdict::Otherwise | Verdict::OtherwiseOnly | Verdict::Never => {}
    }
    Ok(())
}

fn split(importer: &mut Importer<'_>, old: &Json) -> Result<Split, String> {
    let kind = text_of(old, "ruleset_type");
    let operand = match text_of(old, "operand") {
        "" => "@step.value",
        operand => operand,
    };
    let mut split = Split {
        action: None,
        wait: None,
        operand: template(operand),
        ui: "split_by_expression",
        config: Object::new(),
        saves: true,
        random: false,
    };
    let config = &old["config"];
    let shown = |operand: Option<Json>| operand.map(|operand| ("operand".to_owned(), operand));
    match kind {
        "" | "expression" => {}
        "contact_field" => {
            split.ui = "split_by_contact_field";
            split.config.extend(shown(ui::contact_operand(operand)));
        }
        "flow_field" => {
            split.ui = "split_by_run_result";
            split.config.extend(shown(ui::result_operand(operand)));
        }
        "form_field" => form_field(&mut split, operand, config),
        "group" => {
            split.operand = "@contact.groups".to_owned();
            split.ui = "split_by_groups";
        }
        "random" => {
            split.random = true;
            split.ui = "split_by_random";
        }
        "subflow" => {
            let flow =
                json!({"uuid": text_of(&config["flow"], "uuid"), "name": text_of(&config["flow"], "name")});
            split.action = Some(action(importer, "enter_flow", [("flow", flow)]));
            split.operand = "@child.status".to_owned();
            split.ui = "split_by_subflow";
        }
        "webhook" | "resthook" | "airtime" => acting(importer, &mut split, kind, old),
        kind => {
            let Some(waited) = kind.strip_prefix("wait_") else {
                return Err(format!("a rule set of the unknown type '{kind}' cannot be brought over"));
            };
            split.wait = Some(wait(waited, text_of(old, "finished_key")));
            split.ui = "wait_for_response";
        }
    }
    Ok(split)
}

fn action<const N: usize>(importer: &mut Importer<'_>, kind: &str, rest: [(&str, Json); N]) -> Object {
    let mut action = Object::new();
    action.insert("type".to_owned(), kind.into());
    action.insert("uuid".to_owned(), importer.uuid().into());
    action.extend(rest.map(|(key, value)| (key.to_owned(), value)));
    action
}

/// Splits on what a call brought about.
fn acting(importer: &mut Importer<'_>, split: &mut Split, kind: &str, old: &Json) {
    let config = &old["config"];
    let label = match text_of(old, "label") {
        "" => "Call",
        label => label,
    };
    let key = crate::text::snakify(label);
    split.saves = false;
    split.operand = format!("@results.{key}.category");
    let mut call = match kind {
        "resthook" => {
            split.ui = "split_by_resthook";
            action(importer, "call_resthook", [("resthook", as_text(&config["resthook"]).into())])
        }
        "airtime" => {
            split.ui = "split_by_airtime";
            split.operand = format!("@results.{key}");
            let countries = config.as_object().into_iter().flat_map(|countries| countries.values());
            let amounts: Object = countries
                .filter(|country| !text_of(country, "currency_code").is_empty())
                .map(|country| (text_of(country, "currency_code").to_owned(), country["amount"].clone()))
                .collect();
            action(importer, "transfer_airtime", [("amounts", Json::Object(amounts))])
        }
        _ => {
            split.ui = "split_by_webhook";
            let uuid = importer.uuid();
            // once it stood beside the rules
            let place = if text_of(config, "webhook").is_empty() { old } else { config };
            webhooks::call(importer, &uuid, place, ["webhook", "webhook_action"])
        }
    };
    call.insert("result_name".to_owned(), label.into());
    split.action = Some(call);
}

/// Splits on one part of an answer such as `23+F+Gulu`.
fn form_field(split: &mut Split, operand: &str, config: &Json) {
    let index = config["field_index"].as_u64().unwrap_or(0);
    let delimiter = match text_of(config, "field_delimiter") {
        "" => " ",
        delimiter => delimiter,
    };
    let field = split.operand.strip_prefix('@').unwrap_or(&split.operand);
    let field = field.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(field);
    let quoted = delimiter.replace('\\', "\\\\").replace('"', "\\\"");
    split.operand = format!("@(field({field}, {index}, \"{quoted}\"))");
    split.ui = "split_by_run_result_delimited";
    split.config.insert("index".to_owned(), index.into());
    split.config.insert("delimiter".to_owned(), delimiter.into());
    split.config.extend(ui::result_operand(operand).map(|operand| ("operand".to_owned(), operand)));
}

fn wait(waited: &str, finished_key: &str) -> Json {
    let hint = match waited {
        "photo" => json!({"type": "image"}),
        "video" => json!({"type": "video"}),
        "audio" | "recording" => json!({"type": "audio"}),
        "gps" => json!({"type": "location"}),
        "digit" => json!({"type": "digits", "count": 1}),
        "digits" if finished_key.is_empty() => json!({"type": "digits"}),
        "digits" => json!({"type": "digits", "terminated_by": finished_key}),
        _ => return json!({"type": "msg"}),
    };
    json!({"type": "msg", "hint": hint})
}
