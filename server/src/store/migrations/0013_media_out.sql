-- media: a file that staff send is a row too. author is whoever brought it; message_id is all zeros until it is sent. label
-- (its name and what is in it, in words) is sealed with the person's key.
ALTER TABLE media ADD COLUMN author {uuid};
ALTER TABLE media ADD COLUMN label {bytes};

-- media: a file in the form that a channel or a small telephone takes, made once. owner_id is a contact, or a line for
-- the line's own files; hash is that of the file it was made of, form says what it was to become. body is sealed with the
-- owner's key; where it is missing, reason says why it cannot be made.
CREATE TABLE media_form (
  owner_id {uuid} NOT NULL,
  hash {bytes} NOT NULL,
  form {text} NOT NULL,
  line_id {uuid} NOT NULL,
  content_type {text} NOT NULL,
  size {int} NOT NULL,
  width {int},
  height {int},
  smaller {bool} NOT NULL,
  body {bytes},
  reason {text},
  created_at {ts} NOT NULL,
  PRIMARY KEY (owner_id, hash, form)
) {table_end};
{on_postgres:ALTER TABLE media_form ALTER COLUMN body SET STORAGE EXTERNAL;}
