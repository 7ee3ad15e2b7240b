//! Making input comparable: which characters count as the same.
use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton as unicode_skeleton;

use crate::env::Collation;

use super::lower;

/// As [`collate`], borrowed where the text is so already.
#[must_use]
pub fn collated(text: &str, collation: Collation) -> Cow<'_, str> {
    if collation == Collation::Default && text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return text.into();
    }
    collate(text, collation).into()
}

/// A text such that two texts which count as the same become equal.
#[must_use]
pub fn collate(text: &str, collation: Collation) -> String {
    match collation {
        Collation::Default => lower(text),
        Collation::Confusables => lower(&skeleton(&lower(text))),
        Collation::ArabicVariants => lower(text).nfkc().map(plain_arabic).collect(),
    }
}

/// The skeleton of a text by Unicode TR 39: texts that look alike have the same one.
#[must_use]
pub fn skeleton(text: &str) -> String {
    let visible: String = text.chars().filter(|letter| !is_ignorable(*letter)).collect();
    unicode_skeleton(&visible).map(merged).collect()
}

/// Small capitals and Greek letters that Unicode keeps apart from the Latin letters since its version 9, but that
/// people still write for them.
const fn merged(letter: char) -> char {
    match letter {
        'ĸ' => 'k',
        'ᴛ' => 't',
        'π' => 'n',
        letter => letter,
    }
}

/// Characters that are never shown, also the ones reserved for that purpose.
const fn is_ignorable(letter: char) -> bool {
    matches!(letter,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFF0}'..='\u{FFF8}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The Persian form of letters and digits of which there are several in the Arabic script.
const fn plain_arabic(letter: char) -> char {
    match letter {
        'آ' | 'أ' | 'إ' | 'ٱ' | 'ٲ' | 'ٳ' => 'ا',
        'ي' | 'ى' | 'ې' | 'ۍ' | 'ے' => 'ی',
        'ك' | 'ڪ' | 'ګ' => 'ک',
        'ة' | 'ۀ' | 'ە' | 'ۂ' => 'ه',
        'ؤ' => 'و',
        // The Arabic digits lie 0x90 before the Persian ones.
        '٠'..='٩' => match char::from_u32(letter as u32 + 0x90) {
            Some(digit) => digit,
            None => letter,
        },
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_the_same() {
        let same = |a: &str, b: &str, collation| collate(a, collation) == collate(b, collation);
        assert!(same("ÉCOLE", "école", Collation::Default));
        assert!(!same("école", "ecole", Collation::Default));
        assert!(same("раураl", "PAYPAl", Collation::Confusables));
        assert!(same("علي ٣", "علی ۳", Collation::ArabicVariants));
        assert!(!same("علي", "علا", Collation::ArabicVariants));
    }
}
