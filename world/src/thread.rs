//! What one phone shows: the bubbles of one person's conversation with the line, in order.
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Who wrote a bubble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The person who holds the phone.
    Me,
    /// The line.
    Line,
}

/// A choice that a bubble offers: a button, a list row, a suggested answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What the provider hands back when the person taps it.
    pub id: String,
    /// What the person reads.
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A file that goes with a bubble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// A media type such as `audio/ogg`, or only `audio` when the message did not say more.
    pub content_type: String,
    /// Where the file is: the line's own address for what it sent, the fake provider's for what a person sent.
    pub url: String,
    /// Size in bytes, once the provider has fetched the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
}

/// What tapping a key of a keyboard does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tap {
    /// The key's id is sent as if the person had typed it.
    Say,
    /// The line hears of it; nothing is written in the conversation (Telegram's callback queries).
    CallBack,
    /// A web page opens.
    Open,
    ShareLocation,
    ShareContact,
}

/// A key of a keyboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// What comes back when it is tapped; the address of a key that opens a page.
    pub id: String,
    /// What the person reads.
    pub title: String,
    pub tap: Tap,
    /// How many sixths of a row it takes; 0 shares the row evenly.
    #[serde(default)]
    pub sixths: u8,
    /// `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

/// Where a keyboard stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Under its message, for as long as that is there.
    Under,
    /// Where people type, until another takes its place.
    Bottom,
}

/// The keys that came with a bubble, in rows. One at the bottom without any row takes a former one away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyboard {
    pub place: Place,
    /// Whether it goes away when a key of it was tapped.
    #[serde(default)]
    pub one_time: bool,
    pub rows: Vec<Vec<Key>>,
}

impl Keyboard {
    /// The key with this id or title.
    #[must_use]
    pub fn key(&self, wanted: &str) -> Option<&Key> {
        let keys = || self.rows.iter().flatten();
        keys().find(|key| key.id == wanted).or_else(|| keys().find(|key| key.title == wanted))
    }

    /// Its keys that answer the line, as choices.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        let keys = self.rows.iter().flatten().filter(|key| key.tap != Tap::Open);
        keys.map(|key| Choice { id: key.id.clone(), title: key.title.clone(), description: None }).collect()
    }
}

/// What became of a bubble, in the order in which it can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// On its way: to the line when the person wrote it, to the phone when the line did.
    Sending,
    Sent,
    Delivered,
    Read,
    Failed,
}

/// One message as a phone shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bubble {
    /// The provider's id of the message (`wamid…`, `SM…`).
    pub id: String,
    pub at: Timestamp,
    pub from: Side,
    /// `text`, `buttons`, `list`, `image`, `audio`, `video`, `document`, `location`, `template` and the like.
    pub kind: String,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// The words on the button that opens a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_label: Option<String>,
    /// The keys of Telegram and Viber; `choices` then repeats those that answer the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyboard: Option<Keyboard>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    pub status: Progress,
    /// Whether its words were changed after they were sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// Why it failed, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Bubble {
    /// A bubble of text alone, on its way.
    #[must_use]
    pub fn text(id: String, at: Timestamp, from: Side, text: &str) -> Self {
        Self {
            id,
            at,
            from,
            kind: "text".to_owned(),
            text: text.to_owned(),
            choices: Vec::new(),
            list_label: None,
            keyboard: None,
            media: Vec::new(),
            status: Progress::Sending,
            edited: false,
            reason: None,
        }
    }
}

/// A bubble and when it last changed, counted in changes of its thread from 1.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    pub version: u64,
    pub bubble: Bubble,
}

#[derive(Default)]
struct State {
    version: u64,
    bubbles: Vec<Change>,
}

/// Called with every bubble that is new or has changed.
type Keeper = Box<dyn Fn(&Bubble) + Send + Sync>;

/// The bubbles of one conversation; clones show the same conversation.
#[derive(Clone)]
pub struct Thread {
    state: Arc<Mutex<State>>,
    changed: watch::Sender<u64>,
    keeper: Option<Arc<Keeper>>,
}

impl Default for Thread {
    fn default() -> Self {
        Self { state: Arc::default(), changed: watch::Sender::new(0), keeper: None }
    }
}

impl Thread {
    /// A conversation that starts with `bubbles` and hands every later change to `keeper`.
    #[must_use]
    pub fn kept(bubbles: Vec<Bubble>, keeper: impl Fn(&Bubble) + Send + Sync + 'static) -> Self {
        let thread = Self::default();
        for bubble in bubbles {
            thread.put(bubble);
        }
        Self { keeper: Some(Arc::new(Box::new(keeper))), ..thread }
    }

    /// Adds a bubble at the end, or replaces the one with the same id where it stands.
    pub fn put(&self, bubble: Bubble) {
        if let Some(keep) = &self.keeper {
            keep(&bubble);
        }
        let version = {
            let mut state = self.state();
            state.version += 1;
            let version = state.version;
            match state.bubbles.iter_mut().rev().find(|change| change.bubble.id == bubble.id) {
                Some(change) => *change = Change { version, bubble },
                None => state.bubbles.push(Change { version, bubble }),
            }
            version
        };
        self.changed.send_replace(version);
    }

    /// Changes the bubble `id` in place; nothing happens when there is none.
    pub fn change(&self, id: &str, edit: impl FnOnce(&mut Bubble)) {
        let found = self.state().bubbles.iter().rev().find(|change| change.bubble.id == id).cloned();
        if let Some(Change { mut bubble, .. }) = found {
            edit(&mut bubble);
            self.put(bubble);
        }
    }

    /// The bubble `id`.
    #[must_use]
    pub fn bubble(&self, id: &str) -> Option<Bubble> {
        self.state()
            .bubbles
            .iter()
            .rev()
            .find(|change| change.bubble.id == id)
            .map(|change| change.bubble.clone())
    }

    /// Notes what became of the bubble `id`.
    pub fn progress(&self, id: &str, status: Progress, reason: Option<String>) {
        self.change(id, |bubble| {
            bubble.status = status;
            bubble.reason = reason;
        });
    }

    /// The line has taken the oldest message of this phone that was still on its way.
    pub fn delivered_oldest(&self) {
        let waits = |bubble: &Bubble| bubble.from == Side::Me && bubble.status == Progress::Sending;
        if let Some(oldest) = self.bubbles().into_iter().find(waits) {
            self.progress(&oldest.id, Progress::Delivered, None);
        }
    }

    /// All bubbles, oldest first.
    #[must_use]
    pub fn bubbles(&self) -> Vec<Bubble> {
        self.state().bubbles.iter().map(|change| change.bubble.clone()).collect()
    }

    /// How many bubbles there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().bubbles.len()
    }

    /// Whether nothing was ever said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bubbles that are new or have changed since `version`, oldest change first.
    #[must_use]
    pub fn since(&self, version: u64) -> Vec<Change> {
        let mut changes: Vec<Change> =
            self.state().bubbles.iter().filter(|change| change.version > version).cloned().collect();
        changes.sort_by_key(|change| change.version);
        changes
    }

    /// Hears of every change; the value is the newest version.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The conversation in plain words, for a failed test's message.
    #[must_use]
    pub fn transcript(&self, name: &str) -> String {
        let mut text = String::new();
        for bubble in self.bubbles() {
            let who = if bubble.from == Side::Me { name } else { "line" };
            let _ = write!(text, "{who:>10}: {}", bubble.text.replace('\n', "\n            "));
            for media in &bubble.media {
                let _ = write!(text, " <{} {}>", media.content_type, media.url);
            }
            for choice in &bubble.choices {
                let _ = write!(text, " [{}]", choice.title);
            }
            if bubble.status == Progress::Failed {
                let _ = write!(text, " (failed: {})", bubble.reason.as_deref().unwrap_or("no reason given"));
            }
            text.push('\n');
        }
        text
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bubble_is_replaced_where_it_stands_and_its_change_is_heard() {
        let thread = Thread::default();
        thread.put(Bubble::text("1".into(), Timestamp::UNIX_EPOCH, Side::Me, "hola"));
        thread.put(Bubble::text("2".into(), Timestamp::UNIX_EPOCH, Side::Line, "buenas"));
        thread.progress("1", Progress::Delivered, None);
        let bubbles = thread.bubbles();
        assert_eq!(bubbles.iter().map(|b| b.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(bubbles[0].status, Progress::Delivered);
        assert_eq!(thread.since(2).len(), 1);
        assert_eq!(*thread.watch().borrow(), 3);
        assert_eq!(thread.transcript("amina"), "     amina: hola\n      line: buenas\n");
    }
}
