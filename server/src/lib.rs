//! The server: one binary, one data folder. `ARCHITECTURE.md` tells how it is laid out.
pub mod access;
pub mod app;
pub mod config;
pub mod contacts;
pub mod inbox;
pub mod lines;
pub mod live;
pub mod outbound;
pub mod store;
pub mod vault;
