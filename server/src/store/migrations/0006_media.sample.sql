INSERT INTO media (id, line_id, contact_id, message_id, channel_id, state, content_type, size, hash, attempts, created_at)
VALUES ({sample_uuid:12}, {sample_uuid:1}, {sample_uuid:4}, {sample_uuid:7}, {sample_uuid:2}, 1, 'image/jpeg', 3, {sample_bytes:dd}, 1, 1795305600000000);
INSERT INTO media_file (contact_id, hash, body) VALUES ({sample_uuid:4}, {sample_bytes:dd}, {sample_bytes:010203});
