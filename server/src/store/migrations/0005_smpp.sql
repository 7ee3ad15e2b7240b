-- smpp: parts of long messages that wait for the others, at most ten minutes. bundle is a keyed hash of sender,
-- reference and total; payload is sealed with the key of the day. Handed on by itself, so an erasure finds nothing here
-- that lasts.
CREATE TABLE smpp_part (
  bundle {bytes} NOT NULL,
  number {int} NOT NULL,
  channel_id {uuid} NOT NULL,
  fingerprint {bytes} NOT NULL,
  received_at {ts} NOT NULL,
  due_at {ts} NOT NULL,
  day {int} NOT NULL,
  payload {bytes} NOT NULL,
  PRIMARY KEY (bundle, number)
) {table_end};
CREATE INDEX smpp_part_due ON smpp_part (due_at);

-- smpp: what a message centre has brought lately (a keyed hash of it) and in which session, so that what it brings again
-- after a cut is known. Kept for a day.
CREATE TABLE smpp_taken (
  channel_id {uuid} NOT NULL,
  fingerprint {bytes} NOT NULL,
  session {uuid} NOT NULL,
  at {ts} NOT NULL,
  PRIMARY KEY (channel_id, fingerprint)
) {table_end};
CREATE INDEX smpp_taken_at ON smpp_taken (at);
