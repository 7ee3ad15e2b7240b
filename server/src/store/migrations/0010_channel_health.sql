-- lines: how what sends for a channel says it is (a telephone with its battery): its newest word. at: by its own clock.
CREATE TABLE channel_health (
  channel_id {uuid} PRIMARY KEY,
  condition {text} NOT NULL,
  says {text} NOT NULL,
  at {ts} NOT NULL
) {table_end};
