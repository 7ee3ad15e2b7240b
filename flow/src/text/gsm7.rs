//! The 7-bit alphabet of SMS (3GPP TS 23.038) and how many messages a text needs.

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// Units (of 7 or 16 bits) in a single message, and in each part of a longer one, whose header takes some.
const UNITS_7: (usize, usize) = (160, 153);
const UNITS_16: (usize, usize) = (70, 67);

/// Near characters for what the alphabet lacks.
const SUBSTITUTIONS: &[(&str, char)] = &[
    ("áâãāăąªÁÂÃÀĀĂĄ", 'a'),
    ("çćčĉċ", 'c'),
    ("êëēėęěĕ", 'e'),
    ("íîïīįıĭ", 'i'),
    ("óôõōőŏº", 'o'),
    ("úûūůűųŭ", 'u'),
    ("ýÿ", 'y'),
    ("\u{2018}\u{2019}\u{201A}\u{2039}\u{203A}\u{2032}´", '\''),
    ("\u{201C}\u{201D}\u{201E}«»\u{2033}", '"'),
    ("\u{2013}\u{2014}\u{2010}\u{2011}\u{2212}", '-'),
    ("\t\u{A0}\u{2007}\u{202F}", ' '),
];

/// Whether a text can be sent in the 7-bit alphabet.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    text.chars().all(|letter| units(letter).is_some())
}

/// The 7-bit units of a character, `None` when the alphabet lacks it.
fn units(letter: char) -> Option<usize> {
    if BASIC.contains(letter) {
        Some(1)
    } else if EXTENDED.contains(letter) {
        Some(2)
    } else {
        None
    }
}

/// The text with characters that the alphabet lacks replaced by near ones, where there are such.
#[must_use]
pub fn replace_substitutions(text: &str) -> String {
    text.chars()
        .map(|letter| {
            let near = SUBSTITUTIONS.iter().find(|(letters, _)| letters.contains(letter));
            match near {
                Some((_, near)) if letter.is_uppercase() => near.to_ascii_uppercase(),
                Some((_, near)) => *near,
                None => letter,
            }
        })
        .collect()
}

/// How many messages a text needs; a character is never split between two.
#[must_use]
pub fn segments(text: &str) -> usize {
    let units: Option<Vec<usize>> = text.chars().map(units).collect();
    let (units, (single, part)) = match units {
        Some(units) => (units, UNITS_7),
        None => (text.chars().map(char::len_utf16).collect(), UNITS_16),
    };
    if units.iter().sum::<usize>() <= single {
        return 1;
    }
    let (mut parts, mut room) = (1, part);
    for size in units {
        if size > room {
            parts += 1;
            room = part;
        }
        room -= size;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted() {
        assert_eq!(segments(""), 1);
        assert_eq!(segments(&"€".repeat(80)), 1);
        assert_eq!(segments(&"a".repeat(161)), 2);
        assert_eq!(segments(&"a".repeat(307)), 3);
        assert_eq!(segments(&"я".repeat(70)), 1);
        assert_eq!(segments(&"я".repeat(71)), 2);
        assert_eq!(segments(&format!("{}{}", "a".repeat(152), "€".repeat(5))), 2);
        assert!(is_valid("Ñandú à €") == "Ñandú à €".chars().all(|c| units(c).is_some()));
        assert_eq!(replace_substitutions("Ángel dijo “sí”\u{2026}"), "Angel dijo \"si\"\u{2026}");
    }
}
