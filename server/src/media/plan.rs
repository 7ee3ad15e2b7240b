//! What becomes of a file on its way out: pure, decided by its type and size and by what the channel takes.
use channels::{Account, Fit};

use super::MAX_BYTES;
use super::form::Form;
use super::heif::is_heif;

/// Where a file goes.
#[derive(Debug, Clone, Copy)]
pub enum Taker<'a> {
    /// A provider that may take files itself.
    Account(&'a Account),
    /// Our own page, and whoever can be given an address only.
    Address,
    /// A telephone call.
    Call,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// The channel carries it, in this form.
    Send(Form),
    /// The person gets an address where it can be opened, in this form.
    Link(Form),
    Refuse(Refusal),
}

/// Why a file cannot go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A picture of a kind that is not read here (TIFF and others; HEIC where its program is missing): what it hides,
    /// such as the place where it was taken, could not be removed.
    UnreadablePicture,
    /// The program that converts sounds is not there.
    NoConverter,
    /// It is not what it says, or broken.
    Damaged,
    TooManyPixels,
    /// It stays larger than the channel takes, however small it is made.
    TooLarge,
    /// It could not be made within the limits of time.
    TooSlow,
    /// A call carries no files.
    OnACall,
}

impl Refusal {
    /// As the API and the store say it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnreadablePicture => "unreadable_picture",
            Self::NoConverter => "no_converter",
            Self::Damaged => "damaged",
            Self::TooManyPixels => "too_many_pixels",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::OnACall => "on_a_call",
        }
    }

    /// Reads [`as_str`](Self::as_str); what is unknown was written by a later version.
    #[must_use]
    pub fn read(text: &str) -> Self {
        const ALL: [Refusal; 7] = [
            Refusal::UnreadablePicture,
            Refusal::NoConverter,
            Refusal::Damaged,
            Refusal::TooManyPixels,
            Refusal::TooLarge,
            Refusal::TooSlow,
            Refusal::OnACall,
        ];
        ALL.into_iter().find(|one| one.as_str() == text).unwrap_or(Self::Damaged)
    }
}

/// What the programs of this machine can convert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Can {
    /// Sounds into speech.
    pub speech: bool,
    /// HEIC and AVIF into other pictures.
    pub heif: bool,
}

impl Can {
    /// Whether a picture of this type can be read, and thus cleaned and converted.
    #[must_use]
    pub fn read(self, content_type: &str) -> bool {
        matches!(content_type, "image/jpeg" | "image/png" | "image/webp" | "image/gif")
            || self.heif && is_heif(content_type)
    }
}

/// Decides.
#[must_use]
pub fn plan(taker: Taker<'_>, content_type: &str, bytes: u64, can: Can) -> Plan {
    let picture = content_type.starts_with("image/");
    if matches!(taker, Taker::Call) {
        return Plan::Refuse(Refusal::OnACall);
    }
    if picture && !can.read(content_type) {
        return Plan::Refuse(Refusal::UnreadablePicture);
    }
    let Taker::Account(account) = taker else { return Plan::Link(shown(content_type)) };
    match channels::fit(account, content_type, bytes) {
        Fit::AsIs => Plan::Send(clean(account, content_type)),
        // Its frames move, and there is nothing in it but them.
        Fit::Shrink(max) if picture => Plan::Send(Form::Jpeg { max_bytes: max }),
        Fit::Convert(kind) if picture && kind.content_type == "image/jpeg" => {
            Plan::Send(Form::Jpeg { max_bytes: kind.max_bytes })
        }
        Fit::Convert(kind) if kind.content_type == "audio/ogg" => match can.speech {
            true => Plan::Send(Form::Opus { max_bytes: kind.max_bytes }),
            false => Plan::Refuse(Refusal::NoConverter),
        },
        Fit::Shrink(max) if content_type.starts_with("audio/") && can.speech => {
            Plan::Send(Form::Opus { max_bytes: max })
        }
        Fit::Convert(_) | Fit::Shrink(_) | Fit::Never => Plan::Link(shown(content_type)),
    }
}

/// A file in full without what it hides.
fn shown(content_type: &str) -> Form {
    let max_bytes = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    match content_type {
        "image/jpeg" | "image/webp" => Form::Jpeg { max_bytes },
        _ if is_heif(content_type) => Form::Jpeg { max_bytes },
        "image/png" => Form::Png { max_bytes },
        _ => Form::Original,
    }
}

/// As [`shown`], within what the account takes of that kind.
fn clean(account: &Account, content_type: &str) -> Form {
    let most = |kind| channels::most_bytes(account, kind);
    match shown(content_type) {
        Form::Jpeg { max_bytes } => Form::Jpeg { max_bytes: most("image/jpeg").unwrap_or(max_bytes) },
        Form::Png { max_bytes } => Form::Png { max_bytes: most("image/png").unwrap_or(max_bytes) },
        form @ (Form::Original | Form::Opus { .. } | Form::Small) => form,
    }
}

#[cfg(test)]
mod tests {
    use channels::Provider;
    use serde_json::json;

    use super::*;

    const MB: u64 = 1024 * 1024;

    fn account(provider: Provider, settings: &serde_json::Value) -> Account {
        Account::new(provider, "1", None, settings).unwrap()
    }

    #[test]
    fn what_becomes_of_a_file_is_said_by_its_kind_and_the_channel() {
        let whatsapp = account(
            Provider::WhatsappCloud,
            &json!({"access_token": "t", "app_secret": "s", "verify_token": "v"}),
        );
        let viber = account(Provider::Viber, &json!({"auth_token": "t"}));
        let telegram = account(Provider::Telegram, &json!({"bot_token": "t", "unsigned_webhooks": true}));
        let line = account(Provider::Line, &json!({"access_token": "t", "channel_secret": "s"}));
        let (whatsapp, viber) = (Taker::Account(&whatsapp), Taker::Account(&viber));
        let (telegram, line) = (Taker::Account(&telegram), Taker::Account(&line));
        let jpeg = |mb: u64| Form::Jpeg { max_bytes: mb * MB };
        let png = |mb: u64| Form::Png { max_bytes: mb * MB };
        let opus = |mb: u64| Form::Opus { max_bytes: mb * MB };
        for (to, content_type, bytes, programs, expected) in [
            // Even what a channel takes is made anew: only its pixels go out.
            (whatsapp, "image/jpeg", MB, false, Plan::Send(jpeg(5))),
            (whatsapp, "image/jpeg", 9 * MB, false, Plan::Send(jpeg(5))),
            (whatsapp, "image/png", MB, false, Plan::Send(png(5))),
            (whatsapp, "image/png", 6 * MB, false, Plan::Send(jpeg(5))),
            (whatsapp, "image/webp", MB, false, Plan::Send(jpeg(5))),
            (whatsapp, "image/gif", MB, false, Plan::Send(jpeg(5))),
            (whatsapp, "image/heif", MB, true, Plan::Send(jpeg(5))),
            (whatsapp, "image/heif", MB, false, Plan::Refuse(Refusal::UnreadablePicture)),
            (viber, "image/avif", MB, true, Plan::Send(jpeg(1))),
            (telegram, "image/heic", 9 * MB, true, Plan::Send(jpeg(5))),
            (telegram, "image/tiff", MB, true, Plan::Refuse(Refusal::UnreadablePicture)),
            (whatsapp, "audio/ogg", MB, false, Plan::Send(Form::Original)),
            (whatsapp, "audio/ogg", 17 * MB, true, Plan::Send(opus(16))),
            (whatsapp, "audio/ogg", 17 * MB, false, Plan::Link(Form::Original)),
            (whatsapp, "audio/wav", MB, true, Plan::Send(opus(16))),
            (whatsapp, "audio/wav", MB, false, Plan::Refuse(Refusal::NoConverter)),
            (whatsapp, "video/webm", MB, true, Plan::Link(Form::Original)),
            (whatsapp, "video/mp4", MB, true, Plan::Send(Form::Original)),
            (whatsapp, "application/pdf", MB, true, Plan::Send(Form::Original)),
            (viber, "image/jpeg", 2 * MB, false, Plan::Send(jpeg(1))),
            (viber, "image/gif", MB, false, Plan::Send(Form::Original)),
            (viber, "image/gif", 2 * MB, false, Plan::Send(jpeg(1))),
            (viber, "audio/wav", MB, false, Plan::Send(Form::Original)),
            (telegram, "image/webp", MB, false, Plan::Send(jpeg(5))),
            (telegram, "application/zip", 21 * MB, false, Plan::Link(Form::Original)),
            (line, "application/pdf", 1, false, Plan::Link(Form::Original)),
            (line, "audio/ogg", 1, true, Plan::Link(Form::Original)),
            (Taker::Address, "image/webp", 1, false, Plan::Link(jpeg(25))),
            (Taker::Address, "image/heic", 1, true, Plan::Link(jpeg(25))),
            (Taker::Address, "image/heic", 1, false, Plan::Refuse(Refusal::UnreadablePicture)),
            (Taker::Address, "audio/wav", 1, false, Plan::Link(Form::Original)),
            (Taker::Call, "audio/mpeg", 1, true, Plan::Refuse(Refusal::OnACall)),
        ] {
            let can = Can { speech: programs, heif: programs };
            assert_eq!(plan(to, content_type, bytes, can), expected, "{to:?} {content_type} {bytes}");
        }
    }

    #[test]
    fn a_reason_comes_back_as_it_was_written() {
        for reason in [Refusal::TooSlow, Refusal::Damaged, Refusal::NoConverter, Refusal::OnACall] {
            assert_eq!(Refusal::read(reason.as_str()), reason);
        }
    }
}
