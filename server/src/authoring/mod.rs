//! What a flow's author does: import a RapidPro export as a draft, talk to it, test it, publish it.
//!
//! A draft is what was imported; it is laid over the published flows whenever it is looked at, so that it never hides
//! what somebody else has published meanwhile.
pub mod http;
pub mod view;
