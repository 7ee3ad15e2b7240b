INSERT INTO message_route (message_id, channel_id, at, reason)
VALUES ({sample_uuid:7}, {sample_uuid:3}, 1795305600000000, 'unreachable 131026');
INSERT INTO bulk (id, line_id, name, content, template, state, created_at, changed_at)
VALUES ({sample_uuid:11}, {sample_uuid:1}, 'New opening hours', {sample_bytes:01}, 'hours', 0, 1795305600000000, 1795305600000000);
INSERT INTO bulk_recipient (bulk_id, contact_id) VALUES ({sample_uuid:11}, {sample_uuid:4});
INSERT INTO template_state (line_id, name, language, state, at)
VALUES ({sample_uuid:1}, 'hours', 'es', 'paused', 1795305600000000);
