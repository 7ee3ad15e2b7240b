//! Statements over `consent` and `erasure`, and the counts for INFO.
use uuid::Uuid;

use crate::args;
use crate::store::{Result, Sql, Ts, Tx};

const INSERT: Sql = crate::sql!(
    "INSERT INTO consent (id, contact_id, purpose, basis, decision, notice_version, channel, language, words, at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
);
const HELD: Sql = crate::sql!(
    "SELECT (SELECT count(*) FROM message WHERE contact_id = $1 AND body IS NOT NULL), \
            (SELECT count(*) FROM conversation WHERE contact_id = $1), \
            (SELECT count(*) FROM consent WHERE contact_id = $1), \
            (SELECT count(*) FROM audit WHERE noun_id = $2 AND noun IN ('contact', 'restricted_contact') \
             AND verb IN ('read', 'reveal'))"
);
const LATEST: Sql = crate::sql!(
    "SELECT decision, notice_version, channel, words, at, basis FROM consent \
     WHERE contact_id = $1 AND purpose = 'service' ORDER BY id DESC LIMIT 1"
);
const ERASE_ROUTES: Sql = crate::sql!(
    "DELETE FROM message_route WHERE message_id IN (SELECT id FROM message WHERE contact_id = $1)"
);
const ERASE_BULK: Sql = crate::sql!("DELETE FROM bulk_recipient WHERE contact_id = $1");
const ERASE_FORMS: Sql = crate::sql!("DELETE FROM media_form WHERE owner_id = $1");
const ERASE_FILES: Sql = crate::sql!("DELETE FROM media_file WHERE contact_id = $1");
const ERASE_MEDIA: Sql = crate::sql!("DELETE FROM media WHERE contact_id = $1");
const ERASE_MESSAGES: Sql = crate::sql!("DELETE FROM message WHERE contact_id = $1");
const ERASE_PARTS: Sql = crate::sql!(
    "DELETE FROM message_part WHERE message_id IN (SELECT id FROM message WHERE contact_id = $1)"
);
const ERASE_CONSENT: Sql = crate::sql!("DELETE FROM consent WHERE contact_id = $1");
const ERASE_JOBS: Sql = crate::sql!("DELETE FROM job WHERE contact_id = $1");
const ERASE_IDENTITIES: Sql = crate::sql!("DELETE FROM identity WHERE contact_id = $1");
const ERASE_CONTACT: Sql = crate::sql!(
    "UPDATE contact SET key_id = NULL, sealed = NULL, session = NULL, session_until = NULL, pending = NULL, \
     language = NULL, conversation_id = NULL, standing = 3 WHERE id = $1"
);
const INSERT_ERASURE: Sql = crate::sql!(
    "INSERT INTO erasure (receipt, line_id, at, messages, conversations, identities, proof) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)"
);
const ERASURE: Sql = crate::sql!(
    "SELECT line_id, at, messages, conversations, identities, proof FROM erasure WHERE receipt = $1"
);

/// A line of the ledger.
pub struct LedgerEntry {
    pub id: Uuid,
    pub contact_id: Uuid,
    pub purpose: String,
    pub basis: String,
    pub decision: String,
    pub notice_version: String,
    pub channel: String,
    pub language: Option<String>,
    /// Sealed with the person's key.
    pub words: Option<Vec<u8>>,
    pub at: Ts,
}

/// How much is held about a person.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    pub messages: i64,
    pub conversations: i64,
    pub decisions: i64,
    /// How often staff has looked at an address or name of hers.
    pub looks: i64,
}

/// What an erasure removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    pub messages: i64,
    pub conversations: i64,
    pub identities: i64,
}

/// A receipt as it is kept.
pub struct ErasureRow {
    pub line_id: Uuid,
    pub at: Ts,
    pub erased: Erased,
    pub proof: Vec<u8>,
}

/// The latest decision about the service's notice.
pub struct LatestConsent {
    pub decision: String,
    pub notice_version: String,
    pub channel: String,
    pub words: Option<Vec<u8>>,
    pub at: Ts,
    pub basis: String,
}

fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl Tx<'_> {
    pub(super) fn insert_consent(&mut self, entry: &LedgerEntry) -> Result<()> {
        self.later(
            INSERT,
            args![
                entry.id,
                entry.contact_id,
                entry.purpose.as_str(),
                entry.basis.as_str(),
                entry.decision.as_str(),
                entry.notice_version.as_str(),
                entry.channel.as_str(),
                entry.language.clone(),
                entry.words.clone(),
                entry.at
            ],
        )
    }

    pub(super) fn held(&mut self, contact_id: Uuid) -> Result<Held> {
        let row = self.one(HELD, args![contact_id, contact_id.to_string()])?;
        Ok(Held {
            messages: row.get(0)?,
            conversations: row.get(1)?,
            decisions: row.get(2)?,
            looks: row.get(3)?,
        })
    }

    /// What a person last decided about the notice.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn latest_consent(&mut self, contact_id: Uuid) -> Result<Option<LatestConsent>> {
        self.row(LATEST, args![contact_id])?
            .map(|row| {
                Ok(LatestConsent {
                    decision: row.get(0)?,
                    notice_version: row.get(1)?,
                    channel: row.get(2)?,
                    words: row.get(3)?,
                    at: row.get(4)?,
                    basis: row.get(5)?,
                })
            })
            .transpose()
    }

    /// Removes every row that is about a person and empties her own; her conversations are the inbox's.
    pub(super) fn erase_contact(&mut self, contact_id: Uuid) -> Result<Erased> {
        for sql in [ERASE_PARTS, ERASE_ROUTES, ERASE_BULK, ERASE_FORMS, ERASE_FILES, ERASE_MEDIA] {
            self.run(sql, args![contact_id])?;
        }
        let messages = count(self.run(ERASE_MESSAGES, args![contact_id])?);
        for sql in [ERASE_CONSENT, ERASE_JOBS] {
            self.run(sql, args![contact_id])?;
        }
        self.erase_calls(contact_id)?;
        let identities = count(self.run(ERASE_IDENTITIES, args![contact_id])?);
        self.run(ERASE_CONTACT, args![contact_id])?;
        Ok(Erased { messages, conversations: 0, identities })
    }

    pub(super) fn insert_erasure(&mut self, receipt: &str, row: &ErasureRow) -> Result<()> {
        self.run(
            INSERT_ERASURE,
            args![
                receipt,
                row.line_id,
                row.at,
                row.erased.messages,
                row.erased.conversations,
                row.erased.identities,
                row.proof.clone()
            ],
        )
        .map(drop)
    }

    pub(super) fn erasure(&mut self, receipt: &str) -> Result<Option<ErasureRow>> {
        self.row(ERASURE, args![receipt])?
            .map(|row| {
                Ok(ErasureRow {
                    line_id: row.get(0)?,
                    at: row.get(1)?,
                    erased: Erased {
                        messages: row.get(2)?,
                        conversations: row.get(3)?,
                        identities: row.get(4)?,
                    },
                    proof: row.get(5)?,
                })
            })
            .transpose()
    }
}
