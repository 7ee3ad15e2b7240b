//! The adapters, seen from outside: what providers send and what they are sent.
//!
//! One program, because each further one would be linked against everything again.

mod android;
mod communities;
mod hostile;
mod kept;
mod odd_calls;
mod outcomes;
mod preview;
mod providers;
mod registry;
mod rendered;
mod signatures;
mod support;
mod twilio;
mod voice;
mod whatsapp_cloud;
