//! Flows run, answered, stored and resumed, seen from outside the engine.
//!
//! One program, because each further one would be linked against everything again.

#[path = "../common/mod.rs"]
mod common;
mod conversation;
mod expressions;
mod legacy;
mod limits;
mod saved_conversations;
mod stored_sessions;
mod templates;
