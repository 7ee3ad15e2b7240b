//! A line's saved conversations: files of its content folder that are played whenever its flows are to change.
use std::sync::Arc;

use flow::assets::Assets;
use flow::saved::{SavedConversation, play_on};
use flow::words::Language;
use serde::{Deserialize, Serialize};

use super::Content;

/// The folder that they lie in.
pub const FOLDER: &str = "conversations/";
/// The most saved conversations of a line.
pub const MAX_CONVERSATIONS: usize = 500;
/// The longest name of a saved conversation's file, in bytes, without its ending.
pub const MAX_SLUG_BYTES: usize = 64;

/// A run of the saved conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestRun {
    pub ran_at: String,
    pub green: usize,
    pub red: usize,
    pub conversations: Vec<TestedConversation>,
}

/// How one saved conversation went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestedConversation {
    pub name: String,
    pub slug: String,
    pub green: bool,
    /// The first thing that came otherwise than expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<TestMismatch>,
}

/// Something that came otherwise than expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestMismatch {
    /// The step, from 1 on; 0 when the conversation could not begin.
    pub step: usize,
    /// What was looked at, such as `message 2` or `result shelter`.
    pub what: String,
    pub expected: String,
    pub came: String,
}

impl std::fmt::Display for TestMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "step {}, {}: expected {:?}, came {:?}", self.step, self.what, self.expected, self.came)
    }
}

/// A saved conversation as it lies in the content folder.
#[derive(Debug, Clone)]
pub struct SavedFile {
    pub slug: String,
    /// What it says, or why it cannot be read.
    pub saved: Result<SavedConversation, String>,
}

impl SavedFile {
    /// Reads a file.
    #[must_use]
    pub fn read(slug: &str, body: &[u8]) -> Self {
        let saved = serde_json::from_slice(body).map_err(|error| error.to_string());
        Self { slug: slug.to_owned(), saved }
    }

    /// The title; the file's name where it cannot be read.
    #[must_use]
    pub fn name(&self) -> &str {
        self.saved.as_ref().map_or(self.slug.as_str(), |saved| saved.name.as_str())
    }
}

/// The slug of a path such as `conversations/shelter.json`; `None` for other files.
#[must_use]
pub fn slug_of(path: &str) -> Option<&str> {
    path.strip_prefix(FOLDER)?.strip_suffix(".json").filter(|slug| is_slug(slug))
}

/// The file of a slug.
#[must_use]
pub fn path_of(slug: &str) -> String {
    format!("{FOLDER}{slug}.json")
}

/// Whether a text can name a file: lower-case letters, digits and single dashes between them.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.len() <= MAX_SLUG_BYTES && text.split('-').all(plain)
}

/// The saved conversations among a line's files, by slug.
///
/// # Errors
/// When there are more than [`MAX_CONVERSATIONS`], or one has a name that no conversation can have.
pub fn among<'f>(
    files: impl IntoIterator<Item = (&'f String, &'f Vec<u8>)>,
) -> Result<Vec<SavedFile>, Vec<String>> {
    let mut found = Vec::new();
    for (path, body) in files.into_iter().filter(|(path, _)| path.starts_with(FOLDER)) {
        let slug = slug_of(path).ok_or_else(|| {
            vec![format!("{path}: a saved conversation is named with a-z, 0-9 and dashes, and ends in .json")]
        })?;
        found.push(SavedFile::read(slug, body));
    }
    if found.len() > MAX_CONVERSATIONS {
        return Err(vec![format!("{FOLDER}: more than {MAX_CONVERSATIONS} saved conversations")]);
    }
    Ok(found)
}

/// Plays saved conversations on definitions. Verified answers are those of the line, whether or not they are still
/// valid: a test of a flow must not turn red overnight.
#[must_use]
pub fn run(content: &Arc<Content>, assets: &Arc<Assets>, files: &[SavedFile], ran_at: String) -> TestRun {
    let mut run = TestRun { ran_at, ..TestRun::default() };
    for file in files {
        let mismatch = played(content, assets, file);
        let green = mismatch.is_none();
        *(if green { &mut run.green } else { &mut run.red }) += 1;
        let (name, slug) = (file.name().to_owned(), file.slug.clone());
        run.conversations.push(TestedConversation { name, slug, green, mismatch });
    }
    run
}

fn played(content: &Arc<Content>, assets: &Arc<Assets>, file: &SavedFile) -> Option<TestMismatch> {
    let cannot = |came: String| {
        let (what, expected) = ("the conversation".to_owned(), "can be played".to_owned());
        Some(TestMismatch { step: 0, what, expected, came })
    };
    let saved = match &file.saved {
        Ok(saved) => saved,
        Err(error) => return cannot(error.clone()),
    };
    let language = saved.contact["language"].as_str().and_then(|code| code.parse().ok());
    let globals = Arc::new(AnswerTexts { content: content.clone(), language });
    match play_on(assets, Some(globals), saved) {
        Ok(found) => found.into_iter().next().map(|first| TestMismatch {
            step: first.step,
            what: first.what,
            expected: first.expected,
            came: first.got,
        }),
        Err(error) => cannot(error.to_string()),
    }
}

/// A line's verified answers in the language that a conversation begins in; audio by its path in the content folder.
struct AnswerTexts {
    content: Arc<Content>,
    language: Option<Language>,
}

impl flow::Globals for AnswerTexts {
    fn get(&self, key: &str) -> Option<String> {
        let name = key.strip_prefix("answer_")?;
        let language = self.content.language(self.language);
        let of = |name: &str| self.content.answers.iter().find(|answer| answer.key == name);
        let value = if let Some(answer) = of(name) {
            answer.text.get(&language)
        } else if let Some(answer) = name.strip_suffix("_title").and_then(of) {
            answer.title.get(&language)
        } else if let Some(answer) = name.strip_suffix("_audio").and_then(of) {
            answer.audio.get(&language)
        } else {
            return name.starts_with("found").then(String::new);
        };
        Some(value.cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_conversations_are_plain() {
        for (path, slug) in [
            ("conversations/shelter-2.json", Some("shelter-2")),
            ("conversations/Shelter.json", None),
            ("conversations/a--b.json", None),
            ("conversations/../a.json", None),
            ("conversations/a/b.json", None),
            ("conversations/.json", None),
            ("flows.json", None),
        ] {
            assert_eq!(slug_of(path), slug, "{path}");
        }
    }
}
