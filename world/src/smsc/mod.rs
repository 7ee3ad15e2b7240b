//! A message centre (SMSC) that speaks SMPP, for a process of its own (the program `smsc`): binds, messages in and out
//! in parts, receipts, and all that goes wrong with it on demand. Its codec is `rusmpp`, which shares nothing with the
//! one under test, so that neither can hide a mistake of the other.
//!
//! The program is told what to do by lines of JSON ([`Order`]) and tells what happens by lines of JSON ([`Event`]);
//! [`Smsc`] is the end of a story that holds these lines.
mod centre;
mod control;
mod letters;

use clap::Parser;
use serde::{Deserialize, Serialize};

pub use centre::run;
pub use control::{Handset, Smsc};

/// A message centre for stories and the demo.
#[derive(Parser)]
#[command(name = "smsc")]
struct Arguments {
    /// What the line must bind with.
    #[arg(long)]
    password: String,
    /// Answers have ids in hexadecimal, receipts in decimal digits.
    #[arg(long)]
    hex_ids: bool,
}

/// Is a message centre until its input ends; for a program of its own.
///
/// # Errors
/// When it cannot listen, or is called with other words.
pub fn serve(words: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let arguments = Arguments::parse_from(words);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(arguments.password, arguments.hex_ids))?;
    // A read of the input that nobody ends must not keep the process.
    runtime.shutdown_background();
    Ok(())
}

/// What goes wrong with the next message that the line sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It is refused: too fast.
    Throttled,
    /// It is taken and never answered.
    LostAnswer,
    /// It is neither taken nor answered.
    Dropped,
    /// It is taken, and the connection is cut before the answer.
    CutAfter,
    /// It is not taken, and the connection is cut.
    CutBefore,
    /// It is taken and reported as undeliverable.
    Undeliverable,
}

/// How receipts come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Receipts {
    /// They wait for [`Order::Release`].
    pub held: bool,
    pub doubled: bool,
    /// The newest first, when they are released.
    pub reordered: bool,
    /// Whether they repeat `user_message_reference`.
    pub reference: bool,
}

/// A text that a phone sends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Say {
    pub from: String,
    pub text: String,
    /// The last part first.
    #[serde(default)]
    pub reversed: bool,
    /// This part, counted from 1, never comes.
    #[serde(default)]
    pub without: Option<u8>,
    /// The connection is cut when the line's answer to it should come, which is not read; it is then brought again.
    #[serde(default)]
    pub cut: bool,
}

/// What the program is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Say(Say),
    /// Faults of the next messages, one each.
    Faults(Vec<Fault>),
    Receipts(Receipts),
    /// Held receipts come now.
    Release,
    /// All connections are cut.
    Cut,
}

/// What the program tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Listening {
        port: u16,
    },
    Bound {
        receives: bool,
    },
    /// A session has ended; `asked` when the line has said so before.
    Unbound {
        asked: bool,
    },
    /// A message of the line has come whole to a phone.
    Got {
        id: String,
        to: String,
        text: String,
    },
    /// The line has answered all parts of what a phone said.
    Taken {
        from: String,
    },
}
