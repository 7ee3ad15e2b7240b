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
    if text.is_ascii() {
        return ascii_words(text);
    }
    WORD.find_iter(text).map(|found| found.as_str()).collect()
}

fn ascii_words(text: &str) -> Vec<&str> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'\'';
    let bytes = text.as_bytes();
    let (mut words, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let start = at;
        if is_part(bytes[at]) {
            while at < bytes.len() && is_part(bytes[at]) {
                at += 1;
            }
            words.push(&text[start..at]);
        } else {
            at += 1;
            if b"$+<=>^`|~".contains(&bytes[start]) {
                words.push(&text[start..at]);
            }
        }
    }
    words
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
        for text in ["a+b = <c> $5^2 `x` ~|", "don't_stop 3.5"] {
            let slow: Vec<&str> = WORD.find_iter(text).map(|found| found.as_str()).collect();
            assert_eq!(words(text), slow, "the short way must agree with the pattern");
        }
        assert_eq!(split_by("a;;b,c", ";,"), ["a", "b", "c"]);
        assert_eq!(unicode_words("well-known 3.5 can't"), ["well", "known", "3.5", "can't"]);
    }
}
