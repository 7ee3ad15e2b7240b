//! One person's thread as her page shows it.
use flow::words::{Content, Language, Urn};
use uuid::Uuid;

use super::sql::{Owner, ThreadRow};
use crate::app::App;
use crate::contacts::identity_hash;
use crate::live::{self, LiveKind};
use crate::media;
use crate::outbound::Farewell;
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::{Purpose, VaultError};

/// Messages on one page.
pub const PAGE_MESSAGES: usize = 20;
/// The most new messages handed over at once.
const NEWS_LIMIT: i64 = 50;
/// Ids of two processes may cross by as much as their clocks differ; this is far more.
const STRAGGLER_SECONDS: i64 = 120;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    Person,
    Bot,
    Staff,
}

/// One message.
#[derive(Debug, Clone)]
pub struct Bubble {
    pub id: Uuid,
    pub voice: Voice,
    pub at: Ts,
    /// `None` when nothing may be kept of it, or the key is gone.
    pub content: Option<Content>,
    /// Files that staff sent her.
    pub files: Vec<Sent>,
    unseen: bool,
    conversation_id: Option<Uuid>,
}

/// A file that staff sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Of its page.
    pub url: String,
    pub content_type: String,
    /// Bytes of what the page shows first.
    pub size: Option<i64>,
}

/// A page of messages, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Thread {
    pub owner: Option<Owner>,
    pub bubbles: Vec<Bubble>,
    /// Whether there are earlier ones.
    pub has_earlier: bool,
}

impl Thread {
    /// The language that the person told the line.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        self.owner.as_ref()?.language
    }

    /// The newest message's id; nil when there is none.
    #[must_use]
    pub fn last(&self) -> Uuid {
        self.bubbles.last().map_or(Uuid::nil(), |bubble| bubble.id)
    }
}

/// Whose thread a session's is; `None` before the first message was handled, and after an erasure.
pub fn owner(tx: &mut Tx<'_>, app: &App, line_id: Uuid, urn: &Urn) -> Result<Option<Owner>> {
    tx.chat_owner(line_id, &identity_hash(app, line_id, urn))
}

/// The newest messages, or those before one of them.
pub fn page(tx: &mut Tx<'_>, app: &App, owner: Owner, before: Option<Uuid>) -> Result<Thread> {
    let limit = i64::try_from(PAGE_MESSAGES).unwrap_or(i64::MAX) + 1;
    let mut rows = tx.chat_before(&owner, before.unwrap_or(Uuid::max()), limit)?;
    let has_earlier = rows.len() > PAGE_MESSAGES;
    rows.truncate(PAGE_MESSAGES);
    rows.reverse();
    let bubbles = open_all(tx, app, &owner, rows)?;
    Ok(Thread { owner: Some(owner), bubbles, has_earlier })
}

/// What the line has said after a message.
pub fn news(tx: &mut Tx<'_>, app: &App, owner: &Owner, after: Uuid) -> Result<Vec<Bubble>> {
    let since = app.now().plus_seconds(-STRAGGLER_SECONDS);
    let rows = tx.chat_after(owner, after, since, NEWS_LIMIT)?;
    open_all(tx, app, owner, rows)
}

fn open_all(tx: &mut Tx<'_>, app: &App, owner: &Owner, rows: Vec<ThreadRow>) -> Result<Vec<Bubble>> {
    let opened: Result<Vec<Bubble>> = rows.into_iter().map(|row| open(app, owner, row)).collect();
    let mut bubbles = opened?;
    let sent = bubbles.iter().filter(|bubble| bubble.voice != Voice::Person);
    let urls = sent.filter_map(|bubble| bubble.content.as_ref()).flat_map(|content| &content.attachments);
    let shown = media::shown(tx, urls.map(|file| file.url.as_str()))?;
    let now = app.now();
    for bubble in &mut bubbles {
        let attachments = bubble.content.iter().flat_map(|content| &content.attachments);
        let ids = attachments.filter_map(|file| media::id_of(&file.url));
        let files = ids.filter_map(|id| Some((id, shown.get(&id)?)));
        bubble.files = files
            .map(|(id, shown)| Sent {
                url: format!("/f/{}", media::link::token(app, id, now)),
                content_type: shown.content_type.clone().unwrap_or_default(),
                size: shown.small.or(shown.size),
            })
            .collect();
    }
    Ok(bubbles)
}

fn open(app: &App, owner: &Owner, row: ThreadRow) -> Result<Bubble> {
    let voice = match (row.incoming, row.by_staff) {
        (true, _) => Voice::Person,
        (false, false) => Voice::Bot,
        (false, true) => Voice::Staff,
    };
    let content = match row.body {
        Some(body) => open_body(app, owner, row.id, row.day, &body)?,
        None => None,
    };
    Ok(Bubble {
        id: row.id,
        voice,
        at: row.at,
        content,
        files: Vec::new(),
        unseen: row.unseen,
        conversation_id: row.conversation_id,
    })
}

/// Opens one body. One that cannot be read does not take the others with it.
fn open_body(app: &App, owner: &Owner, id: Uuid, day: Option<i64>, body: &[u8]) -> Result<Option<Content>> {
    let opened = match (day, owner.key_id) {
        (Some(day), _) => app
            .vault
            .day(day, app.now())
            .and_then(|key| key.open_json::<Farewell>(Purpose::Message, body))
            .map(|farewell| farewell.content),
        (None, Some(key_id)) => {
            app.vault.person(key_id).and_then(|key| key.open_json(Purpose::Message, body))
        }
        (None, None) => return Ok(None),
    };
    match opened {
        Ok(content) => Ok(Some(content)),
        Err(VaultError::Erased) => Ok(None),
        Err(error @ VaultError::Damaged) => {
            tracing::error!(message = %id, %error, "a message cannot be shown to its person");
            Ok(None)
        }
        Err(error) => Err(StoreError::from(error)),
    }
}

/// Notes that messages were shown, so that staff sees them as delivered.
///
/// # Errors
/// When the store refuses.
pub async fn mark_shown(app: &App, line_id: Uuid, bubbles: &[Bubble]) -> Result<()> {
    let seen: Vec<(Uuid, Option<Uuid>)> = bubbles
        .iter()
        .filter(|bubble| bubble.unseen)
        .map(|bubble| (bubble.id, bubble.conversation_id))
        .collect();
    if seen.is_empty() {
        return Ok(());
    }
    let in_conversation = seen.iter().any(|(_, conversation)| conversation.is_some());
    let context = app.clone();
    let now = app.now();
    app.store
        .write(move |tx| {
            tx.chat_shown(seen.iter().map(|(id, _)| *id).collect())?;
            for (id, conversation) in &seen {
                if let Some(conversation) = conversation {
                    live::record(tx, &context, line_id, LiveKind::Status, *conversation, *id, now)?;
                }
            }
            Ok(())
        })
        .await?;
    if in_conversation {
        app.signals.touch_live();
    }
    Ok(())
}
