UPDATE media SET author = {sample_uuid:9};
INSERT INTO media_form (owner_id, hash, form, line_id, content_type, size, width, height, smaller, body, created_at)
VALUES ({sample_uuid:4}, {sample_bytes:dd}, 'small', {sample_uuid:1}, 'image/jpeg', 3, 4, 5, true, {sample_bytes:010203}, 1795305600000000);
