INSERT INTO channel_health (channel_id, condition, says, at)
VALUES ({sample_uuid:2}, 'weak', 'battery 18 %, not charging', 1795305600000000);
