//! One channel's account at its provider: its address there, and settings with their own type per provider.
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::adapter::Adapter;
use crate::africas_talking_voice::AfricasTalkingVoiceSettings;
use crate::dialog360::Dialog360Settings;
use crate::gateways::{
    africas_talking, android, arabiacell, bandwidth, burst_sms, click_mobile, click_send, clickatell,
    dart_media, dmark, firebase, freshchat, globe, high_connection, hormuud, http, i2sms, infobip, jasmin,
    justcall, kaleyra, kannel, m3tech, macrokiosk, mblox, messagebird, messangi, mtarget, mtn, novo,
    playmobile, plivo, rocket_chat, slack, sms_central, start_mobile, telesom, thinq, vonage, wavy, wechat,
    yo, zenvia,
};
use crate::http::HttpRequest;
use crate::messenger::{InstagramSettings, MessengerSettings};
use crate::turn::TurnSettings;
use crate::twilio::{TwilioSettings, TwilioVoiceSettings};
use crate::whatsapp_cloud::WhatsappCloudSettings;

/// The one list of providers: each has a variant, the name that it is stored and configured by, and settings, whose
/// [`Adapter`] does the work. Everything else that depends on the provider asks the adapter.
macro_rules! providers {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $settings:ty,)+) => {
        /// The providers there are.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Provider {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Provider {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name as it is stored and configured.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Reads what [`Self::as_str`] writes.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|provider| provider.as_str() == name)
            }

            pub(crate) fn addressees(self, request: &HttpRequest) -> Vec<String> {
                match self {
                    $(Self::$variant => <$settings>::addressees(request),)+
                }
            }
        }

        /// What an account needs to be used, per provider.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Settings {
            $($(#[$doc])* $variant($settings),)+
        }

        impl Settings {
            fn read(provider: Provider, settings: &Value) -> Result<Self, SettingsError> {
                Ok(match provider {
                    $(Provider::$variant => Self::$variant(read(provider, settings)?),)+
                })
            }

            /// The settings that a provider knows.
            pub(crate) fn fields(provider: Provider) -> Vec<crate::registry::Traced> {
                match provider {
                    $(Provider::$variant => crate::registry::fields::<$settings>(),)+
                }
            }

            pub(crate) fn adapter(&self) -> &dyn Adapter {
                match self {
                    $(Self::$variant(settings) => settings,)+
                }
            }

            const fn provider(&self) -> Provider {
                match self {
                    $(Self::$variant(_) => Provider::$variant,)+
                }
            }
        }
    };
}

providers! {
    /// WhatsApp, through Meta's Cloud API.
    WhatsappCloud = "whatsapp_cloud": WhatsappCloudSettings,
    /// SMS, MMS and WhatsApp through Twilio or a service that speaks its API (SignalWire).
    Twilio = "twilio": TwilioSettings,
    /// Telephone calls through Twilio.
    TwilioVoice = "twilio_voice": TwilioVoiceSettings,
    /// Messenger: a page at Facebook.
    Messenger = "messenger": MessengerSettings,
    /// An account at Instagram.
    Instagram = "instagram": InstagramSettings,
    /// WhatsApp, through 360dialog.
    Dialog360 = "dialog360": Dialog360Settings,
    /// WhatsApp, through Turn.
    Turn = "turn": TurnSettings,
    /// A Viber bot.
    Viber = "viber": crate::viber::ViberSettings,
    /// A Telegram bot.
    Telegram = "telegram": crate::telegram::TelegramSettings,
    /// A LINE official account.
    Line = "line": crate::line::LineSettings,
    /// Any provider that can be called by templates.
    Http = "http": http::HttpSettings,
    /// SMS and MMS through Infobip.
    Infobip = "infobip": infobip::InfobipSettings,
    /// SMS through Vonage, formerly Nexmo.
    Vonage = "vonage": vonage::VonageSettings,
    /// SMS through a telephone of one's own, with the app SMS Gateway for Android.
    Android = "android": android::AndroidSettings,
    /// SMS through Africa's Talking.
    AfricasTalking = "africas_talking": africas_talking::AfricasTalkingSettings,
    /// Telephone calls through Africa's Talking.
    AfricasTalkingVoice = "africas_talking_voice": AfricasTalkingVoiceSettings,
    /// SMS and MMS through MessageBird.
    MessageBird = "messagebird": messagebird::MessageBirdSettings,
    /// SMS through Clickatell.
    Clickatell = "clickatell": clickatell::ClickatellSettings,
    /// SMS through a Kannel gateway.
    Kannel = "kannel": kannel::KannelSettings,
    /// SMS through a Jasmin gateway.
    Jasmin = "jasmin": jasmin::JasminSettings,
    /// SMS through Plivo.
    Plivo = "plivo": plivo::PlivoSettings,
    /// SMS and MMS through Bandwidth.
    Bandwidth = "bandwidth": bandwidth::BandwidthSettings,
    /// SMS through MTN.
    Mtn = "mtn": mtn::MtnSettings,
    /// Direct messages in Slack.
    Slack = "slack": slack::SlackSettings,
    /// SMS and WhatsApp through Zenvia.
    Zenvia = "zenvia": zenvia::ZenviaSettings,
    /// SMS through Arabia Cell.
    ArabiaCell = "arabia_cell": arabiacell::ArabiaCellSettings,
    /// SMS through Burst SMS.
    BurstSms = "burst_sms": burst_sms::BurstSmsSettings,
    /// SMS through Click Mobile.
    ClickMobile = "click_mobile": click_mobile::ClickMobileSettings,
    /// SMS through ClickSend.
    ClickSend = "click_send": click_send::ClickSendSettings,
    /// SMS through DartMedia.
    DartMedia = "dart_media": dart_media::DartMediaSettings,
    /// SMS through DMARK.
    Dmark = "dmark": dmark::DmarkSettings,
    /// SMS through Globe Labs.
    Globe = "globe": globe::GlobeSettings,
    /// SMS through High Connexion.
    HighConnection = "high_connection": high_connection::HighConnectionSettings,
    /// SMS through Hormuud.
    Hormuud = "hormuud": hormuud::HormuudSettings,
    /// SMS through I2SMS.
    I2sms = "i2sms": i2sms::I2smsSettings,
    /// SMS and MMS through JustCall.
    JustCall = "justcall": justcall::JustCallSettings,
    /// WhatsApp through Kaleyra.
    Kaleyra = "kaleyra": kaleyra::KaleyraSettings,
    /// SMS through M3 Tech.
    M3tech = "m3tech": m3tech::M3techSettings,
    /// SMS through Macrokiosk.
    Macrokiosk = "macrokiosk": macrokiosk::MacrokioskSettings,
    /// SMS through Mblox.
    Mblox = "mblox": mblox::MbloxSettings,
    /// SMS through Messangi.
    Messangi = "messangi": messangi::MessangiSettings,
    /// SMS through Mtarget.
    Mtarget = "mtarget": mtarget::MtargetSettings,
    /// SMS through Novo.
    Novo = "novo": novo::NovoSettings,
    /// SMS through Play Mobile.
    Playmobile = "playmobile": playmobile::PlaymobileSettings,
    /// Direct messages in Rocket.Chat.
    RocketChat = "rocket_chat": rocket_chat::RocketChatSettings,
    /// SMS through SMS Central.
    SmsCentral = "sms_central": sms_central::SmsCentralSettings,
    /// SMS through Start Mobile.
    StartMobile = "start_mobile": start_mobile::StartMobileSettings,
    /// SMS through Telesom.
    Telesom = "telesom": telesom::TelesomSettings,
    /// SMS and MMS through ThinQ.
    Thinq = "thinq": thinq::ThinqSettings,
    /// SMS through Wavy.
    Wavy = "wavy": wavy::WavySettings,
    /// SMS through Yo! Uganda.
    Yo = "yo": yo::YoSettings,
    /// WeChat official accounts.
    Wechat = "wechat": wechat::WechatSettings,
    /// JioChat accounts.
    Jiochat = "jiochat": wechat::JiochatSettings,
    /// Communities at VK.
    Vk = "vk": crate::vk::VkSettings,
    /// An app of one's own, through Firebase Cloud Messaging.
    Firebase = "firebase": firebase::FirebaseSettings,
    /// Conversations of a support desk at Freshchat.
    Freshchat = "freshchat": freshchat::FreshchatSettings,
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that must not be shown: a token, a key, a password. Printing it for debugging hides it, and it cannot be
/// serialised by accident; who needs it calls [`Secret::expose`].
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Secret(String);

/// By what name [`Secret`] makes itself known to serde.
pub(crate) const SECRET: &str = "Secret";

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
    /// A short-lived token where the provider wants one: see [`crate::Preparation::Token`].
    pub token: Option<Secret>,
}

/// Why settings were refused. Names the field, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A field is missing, unknown or of the wrong type; the text comes from the field names of the settings' type.
    #[error("the settings of a {provider} channel cannot be read: {problem}")]
    Shape { provider: Provider, problem: String },
    #[error("{field} is empty")]
    Empty { field: String },
    #[error("country is two capital letters of ISO 3166, such as KE")]
    Country,
    #[error(
        "{provider} does not sign its calls: set webhook_token, which must then be in the webhook's address, or unsigned_webhooks to true"
    )]
    Unguarded { provider: &'static str },
    #[error("base_url must be an absolute http or https address")]
    BaseUrl,
    #[error("max_text_length must be at least {MIN_TEXT_LENGTH}")]
    TextLength,
    #[error("a twilio channel needs an address or a messaging_service_sid")]
    NoSender,
    #[error("set {these}")]
    OneOf { these: &'static str },
    #[error("the key is damaged: it begins as one and cannot be read to its end")]
    Key,
}

/// The least that one text may be limited to, in UTF-16 units: shorter parts would be worth nothing to a reader.
pub const MIN_TEXT_LENGTH: usize = 20;

impl Account {
    /// Reads a channel's settings.
    ///
    /// # Errors
    /// When a field is missing, unknown, empty, or no address can be made of it.
    pub fn new(
        provider: Provider,
        address: impl Into<String>,
        country: Option<String>,
        settings: &Value,
    ) -> Result<Self, SettingsError> {
        let address = address.into();
        let mut settings = settings.clone();
        if let Some(field) = empty_field(&settings) {
            return Err(SettingsError::Empty { field });
        }
        // Any channel may say its country there: numbers without a country code belong to it.
        let own = settings.as_object_mut().and_then(|fields| fields.remove("country"));
        let country = match own {
            None => country,
            Some(own) => {
                Some(own.as_str().filter(|own| is_country(own)).ok_or(SettingsError::Country)?.into())
            }
        };
        let settings = Settings::read(provider, &settings)?;
        settings.adapter().check(&address)?;
        Ok(Self { address, country, settings, token: None })
    }

    /// The same account with a short-lived token: see [`crate::Preparation::Token`].
    #[must_use]
    pub fn with_token(mut self, token: Secret) -> Self {
        self.token = Some(token);
        self
    }

    /// Which provider the account is at.
    #[must_use]
    pub const fn provider(&self) -> Provider {
        self.settings.provider()
    }
}

fn read<T: serde::de::DeserializeOwned>(provider: Provider, settings: &Value) -> Result<T, SettingsError> {
    T::deserialize(settings)
        .map_err(|error| SettingsError::Shape { provider, problem: shape(&error.to_string()) })
}

/// What serde says without the value that it may quote: `invalid type: string "…", expected a boolean` keeps only
/// what was expected, since the value may be a secret in the wrong field.
pub(crate) fn shape(problem: &str) -> String {
    let quotes_value = problem.starts_with("invalid type") || problem.starts_with("invalid value");
    match problem.rsplit_once("expected ") {
        Some((_, expected)) if quotes_value => format!("expected {expected}"),
        _ => problem.to_owned(),
    }
}

/// The first setting that is an empty text: an empty key would make every signature valid that is made with an empty
/// key, and an empty name or number is a slip.
fn empty_field(settings: &Value) -> Option<String> {
    let mut fields = settings.as_object()?.iter();
    fields.find_map(|(name, value)| (value.as_str() == Some("")).then(|| name.clone()))
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// An address that must not be empty.
pub(crate) fn address_needed(address: &str) -> Result<(), SettingsError> {
    if address.is_empty() { Err(SettingsError::Empty { field: "address".to_owned() }) } else { Ok(()) }
}

pub(crate) fn common(base_url: Option<&str>, max_text_length: Option<usize>) -> Result<(), SettingsError> {
    if let Some(base_url) = base_url {
        let parsed = url::Url::parse(base_url).map_err(|_| SettingsError::BaseUrl)?;
        // What is asked of it is put behind it as it is written, so what the parser forgives is not taken. Some providers
        // have a whole address with places for values here, so it may have a query.
        let is_written_out = ["http://", "https://"].iter().any(|scheme| base_url.starts_with(scheme))
            && !base_url.contains(char::is_control);
        if !is_written_out || parsed.host_str().is_none() {
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
        for (key, value) in [
            ("acces_token", "x"),
            ("app_secret", ""),
            ("base_url", "graph.example"),
            ("base_url", " https://graph.example"),
            ("base_url", "HTTPS://graph.example"),
            ("base_url", "https:graph.example"),
            ("base_url", "https://graph.example/\nv1"),
        ] {
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
