//! The console's files, out of the binary (a debug build: out of the folder), under `/console/`.
use std::borrow::Cow;
use std::path::{Component, Path as FilePath};

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;

mod ui {
    include!(concat!(env!("OUT_DIR"), "/ui.rs"));
}

/// The page that every address of the console begins with.
const INDEX: &str = "index.html";
/// File names in here hold a hash of what is in the file.
const HASHED: &str = "assets/";
/// Encodings that the build makes ahead, the better one first.
const ENCODINGS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];
/// Largest file of the console that a debug build reads, in bytes.
const MAX_FILE_BYTES: u64 = 8 * 1_024 * 1_024;

/// On every answer: everything comes from here, nothing may frame it or be fetched from elsewhere.
const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
];

const HOW_TO_BUILD: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Openline</title>\
    <h1>The console has not been built</h1>\
    <p>Run this in the folder <code>console</code>, then build the server again:</p>\
    <pre>npm ci &amp;&amp; npm run build</pre>\
    <p>Or name a folder with built files in the variable <code>UI_DIST</code> when the server is built.</p>";

/// The routes of the console.
pub fn router(_app: App) -> Router {
    let routes = Router::new()
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/console/", get(index))
        .route("/console/{*path}", get(file));
    HEADERS.iter().fold(routes, |routes, (name, value)| {
        routes.layer(SetResponseHeaderLayer::overriding(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        ))
    })
}

async fn index(headers: HeaderMap) -> Response {
    match served(INDEX, &headers).await {
        Some(response) => response,
        None => (
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")],
            HOW_TO_BUILD,
        )
            .into_response(),
    }
}

/// A file, or the one page for every address that the console itself understands.
async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    if let Some(response) = served(&path, &headers).await {
        return response;
    }
    if path.starts_with(HASHED) {
        return (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")]).into_response();
    }
    index(headers).await
}

/// A file's bytes in the best encoding that the browser takes.
async fn served(name: &str, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut found = None;
    for (encoding, ending) in ENCODINGS {
        if takes(accepted, encoding)
            && let Some(bytes) = read(&format!("{name}.{ending}")).await
        {
            found = Some((Some(encoding), bytes));
            break;
        }
    }
    let (encoding, bytes) = match found {
        Some(found) => found,
        None => (None, read(name).await?),
    };
    let caching = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-store" };
    let mut response = bytes.into_owned().into_response();
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

fn takes(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        parts.next() == Some(encoding) && parts.all(|weight| weight != "q=0" && weight != "q=0.0")
    })
}

async fn read(name: &str) -> Option<Cow<'static, [u8]>> {
    if let Some(files) = ui::FILES {
        let at = files.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        return Some(Cow::Borrowed(files[at].1));
    }
    let inside = FilePath::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || name.contains('\\') {
        return None;
    }
    let path = FilePath::new(ui::FOLDER).join(name);
    let about = tokio::fs::metadata(&path).await.ok()?;
    if !about.is_file() || about.len() > MAX_FILE_BYTES {
        return None;
    }
    tokio::fs::read(&path).await.ok().map(Cow::Owned)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("woff2") => "font/woff2",
        Some("txt" | "ftl") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_outside_the_folder_is_read() {
        for name in ["../Cargo.toml", "/etc/passwd", "assets/../../Cargo.toml", "..\\x", ""] {
            assert!(read(name).await.is_none(), "{name}");
        }
    }

    #[test]
    fn an_encoding_is_used_only_when_it_is_taken() {
        assert!(takes("gzip, deflate, br", "br"));
        assert!(takes("br;q=1.0, gzip;q=0.8", "gzip"));
        assert!(!takes("br;q=0, gzip", "br"));
        assert!(!takes("", "br"));
        assert!(!takes("brotli", "br"));
    }
}
