//! A line's content folder, as its authors write it: `line.toml` beside `flows.json` and `audio/`.
use std::collections::{BTreeMap, BTreeSet};

use flow::words::Language;
use serde::Deserialize;

use crate::store::Ts;

/// A text in every language of the line.
pub type Texts = BTreeMap<Language, String>;
/// Longest sentence that the server says by itself, in bytes.
pub const MAX_TEXT_BYTES: usize = 4_000;
/// Most languages, answers, triage rules and words of each that a line may have.
pub const MAX_LANGUAGES: usize = 9;
pub const MAX_ANSWERS: usize = 2_000;
pub const MAX_WORDS: usize = 2_000;

/// The whole of `line.toml`. Unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    pub slug: String,
    /// ISO 3166 code of two letters.
    pub country: String,
    /// An IANA name such as `America/Guayaquil`.
    pub timezone: String,
    /// The first is the fallback.
    pub languages: Vec<Language>,
    pub emergency_number: String,
    /// The flow that starts when nothing else answers.
    pub main_flow: String,
    /// The flow that starts when staff has closed a conversation.
    #[serde(default)]
    pub after_close_flow: Option<String>,
    /// The flow that starts when somebody calls by telephone; `main_flow` when absent.
    #[serde(default)]
    pub voice_flow: Option<String>,
    #[serde(default)]
    pub retention_days: RetentionDays,
    /// When nothing is sent that the line starts by itself; answers are always sent.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
    pub name: Texts,
    pub language_names: Texts,
    pub language_question: LanguageQuestion,
    pub notice: Notice,
    /// What is said in telephone calls, where the server's own words will not do.
    #[serde(default)]
    pub voice: BTreeMap<Language, crate::calls::VoiceWords>,
    pub words: BTreeMap<Language, Words>,
    pub texts: BTreeMap<Language, Sentences>,
    #[serde(default)]
    pub topics: Vec<Topic>,
    #[serde(default)]
    pub answers: Vec<Answer>,
    #[serde(default)]
    pub triage: Vec<TriageRule>,
    #[serde(default)]
    pub saved_replies: Vec<SavedReply>,
    #[serde(default)]
    pub team: Vec<Member>,
}

/// A part of every day, by the line's clock.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// `21:00`; from this minute on.
    pub from: jiff::civil::Time,
    /// `08:00`; until this minute. Earlier than `from`: it lies on the next day.
    pub to: jiff::civil::Time,
}

impl QuietHours {
    /// When they are over; `None` when it is not quiet now.
    #[must_use]
    pub fn over_at(&self, timezone: &jiff::tz::TimeZone, now: Ts) -> Option<Ts> {
        let local = now.to_timestamp().to_zoned(timezone.clone());
        let time = local.time();
        let over_midnight = self.to <= self.from;
        let is_quiet = if over_midnight {
            time >= self.from || time < self.to
        } else {
            self.from <= time && time < self.to
        };
        if !is_quiet {
            return None;
        }
        let day =
            if over_midnight && time >= self.from { local.date().tomorrow().ok()? } else { local.date() };
        let over = day.to_datetime(self.to).to_zoned(timezone.clone()).ok()?;
        Some(Ts(over.timestamp().as_microsecond()).max(now.plus_seconds(1)))
    }
}

/// How long each kind of data is kept, in days.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionDays {
    pub messages: i64,
    /// A person who has not agreed: after so many days of silence nothing is left of her.
    pub unconsented: i64,
    pub audit: i64,
}

impl Default for RetentionDays {
    fn default() -> Self {
        Self { messages: 365, unconsented: 1, audit: 1_825 }
    }
}

/// The very first question, in all languages at once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageQuestion {
    pub text: String,
}

/// What the line keeps, who sees it, for what, which rights.
#[derive(Debug, Clone, Deserialize)]
pub struct Notice {
    pub version: String,
    #[serde(flatten)]
    pub texts: BTreeMap<Language, NoticeText>,
}

/// The notice in one language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeText {
    pub text: String,
    /// The button that agrees and the one that does not.
    pub agree: String,
    pub decline: String,
    /// The long version for the web page.
    #[serde(default)]
    pub full: String,
    #[serde(default)]
    pub audio: Option<String>,
}

/// Words that a person can always write.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub stop: Vec<String>,
    pub start: Vec<String>,
    pub info: Vec<String>,
    pub forget: Vec<String>,
    pub help: Vec<String>,
}

/// What the server itself says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentences {
    pub consent_thanks: String,
    pub consent_declined: String,
    pub consent_needed_for_person: String,
    pub language_set: String,
    pub stopped: String,
    pub started: String,
    pub info_intro: String,
    pub info_nothing: String,
    pub info_line: String,
    /// What is counted in the answer to INFO.
    pub info_names: InfoNames,
    pub forgotten: String,
    pub help: String,
    pub handed_over: String,
    pub urgent_default: String,
    pub conversation_closed: String,
    pub answer_expired: String,
    pub unsupported: String,
    pub numbers_hint: String,
    pub choose_again: String,
}

/// The kinds of data that INFO counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InfoNames {
    pub messages: String,
    pub conversations: String,
    pub decisions: String,
    pub details: String,
    pub addresses: String,
    pub looks: String,
}

/// What a conversation can be about.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    pub key: String,
    pub name: Texts,
}

/// A verified answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub key: String,
    pub owner: String,
    pub source: String,
    /// `YYYY-MM-DD`.
    pub verified_on: jiff::civil::Date,
    /// The last day on which it may go out, in the line's time zone.
    pub valid_until: jiff::civil::Date,
    pub title: Texts,
    pub text: Texts,
    #[serde(default)]
    pub audio: BTreeMap<Language, String>,
    #[serde(default)]
    pub keywords: BTreeMap<Language, Vec<String>>,
}

/// What marks a message as urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TriageKind {
    Violence,
    Abuse,
    SexualViolence,
    SelfHarm,
    Trafficking,
    MissingChild,
    Detention,
}

impl TriageKind {
    /// As it is stored and shown in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Violence => "violence",
            Self::Abuse => "abuse",
            Self::SexualViolence => "sexual_violence",
            Self::SelfHarm => "self_harm",
            Self::Trafficking => "trafficking",
            Self::MissingChild => "missing_child",
            Self::Detention => "detention",
        }
    }
}

/// Phrases that mark a message as urgent, and what the person is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriageRule {
    pub kind: TriageKind,
    pub words: BTreeMap<Language, Vec<String>>,
    #[serde(default)]
    pub reply: Texts,
}

/// A reply that staff can start from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedReply {
    pub key: String,
    pub title: Texts,
    pub text: Texts,
}

/// A member of the line's team.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub name: String,
    pub email: String,
    pub roles: Vec<crate::access::Role>,
}

impl Content {
    /// Reads and checks `line.toml`.
    ///
    /// # Errors
    /// A list of everything that is wrong, each with its place.
    pub fn read(text: &str, has_file: &dyn Fn(&str) -> bool) -> Result<Self, Vec<String>> {
        let content: Self = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
        let mut problems = Problems { languages: content.languages.clone(), list: Vec::new() };
        content.check(&mut problems, has_file);
        if problems.list.is_empty() { Ok(content) } else { Err(problems.list) }
    }

    fn check(&self, problems: &mut Problems, has_file: &dyn Fn(&str) -> bool) {
        if self.slug.is_empty()
            || !self.slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            problems.add("slug", "holds lower-case letters, digits and - only");
        }
        if self.languages.is_empty() || self.languages.len() > MAX_LANGUAGES {
            problems.add("languages", &format!("needs 1 to {MAX_LANGUAGES} languages"));
        }
        if jiff::tz::TimeZone::get(&self.timezone).is_err() {
            problems.add("timezone", "is not a known IANA time zone");
        }
        problems.texts("name", &self.name);
        problems.texts("language_names", &self.language_names);
        problems.every_language("notice", self.notice.texts.keys());
        problems.every_language("words", self.words.keys());
        problems.every_language("texts", self.texts.keys());
        for (language, voice) in &self.voice {
            if voice.instead.len() > crate::calls::MAX_INSTEAD {
                let most = crate::calls::MAX_INSTEAD;
                problems.add(&format!("voice.{language}.instead"), &format!("has more than {most} texts"));
            }
        }
        for (language, notice) in &self.notice.texts {
            problems.file(&format!("notice.{language}.audio"), notice.audio.as_deref(), has_file);
        }
        self.check_lists(problems, has_file);
    }

    fn check_lists(&self, problems: &mut Problems, has_file: &dyn Fn(&str) -> bool) {
        if self.answers.len() > MAX_ANSWERS {
            problems.add("answers", &format!("has more than {MAX_ANSWERS}"));
        }
        problems.unique("answers", self.answers.iter().map(|answer| answer.key.as_str()));
        problems.unique("topics", self.topics.iter().map(|topic| topic.key.as_str()));
        problems.unique("saved_replies", self.saved_replies.iter().map(|reply| reply.key.as_str()));
        for answer in &self.answers {
            let place = format!("answers.{}", answer.key);
            problems.texts(&format!("{place}.title"), &answer.title);
            problems.texts(&format!("{place}.text"), &answer.text);
            for (language, file) in &answer.audio {
                problems.file(&format!("{place}.audio.{language}"), Some(file), has_file);
            }
        }
        for topic in &self.topics {
            problems.texts(&format!("topics.{}.name", topic.key), &topic.name);
        }
        for rule in &self.triage {
            let place = format!("triage.{}", rule.kind.as_str());
            if rule.words.values().map(Vec::len).sum::<usize>() > MAX_WORDS {
                problems.add(&place, &format!("has more than {MAX_WORDS} words"));
            }
            if rule.words.values().flatten().any(|word| word.trim().trim_matches('*').is_empty()) {
                problems.add(&place, "has an empty word, which would match every message");
            }
        }
    }

    /// The line's language to use for a person: hers when the line has it, else the line's first.
    #[must_use]
    pub fn language(&self, wanted: Option<Language>) -> Language {
        wanted.filter(|language| self.languages.contains(language)).unwrap_or(self.languages[0])
    }

    /// The server's own sentences in a language (see [`Content::language`]).
    #[must_use]
    pub fn sentences(&self, wanted: Option<Language>) -> &Sentences {
        &self.texts[&self.language(wanted)]
    }
}

struct Problems {
    languages: Vec<Language>,
    list: Vec<String>,
}

impl Problems {
    fn add(&mut self, place: &str, what: &str) {
        self.list.push(format!("line.toml: {place} {what}"));
    }
    fn every_language<'a>(&mut self, place: &str, have: impl Iterator<Item = &'a Language>) {
        let have: BTreeSet<Language> = have.copied().collect();
        for language in self.languages.clone() {
            if !have.contains(&language) {
                self.add(place, &format!("has no {language}"));
            }
        }
    }
    fn texts(&mut self, place: &str, texts: &Texts) {
        self.every_language(place, texts.keys());
        for (language, text) in texts {
            if text.trim().is_empty() {
                self.add(place, &format!("is empty in {language}"));
            }
            if text.len() > MAX_TEXT_BYTES {
                self.add(place, &format!("is longer than {MAX_TEXT_BYTES} bytes in {language}"));
            }
        }
    }
    fn file(&mut self, place: &str, file: Option<&str>, has_file: &dyn Fn(&str) -> bool) {
        if let Some(file) = file
            && !has_file(file)
        {
            self.add(place, &format!("names {file}, which is not in the folder"));
        }
    }
    fn unique<'a>(&mut self, place: &str, keys: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for key in keys {
            if !seen.insert(key) {
                self.add(place, &format!("has {key} twice"));
            }
        }
    }
}

/// The sample line's content, for tests of what is pure.
#[cfg(test)]
pub fn test_content() -> Content {
    Content::read(include_str!("../../../content/casa/line.toml"), &|_| true)
        .expect("the sample line is good")
}
