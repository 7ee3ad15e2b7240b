//! The vocabulary that the engine, the channels and the server share: addresses, languages, and the content
//! of one message before any channel has rendered it.
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Countries and phone numbers are words that channels share with flows.
pub use crate::env::Country;
pub use crate::text::phones;

/// The longest path of an address that is accepted, in bytes (RapidPro's limit).
pub const MAX_URN_PATH_BYTES: usize = 255;

/// An address or id under which a channel knows a person, as RapidPro writes it:
/// `scheme:path[?query][#display]`, for instance `tel:+593991234567` or `whatsapp:593991234567`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Urn(SmolStr);

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrnError {
    #[error("an address needs a scheme and a path, as in tel:+593991234567")]
    Shape,
    #[error("the scheme of an address holds lower-case letters and digits only")]
    Scheme,
    #[error("the path of an address is longer than {MAX_URN_PATH_BYTES} bytes")]
    TooLong,
}

impl Urn {
    /// Builds an address from its scheme and path.
    ///
    /// # Errors
    /// When the scheme is empty or has other characters than lower-case letters and digits, or when the path
    /// is empty or too long.
    pub fn new(scheme: &str, path: &str) -> Result<Self, UrnError> {
        if scheme.is_empty() || path.is_empty() {
            return Err(UrnError::Shape);
        }
        if !scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            return Err(UrnError::Scheme);
        }
        if path.len() > MAX_URN_PATH_BYTES {
            return Err(UrnError::TooLong);
        }
        let escaped = path.replace('%', "%25").replace('#', "%23").replace('?', "%3F");
        Ok(Self(smol_str::format_smolstr!("{scheme}:{escaped}")))
    }

    /// The whole address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the colon, such as `tel`, `whatsapp` or `webchat`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        byte_at(&self.0, |byte| byte == b':').map_or("", |at| &self.0[..at])
    }

    /// The part that names the person within the scheme, unescaped, without query and display.
    #[must_use]
    pub fn path(&self) -> String {
        self.path_text().into_owned()
    }

    /// As [`Self::path`], borrowed where nothing is escaped.
    #[must_use]
    pub fn path_text(&self) -> Cow<'_, str> {
        let identity = self.identity();
        let path = byte_at(identity, |byte| byte == b':').map_or("", |at| &identity[at + 1..]);
        if byte_at(path, |byte| byte == b'%').is_some() {
            return path.replace("%23", "#").replace("%3F", "?").replace("%25", "%").into();
        }
        path.into()
    }

    /// The address without query and display: what two addresses are compared by.
    #[must_use]
    pub fn identity(&self) -> &str {
        byte_at(&self.0, |byte| matches!(byte, b'?' | b'#')).map_or(&self.0, |at| &self.0[..at])
    }

    /// The address without query and display, as an address.
    #[must_use]
    pub fn bare(&self) -> Self {
        let identity = self.identity();
        if identity.len() == self.0.len() { self.clone() } else { Self(identity.into()) }
    }

    /// What a person would rather see than the path, when the provider gave it (a user name for instance).
    #[must_use]
    pub fn display(&self) -> Option<&str> {
        self.0.split_once('#').map(|(_, display)| display)
    }
}

/// Where the first such byte of a text is. Addresses are short: looking at each byte is quicker than what looks for
/// characters in long texts.
fn byte_at(text: &str, is_wanted: impl Fn(u8) -> bool) -> Option<usize> {
    text.bytes().position(is_wanted)
}

impl FromStr for Urn {
    type Err = UrnError;
    fn from_str(text: &str) -> Result<Self, UrnError> {
        let (scheme, rest) = text.split_once(':').ok_or(UrnError::Shape)?;
        if scheme.is_empty() || rest.is_empty() {
            return Err(UrnError::Shape);
        }
        if !scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            return Err(UrnError::Scheme);
        }
        if rest.split(['?', '#']).next().unwrap_or("").len() > MAX_URN_PATH_BYTES {
            return Err(UrnError::TooLong);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Urn {
    type Error = UrnError;
    fn try_from(text: String) -> Result<Self, UrnError> {
        text.parse()
    }
}

impl From<Urn> for String {
    fn from(urn: Urn) -> Self {
        urn.0.into()
    }
}

impl fmt::Display for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shows the scheme only: addresses are personal and must not reach a log by way of `{:?}`.
impl fmt::Debug for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:***", self.scheme())
    }
}

/// A language as RapidPro writes it: three lower-case letters of ISO 639-3, such as `spa` or `eng`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language([u8; 3]);

/// A text that is not a language code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a language is three lower-case letters of ISO 639-3, such as spa or eng")]
pub struct LanguageError;

impl Language {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("und")
    }
}

impl FromStr for Language {
    type Err = LanguageError;
    fn from_str(text: &str) -> Result<Self, LanguageError> {
        match *text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_lowercase) => Ok(Self([a, b, c])),
            _ => Err(LanguageError),
        }
    }
}

impl TryFrom<String> for Language {
    type Error = LanguageError;
    fn try_from(text: String) -> Result<Self, LanguageError> {
        text.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.as_str().to_owned()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file that goes with a message: `content_type:url`, as RapidPro writes it, for instance
/// `audio/ogg:https://line.example.org/media/rights.ogg`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// A media type such as `audio/ogg`, or only its first half (`audio`) when nothing more is known.
    pub content_type: String,
    /// Where the file can be fetched; for `geo` the pair `latitude,longitude`.
    pub url: String,
}

impl Attachment {
    /// Reads `content_type:url`; `None` when there is no colon or one half is empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (content_type, url) = text.split_once(':')?;
        if content_type.is_empty() || url.is_empty() {
            return None;
        }
        Some(Self { content_type: content_type.to_owned(), url: url.to_owned() })
    }
}

impl fmt::Display for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.content_type, self.url)
    }
}

/// What a quick reply asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum QuickReplyKind {
    /// A choice: the person taps it or types its text or number.
    #[default]
    Text,
    /// A request for the person's location.
    Location,
    /// A form of the provider's own (a WhatsApp Flow); `extra` is the form's id there.
    Form,
    /// A link shown as a button; `extra` is where it leads.
    Url,
}

impl QuickReplyKind {
    /// As definitions write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Location => "location",
            Self::Form => "form",
            Self::Url => "url",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Text, Self::Location, Self::Form, Self::Url].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One choice offered with a message.
///
/// As JSON an object, or only its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(from = "WrittenReply")]
pub struct QuickReply {
    #[serde(rename = "type")]
    pub kind: QuickReplyKind,
    /// Stays the same in every language, so that an answer by button matches whatever it was shown as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the person sees and what comes back as her text; empty for some requests of a location.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// A second line, where the channel has room for it (a WhatsApp list row's description).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
}

/// The ways to write a quick reply as JSON.
#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenReply {
    Text(String),
    Whole {
        #[serde(rename = "type", default)]
        kind: QuickReplyKind,
        id: Option<String>,
        #[serde(default)]
        text: String,
        extra: Option<String>,
    },
}

impl From<WrittenReply> for QuickReply {
    fn from(written: WrittenReply) -> Self {
        match written {
            WrittenReply::Text(text) => Self { text, ..Self::default() },
            WrittenReply::Whole { kind, id, text, extra } => Self { kind, id, text, extra },
        }
    }
}

/// A provider-approved template and its filled-in variables, for channels that need one outside their window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Templating {
    /// The template's name at the provider.
    pub name: String,
    /// The provider's id of the template, when it has one (Twilio's ContentSid, Meta's namespace).
    #[serde(default)]
    pub external_id: Option<String>,
    /// The provider's language code of the chosen translation, such as `es` or `en_US`.
    pub locale: String,
    /// Component name (`body`, `header`, `button.0`) to the indexes of its variables.
    #[serde(default)]
    pub components: Vec<TemplateComponent>,
    /// All variables, in the order that the components index.
    #[serde(default)]
    pub variables: Vec<TemplateVariable>,
}

/// A part of a template that takes variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateComponent {
    /// `header/text`, `header/media`, `body/text`, `button/quick_reply`, `button/url` and the like.
    #[serde(rename = "type")]
    pub kind: String,
    /// `header`, `body`, `button.0` ...
    pub name: String,
    /// The variable's name in the template to its index among the variables.
    #[serde(default)]
    pub variables: std::collections::BTreeMap<String, usize>,
}

/// One filled-in variable of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateVariable {
    /// `text`, `image`, `video`, `document`.
    #[serde(rename = "type")]
    pub kind: String,
    pub value: String,
}

/// One message's content, written once and rendered per channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Content {
    #[serde(default)]
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quick_replies: Vec<QuickReply>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templating: Option<Templating>,
    /// The language (and country) that the text is in, such as `spa` or `spa-EC`; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub locale: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_its_own_text() {
        for text in ["tel:+593991234567", "webchat:ab12", "telegram:77#amina", "whatsapp:EC.Ab9"] {
            let urn: Urn = text.parse().unwrap();
            assert_eq!(urn.as_str(), text);
        }
        let urn = Urn::new("ext", "a#b?c%d").unwrap();
        assert_eq!(urn.path(), "a#b?c%d");
        assert_eq!(urn.identity(), urn.as_str());
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in ["", "tel", "tel:", ":123", "TEL:+1", "t l:1"] {
            assert!(text.parse::<Urn>().is_err(), "{text}");
        }
        assert_eq!(Urn::new("tel", &"1".repeat(256)), Err(UrnError::TooLong));
    }

    #[test]
    fn an_address_never_prints_itself_for_debugging() {
        let urn = Urn::new("tel", "+593991234567").unwrap();
        assert_eq!(format!("{urn:?}"), "tel:***");
    }
}
