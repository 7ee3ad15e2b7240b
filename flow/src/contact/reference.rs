//! A contact's number made hard to guess, for people to say to each other: six letters and digits that are not
//! mistaken for each other. The same number and key always give the same reference, and no two numbers share one.

/// Letters and digits of a reference.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Bits of each half of a number that is scrambled.
const HALF_BITS: u32 = 15;
const HALF_MASK: u32 = (1 << HALF_BITS) - 1;

/// The reference of a contact's number; empty when she has none. Numbers from 2^30 on are shown as they are.
pub(crate) fn reference(id: u64, key: [u32; 4]) -> String {
    let Ok(number) = u32::try_from(id) else { return id.to_string() };
    if id == 0 || number >> (2 * HALF_BITS) != 0 {
        return if id == 0 { String::new() } else { id.to_string() };
    }
    // a Feistel network of four rounds: every number has its own place, and neighbours land far apart
    let (mut left, mut right) = (number >> HALF_BITS, number & HALF_MASK);
    for round in key {
        (left, right) = (right, left ^ scramble(right, round));
    }
    let scrambled = (left << HALF_BITS) | right;
    (0..6).rev().map(|at| char::from(ALPHABET[(scrambled >> (5 * at)) as usize & 31])).collect()
}

fn scramble(half: u32, key: u32) -> u32 {
    let mixed = (half ^ key).wrapping_mul(0x9e37_79b1);
    ((mixed ^ (mixed >> 15)).wrapping_mul(0x85eb_ca6b) >> 13) & HALF_MASK
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_has_its_own_reference() {
        let key = [1, 2, 3, 4];
        let all: BTreeSet<String> = (1..5000).map(|id| reference(id, key)).collect();
        assert_eq!(all.len(), 4999);
        assert!(all.iter().all(|reference| reference.len() == 6));
        assert_ne!(reference(7, key), reference(7, [1, 2, 3, 5]));
        assert_eq!(reference(0, key), "");
        assert_eq!(reference(1 << 30, key), (1_u64 << 30).to_string());
    }
}
