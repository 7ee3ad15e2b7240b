//! The bytes of a stored session: numbers with a variable length, texts and lists with their length in front, moments in
//! a fixed width. All texts stand together behind everything else, so that one look tells that they are texts.
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
pub(super) const USUAL_ITEMS: usize = 32;
/// What most sessions take, without their texts.
const USUAL_BYTES: usize = 1536;
/// What most sessions' texts take.
const USUAL_TEXT_BYTES: usize = 768;
/// The bytes at the end that say how many bytes the texts have.
const LENGTH_BYTES: usize = size_of::<u32>();
/// In the nanoseconds of a moment: the offset from UTC follows.
const HAS_OFFSET: u32 = 1 << 31;

/// The bytes are no stored session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// What can be kept.
pub(super) trait Kept: Sized {
    fn keep(&self, out: &mut Written);
    /// # Errors
    /// When the bytes are something else.
    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged>;
}

/// What is being written.
pub(super) struct Written {
    bytes: Vec<u8>,
    texts: String,
}

impl Written {
    /// Something of this version.
    pub(super) fn new(version: u8) -> Self {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        bytes.push(version);
        Self { bytes, texts: String::with_capacity(USUAL_TEXT_BYTES) }
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn text(&mut self, text: &str) {
        text.len().keep(self);
        self.texts.push_str(text);
    }

    /// Everything, the texts at the end.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(self.texts.as_bytes());
        // a session of more than four gigabytes has been stopped by other limits long before
        let length = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes
    }
}

/// Bytes that are still to be read.
pub(super) struct Bytes<'b> {
    rest: &'b [u8],
    /// The texts that are still to be read; `None` in version 2, where they stand among the bytes.
    texts: Option<&'b str>,
}

impl<'b> Bytes<'b> {
    /// What [`Written`] wrote, behind its version.
    ///
    /// # Errors
    /// When the texts are none.
    pub(super) fn of(bytes: &'b [u8]) -> Result<Self, Damaged> {
        let (bytes, length) = bytes.split_last_chunk::<LENGTH_BYTES>().ok_or(Damaged)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Damaged)?;
        let (rest, texts) =
            bytes.split_at_checked(bytes.len().checked_sub(length).ok_or(Damaged)?).ok_or(Damaged)?;
        Ok(Self { rest, texts: Some(std::str::from_utf8(texts).map_err(|_| Damaged)?) })
    }

    /// What version 2 wrote.
    pub(super) fn of_version_2(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, texts: None }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty() && self.texts.is_none_or(str::is_empty)
    }

    fn byte(&mut self) -> Result<u8, Damaged> {
        let (first, rest) = self.rest.split_first().ok_or(Damaged)?;
        self.rest = rest;
        Ok(*first)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (first, rest) = self.rest.split_first_chunk().ok_or(Damaged)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(super) fn text(&mut self) -> Result<&'b str, Damaged> {
        let length = usize::take(self)?;
        if let Some(texts) = &mut self.texts {
            let (first, rest) = texts.split_at_checked(length).ok_or(Damaged)?;
            *texts = rest;
            return Ok(first);
        }
        let (first, rest) = self.rest.split_at_checked(length).ok_or(Damaged)?;
        self.rest = rest;
        std::str::from_utf8(first).map_err(|_| Damaged)
    }

    /// The number of items of a list; each takes at least a byte.
    pub(super) fn count(&mut self) -> Result<usize, Damaged> {
        let count = usize::take(self)?;
        if count > self.rest.len() { Err(Damaged) } else { Ok(count) }
    }
}

/// Seven bits a byte, the lowest first; the eighth bit says that more follow.
impl Kept for u64 {
    fn keep(&self, out: &mut Written) {
        if *self < 0x80 {
            return out.byte(*self as u8);
        }
        let mut bytes = [0; MAX_NUMBER_BYTES];
        let (mut rest, mut length) = (*self, 0);
        while rest >= 0x80 {
            bytes[length] = (rest & 0x7f) as u8 | 0x80;
            rest >>= 7;
            length += 1;
        }
        bytes[length] = rest as u8;
        out.bytes.extend_from_slice(&bytes[..=length]);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        let first = from.byte()?;
        if first < 0x80 {
            return Ok(first.into());
        }
        longer_number(first, from)
    }
}

/// A number of two bytes or more, of which the first has been read.
fn longer_number(first: u8, from: &mut Bytes<'_>) -> Result<u64, Damaged> {
    let mut number = u64::from(first & 0x7f);
    for shift in (7..u64::BITS).step_by(7) {
        let byte = from.byte()?;
        let bits = u64::from(byte & 0x7f);
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

macro_rules! kept_number {
    ($($kind:ty),*) => {$(
        impl Kept for $kind {
            fn keep(&self, out: &mut Written) {
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
    fn keep(&self, out: &mut Written) {
        (((*self << 1) ^ (*self >> 63)) as u64).keep(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        let bits = u64::take(from)?;
        Ok((bits >> 1) as Self ^ -((bits & 1) as Self))
    }
}

impl Kept for bool {
    fn keep(&self, out: &mut Written) {
        out.byte(u8::from(*self));
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
    fn keep(&self, out: &mut Written) {
        out.bytes.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        Ok(Self::from_bytes(from.array()?))
    }
}

impl Kept for String {
    fn keep(&self, out: &mut Written) {
        out.text(self);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        from.text().map(str::to_owned)
    }
}

impl Kept for SmolStr {
    fn keep(&self, out: &mut Written) {
        out.text(self);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        from.text().map(Self::from)
    }
}

impl Kept for Arc<str> {
    fn keep(&self, out: &mut Written) {
        out.text(self);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        from.text().map(Self::from)
    }
}

/// Eight bytes of seconds and four of nanoseconds; four more with the seconds of the offset where that is not UTC.
impl Kept for Moment {
    fn keep(&self, out: &mut Written) {
        let nanoseconds = self.at.subsec_nanosecond();
        // before 1970 both count backwards; the fraction then has the sign of the seconds or theirs is none
        let (seconds, nanoseconds) = if nanoseconds < 0 {
            (self.at.as_second() - 1, nanoseconds + 1_000_000_000)
        } else {
            (self.at.as_second(), nanoseconds)
        };
        let offset = self.offset.seconds();
        let mark = if offset == 0 { 0 } else { HAS_OFFSET };
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&seconds.to_le_bytes());
        bytes[8..].copy_from_slice(&(nanoseconds.unsigned_abs() | mark).to_le_bytes());
        out.bytes.extend_from_slice(&bytes);
        if offset != 0 {
            out.bytes.extend_from_slice(&offset.to_le_bytes());
        }
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        if from.texts.is_none() {
            return take_moment_of_version_2(from);
        }
        let seconds = i64::from_le_bytes(from.array()?);
        let nanoseconds = u32::from_le_bytes(from.array()?);
        let offset = if nanoseconds & HAS_OFFSET == 0 { 0 } else { i32::from_le_bytes(from.array()?) };
        moment(seconds, i32::try_from(nanoseconds & !HAS_OFFSET).map_err(|_| Damaged)?, offset)
    }
}

/// Three numbers of variable length.
fn take_moment_of_version_2(from: &mut Bytes<'_>) -> Result<Moment, Damaged> {
    let seconds = i64::take(from)?;
    let nanoseconds = i32::try_from(i64::take(from)?).map_err(|_| Damaged)?;
    let offset = i32::try_from(i64::take(from)?).map_err(|_| Damaged)?;
    moment(seconds, nanoseconds, offset)
}

fn moment(seconds: i64, nanoseconds: i32, offset: i32) -> Result<Moment, Damaged> {
    let at = Timestamp::new(seconds, nanoseconds).map_err(|_| Damaged)?;
    if offset == 0 {
        return Ok(Moment::utc(at));
    }
    Ok(Moment { at, offset: Offset::from_seconds(offset).map_err(|_| Damaged)? })
}

impl<T: Kept> Kept for Option<T> {
    fn keep(&self, out: &mut Written) {
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
    fn keep(&self, out: &mut Written) {
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
    fn keep(&self, out: &mut Written) {
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
    fn keep(&self, out: &mut Written) {
        self.as_ref().keep(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        T::take(from).map(Self::new)
    }
}

impl<T: Kept> Kept for Box<T> {
    fn keep(&self, out: &mut Written) {
        self.as_ref().keep(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        T::take(from).map(Self::new)
    }
}

impl Kept for Json {
    fn keep(&self, out: &mut Written) {
        keep_json(self, out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Damaged> {
        take_json(from)
    }
}

/// Keeps what is rare or of many shapes as JSON.
pub(super) fn keep_json(value: &impl serde::Serialize, out: &mut Written) {
    // fails only for maps without text keys and for writers that fail: there are neither
    out.text(&serde_json::to_string(value).unwrap_or_default());
}

pub(super) fn take_json<T: serde::de::DeserializeOwned>(from: &mut Bytes<'_>) -> Result<T, Damaged> {
    serde_json::from_str(from.text()?).map_err(|_| Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again<T: Kept>(value: &T) -> T {
        let mut out = Written::new(3);
        value.keep(&mut out);
        let out = out.finish();
        let mut bytes = Bytes::of(&out[1..]).unwrap();
        let read = T::take(&mut bytes).unwrap();
        assert!(bytes.is_at_end());
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
        for text in [
            "2031-02-03T04:05:06.5-05:00",
            "1890-02-03T04:05:06.000000001Z",
            "-009999-01-02T01:59:59.000000001Z",
        ] {
            assert_eq!(again(&text.parse::<Moment>().unwrap()).to_string(), text);
        }
    }

    #[test]
    fn texts_stand_at_the_end() {
        let texts = vec!["Sí".to_owned(), String::new(), "no".to_owned()];
        assert_eq!(again(&texts), texts);
        let mut out = Written::new(3);
        texts.keep(&mut out);
        let out = out.finish();
        assert_eq!(&out[1..], b"\x03\x03\0\x02S\xc3\xadno\x05\0\0\0");
        // a length that ends within a letter
        let mut cut = out.clone();
        cut[2] = 2;
        assert_eq!(Vec::<String>::take(&mut Bytes::of(&cut[1..]).unwrap()), Err(Damaged));
        for wrong in [&b"\x01\0\0"[..], b"a\x02\0\0\0", b"\xff\x01\0\0\0"] {
            assert!(Bytes::of(wrong).is_err());
        }
    }

    #[test]
    fn lengths_are_not_trusted() {
        assert_eq!(String::take(&mut Bytes::of_version_2(&[200, 1, b'a'])), Err(Damaged));
        assert_eq!(
            Vec::<u64>::take(&mut Bytes::of_version_2(&[0xff, 0xff, 0xff, 0xff, 0x0f, 1])),
            Err(Damaged)
        );
        assert_eq!(u64::take(&mut Bytes::of_version_2(&[0xff; 10])), Err(Damaged));
        assert_eq!(u64::take(&mut Bytes::of_version_2(&[0xff])), Err(Damaged));
        assert_eq!(bool::take(&mut Bytes::of_version_2(&[2])), Err(Damaged));
    }
}
