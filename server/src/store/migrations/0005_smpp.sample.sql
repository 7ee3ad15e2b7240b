INSERT INTO smpp_part (bundle, number, channel_id, fingerprint, received_at, due_at, day, payload)
VALUES ({sample_bytes:0a}, 1, {sample_uuid:3}, {sample_bytes:0b}, 1795305600000000, 1795306200000000, 20779, {sample_bytes:01});
INSERT INTO smpp_taken (channel_id, fingerprint, session, at)
VALUES ({sample_uuid:3}, {sample_bytes:0b}, {sample_uuid:12}, 1795305600000000);
