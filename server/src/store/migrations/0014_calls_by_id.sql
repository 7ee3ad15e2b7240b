-- calls: what a provider must be told of a call needs its own id of it. sid: that id, sealed with the key of sid_day; dropped
-- at the call's end.
ALTER TABLE phone_call ADD COLUMN sid {bytes};
ALTER TABLE phone_call ADD COLUMN sid_day {int};
