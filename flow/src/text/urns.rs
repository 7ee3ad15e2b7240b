//! Addresses by RapidPro's schemes: taking apart, normalising, checking, showing.
use std::sync::LazyLock;

use regex::Regex;

use crate::env::Country;

use super::phones::{self, Accept};

/// The longest path of an address, in bytes, escaped.
pub const MAX_PATH_BYTES: usize = 200;

/// Why a text is not an address, or not a good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrnProblem {
    #[error("scheme cannot be empty")]
    NoScheme,
    #[error("path cannot be empty")]
    NoPath,
    #[error("scheme or path cannot be empty")]
    Empty,
    #[error("unknown URN scheme")]
    UnknownScheme,
    #[error("path component too long")]
    TooLong,
    #[error("invalid path component")]
    Path,
}

/// An address in its parts, unescaped.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Parts {
    pub scheme: String,
    pub path: String,
    pub query: String,
    pub display: String,
}

/// Every scheme, with the pattern of its paths.
const SCHEMES: [(&str, &str); 21] = [
    ("bsuid", r"[A-Z]{2}\.[A-Za-z0-9]{1,128}"),
    ("discord", r"[0-9]+"),
    ("ext", r"(?s:.+)"),
    ("facebook", r"[0-9]+|ref:.+"),
    ("fcm", r"(?s:.+)"),
    ("freshchat", r"[0-9a-fA-F-]{36}/[0-9a-fA-F-]{36}"),
    ("instagram", r"[0-9]+"),
    ("jiochat", r"[0-9]+"),
    ("line", r"[a-zA-Z0-9_]{1,36}"),
    ("mailto", r"[^\s@]+@[^\s@]+"),
    ("rocketchat", r"[a-zA-Z0-9]{1,80}"),
    ("slack", r"[A-Z0-9]{1,20}"),
    ("tel", r"\+[0-9]{1,64}|[a-z0-9]{1,64}"),
    ("telegram", r"[0-9]+"),
    ("twitter", r"[a-zA-Z0-9_]{1,15}"),
    ("twitterid", r"[0-9]+"),
    ("viber", r"[a-zA-Z0-9_=/+]{1,24}"),
    ("vk", r"[0-9]+"),
    ("webchat", r"[a-zA-Z0-9]{24}(?::[^\s@]+@[^\s@]+)?"),
    ("wechat", r"[a-zA-Z0-9_-]+"),
    ("whatsapp", r"[0-9]{1,15}|[A-Z]{2}\.[A-Za-z0-9]{1,128}"),
];

/// The patterns of the schemes, in their order.
static PATHS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "fixed patterns, tried by this file's tests")]
    let pattern = |(_, path): &(&str, &str)| Regex::new(&format!("^(?:{path})$")).expect("a valid pattern");
    SCHEMES.iter().map(pattern).collect()
});

fn place_of(scheme: &str) -> Option<usize> {
    SCHEMES.iter().position(|(name, _)| *name == scheme)
}

/// The schemes that RapidPro has.
#[must_use]
pub fn is_valid_scheme(scheme: &str) -> bool {
    place_of(scheme).is_some()
}

impl Parts {
    /// Takes an address apart. Unknown schemes and odd paths are accepted.
    ///
    /// # Errors
    /// When scheme or path is missing.
    pub fn parse(text: &str) -> Result<Self, UrnProblem> {
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        if scheme.is_empty() {
            return Err(UrnProblem::NoScheme);
        }
        let (rest, display) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if path.is_empty() {
            return Err(UrnProblem::NoPath);
        }
        Ok(Self {
            scheme: scheme.to_owned(),
            path: unescape(path),
            query: query.to_owned(),
            display: unescape(display),
        })
    }

    /// Takes a text apart as far as it goes: scheme and path may be empty.
    #[must_use]
    pub fn loose(text: &str) -> Self {
        let (scheme, path) = text.split_once(':').unwrap_or(("", text));
        Self { scheme: scheme.to_owned(), path: path.to_owned(), ..Self::default() }
    }

    /// A checked address in its normal form, from its parts.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(scheme: &str, path: &str, display: &str) -> Result<Self, UrnProblem> {
        let parts = Self {
            scheme: scheme.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            display: display.to_owned(),
        };
        let parts = parts.normalised();
        parts.validate()?;
        Ok(parts)
    }

    /// The same address in the one form that is stored and compared: full phone numbers, lower-case names.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        let path = self.path.trim();
        self.path = match self.scheme.as_str() {
            "tel" => normalised_tel(path, None),
            "twitter" => path.strip_prefix('@').unwrap_or(path).to_lowercase(),
            "twitterid" => path.strip_prefix('@').unwrap_or(path).to_owned(),
            "mailto" => path.to_lowercase(),
            "whatsapp" | "bsuid" => match path.split_once('.') {
                Some((country, id)) => format!("{}.{id}", country.to_uppercase()),
                None => path.to_owned(),
            },
            _ => path.to_owned(),
        };
        self.display = self.display.trim().to_owned();
        self
    }

    /// Whether scheme and path are as they must be.
    ///
    /// # Errors
    /// What is wrong.
    pub fn validate(&self) -> Result<(), UrnProblem> {
        if self.scheme.is_empty() || self.path.is_empty() {
            return Err(UrnProblem::Empty);
        }
        let scheme = place_of(&self.scheme).ok_or(UrnProblem::UnknownScheme)?;
        if escape(&self.path).len() > MAX_PATH_BYTES {
            return Err(UrnProblem::TooLong);
        }
        if PATHS[scheme].is_match(&self.path) { Ok(()) } else { Err(UrnProblem::Path) }
    }

    /// How a person would write the address: a phone number as in its country, else the display name or the path.
    #[must_use]
    pub fn format(&self) -> String {
        match self.scheme.as_str() {
            "tel" => phones::national(&self.path),
            _ if !self.display.is_empty() => self.display.clone(),
            _ => self.path.clone(),
        }
    }

    /// The whole address without query and display: what two addresses are compared by.
    #[must_use]
    pub fn identity(&self) -> String {
        format!("{}:{}", self.scheme, escape(&self.path))
    }
}

/// A phone number as it is stored: full when it can be, else in lower case without anything between its digits.
#[must_use]
pub fn normalised_tel(path: &str, country: Option<Country>) -> String {
    let accept = Accept { short: true, sender: true };
    phones::parse(path, country, accept).unwrap_or_else(|_| path.to_lowercase())
}

impl std::fmt::Display for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.scheme, escape(&self.path))?;
        if !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        if !self.display.is_empty() {
            write!(f, "#{}", escape(&self.display))?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Parts {
    /// Shows the scheme only: addresses are personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:***", self.scheme)
    }
}

fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('#', "%23").replace('?', "%3F")
}

fn unescape(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    text.replace("%23", "#").replace("%3F", "?").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_brought_into_one_form() {
        for (text, normal) in [
            ("tel:+593 99 123 4567", "tel:+593991234567"),
            ("tel:593991234567", "tel:+593991234567"),
            ("tel:ONG", "tel:ong"),
            ("mailto: Ana@Correo.ORG", "mailto:ana@correo.org"),
            ("whatsapp:ec.AbC9", "whatsapp:EC.AbC9"),
            ("telegram:77#Amina", "telegram:77#Amina"),
        ] {
            let parts = Parts::parse(text).unwrap().normalised();
            assert_eq!(parts.to_string(), normal);
            assert_eq!(Parts::parse(normal).unwrap().normalised().to_string(), normal);
        }
    }

    #[test]
    fn addresses_are_checked_by_scheme() {
        let check = |text: &str| Parts::parse(text).and_then(|parts| parts.validate());
        for good in ["tel:+593991234567", "tel:8080", "whatsapp:593991234567", "ext:any thing", "line:U1_a"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["tel:+abc", "whatsapp:+593", "mailto:x", "telegram:ana", "freshchat:1"] {
            assert_eq!(check(bad), Err(UrnProblem::Path), "{bad}");
        }
        assert_eq!(check("pigeon:1"), Err(UrnProblem::UnknownScheme));
        assert_eq!(check(&format!("ext:{}", "x".repeat(201))), Err(UrnProblem::TooLong));
        assert_eq!(check("tel"), Err(UrnProblem::NoPath));
    }
}
