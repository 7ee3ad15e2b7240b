INSERT INTO line (id, slug, content_version, created_at) VALUES ({sample_uuid:1}, 'casa', 3, 1795305600000000);
INSERT INTO line_file (line_id, path, body) VALUES ({sample_uuid:1}, 'line.toml', {sample_bytes:7b7d});
INSERT INTO channel (id, line_id, kind, address, settings, created_at)
VALUES ({sample_uuid:2}, {sample_uuid:1}, 'whatsapp_cloud', '100200300', {sample_bytes:0100}, 1795305600000000);
INSERT INTO inbound (id, channel_id, external_hash, lane, part, state, attempts, retry_at, received_at, day, payload)
VALUES ({sample_uuid:3}, {sample_uuid:2}, {sample_bytes:aa}, {sample_bytes:bb}, 27, 0, 0, 0, 1795305600000000, 20779, {sample_bytes:01});
INSERT INTO contact (id, line_id, key_id, part, language, consent, standing, sealed, session, created_at, last_in_at)
VALUES ({sample_uuid:4}, {sample_uuid:1}, {sample_uuid:5}, 4, 'spa', 3, 0, {sample_bytes:01}, {sample_bytes:01}, 1795305600000000, 1795305600000000);
INSERT INTO identity (id, line_id, hash, contact_id, channel_id, scheme, created_at)
VALUES ({sample_uuid:6}, {sample_uuid:1}, {sample_bytes:bb}, {sample_uuid:4}, {sample_uuid:2}, 'whatsapp', 1795305600000000);
INSERT INTO message (id, line_id, contact_id, channel_id, identity_id, direction, origin, state, part, due_at, attempts, body, seal, day, keep, created_at)
VALUES ({sample_uuid:7}, {sample_uuid:1}, {sample_uuid:4}, {sample_uuid:2}, {sample_uuid:6}, 1, 0, 1, 4, 1795305600000000, 0, {sample_bytes:01}, 0, 0, {true}, 1795305600000000);
INSERT INTO message_part (channel_id, external_hash, message_id) VALUES ({sample_uuid:2}, {sample_bytes:cc}, {sample_uuid:7});
INSERT INTO conversation (id, line_id, contact_id, channel_id, state, urgent, restricted, unread, last_at, opened_at)
VALUES ({sample_uuid:8}, {sample_uuid:1}, {sample_uuid:4}, {sample_uuid:2}, 0, {false}, {false}, 1, 1795305600000000, 1795305600000000);
INSERT INTO consent (id, contact_id, purpose, basis, decision, notice_version, channel, at)
VALUES ({sample_uuid:9}, {sample_uuid:4}, 'line', 'consent', 'given', '2026-11', 'whatsapp', 1795305600000000);
INSERT INTO result_count (line_id, flow, result, category, day, n) VALUES ({sample_uuid:1}, 'Menu', 'Choice', 'Papers', 20778, 2);
INSERT INTO flow_problem (line_id, flow, text, last_at, n) VALUES ({sample_uuid:1}, 'Menu', 'unknown name', 1795305600000000, 1);
