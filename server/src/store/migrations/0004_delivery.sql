-- lines: how a channel delivers (JSON without secrets; empty: the defaults), and whether it may. state: 0 on, 1 paused
-- by the operator, 2 stopped because the provider refuses the account (state_reason says why).
ALTER TABLE channel ADD COLUMN options {text} NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN state {int} NOT NULL DEFAULT 0;
ALTER TABLE channel ADD COLUMN state_reason {text};
ALTER TABLE channel ADD COLUMN state_at {ts};

-- outbound: lane 0 is a conversation, lane 1 a bulk sending (bulk_id); conversations go first. look_at: when something
-- must be done about a message by itself: it waits for another channel, was not delivered in time, or is unknown.
-- tried_at: when it was last being sent. requests: how many requests it needs, where that is more than one.
ALTER TABLE message ADD COLUMN lane {int} NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN bulk_id {uuid};
ALTER TABLE message ADD COLUMN look_at {ts};
ALTER TABLE message ADD COLUMN tried_at {ts};
ALTER TABLE message ADD COLUMN requests {int};
DROP INDEX message_queued;
CREATE INDEX message_queued ON message (lane, id) WHERE state = 1;
CREATE INDEX message_look ON message (look_at, id) WHERE look_at IS NOT NULL;
CREATE INDEX message_bulk ON message (bulk_id, id) WHERE bulk_id IS NOT NULL;

-- outbound: channels that a message was tried on before the one that it is on now. Goes with the message.
CREATE TABLE message_route (
  message_id {uuid} NOT NULL,
  channel_id {uuid} NOT NULL,
  at {ts} NOT NULL,
  reason {text} NOT NULL,
  PRIMARY KEY (message_id, channel_id)
) {table_end};

-- bulk: one content to many people. content is sealed with the installation's key. state: 0 running, 1 paused, 2 ended.
CREATE TABLE bulk (
  id {uuid} PRIMARY KEY,
  line_id {uuid} NOT NULL,
  name {text} NOT NULL,
  content {bytes} NOT NULL,
  template {text},
  state {int} NOT NULL,
  reason {text},
  created_at {ts} NOT NULL,
  changed_at {ts} NOT NULL
) {table_end};
CREATE INDEX bulk_running ON bulk (id) WHERE state = 0;
CREATE INDEX bulk_line ON bulk (line_id, id);

-- bulk: to whom. message_id is empty until the person's turn has come. Goes with her erasure.
CREATE TABLE bulk_recipient (
  bulk_id {uuid} NOT NULL,
  contact_id {uuid} NOT NULL,
  message_id {uuid},
  outcome {text},
  PRIMARY KEY (bulk_id, contact_id)
) {table_end};
CREATE INDEX bulk_recipient_waiting ON bulk_recipient (bulk_id, contact_id) WHERE message_id IS NULL AND outcome IS NULL;
CREATE INDEX bulk_recipient_contact ON bulk_recipient (contact_id);

-- outbound: templates of which the provider has said something else than that they are approved.
CREATE TABLE template_state (
  line_id {uuid} NOT NULL,
  name {text} NOT NULL,
  language {text} NOT NULL,
  state {text} NOT NULL,
  reason {text},
  at {ts} NOT NULL,
  PRIMARY KEY (line_id, name, language)
) {table_end};
