//! Extractors whose refusals are problems: bodies, paths, queries, and who is signed in.
use std::net::{IpAddr, SocketAddr};

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use serde::de::DeserializeOwned;

use super::{Api, Problem};
use crate::access::{self, Staff};
use crate::app::{Actor, Ctx};

/// Header that carries the session's CSRF token on everything that is not a GET.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Api> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &Api) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(bad_body(&rejection)),
        }
    }
}

fn bad_body(rejection: &JsonRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "The body is longer than this address takes.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not-json",
            "The body must be JSON, with Content-Type: application/json.",
        ),
        StatusCode::UNPROCESSABLE_ENTITY => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong-value", place_of(rejection))
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "bad-json", place_of(rejection)),
    }
}

/// A body as it came, whatever it is.
pub struct Whole(pub Bytes);

impl FromRequest<Api> for Whole {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &Api) -> Result<Self, Problem> {
        match Bytes::from_request(request, state).await {
            Ok(body) => Ok(Self(body)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The body is longer than this address takes.",
            )),
            Err(_) => {
                Err(Problem::new(StatusCode::BAD_REQUEST, "bad-body", "The body did not come to its end."))
            }
        }
    }
}

/// Where in the body it went wrong. The reader's own words quote values, so only the place is repeated.
fn place_of(rejection: &JsonRejection) -> String {
    let text = rejection.body_text();
    match text.rfind(" at line ") {
        Some(at) => format!("The body cannot be read{}.", &text[at..]),
        None => "The body cannot be read.".to_owned(),
    }
}

/// The variable parts of a path. What is no id names nothing.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &Api) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => Err(Problem::not_found()),
            Err(_) => Err(Problem::internal()),
        }
    }
}

/// The query of an address.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &Api) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        match read {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(QueryRejection::FailedToDeserializeQueryString(_) | _) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "bad-query",
                "The part of the address after ? cannot be read.",
            )),
        }
    }
}

/// Whoever is signed in. On everything that is not a GET the CSRF token has been checked.
pub struct SignedIn(pub Staff);

impl SignedIn {
    /// Who, and when.
    #[must_use]
    pub fn ctx(&self, api: &Api) -> Ctx {
        Ctx { actor: Actor::Staff(self.0.id), now: api.app.now() }
    }
}

impl FromRequestParts<Api> for SignedIn {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let token = session_token(&parts.headers, &api.app).ok_or_else(Problem::signed_out)?;
        let staff = access::session(&api.app, &token).await?.ok_or_else(Problem::signed_out)?;
        if parts.method != Method::GET && !staff.csrf_matches(header_text(&parts.headers, CSRF_HEADER)) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "csrf",
                "The header X-CSRF-Token is missing or is not this session's.",
            ));
        }
        Ok(Self(staff))
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// The session cookie's value.
pub(crate) fn session_token(headers: &HeaderMap, app: &crate::app::App) -> Option<String> {
    let name = access::cookie_name(app);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// Where a request came from, for the limit on signing in; `None` when the server was not told.
pub struct ClientAddress(pub Option<IpAddr>);

impl FromRequestParts<Api> for ClientAddress {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        if api.app.config.behind_proxy {
            // The last entry is the one that our own proxy wrote; what stands before it anybody can write.
            let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
            let last =
                forwarded.and_then(|value| value.to_str().ok()).and_then(|text| text.rsplit(',').next());
            if let Some(address) = last.and_then(|text| text.trim().parse().ok()) {
                return Ok(Self(Some(address)));
            }
        }
        Ok(Self(peer))
    }
}
