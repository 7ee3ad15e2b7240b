//! Changes to texts, names and expressions.
use serde_json::Value as Json;

use super::{Object, Step, objects, text};
use crate::definition::{MAX_RESULT_NAME_CHARS, TOP_LEVELS};
use crate::excellent::tools;

/// The longest category of that time, in characters.
const MAX_CATEGORY_CHARS: usize = 36;
/// Tests whose words became one argument.
const WORD_TESTS: [&str; 8] = [
    "has_all_words",
    "has_any_word",
    "has_beginning",
    "has_only_phrase",
    "has_only_text",
    "has_phrase",
    "has_pattern",
    "has_text",
];

/// 13.2: a flow without a proper language is in an undetermined one, which is not translated into.
pub(super) fn undetermined_language(step: &mut Step<'_>) {
    let language = text(step.flow, "language");
    if language.chars().count() != 3 {
        step.flow.insert("language".to_owned(), "und".into());
    }
    if let Some(Json::Object(languages)) = step.flow.get_mut("localization") {
        languages.retain(|code, _| code != "und" && code.chars().count() == 3);
    }
}

/// 13.3: what a web call answered is below `@webhook.json`.
pub(super) fn webhook_json(step: &mut Step<'_>) {
    let of_webhook = |path: &[String]| path.first().is_some_and(|name| name == "webhook");
    rewrite_all(step, &of_webhook, &|text| tools::rename(text, &TOP_LEVELS, "webhook", "webhook.json").0);
}

/// 13.6: names of results and categories have limits.
pub(super) fn cut_names(step: &mut Step<'_>) {
    fn cut(object: &mut Object, key: &str, max: usize) {
        if let Some(Json::String(text)) = object.get_mut(key)
            && text.chars().count() > max
        {
            *text = crate::modifiers::cut(text, max).trim().to_owned();
        }
    }
    for node in step.nodes() {
        for action in objects(node.get_mut("actions")) {
            if text(action, "type") == "set_run_result" {
                cut(action, "name", MAX_RESULT_NAME_CHARS);
                cut(action, "category", MAX_CATEGORY_CHARS);
            } else {
                cut(action, "result_name", MAX_RESULT_NAME_CHARS);
            }
        }
        if let Some(Json::Object(router)) = node.get_mut("router") {
            cut(router, "result_name", MAX_RESULT_NAME_CHARS);
            for category in objects(router.get_mut("categories")) {
                cut(category, "name", MAX_CATEGORY_CHARS);
            }
        }
    }
}

/// 13.6.1: expressions name results by the keys of the shortened names.
pub(super) fn cut_result_references(step: &mut Step<'_>) {
    let shorten = |path: &Vec<String>| -> Option<String> {
        let at = match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["results", _] => 1,
            ["run" | "parent" | "child", "results", _] => 2,
            _ => return None,
        };
        let key = &path[at];
        if key.chars().count() <= MAX_RESULT_NAME_CHARS {
            return None;
        }
        let mut path = path.to_vec();
        path[at] = crate::modifiers::cut(key, MAX_RESULT_NAME_CHARS).to_owned();
        Some(path.join("."))
    };
    let too_long = |path: &[String]| shorten(&path.to_vec()).is_some();
    rewrite_all(step, &too_long, &|text| tools::rewrite(text, &TOP_LEVELS, &shorten).0);
}

/// 14.3.1: several words of a case are one argument.
pub(super) fn join_words(step: &mut Step<'_>) {
    fn join(list: Option<&mut Json>) {
        if let Some(Json::Array(words)) = list
            && words.len() > 1
        {
            let joined: Vec<&str> = words.iter().filter_map(Json::as_str).collect();
            *words = vec![Json::String(joined.join(" "))];
        }
    }
    let mut cases = Vec::new();
    for node in step.nodes() {
        let Some(Json::Object(router)) = node.get_mut("router") else { continue };
        for case in objects(router.get_mut("cases")) {
            if WORD_TESTS.contains(&text(case, "type")) {
                join(case.get_mut("arguments"));
                cases.push(text(case, "uuid").to_owned());
            }
        }
    }
    for translations in step.translations() {
        for case in &cases {
            join(translations.get_mut(case).and_then(|item| item.get_mut("arguments")));
        }
    }
}

/// Rewrites every text with a path that is concerned; the others keep their spelling.
fn rewrite_all(step: &mut Step<'_>, concerned: &dyn Fn(&[String]) -> bool, rewrite: &dyn Fn(&str) -> String) {
    let rewrite = &|text: &str| {
        if tools::references(text, &TOP_LEVELS).iter().any(|path| concerned(path)) {
            rewrite(text)
        } else {
            text.to_owned()
        }
    };
    for action in step.actions() {
        for (key, value) in action.iter_mut() {
            if !["uuid", "type"].contains(&key.as_str()) {
                rewrite_value(value, rewrite);
            }
        }
    }
    for node in step.nodes() {
        let Some(Json::Object(router)) = node.get_mut("router") else { continue };
        if let Some(operand) = router.get_mut("operand") {
            rewrite_value(operand, rewrite);
        }
        for case in objects(router.get_mut("cases")) {
            if let Some(arguments) = case.get_mut("arguments") {
                rewrite_value(arguments, rewrite);
            }
        }
    }
    for translations in step.translations() {
        for item in translations.values_mut() {
            rewrite_value(item, rewrite);
        }
    }
}

fn rewrite_value(value: &mut Json, rewrite: &dyn Fn(&str) -> String) {
    match value {
        Json::String(text) if text.contains('@') => *text = rewrite(text),
        Json::Array(items) => items.iter_mut().for_each(|item| rewrite_value(item, rewrite)),
        Json::Object(map) => map.values_mut().for_each(|item| rewrite_value(item, rewrite)),
        _ => {}
    }
}
