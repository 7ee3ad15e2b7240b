//! Lines: one public service in one place, loaded into memory from its imported content.
mod channel;
pub mod checks;
mod content;
pub mod conversations;
pub mod http;
mod import;
mod load;
pub mod said;
pub mod setup;
mod sql;
pub mod words;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use flow::refs::FlowRef;
use flow::triggers::{KeywordMatch, KeywordMatchKind};
use flow::words::Language;
use uuid::Uuid;

pub use channel::{
    Channel, ChannelKind, ChannelState, Delivery, Link, MAX_FAIL_OVER, UnknownPolicy, WINDOW_SECONDS,
};
pub use import::{
    Imported, NewChannel, add_channel, import_files, import_folder, refresh, set_delivery, stop_channel,
    switch_channel,
};
pub use load::{Compiled, channel_asset, channel_assets, compile, keywords_of, load};

#[cfg(test)]
pub use content::test_content;
pub use content::{
    Answer, Content, Member, NoticeText, SavedReply, Sentences, Topic, TriageKind, TriageRule, Words,
};
use words::{Lookout, Phrase};

/// All lines of the installation.
#[derive(Default)]
pub struct Lines {
    /// What was loaded: each line's id and the version of its content and channels.
    versions: Vec<(Uuid, i64)>,
    lines: HashMap<Uuid, Arc<Line>>,
    channels: HashMap<Uuid, (Arc<Line>, Arc<Channel>)>,
}

/// One line, ready to handle messages.
pub struct Line {
    pub id: Uuid,
    pub content: Arc<Content>,
    pub channels: Vec<Arc<Channel>>,
    /// Audio and other public files by their path in the content folder.
    pub files: BTreeMap<String, Arc<PublicFile>>,
    /// The flows, compiled, with the line's channels and topics.
    pub assets: Arc<flow::assets::Assets>,
    /// What expressions need to know of the line.
    pub env: flow::env::Environment,
    pub limits: flow::limits::Limits,
    pub timezone: jiff::tz::TimeZone,
    pub main_flow: FlowRef,
    pub after_close_flow: Option<FlowRef>,
    pub voice_flow: Option<FlowRef>,
    pub answer_index: crate::answers::Index,
    keywords: Vec<(FlowRef, KeywordMatch)>,
    commands: Vec<(Command, String)>,
    triage: Lookout<(TriageKind, Language)>,
}

/// A file that anybody may fetch, named by what is in it.
pub struct PublicFile {
    /// The first 32 hexadecimal digits of the SHA-256 of the bytes, and the ending.
    pub name: String,
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

impl PublicFile {
    /// What is in it, whatever it was made into.
    #[must_use]
    pub fn digest(&self) -> &str {
        digest_of(&self.name)
    }

    /// The name of what was made of it. Providers go by the ending of an address: Viber takes no picture without one.
    #[must_use]
    pub fn name_as(&self, content_type: &str) -> String {
        let ending = match content_type {
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "audio/ogg" => "ogg",
            _ => return self.name.clone(),
        };
        format!("{}.{ending}", self.digest())
    }
}

/// The part of a public file's name that says what is in it.
#[must_use]
pub fn digest_of(name: &str) -> &str {
    name.split_once('.').map_or(name, |(digest, _)| digest)
}

/// What a person can always write, whatever else is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Stop,
    Start,
    Info,
    Forget,
    Help,
}

impl Line {
    /// The line's own file that an address below `base`, the installation's public one, leads to, and its path.
    #[must_use]
    pub fn file_at(&self, base: &str, url: &str) -> Option<(&str, &Arc<PublicFile>)> {
        let name = url.strip_prefix(base)?.strip_prefix("/media/")?;
        let (path, file) = self.files.iter().find(|(_, file)| file.name == name)?;
        Some((path, file))
    }

    /// A telephone number of the line, or nothing: most people whom it writes to have one of the same country.
    #[must_use]
    pub fn number(&self) -> &str {
        let number = self.channels.iter().find(|channel| channel.address.starts_with('+'));
        number.map_or("", |channel| channel.address.as_str())
    }

    /// Prepares a line's content for handling messages.
    #[must_use]
    pub fn new(
        id: Uuid,
        content: Content,
        flows: load::Flows,
        channels: Vec<Arc<Channel>>,
        files: BTreeMap<String, Arc<PublicFile>>,
    ) -> Self {
        let load::Flows { assets, env, timezone, main_flow, after_close_flow, voice_flow, keywords } = flows;
        let answer_index = crate::answers::Index::new(&content.answers);
        let mut commands = Vec::new();
        for words in content.words.values() {
            for (command, list) in [
                (Command::Stop, &words.stop),
                (Command::Start, &words.start),
                (Command::Info, &words.info),
                (Command::Forget, &words.forget),
                (Command::Help, &words.help),
            ] {
                commands.extend(list.iter().map(|word| (command, words::fold(word))));
            }
        }
        let mut phrases = Vec::new();
        for rule in &content.triage {
            for (language, words) in &rule.words {
                phrases.extend(words.iter().map(|word| (Phrase::new(word), (rule.kind, *language))));
            }
        }
        Self {
            id,
            content: Arc::new(content),
            channels,
            files,
            assets,
            env,
            limits: flow::limits::Limits::default(),
            timezone,
            main_flow,
            after_close_flow,
            voice_flow,
            answer_index,
            keywords,
            commands,
            triage: Lookout::new(phrases),
        }
    }

    /// The flow that starts when nothing else answers somebody on such a channel.
    #[must_use]
    pub fn first_flow(&self, kind: ChannelKind) -> &FlowRef {
        self.voice_flow.as_ref().filter(|_| kind == ChannelKind::Voice).unwrap_or(&self.main_flow)
    }

    /// The flow that a message starts by its keyword.
    #[must_use]
    pub fn keyword(&self, text: &str) -> Option<(FlowRef, KeywordMatch)> {
        let folded = words::fold(text);
        let first = folded.split(' ').next().unwrap_or("");
        self.keywords
            .iter()
            .find(|(_, keyword)| match keyword.kind {
                KeywordMatchKind::OnlyWord => keyword.keyword == folded,
                KeywordMatchKind::FirstWord => keyword.keyword == first,
            })
            .cloned()
    }

    /// The key of a topic by its name in any language, as flows write it.
    #[must_use]
    pub fn topic_key(&self, name: &str) -> Option<String> {
        let topics = &self.content.topics;
        let found =
            topics.iter().find(|topic| topic.key == name || topic.name.values().any(|other| other == name));
        found.map(|topic| topic.key.clone())
    }

    /// The command that a whole message is, in any language of the line.
    #[must_use]
    pub fn command(&self, text: &str) -> Option<Command> {
        let folded = words::fold(text);
        self.commands.iter().find(|(_, word)| *word == folded).map(|(command, _)| *command)
    }

    /// The first kind of danger that a message speaks of, and the language in which it does.
    #[must_use]
    pub fn triage(&self, text: &str) -> Option<(TriageKind, Language)> {
        let folded = words::fold(text);
        let folded: Vec<&str> = folded.split(' ').collect();
        self.triage.first_in(&folded).copied()
    }

    /// What a person in danger is told: short, and safe when somebody else reads it.
    #[must_use]
    pub fn triage_reply(&self, kind: TriageKind, language: Option<Language>) -> &str {
        let wanted = self.content.language(language);
        let rule = self.content.triage.iter().find(|rule| rule.kind == kind);
        rule.and_then(|rule| rule.reply.get(&wanted))
            .map_or_else(|| self.content.sentences(language).urgent_default.as_str(), String::as_str)
    }

    /// A topic's name in a language.
    #[must_use]
    pub fn topic_name(&self, key: &str, language: Option<Language>) -> Option<&str> {
        let wanted = self.content.language(language);
        self.content.topics.iter().find(|topic| topic.key == key)?.name.get(&wanted).map(String::as_str)
    }
}

impl Lines {
    /// All lines, with their channels findable by id.
    #[must_use]
    pub fn new(versions: Vec<(Uuid, i64)>, lines: Vec<Line>) -> Self {
        let mut all = Self { versions, ..Self::default() };
        for line in lines.into_iter().map(Arc::new) {
            for channel in &line.channels {
                all.channels.insert(channel.id, (line.clone(), channel.clone()));
            }
            all.lines.insert(line.id, line);
        }
        all
    }

    /// A line by id.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<&Arc<Line>> {
        self.lines.get(&id)
    }

    /// The version of a line's content and channels that was loaded.
    #[must_use]
    pub fn version(&self, id: Uuid) -> Option<i64> {
        self.versions.iter().find(|(line, _)| *line == id).map(|(_, version)| *version)
    }

    /// A line by its short name.
    #[must_use]
    pub fn by_slug(&self, slug: &str) -> Option<&Arc<Line>> {
        self.lines.values().find(|line| line.content.slug == slug)
    }

    /// A channel and its line.
    #[must_use]
    pub fn channel(&self, id: Uuid) -> Option<&(Arc<Line>, Arc<Channel>)> {
        self.channels.get(&id)
    }

    /// Every channel of every line, in no order.
    pub fn channels(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.channels.values().map(|(_, channel)| channel)
    }

    /// Every channel with its line, in no order.
    pub fn with_lines(&self) -> impl Iterator<Item = &(Arc<Line>, Arc<Channel>)> {
        self.channels.values()
    }

    /// Every line, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Line>> {
        self.lines.values()
    }
}
