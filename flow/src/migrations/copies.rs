//! Copies of definitions, and definitions with another base language: both on the JSON, whose unknown parts stay.
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Object;

/// Properties that translations have as a list and definitions as a text.
const SINGLE: [&str; 7] = ["audio_url", "body", "name", "note", "subject", "text", "value"];

/// A copy with ids of its own. `known` says what the things it depends on are called where the copy goes; every other
/// id, in values and in keys, becomes a new one, and the same one wherever it stood.
#[must_use]
pub fn copy(flow: &Json, known: &BTreeMap<Uuid, Uuid>, new_uuid: &mut dyn FnMut() -> Uuid) -> Json {
    let mut ids = known.clone();
    renamed(flow, &mut |text| {
        // ids of another spelling (without dashes, say) are not what definitions write
        let id = text.parse::<Uuid>().ok().filter(|id| text.len() == id.hyphenated().to_string().len())?;
        Some(ids.entry(id).or_insert_with(&mut *new_uuid).to_string())
    })
}

fn renamed(value: &Json, rename: &mut dyn FnMut(&str) -> Option<String>) -> Json {
    match value {
        Json::String(text) => rename(text).map_or_else(|| value.clone(), Json::String),
        Json::Array(items) => items.iter().map(|item| renamed(item, rename)).collect(),
        Json::Object(object) => {
            let renamed = object.iter().map(|(key, item)| {
                let key = rename(key).unwrap_or_else(|| key.clone());
                (key, renamed(item, rename))
            });
            Json::Object(renamed.collect())
        }
        other => other.clone(),
    }
}

/// The definition with another of its languages as the base: texts that are translated into it change places with
/// their translations, all others stay. Nothing changes when it has no such language.
#[must_use]
pub fn with_base_language(flow: &Json, language: &str) -> Json {
    let mut flow = flow.clone();
    let Some(old) = flow["language"].as_str().map(str::to_owned) else { return flow };
    let Some(translations) = flow["localization"].get(language).and_then(Json::as_object).cloned() else {
        return flow;
    };
    if let Some(localization) = flow["localization"].as_object_mut() {
        localization.remove(language);
    }
    let mut former = Object::new();
    swap(&mut flow["nodes"], &translations, &mut former);
    flow["localization"][&old] = Json::Object(former);
    flow["language"] = language.into();
    flow
}

fn swap(part: &mut Json, translations: &Object, former: &mut Object) {
    match part {
        Json::Array(items) => items.iter_mut().for_each(|item| swap(item, translations, former)),
        Json::Object(object) => {
            let uuid = super::text(object, "uuid").to_owned();
            let translated = translations.get(&uuid).and_then(Json::as_object);
            for (property, texts) in translated.into_iter().flatten() {
                let (Some(new), Some(old)) = (texts.as_array(), object.get(property)) else { continue };
                let (old, new) = if SINGLE.contains(&property.as_str()) {
                    (json!([old]), new.first().cloned().unwrap_or_default())
                } else {
                    (old.clone(), texts.clone())
                };
                if !former.contains_key(&uuid) {
                    former.insert(uuid.clone(), json!({}));
                }
                former[&uuid][property] = old;
                object.insert(property.clone(), new);
            }
            object.values_mut().for_each(|inner| swap(inner, translations, former));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_no_ids_with_what_they_are_copies_of() {
        let [flow, node, group, theirs] = [1_u128, 2, 3, 4].map(Uuid::from_u128);
        let raw = json!({"uuid": flow, "nodes": [{"uuid": node, "group": {"uuid": group}}],
            "_ui": {"nodes": {node.to_string(): {"type": "x"}}}});
        let mut count = 100;
        let made = copy(&raw, &BTreeMap::from([(group, theirs)]), &mut || {
            count += 1;
            Uuid::from_u128(count)
        });
        assert_ne!(made["uuid"], raw["uuid"]);
        assert_eq!(made["nodes"][0]["group"]["uuid"], json!(theirs));
        let node = made["nodes"][0]["uuid"].as_str().unwrap();
        assert_eq!(made["_ui"]["nodes"][node]["type"], "x");
    }

    #[test]
    fn texts_change_places_with_their_translations() {
        let raw = json!({"language": "eng", "localization": {"spa": {"a": {"text": ["Hola"]}}, "fra": {}},
            "nodes": [{"uuid": "n", "actions": [
                {"uuid": "a", "text": "Hello", "quick_replies": ["Yes"]}, {"uuid": "b", "text": "Bye"}]}]});
        let changed = with_base_language(&raw, "spa");
        assert_eq!(changed["language"], "spa");
        assert_eq!(changed["nodes"][0]["actions"][0]["text"], "Hola");
        assert_eq!(changed["nodes"][0]["actions"][1]["text"], "Bye");
        assert_eq!(changed["localization"], json!({"fra": {}, "eng": {"a": {"text": ["Hello"]}}}));
        assert_eq!(with_base_language(&raw, "deu"), raw);
    }
}
