//! The flow engine: RapidPro's flow definitions, run as they are. Pure: no I/O, no clock, no randomness of
//! its own; whoever calls brings the time, the ids and the random numbers (see [`source`]).
//!
//! Read a line's definitions once ([`Assets::read`]), then [`start`] sessions and [`resume`] them. Both give a
//! [`Sprint`]: the session to keep ([`Session::to_stored`]), the events to apply, and how it goes on ([`Next`]).
//! Evaluating never fails: a mistake is an event for the flow's author.
pub mod actions;
pub mod asks;
pub mod assets;
pub mod contact;
pub mod contactql;
mod context;
pub mod definition;
mod engine;
pub mod env;
pub mod events;
pub mod excellent;
pub mod inspect;
pub mod limits;
pub mod migrations;
pub mod modifiers;
pub mod moment;
pub mod refs;
pub mod resumes;
pub mod router_tests;
pub mod routers;
pub mod run;
pub mod saved;
pub mod session;
pub mod source;
pub mod stored;
mod tel;
pub mod text;
pub mod triggers;
pub mod waits;
pub mod words;

pub use asks::{Ask, AskAnswer, AskId, AskKind};
pub use assets::Assets;
pub use contact::Contact;
pub use definition::{Flow, Problem};
pub use engine::{Call, Globals, Next, Policy, Segment, Sprint, Viewpoint, evaluate, resume, start};
pub use env::Environment;
pub use events::{Event, EventKind};
pub use limits::Limits;
pub use resumes::{Resume, WaitId};
pub use session::Session;
pub use source::Source;
pub use triggers::Trigger;
