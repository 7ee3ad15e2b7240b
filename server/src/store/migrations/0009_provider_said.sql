-- lines: what a channel's provider said of itself when it was last asked (JSON, without secrets; empty: never asked),
-- and when the next process may take its turn to ask. No history: one row a channel.
CREATE TABLE provider_said (
  channel_id {uuid} PRIMARY KEY,
  said {text} NOT NULL,
  at {ts} NOT NULL
) {table_end};
