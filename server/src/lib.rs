//! The server: one binary, one data folder. `ARCHITECTURE.md` tells how it is laid out.
/// Every program that runs the server allocates with it: handling a message makes thousands of small pieces, on which
/// the C library's allocator spent a tenth of the server's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod access;
pub mod answers;
pub mod api;
pub mod app;
pub mod authoring;
pub mod boot;
pub mod bulk;
pub mod calls;
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
pub mod media;
pub mod outbound;
pub mod smpp;
pub mod store;
pub mod tariffs;
pub mod vault;
pub mod webchat;
pub mod webhook;
