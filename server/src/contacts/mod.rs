//! A person as a line knows her: her row, her sealed profile, her identities.
mod ahead;
mod sql;

use std::collections::BTreeMap;
use std::sync::Arc;

use flow::words::{Language, Urn};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault::{Key, Purpose};

pub use ahead::Ahead;
pub use sql::{Identity, LANE_BYTES};

/// Into how many parts people are divided; a part is handled by one process at a time.
pub const PARTS: i64 = 32;

/// Where a person stands between first contact and agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentState {
    New,
    LanguageAsked,
    NoticeShown,
    Given,
    Declined,
    Withdrawn,
}

impl ConsentState {
    fn from_code(code: i64) -> Result<Self> {
        Ok(match code {
            0 => Self::New,
            1 => Self::LanguageAsked,
            2 => Self::NoticeShown,
            3 => Self::Given,
            4 => Self::Declined,
            5 => Self::Withdrawn,
            other => return Err(StoreError::Shape(format!("contact.consent holds {other}"))),
        })
    }

    fn code(self) -> i64 {
        match self {
            Self::New => 0,
            Self::LanguageAsked => 1,
            Self::NoticeShown => 2,
            Self::Given => 3,
            Self::Declined => 4,
            Self::Withdrawn => 5,
        }
    }
}

/// Whether the line may write to a person by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Active,
    /// She wrote STOP: nothing that we start, answers to what she writes only.
    Stopped,
    Blocked,
    Erased,
}

impl Standing {
    fn from_code(code: i64) -> Result<Self> {
        Ok(match code {
            0 => Self::Active,
            1 => Self::Stopped,
            2 => Self::Blocked,
            3 => Self::Erased,
            other => return Err(StoreError::Shape(format!("contact.standing holds {other}"))),
        })
    }

    fn code(self) -> i64 {
        match self {
            Self::Active => 0,
            Self::Stopped => 1,
            Self::Blocked => 2,
            Self::Erased => 3,
        }
    }
}

/// What waits for her agreement before it can happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// She asked for a person before she had agreed to the notice.
    HandOver { topic: Option<String> },
    /// She did not choose a language the first time.
    LanguageAskedAgain,
}

/// The sealed part of a contact. Without consent it holds the addresses only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Every identity with its address, the one written from last first.
    pub urns: Vec<KnownUrn>,
    /// Field key to value as flows see it (JSON of the engine's field value).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, serde_json::Value>,
    /// UUIDs of the groups she is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Uuid>,
}

/// One identity's address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownUrn {
    pub identity: Uuid,
    pub channel: Uuid,
    pub urn: Urn,
}

/// A contact with her profile opened.
#[derive(Debug, Clone)]
pub struct Contact {
    pub id: Uuid,
    pub line_id: Uuid,
    pub key_id: Uuid,
    pub key: Arc<Key>,
    pub part: i64,
    /// Chosen by her; `None` until then.
    pub language: Option<Language>,
    pub consent: ConsentState,
    pub standing: Standing,
    pub profile: Profile,
    /// The waiting flow session, still sealed.
    pub session: Option<Vec<u8>>,
    pub session_until: Option<Ts>,
    pub pending: Option<Pending>,
    /// The open conversation that a human has, if any.
    pub conversation_id: Option<Uuid>,
    pub created_at: Ts,
    pub last_in_at: Option<Ts>,
}

impl Contact {
    /// Whether anything personal may be kept beyond what delivery needs.
    #[must_use]
    pub fn has_agreed(&self) -> bool {
        self.consent == ConsentState::Given
    }

    /// The address of one of her identities.
    #[must_use]
    pub fn urn(&self, identity: Uuid) -> Option<&KnownUrn> {
        self.profile.urns.iter().find(|known| known.identity == identity)
    }
}

/// The keyed hash of an identity within a line: what it is looked up by. Also the lane in which her messages
/// are handled one after the other.
#[must_use]
pub fn identity_hash(app: &App, line_id: Uuid, urn: &Urn) -> Vec<u8> {
    app.vault.lookup_hash("identity", line_id, urn.identity())
}

/// The part of a lane or of a contact's id.
#[must_use]
pub fn part_of(bytes: &[u8]) -> i64 {
    // The last byte: the first ones of an id are its time.
    bytes.last().map_or(0, |last| i64::from(*last) % PARTS)
}

/// Finds the contact who has any of these addresses, or makes her; the row is locked until the end of the
/// transaction, so that one person is handled once at a time. Addresses that are new are added to her.
/// Returns the contact, the identity of the first address, and whether she is new.
///
/// # Errors
/// When the store or the key store refuses.
pub fn find_or_make(
    tx: &mut Tx<'_>,
    app: &App,
    line_id: Uuid,
    channel_id: Uuid,
    urns: &[Urn],
    now: Ts,
) -> Result<(Contact, Uuid, bool)> {
    find_or_make_ahead(tx, app, &mut Ahead::default(), line_id, channel_id, urns, now)
}

/// As [`find_or_make`], with what was read ahead.
///
/// # Errors
/// As there.
pub fn find_or_make_ahead(
    tx: &mut Tx<'_>,
    app: &App,
    ahead: &mut Ahead,
    line_id: Uuid,
    channel_id: Uuid,
    urns: &[Urn],
    now: Ts,
) -> Result<(Contact, Uuid, bool)> {
    let first = urns.first().ok_or_else(|| StoreError::Shape("a message without a sender".into()))?;
    let hashes: Vec<Vec<u8>> = urns.iter().map(|urn| identity_hash(app, line_id, urn)).collect();
    let mut found = None;
    for hash in &hashes {
        if let Some((identity, contact_id)) = ahead.identity(tx, line_id, hash)? {
            found = Some((identity, contact_id));
            break;
        }
    }
    let (mut contact, is_new) = match found {
        Some((_, contact_id)) => {
            let row = ahead.contact(tx, contact_id)?.ok_or_else(erased)?;
            (row.open(app)?.ok_or_else(erased)?, false)
        }
        None => (make(tx, app, line_id, now)?, true),
    };
    let mut answer_to = None;
    let mut changed = false;
    for (urn, hash) in urns.iter().zip(hashes) {
        let known = contact.profile.urns.iter().position(|known| known.urn.identity() == urn.identity());
        let identity = match known {
            Some(at) => contact.profile.urns[at].identity,
            None => {
                // Another contact may hold it: then it stays hers, since merging persons is never implicit.
                match tx.identity_by_hash(line_id, &hash)? {
                    Some((identity, _)) => identity,
                    None => {
                        changed = true;
                        push_identity(tx, app, &mut contact, channel_id, urn, hash, Some(now), now)?
                    }
                }
            }
        };
        if urn == first {
            answer_to = Some(identity);
        }
    }
    if changed {
        save_profile(tx, &contact)?;
    }
    let answer_to = answer_to.ok_or_else(|| StoreError::Shape("a message without an identity".into()))?;
    Ok((contact, answer_to, is_new))
}

/// Gives a contact a further address, which nobody else may have. It opens no window: she has not written from it.
///
/// # Errors
/// When the store refuses.
pub fn add_identity(
    tx: &mut Tx<'_>,
    app: &App,
    contact: &mut Contact,
    channel_id: Uuid,
    urn: &Urn,
    now: Ts,
) -> Result<Uuid> {
    let hash = identity_hash(app, contact.line_id, urn);
    let identity = push_identity(tx, app, contact, channel_id, urn, hash, None, now)?;
    save_profile(tx, contact)?;
    Ok(identity)
}

/// Keeps what a provider wants back with the next answer to this identity.
///
/// # Errors
/// When the store refuses.
pub fn keep_reply_token(
    tx: &mut Tx<'_>,
    contact: &Contact,
    identity: Uuid,
    token: &str,
    now: Ts,
) -> Result<()> {
    tx.set_reply_token(identity, contact.key.seal(Purpose::Contact, token.as_bytes())?, now)
}

/// As [`keep_reply_token`] for whoever has this address; nothing when nobody has it: her first message brings it again.
///
/// # Errors
/// When the store refuses.
pub fn reply_token_told(
    tx: &mut Tx<'_>,
    app: &App,
    line_id: Uuid,
    person: &[Urn],
    token: &str,
    now: Ts,
) -> Result<()> {
    for urn in person {
        let Some((identity, owner)) = tx.identity_by_hash(line_id, &identity_hash(app, line_id, urn))? else {
            continue;
        };
        if let Some(contact) = get(tx, app, owner)? {
            keep_reply_token(tx, &contact, identity, token, now)?;
        }
    }
    Ok(())
}

/// The most addresses of one person that a provider's answer is believed to tell.
const MAX_TOLD: usize = 4;

/// Adds addresses that a provider told of somebody whom it was given another one of: what she writes from them is hers.
/// One that somebody else has stays where it is.
///
/// # Errors
/// When the store refuses.
pub fn learn_identities(
    tx: &mut Tx<'_>,
    app: &App,
    (line_id, contact_id): (Uuid, Uuid),
    channel_id: Uuid,
    told: &[Urn],
    now: Ts,
) -> Result<()> {
    let told = told.get(..MAX_TOLD.min(told.len())).unwrap_or_default();
    let hashes: Vec<Vec<u8>> = told.iter().map(|urn| identity_hash(app, line_id, urn)).collect();
    // Nearly always they are known, and her row need not be read for it.
    let known = tx.identities_by_hash(line_id, hashes.iter().cloned())?;
    let new = told.iter().zip(&hashes).filter(|(_, hash)| !known.iter().any(|(known, ..)| known == *hash));
    let new: Vec<&Urn> = new.map(|(urn, _)| urn).collect();
    if new.is_empty() {
        return Ok(());
    }
    let Some(mut contact) = get_locked(tx, app, contact_id)? else { return Ok(()) };
    for urn in new {
        if contact.profile.urns.iter().all(|known| known.urn.identity() != urn.identity()) {
            add_identity(tx, app, &mut contact, channel_id, urn, now)?;
        }
    }
    Ok(())
}

/// Takes addresses away from a contact, unless they are all that she has.
///
/// # Errors
/// When the store refuses.
pub fn drop_identities(tx: &mut Tx<'_>, app: &App, contact: &mut Contact, urns: &[Urn]) -> Result<()> {
    let gone = |known: &KnownUrn| urns.iter().any(|urn| urn.identity() == known.urn.identity());
    if contact.profile.urns.iter().all(gone) {
        return Ok(());
    }
    for urn in urns {
        tx.remove_identity(contact.id, identity_hash(app, contact.line_id, urn))?;
    }
    contact.profile.urns.retain(|known| !gone(known));
    save_profile(tx, contact)
}

#[expect(clippy::too_many_arguments, reason = "a row's columns")]
fn push_identity(
    tx: &mut Tx<'_>,
    app: &App,
    contact: &mut Contact,
    channel_id: Uuid,
    urn: &Urn,
    hash: Vec<u8>,
    last_in_at: Option<Ts>,
    now: Ts,
) -> Result<Uuid> {
    let identity = app.id();
    let scheme = urn.scheme();
    tx.insert_identity(identity, contact.line_id, hash, contact.id, channel_id, scheme, last_in_at, now)?;
    contact.profile.urns.push(KnownUrn { identity, channel: channel_id, urn: urn.clone() });
    Ok(identity)
}

fn erased() -> StoreError {
    StoreError::Other(anyhow::anyhow!("the contact was erased while her message waited"))
}

fn make(tx: &mut Tx<'_>, app: &App, line_id: Uuid, now: Ts) -> Result<Contact> {
    let (key_id, key) = app.vault.new_person()?;
    let id = app.id();
    let contact = Contact {
        id,
        line_id,
        key_id,
        key,
        part: part_of(id.as_bytes()),
        language: None,
        consent: ConsentState::New,
        standing: Standing::Active,
        profile: Profile::default(),
        session: None,
        session_until: None,
        pending: None,
        conversation_id: None,
        created_at: now,
        last_in_at: Some(now),
    };
    tx.insert_contact(&contact)?;
    Ok(contact)
}

/// Reads a contact and locks her row.
///
/// # Errors
/// When the store refuses, or her key is gone although she is not erased.
pub fn get_locked(tx: &mut Tx<'_>, app: &App, id: Uuid) -> Result<Option<Contact>> {
    tx.contact(id, true)?.map(|row| row.open(app)).transpose().map(Option::flatten)
}

/// Reads a contact without a lock.
///
/// # Errors
/// As [`get_locked`].
pub fn get(tx: &mut Tx<'_>, app: &App, id: Uuid) -> Result<Option<Contact>> {
    tx.contact(id, false)?.map(|row| row.open(app)).transpose().map(Option::flatten)
}

/// Writes the profile, sealed.
///
/// # Errors
/// When the store refuses.
pub fn save_profile(tx: &mut Tx<'_>, contact: &Contact) -> Result<()> {
    let sealed = contact.key.seal_json(Purpose::Contact, &contact.profile)?;
    tx.update_profile(contact.id, sealed)
}

/// Writes everything that handling a message may have changed, except the profile.
///
/// # Errors
/// When the store refuses.
pub fn save_state(tx: &mut Tx<'_>, contact: &Contact) -> Result<()> {
    tx.update_contact(contact)
}

/// Whether an address may become this contact's: nobody else has it.
///
/// # Errors
/// When the store refuses.
pub fn may_claim(tx: &mut Tx<'_>, app: &App, line_id: Uuid, contact: &Contact, urn: &Urn) -> Result<bool> {
    let hash = identity_hash(app, line_id, urn);
    Ok(tx.identity_by_hash(line_id, &hash)?.is_none_or(|(_, owner)| owner == contact.id))
}

/// An address shortened so that staff can tell people apart without learning it: `+59…4567`.
#[must_use]
pub fn masked(urn: &Urn) -> String {
    if urn.scheme() == "webchat" {
        return "Web chat".to_owned();
    }
    // WhatsApp leaves out the plus of a number.
    let plus = if urn.scheme() == "whatsapp" && !is_whatsapp_user_id(urn) { "+" } else { "" };
    let path: Vec<char> = plus.chars().chain(urn.path().chars()).collect();
    if path.len() < 9 {
        return "…".to_owned();
    }
    let head: String = path[..3].iter().collect();
    let tail: String = path[path.len() - 4..].iter().collect();
    format!("{head}…{tail}")
}

/// Whether an address is WhatsApp's business-scoped user id, which holds no phone number.
#[must_use]
pub fn is_whatsapp_user_id(urn: &Urn) -> bool {
    urn.scheme() == "whatsapp" && !urn.path().starts_with(|first: char| first.is_ascii_digit())
}

/// The phone number, in international form, behind a WhatsApp address; `None` for everything else.
#[must_use]
pub fn whatsapp_number(urn: &Urn) -> Option<String> {
    let path = urn.path();
    let is_number = urn.scheme() == "whatsapp" && path.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| format!("+{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_masked_alike_on_every_channel() {
        for (urn, shown, is_user_id) in [
            ("tel:+593991000002", "+59…0002", false),
            ("whatsapp:593991000001", "+59…0001", false),
            ("whatsapp:EC.00019595", "EC.…9595", true),
            ("tel:12345", "…", false),
            ("webchat:0123456789abcdef", "Web chat", false),
        ] {
            let urn: Urn = urn.parse().expect("an address");
            assert_eq!((masked(&urn).as_str(), is_whatsapp_user_id(&urn)), (shown, is_user_id), "{urn}");
        }
    }
}
