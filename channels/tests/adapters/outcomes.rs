//! What an answer or a report of a provider means for what to do next, code by code: a wrong class resends what arrived,
//! gives up what would arrive, or writes a wish that nobody had.
use channels::{Account, ErrorClass, HttpRequest, HttpResponse, Incoming, Provider, Settled, Status};
use serde_json::{Value, json};

fn account(provider: Provider, settings: &Value) -> Account {
    Account::new(provider, "2020", Some("KE".into()), settings).expect("settings are good")
}

/// `Ok` of an id when it was taken, the class otherwise.
fn settled(account: &Account, status: u16, body: &Value) -> Result<String, ErrorClass> {
    match channels::settle(account, &HttpResponse::new(status, "application/json", body.to_string())) {
        Settled::Sent { external_id, .. } => Ok(external_id),
        Settled::Retry { class, .. } | Settled::Refused { class, .. } => Err(class),
        Settled::Unknown => panic!("{}: unknown after {body}", account.provider()),
    }
}

fn reported(account: &Account, call: &HttpRequest) -> Option<ErrorClass> {
    match channels::receive(account, call).expect("it can be read").remove(0) {
        Incoming::Report(report) => match report.status {
            Status::Failed { class, .. } => Some(class),
            _ => None,
        },
        other => panic!("{other:?}"),
    }
}

use ErrorClass::{
    AccountBroken, BadRequest, OptedOut, RefusedForNow, TemplateBroken, Throttled, Transient, Unreachable,
    WindowClosed,
};

#[test]
fn whatsapp_by_meta_and_by_turn() {
    let cloud = account(
        Provider::WhatsappCloud,
        &json!({"access_token": "t", "app_secret": "s", "verify_token": "v"}),
    );
    let turn = account(Provider::Turn, &json!({"auth_token": "t", "webhook_token": "w"}));
    for (code, class) in [
        (132_018, TemplateBroken),
        (134_102, TemplateBroken),
        (134_101, Transient),
        // Of the former on-premises API.
        (470, WindowClosed),
        (471, RefusedForNow),
        (472, Unreachable),
        (500, Transient),
        (410, Unreachable),
        (433, AccountBroken),
        (1006, Unreachable),
        (1013, Unreachable),
        (2002, Unreachable),
        (1015, Throttled),
        (1026, Unreachable),
        (1031, AccountBroken),
        (2001, TemplateBroken),
        (1009, BadRequest),
    ] {
        let error = json!({"code": code, "title": "t"});
        assert_eq!(settled(&cloud, 400, &json!({"error": error})), Err(class), "{code}");
        assert_eq!(settled(&turn, 400, &json!({"errors": [error]})), Err(class), "{code}");
    }
}

#[test]
fn messenger_and_instagram() {
    let settings = json!({"access_token": "t", "app_secret": "s", "verify_token": "v"});
    for provider in [Provider::Messenger, Provider::Instagram] {
        let page = account(provider, &settings);
        for (code, subcode, class) in [
            (10, Some(2_018_278), WindowClosed),
            (10, Some(2_534_022), WindowClosed),
            (10, None, AccountBroken),
            (100, Some(2_018_001), Unreachable),
            (100, Some(2_534_014), Unreachable),
            (551, None, Unreachable),
            (200, Some(1_545_041), Unreachable),
            (200, Some(2_018_108), OptedOut),
            (613, None, Throttled),
            (-1, None, Transient),
            (190, None, AccountBroken),
        ] {
            let error = json!({"error": {"code": code, "error_subcode": subcode, "message": "m"}});
            assert_eq!(settled(&page, 400, &error), Err(class), "{code} {subcode:?}");
        }
        let passing = json!({"error": {"code": 99_999, "is_transient": true, "message": "m"}});
        assert_eq!(settled(&page, 400, &passing), Err(Transient));
    }
}

#[test]
fn chat_applications() {
    let viber = account(Provider::Viber, &json!({"auth_token": "t"}));
    for (status, class) in [
        (6, OptedOut),
        (5, Unreachable),
        (12, Throttled),
        // Said of the account: nobody must be written down as having stopped.
        (15, AccountBroken),
        (18, AccountBroken),
        (21, Unreachable),
        (23, AccountBroken),
        (24, AccountBroken),
        (99, BadRequest),
    ] {
        let answer = json!({"status": status, "status_message": "m"});
        assert_eq!(settled(&viber, 200, &answer), Err(class), "{status}");
    }
    let telegram = account(Provider::Telegram, &json!({"bot_token": "t", "secret_token": "s"}));
    for (code, why, class) in [
        (403, "Forbidden: bot was blocked by the user", OptedOut),
        (403, "Forbidden: user is deactivated", Unreachable),
        (403, "Forbidden: bot can't initiate conversation with a user", Unreachable),
        (403, "Forbidden: bot can't send messages to bots", Unreachable),
        (400, "Bad Request: chat not found", Unreachable),
        (400, "Bad Request: message is too long", BadRequest),
        (401, "Unauthorized", AccountBroken),
        (409, "Conflict: terminated by other long poll", Transient),
    ] {
        let answer = json!({"ok": false, "error_code": code, "description": why});
        assert_eq!(settled(&telegram, 400, &answer), Err(class), "{why}");
    }
}

#[test]
fn twilio() {
    let account = account(Provider::Twilio, &json!({"account_sid": "AC1", "auth_token": "t"}));
    for (code, class) in [
        (21_408, Unreachable),
        (21_219, AccountBroken),
        (21_608, AccountBroken),
        (21_602, BadRequest),
        (30_018, AccountBroken),
        (30_035, AccountBroken),
        (30_036, Unreachable),
        (30_038, RefusedForNow),
        (30_410, Transient),
        (63_012, Transient),
        (63_029, Unreachable),
        (63_051, AccountBroken),
    ] {
        let answer = json!({"code": code, "message": "m"});
        assert_eq!(settled(&account, 400, &answer), Err(class), "{code}");
        let fields = [
            ("MessageSid", "SM1".to_owned()),
            ("MessageStatus", "failed".to_owned()),
            ("ErrorCode", code.to_string()),
        ];
        let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
        let call = HttpRequest::post_form("https://line.example.org/x", channels::Headers::new(), fields);
        assert_eq!(reported(&account, &call), Some(class), "{code}");
    }
}

#[test]
fn gateways_by_their_answers() {
    let infobip = account(Provider::Infobip, &json!({"api_key": "k", "webhook_token": "w"}));
    let answer = |group: i64, name: &str| json!({"messages": [{"messageId": "i-1", "status": {"groupId": group, "id": 9, "name": name, "description": "d"}}]});
    for (group, name, expected) in [
        (1, "PENDING_ACCEPTED", Ok("i-1".to_owned())),
        // What was taken before, when its answer got lost, is not sent twice and not failed.
        (5, "REJECTED_DUPLICATE_MESSAGE_ID", Ok("i-1".to_owned())),
        (5, "REJECTED_NOT_ENOUGH_CREDITS", Err(AccountBroken)),
        (5, "REJECTED_DND", Err(Unreachable)),
        (5, "REJECTED_DESTINATION", Err(Unreachable)),
        (5, "REJECTED_FLOODING_FILTER", Err(RefusedForNow)),
        (5, "REJECTED_SYSTEM_ERROR", Err(Transient)),
        (5, "REJECTED_NEW", Err(BadRequest)),
        (2, "UNDELIVERABLE_NEW", Err(Unreachable)),
    ] {
        assert_eq!(settled(&infobip, 200, &answer(group, name)), expected, "{name}");
    }
    let clickatell = account(Provider::Clickatell, &json!({"api_key": "k", "webhook_token": "w"}));
    for (code, class) in [
        (1, AccountBroken),
        (19, Transient),
        (20, AccountBroken),
        (24, BadRequest),
        (25, Unreachable),
        (26, OptedOut),
        (43, Throttled),
    ] {
        let one = json!({"messages": [{"accepted": false, "error": "e", "errorCode": code}]});
        assert_eq!(settled(&clickatell, 200, &one), Err(class), "{code}");
        let all = json!({"messages": [], "error": "e", "errorCode": code});
        assert_eq!(settled(&clickatell, 200, &all), Err(class), "{code}");
    }
    let at =
        account(Provider::AfricasTalking, &json!({"username": "u", "api_key": "k", "webhook_token": "w"}));
    for (status, code, expected) in [
        ("Success", 101, Ok("a-1".to_owned())),
        ("Sent", 101, Ok("a-1".to_owned())),
        ("Queued", 102, Ok("a-1".to_owned())),
        ("RiskHold", 401, Err(RefusedForNow)),
        // A national list against advertising is no wish of hers about this line.
        ("DoNotDisturbRejection", 409, Err(Unreachable)),
        ("UserInBlacklist", 406, Err(OptedOut)),
    ] {
        let recipient = json!({"status": status, "statusCode": code, "messageId": "a-1"});
        let answer = json!({"SMSMessageData": {"Recipients": [recipient]}});
        assert_eq!(settled(&at, 201, &answer), expected, "{status}");
    }
    let vonage = account(Provider::Vonage, &json!({"api_key": "k", "api_secret": "s", "webhook_token": "w"}));
    for (statuses, expected) in [
        (vec!["0", "0"], Ok("v-0".to_owned())),
        (vec!["0", "9"], Err(AccountBroken)),
        (vec!["0", "1"], Err(Throttled)),
        (vec!["29"], Err(Unreachable)),
    ] {
        let part = |(i, status)| json!({"status": status, "message-id": format!("v-{i}"), "error-text": "e"});
        let parts: Vec<Value> = statuses.iter().enumerate().map(part).collect();
        assert_eq!(settled(&vonage, 200, &json!({"messages": parts})), expected, "{statuses:?}");
    }
    let jasmin =
        json!({"username": "u", "password": "p", "base_url": "http://j.example/send", "webhook_token": "w"});
    let jasmin = account(Provider::Jasmin, &jasmin);
    assert_eq!(settled(&jasmin, 412, &json!("Error \"No route found\"")), Err(Unreachable));
    assert_eq!(settled(&jasmin, 403, &json!("Error \"Cannot charge\"")), Err(AccountBroken));
}

#[test]
fn gateways_by_their_reports() {
    let infobip = account(Provider::Infobip, &json!({"api_key": "k", "webhook_token": "w"}));
    let report = |group: &str, status: &str, error: &str| {
        let result = json!({"messageId": "i-1", "status": {"groupName": group, "name": status},
            "error": {"id": 1, "name": error, "description": "d"}});
        HttpRequest::post_json(
            "https://line.example.org/x",
            channels::Headers::new(),
            &json!({"results": [result]}),
        )
    };
    for (group, status, error, class) in [
        ("REJECTED", "REJECTED_NOT_ENOUGH_CREDITS", "NO_ERROR", Some(AccountBroken)),
        ("UNDELIVERABLE", "UNDELIVERABLE_REJECTED_OPERATOR", "EC_ABSENT_SUBSCRIBER", Some(Unreachable)),
        ("REJECTED", "REJECTED_NEW", "NO_ERROR", Some(BadRequest)),
        ("DELIVERED", "DELIVERED_TO_HANDSET", "NO_ERROR", None),
    ] {
        assert_eq!(reported(&infobip, &report(group, status, error)), class, "{status}");
    }
    let numbered = |group: i64| {
        let result = json!({"messageId": "i-1", "status": {"groupId": group, "name": "X"}});
        HttpRequest::post_json(
            "https://line.example.org/x",
            channels::Headers::new(),
            &json!({"results": [result]}),
        )
    };
    for (group, class) in
        [(1, None), (2, Some(Unreachable)), (3, None), (4, Some(Unreachable)), (5, Some(BadRequest))]
    {
        assert_eq!(reported(&infobip, &numbered(group)), class, "{group}");
    }
    let settings = json!({"account_id": "1", "application_id": "a", "username": "u", "password": "p", "webhook_token": "w"});
    let bandwidth = account(Provider::Bandwidth, &settings);
    for (code, class) in [
        (4775, Some(OptedOut)),
        (4475, Some(OptedOut)),
        (4790, Some(Unreachable)),
        (4720, Some(Unreachable)),
        (4404, Some(Unreachable)),
        (4405, Some(AccountBroken)),
        (4476, Some(AccountBroken)),
        (4795, Some(AccountBroken)),
        (4770, Some(RefusedForNow)),
        (4411, Some(BadRequest)),
        (5600, Some(Transient)),
        // No receipt came: it was sent, and nobody knows more.
        (9902, None),
    ] {
        let event = json!([{"type": "message-failed", "errorCode": code, "description": "d", "message": {"id": "b-1"}}]);
        let call = HttpRequest::post_json("https://line.example.org/x", channels::Headers::new(), &event);
        assert_eq!(reported(&bandwidth, &call), class, "{code}");
    }
    let get = |query: &str| {
        HttpRequest::get(format!("https://line.example.org/x?{query}"), channels::Headers::new())
    };
    let bird = account(Provider::MessageBird, &json!({"auth_token": "t", "webhook_token": "w"}));
    for (more, class) in [
        ("statusErrorCode=103", OptedOut),
        ("statusReason=opted+out", OptedOut),
        ("statusReason=insufficient+balance", AccountBroken),
        ("statusReason=carrier+rejected", RefusedForNow),
        ("statusErrorCode=1&statusReason=unknown+subscriber", Unreachable),
    ] {
        let call = get(&format!(
            "status=delivery_failed&reference=00000000-0000-0000-0000-000000000005&id=m-9&{more}"
        ));
        assert_eq!(reported(&bird, &call), Some(class), "{more}");
    }
    let vonage = account(Provider::Vonage, &json!({"api_key": "k", "api_secret": "s", "webhook_token": "w"}));
    for (code, class) in [
        ("53", OptedOut),
        ("39", AccountBroken),
        ("52", RefusedForNow),
        ("3", Unreachable),
        ("14", RefusedForNow),
    ] {
        let call = get(&format!("messageId=v-1&status=failed&err-code={code}"));
        assert_eq!(reported(&vonage, &call), Some(class), "{code}");
    }
}
