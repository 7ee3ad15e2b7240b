//! How message templates were attached to messages.
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Object, Step, objects, text};

fn messages<'s>(step: &'s mut Step<'_>) -> impl Iterator<Item = &'s mut Object> {
    step.actions().filter(|action| text(action, "type") == "send_msg")
}

/// 13.1: templating gets an id, so that it can be translated.
pub(super) fn name_templating(step: &mut Step<'_>) {
    let new_uuid = &mut *step.new_uuid;
    for node in objects(step.flow.get_mut("nodes")) {
        for action in objects(node.get_mut("actions")) {
            if text(action, "type") == "send_msg"
                && let Some(Json::Object(templating)) = action.get_mut("templating")
            {
                templating.insert("uuid".to_owned(), json!(new_uuid()));
            }
        }
    }
}

/// 13.4: variables become parameters of the body component.
pub(super) fn into_components(step: &mut Step<'_>) {
    let new_uuid = &mut *step.new_uuid;
    let mut renamed = BTreeMap::new();
    for node in objects(step.flow.get_mut("nodes")) {
        for action in objects(node.get_mut("actions")) {
            let Some(Json::Object(templating)) = action.get_mut("templating") else { continue };
            let variables = templating.remove("variables").unwrap_or_else(|| json!([]));
            let old = text(templating, "uuid").to_owned();
            templating.remove("uuid");
            let component = new_uuid().to_string();
            templating.insert(
                "components".to_owned(),
                json!([{"uuid": component, "name": "body", "params": variables}]),
            );
            renamed.insert(old, component);
        }
    }
    for translations in step.translations() {
        for (old, component) in &renamed {
            if let Some(Json::Object(mut item)) = translations.remove(old)
                && let Some(variables) = item.remove("variables")
            {
                translations.insert(component.clone(), json!({"params": variables}));
            }
        }
    }
}

/// 13.5: the template and its variables move to the message itself.
pub(super) fn out_of_components(step: &mut Step<'_>) {
    let mut moved = Vec::new();
    for action in messages(step) {
        let Some(Json::Object(mut templating)) = action.remove("templating") else { continue };
        let components: Vec<(String, Vec<Json>)> = objects(templating.get_mut("components"))
            .map(|component| {
                let params = component.get("params").and_then(Json::as_array).cloned().unwrap_or_default();
                (text(component, "uuid").to_owned(), params)
            })
            .collect();
        let variables: Vec<Json> = components.iter().flat_map(|(_, params)| params.clone()).collect();
        if let Some(template) = templating.remove("template") {
            action.insert("template".to_owned(), template);
        }
        action.insert("template_variables".to_owned(), Json::Array(variables));
        moved.push((text(action, "uuid").to_owned(), components));
    }
    for translations in step.translations() {
        for (action, components) in &moved {
            let translated: Vec<Option<Json>> = components
                .iter()
                .map(|(component, _)| {
                    translations.remove(component).and_then(|item| item.get("params").cloned())
                })
                .collect();
            if translated.iter().all(Option::is_none) {
                continue;
            }
            let variables: Vec<Json> = components
                .iter()
                .zip(translated)
                .flat_map(|((_, base), params)| match params {
                    Some(Json::Array(params)) => params,
                    _ => base.clone(),
                })
                .collect();
            let item = translations.entry(action.clone()).or_insert_with(|| json!({}));
            if let Some(item) = item.as_object_mut() {
                item.insert("template_variables".to_owned(), Json::Array(variables));
            }
        }
    }
}
