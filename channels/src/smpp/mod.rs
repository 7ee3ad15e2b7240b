//! SMPP 3.4 (Short Message Peer to Peer, issue 1.2 of 1999): SMS straight from a network's message centre (SMSC), over
//! a connection that stays open. Here is what needs no connection: the units on the wire ([`pdu`]), a message as the
//! units that carry it ([`request`]), what a unit from the centre says ([`read`]), and what its answers mean
//! ([`settle`]). The connection itself is the server's.
//!
//! Reading is lenient where centres are known to be careless (fields longer than the paper allows, unknown optional
//! parameters, an answer without a body), because what cannot be read would have to be refused and is lost to a person.
mod form;
pub mod pdu;
mod read;
mod receipt;
mod settings;
mod status;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use form::{SmppInfo, info};
pub use read::{Delivered, MISSING_PART, Part, join, read};
pub use settings::{
    Account, Alphabet, Bind, DefaultAlphabet, Ids, LongMessages, SettingsError, SmppSettings,
};
pub use status::{class, refuses_account, settle};
pub use write::{MAX_PARTS, is_reference_of, preview, reference, request};

/// The name of SMPP channels as they are configured.
pub const NAME: &str = "smpp";
