//! What a centre's answers mean (`command_status`, 5.1.3).
use super::settings::Account;
use crate::outgoing::{ErrorClass, Settled};

const THROTTLED: u32 = 0x58;
const QUEUE_FULL: u32 = 0x14;
const BAD_PASSWORD: u32 = 0x0e;
const BAD_SYSTEM_ID: u32 = 0x0f;
const BAD_SYSTEM_TYPE: u32 = 0x53;

/// The class of an error.
#[must_use]
pub const fn class(status: u32) -> ErrorClass {
    match status {
        THROTTLED | QUEUE_FULL => ErrorClass::Throttled,
        // Receiver temporarily or for good unable (0x64 to 0x66 are of the receiving end), delivery failure.
        0xfe => ErrorClass::Unreachable,
        // The account, or the address that the channel sends from and how it is marked.
        0x0a | 0x0d | BAD_PASSWORD | BAD_SYSTEM_ID | 0x15 | 0x48..=0x51 | BAD_SYSTEM_TYPE => {
            ErrorClass::AccountBroken
        }
        // Lengths, commands, priorities, the receiver's address, fields and optional parameters.
        0x01..=0x03 | 0x06 | 0x07 | 0x0b | 0x0c | 0x33 | 0x34 | 0x40..=0x44 | 0x54..=0x57 | 0x61..=0x63 => {
            ErrorClass::BadRequest
        }
        0xc0..=0xc4 => ErrorClass::BadRequest,
        // Wrong state of the session, system error, unknown error, and whatever a centre has invented: it was not
        // taken, and a later try may be.
        _ => ErrorClass::Transient,
    }
}

/// Whether an answer to a bind says that the account itself is refused. Being bound already, or a centre that has no
/// room, passes.
#[must_use]
pub const fn refuses_account(status: u32) -> bool {
    matches!(status, BAD_PASSWORD | BAD_SYSTEM_ID | BAD_SYSTEM_TYPE)
}

/// What became of a message by the answer to it. Without an answer the outcome is [`Settled::Unknown`].
#[must_use]
pub fn settle(account: &Account, status: u32, message_id: &str) -> Settled {
    if status == 0 {
        let external_id = account.settings.answer_ids.canonical(message_id);
        return Settled::Sent { external_id, identities: Vec::new() };
    }
    class(status).settle(Some(format!("{status:#04x}")), "", None)
}
