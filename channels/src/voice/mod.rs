//! Telephone calls: one model of what is said and asked, written as Twilio's TwiML or as Africa's Talking's XML; what
//! their calls to us say; and beginning a call. Recorded audio comes before a computer's voice wherever there is some.
//!
//! The server's order for a call from the provider: [`crate::verify_at`], [`hear`], run the flow, answer with [`render`]
//! (or, for a mere report, with [`crate::accepted`]). For a call to a person: [`call`], HTTP, [`settle`]; the provider
//! then asks `answer_url` what to say. What [`Call::answered_by`] says must be looked at before anything of a case is
//! said: an answering machine is heard by others.
//!
//! Sources: twilio.com/docs/voice/twiml, /voice/api/call-resource, /voice/answering-machine-detection;
//! developers.africastalking.com/docs/voice.
use std::time::Duration;

use flow::words::{Content, Urn};
use serde::{Deserialize, Serialize};

use crate::account::{Account, Settings};
use crate::http::HttpResponse;
use crate::media::web_address;
use crate::outgoing::{Degraded, Feature, Refused};

mod africas_talking;
mod hear;
mod languages;
mod place;
mod start;
mod stored;
mod twiml;

pub use hear::{AnsweredBy, Call, CallStatus, Cost, DialEnd, Direction, Input, hear};
pub use place::{Heard, Place};
pub(crate) use start::africas_talking_settled;
pub use start::{NewCall, call, cancel, cancelled, settle};
pub use stored::{forget_recording, forgotten};

/// The longest text of one `Say`, in UTF-16 units; a longer one becomes several.
pub const MAX_SAY_LETTERS: usize = 4096;
/// How often a question is said at most before it counts as not answered.
pub const MAX_TRIES: u8 = 3;
/// The most steps of one answer to a call.
pub const MAX_STEPS: usize = 50;
/// The longest answer, in bytes: Twilio takes no more.
pub const MAX_XML_BYTES: usize = 64 * 1024;
/// The longest wait for a key or a word.
pub const MAX_WAIT: Duration = Duration::from_secs(60);
/// The longest recording.
pub const MAX_RECORDING: Duration = Duration::from_secs(30 * 60);
/// The longest time that somebody else's telephone rings.
pub const MAX_RINGING: Duration = Duration::from_secs(600);
/// The longest call that is put through.
pub const MAX_CALL: Duration = Duration::from_secs(4 * 60 * 60);
/// The most digits that are asked for at once.
pub const MAX_DIGITS: u8 = 30;
/// The query parameter that says that nobody answered a question.
pub const NOTHING_PARAMETER: &str = "nothing";
/// How fast is spoken, for estimates: letters a second.
const LETTERS_PER_SECOND: usize = 14;
/// How long a recorded file is taken to be, whose length nobody knows.
const RECORDED_SECONDS: u32 = 20;

/// What is said and asked next.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Script {
    pub steps: Vec<Step>,
}

/// One thing after another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    Say(Speech),
    /// A file, by its address.
    Play {
        url: String,
    },
    Gather(Gather),
    Record(Record),
    Dial(Dial),
    /// Says nothing for so many seconds; left out where the provider knows no such thing.
    Pause {
        seconds: u8,
    },
    /// Asks another address of ours what to do.
    Redirect {
        url: String,
    },
    Hangup,
    /// Does not take a call at all; only the first step of a call that comes in can say so.
    Reject,
}

/// Something that is said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Speech {
    pub text: String,
    /// The language (and country) of the text, such as `spa` or `spa-EC`; empty when unknown.
    #[serde(default)]
    pub locale: String,
    /// The same as somebody recorded it: is played instead.
    #[serde(default)]
    pub audio: Option<String>,
}

/// A question that is answered by keys or by voice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gather {
    /// What is said.
    pub prompt: Vec<Speech>,
    /// What is said at each further try; empty: the same again.
    #[serde(default)]
    pub again: Vec<Speech>,
    pub takes: Takes,
    /// How many digits end the answer by themselves; [`MAX_DIGITS`] at most.
    #[serde(default)]
    pub digits: Option<u8>,
    /// The key that ends the answer: a digit, `#` or `*`.
    #[serde(default)]
    pub finish_key: Option<char>,
    /// How long to wait for the first key or word, and for each after it; [`MAX_WAIT`] at most.
    pub timeout: Duration,
    /// How often the question is said, 1 to [`MAX_TRIES`].
    pub tries: u8,
    /// Words that are expected, for answers by voice.
    #[serde(default)]
    pub hints: Vec<String>,
    /// Where the answer goes. When there is none, it is called with [`NOTHING_PARAMETER`]`=1`.
    pub answer_to: String,
}

/// What an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Takes {
    Digits,
    Speech,
    Either,
}

/// What the person says, kept as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub prompt: Vec<Speech>,
    /// [`MAX_RECORDING`] at most.
    pub longest: Duration,
    /// How much silence ends it.
    pub silence: Duration,
    #[serde(default)]
    pub finish_key: Option<char>,
    /// Where the file's address goes.
    pub answer_to: String,
}

/// The call is put through to somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dial {
    /// With country code.
    pub number: String,
    /// How long it rings, [`MAX_RINGING`] at most.
    pub ringing: Duration,
    /// How long the two may speak, [`MAX_CALL`] at most.
    pub longest: Duration,
    /// Where it goes on afterwards.
    pub answer_to: String,
}

/// The answer to a provider that asked what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    pub response: HttpResponse,
    pub degraded: Vec<Degraded>,
    /// How long it takes to be said once, about.
    pub seconds: u32,
}

impl Script {
    /// How long it takes to be said once, about.
    pub(crate) fn seconds(&self) -> u32 {
        self.steps.iter().map(Step::seconds).fold(0, u32::saturating_add)
    }
}

impl Speech {
    /// A flow's message as something to be said: its text, and the first sound that goes with it and that telephones
    /// play.
    #[must_use]
    pub fn of(content: &Content) -> Self {
        let mut files = content.attachments.iter();
        let sound = files.find(|file| file.content_type.starts_with("audio") && is_played(file));
        Self {
            text: content.text.trim().to_owned(),
            locale: content.locale.clone(),
            audio: sound.map(|file| file.url.clone()),
        }
    }

    /// Whether there is nothing to be heard of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.recording().is_none() && self.text.trim().is_empty()
    }

    /// The recording, where there is one that can be fetched.
    fn recording(&self) -> Option<&str> {
        self.audio.as_deref().filter(|url| web_address(url).is_some())
    }

    /// What a computer has to say of it, in pieces that a provider takes.
    pub(crate) fn spoken(&self) -> Vec<&str> {
        match self.recording() {
            Some(_) => Vec::new(),
            None => crate::text::split(&self.text, MAX_SAY_LETTERS),
        }
    }

    fn seconds(&self) -> u32 {
        match self.recording() {
            Some(_) => RECORDED_SECONDS,
            None => u32::try_from(self.text.chars().count().div_ceil(LETTERS_PER_SECOND)).unwrap_or(u32::MAX),
        }
    }
}

impl Gather {
    /// What is said at try `n`, from 0.
    fn said_at(&self, n: u8) -> &[Speech] {
        if n == 0 || self.again.is_empty() { &self.prompt } else { &self.again }
    }
}

/// Sounds that neither provider plays: it would end the call, or say nothing.
const NOT_PLAYED: [&str; 7] = ["ogg", "opus", "oga", "amr", "webm", "aac", "m4a"];

/// Whether a sound is of a kind that is played in a call (MP3, WAV and their like).
fn is_played(file: &flow::words::Attachment) -> bool {
    let path = file.url.split(['?', '#']).next().unwrap_or("");
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, end)| end);
    let kind = file.content_type.split(';').next().unwrap_or("");
    let kind = kind.split_once('/').map_or("", |(_, kind)| kind).trim();
    !NOT_PLAYED.iter().any(|not| kind.eq_ignore_ascii_case(not) || ending.eq_ignore_ascii_case(not))
}

impl Step {
    fn seconds(&self) -> u32 {
        let all = |prompt: &[Speech]| prompt.iter().map(Speech::seconds).fold(0, u32::saturating_add);
        match self {
            Self::Say(speech) => speech.seconds(),
            Self::Play { .. } => RECORDED_SECONDS,
            Self::Gather(gather) => all(&gather.prompt).saturating_add(whole(gather.timeout, MAX_WAIT)),
            Self::Record(record) => all(&record.prompt).saturating_add(whole(record.longest, MAX_RECORDING)),
            Self::Pause { seconds } => u32::from(*seconds),
            Self::Dial(_) | Self::Redirect { .. } | Self::Hangup | Self::Reject => 0,
        }
    }
}

/// Whole seconds, at least 1 and at most what is allowed.
fn whole(duration: Duration, most: Duration) -> u32 {
    u32::try_from(duration.clamp(Duration::from_secs(1), most).as_secs()).unwrap_or(u32::MAX)
}

/// Whether an account is a telephone: what comes in are calls, and what goes out is said in them.
#[must_use]
pub const fn is_telephone(account: &Account) -> bool {
    matches!(account.settings, Settings::TwilioVoice(_) | Settings::AfricasTalkingVoice(_))
}

/// Whether an account can make and take calls.
#[must_use]
pub const fn can_call(account: &Account) -> bool {
    matches!(
        account.settings,
        Settings::Twilio(_)
            | Settings::TwilioVoice(_)
            | Settings::AfricasTalking(_)
            | Settings::AfricasTalkingVoice(_)
    )
}

/// Whether an account's provider turns what is said into text, and is asked to.
#[must_use]
pub const fn understands_speech(account: &Account) -> bool {
    matches!(&account.settings, Settings::TwilioVoice(settings) if settings.speech)
}

/// What is lost when a message is said on an account: a voice for its language, answers by speech.
pub(crate) fn degraded(account: &Account, content: &Content) -> Vec<Degraded> {
    let mut degraded = Vec::new();
    let speech = Speech::of(content);
    let reads_everything = matches!(account.settings, Settings::AfricasTalkingVoice(_));
    let has_voice = speech.locale.is_empty()
        || match reads_everything {
            true => languages::africas_talking(&speech.locale),
            false => languages::twilio(&speech.locale).is_some(),
        };
    if !has_voice && !speech.spoken().is_empty() {
        no_voice(NO_VOICE, &mut degraded);
    }
    if !understands_speech(account) && !content.quick_replies.is_empty() {
        no_voice("spoken answers are not understood; keys are asked for alone", &mut degraded);
    }
    degraded
}

const NO_VOICE: &str = "the provider has no voice for this language and reads it as English; record it";

/// What is said and asked next, as the account's provider reads it.
///
/// # Errors
/// When the provider makes no calls, or the script is empty, too long, or leads to an address that is none.
pub fn render(account: &Account, script: &Script) -> Result<Spoken, Refused> {
    check(script)?;
    let script = &guarded(account, script);
    let mut degraded = Vec::new();
    let (xml, media_type) = match &account.settings {
        Settings::Twilio(_) | Settings::TwilioVoice(_) => {
            (twiml::write(script, &account.address, &mut degraded), "text/xml")
        }
        Settings::AfricasTalking(_) | Settings::AfricasTalkingVoice(_) => {
            (africas_talking::write(script, &account.address, &mut degraded), "application/xml")
        }
        _ => return Err(Refused::Voice),
    };
    if xml.len() > MAX_XML_BYTES {
        return Err(Refused::TooLong);
    }
    let response = HttpResponse::new(200, &format!("{media_type}; charset=utf-8"), xml);
    degraded.dedup();
    Ok(Spoken { response, degraded, seconds: script.seconds() })
}

/// The same script, its addresses with the token that the provider must bring along where it signs nothing.
fn guarded(account: &Account, script: &Script) -> Script {
    let mut script = script.clone();
    for step in &mut script.steps {
        let url = match step {
            Step::Gather(gather) => &mut gather.answer_to,
            Step::Record(record) => &mut record.answer_to,
            Step::Dial(dial) => &mut dial.answer_to,
            Step::Redirect { url } => url,
            Step::Say(_) | Step::Play { .. } | Step::Pause { .. } | Step::Hangup | Step::Reject => continue,
        };
        *url = crate::webhook_address(account, url);
    }
    script
}

fn check(script: &Script) -> Result<(), Refused> {
    if script.steps.is_empty() {
        return Err(Refused::Empty);
    }
    if script.steps.len() > MAX_STEPS {
        return Err(Refused::TooLong);
    }
    let web = |url: &String| web_address(url).map(|_| ()).ok_or(Refused::Address);
    script.steps.iter().try_for_each(|step| match step {
        Step::Say(speech) if speech.text.trim().is_empty() && speech.recording().is_none() => {
            Err(Refused::Empty)
        }
        Step::Say(_) | Step::Pause { .. } | Step::Hangup | Step::Reject => Ok(()),
        Step::Play { url } | Step::Redirect { url } => web(url),
        Step::Gather(gather) => web(&gather.answer_to),
        Step::Record(record) => web(&record.answer_to),
        Step::Dial(dial) => {
            let digits = dial.number.strip_prefix('+').unwrap_or(&dial.number);
            let fits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if fits { web(&dial.answer_to) } else { Err(Refused::Address) }
        }
    })
}

/// The address with the mark that nobody answered.
fn without_answer(url: &str) -> String {
    match web_address(url) {
        Some(mut url) => {
            url.query_pairs_mut().append_pair(NOTHING_PARAMETER, "1");
            url.into()
        }
        None => url.to_owned(),
    }
}

/// A key that a provider can wait for.
fn key(key: Option<char>) -> Option<char> {
    key.filter(|key| key.is_ascii_digit() || matches!(key, '#' | '*'))
}

fn no_voice(what: &str, degraded: &mut Vec<Degraded>) {
    degraded.push(Degraded::new(Feature::Voice, what));
}

/// XML while it is being written.
struct Writer(String);

impl Writer {
    fn new() -> Self {
        Self(r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#.to_owned())
    }

    fn open(&mut self, name: &str, attributes: &[(&str, String)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            self.0.push_str(&format!(" {key}=\"{}\"", crate::xml::escaped(value)));
        }
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        self.0.push_str(&format!("</{name}>"));
    }

    fn text(&mut self, name: &str, attributes: &[(&str, String)], text: &str) {
        self.open(name, attributes);
        self.0.push_str(&crate::xml::escaped(text));
        self.close(name);
    }

    fn finish(mut self) -> String {
        self.0.push_str("</Response>");
        self.0
    }
}

/// The person of a call: of its two ends the one that is not ours.
fn person(account: &Account, number: &str) -> Option<Urn> {
    let anonymous = ["anonymous", "restricted", "private", "unknown"];
    if anonymous.iter().any(|word| number.eq_ignore_ascii_case(word)) {
        return None;
    }
    crate::gateways::telephone(account, number)
}
