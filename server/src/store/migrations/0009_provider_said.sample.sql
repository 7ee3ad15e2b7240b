INSERT INTO provider_said (channel_id, said, at)
VALUES ({sample_uuid:2}, '[]', 1795305600000000);
