//! The path of one message from the webhook on: [`accept`] makes it durable, [`handle`] brings it to whoever
//! must answer, [`decide`] is the one visible `match` in between.
pub mod accept;
mod call;
mod decide;
mod handle;
mod http;
pub mod leases;
pub mod replay;
mod sql;

pub use accept::{Accepted, Intake, KeptRequest, accept_webchat};
pub use decide::MAX_TEXT_CHARS;
pub use handle::{Effects, MAX_ATTEMPTS, run_worker};
pub use http::router;
