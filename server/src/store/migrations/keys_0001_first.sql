-- The keys that personal data is sealed with. Lives apart from the data.
-- master = which master key wraps `wrapped` (the first 8 bytes of its SHA-256).
CREATE TABLE person_key (
  id {uuid} PRIMARY KEY,
  master {bytes} NOT NULL,
  wrapped {bytes} NOT NULL
) {table_end};
-- Keys of a UTC day (raw requests and messages on their way) are destroyed when the day is 8 days old;
-- day 0 is the key of the installation itself.
CREATE TABLE day_key (
  day {int} PRIMARY KEY,
  master {bytes} NOT NULL,
  wrapped {bytes} NOT NULL
) {table_end};
