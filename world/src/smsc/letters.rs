//! The GSM 7-bit alphabet by its table of 3GPP TS 23.038, row by row, and UCS-2.
const TABLE: [&str; 8] = [
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
];
const ESCAPED: [(u8, char); 10] = [
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];
/// `data_coding` of UCS-2.
pub(super) const UCS2: u8 = 8;
/// Bytes of one message, and of a part behind its header.
const SINGLE: usize = 140;
const PART: usize = 134;
/// The same where each byte is a letter of 7 bits.
const SINGLE_7: usize = 160;
const PART_7: usize = 153;

fn byte(c: char) -> Option<Vec<u8>> {
    if let Some((code, _)) = ESCAPED.iter().find(|(_, escaped)| *escaped == c) {
        return Some(vec![0x1b, *code]);
    }
    let (row, column) = TABLE.iter().enumerate().find_map(|(row, letters)| {
        letters.chars().position(|letter| letter == c).map(|column| (row, column))
    })?;
    u8::try_from(row * 16 + column).ok().map(|byte| vec![byte])
}

/// What bytes say.
pub(super) fn read(coding: u8, bytes: &[u8]) -> String {
    if coding == UCS2 {
        let units: Vec<u16> =
            bytes.chunks_exact(2).map(|pair| pair.iter().fold(0, |n, b| n << 8 | u16::from(*b))).collect();
        return String::from_utf16_lossy(&units);
    }
    let mut escaped = false;
    let mut text = String::new();
    for code in bytes {
        if escaped {
            text.extend(ESCAPED.iter().find(|(known, _)| known == code).map(|(_, c)| *c));
            escaped = false;
        } else if *code == 0x1b {
            escaped = true;
        } else {
            let row = TABLE.get(usize::from(code / 16)).copied().unwrap_or_default();
            text.extend(row.chars().nth(usize::from(code % 16)));
        }
    }
    text
}

/// A text as a phone sends it: its alphabet, and its parts without headers. A careless phone cuts wherever a part is
/// full, in the middle of a letter too.
pub(super) fn parts(text: &str) -> (u8, Vec<Vec<u8>>) {
    let seven: Option<Vec<Vec<u8>>> = text.chars().map(byte).collect();
    let (coding, bytes, single, part) = match seven {
        Some(bytes) => (0, bytes.concat(), SINGLE_7, PART_7),
        None => (UCS2, text.encode_utf16().flat_map(u16::to_be_bytes).collect(), SINGLE, PART),
    };
    let size = if bytes.len() <= single { single } else { part };
    (coding, bytes.chunks(size).map(<[u8]>::to_vec).collect())
}
