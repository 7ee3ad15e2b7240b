//! Files and places as WhatsApp's message types.
use flow::words::Attachment;
use serde_json::{Value, json};

use crate::media::{filename, web_address};
use crate::outgoing::{Degraded, Feature, Refused};

/// One attachment as WhatsApp sends it.
pub(super) enum File {
    Image { link: String },
    Sticker { link: String },
    Audio { link: String },
    Video { link: String },
    Document { link: String },
    Location { latitude: f64, longitude: f64 },
}

/// Subtypes that WhatsApp plays or shows; other files of the same kind are sent as documents, which always arrive.
/// An attachment whose subtype is not known is believed.
const IMAGES: [&str; 4] = ["", "jpeg", "jpg", "png"];
const AUDIOS: [&str; 12] = [
    "",
    "aac",
    "amr",
    "mpeg",
    "mp3",
    "mp4",
    "m4a",
    "x-m4a",
    "ogg",
    "opus",
    "ogg; codecs=opus",
    "ogg;codecs=opus",
];
const VIDEOS: [&str; 4] = ["", "mp4", "3gpp", "3gp"];

impl File {
    pub(super) fn read(attachment: &Attachment, degraded: &mut Vec<Degraded>) -> Result<Self, Refused> {
        let content_type = attachment.content_type.to_ascii_lowercase();
        let (kind, subtype) = content_type.split_once('/').unwrap_or((&content_type, ""));
        if kind == "geo" {
            return place(&attachment.url).ok_or(Refused::Attachment);
        }
        let link = web_address(&attachment.url).map(|_| attachment.url.clone()).ok_or(Refused::Attachment)?;
        Ok(match kind {
            "image" if subtype == "webp" => Self::Sticker { link },
            "image" if IMAGES.contains(&subtype) => Self::Image { link },
            "audio" if AUDIOS.contains(&subtype) => Self::Audio { link },
            "video" if VIDEOS.contains(&subtype) => Self::Video { link },
            "image" | "audio" | "video" => {
                let why =
                    format!("WhatsApp does not show {kind} files of this type; it is sent as a document");
                degraded.push(Degraded::new(Feature::Media, why));
                Self::Document { link }
            }
            _ => Self::Document { link },
        })
    }

    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Image { .. } => "image",
            Self::Sticker { .. } => "sticker",
            Self::Audio { .. } => "audio",
            Self::Video { .. } => "video",
            Self::Document { .. } => "document",
            Self::Location { .. } => "location",
        }
    }

    pub(super) const fn takes_caption(&self) -> bool {
        matches!(self, Self::Image { .. } | Self::Video { .. } | Self::Document { .. })
    }

    pub(super) fn payload(&self, caption: Option<&str>) -> Value {
        let mut payload = match self {
            Self::Location { latitude, longitude } => {
                return json!({"latitude": latitude, "longitude": longitude});
            }
            Self::Document { link } => json!({"link": link, "filename": filename(link)}),
            Self::Image { link } | Self::Sticker { link } | Self::Audio { link } | Self::Video { link } => {
                json!({"link": link})
            }
        };
        if let Some(caption) = caption.filter(|caption| !caption.is_empty()) {
            payload["caption"] = json!(caption);
        }
        payload
    }

    /// The file as the header of an interactive message; `None` for kinds that cannot be one.
    pub(super) fn header(&self) -> Option<Value> {
        let kind = self.kind();
        self.takes_caption().then(|| json!({"type": kind, kind: self.payload(None)}))
    }
}

/// `latitude,longitude` in degrees.
fn place(text: &str) -> Option<File> {
    let (latitude, longitude) = text.split_once(',')?;
    let latitude: f64 = latitude.trim().parse().ok()?;
    let longitude: f64 = longitude.trim().parse().ok()?;
    ((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude))
        .then_some(File::Location { latitude, longitude })
}
