-- contacts: what a provider wants back with an answer (LINE's reply token, the name of a device at Firebase), sealed with
-- the person's key, and since when.
ALTER TABLE identity ADD COLUMN reply_token {bytes};
ALTER TABLE identity ADD COLUMN reply_at {ts};

-- inbox: a message that the person changed afterwards. original: what she wrote first, sealed as body.
ALTER TABLE message ADD COLUMN edited_at {ts};
ALTER TABLE message ADD COLUMN original {bytes};
