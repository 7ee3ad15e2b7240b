//! What a contact is called where her address must not be said: her number as a short code, which people can say to
//! each other.
use crate::text::obfuscation;

/// The reference of a contact's number; empty when she has none.
pub(crate) fn reference(id: u64, key: [u32; 4]) -> String {
    if id == 0 {
        return String::new();
    }
    obfuscation::encode(id, key).unwrap_or_else(|| id.to_string())
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
        assert_eq!(reference(u64::MAX, key), u64::MAX.to_string());
    }
}
