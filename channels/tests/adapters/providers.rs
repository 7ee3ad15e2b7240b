//! Each provider through the public functions, with calls of our own after its documented formats: what comes in, what
//! a report says, what goes out, and what an answer means.
#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure")]
use channels::{
    Account, ChannelEvent, Denied, ErrorClass, Headers, HttpRequest, HttpResponse, Incoming, Message,
    Outgoing, Preparation, Provider, Secret, Settled, Status,
};
use flow::words::{Attachment, Content, QuickReply};
use serde_json::{Value, json};

const URL: &str = "https://line.example.org/hooks/7";

fn account(provider: Provider, settings: &Value) -> Account {
    Account::new(provider, "2020", Some("KE".into()), settings).unwrap()
}

fn sms(provider: Provider, settings: &Value) -> Account {
    let mut settings = settings.clone();
    settings["webhook_token"] = json!("open-sesame");
    account(provider, &settings)
}

fn posted(content_type: &str, body: &str) -> HttpRequest {
    HttpRequest {
        method: "POST".into(),
        url: format!("{URL}?token=open-sesame"),
        headers: Headers::new().with("Content-Type", content_type),
        body: body.as_bytes().to_vec(),
    }
}

fn form(body: &str) -> HttpRequest {
    posted("application/x-www-form-urlencoded", body)
}

fn json_call(body: &Value) -> HttpRequest {
    posted("application/json", &body.to_string())
}

fn message(account: &Account, call: &HttpRequest) -> Message {
    let incoming = channels::receive(account, call).unwrap();
    match incoming.into_iter().next() {
        Some(Incoming::Message(message)) => *message,
        other => panic!("{}: {other:?}", account.provider()),
    }
}

fn status(account: &Account, call: &HttpRequest) -> (String, Status) {
    match channels::receive(account, call).unwrap().into_iter().next() {
        Some(Incoming::Report(report)) => (report.external_id, report.status),
        other => panic!("{}: {other:?}", account.provider()),
    }
}

fn answer(account: &Account, status: u16, body: &str) -> Settled {
    channels::settle(account, &HttpResponse::new(status, "application/json", body))
}

fn send(account: &Account, urn: &str, text: &str) -> Vec<HttpRequest> {
    let content = Content { text: text.into(), ..Content::default() };
    let mut outgoing = Outgoing::new(uuid::Uuid::from_u128(9), urn.parse().unwrap(), content);
    outgoing.status_callback = Some(URL.into());
    channels::request(account, &outgoing).unwrap().requests
}

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[test]
fn gateways_take_texts_in_their_own_form() {
    let user = json!({"username": "u", "password": "p"});
    let cases = [
        (
            sms(Provider::AfricasTalking, &json!({"username": "u", "api_key": "k"})),
            form("id=a1&from=%2B254711000111&text=nahitaji+msaada&date=2026-02-03+04%3A05%3A06"),
            ("a1", "tel:+254711000111", "nahitaji msaada"),
        ),
        (
            sms(Provider::Vonage, &json!({"api_key": "k", "api_secret": "s"})),
            form("msisdn=254711000111&messageId=v1&text=habari"),
            ("v1", "tel:+254711000111", "habari"),
        ),
        (
            sms(Provider::Infobip, &user),
            json_call(&json!({"results": [{"messageId": "i1", "from": "254711000111", "text": "maji"}]})),
            ("i1", "tel:+254711000111", "maji"),
        ),
        (
            sms(Provider::Clickatell, &json!({"api_key": "k"})),
            json_call(&json!({"messageId": "c1", "fromNumber": "254711000111", "text": "chakula"})),
            ("c1", "tel:+254711000111", "chakula"),
        ),
        (
            sms(
                Provider::Kannel,
                &json!({"username": "u", "password": "p", "base_url": "http://k.example/sendsms"}),
            ),
            form("sender=0711000111&message=nyumba&id=k1"),
            ("k1", "tel:+254711000111", "nyumba"),
        ),
        (
            sms(Provider::Plivo, &json!({"auth_id": "A", "auth_token": "t"})),
            form("To=2020&From=254711000111&Text=sawa&MessageUUID=p1"),
            ("p1", "tel:+254711000111", "sawa"),
        ),
        (
            sms(Provider::Mblox, &user),
            json_call(&json!({"type": "mo_text", "id": "m1", "from": "254711000111", "body": "ndiyo"})),
            ("m1", "tel:+254711000111", "ndiyo"),
        ),
        (
            sms(Provider::StartMobile, &user),
            posted(
                "text/xml",
                "<message><service request_id='s1' timestamp='1700000000'/><from>+254711000111</from><body>a &amp; b</body></message>",
            ),
            ("s1", "tel:+254711000111", "a & b"),
        ),
        (
            sms(Provider::Http, &json!({"base_url": "https://gw.example/send?to={{to}}&text={{text}}"})),
            form("from=254711000111&text=asante"),
            ("", "tel:+254711000111", "asante"),
        ),
    ];
    for (account, call, (id, urn, text)) in cases {
        assert_eq!(channels::verify(&account, &call), Ok(()));
        let mut unknown = call.clone();
        unknown.url = URL.into();
        assert_eq!(channels::verify(&account, &unknown), Err(Denied::Unsigned), "{}", account.provider());
        unknown.url = format!("{URL}?token=guess");
        assert_eq!(channels::verify(&account, &unknown), Err(Denied::Mismatch), "{}", account.provider());
        let read = message(&account, &call);
        assert_eq!((read.external_id.as_str(), read.from[0].as_str(), read.text.as_str()), (id, urn, text));
    }
}

#[test]
fn a_webhook_without_signature_or_token_is_refused_when_it_is_made() {
    let bare = json!({"username": "u", "password": "p"});
    let error = Account::new(Provider::Yo, "2020", None, &bare).unwrap_err().to_string();
    assert!(error.contains("webhook_token"), "{error}");
    let unknown = json!({"username": "u", "password": "p", "unsigned_webhooks": true, "pasword": "x"});
    let error = Account::new(Provider::Yo, "2020", None, &unknown).unwrap_err().to_string();
    assert!(error.contains("pasword"), "{error}");
    for provider in Provider::ALL {
        assert_eq!(Provider::parse(provider.as_str()), Some(*provider));
        assert!(Account::new(*provider, "1", None, &json!({"nonsense": 1})).is_err(), "{provider}");
    }
}

#[test]
fn a_name_of_letters_cannot_be_answered_and_leaves_a_mark() {
    let account = sms(Provider::Vonage, &json!({"api_key": "k", "api_secret": "s"}));
    let incoming = channels::receive(&account, &form("msisdn=MPESA&messageId=v1&text=x")).unwrap();
    assert!(matches!(&incoming[0], Incoming::Event(ChannelEvent::NoSender { .. })));
}

#[test]
fn reports_say_how_far_a_message_got() {
    let at = sms(Provider::AfricasTalking, &json!({"username": "u", "api_key": "k"}));
    assert_eq!(status(&at, &form("id=a1&status=Success")), ("a1".into(), Status::Delivered));
    let (_, failed) = status(&at, &form("id=a1&status=Failed&failureReason=UserInBlackList"));
    assert!(matches!(failed, Status::Failed { class: ErrorClass::OptedOut, .. }));
    let kannel = json!({"username": "u", "password": "p", "base_url": "http://k.example/sendsms"});
    let own = uuid::Uuid::from_u128(9);
    let (id, delivered) = status(&sms(Provider::Kannel, &kannel), &form(&format!("uuid={own}&status=1")));
    assert_eq!((id, delivered), (own.to_string(), Status::Delivered));
    let jasmin = json!({"username": "u", "password": "p", "base_url": "http://j.example/send"});
    let (_, failed) = status(&sms(Provider::Jasmin, &jasmin), &form("id=j1&message_status=UNDELIV&err=8"));
    assert!(matches!(failed, Status::Failed { class: ErrorClass::Unreachable, .. }));
}

#[test]
fn answers_of_gateways_are_told_apart() {
    let at = sms(Provider::AfricasTalking, &json!({"username": "u", "api_key": "k"}));
    let of_at = |recipient: &str| {
        answer(&at, 201, &format!(r#"{{"SMSMessageData": {{"Recipients": [{recipient}]}}}}"#))
    };
    assert!(matches!(of_at(r#"{"status": "Success", "messageId": "x"}"#), Settled::Sent { .. }));
    for (code, class) in
        [(405, ErrorClass::AccountBroken), (406, ErrorClass::OptedOut), (403, ErrorClass::Unreachable)]
    {
        let settled = of_at(&format!(r#"{{"status": "No", "statusCode": {code}}}"#));
        assert!(matches!(settled, Settled::Refused { class: c, .. } if c == class), "{code}: {settled:?}");
    }
    let vonage = sms(Provider::Vonage, &json!({"api_key": "k", "api_secret": "s"}));
    let throttled = answer(&vonage, 200, r#"{"messages": [{"status": "1"}]}"#);
    assert!(matches!(throttled, Settled::Retry { class: ErrorClass::Throttled, .. }));
    for provider in [&at, &vonage] {
        assert_eq!(answer(provider, 200, "<html>"), Settled::Unknown);
        assert_eq!(answer(provider, 504, ""), Settled::Unknown);
        assert!(matches!(answer(provider, 503, ""), Settled::Retry { class: ErrorClass::Transient, .. }));
    }
}

#[test]
fn telegram_knows_persons_choices_edits_and_blocks() {
    let bot = account(Provider::Telegram, &json!({"bot_token": "1:secret", "secret_token": "hook"}));
    let call = |update: Value| {
        let mut call = json_call(&update);
        call.headers.append("X-Telegram-Bot-Api-Secret-Token", "hook");
        call
    };
    let from = json!({"id": 7, "first_name": "Amina", "username": "Amina_K"});
    let chat = json!({"id": 7, "type": "private"});
    let text = |key: &str, words: &str| {
        json!({"update_id": 1, key: {"message_id": 3, "from": from, "chat": chat, "date": 1_700_000_000,
            "edit_date": 1_700_000_009, "text": words}})
    };
    let hello = call(text("message", "hola"));
    assert_eq!(channels::verify(&bot, &hello), Ok(()));
    assert_eq!(channels::verify(&bot, &json_call(&json!({}))), Err(Denied::Unsigned));
    let read = message(&bot, &hello);
    assert_eq!((read.from[0].as_str(), read.name.as_deref()), ("telegram:7#amina_k", Some("Amina")));
    let edited = message(&bot, &call(text("edited_message", "hola!")));
    assert_eq!((edited.edits.as_deref(), edited.external_id.as_str()), (Some("3"), "3/1700000009"));
    let started = channels::receive(&bot, &call(text("message", "/start clinic"))).unwrap();
    assert!(matches!(&started[0], Incoming::Event(ChannelEvent::ConversationStarted { payload, .. })
        if payload.as_deref() == Some("clinic")));
    let tapped = json!({"update_id": 2, "callback_query": {"id": "q", "from": from, "data": "yes"}});
    assert_eq!(message(&bot, &call(tapped)).choice_id.as_deref(), Some("yes"));
    let gone = json!({"update_id": 3, "my_chat_member": {"chat": chat, "from": from, "date": 1,
        "new_chat_member": {"status": "kicked"}}});
    let gone = channels::receive(&bot, &call(gone)).unwrap();
    assert!(matches!(&gone[0], Incoming::Event(ChannelEvent::OptedOut { .. })));

    let sent = send(&bot, "telegram:7", "¿Qué necesita?");
    assert_eq!(sent[0].url, "https://api.telegram.org/bot1:secret/sendMessage");
    assert!(!format!("{sent:?}").contains("secret"), "the token is in the address");
    let wait = answer(&bot, 429, r#"{"ok": false, "error_code": 429, "parameters": {"retry_after": 3}}"#);
    assert!(matches!(wait, Settled::Retry { after: Some(after), .. } if after.as_secs() == 3));
    let blocked = answer(&bot, 403, r#"{"ok": false, "error_code": 403, "description": "Forbidden"}"#);
    assert!(matches!(blocked, Settled::Refused { class: ErrorClass::OptedOut, .. }));
}

#[test]
fn viber_asks_for_the_size_of_a_film() {
    let bot = account(Provider::Viber, &json!({"auth_token": "tok", "sender_name": "Linea"}));
    let film = Attachment::parse("video/mp4:https://line.example.org/a.mp4").unwrap();
    let content = Content { text: "mire".into(), attachments: vec![film], ..Content::default() };
    let mut outgoing = Outgoing::new(uuid::Uuid::nil(), "viber:a+b=".parse().unwrap(), content);
    assert!(channels::request(&bot, &outgoing).is_err());
    let Some(Preparation::Ask { key, request }) = channels::prepare(&bot, &outgoing).unwrap() else {
        panic!()
    };
    assert_eq!(request.method, "HEAD");
    let headers = Headers::new().with("Content-Length", "77");
    outgoing.answers.insert(key, HttpResponse { status: 200, headers, body: Vec::new() });
    assert_eq!(channels::prepare(&bot, &outgoing), Ok(None));
    let requests = channels::request(&bot, &outgoing).unwrap().requests;
    assert_eq!((requests.len(), &body(&requests[0])["size"]), (2, &json!(77)));
    let gone = answer(&bot, 200, r#"{"status": 6, "status_message": "notSubscribed"}"#);
    assert!(matches!(gone, Settled::Refused { class: ErrorClass::OptedOut, .. }));
}

#[test]
fn messenger_keeps_replies_reactions_and_origins() {
    let settings = json!({"access_token": "t", "app_secret": "s", "verify_token": "v"});
    let page = account(Provider::Messenger, &settings);
    let call = |item: Value| {
        let mut item = item;
        item["sender"] = json!({"id": "77"});
        item["recipient"] = json!({"id": "2020"});
        item["timestamp"] = json!(1_700_000_000_000_i64);
        let body = json!({"object": "page", "entry": [{"messaging": [item]}]}).to_string();
        let mut call = posted("application/json", &body);
        call.headers.append("X-Hub-Signature-256", channels::sign_meta("s", body.as_bytes()));
        call
    };
    let chosen = call(json!({"message": {"mid": "m1", "text": "Sí", "quick_reply": {"payload": "yes"},
        "reply_to": {"mid": "m0"}}}));
    assert_eq!(channels::verify(&page, &chosen), Ok(()));
    let chosen = message(&page, &chosen);
    assert_eq!((chosen.choice_id.as_deref(), chosen.reply_to.as_deref()), (Some("yes"), Some("m0")));
    let came = channels::receive(&page, &call(json!({"referral": {"ref": "poster", "source": "SHORTLINK"}})))
        .unwrap();
    assert!(
        matches!(&came[0], Incoming::Event(ChannelEvent::ConversationStarted { referral: Some(origin), .. })
        if origin.reference.as_deref() == Some("poster"))
    );
    let window = answer(&page, 400, r#"{"error": {"code": 10, "error_subcode": 2018278, "message": "m"}}"#);
    assert!(matches!(window, Settled::Refused { class: ErrorClass::WindowClosed, .. }));
}

#[test]
fn line_sends_again_without_a_reply_token_that_is_used_up() {
    let official = account(Provider::Line, &json!({"access_token": "t", "channel_secret": "s"}));
    let content = Content {
        text: "¿Sigue ahí?".into(),
        quick_replies: vec![QuickReply { text: "Sí".into(), ..QuickReply::default() }],
        ..Content::default()
    };
    let mut outgoing = Outgoing::new(uuid::Uuid::nil(), "line:u1".parse().unwrap(), content);
    outgoing.reply_token = Some("once".into());
    let reply = channels::request(&official, &outgoing).unwrap().requests;
    assert!(reply[0].url.ends_with("/reply"));
    let used = answer(&official, 400, r#"{"message": "Invalid reply token"}"#);
    assert!(matches!(used, Settled::Refused { class: ErrorClass::WindowClosed, .. }));
    outgoing.reply_token = None;
    let push = channels::request(&official, &outgoing).unwrap().requests;
    assert_eq!(body(&push[0])["to"], "u1");
}

#[test]
fn a_token_is_fetched_before_the_first_message() {
    let mtn = sms(Provider::Mtn, &json!({"api_key": "k", "auth_token": "s"}));
    let content = Content { text: "habari".into(), ..Content::default() };
    let outgoing = Outgoing::new(uuid::Uuid::nil(), "tel:+254711000111".parse().unwrap(), content);
    assert!(matches!(channels::prepare(&mtn, &outgoing), Ok(Some(Preparation::Token(_)))));
    let fetched =
        HttpResponse::new(200, "application/json", r#"{"access_token": "abc", "expires_in": "3600"}"#);
    let token = channels::token(&mtn, &fetched).unwrap();
    assert_eq!((token.token.expose(), token.lasts.as_secs()), ("abc", 3540));
    let mtn = mtn.with_token(Secret::new("abc"));
    assert_eq!(channels::prepare(&mtn, &outgoing), Ok(None));
    let requests = channels::request(&mtn, &outgoing).unwrap().requests;
    assert_eq!(requests[0].headers.get("authorization"), Some("Bearer abc"));
}

#[test]
fn templates_of_the_http_provider_are_filled_once() {
    let settings = json!({
        "base_url": "https://gw.example/send",
        "content_type": "json",
        "body": r#"{"to": {{to_no_plus}}, "text": {{text}}}"#,
        "response_check": "queued",
    });
    let gateway = sms(Provider::Http, &settings);
    let sent = send(&gateway, "tel:+254711000111", "a \"{{from}}\" b");
    assert_eq!(body(&sent[0]), json!({"to": "254711000111", "text": "a \"{{from}}\" b"}));
    assert!(matches!(answer(&gateway, 200, "queued"), Settled::Sent { .. }));
    assert!(matches!(answer(&gateway, 200, "full"), Settled::Refused { .. }));
}

#[test]
fn slack_and_messagebird_check_their_signatures() {
    let slack = account(Provider::Slack, &json!({"bot_token": "x", "signing_secret": "s"}));
    let mut call = json_call(&json!({"type": "event_callback", "event_id": "E1",
        "event": {"type": "message", "user": "U1", "channel_type": "im", "text": "hola"}}));
    assert_eq!(channels::verify(&slack, &call), Err(Denied::Unsigned));
    let signed = [b"v0:1:".as_slice(), &call.body].concat();
    call.headers.append("X-Slack-Request-Timestamp", "1");
    call.headers.append("X-Slack-Signature", channels::sign_meta("s", &signed).replace("sha256=", "v0="));
    assert_eq!(channels::verify(&slack, &call), Ok(()));
    assert_eq!(message(&slack, &call).from[0].as_str(), "slack:U1");
    call.body.push(b' ');
    assert_eq!(channels::verify(&slack, &call), Err(Denied::Mismatch));
    let bird = account(Provider::MessageBird, &json!({"auth_token": "t", "signing_key": "k"}));
    let mut unsigned = form("originator=254711000111&body=x");
    unsigned.headers.append("Messagebird-Signature-Jwt", "eyJhbGciOiJub25lIn0.e30.");
    assert_eq!(channels::verify(&bird, &unsigned), Err(Denied::Malformed));
}
