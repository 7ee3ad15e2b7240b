//! What sending costs: one dated table for the installation, which its administrators edit. Prices are told before
//! something is sent; nothing is ever held back for them.
pub mod http;
mod sql;

use channels::{Preview, TariffRow, Tariffs};
use jiff::civil::Date;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::app::{App, Ctx};
use crate::store::{Result, StoreError, Tx};

/// The most rows of the table.
pub const MAX_ROWS: usize = 5_000;
/// Hexadecimal digits of a table's version.
const VERSION_DIGITS: usize = 16;

/// The table as it is stored.
pub struct Stored {
    pub rows: Vec<TariffRow>,
    /// Another one for every other content.
    pub version: String,
}

/// What a message costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PriceView {
    /// For everything, such as `0.1484`.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
    /// `segment`, `message`, `minute` or `template:CATEGORY`.
    pub unit: String,
    /// How many units.
    pub count: u64,
    /// For one unit.
    pub amount_each: String,
    /// Since when this price is valid.
    pub valid_from: String,
}

/// The table, as it is now.
///
/// # Errors
/// When the store refuses.
pub fn stored(tx: &mut Tx<'_>) -> Result<Stored> {
    let rows = tx.tariffs()?;
    let version = version_of(&rows)?;
    Ok(Stored { rows, version })
}

fn version_of(rows: &[TariffRow]) -> Result<String> {
    let text = serde_json::to_vec(rows).map_err(|error| StoreError::Shape(error.to_string()))?;
    Ok(hex::encode(Sha256::digest(text)).chars().take(VERSION_DIGITS).collect())
}

/// The table to reckon with.
///
/// # Errors
/// When the store refuses, or holds rows that this release cannot read.
pub fn tariffs(tx: &mut Tx<'_>) -> Result<Tariffs> {
    Tariffs::of(&tx.tariffs()?).map_err(|error| StoreError::Shape(format!("tariff: {error}")))
}

/// Puts a table, already checked, in the place of the present one.
///
/// # Errors
/// When the store refuses.
pub fn replace(tx: &mut Tx<'_>, app: &App, ctx: Ctx, rows: &[TariffRow]) -> Result<()> {
    use crate::access::audit::{Noun, audit};
    tx.put_tariffs(rows)?;
    let noun = Noun { line_id: None, kind: "tariffs", id: uuid::Uuid::nil(), restricted: false };
    audit(tx, app, ctx, "change", noun, &serde_json::json!({ "rows": rows.len() }))
}

/// What a message costs to a number (empty where the channel has none) on a day; `None` when the table does not say.
#[must_use]
pub fn price(tariffs: &Tariffs, preview: &Preview, to: &str, day: Date) -> Option<PriceView> {
    channels::price(tariffs, preview, to, day).map(PriceView::of)
}

impl PriceView {
    /// As it is shown.
    #[must_use]
    pub fn of(price: channels::Price) -> Self {
        Self {
            amount: channels::amount(price.micros),
            currency: price.currency,
            unit: price.unit.to_string(),
            count: price.count,
            amount_each: channels::amount(price.micros_each),
            valid_from: price.valid_from.to_string(),
        }
    }
}
