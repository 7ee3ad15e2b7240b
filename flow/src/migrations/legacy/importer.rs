//! What the parts of a definition share while it is rewritten: its language, the translations that gather, new ids.
use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::templates::{TemplateOptions, migrate_template};

pub(super) type Object = Map<String, Json>;

/// The key of texts in old definitions without languages.
const NO_LANGUAGE: &str = "base";

/// Rewrites one definition.
pub(super) struct Importer<'m> {
    /// The definition's own language.
    pub(super) base: String,
    /// Where media files with relative addresses lie.
    pub(super) media: &'m str,
    pub(super) localization: Object,
    pub(super) new_uuid: &'m mut dyn FnMut() -> Uuid,
}

impl Importer<'_> {
    pub(super) fn uuid(&mut self) -> String {
        (self.new_uuid)().to_string()
    }

    /// The id of an old object, or a new one where it had none.
    pub(super) fn uuid_of(&mut self, object: &Json, key: &str) -> String {
        match object[key].as_str() {
            Some(uuid) if !uuid.is_empty() => uuid.to_owned(),
            _ => self.uuid(),
        }
    }

    /// A text in one language: old texts are plain, or by language.
    fn in_language<'j>(&self, text: &'j Json, language: &str) -> Option<&'j str> {
        match text {
            Json::String(text) if language == self.base => Some(text),
            Json::Object(texts) if language == self.base => {
                let base = texts.get(language).or_else(|| texts.get(NO_LANGUAGE));
                base.or_else(|| texts.values().next()).and_then(Json::as_str)
            }
            Json::Object(texts) => texts.get(language).and_then(Json::as_str),
            _ => None,
        }
    }

    /// The text in the definition's language.
    pub(super) fn base_text<'j>(&self, text: &'j Json) -> &'j str {
        self.in_language(text, &self.base).unwrap_or("")
    }

    /// The other languages of texts.
    fn other_languages(&self, texts: &[&Json]) -> BTreeSet<String> {
        let keys = texts.iter().filter_map(|text| text.as_object()).flat_map(Map::keys);
        keys.filter(|language| **language != self.base && *language != NO_LANGUAGE).cloned().collect()
    }

    /// Takes a text over: gives it in the definition's language and notes the translations for a part's property.
    pub(super) fn text(
        &mut self,
        uuid: &str,
        property: &str,
        text: &Json,
        rewrite: impl Fn(&str) -> String,
    ) -> String {
        for language in self.other_languages(&[text]) {
            let translated = self.in_language(text, &language).map(&rewrite);
            if let Some(translated) = translated.filter(|translated| !translated.is_empty()) {
                self.translate(&language, uuid, property, vec![translated]);
            }
        }
        rewrite(self.base_text(text))
    }

    /// Takes a list of texts over. Every translation has as many texts as there are; what is missing is empty.
    pub(super) fn texts(&mut self, uuid: &str, property: &str, texts: &[Json]) -> Vec<String> {
        let list: Vec<&Json> = texts.iter().collect();
        for language in self.other_languages(&list) {
            let translated =
                list.iter().map(|text| template(self.in_language(text, &language).unwrap_or("")));
            let translated = translated.collect();
            self.translate(&language, uuid, property, translated);
        }
        list.iter().map(|text| template(self.base_text(text))).collect()
    }

    fn translate(&mut self, language: &str, uuid: &str, property: &str, texts: Vec<String>) {
        let parts = object_at(&mut self.localization, language);
        if let Some(part) = parts.and_then(|parts| object_at(parts, uuid)) {
            part.insert(property.to_owned(), texts.into());
        }
    }
}

/// The object at a key, made where there is none.
fn object_at<'o>(object: &'o mut Object, key: &str) -> Option<&'o mut Object> {
    object.entry(key).or_insert_with(|| Json::Object(Map::new())).as_object_mut()
}

/// The address of a media file: relative ones lie in one place.
pub(super) fn media_url(media: &str, address: &str) -> String {
    let absolute = address.contains("://") || address.starts_with('@') || media.is_empty();
    if address.is_empty() || absolute {
        return template(address);
    }
    format!("{}/{}", media.trim_end_matches('/'), template(address.trim_start_matches('/')))
}

/// An attachment: a type and an address. Without a type it is an image.
pub(super) fn attachment(media: &str, old: &str) -> String {
    match old.split_once(':') {
        Some((kind, address)) if !kind.starts_with("http") => format!("{kind}:{}", media_url(media, address)),
        None if old.is_empty() => String::new(),
        _ => format!("image:{}", media_url(media, old)),
    }
}

/// A text with its expressions rewritten.
pub(super) fn template(text: &str) -> String {
    migrate_template(text, TemplateOptions::default())
}

/// A template for a web address: values in it are escaped.
pub(super) fn url_template(text: &str) -> String {
    migrate_template(text, TemplateOptions { url_encode: true, ..TemplateOptions::default() })
}

/// A number or text as text.
pub(super) fn as_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// A list, empty where there is none.
pub(super) fn list<'j>(object: &'j Json, key: &str) -> &'j [Json] {
    object[key].as_array().map_or(&[], Vec::as_slice)
}

/// A text, empty where there is none.
pub(super) fn text_of<'j>(object: &'j Json, key: &str) -> &'j str {
    object[key].as_str().unwrap_or("")
}
