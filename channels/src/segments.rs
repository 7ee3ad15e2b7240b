//! How many parts a text takes as SMS, and where it is cut: 3GPP TS 23.038 (alphabets) and 23.040 (joined parts).
//!
//! A text whose every character is in the GSM 7-bit alphabet takes 160 units alone and 153 a part when it is joined
//! from several; ten characters of the extension table take two units. Any other text goes as UCS-2: 70 UTF-16
//! units alone, 67 a part. Neither an escape pair nor a surrogate pair is ever parted.
use serde::{Deserialize, Serialize};

/// The alphabet that a text is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// GSM 7-bit, without national tables.
    Gsm7,
    /// 16 bits a unit.
    Ucs2,
}

impl Encoding {
    /// Its word in data.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ucs2 => "ucs2",
        }
    }

    /// Units that a message of one part holds.
    #[must_use]
    pub const fn single(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units that each part of a joined message holds: six bytes go to the header that joins them.
    #[must_use]
    pub const fn joined(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    /// Units that one character takes; only asked of characters that the encoding has.
    fn width(self, c: char) -> usize {
        match self {
            Self::Gsm7 => gsm7_width(c).unwrap_or(1),
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

/// What sending a text as SMS takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub encoding: Encoding,
    /// Units over all parts, without headers.
    pub units: usize,
    /// What is paid for; 0 for an empty text.
    pub parts: usize,
    /// Units that fit before another part begins.
    pub left: usize,
}

/// The basic table of 3GPP TS 23.038, in its order, without the escape character. The small c with cedilla is not in it, nor is the
/// backtick.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// How many units a character takes in the GSM 7-bit alphabet; `None` when it has no place there. Those of the extension
/// table are sent as an escape and a second unit.
#[must_use]
pub const fn gsm7_width(c: char) -> Option<usize> {
    match c {
        '\u{c}' | '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' => Some(2),
        '`' => None,
        ' '..='}' | '\n' | '\r' => Some(1),
        '£' | '¥' | 'è' | 'é' | 'ù' | 'ì' | 'ò' | 'Ç' | 'Ø' | 'ø' | 'Å' | 'å' | 'Δ' | 'Φ' | 'Γ' | 'Λ'
        | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ' | 'Ξ' | 'Æ' | 'æ' | 'ß' | 'É' | '¤' | '¡' | 'Ä' | 'Ö' | 'Ñ' | 'Ü'
        | '§' | '¿' | 'ä' | 'ö' | 'ñ' | 'ü' | 'à' => Some(1),
        _ => None,
    }
}

/// The widths of ASCII, 0 for what has no place: nearly all letters of nearly all texts.
const ASCII_WIDTHS: [u8; 128] = {
    let mut widths = [0; 128];
    let mut i = 0_u8;
    while i < 128 {
        widths[i as usize] = match gsm7_width(i as char) {
            Some(2) => 2,
            Some(_) => 1,
            None => 0,
        };
        i += 1;
    }
    widths
};

/// The units of a text in the GSM 7-bit alphabet; `None` when it does not fit into it.
fn gsm7_units(text: &str) -> Option<usize> {
    text.chars().try_fold(0, |sum, c| {
        let ascii = usize::try_from(u32::from(c)).ok().and_then(|number| ASCII_WIDTHS.get(number));
        match ascii {
            Some(0) => None,
            Some(width) => Some(sum + usize::from(*width)),
            None => Some(sum + gsm7_width(c)?),
        }
    })
}

/// The UTF-16 units of a text: one for each character, one more for each beyond the basic plane, whose first byte shows.
fn utf16_units(text: &str) -> usize {
    text.chars().count() + text.bytes().filter(|byte| *byte >= 0xf0).count()
}

/// The alphabet that a text needs, and its units there.
fn measured(text: &str) -> (Encoding, usize) {
    gsm7_units(text).map_or_else(|| (Encoding::Ucs2, utf16_units(text)), |units| (Encoding::Gsm7, units))
}

/// The alphabet that a text needs.
#[must_use]
pub fn encoding(text: &str) -> Encoding {
    measured(text).0
}

/// How many parts a text takes.
#[must_use]
pub fn count(text: &str) -> Count {
    let (encoding, units) = measured(text);
    if units <= encoding.single() {
        return Count { encoding, units, parts: usize::from(units > 0), left: encoding.single() - units };
    }
    if units == text.chars().count() {
        // No pair can be in the way of a cut.
        let parts = units.div_ceil(encoding.joined());
        return Count { encoding, units, parts, left: parts * encoding.joined() - units };
    }
    let (mut parts, mut filled) = (1, 0);
    for width in text.chars().map(|c| encoding.width(c)) {
        if filled + width > encoding.joined() {
            (parts, filled) = (parts + 1, 0);
        }
        filled += width;
    }
    Count { encoding, units, parts, left: encoding.joined() - filled }
}

/// The text as the phone network cuts it: each part as full as it can be, words not regarded.
#[must_use]
pub fn parts(text: &str) -> Vec<&str> {
    let (encoding, units) = measured(text);
    cut(text, encoding, units)
}

/// As [`parts`], in an encoding that the text fits into.
pub(crate) fn parts_in(text: &str, encoding: Encoding) -> Vec<&str> {
    cut(text, encoding, text.chars().map(|c| encoding.width(c)).sum())
}

/// A text of so many units, cut.
fn cut(text: &str, encoding: Encoding, units: usize) -> Vec<&str> {
    if units <= encoding.single() {
        return if text.is_empty() { Vec::new() } else { vec![text] };
    }
    let mut parts = Vec::new();
    let (mut start, mut filled) = (0, 0);
    for (at, c) in text.char_indices() {
        let width = encoding.width(c);
        if filled + width > encoding.joined() {
            parts.extend(text.get(start..at));
            (start, filled) = (at, 0);
        }
        filled += width;
    }
    parts.extend(text.get(start..));
    parts
}

/// The text with typographic marks replaced by those of the GSM 7-bit alphabet that mean the same to a reader: one
/// curly quote otherwise more than halves what a part holds. Letters are left alone.
#[must_use]
pub fn plain_punctuation(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' => out.push('\''),
            '“' | '”' | '„' | '‟' | '″' | '«' | '»' => out.push('"'),
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => out.push('-'),
            '…' => out.push_str("..."),
            '•' | '·' => out.push('*'),
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\t' => out.push(' '),
            // Marks without a width: a byte-order mark and a soft hyphen. The zero-width joiners stay, words need them.
            '\u{feff}' | '\u{ad}' => {}
            c => out.push(c),
        }
    }
    out
}

/// The escape to the extension table.
const ESCAPE: u8 = 0x1b;
/// The extension table: characters of two units.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";
/// The places of [`EXTENSION`]'s characters.
const EXTENSION_PLACES: [u8; 10] = [0x0a, 0x14, 0x28, 0x29, 0x2f, 0x3c, 0x3d, 0x3e, 0x40, 0x65];

/// A text in the GSM 7-bit alphabet, one unit a byte; `None` when it has a character that is not in it.
pub(crate) fn gsm7_bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        if let Some(at) = BASIC.chars().position(|known| known == c) {
            // The escape has no place in the table, so what comes after it stands one place earlier.
            let at = u8::try_from(at).ok()?;
            bytes.push(if at < ESCAPE { at } else { at + 1 });
        } else {
            let at = EXTENSION.chars().position(|known| known == c)?;
            bytes.extend([ESCAPE, *EXTENSION_PLACES.get(at)?]);
        }
    }
    Some(bytes)
}

/// Reads what [`gsm7_bytes`] writes. An unknown extension is the character of the basic table, as the standard says;
/// a byte that is no unit at all is taken for ISO 8859-1.
pub(crate) fn gsm7_read(bytes: &[u8]) -> String {
    let basic = |byte: u8| {
        let at = usize::from(if byte > ESCAPE { byte - 1 } else { byte });
        if byte < 0x80 { BASIC.chars().nth(at).unwrap_or(' ') } else { char::from(byte) }
    };
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        if *byte != ESCAPE {
            out.push(basic(*byte));
            continue;
        }
        let Some(second) = rest.next() else { break };
        let extension = EXTENSION_PLACES.iter().position(|place| place == second);
        out.push(extension.and_then(|at| EXTENSION.chars().nth(at)).unwrap_or_else(|| basic(*second)));
    }
    out
}

/// A text whose characters below the space are still numbers of the GSM 7-bit alphabet, as some gateways pass them on.
/// A text with characters beyond 7 bits was translated already and is left as it is.
pub(crate) fn gsm7_text(raw: &str) -> String {
    const ESCAPE: u32 = 0x1b;
    if !raw.is_ascii() || raw.chars().all(|c| u32::from(c) >= 0x20 || c == '\n' || c == '\r') {
        return raw.to_owned();
    }
    // The escape has no place in the table, so what comes after it stands one place earlier.
    let place = |number: u32| usize::try_from(if number > ESCAPE { number - 1 } else { number }).ok();
    raw.chars()
        .filter(|c| u32::from(*c) != ESCAPE)
        .map(|c| place(u32::from(c)).and_then(|place| BASIC.chars().nth(place)).unwrap_or(c))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, encoding: Encoding, units: usize, parts: usize) {
        let counted = count(text);
        assert_eq!((counted.encoding, counted.units, counted.parts), (encoding, units, parts), "{text}");
    }

    #[test]
    fn parts_are_counted_at_their_borders() {
        use Encoding::{Gsm7, Ucs2};
        check("", Gsm7, 0, 0);
        check(&"a".repeat(160), Gsm7, 160, 1);
        check(&"a".repeat(161), Gsm7, 161, 2);
        check(&"a".repeat(306), Gsm7, 306, 2);
        check(&"a".repeat(307), Gsm7, 307, 3);
        check(&"ж".repeat(70), Ucs2, 70, 1);
        check(&"ж".repeat(71), Ucs2, 71, 2);
        check(&"ж".repeat(134), Ucs2, 134, 2);
        check(&"ж".repeat(135), Ucs2, 135, 3);
        assert_eq!(count("hola").left, 156);
        assert_eq!(count(&"a".repeat(161)).left, 145);
    }

    #[test]
    fn a_character_has_a_width_if_it_is_in_a_table() {
        for c in (0..0x3000).filter_map(char::from_u32) {
            let expected = match (BASIC.contains(c), "\u{c}^{}\\[~]|€".contains(c)) {
                (true, _) => Some(1),
                (false, true) => Some(2),
                (false, false) => None,
            };
            assert_eq!(gsm7_width(c), expected, "{c:?}");
        }
    }

    #[test]
    fn the_extension_table_takes_two_units() {
        check(&"€".repeat(80), Encoding::Gsm7, 160, 1);
        check(&"€".repeat(81), Encoding::Gsm7, 162, 2);
        // 152 letters and a pair do not fit into 153 units: the pair moves on as a whole.
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(153));
        let parts = parts(&text);
        assert_eq!(parts.iter().map(|part| part.chars().count()).collect::<Vec<_>>(), [152, 152, 2]);
        assert_eq!(count(&text).parts, 3);
    }

    #[test]
    fn a_surrogate_pair_is_not_parted() {
        let text = format!("{}😀{}", "ж".repeat(66), "ж".repeat(10));
        assert_eq!(parts(&text).first().map(|part| part.chars().count()), Some(66));
        assert_eq!(count(&text).parts, 2);
    }

    #[test]
    fn one_letter_decides_the_alphabet() {
        for (text, expected) in [
            ("¿Dónde?", Encoding::Ucs2), // ó is not in the alphabet, ò is
            ("¿Que pasa, señora?", Encoding::Gsm7),
            ("Ça va", Encoding::Gsm7),
            ("ça va", Encoding::Ucs2),
            ("`", Encoding::Ucs2),
            ("[ok] {a|b} ~ ^ \\", Encoding::Gsm7),
            ("it’s", Encoding::Ucs2),
        ] {
            assert_eq!(encoding(text), expected, "{text}");
        }
    }

    #[test]
    fn typographic_marks_become_plain() {
        let text = "“Line” – it’s open…\u{a0}now";
        assert_eq!(plain_punctuation(text), "\"Line\" - it's open... now");
        assert_eq!(encoding(&plain_punctuation(text)), Encoding::Gsm7);
        assert_eq!(plain_punctuation("señal ñandú"), "señal ñandú");
    }

    proptest! {
        #[test]
        fn parts_hold_the_whole_text_and_none_is_too_full(text in "[a-z€\\[жñ😀]{0,400}") {
            let parts = parts(&text);
            prop_assert_eq!(parts.concat(), text.clone());
            let encoding = encoding(&text);
            let most = if parts.len() > 1 { encoding.joined() } else { encoding.single() };
            for part in &parts {
                prop_assert!(part.chars().map(|c| encoding.width(c)).sum::<usize>() <= most);
            }
            prop_assert_eq!(parts.len(), count(&text).parts);
        }
    }
}
