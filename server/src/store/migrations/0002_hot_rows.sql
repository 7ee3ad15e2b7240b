-- flows: results that are not in result_count yet, a row each. Handling a message only adds a row here, since a common
-- counter would make everybody wait for everybody; housekeeping adds them up.
CREATE TABLE result_tally (
  id {uuid} PRIMARY KEY,
  line_id {uuid} NOT NULL,
  flow {text} NOT NULL,
  result {text} NOT NULL,
  category {text} NOT NULL,
  day {int} NOT NULL
) {table_end};

-- Sealed bytes cannot be compressed, so PostgreSQL must not try; and a waiting session should stay in its person's row
-- instead of going to a second table at each message.
{on_postgres:ALTER TABLE contact ALTER COLUMN session SET STORAGE EXTERNAL, ALTER COLUMN sealed SET STORAGE EXTERNAL;}
{on_postgres:ALTER TABLE contact SET (toast_tuple_target = 8160);}
{on_postgres:ALTER TABLE message ALTER COLUMN body SET STORAGE EXTERNAL;}
{on_postgres:ALTER TABLE inbound ALTER COLUMN payload SET STORAGE EXTERNAL;}
