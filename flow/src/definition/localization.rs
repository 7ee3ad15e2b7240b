//! Translations of a flow's texts, by language, then by what they belong to, then by property.
use uuid::Uuid;

use super::Text;
use super::json::Json;
use crate::words::Language;

/// All translations of one flow.
#[derive(Debug, Default)]
pub struct Localization {
    /// What is translated is sorted by its id.
    languages: Vec<(Language, Vec<(Uuid, Item)>)>,
}

type Item = Vec<(Box<str>, Vec<Text>)>;

/// The longest translation of one text, in characters.
const MAX_TRANSLATION_CHARS: usize = 10_000;

impl Localization {
    /// Reads the `localization` part of a definition.
    pub(crate) fn read(json: Option<&Json<'_>>) -> Result<Self, String> {
        let Some(languages) = json.and_then(Json::as_object) else { return Ok(Self::default()) };
        let mut out = Self::default();
        for (code, items) in languages.iter() {
            let invalid = |what: String| format!("invalid localization: {what}");
            let language: Language =
                code.parse().map_err(|_| invalid(format!("'{code}' is not a language")))?;
            let mut read = Vec::new();
            for (id, properties) in items.as_object().into_iter().flat_map(|items| items.iter()) {
                let uuid: Uuid = id.parse().map_err(|_| {
                    invalid(format!("invalid translation for '{code}': invalid item uuid '{id}'"))
                })?;
                let item = read_item(properties).map_err(|what| {
                    invalid(format!(
                        "invalid translation for '{code}': invalid item translation for '{id}': {what}"
                    ))
                })?;
                read.push((uuid, item));
            }
            // of the same id in two ways of writing the last one counts
            read.reverse();
            read.sort_by_key(|(uuid, _)| *uuid);
            read.dedup_by_key(|(uuid, _)| *uuid);
            out.languages.push((language, read));
        }
        out.languages.sort_by_key(|(language, _)| *language);
        Ok(out)
    }

    /// The languages that have translations, in the order of their codes.
    pub fn languages(&self) -> impl Iterator<Item = Language> {
        self.languages.iter().map(|(language, _)| *language)
    }

    /// The translation of one property, if there is one.
    #[must_use]
    pub fn get(&self, language: Language, item: Uuid, property: &str) -> Option<&[Text]> {
        let (_, items) = self.languages.iter().find(|(l, _)| *l == language)?;
        let at = items.binary_search_by_key(&item.as_u128(), |(uuid, _)| uuid.as_u128()).ok()?;
        let texts = items[at].1.iter().find(|(name, _)| &**name == property).map(|(_, texts)| &**texts)?;
        (!texts.is_empty()).then_some(texts)
    }
}

fn read_item(properties: &Json<'_>) -> Result<Item, String> {
    let mut item = Item::new();
    for (name, texts) in properties.as_object().into_iter().flat_map(|texts| texts.iter()) {
        if name.starts_with('_') {
            continue;
        }
        let Json::Array(list) = texts else { continue };
        let mut read = Vec::with_capacity(list.len());
        for text in list.iter().map(|text| text.as_str().unwrap_or("")) {
            let chars = if text.len() > MAX_TRANSLATION_CHARS { text.chars().count() } else { 0 };
            if chars > MAX_TRANSLATION_CHARS {
                return Err(format!(
                    "translation value for '{name}' can't be longer than {MAX_TRANSLATION_CHARS} chars (is {chars})"
                ));
            }
            read.push(Text::new(text));
        }
        item.push((name.into(), read));
    }
    Ok(item)
}
