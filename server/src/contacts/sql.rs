//! Statements over `contact` and `identity`.
use uuid::Uuid;

use super::{ConsentState, Contact, Profile, Standing};
use crate::app::App;
use crate::args;
use crate::store::{Result, Row, Sql, StoreError, Ts, Tx, Value};
use crate::vault::Purpose;

/// Length of a lane: the keyed hash of an identity.
pub const LANE_BYTES: usize = 32;

const IDENTITY_BY_HASH: Sql =
    crate::sql!("SELECT id, contact_id FROM identity WHERE line_id = $1 AND hash = $2");
/// How exactly it is kept when a person last wrote from an identity, in seconds.
const TOUCH_SECONDS: i64 = 60;
const INSERT_IDENTITY: Sql = crate::sql!(
    "INSERT INTO identity (id, line_id, hash, contact_id, channel_id, scheme, last_in_at, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
);
const REMOVE_IDENTITY: Sql = crate::sql!("DELETE FROM identity WHERE contact_id = $1 AND hash = $2");
const IDENTITIES_BY_HASH: Sql =
    crate::sql!("SELECT hash, id, contact_id FROM identity WHERE line_id = $1 AND hash {in_bytes:$2}");
const TOUCH_IDENTITY: Sql = crate::sql!(
    "UPDATE identity SET last_in_at = $2, channel_id = $3 \
     WHERE id = $1 AND (last_in_at IS NULL OR last_in_at < $4 OR channel_id <> $3)"
);
const SET_REPLY: Sql = crate::sql!("UPDATE identity SET reply_token = $2, reply_at = $3 WHERE id = $1");
/// A newer one that came meanwhile stays.
const USE_REPLY: Sql =
    crate::sql!("UPDATE identity SET reply_token = NULL, reply_at = NULL WHERE id = $1 AND reply_at = $2");
const IDENTITY_WINDOW: Sql = crate::sql!("SELECT last_in_at FROM identity WHERE id = $1");
const IDENTITIES: Sql =
    crate::sql!("SELECT id, channel_id, scheme, last_in_at FROM identity WHERE contact_id = $1 ORDER BY id");
const CONTACT: Sql = crate::sql!(
    "SELECT id, line_id, key_id, part, language, consent, standing, sealed, session, session_until, pending, \
     conversation_id, created_at, last_in_at FROM contact WHERE id = $1"
);
const CONTACT_LOCKED: Sql = crate::sql!(
    "SELECT id, line_id, key_id, part, language, consent, standing, sealed, session, session_until, pending, \
     conversation_id, created_at, last_in_at FROM contact WHERE id = $1 {for_update}"
);
const CONTACTS_LOCKED: Sql = crate::sql!(
    "SELECT id, line_id, key_id, part, language, consent, standing, sealed, session, session_until, pending, \
     conversation_id, created_at, last_in_at FROM contact WHERE id {in_uuids:$1} ORDER BY id {for_update}"
);
const INSERT_CONTACT: Sql = crate::sql!(
    "INSERT INTO contact (id, line_id, key_id, part, consent, standing, created_at, last_in_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
);
const UPDATE_PROFILE: Sql = crate::sql!("UPDATE contact SET sealed = $2 WHERE id = $1");
const UPDATE_CONTACT: Sql = crate::sql!(
    "UPDATE contact SET language = $2, consent = $3, standing = $4, session = $5, session_until = $6, \
     pending = $7, conversation_id = $8, last_in_at = $9 WHERE id = $1"
);

/// A contact's row, not opened yet.
pub struct ContactRow(Row);

impl ContactRow {
    pub(super) fn id(&self) -> Result<Uuid> {
        self.0.get(0)
    }

    /// Opens the row with the person's key; `None` when she was erased.
    pub(super) fn open(self, app: &App) -> Result<Option<Contact>> {
        let row = self.0;
        let Some(key_id) = row.get::<Option<Uuid>>(2)? else { return Ok(None) };
        let key = app.vault.person(key_id)?;
        let profile = match row.get::<Option<Vec<u8>>>(7)? {
            Some(sealed) => key.open_json(Purpose::Contact, &sealed)?,
            None => Profile::default(),
        };
        let language = match row.get::<Option<String>>(4)? {
            Some(code) => Some(code.parse().map_err(|_| StoreError::Shape("contact.language".into()))?),
            None => None,
        };
        let pending = match row.get::<Option<String>>(10)? {
            Some(text) => {
                Some(serde_json::from_str(&text).map_err(|_| StoreError::Shape("contact.pending".into()))?)
            }
            None => None,
        };
        Ok(Some(Contact {
            id: row.get(0)?,
            line_id: row.get(1)?,
            key_id,
            key,
            part: row.get(3)?,
            language,
            consent: ConsentState::from_code(row.get(5)?)?,
            standing: Standing::from_code(row.get(6)?)?,
            profile,
            session: row.get(8)?,
            session_until: row.get(9)?,
            pending,
            conversation_id: row.get(11)?,
            created_at: row.get(12)?,
            last_in_at: row.get(13)?,
        }))
    }
}

/// One identity of a contact, without its address.
#[derive(Debug, Clone)]
pub struct Identity {
    pub id: Uuid,
    pub channel_id: Uuid,
    pub scheme: String,
    /// When she last wrote from it: opens the channel's window.
    pub last_in_at: Option<Ts>,
}

impl Tx<'_> {
    pub(super) fn identity_by_hash(&mut self, line_id: Uuid, hash: &[u8]) -> Result<Option<(Uuid, Uuid)>> {
        let row = self.row(IDENTITY_BY_HASH, args![line_id, hash])?;
        row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
    }

    /// Hash, identity and contact of those hashes that somebody has.
    pub(super) fn identities_by_hash(
        &mut self,
        line_id: Uuid,
        hashes: impl Iterator<Item = Vec<u8>>,
    ) -> Result<Vec<(Vec<u8>, Uuid, Uuid)>> {
        let hashes = Value::Column(hashes.map(Value::Bytes).collect());
        let rows = self.rows(IDENTITIES_BY_HASH, &[Value::from(line_id), hashes])?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
    }

    /// The rows of these contacts, locked.
    pub(super) fn contacts_locked(&mut self, ids: Vec<Uuid>) -> Result<Vec<ContactRow>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.rows(CONTACTS_LOCKED, args![ids])?.into_iter().map(ContactRow).collect())
    }

    #[expect(clippy::too_many_arguments, reason = "a row's columns")]
    pub(super) fn insert_identity(
        &mut self,
        id: Uuid,
        line_id: Uuid,
        hash: Vec<u8>,
        contact_id: Uuid,
        channel_id: Uuid,
        scheme: &str,
        last_in_at: Option<Ts>,
        now: Ts,
    ) -> Result<()> {
        let args = args![id, line_id, hash, contact_id, channel_id, scheme, last_in_at, now];
        self.run(INSERT_IDENTITY, args).map(drop)
    }

    pub(super) fn remove_identity(&mut self, contact_id: Uuid, hash: Vec<u8>) -> Result<()> {
        self.later(REMOVE_IDENTITY, args![contact_id, hash])
    }

    /// Notes that a person wrote from an identity, which opens the channel's window; to the minute, since nothing
    /// needs it finer and every change is a page to write.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn touch_identity(&mut self, id: Uuid, channel_id: Uuid, now: Ts) -> Result<()> {
        self.later(TOUCH_IDENTITY, args![id, now, channel_id, now.plus_seconds(-TOUCH_SECONDS)])
    }

    pub(super) fn set_reply_token(&mut self, identity: Uuid, sealed: Vec<u8>, now: Ts) -> Result<()> {
        self.later(SET_REPLY, args![identity, sealed, now])
    }

    /// A reply token that works once was used.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn reply_token_used(&mut self, identity: Uuid, since: Ts) -> Result<()> {
        self.later(USE_REPLY, args![identity, since])
    }

    /// When a person last wrote from an identity.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn identity_last_in(&mut self, id: Uuid) -> Result<Option<Ts>> {
        Ok(self.row(IDENTITY_WINDOW, args![id])?.map(|row| row.get(0)).transpose()?.flatten())
    }

    /// All identities of a contact, oldest first.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn identities(&mut self, contact_id: Uuid) -> Result<Vec<Identity>> {
        self.rows(IDENTITIES, args![contact_id])?
            .iter()
            .map(|row| {
                Ok(Identity {
                    id: row.get(0)?,
                    channel_id: row.get(1)?,
                    scheme: row.get(2)?,
                    last_in_at: row.get(3)?,
                })
            })
            .collect()
    }

    pub(super) fn contact(&mut self, id: Uuid, locked: bool) -> Result<Option<ContactRow>> {
        let sql = if locked { CONTACT_LOCKED } else { CONTACT };
        Ok(self.row(sql, args![id])?.map(ContactRow))
    }

    pub(super) fn insert_contact(&mut self, contact: &Contact) -> Result<()> {
        self.run(
            INSERT_CONTACT,
            args![
                contact.id,
                contact.line_id,
                contact.key_id,
                contact.part,
                contact.consent.code(),
                contact.standing.code(),
                contact.created_at
            ],
        )
        .map(drop)
    }

    pub(super) fn update_profile(&mut self, id: Uuid, sealed: Vec<u8>) -> Result<()> {
        self.later(UPDATE_PROFILE, args![id, sealed])
    }

    pub(super) fn update_contact(&mut self, contact: &Contact) -> Result<()> {
        let pending = match &contact.pending {
            Some(pending) => {
                Some(serde_json::to_string(pending).map_err(|_| StoreError::Shape("pending".into()))?)
            }
            None => None,
        };
        self.later(
            UPDATE_CONTACT,
            args![
                contact.id,
                contact.language.map(|language| language.as_str().to_owned()),
                contact.consent.code(),
                contact.standing.code(),
                contact.session.clone(),
                contact.session_until,
                pending,
                contact.conversation_id,
                contact.last_in_at
            ],
        )
    }
}
