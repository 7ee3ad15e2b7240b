//! Sealing of personal data: every person has a key, every key is wrapped by the master key and kept in a
//! store apart from the data. To erase a person is to destroy her key.
//!
//! Sealed bytes: `1 | nonce (24) | XChaCha20-Poly1305 ciphertext and tag`. What a value is and whose it is goes
//! in as associated data, so that a sealed value cannot be moved to another place unnoticed.
mod keys;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

pub use keys::{DAY_KEY_DAYS, MasterKey, MasterKeys, READY_KEYS, Vault};

/// Length of every key, in bytes.
pub const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const FORMAT: u8 = 1;

/// Why something cannot be sealed or opened. Never says what was in it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key is gone: the person was erased, or the day's key was destroyed on time.
    #[error("the key is gone: this was erased")]
    Erased,
    /// The bytes are not what was sealed, or are in another place than they were sealed for.
    #[error("sealed data is damaged or was moved")]
    Damaged,
    /// The master key given does not fit the keys in the store.
    #[error("no master key that was given fits the key store (wanted {0})")]
    WrongMaster(String),
    /// The master key's file or variable cannot be used.
    #[error("{0}")]
    Master(String),
    /// The machine gave no randomness.
    #[error("no randomness to be had from the machine")]
    Random,
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

impl From<VaultError> for crate::store::StoreError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error,
            other => Self::Other(anyhow::Error::new(other)),
        }
    }
}

/// What a sealed value is, so that it opens only in its own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Wrap,
    Contact,
    Session,
    Identity,
    Message,
    Note,
    Draft,
    Words,
    Learnt,
    LastWords,
    Inbound,
    Raw,
    Settings,
    Staff,
    Job,
    Media,
    Call,
}

/// A key that seals and opens. Overwritten when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(***)")
    }
}

/// Fills `bytes` with randomness from the machine. Keys and nonces are the one place that asks it directly.
///
/// # Errors
/// When the machine has none to give.
pub fn random(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|_| VaultError::Random)
}

impl Key {
    /// A new key.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn generate() -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        random(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return Err(VaultError::Damaged);
        }
        key.copy_from_slice(bytes);
        Ok(Self(key))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }

    /// Seals `plain` as a `purpose` of this key's owner.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn seal(&self, purpose: Purpose, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        let aad = [purpose as u8];
        let payload = Payload { msg: plain, aad: &aad };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Damaged)?;
        let mut out = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        out.push(FORMAT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what [`Key::seal`] made for the same purpose.
    ///
    /// # Errors
    /// When the bytes are damaged, sealed for another purpose or by another key.
    pub fn open(&self, purpose: Purpose, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (head, body) = sealed.split_at_checked(1 + NONCE_BYTES).ok_or(VaultError::Damaged)?;
        if head[0] != FORMAT {
            return Err(VaultError::Damaged);
        }
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&head[1..]);
        let aad = [purpose as u8];
        let payload = Payload { msg: body, aad: &aad };
        self.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Damaged)
    }

    /// Seals a value as JSON.
    ///
    /// # Errors
    /// As [`Key::seal`].
    pub fn seal_json<T: serde::Serialize>(&self, purpose: Purpose, value: &T) -> Result<Vec<u8>, VaultError> {
        let plain = Zeroizing::new(serde_json::to_vec(value).map_err(|_| VaultError::Damaged)?);
        self.seal(purpose, &plain)
    }

    /// Opens a value that was sealed as JSON.
    ///
    /// # Errors
    /// As [`Key::open`], or when the JSON has another shape.
    pub fn open_json<T: serde::de::DeserializeOwned>(
        &self,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<T, VaultError> {
        let plain = Zeroizing::new(self.open(purpose, sealed)?);
        serde_json::from_slice(&plain).map_err(|_| VaultError::Damaged)
    }

    /// A keyed hash: the same text gives the same 32 bytes, and nobody without the key can try texts.
    #[must_use]
    pub fn hash(&self, parts: &[&[u8]]) -> Vec<u8> {
        // HMAC fills a key up with zeros to its block of 64 bytes; doing so here makes the size right by type.
        let mut block = Zeroizing::new([0; 2 * KEY_BYTES]);
        block[..KEY_BYTES].copy_from_slice(self.0.as_ref());
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
        for part in parts {
            // The length keeps ("a", "bc") and ("ab", "c") apart.
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_purpose_only() {
        let key = Key::generate().unwrap();
        let sealed = key.seal(Purpose::Message, "hola".as_bytes()).unwrap();
        assert_eq!(key.open(Purpose::Message, &sealed).unwrap(), b"hola");
        assert!(key.open(Purpose::Note, &sealed).is_err());
        assert!(Key::generate().unwrap().open(Purpose::Message, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[at] ^= 1;
            assert!(key.open(Purpose::Message, &broken).is_err(), "byte {at}");
        }
        assert!(key.open(Purpose::Message, &[]).is_err());
    }

    #[test]
    fn the_same_text_is_never_sealed_twice_alike() {
        let key = Key::generate().unwrap();
        assert_ne!(key.seal(Purpose::Message, b"x").unwrap(), key.seal(Purpose::Message, b"x").unwrap());
    }
}
