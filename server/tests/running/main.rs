//! The server with its databases, seen through its interface and its commands.
//!
//! One program, because each further one would be linked against everything again.

#[macro_use]
mod support;

mod access;
mod api;
mod channels;
mod flow_commands;
mod flows;
mod inbox;
mod leases;
mod operator_commands;
mod statements;
mod stream;
mod tariffs;
