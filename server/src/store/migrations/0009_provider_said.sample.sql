INSERT INTO provider_said (channel_id, said, at)
VALUES ({sample_uuid:2}, '[{"about":"account","ok":true,"says":"the account works"}]', 1795305600000000);
