//! What inputs are made from: calls of our own after the providers' documented formats, and words that matter to them.

/// Calls and answers; every provider is fed all of them, since it must stand them all.
pub const CALLS: &[&str] = &[
    r#"{"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": {"metadata": {"phone_number_id": "2020"}, "contacts": [{"profile": {"name": "A"}, "wa_id": "593991234567", "user_id": "EC.1a"}], "messages": [{"from": "593991234567", "id": "wamid.1", "timestamp": "1772600767", "type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{\"a\": 1}"}}, "context": {"id": "x"}, "image": {"id": "7", "sha256": "x"}, "location": {"latitude": 1, "longitude": 2}}], "statuses": [{"id": "wamid.2", "status": "failed", "recipient_id": "593", "errors": [{"code": 131047, "title": "x"}], "biz_opaque_callback_data": "00000000-0000-0000-0000-000000000007"}]}}]}]}"#,
    r#"{"messages": [{"id": "wamid.3", "message_status": "accepted"}], "contacts": [{"wa_id": "593", "user_id": "EC.1"}], "error": {"code": 130429, "message": "m", "error_data": {"details": "d"}}}"#,
    r#"{"object": "page", "entry": [{"messaging": [{"sender": {"id": "12"}, "recipient": {"id": "2020"}, "timestamp": 1772600767000, "message": {"mid": "m1", "text": "hola", "attachments": [{"type": "image", "payload": {"url": "https://x.example/a.png", "coordinates": {"lat": 1, "long": 2}}}], "quick_reply": {"payload": "p"}}, "postback": {"payload": "x", "referral": {"ref": "r"}}, "read": {"mid": "m0"}, "delivery": {"mids": ["m9"]}}]}]}"#,
    "MessageSid=SM1&From=%2B593991234567&To=%2B15005550006&Body=hola&NumMedia=1&MediaUrl0=https%3A%2F%2Fx.example%2Fa&MediaContentType0=image%2Fpng&SmsStatus=received&ButtonPayload=p&Latitude=1&Longitude=2&OptOutType=STOP",
    "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30005&To=%2B593991234567&uuid=00000000-0000-0000-0000-000000000007",
    "CallSid=CA1&CallStatus=in-progress&Direction=inbound&From=%2B593991234567&To=2020&Digits=12&SpeechResult=si&Confidence=0.9&RecordingUrl=https%3A%2F%2Fx&AnsweredBy=machine_start&DialCallStatus=busy&CallDuration=4",
    "isActive=1&sessionId=A&direction=Inbound&callerNumber=%2B254700000001&destinationNumber=2020&dtmfDigits=1&recordingUrl=x&durationInSeconds=4&amount=1.2&currencyCode=KES&hangupCause=USER_BUSY",
    r#"{"deviceId": "d", "event": "mms:downloaded", "id": "e", "webhookId": "w", "payload": {"messageId": "00000000000000000000000000000007-0", "message": "hola", "phoneNumber": "+593991234567", "sender": "0712345678", "simNumber": 1, "receivedAt": "2026-03-04T08:06:07.000+03:00", "reason": "RESULT_ERROR_LIMIT_EXCEEDED", "attachments": [{"contentType": "image/jpeg", "data": "/9j/", "name": "a"}], "subject": "s", "body": "b", "data": "SGk=", "health": {"status": "warn", "checks": {"battery:level": {"observedValue": 18, "status": "warn"}}}}}"#,
    r#"{"sid": "SM1", "status": "queued", "error_code": 21610, "code": 20003, "message": "no +593991234567", "balance": "1.5", "currency": "USD"}"#,
    r#"{"update_id": 1, "message": {"message_id": 4, "date": 1772600767, "chat": {"id": 7, "type": "private"}, "from": {"id": 7, "username": "a", "first_name": "A"}, "text": "/start x", "photo": [{"file_id": "f", "file_size": 9}], "location": {"latitude": 1, "longitude": 2}, "contact": {"phone_number": "1"}, "web_app_data": {"data": "{}"}}, "callback_query": {"id": "c", "data": "d", "from": {"id": 7}}, "message_reaction": {"message_id": 3, "user": {"id": 7}, "new_reaction": [{"emoji": "x"}]}}"#,
    r#"{"ok": true, "result": {"message_id": 5, "file_path": "a/../b", "url": ""}, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 5}}"#,
    r#"{"event": "message", "timestamp": 1772600767000, "message_token": 49, "sender": {"id": "abc=", "name": "A"}, "message": {"type": "location", "text": "t", "media": "https://x.example/a", "location": {"lat": 1, "lon": 2}, "contact": {"name": "n", "phone_number": "1"}, "sticker_id": 4}, "user": {"id": "abc="}, "user_id": "abc=", "status": 0, "status_message": "ok"}"#,
    r#"{"events": [{"type": "message", "replyToken": "r", "source": {"type": "user", "userId": "U1"}, "timestamp": 1772600767000, "message": {"id": "3", "type": "sticker", "text": "t", "keywords": ["k"]}, "postback": {"data": "d"}}], "sentMessages": [{"id": "9"}]}"#,
    r#"{"type": "message_new", "secret": "t", "object": {"message": {"id": 1, "date": 1772600767, "from_id": 12, "peer_id": 12, "text": "t", "payload": "\"p\"", "attachments": [{"type": "photo", "photo": {"sizes": [{"url": "https://x.example/a", "width": 9}]}}, {"type": "sticker", "sticker": {"images": [{"url": "https://x.example/b", "width": 128}]}}], "geo": {"coordinates": {"latitude": 1, "longitude": 2}}}}, "response": 5, "error": {"error_code": 901, "error_msg": "m"}}"#,
    r#"{"type": "event_callback", "token": "t", "challenge": "c", "event_id": "E", "event_time": 1772600767, "event": {"type": "message", "channel_type": "im", "user": "U1", "text": "t", "files": [{"mimetype": "image/png", "url_private_download": "https://files.slack.com/a"}]}, "ok": false, "error": "ratelimited"}"#,
    r#"{"actor": {"actor_type": "user"}, "action": "message_create", "data": {"message": {"id": "m", "channel_id": "c", "actor_id": "u", "created_time": "2026-03-04T05:06:07Z", "message_parts": [{"text": {"content": "t"}}, {"image": {"url": "https://x.example/a"}}]}}}"#,
    r#"{"results": [{"messageId": "m", "from": "254700000001", "text": "t", "receivedAt": "2026-03-04T05:06:07.000+0000", "status": {"groupId": 3, "groupName": "DELIVERED", "id": 5}, "error": {"id": 1, "description": "d"}, "message": [{"value": "v"}, {"contentType": "image/png", "url": "https://x.example/a"}]}], "messages": [{"messageId": "m", "message-id": "m", "status": {"groupId": 1}, "error-text": "t", "apiMessageId": "a"}]}"#,
    r#"[{"type": "message-received", "time": "2026-03-04T05:06:07Z", "to": "2020", "message": {"id": "m", "from": "+254700000001", "text": "t", "media": ["https://x.example/a"], "tag": "00000000-0000-0000-0000-000000000007"}, "errorCode": 4720}]"#,
    r#"{"id": "m", "type": "MESSAGE", "message": {"id": "m", "from": "254700000001", "contents": [{"type": "text", "text": "t"}, {"type": "file", "fileUrl": "https://x.example/a", "fileMimeType": "image/png"}], "visitor": {"name": "n"}}, "messageStatus": {"code": "REJECTED"}, "timestamp": "2026-03-04T05:06:07Z"}"#,
    r#"{"messageId": "m", "msisdn": "254700000001", "fromNumber": "254700000001", "text": "%00t", "charset": "UTF-16BE", "timestamp": 1772600767000, "statusCode": 4, "senderAddress": "254700000001", "receiverAddress": "2020", "message": "t", "created": 1772600767000, "deliveryStatus": "DELIVRD", "TransactionID": "x", "access_token": "t", "expires_in": 3600}"#,
    "id=1&from=%2B254700000001&to=2020&text=hola&date=2026-03-04+05%3A06%3A07&status=Success&failureReason=UserInBlackList&sender=254700000001&ts=1772600767&message=hola",
    "To=2020&From=254700000001&MessageUUID=m&Text=hola&Media0=https%3A%2F%2Fx&Status=failed&ErrorCode=30&ParentMessageUUID=p",
    "messageId=m&msisdn=254700000001&text=hola&message-timestamp=2026-03-04+05%3A06%3A07&status=delivered&err-code=1&sig=00&timestamp=1772600767",
    "originator=254700000001&recipient=2020&body=hola&id=m&reference=00000000-0000-0000-0000-000000000007&status=delivery_failed&statusErrorCode=1&createdDatetime=2026-03-04T05%3A06%3A07Z",
    "mobile=254700000001&response=hola&message_id=m&msgid=m&dlr_status=10000&msgStatus=DELIVRD&DLRStatus=2&Message=hola&Originator=254700000001&content=hola&coding=8&binary=0041&dlvrd=1&message_status=DELIVRD",
    "<xml><ToUserName><![CDATA[x]]></ToUserName><FromUserName>f</FromUserName><CreateTime>1772600767</CreateTime><MsgType>text</MsgType><Content>t</Content><MsgId>1</MsgId><PicUrl>https://x.example/a</PicUrl><Location_X>1</Location_X><Location_Y>2</Location_Y><Event>subscribe</Event></xml>",
    r#"<message><service type="sms" timestamp="1772600767" auth="x" request_id="1"/><from>254700000001</from><to>2020</to><body content-type="content-type" encoding="encoding">hola</body></message>"#,
    "--xx\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\n254700000001\r\n--xx--\r\n",
    "{\"data\":{\"Recipients\":[{\"status\":\"Success\",\"messageId\":\"A\",\"statusCode\":101}]},\"SMSMessageData\":{\"Recipients\":[{\"status\":\"Success\"}]},\"message_uuid\":[\"u\"],\"data2\":[",
];

/// Words that matter to some provider, and shapes that matter to all.
pub const WORDS: &[&str] = &[
    "",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "99999999999999999999",
    "\u{0}",
    "\u{202e}",
    "é",
    "١",
    "💥",
    "%",
    "%E9",
    "%zz",
    "&",
    "=",
    "?",
    "#",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "<",
    ">",
    "<![CDATA[",
    "&amp;",
    "\r\n",
    "--xx",
    ":",
    "/",
    "..",
    "https://x.example/a",
    "file:///etc/passwd",
    "http://",
    "+593991234567",
    "EC.1a",
    "anonymous",
    "failed",
    "delivered",
    "received",
    "sent",
    "read",
    "unknown",
    "status",
    "text",
    "from",
    "id",
    "type",
    "message",
    "messages",
    "errors",
    "code",
    "1772600767",
    "2026-03-04T05:06:07Z",
    "sha256=00",
    "v0=00",
    "AAAA",
    "Bearer a.b.c",
    "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
    "eyJhbGciOiJub25lIn0.e30.",
    "spa",
    "spa-EC",
    "que",
    "{{to}}",
    "{{",
    "}}",
    "\u{feff}",
    "[[tariff]]",
    "channel = \"sms\"",
    "unit = \"template:x\"",
    "price = \"0.1\"",
    "valid_from = 2026-02-30",
];

/// Media types of calls.
pub const CONTENT_TYPES: &[&str] = &[
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=xx",
    "text/xml",
    "text/plain; charset=utf-16",
    "",
];

/// Header fields that some provider looks into.
pub const SIGNATURES: &[&str] = &[
    "X-Hub-Signature-256",
    "X-Twilio-Signature",
    "X-Viber-Content-Signature",
    "X-Line-Signature",
    "X-Slack-Signature",
    "X-Slack-Request-Timestamp",
    "X-Telegram-Bot-Api-Secret-Token",
    "X-Turn-Hook-Signature",
    "X-Freshchat-Signature",
    "X-Plivo-Signature-V3",
    "X-Plivo-Signature-V3-Nonce",
    "X-Plivo-Signature-V2",
    "X-Plivo-Signature-V2-Nonce",
    "Messagebird-Signature-Jwt",
    "Authorization",
    "X-Forwarded-Path",
];

/// A table of prices.
pub const TARIFFS: &str = r#"
[[tariff]]
channel = "sms"
to = "+593"
unit = "segment"
price = "0.0742"
currency = "USD"
valid_from = 2026-01-01

[[tariff]]
channel = "whatsapp"
unit = "template:marketing"
price = "0.07"
currency = "EUR"
valid_from = 2025-07-01
"#;
