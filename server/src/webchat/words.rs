//! The page's own words, from the table `words.toml`. Everything else a person reads is the line's content.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use flow::words::Language;
use serde::Deserialize;

use crate::lines::Line;

/// The language whose words stand in where a line speaks one that the table does not have.
const FALLBACK: &str = "eng";

static TABLE: LazyLock<BTreeMap<Language, Words>> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).expect("a test reads this very text"));

/// All words of one language. A word that is missing or unknown makes the table unreadable, which a test sees.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// BCP 47, for the attribute `lang`.
    pub tag: String,
    /// `ltr` or `rtl`.
    pub dir: String,
    pub leave: String,
    pub leave_hint: String,
    pub about: String,
    pub notice: String,
    pub danger: String,
    pub language: String,
    pub greeting: String,
    pub start: String,
    /// What the person is taken to have written when she presses Start.
    pub start_text: String,
    pub automatic: String,
    pub team: String,
    pub you: String,
    pub not_kept: String,
    pub unreadable: String,
    pub earlier: String,
    pub newest: String,
    pub thread: String,
    pub choose: String,
    pub write: String,
    pub send: String,
    pub show_new: String,
    pub new: String,
    pub listen: String,
    pub file: String,
    pub photo: String,
    /// Names the whole file beside its small form.
    pub original: String,
    pub received: String,
    pub sending: String,
    pub sent: String,
    pub waiting: String,
    pub not_sent: String,
    pub too_long: String,
    pub too_fast: String,
    pub failed: String,
    pub version: String,
    pub back: String,
}

/// The words of a language, or English ones.
#[must_use]
pub fn of(language: Language) -> &'static Words {
    TABLE.get(&language).unwrap_or_else(|| fallback())
}

fn fallback() -> &'static Words {
    TABLE
        .iter()
        .find_map(|(language, words)| (language.as_str() == FALLBACK).then_some(words))
        .expect("a test sees that the table has English")
}

/// What a browser calls a language: BCP 47 where the table knows it, else the three letters, which BCP 47 allows.
#[must_use]
pub fn tag(language: Language) -> String {
    TABLE.get(&language).map_or_else(|| language.to_string(), |words| words.tag.clone())
}

/// The direction of a language's script; `auto` where the table does not know it.
#[must_use]
pub fn dir(language: Language) -> &'static str {
    TABLE.get(&language).map_or("auto", |words| words.dir.as_str())
}

/// Every language that the page itself speaks.
#[cfg(test)]
pub fn shipped() -> Vec<Language> {
    TABLE.keys().copied().collect()
}

/// Which language a page is in, and whether the person chose it by a link of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    pub language: Language,
    pub by_link: bool,
}

/// The page's language: what the link says, else what the person told the line, else the browser's first wish
/// that the line has, else the line's first.
#[must_use]
pub fn choose(line: &Line, link: Option<&str>, person: Option<Language>, browser: Option<&str>) -> Chosen {
    let known = |language: &Language| line.content.languages.contains(language);
    if let Some(language) = link.and_then(|code| code.parse().ok()).filter(known) {
        return Chosen { language, by_link: true };
    }
    let language = person.filter(known).or_else(|| wished(line, browser?));
    Chosen { language: line.content.language(language), by_link: false }
}

/// The first language of an Accept-Language header that the line has. Browsers send them in the order of
/// preference, so weights are not read.
fn wished(line: &Line, header: &str) -> Option<Language> {
    header.split(',').find_map(|wish| {
        let first = wish.split([';', '-']).next()?.trim();
        let fits = |language: &&Language| language.as_str() == first || tag(**language) == first;
        line.content.languages.iter().find(fits).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_no_word_is_empty() {
        let table: BTreeMap<Language, BTreeMap<String, String>> =
            toml::from_str(include_str!("words.toml")).unwrap();
        assert_eq!(table.len(), TABLE.len());
        for (language, words) in &table {
            for (key, word) in words {
                assert!(!word.trim().is_empty(), "{language} {key}");
            }
        }
        assert_eq!(fallback().tag, "en");
    }
}
