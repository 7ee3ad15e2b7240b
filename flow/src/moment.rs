//! A point in time together with the UTC offset that it was written with. Flow authors see that offset again
//! when such a time is printed, so it must survive reading and writing.
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::Offset;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment and the offset it was given in; RFC 3339 in JSON, with as many digits of the second as it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    pub at: Timestamp,
    pub offset: Offset,
}

impl Moment {
    /// The moment in UTC.
    #[must_use]
    pub fn utc(at: Timestamp) -> Self {
        Self { at, offset: Offset::UTC }
    }
}

impl Default for Moment {
    fn default() -> Self {
        Self::utc(Timestamp::UNIX_EPOCH)
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self::utc(at)
    }
}

impl FromStr for Moment {
    type Err = jiff::Error;
    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        let at: Timestamp = text.parse()?;
        let offset = match Pieces::parse(text)?.offset() {
            Some(PiecesOffset::Numeric(numeric)) => numeric.offset(),
            _ => Offset::UTC,
        };
        Ok(Self { at, offset })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.offset == Offset::UTC {
            write!(f, "{}", self.at)
        } else {
            write!(f, "{}", self.at.display_with_offset(self.offset))
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_survives() {
        for text in ["2031-02-03T04:05:06.5-05:00", "2031-02-03T04:05:06Z", "2031-02-03T04:05:06.123456789Z"]
        {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), text);
        }
        assert_eq!(
            "2031-02-03T04:05:06.000-00:00".parse::<Moment>().unwrap().to_string(),
            "2031-02-03T04:05:06Z"
        );
    }
}
