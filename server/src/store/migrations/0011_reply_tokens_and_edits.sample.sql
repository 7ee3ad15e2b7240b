UPDATE identity SET reply_token = {sample_bytes:05}, reply_at = 1795305600000000;
UPDATE message SET edited_at = 1795305600000000, original = {sample_bytes:06} WHERE direction = 0;
