//! A waiting session in its contact's row, sealed with her key.
use flow::session::Session;
use jiff::Timestamp;

use crate::contacts::Contact;
use crate::store::{Result, StoreError, Ts};
use crate::vault::Purpose;

/// A session that waits, and until when.
pub struct StoredSession {
    pub session: Session,
    pub timeout_at: Option<Timestamp>,
    pub expires_at: Timestamp,
}

/// Two moments, each 8 bytes: when the wait times out (0: never) and when it expires.
const HEAD_BYTES: usize = 16;

impl StoredSession {
    /// A session that waits for the server.
    #[must_use]
    pub fn asking(session: Session) -> Self {
        Self { session, timeout_at: None, expires_at: Timestamp::UNIX_EPOCH }
    }

    /// Puts the session into the contact, to be saved with her row.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub fn keep(self, contact: &mut Contact) -> Result<()> {
        let timeout = self.timeout_at.map_or(0, Timestamp::as_microsecond);
        let expires = self.expires_at.as_microsecond();
        let mut plain = Vec::with_capacity(2_048);
        plain.extend_from_slice(&timeout.to_le_bytes());
        plain.extend_from_slice(&expires.to_le_bytes());
        plain.extend_from_slice(&self.session.to_stored());
        contact.session = Some(contact.key.seal(Purpose::Session, &plain)?);
        // An expiry of 0 waits for an answer of the server, which has its own limits.
        let next = if timeout > 0 { timeout.min(expires.max(1)) } else { expires };
        contact.session_until = (next > 0).then_some(Ts(next));
        Ok(())
    }

    /// Opens the contact's waiting session; one that this release cannot read is dropped, since a person must
    /// not be stuck in it.
    ///
    /// # Errors
    /// When it was damaged.
    pub fn open(contact: &Contact) -> Result<Option<Self>> {
        let Some(sealed) = &contact.session else { return Ok(None) };
        let plain = contact.key.open(Purpose::Session, sealed)?;
        let (head, stored) = plain
            .split_at_checked(HEAD_BYTES)
            .ok_or_else(|| StoreError::Shape("a stored session is too short".into()))?;
        let moment = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&head[at..at + 8]);
            i64::from_le_bytes(bytes)
        };
        let at = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
        match Session::from_stored(stored) {
            Ok(session) => Ok(Some(Self {
                session,
                timeout_at: (moment(0) > 0).then(|| at(moment(0))),
                expires_at: at(moment(8)),
            })),
            Err(error) => {
                tracing::warn!(contact = %contact.id, %error, "a stored session cannot be resumed and is dropped");
                Ok(None)
            }
        }
    }
}

/// Ends whatever session the contact is in.
pub fn drop_session(contact: &mut Contact) {
    contact.session = None;
    contact.session_until = None;
}
