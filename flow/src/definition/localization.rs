//! Translations of a flow's texts, by language, then by what they belong to, then by property.
use smallvec::SmallVec;
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

type Property = (Box<str>, Vec<Text>);
type Item = Vec<Property>;
type Translated<'t> = (Language, &'t [Property]);

/// One item's texts in several languages, the best first.
pub(crate) struct Translations<'t> {
    pub(super) items: SmallVec<[Translated<'t>; 2]>,
    /// The language of the texts that are not translated.
    pub(super) own: Language,
}

impl<'t> Translations<'t> {
    /// The texts of a property in the best of the languages; the flow's own where none is translated.
    pub(crate) fn texts<'b>(&self, property: &str, base: &'b [Text]) -> (&'b [Text], Language)
    where
        't: 'b,
    {
        for (language, item) in &self.items {
            match texts_of(item, property) {
                // the editor writes a list of one empty text for lists that were cleared
                Some([only]) if only.is_empty() => {}
                Some(texts) => return (texts, *language),
                None => {}
            }
        }
        (base, self.own)
    }
}

fn texts_of<'t>(item: &'t [Property], property: &str) -> Option<&'t [Text]> {
    let texts = item.iter().find(|(name, _)| &**name == property).map(|(_, texts)| &**texts)?;
    (!texts.is_empty()).then_some(texts)
}

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

    /// The translations of one item, if there are any.
    pub(crate) fn item(&self, language: Language, item: Uuid) -> Option<&[Property]> {
        let (_, items) = self.languages.iter().find(|(l, _)| *l == language)?;
        let at = items.binary_search_by_key(&item.as_u128(), |(uuid, _)| uuid.as_u128()).ok()?;
        Some(&items[at].1)
    }

    /// The translation of one property, if there is one.
    #[must_use]
    pub fn get(&self, language: Language, item: Uuid, property: &str) -> Option<&[Text]> {
        texts_of(self.item(language, item)?, property)
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
