//! Pages: an opaque cursor that says after which keys the next page begins.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Problem;

/// Rows on a page when nothing is asked, and at the most.
pub const DEFAULT_LIMIT: i64 = 50;
pub const MAX_LIMIT: i64 = 100;

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give it as `after` for the next page; null on the last one.
    pub next: Option<String>,
}

/// `?limit=50&after=…`
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 1 to 100 rows.
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl PageQuery {
    /// How many rows were asked for, within the limits.
    #[must_use]
    pub fn limit(&self) -> i64 {
        self.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT)
    }

    /// The keys after which the page begins; `None` for the first page.
    ///
    /// # Errors
    /// When the cursor is not one of ours.
    pub fn keys<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        self.after.as_deref().map(read_cursor).transpose()
    }
}

/// Reads a cursor.
///
/// # Errors
/// When it is not one of ours.
pub fn read_cursor<K: DeserializeOwned>(text: &str) -> Result<K, Problem> {
    let bad = || Problem::new(StatusCode::BAD_REQUEST, "bad-cursor", "This is no cursor of this list.");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
    serde_json::from_slice(&bytes).map_err(|_| bad())
}

/// Writes a cursor.
#[must_use]
pub fn cursor<K: Serialize>(keys: &K) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(keys).unwrap_or_default())
}

/// Cuts a list that was read one row too long into a page.
#[must_use]
pub fn page<T, K: Serialize>(mut rows: Vec<T>, limit: i64, keys: impl Fn(&T) -> K) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|row| cursor(&keys(row))) } else { None };
    Page { items: rows, next }
}
