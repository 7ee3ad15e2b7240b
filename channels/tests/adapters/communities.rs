//! VK, Freshchat and Firebase through the public functions, with calls of our own after their documented formats.
use channels::{
    Account, ChannelEvent, Denied, ErrorClass, Headers, HttpRequest, HttpResponse, Incoming, Message,
    MessageKind, Outgoing, Provider, Secret, Settled,
};
use flow::words::{Content, QuickReply, QuickReplyKind};
use serde_json::{Value, json};

fn call(body: &Value) -> HttpRequest {
    HttpRequest::post_json("https://line.example.org/hooks/9", Headers::new(), body)
}

fn messages(account: &Account, body: &Value) -> Vec<Message> {
    let incoming = channels::receive(account, &call(body)).expect("it can be read");
    let message = |one| if let Incoming::Message(message) = one { Some(*message) } else { None };
    incoming.into_iter().filter_map(message).collect()
}

fn vk() -> Account {
    let settings = json!({"access_token": "t", "confirmation": "c0nfirm", "secret": "hush"});
    Account::new(Provider::Vk, "77", None, &settings).expect("settings are good")
}

#[test]
fn vk_is_confirmed_and_known_by_its_secret() {
    let asked = call(&json!({"type": "confirmation", "group_id": 77, "secret": "hush"}));
    let answer = channels::challenge(&vk(), &asked).expect("it is a challenge");
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"c0nfirm".as_slice()));
    let forged = call(&json!({"type": "confirmation", "group_id": 77, "secret": "hash"}));
    assert_eq!(channels::challenge(&vk(), &forged).map(|answer| answer.status), Some(403));
    assert_eq!(channels::verify(&vk(), &call(&json!({"type": "message_new"}))), Err(Denied::Unsigned));
    assert_eq!(channels::verify(&vk(), &asked), Ok(()));
}

#[test]
fn vk_messages_keep_their_files_places_and_choices() {
    let body = json!({"type": "message_new", "secret": "hush", "object": {"message": {
        "id": 5, "date": 1_772_600_767, "from_id": 12, "peer_id": 12, "text": "Food", "payload": "\"food\"",
        "attachments": [
            {"type": "photo", "photo": {"sizes": [
                {"url": "https://vk.example/s.jpg", "width": 75}, {"url": "https://vk.example/x.jpg", "width": 800}]}},
            {"type": "doc", "doc": {"url": "https://vk.example/d.pdf", "title": "paper.pdf"}},
        ],
        "geo": {"coordinates": {"latitude": 1.5, "longitude": "2.5"}},
    }}});
    let read = messages(&vk(), &body);
    assert_eq!((read[0].external_id.as_str(), read[0].choice_id.as_deref()), ("5", Some("food")));
    let urls: Vec<String> =
        read[0].attachments.iter().filter_map(|file| Some(file.as_attachment()?.url)).collect();
    assert_eq!(urls, ["https://vk.example/x.jpg", "https://vk.example/d.pdf", "1.500000,2.500000"]);
    let film = json!({"type": "message_new", "object": {"message": {
        "id": 6, "from_id": 12, "text": "", "attachments": [{"type": "video", "video": {"id": 1}}]}}});
    assert_eq!(messages(&vk(), &film)[0].kind, MessageKind::Unsupported { what: "video".into() });
    let group = json!({"type": "message_new", "object": {"message": {"id": 7, "from_id": 12, "peer_id": 2_000_000_001_i64, "text": "x"}}});
    assert!(messages(&vk(), &group).is_empty());
    let left = call(&json!({"type": "message_deny", "object": {"user_id": 12}}));
    let event = channels::receive(&vk(), &left).expect("it can be read");
    assert!(matches!(&event[0], Incoming::Event(ChannelEvent::OptedOut { person, .. }) if person.len() == 1));
}

#[test]
fn vk_is_sent_each_part_once_and_the_keyboard_with_the_last() {
    let reply = |text: &str| QuickReply {
        id: Some(format!("id-{text}")),
        text: text.into(),
        ..QuickReply::default()
    };
    let content = Content {
        text: "word ".repeat(1000),
        quick_replies: vec![
            reply("Papers"),
            reply("Food"),
            QuickReply { kind: QuickReplyKind::Location, ..QuickReply::default() },
        ],
        ..Content::default()
    };
    let id = uuid::Uuid::from_u128(0x0191_e180_7d60_7000_aded_7d8b_151c_bd5b);
    let outgoing = Outgoing::new(id, "vk:12".parse().expect("an address"), content);
    let sent = channels::request(&vk(), &outgoing).expect("it can be sent").requests;
    assert_eq!(sent.len(), 2);
    let numbers: Vec<u32> = sent
        .iter()
        .map(|request| {
            request.query_value("random_id").and_then(|id| id.parse().ok()).expect("a whole number")
        })
        .collect();
    assert_ne!(numbers[0], numbers[1], "VK drops a message whose number it has seen");
    assert!(sent[0].query_value("keyboard").is_none());
    let keyboard: Value =
        serde_json::from_str(&sent[1].query_value("keyboard").expect("it is there")).expect("it is JSON");
    assert_eq!(keyboard["buttons"][0].as_array().map(Vec::len), Some(2));
    assert_eq!(keyboard["buttons"][0][1]["action"]["payload"], "\"id-Food\"");
    assert_eq!(keyboard["buttons"][1][0]["action"]["type"], "location");
    let error = |code: i64| {
        let body = json!({"error": {"error_code": code, "error_msg": "no"}});
        channels::settle(&vk(), &HttpResponse::new(200, "application/json", body.to_string()))
    };
    assert!(matches!(error(901), Settled::Refused { class: ErrorClass::OptedOut, .. }));
    assert!(matches!(error(6), Settled::Retry { class: ErrorClass::Throttled, .. }));
    assert!(matches!(error(5), Settled::Refused { class: ErrorClass::AccountBroken, .. }));
}

#[test]
fn freshchat_answers_in_the_conversation_that_a_person_began() {
    let settings = json!({"auth_token": "t", "agent_id": "agent-1", "webhook_token": "open"});
    let account = Account::new(Provider::Freshchat, "", None, &settings).expect("settings are good");
    let body = json!({
        "actor": {"actor_type": "user", "actor_id": "u-1"}, "action": "message_create",
        "data": {"message": {
            "id": "m-1", "channel_id": "ch-1", "actor_id": "u-1", "created_time": "2026-03-04T05:06:07.000Z",
            "message_parts": [{"text": {"content": "hola"}}, {"image": {"url": "https://f.example/a.png"}}],
        }},
    });
    let read = messages(&account, &body);
    assert_eq!((read[0].text.as_str(), read[0].attachments.len()), ("hola", 1));
    let mut agent = body.clone();
    agent["actor"]["actor_type"] = json!("agent");
    assert!(messages(&account, &agent).is_empty());
    let content = Content { text: "¿En qué le ayudo?".into(), ..Content::default() };
    let outgoing = Outgoing::new(uuid::Uuid::nil(), read[0].from[0].clone(), content);
    let sent = channels::request(&account, &outgoing).expect("it can be sent").requests;
    let letter: Value = serde_json::from_slice(&sent[0].body).expect("it is JSON");
    assert_eq!((&letter["channel_id"], &letter["users"][0]["id"]), (&json!("ch-1"), &json!("u-1")));
    assert_eq!(letter["messages"][0]["actor_id"], "agent-1");
}

#[test]
fn firebase_needs_the_device_and_says_when_it_is_gone() {
    let settings = json!({
        "project_id": "casa", "client_email": "a@b", "private_key": "k", "title": "Casa", "notification": true,
        "unsigned_webhooks": true,
    });
    let account = Account::new(Provider::Firebase, "", None, &settings).expect("settings are good");
    let form = [("from", "amina"), ("msg", "hola"), ("fcm_token", "device-1")];
    let posted = HttpRequest::post_form("https://line.example.org/hooks/9/receive", Headers::new(), form);
    let incoming = channels::receive(&account, &posted).expect("it can be read");
    let Incoming::Message(message) = &incoming[0] else { panic!("no message") };
    assert_eq!(message.reply_token.as_deref(), Some("device-1"));
    let content = Content { text: "hola".into(), ..Content::default() };
    let mut outgoing = Outgoing::new(uuid::Uuid::nil(), message.from[0].clone(), content);
    let ready = account.clone().with_token(Secret::new("bearer"));
    assert!(channels::request(&ready, &outgoing).is_err(), "without the device nobody can be reached");
    outgoing.reply_token.clone_from(&message.reply_token);
    let sent = channels::request(&ready, &outgoing).expect("it can be sent").requests;
    let letter: Value = serde_json::from_slice(&sent[0].body).expect("it is JSON");
    assert_eq!(letter["message"]["token"], "device-1");
    assert_eq!(letter["message"]["notification"]["body"], "hola");
    assert!(channels::prepare(&account, &outgoing).is_err(), "a key that is none is said");
    let gone = json!({"error": {"status": "NOT_FOUND", "message": "gone", "details": [{"errorCode": "UNREGISTERED"}]}});
    let settled = channels::settle(&account, &HttpResponse::new(404, "application/json", gone.to_string()));
    assert!(matches!(settled, Settled::Refused { class: ErrorClass::Unreachable, .. }), "{settled:?}");
}

#[test]
fn a_device_that_registers_tells_its_token() {
    let settings = json!({"project_id": "casa", "client_email": "line@casa.example", "private_key": "k",
        "title": "Casa", "webhook_token": "t"});
    let account = Account::new(Provider::Firebase, "Casa", None, &settings).expect("settings are good");
    let url = "https://line.example.org/hooks/9/register";
    let call = HttpRequest::post_form(url, Headers::new(), [("urn", "amina"), ("fcm_token", "device-1")]);
    let event = channels::receive(&account, &call).expect("it can be read").remove(0);
    let Incoming::Event(ChannelEvent::ReplyToken { person, token }) = event else { panic!("{event:?}") };
    assert_eq!((person[0].to_string().as_str(), token.as_str()), ("fcm:amina", "device-1"));
}
