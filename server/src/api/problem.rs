//! What goes wrong, as `application/problem+json` (RFC 9457): a type to branch on, and words to read.
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::inbox::state::Refused;
use crate::store::StoreError;
use crate::vault::VaultError;

/// A refusal. It travels through the store's closures as an error, so that what they wrote is undone.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    /// Last part of the type.
    kind: &'static str,
    detail: String,
    /// The field of the request that is wrong.
    field: Option<&'static str>,
    retry_after_seconds: Option<i64>,
    more: Map<String, Value>,
}

impl Problem {
    /// A problem of a kind; `detail` says in words what happened and what to do.
    #[must_use]
    pub fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            kind,
            detail: detail.into(),
            field: None,
            retry_after_seconds: None,
            more: Map::new(),
        }))
    }

    /// What is not there, and what must look as if it were not.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "This does not exist, or only other roles see it.")
    }

    /// A field's value cannot be used.
    #[must_use]
    pub fn field(field: &'static str, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong-value", detail);
        problem.0.field = Some(field);
        problem
    }

    /// The present state of things does not allow it.
    #[must_use]
    pub fn conflict(kind: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, kind, detail)
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn signed_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "signed-out", "Sign in first.")
    }

    /// Too much was asked; try again after so many seconds.
    #[must_use]
    pub fn too_many(detail: impl Into<String>, retry_after_seconds: i64) -> Self {
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail);
        problem.0.retry_after_seconds = Some(retry_after_seconds.max(1));
        problem
    }

    /// Our own fault; the reason goes to the log only.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong in the server. It has been written into its log.",
        )
    }

    /// Adds a member to the body.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.0.more.insert(name.to_owned(), value);
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The last part of the type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.0.kind
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.kind, self.0.detail)
    }
}

impl std::error::Error for Problem {}

impl From<Problem> for StoreError {
    fn from(problem: Problem) -> Self {
        Self::Other(anyhow::Error::new(problem))
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if let StoreError::Other(inner) = &error {
            if let Some(problem) = inner.downcast_ref::<Self>() {
                return problem.clone();
            }
            // The person was erased while the request was on its way.
            if matches!(inner.downcast_ref::<VaultError>(), Some(VaultError::Erased)) {
                return Self::not_found();
            }
        }
        tracing::error!(%error, "a request failed in the store");
        Self::internal()
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        StoreError::from(error).into()
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::IsClosed => {
                Self::conflict("conversation-closed", "This conversation is closed. Reopen it first.")
            }
            Refused::IsOpen => Self::conflict("conversation-open", "This conversation is open already."),
            Refused::TakenByOther => {
                Self::conflict("taken-by-other", "Somebody else has this conversation. Take it over first.")
            }
        }
    }
}

impl From<Refused> for StoreError {
    fn from(refused: Refused) -> Self {
        Problem::from(refused).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let parts = *self.0;
        let title = parts.status.canonical_reason().unwrap_or("Refused");
        let mut body = json!({
            "type": format!("urn:openline:problem:{}", parts.kind),
            "title": title,
            "status": parts.status.as_u16(),
            "detail": parts.detail,
        });
        if let Value::Object(members) = &mut body {
            if let Some(field) = parts.field {
                members.insert("field".to_owned(), Value::from(field));
            }
            members.extend(parts.more);
        }
        let mut response = (parts.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = parts.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// As the OpenAPI document shows a problem.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the body that Problem writes")]
pub struct ProblemBody {
    /// `urn:openline:problem:` and the kind.
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    field: Option<String>,
}
