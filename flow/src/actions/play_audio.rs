//! Plays a recording on the current call.
use uuid::Uuid;

use super::say_msg::log_spoken;
use super::{Act, Answered, Outcome};
use crate::definition::{FlowType, Reader, Text};
use crate::engine::Turn;
use crate::inspect::Visitor;

/// See the module.
#[derive(Debug)]
pub struct PlayAudio {
    audio_url: Text,
}

impl Act for PlayAudio {
    const TYPE: &'static str = "play_audio";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        Self { audio_url: Text::new(r.required("audio_url")) }
    }

    fn allowed_in(kind: FlowType) -> bool {
        kind == FlowType::Voice
    }

    fn run(&self, uuid: Uuid, turn: &mut Turn<'_, '_>, _: Option<Answered>) -> Outcome {
        let (url, language) = turn.localized_one(uuid, "audio_url", &self.audio_url);
        let Some(url) = turn.eval_clean(url) else { return Outcome::Done };
        let url = url.trim();
        if url.is_empty() {
            turn.error("Audio URL evaluated to empty, skipping");
        } else {
            log_spoken(turn, String::new(), url, language);
        }
        Outcome::Done
    }

    fn visit(&self, uuid: Uuid, visitor: &mut dyn Visitor) {
        visitor.both(uuid, "audio_url", std::slice::from_ref(&self.audio_url));
    }
}
