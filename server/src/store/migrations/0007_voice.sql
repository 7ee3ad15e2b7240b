-- calls: telephone calls with people. external_hash: the provider's id of the call, keyed; empty until it is known.
-- direction: 0 she calls, 1 we call. state: 0 being placed, 1 rings, 2 talking, 3 over (outcome says how). heard: the
-- last step of hers that was handled, -1 before the first; step: how many answers we gave. misses: keys in a row that
-- meant nothing. answered_by: 0 nobody knows, 1 a person, 2 a machine. passed: it is safe to speak of anything.
-- message_id: the message that a call of ours is about. talk: what was last said and asked, sealed with the key of the
-- day; waits: what the flow waits for, sealed with the person's key; both are dropped at the end. silent_until: nothing
-- was heard by then: it counts as over. Rows go eight days after the end, or with the person's erasure.
CREATE TABLE phone_call (
  id {uuid} PRIMARY KEY,
  line_id {uuid} NOT NULL,
  channel_id {uuid} NOT NULL,
  external_hash {bytes},
  contact_id {uuid} NOT NULL,
  identity_id {uuid} NOT NULL,
  direction {int} NOT NULL,
  state {int} NOT NULL,
  heard {int} NOT NULL,
  step {int} NOT NULL,
  misses {int} NOT NULL,
  answered_by {int} NOT NULL,
  passed {bool} NOT NULL,
  message_id {uuid},
  talk {bytes},
  day {int} NOT NULL,
  waits {bytes},
  outcome {text},
  began_at {ts} NOT NULL,
  silent_until {ts} NOT NULL,
  ended_at {ts}
) {table_end};
CREATE UNIQUE INDEX phone_call_external ON phone_call (channel_id, external_hash) WHERE external_hash IS NOT NULL;
CREATE INDEX phone_call_live ON phone_call (contact_id, channel_id) WHERE state < 3;
CREATE INDEX phone_call_message ON phone_call (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX phone_call_ended ON phone_call (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX phone_call_contact ON phone_call (contact_id);
