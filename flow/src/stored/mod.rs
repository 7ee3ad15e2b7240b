//! The form in which sessions are kept between sprints: bytes with a version in front, so that a server can read
//! what an older one wrote. Version 1 was JSON; from version 2 on the fields follow one another (see `parts.rs`).
mod bytes;
mod parts;

use serde::Deserialize;

use crate::session::{Asking, Offered, Session};
use bytes::{Bytes, Kept};

/// The version that is written.
const VERSION: u8 = 2;
/// What JSON begins with.
const JSON: u8 = b'{';
/// What most sessions take.
const USUAL_BYTES: usize = 1024;

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

/// Version 1.
#[derive(Deserialize)]
struct Written {
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
        let mut out = Vec::with_capacity(USUAL_BYTES);
        out.push(VERSION);
        self.keep(&mut out);
        out
    }

    /// Reads what [`Session::to_stored`] wrote, in this or an earlier version. Things that the session points at and
    /// that no longer exist are tolerated until a run needs them.
    ///
    /// # Errors
    /// When the bytes are no stored session, or one of a version of the future.
    pub fn from_stored(bytes: &[u8]) -> Result<Self, StoredError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => {
                let mut rest = Bytes(rest);
                let session = Self::take(&mut rest).map_err(|_| StoredError::Damaged)?;
                if rest.0.is_empty() { Ok(session) } else { Err(StoredError::Damaged) }
            }
            Some((&JSON, _)) => from_json(bytes),
            Some((&version, _)) if version > VERSION => Err(StoredError::Version(version.into())),
            _ => Err(StoredError::Damaged),
        }
    }
}

fn from_json(bytes: &[u8]) -> Result<Session, StoredError> {
    let Written { v, s, o, a, n } = serde_json::from_slice(bytes)?;
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
