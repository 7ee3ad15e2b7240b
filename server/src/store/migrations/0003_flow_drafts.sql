-- authoring: what a flow author has imported and not published yet, one a line. Holds no personal data. Replaced by the
-- next import, removed when it is published or thrown away. brought: JSON of the import's flows and what goes with
-- them; report, tests: JSON.
CREATE TABLE flow_draft (
  line_id {uuid} PRIMARY KEY REFERENCES line (id),
  id {uuid} NOT NULL,
  file_name {text} NOT NULL,
  made_at {ts} NOT NULL,
  made_by {uuid} NOT NULL,
  brought {bytes} NOT NULL,
  report {text} NOT NULL,
  tests {text}
) {table_end};

-- Whether a mistake ended the flow for whoever was in it: those are shown loudly.
ALTER TABLE flow_problem ADD COLUMN stopped {bool} NOT NULL DEFAULT {false};
