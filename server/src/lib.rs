//! The server: one binary, one data folder. `ARCHITECTURE.md` tells how it is laid out.
pub mod access;
<<<<<<< HEAD
pub mod answers;
=======
>>>>>>> 8240d0a (Staff, roles, sign-in and sessions, with problems and pages for the API)
pub mod api;
pub mod app;
pub mod boot;
pub mod config;
pub mod consent;
pub mod console;
pub mod contacts;
pub mod flows;
pub mod inbound;
pub mod inbox;
pub mod jobs;
pub mod lines;
pub mod live;
pub mod outbound;
pub mod store;
pub mod vault;
pub mod webchat;
pub mod webhook;
