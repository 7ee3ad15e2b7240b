//! Says a text on the current call, or plays its recording.
use uuid::Uuid;

use super::{Act, Answered, Outcome};
use crate::definition::{FlowType, Reader, Text, Translations};
use crate::engine::Turn;
use crate::events::{EventKind, MsgOut};
use crate::inspect::Visitor;
use crate::words::{Attachment, Content, Language};

/// See the module.
#[derive(Debug)]
pub struct SayMsg {
    text: Text,
    /// Not evaluated: the same recording for everybody.
    audio_url: Text,
}

impl SayMsg {
    pub(crate) fn written(&self, translations: &Translations<'_>) -> Content {
        let (text, _) = translations.texts("text", std::slice::from_ref(&self.text));
        let (audio, _) = translations.texts("audio_url", std::slice::from_ref(&self.audio_url));
        let audio = audio.iter().filter(|url| !url.is_empty());
        Content {
            text: text.first().map(|text| text.raw.to_string()).unwrap_or_default(),
            attachments: audio
                .map(|url| Attachment { content_type: "audio".into(), url: url.raw.to_string() })
                .collect(),
            ..Content::default()
        }
    }
}

impl Act for SayMsg {
    const TYPE: &'static str = "say_msg";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { text: Text::new(r.required("text")), audio_url: r.template("audio_url") }
    }

    fn allowed_in(kind: FlowType) -> bool {
        kind == FlowType::Voice
    }

    fn run(&self, uuid: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let (text, language) = turn.localized_one(uuid, "text", &self.text);
        let text = turn.eval(text);
        let (audio, _) = turn.localized_one(uuid, "audio_url", &self.audio_url);
        let (text, audio) = (text.trim(), audio.raw.trim());
        if text.is_empty() && audio.is_empty() {
            turn.error("Can't say message without audio URL or backdown text");
        } else {
            log_spoken(turn, text.to_owned(), audio, language);
        }
        Outcome::Done
    }

    fn visit(&self, uuid: Uuid, visitor: &mut dyn Visitor) {
        visitor.both(uuid, "text", std::slice::from_ref(&self.text));
        if !self.audio_url.is_empty() {
            visitor.localizable(uuid, "audio_url", std::slice::from_ref(&self.audio_url));
        }
    }
}

/// Logs something to be said or played.
pub(super) fn log_spoken(turn: &mut Turn<'_, '_>, text: String, audio: &str, language: Language) {
    let Some(call) = turn.engine.session.call.clone() else { return };
    let country = turn.engine.call.assets.channel(call.channel.uuid).and_then(|channel| channel.country);
    let attachments = if audio.is_empty() { Vec::new() } else { vec![format!("audio:{audio}")] };
    let msg = MsgOut {
        urn: Some(call.urn),
        channel: Some(call.channel),
        text,
        attachments,
        locale: super::send_msg::locale(language, country),
        ..MsgOut::default()
    };
    turn.log(EventKind::IvrCreated { msg });
}
