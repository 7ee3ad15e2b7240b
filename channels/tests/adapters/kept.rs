//! What a person sends or does, by provider, beyond plain words: taken over with all that it says, or left with a mark that
//! staff see. Each line is a call after the provider's documentation and what must become of it.
use channels::{Account, Headers, HttpRequest, Incoming, Provider, TAKEN_BACK};
use serde_json::{Value, json};

const URL: &str = "https://line.example.org/hooks/7";

fn account(provider: Provider, settings: &Value) -> Account {
    let mut settings = settings.clone();
    let with_token = {
        let mut with_token = settings.clone();
        with_token["webhook_token"] = json!("t");
        Account::new(provider, "2020", Some("KE".into()), &with_token)
    };
    with_token.unwrap_or_else(|_| {
        settings.as_object_mut().expect("settings are an object").remove("webhook_token");
        Account::new(provider, "2020", Some("KE".into()), &settings).expect("settings are good")
    })
}

fn page(provider: Provider) -> Account {
    account(provider, &json!({"access_token": "t", "app_secret": "s", "verify_token": "v"}))
}

fn telegram() -> Account {
    account(Provider::Telegram, &json!({"bot_token": "1:t", "secret_token": "s"}))
}

fn line() -> Account {
    account(Provider::Line, &json!({"access_token": "t", "channel_secret": "s"}))
}

fn post(body: &Value) -> HttpRequest {
    HttpRequest::post_json(URL, Headers::new(), body)
}

/// What became of a call, as it is stored.
fn read(account: &Account, call: &HttpRequest) -> Vec<Value> {
    let incoming: Vec<Incoming> = channels::receive(account, call).expect("it can be read");
    incoming.iter().map(|one| serde_json::to_value(one).expect("it can be stored")).collect()
}

/// Whether everything that is expected is there; what more there is does not matter.
fn holds(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| match value {
                Value::Null => !actual.contains_key(name),
                value => actual.get(name).is_some_and(|actual| holds(actual, value)),
            })
        }
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, e)| holds(a, e))
        }
        (actual, expected) => actual == expected,
    }
}

fn expect(account: &Account, call: &HttpRequest, expected: &[Value]) {
    let actual = read(account, call);
    let fits = actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, e)| holds(a, e));
    assert!(fits, "{}: {actual:#?}\nand not\n{expected:#?}", account.provider());
}

fn message(kind: &str, more: Value) -> Value {
    let mut expected = json!({"incoming": "message", "kind": {"kind": kind}});
    for (name, value) in more.as_object().into_iter().flatten() {
        expected[name] = value.clone();
    }
    expected
}

fn unsupported(what: &str, text: &str) -> Value {
    json!({"incoming": "message", "kind": {"kind": "unsupported", "what": what}, "text": text})
}

fn event(name: &str) -> Value {
    json!({"incoming": "event", "event": name})
}

fn other(what: &str) -> Value {
    json!({"incoming": "event", "event": "other", "what": what})
}

#[test]
fn whatsapp() {
    let account = Account::new(
        Provider::WhatsappCloud,
        "2020",
        None,
        &json!({"access_token": "t", "app_secret": "s", "verify_token": "v"}),
    )
    .expect("settings are good");
    let call = |field: &str, value: Value| {
        let mut value = value;
        value["metadata"] = json!({"phone_number_id": "2020"});
        post(&json!({"object": "whatsapp_business_account", "entry": [{"changes": [
            {"field": field, "value": value}]}]}))
    };
    let said = |more: Value| {
        let mut one = json!({"id": "wamid.1", "from": "254700000001", "timestamp": "1772600767"});
        for (name, value) in more.as_object().into_iter().flatten() {
            one[name] = value.clone();
        }
        call("messages", json!({"messages": [one]}))
    };
    let card = said(json!({"type": "contacts", "contacts": [{
        "name": {"first_name": "Fatuma", "last_name": "Ali"},
        "org": {"company": "Clinic, North", "title": "Nurse"},
        "phones": [{"wa_id": "254711000111"}, {"phone": "+254 20 1"}],
        "emails": [{"email": "fatuma@clinic.example"}],
        "addresses": [{"street": "Road 1", "city": "Garissa"}],
        "urls": [{"url": "https://clinic.example"}], "birthday": "1990-01-02",
    }]}));
    let text = "Fatuma Ali Clinic, North, Nurse +254711000111 +254 20 1 fatuma@clinic.example Road 1, Garissa \
                https://clinic.example 1990-01-02";
    let vcard = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Fatuma Ali\r\nORG:Clinic\\, North\\, Nurse\r\n\
                 TEL:+254711000111\r\nTEL:+254 20 1\r\nEMAIL:fatuma@clinic.example\r\nADR:;;Road 1\\, Garissa\r\n\
                 URL:https://clinic.example\r\nBDAY:1990-01-02\r\nEND:VCARD\r\n";
    let attachment = json!([{"content_type": "text/vcard", "source": {"at": "inline", "text": vcard}}]);
    expect(&account, &card, &[message("contacts", json!({"text": text, "attachments": attachment}))]);
    let place = said(json!({"type": "location", "location": {"latitude": "-0.45", "longitude": "39.6"}}));
    let attachment = json!([{"source": {"at": "location", "latitude": -0.45, "longitude": 39.6}}]);
    expect(&account, &place, &[message("location", json!({"attachments": attachment}))]);
    // A form that cannot be read keeps what the person saw of it.
    let form = said(json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {
        "body": "Sent", "response_json": "{"}}}));
    expect(&account, &form, &[unsupported("nfm_reply", "Sent")]);
    let opened = said(json!({"type": "request_welcome"}));
    expect(
        &account,
        &opened,
        &[json!({"event": "conversation_started", "person": ["whatsapp:254700000001"]})],
    );
    let gone = said(json!({"type": "system", "system": {
        "type": "user_changed_number", "wa_id": "254700000002", "body": "…"}}));
    let changed = json!({"event": "identity_changed", "from": ["whatsapp:254700000001"], "to": ["whatsapp:254700000002"]});
    expect(&account, &gone, &[changed]);
    let by_staff =
        said(json!({"type": "text", "text": {"body": "x"}, "_vnd": {"v1": {"direction": "outbound"}}}));
    expect(&account, &by_staff, &[other("message sent elsewhere")]);
    let rings = |event: &str, direction: &str| {
        call(
            "calls",
            json!({"contacts": [{"wa_id": "254700000001", "profile": {"name": "Amina"}}], "calls": [{
                "id": "wacid.1", "from": "254700000001", "event": event, "direction": direction,
                "timestamp": "1772600767"}]}),
        )
    };
    let mut rang = unsupported("call", "");
    rang["external_id"] = json!("wacid.1");
    rang["name"] = json!("Amina");
    expect(&account, &rings("connect", "USER_INITIATED"), &[rang]);
    expect(&account, &rings("terminate", "USER_INITIATED"), &[other("call")]);
    expect(&account, &rings("connect", "BUSINESS_INITIATED"), &[other("call")]);
}

#[test]
fn pages_of_meta() {
    for (provider, object) in [(Provider::Messenger, "page"), (Provider::Instagram, "instagram")] {
        let page = page(provider);
        let call = |kind: &str, item: Value| {
            let mut item = item;
            item["sender"] = json!({"id": "77"});
            item["recipient"] = json!({"id": "2020"});
            item["timestamp"] = json!(1_772_600_767_000_i64);
            post(&json!({"object": object, "entry": [{kind: [item]}]}))
        };
        let said = |message: Value| {
            let mut message = message;
            message["mid"] = json!("m1");
            call("messaging", json!({"message": message}))
        };
        let shared = |kind: &str, payload: Value| json!([{"type": kind, "payload": payload}]);
        let link = json!({"title": "Is it true?", "url": "https://news.example/a"});
        let attachments = shared("fallback", link.clone());
        expect(
            &page,
            &said(json!({"attachments": attachments})),
            &[unsupported("fallback", "Is it true?\nhttps://news.example/a")],
        );
        let both = said(json!({"text": "look https://news.example/a", "attachments": attachments}));
        expect(&page, &both, &[message("text", json!({"text": "look https://news.example/a\nIs it true?"}))]);
        // A story's address is one of a picture for a few hours.
        let story = json!({"url": "https://cdn.example/s"});
        let alone = said(json!({"attachments": shared("story_mention", story.clone())}));
        expect(&page, &alone, &[unsupported("story_mention", "")]);
        let beside = said(json!({"text": "hi", "attachments": shared("story_mention", story)}));
        expect(&page, &beside, &[other("attachment story_mention"), message("text", json!({"text": "hi"}))]);
        let place = said(json!({"attachments": shared("location", json!({"coordinates": {
            "lat": "1.5", "long": 2.5}}))}));
        expect(&page, &place, &[message("location", json!({"text": ""}))]);
        let changed =
            call("messaging", json!({"message_edit": {"mid": "m1", "text": "street 15", "num_edit": 2}}));
        let expected = json!({"text": "street 15", "edits": "m1", "external_id": "m1/2"});
        expect(&page, &changed, &[message("text", expected)]);
        let mut back = unsupported(TAKEN_BACK, "");
        back["edits"] = json!("m1");
        expect(&page, &said(json!({"is_deleted": true})), &[back]);
        let elsewhere = call("standby", json!({"message": {"mid": "m1", "text": "hi"}}));
        expect(&page, &elsewhere, &[other("message to another application")]);
        let optin = |status: &str| {
            call(
                "messaging",
                json!({"optin": {"type": "notification_messages", "title": "Rain",
                "notification_messages_status": status}}),
            )
        };
        let stopped = json!({"event": "opted_out", "person": [format!("{}:77",
            if object == "page" { "facebook" } else { "instagram" })], "about": "Rain"});
        expect(&page, &optin("STOP_NOTIFICATIONS"), &[stopped]);
        expect(&page, &optin("RESUME_NOTIFICATIONS"), &[other("resume_notifications")]);
        let agreed =
            call("messaging", json!({"optin": {"type": "notification_messages", "payload": "rain"}}));
        expect(&page, &agreed, &[json!({"event": "conversation_started", "payload": "rain"})]);
        assert!(channels::tells_edits(provider));
    }
}

#[test]
fn telegram_beyond_words() {
    let from = json!({"id": 7, "first_name": "Amina"});
    let said = |more: Value| {
        let mut one = json!({"message_id": 3, "from": from, "chat": {"id": 7, "type": "private"}, "date": 1});
        for (name, value) in more.as_object().into_iter().flatten() {
            one[name] = value.clone();
        }
        post(&json!({"update_id": 1, "message": one}))
    };
    let origin = json!({"type": "hidden_user", "sender_user_name": "x", "date": 1});
    let poll = json!({"question": "Which day?", "options": [{"text": "Monday"}, {"text": "Friday"}]});
    for (more, expected) in [
        (
            json!({"poll": poll, "forward_origin": origin}),
            unsupported("poll", "Which day?\n- Monday\n- Friday"),
        ),
        (json!({"dice": {"emoji": "🎲", "value": 1}, "forward_origin": origin}), unsupported("dice", "")),
        (json!({"story": {"id": 1}, "has_protected_content": true}), unsupported("story", "")),
        (json!({"paid_media": {}, "caption": "see"}), unsupported("paid_media", "see")),
        (json!({"write_access_allowed": {}}), other("write_access_allowed")),
        (json!({"pinned_message": {"message_id": 1}}), other("pinned_message")),
    ] {
        expect(&telegram(), &said(more), &[expected]);
    }
    for (start, payload) in [
        ("/start@CasaBot", None),
        ("/start@CasaBot clinic", Some("clinic")),
        ("/start clinic", Some("clinic")),
    ] {
        let expected = json!({"event": "conversation_started", "payload": payload});
        expect(&telegram(), &said(json!({"text": start})), &[expected]);
    }
    for (new, emoji) in [
        (json!([{"type": "emoji", "emoji": "👍"}, {"type": "emoji", "emoji": "❤"}]), "👍❤"),
        (json!([{"type": "custom_emoji", "custom_emoji_id": "5"}]), "❔"),
        (json!([{"type": "paid"}]), "⭐"),
        (json!([]), ""),
    ] {
        let update = json!({"update_id": 9, "message_reaction": {"message_id": 5, "user": from, "date": 1,
            "chat": {"id": 7, "type": "private"}, "old_reaction": [], "new_reaction": new}});
        let expected = json!({"kind": {"kind": "reaction", "emoji": emoji, "on": "5"}});
        expect(&telegram(), &post(&update), &[expected]);
    }
}

#[test]
fn line_beyond_words() {
    let happened = |more: Value| {
        let mut one = json!({"source": {"type": "user", "userId": "U1"}, "timestamp": 1_772_600_767_000_i64});
        for (name, value) in more.as_object().into_iter().flatten() {
            one[name] = value.clone();
        }
        post(&json!({"events": [one]}))
    };
    let mut back = unsupported(TAKEN_BACK, "");
    back["edits"] = json!("325");
    expect(&line(), &happened(json!({"type": "unsend", "unsend": {"messageId": "325"}})), &[back]);
    let follow =
        |is_unblocked: bool| happened(json!({"type": "follow", "follow": {"isUnblocked": is_unblocked}}));
    expect(&line(), &follow(false), &[event("conversation_started")]);
    let opted_in = json!({"event": "opted_in", "person": ["line:U1"], "about": null});
    expect(&line(), &follow(true), &[opted_in, event("conversation_started")]);
    let place =
        happened(json!({"type": "message", "message": {"type": "location", "id": "1", "latitude": 1.0,
        "longitude": 2.0, "address": "Road 1"}}));
    expect(&line(), &place, &[message("location", json!({"text": "Road 1"}))]);
    assert!(channels::tells_edits(Provider::Line));
}

#[test]
fn viber_shows_kinds_that_it_does_not_know() {
    let bot = account(Provider::Viber, &json!({"auth_token": "t"}));
    let call = post(&json!({"event": "message", "message_token": 5, "sender": {"id": "a=", "name": "Amina"},
        "message": {"type": "rich_media", "text": "see"}}));
    expect(&bot, &call, &[unsupported("rich_media", "see")]);
}

#[test]
fn slack_texts_are_read_as_they_were_written() {
    let slack = account(Provider::Slack, &json!({"bot_token": "x", "signing_secret": "s"}));
    let said = |event: Value| {
        let mut event = event;
        event["type"] = json!("message");
        event["channel_type"] = json!("im");
        post(&json!({"type": "event_callback", "event_id": "E1", "event": event}))
    };
    for (written, text) in [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        (
            "see <https://a.example/x|a.example/x> and <https://b.example>",
            "see a.example/x and https://b.example",
        ),
        ("<https://a.example|here>", "here (https://a.example)"),
        ("<mailto:a@b.example|a@b.example> <@U7> <!here|here>", "a@b.example @U7 here"),
        ("1 < 2", "1 < 2"),
        ("<open", "<open"),
    ] {
        expect(
            &slack,
            &said(json!({"user": "U1", "text": written})),
            &[message("text", json!({"text": text}))],
        );
    }
    let changed = said(json!({"subtype": "message_changed", "message": {
        "user": "U1", "text": "street 15", "edited": {"user": "U1", "ts": "1"}}}));
    expect(&slack, &changed, &[message("text", json!({"text": "street 15", "from": ["slack:U1"]}))]);
    let preview = said(json!({"subtype": "message_changed", "message": {"user": "U1", "text": "x"}}));
    expect(&slack, &preview, &[other("a preview of a link")]);
    let ours = said(json!({"subtype": "message_changed", "message": {"bot_id": "B1", "text": "x"}}));
    expect(&slack, &ours, &[other("a message of a bot")]);
    let file = said(
        json!({"user": "U1", "files": [{"mimetype": "image/png", "url_private": "https://files.slack.com/a"}]}),
    );
    expect(&slack, &file, &[message("image", json!({"attachments": [{"content_type": "image/png"}]}))]);
}

#[test]
fn twilio_names_what_it_cannot_pass_on() {
    let account =
        account(Provider::Twilio, &json!({"account_sid": "AC1", "auth_token": "t", "transport": "whatsapp"}));
    let form = |fields: &[(&str, &str)]| {
        let all = [("MessageSid", "SM1"), ("From", "whatsapp:+254700000001"), ("SmsStatus", "received")];
        HttpRequest::post_form(URL, Headers::new(), all.iter().chain(fields).copied())
    };
    expect(&account, &form(&[("MessageType", "reaction")]), &[unsupported("reaction", "")]);
    expect(&account, &form(&[("MessageType", "text")]), &[unsupported("message without content", "")]);
    let sticker = form(&[
        ("MessageType", "sticker"),
        ("NumMedia", "1"),
        ("MediaUrl0", "https://api.twilio.com/m"),
        ("MediaContentType0", "image/webp"),
    ]);
    expect(
        &account,
        &sticker,
        &[message("sticker", json!({"attachments": [{"content_type": "image/webp"}]}))],
    );
}

#[test]
fn wechat() {
    let settings = json!({"app_id": "a", "app_secret": "s", "token": "t"});
    let account = account(Provider::Wechat, &settings);
    let call = |fields: &str| {
        let body = format!(
            "<xml><FromUserName>oUser</FromUserName><CreateTime>1772600767</CreateTime>{fields}</xml>"
        );
        let headers = Headers::new().with("Content-Type", "text/xml");
        HttpRequest { method: "POST".into(), url: URL.into(), headers, body: body.into_bytes() }
    };
    let key = call("<MsgType>event</MsgType><Event>CLICK</Event><EventKey>papers</EventKey>");
    let expected = json!({"choice_id": "papers", "text": "papers", "external_id": "oUser/1772600767"});
    expect(&account, &key, &[message("choice", expected)]);
    let link =
        call("<MsgType>link</MsgType><MsgId>1</MsgId><Title>Is it true?</Title><Url>https://a.example</Url>");
    expect(&account, &link, &[message("text", json!({"text": "Is it true?\nhttps://a.example"}))]);
    let voice =
        call("<MsgType>voice</MsgType><MsgId>2</MsgId><MediaId>m</MediaId><Recognition>water</Recognition>");
    expect(&account, &voice, &[message("audio", json!({"text": "water"}))]);
    let other = call("<MsgType>hologram</MsgType><MsgId>3</MsgId>");
    expect(&account, &other, &[unsupported("hologram", "")]);
}

#[test]
fn gateways() {
    let at = account(Provider::AfricasTalking, &json!({"username": "u", "api_key": "k"}));
    let form = |fields: &[(&str, &str)]| HttpRequest::post_form(URL, Headers::new(), fields.iter().copied());
    let stopped = form(&[("phoneNumber", "+254711000111"), ("senderId", "CLINIC")]);
    expect(&at, &stopped, &[json!({"event": "opted_out", "person": ["tel:+254711000111"], "about": null})]);
    let premium =
        form(&[("phoneNumber", "+254711000111"), ("updateType", "addition"), ("shortCode", "2020")]);
    expect(&at, &premium, &[other("a subscription began or ended")]);

    let vonage = account(Provider::Vonage, &json!({"api_key": "k", "api_secret": "s"}));
    let newer = post(&json!({"message_uuid": "v-1", "from": "254711000111", "to": "2020", "channel": "sms",
        "message_type": "text", "text": "maji", "timestamp": "2026-03-04T05:06:07Z"}));
    let expected = json!({"text": "maji", "external_id": "v-1", "from": ["tel:+254711000111"],
        "sent_at": "2026-03-04T05:06:07Z"});
    expect(&vonage, &newer, &[message("text", expected)]);

    let settings = json!({"account_id": "1", "application_id": "a", "username": "u", "password": "p"});
    let bandwidth = account(Provider::Bandwidth, &settings);
    let mms = post(
        &json!([{"type": "message-received", "message": {"id": "b1", "from": "+12065550100", "text": "",
        "media": ["https://m.example/0.smil", "https://m.example/1.jpg"]}}]),
    );
    let files = json!([{"content_type": "image/jpeg"}]);
    expect(&bandwidth, &mms, &[message("image", json!({"attachments": files}))]);

    let zenvia = account(Provider::Zenvia, &json!({"api_key": "k", "transport": "whatsapp"}));
    let came = |contents: Value| {
        post(&json!({"message": {"id": "z1", "from": "5511999999999", "contents": contents}}))
    };
    let cards = came(json!([{"type": "contacts", "contacts": [
        {"name": {"formattedName": "Ana"}, "phones": [{"phone": "+55 11 9"}]}]}]));
    expect(&zenvia, &cards, &[message("text", json!({"text": "Ana +55 11 9"}))]);
    expect(&zenvia, &came(json!([{"type": "sticker"}])), &[unsupported("sticker", "")]);

    // Any provider that posts JSON, its fields at the top or further in.
    let plain = account(Provider::Http, &json!({"base_url": "https://gw.example/send"}));
    let call = post(&json!({"from": "254711000111", "text": "maji", "id": 9}));
    expect(
        &plain,
        &call,
        &[message("text", json!({"text": "maji", "external_id": "9", "from": ["tel:+254711000111"]}))],
    );
    let report = post(&json!({"event": "delivered", "id": "g-1"}));
    expect(&plain, &report, &[json!({"incoming": "report", "external_id": "g-1"})]);
    let settings = json!({"base_url": "https://gw.example/send", "from_field": "/message/from", "text_field": "/message/body"});
    let deep = account(Provider::Http, &settings);
    let call = post(&json!({"id": "9", "message": {"from": "254711000111", "body": "maji"}}));
    expect(&deep, &call, &[message("text", json!({"text": "maji"}))]);
}
