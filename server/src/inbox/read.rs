//! Reading queues, conversations and threads, as far as an access proof lets.
use flow::words::Content;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::presence::Presence;
use super::read_sql::{BotPart, MessageRow, NEVER, Place, QueueRow};
use super::sql::EntryRow;
use super::view::{
    self, ConsentView, ConversationRow, ConversationView, DraftView, Earlier, Entry, EntryParts,
    MessageParts, Named, Names, Parts, Present, Window, named,
};
use super::{Conversation, State};
use crate::access::{Held, LineAccess, staff};
use crate::api::Problem;
use crate::app::App;
use crate::contacts::{self, ConsentState, Contact, Profile};
use crate::lines::WINDOW_SECONDS;
use crate::media;
use crate::store::{Result, Ts, Tx};
use crate::vault::{Key, Purpose, VaultError};

/// Entries of a thread that are read at once.
pub const THREAD_PAGE: i64 = 30;
/// The most entries that a refused reply brings along.
const MAX_MISSED: i64 = 50;
/// The most other conversations of a person that are shown.
const MAX_EARLIER: i64 = 20;

/// A part of a line's conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum View {
    Mine,
    Waiting,
    All,
    Urgent,
    Closed,
}

/// Numbers of open conversations, as far as one may see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Counts {
    pub mine: i64,
    pub waiting: i64,
    pub all: i64,
    pub urgent: i64,
}

/// Where a page of a queue ends: the keys of its last row.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(untagged)]
pub enum QueueKeys {
    Open(i64, i64, i64, Uuid),
    Closed(i64, Uuid),
}

/// A person's messages in a conversation, its notes and events, oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Thread {
    pub items: Vec<Entry>,
    /// Give it as `before` for what was said before; null at the beginning.
    pub before: Option<String>,
}

/// Reads rows of queues and threads for one member of staff.
pub struct Reader<'a> {
    pub app: &'a App,
    pub presence: &'a Presence,
    pub access: &'a LineAccess,
    pub now: Ts,
}

fn keys_of(view: View, c: &Conversation) -> QueueKeys {
    let wait = c.state.waiting_since().map_or(NEVER, |since| since.0);
    match view {
        View::Closed => QueueKeys::Closed(c.last_at.0, c.id),
        _ => QueueKeys::Open(i64::from(!c.urgent), wait, -c.last_at.0, c.id),
    }
}

fn opened_profile(app: &App, key_id: Uuid, sealed: Option<&[u8]>) -> Result<(std::sync::Arc<Key>, Profile)> {
    let key = app.vault.person(key_id)?;
    let profile = match sealed {
        Some(sealed) => key.open_json(Purpose::Contact, sealed)?,
        None => Profile::default(),
    };
    Ok((key, profile))
}

/// A sealed text. What is damaged is said to be so instead of hiding the rest of a thread.
fn opened_text(key: &Key, purpose: Purpose, sealed: &[u8]) -> Result<String> {
    match key.open(purpose, sealed) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(VaultError::Damaged) => {
            tracing::error!("a sealed text of a conversation is damaged");
            Ok("(damaged)".to_owned())
        }
        Err(error) => Err(error.into()),
    }
}

impl Reader<'_> {
    /// A page of a view, one row longer than `limit` when there is more, with each row's keys.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn queue(
        &self,
        tx: &mut Tx<'_>,
        view: View,
        after: Option<QueueKeys>,
        limit: i64,
    ) -> Result<Vec<(ConversationRow, QueueKeys)>> {
        let (line, restricted) = (self.access.line().id, self.access.sees_restricted());
        let code = match view {
            View::Mine => 0,
            View::Waiting => 1,
            View::All => 2,
            View::Urgent => 3,
            View::Closed => 4,
        };
        let rows = match (view, after) {
            (View::Closed, after) => {
                let after = match after {
                    Some(QueueKeys::Closed(last, id)) => (last, id),
                    _ => (i64::MAX, Uuid::nil()),
                };
                tx.closed_queue(line, restricted, after, limit + 1)?
            }
            (_, after) => {
                let after = match after {
                    Some(QueueKeys::Open(urgency, wait, last, id)) => (urgency, wait, last, id),
                    _ => (-1, 0, i64::MIN, Uuid::nil()),
                };
                tx.open_queue(line, restricted, (code, self.access.staff()), after, limit + 1)?
            }
        };
        let keys: Vec<QueueKeys> = rows.iter().map(|row| keys_of(view, &row.conversation)).collect();
        Ok(self.rows(tx, rows)?.into_iter().zip(keys).collect())
    }

    fn rows(&self, tx: &mut Tx<'_>, rows: Vec<QueueRow>) -> Result<Vec<ConversationRow>> {
        let present: Vec<Present> =
            rows.iter().map(|row| self.presence.of(row.conversation.id, self.now)).collect();
        let mut ids: Vec<Uuid> = rows.iter().filter_map(|row| row.conversation.state.assignee()).collect();
        ids.extend(present.iter().flat_map(|present| present.writers.iter().copied()));
        let names = staff::names(tx, self.app, ids)?;
        let mut out = Vec::with_capacity(rows.len());
        for (row, present) in rows.iter().zip(&present) {
            let (key, profile) = opened_profile(self.app, row.key_id, row.profile.as_deref())?;
            out.push(self.row_of(&row.conversation, &key, &profile, &names, present)?);
        }
        Ok(out)
    }

    fn row_of(
        &self,
        conversation: &Conversation,
        key: &Key,
        profile: &Profile,
        names: &Names,
        present: &Present,
    ) -> Result<ConversationRow> {
        let words = conversation.last_words.as_deref();
        let words = words.map(|sealed| opened_text(key, Purpose::LastWords, sealed)).transpose()?;
        let mut present = present.clone();
        present.writers.retain(|id| *id != self.access.staff());
        Ok(view::row(self.access.line(), conversation, profile, words, names, &present))
    }

    /// Numbers of open conversations.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn counts(&self, tx: &mut Tx<'_>) -> Result<Counts> {
        let access = self.access;
        let [mine, waiting, all, urgent] =
            tx.inbox_counts(access.line().id, access.sees_restricted(), access.staff())?;
        Ok(Counts { mine, waiting, all, urgent })
    }

    /// The row of one conversation; `None` when it is not there, not visible, or its person is erased.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn row(&self, tx: &mut Tx<'_>, id: Uuid) -> Result<Option<ConversationRow>> {
        let Some(conversation) = tx.conversation(id)?.filter(|c| self.access.sees(c)) else {
            return Ok(None);
        };
        let Some(contact) = contacts::get(tx, self.app, conversation.contact_id)? else { return Ok(None) };
        self.row_with(tx, &conversation, &contact).map(Some)
    }

    fn row_with(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        contact: &Contact,
    ) -> Result<ConversationRow> {
        let present = self.presence.of(conversation.id, self.now);
        let ids = present.writers.iter().copied().chain(conversation.state.assignee()).collect();
        let names = staff::names(tx, self.app, ids)?;
        self.row_of(conversation, &contact.key, &contact.profile, &names, &present)
    }

    /// A whole conversation.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn conversation(&self, tx: &mut Tx<'_>, held: &Held) -> Result<ConversationView> {
        let Held { contact, conversation, access } = held;
        let present = self.presence.of(conversation.id, self.now);
        let names = staff::names(tx, self.app, present.readers.clone())?;
        let me = access.staff();
        let readers = present.readers.iter().filter(|id| **id != me).map(|id| named(&names, *id));
        let readers: Vec<Named> = readers.collect();
        let learnt = match &conversation.learnt {
            Some(sealed) => contact.key.open_json(Purpose::Learnt, sealed)?,
            None => Vec::new(),
        };
        let draft = match tx.draft(conversation.id, me)? {
            Some(sealed) => Some(DraftView { text: opened_text(&contact.key, Purpose::Draft, &sealed)? }),
            None => None,
        };
        let parts = Parts {
            row: self.row_with(tx, conversation, contact)?,
            learnt,
            consent: consent(tx, contact, conversation)?,
            earlier: self.earlier(tx, conversation)?,
            window: window(tx, held, self.now)?,
            readers,
            draft,
            last_entry_id: last_entry(tx, held)?,
            may: may(held),
        };
        Ok(view::conversation(access.line(), contact, conversation, parts))
    }

    fn earlier(&self, tx: &mut Tx<'_>, conversation: &Conversation) -> Result<Vec<Earlier>> {
        let others = tx.other_conversations(conversation, self.access.sees_restricted(), MAX_EARLIER)?;
        let shown = others.into_iter().map(|other| Earlier {
            id: other.id,
            topic: view::topic_name(self.access.line(), other.topic.as_deref()),
            opened_at: other.opened_at.to_rfc3339(),
            status: match other.state {
                0 => "waiting",
                1 => "assigned",
                2 => "snoozed",
                _ => "closed",
            },
        });
        Ok(shown.collect())
    }

    /// The newest entries of a thread before an id.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn thread(
        &self,
        tx: &mut Tx<'_>,
        held: &Held,
        before: Option<Uuid>,
    ) -> Result<(Vec<Entry>, Option<Uuid>)> {
        let span = (Uuid::nil(), before.unwrap_or(Uuid::max()));
        let mut items = read_span(tx, held, span, THREAD_PAGE + 1)?;
        let limit = usize::try_from(THREAD_PAGE).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(Item::id) } else { None };
        items.reverse();
        Ok((self.shown(tx, held, items)?, next))
    }

    /// One entry of a thread by id; `None` when it is none of this conversation's.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn entry(&self, tx: &mut Tx<'_>, held: &Held, id: Uuid) -> Result<Option<Entry>> {
        let item = match tx.message_of(id, held.contact.id)? {
            Some(row) => Some(Item::Message(row)),
            None => tx.entry_of(id, &held.conversation)?.map(Item::Entry),
        };
        match item {
            Some(item) => Ok(self.shown(tx, held, vec![item])?.pop()),
            None => Ok(None),
        }
    }

    /// What the person and other staff said since an entry: what makes a reply stale.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn missed(&self, tx: &mut Tx<'_>, held: &Held, since: Option<Uuid>) -> Result<Vec<Entry>> {
        let me = self.access.staff();
        let mut items = read_span(tx, held, (since.unwrap_or(Uuid::nil()), Uuid::max()), MAX_MISSED)?;
        items.retain(|item| match item {
            Item::Message(row) => row.incoming || row.author.is_some_and(|author| author != me),
            Item::Entry(row) => row.event.is_none() && row.author != Some(me),
        });
        items.reverse();
        self.shown(tx, held, items)
    }

    fn shown(&self, tx: &mut Tx<'_>, held: &Held, items: Vec<Item>) -> Result<Vec<Entry>> {
        let names = staff::names(tx, self.app, items.iter().flat_map(Item::staff).collect())?;
        let key = &held.contact.key;
        let mut contents = Vec::with_capacity(items.len());
        for item in &items {
            contents.push(match item {
                Item::Message(row) => row.body.as_deref().map(|sealed| content(key, sealed)).transpose()?,
                Item::Entry(_) => None,
            });
        }
        let urls = contents.iter().flatten().flat_map(|content| &content.attachments);
        let shown = media::shown(tx, urls.map(|file| file.url.as_str()))?;
        let labels = media::labels(key, &shown)?;
        let (line, conversation) = (self.access.line().id, held.conversation.id);
        let files = view::Files { line, conversation, shown: &shown, labels: &labels };
        items
            .into_iter()
            .zip(contents)
            .map(|(item, content)| match item {
                Item::Message(row) => {
                    let parts = MessageParts {
                        id: row.id,
                        incoming: row.incoming,
                        author: row.author,
                        state: row.state,
                        content,
                        reason: row.reason,
                        at: row.at,
                        edited_at: row.edited_at,
                        before: match &row.original {
                            Some(sealed) => Some(self::content(key, sealed)?.text),
                            None => None,
                        },
                    };
                    Ok(view::message(self.app, parts, &files, &names))
                }
                Item::Entry(row) => {
                    let text = row.body.as_deref();
                    let parts = EntryParts {
                        id: row.id,
                        author: row.author,
                        text: text.map(|sealed| opened_text(key, Purpose::Note, sealed)).transpose()?,
                        event: row.event,
                        at: row.at,
                    };
                    Ok(view::entry(self.access.line(), parts, &names))
                }
            })
            .collect()
    }
}

enum Item {
    Message(MessageRow),
    Entry(EntryRow),
}

impl Item {
    fn id(&self) -> Uuid {
        match self {
            Self::Message(row) => row.id,
            Self::Entry(row) => row.id,
        }
    }
    fn staff(&self) -> Vec<Uuid> {
        match self {
            Self::Message(row) => row.author.into_iter().collect(),
            Self::Entry(row) => {
                row.author.into_iter().chain(row.event.as_ref().and_then(|e| e.names_staff())).collect()
            }
        }
    }
}

fn content(key: &Key, sealed: &[u8]) -> Result<Content> {
    match key.open_json(Purpose::Message, sealed) {
        Ok(content) => Ok(content),
        Err(VaultError::Damaged) => {
            tracing::error!("a sealed message is damaged");
            Ok(Content { text: "(damaged)".to_owned(), ..Content::default() })
        }
        Err(error) => Err(error.into()),
    }
}

/// The bot's part of a thread is what was said since the conversation before, up to the hand-over: never what
/// belongs to another conversation, which may be restricted.
fn place(tx: &mut Tx<'_>, held: &Held) -> Result<Place> {
    let after = tx.closed_before(&held.conversation)?.unwrap_or(Ts(0));
    Ok(Place {
        contact_id: held.contact.id,
        conversation_id: held.conversation.id,
        bot_part: BotPart { after, until: held.conversation.opened_at },
    })
}

/// Messages, notes and events between two ids, newest first.
fn read_span(tx: &mut Tx<'_>, held: &Held, span: (Uuid, Uuid), limit: i64) -> Result<Vec<Item>> {
    let place = place(tx, held)?;
    let mut items: Vec<Item> =
        tx.thread_messages(place, span, limit)?.into_iter().map(Item::Message).collect();
    items.extend(tx.thread_entries(place, span, limit)?.into_iter().map(Item::Entry));
    items.sort_by_key(|item| std::cmp::Reverse(item.id()));
    items.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(items)
}

fn last_entry(tx: &mut Tx<'_>, held: &Held) -> Result<Option<Uuid>> {
    Ok(read_span(tx, held, (Uuid::nil(), Uuid::max()), 1)?.first().map(Item::id))
}

fn consent(tx: &mut Tx<'_>, contact: &Contact, conversation: &Conversation) -> Result<ConsentView> {
    let state = match contact.consent {
        ConsentState::Given => "given",
        _ if conversation.triage.is_some() => "vital_interest",
        ConsentState::Declined | ConsentState::Withdrawn => "declined",
        ConsentState::New | ConsentState::LanguageAsked | ConsentState::NoticeShown => "not_asked",
    };
    let Some(row) = tx.latest_consent(contact.id)? else {
        return Ok(ConsentView { state, notice_version: None, at: None, channel: None, words: None });
    };
    let words = row.words.as_deref();
    Ok(ConsentView {
        state,
        notice_version: Some(row.notice_version),
        at: Some(row.at.to_rfc3339()),
        channel: Some(row.channel),
        words: words.map(|sealed| opened_text(&contact.key, Purpose::Words, sealed)).transpose()?,
    })
}

/// The address that a reply goes to: the one that the person wrote from last on the conversation's channel.
///
/// # Errors
/// When the store refuses.
pub(super) fn reply_to(tx: &mut Tx<'_>, held: &Held) -> Result<Option<contacts::Identity>> {
    let mut identities = tx.identities(held.contact.id)?;
    identities.retain(|identity| held.contact.urn(identity.id).is_some());
    let on_channel = |identity: &contacts::Identity| identity.channel_id == held.conversation.channel_id;
    identities.sort_by_key(|identity| (on_channel(identity), identity.last_in_at, identity.id));
    Ok(identities.pop())
}

/// As [`reply_to`], for whoever is about to answer.
///
/// # Errors
/// A [`Problem`] `no-address` when there is none.
pub(super) fn address(tx: &mut Tx<'_>, held: &Held) -> Result<contacts::Identity> {
    let to = reply_to(tx, held)?;
    Ok(to.ok_or_else(|| Problem::conflict("no-address", "There is no address to answer to."))?)
}

/// Whether the channel takes a free text now.
///
/// # Errors
/// When the store refuses.
pub fn window(tx: &mut Tx<'_>, held: &Held, now: Ts) -> Result<Window> {
    let line = held.access.line();
    let channel_id = held.conversation.channel_id;
    if !view::channel_kind(line, &held.contact.profile, channel_id).has_window() {
        return Ok(Window { kind: "none", closes_at: None });
    }
    let last_in = reply_to(tx, held)?.and_then(|identity| identity.last_in_at);
    let closes_at = last_in.map(|at| at.plus_seconds(WINDOW_SECONDS));
    let kind = if closes_at.is_some_and(|at| now < at) { "open" } else { "closed" };
    Ok(Window { kind, closes_at: closes_at.map(Ts::to_rfc3339) })
}

/// The verbs that one may use on a conversation now.
fn may(held: &Held) -> Vec<&'static str> {
    let me = held.access.staff();
    let conversation = &held.conversation;
    let mut may = vec!["note", "reveal"];
    match conversation.state {
        State::Closed { .. } => {
            if held.contact.conversation_id.is_none() {
                may.push("reopen");
            }
            return may;
        }
        State::Snoozed { .. } => may.push("reopen"),
        State::Waiting { .. } | State::Assigned { .. } => {}
    }
    may.extend(["assign", "topic", "snooze", "close", "draft"]);
    if !conversation.restricted {
        may.push("refer");
    }
    let assignee = conversation.state.assignee();
    if assignee != Some(me) {
        may.push("take");
    }
    if assignee.is_none_or(|to| to == me) {
        may.push("reply");
    }
    may
}
