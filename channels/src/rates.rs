//! How fast a provider is known to take messages. What is known of a provider is where its channels start; an operator
//! sets what her contract says.
use std::time::Duration;

use crate::account::{Account, Provider, Settings};
use crate::twilio::Transport;

/// What a channel may send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Requests a second for the whole channel; `None`: no limit is known, and the provider queues by itself.
    pub per_second: Option<f64>,
    /// What one person may be sent.
    pub person: Option<PersonRate>,
}

/// A limit for messages to one person: `burst` at once, then one in each `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonRate {
    pub burst: u32,
    pub every: Duration,
}

/// Meta: 80 messages a second a number, incoming ones included; we leave a quarter for those.
const WHATSAPP_PER_SECOND: f64 = 60.0;
/// Meta's pair rate (error 131056): 45 at once, then one in six seconds.
const WHATSAPP_PERSON: PersonRate = PersonRate { burst: 45, every: Duration::from_secs(6) };
/// Telegram's FAQ for bots: about 30 a second over all, one a second in a chat, short bursts tolerated.
const TELEGRAM_PER_SECOND: f64 = 30.0;
const TELEGRAM_PERSON: PersonRate = PersonRate { burst: 5, every: Duration::from_secs(1) };
/// Viber takes 500 requests in ten seconds, and a hundred an hour to somebody who does not answer.
const VIBER_PER_SECOND: f64 = 50.0;
const VIBER_PERSON: PersonRate = PersonRate { burst: 100, every: Duration::from_secs(36) };

/// A telephone hands one text a second to its network, and its system allows 30 in half an hour unless that was raised.
const ANDROID_PER_SECOND: f64 = 1.0;
/// Twilio begins one call a second, and queues what comes faster for a day.
const CALLS_PER_SECOND: f64 = 1.0;

/// What is known of an account's provider.
#[must_use]
pub fn rates(account: &Account) -> Rates {
    let whatsapp = Rates { per_second: Some(WHATSAPP_PER_SECOND), person: Some(WHATSAPP_PERSON) };
    match &account.settings {
        Settings::Twilio(settings) if settings.transport == Transport::Whatsapp => whatsapp,
        _ => match account.provider() {
            Provider::WhatsappCloud | Provider::Dialog360 | Provider::Turn => whatsapp,
            Provider::Telegram => {
                Rates { per_second: Some(TELEGRAM_PER_SECOND), person: Some(TELEGRAM_PERSON) }
            }
            Provider::Android => Rates { per_second: Some(ANDROID_PER_SECOND), person: None },
            Provider::TwilioVoice => Rates { per_second: Some(CALLS_PER_SECOND), person: None },
            Provider::Viber => Rates { per_second: Some(VIBER_PER_SECOND), person: Some(VIBER_PERSON) },
            _ => Rates { per_second: None, person: None },
        },
    }
}
