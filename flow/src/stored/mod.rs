//! The form in which sessions are kept between sprints: bytes with a version in front, so that a server can read
//! what an older one wrote. Version 1 was JSON; from version 2 on the fields follow one another (see `parts.rs`), and from
//! version 3 on all texts stand at the end.
mod bytes;
mod parts;

use serde::Deserialize;

use crate::session::{Asking, Offered, Session};
use bytes::{Bytes, Kept, Written};

/// The version that is written.
const VERSION: u8 = 3;
/// What JSON begins with.
const JSON: u8 = b'{';
/// The version before.
const VERSION_2: u8 = 2;

/// Why a stored session cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    #[error("the stored session is damaged")]
    Damaged,
    #[error("the stored session is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("the stored session has version {0}, which this program does not know")]
    Version(u32),
}

/// What version 1 wrote.
#[derive(Deserialize)]
struct Version1 {
    v: u32,
    #[serde(default)]
    s: Option<Session>,
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
        let mut out = Written::new(VERSION);
        self.keep(&mut out);
        out.finish()
    }

    /// Reads what [`Session::to_stored`] wrote, in this or an earlier version. Things that the session points at and
    /// that no longer exist are tolerated until a run needs them.
    ///
    /// # Errors
    /// When the bytes are no stored session, or one of a version of the future.
    pub fn from_stored(bytes: &[u8]) -> Result<Self, StoredError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => whole(Bytes::of(rest).map_err(|_| StoredError::Damaged)?),
            Some((&VERSION_2, rest)) => whole(Bytes::of_version_2(rest)),
            Some((&JSON, _)) => from_json(bytes),
            Some((&version, _)) if version > VERSION => Err(StoredError::Version(version.into())),
            _ => Err(StoredError::Damaged),
        }
    }
}

fn whole(mut bytes: Bytes<'_>) -> Result<Session, StoredError> {
    match Session::take(&mut bytes) {
        Ok(session) if bytes.is_at_end() => Ok(session),
        _ => Err(StoredError::Damaged),
    }
}

fn from_json(bytes: &[u8]) -> Result<Session, StoredError> {
    let Version1 { v, s, o, a, n } = serde_json::from_slice(bytes)?;
    match s {
        Some(mut session) if v == 1 => {
            session.offered = o;
            session.asking = a;
            session.asked = n;
            Ok(session)
        }
        _ => Err(StoredError::Version(v)),
    }
}
