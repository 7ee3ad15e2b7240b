//! Cutting text to a provider's limits without ever cutting inside what a reader sees as one character.
use unicode_segmentation::UnicodeSegmentation;

/// The length that limits are measured in: UTF-16 units. Providers say "characters" and mean different things; this
/// is the strictest of them, so nothing is refused for its length.
#[must_use]
pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The text in parts of at most `limit` units each, cut at a line's end or between words where there is one in the
/// latter half of the part, else between two characters. White space at a cut is left out. No parts for an empty text.
pub(crate) fn split(text: &str, limit: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while length(rest) > limit {
        let cut = cut(rest, limit);
        let (part, after) = rest.split_at(cut);
        let part = part.trim_end();
        if !part.is_empty() {
            parts.push(part);
        }
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

/// As [`split`], where no part may have more than so many bytes of UTF-8 either: the units of all parts become fewer until
/// the largest fits.
pub(crate) fn split_bytes(text: &str, limit: usize, most_bytes: usize) -> Vec<&str> {
    let mut limit = limit.clamp(1, most_bytes);
    loop {
        let parts = split(text, limit);
        let largest = parts.iter().map(|part| part.len()).max().unwrap_or(0);
        // A unit has at most three bytes, so this ends; the shorter the parts, the nearer to the limit they come.
        if largest <= most_bytes || limit <= most_bytes / MAX_UNIT_BYTES {
            return parts;
        }
        limit = (limit * most_bytes / largest).max(most_bytes / MAX_UNIT_BYTES).min(limit - 1);
    }
}

/// The most bytes of UTF-8 that one UTF-16 unit becomes.
const MAX_UNIT_BYTES: usize = 3;

/// The text cut to `limit` units, with an ellipsis as its last when something was cut.
pub(crate) fn truncate(text: &str, limit: usize) -> String {
    if length(text) <= limit {
        return text.to_owned();
    }
    let (kept, _) = text.split_at(hard_cut(text, limit.saturating_sub(1)));
    format!("{}…", kept.trim_end())
}

/// So near to a part's end, in units, the first blank is as good as the last. RapidPro's gateway cuts there too, so a
/// line that moves keeps its messages as they were.
const NEAR_END: usize = 6;

/// Where to cut, in bytes: more than 0, at most `limit` units in.
fn cut(text: &str, limit: usize) -> usize {
    let hard = match hard_cut(text, limit) {
        // One character longer than a whole part (a letter with a thousand accents) is cut nevertheless.
        0 => unit_cut(text, limit),
        hard => hard,
    };
    let head = text.get(..hard).unwrap_or(text);
    let half = head.floor_char_boundary(head.len() / 2);
    let latter = head.get(half..).unwrap_or("");
    if let Some(line_end) = latter.rfind('\n') {
        return (half + line_end).max(1);
    }
    let near = head.get(unit_cut(head, limit.saturating_sub(NEAR_END))..).unwrap_or("");
    if let Some(blank) = near.find(char::is_whitespace) {
        return head.len() - near.len() + blank;
    }
    latter.rfind(char::is_whitespace).map_or(hard, |blank| half + blank).max(1)
}

/// The end in bytes of the last whole character that fits into `limit` units; 0 when not even one does.
fn hard_cut(text: &str, limit: usize) -> usize {
    let mut units = 0;
    for (at, character) in text.grapheme_indices(true) {
        units += length(character);
        if units > limit {
            return at;
        }
    }
    text.len()
}

/// The end in bytes of the last Unicode scalar value that fits into `limit` units; at least the first one's.
fn unit_cut(text: &str, limit: usize) -> usize {
    let mut units = 0;
    for (at, scalar) in text.char_indices() {
        units += scalar.len_utf16();
        if units > limit && at > 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_fall_between_words_and_lines() {
        assert_eq!(split("uno dos tres cuatro cinco", 20), ["uno dos tres cuatro", "cinco"]);
        assert_eq!(split("uno-dos-tres cuatro-cinco", 20), ["uno-dos-tres", "cuatro-cinco"]);
        assert_eq!(split("first line\nsecond one", 16), ["first line", "second one"]);
        assert_eq!(split("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(split("  \n ", 4), Vec::<&str>::new());
    }

    #[test]
    fn a_family_is_one_character() {
        let family = "👩‍👩‍👧‍👦";
        let text = format!("{family}{family}");
        assert_eq!(split(&text, length(family) + 3), [family, family]);
        assert_eq!(truncate(&text, length(family) + 3), format!("{family}…"));
    }

    #[test]
    fn a_letter_with_countless_accents_is_cut_all_the_same() {
        let text = format!("e{}", "\u{301}".repeat(100));
        assert_eq!(split(&text, 50).len(), 3);
    }

    #[test]
    fn a_title_is_cut_with_an_ellipsis() {
        assert_eq!(truncate("Quiero hablar con una persona", 20), "Quiero hablar con u…");
        assert_eq!(truncate("short", 20), "short");
    }

    proptest! {
        #[test]
        fn no_part_is_too_long_and_no_letter_is_lost(text in "\\PC{0,200}", limit in 20_usize..60) {
            let parts = split(&text, limit);
            for part in &parts {
                prop_assert!(!part.is_empty() && length(part) <= limit);
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
        }

        #[test]
        fn no_part_has_too_many_bytes(text in "(\\PC|[أ-ي]|[😀-😎]){0,300}", limit in 60_usize..200) {
            let parts = split_bytes(&text, 2000, limit);
            for part in &parts {
                prop_assert!(!part.is_empty() && part.len() <= limit);
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
        }
    }
}
