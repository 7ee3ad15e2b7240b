//! The HTTP API: JSON under `/api/v1`, described by the OpenAPI document that is made from this code.
pub mod extract;
mod live;
mod live_sql;
mod looks;
mod operator;
pub mod page;
mod problem;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::inbox::presence::Presence;
use crate::{access, authoring, bulk, inbox, lines, media, tariffs};

pub use problem::{Problem, ProblemBody};

/// Where the API lives.
pub const PREFIX: &str = "/api/v1";
/// Longest body of a request.
pub const MAX_BODY_BYTES: usize = 64 * 1_024;

/// What the routes share; cheap to clone.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

/// See [`Api`].
pub struct Shared {
    pub app: App,
    pub presence: Presence,
    pub looks: looks::Looks,
    pub streams: live::Streams,
    pub desk: Arc<authoring::Desk>,
    document: String,
}

impl std::ops::Deref for Api {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(utoipa_axum::routes!(openapi))
        .merge(access::http::routes())
        .merge(inbox::http::routes())
        .merge(live::routes())
        .merge(operator::routes())
        .merge(lines::http::routes())
        .merge(bulk::http::routes())
        .merge(media::http::routes())
        .merge(tariffs::http::routes())
        .merge(authoring::http::routes())
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) = OpenApiRouter::<Api>::default().nest(PREFIX, described()).split_for_parts();
    document.info = utoipa::openapi::InfoBuilder::new()
        .title("Openline")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Sign in at /session; the cookie then carries the session. Everything but a GET needs the header \
             X-CSRF-Token. Errors are application/problem+json. What somebody may not see is answered with 404.",
        ))
        .build();
    document
}

/// The whole API, under `/api/v1`.
pub fn router(app: App) -> Router {
    let document = document().to_json().unwrap_or_default();
    let api = Api(Arc::new(Shared {
        app,
        presence: Presence::default(),
        looks: looks::Looks::default(),
        streams: live::Streams::default(),
        desk: Arc::default(),
        document,
    }));
    let (routes, _) = described().split_for_parts();
    let routes = routes
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "This address is not used with this method.",
            )
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response()))
        .with_state(api);
    let routes = HEADERS.iter().fold(routes, |routes, (name, value)| {
        routes.layer(SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        ))
    });
    Router::new().nest(PREFIX, routes)
}

/// On every answer: never stored, never framed, never taken for anything but what it says.
const HEADERS: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// This document, for whoever writes a client; it holds nothing secret.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "OpenAPI 3.1")))]
async fn openapi(State(api): State<Api>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], api.document.clone()).into_response()
}
