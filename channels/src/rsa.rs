//! RSA signatures with SHA-256 (RSASSA-PKCS1-v1_5, RFC 8017) and reading keys from PEM (PKCS #1, PKCS #8,
//! SubjectPublicKeyInfo). Some providers sign their calls so, and Google wants its tokens asked for so; a library of
//! its own would draw random numbers, which this room cannot. Signing is blinded with a number made from the key and
//! the message, and a signature is checked before it leaves, so that a slip in the arithmetic cannot tell the key.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;
use sha2::{Digest, Sha256};

use crate::signing::hmac_sha256_keyed;

/// The longest key that is read, in bytes of text.
const MAX_PEM_BYTES: usize = 16 * 1024;
/// Keys shorter than this are broken by now, and longer ones cost too much.
const MODULUS_BITS: std::ops::RangeInclusive<u64> = 1024..=8192;
/// The longest public exponent; all keys in use have 65537.
const MAX_EXPONENT_BITS: u64 = 33;
/// What stands before the hash in a signature: the name of SHA-256 in DER.
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];
/// The least padding of a signature.
const MIN_PADDING: usize = 8;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// A key that checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    modulus: BigUint,
    exponent: BigUint,
}

/// A key that makes signatures.
pub(crate) struct PrivateKey {
    public: PublicKey,
    secret: BigUint,
}

impl PublicKey {
    /// Reads a PEM text; where its lines end does not matter, since keys are often pasted as one line.
    pub(crate) fn parse(pem: &str) -> Option<Self> {
        let der = der(pem)?;
        let mut outer = Der(&der).inside(SEQUENCE)?;
        // A bare key begins with its modulus, one with its algorithm in front with another sequence.
        let bits;
        let mut numbers = if outer.0.first() == Some(&INTEGER) {
            outer
        } else {
            outer.inside(SEQUENCE)?;
            bits = outer.take(BIT_STRING)?;
            Der(bits.strip_prefix(&[0])?).inside(SEQUENCE)?
        };
        Self::new(numbers.number()?, numbers.number()?)
    }

    fn new(modulus: BigUint, exponent: BigUint) -> Option<Self> {
        let fits = MODULUS_BITS.contains(&modulus.bits())
            && (2..=MAX_EXPONENT_BITS).contains(&exponent.bits())
            && modulus.bit(0)
            && exponent.bit(0);
        fits.then_some(Self { modulus, exponent })
    }

    fn bytes(&self) -> usize {
        usize::try_from(self.modulus.bits().div_ceil(8)).unwrap_or(0)
    }

    /// Whether somebody with the private key signed these bytes.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let number = BigUint::from_bytes_be(signature);
        if signature.len() != self.bytes() || number >= self.modulus {
            return false;
        }
        let padded = number.modpow(&self.exponent, &self.modulus);
        encoded(message, self.bytes()).is_some_and(|wanted| BigUint::from_bytes_be(&wanted) == padded)
    }
}

impl PrivateKey {
    pub(crate) fn parse(pem: &str) -> Option<Self> {
        let der = der(pem)?;
        let mut outer = Der(&der).inside(SEQUENCE)?;
        outer.number()?;
        // A bare key goes on with its modulus, one with its algorithm in front with a sequence.
        let mut numbers = if outer.0.first() == Some(&INTEGER) {
            outer
        } else {
            outer.inside(SEQUENCE)?;
            let mut key = Der(outer.take(OCTET_STRING)?).inside(SEQUENCE)?;
            key.number()?;
            key
        };
        let public = PublicKey::new(numbers.number()?, numbers.number()?)?;
        let secret = numbers.number().filter(|secret| *secret < public.modulus)?;
        Some(Self { public, secret })
    }

    /// The signature of these bytes; `None` when the key is not one.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let PublicKey { modulus, exponent } = &self.public;
        let padded = BigUint::from_bytes_be(&encoded(message, self.public.bytes())?);
        let (blind, unblind) = self.blinding(message)?;
        let blinded = padded * blind.modpow(exponent, modulus) % modulus;
        let signature = blinded.modpow(&self.secret, modulus) * unblind % modulus;
        let bytes = signature.to_bytes_be();
        let mut out = vec![0; self.public.bytes().checked_sub(bytes.len())?];
        out.extend_from_slice(&bytes);
        self.public.verify(message, &out).then_some(out)
    }

    /// A number that nobody else can guess, and its inverse.
    fn blinding(&self, message: &[u8]) -> Option<(BigUint, BigUint)> {
        let key = self.secret.to_bytes_be();
        let mut bytes = Vec::new();
        for i in 0..u32::try_from(self.public.bytes()).ok()?.div_ceil(32) {
            let counted = [&i.to_be_bytes(), message].concat();
            bytes.extend_from_slice(&hmac_sha256_keyed(&key, &counted));
        }
        let blind = BigUint::from_bytes_be(&bytes) % &self.public.modulus;
        let unblind = blind.modinv(&self.public.modulus)?;
        Some((blind, unblind))
    }
}

/// The hash as it stands in a signature of so many bytes.
fn encoded(message: &[u8], length: usize) -> Option<Vec<u8>> {
    let hash = Sha256::digest(message);
    let padding = length.checked_sub(3 + SHA256_PREFIX.len() + hash.len()).filter(|n| *n >= MIN_PADDING)?;
    let mut out = vec![0, 1];
    out.extend(std::iter::repeat_n(0xff, padding));
    out.push(0);
    out.extend_from_slice(&SHA256_PREFIX);
    out.extend_from_slice(&hash);
    Some(out)
}

/// The bytes of a PEM text.
fn der(pem: &str) -> Option<Vec<u8>> {
    if pem.len() > MAX_PEM_BYTES {
        return None;
    }
    // JSON files write the ends of lines as two characters, and people paste them so.
    let pem = pem.replace("\\n", "\n");
    let (_, after) = pem.split_once("-----BEGIN ")?;
    let (_, after) = after.split_once("-----")?;
    let (body, _) = after.split_once("-----END")?;
    let letters: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(letters).ok()
}

/// What is left of some DER.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, which must have this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_first()?;
        let (length, rest) = rest.split_first()?;
        let (length, rest) = match *length {
            short @ 0..=0x7f => (usize::from(short), rest),
            // Keys are shorter than 16 MB: three bytes of length are enough.
            long @ 0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked(usize::from(long - 0x80))?;
                (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (*first == tag).then_some(content)
    }

    fn inside(&mut self, tag: u8) -> Option<Der<'a>> {
        self.take(tag).map(Der)
    }

    fn number(&mut self) -> Option<BigUint> {
        let bytes = self.take(INTEGER)?;
        let positive = bytes.first().is_some_and(|first| first & 0x80 == 0);
        positive.then(|| BigUint::from_bytes_be(bytes))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![tag, 0x82];
        out.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
        out.extend_from_slice(content);
        out
    }

    fn number(value: &BigUint) -> Vec<u8> {
        tagged(INTEGER, &[&[0], value.to_bytes_be().as_slice()].concat())
    }

    fn pem(name: &str, der: &[u8]) -> String {
        format!("-----BEGIN {name}-----\n{}\n-----END {name}-----\n", STANDARD.encode(der))
    }

    /// A key of two well-known primes (2^521 − 1 and 2^607 − 1), good for nothing but tests.
    pub(crate) fn keys() -> (String, String) {
        let one = BigUint::from(1_u8);
        let (p, q) = ((&one << 521_u32) - &one, (&one << 607_u32) - &one);
        let (n, e) = (&p * &q, BigUint::from(65_537_u32));
        let d = e.modinv(&((&p - &one) * (&q - &one))).unwrap();
        let public = [number(&n), number(&e)].concat();
        let zero = BigUint::from(0_u8);
        let private = [number(&zero), number(&n), number(&e), number(&d)].concat();
        let inner = tagged(SEQUENCE, &private);
        let wrapped = [number(&zero), tagged(SEQUENCE, &[]), tagged(OCTET_STRING, &inner)].concat();
        let bits = [&[0], tagged(SEQUENCE, &public).as_slice()].concat();
        let spki = [tagged(SEQUENCE, &[]), tagged(BIT_STRING, &bits)].concat();
        (pem("PRIVATE KEY", &tagged(SEQUENCE, &wrapped)), pem("PUBLIC KEY", &tagged(SEQUENCE, &spki)))
    }

    #[test]
    fn what_one_key_signs_the_other_knows() {
        let (private, public) = keys();
        let signature = PrivateKey::parse(&private).unwrap().sign(b"hola").unwrap();
        let key = PublicKey::parse(&public.replace('\n', " ")).unwrap();
        assert!(key.verify(b"hola", &signature));
        assert!(!key.verify(b"hola!", &signature));
        let mut other = signature.clone();
        other[40] ^= 1;
        assert!(!key.verify(b"hola", &other) && !key.verify(b"hola", &signature[1..]));
        assert!(!key.verify(b"hola", &[]) && !key.verify(b"hola", &vec![0xff; signature.len()]));
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let (private, public) = keys();
        assert!(PublicKey::parse(&private).is_none() && PrivateKey::parse(&public).is_none());
        for wrong in [
            "",
            "-----BEGIN X-----",
            "-----BEGIN X-----AAAA-----END X-----",
            "-----BEGIN X-----MIIB/w==-----END",
        ] {
            assert!(PublicKey::parse(wrong).is_none() && PrivateKey::parse(wrong).is_none(), "{wrong}");
        }
        for at in 0..public.len() {
            let _ = PublicKey::parse(&public[..at]);
        }
    }
}
