INSERT INTO tariff (position, channel, number_begins, unit, price, currency, valid_from)
VALUES (0, 'sms', '+593', 'segment', '0.0742', 'USD', '2026-01-01');
