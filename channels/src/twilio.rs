//! SMS, MMS and WhatsApp through Twilio, or through a service that speaks its API (SignalWire).
use crate::account::{Account, TwilioSettings};
use crate::http::{HttpRequest, HttpResponse};
use crate::incoming::{Denied, Incoming, Unparsable};
use crate::outgoing::{Outgoing, Refused, Rendering, Settled};

/// Where the API is when the settings say nothing else.
pub const DEFAULT_BASE_URL: &str = "https://api.twilio.com";

pub(crate) fn verify(_settings: &TwilioSettings, _request: &HttpRequest) -> Result<(), Denied> {
    Err(Denied::Unsigned)
}

pub(crate) fn receive(
    _settings: &TwilioSettings,
    _request: &HttpRequest,
) -> Result<Vec<Incoming>, Unparsable> {
    Err(Unparsable::at("body"))
}

pub(crate) fn request(
    _account: &Account,
    _settings: &TwilioSettings,
    _outgoing: &Outgoing,
) -> Result<Rendering, Refused> {
    Err(Refused::Scheme)
}

pub(crate) fn settle(_response: &HttpResponse) -> Settled {
    Settled::Unknown
}
