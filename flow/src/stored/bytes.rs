//! The bytes of a stored session: numbers with a variable length, texts and lists with their length in front.
//! Reading never trusts a length: what does not fit is [`Damaged`].
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::Value as Json;
use smol_str::SmolStr;
use uuid::Uuid;

use crate::moment::Moment;

/// The most bytes of a number.
const MAX_NUMBER_BYTES: usize = 10;
/// What most lists hold.
const USUAL_ITEMS: usize = 32;

/// The bytes are no stored session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// What can be kept.
pub(super) trait Kept: Sized {
    fn keep(&self, out: &mut Vec<u8>);
    /// # Errors
    /// When the bytes are something else.
    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged>;
}

/// Bytes that are still to be read.
pub(super) struct Bytes<'b>(pub(super) &'b [u8]);

impl<'b> Bytes<'b> {
    fn byte(&mut self) -> Result<u8, Damaged> {
        let (first, rest) = self.0.split_first().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (first, rest) = self.0.split_first_chunk().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A length and so many bytes.
    fn counted(&mut self) -> Result<&'b [u8], Damaged> {
        let length = usize::take(self)?;
        let (first, rest) = self.0.split_at_checked(length).ok_or(Damaged)?;
        self.0 = rest;
        Ok(first)
    }

    pub(super) fn text(&mut self) -> Result<&'b str, Damaged> {
        std::str::from_utf8(self.counted()?).map_err(|_| Damaged)
    }

    /// The number of items of a list; each takes at least a byte.
    fn count(&mut self) -> Result<usize, Damaged> {
        let count = usize::take(self)?;
        if count > self.0.len() { Err(Damaged) } else { Ok(count) }
    }
}

/// Seven bits a byte, the lowest first; the eighth bit says that more follow.
impl Kept for u64 {
    fn keep(&self, out: &mut Vec<u8>) {
        let mut bytes = [0; MAX_NUMBER_BYTES];
        let (mut rest, mut length) = (*self, 0);
        while rest >= 0x80 {
            bytes[length] = (rest & 0x7f) as u8 | 0x80;
            rest >>= 7;
            length += 1;
        }
        bytes[length] = rest as u8;
        out.extend_from_slice(&bytes[..=length]);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        if let Some((&first, rest)) = from.0.split_first()
            && first < 0x80
        {
            from.0 = rest;
            return Ok(first.into());
        }
        let mut number = 0;
        for shift in (0..Self::BITS).step_by(7) {
            let byte = from.byte()?;
            let bits = Self::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Damaged);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damaged)
    }
}

macro_rules! kept_number {
    ($($kind:ty),*) => {$(
        impl Kept for $kind {
            fn keep(&self, out: &mut Vec<u8>) {
                (*self as u64).keep(out);
            }
            fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
                Self::try_from(u64::take(from)?).map_err(|_| Damaged)
            }
        }
    )*};
}
kept_number!(u16, u32, usize);

/// The sign in the lowest bit, so that numbers near zero stay short.
impl Kept for i64 {
    fn keep(&self, out: &mut Vec<u8>) {
        (((*self << 1) ^ (*self >> 63)) as u64).keep(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        let bits = u64::take(from)?;
        Ok((bits >> 1) as Self ^ -((bits & 1) as Self))
    }
}

impl Kept for bool {
    fn keep(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged),
        }
    }
}

impl Kept for Uuid {
    fn keep(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        Ok(Self::from_bytes(from.array()?))
    }
}

fn keep_text(text: &str, out: &mut Vec<u8>) {
    text.len().keep(out);
    out.extend_from_slice(text.as_bytes());
}

impl Kept for String {
    fn keep(&self, out: &mut Vec<u8>) {
        keep_text(self, out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        from.text().map(str::to_owned)
    }
}

impl Kept for SmolStr {
    fn keep(&self, out: &mut Vec<u8>) {
        keep_text(self, out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        from.text().map(Self::from)
    }
}

impl Kept for Arc<str> {
    fn keep(&self, out: &mut Vec<u8>) {
        keep_text(self, out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        from.text().map(Self::from)
    }
}

/// Seconds, nanoseconds of the second, seconds of the offset from UTC.
impl Kept for Moment {
    fn keep(&self, out: &mut Vec<u8>) {
        self.at.as_second().keep(out);
        i64::from(self.at.subsec_nanosecond()).keep(out);
        i64::from(self.offset.seconds()).keep(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        let seconds = i64::take(from)?;
        let nanoseconds = i32::try_from(i64::take(from)?).map_err(|_| Damaged)?;
        let offset = i32::try_from(i64::take(from)?).map_err(|_| Damaged)?;
        Ok(Self {
            at: Timestamp::new(seconds, nanoseconds).map_err(|_| Damaged)?,
            offset: if offset == 0 {
                Offset::UTC
            } else {
                Offset::from_seconds(offset).map_err(|_| Damaged)?
            },
        })
    }
}

impl<T: Kept> Kept for Option<T> {
    fn keep(&self, out: &mut Vec<u8>) {
        self.is_some().keep(out);
        if let Some(value) = self {
            value.keep(out);
        }
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        bool::take(from)?.then(|| T::take(from)).transpose()
    }
}

impl<T: Kept> Kept for Vec<T> {
    fn keep(&self, out: &mut Vec<u8>) {
        self.len().keep(out);
        self.iter().for_each(|item| item.keep(out));
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        let count = from.count()?;
        // a length may be made up: no more is set aside than what is usual
        let mut items = Self::with_capacity(count.min(USUAL_ITEMS));
        for _ in 0..count {
            items.push(T::take(from)?);
        }
        Ok(items)
    }
}

impl<K: Kept + Ord, V: Kept> Kept for BTreeMap<K, V> {
    fn keep(&self, out: &mut Vec<u8>) {
        self.len().keep(out);
        for (key, value) in self {
            key.keep(out);
            value.keep(out);
        }
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        let count = from.count()?;
        (0..count).map(|_| Ok((K::take(from)?, V::take(from)?))).collect()
    }
}

impl<T: Kept> Kept for Arc<T> {
    fn keep(&self, out: &mut Vec<u8>) {
        self.as_ref().keep(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        T::take(from).map(Self::new)
    }
}

impl<T: Kept> Kept for Box<T> {
    fn keep(&self, out: &mut Vec<u8>) {
        self.as_ref().keep(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        T::take(from).map(Self::new)
    }
}

impl Kept for Json {
    fn keep(&self, out: &mut Vec<u8>) {
        keep_json(self, out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        take_json(from)
    }
}

/// Keeps what is rare or of many shapes as JSON.
pub(super) fn keep_json(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    // fails only for maps without text keys and for writers that fail: there are neither
    let json = serde_json::to_vec(value).unwrap_or_default();
    json.len().keep(out);
    out.extend_from_slice(&json);
}

pub(super) fn take_json<T: serde::de::DeserializeOwned>(from: &mut Bytes<'_>) -> Result<T, Damaged> {
    serde_json::from_slice(from.counted()?).map_err(|_| Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again<T: Kept>(value: &T) -> T {
        let mut out = Vec::new();
        value.keep(&mut out);
        let mut bytes = Bytes(&out);
        let read = T::take(&mut bytes).unwrap();
        assert!(bytes.0.is_empty());
        read
    }

    #[test]
    fn numbers_and_moments_survive() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(again(&number), number);
        }
        for number in [0, 1, -1, 63, -64, 64, i64::MAX, i64::MIN] {
            assert_eq!(again(&number), number);
        }
        for text in ["2031-02-03T04:05:06.5-05:00", "1890-02-03T04:05:06.000000001Z"] {
            assert_eq!(again(&text.parse::<Moment>().unwrap()).to_string(), text);
        }
    }

    #[test]
    fn lengths_are_not_trusted() {
        assert_eq!(String::take(&mut Bytes(&[200, 1, b'a'])), Err(Damaged));
        assert_eq!(Vec::<u64>::take(&mut Bytes(&[0xff, 0xff, 0xff, 0xff, 0x0f, 1])), Err(Damaged));
        assert_eq!(u64::take(&mut Bytes(&[0xff; 10])), Err(Damaged));
        assert_eq!(u64::take(&mut Bytes(&[0xff])), Err(Damaged));
        assert_eq!(bool::take(&mut Bytes(&[2])), Err(Damaged));
    }
}
