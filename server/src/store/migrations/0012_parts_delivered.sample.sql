UPDATE message_part SET delivered = 1;
UPDATE message_route SET requests = 2;
