//! Work that waits: rows with a time, tried with limits, set aside where the operator sees it. The runner knows
//! no slice; each kind of job has one arm.
mod runner;
mod sql;

use flow::asks::Ask;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::contacts::Contact;
use crate::store::{Result, Ts, Tx};
use crate::vault::Purpose;

pub use runner::{housekeeping_loop, run_loop};

/// Everything that can wait. A job may run twice.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// A call to the outside that a flow waits for.
    FlowAsk { identity: Uuid, channel: Uuid, ask: Ask },
    /// A file that came with a message.
    FetchMedia { media: Uuid },
    /// The key of an erased person must go.
    DestroyKey { key: Uuid },
    /// A telephone call that rings although nobody needs it any more.
    CancelCall { call: Uuid },
    /// A recording at its provider that must go there: once its file is here, or when none is kept.
    ForgetRecording { channel: Uuid, media: Option<Uuid>, url: String, tries: usize },
}

impl Job {
    fn kind(&self) -> &'static str {
        match self {
            Self::FlowAsk { .. } => "flow_ask",
            Self::FetchMedia { .. } => "fetch_media",
            Self::DestroyKey { .. } => "destroy_key",
            Self::CancelCall { .. } => "cancel_call",
            Self::ForgetRecording { .. } => "forget_recording",
        }
    }
}

/// Adds a job that is about no person.
///
/// # Errors
/// When the store refuses.
pub fn add(tx: &mut Tx<'_>, app: &App, line_id: Option<Uuid>, job: &Job, now: Ts) -> Result<()> {
    let payload = app.vault.installation().seal_json(Purpose::Job, job)?;
    tx.insert_job(app.id(), job.kind(), line_id, None, 0, payload, now)
}

/// Adds a job about a person, sealed with her key.
///
/// # Errors
/// When the store refuses.
pub fn add_for_contact(tx: &mut Tx<'_>, app: &App, contact: &Contact, job: &Job, now: Ts) -> Result<()> {
    let payload = contact.key.seal_json(Purpose::Job, job)?;
    tx.insert_job(app.id(), job.kind(), Some(contact.line_id), Some(contact.id), contact.part, payload, now)
}
