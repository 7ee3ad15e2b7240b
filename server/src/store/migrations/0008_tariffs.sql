-- tariffs: what sending costs, one table for the installation, as its administrators wrote it. position keeps their
-- order: of two rows that fit as well the earlier counts.
CREATE TABLE tariff (
  position {int} PRIMARY KEY,
  channel {text} NOT NULL,
  number_begins {text} NOT NULL,
  unit {text} NOT NULL,
  price {text} NOT NULL,
  currency {text} NOT NULL,
  valid_from {text} NOT NULL
) {table_end};
