-- Times are microseconds since 1970 (UTC). "sealed" columns hold personal data, sealed with the person's own
-- key (contact.key_id), unless another key is named. Each table names its slice, retention and erasure.

-- lines: one public service in one place. Kept until removed by hand.
CREATE TABLE line (
  id {uuid} PRIMARY KEY,
  slug {text} NOT NULL UNIQUE,
  content_version {int} NOT NULL,
  created_at {ts} NOT NULL
) {table_end};

-- lines: the files of a line's content folder as imported. Replaced by the next import.
CREATE TABLE line_file (
  line_id {uuid} NOT NULL REFERENCES line (id),
  path {text} NOT NULL,
  body {bytes} NOT NULL,
  PRIMARY KEY (line_id, path)
) {table_end};

-- lines: ways in and out. settings are sealed with the installation's key (provider secrets).
CREATE TABLE channel (
  id {uuid} PRIMARY KEY,
  line_id {uuid} NOT NULL REFERENCES line (id),
  kind {text} NOT NULL,
  address {text} NOT NULL,
  settings {bytes} NOT NULL,
  created_at {ts} NOT NULL,
  UNIQUE (kind, address)
) {table_end};

-- inbound: one row per (channel, provider's id), the duplicate key for at least 8 days. payload is sealed with
-- the key of the day and dropped when handled. state: 0 pending, 1 handled, 2 set aside, 3 discarded.
CREATE TABLE inbound (
  id {uuid} PRIMARY KEY,
  channel_id {uuid} NOT NULL,
  external_hash {bytes} NOT NULL,
  lane {bytes} NOT NULL,
  part {int} NOT NULL,
  state {int} NOT NULL,
  attempts {int} NOT NULL,
  retry_at {ts} NOT NULL,
  received_at {ts} NOT NULL,
  day {int} NOT NULL,
  payload {bytes},
  error {text}
) {table_end};
CREATE UNIQUE INDEX inbound_external ON inbound (channel_id, external_hash);
CREATE INDEX inbound_pending ON inbound (id) WHERE state = 0;
CREATE INDEX inbound_failing ON inbound (lane, id) WHERE state = 0 AND attempts > 0;
CREATE INDEX inbound_set_aside ON inbound (id) WHERE state = 2;

-- inbound: requests that could not be read, sealed with the key of the day; kept 8 days, shown to the operator,
-- replayed or discarded by hand. state: 0 waiting, 1 replayed, 2 discarded.
CREATE TABLE raw_request (
  id {uuid} PRIMARY KEY,
  channel_id {uuid} NOT NULL,
  state {int} NOT NULL,
  received_at {ts} NOT NULL,
  day {int} NOT NULL,
  payload {bytes},
  error {text} NOT NULL
) {table_end};
CREATE INDEX raw_request_waiting ON raw_request (id) WHERE state = 0;

-- contacts: a person as a line knows her. Erasure destroys the key and empties the row.
-- sealed: name, fields, groups, urns (JSON). session: the waiting flow session.
-- consent: 0 nothing asked, 1 language asked, 2 notice shown, 3 given, 4 declined, 5 withdrawn.
-- standing: 0 active, 1 stopped (no messages that we start), 2 blocked, 3 erased.
CREATE TABLE contact (
  id {uuid} PRIMARY KEY,
  line_id {uuid} NOT NULL,
  key_id {uuid},
  part {int} NOT NULL,
  language {text},
  consent {int} NOT NULL,
  standing {int} NOT NULL,
  sealed {bytes},
  session {bytes},
  session_until {ts},
  pending {text},
  conversation_id {uuid},
  created_at {ts} NOT NULL,
  last_in_at {ts}
) {table_end};
CREATE INDEX contact_session_until ON contact (session_until) WHERE session_until IS NOT NULL;
CREATE INDEX contact_line ON contact (line_id, id);

-- contacts: an address or id of a person on one channel. Only its keyed hash is here; the address itself is
-- in contact.sealed.
CREATE TABLE identity (
  id {uuid} PRIMARY KEY,
  line_id {uuid} NOT NULL,
  hash {bytes} NOT NULL,
  contact_id {uuid} NOT NULL,
  channel_id {uuid} NOT NULL,
  scheme {text} NOT NULL,
  last_in_at {ts},
  created_at {ts} NOT NULL
) {table_end};
CREATE UNIQUE INDEX identity_hash ON identity (line_id, hash);
CREATE INDEX identity_contact ON identity (contact_id);

-- inbox: messages in (direction 0) and out (1). body is sealed: content as JSON. An outgoing message in state
-- queued is the outbox row: what must be sent is a row before it is a request.
-- state: 0 received, 1 queued, 2 sending, 3 unknown, 4 sent, 5 delivered, 6 read, 7 failed, 8 cancelled.
-- seal: 0 the person's key, 1 the key of the day `day` (only a farewell after erasure).
CREATE TABLE message (
  id {uuid} PRIMARY KEY,
  line_id {uuid} NOT NULL,
  contact_id {uuid} NOT NULL,
  conversation_id {uuid},
  channel_id {uuid} NOT NULL,
  identity_id {uuid},
  direction {int} NOT NULL,
  origin {int} NOT NULL,
  author {uuid},
  state {int} NOT NULL,
  part {int} NOT NULL,
  due_at {ts} NOT NULL,
  attempts {int} NOT NULL,
  owner {uuid},
  body {bytes},
  seal {int} NOT NULL,
  day {int} NOT NULL,
  valid_until {ts},
  keep {bool} NOT NULL,
  reason {text},
  client_id {uuid},
  created_at {ts} NOT NULL
) {table_end};
CREATE INDEX message_contact ON message (contact_id, id);
CREATE INDEX message_queued ON message (id) WHERE state = 1;
CREATE INDEX message_leaving ON message (contact_id, id) WHERE state IN (1, 2);
CREATE INDEX message_sending ON message (part) WHERE state = 2;
CREATE INDEX message_unknown ON message (channel_id, id) WHERE state = 3;
CREATE UNIQUE INDEX message_client ON message (client_id) WHERE client_id IS NOT NULL;

-- outbound: the provider's ids of a message, a row a part. Only hashes: a WhatsApp id holds the phone number.
CREATE TABLE message_part (
  channel_id {uuid} NOT NULL,
  external_hash {bytes} NOT NULL,
  message_id {uuid} NOT NULL,
  PRIMARY KEY (channel_id, external_hash)
) {table_end};
CREATE INDEX message_part_message ON message_part (message_id);

-- inbox: a matter between a person and staff. learnt is sealed. state: 0 waiting, 1 assigned, 2 snoozed, 3 closed.
CREATE TABLE conversation (
  id {uuid} PRIMARY KEY,
  line_id {uuid} NOT NULL,
  contact_id {uuid} NOT NULL,
  channel_id {uuid} NOT NULL,
  topic {text},
  state {int} NOT NULL,
  urgent {bool} NOT NULL,
  restricted {bool} NOT NULL,
  triage {text},
  assignee {uuid},
  waiting_since {ts},
  snoozed_until {ts},
  unread {int} NOT NULL,
  last_at {ts} NOT NULL,
  last_words {bytes},
  learnt {bytes},
  opened_at {ts} NOT NULL,
  closed_at {ts},
  closed_by {uuid},
  after_close_at {ts},
  satisfaction {text}
) {table_end};
CREATE INDEX conversation_queue ON conversation (line_id, state, urgent, waiting_since, id);
CREATE INDEX conversation_closed ON conversation (line_id, last_at DESC, id) WHERE state = 3;
CREATE INDEX conversation_contact ON conversation (contact_id, id);
CREATE INDEX conversation_after_close ON conversation (after_close_at) WHERE after_close_at IS NOT NULL;
CREATE INDEX conversation_snoozed ON conversation (snoozed_until) WHERE state = 2;

-- inbox: what staff and the server did in a conversation. body (a note) is sealed; event is JSON without
-- personal data.
CREATE TABLE entry (
  id {uuid} PRIMARY KEY,
  conversation_id {uuid} NOT NULL,
  contact_id {uuid} NOT NULL,
  kind {text} NOT NULL,
  author {uuid},
  body {bytes},
  event {text},
  client_id {uuid},
  created_at {ts} NOT NULL
) {table_end};
CREATE INDEX entry_contact ON entry (contact_id, id);
CREATE UNIQUE INDEX entry_client ON entry (client_id) WHERE client_id IS NOT NULL;

-- inbox: a reply that is being written. body is sealed with the person's key.
CREATE TABLE draft (
  conversation_id {uuid} NOT NULL,
  user_id {uuid} NOT NULL,
  contact_id {uuid} NOT NULL,
  body {bytes} NOT NULL,
  updated_at {ts} NOT NULL,
  PRIMARY KEY (conversation_id, user_id)
) {table_end};

-- consent: the ledger. words is sealed. decision: given, declined, withdrawn, stopped, started.
CREATE TABLE consent (
  id {uuid} PRIMARY KEY,
  contact_id {uuid} NOT NULL,
  purpose {text} NOT NULL,
  basis {text} NOT NULL,
  decision {text} NOT NULL,
  notice_version {text} NOT NULL,
  channel {text} NOT NULL,
  language {text},
  words {bytes},
  at {ts} NOT NULL
) {table_end};
CREATE INDEX consent_contact ON consent (contact_id, id);

-- consent: receipts of erasures; no personal data. proof = keyed hash over receipt, line, time and counts.
CREATE TABLE erasure (
  receipt {text} PRIMARY KEY,
  line_id {uuid} NOT NULL,
  at {ts} NOT NULL,
  messages {int} NOT NULL,
  conversations {int} NOT NULL,
  identities {int} NOT NULL,
  proof {bytes} NOT NULL
) {table_end};

-- access: staff. Names and addresses of staff are sealed with the installation's key; email_hash is keyed.
CREATE TABLE staff (
  id {uuid} PRIMARY KEY,
  email_hash {bytes} NOT NULL UNIQUE,
  sealed {bytes} NOT NULL,
  password {text} NOT NULL,
  active {bool} NOT NULL,
  available {bool} NOT NULL,
  created_at {ts} NOT NULL
) {table_end};
CREATE TABLE staff_role (
  staff_id {uuid} NOT NULL,
  line_id {uuid} NOT NULL,
  role {text} NOT NULL,
  PRIMARY KEY (staff_id, line_id, role)
) {table_end};
-- access: sign-ins. Only the SHA-256 of the token is kept.
CREATE TABLE staff_session (
  token_hash {bytes} PRIMARY KEY,
  staff_id {uuid} NOT NULL,
  csrf {text} NOT NULL,
  created_at {ts} NOT NULL,
  seen_at {ts} NOT NULL
) {table_end};
-- access: failed sign-ins, for the limit; removed after a day.
CREATE TABLE sign_in_failure (
  id {uuid} PRIMARY KEY,
  key_hash {bytes} NOT NULL,
  at {ts} NOT NULL
) {table_end};
CREATE INDEX sign_in_failure_key ON sign_in_failure (key_hash, at);

-- access: who did what, when; ids only. Kept as the line's retention says.
CREATE TABLE audit (
  id {uuid} PRIMARY KEY,
  line_id {uuid},
  at {ts} NOT NULL,
  actor {text} NOT NULL,
  verb {text} NOT NULL,
  noun {text} NOT NULL,
  noun_id {text} NOT NULL,
  detail {text} NOT NULL
) {table_end};
CREATE INDEX audit_line ON audit (line_id, id);
CREATE INDEX audit_noun ON audit (noun_id);

-- jobs: work that waits; payload is sealed with the person's key when contact_id is set, else with the
-- installation's. Removed when done; set aside (attempts exhausted) where the operator sees it.
CREATE TABLE job (
  id {uuid} PRIMARY KEY,
  kind {text} NOT NULL,
  line_id {uuid},
  contact_id {uuid},
  part {int} NOT NULL,
  payload {bytes} NOT NULL,
  due_at {ts} NOT NULL,
  attempts {int} NOT NULL,
  set_aside {bool} NOT NULL,
  error {text}
) {table_end};
CREATE INDEX job_due ON job (due_at, id) WHERE set_aside = {false};
CREATE INDEX job_contact ON job (contact_id);

-- inbox: what open consoles are told; ids only, removed after an hour.
CREATE TABLE live_event (
  id {uuid} PRIMARY KEY,
  line_id {uuid} NOT NULL,
  at {ts} NOT NULL,
  kind {text} NOT NULL,
  conversation_id {uuid} NOT NULL,
  ref_id {uuid} NOT NULL
) {table_end};

-- store: which process handles the people of a part. Taken over when the lease ends.
CREATE TABLE part_lease (
  part {int} PRIMARY KEY,
  owner {uuid},
  until {ts} NOT NULL
) {table_end};
CREATE TABLE process (
  id {uuid} PRIMARY KEY,
  seen_at {ts} NOT NULL
) {table_end};

-- flows: results per flow, result and category: counts only, no person.
CREATE TABLE result_count (
  line_id {uuid} NOT NULL,
  flow {text} NOT NULL,
  result {text} NOT NULL,
  category {text} NOT NULL,
  day {int} NOT NULL,
  n {int} NOT NULL,
  PRIMARY KEY (line_id, flow, result, category, day)
) {table_end};
-- flows: mistakes that a flow's author should see, by flow and text, counted.
CREATE TABLE flow_problem (
  line_id {uuid} NOT NULL,
  flow {text} NOT NULL,
  text {text} NOT NULL,
  last_at {ts} NOT NULL,
  n {int} NOT NULL,
  PRIMARY KEY (line_id, flow, text)
) {table_end};
