//! The form in which sessions are kept between sprints: compact JSON with a version, so that a server can read
//! what an older one wrote.
use serde::{Deserialize, Serialize};

use crate::session::{Asking, Offered, Session};

/// The version that is written.
const VERSION: u32 = 1;

/// Why a stored session cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    #[error("the stored session is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("the stored session has version {0}, which this program does not know")]
    Version(u32),
}

#[derive(Serialize)]
struct Written<'s> {
    v: u32,
    s: &'s Session,
    #[serde(skip_serializing_if = "<[Offered]>::is_empty")]
    o: &'s [Offered],
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<&'s Asking>,
    #[serde(skip_serializing_if = "is_zero")]
    n: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a function of a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

#[derive(Deserialize)]
struct Read {
    s: Session,
    #[serde(default)]
    o: Vec<Offered>,
    #[serde(default)]
    a: Option<Box<Asking>>,
    #[serde(default)]
    n: u32,
}

impl Session {
    /// The form to keep. What is not needed to go on is left out (see [`Session::compact`]).
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let mut compact = self.clone();
        compact.compact();
        let written = Written {
            v: VERSION,
            s: &compact,
            o: &compact.offered,
            a: compact.asking.as_deref(),
            n: compact.asked,
        };
        // fails only for maps without text keys and for writers that fail: there are neither
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads what [`Session::to_stored`] wrote. Things that the session points at and that no longer exist are
    /// tolerated until a run needs them.
    ///
    /// # Errors
    /// When the bytes are no stored session, or one of a version of the future.
    pub fn from_stored(bytes: &[u8]) -> Result<Self, StoredError> {
        let read: Read = match serde_json::from_slice(bytes) {
            Ok(read) => read,
            Err(error) => match serde_json::from_slice::<Version>(bytes) {
                Ok(Version { v }) if v != VERSION => return Err(StoredError::Version(v)),
                _ => return Err(error.into()),
            },
        };
        let Read { s: mut session, o, a, n } = read;
        session.offered = o;
        session.asking = a;
        session.asked = n;
        Ok(session)
    }
}
