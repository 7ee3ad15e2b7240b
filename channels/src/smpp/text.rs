//! Letters as bytes and back.
use super::settings::{Account, DefaultAlphabet};
use crate::segments::{self, Encoding};

/// `data_coding` (5.2.19).
pub(super) const DEFAULT: u8 = 0;
const IA5: u8 = 1;
const LATIN1: u8 = 3;
const CYRILLIC: u8 = 6;
const HEBREW: u8 = 7;
pub(super) const UCS2: u8 = 8;

/// A text's bytes in an alphabet that it fits into, and their `data_coding`.
pub(super) fn encode(account: &Account, text: &str, encoding: Encoding) -> (u8, Vec<u8>) {
    let seven = match (encoding, account.settings.default_alphabet) {
        (Encoding::Ucs2, _) => None,
        (Encoding::Gsm7, DefaultAlphabet::Gsm7) => segments::gsm7_bytes(text),
        (Encoding::Gsm7, DefaultAlphabet::Latin1) => {
            text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
        }
    };
    match seven {
        Some(bytes) => (DEFAULT, bytes),
        None => (UCS2, text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    }
}

/// Whether a text can go without a named alphabet at this centre.
pub(super) fn fits_default(account: &Account, text: &str) -> bool {
    segments::encoding(text) == Encoding::Gsm7
        && (account.settings.default_alphabet == DefaultAlphabet::Gsm7
            || text.chars().all(|c| u32::from(c) <= 0xff))
}

/// The alphabet of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    Gsm7,
    Latin1,
    Cyrillic,
    Hebrew,
    Ucs2,
}

fn letters(account: &Account, coding: u8) -> Option<Letters> {
    let default = match account.settings.default_alphabet {
        DefaultAlphabet::Gsm7 => Letters::Gsm7,
        DefaultAlphabet::Latin1 => Letters::Latin1,
    };
    Some(match coding {
        DEFAULT => default,
        IA5 | LATIN1 => Letters::Latin1,
        CYRILLIC => Letters::Cyrillic,
        HEBREW => Letters::Hebrew,
        UCS2 => Letters::Ucs2,
        // The groups of GSM 03.38 that say a class beside the alphabet.
        0x10..=0x3f => match coding & 0x0c {
            0x00 => default,
            0x08 => Letters::Ucs2,
            _ => return None,
        },
        0xf0..=0xff if coding & 0x04 == 0 => default,
        _ => return None,
    })
}

/// What bytes say; `None` when their alphabet is unknown or they are no text. Never fails on wrong bytes: they become
/// a visible mark.
pub(super) fn decode(account: &Account, coding: u8, bytes: &[u8]) -> Option<String> {
    Some(match letters(account, coding)? {
        Letters::Gsm7 => segments::gsm7_read(bytes),
        Letters::Latin1 => bytes.iter().copied().map(char::from).collect(),
        Letters::Cyrillic => bytes.iter().map(|b| cyrillic(*b)).collect(),
        Letters::Hebrew => bytes.iter().map(|b| hebrew(*b)).collect(),
        Letters::Ucs2 => {
            let units = bytes.chunks(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0xfffd,
            });
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
    })
}

/// ISO 8859-5.
fn cyrillic(byte: u8) -> char {
    match byte {
        0x00..=0xa0 | 0xad => char::from(byte),
        0xf0 => '№',
        0xfd => '§',
        _ => char::from_u32(0x0360 + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// ISO 8859-8.
fn hebrew(byte: u8) -> char {
    match byte {
        0xe0..=0xfa => char::from_u32(0x05d0 + u32::from(byte - 0xe0)).unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::from(byte),
    }
}
