INSERT INTO phone_call (id, line_id, channel_id, external_hash, contact_id, identity_id, direction, state, heard, step,
  misses, answered_by, passed, talk, day, began_at, silent_until)
VALUES ({sample_uuid:13}, {sample_uuid:1}, {sample_uuid:2}, {sample_bytes:ee}, {sample_uuid:4}, {sample_uuid:5}, 0, 2, 1, 2,
  0, 0, {true}, {sample_bytes:01}, 20779, 1795305600000000, 1795306500000000);
