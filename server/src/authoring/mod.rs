//! What a flow's author does: import a RapidPro export as a draft, talk to it, test it, publish it.
//!
//! A draft is what was imported; it is laid over the published flows whenever it is looked at, so that it never hides
//! what somebody else has published meanwhile.
mod desk;
mod drafts;
mod export;
pub mod http;
mod lay;
mod notes;
mod outlook;
mod publish;
mod report;
mod saved;
mod sayings;
mod simulate;
mod sql;
pub mod view;

pub use desk::Desk;
