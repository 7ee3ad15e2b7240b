//! Statements over `tariff`.
use channels::TariffRow;

use crate::args;
use crate::store::{Kind, Many, Result, Sql, Tx, Value};

const ALL: Sql = crate::sql!(
    "SELECT channel, number_begins, unit, price, currency, valid_from FROM tariff ORDER BY position"
);
const CLEAR: Sql = crate::sql!("DELETE FROM tariff");
static ROWS: Many = Many {
    table: "tariff",
    columns: &[
        ("position", Kind::Int),
        ("channel", Kind::Text),
        ("number_begins", Kind::Text),
        ("unit", Kind::Text),
        ("price", Kind::Text),
        ("currency", Kind::Text),
        ("valid_from", Kind::Text),
    ],
    tail: "",
};

impl Tx<'_> {
    /// Every row, in the order in which they were written.
    pub(super) fn tariffs(&mut self) -> Result<Vec<TariffRow>> {
        self.rows(ALL, args![])?
            .iter()
            .map(|row| {
                Ok(TariffRow {
                    channel: row.get(0)?,
                    to: row.get(1)?,
                    unit: row.get(2)?,
                    price: row.get(3)?,
                    currency: row.get(4)?,
                    valid_from: row.get(5)?,
                })
            })
            .collect()
    }

    pub(super) fn put_tariffs(&mut self, rows: &[TariffRow]) -> Result<()> {
        self.run(CLEAR, args![])?;
        let rows = (0_i64..).zip(rows).map(|(position, row)| {
            let mut values = vec![Value::from(position)];
            let texts = [&row.channel, &row.to, &row.unit, &row.price, &row.currency, &row.valid_from];
            values.extend(texts.map(|text| Value::from(text.as_str())));
            values
        });
        self.insert_many(&ROWS, rows.collect()).map(drop)
    }
}
