//! The public web chat: a page that is one small response, needs no script, and can be left at once.
//!
//! A person is known by a random token in a cookie that ends with her browser; we keep its hash only. What she
//! sends goes the same way as a provider's call (`inbound::accept_webchat`); what the line answers are rows of `message`, which
//! the page shows and thereby marks as delivered.
mod files;
mod http;
mod limits;
mod page;
mod session;
mod sql;
mod stream;
#[cfg(test)]
mod tests;
mod thread;
mod words;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::routing::{get, post};
use flow::words::Urn;
use lru::LruCache;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use uuid::Uuid;

use crate::app::App;
use limits::Limits;
use sql::Owner;

/// Largest body of a form: 4 096 characters of a script of three bytes each, escaped as `%XX`, and some room.
const MAX_BODY_BYTES: usize = 64 * 1_024;
/// Pages are made for each request, so brotli must be quick rather than perfect.
const COMPRESSION_LEVEL: i32 = 5;

/// Sessions remembered in this process; see `Chat::known`.
const MAX_KNOWN: NonZeroUsize = NonZeroUsize::new(20_000).expect("not zero");

/// What every handler is given.
#[derive(Clone)]
struct Chat {
    app: App,
    limits: Arc<Limits>,
    /// By line and address, whose thread a session was seen to be. It outlives an erasure, which takes the
    /// address out of the data, so that the person still reads that she was erased, and her receipt.
    known: Arc<Mutex<LruCache<(Uuid, Urn), Owner>>>,
}

/// The routes under `/chat/`, `/media/` and `/f/`. Serve them with `ConnectInfo<SocketAddr>`, which limits are counted by.
pub fn router(app: App) -> Router {
    let known = Arc::new(Mutex::new(LruCache::new(MAX_KNOWN)));
    let chat = Chat { app, limits: Arc::default(), known };
    let compression = CompressionLayer::new().quality(CompressionLevel::Precise(COMPRESSION_LEVEL));
    Router::new()
        .route("/chat/{slug}", get(http::show).post(http::send))
        .route("/chat/{slug}/leave", post(http::leave))
        .route("/chat/{slug}/notice", get(http::notice))
        .route("/chat/{slug}/new", get(http::strip))
        .route("/chat/{slug}/messages", get(stream::messages))
        .route("/chat/{slug}/events", get(stream::events))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(compression)
        .layer(map_response(http::protect))
        .route("/media/{name}", get(http::media))
        .route("/media/{form}/{name}", get(files::of_line))
        .route("/f/{token}", get(files::page))
        .route("/f/{token}/{form}/{name}", get(files::body))
        .with_state(chat)
}
