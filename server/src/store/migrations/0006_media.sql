-- media: files that came with messages, fetched after the message was stored. source is sealed with the person's key
-- and dropped when the file is here. state: 0 waiting, 1 here, 2 given up (reason says why; it can be tried again by
-- hand while the source is kept).
CREATE TABLE media (
  id {uuid} PRIMARY KEY,
  line_id {uuid} NOT NULL,
  contact_id {uuid} NOT NULL,
  conversation_id {uuid},
  message_id {uuid} NOT NULL,
  channel_id {uuid} NOT NULL,
  state {int} NOT NULL,
  source {bytes},
  content_type {text},
  size {int},
  hash {bytes},
  attempts {int} NOT NULL,
  reason {text},
  created_at {ts} NOT NULL
) {table_end};
CREATE INDEX media_contact ON media (contact_id, id);

-- media: what is in a file, sealed with the person's key, once a person however often it came (hash is keyed).
CREATE TABLE media_file (
  contact_id {uuid} NOT NULL,
  hash {bytes} NOT NULL,
  body {bytes} NOT NULL,
  PRIMARY KEY (contact_id, hash)
) {table_end};
{on_postgres:ALTER TABLE media_file ALTER COLUMN body SET STORAGE EXTERNAL;}
