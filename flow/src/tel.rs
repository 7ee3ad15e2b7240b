//! Phone numbers, as far as the engine itself looks at them.
use crate::env::Country;
use crate::text::{phones, urns};

/// A number as `+` and digits where it can be, otherwise its letters and digits in lower case.
pub(crate) fn normalize(number: &str, country: Option<Country>) -> String {
    urns::normalised_tel(number.trim(), country)
}

/// A text as a full phone number, if it is one.
pub(crate) fn parse(text: &str, country: Option<Country>) -> Option<String> {
    phones::parse(text, country, phones::Accept::default()).ok()
}

/// The country that a number belongs to.
pub(crate) fn country_of(number: &str) -> Option<Country> {
    phones::country_of(number)
}
