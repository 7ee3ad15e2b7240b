//! Where the editor draws the nodes, and as what.
use serde_json::{Value as Json, json};

use super::importer::{Object, as_text};
use super::paths;

fn coordinate(old: &Json) -> i64 {
    old.as_f64().map_or(0, |place| place as i64)
}

/// The height at which a node is drawn; the topmost comes first.
pub(super) fn height(old: &Json) -> f64 {
    old["y"].as_f64().unwrap_or(0.0)
}

fn position(old: &Json) -> Json {
    json!({"left": coordinate(&old["x"]), "top": coordinate(&old["y"])})
}

/// A node in the editor.
pub(super) fn node(old: &Json, kind: &str, config: Object) -> Json {
    let mut node = json!({"type": kind, "position": position(old)});
    if !config.is_empty() {
        node["config"] = Json::Object(config);
    }
    node
}

/// A note on the canvas.
pub(super) fn sticky(old: &Json) -> Json {
    json!({"title": as_text(&old["title"]), "body": as_text(&old["body"]), "color": "yellow", "position": position(old)})
}

/// What the editor says a split looks at: part of a contact.
pub(super) fn contact_operand(old: &str) -> Option<Json> {
    let path = old.trim().strip_prefix('@')?.to_lowercase();
    let key = path.strip_prefix("contact.")?.split('.').next()?.to_owned();
    Some(if paths::CONTACT_PROPERTIES.contains(&key.as_str()) {
        json!({"type": "property", "id": key, "name": title(&key)})
    } else if paths::is_scheme(&key) {
        json!({"type": "scheme", "id": key})
    } else {
        json!({"type": "field", "id": key, "name": title(&key)})
    })
}

/// What the editor says a split looks at: a result.
pub(super) fn result_operand(old: &str) -> Option<Json> {
    let path = old.trim().strip_prefix('@')?.to_lowercase();
    let key = path.strip_prefix("flow.")?.split('.').next()?.to_owned();
    Some(json!({"type": "result", "id": key, "name": title(&key)}))
}

/// `join_date` as a name: `Join Date`.
fn title(key: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or(String::new(), |first| first.to_uppercase().collect::<String>() + letters.as_str())
    };
    key.split('_').map(word).collect::<Vec<_>>().join(" ")
}
