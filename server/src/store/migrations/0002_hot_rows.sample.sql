INSERT INTO result_tally (id, line_id, flow, result, category, day)
VALUES ({sample_uuid:9}, {sample_uuid:1}, 'Menu', 'Choice', 'Papers', 20778);
