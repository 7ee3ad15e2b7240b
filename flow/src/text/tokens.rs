//! Words, by three different rules for three different purposes.
use std::sync::LazyLock;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

/// A run of letters, marks, digits, underscores and apostrophes, or one symbol (emoji, currency sign...).
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a fixed pattern, tried by this file's tests")]
    Regex::new(r"[\pM\pL\pN_']+|\pS").expect("a valid pattern")
});

/// The words of an answer: what the router tests and the word functions count. Every symbol is a word.
#[must_use]
pub fn words(text: &str) -> Vec<&str> {
    latin_words(text).unwrap_or_else(|| WORD.find_iter(text).map(|found| found.as_str()).collect())
}

/// The words of a text in a Latin script, as the pattern finds them; `None` where there is any other character.
fn latin_words(text: &str) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let mut begun = None;
    for (at, letter) in text.char_indices() {
        let is_part = match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '\'' => true,
            // À to ɏ are letters but for two signs
            'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ɏ' => true,
            letter if letter.is_ascii() => false,
            '¡' | '¿' | '«' | '»' => false,
            _ => return None,
        };
        if is_part {
            begun = begun.or(Some(at));
            continue;
        }
        words.extend(begun.take().map(|from: usize| &text[from..at]));
        if matches!(letter, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~') {
            words.push(&text[at..=at]);
        }
    }
    words.extend(begun.map(|from| &text[from..]));
    Some(words)
}

/// The pieces between any of these delimiters, empty ones left out.
#[must_use]
pub fn split_by<'a>(text: &'a str, delimiters: &str) -> Vec<&'a str> {
    text.split(|letter| delimiters.contains(letter)).filter(|piece| !piece.is_empty()).collect()
}

/// The words by Unicode's own rule (UAX 29): what contact queries compare.
#[must_use]
pub fn unicode_words(text: &str) -> Vec<&str> {
    text.unicode_words().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_symbols() {
        assert_eq!(words("I'm OK, thanks: 5€!"), ["I'm", "OK", "thanks", "5", "€"]);
        assert_eq!(words("a+b = <c>"), ["a", "+", "b", "=", "<", "c", ">"]);
        assert_eq!(words("🚑🚑 مرحبا"), ["🚑", "🚑", "مرحبا"]);
        assert_eq!(words(" .,;:!?()[]{}\"#%&*-/@\\ "), Vec::<&str>::new());
        let is_latin = |letter: &char| latin_words(letter.encode_utf8(&mut [0; 4])).is_some();
        let latin: String = ('\0'..='ə').filter(is_latin).collect();
        let apart: String = latin.chars().flat_map(|letter| [letter, ' ']).collect();
        assert!(latin.len() > 400);
        for text in ["a+b = <c> $5^2 `x` ~|", "don't_stop 3.5", "¿Sí, «ñandú»? œuf, à côté", &latin, &apart]
        {
            let slow: Vec<&str> = WORD.find_iter(text).map(|found| found.as_str()).collect();
            assert_eq!(latin_words(text), Some(slow), "the short way must agree with the pattern");
        }
        assert_eq!(split_by("a;;b,c", ";,"), ["a", "b", "c"]);
        assert_eq!(unicode_words("well-known 3.5 can't"), ["well", "known", "3.5", "can't"]);
    }
}
