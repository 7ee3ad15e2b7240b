//! Routes: the table of prices, for administrators.
use axum::extract::{DefaultBodyLimit, State};
use channels::{TariffRow, Tariffs};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{MAX_ROWS, Stored, replace, stored};
use crate::access;
use crate::api::extract::{Json, SignedIn};
use crate::api::{Api, Problem, ProblemBody};
use crate::store::Tx;

/// Longest body: every row with its names.
const MAX_BODY_BYTES: usize = 1_000_000;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(table, change)).layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// What sending costs.
#[derive(Serialize, utoipa::ToSchema)]
struct TariffTable {
    /// `channel`, `to`, `unit`, `price`, `currency` and `valid_from` of each, as text.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<TariffRow>,
    /// To be sent back when the table is changed.
    version: String,
}

impl From<Stored> for TariffTable {
    fn from(Stored { rows, version }: Stored) -> Self {
        Self { rows, version }
    }
}

/// A table for the place of the present one.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTable {
    #[schema(value_type = Vec<Object>)]
    rows: Vec<TariffRow>,
    /// The version that its author saw.
    version: String,
}

/// What sending costs: the table of prices.
#[utoipa::path(get, path = "/tariffs", tag = "channels", responses(
    (status = 200, body = TariffTable), (status = 404, body = ProblemBody),
))]
async fn table(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
) -> Result<axum::Json<TariffTable>, Problem> {
    access::access_installation(&staff)?;
    Ok(axum::Json(api.app.store.read(stored).await?.into()))
}

/// Replace the table of prices.
#[utoipa::path(put, path = "/tariffs", tag = "channels", request_body = NewTable, responses(
    (status = 200, body = TariffTable), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody, description = "changed-meanwhile"),
    (status = 422, body = ProblemBody, description = "rows: with `row` (from 0) and `column`"),
))]
async fn change(
    State(api): State<Api>,
    by: SignedIn,
    Json(new): Json<NewTable>,
) -> Result<axum::Json<TariffTable>, Problem> {
    access::access_installation(&by.0)?;
    if new.rows.len() > MAX_ROWS {
        return Err(Problem::field("rows", format!("At most {MAX_ROWS} rows.")));
    }
    if let Err(wrong) = Tariffs::of(&new.rows) {
        let problem = Problem::field("rows", wrong.to_string());
        return Err(problem.with("row", json!(wrong.row)).with("column", json!(wrong.field)));
    }
    let (app, ctx) = (api.app.clone(), by.ctx(&api));
    let body = move |tx: &mut Tx<'_>| {
        if stored(tx)?.version != new.version {
            let words = "Somebody else has changed the prices in the meantime: load them again.";
            return Err(Problem::conflict("changed-meanwhile", words).into());
        }
        replace(tx, &app, ctx, &new.rows)?;
        stored(tx)
    };
    Ok(axum::Json(api.app.store.write(body).await?.into()))
}
