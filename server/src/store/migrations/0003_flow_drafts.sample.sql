INSERT INTO flow_draft (line_id, id, file_name, made_at, made_by, brought, report)
VALUES ({sample_uuid:1}, {sample_uuid:10}, 'export.json', 1795305600000000, {sample_uuid:8}, {sample_bytes:7b7d}, 'null');
