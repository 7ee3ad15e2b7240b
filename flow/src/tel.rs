//! Phone numbers, as far as the engine itself looks at them.
use crate::env::Country;

/// A number as `+` and digits where its country is known, otherwise its letters and digits as they are.
pub(crate) fn normalize(number: &str, _country: Option<Country>) -> String {
    let tidy: String = number.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '+').collect();
    tidy.to_lowercase()
}

/// A text as a full phone number, if it is one.
pub(crate) fn parse(text: &str, country: Option<Country>) -> Option<String> {
    let number = normalize(text, country);
    (number.starts_with('+') && number.len() > 7).then_some(number)
}

/// The country that a number belongs to.
pub(crate) fn country_of(number: &str) -> Option<Country> {
    let _ = number;
    None
}

/// A number as people write it.
pub(crate) fn format(number: &str) -> String {
    number.to_owned()
}

/// A name in lower case with underscores between its words.
pub(crate) fn snakify(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    out.trim_end_matches('_').to_owned()
}
