//! Numbers as short codes that do not show which number they stand for, so that a contact can be referred to
//! without telling how many there are. This is not encryption.
//!
//! A balanced Feistel network of four rounds over the bits of the number, one word of the workspace's key a round,
//! written in 32 letters and digits that cannot be taken for one another.

const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const MIXER: u64 = 0x045d_9f3b;

/// Codes of so many characters, and the bits of each half of the numbers that they hold. Each length begins where the
/// one before it ends.
const LENGTHS: &[(usize, u32)] = &[(6, 15), (7, 17), (8, 20), (10, 25), (12, 30)];

/// A code that no number has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("code is not a valid obfuscated ID")]
pub struct InvalidCode;

fn mix(half: u64, key: u32) -> u64 {
    let product = (half ^ u64::from(key)).wrapping_mul(MIXER);
    product ^ (product >> 16)
}

/// The code of a number; `None` when the number is too large for any (beyond about 2^60).
#[must_use]
pub fn encode(id: u64, key: [u32; 4]) -> Option<String> {
    let mut first = 0;
    for (characters, bits) in LENGTHS.iter().copied() {
        let count = 1_u64 << (2 * bits);
        let Some(offset) = id.checked_sub(first) else { break };
        if offset < count {
            return Some(written(scramble(offset, bits, key), characters));
        }
        first += count;
    }
    None
}

fn scramble(number: u64, bits: u32, key: [u32; 4]) -> u64 {
    let mask = (1 << bits) - 1;
    let (mut left, mut right) = (number >> bits, number & mask);
    for word in key {
        (left, right) = (right, (left ^ mix(right, word)) & mask);
    }
    (left << bits) | right
}

fn written(mut number: u64, characters: usize) -> String {
    let mut code = vec![b'A'; characters];
    for character in code.iter_mut().rev() {
        *character = ALPHABET[(number & 31) as usize];
        number >>= 5;
    }
    code.into_iter().map(char::from).collect()
}

/// The number of a code; the case of letters does not count.
///
/// # Errors
/// When no number has this code.
pub fn decode(code: &str, key: [u32; 4]) -> Result<u64, InvalidCode> {
    let mut first = 0_u64;
    for (characters, bits) in LENGTHS.iter().copied() {
        if code.len() == characters {
            let offset = unscramble(read(code)?, bits, key).ok_or(InvalidCode)?;
            return Ok(first + offset);
        }
        first += 1 << (2 * bits);
    }
    Err(InvalidCode)
}

fn read(code: &str) -> Result<u64, InvalidCode> {
    let value =
        |byte: u8| ALPHABET.iter().position(|letter| *letter == byte.to_ascii_uppercase()).ok_or(InvalidCode);
    code.bytes().try_fold(0, |number, byte| Ok((number << 5) | value(byte)? as u64))
}

fn unscramble(number: u64, bits: u32, key: [u32; 4]) -> Option<u64> {
    let mask = (1 << bits) - 1;
    if number >> (2 * bits) != 0 {
        return None;
    }
    let (mut left, mut right) = (number >> bits, number & mask);
    for word in key.into_iter().rev() {
        (left, right) = ((right ^ mix(left, word)) & mask, left);
    }
    Some((left << bits) | right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_to_their_numbers() {
        let key = [1, 2, 3, 4];
        for id in [0, 1, 77, (1 << 30) - 1, 1 << 30, (1 << 30) + (1 << 34), 1 << 45, 1 << 59] {
            let code = encode(id, key).unwrap();
            assert_eq!(decode(&code.to_lowercase(), key), Ok(id), "{code}");
            assert_ne!(decode(&code, [1, 2, 3, 5]), Ok(id));
        }
        assert_eq!(encode(u64::MAX, key), None);
        for bad in ["", "ABC", "ABCDE0", "ABCDEFGHI", "é1234"] {
            assert_eq!(decode(bad, key), Err(InvalidCode), "{bad}");
        }
    }
}
