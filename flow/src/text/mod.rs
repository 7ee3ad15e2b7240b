//! Reading and comparing what people write: words, numbers, dates, phone numbers, places.
pub mod dates;
pub mod layout;
pub mod locations;
pub mod names;
pub mod numbers;

use jiff::tz::TimeZone;

/// A time zone name that the IANA database does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone {0}")]
pub struct UnknownZone(String);

/// The zone of that IANA name. The database is compiled in; the machine's own is never read.
///
/// # Errors
/// When there is no such zone.
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    if name == "UTC" || name.is_empty() {
        return Ok(TimeZone::UTC);
    }
    jiff::tz::TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone(name.to_owned()))
}

/// A word with its first letter in upper and all others in lower case.
#[must_use]
pub fn title_case(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect()
    })
}
