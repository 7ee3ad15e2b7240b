//! How nodes split on what an action brought about, and fields of actions that changed.
use serde_json::{Value as Json, json};

use super::{Object, Step, objects, text};

/// The most quick replies of a message.
const MAX_QUICK_REPLIES: usize = 10;

/// Whether a node has an action of one of the types; gives the first.
fn action_of<'n>(node: &'n mut Object, types: &[&str]) -> Option<&'n mut Object> {
    objects(node.get_mut("actions")).find(|action| types.contains(&text(action, "type")))
}

fn switch_of(node: &mut Object) -> Option<&mut Object> {
    let router = node.get_mut("router")?.as_object_mut()?;
    (text(router, "type") == "switch").then_some(router)
}

/// Makes a router split on whether its operand fits one test, and forgets the cases it had. Gives their ids.
fn split(router: &mut Object, operand: &str, test: &str, arguments: &Json) -> Vec<String> {
    router.insert("operand".to_owned(), operand.into());
    let mut gone = Vec::new();
    if let Some(Json::Array(cases)) = router.get_mut("cases") {
        gone = cases.iter().filter_map(|case| case.get("uuid")?.as_str().map(str::to_owned)).collect();
        cases.truncate(1);
        if let Some(Json::Object(case)) = cases.first_mut() {
            case.insert("type".to_owned(), test.into());
            case.insert("arguments".to_owned(), arguments.clone());
        }
    }
    gone
}

fn forget_translations(step: &mut Step<'_>, cases: &[String]) {
    for translations in step.translations() {
        for case in cases {
            let empty = match translations.get_mut(case) {
                Some(Json::Object(item)) => {
                    item.remove("arguments");
                    item.is_empty()
                }
                _ => false,
            };
            if empty {
                translations.remove(case);
            }
        }
    }
}

/// 14.1: a split on the result of a web call looks at its status; messages have at most ten quick replies.
pub(super) fn split_by_webhook(step: &mut Step<'_>) {
    let mut gone = Vec::new();
    for node in step.nodes() {
        for action in objects(node.get_mut("actions")) {
            if let Some(Json::Array(replies)) = action.get_mut("quick_replies") {
                replies.truncate(MAX_QUICK_REPLIES);
            }
        }
        let Some(action) = action_of(node, &["call_webhook", "call_resthook"]) else { continue };
        let key = crate::text::snakify(text(action, "result_name"));
        let Some(router) = switch_of(node) else { continue };
        let of_result = [format!("@results.{key}.category"), format!("@results.{key}")];
        if !key.is_empty() && of_result.iter().any(|operand| operand == text(router, "operand")) {
            gone.extend(split(router, "@webhook.status", "has_number_between", &json!(["200", "299"])));
        }
    }
    forget_translations(step, &gone);
}

/// 14.2: a ticket's body is its first note.
pub(super) fn ticket_notes(step: &mut Step<'_>) {
    let mut renamed = Vec::new();
    for action in step.actions().filter(|action| text(action, "type") == "open_ticket") {
        if let Some(body) = action.remove("body") {
            action.insert("note".to_owned(), body);
            renamed.push(text(action, "uuid").to_owned());
        }
    }
    for translations in step.translations() {
        for action in &renamed {
            if let Some(Json::Object(item)) = translations.get_mut(action)
                && let Some(body) = item.remove("body")
            {
                item.insert("note".to_owned(), body);
            }
        }
    }
}

/// 14.3: what an action brings about is a local, and the router saves the result.
pub(super) fn split_by_local(step: &mut Step<'_>) {
    let mut gone = Vec::new();
    for node in step.nodes() {
        let Some(action) = action_of(node, &["open_ticket", "transfer_airtime"]) else { continue };
        let local = match text(action, "type") {
            "open_ticket" => "@locals._new_ticket",
            _ => "@locals._new_transfer",
        };
        let Some(Json::String(name)) = action.remove("result_name") else { continue };
        let key = crate::text::snakify(&name);
        let Some(router) = switch_of(node) else { continue };
        if text(router, "operand").starts_with(&format!("@results.{key}")) {
            gone.extend(split(router, local, "has_text", &json!([])));
            router.insert("result_name".to_owned(), Json::String(name));
        }
    }
    forget_translations(step, &gone);
}

/// 14.4: messages go to one address.
pub(super) fn no_all_urns(step: &mut Step<'_>) {
    for action in step.actions() {
        action.remove("all_urns");
    }
}

/// 14.4.1: every split on a web call or resthook looks at the status.
pub(super) fn split_by_webhook_status(step: &mut Step<'_>) {
    let mut gone = Vec::new();
    for node in step.nodes() {
        if action_of(node, &["call_webhook", "call_resthook"]).is_none() {
            continue;
        }
        let Some(router) = switch_of(node) else { continue };
        if text(router, "operand") == "@webhook.json.status" {
            gone.extend(split(router, "@webhook.status", "has_number_between", &json!(["200", "299"])));
        }
    }
    forget_translations(step, &gone);
}

/// 14.4.2: the status is 0 where no call was made.
pub(super) fn split_by_default_status(step: &mut Step<'_>) {
    for node in step.nodes() {
        if action_of(node, &["call_webhook", "call_resthook"]).is_none() {
            continue;
        }
        if let Some(router) = switch_of(node)
            && text(router, "operand") == "@webhook.status"
        {
            router.insert("operand".to_owned(), "@(default(webhook.status, 0))".into());
        }
    }
}
