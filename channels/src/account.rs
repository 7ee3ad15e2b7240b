//! One channel's account at its provider: its address there, and settings with their own type per provider.
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The providers there are. Closed: a new one is a new module and a new arm in every `match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// WhatsApp, through Meta's Cloud API.
    WhatsappCloud,
    /// SMS, MMS and WhatsApp through Twilio or a service that speaks its API (SignalWire).
    Twilio,
}

impl Provider {
    /// The name as it is stored and configured.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WhatsappCloud => "whatsapp_cloud",
            Self::Twilio => "twilio",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that must not be shown: a token, a key, a password. Printing it for debugging hides it, and it cannot be
/// serialised by accident; who needs it calls [`Secret::expose`].
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: only for making a signature or an `Authorization` field.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A channel's account at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What the provider calls the account's end: the phone number id at Meta, an E.164 number or short code at
    /// Twilio (empty where a messaging service chooses the number).
    pub address: String,
    /// ISO 3166-1 alpha-2, upper case, of the country that the number belongs to.
    pub country: Option<String>,
    pub settings: Settings,
}

/// What an account needs to be used, per provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settings {
    WhatsappCloud(WhatsappCloudSettings),
    Twilio(TwilioSettings),
}

/// Settings of a WhatsApp number at Meta.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsappCloudSettings {
    /// Sent as a bearer token with every call.
    pub access_token: Secret,
    /// The app's secret: webhooks are signed with it.
    pub app_secret: Secret,
    /// The app's former secret, accepted too while the secret is being changed.
    #[serde(default)]
    pub previous_app_secret: Option<Secret>,
    /// What we told Meta to repeat when it sets the webhook up.
    pub verify_token: Secret,
    /// Where the Graph API is, with its version; [`crate::whatsapp_cloud::DEFAULT_BASE_URL`] when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
}

/// What a Twilio account carries. One Twilio number can have both, as two channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    #[default]
    Sms,
    Whatsapp,
}

/// Settings of a Twilio number or messaging service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioSettings {
    pub account_sid: String,
    /// Used as the password of every call, and webhooks are signed with it.
    pub auth_token: Secret,
    /// The former token, accepted too for webhooks while the token is being changed.
    #[serde(default)]
    pub previous_auth_token: Option<Secret>,
    /// Lets Twilio choose the sender's number from a pool.
    #[serde(default)]
    pub messaging_service_sid: Option<String>,
    #[serde(default)]
    pub transport: Transport,
    /// Where the API is; [`crate::twilio::DEFAULT_BASE_URL`] when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// `false` only for a service that speaks Twilio's API but signs nothing; whoever can call the webhook can then
    /// speak for anybody, so the address must be secret.
    #[serde(default = "yes")]
    pub signed_webhooks: bool,
    /// Lets Twilio shorten links (needs a messaging service).
    #[serde(default)]
    pub shorten_urls: bool,
    /// Whether the number can send MMS. When absent: numbers of the countries where Twilio offers it. Elsewhere a
    /// file goes as a link in the text.
    #[serde(default)]
    pub mms: Option<bool>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
}

const fn yes() -> bool {
    true
}

/// Why settings were refused. Names the field, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A field is missing, unknown or of the wrong type; the text comes from the field names of the settings' type.
    #[error("the settings of a {provider} channel cannot be read: {problem}")]
    Shape { provider: Provider, problem: String },
    #[error("{field} is empty")]
    Empty { field: &'static str },
    #[error("base_url must be an absolute http or https address")]
    BaseUrl,
    #[error("max_text_length must be at least {MIN_TEXT_LENGTH}")]
    TextLength,
    #[error("a twilio channel needs an address or a messaging_service_sid")]
    NoSender,
}

/// The least that one text may be limited to, in UTF-16 units: shorter parts would be worth nothing to a reader.
pub const MIN_TEXT_LENGTH: usize = 20;

impl Account {
    /// Reads a channel's settings.
    ///
    /// # Errors
    /// When a field is missing, unknown, empty where it must not be, or no address can be made of it.
    pub fn new(
        provider: Provider,
        address: impl Into<String>,
        country: Option<String>,
        settings: &Value,
    ) -> Result<Self, SettingsError> {
        let address = address.into();
        let settings = match provider {
            Provider::WhatsappCloud => {
                let settings: WhatsappCloudSettings = read(provider, settings)?;
                for (field, secret) in [
                    ("access_token", Some(&settings.access_token)),
                    ("app_secret", Some(&settings.app_secret)),
                    ("previous_app_secret", settings.previous_app_secret.as_ref()),
                    ("verify_token", Some(&settings.verify_token)),
                ] {
                    not_empty(field, secret)?;
                }
                if address.is_empty() {
                    return Err(SettingsError::Empty { field: "address" });
                }
                common(settings.base_url.as_deref(), settings.max_text_length)?;
                Settings::WhatsappCloud(settings)
            }
            Provider::Twilio => {
                let settings: TwilioSettings = read(provider, settings)?;
                not_empty("auth_token", Some(&settings.auth_token))?;
                not_empty("previous_auth_token", settings.previous_auth_token.as_ref())?;
                if settings.account_sid.is_empty() {
                    return Err(SettingsError::Empty { field: "account_sid" });
                }
                if address.is_empty() && settings.messaging_service_sid.is_none() {
                    return Err(SettingsError::NoSender);
                }
                common(settings.base_url.as_deref(), settings.max_text_length)?;
                Settings::Twilio(settings)
            }
        };
        Ok(Self { address, country, settings })
    }

    /// Which provider the account is at.
    #[must_use]
    pub const fn provider(&self) -> Provider {
        match self.settings {
            Settings::WhatsappCloud(_) => Provider::WhatsappCloud,
            Settings::Twilio(_) => Provider::Twilio,
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(provider: Provider, settings: &Value) -> Result<T, SettingsError> {
    T::deserialize(settings)
        .map_err(|error| SettingsError::Shape { provider, problem: shape(&error.to_string()) })
}

/// What serde says without the value that it may quote: `invalid type: string "…", expected a boolean` keeps only
/// what was expected, since the value may be a secret in the wrong field.
fn shape(problem: &str) -> String {
    let quotes_value = problem.starts_with("invalid type") || problem.starts_with("invalid value");
    match problem.rsplit_once("expected ") {
        Some((_, expected)) if quotes_value => format!("expected {expected}"),
        _ => problem.to_owned(),
    }
}

fn not_empty(field: &'static str, secret: Option<&Secret>) -> Result<(), SettingsError> {
    match secret {
        // An empty key would make every signature valid that is made with an empty key.
        Some(secret) if secret.expose().is_empty() => Err(SettingsError::Empty { field }),
        _ => Ok(()),
    }
}

fn common(base_url: Option<&str>, max_text_length: Option<usize>) -> Result<(), SettingsError> {
    if let Some(base_url) = base_url {
        let parsed = url::Url::parse(base_url).map_err(|_| SettingsError::BaseUrl)?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
            return Err(SettingsError::BaseUrl);
        }
    }
    if max_text_length.is_some_and(|length| length < MIN_TEXT_LENGTH) {
        return Err(SettingsError::TextLength);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_keys_and_empty_secrets_are_refused() {
        let good = json!({"access_token": "t", "app_secret": "s", "verify_token": "v"});
        assert!(Account::new(Provider::WhatsappCloud, "1", None, &good).is_ok());
        for (key, value) in [("acces_token", "x"), ("app_secret", ""), ("base_url", "graph.example")] {
            let mut bad = good.clone();
            bad[key] = json!(value);
            assert!(Account::new(Provider::WhatsappCloud, "1", None, &bad).is_err(), "{key}");
        }
        assert!(Account::new(Provider::WhatsappCloud, "", None, &good).is_err());
    }

    #[test]
    fn a_secret_is_never_printed() {
        let settings =
            json!({"account_sid": "AC1", "auth_token": "hushhush", "previous_auth_token": "hushhush"});
        let account = Account::new(Provider::Twilio, "+15005550006", None, &settings).unwrap();
        assert!(!format!("{account:?}").contains("hushhush"));
        let wrong = json!({"account_sid": "AC1", "auth_token": "x", "shorten_urls": "hushhush"});
        let error = Account::new(Provider::Twilio, "+15005550006", None, &wrong).unwrap_err();
        assert!(!error.to_string().contains("hushhush"), "{error}");
    }

    #[test]
    fn a_twilio_channel_needs_somebody_to_send_as() {
        let settings = json!({"account_sid": "AC1", "auth_token": "x"});
        assert_eq!(Account::new(Provider::Twilio, "", None, &settings), Err(SettingsError::NoSender));
        let settings = json!({"account_sid": "AC1", "auth_token": "x", "messaging_service_sid": "MG1"});
        let account = Account::new(Provider::Twilio, "", None, &settings).unwrap();
        assert_eq!(account.provider(), Provider::Twilio);
    }
}
