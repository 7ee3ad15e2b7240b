//! Measures how many interactions a second the real server carries. Everything here is built to cost little: it
//! shares the machine with the server that it measures. One thread, connections kept open, bodies written into
//! reused buffers, a provider that looks only for the two things that it needs.
//!
//! One interaction: a person's message comes in by webhook, the flow takes a step, the fake provider accepts the
//! answer. Every message carries a number of its own that the flow's answer repeats, so that an answer that is
//! lost, doubled or given to somebody else counts as an error.
pub mod content;
pub mod people;
pub mod report;
pub mod run;
pub mod wire;
