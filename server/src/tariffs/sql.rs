//! Statements over `tariff`.
use channels::TariffRow;

use crate::args;
use crate::store::{Result, Sql, Tx};

const ALL: Sql = crate::sql!(
    "SELECT channel, number_begins, unit, price, currency, valid_from FROM tariff ORDER BY position"
);
const CLEAR: Sql = crate::sql!("DELETE FROM tariff");
const INSERT: Sql = crate::sql!(
    "INSERT INTO tariff (position, channel, number_begins, unit, price, currency, valid_from) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)"
);

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
        for (position, row) in (0_i64..).zip(rows) {
            let TariffRow { channel, to, unit, price, currency, valid_from } = row;
            let (channel, to, unit) = (channel.as_str(), to.as_str(), unit.as_str());
            let (price, currency, valid_from) = (price.as_str(), currency.as_str(), valid_from.as_str());
            self.run(INSERT, args![position, channel, to, unit, price, currency, valid_from])?;
        }
        Ok(())
    }
}
