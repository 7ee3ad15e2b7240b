-- outbound: a message of several parts has arrived when all of them have. delivered: 0 not told, 1 it has it.
ALTER TABLE message_part ADD COLUMN delivered {int} NOT NULL DEFAULT 0;
-- How many requests the message needed on the channel that it has left, where that is known and more than one.
ALTER TABLE message_route ADD COLUMN requests {int};
