INSERT INTO person_key (id, master, wrapped) VALUES ({sample_uuid:5}, {sample_bytes:0011223344556677}, {sample_bytes:01});
INSERT INTO day_key (day, master, wrapped) VALUES (0, {sample_bytes:0011223344556677}, {sample_bytes:01});
