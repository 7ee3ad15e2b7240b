//! What kinds of files a channel takes, and how large: asked before a file is sent, so that one that would be refused
//! goes as a link.
use crate::account::{Account, Provider, Settings};
use crate::twilio::Transport;

/// One kind of file that a channel takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// A media type; `image/*` is any of them, `*/*` everything else.
    pub content_type: &'static str,
    pub max_bytes: u64,
}

/// What a file must become for a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It goes as it is.
    AsIs,
    /// The channel takes this kind, and not the file's own.
    Convert(Taken),
    /// It must become smaller than so many bytes.
    Shrink(u64),
    /// The channel takes nothing that it could be made into.
    Never,
}

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

const fn taken(content_type: &'static str, max_bytes: u64) -> Taken {
    Taken { content_type, max_bytes }
}

/// Meta, "Supported media types" of the Cloud API.
const WHATSAPP: &[Taken] = &[
    taken("image/jpeg", 5 * MB),
    taken("image/png", 5 * MB),
    taken("audio/ogg", 16 * MB),
    taken("audio/mpeg", 16 * MB),
    taken("audio/mp4", 16 * MB),
    taken("audio/aac", 16 * MB),
    taken("audio/amr", 16 * MB),
    taken("video/mp4", 16 * MB),
    taken("video/3gpp", 16 * MB),
    taken("application/*", 100 * MB),
    taken("text/*", 100 * MB),
];
/// Twilio, "Accepted content types for media" of WhatsApp.
const TWILIO_WHATSAPP: &[Taken] = &[
    taken("image/jpeg", 5 * MB),
    taken("image/png", 5 * MB),
    taken("audio/ogg", 16 * MB),
    taken("audio/mpeg", 16 * MB),
    taken("audio/amr", 16 * MB),
    taken("video/mp4", 16 * MB),
    taken("application/pdf", 16 * MB),
];
/// Twilio: what carriers take of an MMS; other kinds and sizes arrive at some of them only.
const MMS: &[Taken] = &[
    taken("image/jpeg", 5 * MB),
    taken("image/png", 5 * MB),
    taken("image/gif", 5 * MB),
    taken("audio/*", 600 * KB),
    taken("video/*", 600 * KB),
    taken("text/*", 600 * KB),
    taken("application/pdf", 600 * KB),
];
/// Viber, "Send message" of its bots.
const VIBER: &[Taken] = &[
    taken("image/jpeg", MB),
    taken("image/png", MB),
    taken("image/gif", MB),
    taken("video/mp4", 26 * MB),
    taken("*/*", 50 * MB),
];
/// Telegram, "Sending files" by address.
const TELEGRAM: &[Taken] = &[
    taken("image/jpeg", 5 * MB),
    taken("image/png", 5 * MB),
    taken("image/gif", 20 * MB),
    taken("audio/*", 20 * MB),
    taken("video/*", 20 * MB),
    taken("application/pdf", 20 * MB),
    taken("application/zip", 20 * MB),
];
/// Meta, "Send API" of Messenger and Instagram.
const MESSENGER: &[Taken] = &[
    taken("image/jpeg", 8 * MB),
    taken("image/png", 8 * MB),
    taken("image/gif", 8 * MB),
    taken("image/webp", 8 * MB),
    taken("*/*", 25 * MB),
];
/// LINE, "Message types"; sounds and films want a length and a picture beside them, which nobody knows here, so they are
/// links like anything else.
const LINE: &[Taken] = &[taken("image/jpeg", 10 * MB), taken("image/png", 10 * MB)];

/// What an account's channel takes, the preferred kind of each sort first; `None` where files are links, or where nothing
/// is known.
#[must_use]
pub fn takes(account: &Account) -> Option<&'static [Taken]> {
    match &account.settings {
        Settings::Twilio(settings) if settings.transport == Transport::Whatsapp => Some(TWILIO_WHATSAPP),
        Settings::Twilio(_) => Some(MMS),
        _ => match account.provider() {
            Provider::WhatsappCloud | Provider::Dialog360 | Provider::Turn | Provider::Kaleyra => {
                Some(WHATSAPP)
            }
            Provider::Viber => Some(VIBER),
            Provider::Telegram => Some(TELEGRAM),
            Provider::Messenger | Provider::Instagram => Some(MESSENGER),
            Provider::Line => Some(LINE),
            _ => None,
        },
    }
}

/// What a file of this type and size must become.
#[must_use]
pub fn fit(account: &Account, content_type: &str, bytes: u64) -> Fit {
    let Some(all) = takes(account) else { return Fit::AsIs };
    if let Some(kind) = taken_as(all, content_type) {
        return if bytes <= kind.max_bytes { Fit::AsIs } else { Fit::Shrink(kind.max_bytes) };
    }
    let sort = content_type.split('/').next().unwrap_or("").trim().to_ascii_lowercase();
    let same_sort = |kind: &&Taken| kind.content_type.split('/').next() == Some(sort.as_str());
    match all.iter().find(same_sort).filter(|_| matches!(sort.as_str(), "image" | "audio")) {
        Some(kind) => Fit::Convert(*kind),
        None => Fit::Never,
    }
}

/// How large a file of this type may be on an account's channel; `None` where nothing is known, or it takes no such one.
#[must_use]
pub fn most_bytes(account: &Account, content_type: &str) -> Option<u64> {
    taken_as(takes(account)?, content_type).map(|kind| kind.max_bytes)
}

/// As which of its kinds a channel takes a file of this type.
fn taken_as(all: &'static [Taken], content_type: &str) -> Option<&'static Taken> {
    let named = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let sort = named.split('/').next().unwrap_or("");
    // Pictures of other kinds would arrive as files that an old telephone cannot show.
    let catch_all = sort != "image";
    let matches = |kind: &Taken| {
        kind.content_type == named
            || kind.content_type.strip_suffix("/*").is_some_and(|of| of == sort || (of == "*" && catch_all))
    };
    all.iter().find(|kind| matches(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn account(provider: Provider, settings: &serde_json::Value) -> Account {
        Account::new(provider, "1", None, settings).unwrap()
    }

    #[test]
    fn each_channel_takes_what_its_provider_documents() {
        let whatsapp = account(
            Provider::WhatsappCloud,
            &json!({"access_token": "t", "app_secret": "s", "verify_token": "v"}),
        );
        let viber = account(Provider::Viber, &json!({"auth_token": "t"}));
        let telegram = account(Provider::Telegram, &json!({"bot_token": "t", "unsigned_webhooks": true}));
        let line = account(Provider::Line, &json!({"access_token": "t", "channel_secret": "s"}));
        let kannel = account(
            Provider::Kannel,
            &json!({"username": "u", "password": "p", "base_url": "http://k.example", "webhook_token": "w"}),
        );
        let jpeg = |max| Fit::Convert(taken("image/jpeg", max));
        assert_eq!(most_bytes(&viber, "image/png"), Some(MB));
        assert_eq!(most_bytes(&whatsapp, "image/webp"), None);
        for (on, content_type, bytes, expected) in [
            (&whatsapp, "image/jpeg", MB, Fit::AsIs),
            (&whatsapp, "image/jpeg", 6 * MB, Fit::Shrink(5 * MB)),
            (&whatsapp, "image/webp", MB, jpeg(5 * MB)),
            (&whatsapp, "IMAGE/HEIC", MB, jpeg(5 * MB)),
            (&whatsapp, "audio/ogg; codecs=opus", MB, Fit::AsIs),
            (&whatsapp, "audio/wav", MB, Fit::Convert(taken("audio/ogg", 16 * MB))),
            (&whatsapp, "video/webm", MB, Fit::Never),
            (&whatsapp, "application/pdf", 99 * MB, Fit::AsIs),
            (&viber, "image/png", 2 * MB, Fit::Shrink(MB)),
            (&viber, "image/webp", 1, jpeg(MB)),
            (&viber, "audio/wav", 1, Fit::AsIs),
            (&telegram, "image/heic", 1, jpeg(5 * MB)),
            (&telegram, "application/zip", 21 * MB, Fit::Shrink(20 * MB)),
            (&telegram, "application/msword", 1, Fit::Never),
            (&telegram, "audio/ogg", 1, Fit::AsIs),
            (&line, "image/webp", 1, jpeg(10 * MB)),
            (&line, "audio/ogg", 1, Fit::Never),
            (&line, "application/pdf", 1, Fit::Never),
            (&kannel, "anything/else", 1, Fit::AsIs),
            (&whatsapp, "", 1, Fit::Never),
        ] {
            assert_eq!(fit(on, content_type, bytes), expected, "{} {content_type}", on.provider());
        }
    }
}
